//! Threads that call one process at once, and whether their answers can be explained.
//!
//! A run goes in batches of rounds. In a round every thread calls what its [plan](Plan) says, all at
//! once, and each call is recorded with when it began and ended by a common clock. The round must be
//! [linearizable](linear): some order of the calls, true to the clock, has on the oracle the same
//! answers, causes and changes, and leaves the same map. Only the rounds themselves are done by all
//! threads together; making ready and checking is shared out among them.
//!
//! All locks are `parking_lot`'s: ThreadSanitizer does not see what the standard library's order.

mod gate;
pub mod history;
pub mod linear;
mod locks;
mod plan;
pub(crate) mod report;
mod watchdog;

use std::cmp;
use std::fmt;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use growstack::shared::FaultPath;
use growstack::{Freebsd9, Freebsd14};
use parking_lot::{Mutex, RwLock};

use crate::engine;
use crate::kernel::Kernel;
use crate::oracle::Oracle;
use crate::oracle::freebsd14::Oracle14;
use crate::shared::{Threaded, ViewNodes};
use crate::space::AddressSpace;
use gate::Gate;
use history::{Call, Event, History, Outcome};
pub use linear::MOST_THREADS;
use linear::linearizable;
pub(crate) use plan::call_of;
pub use plan::{Field, Plan};
use report::{Described, Progress, Unanswered};
use watchdog::Watchdog;

/// Rounds of a batch.
const BATCH: usize = 256;

/// More than a thread has calls in a round: a number is that of a round and of a call in it.
const CALLS_OF_A_ROUND: u64 = 64;

type Shared<K> = Threaded<K, locks::Locks>;

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The kernel whose map it is.
    pub kernel: Kernel,
    /// The seed of all plans.
    pub seed: u64,
    /// How many calls must have met another before the run is over.
    pub operations: Option<u64>,
    /// How long it may take.
    pub budget: Option<Duration>,
    /// How many threads call, at most [`MOST_THREADS`].
    pub threads: NonZero<usize>,
    /// What becomes of a run in which nobody gets on any more for so long: the program ends.
    pub patience: Duration,
}

impl Default for Settings {
    /// A million concurrent calls by three threads, the same every time as far as threads can be.
    fn default() -> Self {
        let threads = NonZero::<usize>::MIN.saturating_add(2);
        let (operations, patience) = (Some(1_000_000), Duration::from_secs(60));
        Self { kernel: Kernel::Freebsd9, seed: 1, operations, budget: None, threads, patience }
    }
}

/// What was done.
#[derive(Clone, Copy, Default, Debug)]
pub struct Counts {
    /// Rounds.
    pub rounds: u64,
    /// Calls.
    pub calls: u64,
    /// Calls that were under way together with one of another thread: only these count.
    pub concurrent: u64,
    /// Rounds with at least one such call.
    pub overlapping: u64,
}

/// A round that nothing explains.
#[derive(Debug)]
pub struct Failure {
    /// Its number.
    pub round: u64,
    /// What was to be called.
    pub plan: Plan,
    /// How faults went that found their address mapped.
    pub path: FaultPath,
    /// What was wrong, or `None` if no order of its calls has these answers.
    pub broken: Option<String>,
    /// What happened.
    pub history: History,
}

/// How a run ended.
#[derive(Debug)]
pub struct Report {
    /// What was done.
    pub counts: Counts,
    /// What was wrong.
    pub failure: Option<Failure>,
    /// How long it took.
    pub took: Duration,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.broken {
            Some(sentence) => writeln!(f, "round {}: {sentence}", self.round)?,
            None => writeln!(f, "round {}: no order of these calls explains them", self.round)?,
        }
        let Self { plan, path, history, .. } = self;
        let (returned, end) = (&history.threads[..], Some((&history.rows[..], history.summary)));
        write!(f, "{}", Described { plan, path: *path, returned, unanswered: &[], end })
    }
}

/// A round, from its plan to what came of it.
struct Round<K: engine::Settings> {
    plan: Plan,
    shared: Shared<K>,
    recorded: Vec<Mutex<Vec<Event>>>,
}

