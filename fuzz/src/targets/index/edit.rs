//! Edits, and the records that stand for them.

use std::fmt;

use super::header::Header;
use super::model::Model;

/// The length of an encoded record.
pub(super) const LENGTH: usize = 8;

/// What a record does; the numbers are the encoding, modulo 16. Numbers without a name do nothing.
const INSERT: std::ops::RangeInclusive<u8> = 0..=4;
const INSERT_TWO: u8 = 5;
const REMOVE: std::ops::RangeInclusive<u8> = 6..=8;
const REMOVE_RUN: u8 = 9;
const SET_BOUNDS: std::ops::RangeInclusive<u8> = 10..=12;
const SHORT: u8 = 13;
const CLEAR: u8 = 14;
/// A whole tree goes at once, so that this is seldom: trees are to get large.
const CLEARS_OF_256: u8 = 16;

/// A record as an input has it. What it stands for depends on the entries there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    what: u8,
    a: u8,
    b: u8,
    part: u32,
}

/// An edit of the index, or a look at it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Edit {
    /// An entry.
    Insert { start: u64, end: u64 },
    /// Two entries of one byte, in this order, whose nodes are predicted together beforehand.
    InsertTwo { first: u64, second: u64 },
    /// An insertion that lacks one of the nodes it takes, if it takes any: it changes nothing.
    InsertShort { start: u64, end: u64 },
    /// Removes the first entry that ends above an address.
    Remove { addr: u64 },
    /// Removes entries one after the other with one cursor.
    RemoveRun { addr: u64, count: u8 },
    /// Moves both bounds of the first entry that ends above an address.
    SetBounds { addr: u64, start: u64, end: u64 },
    /// Moves its end.
    SetEnd { addr: u64, end: u64 },
    /// Drops every entry.
    Clear,
    /// Looks up an address, and searches from there for a gap of a length.
    Look { addr: u64, length: u64 },
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Insert { start, end } => write!(f, "insert [{start:#x}, {end:#x})"),
            Self::InsertTwo { first, second } => {
                write!(f, "insert a byte at {first:#x} and one at {second:#x}")
            }
            Self::InsertShort { start, end } => {
                write!(f, "insert [{start:#x}, {end:#x}) short of a node")
            }
            Self::Remove { addr } => write!(f, "remove the entry above {addr:#x}"),
            Self::RemoveRun { addr, count } => write!(f, "remove {count} entries above {addr:#x}"),
            Self::SetBounds { addr, start, end } => {
                write!(f, "move the entry above {addr:#x} to [{start:#x}, {end:#x})")
            }
            Self::SetEnd { addr, end } => {
                write!(f, "move the end of the entry above {addr:#x} to {end:#x}")
            }
            Self::Clear => f.write_str("clear"),
            Self::Look { addr, length } => {
                write!(f, "look up {addr:#x}, and search from there for {length:#x} free")
            }
        }
    }
}

impl Record {
    pub(super) const fn decode(bytes: [u8; LENGTH]) -> Self {
        let [what, a, b, _, p0, p1, p2, p3] = bytes;
        Self { what: what & 15, a, b, part: u32::from_le_bytes([p0, p1, p2, p3]) }
    }

    /// The address that the record is about: a part of the bounds, so that it stays the same when
    /// the records before it change.
    fn place(self, header: &Header) -> u64 {
        let span = u128::from(header.max - header.min);
        header.min + u64::try_from((u128::from(self.part) * span) >> 32).expect("a part")
    }

    /// The edits that the record stands for.
    pub(super) fn edits(self, header: &Header, model: &Model) -> [Option<Edit>; 2] {
        let Self { what, a, b, .. } = self;
        let addr = self.place(header);
        let gap = || model.free(addr).map(|(low, high)| part(low, high, a, b));
        let insert = || gap().map(|(start, end)| Edit::Insert { start, end });
        match what {
            w if INSERT.contains(&w) => [insert(), None],
            INSERT_TWO => [insert_two(model, addr, a, b), None],
            w if REMOVE.contains(&w) => [Some(Edit::Remove { addr }), None],
            REMOVE_RUN => [Some(Edit::RemoveRun { addr, count: a % 16 }), None],
            w if SET_BOUNDS.contains(&w) => [set_bounds(model, header, addr, a, b), None],
            SHORT => [gap().map(|(start, end)| Edit::InsertShort { start, end }), insert()],
            CLEAR if b < CLEARS_OF_256 => [Some(Edit::Clear), None],
            _ => [None, None],
        }
    }

    /// The look at the place of the record once its edits are done: for the length of the gap that
    /// some way off, or one more.
    pub(super) fn look(self, header: &Header, model: &Model) -> Edit {
        let Self { a, b, .. } = self;
        let addr = self.place(header);
        let far = addr.wrapping_mul(u64::from(a) | 1).wrapping_add(u64::from(b) << 8);
        let far = header.min + far % (header.max - header.min);
        let gap = model.free(far).map_or(0, |(low, high)| high - low);
        Edit::Look { addr, length: gap.saturating_add(u64::from(b & 1)) }
    }
}

/// A part of `[low, high)`: flush with either side, both or neither, by two small numbers.
fn part(low: u64, high: u64, a: u8, b: u8) -> (u64, u64) {
    let room = high - low;
    let start = if a & 1 == 0 { low } else { low + u64::from(a >> 2) % room };
    let end = match b & 3 {
        0 => high,
        1 => start + 1,
        _ => start + 1 + u64::from(b >> 2) % (high - start),
    };
    if a & 2 != 0 && end - start < room { (high - (end - start), high) } else { (start, end) }
}

fn insert_two(model: &Model, addr: u64, a: u8, b: u8) -> Option<Edit> {
    let (first, high) = model.free(addr)?;
    let far = first.saturating_add(u64::from(a) * u64::from(b).max(1));
    let (low, _) = model.free(far)?;
    let second = if low == first { first + 1 } else { low };
    if second <= first || (low == first && second >= high) {
        return None;
    }
    let (first, second) = if b & 1 == 0 { (first, second) } else { (second, first) };
    Some(Edit::InsertTwo { first, second })
}

fn set_bounds(model: &Model, header: &Header, addr: u64, a: u8, b: u8) -> Option<Edit> {
    let entry = model.above(addr)?;
    let low = model.end_below(entry.start).unwrap_or(header.min);
    let high = model.above(entry.end).map_or(header.max, |next| next.start);
    Some(match b >> 6 {
        0 => Edit::SetBounds { addr, start: part(low, entry.end, a, b).0, end: entry.end },
        1 => Edit::SetEnd { addr, end: part(entry.start, high, 0, b).1 },
        _ => {
            let (start, end) = part(low, high, a, b);
            Edit::SetBounds { addr, start, end }
        }
    })
}
