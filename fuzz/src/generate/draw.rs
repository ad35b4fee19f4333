//! Where choices come from: a seeded generator today, the bytes of a fuzzer tomorrow.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// A source of choices.
///
/// Everything random in a sequence is drawn through this trait, so that a sequence is a function
/// of the choices alone. Callers put the plainest choice at 0: a source that runs dry may then
/// answer 0 for ever and still make sense.
///
/// ```
/// use growstack_fuzz::generate::{Draw, Seeded};
/// let mut one = Seeded::of_sequence(7, 3);
/// let mut other = Seeded::of_sequence(7, 3);
/// assert_eq!(one.below(1000), other.below(1000));
/// ```
pub trait Draw {
    /// A number below `bound`; 0 if `bound` is 0.
    fn below(&mut self, bound: u64) -> u64;

    /// A number from `low` to `high`, both included; `low` if they are reversed.
    fn between(&mut self, low: u64, high: u64) -> u64 {
        let span = high.saturating_sub(low);
        low + if span == u64::MAX { self.below(span) } else { self.below(span + 1) }
    }

    /// An index into something of length `len`; 0 if that is empty.
    fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).expect("below a usize")
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
    fn pick<T: Copy>(&mut self, choices: &[T]) -> T
    where
        Self: Sized,
    {
        choices[self.index(choices.len())]
    }

    /// An index into `weights`, drawn by weight; 0 if all are 0.
    fn weighted(&mut self, weights: &[u32]) -> usize {
        let total = weights.iter().map(|&w| u64::from(w)).sum();
        let mut left = self.below(total);
        for (at, &weight) in weights.iter().enumerate() {
            match left.checked_sub(u64::from(weight)) {
                Some(rest) => left = rest,
                None => return at,
            }
        }
        0
    }
}

/// Choices from a seeded pseudo-random generator.
///
/// The stream depends on the seed and on the version of `rand` in `Cargo.lock`, on nothing else.
#[derive(Clone, Debug)]
pub struct Seeded(SmallRng);

impl Seeded {
    /// The choices of sequence `sequence` of seed `seed`, independent of every other sequence's.
    #[must_use]
    pub fn of_sequence(seed: u64, sequence: u64) -> Self {
        // The mixing step of SplitMix64 is a bijection, so two sequences of one seed never share
        // a stream, and neighbouring seeds do not overlap by a shift.
        Self(SmallRng::seed_from_u64(mix(seed) ^ mix(sequence.wrapping_add(0x9e37_79b9_7f4a_7c15))))
    }
}

const fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

impl Draw for Seeded {
    fn below(&mut self, bound: u64) -> u64 {
        // The high word of the product; its bias, below bound / 2^64, is of no matter here.
        let wide = u128::from(self.0.next_u64()) * u128::from(bound);
        u64::try_from(wide >> 64).expect("the high word of a product")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A source that answers 0 for ever, as one that has run dry does.
    struct Dry;

    impl Draw for Dry {
        fn below(&mut self, _: u64) -> u64 {
            0
        }
    }

    #[test]
    fn a_dry_source_gives_the_plainest_choices() {
        assert_eq!(Dry.pick(&["plain", "odd"]), "plain");
        assert_eq!(Dry.weighted(&[0, 3, 1]), 1);
        assert_eq!(Dry.between(5, 9), 5);
        assert!(!Dry.one_in(2));
        assert!(Dry.one_in(1));
    }

    #[test]
    fn choices_keep_within_their_bounds() {
        let mut draw = Seeded::of_sequence(1, 1);
        let mut seen = [0; 3];
        for _ in 0..1000 {
            assert!(draw.below(7) < 7);
            assert!((3..=5).contains(&draw.between(3, 5)));
            assert_eq!(draw.between(5, 3), 5);
            seen[draw.weighted(&[1, 0, 9])] += 1;
        }
        assert_eq!(draw.below(0), 0);
        assert!(seen[0] > 50 && seen[1] == 0 && seen[2] > 800, "{seen:?}");
    }

    #[test]
    fn the_widest_range_is_drawn_from() {
        let mut draw = Seeded::of_sequence(1, 2);
        assert!((0..100).map(|_| draw.between(0, u64::MAX)).any(|n| n > u64::MAX / 2));
    }
}
