//! The plain values: numbers, ranges, flags, codes and rules, and how they read.

use std::num::NonZeroU64;

use growstack::{
    Addr, AddrRange, Change, Direction, EntryFlags, Growth, KernReturn, Limits, MapFlags,
    PAGE_SIZE, Prot, Refusal, Rule, Size, StackTunables, VmMap, VmSpace,
};

fn range(start: u64, end: u64) -> AddrRange {
    AddrRange::new(Addr::new(start), Addr::new(end)).expect("start below end")
}

#[test]
fn numbers_wrap_and_round() {
    assert_eq!(Addr::MAX.checked_add(Size::new(1)), None);
    assert_eq!(Addr::new(6).checked_add(Size::new(3)), Some(Addr::new(9)));
    assert_eq!(Addr::MAX.wrapping_add(Size::new(3)), Addr::new(2));
    assert_eq!(Addr::new(2).wrapping_back(Size::new(3)), Addr::MAX);
    assert_eq!(Addr::new(7).wrapping_sub(Addr::new(3)), Size::new(4));
    assert_eq!(Size::MAX.wrapping_add(Size::new(3)), Size::new(2));
    assert_eq!(Size::new(7).wrapping_sub(Size::new(3)), Size::new(4));
    assert_eq!(Size::pages(3), Size::new(3 * PAGE_SIZE));
    for (bytes, rounded) in [(0, 0), (1, 0x1000), (0x1000, 0x1000), (0x1001, 0x2000), (u64::MAX, 0)]
    {
        assert_eq!(Addr::new(bytes).round_up_page(), Addr::new(rounded));
        assert_eq!(Size::new(bytes).round_up_page(), Size::new(rounded));
    }
    // The last sum wraps before it is divided (15.11).
    for (bytes, unit, rounded) in [(7, 3, 9), (9, 3, 9), (10, 3, 12), (2, u64::MAX, 0)] {
        assert_eq!(
            Size::new(bytes).round_up(NonZeroU64::new(unit).expect("not 0")),
            Size::new(rounded)
        );
    }
}

#[test]
fn numbers_read_as_hexadecimal() {
    assert_eq!(
        format!("{} {:?} {:x}", Addr::new(255), Addr::new(16), Addr::new(17)),
        "0xff 0x10 11"
    );
    assert_eq!(
        format!("{} {:?} {:x}", Size::new(255), Size::new(16), Size::new(17)),
        "0xff 0x10 11"
    );
    assert_eq!(u64::from(Addr::from(5)) + u64::from(Size::from(6)), 11);
}

#[test]
fn ranges_are_half_open_and_never_empty() {
    assert_eq!(AddrRange::new(Addr::new(5), Addr::new(5)), None);
    assert_eq!(AddrRange::new(Addr::new(6), Addr::new(5)), None);
    let some = range(0x1800, 0x3001);
    assert_eq!((some.start(), some.end()), (Addr::new(0x1800), Addr::new(0x3001)));
    assert_eq!((some.len(), some.pages()), (Size::new(0x1801), 3));
    assert_eq!(range(0x1000, 0x2000).pages(), 1);
    let held = [0x17ff, 0x1800, 0x3000, 0x3001].map(|addr| some.contains(Addr::new(addr)));
    assert_eq!(held, [false, true, true, false]);
    assert_eq!(format!("{some} {some:?}"), "[0x1800, 0x3001) [0x1800, 0x3001)");
}

#[test]
fn changes_know_their_range() {
    let there = range(0x1000, 0x2000);
    for change in [
        Change::Unmapped(there),
        Change::Mapped(there, Prot::RW),
        Change::Protected(there, Prot::RW),
        Change::Wired(there),
        Change::Unwired(there),
    ] {
        assert_eq!(change.range(), there);
    }
}

#[test]
fn growths_know_what_they_added() {
    let added = range(0x1000, 0x2000);
    let grown = Growth::Grown { added, direction: Direction::Up };
    assert_eq!((grown.added(), grown.is_mapped()), (Some(added), true));
    let mapped = Growth::AlreadyMapped;
    assert_eq!((mapped.added(), mapped.is_mapped()), (None, true));
    assert_eq!((Growth::NoStack.added(), Growth::NoStack.is_mapped()), (None, false));
    assert_eq!(KernReturn::from(Growth::NoStack), KernReturn::Success);
}

