//! Rule 16.6: a new process image.

use std::num::NonZeroU64;

use growstack::{
    Addr, Limits, MapFlags, Mapping, PAGE_SIZE, Prot, Refusal, Size, StackRequest, StackTunables,
    VmMap, VmSpace,
};

fn process(sgrowsiz: u64) -> VmSpace {
    let map = VmMap::new(Addr::new(PAGE_SIZE), Addr::new(1 << 40));
    let tunables = StackTunables {
        sgrowsiz: NonZeroU64::new(sgrowsiz).expect("not 0"),
        ..StackTunables::default()
    };
    VmSpace::new(map, Limits::default(), tunables)
}

/// The main stack alone is mapped, with what it may grow by, and its first pages are counted.
#[test]
fn a_new_image_has_its_main_stack_alone() -> Result<(), Refusal> {
    // The rest of a division is no page.
    for (sgrowsiz, pages) in [(3 * PAGE_SIZE, 3), (5 * PAGE_SIZE + 1, 5), (100, 0)] {
        let mut process = process(sgrowsiz);
        let old = (Addr::new(0x10_0000), Addr::new(0x20_0000));
        process.map_mut().insert(old.0, old.1, Mapping::anonymous(Prot::RW), |_| ())?;
        let other = Size::pages(64);
        process
            .stack(StackRequest::new(Addr::new(0x80_0000), other, MapFlags::GROWS_UP), |_| ())?;

        let (top, most) = (Addr::new(1 << 30), Size::pages(256));
        let first = process.exec(top, most, Prot::RW, |_| ())?;
        let entries: Vec<_> = process.map().entries().collect();
        assert_eq!(entries.iter().map(|entry| entry.range).collect::<Vec<_>>(), [first]);
        assert_eq!((first.end(), process.map().size()), (top, first.len()));
        assert_eq!(entries[0].avail, most.wrapping_sub(first.len()));
        assert_eq!(process.ssize(), pages, "{sgrowsiz:#x}");
        assert_eq!(process.tunables().maxsaddr, top.wrapping_back(most));
    }
    Ok(())
}

/// Without a node for the stack the old image stays.
#[test]
fn a_new_image_without_nodes_is_refused() -> Result<(), Refusal> {
    let mut process = process(PAGE_SIZE);
    process.map_mut().set_node_cap(Some(0));
    let refused = process.exec(Addr::new(1 << 30), Size::pages(256), Prot::RW, |_| ());
    assert_eq!(refused, Err(Refusal::OutOfNodes));
    assert_eq!((process.map().is_empty(), process.ssize()), (true, 0));
    Ok(())
}

/// The old image is gone, and the new one has no main stack yet: what counts as one stays as it was.
#[test]
fn a_refused_image_leaves_the_lowest_address_of_the_main_stack() -> Result<(), Refusal> {
    let mut process = process(PAGE_SIZE);
    let top = Addr::new(1 << 30);
    process.exec(top, Size::pages(256), Prot::RW, |_| ())?;
    let before = process.tunables();
    assert_eq!(before.maxsaddr, top.wrapping_back(Size::pages(256)));
    process.set_limits(Limits { vmem: Size::new(PAGE_SIZE - 1), ..Limits::default() });
    let refused = process.exec(Addr::new(1 << 29), Size::pages(512), Prot::RW, |_| ());
    assert!(matches!(refused, Err(Refusal::StackVmem { .. })), "{refused:?}");
    assert_eq!((process.tunables(), process.ssize()), (before, 1));
    assert!(process.map().is_empty());
    Ok(())
}
