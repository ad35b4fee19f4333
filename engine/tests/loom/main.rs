//! The lock protocols of a shared process, in every order that threads can meet in.
//!
//! loom runs each model again and again, until it has tried every way for the threads to take turns
//! and every value that the memory model lets a load see; with at most `PREEMPTIONS` switches
//! away from a thread that could have gone on. Run by `scripts/threads loom`, which also plants faults in
//! the protocols and looks whether the models find them.
#![cfg(loom)]
#![allow(clippy::unwrap_used)]

mod growth;
mod guards;
mod limits;
mod locks;
mod view;
mod wiring;

use std::num::NonZeroU64;

use growstack::shared::{FaultPath, SharedVmSpace};
use growstack::{
    Addr, Freebsd9, Limits, Mapping, Prot, SharedKernel, Size, StackRequest, StackTunables, VmMap,
    VmSpace,
};
use locks::LoomLocks;
use loom::sync::Arc;

/// Switches away from a thread that could have gone on; the others are free.
const PREEMPTIONS: usize = 2;

/// A process with nodes that hold four entries.
type Shared<K = Freebsd9> = SharedVmSpace<LoomLocks, growstack::Plain, K, 4>;

fn page(n: u64) -> Addr {
    Addr::new(n * 0x1000)
}

/// Tries a model in every way.
fn model(run: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.max_branches = 20_000;
    // `LOOM_MAX_PREEMPTIONS` goes before.
    builder.preemption_bound = builder.preemption_bound.or(Some(PREEMPTIONS));
    builder.check(run);
}

/// A process of FreeBSD 9.3 that grows stacks by a page. `single` pages are mapped each by itself,
/// readable.
fn process(single: &[u64], path: FaultPath) -> Arc<Shared> {
    let tunables = StackTunables {
        sgrowsiz: NonZeroU64::new(0x1000).unwrap(),
        maxsaddr: page(50),
        guard_page: false,
    };
    let shared = shared(single, path, tunables);
    shared.set_maxsaddr(page(50));
    shared
}

/// The same of the kernel that the tunables are of.
fn shared<K: SharedKernel>(
    single: &[u64],
    path: FaultPath,
    tunables: K::Tunables,
) -> Arc<Shared<K>> {
    let map = VmMap::with_width(page(1), page(1000), Default::default());
    let mut process = VmSpace::new(map, Limits::default(), tunables);
    for &n in single {
        let mapping = Mapping::anonymous(Prot::READ);
        process.map_mut().insert(page(n), page(n + 1), mapping, |_| ()).unwrap();
    }
    let shared: Shared<K> = SharedVmSpace::with_path(process, path).unwrap();
    // What is made on first use must be there before there are threads: loom does not follow
    // how the pointer to it is handed over.
    shared.reserve_nodes(16).unwrap();
    Arc::new(shared)
}

/// A stack of up to `pages` pages that ends at a page, and has one of them mapped.
fn with_stack<K: SharedKernel>(shared: &Shared<K>, end: u64, pages: u64) {
    let (bottom, size) = (page(end - pages), Size::pages(pages));
    shared.stack(StackRequest::down(bottom, size), |_| ()).unwrap();
}
