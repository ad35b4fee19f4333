//! Growth, whatever becomes of it but a refusal.

use criterion::{BenchmarkId, Criterion};
use growstack::{Addr, Growth, PAGE_SIZE, Refusal, Size};
use growstack_benches::layout::{Kind, Layout, Span};
use growstack_benches::process::Whole;
use growstack_benches::work::Source;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::timed::{one_by_one, sizes};

/// What FreeBSD grows stacks by.
const STEP: Size = Size::new(128 << 10);

/// A fault, and the stack that it grows, if it does.
type Fault = (Addr, Option<Span>);

/// Growth to a mapped address, outside every stack, and of a random stack.
pub(crate) fn grow(c: &mut Criterion) {
    for &n in sizes() {
        let layout = Layout::stacks(n, 1);
        // Above every second entry of four, which is no stack, a stack that grows up comes next.
        let outside: Vec<Span> = layout.spans.iter().copied().skip(1).step_by(4).collect();
        let mut whole = Whole::new(&layout).expect("memory for a map");
        let source = Source::new(layout);
        case(c, "grow_mapped", n, &mut whole, Size::PAGE, |random| {
            (Addr::new(source.mapped(random)), None)
        });
        case(c, "grow_outside", n, &mut whole, Size::PAGE, |random| {
            let at = random.random_range(0..outside.len());
            (Addr::new(outside[at].end + random.random_range(0..PAGE_SIZE)), None)
        });
        let below = |random: &mut StdRng| {
            let (addr, stack) = source.below_stack(random);
            (Addr::new(addr), Some(stack))
        };
        case(c, "grow_down_page", n, &mut whole, Size::PAGE, below);
        case(c, "grow_down_sgrowsiz", n, &mut whole, STEP, below);
        case(c, "grow_up_page", n, &mut whole, Size::PAGE, |random| {
            let (addr, stack) = source.above_stack(random);
            (Addr::new(addr), Some(stack))
        });
    }
}

fn case(
    c: &mut Criterion,
    name: &str,
    n: usize,
    whole: &mut Whole,
    step: Size,
    draw: impl Fn(&mut StdRng) -> Fault,
) {
    let mut random = StdRng::seed_from_u64(2);
    c.benchmark_group(name).bench_function(BenchmarkId::from_parameter(n), |b| {
        one_by_one(
            b,
            whole,
            |whole| {
                whole.reserve().expect("memory for nodes");
                whole.process.set_sgrowsiz(step).expect("a step other than 0");
                draw(&mut random)
            },
            |whole, (addr, _)| whole.process.grow(*addr, |_| ()),
            undo,
        );
    });
}

fn undo(whole: &mut Whole, (addr, stack): &Fault, answer: Result<Growth, Refusal>) {
    match (answer, stack) {
        (Ok(Growth::Grown { added, .. }), Some(stack)) if added.contains(*addr) => {
            let down = stack.kind == Kind::Down;
            assert_eq!(if down { added.end() } else { added.start() }.get(), edge(stack));
            whole.undo(stack);
        }
        (Ok(Growth::AlreadyMapped | Growth::NoStack), None) => {}
        (answer, _) => panic!("{addr}: {answer:?}"),
    }
}

fn edge(stack: &Span) -> u64 {
    if stack.kind == Kind::Down { stack.start } else { stack.end }
}
