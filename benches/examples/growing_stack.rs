//! Runs an ordinary recursive function on a thread whose stack the engine grows, from one page to
//! many MiB and back, and shows how it ends where the engine refuses.
//!
//! ```sh
//! cargo run --release -p growstack-benches --example growing_stack
//! ```

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() -> anyhow::Result<()> {
    linux::main()
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() {
    eprintln!("growing_stack: serves page faults of Linux on x86-64, and this is another system");
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod linux {
    use std::env;
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::Command;

    use anyhow::{Context as _, ensure};
    use clap::{Parser, ValueEnum};
    use growstack::Size;
    use growstack_benches::fault::growing::{GrowingStack, Plan};
    use growstack_benches::fault::recursion::recurse;
    use growstack_benches::fault::space;
    use growstack_benches::machine::fault::engine::Event;
    use growstack_benches::machine::fault::heap::NotInHandler;
    use growstack_benches::machine::fault::trap::Trap;

    /// Ends the process if anything allocates inside the fault handler.
    #[global_allocator]
    static HEAP: NotInHandler = NotInHandler;

    /// Bytes that the recursion leaves of the stack: for its last frames and what called it.
    const LEFT: u64 = 64 << 10;

    #[derive(Parser)]
    struct Arguments {
        /// How much stack the recursion uses, in MiB.
        #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=4096))]
        mib: u64,
        /// How often, each time on a stack of one page.
        #[arg(long, default_value_t = 3)]
        rounds: u32,
        /// Pages of a step of growth.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1024))]
        step: u64,
        /// Runs into a bound, and ends by it.
        #[arg(long, hide = true)]
        into: Option<Bound>,
    }

    /// Where growth ends.
    #[derive(Clone, Copy, ValueEnum)]
    enum Bound {
        /// The stack limit.
        Limit,
        /// The guard page above the neighbour.
        Guard,
        /// The reserve.
        Reserve,
    }

    impl Bound {
        /// A stack of which the recursion uses more than it may get.
        fn plan(self) -> Plan {
            let plan = Plan::pages(Size::new(1 << 20));
            match self {
                Self::Limit => Plan { limit: Some(Size::new(256 << 10)), ..plan },
                Self::Guard => Plan { guard_page: true, ..plan },
                Self::Reserve => plan,
            }
        }
    }

    pub(crate) fn main() -> anyhow::Result<()> {
        let Arguments { mib, rounds, step, into } = Arguments::parse();
        // A thread like any other: it is its stack that is not.
        let work = move || match into {
            None => grow(mib << 20, rounds, step),
            Some(bound) => run_into(bound),
        };
        std::thread::spawn(work).join().expect("the thread does not panic")?;
        if into.is_none() {
            for bound in Bound::value_variants() {
                show_end(*bound)?;
            }
        }
        Ok(())
    }

    /// The recursion, as often as asked; the growth of the first round is shown.
    fn grow(bytes: u64, rounds: u32, step: u64) -> anyhow::Result<()> {
        let trap = Trap::enter()?;
        let reserve = Size::new(bytes + LEFT);
        let stack = GrowingStack::new(&Plan { step: Size::pages(step), ..Plan::pages(reserve) })?;
        let range = stack.range();
        println!("a stack in [{:#x}, {:#x})", range.start().get(), range.end().get());
        for round in 1..=rounds {
            let depth = stack.run(&trap, || recurse(bytes));
            let events = stack.events();
            if round == 1 {
                show_growth(&stack, &events);
            }
            println!(
                "round {round}: {} frames, {} of them damaged; {} growths to {} KiB",
                depth.frames,
                depth.damaged,
                events.len(),
                stack.committed().get() >> 10,
            );
            ensure!(depth.damaged == 0, "a frame was written over");
            ensure!(stack.committed().get() > bytes, "the recursion used less than it was to");
            if round < rounds {
                stack.reset()?;
            }
        }
        agree(&stack)
    }

    /// The map at every doubling of the stack.
    fn show_growth(stack: &GrowingStack, events: &[Event]) {
        const BAR: u64 = 32;
        let range = stack.range();
        println!("{:>7} {:>14} {:>14} {:>9}", "growth", "fault", "mapped from", "KiB");
        for (at, event) in (1_usize..).zip(events) {
            if !at.is_power_of_two() && at != events.len() {
                continue;
            }
            let mapped = range.end().wrapping_sub(event.added.start()).get();
            let marks = (mapped * BAR).div_ceil(range.len().get());
            let bar: String = (1..=BAR).map(|i| if i > BAR - marks { '#' } else { '.' }).collect();
            let (fault, from) = (event.fault.get(), event.added.start().get());
            println!("{at:>7} {fault:>#14x} {from:>#14x} {:>9} |{bar}|", mapped >> 10);
        }
    }

    /// Do engine and kernel have the same mapped?
    fn agree(stack: &GrowingStack) -> anyhow::Result<()> {
        let ours = stack.inspect(|process| {
            let inside = process.map().entries_from(stack.range().start());
            inside.filter(|entry| entry.range.end() <= stack.range().end()).count()
        });
        let mut bytes = 0;
        for (range, prot) in space::mappings()? {
            let (start, end) = (range.start().max(stack.range().start()), range.end());
            if start < end.min(stack.range().end()) && !prot.is_empty() {
                let end = end.min(stack.range().end());
                bytes += end.wrapping_sub(start).get();
                println!("/proc/self/maps: [{:#x}, {:#x}) {prot:?}", start.get(), end.get());
            }
        }
        println!("the engine: {ours} entries, {} KiB", stack.committed().get() >> 10);
        ensure!(bytes == stack.committed().get(), "the kernel has {bytes} bytes mapped");
        Ok(())
    }

    /// Recurses on a stack that may not grow as far.
    fn run_into(bound: Bound) -> anyhow::Result<()> {
        let trap = Trap::enter()?;
        let stack = GrowingStack::new(&bound.plan())?;
        let depth = stack.run(&trap, || recurse(2 << 20));
        anyhow::bail!("{} frames, and nothing ended the process", depth.frames)
    }

    /// Runs into a bound in another process, and shows how that ended.
    fn show_end(bound: Bound) -> anyhow::Result<()> {
        let name = bound.to_possible_value().context("every bound has a name")?;
        let this = env::current_exe()?;
        let ended = Command::new(this).args(["--into", name.get_name()]).output()?;
        let said = String::from_utf8_lossy(&ended.stderr);
        println!("into the {}: {}; {}", name.get_name(), ended.status, said.trim());
        ensure!(ended.status.signal() == Some(11), "it should have ended by SIGSEGV");
        Ok(())
    }
}
