//! `mmap` (L30 to L39).

use growstack::Prot;

use super::place::Alignment;
use super::state::{Area, Object, is_aligned, whole_pages};
use super::{Branch, Call, LinuxOracle, PAGE};
use crate::linux::answer::Errno;
use crate::linux::op::{FileTraits, FileView, MmapFlags};
use crate::linux::rules::Rules;
use crate::linux::vma::VmaFlags;

impl LinuxOracle {
    pub(super) fn mmap(
        &mut self,
        addr: u64,
        length: u64,
        prot: Prot,
        flags: MmapFlags,
        file: Option<FileView>,
    ) -> Call {
        // L76
        if file.is_some_and(|file| !is_aligned(file.offset)) {
            return self.refuse(Branch::OffsetUnaligned, Errno::EINVAL);
        }
        // L30
        if length == 0 {
            return self.refuse(Branch::MmapEmpty, Errno::EINVAL);
        }
        let Some(length) = whole_pages(length) else {
            return self.refuse(Branch::NoPlace, Errno::ENOMEM);
        };
        let start = if flags.is_fixed() {
            addr
        } else {
            let hint = self.hint(addr);
            self.place(hint, length, alignment(flags, file)).ok_or(Errno::ENOMEM)?
        };
        if !is_aligned(start) {
            return self.refuse(Branch::MmapUnaligned, Errno::EINVAL);
        }
        // L31
        if !self.is_allowed_at(start) {
            return self.refuse(Branch::MmapTooLow, Errno::EPERM);
        }
        // L32
        let end = start + length;
        if flags.contains(MmapFlags::FIXED_NOREPLACE) && !self.state.is_free(start, end) {
            return self.refuse(Branch::MmapExists, Errno::EEXIST);
        }
        if flags.contains(MmapFlags::LOCKED) && !self.may_lock_at_all() {
            return self.refuse(Branch::MmapLockForbidden, Errno::EPERM);
        }
        let vma_flags = self.new_flags(prot, flags);
        let vma_flags = vma_flags | self.sharing(prot, flags, file)?;
        if !self.may_lock(length / PAGE, vma_flags) {
            return self.refuse(Branch::MmapLockLimit, Errno::EAGAIN);
        }
        self.make_room(start, end, vma_flags)?;
        // L46
        self.reach(Branch::Mapped);
        let (object, pgoff) = self.shown(start, flags, file);
        self.insert(Area { start, end, flags: vma_flags, anon: None, pgoff, object });
        // L39
        if vma_flags.contains(VmaFlags::LO) || flags.contains(MmapFlags::POPULATE) {
            self.populate_quietly(start, length);
        }
        Ok(start)
    }

    /// L73: the flags of what is shared. What is shared, or shows a file, does not grow.
    fn sharing(
        &mut self,
        prot: Prot,
        flags: MmapFlags,
        file: Option<FileView>,
    ) -> Result<VmaFlags, Errno> {
        let shared = flags.contains(MmapFlags::SHARED);
        let read_only = file.is_some_and(|file| file.traits.contains(FileTraits::READ_ONLY));
        if shared && read_only && prot.contains(Prot::WRITE) {
            return self.refuse(Branch::MmapReadOnly, Errno::EACCES);
        }
        if flags.contains(MmapFlags::GROWSDOWN) && (shared || file.is_some()) {
            return self.refuse(Branch::MmapNotGrowable, Errno::EINVAL);
        }
        Ok(match (shared, read_only) {
            (false, _) => VmaFlags::empty(),
            (true, false) => {
                self.reach(Branch::MappedShared);
                VmaFlags::SH | VmaFlags::MS
            }
            (true, true) => {
                self.reach(Branch::MappedReadOnly);
                VmaFlags::MS
            }
        })
    }

    /// L72: what a new mapping shows, and the number of its first page.
    fn shown(
        &mut self,
        start: u64,
        flags: MmapFlags,
        file: Option<FileView>,
    ) -> (Option<Object>, u64) {
        match file {
            Some(FileView { number, offset, traits }) => {
                self.reach(Branch::MappedFile);
                (Some(Object::File { number, traits }), offset / PAGE)
            }
            None if flags.contains(MmapFlags::SHARED) => (Some(self.state.new_object()), 0),
            None => (None, start / PAGE),
        }
    }

    /// L34.
    fn new_flags(&self, prot: Prot, flags: MmapFlags) -> VmaFlags {
        let nh = self.config.rules.contains(Rules::STACK_NH) && self.config.huge_pages;
        let given = [
            (MmapFlags::GROWSDOWN, VmaFlags::GD),
            (MmapFlags::LOCKED, VmaFlags::LO),
            (MmapFlags::NORESERVE, VmaFlags::NR),
            (MmapFlags::STACK, if nh { VmaFlags::NH } else { VmaFlags::empty() }),
        ];
        let mut new = VmaFlags::of(prot) | self.state.def_flags;
        for (flag, vma_flag) in given {
            if flags.contains(flag) {
                new |= vma_flag;
            }
        }
        let shared = flags.contains(MmapFlags::SHARED);
        if !shared && new & (VmaFlags::WR | VmaFlags::NR) == VmaFlags::WR {
            new |= VmaFlags::AC;
        }
        new
    }

    /// L33: empties the range, if the limits allow what comes there.
    fn make_room(&mut self, start: u64, end: u64, flags: VmaFlags) -> Result<(), Errno> {
        let replaced = self.state.pages_in(start, end, |_| true);
        let accounted = self.state.pages_in(start, end, |area| area.has(VmaFlags::AC));
        let pages = (end - start) / PAGE;
        self.may_cut(start, end)?;
        if self.config.rules.contains(Rules::SPLIT_FIRST) {
            self.split_ends(start, end);
        }
        if !self.may_expand(pages - replaced, flags) {
            return self.refuse(Branch::MmapLimit, Errno::ENOMEM);
        }
        if flags.contains(VmaFlags::AC) && !self.may_commit(pages.saturating_sub(accounted)) {
            return self.refuse(Branch::MmapCommit, Errno::ENOMEM);
        }
        if replaced != 0 {
            self.reach(Branch::MmapReplaced);
            self.remove(start, end);
        }
        Ok(())
    }
}

/// L38, L77: how a mapping may be placed for huge pages.
fn alignment(flags: MmapFlags, file: Option<FileView>) -> Alignment {
    match file {
        Some(file) if file.traits.contains(FileTraits::HUGE) => Alignment::File(file.offset),
        Some(_) => Alignment::None,
        None if flags.contains(MmapFlags::SHARED) => Alignment::None,
        None => Alignment::Anonymous,
    }
}
