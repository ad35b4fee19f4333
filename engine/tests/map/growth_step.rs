//! Rule 13.8 at its edge: what a growth adds when it meets the stack limit exactly.

use std::num::NonZeroU64;

use growstack::{Addr, Limits, MapFlags, Size, StackRequest, StackTunables, VmMap, VmSpace};

/// Bytes that a growth by one byte adds, with this stack limit and steps of a page and a half.
fn added(limit: u64) -> u64 {
    let map: VmMap = VmMap::new(Addr::ZERO, Addr::new(1 << 40));
    let limits = Limits { stack: Size::new(limit), ..Limits::UNLIMITED };
    let tunables = StackTunables {
        sgrowsiz: NonZeroU64::new(0x1800).unwrap(),
        guard_page: false,
        maxsaddr: Addr::ZERO,
    };
    let mut process = VmSpace::new(map, limits, tunables);
    let (bottom, reserve) = (Addr::new(0x10_0000), Size::new(0x1_0000));
    let flags = MapFlags::GROWS_DOWN;
    let first = process.stack(StackRequest::new(bottom, reserve, flags), |_| ()).unwrap();
    let below = first.start().wrapping_back(Size::new(1));
    process.grow(below, |_| ()).unwrap().added().unwrap().len().get()
}

/// A step that ends at the limit is not above it, and is not cut to whole pages.
#[test]
fn a_step_that_just_fits_the_limit_stays_whole() {
    assert_eq!(added(0x1800), 0x1800);
    assert_eq!(added(0x17ff), 0x1000);
}
