//! Faults that nothing may serve end the process by the signal. Each is raised in a process of its
//! own: this program again, with one test to run.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::unwrap_used)]

use std::os::unix::process::ExitStatusExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;

use growstack::{Addr, PAGE_SIZE, Prot, Size};
use growstack_guest::heap::NotInHandler;
use growstack_guest::recursion::recurse;
use growstack_guest::region::Region;
use growstack_guest::stack::{GrowingStack, Plan};
use growstack_guest::trap::{Serve, Served, Slot, Trap};
use libc::{SIGABRT, SIGSEGV};

#[global_allocator]
static HEAP: NotInHandler = NotInHandler;

const MIB: u64 = 1 << 20;

/// Runs `child` in a process of its own: the test of this name again. It must end by the signal,
/// with this reason on its standard error output. Without a reason, no server may have been asked.
fn crashes(test: &str, signal: i32, reason: &str, child: impl FnOnce(&Trap)) {
    const CHILD: &str = "GROWSTACK_GUEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        child(&Trap::enter().unwrap());
        std::process::exit(0);
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    let ended = command.args(["--exact", test, "--nocapture"]).env(CHILD, "1").output().unwrap();
    let errors = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.signal(), Some(signal), "{errors}");
    assert!(errors.contains(reason), "{errors}");
    assert!(!reason.is_empty() || !errors.contains("fault at"), "{errors}");
}

fn stack_of(plan: &Plan) -> GrowingStack {
    GrowingStack::new(plan).unwrap()
}

/// Touches every page from the end down.
fn touch_all(stack: &GrowingStack, trap: &Trap) {
    stack.serve(trap, || {
        for page in (0..stack.range().pages()).rev() {
            stack.touch(Addr::new(stack.range().start().get() + page * PAGE_SIZE));
        }
    });
}

#[test]
fn growth_past_the_limit() {
    crashes("growth_past_the_limit", SIGSEGV, "refused: 13.7", |trap| {
        let plan = Plan { limit: Some(Size::pages(16)), ..Plan::pages(Size::new(MIB)) };
        stack_of(&plan).run(trap, || recurse(2 * MIB));
    });
}

#[test]
fn growth_into_the_guard_page() {
    crashes("growth_into_the_guard_page", SIGSEGV, "refused: 13.6", |trap| {
        let plan = Plan { guard_page: true, ..Plan::pages(Size::new(MIB)) };
        stack_of(&plan).run(trap, || recurse(2 * MIB));
    });
}

#[test]
fn growth_past_the_reserve() {
    // The guard below the reserve is a mapping of the process, so the engine's map has it.
    crashes("growth_past_the_reserve", SIGSEGV, "does not allow", |trap| {
        stack_of(&Plan::pages(Size::new(MIB))).run(trap, || recurse(2 * MIB));
    });
}

#[test]
fn the_byte_below_the_last_page() {
    crashes("the_byte_below_the_last_page", SIGSEGV, "does not allow", |trap| {
        let stack = stack_of(&Plan::pages(Size::pages(300)));
        touch_all(&stack, trap);
        assert_eq!((stack.committed(), stack.growths().len()), (stack.range().len(), 299));
        stack.serve(trap, || stack.touch(stack.range().start().wrapping_back(Size::new(1))));
    });
}

#[test]
fn a_wild_touch() {
    crashes("a_wild_touch", SIGSEGV, "fault at", |trap| {
        let stack = stack_of(&Plan::pages(Size::new(MIB)));
        let other = Region::reserve(Size::new(MIB)).unwrap();
        stack.serve(trap, || other.touch(other.range().start()));
    });
}

#[test]
fn a_fault_while_the_engine_is_in_use() {
    crashes("a_fault_while_the_engine_is_in_use", SIGSEGV, "", |trap| {
        let stack = stack_of(&Plan::pages(Size::new(MIB)));
        stack.serve(trap, || stack.inspect(|_| stack.touch(stack.range().start())));
    });
}

#[test]
fn a_fault_without_a_server() {
    crashes("a_fault_without_a_server", SIGSEGV, "", |_| {
        let stack = stack_of(&Plan::pages(Size::new(MIB)));
        stack.touch(stack.range().start());
    });
}

#[test]
fn a_signal_that_a_process_sent() {
    crashes("a_signal_that_a_process_sent", SIGSEGV, "", |trap| {
        let stack = stack_of(&Plan::pages(Size::new(MIB)));
        // SAFETY: The signal's handler is installed, and is what is tested.
        stack.serve(trap, || unsafe { libc::raise(SIGSEGV) });
    });
}

#[test]
fn growth_without_nodes_does_not_allocate() {
    let name = "growth_without_nodes_does_not_allocate";
    crashes(name, SIGSEGV, "refused: 16.7", |trap| {
        // Some nodes are always ready, far fewer than 4096 growths take.
        let plan = Plan { growths: Some(0), ..Plan::pages(Size::pages(4096)) };
        touch_all(&stack_of(&plan), trap);
    });
}

#[test]
fn growth_after_a_change_that_panicked_does_not_allocate() {
    let name = "growth_after_a_change_that_panicked_does_not_allocate";
    crashes(name, SIGSEGV, "refused: 16.7", |trap| {
        let plan = Plan { growths: Some(0), ..Plan::pages(Size::pages(4096)) };
        let stack = stack_of(&plan);
        let change = || stack.change(|_| panic!("in the change"));
        assert!(catch_unwind(AssertUnwindSafe(change)).is_err());
        touch_all(&stack, trap);
    });
}

#[test]
fn an_allocation_in_the_handler_aborts() {
    struct Allocates(Region);
    // SAFETY: It is not safe, which is what is tested. The fault interrupts no allocation.
    unsafe impl Serve for Allocates {
        fn serve(&mut self, _: Addr) -> Served {
            std::hint::black_box(Vec::<u64>::with_capacity(7));
            self.0.commit(self.0.range(), Prot::RW).map_or(Served::Crash, |()| Served::Retry)
        }
    }
    let name = "an_allocation_in_the_handler_aborts";
    crashes(name, SIGABRT, "the fault handler allocates", |trap| {
        let (region, other) =
            (Region::reserve(Size::PAGE).unwrap(), Region::reserve(Size::PAGE).unwrap());
        let addr = other.range().start();
        trap.serve_with(&Slot::new(Allocates(region)), || other.touch(addr));
    });
}
