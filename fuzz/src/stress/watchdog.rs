//! Ends the program if nobody gets on any more: threads that wait for each other for ever cannot be
//! ended one by one.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How often it looks.
const PERIOD: Duration = Duration::from_millis(50);

/// A watchdog that wants to be patted.
#[derive(Default)]
pub(super) struct Watchdog {
    pats: AtomicU64,
    off: AtomicBool,
}

impl Watchdog {
    /// Watches until it is sent off; waits so long for the next pat.
    pub(super) fn watch(&self, patience: Duration) {
        let (mut last, mut since) = (0, Instant::now());
        while !self.off.load(Ordering::Relaxed) {
            thread::sleep(PERIOD);
            let now = self.pats.load(Ordering::Relaxed);
            if now != last {
                (last, since) = (now, Instant::now());
            } else if since.elapsed() >= patience {
                eprintln!("growstack: deadlock: no round ended for {patience:?}");
                std::process::exit(1);
            }
        }
    }

    pub(super) fn pat(&self) {
        self.pats.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn send_off(&self) {
        self.off.store(true, Ordering::Relaxed);
    }
}
