//! A static search tree of 16 keys a node: its layout, and the descent with and without AVX2.
//!
//! Levels lie one after the other, the root first. Node `k` of a level has its children at
//! `17 k .. 17 k + 17` of the next, and key `i` is the largest key under child `i`, so that the
//! number of keys at or below an address names the child. The last level holds the keys.

/// Keys of a node.
const KEYS: usize = 16;

/// What unused places hold: above every key.
const NONE: i64 = i64::MAX;

/// Two cache lines of keys, ascending. The sign bit is flipped, since AVX2 compares signed numbers.
#[derive(Clone, Copy)]
#[repr(C, align(128))]
struct Node([i64; KEYS]);

/// Sorted keys, for rank queries.
pub struct StaticTree {
    nodes: Vec<Node>,
    /// Where the levels begin, the root's first.
    levels: Vec<usize>,
    len: usize,
    wide: bool,
}

/// How many levels there are room for: 17^8 leaves are more than memory.
const MAX_LEVELS: usize = 8;

const fn flip(key: u64) -> i64 {
    key.cast_signed() ^ i64::MIN
}

const fn unflip(key: i64) -> u64 {
    (key ^ i64::MIN).cast_unsigned()
}

impl StaticTree {
    /// A tree of keys in ascending order, none of which is `u64::MAX`.
    ///
    /// # Panics
    ///
    /// If the keys are not strictly ascending, or more than 17^8.
    #[must_use]
    pub fn new(keys: &[u64]) -> Self {
        assert!(keys.is_sorted_by(|a, b| a < b) && keys.last() != Some(&u64::MAX), "unsorted");
        let leaves: Vec<Node> = keys.chunks(KEYS).map(Node::of).collect();
        // For every node of a level, the largest key below it.
        let mut tops: Vec<u64> =
            keys.chunks(KEYS).filter_map(|keys| keys.last().copied()).collect();
        let mut levels = vec![if leaves.is_empty() { vec![Node::of(&[])] } else { leaves }];
        while tops.len() > 1 {
            // The last child's key is left out: what is above all others goes there.
            let groups = tops.chunks(KEYS + 1);
            levels.push(groups.clone().map(|g| Node::of(&g[..g.len() - 1])).collect());
            tops = groups.filter_map(|group| group.last().copied()).collect();
        }
        assert!(levels.len() <= MAX_LEVELS, "too many keys");
        let mut tree =
            Self { nodes: Vec::new(), levels: Vec::new(), len: keys.len(), wide: has_avx2() };
        for level in levels.iter().rev() {
            tree.levels.push(tree.nodes.len());
            tree.nodes.extend_from_slice(level);
        }
        tree
    }

    /// Does the descent use AVX2?
    #[must_use]
    pub const fn is_wide(&self) -> bool {
        self.wide
    }

    /// How many keys are at or below `addr`.
    #[inline]
    #[must_use]
    pub fn rank(&self, addr: u64) -> usize {
        #[cfg(target_arch = "x86_64")]
        if cfg!(target_feature = "avx2") || self.wide {
            // SAFETY: The processor has AVX2 and POPCNT: the compiler was told so, or `wide` was
            // set after asking it.
            return unsafe { self.rank_avx2(addr) };
        }
        self.rank_by(addr, count_scalar)
    }

    /// The same without AVX2.
    #[must_use]
    pub fn rank_scalar(&self, addr: u64) -> usize {
        self.rank_by(addr, count_scalar)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,popcnt")]
    #[inline]
    fn rank_avx2(&self, addr: u64) -> usize {
        // A closure takes over the features of the function it is in.
        self.rank_by(addr, |keys, addr| count_avx2(keys, addr))
    }

    /// The key of a rank, if there is one.
    #[inline]
    #[must_use]
    pub fn key(&self, rank: usize) -> Option<u64> {
        if rank >= self.len {
            return None;
        }
        let first = self.levels.last()?;
        let node = self.nodes.get(first + rank / KEYS)?;
        node.0.get(rank % KEYS).copied().map(unflip)
    }

    #[inline(always)]
    fn rank_by(&self, addr: u64, count: impl Fn(&[i64; KEYS], i64) -> usize) -> usize {
        // No key is above u64::MAX, and unused places hold it.
        let addr = flip(addr.min(u64::MAX - 1));
        let Some((leaves, inner)) = self.levels.split_last() else { return 0 };
        let mut node = 0;
        for level in inner {
            // SAFETY: `node` is a node of this level: 0 at the root; else the count of keys named
            // an existing child, since the place after the keys of existing children is `NONE`,
            // which is above `addr`.
            let keys = unsafe { self.nodes.get_unchecked(level + node) };
            node = node * (KEYS + 1) + count(&keys.0, addr);
        }
        // SAFETY: As above.
        let keys = unsafe { self.nodes.get_unchecked(leaves + node) };
        node * KEYS + count(&keys.0, addr)
    }
}

impl Node {
    fn of(keys: &[u64]) -> Self {
        let mut node = [NONE; KEYS];
        for (place, key) in node.iter_mut().zip(keys) {
            *place = flip(*key);
        }
        Self(node)
    }
}

fn has_avx2() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx2") && is_x86_feature_detected!("popcnt");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

#[inline(always)]
fn count_scalar(keys: &[i64; KEYS], addr: i64) -> usize {
    keys.iter().map(|key| usize::from(*key <= addr)).sum()
}

/// How many keys are at or below `addr`: four compares, packed into one mask of two bits a key.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt")]
#[inline]
fn count_avx2(keys: &[i64; KEYS], addr: i64) -> usize {
    use core::arch::x86_64::{
        __m256i, _mm256_cmpgt_epi64, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_packs_epi16,
        _mm256_packs_epi32, _mm256_set1_epi64x,
    };
    let addr = _mm256_set1_epi64x(addr);
    let above = |quarter: usize| {
        // SAFETY: Four of the sixteen keys: `quarter` is below 4 at every call.
        let keys = unsafe { _mm256_loadu_si256(keys.as_ptr().add(4 * quarter).cast::<__m256i>()) };
        _mm256_cmpgt_epi64(keys, addr)
    };
    // The order of the packed lanes is mixed up, which a count does not mind.
    let low = _mm256_packs_epi32(above(0), above(1));
    let high = _mm256_packs_epi32(above(2), above(3));
    let mask = _mm256_movemask_epi8(_mm256_packs_epi16(low, high));
    KEYS - mask.count_ones() as usize / 2
}

impl core::fmt::Debug for StaticTree {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("StaticTree").field("len", &self.len).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_those_of_the_sorted_keys() {
        for len in [0_u64, 1, 15, 16, 17, 271, 272, 273, 289, 4625, 5000] {
            let keys: Vec<u64> = (0..len).map(|i| 3 + 10 * i).collect();
            let tree = StaticTree::new(&keys);
            for addr in (0..10 * len + 20).chain([u64::MAX / 2, u64::MAX - 1, u64::MAX]) {
                let rank = keys.partition_point(|key| *key <= addr);
                assert_eq!(tree.rank(addr), rank, "{len} keys, {addr}");
                assert_eq!(tree.rank_scalar(addr), rank, "{len} keys, {addr}");
                assert_eq!(tree.key(rank), keys.get(rank).copied());
            }
        }
    }
}
