//! Traces of Linux: operations with the answers of a kernel and the VMAs that it had after each
//! (`docs/trace.md`).
//!
//! They begin as all traces do, and their header names the kernel. A list of VMAs that is as it was is
//! written as one word, since most operations change little.
//!
//! ```
//! use growstack_fuzz::linux::trace::LinuxTrace;
//! let text = "\
//! growstack-trace 1
//! map min=0x0 max=0x1000000 page=4096 kernel=linux-6.18.44
//! linux gap=0x100000 min_addr=0x10000 fixed_min=0x1000 keys=on huge_pages=on
//! proc base_pages=0 base_data=0 capabilities=- overcommit=0 committable=4194304
//! limit stack=0x800000 as=inf data=inf memlock=0x800000
//! hard stack=inf as=inf data=inf memlock=0x800000
//! mmap 0x200000 0x1000 rw- fixed,growsdown
//! = 0x200000
//! | 0x200000 0x201000 rd wr gd ac
//! | vmas=1
//! store 0x1ff000 # one page further
//! = ok
//! | 0x1ff000 0x201000 rd wr gd ac
//! | vmas=1
//! load 0x1ff000
//! = ok
//! | unchanged
//! ";
//! let trace = LinuxTrace::parse(text.as_bytes()).unwrap();
//! assert_eq!(trace.steps.len(), 3);
//! assert_eq!(trace.steps[2].vmas, trace.steps[1].vmas);
//! assert_eq!(trace.to_string(), text);
//! ```

mod header;
mod line;
mod reader;
mod writer;

use std::sync::Arc;

use super::answer::LinuxAnswer;
use super::config::LinuxConfig;
use super::op::LinuxOp;
use super::vma::{Shown, Vma};
use crate::trace::ParseError;

/// A trace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinuxTrace {
    /// What it starts from.
    pub config: LinuxConfig,
    /// What the kernel that it was recorded on shows of its VMAs.
    pub shown: Shown,
    /// Comments and blank lines before the first operation.
    pub head: String,
    /// The operations in order.
    pub steps: Vec<LinuxStep>,
    /// Comments and blank lines after the last result.
    pub tail: String,
}

/// One operation of a trace, with what is recorded of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinuxStep {
    /// The operation.
    pub op: LinuxOp,
    /// What it answered, if that is known.
    pub answer: Option<LinuxAnswer>,
    /// The VMAs of the window after it, by address, if those are known.
    pub vmas: Option<Arc<[Vma]>>,
    /// Comments and blank lines above it.
    pub above: String,
    /// The comment beside it, `#` included; empty for none.
    pub beside: String,
    /// The comment beside its answer.
    pub remark: String,
    /// The number of its line, from 1; 0, if it was not read from a text.
    pub line: usize,
}

impl LinuxTrace {
    /// A trace without operations, of a kernel that shows everything.
    #[must_use]
    pub fn new(config: LinuxConfig) -> Self {
        let (head, tail) = (String::new(), String::new());
        Self { config, shown: Shown::ALL, head, steps: Vec::new(), tail }
    }

    /// A trace of these operations, with nothing recorded.
    #[must_use]
    pub fn of(config: LinuxConfig, ops: impl IntoIterator<Item = LinuxOp>) -> Self {
        let steps = ops.into_iter().map(LinuxStep::new).collect();
        Self { steps, ..Self::new(config) }
    }

    /// Reads a trace. Time and memory are linear in the length of the text, but for lists that are
    /// shared.
    ///
    /// # Errors
    ///
    /// The first line and column at which the text breaks the format.
    pub fn parse(text: &[u8]) -> Result<Self, ParseError> {
        reader::parse(text)
    }

    /// Is the text a trace whose header names a Linux?
    #[must_use]
    pub fn is_named_by(text: &[u8]) -> bool {
        // The header is short, and its second line names the kernel.
        let start = text.get(..4096).unwrap_or(text);
        let named = |line: &[u8]| line.starts_with(b"map ") && contains(line, b" kernel=linux");
        start.split(|&byte| byte == b'\n').any(named)
    }
}

fn contains(line: &[u8], part: &[u8]) -> bool {
    line.windows(part.len()).any(|window| window == part)
}

impl LinuxStep {
    /// An operation with nothing recorded.
    #[must_use]
    pub fn new(op: LinuxOp) -> Self {
        let (above, beside, remark) = (String::new(), String::new(), String::new());
        Self { op, answer: None, vmas: None, above, beside, remark, line: 0 }
    }
}
