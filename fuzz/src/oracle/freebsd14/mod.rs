//! The oracle of FreeBSD 14.2: what its rules change, clause by clause.
//!
//! It is written from `docs/behaviour-14.md`. [`Oracle14`] has an [`Oracle`] inside, for what 14.2 left as it was: the list, what is counted,
//! objects, and whole clauses where they still hold. Everything that changed is here, one file for
//! what belongs together, and each clause names its rule: D13.3 changes or adds to section 13.
//!
//! Two things are simpler than in the real kernel. A search is always a first fit, where the real one
//! sometimes misses the space above the last entry, depending on earlier look-ups (D7.3). And where
//! the real kernel stops at an assertion (D15), the answer is an error and nothing changes, as in
//! section 15 of the rule book.

mod branch;
mod find;
mod fork;
mod grow;
mod insert;
mod list;
mod protect;
mod stack;
mod walk;
mod wiring;

pub use branch::Branch;

use std::collections::BTreeMap;

use growstack::{Addr, AddrRange, Change, EntryFlags, KernReturn, Refusal};

use super::branch::Branch as Unchanged;
use super::{Oracle, found, plain, refused};
use crate::answer::{Answer, Cause, Row, Summary};
use crate::kernel::{Freebsd14, Kernel};
use crate::op::{Config, Op, ProcessId};
use crate::space::AddressSpace;

/// What a process of 14.2 has beside what one of 9.3 has (D1.4, D1.5).
#[derive(Clone, Copy, Debug)]
struct Own {
    stacktop: u64,
    stkgap: bool,
    /// Where the next search of D7.6 begins; 0 at first.
    cluster: u64,
}

/// Processes and their maps by the rules of FreeBSD 14.2.
///
/// ```
/// use growstack::{Addr, KernReturn, MapFlags, Prot, Size};
/// use growstack_fuzz::answer::Answer;
/// use growstack_fuzz::kernel::Freebsd14;
/// use growstack_fuzz::op::{Config, Op};
/// use growstack_fuzz::oracle::freebsd14::{Branch, Oracle14};
/// use growstack_fuzz::space::AddressSpace;
///
/// let freebsd_14 = Some(Freebsd14::new(Addr::MAX));
/// let mut map = Oracle14::create(&Config { freebsd_14, ..Config::default() });
/// let stack = Op::Stack {
///     addrbos: Addr::new(0x10_0000),
///     max_ssize: Size::new(0x10_0000),
///     prot: Prot::RW,
///     max: Prot::ALL,
///     flags: MapFlags::GROWS_DOWN,
/// };
/// map.apply(&stack, &mut Vec::new());
/// // The lowest page of the reserve is the stack's guard.
/// let (answer, _) = map.apply(&Op::Grow { addr: Addr::new(0x10_0000) }, &mut Vec::new());
/// assert_eq!(answer, Answer::Code(KernReturn::NoSpace));
/// assert!(map.trail().contains(&Branch::GapTooShort));
/// ```
#[derive(Clone, Debug)]
pub struct Oracle14 {
    /// All that 14.2 shares with 9.3.
    map: Oracle,
    own: Own,
    /// Of the other processes.
    others: BTreeMap<ProcessId, Own>,
    guard_pages: u64,
    /// D7.2.
    cluster_follows: bool,
    /// D7.3: does a search miss the room above the last entry wherever the real kernel may?
    overlooks: bool,
    trail: Vec<Branch>,
}

impl Oracle14 {
    /// The branches of the rules of 14.2 that the last operation took, in order.
    #[must_use]
    pub fn trail(&self) -> &[Branch] {
        &self.trail
    }

    /// The branches that it took of rules that are still those of 9.3.
    #[must_use]
    pub fn unchanged_trail(&self) -> &[Unchanged] {
        self.map.trail()
    }

    /// The same, but for the cluster address, which stays where it is when the entry below it is
    /// deleted. No recorded answer says which of the two is right: D7.2 is from the source alone.
    #[must_use]
    pub fn with_fixed_cluster(self) -> Self {
        Self { cluster_follows: false, ..self }
    }

    /// The same, but a search misses the room above the last entry wherever the real kernel may:
    /// whether that one does is a matter of the shape of its tree (D7.3).
    #[must_use]
    pub fn overlooking(self) -> Self {
        Self { overlooks: true, ..self }
    }

    fn reach(&mut self, branch: Branch) {
        self.trail.push(branch);
    }

    fn reach_if(&mut self, condition: bool, branch: Branch) {
        if condition {
            self.trail.push(branch);
        }
    }

    /// Does entry `x` have any of `flags`?
    fn has(&self, x: usize, flags: EntryFlags) -> bool {
        self.map.process.entries[x].has(flags)
    }

