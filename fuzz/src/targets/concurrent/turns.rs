//! Threads that take turns as they are told: at any time one of them runs.
//!
//! A thread may lose its turn where it takes a lock and in the window of a wiring. The next byte of
//! the schedule says who goes on: 0 is the thread itself, if it can, and so is the end of the
//! schedule.

use std::cell::RefCell;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// What keeps a thread from running.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Status {
    /// Nothing.
    Ready,
    /// It waits for something that another one holds.
    Blocked,
    /// It is done.
    Done,
}

#[derive(Debug)]
struct State {
    running: usize,
    threads: Vec<Status>,
    schedule: std::vec::IntoIter<u8>,
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
    }
}

impl Turns {
    pub(super) fn new(threads: usize, schedule: Vec<u8>) -> Arc<Self> {
        let (threads, schedule) = (vec![Status::Ready; threads], schedule.into_iter());
        let state = State { running: 0, threads, schedule };
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

    /// Waits until all are done or nobody can go on.
    pub(super) fn wait_for_end(&self) -> Ended {
        let mut state = self.state();
        while state.running != usize::MAX {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let done = state.threads.iter().all(|status| *status == Status::Done);
        if done { Ended::Done } else { Ended::Deadlock }
    }
}

/// The thread that calls this may lose its turn. Does nothing elsewhere.
pub(super) fn point() {
    settle(Status::Ready);
}

/// The thread that calls this cannot go on until something is [released](release).
pub(super) fn block() {
    settle(Status::Blocked);
}

fn settle(status: Status) {
    let mine = MINE.with_borrow(Clone::clone);
    if let Some((turns, thread)) = mine {
        let state = turns.set(thread, status);
        turns.wait_for_turn(thread, state);
    }
}

/// Whoever was blocked may look again.
pub(super) fn release() {
    MINE.with_borrow(|mine| {
        let Some((turns, _)) = mine else { return };
        for status in &mut turns.state().threads {
            if *status == Status::Blocked {
                *status = Status::Ready;
            }
        }
    });
}
