//! Changing and crossing inputs by whole operations and operands.

use arbitrary::Unstructured;
use growstack::Size;

use super::choices::{Choices, seeded};
use super::draw::Generator;
use super::operand::{Anchor, Operand, Unit};
use super::record::{RECORD, Record};
use super::style::Flavour;
use super::{HEADER, Header, Input, Prefill};

/// The most operations of an input that is drawn from nothing.
const FRESH: usize = 250;

/// Changes `bytes`, by `seed` alone, into an input of at most `most` bytes.
///
/// Operations are inserted, deleted, duplicated, swapped, moved and tweaked, runs of them too;
/// the header is tweaked. Now and then, and always when there is nothing to change, the result is
/// a new input instead.
#[must_use]
pub fn mutate(bytes: &[u8], flavour: Flavour, most: usize, seed: u32) -> Vec<u8> {
    /// More than a change takes.
    const CHANGE: usize = 1024;
    let choices = seeded(u64::from(seed), 1, CHANGE);
    let mut choices = Unstructured::new(&choices);
    let input = Input::decode(bytes).filter(|input| !input.records.is_empty());
    let mut input = match input {
        Some(input) if !choices.one_in(64) => changed(input, flavour, &mut choices),
        _ => {
            let room = (most.saturating_sub(HEADER) / RECORD).min(FRESH);
            let length = CHANGE + room * Input::BYTES_PER_RECORD;
            let choices = seeded(u64::from(seed), 3, length);
            Input::draw(&mut Unstructured::new(&choices), flavour, room)
        }
    };
    input.fit(most);
    input.encode()
}

fn changed(mut input: Input, flavour: Flavour, bytes: &mut Unstructured<'_>) -> Input {
    let mut generator = Generator::new(flavour, input.header.swarm);
    for _ in 0..bytes.pick(&[1, 1, 1, 2, 2, 4]) {
        if input.records.is_empty() {
            input.records.push(generator.any_record(bytes));
        }
        match bytes.weighted(&[14, 8, 6, 4, 4, 14, 6, 5, 3]) {
            0 => insert(&mut input.records, &mut generator, bytes),
            1 => drop(input.records.drain(run(&input.records, bytes))),
            2 => duplicate(&mut input.records, bytes),
            3 => {
                let (a, b) = two(&input.records, bytes);
                input.records.swap(a, b);
            }
            4 => {
                let (from, to) = two(&input.records, bytes);
                let moved = input.records.remove(from);
                input.records.insert(to, moved);
            }
            5 => operand(&mut input.records, &mut generator, bytes),
            6 => attribute(&mut input.records, &mut generator, bytes),
            7 => {
                let at = bytes.index(input.records.len());
                input.records[at] = generator.any_record(bytes);
            }
            _ => tweak_header(&mut input.header, bytes),
        }
    }
    input
}

fn two(records: &[Record], bytes: &mut Unstructured<'_>) -> (usize, usize) {
    (bytes.index(records.len()), bytes.index(records.len()))
}

/// A run of records, mostly a short one.
fn run(records: &[Record], bytes: &mut Unstructured<'_>) -> core::ops::Range<usize> {
    let start = bytes.index(records.len());
    let longest = bytes.pick(&[1, 1, 4, 16, records.len()]);
    let length = 1 + bytes.index(longest);
    start..(start + length).min(records.len())
}

fn insert(records: &mut Vec<Record>, generator: &mut Generator, bytes: &mut Unstructured<'_>) {
    let at = bytes.index(records.len() + 1);
    let count = bytes.pick(&[1, 1, 2, 4]);
    let new: Vec<Record> = (0..count).map(|_| generator.any_record(bytes)).collect();
    records.splice(at..at, new);
}

fn duplicate(records: &mut Vec<Record>, bytes: &mut Unstructured<'_>) {
    let copied = records[run(records, bytes)].to_vec();
    let at = bytes.index(records.len() + 1);
    records.splice(at..at, copied);
}

fn operand(records: &mut [Record], generator: &mut Generator, bytes: &mut Unstructured<'_>) {
    let at = bytes.index(records.len());
    let other = generator.any_record(bytes);
    let like = records[bytes.index(records.len())];
    let record = &mut records[at];
    let which = if bytes.one_in(3) { &mut record.second_operand } else { &mut record.first };
    *which = match (*which, bytes.below(6)) {
        (Operand::Near { anchor, index, unit, .. }, 0) => {
            let count = bytes.pick(&[-1, 1, -2, 2, 0, 3, 127, -128]);
            Operand::Near { anchor, index, unit, count }
        }
        (Operand::Near { anchor, index, count, .. }, 1) => {
            let unit = bytes.pick(Unit::ALL);
            Operand::Near { anchor, index, unit, count: if count == 0 { 1 } else { count } }
        }
        (Operand::Near { anchor, index, unit, count }, 2) => {
            let index = index.wrapping_add(bytes.pick(&[1, u16::MAX, 2, u16::MAX - 1]));
            Operand::Near { anchor, index, unit, count }
        }
        (Operand::Near { index, unit, count, .. }, 3) => {
            Operand::Near { anchor: bytes.pick(Anchor::ALL), index, unit, count }
        }
        (Operand::Raw(number), 0..=3) => Operand::Raw(number ^ 1 << bytes.below(64)),
        (_, 4) => like.first,
        _ if other.kind == record.kind => other.first,
        _ => generator.address(bytes),
    };
}

fn attribute(records: &mut [Record], generator: &mut Generator, bytes: &mut Unstructured<'_>) {
    let at = bytes.index(records.len());
    let other = generator.any_record(bytes);
    let record = &mut records[at];
    match bytes.below(8) {
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

fn tweak_header(header: &mut Header, bytes: &mut Unstructured<'_>) {
    let other = Header::draw(bytes);
    let (mine, theirs) = (&mut header.config, other.config);
    match bytes.below(10) {
        0 => header.narrow = !header.narrow,
        1 => header.prefill = other.prefill,
        2 => header.prefill = Prefill::NONE,
        3 => header.swarm = other.swarm,
        4 => mine.limits = theirs.limits,
        5 => mine.tunables.guard_page = !mine.tunables.guard_page,
        6 => mine.tunables.sgrowsiz = theirs.tunables.sgrowsiz,
        7 => mine.tunables.maxsaddr = theirs.tunables.maxsaddr,
        8 => mine.limits.swap = Size::pages(bytes.below(64)),
        // Bounds and window belong together.
        _ => (mine.min, mine.max, header.window) = (theirs.min, theirs.max, other.window),
    }
}

/// A new input of at most `most` bytes, by `seed` alone: the beginning of one and the end of the
/// other, or one with a run of the other's operations in it.
#[must_use]
pub fn crossover(one: &[u8], other: &[u8], most: usize, seed: u32) -> Vec<u8> {
    let choices = seeded(u64::from(seed), 2, 64);
    let mut choices = Unstructured::new(&choices);
    let (mut input, other) = match (Input::decode(one), Input::decode(other)) {
        (Some(one), Some(other)) => (one, other),
        (Some(only), None) | (None, Some(only)) => (only, Input::default()),
        (None, None) => (Input::default(), Input::default()),
    };
    if !other.records.is_empty() {
        let at = choices.index(input.records.len() + 1);
        if choices.one_in(2) {
            let from = choices.index(other.records.len());
            input.records.splice(at.., other.records[from..].iter().copied());
        } else {
            let inserted = other.records[run(&other.records, &mut choices)].to_vec();
            input.records.splice(at..at, inserted);
        }
    }
    input.fit(most);
    input.encode()
}
