//! What the tests of the rules share: the list of maps under test, and short ways to say an
//! operation, an entry and what is expected.

#![allow(unreachable_pub)]

pub mod fork;

use std::num::NonZeroU64;

use growstack::{
    Addr, AddrRange, Change, Direction, EntryFlags, FindSpace, Growth, Holes, Inherit, KernReturn,
    Limits, MapFlags, Prot, ProtectWhat, Refusal, Size, StackTunables, Wiring,
};
use growstack_fuzz::answer::{Answer, Cause, Row, Summary, row};
use growstack_fuzz::compare::coalesce;
use growstack_fuzz::op::{Config, LimitName, Mapping, ObjectId, Op, ProcessId};
pub use growstack_fuzz::space::AddressSpace;

/// Makes the map under test. A type would make each test be compiled once for each map.
pub type Create = fn(&Config) -> Box<dyn AddressSpace>;

/// Runs each test, a function of [`Create`], on every map.
#[macro_export]
macro_rules! on_every_map {
    ($($test:ident)*) => {
        // The maps under test, one a line.
        $crate::on_every_map!(@map oracle: growstack_fuzz::oracle::Oracle, $($test)*);
        $crate::on_every_map!(@map engine: growstack_fuzz::engine::EngineSpace, $($test)*);
        $crate::on_every_map!(@map narrow_engine: growstack_fuzz::engine::EngineSpace<4>, $($test)*);
        $crate::on_every_map!(@map shared_engine: growstack_fuzz::shared::SharedSpace, $($test)*);
    };
    (@map $module:ident: $map:ty, $($test:ident)*) => {
        mod $module {
            $(
                #[test]
                fn $test() {
                    super::$test(|config| Box::new(<$map as $crate::subject::AddressSpace>::create(config)));
                }
            )*
        }
    };
}

/// A map with what is needed to see what an operation did to it.
pub struct Bench {
    map: Box<dyn AddressSpace>,
}

impl Bench {
    pub fn new(create: Create, config: &Config) -> Self {
        Self { map: create(config) }
    }

    /// Does `op`, and expects this answer, this cause and these changes.
    #[track_caller]
    pub fn expect(&mut self, op: Op, answer: Answer, cause: Cause, changes: &[Change]) {
        let mut reported = Vec::new();
        let got = self.map.apply(&op, &mut reported);
        assert_eq!(got, (answer, cause), "{op:?}");
        assert_eq!(joined(&reported), joined(changes), "{op:?}");
        self.map.check().unwrap();
    }

    /// Does `op`, and expects plain success.
    #[track_caller]
    pub fn done(&mut self, op: Op, changes: &[Change]) {
        self.expect(op, Answer::Code(KernReturn::Success), Cause::Done, changes);
    }

    /// Does `op`, and expects no answer.
    #[track_caller]
    pub fn set(&mut self, op: Op) {
        self.expect(op, Answer::Silent, Cause::Done, &[]);
    }

    /// Does `op`, and expects success with this address.
    #[track_caller]
    pub fn found(&mut self, op: Op, addr: u64, changes: &[Change]) {
        self.expect(op, Answer::Found(Addr::new(addr)), Cause::Done, changes);
    }

    /// Does a grow, and expects that it adds `[start, end)`, and these changes.
    #[track_caller]
    pub fn grows(
        &mut self,
        addr: u64,
        direction: Direction,
        (start, end): (u64, u64),
        changes: &[Change],
    ) {
        let growth = Growth::Grown { added: range(start, end), direction };
        self.expect(grow(addr), Answer::Code(KernReturn::Success), Cause::Grew(growth), changes);
    }

    /// Does a grow, and expects that it adds `added`, read-write, and changes nothing else.
    #[track_caller]
    pub fn grows_rw(&mut self, addr: u64, direction: Direction, added: (u64, u64)) {
        self.grows(addr, direction, added, &[mapped(added.0, added.1, Prot::RW)]);
    }

    /// Does `op`, and expects this refusal and that nothing changed.
    #[track_caller]
    pub fn refused(&mut self, op: Op, refusal: Refusal) {
        let before = self.state();
        self.refused_after(op, refusal, &[]);
        assert_eq!(self.state(), before, "{op:?} was refused and changed something");
    }

    /// Does `op`, and expects this refusal, but says nothing of the state.
    #[track_caller]
    pub fn refused_after(&mut self, op: Op, refusal: Refusal, changes: &[Change]) {
        self.expect(op, Answer::Code(refusal.kern()), Cause::Refused(refusal), changes);
    }

