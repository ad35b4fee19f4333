//! What a process has from the start (L72, L87).

use growstack::AddrRange;

use super::state::{Area, Object};
use super::{Branch, Call, LinuxOracle, PAGE};
use crate::linux::answer::Errno;
use crate::linux::op::{FileTraits, FileView};
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

    /// The VMAs, by address, each with what it shows.
    pub fn mapped(&self) -> impl Iterator<Item = (Vma, Option<FileView>)> {
        let keys = self.config.keys;
        self.state.list.iter().map(move |area| (area.shown(keys), area.file()))
    }
}

impl Area {
    fn file(&self) -> Option<FileView> {
        let (number, traits) = match self.object? {
            Object::File { number, traits } => (number, traits),
            // Numbers from above, which no trace gets to.
            Object::Shared(number) => (u64::MAX - number, FileTraits::empty()),
        };
        Some(FileView { number, offset: self.pgoff.wrapping_mul(PAGE), traits })
    }
}
