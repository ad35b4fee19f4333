//! Ends the program if nobody gets on any more: threads that wait for each other, or that go round in
//! a loop, cannot be ended one by one.

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
    /// Watches until it is sent off; waits so long for the next pat. What `report` says goes before
    /// the end.
    pub(super) fn watch(&self, patience: Duration, report: impl Fn() -> String) {
        let (mut last, mut since) = (0, Instant::now());
        while !self.off.load(Ordering::Relaxed) {
            thread::sleep(PERIOD);
            let now = self.pats.load(Ordering::Relaxed);
            if now != last {
                (last, since) = (now, Instant::now());
            } else if since.elapsed() >= patience {
                let sentence = "a deadlock, or a loop without end: no round ended for";
                eprintln!("growstack: {sentence} {patience:?}\n{}", report());
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
