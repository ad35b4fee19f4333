//! Edits of the engine's index, beside a `BTreeMap`.
//!
//! The input has a header of 8 bytes: the version 1; the width in bit 0 (16 or 4); in the next
//! byte how wide the bounds are, as a power of two, and with bit 7 whether they end at 2^64 - 1;
//! a byte without meaning; the number of entries to start with, two bytes; a seed, two bytes.
//! Then records of 8 bytes: what to do; two small numbers; a byte without meaning; and four bytes
//! that say where, as a part of the bounds. Low bytes come first.
//!
//! A place is a part of the bounds, not a number of an entry, so that a record goes on meaning the
//! same place when the records before it change.

mod pair;

use super::chunks::Shape;
use super::{Fault, Verdict};
use crate::lockstep::caught;
use pair::Pair;

/// The lengths of header and records.
pub(super) const SHAPE: Shape = Shape { header: 8, record: 8 };

/// The version of the encoding.
pub const VERSION: u8 = 1;

/// The most entries to start with.
const MOST: u64 = 1500;

/// What a record does; the numbers are the encoding, modulo 16.
const INSERT: std::ops::RangeInclusive<u8> = 0..=4;
const INSERT_TWO: u8 = 5;
const REMOVE: std::ops::RangeInclusive<u8> = 6..=8;
const REMOVE_RUN: u8 = 9;
const SET_BOUNDS: std::ops::RangeInclusive<u8> = 10..=12;
const CAPPED: u8 = 13;
const CLEAR: u8 = 14;

/// One edit, as a record tells it.
#[derive(Clone, Copy)]
struct Edit {
    what: u8,
    a: u8,
    b: u8,
    place: u64,
}

/// Carries out an input.
pub(super) fn run(bytes: &[u8], edits: &mut u64) -> Result<Verdict, Fault> {
    let mut header = [VERSION, 0, 12, 0, 0, 0, 0, 0];
    let given = bytes.len().min(header.len());
    header[..given].copy_from_slice(&bytes[..given]);
    if header[0] != VERSION {
        return Ok(Verdict::Unreadable);
    }
    let records = bytes.get(header.len()..).unwrap_or_default();
    let work = || match header[1] & 1 {
        0 => carry_out::<16>(header, records, edits),
        _ => carry_out::<4>(header, records, edits),
    };
    match caught(work) {
        Ok(()) => Ok(Verdict::Sound),
        Err(message) => Err(Fault::Other(message)),
    }
}

fn carry_out<const B: usize>(header: [u8; 8], records: &[u8], edits: &mut u64) {
    let [_, _, span, _, n0, n1, s0, s1] = header;
    let span_bits = u32::from(span & 0x3f).clamp(4, 62);
    let (min, max) = match span >> 7 {
        0 => (1000, 1000 + (1 << span_bits)),
        _ => (u64::MAX - (1 << span_bits), u64::MAX),
    };
    let filling = u64::from(u16::from_le_bytes([n0, n1])).min(MOST);
    let mut pair = Pair::<B>::filled(min, max, filling, u64::from(u16::from_le_bytes([s0, s1])));
    let (chunks, _) = records.as_chunks::<8>();
    for &[what, a, b, _, p0, p1, p2, p3] in chunks {
        let part = u128::from(u32::from_le_bytes([p0, p1, p2, p3]));
        let place = min + u64::try_from((part * u128::from(max - min)) >> 32).expect("a part");
        edit(&mut pair, Edit { what: what & 15, a, b, place });
        pair.check();
        pair.compare_around(place, a, b);
        *edits += 1;
    }
    pair.compare();
}

fn edit<const B: usize>(pair: &mut Pair<B>, edit: Edit) {
    let Edit { what, a, b, place } = edit;
    match what {
        w if INSERT.contains(&w) => pair.insert_at(place, a, b),
        INSERT_TWO => pair.insert_two(place, a, b),
        w if REMOVE.contains(&w) => pair.remove_above(place),
        REMOVE_RUN => pair.remove_run(place, a % 16),
        w if SET_BOUNDS.contains(&w) => pair.set_bounds(place, a, b),
        CAPPED => pair.insert_capped(place, a, b),
        // A whole tree at once, so seldom that trees get to be large.
        CLEAR if a == 0 && b < 8 => pair.clear(),
        _ => {}
    }
}
