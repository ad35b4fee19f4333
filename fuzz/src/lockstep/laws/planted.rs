//! Maps with one fault that their oracle shares, so that nothing but a law can see it.

use std::cell::Cell;

use growstack::{
    Addr, AddrRange, Change, Direction, FindSpace, Growth, MapFlags, PAGE_SIZE, PageSize, Prot,
    ProtectWhat, Refusal, Size,
};

use crate::answer::{Answer, Cause, Row, Summary};
use crate::compare::Divergence;
use crate::engine::refused;
use crate::input::Input;
use crate::kernel::Kernel;
use crate::lockstep::{Counts, Failed, Looks, Rules, attempt, perform};
use crate::op::{Config, Mapping, Op};
use crate::oracle::Oracle;
use crate::oracle::freebsd14::Oracle14;
use crate::space::AddressSpace;

/// What a map does when it is asked for an operation, and what it says.
#[derive(Clone, Copy)]
struct Fault {
    asked: Op,
    done: Op,
    said: (Answer, Cause),
}

thread_local! {
    static FAULT: Cell<Option<Fault>> = const { Cell::new(None) };
}

/// An oracle with the fault of its thread.
struct Faulty<O>(O, Option<Fault>);

impl<O: AddressSpace> AddressSpace for Faulty<O> {
    fn create(config: &Config) -> Self {
        Self(O::create(config), FAULT.get())
    }

    fn apply(&mut self, op: &Op, changes: &mut Vec<Change>) -> (Answer, Cause) {
        match self.1 {
            Some(fault) if fault.asked == *op => {
                self.0.apply(&fault.done, changes);
                fault.said
            }
            _ => self.0.apply(op, changes),
        }
    }

    fn reports_causes(&self) -> bool {
        self.0.reports_causes()
    }

    fn kernel(&self) -> Kernel {
        self.0.kernel()
    }

    fn entries(&self, rows: &mut Vec<Row>) {
        self.0.entries(rows);
    }

    fn summary(&self) -> Summary {
        self.0.summary()
    }

    fn check(&self) -> Result<(), String> {
        self.0.check()
    }
}

impl<O: Rules> Rules for Faulty<O> {
    type Branch = O::Branch;

    const KERNEL: Kernel = O::KERNEL;

    fn trail(&self) -> &[O::Branch] {
        self.0.trail()
    }
}

fn page(number: u64) -> Addr {
    Addr::new(number * PAGE_SIZE)
}

fn range(start: u64, end: u64) -> AddrRange {
    AddrRange::new(page(start), page(end)).expect("not empty")
}

/// A stack of one page, with 15 more to grow into, on pages 16 to 32.
const STACK: Op = Op::Stack {
    addrbos: Addr::new(16 * PAGE_SIZE),
    max_ssize: Size::new(16 * PAGE_SIZE),
    prot: Prot::RW,
    max: Prot::ALL,
    flags: MapFlags::GROWS_DOWN,
};

/// A growth of that stack by some pages.
const GROW: Op = Op::Grow { addr: Addr::new(28 * PAGE_SIZE) };

/// The law that the faulty map is caught by, after the stack is there.
fn broken<O: Rules>(asked: Op, done: Op, said: (Answer, Cause)) -> Option<String> {
    let mut config = Config::of(O::KERNEL);
    config.max = page(1 << 20);
    config.freebsd_14.iter_mut().for_each(|settings| settings.stacktop = config.max);
    config.tunables.sgrowsiz = PageSize::KIB_4.bytes();
    FAULT.set(Some(Fault { asked, done, said }));
    let input = Input::of(&config, [STACK, asked]);
    let create = |config: &_| (*config, Box::new(Faulty::<O>::create(config)));
    let act = |map: &mut _, op: &_, _: &_, seen: &mut _| perform(map, op, seen);
    let mut counts = Counts::default();
    match attempt::<Faulty<O>, _>(&input, Looks::Each, "faulty", create, &mut counts, act) {
        Ok(()) => None,
        Err(failed) => {
            let Failed { ops, divergence, .. } = *failed;
            assert_eq!(ops, [STACK, asked], "{divergence:?}");
            let Divergence::Broken { invariant } = divergence else { panic!("{divergence:?}") };
            Some(invariant)
        }
    }
}

#[track_caller]
fn breaks<O: Rules>(law: &str, (asked, done): (Op, Op), said: (Answer, Cause)) {
    let broken = broken::<O>(asked, done, said);
    let broken = broken.unwrap_or_else(|| panic!("no law is broken by {asked}"));
    assert!(broken.contains(law), "{broken}, not {law}");
}

#[track_caller]
fn keeps<O: Rules>((asked, done): (Op, Op), said: (Answer, Cause)) {
    assert_eq!(broken::<O>(asked, done, said), None, "{asked}");
}

fn grew(growth: Growth) -> (Answer, Cause) {
    (Answer::Code(growstack::KernReturn::Success), Cause::Grew(growth))
}

/// Changes nothing.
const NOTHING: Op = Op::Dump;

const SHORT: Refusal =
    Refusal::Avail { need: Size::new(4 * PAGE_SIZE), avail: Size::new(PAGE_SIZE) };

