//! Faults served by the engine: it is asked to grow, and exactly the range that it names is
//! committed.

use std::io::Write as _;
use std::rc::Rc;

use growstack::{Addr, AddrRange, Change, Growth, Process, Prot, Refusal, VmMap};

use super::region::{Commit, Region};
use super::trap::{Serve, Served, tell};
use crate::machine::tsc::{start, stop};

/// What a fault cost inside the handler, in ticks, the readings of the clock included.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Parts {
    /// Asking the engine.
    pub engine: u64,
    /// The kernel's call that commits memory.
    pub commit: u64,
}

/// A growth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event {
    /// The address touched.
    pub fault: Addr,
    /// What the engine named, and what was committed.
    pub added: AddrRange,
}

/// A region under the engine.
#[derive(Debug)]
pub struct EngineStack {
    process: Process,
    region: Rc<Region>,
    how: Commit,
    parts: Parts,
    /// Never has more elements than it has room for.
    events: Vec<Event>,
}

impl EngineStack {
    /// A server of faults on `region`, whose stacks are those of the process; for the first
    /// `growths` of them, nodes are made ready and the events kept.
    ///
    /// # Errors
    ///
    /// [`Refusal::OutOfNodes`] without memory.
    pub fn new(
        process: Process,
        region: Rc<Region>,
        how: Commit,
        growths: usize,
    ) -> Result<Self, Refusal> {
        let (events, parts) = (Vec::with_capacity(growths), Parts::default());
        let mut stack = Self { process, region, how, parts, events };
        stack.seal(growths)?;
        Ok(stack)
    }

    /// The process.
    #[must_use]
    pub const fn process(&self) -> &Process {
        &self.process
    }

    /// Changes the process, forgets the events, and makes ready for as many growths as at first.
    ///
    /// # Errors
    ///
    /// [`Refusal::OutOfNodes`] without memory; then fewer growths are served.
    pub fn change<T>(&mut self, change: impl FnOnce(&mut Process) -> T) -> Result<T, Refusal> {
        self.process.map_mut().set_node_cap(None);
        let answer = change(&mut self.process);
        self.events.clear();
        self.seal(self.events.capacity())?;
        Ok(answer)
    }

    /// Makes nodes ready, and sees to it that beyond them the engine refuses: so that no growth
    /// ever allocates.
    fn seal(&mut self, growths: usize) -> Result<(), Refusal> {
        // A growth may split a node on every level. The halves have room again, and an entry more
        // comes to each level only with a split below: a quarter of a node a growth is more than
        // there can be.
        let nodes = growths / 4 + <VmMap>::MAX_NODES_PER_OPERATION;
        let map = self.process.map_mut();
        map.set_node_cap(None);
        let ready = map.reserve_nodes(nodes);
        let nodes = if ready.is_ok() { nodes } else { 0 };
        map.set_node_cap(Some(map.nodes_in_use() + nodes));
        ready
    }

    /// What the last fault cost.
    #[must_use]
    pub const fn parts(&self) -> Parts {
        self.parts
    }

    /// The growths kept.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    fn commit(&mut self, fault: Addr, (added, prot): (AddrRange, Prot)) -> Served {
        let began = start();
        let committed = self.region.commit(added, prot, self.how);
        self.parts.commit = stop().ticks.saturating_sub(began);
        if let Err(error) = committed {
            let error = error.raw_os_error().unwrap_or(0);
            say(format_args!("cannot commit {added:?}: error {error}\n"));
            return Served::Crash;
        }
        if self.events.len() < self.events.capacity() {
            self.events.push(Event { fault, added });
        }
        Served::Retry
    }
}

// SAFETY: `grow` takes no lock and does not panic. It allocates nothing: whoever changes the process
// seals it, by `new` or `change`, and a growth beyond the nodes that are ready is refused. It frees
// nothing, since a growth only adds. The region is shared with code that changes it only while
// nothing can fault on it; `commit` makes one system call. Pushing below the capacity does not
// allocate, and a message is formatted into an array on the signal stack.
unsafe impl Serve for EngineStack {
    fn serve(&mut self, addr: Addr) -> Served {
        let mut named = None;
        let began = start();
        let answer = self.process.grow(addr, |change| {
            if let Change::Mapped(range, prot) = change {
                named = Some((range, prot));
            }
        });
        self.parts.engine = stop().ticks.saturating_sub(began);
        match (answer, named) {
            (Ok(Growth::Grown { .. }), Some(named)) => self.commit(addr, named),
            (Err(refusal), _) => {
                say(format_args!("fault at {:#x}: refused: {refusal}\n", addr.get()));
                Served::Crash
            }
            (Ok(Growth::NoStack), _) => {
                say(format_args!("fault at {:#x}: next to no stack\n", addr.get()));
                Served::Crash
            }
            (Ok(_), _) => {
                say(format_args!("fault at {:#x}: its mapping does not allow it\n", addr.get()));
                Served::Crash
            }
        }
    }
}

/// Writes a message of up to 256 bytes, as the reason of a crash.
fn say(message: std::fmt::Arguments<'_>) {
    let mut text = [0; 256];
    let mut rest = &mut text[..];
    // What does not fit is cut.
    let _ = rest.write_fmt(message);
    let used = 256 - rest.len();
    tell(text.get(..used).unwrap_or(&[]));
}
