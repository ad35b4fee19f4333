//! A closure that panics: the map goes on with index and totals in step, whatever change it was that
//! the closure was called with.

use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use growstack::{
    Addr, Change, EntryFlags, Holes, Limits, MapFlags, Mapping, Prot, ProtectWhat, Size,
    StackRequest, StackTunables, VmMap, VmSpace, Wiring,
};

const PAGE: u64 = 0x1000;

type Space = VmSpace<growstack::Plain, growstack::Freebsd9, 4>;

fn addr(page: u64) -> Addr {
    Addr::new(page * PAGE)
}

/// Eight entries of two pages with a page between them, files among them; then a stack either way.
fn space() -> Space {
    let tunables =
        StackTunables { sgrowsiz: NonZeroU64::new(0x2000).unwrap(), ..StackTunables::default() };
    let map = VmMap::with_width(addr(1), addr(1000), Default::default());
    let mut space = VmSpace::new(map, Limits::default(), tunables);
    for number in 0..8 {
        let mut mapping = Mapping::anonymous(Prot::RW);
        mapping.object = (number % 4 == 3).then_some(std::num::NonZeroU64::MIN);
        let start = 10 + 3 * number;
        space.map_mut().insert(addr(start), addr(start + 2), mapping, |_| ()).unwrap();
    }
    for (bottom, flags) in [(100, MapFlags::GROWS_DOWN), (200, MapFlags::GROWS_UP)] {
        space.stack(StackRequest::new(addr(bottom), Size::pages(32), flags), |_| ()).unwrap();
    }
    space.map_mut().set_wire_future(true);
    space
}

/// Every sum, recomputed from the entries.
fn check(space: &Space, what: &str) {
    let map = space.map();
    map.check_index().unwrap();
    let entries = || map.entries();
    let size: u64 = entries().map(|entry| entry.range.len().get()).sum();
    assert_eq!(map.size().get(), size, "{what}");
    let charged = entries().filter(|entry| entry.flags.contains(EntryFlags::CHARGED));
    assert_eq!(map.reserved().get(), charged.map(|e| e.range.len().get()).sum::<u64>(), "{what}");
    let wired = entries().filter(|entry| entry.wired > 0);
    assert_eq!(map.wired_pages(), wired.map(|entry| entry.range.pages()).sum::<u64>(), "{what}");
}

struct Enough;

/// Runs an operation with a closure that panics at its first call, at its second one, and so on,
/// until the operation is through.
fn panic_at_every_call(what: &str, operation: impl Fn(&mut Space, &mut dyn FnMut(Change))) {
    let wire = |space: &mut Space| {
        let (user, allowed) = (Wiring::User, Holes::Allowed);
        space.map_mut().wire(addr(16), addr(29), user, allowed, |_| ()).unwrap();
    };
    for calls in 0.. {
        let mut space = space();
        wire(&mut space);
        let mut left = calls;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            operation(&mut space, &mut |_| match left {
                0 => resume_unwind(Box::new(Enough)),
                _ => left -= 1,
            });
        }));
        check(&space, what);
        match outcome {
            Ok(()) => {
                assert!(calls > 0, "{what} changes nothing");
                return;
            }
            Err(payload) => assert!(payload.is::<Enough>(), "{what} panics itself"),
        }
    }
}

#[test]
fn the_totals_are_those_of_the_entries() {
    let mapping = Mapping::anonymous(Prot::RW);
    let (low, high) = (addr(11), addr(31));
    let through = |result: bool| assert!(result, "refused");
    panic_at_every_call("insert", |s, tell| {
        through(s.map_mut().insert(addr(50), addr(52), mapping, tell).is_ok());
    });
    panic_at_every_call("fixed", |s, tell| {
        through(s.map_mut().fixed(low, Size::pages(20), mapping, tell).is_ok());
    });
    panic_at_every_call("remove", |s, tell| through(s.map_mut().remove(low, high, tell).is_ok()));
    panic_at_every_call("clear", |s, tell| s.map_mut().clear(tell));
    panic_at_every_call("protect", |s, tell| {
        let what = ProtectWhat::Current;
        through(s.map_mut().protect(low, high, Prot::READ, what, tell).is_ok());
    });
    panic_at_every_call("wire", |s, tell| {
        let (system, allowed) = (Wiring::System, Holes::Allowed);
        through(s.map_mut().wire(low, high, system, allowed, tell).is_ok());
    });
    panic_at_every_call("unwire", |s, tell| {
        let (user, allowed) = (Wiring::User, Holes::Allowed);
        through(s.map_mut().unwire(low, high, user, allowed, tell).is_ok());
    });
    panic_at_every_call("stack", |s, tell| {
        let up = MapFlags::GROWS_UP;
        let made = s.stack(StackRequest::new(addr(300), Size::pages(9), up), tell);
        through(made.is_ok());
    });
    panic_at_every_call("grow down", |s, tell| through(s.grow(addr(127), tell).is_ok()));
    panic_at_every_call("grow up", |s, tell| through(s.grow(addr(203), tell).is_ok()));
    panic_at_every_call("exec", |s, tell| {
        through(s.exec(addr(900), Size::pages(9), Prot::RW, tell).is_ok());
    });
    panic_at_every_call("fork", |s, tell| through(s.fork(tell).is_ok()));
}