fn swap() -> Refusal {
    Refusal::Swap { wanted: Size::PAGE, reserved: Size::PAGE, limit: Size::PAGE }
}

fn insert(flags: MapFlags) -> Op {
    let prot = if flags.contains(MapFlags::GUARD) { Prot::NONE } else { Prot::RW };
    let mapping = Mapping { max: prot, flags, ..Mapping::anonymous(prot) };
    Op::Insert { start: page(40), end: page(42), mapping }
}

fn find(flags: MapFlags) -> Op {
    let mapping = Mapping { flags, ..Mapping::anonymous(Prot::RW) };
    let (space, max_addr) = (FindSpace::No, Addr::ZERO);
    Op::Find { start: page(40), length: Size::pages(2), max_addr, space, mapping }
}

fn fixed(flags: MapFlags) -> Op {
    let mapping = Mapping { flags, ..Mapping::anonymous(Prot::RW) };
    Op::Fixed { start: page(40), length: Size::pages(2), mapping }
}

fn protect() -> Op {
    let what = ProtectWhat::Current;
    Op::Protect { start: page(31), end: page(32), prot: Prot::READ, what }
}

/// What holds of both kernels.
fn common<O: Rules>() {
    let added = range(28, 31);
    let grown = Growth::Grown { added, direction: Direction::Down };
    breaks::<O>("succeeded and the address is not mapped", (GROW, NOTHING), grew(grown));
    for growth in [Growth::AlreadyMapped, Growth::NoStack] {
        breaks::<O>("nothing was to grow and the map changed", (GROW, GROW), grew(growth));
    }
    breaks::<O>("the index is broken", (GROW, NOTHING), refused(Refusal::Corrupt));
    breaks::<O>("out of nodes with no cap", (GROW, NOTHING), refused(Refusal::OutOfNodes));
    let zero = Op::SetGrowSize { value: Size::ZERO };
    let no_gap = refused(Refusal::NoGap { start: page(40), length: Size::PAGE });
    for op in [insert(MapFlags::NONE), find(MapFlags::NONE)] {
        breaks::<O>("was refused and changed the map", (op, op), no_gap);
    }
    let other = Op::Stack {
        addrbos: page(48),
        max_ssize: Size::pages(8),
        prot: Prot::RW,
        max: Prot::ALL,
        flags: MapFlags::GROWS_DOWN,
    };
    breaks::<O>("was refused and changed the map", (other, other), no_gap);
    breaks::<O>("was refused and changed the map", (zero, insert(MapFlags::NONE)), no_gap);
}

#[test]
fn laws_of_both_kernels() {
    common::<Oracle>();
    common::<Oracle14>();
}

#[test]
fn laws_of_9() {
    let object = Refusal::ObjectGrowth { entry: range(31, 32) };
    breaks::<Oracle>("(17.19)", (GROW, GROW), refused(object));
    breaks::<Oracle>("a counter changed (1.6)", (GROW, GROW), refused(SHORT));
    breaks::<Oracle>("more than an avail", (GROW, protect()), refused(SHORT));
    keeps::<Oracle>((fixed(MapFlags::NONE), fixed(MapFlags::NONE)), refused(swap()));
}

#[test]
fn laws_of_14() {
    let changed = "a growth was refused and changed the map (1.6, D13.7)";
    let object = Refusal::ObjectGrowth { entry: range(31, 32) };
    for refusal in [SHORT, object, swap()] {
        breaks::<Oracle14>(changed, (GROW, GROW), refused(refusal));
        breaks::<Oracle14>(changed, (GROW, protect()), refused(refusal));
    }
    // In 9.3, the reserve may shrink.
    let remove = Op::Remove { start: page(16), end: page(20) };
    breaks::<Oracle14>(changed, (GROW, remove), refused(SHORT));
    let wired = refused(Refusal::NoAccess { entry: range(28, 31) });
    breaks::<Oracle14>("a growth that was not wired is gone (D13.10)", (GROW, NOTHING), wired);

    let changed = "an operation was refused and changed the map (1.6, D5.6, D7.7)";
    let taken = refused(Refusal::StartMapped { start: page(40), entry: range(40, 42) });
    for op in [fixed(MapFlags::EXCL), protect()] {
        breaks::<Oracle14>(changed, (op, op), taken);
    }
}

/// What a refusal may leave behind is no broken law.
#[test]
fn what_a_refusal_of_14_may_change() {
    let wired = refused(Refusal::NoAccess { entry: range(28, 31) });
    keeps::<Oracle14>((GROW, GROW), wired);
    keeps::<Oracle14>((GROW, insert(MapFlags::GUARD)), refused(swap()));
    let taken = refused(Refusal::StartMapped { start: page(40), entry: range(40, 42) });
    keeps::<Oracle14>((find(MapFlags::REMAP), find(MapFlags::REMAP)), taken);
    keeps::<Oracle14>((fixed(MapFlags::NONE), fixed(MapFlags::NONE)), taken);
    let short =
        Refusal::ProtectSwap { wanted: Size::PAGE, reserved: Size::PAGE, limit: Size::PAGE };
    keeps::<Oracle14>((protect(), protect()), refused(short));
}
