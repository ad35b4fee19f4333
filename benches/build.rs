//! Tells the programs which compiler made them, and with which flags.

use std::env::var;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let version = var("RUSTC").ok().and_then(|rustc| {
        let told = Command::new(rustc).arg("--version").output().ok()?;
        String::from_utf8(told.stdout).ok()
    });
    println!("cargo::rustc-env=BUILT_BY={}", version.as_deref().unwrap_or("rustc").trim());
    let flags = var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default().replace('\u{1f}', " ");
    println!("cargo::rustc-env=BUILT_WITH={flags}");
    println!("cargo::rustc-env=BUILT_ON={}", var("HOST").unwrap_or_default());
    println!("cargo::rustc-env=BUILT_AT={}", var("OPT_LEVEL").unwrap_or_default());
}
