//! An allocator that counts what each thread asks for, and refuses what a test does not grant.

// Each test program uses a part of this.
#![allow(dead_code, unreachable_pub)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    /// Allocations that this thread is still granted; `None` for any number.
    static GRANTED: Cell<Option<usize>> = const { Cell::new(None) };
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Rationed;

impl Rationed {
    fn grants() -> bool {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        match GRANTED.get() {
            None => true,
            Some(0) => false,
            Some(left) => {
                GRANTED.set(Some(left - 1));
                true
            }
        }
    }
}

// SAFETY: Every call goes to the system allocator as it is, or is answered with null, which an
// allocator may always do.
unsafe impl GlobalAlloc for Rationed {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !Self::grants() {
            return std::ptr::null_mut();
        }
        // SAFETY: The caller keeps the contract of `alloc`, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: What is given back came from the system allocator.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !Self::grants() {
            return std::ptr::null_mut();
        }
        // SAFETY: What is grown came from the system allocator; the contract is the same.
        unsafe { System.realloc(ptr, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Rationed = Rationed;

/// Runs something with a number of allocations granted to this thread, and any number after it.
pub fn rationed<T>(granted: usize, run: impl FnOnce() -> T) -> T {
    GRANTED.set(Some(granted));
    let result = run();
    GRANTED.set(None);
    result
}

/// What this thread has asked for, refused or not.
pub fn allocations() -> usize {
    ALLOCATIONS.get()
}
