//! The engine as an [`AddressSpace`].

use std::collections::BTreeMap;
use std::mem;

#[cfg(not(feature = "targets"))]
use growstack::Kernel as Tested;
#[cfg(feature = "targets")]
use growstack::SharedKernel as Tested;
#[cfg(feature = "targets")]
use growstack::shared::{Locks, SharedVmSpace};
use growstack::{
    Addr, AddrRange, Change, Freebsd9, Freebsd14, Growth, KernReturn, Limits, Objects, PAGE_SIZE,
    Refusal, StackTunables, StackTunables14, VmMap, VmSpace,
};

use crate::answer::{Answer, Cause, Row, Summary};
use crate::kernel;
use crate::objects::{Kernel, Numbered, with_handle, with_number};
use crate::op::{Config, Op, ProcessId};
use crate::space::{AddressSpace, refill};

/// Answers an operation by the methods that the engine and the shared one both have: `$map` those
/// of `VmMap`, `$space` those of `VmSpace`. The arms that differ come last.
macro_rules! answer {
    ($op:expr, $map:expr, $space:expr, $tell:expr, { $($own:tt)* }) => {
        match *$op {
            Op::Insert { start, end, mapping } => {
                plain($map.insert(start, end, with_handle(mapping), $tell))
            }
            Op::Stack { addrbos, max_ssize, prot, max, flags } => {
                plain($space.stack(growstack::StackRequest { addrbos, max_ssize, prot, max, flags }, $tell))
            }
            Op::Grow { addr } => grew($space.grow(addr, $tell)),
            Op::FindSpace { start, length } => found($map.find_space(start, length)),
            Op::Find { start, length, max_addr, space, mapping } => {
                let max_addr = Some(max_addr).filter(|&addr| addr != growstack::Addr::ZERO);
                let request = growstack::FindRequest { start, length, space, max_addr };
                found($space.find(request, with_handle(mapping), $tell))
            }
            Op::Fixed { start, length, mapping } => {
                plain($space.fixed(start, length, with_handle(mapping), $tell))
            }
            Op::Remove { start, end } => plain($map.remove(start, end, $tell)),
            Op::Protect { start, end, prot, what } => {
                plain($map.protect(start, end, prot, what, $tell))
            }
            Op::Inherit { start, end, inherit } => plain($map.inherit(start, end, inherit)),
            Op::Madvise { start, end, advice } => plain($map.advise(start, end, advice)),
            Op::Unwire { start, end, wiring, holes } => {
                plain($map.unwire(start, end, wiring, holes, $tell))
            }
            Op::Check { start, end, prot } => {
                (Answer::Truth($map.check_protection(start, end, prot)), Cause::Done)
            }
            Op::Lookup { addr } => {
                (Answer::Holds($map.lookup(addr).map(|entry| entry.range)), Cause::Done)
            }
            Op::Exec { top, maxssiz, prot } => plain($space.exec(top, maxssiz, prot, $tell)),
            Op::WireFuture { on } => {
                $map.set_wire_future(on);
                SILENT
            }
            Op::Dump => SILENT,
            $($own)*
        }
    };
}
pub(crate) use answer;

/// Answers an operation that sets how stacks grow, in FreeBSD 9.3.
macro_rules! settings_9 {
    ($op:expr, $space:expr) => {
        match *$op {
            Op::SetGrowSize { value } => match std::num::NonZeroU64::new(value.get()) {
                Some(step) => {
                    $space.set_sgrowsiz(step);
                    SILENT
                }
                None => (Answer::ZERO_STEP, Cause::NotGiven),
            },
            Op::SetGuardPage { on } => {
                $space.set_guard_page(on);
                SILENT
            }
            _ => (Answer::Unsupported, Cause::NotGiven),
        }
    };
}

/// Answers an operation that sets how stacks grow, in FreeBSD 14.2.
macro_rules! settings_14 {
    ($op:expr, $space:expr) => {{
        match *$op {
            Op::SetGrowSize { value } => match std::num::NonZeroU64::new(value.get()) {
                Some(step) => $space.set_sgrowsiz(step),
                None => return (Answer::ZERO_STEP, Cause::NotGiven),
            },
            Op::SetGuardPages { pages } => $space.set_guard_pages(pages),
            Op::StkGap { on } => $space.set_stkgap(on),
            _ => return (Answer::Unsupported, Cause::NotGiven),
        }
        SILENT
    }};
}