/// What the threads of a run share.
struct Run<K: engine::Settings> {
    settings: Settings,
    gate: Gate,
    clock: AtomicU64,
    /// The next round of the batch to be made ready, or checked.
    next: AtomicUsize,
    rounds: Vec<RwLock<Option<Round<K>>>>,
    counts: Mutex<Counts>,
    failure: Mutex<Option<Failure>>,
    over: AtomicBool,
    started: Instant,
    /// For the watchdog: the round that each thread is in, and how many of its calls have returned.
    reached: Vec<AtomicU64>,
}

/// Runs until something is wrong, or enough is done.
///
/// # Panics
///
/// If more than [`MOST_THREADS`] are asked for.
#[must_use]
pub fn run(settings: &Settings) -> Report {
    match settings.kernel {
        Kernel::Freebsd9 => run_on::<Freebsd9>(settings),
        Kernel::Freebsd14 => run_on::<Freebsd14>(settings),
    }
}

fn run_on<K: engine::Settings>(settings: &Settings) -> Report {
    let threads = settings.threads.get();
    assert!(threads <= MOST_THREADS, "at most {MOST_THREADS} threads");
    let run = Run::<K> {
        settings: *settings,
        gate: Gate::new(threads),
        clock: AtomicU64::new(0),
        next: AtomicUsize::new(0),
        rounds: (0..BATCH).map(|_| RwLock::new(None)).collect(),
        counts: Mutex::default(),
        failure: Mutex::default(),
        over: AtomicBool::new(false),
        started: Instant::now(),
        reached: (0..threads).map(|_| AtomicU64::new(0)).collect(),
    };
    let watchdog = Watchdog::default();
    thread::scope(|scope| {
        scope.spawn(|| watchdog.watch(settings.patience, || run.under_way()));
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                let (run, watchdog) = (&run, &watchdog);
                scope.spawn(move || run.thread(thread, watchdog))
            })
            .collect();
        let ended: Vec<_> = workers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        watchdog.send_off();
        assert!(ended.iter().all(Result::is_ok), "a thread panicked");
    });
    let counts = *run.counts.lock();
    let failure = run.failure.lock().take();
    Report { counts, failure, took: run.started.elapsed() }
}

impl<K: engine::Settings> Run<K> {
    fn thread(&self, thread: usize, watchdog: &Watchdog) {
        for batch in 0.. {
            let first = batch * BATCH as u64;
            self.share_out(|at| {
                let ready = self.make_ready(first + at as u64);
                *self.rounds[at].write() = Some(ready);
            });
            for (number, round) in (first..).zip(&self.rounds) {
                self.call(number, round, thread);
                watchdog.pat();
            }
            self.gate.pass();
            self.share_out(|at| self.check(first + at as u64, at));
            if thread == 0 {
                self.over.store(self.is_over(), Ordering::Relaxed);
            }
            self.gate.pass();
            if self.over.load(Ordering::Relaxed) {
                break;
            }
        }
    }

    /// Has each round of the batch dealt with by some thread.
    fn share_out(&self, work: impl Fn(usize)) {
        loop {
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            if at >= BATCH {
                break;
            }
            work(at);
        }
        self.gate.pass();
        self.next.store(0, Ordering::Relaxed);
        self.gate.pass();
    }

    fn make_ready(&self, number: u64) -> Round<K> {
        let plan = self.plan(number);
        let shared = Shared::<K>::with_view(&plan.config, path_of(number), nodes_of(plan.field));
        let mut reported = Vec::new();
        for op in &plan.before {
            shared.call(op, &mut reported, || ());
        }
        let recorded = plan.threads.iter().map(|calls| Mutex::new(Vec::with_capacity(calls.len())));
        Round { recorded: recorded.collect(), plan, shared }
    }

    fn plan(&self, number: u64) -> Plan {
        let Settings { kernel, seed, threads, .. } = self.settings;
        // On every path of faults, each of which has a round in four.
        let field = if number / 4 % 4 == 3 { Field::Wide } else { Field::Small };
        Plan::draw(field, kernel, seed, number, threads.get())
    }

