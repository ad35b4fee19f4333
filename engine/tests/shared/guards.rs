//! A shared process of FreeBSD 14.2: what is published of guards, and stacks that a search makes.

use growstack::shared::{FaultPath, ParkingLot, SharedVmSpace};
use growstack::{
    Addr, FaultError, FindRequest, Freebsd14, Growth, MapFlags, Mapping, Plain, Prot, Refusal,
    Size, StackRequest, VmMap, VmSpace,
};

type Shared = SharedVmSpace<ParkingLot, Plain, Freebsd14>;

const PATHS: [FaultPath; 3] = [FaultPath::Letter, FaultPath::Locked, FaultPath::Optimistic];

fn page(n: u64) -> Addr {
    Addr::new(n * 0x1000)
}

/// A process with a stack of 64 pages up to page 200, 32 of which are mapped, and a plain guard at 300.
fn process() -> VmSpace<Plain, Freebsd14> {
    let map = VmMap::with_kernel(page(1), page(1000), Plain::default());
    let mut process = VmSpace::new(map, Default::default(), Default::default());
    process.stack(StackRequest::down(page(136), Size::pages(64)), |_| ()).unwrap();
    let guard = Mapping {
        prot: Prot::NONE,
        max: Prot::NONE,
        flags: MapFlags::GUARD,
        ..Mapping::anonymous(Prot::NONE)
    };
    process.map_mut().insert(page(300), page(301), guard, |_| ()).unwrap();
    process
}

#[test]
fn a_map_with_gaps_is_shared_without_them() {
    for path in PATHS {
        let shared = Shared::with_path(process(), path).unwrap();
        assert_eq!(shared.protection(page(199)), Some(Prot::RW));
        for guard in [page(136), page(167), page(300)] {
            assert!(shared.lookup(guard).is_some(), "{guard} is in an entry");
            assert_eq!(shared.protection(guard), None, "{guard}");
        }
        assert_eq!(shared.grow(page(199), |_| ()), Ok(Growth::AlreadyMapped));
        let grown = shared.grow(page(167), |_| ()).unwrap();
        assert_eq!(grown.added().map(growstack::AddrRange::end), Some(page(168)));
        assert_eq!(shared.protection(page(167)), Some(Prot::RW));
        let refused = shared.grow(page(300), |_| ());
        assert_eq!(refused, Err(Refusal::NotInGap { addr: page(300) }));
        assert_eq!(shared.grow(page(301), |_| ()), Err(Refusal::NotInGap { addr: page(301) }));
    }
}

#[test]
fn a_fault_is_answered_as_by_one_thread() {
    for path in PATHS {
        let shared = Shared::with_path(process(), path).unwrap();
        let mut alone = process();
        for addr in [page(199), page(167), page(136), page(300), page(301), page(140)] {
            for access in [Prot::READ, Prot::EXECUTE] {
                let here = shared.fault(addr, access, |_| ());
                assert_eq!(here, alone.fault(addr, access, |_| ()), "{addr}, {access}");
            }
        }
        let unmapped = shared.fault(page(301), Prot::READ, |_| ());
        assert_eq!(unmapped, Err(FaultError::Unmapped { addr: page(301) }));
        let guard = shared.fault(page(300), Prot::READ, |_| ());
        assert!(matches!(guard, Err(FaultError::NoPermission { .. })), "{guard:?}");
    }
}

#[test]
fn a_search_makes_a_stack_under_both_locks() {
    let shared = Shared::new(process()).unwrap();
    let flags = MapFlags::GROWS_DOWN;
    let stack = || Mapping { flags, ..Mapping::anonymous(Prot::RW) };
    let request = FindRequest::any(page(400), Size::pages(64));
    let refused = shared.write().find(request, stack(), |_| ());
    assert_eq!(refused, Err(Refusal::NoStackState), "a map alone does not know enough");
    shared.set_guard_pages(2);
    assert_eq!(shared.find(request, stack(), |_| ()), Ok(page(400)));
    assert_eq!(shared.protection(page(400)), None);
    assert!(shared.grow(page(402), |_| ()).unwrap().is_mapped());
    assert!(matches!(shared.grow(page(401), |_| ()), Err(Refusal::GapShort { .. })));
    shared.fixed(page(500), Size::pages(64), stack(), |_| ()).unwrap();
    assert_eq!(shared.protection(page(563)), Some(Prot::RW));
    let mut process = shared.lock_process();
    assert_eq!(
        process.find(FindRequest::any(page(600), Size::pages(8)), stack(), |_| ()),
        Ok(page(600))
    );
}