    /// Replaces the process image, and expects this cause and these changes.
    #[track_caller]
    pub fn exec(&mut self, top: u64, maxssiz: u64, prot: Prot, cause: Cause, changes: &[Change]) {
        let code = match cause {
            Cause::Refused(refusal) => refusal.kern(),
            _ => KernReturn::Success,
        };
        let op = Op::Exec { top: Addr::new(top), maxssiz: Size::new(maxssiz), prot };
        self.expect(op, Answer::Code(code), cause, changes);
    }

    /// Forks, and expects a child of this number, whatever is to be copied on write.
    #[track_caller]
    pub fn forks(&mut self, child: u64) {
        let answer = self.map.apply(&Op::Fork, &mut Vec::new());
        assert_eq!(answer, (Answer::Forked(ProcessId(child)), Cause::Done));
        self.map.check().unwrap();
    }

    /// Forks, and expects a child of this number, and that this is to be copied on write.
    #[track_caller]
    pub fn forks_copying(&mut self, child: u64, copied: &[(u64, u64)]) {
        let changes: Vec<Change> =
            copied.iter().map(|&(start, end)| Change::CopyOnWrite(range(start, end))).collect();
        self.expect(Op::Fork, Answer::Forked(ProcessId(child)), Cause::Done, &changes);
    }

    /// Does `op`, and expects this answer without a refusal, and that nothing changed.
    #[track_caller]
    pub fn answers(&mut self, op: Op, answer: Answer) {
        let before = self.state();
        self.expect(op, answer, Cause::NotGiven, &[]);
        assert_eq!(self.state(), before, "{op:?} was refused and changed something");
    }

    /// Expects this much swap reserved, in bytes.
    #[track_caller]
    pub fn reserves(&self, bytes: u64) {
        assert_eq!(self.map.summary().reserved, Size::new(bytes));
    }

    /// Does `op`, and expects success, whatever it changes.
    #[track_caller]
    pub fn run(&mut self, op: Op) {
        let (answer, _) = self.map.apply(&op, &mut Vec::new());
        let fine = matches!(
            answer,
            Answer::Silent | Answer::Code(KernReturn::Success) | Answer::Forked(_)
        );
        assert!(fine, "{op:?}: {answer:?}");
    }

    fn state(&self) -> (Vec<Row>, Summary) {
        let mut rows = Vec::new();
        self.map.entries(&mut rows);
        (rows, self.map.summary())
    }

    /// Expects these entries, `ssize` in pages, `reserved` in bytes, `wired` in pages. The size
    /// and the number of entries follow from the entries.
    #[track_caller]
    pub fn holds(&self, rows: &[Row], ssize: u64, reserved: u64, wired: u64) {
        let size = rows.iter().map(|r| r.range.end().get() - r.range.start().get()).sum();
        let summary = Summary::new(Size::new(size), rows.len()).with(|summary| {
            (summary.ssize, summary.reserved, summary.wired) = (ssize, Size::new(reserved), wired);
        });
        let (seen, counters) = self.state();
        let counters = counters.with(|counters| counters.maxsaddr = None);
        assert_eq!((seen, counters), (rows.to_vec(), summary));
    }

    /// Expects these entries, but says nothing of the counters.
    #[track_caller]
    pub fn looks(&self, rows: &[Row]) {
        assert_eq!(self.state().0, rows);
    }

    /// Expects this `ssize`, in pages.
    #[track_caller]
    pub fn grown(&self, pages: u64) {
        assert_eq!(self.map.summary().ssize, pages);
    }

    /// Expects this `vm_maxsaddr`.
    #[track_caller]
    pub fn main_stack_from(&self, maxsaddr: u64) {
        assert_eq!(self.map.summary().maxsaddr, Some(Addr::new(maxsaddr)));
    }
}

/// The changes with touching ranges of one kind put together: maps may tell them piece by piece.
fn joined(changes: &[Change]) -> Vec<Change> {
    let mut joined = changes.to_vec();
    coalesce(&mut joined);
    joined
}

/// The lowest address of the map in most tests.
pub const MIN: u64 = 0x1000;
/// The end of the map in most tests.
pub const MAX: u64 = 0x8000_0000_0000;
/// No page is above it, so no stack is the main one.
pub const NO_MAIN: u64 = u64::MAX;

/// A map in `[min, max)` with steps of `sgrowsiz`, no guard page, no main stack and no limit.
pub fn config(min: u64, max: u64, sgrowsiz: u64) -> Config {
    Config {
        min: Addr::new(min),
        max: Addr::new(max),
        tunables: StackTunables {
            sgrowsiz: NonZeroU64::new(sgrowsiz).expect("not zero"),
            guard_page: false,
            maxsaddr: Addr::new(NO_MAIN),
        },
        limits: Limits::UNLIMITED,
        freebsd_14: None,
    }
}

