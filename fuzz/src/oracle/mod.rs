//! The naive oracle: the rule book as a sorted list of entries.
//!
//! [`Oracle`] is the oracle that other maps are compared with. It is written from
//! `docs/behaviour.md` clause by clause, keeps a plain sorted list, and shares nothing with the engine
//! but the types of operations and answers; even the rounding is its own. It is meant to be read
//! beside the rule book, not to be fast: a search for space is linear in the number of entries, and
//! so is putting one into the list. All invariants are computed again after every operation on a small
//! map, and now and then on a large one.

mod account;
mod attribute;
mod audit;
mod branch;
mod fork;
pub mod freebsd14;
mod grow;
mod insert;
mod list;
mod objects;
mod piece;
mod process;
mod space;
mod stack;
mod wiring;

pub(crate) use branch::table;
pub use branch::{Branch, RuleBranch};

use growstack::{Addr, AddrRange, Change, Inherit, KernReturn, Limits, Refusal, Size};

use crate::answer::{Answer, Cause, Row, Summary};
use crate::op::{Config, Op, ProcessId};
use crate::space::{AddressSpace, refill};
use objects::{Backing, Objects};
use piece::Piece;
use process::Process;

/// Processes and their maps (section 1), of which one is the current one: operations and answers are
/// about it.
///
/// ```
/// use growstack::{Addr, Growth, Limits, Prot, MapFlags, Size, StackTunables};
/// use growstack_fuzz::answer::Cause;
/// use growstack_fuzz::op::{Config, Op};
/// use growstack_fuzz::oracle::{Branch, Oracle};
/// use growstack_fuzz::space::AddressSpace;
///
/// let mut map = Oracle::create(&Config {
///     min: Addr::new(0x1000),
///     max: Addr::new(0x8000_0000_0000),
///     tunables: StackTunables::default(),
///     limits: Limits::UNLIMITED,
///     freebsd_14: None,
/// });
/// let stack = Op::Stack {
///     addrbos: Addr::new(0x10_0000),
///     max_ssize: Size::new(0x10_0000),
///     prot: Prot::RW,
///     max: Prot::ALL,
///     flags: MapFlags::GROWS_DOWN,
/// };
/// map.apply(&stack, &mut Vec::new());
/// let (_, cause) = map.apply(&Op::Grow { addr: Addr::new(0x1d_ffff) }, &mut Vec::new());
/// assert!(matches!(cause, Cause::Grew(Growth::Grown { .. })));
/// assert!(map.trail().contains(&Branch::GrowOnlyDown));
/// ```
#[derive(Clone, Debug)]
pub struct Oracle {
    process: Process,
    /// The other processes.
    others: Vec<Process>,
    /// Successful forks of all processes.
    forks: u64,
    objects: Objects,
    /// The objects of the entries that the operation has deleted so far, in order (17.14).
    deleted: Vec<Backing>,
    sgrowsiz: u64,
    guard: bool,
    limits: Limits,
    reserved: u64,
    /// Bytes that are charged and were never reserved (`acc_charged`, and what 17.12 has no room for),
    /// so that the sum of all charges can be checked.
    borrowed: u128,
    /// Bytes reserved that nothing gives back (17.19).
    leaked: u128,
    trail: Vec<Branch>,
    /// Operations since the last audit.
    unaudited: u64,
}

/// Maps of at most this many entries are audited after every operation.
const AT_ONCE: usize = if cfg!(fuzzing) { 24 } else { 1024 };
/// Larger ones are audited after one operation in this many under a fuzzer, and elsewhere after one in
/// as many as they have entries: all audits together are then linear in the operations.
const PERIOD: u64 = 16;

impl Oracle {
    /// The branches that the last operation took, in order.
    #[must_use]
    pub fn trail(&self) -> &[Branch] {
        &self.trail
    }

    /// All processes, the current one first.
    fn processes(&self) -> impl Iterator<Item = &Process> {
        std::iter::once(&self.process).chain(&self.others)
    }

    fn reach(&mut self, branch: Branch) {
        self.trail.push(branch);
    }

    fn reach_if(&mut self, condition: bool, branch: Branch) {
        if condition {
            self.trail.push(branch);
        }
    }