/// The answer of what only stores a value.
pub(crate) const SILENT: (Answer, Cause) = (Answer::Silent, Cause::Done);

/// Processes of the engine by the rules of FreeBSD 9.3, with index nodes of width `B` and pages of
/// `PAGE` bytes.
pub type EngineSpace<const B: usize = 16, const PAGE: u64 = PAGE_SIZE> =
    KernelSpace<Freebsd9, B, PAGE>;

/// The same by the rules of FreeBSD 14.2.
pub type EngineSpace14<const B: usize = 16, const PAGE: u64 = PAGE_SIZE> =
    KernelSpace<Freebsd14, B, PAGE>;

/// Processes of the engine by the rules of a kernel.
#[derive(Debug)]
pub struct KernelSpace<K: Settings, const B: usize, const PAGE: u64> {
    /// The current process, open for questions that the trait does not have.
    pub process: VmSpace<Kernel<PAGE>, K, B>,
    others: Others<Kernel<PAGE>, K, B>,
}

/// A kernel of the engine, with the settings that the harness makes of its own. With the feature
/// `targets` its processes are shared, too.
pub trait Settings: Tested {
    /// The kernel, as traces name it.
    const NAME: kernel::Kernel;

    /// How stacks grow at first.
    fn tunables(config: &Config) -> Self::Tunables;

    /// `vm_maxsaddr`.
    fn maxsaddr(tunables: Self::Tunables) -> Addr;

    /// Answers an operation that sets how stacks grow.
    fn set<O: Objects, const B: usize>(space: &mut VmSpace<O, Self, B>, op: &Op)
    -> (Answer, Cause);

    /// The same of a shared process.
    #[cfg(feature = "targets")]
    fn set_shared<L: Locks, O: Objects, const B: usize>(
        shared: &SharedVmSpace<L, O, Self, B>,
        op: &Op,
    ) -> (Answer, Cause);

    /// Takes over what belongs to all processes.
    fn follow<O: Objects, const B: usize>(space: &mut VmSpace<O, Self, B>, from: Self::Tunables);
}

impl Settings for Freebsd9 {
    const NAME: kernel::Kernel = kernel::Kernel::Freebsd9;

    fn tunables(config: &Config) -> StackTunables {
        config.tunables
    }

    fn maxsaddr(tunables: StackTunables) -> Addr {
        tunables.maxsaddr
    }

    fn set<O: Objects, const B: usize>(
        space: &mut VmSpace<O, Self, B>,
        op: &Op,
    ) -> (Answer, Cause) {
        settings_9!(op, space)
    }

    #[cfg(feature = "targets")]
    fn set_shared<L: Locks, O: Objects, const B: usize>(
        shared: &SharedVmSpace<L, O, Self, B>,
        op: &Op,
    ) -> (Answer, Cause) {
        settings_9!(op, shared)
    }

    fn follow<O: Objects, const B: usize>(space: &mut VmSpace<O, Self, B>, from: StackTunables) {
        space.set_guard_page(from.guard_page);
        space.set_sgrowsiz(from.sgrowsiz);
    }
}

impl Settings for Freebsd14 {
    const NAME: kernel::Kernel = kernel::Kernel::Freebsd14;

    fn tunables(config: &Config) -> StackTunables14 {
        let StackTunables { sgrowsiz, maxsaddr, .. } = config.tunables;
        let of_14 = config.freebsd_14.unwrap_or(kernel::Freebsd14::new(config.max));
        let kernel::Freebsd14 { stacktop, stkgap, guard_pages } = of_14;
        StackTunables14 { sgrowsiz, guard_pages, stkgap, maxsaddr, stacktop }
    }

    fn maxsaddr(tunables: StackTunables14) -> Addr {
        tunables.maxsaddr
    }

    fn set<O: Objects, const B: usize>(
        space: &mut VmSpace<O, Self, B>,
        op: &Op,
    ) -> (Answer, Cause) {
        settings_14!(op, space)
    }

    #[cfg(feature = "targets")]
    fn set_shared<L: Locks, O: Objects, const B: usize>(
        shared: &SharedVmSpace<L, O, Self, B>,
        op: &Op,
    ) -> (Answer, Cause) {
        settings_14!(op, shared)
    }

    fn follow<O: Objects, const B: usize>(space: &mut VmSpace<O, Self, B>, from: StackTunables14) {
        space.set_guard_pages(from.guard_pages);
        space.set_sgrowsiz(from.sgrowsiz);
    }
}

