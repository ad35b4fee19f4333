//! The engine for many threads, as an [`AddressSpace`] and for threads that call it at once.

use std::convert::Infallible;
use std::mem;

use growstack::shared::{FaultPath, Locks, ParkingLot, SharedVmSpace, WireError};
use growstack::{
    Addr, AddrRange, Change, EntryFlags, Freebsd9, Freebsd14, Holes, KernReturn, Objects, Plain,
    Prot, Size, VmMap, VmSpace, Wiring,
};
use parking_lot::Mutex;

use crate::answer::{Answer, Cause, Row, Summary};
use crate::engine::{Others, SILENT, Settings, answer, found, grew, plain, refused};
use crate::kernel;
use crate::objects::{Kernel, Numbered, with_handle, with_number};
use crate::op::{Config, ObjectId, Op};
use crate::replay::MapFactory;
use crate::space::{AddressSpace, refill};

/// A shared process with index nodes of width `B`, and those that forks make of it.
#[derive(Debug)]
pub struct SharedSpace<
    K: Settings = Freebsd9,
    const B: usize = 16,
    L: Locks = ParkingLot,
    O: Objects = Kernel,
> {
    /// The current process, open for questions that the trait does not have.
    pub process: SharedVmSpace<L, O, K, B>,
    others: Others<O, K, B>,
    /// The first wiring whose pages nobody had been asked for.
    unasked: Mutex<Option<String>>,
}

/// The shared engine of whichever kernel a trace is of, with index nodes of width `B`.
pub(crate) const fn shared<const B: usize>(name: &'static str) -> MapFactory {
    MapFactory {
        name,
        create: &|config| match config.kernel() {
            kernel::Kernel::Freebsd9 => Box::new(SharedSpace::<Freebsd9, B>::create(config)),
            kernel::Kernel::Freebsd14 => Box::new(SharedSpace::<Freebsd14, B>::create(config)),
        },
    }
}

/// One that threads call at once. None of them forks, so nothing counts references to objects. Nodes
/// are narrow, so that few entries make a deep index.
pub(crate) type Threaded<K, L> = SharedSpace<K, 4, L, Plain<ObjectId>>;

/// How much of the published view is in one of its nodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ViewNodes {
    /// As much as there is room for.
    Whole,
    /// So little that few entries make several levels.
    Narrow,
}

impl<K: Settings, const B: usize, L: Locks, O: Objects<Object: Numbered> + Default>
    SharedSpace<K, B, L, O>
{
    /// An empty one whose faults take this path.
    ///
    /// # Panics
    ///
    /// If there is no memory.
    #[must_use]
    pub fn with_path(config: &Config, path: FaultPath) -> Self {
        Self::with_view(config, path, ViewNodes::Whole)
    }

    /// The same with nodes of the published view as `nodes` says.
    ///
    /// # Panics
    ///
    /// As [`with_path`](Self::with_path).
    #[must_use]
    pub fn with_view(config: &Config, path: FaultPath, nodes: ViewNodes) -> Self {
        let map = VmMap::with_width(config.min, config.max, Default::default());
        let process = VmSpace::new(map, config.limits, K::tunables(config));
        let process = match nodes {
            ViewNodes::Whole => SharedVmSpace::with_path(process, path),
            ViewNodes::Narrow => SharedVmSpace::with_narrow_view(process, path),
        };
        let process = process.expect("there is memory");
        Self { process, others: Others::default(), unasked: Mutex::default() }
    }

    /// Runs one operation, as any thread may; `pause` is called in the window of a wiring.
    pub fn call(&self, op: &Op, changes: &mut Vec<Change>, pause: impl Fn()) -> (Answer, Cause) {
        let tell = |change| changes.push(change);
        answer!(op, self.process, self.process, tell, {
            Op::Wire { start, end, wiring, holes } => {
                self.wire((start, end), wiring, holes, changes, pause)
            }
            Op::Limit { name, value } => {
                let mut process = self.process.lock_process();
                let limits = name.set(process.limits(), value);
                process.set_limits(limits);
                SILENT
            }
            // Processes come and go while no thread calls.
            Op::Fork | Op::Use { .. } | Op::Exit { .. } => (Answer::Unsupported, Cause::NotGiven),
            Op::SetGrowSize { .. }
            | Op::SetGuardPage { .. }
            | Op::SetGuardPages { .. }
            | Op::StkGap { .. } => K::set_shared(&self.process, op),
        })
    }

    /// Wires a range, and looks whether the pager was asked for every page that became wired.
    fn wire(
        &self,
        (start, end): (Addr, Addr),
        wiring: Wiring,
        holes: Holes,
        changes: &mut Vec<Change>,
        pause: impl Fn(),
    ) -> (Answer, Cause) {
        let mut asked = Vec::new();
        let fault_in = |pages, _| {
            asked.push(pages);
            pause();
            Ok(())
        };
        let before = changes.len();
        let tell = |change| changes.push(change);
        let outcome = self.process.wire::<Infallible>(start, end, wiring, holes, fault_in, tell);
        let unasked = changes[before..].iter().find(|change| !is_covered(change, &asked));
        if let Some(change) = unasked {
            self.unasked.lock().get_or_insert_with(|| {
                let asked: Vec<String> = asked.iter().map(ToString::to_string).collect();
                let asked = if asked.is_empty() { "nothing".to_owned() } else { asked.join(", ") };
                format!("{change:?}, but the pager was asked for {asked}")
            });
        }
        match outcome {
            Ok(()) => (Answer::Code(KernReturn::Success), Cause::Done),
            Err(WireError::Refused(refusal)) => refused(refusal),
            Err(WireError::Fault(never)) => match never {},
        }
    }

    /// Does the published view say what the map says, at every boundary and beside it?
    ///
    /// # Errors
    ///
    /// A sentence that names the address.
    pub fn check_view(&self) -> Result<(), String> {
        let map = self.process.read();
        let bounds = map.entries().flat_map(|entry| [entry.range.start(), entry.range.end()]);
        for bound in bounds {
            for addr in [bound.wrapping_back(Size::new(1)), bound] {
                let entry =
                    map.lookup(addr).filter(|entry| !entry.flags.contains(EntryFlags::GUARD));
                let there: Option<Prot> = entry.map(|entry| entry.prot);
                let seen = self.process.try_protection(addr);
                if seen != Ok(there) {
                    return Err(format!("the view says {seen:?} of {addr}, the map {there:?}"));
                }
            }
        }
        Ok(())
    }
}

