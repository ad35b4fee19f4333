//! How many keys of a node are at or below an address.
//!
//! Which key answers a look-up cannot be predicted, so a loop that stops at it costs one
//! mispredicted branch per node, more than all its compares together. The count below has no branch
//! that depends on the keys: it probes the last key of every group of four, which picks the group,
//! and counts within that one. For the sixteen keys of a leaf that is seven compares, three of them
//! and then four of them independent; for the thirty-two of an inner node it is ten, seven and then
//! three.
//!
//! Keys are ascending, and unused places hold [`VACANT`], so that they count for no address but
//! that one.

/// Keys to a group.
const GROUP: u32 = 4;

/// What unused key places hold.
pub(super) const VACANT: u64 = u64::MAX;

/// How many of `keys` are at or below `addr`.
#[inline(always)]
pub(super) fn rank(keys: &[u64], addr: u64) -> usize {
    let (groups, _) = keys.as_chunks::<{ GROUP as usize }>();
    let skip = groups_below(groups, addr);
    let Some(&[a, b, c, d]) = groups.get(skip as usize) else { return keys.len() };
    (GROUP * skip + le(a, addr) + le(b, addr) + le(c, addr) + le(d, addr)) as usize
}

/// The same where the last key is [`VACANT`] and `addr` is not, as in an inner node; the answer is
/// below `B`.
///
/// The last key of the group need not be looked at: the probe found it above `addr`, or, in the
/// last group, it is vacant.
#[inline(always)]
pub(super) fn rank_but_last(keys: &[u64], addr: u64) -> usize {
    let (groups, _) = keys.as_chunks::<{ GROUP as usize }>();
    let skip = groups_below(groups, addr);
    let Some(&[a, b, c, _]) = groups.get(skip as usize) else { return keys.len() };
    (GROUP * skip + le(a, addr) + le(b, addr) + le(c, addr)) as usize
}

/// How many groups lie wholly at or below `addr`, the last one left out.
#[inline(always)]
fn groups_below(groups: &[[u64; GROUP as usize]], addr: u64) -> u32 {
    let [probed @ .., _] = groups else { return 0 };
    probed.iter().map(|&[_, _, _, last]| le(last, addr)).sum()
}

#[inline(always)]
fn le(key: u64, addr: u64) -> u32 {
    u32::from(key <= addr)
}