/// The processes of a sequence that are not the current one. Nobody calls them, so those of the
/// engine for many threads are not shared either.
#[derive(Debug)]
pub(crate) struct Others<O: Objects, K: Settings, const B: usize> {
    current: ProcessId,
    spaces: BTreeMap<ProcessId, VmSpace<O, K, B>>,
    /// How many forks have succeeded.
    forks: u64,
}

impl<O: Objects, K: Settings, const B: usize> Default for Others<O, K, B> {
    fn default() -> Self {
        Self { current: ProcessId::default(), spaces: BTreeMap::new(), forks: 0 }
    }
}

impl<O: Objects, K: Settings, const B: usize> Others<O, K, B> {
    /// Numbers the child of a fork.
    pub(crate) fn add(&mut self, forked: Result<VmSpace<O, K, B>, Refusal>) -> (Answer, Cause) {
        match forked {
            Ok(child) => {
                self.forks += 1;
                let id = ProcessId(self.forks);
                self.spaces.insert(id, child);
                (Answer::Forked(id), Cause::Done)
            }
            Err(refusal) => refused(refusal),
        }
    }

    /// Makes another process the current one, by a `swap` that takes it and gives the last one.
    /// Limits and settings are those of all processes.
    pub(crate) fn switch(
        &mut self,
        id: ProcessId,
        (limits, tunables): (Limits, K::Tunables),
        swap: impl FnOnce(VmSpace<O, K, B>) -> VmSpace<O, K, B>,
    ) -> (Answer, Cause) {
        if id == self.current {
            return SILENT;
        }
        let Some(mut next) = self.spaces.remove(&id) else { return NO_SUCH_PROCESS };
        next.set_limits(limits);
        K::follow(&mut next, tunables);
        self.spaces.insert(mem::replace(&mut self.current, id), swap(next));
        SILENT
    }

    pub(crate) fn exit(&mut self, id: ProcessId) -> (Answer, Cause) {
        let Some(process) = self.spaces.remove(&id) else { return NO_SUCH_PROCESS };
        process.exit(|_| ());
        SILENT
    }
}

const NO_SUCH_PROCESS: (Answer, Cause) = (Answer::NO_SUCH_PROCESS, Cause::NotGiven);

impl<K: Settings, const B: usize, const PAGE: u64> AddressSpace for KernelSpace<K, B, PAGE> {
    fn create(config: &Config) -> Self {
        let map = VmMap::with_width(config.min, config.max, Default::default());
        let process = VmSpace::new(map, config.limits, K::tunables(config));
        Self { process, others: Others::default() }
    }

    fn apply(&mut self, op: &Op, changes: &mut Vec<Change>) -> (Answer, Cause) {
        let tell = |change| changes.push(change);
        answer!(op, self.process.map_mut(), self.process, tell, {
            Op::Wire { start, end, wiring, holes } => {
                plain(self.process.map_mut().wire(start, end, wiring, holes, tell))
            }
            Op::Limit { name, value } => {
                self.process.set_limits(name.set(self.process.limits(), value));
                SILENT
            }
            Op::Fork => self.others.add(self.process.fork(tell)),
            Op::Use { process } => {
                let settings = (self.process.limits(), self.process.tunables());
                self.others.switch(process, settings, |next| mem::replace(&mut self.process, next))
            }
            Op::Exit { process } => self.others.exit(process),
            Op::SetGrowSize { .. }
            | Op::SetGuardPage { .. }
            | Op::SetGuardPages { .. }
            | Op::StkGap { .. } => K::set(&mut self.process, op),
        })
    }

    fn kernel(&self) -> kernel::Kernel {
        K::NAME
    }

    fn entries(&self, rows: &mut Vec<Row>) {
        refill(rows, self.process.map().entries().map(with_number));
    }

    fn entries_near(&self, range: AddrRange, rows: &mut Vec<Row>) {
        let map = self.process.map();
        let start = range.start().min(map.max());
        let first = map.lookup(start).map_or(start, |entry| entry.range.start());
        let mut above = false;
        let near = map.entries_from(start).take_while(|entry| {
            // The first above the range is the last to be shown.
            let last = mem::replace(&mut above, entry.range.start() >= range.end());
            !last
        });
        refill(rows, below(map, first).into_iter().chain(near.map(with_number)));
    }

