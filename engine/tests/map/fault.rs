//! Page faults: `vm_map_lookup(9)` with growth before it.

use crate::common::{Handle, Kernel};
use std::num::NonZeroU64;

use growstack::{
    Addr, AddrRange, EntryFlags, Fault, FaultError, Holes, Limits, MapFlags, Mapping, Prot,
    ProtectWhat, Refusal, Size, StackRequest, StackTunables, Swap, VmMap, VmSpace, Wiring,
};

type Space = VmSpace<Kernel, growstack::Freebsd9, 4>;

const PAGE: u64 = 0x1000;

fn addr(page: u64) -> Addr {
    Addr::new(page * PAGE)
}

fn pages(start: u64, end: u64) -> AddrRange {
    AddrRange::new(addr(start), addr(end)).unwrap()
}

fn space() -> Space {
    let tunables =
        StackTunables { sgrowsiz: NonZeroU64::new(0x4000).unwrap(), ..StackTunables::default() };
    VmSpace::new(
        VmMap::with_width(addr(1), addr(0x1000), Default::default()),
        Limits::default(),
        tunables,
    )
}

fn file() -> Handle {
    Handle::new(Size::pages(64), false, None)
}

fn private(prot: Prot, flags: MapFlags, object: &Handle, offset: u64) -> Mapping<Handle> {
    let object = Some(object.clone());
    Mapping { flags: MapFlags::COW | flags, object, offset, ..Mapping::anonymous(prot) }
}

fn fault(space: &mut Space, page: u64, access: Prot) -> Result<Fault<Handle>, FaultError> {
    let answer = space.fault(addr(page), access, |_| ());
    space.map().check_index().unwrap();
    answer
}

/// What the entry at a page has of objects: whose it is, where, and whether a copy is due.
fn object_at(space: &Space, page: u64) -> (Option<Handle>, u64, bool) {
    let entry = space.map().lookup(addr(page)).unwrap().cloned();
    (entry.object, entry.offset, entry.flags.contains(EntryFlags::NEEDS_COPY))
}

#[test]
fn what_is_not_mapped_and_next_to_no_stack_is_unmapped() {
    let mut space = space();
    let unmapped = |page| Err(FaultError::Unmapped { addr: addr(page) });
    assert_eq!(fault(&mut space, 5, Prot::READ), unmapped(5));
    space.map_mut().insert(addr(8), addr(9), Mapping::anonymous(Prot::RW), |_| ()).unwrap();
    assert_eq!(fault(&mut space, 7, Prot::READ), unmapped(7));
    assert_eq!(fault(&mut space, 9, Prot::READ), unmapped(9));
    assert_eq!(space.map().minor_fault(addr(9), Prot::READ), Ok(None));
}

#[test]
fn an_access_that_the_entry_does_not_allow_changes_nothing() {
    let mut space = space();
    let object = file();
    let map = space.map_mut();
    map.insert(addr(8), addr(9), private(Prot::READ, MapFlags::NONE, &object, 0), |_| ()).unwrap();
    map.insert(addr(20), addr(21), Mapping::anonymous(Prot::NONE), |_| ()).unwrap();
    let entry = pages(8, 9);
    let no = FaultError::NoPermission { entry, prot: Prot::READ, access: Prot::RW };
    assert_eq!(fault(&mut space, 8, Prot::RW), Err(no));
    assert_eq!(space.map().minor_fault(addr(8), Prot::RW), Err(no));
    assert_eq!(object_at(&space, 8), (Some(object), 0, true));
    for access in [Prot::NONE, Prot::EXECUTE] {
        let no = FaultError::NoPermission { entry: pages(20, 21), prot: Prot::NONE, access };
        assert_eq!(fault(&mut space, 20, access), Err(no));
    }
}

#[test]
fn the_stack_next_to_the_address_grows_first() {
    let mut space = space();
    let down = MapFlags::GROWS_DOWN;
    space.stack(StackRequest::new(addr(100), Size::pages(20), down), |_| ()).unwrap();
    let served = fault(&mut space, 115, Prot::WRITE).unwrap();
    assert_eq!(served.grown, Some(pages(112, 116)));
    assert_eq!(served.entry.range, pages(112, 116));
    assert_eq!(served.page_prot(), Prot::RW);
    // It is mapped now.
    assert_eq!(fault(&mut space, 115, Prot::WRITE).unwrap().grown, None);
    // Past the reserve.
    let Err(FaultError::Growth(Refusal::Avail { need, avail })) = fault(&mut space, 99, Prot::READ)
    else {
        panic!("a growth past the reserve")
    };
    assert_eq!((need, avail), (Size::pages(13), Size::pages(12)));
}

#[test]
fn what_grows_may_be_wired_at_once() {
    let mut space = space();
    space.map_mut().set_wire_future(true);
    for (bottom, flags, page) in [(100, MapFlags::GROWS_DOWN, 115), (200, MapFlags::GROWS_UP, 204)]
    {
        space.stack(StackRequest::new(addr(bottom), Size::pages(20), flags), |_| ()).unwrap();
        let served = fault(&mut space, page, Prot::WRITE).unwrap();
        assert!(served.entry.range.contains(addr(page)) && served.grown.is_some());
        assert_eq!(served.entry.wired, 1);
    }
}