impl<K: Settings, const B: usize, L: Locks, O: Objects<Object: Numbered> + Default> AddressSpace
    for SharedSpace<K, B, L, O>
{
    fn create(config: &Config) -> Self {
        Self::with_path(config, FaultPath::default())
    }

    fn apply(&mut self, op: &Op, changes: &mut Vec<Change>) -> (Answer, Cause) {
        match *op {
            Op::Fork => self.others.add(self.process.fork(|change| changes.push(change))),
            Op::Use { process } => {
                let settings = (self.process.limits(), self.process.tunables());
                self.others.switch(process, settings, |next| {
                    let next = SharedVmSpace::with_path(next, self.process.path());
                    mem::replace(&mut self.process, next.expect("there is memory")).into_inner()
                })
            }
            Op::Exit { process } => self.others.exit(process),
            _ => self.call(op, changes, || ()),
        }
    }

    fn kernel(&self) -> kernel::Kernel {
        K::NAME
    }

    fn entries(&self, rows: &mut Vec<Row>) {
        refill(rows, self.process.read().entries().map(with_number));
    }

    fn summary(&self) -> Summary {
        let (ssize, maxsaddr) = (self.process.ssize(), K::maxsaddr(self.process.tunables()));
        let map = self.process.read();
        Summary {
            size: map.size(),
            entries: map.len(),
            ssize,
            reserved: map.reserved(),
            wired: map.wired_pages(),
            maxsaddr: Some(maxsaddr),
        }
    }

    fn check(&self) -> Result<(), String> {
        self.process.read().check_index().map_err(|violation| violation.to_string())?;
        self.unasked.lock().clone().map_or(Ok(()), Err)?;
        self.check_view()
    }
}

/// Are all pages that a change says are wired among those that were `asked` for, in ascending order?
fn is_covered(change: &Change, asked: &[AddrRange]) -> bool {
    let Change::Wired(wired) = change else { return true };
    let reached = asked.iter().fold(wired.start(), |reached, pages| {
        if pages.start() <= reached { reached.max(pages.end()) } else { reached }
    });
    reached >= wired.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_covered_by_what_was_asked_for() {
        let pages = |start: u64, end: u64| {
            AddrRange::new(Addr::new(start * 0x1000), Addr::new(end * 0x1000)).expect("in order")
        };
        let covered =
            |start, end, asked: &[AddrRange]| is_covered(&Change::Wired(pages(start, end)), asked);
        assert!(covered(4, 8, &[pages(4, 8)]) && covered(4, 8, &[pages(1, 2), pages(3, 9)]));
        assert!(covered(4, 8, &[pages(4, 6), pages(6, 8)]));
        assert!(!covered(4, 8, &[]) && !covered(4, 8, &[pages(5, 8)]));
        assert!(!covered(4, 8, &[pages(4, 7)]) && !covered(4, 8, &[pages(4, 5), pages(6, 8)]));
        assert!(is_covered(&Change::Unwired(pages(4, 8)), &[]));
    }
}
