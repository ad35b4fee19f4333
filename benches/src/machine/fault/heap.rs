//! An allocator that ends the process when the handler allocates.

use std::alloc::{GlobalAlloc, Layout, System};

use super::trap::{is_handling, tell};

/// The system's allocator, for everyone but the handler. A program installs it with
/// `#[global_allocator]`.
#[derive(Clone, Copy, Debug, Default)]
pub struct NotInHandler;

#[inline]
fn check() {
    if is_handling() {
        tell(b"the fault handler allocates or frees\n");
        std::process::abort();
    }
}

// SAFETY: Every call goes to the system's allocator as it is, or the process ends.
unsafe impl GlobalAlloc for NotInHandler {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        check();
        // SAFETY: The caller keeps the contract of `alloc`, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        check();
        // SAFETY: As for `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        check();
        // SAFETY: What is given back came from the system's allocator, with this layout.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        check();
        // SAFETY: What is grown came from the system's allocator; the contract is the same.
        unsafe { System.realloc(ptr, layout, size) }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::Command;

    use growstack::{Addr, Prot, Size};

    use super::NotInHandler;
    use crate::machine::fault::probe;
    use crate::machine::fault::region::{Commit, Region};
    use crate::machine::fault::trap::{Serve, Served, Slot, Trap};

    #[global_allocator]
    static HEAP: NotInHandler = NotInHandler;

    /// Commits its region, and allocates if it is told to.
    struct Allocates(Region, bool);

    // SAFETY: It is not safe, which is what is tested. The fault interrupts no allocation.
    unsafe impl Serve for Allocates {
        fn serve(&mut self, _: Addr) -> Served {
            if self.1 {
                std::hint::black_box(Vec::<u64>::with_capacity(7));
            }
            match self.0.commit(self.0.range(), Prot::RW, Commit::Protect) {
                Ok(()) => Served::Retry,
                Err(_) => Served::Crash,
            }
        }
    }

    fn fault(allocates: bool) {
        let trap = Trap::enter().expect("faults can be caught");
        let region = Region::reserve(Size::PAGE).expect("there is a page");
        let start = region.range().start().get();
        let slot = Slot::new(Allocates(region, allocates));
        // SAFETY: The region is mapped for as long as the slot lives.
        trap.serve_with(&slot, || unsafe { probe(start) });
        assert_eq!(slot.with(|server| server.0.committed().get()), start);
    }

    #[test]
    fn an_allocation_in_the_handler_ends_the_process() {
        const CHILD: &str = "GROWSTACK_HEAP_CHILD";
        if std::env::var_os(CHILD).is_some() {
            fault(true);
            return;
        }
        fault(false);
        let test = "machine::fault::heap::tests::an_allocation_in_the_handler_ends_the_process";
        let mut child = Command::new(std::env::current_exe().expect("this is a program"));
        let ended = child.args(["--exact", test, "--nocapture"]).env(CHILD, "1").output();
        let ended = ended.expect("it starts");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.signal(), Some(libc::SIGABRT), "{said}");
        assert!(said.contains("the fault handler allocates"), "{said}");
    }
}
