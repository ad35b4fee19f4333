//! `memory_set` 0.4.1, the map of ArceOS, behind the trait of the harness.
//!
//! It has areas with flags in a `BTreeMap`, never merges them, and knows neither stacks nor objects.

use growstack::{
    Addr, AddrRange, Change, FindSpace, KernReturn, PAGE_SIZE, Prot, ProtectWhat, Size,
};
use growstack_fuzz::answer::{Answer, Cause, Row, Summary, row};
use growstack_fuzz::keeps::Keeps;
use growstack_fuzz::op::{Config, LimitName, Mapping, Op};
use growstack_fuzz::settings::Lacks;
use growstack_fuzz::space::AddressSpace;
use memory_addr::{AddrRange as Range, VirtAddr};
use memory_set::{MappingBackend, MappingResult, MemoryArea, MemorySet};

/// The map. With `GUARDED` it declines the two things that memory_set gets wrong: `protect` of
/// nothing, which loses pages, and a search that meets the last page, whose end overflows.
pub struct MemorySetMap<const GUARDED: bool = { !cfg!(feature = "as-published") }> {
    set: MemorySet<Pages>,
    min: u64,
    max: u64,
}

/// Where the last page begins.
const LAST_PAGE: u64 = u64::MAX - PAGE_SIZE + 1;

/// The protection in force, and the most.
type Flags = (Prot, Prot);

/// Page tables are not under test.
#[derive(Clone, Debug)]
struct Pages;

impl MappingBackend for Pages {
    type Addr = VirtAddr;
    type Flags = Flags;
    type PageTable = ();

    fn map(&self, _: VirtAddr, _: usize, _: Flags, (): &mut ()) -> bool {
        true
    }
    fn unmap(&self, _: VirtAddr, _: usize, (): &mut ()) -> bool {
        true
    }
    fn protect(&self, _: VirtAddr, _: usize, _: Flags, (): &mut ()) -> bool {
        true
    }
}

impl<const GUARDED: bool> AddressSpace for MemorySetMap<GUARDED> {
    fn create(config: &Config) -> Self {
        Self { set: MemorySet::new(), min: config.min.get(), max: config.max.get() }
    }

    fn apply(&mut self, op: &Op, _: &mut Vec<Change>) -> (Answer, Cause) {
        (self.answer(op), Cause::NotGiven)
    }

    fn reports_causes(&self) -> bool {
        false
    }

    // Pages, not entries, since it never merges; and any refusal for any other.
    fn keeps(&self) -> Keeps {
        Keeps::PAGES.with(|keeps| keeps.max = true)
    }

    fn lacks(&self) -> Lacks {
        Lacks::default().with(|lacks| {
            lacks.infinity = true;
            lacks.uneven_bounds = true;
        })
    }

    fn entries(&self, rows: &mut Vec<Row>) {
        rows.clear();
        rows.extend(self.set.iter().filter_map(|area| {
            let (prot, max) = area.flags();
            let range = AddrRange::new(addr(area.start()), addr(area.end()))?;
            Some(Row { max, ..row(range, prot) })
        }));
    }

    fn summary(&self) -> Summary {
        let size = self.set.iter().map(|area| area.size() as u64).sum();
        Summary::new(Size::new(size), self.set.len())
    }

    fn check(&self) -> Result<(), String> {
        match self.set.iter().find(|area| area.size() == 0) {
            None => Ok(()),
            Some(area) => Err(format!("an area of no pages at {:#x}", area.start())),
        }
    }
}

