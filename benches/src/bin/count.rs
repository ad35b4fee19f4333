//! Carries out one operation many times, for a simulator to count its instructions and cache misses;
//! `scripts/count` builds it and runs it under valgrind.

use std::hint::black_box;

use anyhow::Context;
use clap::Parser;
use growstack_benches::layout::{Kind, Layout, Span};
use growstack_benches::machine::heap::CountingHeap;
use growstack_benches::machine::tsc::Clock;
use growstack_benches::process::Whole;
use growstack_benches::speed::Act;
use growstack_benches::speed::runner::{Runner, all};
use growstack_benches::work::{Source, Work};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

#[global_allocator]
static HEAP: CountingHeap = CountingHeap;

/// Carries out one operation many times, or, to be subtracted, all but that.
#[derive(Parser)]
struct Arguments {
    /// The map, as `scripts/speed` names it.
    who: String,
    /// The operation, as `scripts/speed` names it.
    op: String,
    /// Entries of the map.
    #[arg(long, default_value_t = 4096, value_parser = clap::value_parser!(u32).range(4..))]
    entries: u32,
    /// How often; growth at most once for each stack that grows that way.
    #[arg(long, default_value_t = 1000)]
    times: usize,
    /// Prepare everything, and carry nothing out.
    #[arg(long)]
    idle: bool,
}

/// The clock is not read for anything, so it need not be right.
const CLOCK: Clock = Clock { ns_per_tick: 1.0, overhead: 0 };

fn main() -> anyhow::Result<()> {
    let Arguments { who, op, entries, times, idle } = Arguments::parse();
    let n = usize::try_from(entries)?;
    let act = Act::ALL.into_iter().find(|act| act.op() == op).context("no such operation")?;
    let random = &mut StdRng::seed_from_u64(1);
    let layout =
        if act == Act::FindSpace { Layout::fragmented(n, 1) } else { Layout::stacks(n, 1) };
    // Growth cannot be repeated without being undone, which would be counted too.
    let kind = match act {
        Act::GrowDown | Act::GrowDownByEntry => Some(Kind::Down),
        Act::GrowUp => Some(Kind::Up),
        _ => None,
    };
    if let Some(kind) = kind {
        anyhow::ensure!(who == "growstack", "growth is counted of growstack alone");
        let mut stacks = layout.of_kind(kind);
        stacks.shuffle(random);
        stacks.truncate(times);
        println!("{}", stacks.len());
        return Ok(grow(&layout, &stacks, idle)?);
    }
    let mut runners = all(&layout, true).into_iter().map(|(runner, _)| runner);
    let runner = runners.find(|runner| runner.who(act) == who).context("no such map")?;
    let work = Work { warm: Vec::new(), ..Source::new(layout).draw(times, random) };
    println!("{times}");
    repeat(runner, act, &work, idle)
}

fn repeat(mut map: Box<dyn Runner>, act: Act, work: &Work, idle: bool) -> anyhow::Result<()> {
    if !black_box(idle) {
        black_box(map.run(act, work, &CLOCK)).context("the map cannot do that")?;
    }
    Ok(())
}

fn grow(layout: &Layout, stacks: &[Span], idle: bool) -> Result<(), growstack::Refusal> {
    let mut whole = Whole::new(layout)?;
    whole.process.map_mut().reserve_nodes(stacks.len())?;
    if !black_box(idle) {
        for stack in stacks {
            let below = stack.kind == Kind::Down;
            black_box(whole.grow(if below { stack.start - 1 } else { stack.end }));
        }
    }
    Ok(())
}
