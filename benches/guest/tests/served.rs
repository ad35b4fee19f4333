//! Page faults that the engine serves, beside what the kernel has mapped.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::unwrap_used)]

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use growstack::{Addr, AddrRange, PAGE_SIZE, Prot, Size};
use growstack_guest::heap::NotInHandler;
use growstack_guest::kernel::KernelStack;
use growstack_guest::recursion::recurse;
use growstack_guest::region::Region;
use growstack_guest::space;
use growstack_guest::stack::{GrowingStack, Plan};
use growstack_guest::trap::Trap;

#[global_allocator]
static HEAP: NotInHandler = NotInHandler;

const MIB: u64 = 1 << 20;

/// The pages of a range that the kernel lets this process write to, counted from its end.
fn writable(inside: AddrRange) -> Vec<u64> {
    let mappings = space::mappings().unwrap().into_iter().filter(|(_, prot)| *prot == Prot::RW);
    pages(inside, mappings.map(|(range, _)| range))
}

/// The same, by the engine's map.
fn mapped(stack: &GrowingStack) -> Vec<u64> {
    let entries = |process: &growstack::VmSpace| {
        let above = process.map().entries_from(stack.range().start());
        above.map(|entry| entry.range).collect::<Vec<_>>()
    };
    pages(stack.range(), stack.inspect(entries).into_iter())
}

fn pages(inside: AddrRange, ranges: impl Iterator<Item = AddrRange>) -> Vec<u64> {
    let all = ranges.flat_map(|range| (range.start().get()..range.end().get()).step_by(4096));
    let ours = all.filter(|page| inside.contains(Addr::new(*page)));
    ours.map(|page| (inside.end().get() - page) / PAGE_SIZE).collect()
}

#[test]
fn a_recursion_grows_the_stack_and_finds_its_frames_again() {
    let trap = Trap::enter().unwrap();
    for step in [1, 32] {
        let plan = Plan {
            step: NonZeroU64::new(step * PAGE_SIZE).unwrap(),
            ..Plan::pages(Size::new(5 * MIB))
        };
        let stack = GrowingStack::new(&plan).unwrap();
        for _ in 0..2 {
            assert_eq!(stack.committed(), Size::PAGE);
            let depth = stack.run(&trap, || recurse(4 * MIB));
            assert_eq!(depth.damaged, 0);
            assert!(depth.frames > 1000 && stack.committed().get() > 4 * MIB);
            let growths = stack.growths().len() as u64;
            assert!(growths * step * PAGE_SIZE >= 4 * MIB && growths <= 4 * MIB / PAGE_SIZE + 16);
            stack.reset().unwrap();
        }
    }
}

/// Allocates in every frame, so that some faults interrupt the allocator.
fn allocate(depth: usize, bytes: &mut usize) {
    let held = vec![1_u8; depth % 97 * 29];
    let text = format!("{depth:>width$}", width = depth % 61);
    if depth > 0 {
        allocate(depth - 1, bytes);
    }
    *bytes += held.iter().map(|byte| usize::from(*byte)).sum::<usize>() + text.len();
}

#[test]
fn a_fault_may_interrupt_the_allocator() {
    let trap = Trap::enter().unwrap();
    let stack = GrowingStack::new(&Plan::pages(Size::new(64 * MIB))).unwrap();
    let (mut here, mut there) = (0, 0);
    allocate(1000, &mut here);
    for _ in 0..20 {
        stack.run(&trap, || allocate(1000, &mut there));
        assert!(stack.growths().len() > 20);
        stack.reset().unwrap();
    }
    assert_eq!(there, 20 * here);
}

#[test]
fn a_handler_of_another_signal_may_fault() {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    extern "C" fn touch(_: libc::c_int) {
        let next = usize::try_from(NEXT.load(SeqCst)).unwrap_or(0);
        let next = std::ptr::with_exposed_provenance_mut::<u64>(next);
        // SAFETY: The address is in the reserve of the stack, and nothing else uses that page.
        unsafe { next.write_volatile(7) };
    }
    let trap = Trap::enter().unwrap();
    let stack = GrowingStack::new(&Plan::pages(Size::pages(100))).unwrap();
    // SAFETY: All zero is a value of the structure; the handler is async-signal-safe, and runs on
    // the signal stack, as does the handler of the fault within it.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = touch as extern "C" fn(libc::c_int) as usize;
        action.sa_flags = libc::SA_ONSTACK;
        assert_eq!(libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut()), 0);
    }
    stack.serve(&trap, || {
        for page in 2..=100 {
            NEXT.store(stack.range().end().get() - page * PAGE_SIZE, SeqCst);
            // SAFETY: The handler is the one above.
            assert_eq!(unsafe { libc::raise(libc::SIGUSR1) }, 0);
        }
    });
    assert_eq!(stack.growths().len(), 99);
    stack.inspect(|process| process.map().check_index()).unwrap();
}

