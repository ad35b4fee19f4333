//! Making an input that shows a fault short.

use std::panic;

use growstack::{CowFlags, Limits, Prot, Size};

use crate::input::{Anchor, Input, Offset, Operand, Prefill, Record, Unit};
use crate::targets::{Session, Target, index};

/// Inputs that one minimization may try.
const EFFORT: usize = 20_000;

/// A short input that shows a fault of `target`, as `bytes` does. The fault may have become another
/// one on the way. An input that shows none is returned as it is.
#[must_use]
pub fn input(target: Target, bytes: &[u8]) -> Vec<u8> {
    // Every try may panic, and one report of it is enough.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let short = input_by(target, bytes, |bytes| Session::default().try_out(target, bytes).is_err());
    panic::set_hook(hook);
    short
}

/// A short input of `target` for which `fails` says so, as it does for `bytes`: without the
/// operations that can be left out, and with plainer operands, attributes and configuration where
/// they do as well. If `fails` does not hold for `bytes`, that is returned as it is.
///
/// Calls `fails` some 20000 times at most.
#[must_use]
pub fn input_by(target: Target, bytes: &[u8], fails: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    if !fails(bytes) {
        return bytes.to_vec();
    }
    let mut search = Search { target, left: EFFORT, fails };
    match Input::decode(bytes) {
        // What decoding passes over may matter to nobody but must not be lost unseen.
        Some(input) if target.takes_operations() && (search.fails)(&input.encode()) => {
            search.operations(input).encode()
        }
        _ => search.bytes(bytes),
    }
}

struct Search<F> {
    target: Target,
    left: usize,
    fails: F,
}

impl<F: Fn(&[u8]) -> bool> Search<F> {
    fn fails(&mut self, bytes: &[u8]) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left != 0 && (self.fails)(bytes)
    }

    fn operations(&mut self, mut input: Input) -> Input {
        loop {
            let before = input.clone();
            input.records = self.fewer(input.records.clone(), |records| {
                Input { header: input.header, records: records.to_vec() }.encode()
            });
            self.plainer_header(&mut input);
            self.plainer_records(&mut input);
            if input == before || self.left == 0 {
                return input;
            }
        }
    }

    /// Drops runs of items, the last ones first, in ever smaller runs.
    fn fewer<T: Clone>(&mut self, mut items: Vec<T>, encode: impl Fn(&[T]) -> Vec<u8>) -> Vec<T> {
        let mut run = items.len();
        while run != 0 {
            let mut end = items.len();
            while end != 0 {
                let start = end.saturating_sub(run);
                let mut shorter = items.clone();
                shorter.drain(start..end);
                if self.fails(&encode(&shorter)) {
                    items = shorter;
                }
                end = start;
            }
            run /= 2;
        }
        items
    }

    /// Tries changes one by one, and keeps those with which the input fails still.
    fn plainer_header(&mut self, input: &mut Input) {
        const CHANGES: [fn(&mut Input); 10] = [
            |input| input.header.prefill = Prefill::NONE,
            |input| input.header.prefill.entries /= 2,
            |input| input.header.prefill.style = 0,
            |input| input.header.config.limits.stack = Limits::INFINITY,
            |input| input.header.config.limits.vmem = Limits::INFINITY,
            |input| input.header.config.limits.memlock = Limits::INFINITY,
            |input| input.header.config.limits.swap = Size::MAX,
            |input| input.header.config.tunables.guard_page = false,
            |input| input.header.config.tunables.sgrowsiz = Size::PAGE,
            |input| input.header.narrow = true,
        ];
        for change in CHANGES {
            self.keep(input, change);
        }
    }

    fn plainer_records(&mut self, input: &mut Input) {
        const CHANGES: [fn(&mut Record); 12] = [
            |record| record.flags = record.flags.and(CowFlags::GROWTH),
            |record| (record.prot, record.max) = (Prot::RW, Prot::ALL),
            |record| record.object = 0,
            |record| record.offset = Offset::Near(1),
            |record| record.nodes = None,
            |record| record.nodes = record.nodes.map(|_| 0),
            |record| record.max_addr = Operand::ZERO,
            |record| record.first = without_step(record.first),
            |record| record.second_operand = without_step(record.second_operand),
            |record| record.second_operand = Operand::at(Anchor::Span, 1),
            |record| record.first = Operand::at(Anchor::WindowPage, 0),
            |record| record.first = Operand::at(Anchor::EntryStart, 0),
        ];
        for at in 0..input.records.len() {
            for change in CHANGES {
                self.keep(input, |input| change(&mut input.records[at]));
            }
        }
    }

    fn keep(&mut self, input: &mut Input, change: impl FnOnce(&mut Input)) {
        let mut plainer = input.clone();
        change(&mut plainer);
        if plainer != *input && self.fails(&plainer.encode()) {
            *input = plainer;
        }
    }

    /// For inputs that are no operations: eight bytes of an edit at a time, then single bytes;
    /// then as many zeros as can be.
    fn bytes(&mut self, bytes: &[u8]) -> Vec<u8> {
        let chunks: Vec<Vec<u8>> = bytes.chunks(8).map(<[u8]>::to_vec).collect();
        let mut short = self.fewer(chunks, <[Vec<u8>]>::concat).concat();
        if self.target == Target::Index {
            short = self.plainer_index(short);
        }
        if self.target == Target::Trace {
            short = self.fewer(short, <[u8]>::to_vec);
        }
        for at in 0..short.len() {
            let mut plainer = short.clone();
            plainer[at] = if self.target == Target::Trace { b' ' } else { 0 };
            if plainer != short && self.fails(&plainer) {
                short = plainer;
            }
        }
        short
    }
}

impl<F: Fn(&[u8]) -> bool> Search<F> {
    /// A plainer header for edits of the index, and fewer edits with it.
    fn plainer_index(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        loop {
            let (header, edits) = bytes.split_at(bytes.len().min(8));
            let plainer =
                index::plainer(header).into_iter().map(|header| [&header, edits].concat());
            let Some(plainer) = plainer.collect::<Vec<_>>().into_iter().find(|b| self.fails(b))
            else {
                return bytes;
            };
            let chunks: Vec<Vec<u8>> = plainer.chunks(8).map(<[u8]>::to_vec).collect();
            bytes = self.fewer(chunks, <[Vec<u8>]>::concat).concat();
        }
    }
}

fn without_step(operand: Operand) -> Operand {
    match operand {
        Operand::Near { anchor, index, .. } => {
            Operand::Near { anchor, index, unit: Unit::None, count: 0 }
        }
        raw @ Operand::Raw(_) => raw,
    }
}