    /// Runs one operation, and then checks everything that must hold. In the long runs of a fuzzer
    /// a larger map is checked only now and then, since that would take most of the time: a sum
    /// that is wrong stays wrong until then, and so does an entry out of place.
    fn step(
        &mut self,
        changes: &mut Vec<Change>,
        operation: impl FnOnce(&mut Self, &mut Vec<Change>) -> (Answer, Cause),
    ) -> (Answer, Cause) {
        let before = self.begin();
        let reported = changes.len();
        let result = operation(self, changes);
        self.settle(before, &changes[reported..]);
        result
    }

    /// The current process and its size, before an operation.
    fn begin(&mut self) -> (ProcessId, u64) {
        self.trail.clear();
        (self.process.id, self.process.size)
    }

    /// The end of an operation, which has reported these changes.
    fn settle(&mut self, (process, size): (ProcessId, u64), reported: &[Change]) {
        self.drop_deleted();
        self.unaudited += 1;
        let entries = self.processes().map(|process| process.entries.len()).sum::<usize>();
        let period = if cfg!(fuzzing) { PERIOD } else { entries as u64 };
        let due = entries <= AT_ONCE || self.unaudited >= period;
        if due {
            self.unaudited = 0;
        }
        let audit = if due { self.audit() } else { Ok(()) };
        let before = if self.process.id == process { size } else { self.process.size };
        let audit = audit.and_then(|()| self.audit_changes(before, reported));
        if let Err(sentence) = audit {
            panic!("the oracle broke a rule: {sentence}");
        }
    }

    fn run_op(&mut self, op: &Op, changes: &mut Vec<Change>) -> (Answer, Cause) {
        match *op {
            Op::Insert { start, end, ref mapping } => plain(self.insert(
                start.get(),
                end.get(),
                mapping,
                insert::Inserter::Plain,
                changes,
            )),
            Op::Stack { addrbos, max_ssize, prot, max, flags } => {
                plain(self.stack(addrbos.get(), max_ssize.get(), prot, max, flags, changes))
            }
            Op::Grow { addr } => match self.grow(addr.get(), changes) {
                Ok(growth) => (Answer::Code(KernReturn::Success), Cause::Grew(growth)),
                Err(refusal) => refused(refusal),
            },
            Op::FindSpace { start, length } => found(self.find_space(start.get(), length.get())),
            Op::Find { start, length, max_addr, space, ref mapping } => {
                found(self.find(start.get(), length.get(), max_addr.get(), space, mapping, changes))
            }
            Op::Fixed { start, length, ref mapping } => {
                plain(self.fixed(start.get(), length.get(), mapping, changes))
            }
            Op::Remove { start, end } => {
                self.remove(start.get(), end.get(), changes);
                plain(Ok(()))
            }
            // 16.9.
            Op::Inherit { inherit: Inherit::Zero, .. } => refused(Refusal::OtherRelease),
            Op::Protect { what, .. } if what.is_of_14() => refused(Refusal::OtherRelease),
            Op::Protect { start, end, prot, what } => {
                plain(self.protect(start.get(), end.get(), prot, what, changes))
            }
            Op::Inherit { start, end, inherit } => {
                self.inherit(start.get(), end.get(), inherit);
                plain(Ok(()))
            }
            Op::Madvise { start, end, advice } => {
                self.advise(start.get(), end.get(), advice);
                plain(Ok(()))
            }
            Op::Wire { start, end, wiring, holes } => {
                plain(self.wire(start.get(), end.get(), wiring, holes, changes))
            }
            Op::Unwire { start, end, wiring, holes } => {
                plain(self.unwire(start.get(), end.get(), wiring, holes, changes))
            }
            Op::Check { start, end, prot } => {
                let truth = self.check_protection(start.get(), end.get(), prot);
                (Answer::Truth(truth), Cause::Done)
            }
            Op::Lookup { addr } => (Answer::Holds(self.lookup(addr)), Cause::Done),
            Op::Exec { top, maxssiz, prot } => {
                plain(self.new_image(top.get(), maxssiz.get(), prot, changes))
            }
            Op::Fork => match self.fork(changes) {
                Ok(child) => (Answer::Forked(child), Cause::Done),
                Err(refusal) => refused(refusal),
            },
            Op::Use { process } => self.use_process(process),
            Op::Exit { process } => self.exit(process),
            Op::Limit { .. }
            | Op::SetGrowSize { .. }
            | Op::SetGuardPage { .. }
            | Op::WireFuture { .. }
            | Op::Dump => self.switch(op),
            // Another release's.
            Op::StkGap { .. } | Op::SetGuardPages { .. } => (Answer::Unsupported, Cause::NotGiven),
        }
    }

