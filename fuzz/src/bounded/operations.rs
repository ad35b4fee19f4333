//! The operations of the bounded proof, and where it starts from.

use std::num::NonZeroU64;

use growstack::{
    Addr, Advice, FindSpace, Holes, Inherit, Limits, MapFlags, PAGE_SIZE, Prot, ProtectPart,
    ProtectWhat, Size, StackTunables, Wiring,
};

use crate::kernel::{Freebsd14, Kernel};
use crate::op::{Config, Mapping, Op};

/// Pages of the map.
pub const PAGES: u64 = 6;

/// Which operations there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// What makes, grows and cuts stacks and puts mappings next to them.
    Growth,
    /// All operations on one process.
    Whole,
}

/// The page's first address; page 0 is the lowest of the map, and page [`PAGES`] its end.
const fn page(number: u64) -> Addr {
    Addr::new((1 + number) * PAGE_SIZE)
}

/// Every range of whole pages.
fn ranges() -> impl Iterator<Item = (Addr, Addr)> {
    let ends = |start| (start + 1..=PAGES).map(move |end| (page(start), page(end)));
    (0..PAGES).flat_map(ends)
}

/// The same, with ranges that are empty, reversed, and partly outside the map.
fn walked() -> impl Iterator<Item = (Addr, Addr)> {
    let odd = [(page(3), page(3)), (page(4), page(2)), (Addr::ZERO, page(2)), (page(4), page(8))];
    ranges().chain(odd)
}

/// Every operation of a scope, with all operands that differ: addresses are the bounds of pages, since
/// growth rounds to pages, and of protections and flags there is one of each sort that some rule
/// distinguishes.
#[must_use]
pub fn operations(kernel: Kernel, scope: Scope) -> Vec<Op> {
    let mut ops = growth(kernel);
    if scope == Scope::Whole {
        ops.extend(placing(kernel));
        ops.extend(protecting(kernel));
        ops.extend(attributes(kernel));
        ops.extend(wiring());
        ops.extend(asking());
    }
    ops
}

fn growth(kernel: Kernel) -> Vec<Op> {
    let mut ops = Vec::new();
    let both = matches!(kernel, Kernel::Freebsd9).then_some(MapFlags::GROWTH);
    for flags in [MapFlags::GROWS_DOWN, MapFlags::GROWS_UP].into_iter().chain(both) {
        ops.extend(ranges().map(|(addrbos, end)| {
            let max_ssize = Size::new(end.get() - addrbos.get());
            Op::Stack { addrbos, max_ssize, prot: Prot::RW, max: Prot::ALL, flags }
        }));
    }
    ops.extend((0..PAGES).map(|number| Op::Grow { addr: page(number) }));
    let mapping = Mapping::anonymous(Prot::RW);
    ops.extend(ranges().map(|(start, end)| Op::Insert { start, end, mapping }));
    ops.extend(ranges().map(|(start, end)| Op::Remove { start, end }));
    ops
}

fn placing(kernel: Kernel) -> Vec<Op> {
    let mut ops = Vec::new();
    let read = Mapping::anonymous(Prot::READ);
    let guard =
        Mapping { max: Prot::NONE, flags: MapFlags::GUARD, ..Mapping::anonymous(Prot::NONE) };
    let guard = matches!(kernel, Kernel::Freebsd14).then_some(guard);
    for mapping in [read].into_iter().chain(guard) {
        ops.extend(ranges().map(|(start, end)| Op::Insert { start, end, mapping }));
    }
    let mapping = Mapping::anonymous(Prot::RW);
    ops.extend(walked().map(|(start, end)| Op::Fixed {
        start,
        length: Size::new(end.get().wrapping_sub(start.get())),
        mapping,
    }));
    ops.extend(ranges().filter(|(start, end)| end.get() - start.get() <= 3 * PAGE_SIZE).map(
        |(start, end)| Op::Find {
            start,
            length: Size::new(end.get() - start.get()),
            max_addr: Addr::ZERO,
            space: FindSpace::Any,
            mapping,
        },
    ));
    ops
}

