//! One page fault from touch to return: without growth, with growth by the kernel, and with growth
//! by the engine behind a signal handler. Prints the quantiles of single faults on the standard
//! error output, beside what criterion makes of their sums; and of the engine's share in a served
//! fault, the part that is there because the fault came first: the same growths run warm between.
#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() {
    eprintln!("page_fault: SKIPPED, since it needs Linux on x86-64");
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
criterion::criterion_main!(linux::benches);

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod linux {
    use std::cell::RefCell;
    use std::time::{Duration, Instant};

    use criterion::measurement::WallTime;
    use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group};
    use growstack::{Addr, AddrRange, PAGE_SIZE, Prot, Size};
    use growstack_guest::heap::NotInHandler;
    use growstack_guest::kernel::KernelStack;
    use growstack_guest::region::Region;
    use growstack_guest::stack::{GrowingStack, Plan};
    use growstack_guest::trap::Trap;
    use hdrhistogram::Histogram;

    #[global_allocator]
    static HEAP: NotInHandler = NotInHandler;

    /// Faults between two resets: a page each, below the one that is there at first.
    const FAULTS: u64 = 1023;
    /// Nanoseconds beyond which a histogram does not distinguish: some seconds.
    const NS: u64 = 1 << 34;

    fn page_fault(criterion: &mut Criterion) {
        // A huge page would serve 512 touches with one fault.
        rustix::thread::disable_transparent_huge_pages(true).expect("huge pages can be disabled");
        let trap = Trap::enter().expect("faults can be caught");
        let len = Size::pages(FAULTS + 1);
        let mut group = criterion.benchmark_group("page_fault");
        group.throughput(Throughput::Elements(1));

        let region = Region::reserve(len).expect("address space is free");
        let commit = || {
            region.reset().expect("the region is not in use");
            region.commit(region.range(), Prot::RW).expect("memory can be committed");
        };
        let touch = |addr| timed(|| region.touch(addr));
        measure(&mut group, "no_growth", region.range(), touch, commit);

        let kernel = KernelStack::new(len).expect("the stack limit is high enough");
        let reset = || kernel.reset().expect("it was mapped before");
        let touch = |addr| timed(|| kernel.touch(addr));
        measure(&mut group, "kernel", kernel.range(), touch, reset);

        let stack = GrowingStack::new(&Plan::pages(len)).expect("address space is free");
        let reset = || stack.reset().expect("it was mapped before");
        let touch = |addr| stack.serve(&trap, || timed(|| stack.touch(addr)));
        measure(&mut group, "engine", stack.range(), touch, reset);
        let parts = RefCell::new(Parts::new());
        let engine = |addr| {
            let whole = touch(addr);
            parts.borrow_mut().whole.saturating_record(nanoseconds(whole));
            stack.engine_time()
        };
        let reset_after_warm = || {
            let warm = &mut parts.borrow_mut().warm;
            let addrs = (0..FAULTS).map(|n| nth(stack.range(), n));
            let took = |took| warm.saturating_record(nanoseconds(took));
            // It resets the stack before and after.
            reset();
            stack.grow_warm(addrs, took).expect("the stack is as it was made");
        };
        let alone = measure(&mut group, "engine_alone", stack.range(), engine, reset_after_warm);
        group.finish();
        parts.borrow().print(&alone);
    }

    /// What else is known of the faults of which the engine's share is measured.
    struct Parts {
        /// From touch to return.
        whole: Histogram<u64>,
        /// The same growths without faults, one after the other.
        warm: Histogram<u64>,
    }

    impl Parts {
        fn new() -> Self {
            Self { whole: histogram(), warm: histogram() }
        }

        /// Prints the medians, and which part of a served fault they are.
        fn print(&self, alone: &Histogram<u64>) {
            if alone.len() <= 1 {
                eprintln!("engine_share: not measured, for want of faults");
                return;
            }
            print("engine_warm", &self.warm);
            let p50 = |of: &Histogram<u64>| i64::try_from(of.value_at_quantile(0.5)).unwrap_or(0);
            let (whole, alone, warm) = (p50(&self.whole).max(1), p50(alone), p50(&self.warm));
            let cold = alone - warm;
            #[expect(clippy::cast_precision_loss, reason = "nanoseconds of a fault")]
            let share = |part: i64| 100.0 * part as f64 / whole as f64;
            eprintln!(
                "engine_share: of a served fault of {whole} ns, the engine {alone} ns ({:.1} %): \
                 warm {warm} ns ({:.1} %), cold {cold} ns ({:.1} %)",
                share(alone),
                share(warm),
                share(cold)
            );
        }
    }

    fn histogram() -> Histogram<u64> {
        Histogram::new_with_max(NS, 3).expect("the bounds are in order")
    }

    fn nanoseconds(took: Duration) -> u64 {
        u64::try_from(took.as_nanos()).unwrap_or(u64::MAX)
    }

    /// Where a fault touches: the pages below the first one of a stack, in turn.
    fn nth(stack: AddrRange, fault: u64) -> Addr {
        let below = Size::pages(fault % FAULTS + 1).wrapping_add(Size::new(8));
        stack.end().wrapping_back(below)
    }

    /// Prints the quantiles of single faults. Under `--test` there is one fault, under `--list` none.
    fn print(name: &str, each: &Histogram<u64>) {
        let ns = |quantile| each.value_at_quantile(quantile);
        if each.len() > 1 {
            let (p50, p99, p999) = (ns(0.5), ns(0.99), ns(0.999));
            eprintln!("{name}: {} faults, ns: p50 {p50}, p99 {p99}, p99.9 {p999}", each.len());
        }
    }

    fn timed(touch: impl FnOnce()) -> Duration {
        let started = Instant::now();
        touch();
        started.elapsed()
    }

    /// Measures faults in a stack, from its end down; the resets are not timed. Returns every fault.
    fn measure(
        group: &mut BenchmarkGroup<'_, WallTime>,
        name: &str,
        stack: AddrRange,
        fault: impl Fn(Addr) -> Duration,
        reset: impl Fn(),
    ) -> Histogram<u64> {
        let mut each = histogram();
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|faults| {
                let mut total = Duration::ZERO;
                for n in 0..faults {
                    if n % FAULTS == 0 {
                        reset();
                    }
                    let took = fault(nth(stack, n));
                    total += took;
                    each.saturating_record(nanoseconds(took));
                }
                total
            });
        });
        print(name, &each);
        each
    }

    const _: () = assert!(PAGE_SIZE == 4096, "a touch a page");

    criterion_group! {
        name = benches;
        config = Criterion::default()
            .warm_up_time(Duration::from_millis(300))
            .measurement_time(Duration::from_secs(1))
            .nresamples(20_000);
        targets = page_fault
    }
}
