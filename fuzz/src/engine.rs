//! The engine as an [`AddressSpace`].

use growstack::{Addr, AddrRange, Change, KernReturn, Process, Refusal, Size, VmMap};

use crate::answer::{Answer, Cause, Row, Summary};
use crate::op::{Config, LimitName, ObjectId, Op};
use crate::space::{AddressSpace, refill};

/// A process of the engine, with index nodes of width `B`.
#[derive(Debug)]
pub struct EngineSpace<const B: usize = 16> {
    /// The process, open for questions that the trait does not have.
    pub process: Process<ObjectId, B>,
}

impl<const B: usize> EngineSpace<B> {
    fn set_limit(&mut self, name: LimitName, value: Size) {
        let mut limits = self.process.limits();
        match name {
            LimitName::Stack => limits.stack = value,
            LimitName::Vmem => limits.vmem = value,
            LimitName::Memlock => limits.memlock = value,
            LimitName::Swap => limits.swap = value,
        }
        self.process.set_limits(limits);
    }
}

impl<const B: usize> AddressSpace for EngineSpace<B> {
    fn create(config: &Config) -> Self {
        let map = VmMap::new(config.min, config.max);
        let process = Process::new(map, config.limits, config.tunables)
            .expect("a configuration has a step other than 0");
        Self { process }
    }

    fn apply(&mut self, op: &Op, changes: &mut Vec<Change>) -> (Answer, Cause) {
        let tell = |change| changes.push(change);
        let map = self.process.map_mut();
        match *op {
            Op::Insert { start, end, mapping } => plain(map.insert(start, end, mapping, tell)),
            Op::Stack { addrbos, max_ssize, prot, max, flags } => {
                plain(self.process.stack(addrbos, max_ssize, prot, max, flags, tell))
            }
            Op::Grow { addr } => match self.process.grow(addr, tell) {
                Ok(growth) => (Answer::Code(KernReturn::Success), Cause::Grew(growth)),
                Err(refusal) => refused(refusal),
            },
            Op::FindSpace { start, length } => found(map.find_space(start, length)),
            Op::Find { start, length, max_addr, space, mapping } => {
                found(map.find(start, length, max_addr, space, mapping, tell))
            }
            Op::Fixed { start, length, mapping } => plain(map.fixed(start, length, mapping, tell)),
            Op::Remove { start, end } => plain(map.remove(start, end, tell)),
            Op::Protect { start, end, prot, what } => {
                plain(map.protect(start, end, prot, what, tell))
            }
            Op::Inherit { start, end, inherit } => plain(map.inherit(start, end, inherit)),
            Op::Madvise { start, end, advice } => plain(map.advise(start, end, advice)),
            Op::Wire { start, end, wiring, holes } => {
                plain(map.wire(start, end, wiring, holes, tell))
            }
            Op::Unwire { start, end, wiring, holes } => {
                plain(map.unwire(start, end, wiring, holes, tell))
            }
            Op::Check { start, end, prot } => {
                (Answer::Truth(map.check_protection(start, end, prot)), Cause::Done)
            }
            Op::Lookup { addr } => {
                let bounds: Option<AddrRange> = map.lookup(addr).map(|entry| entry.range);
                (Answer::Holds(bounds), Cause::Done)
            }
            Op::Limit { name, value } => {
                self.set_limit(name, value);
                (Answer::Silent, Cause::Done)
            }
            Op::SetGrowSize { value } => match self.process.set_sgrowsiz(value) {
                Ok(()) => (Answer::Silent, Cause::Done),
                Err(refusal) => refused(refusal),
            },
            Op::SetGuardPage { on } => {
                self.process.set_guard_page(on);
                (Answer::Silent, Cause::Done)
            }
            Op::WireFuture { on } => {
                map.set_wire_future(on);
                (Answer::Silent, Cause::Done)
            }
            Op::Dump => (Answer::Silent, Cause::Done),
            Op::Exec { top, maxssiz, prot } => plain(self.process.exec(top, maxssiz, prot, tell)),
        }
    }

    fn entries(&self, rows: &mut Vec<Row>) {
        refill(rows, self.process.map().entries());
    }

    fn summary(&self) -> Summary {
        let map = self.process.map();
        Summary {
            size: map.size(),
            entries: map.len(),
            ssize: self.process.ssize(),
            reserved: map.reserved(),
            wired: map.wired_pages(),
            maxsaddr: Some(self.process.tunables().maxsaddr),
        }
    }

    fn check(&self) -> Result<(), String> {
        self.process.map().check_index().map_err(|violation| violation.to_string())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "takes what an operation returns as it is")]
fn plain<T>(outcome: Result<T, Refusal>) -> (Answer, Cause) {
    match outcome {
        Ok(_) => (Answer::Code(KernReturn::Success), Cause::Done),
        Err(refusal) => refused(refusal),
    }
}

fn found(outcome: Result<Addr, Refusal>) -> (Answer, Cause) {
    match outcome {
        Ok(addr) => (Answer::Found(addr), Cause::Done),
        Err(refusal) => refused(refusal),
    }
}

fn refused(refusal: Refusal) -> (Answer, Cause) {
    (Answer::Code(refusal.kern()), Cause::Refused(refusal))
}
