//! Rounds of work that threads begin together and that are timed as one.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Looks at a flag before a thread lets another one have its core.
const SPINS: u32 = 256;

/// Pieces of work between two looks at whether a thread is through.
const PIECES: u64 = 64;

/// Rounds until a time is over.
pub(super) struct Rounds {
    threads: usize,
    time: Duration,
    /// Threads that wait for the others, how often all have met, and whether the time is over.
    arrived: AtomicUsize,
    meetings: AtomicUsize,
    over: AtomicBool,
    /// Has a thread ended its part of the round? Then all of them end it.
    through: AtomicBool,
    /// Has a thread panicked? The others would wait for it for good.
    lost: AtomicBool,
    spent: Mutex<Spent>,
}

/// What was timed.
#[derive(Default)]
struct Spent {
    /// The round under way: how many threads ended it, from when to when.
    ended: usize,
    span: Option<(Instant, Instant)>,
    /// All before it.
    work: u64,
    time: Duration,
}

/// A thread's part of a round.
pub(super) struct Timed<'a>(&'a Rounds);

/// A thread that takes part, for as long as the others may wait for it.
struct Present<'a>(&'a Rounds);

impl Drop for Present<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.lost.store(true, Ordering::Relaxed);
        }
    }
}

impl Rounds {
    pub(super) fn new(threads: usize, time: Duration) -> Self {
        Self {
            threads,
            time,
            arrived: AtomicUsize::new(0),
            meetings: AtomicUsize::new(0),
            over: AtomicBool::new(false),
            through: AtomicBool::new(false),
            lost: AtomicBool::new(false),
            spent: Mutex::default(),
        }
    }

    /// Calls `round` again and again until the time is spent, each time when all threads are
    /// through with the one before.
    pub(super) fn take_part(&self, mut round: impl FnMut(&Timed<'_>)) {
        let (started, _present) = (Instant::now(), Present(self));
        loop {
            self.meet(|| self.over.store(started.elapsed() >= self.time, Ordering::Relaxed));
            if self.over.load(Ordering::Relaxed) {
                return;
            }
            round(&Timed(self));
        }
    }

    /// Waits for all threads; the last one to come does something first. A barrier of `std` sleeps,
    /// and a thread that wakes up begins late.
    fn meet(&self, last: impl FnOnce()) {
        let before = self.meetings.load(Ordering::Relaxed);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.threads {
            self.arrived.store(0, Ordering::Relaxed);
            last();
            self.meetings.store(before + 1, Ordering::Release);
            return;
        }
        let mut looks = 0;
        while self.meetings.load(Ordering::Acquire) == before {
            looks += 1;
            if looks % SPINS == 0 {
                assert!(!self.lost.load(Ordering::Relaxed), "another thread has panicked");
                thread::yield_now();
            }
            std::hint::spin_loop();
        }
    }

    /// Work a second.
    pub(super) fn rate(&self) -> f64 {
        let spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        spent.work as f64 / spent.time.as_secs_f64()
    }
}

impl Timed<'_> {
    /// Times pieces of work, until the first thread has done all of its own: as long as the
    /// clock runs, all of them are at work. They begin at once, and wait for each other when they
    /// are through: what comes before and after it is not to be in their way.
    pub(super) fn run(&self, most: u64, mut piece: impl FnMut()) {
        self.0.meet(|| self.0.through.store(false, Ordering::Relaxed));
        let (from, mut done) = (Instant::now(), 0);
        while done < most && !self.0.through.load(Ordering::Relaxed) {
            let until = most.min(done + PIECES);
            (done..until).for_each(|_| piece());
            done = until;
        }
        self.0.through.store(true, Ordering::Relaxed);
        self.0.note(done, from, Instant::now());
        self.0.meet(|| ());
    }
}

impl Rounds {
    fn note(&self, work: u64, from: Instant, to: Instant) {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let (first, last) = spent.span.unwrap_or((from, to));
        spent.span = Some((first.min(from), last.max(to)));
        spent.work += work;
        spent.ended += 1;
        if spent.ended == self.threads {
            if let Some((first, last)) = spent.span.take() {
                spent.time += last - first;
            }
            spent.ended = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn all_are_at_work_until_the_first_one_is_through() {
        let (rounds, done) = (Rounds::new(3, Duration::from_millis(5)), AtomicUsize::new(0));
        let at_work = AtomicUsize::new(0);
        thread::scope(|scope| {
            for thread in 1..=3 {
                let (rounds, done, at_work) = (&rounds, &done, &at_work);
                scope.spawn(move || {
                    rounds.take_part(|timed| {
                        let mut pieces = 0;
                        at_work.fetch_add(1, Ordering::AcqRel);
                        timed.run(100 * PIECES * thread, || {
                            assert_eq!(at_work.load(Ordering::Acquire), 3, "all have begun");
                            pieces += 1;
                        });
                        assert!(pieces <= 100 * PIECES * thread);
                        done.fetch_add(usize::try_from(pieces).unwrap_or(0), Ordering::AcqRel);
                        at_work.fetch_sub(1, Ordering::AcqRel);
                    });
                });
            }
        });
        assert!(rounds.rate() > 0.0);
        let spent = rounds.spent.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!((spent.work, spent.ended), (done.load(Ordering::Relaxed) as u64, 0));
    }

    #[test]
    fn nobody_waits_for_a_thread_that_panicked() {
        let rounds = Rounds::new(2, Duration::from_secs(1));
        let take_part = |panics: bool| {
            let round = |_: &Timed<'_>| assert!(!panics, "on purpose");
            catch_unwind(AssertUnwindSafe(|| rounds.take_part(round))).is_err()
        };
        let both = thread::scope(|scope| {
            [true, false]
                .map(|panics| scope.spawn(move || take_part(panics)))
                .map(thread::ScopedJoinHandle::join)
        });
        assert!(both.into_iter().all(|panicked| panicked.is_ok_and(|panicked| panicked)));
    }
}