fn protecting(kernel: Kernel) -> Vec<Op> {
    let mut whats = vec![ProtectWhat::Current, ProtectWhat::Max];
    if kernel == Kernel::Freebsd14 {
        whats.push(ProtectWhat::Both(Prot::RW));
        whats.push(ProtectWhat::GrowsDown(ProtectPart::Current));
    }
    let prots = [Prot::NONE, Prot::READ, Prot::RW];
    let of = move |what| prots.into_iter().map(move |prot| (prot, what));
    let pairs: Vec<_> = whats.into_iter().flat_map(of).collect();
    let of = |(start, end)| {
        pairs.iter().map(move |&(prot, what)| Op::Protect { start, end, prot, what })
    };
    walked().flat_map(of).collect()
}

fn attributes(kernel: Kernel) -> Vec<Op> {
    let zero = matches!(kernel, Kernel::Freebsd14).then_some(Inherit::Zero);
    let inherits: Vec<_> =
        [Inherit::Share, Inherit::Copy, Inherit::None].into_iter().chain(zero).collect();
    let advices = [Advice::Sequential, Advice::NoSync, Advice::Core];
    let of = |(start, end)| {
        let inherits = inherits.iter().map(move |&inherit| Op::Inherit { start, end, inherit });
        inherits.chain(advices.map(|advice| Op::Madvise { start, end, advice }))
    };
    walked().flat_map(of).collect()
}

fn wiring() -> Vec<Op> {
    let kinds = [Wiring::User, Wiring::System]
        .into_iter()
        .flat_map(|wiring| [Holes::Allowed, Holes::Refused].map(|holes| (wiring, holes)));
    let kinds: Vec<_> = kinds.collect();
    let of = |(start, end)| {
        kinds.iter().flat_map(move |&(wiring, holes)| {
            [Op::Wire { start, end, wiring, holes }, Op::Unwire { start, end, wiring, holes }]
        })
    };
    walked().flat_map(of).collect()
}

/// What changes nothing.
fn asking() -> Vec<Op> {
    let mut ops: Vec<Op> = (0..PAGES).map(|number| Op::Lookup { addr: page(number) }).collect();
    for prot in [Prot::READ, Prot::RW] {
        ops.extend(walked().map(|(start, end)| Op::Check { start, end, prot }));
    }
    for length in 0..=3 {
        let length = Size::pages(length);
        ops.extend((0..=PAGES).map(|number| Op::FindSpace { start: page(number), length }));
    }
    ops
}

/// What the sequences start from: settings, and an operation before them.
#[must_use]
pub fn starts(kernel: Kernel) -> Vec<(Config, Option<Op>)> {
    let tunables = |pages: u64, guard_page: bool, main: u64| StackTunables {
        sgrowsiz: NonZeroU64::new(pages * PAGE_SIZE).unwrap_or(NonZeroU64::MIN),
        guard_page: guard_page && kernel == Kernel::Freebsd9,
        maxsaddr: page(main),
    };
    let config = |limits, tunables, guard_pages| Config {
        min: page(0),
        max: page(PAGES),
        limits,
        tunables,
        freebsd_14: matches!(kernel, Kernel::Freebsd14)
            .then(|| Freebsd14 { guard_pages, ..Freebsd14::new(page(PAGES)) }),
    };
    let narrow = Limits {
        stack: Size::pages(2),
        vmem: Size::pages(4),
        memlock: Size::pages(2),
        swap: Size::pages(3),
    };
    let wires = Limits { memlock: Size::pages(3), ..Limits::UNLIMITED };
    vec![
        (config(Limits::UNLIMITED, tunables(1, false, PAGES), 0), None),
        (config(narrow, tunables(2, true, 3), 1), None),
        (config(wires, tunables(1, false, 3), 1), Some(Op::WireFuture { on: true })),
    ]
}
