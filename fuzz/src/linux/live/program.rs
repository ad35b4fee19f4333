//! What the rules ask of the machine for a process that runs a program, from the files of `/proc` alone.

use std::fs;

use growstack::{Addr, AddrRange, PAGE_SIZE, Size};

use super::Refused;
use super::machine::{Machine, Process};
use crate::linux::{LinuxConfig, Program, Rules};

/// The addresses that programs have on x86-64.
const USER: (Addr, Addr) = (Addr::ZERO, Addr::new(0x7fff_ffff_f000));
/// What security modules make the lowest address as a rule.
const LOWEST: u64 = 0x1_0000;
/// `stack_guard_gap` if the kernel was not started with another, in pages.
const GAP: u64 = 256;

/// The configuration of process `id`, whose program is laid out so.
///
/// # Errors
///
/// A machine for which there are no rules, or a process of which nothing is to be found out.
pub fn config_of(id: u32, program: Program) -> Result<LinuxConfig, Refused> {
    let machine = Machine::read()?;
    let Process { soft, hard, capabilities, .. } = Process::read(id)?;
    let (start, end) = USER;
    Ok(LinuxConfig {
        version: machine.version,
        rules: Rules::of(machine.version),
        window: AddrRange::new(start, end).unwrap_or(AddrRange::ALL),
        gap: Size::pages(gap().unwrap_or(GAP)),
        min: Addr::new(machine.fixed_min.max(LOWEST).next_multiple_of(PAGE_SIZE)),
        fixed_min: Addr::new(machine.fixed_min),
        keys: keys(),
        capabilities,
        soft,
        hard,
        overcommit: machine.overcommit,
        committable: machine.committable,
        huge_pages: machine.huge_pages.is_some(),
        base_pages: 0,
        base_data: 0,
        program: Some(program),
    })
}

/// The gap that the kernel was started with, in pages.
fn gap() -> Option<u64> {
    let words = fs::read_to_string("/proc/cmdline").ok()?;
    words
        .split_ascii_whitespace()
        .find_map(|word| word.strip_prefix("stack_guard_gap="))?
        .parse()
        .ok()
}

/// Has the CPU protection keys, and does the kernel use them?
fn keys() -> bool {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let flags = text.lines().find(|line| line.starts_with("flags"));
    flags.is_some_and(|line| line.split_ascii_whitespace().any(|flag| flag == "ospke"))
}
