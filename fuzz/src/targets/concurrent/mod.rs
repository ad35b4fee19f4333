//! Threads that share a process, in an order that the input says.
//!
//! The input has a header of 8 bytes: the version 1; in the next byte the number of threads less two,
//! modulo 3, and above it, from bit 4 on, the path of faults; then, in bit 0, whether the calls are
//! about many pages and the published view has narrow nodes; a byte that is 1 if the process is one of
//! FreeBSD 14.2; a seed of what is mapped at first, four bytes. Then records of 8 bytes, each a call: the thread; four numbers that
//! say what it calls; and three of the schedule, which say whose turn it is next. Low bytes
//! come first. Records after the sixteenth have only their part in the schedule.
//!
//! The same input runs in the same order every time, so that a finding comes back.

mod locks;
mod turns;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use growstack::shared::FaultPath;
use growstack::{Freebsd9, Freebsd14};

use super::chunks::Shape;
use super::{Fault, Verdict};
use crate::engine::Settings;
use crate::kernel::Kernel;
use crate::lockstep::caught;
use crate::shared::Threaded;
use crate::space::AddressSpace;
use crate::stress::history::{Event, History};
use crate::stress::report::{Described, Progress, Unanswered};
use crate::stress::{Field, Plan, call_of, is_explained, nodes_of, run_op};
use locks::InTurn;
use turns::{Ended, Turns, point};

/// The lengths of header and records.
pub(super) const SHAPE: Shape = Shape { header: 8, record: 8 };

/// The version of the encoding.
pub const VERSION: u8 = 1;

/// The most calls: the search for their order tries many.
const MOST: usize = 16;

/// How long a thread may keep the turn: some million times as long as a call takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// An input, decoded.
struct Round {
    plan: Plan,
    path: FaultPath,
    schedule: Vec<u8>,
}

/// What the threads of a round share.
struct Shared<K: Settings> {
    round: Round,
    space: Threaded<K, InTurn>,
    clock: AtomicU64,
    recorded: Vec<Mutex<Vec<Event>>>,
    /// How many calls each thread has begun.
    begun: Vec<AtomicUsize>,
    panicked: Mutex<Option<String>>,
}

/// Runs an input.
pub(super) fn run(bytes: &[u8], calls: &mut u64) -> Result<Verdict, Fault> {
    let Some(round) = decode(bytes) else { return Ok(Verdict::Unreadable) };
    let run = match round.plan.config.kernel() {
        Kernel::Freebsd9 => run_round::<Freebsd9>,
        Kernel::Freebsd14 => run_round::<Freebsd14>,
    };
    match caught(|| run(round, calls)) {
        Ok(Ok(())) => Ok(Verdict::Sound),
        Ok(Err(sentence)) | Err(sentence) => Err(Fault::Other(sentence)),
    }
}

/// What an input stands for: the map before, and the calls of each thread.
pub(super) fn describe(bytes: &[u8]) -> String {
    let Some(Round { plan, path, .. }) = decode(bytes) else { return "another version".to_owned() };
    let progress = Progress::ToCome;
    let calls: Vec<Unanswered> = (0..)
        .zip(&plan.threads)
        .flat_map(|(thread, calls)| {
            calls.iter().map(move |&call| Unanswered { thread, call, progress })
        })
        .collect();
    Described { plan: &plan, path, returned: &[], unanswered: &calls, end: None }.to_string()
}

fn decode(bytes: &[u8]) -> Option<Round> {
    let mut header = [VERSION, 0, 0, 0, 0, 0, 0, 0];
    let given = bytes.len().min(header.len());
    header[..given].copy_from_slice(&bytes[..given]);
    let [VERSION, shape, wide, kernel, s0, s1, s2, s3] = header else { return None };
    let kernel = if kernel == 1 { Kernel::Freebsd14 } else { Kernel::Freebsd9 };
    let threads = 2 + usize::from(shape & 0xf) % 3;
    let paths = [FaultPath::Optimistic, FaultPath::Locked, FaultPath::Letter];
    let path = paths[usize::from(shape >> 4) % paths.len()];
    let field = if wide & 1 == 0 { Field::Small } else { Field::Wide };
    let seed = u64::from(u32::from_le_bytes([s0, s1, s2, s3]));
    let mut plan = Plan::draw(field, kernel, seed, 0, threads);
    plan.threads.iter_mut().for_each(Vec::clear);
    let mut schedule = Vec::new();
    let (records, _) = bytes.get(header.len()..).unwrap_or_default().as_chunks::<8>();
    for (at, &[thread, kind, place, pages, choice, turns @ ..]) in records.iter().enumerate() {
        if at < MOST {
            let call = call_of(field, kernel, [kind, place, pages, choice]);
            plan.threads[usize::from(thread) % threads].push(call);
        }
        schedule.extend(turns);
    }
    Some(Round { plan, path, schedule })
}

