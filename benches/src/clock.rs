//! The time-stamp counter between fences.
//!
//! `lfence` waits until everything before it is done, and holds back what comes after: one before
//! and one after the first reading keep earlier work out and the measured work in. `rdtscp` waits
//! for the measured work by itself, and a last `lfence` keeps later work out of it. `cpuid`, the
//! other fence in use, costs a trap to the hypervisor in a virtual machine.
//!
//! On other machines than x86-64 the clock is [`std::time::Instant`], and a tick is a nanosecond.

#![allow(unsafe_code)]

use std::hint::black_box;
use std::time::{Duration, Instant};

/// A reading at the end of a measurement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stop {
    /// Ticks.
    pub ticks: u64,
    /// `TSC_AUX`: names the core the reading was made on.
    pub core: u32,
}

/// A reading before a measurement, in ticks.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[must_use]
pub fn start() -> u64 {
    use core::arch::x86_64::{_mm_lfence, _rdtsc};
    // SAFETY: Every x86-64 processor has both instructions. They touch no memory, and an operating
    // system that forbids user programs the counter answers with a signal, not with wrong results.
    unsafe {
        _mm_lfence();
        let ticks = _rdtsc();
        _mm_lfence();
        ticks
    }
}

/// A reading after a measurement.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[must_use]
pub fn stop() -> Stop {
    use core::arch::x86_64::{__rdtscp, _mm_lfence};
    let mut core = 0;
    // SAFETY: As in `start`; `rdtscp` is as old as the invariant counter that measurements need.
    // It writes to `core` alone, which is a live variable.
    let ticks = unsafe {
        let ticks = __rdtscp(&raw mut core);
        _mm_lfence();
        ticks
    };
    Stop { ticks, core }
}

/// Waits until everything before is done.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub fn fence() {
    // SAFETY: As in `start`.
    unsafe { core::arch::x86_64::_mm_lfence() }
}

/// Keeps the compiler, at least, from moving anything across.
#[cfg(not(target_arch = "x86_64"))]
pub fn fence() {
    std::sync::atomic::compiler_fence(std::sync::atomic::Ordering::SeqCst);
}

#[cfg(not(target_arch = "x86_64"))]
fn since_first_call() -> u64 {
    use std::sync::OnceLock;
    static FIRST: OnceLock<Instant> = OnceLock::new();
    u64::try_from(FIRST.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// A reading before a measurement, in ticks.
#[cfg(not(target_arch = "x86_64"))]
#[must_use]
pub fn start() -> u64 {
    since_first_call()
}

/// A reading after a measurement.
#[cfg(not(target_arch = "x86_64"))]
#[must_use]
pub fn stop() -> Stop {
    Stop { ticks: since_first_call(), core: 0 }
}

/// What ticks mean here: their length, and what it costs to read them.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Nanoseconds of a tick.
    pub ns_per_tick: f64,
    /// Ticks between [`start`] and [`stop`] with nothing between them: the median of many.
    pub overhead: u64,
}

impl Clock {
    /// Measures the counter against the operating system's clock, which takes 50 milliseconds.
    #[must_use]
    pub fn calibrate() -> Self {
        Self::calibrate_for(Duration::from_millis(50))
    }

    /// The same, in as long as one wants.
    #[must_use]
    pub fn calibrate_for(long: Duration) -> Self {
        let mut pairs: Vec<u64> = (0..10_001).map(|_| empty_pair()).collect();
        pairs.sort_unstable();
        let overhead = pairs.get(pairs.len() / 2).copied().unwrap_or(0);
        let (began, first) = (Instant::now(), start());
        while began.elapsed() < long {
            std::hint::spin_loop();
        }
        let ticks = stop().ticks.saturating_sub(first).max(1);
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let ns_per_tick = began.elapsed().as_nanos() as f64 / ticks as f64;
        Self { ns_per_tick, overhead }
    }

    /// Nanoseconds of a number of ticks.
    #[must_use]
    pub fn ns(&self, ticks: u64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let ticks = ticks as f64;
        ticks * self.ns_per_tick
    }

    /// Ticks that `run` takes, less those of an empty pair; and what it returns.
    #[inline(always)]
    pub fn time<T>(&self, run: impl FnOnce() -> T) -> (u64, T) {
        let began = start();
        let answer = black_box(run());
        let ended = stop().ticks;
        (ended.saturating_sub(began).saturating_sub(self.overhead), answer)
    }
}

/// Ticks of a pair of readings with nothing between them.
#[inline(always)]
#[must_use]
pub fn empty_pair() -> u64 {
    let began = start();
    stop().ticks.saturating_sub(began)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_goes_forward_and_has_a_length() {
        let first = start();
        assert!(stop().ticks >= first);
        let clock = Clock::calibrate();
        assert!(clock.ns_per_tick > 0.0 && clock.ns_per_tick.is_finite());
    }
}
