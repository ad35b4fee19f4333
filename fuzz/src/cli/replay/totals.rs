//! The last lines of `growstack replay`.

use std::io;
use std::path::Path;

use super::Replayed;
use crate::replay::Counts;

/// The last lines: of traces, and of inputs.
#[derive(Default)]
pub(super) struct Totals {
    pub(super) files: usize,
    pub(super) counts: Counts,
    pub(super) failed: usize,
    /// How many were not run to their end.
    pub(super) ended: usize,
    /// Was the reason of one of them that the kernel overlooked room?
    pub(super) lower: bool,
    /// The first of those, and why.
    pub(super) first_ended: Option<String>,
    /// How many had an operation passed over.
    pub(super) with_passed: usize,
    /// How many were compared with what the kernel said.
    pub(super) recorded: usize,
    /// How many of Linux were compared page by page with the kernel's list, and how many pages that has.
    by_page: usize,
    pages: u64,
    /// Stores of which no answer is recorded: for which a stack has grown, and others.
    grown: usize,
    written: usize,
    /// For how many maps were left out that have no fork.
    pub(super) forkless: usize,
    /// For how many maps were left out that are of another kernel.
    pub(super) kernelless: usize,
    /// How many were run on several maps.
    pub(super) together: usize,
}

impl Totals {
    pub(super) fn add(&mut self, path: &Path, replayed: &Replayed) {
        let Replayed { counts, failed, left_out, recorded, linux, .. } = replayed;
        let Replayed { forkless, kernelless, together, .. } = replayed;
        self.files += 1;
        self.counts.operations += counts.operations;
        self.counts.answers += counts.answers;
        self.counts.passed += counts.passed;
        self.counts.overlooked += counts.overlooked;
        self.failed += usize::from(failed.is_some());
        self.lower |= counts.ended.is_some_and(|ended| ended.overlooked);
        self.with_passed += usize::from(counts.passed != 0);
        self.recorded += usize::from(*recorded);
        self.by_page += usize::from(linux.pages != 0);
        self.pages += linux.pages;
        self.grown += linux.grown;
        self.written += linux.written;
        self.forkless += usize::from(*forkless);
        self.kernelless += usize::from(*kernelless);
        self.together += usize::from(*together && counts.operations != 0);
        if let Some(left_out) = left_out {
            self.ended += 1;
            self.first_ended.get_or_insert(format!("{}: {left_out}", path.display()));
        }
    }

    pub(super) fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let Self { files, counts, failed, ended, lower, recorded, forkless, with_passed, .. } =
            self;
        let Counts { operations, answers, passed, .. } = counts;
        if *recorded != 0 {
            writeln!(
                out,
                "traces compared page by page with /proc/PID/maps of their processes: {recorded}"
            )?;
        }
        if self.by_page != 0 {
            let Self { by_page, pages, grown, written, .. } = self;
            writeln!(
                out,
                "traces of Linux compared page by page and flag by flag with /proc/PID/smaps: \
                 {by_page}, pages {pages}, not in the log: grown {grown}, written {written}"
            )?;
        }
        if *passed != 0 {
            writeln!(
                out,
                "operations passed over, not supported and without effect: {passed}, \
                 in {with_passed} traces"
            )?;
        }
        if *forkless != 0 {
            writeln!(out, "traces with forks, without the maps that have no fork: {forkless}")?;
        }
        if self.kernelless != 0 {
            writeln!(
                out,
                "traces without the maps that are of another kernel: {}",
                self.kernelless
            )?;
        }
        if counts.overlooked != 0 {
            writeln!(
                out,
                "answers that depend on the shape of the real kernel's tree (D7.3): {}",
                counts.overlooked
            )?;
        }
        if *ended != 0 {
            writeln!(
                out,
                "traces left out from an operation or setting on that a map does not support{}: \
                 {ended}",
                if *lower {
                    ", or from where the kernel overlooked room and mapped lower (D7.3)"
                } else {
                    ""
                }
            )?;
        }
        writeln!(
            out,
            "traces {files}, operations {operations}, answers compared {answers}, \
             divergences {failed}"
        )
    }
}
