//! An allocator that counts while counting is on.
//!
//! Counting is switched on around what is to be counted, in passes of their own, so that a timed
//! pass pays one load and one branch that is always predicted for an allocation.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

static ON: AtomicBool = AtomicBool::new(false);
static CALLS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicI64 = AtomicI64::new(0);

/// The system's allocator, counted. A program installs it with `#[global_allocator]`.
#[derive(Clone, Copy, Debug, Default)]
pub struct CountingHeap;

/// What was allocated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counts {
    /// Allocations and reallocations.
    pub calls: u64,
    /// Bytes asked for less bytes given back. The allocator's own overhead is not in it.
    pub bytes: i64,
}

/// Runs something, and counts what all threads allocate meanwhile. All zero unless the program has
/// installed [`CountingHeap`].
pub fn counted<T>(run: impl FnOnce() -> T) -> (T, Counts) {
    let before = (CALLS.load(Relaxed), BYTES.load(Relaxed));
    ON.store(true, Relaxed);
    let answer = run();
    ON.store(false, Relaxed);
    let (calls, bytes) = (CALLS.load(Relaxed) - before.0, BYTES.load(Relaxed) - before.1);
    (answer, Counts { calls, bytes })
}

fn count(calls: u64, more: usize, less: usize) {
    if ON.load(Relaxed) {
        CALLS.fetch_add(calls, Relaxed);
        BYTES.fetch_add(signed(more) - signed(less), Relaxed);
    }
}

fn signed(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

// SAFETY: Every call goes to the system's allocator as it is; counting does not allocate.
unsafe impl GlobalAlloc for CountingHeap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size(), 0);
        // SAFETY: The caller keeps the contract of `alloc`, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        count(0, 0, layout.size());
        // SAFETY: What is given back came from the system's allocator, with this layout.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(1, size, layout.size());
        // SAFETY: What is grown came from the system's allocator; the contract is the same.
        unsafe { System.realloc(ptr, layout, size) }
    }
}
