//! What goes around measured operations.

use std::hint::black_box;

use crate::clock::Clock;

/// Something that goes around measured operations.
pub trait Meter {
    /// Ticks that `run` takes, and what it returns.
    fn time<T>(&self, run: impl FnOnce() -> T) -> (u64, T);
}

impl Meter for Clock {
    #[inline(always)]
    fn time<T>(&self, run: impl FnOnce() -> T) -> (u64, T) {
        Self::time(self, run)
    }
}

/// The function that callgrind is told to count within (`--toggle-collect`), as a pattern.
pub const COUNTED: &str = "*counted_region*";

/// Takes no time: it marks what callgrind is to count.
#[derive(Clone, Copy, Debug)]
pub struct Count;

impl Meter for Count {
    #[inline(always)]
    fn time<T>(&self, run: impl FnOnce() -> T) -> (u64, T) {
        (0, counted_region(run))
    }
}

/// Has to stay a function of its own, as callgrind knows it by its name.
#[inline(never)]
fn counted_region<T>(run: impl FnOnce() -> T) -> T {
    black_box(run())
}