impl<const GUARDED: bool> MemorySetMap<GUARDED> {
    fn answer(&mut self, op: &Op) -> Answer {
        match *op {
            Op::Insert { start, end, mapping } if is_plain(mapping) => {
                match self.inside(start.get(), end.get()) {
                    Some(Ok((start, size))) => code(self.map(start, size, mapping, false)),
                    Some(Err(refused)) => refused,
                    None => Answer::Unsupported,
                }
            }
            Op::Fixed { start, length, mapping } if is_plain(mapping) => {
                let end = start.get().checked_add(length.get());
                match end.and_then(|end| self.inside(start.get(), end)) {
                    Some(Ok((start, size))) => code(self.map(start, size, mapping, true)),
                    // FreeBSD cuts off what is outside the map.
                    _ => Answer::Unsupported,
                }
            }
            Op::Find { start, length, max_addr: Addr::ZERO, space: FindSpace::Any, mapping }
                if is_plain(mapping) && length != Size::ZERO =>
            {
                let found = self.find(start.get(), length.get());
                if let Answer::Found(at) = found {
                    let at = VirtAddr::from_usize(usize_of(at.get()));
                    assert!(self.map(at, usize_of(length.get()), mapping, false).is_ok());
                }
                found
            }
            Op::FindSpace { start, length } if length != Size::ZERO => {
                self.find(start.get(), length.get())
            }
            Op::Remove { start, end } => match self.clamped(start.get(), end.get()) {
                Some((start, size)) => code(self.set.unmap(start, size, &mut ())),
                None => Answer::Unsupported,
            },
            Op::Protect { start, end, prot, what: ProtectWhat::Current } => {
                self.protect(start.get(), end.get(), prot)
            }
            Op::Lookup { addr: at } => {
                let area = self.set.find(VirtAddr::from_usize(usize_of(at.get())));
                Answer::Holds(
                    area.and_then(|area| AddrRange::new(addr(area.start()), addr(area.end()))),
                )
            }
            // Of what these limit or set, nothing is in this map: they cannot be reached.
            Op::Limit { name: LimitName::Stack | LimitName::Vmem | LimitName::Memlock, .. }
            | Op::SetGuardPage { .. }
            | Op::WireFuture { .. }
            | Op::Dump => Answer::Silent,
            Op::SetGrowSize { value } if value != Size::ZERO => Answer::Silent,
            _ => Answer::Unsupported,
        }
    }

    fn map(&mut self, at: VirtAddr, size: usize, mapping: Mapping, fixed: bool) -> MappingResult {
        let area = MemoryArea::new(at, size, (mapping.prot, mapping.max), Pages);
        self.set.map(area, &mut (), fixed)
    }

    fn find(&self, start: u64, length: u64) -> Answer {
        if !whole(start) || !whole(length) {
            return Answer::Unsupported;
        }
        let mut ends = self.set.iter().map(|area| addr(area.end()).get());
        if GUARDED && (start.max(self.min) >= LAST_PAGE || ends.any(|end| end >= LAST_PAGE)) {
            return Answer::Unsupported;
        }
        let virt = |addr| VirtAddr::from_usize(usize_of(addr));
        let limit = Range::new(virt(self.min), virt(self.max));
        let found = self.set.find_free_area(virt(start), usize_of(length), limit, 4096);
        found.map_or(Answer::Code(KernReturn::NoSpace), |at| Answer::Found(addr(at)))
    }

    fn protect(&mut self, start: u64, end: u64, prot: Prot) -> Answer {
        let Some((at, size)) = self.clamped(start, end) else { return Answer::Unsupported };
        if GUARDED && size == 0 {
            return Answer::Unsupported;
        }
        let range = Range::from_start_size(at, size);
        let lacks = |area: &MemoryArea<Pages>| !area.flags().1.contains(prot);
        // 5.4: all or nothing. memory_set leaves this to its caller.
        if self.set.iter().any(|area| area.va_range().overlaps(range) && lacks(area)) {
            return Answer::Code(KernReturn::ProtectionFailure);
        }
        code(self.set.protect(at, size, |(_, max)| Some((prot, max)), &mut ()))
    }

    /// Start and size of what must lie inside the map, or the refusal; `None` if it is not of whole
    /// pages.
    fn inside(&self, start: u64, end: u64) -> Option<Result<(VirtAddr, usize), Answer>> {
        if !whole(start) || !whole(end) {
            return None;
        }
        if start < self.min || end > self.max || start >= end {
            return Some(Err(Answer::Code(KernReturn::InvalidAddress)));
        }
        Some(Ok((VirtAddr::from_usize(usize_of(start)), usize_of(end - start))))
    }

    /// Section 2: the part inside the map, which may be nothing; `None` if it is not of whole pages.
    fn clamped(&self, start: u64, end: u64) -> Option<(VirtAddr, usize)> {
        let (from, to) = (start.max(self.min), end.min(self.max));
        let size = usize_of(to.saturating_sub(from));
        (whole(start) && whole(end)).then(|| (VirtAddr::from_usize(usize_of(from.min(to))), size))
    }
}

fn is_plain(mapping: Mapping) -> bool {
    mapping.flags.is_empty() && mapping.object.is_none()
}

fn whole(number: u64) -> bool {
    number.is_multiple_of(PAGE_SIZE)
}

fn code(result: MappingResult) -> Answer {
    // Which refusal it is, is not compared.
    Answer::Code(result.map_or(KernReturn::NoSpace, |()| KernReturn::Success))
}

fn addr(at: VirtAddr) -> Addr {
    Addr::new(at.as_usize() as u64)
}

fn usize_of(number: u64) -> usize {
    usize::try_from(number).expect("addresses have 64 bits")
}
