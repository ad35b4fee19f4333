//! The address space of a process, as far as a log has shown it: a map to which every operation of
//! the trace is applied at once, so that the next call finds it as it is.

use std::collections::HashMap;

use growstack::{
    Access, Addr, AddrRange, Advice, EntryFlags, FindSpace, Inherit, KernReturn, Limits, MapFlags,
    PAGE_SIZE, PageSize, Prot, Size, StackTunables,
};
use growstack_fuzz::answer::{Answer, Row};
use growstack_fuzz::engine::EngineSpace;
use growstack_fuzz::objects::with_number;
use growstack_fuzz::op::{Config, Mapping, ObjectId, Op};
use growstack_fuzz::proc_maps::{Region, Shows, Stretch};
use growstack_fuzz::space::AddressSpace;

use super::Style;

/// The addresses that Linux gives to programs on x86-64.
const BOUNDS: (Addr, Addr) = (Addr::new(PAGE_SIZE), Addr::new(0x7fff_ffff_f000));

/// Numbers for what mappings show, the same in every trace of a log.
#[derive(Debug, Default)]
pub(super) struct Objects {
    by_name: HashMap<String, ObjectId>,
    used: u64,
}

impl Objects {
    /// An object that nothing else shows.
    pub(super) fn another(&mut self) -> Option<ObjectId> {
        self.used += 1;
        ObjectId::new(self.used)
    }

    /// The object of this name.
    pub(super) fn named(&mut self, name: &str) -> Option<ObjectId> {
        if let Some(object) = self.by_name.get(name) {
            return Some(*object);
        }
        let object = self.another()?;
        self.by_name.insert(name.to_owned(), object);
        Some(object)
    }
}

/// An operation that the rules refuse, though Linux has done it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Refused {
    pub(super) op: Op,
    pub(super) code: KernReturn,
}

/// An address space.
#[derive(Debug)]
pub(super) struct Space {
    pub(super) style: Style,
    pub(super) config: Config,
    pub(super) ops: Vec<Op>,
    /// How many of the operations only say what it started from.
    pub(super) given: usize,
    map: EngineSpace,
    pub(super) brk: u64,
    pub(super) locks_future: bool,
    /// The segments of shared memory by their addresses, with their lengths.
    pub(super) attached: HashMap<u64, u64>,
    /// Where thread stacks are that are to grow, but cannot be used yet.
    pub(super) thread_stacks: Vec<AddrRange>,
    pub(super) refused: Vec<Refused>,
    changes: Vec<growstack::Change>,
}

impl Space {
    fn empty(style: Style, config: Config) -> Self {
        Self {
            style,
            config,
            ops: Vec::new(),
            given: 0,
            map: EngineSpace::create(&config),
            brk: 0,
            locks_future: false,
            attached: HashMap::new(),
            thread_stacks: Vec::new(),
            refused: Vec::new(),
            changes: Vec::new(),
        }
    }

    /// That of a new program, in which the kernel has mapped `regions`.
    pub(super) fn of_program(
        style: Style,
        regions: &[Region],
        brk: u64,
        stack_limit: u64,
        objects: &mut Objects,
    ) -> Self {
        let (min, max) = BOUNDS;
        let user = || regions.iter().filter(|region| region.range.start() < max);
        let stack = user().find(|region| region.shows == Shows::Stack);
        let below = stack.and_then(|stack| user().rfind(|r| r.range.end() <= stack.range.start()));
        let floor = below.map_or(min, |below| below.range.end());
        let low = stack.map(|stack| reserve_bottom(stack.range, stack_limit, floor));
        let tunables = StackTunables {
            sgrowsiz: PageSize::KIB_4.bytes(),
            guard_page: false,
            maxsaddr: low.unwrap_or(Addr::MAX),
        };
        let stack_size = Size::new(stack_limit.min(Limits::INFINITY.get()));
        let limits = Limits { stack: stack_size, ..Limits::UNLIMITED };
        let mut space = Self::empty(style, Config { min, max, tunables, limits, freebsd_14: None });
        space.brk = brk;
        for region in user().filter(|region| region.shows != Shows::Stack) {
            let (start, end) = (region.range.start(), region.range.end());
            space.apply(Op::Insert { start, end, mapping: mapping(region, objects) });
        }
        if let (Some(stack), Some(low)) = (stack, low) {
            space.make_stack(stack.range, low, stack.prot);
        }
        space.given = space.ops.len();
        space
    }

