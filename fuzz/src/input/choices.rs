//! Choices from bytes: those of a fuzzer, of a property test, or of a seeded generator.

use arbitrary::Unstructured;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// Choices that never fail: where the bytes have run out, each is its first one, the plainest.
pub trait Choices {
    /// A number below `bound`; 0 if `bound` is 0.
    fn below(&mut self, bound: u64) -> u64;

    /// A number from `low` to `high`, both included; `low` if they are reversed.
    fn between(&mut self, low: u64, high: u64) -> u64 {
        let span = high.saturating_sub(low);
        low + if span == u64::MAX { self.below(span) } else { self.below(span + 1) }
    }

    /// An index into something of length `len`; 0 if that is empty.
    fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or_default()
    }

    /// A number below `bound` in eight bits, or in sixteen.
    fn small<T: TryFrom<u64> + Default>(&mut self, bound: u64) -> T {
        T::try_from(self.below(bound)).unwrap_or_default()
    }

    /// True once in `n` times.
    fn one_in(&mut self, n: u64) -> bool {
        n != 0 && self.below(n) == n - 1
    }

    /// One of `choices`, each as likely as the next; say a choice twice to favour it.
    ///
    /// # Panics
    ///
    /// If there are no choices.
    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.index(choices.len())]
    }

    /// An index into `weights`, drawn by weight; 0 if all are 0.
    fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut left = self.below(weights.iter().map(|&weight| u64::from(weight)).sum());
        for (at, &weight) in weights.iter().enumerate() {
            match left.checked_sub(u64::from(weight)) {
                Some(rest) => left = rest,
                None => return at,
            }
        }
        0
    }
}

impl Choices for Unstructured<'_> {
    fn below(&mut self, bound: u64) -> u64 {
        bound.checked_sub(1).and_then(|most| self.int_in_range(0..=most).ok()).unwrap_or(0)
    }
}

/// `length` bytes for sequence `sequence` of seed `seed`, independent of those of every other one.
///
/// They depend on the arguments and on the version of `rand` in `Cargo.lock`, on nothing else.
#[must_use]
pub fn seeded(seed: u64, sequence: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    // The mixing step of SplitMix64 is a bijection, so two sequences of one seed never share a
    // stream, and neighbouring seeds do not overlap by a shift.
    let state = mix(seed) ^ mix(sequence.wrapping_add(0x9e37_79b9_7f4a_7c15));
    SmallRng::seed_from_u64(state).fill_bytes(&mut bytes);
    bytes
}

const fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_bytes_choices_are_the_plainest() {
        let mut dry = Unstructured::new(&[]);
        assert_eq!(dry.pick(&["plain", "odd"]), "plain");
        assert_eq!(dry.weighted(&[0, 3, 1]), 1);
        assert_eq!(dry.between(5, 9), 5);
        assert!(!dry.one_in(2));
        assert!(dry.one_in(1));
    }

    #[test]
    fn choices_keep_within_their_bounds() {
        let bytes = seeded(1, 1, 1 << 14);
        let mut bytes = Unstructured::new(&bytes);
        let mut seen = [0; 3];
        for _ in 0..1000 {
            assert!(bytes.below(7) < 7);
            assert!((3..=5).contains(&bytes.between(3, 5)));
            assert_eq!(bytes.between(5, 3), 5);
            seen[bytes.weighted(&[1, 0, 9])] += 1;
        }
        assert_eq!(bytes.below(0), 0);
        assert!(seen[0] > 50 && seen[1] == 0 && seen[2] > 800, "{seen:?}");
        assert!((0..100).map(|_| bytes.between(0, u64::MAX)).any(|n| n > u64::MAX / 2));
    }
}
