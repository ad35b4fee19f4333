//! What an input begins with: the width of the index, its bounds, and the entries to start with.

use std::fmt;

use super::subject::Entry;

/// The length of an encoded header.
pub(super) const LENGTH: usize = 8;

/// The version of the encoding.
pub(super) const VERSION: u8 = 1;

/// The most entries to start with. In the widest nodes it takes more of them for a second level of
/// inner nodes, and for a node with more than 64 children.
const MOST: u16 = 1500;
const MOST_OF_WIDEST: u16 = 3000;

/// Bounds of 2^12 addresses from 1000 on.
const PLAIN_SPAN: u8 = 12;

/// A header, decoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Header {
    /// Entries of a leaf.
    pub(super) width: usize,
    pub(super) min: u64,
    pub(super) max: u64,
    /// About how many entries there are at first, as far as there is room.
    pub(super) entries: u64,
    /// What their places and lengths are drawn from.
    pub(super) seed: u64,
}

/// The bytes of a header; those that are missing are as usual.
fn padded(bytes: &[u8]) -> [u8; LENGTH] {
    let mut header = [VERSION, 0, PLAIN_SPAN, 0, 0, 0, 0, 0];
    let given = bytes.len().min(LENGTH);
    header[..given].copy_from_slice(&bytes[..given]);
    header
}

impl Header {
    /// Reads the first bytes of an input; `None` if it is of another version.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let [VERSION, shape, span, _, n0, n1, s0, s1] = padded(bytes) else { return None };
        // The lowest bit alone says 16 or 4, as it did before there was a third width.
        let width = [16, 4, 36, 4][usize::from(shape & 3)];
        let most = if width == 36 { MOST_OF_WIDEST } else { MOST };
        let span_bits = u32::from(span & 0x3f).clamp(4, 62);
        let (min, max) = match span >> 7 {
            0 => (1000, 1000 + (1 << span_bits)),
            _ => (u64::MAX - (1 << span_bits), u64::MAX),
        };
        let entries = u64::from(u16::from_le_bytes([n0, n1]).min(most));
        Some(Self { width, min, max, entries, seed: u16::from_le_bytes([s0, s1]).into() })
    }

    /// The entries to start with.
    pub(super) fn filling(&self) -> Vec<Entry> {
        let Self { min, max, entries, seed, .. } = *self;
        let room = (max - min) / entries.max(1);
        let mut list = Vec::new();
        let mut mixed = seed;
        for value in 0..entries {
            mixed = mixed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(value | 1);
            if room < 4 {
                break;
            }
            let start = min + value * room + (mixed >> 33) % 2 * ((mixed >> 20) % (room / 2));
            let end = start + 1 + (mixed >> 40) % (min + (value + 1) * room - start);
            list.push(Entry { start, end, value });
        }
        list
    }
}

impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { width, min, max, seed, .. } = *self;
        let entries = self.filling().len();
        write!(f, "leaves of {width} entries, bounds {min:#x} to {max:#x}, ")?;
        match entries {
            0 => write!(f, "empty at first"),
            _ => write!(f, "{entries} entries at first, from seed {seed}"),
        }
    }
}

/// Headers that are plainer than this one: with narrow nodes, with half the entries or none, with
/// the seed 0, with plain bounds. None of them is one that this one could have come from, so that
/// to take one after the other ends.
pub(super) fn plainer(header: &[u8]) -> Vec<Vec<u8>> {
    let old = padded(header);
    let Some(decoded) = Header::decode(&old) else { return Vec::new() };
    let [version, shape, span, _, _, _, s0, s1] = old;
    let entries = u16::try_from(decoded.entries).unwrap_or(MOST_OF_WIDEST);
    let bytes = |shape: u8, span: u8, entries: u16, seed: [u8; 2]| {
        let [n0, n1] = entries.to_le_bytes();
        [version, shape, span, 0, n0, n1, seed[0], seed[1]]
    };
    let seed = [s0, s1];
    let mut candidates = vec![bytes(1, PLAIN_SPAN, 0, [0, 0])];
    for fewer in [0, entries / 8, entries / 2, entries.saturating_sub(1)] {
        // A narrow tree is as high with a part of the entries.
        candidates.push(bytes(1, span, fewer, seed));
        candidates.push(bytes(shape, span, fewer, seed));
    }
    candidates.push(bytes(1, span, entries, seed));
    candidates.push(bytes(shape, span, entries, [0, 0]));
    candidates.push(bytes(shape, PLAIN_SPAN, entries, seed));
    let weight = |bytes: &[u8; LENGTH]| {
        let [_, shape, span, rest, n0, n1, s0, s1] = *bytes;
        let entries = u16::from_le_bytes([n0, n1]);
        (entries, shape != 1, span != PLAIN_SPAN, [s0, s1] != [0, 0], rest != 0)
    };
    candidates.retain(|candidate| weight(candidate) < weight(&old));
    candidates.into_iter().map(Vec::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_become_plainer_and_that_ends() {
        let mut header = vec![VERSION, 2, 0x93, 7, 0xff, 0xff, 9, 1];
        assert_eq!(Header::decode(&header).map(|header| header.entries), Some(3000));
        let mut seen = Vec::new();
        while let Some(next) = plainer(&header).pop() {
            assert!(Header::decode(&next).is_some() && next != header);
            seen.push(std::mem::replace(&mut header, next));
            assert!(seen.len() < 5000 && !seen.contains(&header));
        }
        assert_eq!(header, [VERSION, 1, PLAIN_SPAN, 0, 0, 0, 0, 0]);
        assert!(plainer(&[VERSION + 1]).is_empty());
    }

    #[test]
    fn the_two_low_bits_are_the_width() {
        let width = |shape| Header::decode(&[VERSION, shape]).map(|header| header.width);
        assert_eq!([0, 1, 2, 3, 4].map(width), [16, 4, 36, 4, 16].map(Some));
    }
}
