//! Instruction counts of every operation of the engine, under callgrind.
//!
//!     cargo bench -p growstack-benches --features instructions --bench instructions
//!
//! A benchmark counts one batch of operations on a map that is set up beforehand. The arguments are
//! gungraun's: `--save-baseline=NAME`, `--baseline=NAME`, `--callgrind-limits=ir=1%`.

#![allow(missing_docs)] // The macros of gungraun make undocumented items.

use growstack_benches::job::Job;
use growstack_benches::op::Op;
use growstack_benches::refused::Reason;
use growstack_benches::subject::Who;
use gungraun::{library_benchmark, library_benchmark_group, main};

fn job(op: Op, n: usize) -> Job {
    Job::new(op, Who::Engine, n)
}

macro_rules! count {
    ($($name:ident: $op:expr;)*) => {
        $(
            #[library_benchmark]
            #[bench::n256(args = ($op, 256), setup = job)]
            #[bench::n4096(args = ($op, 4096), setup = job)]
            #[bench::n65536(args = ($op, 65_536), setup = job)]
            fn $name(mut job: Job) -> Job {
                job.run();
                job
            }
        )*
        library_benchmark_group!(name = operations, benchmarks = [$($name),*]);
    };
}

count! {
    lookup_latency: Op::LookupLatency;
    lookup_entry: Op::LookupEntry;
    lookup_miss: Op::LookupMiss;
    neighbours_latency: Op::NeighboursLatency;
    neighbours_mapped: Op::NeighboursMapped;
    grow_mapped: Op::GrowMapped;
    grow_outside: Op::GrowOutside;
    grow_down: Op::GrowDown;
    grow_up: Op::GrowUp;
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

main!(library_benchmark_groups = operations);