    /// That of a child of a process with this one.
    pub(super) fn fork(&self) -> Self {
        let mut child = Self::empty(self.style, self.config);
        let rows: Vec<Row> = self.rows().filter(|row| row.inherit != Inherit::None).collect();
        for row in &rows {
            let (start, end) = (row.range.start(), row.range.end());
            if row.is_stack() {
                let low = start.wrapping_back(row.avail);
                let floor = child.floor_below(start);
                child.make_stack(row.range, low.max(floor), row.prot);
            } else {
                child.apply(Op::Insert { start, end, mapping: mapping_of(row) });
            }
        }
        for row in rows.iter().filter(|row| row.access != Access::Normal) {
            let (start, end) = (row.range.start(), row.range.end());
            let advice = match row.access {
                Access::Sequential => Advice::Sequential,
                Access::Random | Access::Normal => Advice::Random,
            };
            child.apply(Op::Madvise { start, end, advice });
        }
        child.given = child.ops.len();
        child.brk = self.brk;
        child.attached.clone_from(&self.attached);
        child.thread_stacks.clone_from(&self.thread_stacks);
        child
    }

    /// Adds an operation to the trace, unless the rules refuse it.
    pub(super) fn apply(&mut self, op: Op) -> bool {
        self.changes.clear();
        let (answer, _) = self.map.apply(&op, &mut self.changes);
        match answer {
            Answer::Code(code) if code != KernReturn::Success => {
                self.refused.push(Refused { op, code });
                false
            }
            _ => {
                self.ops.push(op);
                true
            }
        }
    }

    /// Makes a stack that is `range` now, and may grow down to `low`.
    pub(super) fn make_stack(&mut self, range: AddrRange, low: Addr, prot: Prot) {
        let stack = Op::Stack {
            addrbos: low,
            max_ssize: range.end().wrapping_sub(low),
            prot,
            max: Prot::ALL,
            flags: MapFlags::GROWS_DOWN,
        };
        // The first part of a stack is as long as the step of growth at that moment.
        let plain = range.len() == Size::PAGE;
        if !plain {
            self.apply(Op::SetGrowSize { value: range.len() });
        }
        self.apply(stack);
        if !plain {
            self.apply(Op::SetGrowSize { value: Size::PAGE });
        }
    }

    /// The lowest address that a stack with `range` may grow to, as things are.
    pub(super) fn room_below(&self, range: AddrRange) -> Addr {
        let floor = self.floor_below(range.start());
        reserve_bottom(range, self.config.limits.stack.get(), floor)
    }

    /// The end of the last entry below `addr`.
    fn floor_below(&self, addr: Addr) -> Addr {
        let gap = self.map.process.map().gap(addr.wrapping_back(Size::new(1)));
        gap.map_or(addr, |gap| gap.range.start())
    }

