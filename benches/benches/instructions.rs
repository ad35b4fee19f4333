//! Instruction counts of every operation of the engine, and the cache lines and pages that it
//! touches, under callgrind.
//!
//!     cargo bench -p growstack-benches --features instructions --bench instructions
//!
//! `operations` counts the instructions of one batch of operations, on a map that is set up
//! beforehand.
//!
//! `lines` and `pages` count what a single operation costs that finds the caches empty: callgrind
//! simulates caches of a fixed size, which are evicted before each operation, so that what misses the
//! last level is what is touched, once each. `ILmr` is code, `DLmr` data read first, `DLmw` data
//! written first; each the sum of 16 operations. The benchmark's own lines are in it.
//!
//! The arguments are gungraun's: `--save-baseline=NAME`, `--baseline=NAME`,
//! `--callgrind-limits=ir=1%`, and a filter, as
//! `'instructions::lines::*'`.

#![allow(missing_docs)] // The macros of gungraun make undocumented items.

use growstack_benches::evict::Evictor;
use growstack_benches::job::Job;
use growstack_benches::op::Op;
use growstack_benches::refused::Reason;
use growstack_benches::subject::Who;
use gungraun::prelude::*;
use gungraun::{Callgrind, EntryPoint, EventKind};

/// Operations that `lines` and `pages` count one by one.
const SINGLES: usize = 16;

/// Bytes of the last level of the simulated caches.
const LAST_LEVEL: usize = 1 << 20;

/// What a benchmark sets up, and what is dropped after it. What evicts the caches is there if
/// operations are run one by one.
type Made = (Job, Option<Evictor>);

fn setup(op: Op, n: usize, singles: bool) -> Made {
    if singles {
        (Job::of_singles(op, Who::Engine, n, SINGLES), Some(Evictor::of(2 * LAST_LEVEL)))
    } else {
        (Job::new(op, Who::Engine, n), None)
    }
}

fn run((mut job, evictor): Made) -> Made {
    let Some(mut evictor) = evictor else {
        job.run();
        return (job, None);
    };
    for _ in 0..SINGLES {
        evictor.evict();
        job.run();
        job.undo();
        job.advance();
    }
    (job, Some(evictor))
}

/// Caches with lines of a length. That for code has two, the fewest there can be, so that the last
/// level sees every line of code, and forgets it too.
fn evicted(line: usize) -> LibraryBenchmarkConfig {
    let mut callgrind = Callgrind::with_args([
        format!("--I1={},1,{line}", 2 * line),
        format!("--D1=32768,8,{line}"),
        format!("--LL={LAST_LEVEL},16,{line}"),
    ]);
    let events = [EventKind::Ir, EventKind::ILmr, EventKind::DLmr, EventKind::DLmw];
    callgrind.entry_point(EntryPoint::Custom("*::job::Job::run".into())).format(events);
    let mut config = LibraryBenchmarkConfig::default();
    config.tool(callgrind);
    config
}

macro_rules! benchmarks {
    ($singles:expr, $($name:ident: $op:expr;)*) => {$(
        #[library_benchmark]
        #[bench::n256(args = ($op, 256, $singles), setup = setup)]
        #[bench::n4096(args = ($op, 4096, $singles), setup = setup)]
        #[bench::n65536(args = ($op, 65_536, $singles), setup = setup)]
        fn $name(made: Made) -> Made {
            run(made)
        }
    )*};
}

benchmarks! {
    false,
    lookup_latency: Op::LookupLatency;
    lookup_entry: Op::LookupEntry;
    lookup_miss: Op::LookupMiss;
    neighbours_latency: Op::NeighboursLatency;
    neighbours_mapped: Op::NeighboursMapped;
    grow_mapped: Op::GrowMapped;
    grow_outside: Op::GrowOutside;
    grow_down: Op::GrowDown;
    grow_up: Op::GrowUp;
    grow_linux: Op::GrowLinux;
    grow_refused_avail: Op::GrowRefused(Reason::Avail);
    grow_refused_neighbour: Op::GrowRefused(Reason::Neighbour);
    grow_refused_guard_page: Op::GrowRefused(Reason::GuardPage);
    grow_refused_stack_limit: Op::GrowRefused(Reason::StackLimit);
    grow_refused_memlock: Op::GrowRefused(Reason::Memlock);
    grow_refused_vmem: Op::GrowRefused(Reason::Vmem);
    grow_refused_swap: Op::GrowRefused(Reason::Swap);
    grow_refused_map_end: Op::GrowRefused(Reason::MapEnd);
    stack: Op::Stack;
    insert_remove: Op::InsertRemove;
    findspace: Op::FindSpace;
    protect: Op::Protect;
}

benchmarks! {
    true,
    lookup_entry_lines: Op::LookupEntry;
    grow_down_lines: Op::GrowDown;
    grow_up_lines: Op::GrowUp;
    findspace_lines: Op::FindSpace;
    lookup_entry_pages: Op::LookupEntry;
    grow_down_pages: Op::GrowDown;
    grow_up_pages: Op::GrowUp;
    findspace_pages: Op::FindSpace;
}

library_benchmark_group!(
    name = operations,
    benchmarks = [
        lookup_latency,
        lookup_entry,
        lookup_miss,
        neighbours_latency,
        neighbours_mapped,
        grow_mapped,
        grow_outside,
        grow_down,
        grow_up,
        grow_linux,
        grow_refused_avail,
        grow_refused_neighbour,
        grow_refused_guard_page,
        grow_refused_stack_limit,
        grow_refused_memlock,
        grow_refused_vmem,
        grow_refused_swap,
        grow_refused_map_end,
        stack,
        insert_remove,
        findspace,
        protect
    ]
);

library_benchmark_group!(
    name = lines,
    config = evicted(64),
    benchmarks = [lookup_entry_lines, grow_down_lines, grow_up_lines, findspace_lines]
);

library_benchmark_group!(
    name = pages,
    config = evicted(4096),
    benchmarks = [lookup_entry_pages, grow_down_pages, grow_up_pages, findspace_pages]
);

main!(library_benchmark_groups = [operations, lines, pages]);
