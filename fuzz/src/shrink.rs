//! Shrinking what fails to the least that still does.

use growstack::{Limits, MapFlags, PageSize, Prot, Size};

use crate::input::{Anchor, Header, Input, Offset, Operand, Prefill, Record, Unit};
use crate::kernel::Freebsd14;
use crate::op::Kind;

/// Tries that one shrink may make.
const EFFORT: usize = 20_000;

/// A short input for which `fails` holds, as it does for `input`: without the operations that can
/// be left out, and with plainer operands, attributes and configuration where they do as well. If
/// `fails` does not hold for `input`, that is returned as it is.
///
/// Calls `fails` some 20000 times at most.
pub fn input(input: Input, fails: impl FnMut(&Input) -> bool) -> Input {
    let mut search = Search { left: EFFORT, fails };
    if search.fails(&input) { search.input(input) } else { input }
}

/// An input of fewer operations for which `fails` holds, as it does for `input`. Its operations are
/// plain numbers while they are dropped, which is quick on large maps, and by what they are near again
/// after that.
pub fn large(input: Input, fails: impl FnMut(&Input) -> bool) -> Input {
    /// Below, shrinking an input as it is takes no longer.
    const LARGE: usize = 64;
    let mut search = Search { left: EFFORT, fails };
    let mut plain = input.plain();
    if input.records.len() <= LARGE || !search.fails(&plain) {
        return input;
    }
    search.records(&mut plain);
    let near = plain.near();
    if search.fails(&near) { near } else { plain }
}

/// The fewest of `items` for which `fails` holds, as it does for all of them, each as plain as the
/// changes make it. A length that is halved is tried again.
pub(crate) fn plainest<T: Clone + PartialEq>(
    mut items: Vec<T>,
    changes: &[fn(&mut T)],
    fails: impl FnMut(&[T]) -> bool,
) -> Vec<T> {
    let mut search = Search { left: EFFORT, fails };
    loop {
        let before = items.clone();
        items = search.fewer(items, Search::fails);
        for at in 0..items.len() {
            for change in changes {
                let mut plainer = items.clone();
                change(&mut plainer[at]);
                if plainer[at] != items[at] && search.fails(plainer.as_slice()) {
                    items = plainer;
                }
            }
        }
        if search.left == 0 || items == before {
            return items;
        }
    }
}

/// Short bytes for which `fails` holds: a header of `header` bytes, and as few records of `record`
/// bytes as will do, with as many bytes as can be at `plain`, from place `from` on.
pub fn bytes(
    bytes: &[u8],
    (header, record): (usize, usize),
    (from, plain): (usize, u8),
    fails: impl FnMut(&[u8]) -> bool,
) -> Vec<u8> {
    let mut search = Search { left: EFFORT, fails };
    if !search.fails(bytes) {
        return bytes.to_vec();
    }
    let (head, tail) = bytes.split_at(header.min(bytes.len()));
    let chunks: Vec<Vec<u8>> = tail.chunks(record).map(<[u8]>::to_vec).collect();
    let whole = |chunks: &[Vec<u8>]| [head, &chunks.concat()].concat();
    let chunks = search.fewer(chunks, |search, chunks| search.fails(&whole(chunks)));
    let mut short = whole(&chunks);
    for at in from..short.len() {
        let mut plainer = short.clone();
        plainer[at] = plain;
        if plainer != short && search.fails(&plainer) {
            short = plainer;
        }
    }
    short
}

struct Search<F> {
    left: usize,
    fails: F,
}

impl<F> Search<F> {
    fn fails<T: ?Sized>(&mut self, tried: &T) -> bool
    where
        F: FnMut(&T) -> bool,
    {
        self.left = self.left.saturating_sub(1);
        self.left != 0 && (self.fails)(tried)
    }

    /// Drops runs of items, the last ones first, since nothing depends on them, in ever smaller
    /// runs; and again, as long as that helps.
    fn fewer<T: Clone>(
        &mut self,
        mut items: Vec<T>,
        mut fails: impl FnMut(&mut Self, &[T]) -> bool,
    ) -> Vec<T> {
        let mut run = items.len();
        while run != 0 {
            let before = items.len();
            let mut end = items.len();
            while end != 0 {
                let start = end.saturating_sub(run);
                let mut shorter = items.clone();
                shorter.drain(start..end);
                if fails(self, &shorter) {
                    items = shorter;
                }
                end = start.min(items.len());
            }
            if run > 1 || items.len() == before {
                run /= 2;
            }
        }
        items
    }
}

