//! How the kernel has laid out a program that has not begun.

use growstack::{Addr, Size};
use growstack_fuzz::linux::Program;
use growstack_fuzz::proc_maps::{Shows, read};
use procfs_core::process::Stat;

/// The layout of the program of which the kernel says this. `None` where it is not known where the search
/// for space begins: that is where the highest mapping below the stack ends.
pub(crate) fn program(stat: &Stat, maps: &str) -> Option<Program> {
    let regions = read(maps).ok()?;
    let stack = regions.iter().find(|region| region.shows == Shows::Stack)?;
    let below = regions.iter().filter(|region| region.range.end() <= stack.range.start());
    let top = below.map(|region| region.range.end()).max()?;
    let heap = Addr::new(stat.start_brk?);
    let data = stat.end_data.zip(stat.start_data).and_then(|(end, start)| end.checked_sub(start));
    let data = Size::new(data.unwrap_or(0));
    Some(Program { top, heap, brk: heap, data })
}
