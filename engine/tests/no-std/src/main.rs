//! The engine in a program without std: no runtime, an allocator of thirty lines, a panic handler
//! that aborts. Exits with 0 if a stack was made, grew, and was refused where it must be.

#![no_std]
#![no_main]

extern crate alloc;

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ffi::{c_char, c_int};
use core::fmt::{self, Write};
use core::panic::PanicInfo;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicUsize, Ordering};

use growstack::{
    Addr, Change, Growth, Limits, Mapping, VmSpace, Prot, Refusal, Size, StackTunables, VmMap,
};

#[link(name = "c")]
unsafe extern "C" {
    fn write(fd: c_int, bytes: *const u8, length: usize) -> isize;
    fn abort() -> !;
}

const ARENA: usize = 1 << 20;

/// Hands out a static array from the bottom up and takes nothing back.
struct Bump {
    memory: UnsafeCell<[u8; ARENA]>,
    used: AtomicUsize,
}

// SAFETY: `used` hands every byte out once.
unsafe impl Sync for Bump {}

// SAFETY: blocks are disjoint parts of the array, aligned as asked, and never reused.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let base = self.memory.get().cast::<u8>();
        let mut used = self.used.load(Ordering::Relaxed);
        loop {
            let Some(start) = (base as usize + used).checked_next_multiple_of(layout.align())
            else {
                return null_mut();
            };
            let offset = start - base as usize;
            let Some(end) = offset.checked_add(layout.size()).filter(|end| *end <= ARENA) else {
                return null_mut();
            };
            match self.used.compare_exchange(used, end, Ordering::Relaxed, Ordering::Relaxed) {
                // SAFETY: `offset` is at most `ARENA`.
                Ok(_) => return unsafe { base.add(offset) },
                Err(now) => used = now,
            }
        }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static MEMORY: Bump = Bump { memory: UnsafeCell::new([0; ARENA]), used: AtomicUsize::new(0) };

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: takes nothing and does not return.
    unsafe { abort() }
}

struct Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // SAFETY: the pointer and the length are those of a string.
        let written = unsafe { write(1, text.as_ptr(), text.len()) };
        if written < 0 { Err(fmt::Error) } else { Ok(()) }
    }
}

fn run(out: &mut impl Write) -> Result<bool, Refusal> {
    let map = VmMap::new(Addr::new(0x1000), Addr::new(0x8000_0000_0000));
    let mut process = VmSpace::new(map, Limits::UNLIMITED, StackTunables::default());
    let top = Addr::new(0x7fff_ffff_f000);
    let first = process.exec(top, Size::new(512 << 20), Prot::RW, |_| ())?;

    let fault = Addr::new(first.start().get() - 0x5_0000);
    let mut mapped = 0;
    let growth = process.grow(fault, |change| {
        if let Change::Mapped(range, _) = change {
            mapped += range.len().get();
        }
    })?;
    let grown = matches!(growth, Growth::Grown { added, .. } if added.contains(fault));

    // A mapping right below the stack ends its growth.
    let wall = process.map().entries().next().map_or(top, |lowest| lowest.range.start());
    let below = Addr::new(wall.get() - 0x1000);
    process.map_mut().insert(below, wall, Mapping::anonymous(Prot::READ), |_| ())?;
    process.map_mut().remove(below, Addr::new(wall.get() - 1), |_| ())?;
    let refused = process.grow(Addr::new(wall.get() - 2), |_| ());

    let _ = writeln!(out, "{}\n{mapped:#x} bytes grown; then: {refused:?}", process.map());
    let stopped = matches!(refused, Ok(Growth::NoStack));
    Ok(grown && mapped == 0x6_0000 && stopped && process.map().check_index().is_ok())
}

/// What the C runtime calls.
#[unsafe(no_mangle)]
extern "C" fn main(_: c_int, _: *const *const c_char) -> c_int {
    match run(&mut Console) {
        Ok(true) => 0,
        _ => 1,
    }
}