impl<F: FnMut(&Input) -> bool> Search<F> {
    fn input(&mut self, mut input: Input) -> Input {
        loop {
            let before = input.clone();
            self.records(&mut input);
            self.header(&mut input);
            for at in 0..input.records.len() {
                RECORD.iter().for_each(|change| {
                    self.keep(&mut input, |input| change(&mut input.records[at]));
                });
            }
            if self.left == 0 || (input == before && !self.plain(&mut input)) {
                return input;
            }
        }
    }

    fn records(&mut self, input: &mut Input) {
        let header = input.header;
        input.records = self.fewer(std::mem::take(&mut input.records), |search, records| {
            search.fails(&Input { header, records: records.to_vec() })
        });
    }

    fn header(&mut self, input: &mut Input) {
        HEADER.iter().for_each(|change| self.keep(input, |input| change(&mut input.header)));
    }

    /// Tries plain numbers, with which some operations may be left out on which others depended;
    /// those of a prefill become operations of their own. False if that does not help.
    fn plain(&mut self, input: &mut Input) -> bool {
        let filling = input.header.prefill.ops(input.header.window).len();
        let mut plain = input.plain();
        if !self.fails(&plain) {
            return false;
        }
        self.records(&mut plain);
        let helped = plain.records.len() < input.records.len() + filling;
        if helped {
            *input = plain;
        }
        helped
    }

    /// Makes a change, and takes it back if the input then fails no more.
    fn keep(&mut self, input: &mut Input, change: impl FnOnce(&mut Input)) {
        let mut plainer = input.clone();
        change(&mut plainer);
        if plainer != *input && self.fails(&plainer) {
            *input = plainer;
        }
    }
}

const HEADER: [fn(&mut Header); 14] = [
    |header| header.prefill = Prefill::NONE,
    |header| header.prefill.entries /= 2,
    |header| header.prefill.style = 0,
    |header| header.config.limits.stack = Limits::INFINITY,
    |header| header.config.limits.vmem = Limits::INFINITY,
    |header| header.config.limits.memlock = Limits::INFINITY,
    |header| header.config.limits.swap = Size::MAX,
    |header| header.config.tunables.guard_page = false,
    |header| header.config.tunables.sgrowsiz = PageSize::KIB_4.bytes(),
    |header| header.config.tunables.maxsaddr = Header::default().config.tunables.maxsaddr,
    |header| header.narrow = true,
    |header| {
        let Header { window, config, .. } = Header::default();
        (header.window, header.config.min, header.config.max) = (window, config.min, config.max);
    },
    |header| {
        let max = header.config.max;
        header.config.freebsd_14.iter_mut().for_each(|settings| settings.stacktop = max);
    },
    |header| {
        let max = header.config.max;
        header.config.freebsd_14.iter_mut().for_each(|settings| *settings = Freebsd14::new(max));
    },
];

const RECORD: [fn(&mut Record); 18] = [
    |record| record.flags = record.flags.intersection(MapFlags::GROWTH | MapFlags::GUARD),
    |record| record.flags = record.flags.intersection(MapFlags::GROWTH),
    |record| (record.prot, record.max) = (Prot::RW, Prot::ALL),
    |record| record.object = 0,
    // Which protection of FreeBSD 14.2 it is.
    |record| record.choice = if record.kind == Kind::Protect { 0 } else { record.choice },
    |record| record.offset = Offset::Near(1),
    |record| record.nodes = None,
    |record| record.nodes = record.nodes.map(|_| 0),
    |record| record.max_addr = Operand::ZERO,
    // What a limit is relative to keeps all that was mapped before.
    |record| match record.kind {
        Kind::Limit => record.first = Operand::ZERO,
        _ => record.first = record.first.aligned(),
    },
    |record| record.second_operand = record.second_operand.aligned(),
    |record| record.first = without_step(record.first),
    |record| record.second_operand = without_step(record.second_operand),
    // One long range may do for several short ones.
    |record| record.second_operand = Operand::at(Anchor::Span, 256),
    |record| record.second_operand = Operand::at(Anchor::Span, 1),
    |record| record.second_operand = Operand::at(Anchor::Pages, 1),
    |record| record.first = Operand::at(Anchor::WindowPage, 0),
    |record| record.first = Operand::at(Anchor::EntryStart, 0),
];

fn without_step(operand: Operand) -> Operand {
    match operand {
        Operand::Near { anchor, index, .. } => {
            Operand::Near { anchor, index, unit: Unit::None, count: 0 }
        }
        raw @ Operand::Raw(_) => raw,
    }
}