pub fn range(start: u64, end: u64) -> AddrRange {
    AddrRange::new(Addr::new(start), Addr::new(end)).unwrap()
}

pub fn mapped(start: u64, end: u64, prot: Prot) -> Change {
    Change::Mapped(range(start, end), prot)
}

pub fn unmapped(start: u64, end: u64) -> Change {
    Change::Unmapped(range(start, end))
}

pub fn protected(start: u64, end: u64, prot: Prot) -> Change {
    Change::Protected(range(start, end), prot)
}

pub fn wired(start: u64, end: u64) -> Change {
    Change::Wired(range(start, end))
}

pub fn unwired(start: u64, end: u64) -> Change {
    Change::Unwired(range(start, end))
}

/// Anonymous, with max rwx and offset 0.
pub fn anonymous(prot: Prot, flags: MapFlags) -> Mapping {
    Mapping { flags, ..Mapping::anonymous(prot) }
}

/// Object `id` at `offset`, with max rwx.
pub fn object(prot: Prot, flags: MapFlags, id: u64, offset: u64) -> Mapping {
    Mapping { object: ObjectId::new(id), offset, ..anonymous(prot, flags) }
}

pub fn insert(start: u64, end: u64, mapping: Mapping) -> Op {
    Op::Insert { start: Addr::new(start), end: Addr::new(end), mapping }
}

/// An anonymous insertion of read-write memory.
pub fn insert_rw(start: u64, end: u64) -> Op {
    insert(start, end, anonymous(Prot::RW, MapFlags::NONE))
}

/// A read-write stack with max rwx.
pub fn stack(addrbos: u64, max_ssize: u64, flags: MapFlags) -> Op {
    let (addrbos, max_ssize) = (Addr::new(addrbos), Size::new(max_ssize));
    Op::Stack { addrbos, max_ssize, prot: Prot::RW, max: Prot::ALL, flags }
}

pub fn grow(addr: u64) -> Op {
    Op::Grow { addr: Addr::new(addr) }
}

pub fn find(start: u64, length: u64, max_addr: u64, space: FindSpace, mapping: Mapping) -> Op {
    let (start, max_addr) = (Addr::new(start), Addr::new(max_addr));
    Op::Find { start, length: Size::new(length), max_addr, space, mapping }
}

pub fn fixed(start: u64, length: u64, mapping: Mapping) -> Op {
    Op::Fixed { start: Addr::new(start), length: Size::new(length), mapping }
}

pub fn remove(start: u64, end: u64) -> Op {
    Op::Remove { start: Addr::new(start), end: Addr::new(end) }
}

pub fn protect(start: u64, end: u64, prot: Prot, what: ProtectWhat) -> Op {
    Op::Protect { start: Addr::new(start), end: Addr::new(end), prot, what }
}

pub fn wire(start: u64, end: u64, wiring: Wiring, holes: Holes) -> Op {
    Op::Wire { start: Addr::new(start), end: Addr::new(end), wiring, holes }
}

pub fn unwire(start: u64, end: u64, wiring: Wiring, holes: Holes) -> Op {
    Op::Unwire { start: Addr::new(start), end: Addr::new(end), wiring, holes }
}

pub fn inherit(start: u64, end: u64, inherit: Inherit) -> Op {
    Op::Inherit { start: Addr::new(start), end: Addr::new(end), inherit }
}

pub fn use_process(process: u64) -> Op {
    Op::Use { process: ProcessId(process) }
}

pub fn exit(process: u64) -> Op {
    Op::Exit { process: ProcessId(process) }
}

pub fn limit(name: LimitName, value: u64) -> Op {
    Op::Limit { name, value: Size::new(value) }
}

pub fn sgrowsiz(value: u64) -> Op {
    Op::SetGrowSize { value: Size::new(value) }
}

/// The entry that an anonymous read-write insertion with max rwx makes.
pub fn entry(start: u64, end: u64) -> Row {
    Row { max: Prot::ALL, flags: EntryFlags::CHARGED, ..row(range(start, end), Prot::RW) }
}

/// As [`entry`], with growth flags and what is left.
pub fn stack_entry(start: u64, end: u64, growth: EntryFlags, avail: u64) -> Row {
    let avail = Size::new(avail);
    Row { flags: EntryFlags::CHARGED | growth, avail, ..entry(start, end) }
}

/// The entry with the user's wiring on top.
pub fn user_wired(mut row: Row) -> Row {
    row.wired += 1;
    row.flags |= EntryFlags::USER_WIRED;
    row
}
