//! An ordinary recursive function, whose frames detect damage.

use std::hint::black_box;

/// The outcome of a recursion.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Depth {
    /// Calls.
    pub frames: u64,
    /// Frames whose content changed between the way down and the way back.
    pub damaged: u64,
}

/// Recurses until it has used `bytes` of the stack, and back. Small frames and frames of more than
/// a page take turns.
#[must_use]
pub fn recurse(bytes: u64) -> Depth {
    let here = address_of(&bytes);
    small(here, bytes, 0)
}

fn address_of<T>(value: &T) -> u64 {
    std::ptr::from_ref(value).addr() as u64
}

#[inline(never)]
fn small(top: u64, bytes: u64, depth: u64) -> Depth {
    frame::<20>(top, bytes, depth)
}

#[inline(never)]
fn large(top: u64, bytes: u64, depth: u64) -> Depth {
    frame::<1300>(top, bytes, depth)
}

/// Fills a frame of `WORDS` words, goes deeper, and looks at the words again.
#[inline(always)]
fn frame<const WORDS: usize>(top: u64, bytes: u64, depth: u64) -> Depth {
    let mut words = [0_u64; WORDS];
    for (at, word) in (0..).zip(&mut words) {
        *word = content(depth, at);
    }
    let words = black_box(&mut words);
    let deep = top.saturating_sub(address_of(&words[0])) >= bytes;
    let below = match depth % 32 {
        _ if deep => Depth::default(),
        31 => large(top, bytes, depth + 1),
        _ => small(top, bytes, depth + 1),
    };
    let whole = (0..).zip(words.iter()).all(|(at, word)| *word == content(depth, at));
    Depth { frames: below.frames + 1, damaged: below.damaged + u64::from(!whole) }
}

/// What a word of a frame holds: another number in every place.
fn content(depth: u64, at: u64) -> u64 {
    (depth << 16 | at).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
