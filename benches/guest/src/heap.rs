//! An allocator that aborts the process when the handler allocates.

use std::alloc::{GlobalAlloc, Layout, System};

use crate::trap::{is_handling, write_error};

/// The system's allocator, except inside the handler. A program installs it with
/// `#[global_allocator]`.
#[derive(Clone, Copy, Debug, Default)]
pub struct NotInHandler;

#[inline]
fn check() {
    if is_handling() {
        write_error(b"the fault handler allocates or frees\n");
        std::process::abort();
    }
}

// SAFETY: Every call goes to the system's allocator unchanged, or the process ends.
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
        // SAFETY: The memory came from the system's allocator, with this layout.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        check();
        // SAFETY: The memory came from the system's allocator; the contract is the same.
        unsafe { System.realloc(ptr, layout, size) }
    }
}