fn run_round<K: Settings>(mut round: Round, calls: &mut u64) -> Result<(), String> {
    let threads = round.plan.threads.len();
    let nodes = nodes_of(round.plan.field);
    let space = Threaded::<K, InTurn>::with_view(&round.plan.config, round.path, nodes);
    let mut reported = Vec::new();
    for op in &round.plan.before {
        space.call(op, &mut reported, || ());
    }
    let turns = Turns::new(threads, std::mem::take(&mut round.schedule));
    let shared = Arc::new(Shared {
        round,
        space,
        clock: AtomicU64::new(0),
        recorded: (0..threads).map(|_| Mutex::default()).collect(),
        begun: (0..threads).map(|_| AtomicUsize::new(0)).collect(),
        panicked: Mutex::default(),
    });
    // Not joined: in a deadlock there is no end to them.
    for thread in 0..threads {
        let (shared, turns) = (Arc::clone(&shared), Arc::clone(&turns));
        thread::spawn(move || turns.take_part(thread, || shared.calls_of(thread)));
    }
    let ended = turns.wait_for_end(PATIENCE);
    if ended == Ended::Loop {
        // It goes on, and a shorter input would only add another one like it.
        eprintln!("growstack: a call does not end\n{}", shared.under_way(&turns));
        std::process::abort();
    }
    if let Some(message) = shared.panicked.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(format!("a panic: {message}\n{}", shared.under_way(&turns)));
    }
    if ended == Ended::Deadlock {
        return Err(format!("the threads wait for each other\n{}", shared.under_way(&turns)));
    }
    let history = History::ended(shared.returned(), &shared.space);
    *calls += history.events();
    let Round { plan, path, .. } = &shared.round;
    let wrong = match shared.space.check() {
        Err(broken) => broken,
        Ok(()) if is_explained(plan, &history) => return Ok(()),
        Ok(()) => "no order of these calls explains them".to_owned(),
    };
    let (returned, end) = (&history.threads[..], Some((&history.rows[..], history.summary)));
    let round = Described { plan, path: *path, returned, unanswered: &[], end };
    Err(format!("{wrong}\n{round}{}", turns_text(&turns)))
}

/// Whose turn it was, on a line.
fn turns_text(turns: &Turns) -> String {
    let trail: Vec<String> = turns.trail().iter().map(ToString::to_string).collect();
    format!("  the turns: {}\n", trail.join(" "))
}

impl<K: Settings> Shared<K> {
    /// The calls that have returned.
    fn returned(&self) -> Vec<Vec<Event>> {
        let taken = |events: &Mutex<Vec<Event>>| {
            events.lock().unwrap_or_else(PoisonError::into_inner).clone()
        };
        self.recorded.iter().map(taken).collect()
    }

    /// The round as far as it got, and what its threads wait for.
    fn under_way(&self, turns: &Turns) -> String {
        let (returned, waits) = (self.returned(), turns.waits());
        let Round { plan, path, .. } = &self.round;
        let mut unanswered = Vec::new();
        for (thread, calls) in plan.threads.iter().enumerate() {
            let begun = self.begun[thread].load(Ordering::Relaxed);
            let under_way = calls.iter().take(begun).skip(returned[thread].len());
            let progress = Progress::UnderWay(waits[thread]);
            unanswered.extend(under_way.map(|&call| Unanswered { thread, call, progress }));
        }
        let (returned, unanswered) = (&returned[..], &unanswered[..]);
        let round = Described { plan, path: *path, returned, unanswered, end: None };
        format!("{round}{}", turns_text(turns))
    }

    fn calls_of(&self, thread: usize) {
        let work = || {
            for &call in &self.round.plan.threads[thread] {
                self.begun[thread].fetch_add(1, Ordering::Relaxed);
                let called = self.clock.fetch_add(1, Ordering::Relaxed);
                let outcome = run_op(&self.space, call, point);
                let returned = self.clock.fetch_add(1, Ordering::Relaxed);
                let mut recorded =
                    self.recorded[thread].lock().unwrap_or_else(PoisonError::into_inner);
                recorded.push(Event { call, called, returned, outcome });
            }
        };
        if let Err(message) = caught(work) {
            let mut panicked = self.panicked.lock().unwrap_or_else(PoisonError::into_inner);
            panicked.get_or_insert(message);
        }
    }
}
