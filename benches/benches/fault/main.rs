//! `cargo bench --bench fault`: real page faults, served by the engine, beside what the kernel and
//! others take for the same. How to read what it prints: `docs/faults.md`.
//!
//! Run as a test, it takes one round with few mappings.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod linux;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() -> anyhow::Result<()> {
    linux::main()
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() {
    eprintln!("fault: measures page faults of Linux on x86-64, and this is another system");
}