#[test]
fn kernel_and_engine_have_the_same_pages_after_every_growth() {
    let trap = Trap::enter().unwrap();
    let plan =
        Plan { step: NonZeroU64::new(7 * PAGE_SIZE).unwrap(), ..Plan::pages(Size::pages(64)) };
    let stack = GrowingStack::new(&plan).unwrap();
    let range = stack.range();
    // Jumps of several steps, within one, and to the last page of the reserve.
    for page in [62, 61, 40, 39, 17, 3, 0] {
        let before = mapped(&stack);
        let addr = Addr::new(range.start().get() + page * PAGE_SIZE + 8);
        stack.serve(&trap, || stack.touch(addr));
        let after = mapped(&stack);
        assert_eq!(after, writable(range));
        assert!(after.contains(&(64 - page)));
        if after.len() > before.len() {
            let event = stack.growths().pop().unwrap();
            assert_eq!(event.fault, addr);
            assert_eq!([pages(range, [event.added].into_iter()), before].concat(), after);
        }
    }
    assert_eq!(stack.committed(), range.len());
}

#[test]
fn the_kernel_grows_its_own_stack_to_the_same_pages() {
    let trap = Trap::enter().unwrap();
    let stack = GrowingStack::new(&Plan::pages(Size::pages(300))).unwrap();
    let kernel = KernelStack::new(Size::pages(300)).unwrap();
    for _ in 0..2 {
        for below in [1, 2, 3, 10, 9, 150, 151, 300] {
            let below = Size::pages(below);
            kernel.touch(kernel.range().end().wrapping_back(below));
            stack.serve(&trap, || stack.touch(stack.range().end().wrapping_back(below)));
            assert_eq!(mapped(&stack), writable(kernel.range()));
            assert_eq!(mapped(&stack).len() as u64, stack.committed().get() / PAGE_SIZE);
        }
        kernel.reset().unwrap();
        stack.reset().unwrap();
        assert_eq!(mapped(&stack), writable(kernel.range()));
    }
}

#[test]
fn a_region_commits_only_what_lies_right_below() {
    let region = Region::reserve(Size::pages(8)).unwrap();
    let (start, end) = (region.range().start().get(), region.range().end().get());
    let commit =
        |from, to| region.commit(AddrRange::new(Addr::new(from), Addr::new(to)).unwrap(), Prot::RW);
    assert!(commit(end - 3 * PAGE_SIZE, end - PAGE_SIZE).is_err(), "not at the end");
    commit(end - PAGE_SIZE, end).unwrap();
    assert!(commit(end - PAGE_SIZE, end).is_err(), "committed before");
    assert!(commit(end - PAGE_SIZE - 8, end - PAGE_SIZE).is_err(), "no whole page");
    assert!(commit(start - PAGE_SIZE, end - PAGE_SIZE).is_err(), "into the guard");
    commit(start, end - PAGE_SIZE).unwrap();
    assert_eq!(region.committed().get(), start);
    assert!(Region::reserve(Size::ZERO).is_err());
}

#[test]
fn a_panic_comes_off_the_stack() {
    let trap = Trap::enter().unwrap();
    let stack = GrowingStack::new(&Plan::pages(Size::new(MIB))).unwrap();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        stack.run(&trap, || assert_ne!(recurse(64 << 10).damaged, 0, "on the other stack"));
    }));
    assert!(caught.is_err());
    assert_eq!(stack.run(&trap, || recurse(64 << 10)).damaged, 0);
}

#[test]
fn a_region_in_use_is_not_reset() {
    let trap = Trap::enter().unwrap();
    let stack = GrowingStack::new(&Plan::pages(Size::new(MIB))).unwrap();
    let reset = || stack.run(&trap, || stack.reset());
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(reset)).is_err());
    stack.reset().unwrap();
}

#[test]
fn a_thread_enters_once_at_a_time() {
    let trap = Trap::enter().unwrap();
    assert!(Trap::enter().is_err());
    drop(trap);
    assert!(Trap::enter().is_ok());
}