#[test]
fn codes_have_error_numbers() {
    let numbers: Vec<i32> = KernReturn::ALL.iter().map(|code| code.errno()).collect();
    assert_eq!(numbers, [0, 12, 13, 12, 22, 22, 12, 45]);
}

#[test]
fn operators_are_those_of_sets() {
    let (rw, rx) = (Prot::RW, Prot::RX);
    assert_eq!([rw | rx, rw & rx, rw - rx], [Prot::ALL, Prot::READ, Prot::WRITE]);
    assert_eq!([!rw, !Prot::NONE, !Prot::ALL], [Prot::EXECUTE, Prot::ALL, Prot::NONE]);
}

#[test]
fn numbers_print_in_every_base() {
    let addr = Addr::new(0xbe);
    assert_eq!(format!("{addr:x} {addr:X} {addr:o} {addr:#b}"), "be BE 276 0b10111110");
}

#[test]
fn flags_are_sets() {
    let both = MapFlags::GROWS_DOWN | MapFlags::GROWS_UP;
    assert_eq!(both, MapFlags::GROWTH);
    assert_eq!(both.bits(), 0x180);
    assert_eq!(EntryFlags::GROWTH, EntryFlags::GROWS_DOWN.union(EntryFlags::GROWS_UP));
    assert_eq!(EntryFlags::GROWTH.bits(), 0x60);
    assert_eq!(
        format!("{both} {both:?} {}", MapFlags::NONE),
        "grows_down,grows_up grows_down,grows_up -"
    );
    assert_eq!(format!("{:?} {}", EntryFlags::COW, EntryFlags::NONE), "cow -");
    assert_eq!(format!("{} {:?} {}", Prot::RX, Prot::RW, Prot::NONE), "r-x rw- ---");
}

#[test]
fn codes_have_numbers_and_names() {
    let numbers = [0, 1, 2, 3, 4, 5, 6, 9];
    for (number, &code) in numbers.into_iter().zip(KernReturn::ALL) {
        assert_eq!(code.code(), number);
        assert_eq!(KernReturn::from_name(code.name()), Some(code));
        assert_eq!(code.to_string(), code.name());
    }
    assert_eq!(KernReturn::NoSpace.name(), "KERN_NO_SPACE");
    assert_eq!(KernReturn::from_name("KERN_NOT_SO"), None);
}

#[test]
fn refusals_have_a_rule_a_code_and_a_text() {
    let wraps = Refusal::NeedWraps { addr: Addr::new(0x10) };
    assert_eq!((wraps.rule().section(), wraps.rule().number()), (15, 10));
    assert_eq!(format!("{} {:?}", wraps.rule(), wraps.rule()), "15.10 15.10");
    assert_eq!(wraps.rule(), Rule::new(15, 10));
    assert_eq!((wraps.kern(), KernReturn::from(wraps)), (KernReturn::NoSpace, KernReturn::NoSpace));
    assert!(wraps.to_string().starts_with("15.10: ") && wraps.to_string().contains("0x10"));
    assert_eq!(KernReturn::from(Err::<(), _>(Refusal::ChargedObject)), KernReturn::InvalidArgument);
    assert_eq!(KernReturn::from(Ok::<_, Refusal>(())), KernReturn::Success);
}

#[test]
fn a_process_starts_with_what_it_was_given() {
    assert_eq!(Limits::INFINITY.get(), 0x7fff_ffff_ffff_ffff);
    assert_eq!(Limits::default(), Limits::UNLIMITED);
    let usual = StackTunables::default();
    assert_eq!((usual.sgrowsiz.get(), usual.guard_page), (0x2_0000, false));
    let limits = Limits { stack: Size::new(0x5000), ..Limits::UNLIMITED };
    let tunables = StackTunables { guard_page: true, ..usual };
    let map: VmMap = VmMap::new(Addr::new(0x1000), Addr::new(0x9000));
    let mut process = VmSpace::new(map, limits, tunables);
    assert_eq!((process.limits(), process.tunables()), (limits, tunables));
    process.set_maxsaddr(Addr::new(0x7000));
    process.set_guard_page(false);
    let changed = StackTunables { maxsaddr: Addr::new(0x7000), ..usual };
    assert_eq!(process.tunables(), changed);
    assert_eq!((process.map().min(), process.map().max()), (Addr::new(0x1000), Addr::new(0x9000)));
}