    fn summary(&self) -> Summary {
        let map = self.process.map();
        Summary {
            size: map.size(),
            entries: map.len(),
            ssize: self.process.ssize(),
            reserved: map.reserved(),
            wired: map.wired_pages(),
            maxsaddr: Some(K::maxsaddr(self.process.tunables())),
        }
    }

    fn check(&self) -> Result<(), String> {
        self.process.map().check_index().map_err(|violation| violation.to_string())
    }
}

/// The last entry that ends at or below `addr`.
fn below<O: Objects<Object: Numbered>, K: Settings, const B: usize>(
    map: &VmMap<O, K, B>,
    addr: Addr,
) -> Option<Row> {
    let last = Addr::new(addr.get().checked_sub(1)?);
    let entry = map.lookup(last).or_else(|| {
        let gap = map.gap(last)?.range.start();
        map.lookup(Addr::new(gap.get().checked_sub(1)?))
    });
    entry.map(with_number)
}

#[expect(clippy::needless_pass_by_value, reason = "takes what an operation returns as it is")]
pub(crate) fn plain<T>(outcome: Result<T, Refusal>) -> (Answer, Cause) {
    match outcome {
        Ok(_) => (Answer::Code(KernReturn::Success), Cause::Done),
        Err(refusal) => refused(refusal),
    }
}

pub(crate) fn grew(outcome: Result<Growth, Refusal>) -> (Answer, Cause) {
    match outcome {
        Ok(growth) => (Answer::Code(KernReturn::Success), Cause::Grew(growth)),
        Err(refusal) => refused(refusal),
    }
}

pub(crate) fn found(outcome: Result<Addr, Refusal>) -> (Answer, Cause) {
    match outcome {
        Ok(addr) => (Answer::Found(addr), Cause::Done),
        Err(refusal) => refused(refusal),
    }
}

pub(crate) fn refused(refusal: Refusal) -> (Answer, Cause) {
    (Answer::Code(refusal.kern()), Cause::Refused(refusal))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::sequence;
    use crate::oracle::Oracle;

    /// What a list of all entries shows near a range.
    struct Listed(Vec<Row>);

    impl AddressSpace for Listed {
        fn create(_: &Config) -> Self {
            Self(Vec::new())
        }
        fn apply(&mut self, _: &Op, _: &mut Vec<Change>) -> (Answer, Cause) {
            (Answer::Unsupported, Cause::NotGiven)
        }
        fn entries(&self, rows: &mut Vec<Row>) {
            rows.clone_from(&self.0);
        }
        fn summary(&self) -> Summary {
            Summary::default()
        }
    }

    /// Ranges that begin and end in, at and between entries, and outside the map.
    fn ranges(rows: &[Row]) -> Vec<AddrRange> {
        let bounds = rows.iter().flat_map(|row| [row.range.start().get(), row.range.end().get()]);
        let near = |at: u64| [at.saturating_sub(1), at, at.saturating_add(1)];
        let points: Vec<u64> =
            bounds.flat_map(near).chain([0, 1, u64::MAX - 1, u64::MAX]).collect();
        let range = |a: &u64, b: &u64| AddrRange::new(Addr::new(*a), Addr::new(*b));
        let skipped = points.iter().skip(5);
        let wide = points.iter().zip(skipped).filter_map(|(a, b)| range(a, b));
        let narrow = points.iter().filter_map(|a| range(a, &a.saturating_add(1)));
        wide.chain(narrow).collect()
    }

    #[test]
    fn the_entries_near_a_range_are_those_of_the_list() {
        let mut compared = 0;
        for number in 0..40 {
            let (config, ops) = sequence(7, number);
            let mut engine = EngineSpace::<4>::create(&config);
            let mut oracle = Oracle::create(&config);
            for op in ops {
                engine.apply(&op, &mut Vec::new());
                oracle.apply(&op, &mut Vec::new());
            }
            let mut list = Listed(Vec::new());
            engine.entries(&mut list.0);
            for range in ranges(&list.0) {
                let [mut near, mut of_engine, mut of_oracle] = [const { Vec::new() }; 3];
                list.entries_near(range, &mut near);
                engine.entries_near(range, &mut of_engine);
                oracle.entries_near(range, &mut of_oracle);
                assert_eq!(near, of_engine, "{range}");
                assert_eq!(near, of_oracle, "{range}");
                compared += 1;
            }
        }
        assert!(compared > 1000, "{compared}");
    }
}
