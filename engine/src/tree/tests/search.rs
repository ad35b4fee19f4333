//! The search within a node against counting the keys one by one.

extern crate std;

use super::model::Rng;
use crate::tree::search::{VACANT, rank, rank_but_last};
use std::collections::BTreeSet;

fn compare<const B: usize>(seed: u64) {
    let mut rng = Rng::new(seed);
    for round in 0..200 {
        let used = round % (B + 1);
        let mut set = BTreeSet::new();
        while set.len() < used {
            // Now and then the largest keys there are.
            let top = rng.chance(10);
            set.insert(if top { VACANT - rng.within(1, 3) } else { rng.within(0, 200) });
        }
        let mut keys = [VACANT; B];
        for (place, &key) in keys.iter_mut().zip(&set) {
            *place = key;
        }
        let around = set.iter().flat_map(|&key| [key.saturating_sub(1), key, key + 1]);
        for addr in around.chain([0, 1, VACANT - 1]).filter(|&addr| addr != VACANT) {
            let count = set.iter().filter(|&&key| key <= addr).count();
            assert_eq!(rank(&keys, addr), count, "{addr:#x} in {keys:x?}");
            if used < B {
                assert_eq!(rank_but_last(&keys, addr), count, "{addr:#x} in {keys:x?}");
            }
        }
        assert_eq!(rank(&keys, VACANT), B, "the marks count for no address but u64::MAX");
    }
}

#[test]
fn counts_the_keys_at_or_below_an_address() {
    compare::<4>(1);
    compare::<8>(2);
    compare::<12>(3);
    compare::<16>(4);
    compare::<32>(5);
}