    /// 8.1.
    fn lookup(&mut self, addr: Addr) -> Option<growstack::AddrRange> {
        let holder = self.holder(addr.get());
        self.reach(if holder.is_some() { Branch::LookupHit } else { Branch::LookupMiss });
        holder.map(|x| self.process.entries[x].range())
    }

    /// Section 11 and 15.9, and what does nothing at all.
    fn switch(&mut self, op: &Op) -> (Answer, Cause) {
        match *op {
            Op::Limit { name, value } => {
                self.limits = name.set(self.limits, value);
                self.reach(Branch::LimitStored);
            }
            Op::SetGrowSize { value } => {
                if value == Size::ZERO {
                    self.reach(Branch::ZeroStep);
                    return (Answer::ZERO_STEP, Cause::NotGiven);
                }
                self.sgrowsiz = value.get();
                self.reach(Branch::SysctlStored);
            }
            Op::SetGuardPage { on } => {
                self.guard = on;
                self.reach(Branch::SysctlStored);
            }
            Op::WireFuture { on } => {
                self.process.wire_future = on;
                self.reach(Branch::WireFutureStored);
            }
            _ => {}
        }
        (Answer::Silent, Cause::Done)
    }
}

fn refused(refusal: Refusal) -> (Answer, Cause) {
    (Answer::Code(refusal.kern()), Cause::Refused(refusal))
}

fn plain(result: Result<(), Refusal>) -> (Answer, Cause) {
    match result {
        Ok(()) => (Answer::Code(KernReturn::Success), Cause::Done),
        Err(refusal) => refused(refusal),
    }
}

fn found(result: Result<u64, Refusal>) -> (Answer, Cause) {
    match result {
        Ok(addr) => (Answer::Found(Addr::new(addr)), Cause::Done),
        Err(refusal) => refused(refusal),
    }
}

impl AddressSpace for Oracle {
    /// An empty address space.
    fn create(config: &Config) -> Self {
        let process = Process {
            id: ProcessId::default(),
            min: config.min.get(),
            max: config.max.get(),
            entries: Vec::new(),
            size: 0,
            wire_future: false,
            wired: 0,
            maxsaddr: config.tunables.maxsaddr.get(),
            ssize: 0,
            lag: 0,
        };
        Self {
            process,
            others: Vec::new(),
            forks: 0,
            objects: Objects::default(),
            deleted: Vec::new(),
            sgrowsiz: config.tunables.sgrowsiz.get(),
            guard: config.tunables.guard_page,
            limits: config.limits,
            reserved: 0,
            borrowed: 0,
            leaked: 0,
            trail: Vec::new(),
            unaudited: 0,
        }
    }

    /// # Panics
    ///
    /// If an invariant does not hold afterwards, with a sentence that says which.
    fn apply(&mut self, op: &Op, changes: &mut Vec<Change>) -> (Answer, Cause) {
        self.step(changes, |map, changes| map.run_op(op, changes))
    }

    fn entries(&self, rows: &mut Vec<Row>) {
        refill(rows, self.process.entries.iter().map(Piece::row));
    }

    fn entries_near(&self, range: AddrRange, rows: &mut Vec<Row>) {
        let above = self.next_above(range.start().get());
        let first =
            above.saturating_sub(if self.holder(range.start().get()).is_some() { 2 } else { 1 });
        let last = self.process.entries.partition_point(|e| e.start < range.end().get());
        let end = (last + 1).min(self.process.entries.len());
        refill(rows, self.process.entries[first..end].iter().map(Piece::row));
    }

    fn summary(&self) -> Summary {
        Summary {
            size: Size::new(self.process.size),
            entries: self.process.entries.len(),
            ssize: self.process.ssize,
            reserved: Size::new(self.reserved),
            wired: self.process.wired,
            maxsaddr: Some(Addr::new(self.process.maxsaddr)),
        }
    }

    fn check(&self) -> Result<(), String> {
        self.audit()
    }
}
