//! Threads that take turns in a given order: at any time one of them runs.
//!
//! A thread may lose its turn where it takes a lock and in the window of a wiring. The next byte of
//! the schedule says who goes on: 0 is the thread itself, if it can, and so is the end of the
//! schedule.

use std::cell::RefCell;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What keeps a thread from running.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Status {
    /// Nothing.
    Ready,
    /// It waits for this, which another one holds.
    Blocked(&'static str),
    /// It is done.
    Done,
}

#[derive(Debug)]
struct State {
    running: usize,
    threads: Vec<Status>,
    schedule: std::vec::IntoIter<u8>,
    /// Who had the turn, one after the other.
    trail: Vec<usize>,
}

/// Whose turn it is.
#[derive(Debug)]
pub(super) struct Turns {
    state: Mutex<State>,
    changed: Condvar,
}

/// How it ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ended {
    /// All threads are done.
    Done,
    /// Some are not, and each of them waits for another.
    Deadlock,
    /// One has the turn and does not come to a point where it could lose it.
    Loop,
}

thread_local! {
    static MINE: RefCell<Option<(Arc<Turns>, usize)>> = const { RefCell::new(None) };
}

impl State {
    fn ready(&self) -> impl Iterator<Item = usize> {
        let threads = self.threads.iter().enumerate();
        threads.filter(|(_, status)| **status == Status::Ready).map(|(thread, _)| thread)
    }

    /// Gives the turn to somebody; nobody has it if nobody can run.
    fn hand_on(&mut self) {
        let can_stay = self.threads.get(self.running) == Some(&Status::Ready);
        let next = match self.schedule.next() {
            None | Some(0) if can_stay => Some(self.running),
            byte => {
                let ready = self.ready().count().max(1);
                self.ready().nth(usize::from(byte.unwrap_or(0)) % ready)
            }
        };
        self.running = next.unwrap_or(usize::MAX);
        self.trail.extend(next);
    }
}

impl Turns {
    pub(super) fn new(threads: usize, schedule: Vec<u8>) -> Arc<Self> {
        let (threads, schedule) = (vec![Status::Ready; threads], schedule.into_iter());
        let state = State { running: 0, threads, schedule, trail: vec![0] };
        Arc::new(Self { state: Mutex::new(state), changed: Condvar::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_for_turn(&self, thread: usize, mut state: MutexGuard<'_, State>) {
        while state.running != thread {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn set(&self, thread: usize, status: Status) -> MutexGuard<'_, State> {
        let mut state = self.state();
        if let Some(place) = state.threads.get_mut(thread) {
            *place = status;
        }
        let before = state.running;
        state.hand_on();
        if state.running != before {
            self.changed.notify_all();
        }
        state
    }

    /// Runs something as a thread that takes turns. In a deadlock it never returns.
    pub(super) fn take_part(self: &Arc<Self>, thread: usize, work: impl FnOnce()) {
        MINE.set(Some((Arc::clone(self), thread)));
        self.wait_for_turn(thread, self.state());
        work();
        MINE.set(None);
        drop(self.set(thread, Status::Done));
    }

    /// Waits until all are done or nobody can go on, or until the turn has not been handed on for
    /// as long as `patience`.
    pub(super) fn wait_for_end(&self, patience: Duration) -> Ended {
        let mut state = self.state();
        while state.running != usize::MAX {
            let before = state.trail.len();
            let waited = self.changed.wait_timeout(state, patience);
            let (now, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = now;
            if timeout.timed_out() && state.running != usize::MAX && state.trail.len() == before {
                return Ended::Loop;
            }
        }
        let done = state.threads.iter().all(|status| *status == Status::Done);
        if done { Ended::Done } else { Ended::Deadlock }
    }

    /// What each thread waits for that waits.
    pub(super) fn waits(&self) -> Vec<Option<&'static str>> {
        let threads = self.state().threads.clone();
        let wait = |status| if let Status::Blocked(what) = status { Some(what) } else { None };
        threads.into_iter().map(wait).collect()
    }

    /// Who had the turn, one after the other.
    pub(super) fn trail(&self) -> Vec<usize> {
        self.state().trail.clone()
    }
}

/// The thread that calls this may lose its turn. Does nothing elsewhere.
pub(super) fn point() {
    settle(Status::Ready);
}

/// The thread that calls this cannot go on until `what` is [released](release).
pub(super) fn block(what: &'static str) {
    settle(Status::Blocked(what));
}

fn settle(status: Status) {
    let mine = MINE.with_borrow(Clone::clone);
    if let Some((turns, thread)) = mine {
        let state = turns.set(thread, status);
        turns.wait_for_turn(thread, state);
    }
}

/// Threads that were blocked may look again.
pub(super) fn release() {
    MINE.with_borrow(|mine| {
        let Some((turns, _)) = mine else { return };
        for status in &mut turns.state().threads {
            if matches!(status, Status::Blocked(_)) {
                *status = Status::Ready;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn a_loop_without_end_is_noticed() {
        let (turns, over) = (Turns::new(2, vec![1]), Arc::new(AtomicBool::new(false)));
        let looping = || {
            while !over.load(Ordering::Relaxed) {
                thread::yield_now();
            }
        };
        thread::scope(|scope| {
            scope.spawn(|| turns.take_part(0, point));
            scope.spawn(|| turns.take_part(1, looping));
            assert_eq!(turns.wait_for_end(Duration::from_millis(200)), Ended::Loop);
            assert_eq!(turns.trail(), [0, 1]);
            over.store(true, Ordering::Relaxed);
            assert_eq!(turns.wait_for_end(Duration::from_secs(60)), Ended::Done);
        });
    }

    #[test]
    fn who_waits_says_for_what() {
        let turns = Turns::new(1, Vec::new());
        // It never returns.
        thread::spawn({
            let turns = Arc::clone(&turns);
            move || turns.take_part(0, || block("nothing that comes"))
        });
        assert_eq!(turns.wait_for_end(Duration::from_secs(60)), Ended::Deadlock);
        assert_eq!(turns.waits(), [Some("nothing that comes")]);
    }
}
