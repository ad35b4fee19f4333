//! Changing and crossing inputs by whole operations and operands.

use arbitrary::Unstructured;
use growstack::Size;

use super::choices::{Choices, seeded};
use super::draw::Generator;
use super::operand::{Anchor, Operand, Unit};
use super::record::{RECORD, Record};
use super::style::Flavour;
use super::{HEADER, Header, Input, Prefill};
use crate::kernel::Kernel;

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
            let mut choices = Unstructured::new(&choices);
            let kernel = choices.pick(&Kernel::ALL);
            Input::draw(&mut choices, kernel, flavour, room)
        }
    };
    input.fit(most);
    input.encode()
}

fn changed(mut input: Input, flavour: Flavour, bytes: &mut Unstructured<'_>) -> Input {
    let mut generator = Generator::new(flavour, input.header.swarm);
    for _ in 0..bytes.pick(&[1, 1, 1, 2, 2, 4]) {
        let mut draw = |bytes: &mut _| generator.any_record(bytes, &input.header.config);
        if input.records.is_empty() {
            input.records.push(draw(bytes));
        }
        match bytes.weighted(&[14, 8, 6, 4, 4, 14, 6, 5, 3]) {
            0 => insert(&mut input.records, &mut draw, bytes),
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
            5 => {
                let (other, address) = (draw(bytes), generator.address(bytes));
                operand(&mut input.records, other, address, bytes);
            }
            6 => {
                let other = draw(bytes);
                attribute(&mut input.records, &other, input.header.kernel(), bytes);
            }
            7 => {
                let at = bytes.index(input.records.len());
                input.records[at] = draw(bytes);
            }
            _ if bytes.one_in(24) => {
                let kernel = bytes.pick(&Kernel::ALL);
                input = input.with_kernel(kernel);
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

fn insert<'a>(
    records: &mut Vec<Record>,
    draw: &mut impl FnMut(&mut Unstructured<'a>) -> Record,
    bytes: &mut Unstructured<'a>,
) {
    let at = bytes.index(records.len() + 1);
    let count = bytes.pick(&[1, 1, 2, 4]);
    let new: Vec<Record> = (0..count).map(|_| draw(bytes)).collect();
    records.splice(at..at, new);
}

fn duplicate(records: &mut Vec<Record>, bytes: &mut Unstructured<'_>) {
    let copied = records[run(records, bytes)].to_vec();
    let at = bytes.index(records.len() + 1);
    records.splice(at..at, copied);
}

/// Changes an operand, perhaps to that of another record, or to an address.
fn operand(records: &mut [Record], other: Record, address: Operand, bytes: &mut Unstructured<'_>) {
    let at = bytes.index(records.len());
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
        _ => address,
    };
}

/// Takes over one of another record's attributes.
fn attribute(records: &mut [Record], other: &Record, kernel: Kernel, bytes: &mut Unstructured<'_>) {
    let at = bytes.index(records.len());
    let record = &mut records[at];
    match bytes.below(if kernel == Kernel::Freebsd14 { 9 } else { 8 }) {
        0 => record.prot = other.prot,
        1 => record.max = other.max,
        2 => record.flags = other.flags,
        3 => record.object = other.object,
        4 => record.choice = other.choice,
        5 => record.second = !record.second,
        6 => record.nodes = other.nodes,
        8 => record.gaps = !record.gaps,
        _ => record.offset = other.offset,
    }
}

fn tweak_header(header: &mut Header, bytes: &mut Unstructured<'_>) {
    let other = Header::draw(bytes, header.kernel());
    let (mine, theirs) = (&mut header.config, other.config);
    let newer = mine.freebsd_14.as_mut().zip(theirs.freebsd_14);
    match (bytes.below(10), newer) {
        (5, Some((mine, theirs))) => match bytes.below(3) {
            0 => mine.stkgap = !mine.stkgap,
            1 => mine.guard_pages = theirs.guard_pages,
            _ => mine.stacktop = theirs.stacktop,
        },
        (0, _) => header.narrow = !header.narrow,
        (1, _) => header.prefill = other.prefill,
        (2, _) => header.prefill = Prefill::NONE,
        (3, _) => header.swarm = other.swarm,
        (4, _) => mine.limits = theirs.limits,
        (5, _) => mine.tunables.guard_page = !mine.tunables.guard_page,
        (6, _) => mine.tunables.sgrowsiz = theirs.tunables.sgrowsiz,
        (7, _) => mine.tunables.maxsaddr = theirs.tunables.maxsaddr,
        (8, _) => mine.limits.swap = Size::pages(bytes.below(64)),
        // Bounds, window and the top of the main stack belong together.
        (_, newer) => {
            (mine.min, mine.max, header.window) = (theirs.min, theirs.max, other.window);
            if let Some((mine, theirs)) = newer {
                mine.stacktop = theirs.stacktop;
            }
        }
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
    let other = other.with_kernel(input.header.kernel());
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
