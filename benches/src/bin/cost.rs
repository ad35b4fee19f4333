//! Prints what look-up, growth and insertion cost at several sizes of map, as a Markdown table;
//! `scripts/cost` builds and runs it.

use growstack_benches::machine::tsc::Clock;
use growstack_benches::process::Whole;
use growstack_benches::speed::{Pace, engine_alone};
use growstack_benches::{SIZES, host, layout::Layout};

fn main() -> Result<(), growstack::Refusal> {
    if !host::pin() {
        eprintln!("warning: cannot keep to one core");
    }
    println!(
        "| entries | nodes visited | lookup, ns | grow, ns | insert + remove, ns | bytes an entry |"
    );
    println!("|---:|---:|---:|---:|---:|---:|");
    let clock = Clock::calibrate();
    for n in SIZES {
        let whole = Whole::new(&Layout::stacks(n, 1))?;
        let map = whole.process.map();
        let bytes = map.memory().div_ceil(n);
        let results = engine_alone(n, Pace::QUICK, &clock);
        let median = |op, who| results.median(op, n, who).unwrap_or(f64::NAN);
        println!(
            "| {n} | {} | {:.0} | {:.0} | {:.0} | {bytes} |",
            map.height(),
            median("lookup_latency", "growstack"),
            median("grow_down", "growstack"),
            median("insert_remove", "growstack whole"),
        );
    }
    Ok(())
}
