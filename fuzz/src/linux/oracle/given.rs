//! What a process has from the start (L72, L87).

use growstack::{Addr, AddrRange};

use super::state::{Area, Object};
use super::{Branch, Call, LinuxOracle, PAGE};
use crate::linux::answer::Errno;
use crate::linux::config::{LinuxConfig, Program};
use crate::linux::op::{FileTraits, FileView, LinuxOp};
use crate::linux::vma::{Vma, VmaFlags};

impl LinuxOracle {
    /// A VMA that is there, which merges with nothing: the kernel has made it so.
    pub(super) fn given(
        &mut self,
        range: AddrRange,
        flags: VmaFlags,
        file: Option<FileView>,
    ) -> Call {
        let (start, end) = (range.start().get(), range.end().get());
        if !self.state.is_free(start, end) {
            return self.refuse(Branch::GivenTwice, Errno::EEXIST);
        }
        self.reach(Branch::Given);
        let object = file.map(|FileView { number, traits, .. }| Object::File { number, traits });
        let pgoff = file.map_or(start / PAGE, |file| file.offset / PAGE);
        let x = self.state.first_above(start);
        self.state.list.insert(x, Area { start, end, flags, anon: None, pgoff, object });
        Ok(0)
    }

    /// What a child that is forked now starts from: its configuration, and the VMAs that it has. Nothing
    /// of it is locked.
    #[must_use]
    pub fn child(&self) -> (LinuxConfig, Vec<LinuxOp>) {
        let brk = Addr::new(self.state.brk);
        let program = self.config.program.map(|program| Program { brk, ..program });
        let config = LinuxConfig { soft: self.state.soft, program, ..self.config };
        let kept = self.state.list.iter().filter(|area| !area.has(VmaFlags::DC));
        (config, kept.map(Area::in_a_child).collect())
    }
}

impl Area {
    fn in_a_child(&self) -> LinuxOp {
        let Vma { range, flags, .. } = self.shown(false);
        LinuxOp::Given { range, flags: flags - VmaFlags::LO - VmaFlags::LF, file: self.file() }
    }

    fn file(&self) -> Option<FileView> {
        let (number, traits) = match self.object? {
            Object::File { number, traits } => (number, traits),
            // Numbers from above, which no trace gets to.
            Object::Shared(number) => (u64::MAX - number, FileTraits::empty()),
        };
        Some(FileView { number, offset: self.pgoff.wrapping_mul(PAGE), traits })
    }
}
