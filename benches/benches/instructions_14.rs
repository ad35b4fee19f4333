//! Instruction counts of growth by the rules of FreeBSD 14.2, under callgrind.
//!
//!     cargo bench -p growstack-benches --features freebsd-14 --bench instructions_14
//!
//! The stacks are those of `instructions`, in the same places. The map has an entry more for each: the
//! gap that it grows into. Reasons of a refusal that 14.2 does not have are left out: all the room of a
//! stack is its gap, which touches it.

#![allow(missing_docs)] // The macros of gungraun make undocumented items.

use growstack_benches::job::Job;
use growstack_benches::op::Op;
use growstack_benches::refused::Reason;
use growstack_benches::subject::Who;
use gungraun::prelude::*;

fn setup(op: Op, n: usize) -> Job {
    Job::new(op, Who::Engine14, n)
}

macro_rules! benchmarks {
    ($($name:ident: $op:expr;)*) => {
        $(
            #[library_benchmark]
            #[bench::n256(args = ($op, 256), setup = setup)]
            #[bench::n4096(args = ($op, 4096), setup = setup)]
            #[bench::n65536(args = ($op, 65_536), setup = setup)]
            fn $name(mut job: Job) -> Job {
                job.run();
                job
            }
        )*

        library_benchmark_group!(name = operations, benchmarks = [$($name),*]);
    };
}

benchmarks! {
    grow_mapped_14: Op::GrowMapped;
    grow_outside_14: Op::GrowOutside;
    grow_down_14: Op::GrowDown;
    grow_up_14: Op::GrowUp;
    grow_refused_guard_page_14: Op::GrowRefused(Reason::GuardPage);
    grow_refused_stack_limit_14: Op::GrowRefused(Reason::StackLimit);
    grow_refused_memlock_14: Op::GrowRefused(Reason::Memlock);
    grow_refused_vmem_14: Op::GrowRefused(Reason::Vmem);
    grow_refused_swap_14: Op::GrowRefused(Reason::Swap);
    stack_14: Op::Stack;
}

main!(library_benchmark_groups = [operations]);
