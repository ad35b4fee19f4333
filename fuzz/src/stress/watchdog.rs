//! Ends the program if nobody gets on any more: threads that wait for each other for ever cannot be
//! ended one by one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How often it looks.
const PERIOD: Duration = Duration::from_millis(200);

/// A watchdog that wants to be patted.
pub(super) struct Watchdog {
    pats: Arc<AtomicU64>,
    off: Arc<AtomicBool>,
}

impl Watchdog {
    /// One that waits so long for the next pat.
    pub(super) fn new(patience: Duration) -> Self {
        let (pats, off) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (seen, ended) = (Arc::clone(&pats), Arc::clone(&off));
        thread::spawn(move || {
            let (mut last, mut since) = (0, Instant::now());
            while !ended.load(Ordering::Relaxed) {
                thread::sleep(PERIOD);
                let now = seen.load(Ordering::Relaxed);
                if now != last {
                    (last, since) = (now, Instant::now());
                } else if since.elapsed() >= patience {
                    eprintln!("growstack: deadlock: no round ended for {patience:?}");
                    std::process::exit(1);
                }
            }
        });
        Self { pats, off }
    }

    pub(super) fn pat(&self) {
        self.pats.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.off.store(true, Ordering::Relaxed);
    }
}