    fn run_op(&mut self, op: &Op, changes: &mut Vec<Change>) -> (Answer, Cause) {
        match *op {
            Op::Insert { start, end, ref mapping } => {
                plain(self.insert(start.get(), end.get(), mapping, changes).map(|_| ()))
            }
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
            Op::Check { start, end, prot } => {
                let truth = self.check_protection(start.get(), end.get(), prot);
                (Answer::Truth(truth), Cause::Done)
            }
            Op::Lookup { addr } => (Answer::Holds(self.map.lookup(addr)), Cause::Done),
            Op::Exec { top, maxssiz, prot } => {
                plain(self.new_image(top.get(), maxssiz.get(), prot, changes))
            }
            Op::Fork => match self.fork(changes) {
                Ok(child) => (Answer::Forked(child), Cause::Done),
                Err(refusal) => refused(refusal),
            },
            Op::Use { process } => self.use_process(process),
            Op::Exit { process } => self.exit(process),
            Op::Protect { .. }
            | Op::Inherit { .. }
            | Op::Madvise { .. }
            | Op::Wire { .. }
            | Op::Unwire { .. } => self.run_walk(op, changes),
            Op::Limit { .. }
            | Op::SetGrowSize { .. }
            | Op::SetGuardPage { .. }
            | Op::SetGuardPages { .. }
            | Op::StkGap { .. }
            | Op::WireFuture { .. }
            | Op::Dump => self.switch(op),
        }
    }

    /// The operations that walk a range.
    fn run_walk(&mut self, op: &Op, changes: &mut Vec<Change>) -> (Answer, Cause) {
        plain(match *op {
            Op::Protect { start, end, prot, what } => {
                self.protect(start.get(), end.get(), prot, what, changes)
            }
            Op::Inherit { start, end, inherit } => {
                self.inherit(start.get(), end.get(), inherit);
                Ok(())
            }
            Op::Madvise { start, end, advice } => {
                self.advise(start.get(), end.get(), advice);
                Ok(())
            }
            Op::Wire { start, end, wiring, holes } => {
                self.wire(start.get(), end.get(), wiring, holes, changes)
            }
            Op::Unwire { start, end, wiring, holes } => {
                self.unwire(start.get(), end.get(), wiring, holes, changes)
            }
            _ => Ok(()),
        })
    }

    /// Section 11, and D1.4: what only stores a value.
    fn switch(&mut self, op: &Op) -> (Answer, Cause) {
        match *op {
            Op::SetGuardPages { pages } => {
                self.guard_pages = pages;
                self.reach(Branch::GuardPagesStored);
            }
            Op::StkGap { on } => {
                self.own.stkgap = on;
                self.reach(Branch::StkGapStored);
            }
            // A switch that 14.2 does not have.
            Op::SetGuardPage { .. } => return (Answer::Unsupported, Cause::NotGiven),
            _ => return self.map.switch(op),
        }
        (Answer::Silent, Cause::Done)
    }
}

impl AddressSpace for Oracle14 {
    /// An empty address space; settings of 14.2 that `config` lacks are those it boots with.
    fn create(config: &Config) -> Self {
        let settings = config.freebsd_14.unwrap_or(Freebsd14::new(config.max));
        Self {
            map: Oracle::create(config),
            own: Own { stacktop: settings.stacktop.get(), stkgap: settings.stkgap, cluster: 0 },
            others: BTreeMap::new(),
            guard_pages: settings.guard_pages,
            cluster_follows: true,
            overlooks: false,
            trail: Vec::new(),
        }
    }

    fn kernel(&self) -> Kernel {
        Kernel::Freebsd14
    }

    /// # Panics
    ///
    /// If an invariant does not hold afterwards, with a sentence that says which.
    fn apply(&mut self, op: &Op, changes: &mut Vec<Change>) -> (Answer, Cause) {
        self.trail.clear();
        let before = self.map.begin();
        let reported = changes.len();
        let result = self.run_op(op, changes);
        self.map.settle(before, &changes[reported..]);
        if let Err(sentence) = self.audit() {
            panic!("the oracle broke a rule: {sentence}");
        }
        result
    }

    fn entries(&self, rows: &mut Vec<Row>) {
        self.map.entries(rows);
    }

    fn entries_near(&self, range: AddrRange, rows: &mut Vec<Row>) {
        self.map.entries_near(range, rows);
    }

    fn summary(&self) -> Summary {
        self.map.summary()
    }

    fn check(&self) -> Result<(), String> {
        self.map.check()?;
        self.audit()
    }
}

impl Oracle14 {
    /// What must hold of guards (D1.1, D1.2) in the current process.
    fn audit(&self) -> Result<(), String> {
        for e in &self.map.process.entries {
            let (guard, gap) = (e.has(EntryFlags::GUARD), e.has(EntryFlags::STACK_GAP));
            let both = e.flags.contains(EntryFlags::STACK_GAP);
            let holds = e.has(EntryFlags::CHARGED) || e.object.is_some() || e.wired > 0;
            if (gap && !guard) || both || (guard && holds) || (!gap && e.avail != 0) {
                return Err(format!("{e:?} is no guard, no gap and nothing else"));
            }
        }
        Ok(())
    }
}

/// `Refusal::OutsideMap`, of plain numbers.
fn outside(start: u64, end: u64) -> Refusal {
    Refusal::OutsideMap { start: Addr::new(start), end: Addr::new(end) }
}
