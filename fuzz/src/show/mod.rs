//! A picture of a map over time: addresses to the right, operations downwards.
//!
//! ```
//! use growstack_fuzz::{show::picture, trace::Trace};
//! let text = "\
//! growstack-trace 1
//! map min=0x1000 max=0x800000000000 page=4096
//! proc maxsaddr=0x7fffdffff000
//! sysctl sgrowsiz=0x1000 stack_guard_page=0
//! limit stack=inf vmem=inf memlock=inf swap=inf
//! stack 0x100000 0x8000 rw- rwx grows_down
//! grow 0x105000
//! grow 0x1000
//! ";
//! let svg = picture("a stack", &Trace::parse(text.as_bytes())?);
//! assert!(svg.contains("grew down by [0x105000, 0x107000)"));
//! assert_eq!(svg.matches("class=\"refused\"").count(), 2, "one, and the legend");
//! # Ok::<(), growstack_fuzz::trace::ParseError>(())
//! ```

mod axis;
mod draw;
mod history;
mod legend;

use crate::trace::Trace;
use history::History;

/// The picture as an SVG document, which any browser shows. `title` is what stands above it.
///
/// The operations run on a map of the trace's kernel; recorded answers are not looked at. Unmapped
/// stretches are cut short, and long ones drawn less than true to scale. Whatever is drawn shows its
/// numbers when the pointer is on it. Of a trace with very many operations the map is drawn once
/// for each group of them.
#[must_use]
pub fn picture(title: &str, trace: &Trace) -> String {
    draw::draw(title, &History::of(trace)).to_string()
}
