//! Changing and crossing inputs by whole operations and operands.

use growstack::Size;

use super::draw::{Flavour, Swarm, address};
use super::operand::{Anchor, Operand, Unit};
use super::record::{RECORD, Record};
use super::{HEADER, Header, Input, Prefill};
use crate::generate::{Draw, Seeded};

/// The most operations of an input that is drawn anew.
const FRESH: usize = 250;

/// Changes `bytes`, by `seed` alone, into an input of at most `most` bytes.
///
/// Operations are inserted, deleted, duplicated, swapped, moved and tweaked, runs of them too;
/// the header is tweaked. Now and then, and always when there is nothing to change, the result is
/// a new input instead.
#[must_use]
pub fn mutate(bytes: &[u8], flavour: Flavour, most: usize, seed: u32) -> Vec<u8> {
    let mut draw = Seeded::of_sequence(u64::from(seed), 1);
    let input = Input::decode(bytes).filter(|input| !input.records.is_empty());
    let mut input = match input {
        Some(input) if !draw.one_in(64) => changed(input, flavour, &mut draw),
        _ => {
            let room = (most.saturating_sub(HEADER) / RECORD).min(FRESH);
            if draw.one_in(3) {
                Input::draw(&mut draw, flavour, room)
            } else {
                Input::generate(&mut draw, flavour, room)
            }
        }
    };
    input.fit(most);
    input.encode()
}

fn changed(mut input: Input, flavour: Flavour, draw: &mut impl Draw) -> Input {
    let swarm = Swarm::new(flavour, input.header.swarm);
    for _ in 0..draw.pick(&[1, 1, 1, 2, 2, 4]) {
        if input.records.is_empty() {
            input.records.push(swarm.record(draw));
        }
        match draw.weighted(&[14, 8, 6, 4, 4, 14, 6, 5, 3]) {
            0 => insert(&mut input.records, &swarm, draw),
            1 => drop(input.records.drain(run(&input.records, draw))),
            2 => duplicate(&mut input.records, draw),
            3 => {
                let (a, b) = two(&input.records, draw);
                input.records.swap(a, b);
            }
            4 => {
                let (from, to) = two(&input.records, draw);
                let moved = input.records.remove(from);
                input.records.insert(to, moved);
            }
            5 => operand(&mut input.records, &swarm, draw),
            6 => attribute(&mut input.records, &swarm, draw),
            7 => {
                let at = draw.index(input.records.len());
                input.records[at] = swarm.record(draw);
            }
            _ => tweak_header(&mut input.header, draw),
        }
    }
    input
}

fn two(records: &[Record], draw: &mut impl Draw) -> (usize, usize) {
    (draw.index(records.len()), draw.index(records.len()))
}

/// A run of records, mostly a short one.
fn run(records: &[Record], draw: &mut impl Draw) -> core::ops::Range<usize> {
    let start = draw.index(records.len());
    let longest = draw.pick(&[1, 1, 4, 16, records.len()]);
    let length = 1 + draw.index(longest);
    start..(start + length).min(records.len())
}

fn insert(records: &mut Vec<Record>, swarm: &Swarm, draw: &mut impl Draw) {
    let at = draw.index(records.len() + 1);
    let count = draw.pick(&[1, 1, 2, 4]);
    let new: Vec<Record> = (0..count).map(|_| swarm.record(draw)).collect();
    records.splice(at..at, new);
}

fn duplicate(records: &mut Vec<Record>, draw: &mut impl Draw) {
    let copied = records[run(records, draw)].to_vec();
    let at = draw.index(records.len() + 1);
    records.splice(at..at, copied);
}

fn operand(records: &mut [Record], swarm: &Swarm, draw: &mut impl Draw) {
    let at = draw.index(records.len());
    let other = swarm.record(draw);
    let like = records[draw.index(records.len())];
    let record = &mut records[at];
    let which = if draw.one_in(3) { &mut record.second_operand } else { &mut record.first };
    *which = match (*which, draw.below(6)) {
        (Operand::Near { anchor, index, unit, .. }, 0) => {
            let count = draw.pick(&[-1, 1, -2, 2, 0, 3, 127, -128]);
            Operand::Near { anchor, index, unit, count }
        }
        (Operand::Near { anchor, index, count, .. }, 1) => {
            let unit = draw.pick(Unit::ALL);
            Operand::Near { anchor, index, unit, count: if count == 0 { 1 } else { count } }
        }
        (Operand::Near { anchor, index, unit, count }, 2) => {
            let index = index.wrapping_add(draw.pick(&[1, u16::MAX, 2, u16::MAX - 1]));
            Operand::Near { anchor, index, unit, count }
        }
        (Operand::Near { index, unit, count, .. }, 3) => {
            Operand::Near { anchor: draw.pick(Anchor::ALL), index, unit, count }
        }
        (Operand::Raw(number), 0..=3) => Operand::Raw(number ^ 1 << draw.below(64)),
        (_, 4) => like.first,
        _ if other.opcode == record.opcode => other.first,
        _ => address(draw),
    };
}

fn attribute(records: &mut [Record], swarm: &Swarm, draw: &mut impl Draw) {
    let at = draw.index(records.len());
    let other = swarm.record(draw);
    let record = &mut records[at];
    match draw.below(8) {
        0 => record.prot = other.prot,
        1 => record.max = other.max,
        2 => record.flags = other.flags,
        3 => record.object = other.object,
        4 => record.choice = other.choice,
        5 => record.second = !record.second,
        6 => record.nodes = other.nodes,
        _ => record.offset = other.offset,
    }
}

fn tweak_header(header: &mut Header, draw: &mut impl Draw) {
    let other = Header::draw(draw);
    let (mine, theirs) = (&mut header.config, other.config);
    match draw.below(10) {
        0 => header.narrow = !header.narrow,
        1 => header.prefill = other.prefill,
        2 => header.prefill = Prefill::NONE,
        3 => header.swarm = other.swarm,
        4 => mine.limits = theirs.limits,
        5 => mine.tunables.guard_page = !mine.tunables.guard_page,
        6 => mine.tunables.sgrowsiz = theirs.tunables.sgrowsiz,
        7 => mine.tunables.maxsaddr = theirs.tunables.maxsaddr,
        8 => mine.limits.swap = Size::pages(draw.below(64)),
        // Bounds and window belong together.
        _ => (mine.min, mine.max, header.window) = (theirs.min, theirs.max, other.window),
    }
}

/// A new input of at most `most` bytes, by `seed` alone: the beginning of one and the end of the
/// other, or one with a run of the other's operations in it.
#[must_use]
pub fn crossover(one: &[u8], other: &[u8], most: usize, seed: u32) -> Vec<u8> {
    let mut draw = Seeded::of_sequence(u64::from(seed), 2);
    let (mut input, other) = match (Input::decode(one), Input::decode(other)) {
        (Some(one), Some(other)) => (one, other),
        (Some(only), None) | (None, Some(only)) => (only, Input::default()),
        (None, None) => (Input::default(), Input::default()),
    };
    if !other.records.is_empty() {
        let at = draw.index(input.records.len() + 1);
        if draw.one_in(2) {
            let from = draw.index(other.records.len());
            input.records.splice(at.., other.records[from..].iter().copied());
        } else {
            let inserted = other.records[run(&other.records, &mut draw)].to_vec();
            input.records.splice(at..at, inserted);
        }
    }
    input.fit(most);
    input.encode()
}
