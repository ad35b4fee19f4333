//! Threads that share a process, in an order that the input says.
//!
//! The input has a header of 8 bytes: the version 1; in the next byte the number of threads less two,
//! modulo 3, and above it, from bit 4 on, the path of faults; two bytes without meaning; a seed of what
//! is mapped at first, four bytes. Then records of 8 bytes, each a call: the thread; four numbers that
//! say what it calls; and three of the schedule, which say whose turn it is next. Low bytes
//! come first. Records after the sixteenth have only their part in the schedule.
//!
//! The same input is carried out in the same order every time, so that a finding is one for ever.

mod locks;
mod turns;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use growstack::shared::FaultPath;

use super::chunks::Shape;
use super::{Fault, Verdict};
use crate::lockstep::caught;
use crate::shared::SharedSpace;
use crate::space::AddressSpace;
use crate::stress::history::{Event, History};
use crate::stress::linear::linearizable;
use crate::stress::{Plan, call_of, carry_out, start};
use locks::InTurn;
use turns::{Ended, Turns, point};

/// The lengths of header and records.
pub(super) const SHAPE: Shape = Shape { header: 8, record: 8 };

/// The version of the encoding.
pub const VERSION: u8 = 1;

/// The most calls: the search for their order tries many.
const MOST: usize = 16;

/// An input, decoded.
struct Round {
    plan: Plan,
    path: FaultPath,
    schedule: Vec<u8>,
}

/// What the threads of a round share.
struct Shared {
    round: Round,
    space: SharedSpace<4, InTurn>,
    clock: AtomicU64,
    recorded: Vec<Mutex<Vec<Event>>>,
    panicked: Mutex<Option<String>>,
}

/// Carries out an input.
pub(super) fn run(bytes: &[u8], calls: &mut u64) -> Result<Verdict, Fault> {
    let Some(round) = decode(bytes) else { return Ok(Verdict::Unreadable) };
    match caught(|| carry_out_round(round, calls)) {
        Ok(Ok(())) => Ok(Verdict::Sound),
        Ok(Err(sentence)) | Err(sentence) => Err(Fault::Other(sentence)),
    }
}

fn decode(bytes: &[u8]) -> Option<Round> {
    let mut header = [VERSION, 0, 0, 0, 0, 0, 0, 0];
    let given = bytes.len().min(header.len());
    header[..given].copy_from_slice(&bytes[..given]);
    let [VERSION, shape, _, _, s0, s1, s2, s3] = header else { return None };
    let threads = 2 + usize::from(shape & 0xf) % 3;
    let paths = [FaultPath::Optimistic, FaultPath::Locked, FaultPath::Letter];
    let path = paths[usize::from(shape >> 4) % paths.len()];
    let mut plan = Plan::draw(u64::from(u32::from_le_bytes([s0, s1, s2, s3])), 0, threads);
    plan.threads.iter_mut().for_each(Vec::clear);
    let mut schedule = Vec::new();
    let (records, _) = bytes.get(header.len()..).unwrap_or_default().as_chunks::<8>();
    for (at, &[thread, kind, place, pages, choice, turns @ ..]) in records.iter().enumerate() {
        if at < MOST {
            plan.threads[usize::from(thread) % threads].push(call_of(kind, place, pages, choice));
        }
        schedule.extend(turns);
    }
    Some(Round { plan, path, schedule })
}

fn carry_out_round(mut round: Round, calls: &mut u64) -> Result<(), String> {
    let threads = round.plan.threads.len();
    let space = SharedSpace::with_path(&round.plan.config, round.path);
    let mut told = Vec::new();
    for op in &round.plan.before {
        space.call(op, &mut told, || ());
    }
    let turns = Turns::new(threads, std::mem::take(&mut round.schedule));
    let shared = Arc::new(Shared {
        round,
        space,
        clock: AtomicU64::new(0),
        recorded: (0..threads).map(|_| Mutex::default()).collect(),
        panicked: Mutex::default(),
    });
    // Not joined: in a deadlock there is no end to them.
    for thread in 0..threads {
        let (shared, turns) = (Arc::clone(&shared), Arc::clone(&turns));
        thread::spawn(move || turns.take_part(thread, || shared.calls_of(thread)));
    }
    let ended = turns.wait_for_end();
    if let Some(message) = shared.panicked.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(message);
    }
    let taken = |events: &Mutex<Vec<Event>>| {
        std::mem::take(&mut *events.lock().unwrap_or_else(PoisonError::into_inner))
    };
    if ended == Ended::Deadlock {
        return Err("the threads wait for each other for ever".to_owned());
    }
    let history = History::ended(shared.recorded.iter().map(taken).collect(), &shared.space);
    *calls += history.events();
    shared.space.check()?;
    if !linearizable(&start(&shared.round.plan), &history) {
        return Err(format!("no order of these calls explains them:\n{history}"));
    }
    Ok(())
}

impl Shared {
    fn calls_of(&self, thread: usize) {
        let work = || {
            for &call in &self.round.plan.threads[thread] {
                let called = self.clock.fetch_add(1, Ordering::Relaxed);
                let outcome = carry_out(&self.space, call, point);
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
