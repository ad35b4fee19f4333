//! Runs an ordinary recursive function on a stack that the engine grows, from one page to many MiB,
//! and compares what engine and kernel have mapped then.
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
    use anyhow::ensure;
    use clap::Parser;
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
    }

    pub(super) fn main() -> anyhow::Result<()> {
        let Arguments { mib, rounds } = Arguments::parse();
        let bytes = mib << 20;
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
}