#[test]
fn anonymous_memory_gets_an_object_which_takes_its_charge() {
    let mut space = space();
    let mapping = Mapping { offset: 7 * PAGE, ..Mapping::anonymous(Prot::RW) };
    space.map_mut().insert(addr(8), addr(12), mapping, |_| ()).unwrap();
    assert_eq!(space.map().minor_fault(addr(9), Prot::READ), Ok(None));
    let served = fault(&mut space, 9, Prot::READ).unwrap();
    let object = served.entry.object.as_ref().unwrap();
    assert_eq!((object.0.length, object.0.charged), (Size::pages(4), true));
    assert_eq!(served.offset_of(addr(9)), PAGE);
    assert!(!served.entry.flags.contains(EntryFlags::CHARGED));
    assert_eq!(space.map().reserved(), Size::pages(4));
    // The same from now on, and nobody needs to change the map for it.
    assert_eq!(space.map().minor_fault(addr(9), Prot::WRITE), Ok(Some(served.clone())));
    assert_eq!(fault(&mut space, 9, Prot::WRITE), Ok(served));
}

#[test]
fn the_first_write_puts_an_object_over_what_is_copied_on_write() {
    let mut space = space();
    let object = file();
    let mapping = private(Prot::RW, MapFlags::NONE, &object, 5 * PAGE);
    space.map_mut().insert(addr(8), addr(12), mapping, |_| ()).unwrap();
    let read = fault(&mut space, 10, Prot::READ).unwrap();
    assert_eq!((read.page_prot(), read.offset_of(addr(10))), (Prot::READ, 7 * PAGE));
    assert_eq!(object_at(&space, 10), (Some(object.clone()), 5 * PAGE, true));
    assert_eq!(space.map().minor_fault(addr(10), Prot::READ), Ok(Some(read)));
    assert_eq!(space.map().minor_fault(addr(10), Prot::WRITE), Ok(None));
    let write = fault(&mut space, 10, Prot::WRITE).unwrap();
    assert_eq!((write.page_prot(), write.offset_of(addr(10))), (Prot::RW, 2 * PAGE));
    let upper = write.entry.object.unwrap();
    assert_eq!(upper.0.below, Some((object, 5 * PAGE)));
    // What the mapping was charged for is the upper object's.
    assert!(upper.0.charged && space.map().reserved() == Size::pages(4));
}

#[test]
fn a_copy_is_charged_for_and_may_be_refused() {
    let mut space = space();
    let object = file();
    let mapping = private(Prot::RW, MapFlags::ACC_NO_CHARGE, &object, 0);
    space.map_mut().insert(addr(8), addr(12), mapping, |_| ()).unwrap();
    space.map_mut().set_swap_limit(Size::pages(3));
    let swap = Swap { reserved: Size::ZERO, limit: Size::pages(3) };
    let short = FaultError::Swap { wanted: Size::pages(4), swap };
    assert_eq!(fault(&mut space, 8, Prot::WRITE), Err(short));
    assert_eq!(object_at(&space, 8), (Some(object), 0, true));
    space.map_mut().set_swap_limit(Size::pages(4));
    fault(&mut space, 8, Prot::WRITE).unwrap();
    assert_eq!(space.map().reserved(), Size::pages(4));
    assert!(!object_at(&space, 8).2);
}

/// All its pages are resident, so that they are copied together.
#[test]
fn a_wired_entry_that_may_be_written_is_copied_by_any_access() {
    let mut space = space();
    let object = file();
    let mapping = private(Prot::RW, MapFlags::NONE, &object, 0);
    let map = space.map_mut();
    map.insert(addr(8), addr(12), mapping, |_| ()).unwrap();
    map.wire(addr(8), addr(12), Wiring::System, Holes::Refused, |_| ()).unwrap();
    map.protect(addr(8), addr(12), Prot::READ, ProtectWhat::Current, |_| ()).unwrap();
    fault(&mut space, 8, Prot::READ).unwrap();
    assert!(object_at(&space, 8).2);
    let rw = Prot::RW;
    space.map_mut().protect(addr(8), addr(12), rw, ProtectWhat::Current, |_| ()).unwrap();
    fault(&mut space, 8, Prot::READ).unwrap();
    assert!(!object_at(&space, 8).2);
}

#[test]
fn an_error_says_what_is_wrong() {
    let text = |error: FaultError| error.to_string();
    let no = FaultError::NoPermission { entry: pages(8, 9), prot: Prot::READ, access: Prot::WRITE };
    let shown = text(no);
    assert!(shown.contains("r--") && shown.contains("-w-") && shown.contains("0x8000"), "{shown}");
    assert!(text(FaultError::Unmapped { addr: addr(5) }).contains("0x5000"));
    let refusal = Refusal::Avail { need: Size::pages(2), avail: Size::pages(1) };
    let growth = FaultError::Growth(refusal);
    assert!(text(growth).contains(&refusal.to_string()));
    assert!(std::error::Error::source(&growth).is_some());
    assert!(std::error::Error::source(&no).is_none());
}

/// Where anonymous memory has no objects, a fault on it changes nothing.
#[test]
fn a_kernel_that_makes_no_objects_shares_the_map_for_faults() {
    let mut map: VmMap = VmMap::new(addr(1), addr(1000));
    map.insert(addr(8), addr(9), Mapping::anonymous(Prot::RW), |_| ()).unwrap();
    let served = map.minor_fault(addr(8), Prot::WRITE).unwrap().unwrap();
    assert_eq!((served.entry.object, served.page_prot()), (None, Prot::RW));
}