    /// The round that is under way, as far as its calls got. Threads that are done with it are in
    /// the next one already.
    fn under_way(&self) -> String {
        let reached: Vec<_> = self.reached.iter().map(|at| at.load(Ordering::Relaxed)).collect();
        let number = reached.iter().min().map_or(0, |first| first / CALLS_OF_A_ROUND);
        let (plan, path) = (self.plan(number), path_of(number));
        let mut unanswered = Vec::new();
        for (thread, calls) in plan.threads.iter().enumerate() {
            let reached = reached[thread] - number * CALLS_OF_A_ROUND;
            unanswered.extend((0..).zip(calls).map(|(at, &call)| {
                let progress = match reached.cmp(&at) {
                    cmp::Ordering::Greater => Progress::Returned,
                    cmp::Ordering::Equal => Progress::UnderWay(None),
                    cmp::Ordering::Less => Progress::ToCome,
                };
                Unanswered { thread, call, progress }
            }));
        }
        let (returned, unanswered) = (&[][..], &unanswered[..]);
        let round = Described { plan: &plan, path, returned, unanswered, end: None };
        format!("round {number} of seed {}\n{round}", self.settings.seed)
    }

    /// One thread's part of a round.
    fn call(&self, number: u64, round: &RwLock<Option<Round<K>>>, thread: usize) {
        let round = round.read();
        let Some(round) = &*round else { return };
        let mut recorded = round.recorded[thread].lock();
        self.reached[thread].store(number * CALLS_OF_A_ROUND, Ordering::Relaxed);
        self.gate.pass();
        for &call in &round.plan.threads[thread] {
            let called = self.clock.fetch_add(1, Ordering::SeqCst);
            let outcome = run_op(&round.shared, call, thread::yield_now);
            let returned = self.clock.fetch_add(1, Ordering::SeqCst);
            recorded.push(Event { call, called, returned, outcome });
            self.reached[thread].fetch_add(1, Ordering::Relaxed);
        }
    }

    fn check(&self, number: u64, at: usize) {
        let round = self.rounds[at].write().take();
        let Some(Round { plan, shared, recorded }) = round else { return };
        let threads = recorded.into_iter().map(Mutex::into_inner);
        let history = History::ended(threads.collect(), &shared);
        let overlapping = history.overlapping();
        {
            let mut counts = self.counts.lock();
            counts.rounds += 1;
            counts.calls += history.events();
            counts.concurrent += overlapping;
            counts.overlapping += u64::from(overlapping > 0);
        }
        let broken = shared.check().err();
        if broken.is_some() || !is_explained(&plan, &history) {
            let path = path_of(number);
            let failure = Failure { round: number, plan, path, broken, history };
            self.failure.lock().get_or_insert(failure);
        }
    }

    fn is_over(&self) -> bool {
        let enough = self.settings.operations.is_some_and(|n| self.counts.lock().concurrent >= n);
        let late = self.settings.budget.is_some_and(|budget| self.started.elapsed() >= budget);
        enough || late || self.failure.lock().is_some()
    }
}

/// The path of faults of a round.
fn path_of(number: u64) -> FaultPath {
    const PATHS: [FaultPath; 4] =
        [FaultPath::Optimistic, FaultPath::Locked, FaultPath::Optimistic, FaultPath::Letter];
    PATHS[(number % 4) as usize]
}

/// In a wide field the view is to have several levels.
pub(crate) const fn nodes_of(field: Field) -> ViewNodes {
    match field {
        Field::Small => ViewNodes::Whole,
        Field::Wide => ViewNodes::Narrow,
    }
}

/// Does some order of the calls of a plan explain what came of them?
pub(crate) fn is_explained(plan: &Plan, history: &History) -> bool {
    match plan.config.kernel() {
        Kernel::Freebsd9 => linearizable(&start::<Oracle>(plan), history),
        Kernel::Freebsd14 => linearizable(&start::<Oracle14>(plan), history),
    }
}

/// The oracle as a round finds it.
fn start<O: AddressSpace>(plan: &Plan) -> O {
    let mut map = O::create(&plan.config);
    let mut reported = Vec::new();
    for op in &plan.before {
        map.apply(op, &mut reported);
    }
    map
}

/// Runs a call; `pause` is called in the window of a wiring.
pub(crate) fn run_op<K: engine::Settings, L: growstack::shared::Locks>(
    shared: &Threaded<K, L>,
    call: Call,
    pause: impl Fn(),
) -> Outcome {
    match call {
        Call::Operation(op) => {
            let mut changes = Vec::new();
            let (answer, cause) = shared.call(&op, &mut changes, pause);
            Outcome::Operation(answer, cause, changes)
        }
        Call::Protection(addr) => Outcome::Protection(shared.process.protection(addr)),
    }
}