    /// The entries.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        self.map.process.map().entries().map(with_number)
    }

    /// The parts of entries that are in `range`.
    pub(super) fn rows_in(&self, range: AddrRange) -> Vec<Row> {
        let entries = self.map.process.map().entries_from(range.start());
        entries
            .map(with_number)
            .take_while(|row| row.range.start() < range.end())
            .filter_map(|row| {
                let start = row.range.start().max(range.start());
                let inside = AddrRange::new(start, row.range.end().min(range.end()))?;
                let cut = start.wrapping_sub(row.range.start()).get();
                Some(Row { range: inside, offset: row.offset.wrapping_add(cut), ..row })
            })
            .collect()
    }

    /// What is mapped and how, for comparing with the kernel.
    pub(super) fn stretches(&self) -> Vec<Stretch> {
        self.rows().map(|row| (row.range, row.prot)).collect()
    }

    /// Is nothing mapped there?
    pub(super) fn is_free(&self, range: AddrRange) -> bool {
        self.rows_in(range).is_empty()
    }

    /// Where the first hole of `range` begins, or its end.
    pub(super) fn mapped_until(&self, range: AddrRange) -> Addr {
        let mut at = range.start();
        for row in self.rows_in(range) {
            if row.range.start() != at {
                break;
            }
            at = row.range.end();
        }
        at
    }

    /// Maps `mapping` at an address that Linux or the call chose.
    pub(super) fn place(&mut self, range: AddrRange, mapping: Mapping, how: Placing) {
        let (start, length) = (range.start(), range.len());
        let free = self.is_free(range);
        self.apply(match how {
            Placing::Chosen if free => {
                let (max_addr, space) = (Addr::ZERO, FindSpace::Any);
                Op::Find { start, length, max_addr, space, mapping }
            }
            Placing::Asked if free => Op::Insert { start, end: range.end(), mapping },
            // Linux found room there, so that what is in the way has gone without our knowledge.
            Placing::Chosen | Placing::Asked | Placing::Over => {
                Op::Fixed { start, length, mapping }
            }
        });
        self.thread_stacks.retain(|stack| !overlap(*stack, range));
    }
}

/// Who says where a mapping goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Placing {
    /// Linux does, with or without a hint.
    Chosen,
    /// The call does, and nothing may be there.
    Asked,
    /// The call does, and what is there goes.
    Over,
}

fn overlap(one: AddrRange, other: AddrRange) -> bool {
    one.start() < other.end() && other.start() < one.end()
}

fn reserve_bottom(range: AddrRange, limit: u64, floor: Addr) -> Addr {
    let low = Addr::new(range.end().get().saturating_sub(limit));
    low.max(floor).min(range.start())
}

/// How the kernel's own region is mapped.
fn mapping(region: &Region, objects: &mut Objects) -> Mapping {
    let object = match &region.shows {
        Shows::Anonymous | Shows::Heap | Shows::Stack if region.shared => objects.another(),
        Shows::Anonymous | Shows::Heap | Shows::Stack => None,
        Shows::File(name) => objects.named(name),
        Shows::Kernel(name) => objects.named(&format!("[{name}]")),
    };
    let flags = match (region.shared, object) {
        (true, _) => MapFlags::INHERIT_SHARE,
        (false, Some(_)) => MapFlags::COW,
        (false, None) => MapFlags::NONE,
    };
    let offset = if object.is_some() { region.offset } else { 0 };
    Mapping { prot: region.prot, max: Prot::ALL, flags, object, offset }
}

/// How an entry was mapped that looks like `row`.
pub(super) fn mapping_of(row: &Row) -> Mapping {
    let cow = row.flags.contains(EntryFlags::COW);
    let shared = row.object.is_some() && !cow;
    let charged = row.flags.contains(EntryFlags::CHARGED);
    let free = row.prot.contains(Prot::WRITE) && !shared && !charged;
    let flags = [
        (cow, MapFlags::COW),
        (shared, MapFlags::INHERIT_SHARE),
        (row.flags.contains(EntryFlags::NOCOREDUMP), MapFlags::NOCOREDUMP),
        (free, MapFlags::ACC_NO_CHARGE),
    ];
    let flags = flags.into_iter().filter(|(on, _)| *on).fold(MapFlags::NONE, |f, (_, g)| f | g);
    Mapping { prot: row.prot, max: row.max, flags, object: row.object, offset: row.offset }
}
