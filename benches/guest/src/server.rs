//! Faults served by the engine: it is asked to grow, and exactly the range that it names is
//! committed.

use std::fmt::Arguments;
use std::io::Write as _;
use std::rc::Rc;
use std::time::{Duration, Instant};

use growstack::{Addr, AddrRange, Change, Growth, Prot, Refusal, VmMap, VmSpace};

use crate::region::Region;
use crate::trap::{Serve, Served, write_error};

/// A growth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GrowthEvent {
    /// The address touched.
    pub fault: Addr,
    /// The range that the engine named, and that was committed.
    pub added: AddrRange,
}

/// What a growth mapped.
pub(crate) type Named = (AddrRange, Prot);

/// The engine as the server of a region.
#[derive(Debug)]
pub(crate) struct EngineServer {
    process: VmSpace,
    region: Rc<Region>,
    /// What the engine took of the last fault.
    pub(crate) engine_time: Duration,
    /// Never grows beyond its capacity.
    events: Vec<GrowthEvent>,
}

impl EngineServer {
    /// A server of faults on `region`, by the stacks of the process. Before any growth, call
    /// [`change`](Self::change). The first `growths` events after it are kept.
    pub(crate) fn new(mut process: VmSpace, region: Rc<Region>, growths: usize) -> Self {
        process.map_mut().set_node_cap(Some(0));
        let events = Vec::with_capacity(growths);
        Self { process, region, engine_time: Duration::ZERO, events }
    }

    pub(crate) const fn process(&self) -> &VmSpace {
        &self.process
    }

    pub(crate) fn events(&self) -> &[GrowthEvent] {
        &self.events
    }

    /// Changes the process, forgets the events, and reserves nodes for as many growths as the
    /// events have room for. Whatever happens, the engine can allocate no node afterwards: if the
    /// closure panics, or memory runs out, growths that need a node are refused.
    pub(crate) fn change<T>(
        &mut self,
        change: impl FnOnce(&mut VmSpace) -> T,
    ) -> Result<T, Refusal> {
        // A growth may split a node on every level. The halves have room again, and a level gets
        // another entry only by a split below it: a quarter of a node for each growth is more than
        // there can be.
        let nodes = self.events.capacity() / 4 + <VmMap>::MAX_NODES_PER_OPERATION;
        self.events.clear();
        let open = Uncapped::new(&mut self.process);
        let answer = change(open.0);
        open.0.map_mut().reserve_nodes(nodes)?;
        drop(open);
        let map = self.process.map_mut();
        map.set_node_cap(Some(map.nodes_in_use() + nodes));
        Ok(answer)
    }

    /// Asks the engine to grow, and keeps how long it took; the range that it named, with the protection.
    ///
    /// A call of its own, so that within a fault and without one the same code runs.
    #[inline(never)]
    pub(crate) fn ask(&mut self, addr: Addr) -> (Result<Growth, Refusal>, Option<Named>) {
        let mut named = None;
        let started = Instant::now();
        let answer = self.process.grow(addr, |change| {
            if let Change::Mapped(range, prot) = change {
                named = Some((range, prot));
            }
        });
        self.engine_time = started.elapsed();
        (answer, named)
    }

    fn commit(&mut self, fault: Addr, added: AddrRange, prot: Prot) -> Served {
        if let Err(error) = self.region.commit(added, prot) {
            let error = error.raw_os_error().unwrap_or(0);
            return crash(fault, format_args!("cannot commit {added}: error {error}"));
        }
        if self.events.len() < self.events.capacity() {
            self.events.push(GrowthEvent { fault, added });
        }
        Served::Retry
    }
}

/// A process without a cap on its nodes. On drop, unwinding included, the cap is what is in use.
struct Uncapped<'a>(&'a mut VmSpace);

impl<'a> Uncapped<'a> {
    fn new(process: &'a mut VmSpace) -> Self {
        process.map_mut().set_node_cap(None);
        Self(process)
    }
}

impl Drop for Uncapped<'_> {
    fn drop(&mut self) {
        self.0.map_mut().set_node_cap(Some(0));
    }
}

// SAFETY: `grow` takes no lock and does not panic. It allocates nothing: only `change` lifts the
// node cap, `Uncapped` restores it on every path, and it is raised again only to nodes that are
// reserved. `grow` frees nothing, since it only adds. Other code changes the region only while
// nothing can fault on it. `commit` makes one system call, and reading the clock makes none that is
// unsafe here. A push below the capacity does not allocate, and messages are formatted on the
// signal stack.
unsafe impl Serve for EngineServer {
    fn serve(&mut self, addr: Addr) -> Served {
        match self.ask(addr) {
            (Ok(Growth::Grown { .. }), Some((added, prot))) => self.commit(addr, added, prot),
            (Err(refusal), _) => crash(addr, format_args!("refused: {refusal}")),
            (Ok(Growth::NoStack), _) => crash(addr, format_args!("next to no stack")),
            (Ok(_), _) => crash(addr, format_args!("its mapping does not allow it")),
        }
    }
}

/// Writes the reason of a crash, cut to 256 bytes.
fn crash(fault: Addr, reason: Arguments<'_>) -> Served {
    let mut text = [0; 256];
    let mut rest = &mut text[..];
    let _ = writeln!(rest, "fault at {fault:#x}: {reason}");
    let used = 256 - rest.len();
    write_error(text.get(..used).unwrap_or(&[]));
    Served::Crash
}
