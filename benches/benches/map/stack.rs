//! The making of a stack.

use criterion::{BenchmarkId, Criterion};
use growstack::Addr;
use growstack_benches::layout::{Kind, Layout};
use growstack_benches::process::Whole;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::timed::{one_by_one, sizes};

/// A random stack goes, untimed, and is made anew.
pub(crate) fn stack(c: &mut Criterion) {
    for &n in sizes() {
        let layout = Layout::stacks(n, 1);
        let mut whole = Whole::new(&layout).expect("memory for a map");
        let (stacks, mut random) = (layout.of_kind(Kind::Down), StdRng::seed_from_u64(1));
        c.benchmark_group("stack").bench_function(BenchmarkId::from_parameter(n), |b| {
            one_by_one(
                b,
                &mut whole,
                |whole| {
                    let stack = stacks[random.random_range(0..stacks.len())];
                    let (start, end) = (Addr::new(stack.start), Addr::new(stack.end));
                    whole.process.map_mut().remove(start, end, |_| ()).expect("a whole entry");
                    stack
                },
                Whole::make,
                |_, _, made| made.expect("the place is free"),
            );
        });
        assert_eq!(whole.process.map().len(), n);
    }
}
