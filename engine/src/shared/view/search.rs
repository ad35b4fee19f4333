//! How many keys of a node are at or below an address, where the keys are atomics.
//!
//! The search is that of the map's own index ([`crate::tree`]): the last key of each group of four
//! picks the group, and three more compares the place in it, with no branch that depends on a key.

use super::super::sync::{AtomicU64, Ordering};

/// Words to a group.
const GROUP: usize = 4;

/// What unused key places hold; no address that is looked for.
pub(super) const VACANT: u64 = u64::MAX;

/// How many of `words` but the last, which is no key, are at or below `addr`.
#[inline(always)]
pub(super) fn rank(words: &[AtomicU64], addr: u64) -> usize {
    let (groups, _) = words.as_chunks::<GROUP>();
    let Some((_, probed)) = groups.split_last() else { return 0 };
    let skip: usize = probed.iter().map(|[_, _, _, last]| at_or_below(last, addr)).sum();
    let Some([a, b, c, _]) = groups.get(skip) else { return 0 };
    GROUP * skip + at_or_below(a, addr) + at_or_below(b, addr) + at_or_below(c, addr)
}

#[inline(always)]
fn at_or_below(key: &AtomicU64, addr: u64) -> usize {
    usize::from(key.load(Ordering::Relaxed) <= addr)
}
