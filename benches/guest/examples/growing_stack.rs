//! Runs an ordinary recursive function on a stack that the engine grows, from one page to many MiB,
//! and shows how the process ends where the engine refuses.
//!
//! ```sh
//! cargo run --release -p growstack-guest --example growing_stack
//! ```

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() {
    eprintln!("growing_stack: SKIPPED, since it needs Linux on x86-64");
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() -> anyhow::Result<()> {
    linux::main()
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod linux {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::Command;

    use anyhow::ensure;
    use clap::{Parser, ValueEnum};
    use growstack::Size;
    use growstack_guest::heap::NotInHandler;
    use growstack_guest::recursion::recurse;
    use growstack_guest::space;
    use growstack_guest::stack::{GrowingStack, Plan};
    use growstack_guest::trap::Trap;

    #[global_allocator]
    static HEAP: NotInHandler = NotInHandler;

    /// Bytes that the recursion leaves of the stack: for its last frames and its callers.
    const LEFT: u64 = 64 << 10;

    #[derive(Parser)]
    struct Arguments {
        /// Stack that the recursion uses, in MiB.
        #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=4096))]
        mib: u64,
        /// Recursions, each on a stack of one page.
        #[arg(long, default_value_t = 3)]
        rounds: u32,
        /// Recurse past a bound, which ends the process.
        #[arg(long, hide = true)]
        into: Option<Bound>,
    }

    /// Where growth ends.
    #[derive(Clone, Copy, Debug, ValueEnum)]
    enum Bound {
        /// The stack limit.
        Limit,
        /// The guard page above the neighbour.
        Guard,
        /// The reserve.
        Reserve,
    }

    pub(super) fn main() -> anyhow::Result<()> {
        let arguments = Arguments::parse();
        if let Some(bound) = arguments.into {
            return run_into(bound);
        }
        grow(arguments.mib << 20, arguments.rounds)?;
        Bound::value_variants().iter().try_for_each(|bound| show_end(*bound))
    }

    fn grow(bytes: u64, rounds: u32) -> anyhow::Result<()> {
        let trap = Trap::enter()?;
        let stack = GrowingStack::new(&Plan::pages(Size::new(bytes + LEFT)))?;
        println!("a stack in {}", stack.range());
        for round in 1..=rounds {
            stack.reset()?;
            let depth = stack.run(&trap, || recurse(bytes));
            let (growths, kib) = (stack.growths().len(), stack.committed().get() >> 10);
            println!(
                "round {round}: {} frames, {} damaged; {growths} growths to {kib} KiB",
                depth.frames, depth.damaged,
            );
            ensure!(depth.damaged == 0, "a frame was damaged");
            ensure!(stack.committed().get() > bytes, "the recursion used less than asked");
        }
        agree(&stack)
    }

    /// Checks that the kernel has as many bytes of the stack mapped as the engine.
    fn agree(stack: &GrowingStack) -> anyhow::Result<()> {
        let mut bytes = 0;
        for (range, prot) in space::mappings()? {
            let start = range.start().max(stack.range().start());
            let end = range.end().min(stack.range().end());
            if start < end && !prot.is_empty() {
                bytes += end.wrapping_sub(start).get();
                println!("/proc/self/maps: [{start}, {end}) {prot}");
            }
        }
        let entries = stack.inspect(|process| {
            let above = process.map().entries_from(stack.range().start());
            above.take_while(|entry| entry.range.end() <= stack.range().end()).count()
        });
        println!("the engine: {entries} entries, {} KiB", stack.committed().get() >> 10);
        ensure!(bytes == stack.committed().get(), "the kernel has {bytes} bytes mapped");
        Ok(())
    }

    /// Recurses further than the stack may grow.
    fn run_into(bound: Bound) -> anyhow::Result<()> {
        let plan = Plan::pages(Size::new(1 << 20));
        let plan = match bound {
            Bound::Limit => Plan { limit: Some(Size::new(256 << 10)), ..plan },
            Bound::Guard => Plan { guard_page: true, ..plan },
            Bound::Reserve => plan,
        };
        let trap = Trap::enter()?;
        let depth = GrowingStack::new(&plan)?.run(&trap, || recurse(2 << 20));
        anyhow::bail!("{} frames, and nothing ended the process", depth.frames)
    }

    fn show_end(bound: Bound) -> anyhow::Result<()> {
        let name = format!("{bound:?}").to_lowercase();
        let ended = Command::new(std::env::current_exe()?).args(["--into", &name]).output()?;
        let reason = String::from_utf8_lossy(&ended.stderr);
        println!("into the {name}: {}; {}", ended.status, reason.trim());
        ensure!(ended.status.signal() == Some(11), "it should have ended by SIGSEGV");
        Ok(())
    }
}
