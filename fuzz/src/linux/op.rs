//! What a process asks of Linux's memory management, and what it touches.

use bitflags::bitflags;
use growstack::{Addr, AddrRange, Prot, Size};

use super::vma::VmaFlags;
use super::words::{comma_words, numbered_words};

/// One operation: a system call, or an access to one byte.
///
/// Addresses and lengths are bytes and need not be aligned: what is not is the kernel's to refuse.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LinuxOp {
    /// Empties the window, and sets limits and everything else back to the header of the trace.
    Reset,
    /// `mmap(addr, length, prot, flags | MAP_ANONYMOUS, -1, 0)`.
    Mmap {
        /// A hint, or the place itself with [`MmapFlags::FIXED`]; 0 for none.
        addr: Addr,
        /// How long.
        length: Size,
        /// What may be done with it.
        prot: Prot,
        /// How it is made.
        flags: MmapFlags,
    },
    /// `mmap(addr, length, prot, flags, fd, offset)`: a mapping of a file.
    MmapFile {
        /// A hint, or the place itself with [`MmapFlags::FIXED`]; 0 for none.
        addr: Addr,
        /// How long.
        length: Size,
        /// What may be done with it.
        prot: Prot,
        /// How it is made.
        flags: MmapFlags,
        /// What it shows.
        file: FileView,
    },
    /// `munmap(addr, length)`.
    Munmap {
        /// From where.
        addr: Addr,
        /// How far.
        length: Size,
    },
    /// `mprotect(addr, length, prot | stretch)`.
    Mprotect {
        /// From where.
        addr: Addr,
        /// How far.
        length: Size,
        /// What may be done from now on.
        prot: Prot,
        /// Whether the range goes on to an end of a growing VMA.
        stretch: Stretch,
    },
    /// `madvise(addr, length, advice)`.
    Madvise {
        /// From where.
        addr: Addr,
        /// How far.
        length: Size,
        /// What is said of it.
        advice: Advice,
    },
    /// `mlock2(addr, length, flags)`; without flags it is `mlock`.
    Mlock {
        /// From where.
        addr: Addr,
        /// How far.
        length: Size,
        /// When.
        flags: MlockFlags,
    },
    /// `munlock(addr, length)`.
    Munlock {
        /// From where.
        addr: Addr,
        /// How far.
        length: Size,
    },
    /// `mlockall(flags)`.
    Mlockall {
        /// What is locked.
        flags: MlockallFlags,
    },
    /// `munlockall()`.
    Munlockall,
    /// `mremap(addr, old, new, flags, target)`.
    Mremap {
        /// What is moved, or made longer or shorter.
        addr: Addr,
        /// Its length.
        old: Size,
        /// Its length afterwards.
        new: Size,
        /// How.
        flags: MremapFlags,
        /// Its address afterwards, with [`MremapFlags::FIXED`].
        target: Addr,
    },
    /// `brk(end)`.
    Brk {
        /// Where the heap is to end.
        end: Addr,
    },
    /// No call: a VMA that the process has from the start, which `execve` or its parent has made.
    Given {
        /// Where it is.
        range: AddrRange,
        /// Its attributes.
        flags: VmaFlags,
        /// What it shows, if it is not private and anonymous.
        file: Option<FileView>,
    },
    /// `setrlimit` of a soft limit, the hard one left alone. A value above the hard limit, as `u64::MAX`
    /// for none is, means the hard limit.
    Setrlimit {
        /// Which limit.
        resource: Resource,
        /// Its value, in bytes.
        limit: u64,
    },
    /// The process loads one byte.
    Load {
        /// From here.
        addr: Addr,
    },
    /// The process stores one byte.
    Store {
        /// There.
        addr: Addr,
    },
    /// The kernel stores one byte for the process: `read(2)` of one byte into it.
    KernelStore {
        /// There.
        addr: Addr,
    },
    /// `pread(2)` of one byte from the process's `/proc/PID/mem`.
    ProcMem {
        /// From here.
        addr: Addr,
    },
    /// `process_vm_readv(2)` of one byte from the process by itself.
    VmRead {
        /// From here.
        addr: Addr,
    },
}

/// A part of a file, or of what is like one: a segment of shared memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FileView {
    /// Which file, as it was opened. Numbers are the trace's own.
    pub number: u64,
    /// Where the part begins, in bytes.
    pub offset: u64,
    /// What is to be known of the file.
    pub traits: FileTraits,
}

bitflags! {
    /// What the rules ask of a file.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct FileTraits: u32 {
        /// Opened for reading only.
        const READ_ONLY = 1;
        /// On a file system that places mappings for huge pages, as ext4 and xfs do.
        const HUGE = 1 << 1;
    }

    /// The flags of `mmap(2)`, beside `MAP_PRIVATE` and `MAP_ANONYMOUS`, by the kernel's numbers.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct MmapFlags: u32 {
        /// `MAP_SHARED`; without it, `MAP_PRIVATE`.
        const SHARED = 1;
        /// `MAP_FIXED`: there and nowhere else, whatever is in the way.
        const FIXED = 0x10;
        /// `MAP_GROWSDOWN`: it grows towards lower addresses.
        const GROWSDOWN = 0x100;
        /// `MAP_LOCKED`: locked, and populated at once.
        const LOCKED = 0x2000;
        /// `MAP_NORESERVE`: not accounted.
        const NORESERVE = 0x4000;
        /// `MAP_POPULATE`: populated at once.
        const POPULATE = 0x8000;
        /// `MAP_STACK`: without huge pages.
        const STACK = 0x2_0000;
        /// `MAP_FIXED_NOREPLACE`: there and nowhere else, and nothing may be in the way.
        const FIXED_NOREPLACE = 0x10_0000;
    }

    /// Where the range of `mprotect(2)` goes on to an end of a growing VMA, by the kernel's numbers.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct Stretch: u32 {
        /// `PROT_GROWSDOWN`: down to the start of a VMA that grows down.
        const GROWSDOWN = 0x0100_0000;
        /// `PROT_GROWSUP`: up to the end of a VMA that grows up, of which x86 has none.
        const GROWSUP = 0x0200_0000;
    }

    /// The flags of `mlock2(2)`, by the kernel's numbers.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct MlockFlags: u32 {
        /// `MLOCK_ONFAULT`: each page when it is touched.
        const ONFAULT = 1;
    }

    /// The flags of `mlockall(2)`, by the kernel's numbers.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct MlockallFlags: u32 {
        /// `MCL_CURRENT`: what is mapped now.
        const CURRENT = 1;
        /// `MCL_FUTURE`: what will be.
        const FUTURE = 2;
        /// `MCL_ONFAULT`: each page when it is touched.
        const ONFAULT = 4;
        /// A bit without a meaning.
        const UNKNOWN = 8;
    }

    /// The flags of `mremap(2)`, by the kernel's numbers.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct MremapFlags: u32 {
        /// `MREMAP_MAYMOVE`: elsewhere, if it does not fit.
        const MAYMOVE = 1;
        /// `MREMAP_FIXED`: to the address given, whatever is in the way.
        const FIXED = 2;
        /// `MREMAP_DONTUNMAP`: what was moved stays as an empty mapping.
        const DONTUNMAP = 4;
    }
}

impl MmapFlags {
    /// Is the place given?
    #[must_use]
    pub const fn is_fixed(self) -> bool {
        self.intersects(Self::FIXED.union(Self::FIXED_NOREPLACE))
    }
}

impl MremapFlags {
    /// Does the caller say where to?
    #[must_use]
    pub const fn is_placed(self) -> bool {
        self.intersects(Self::FIXED.union(Self::DONTUNMAP))
    }
}

comma_words!(FileTraits, MmapFlags, Stretch, MlockFlags, MlockallFlags, MremapFlags);

numbered_words! {
    /// What `madvise(2)` is said of a range, by the kernel's numbers.
    pub enum Advice: u32 {
        /// `MADV_NORMAL`.
        Normal = 0, "normal";
        /// `MADV_RANDOM`: sets `rr`.
        Random = 1, "random";
        /// `MADV_SEQUENTIAL`: sets `sr`.
        Sequential = 2, "sequential";
        /// `MADV_WILLNEED`: the pages will be needed soon.
        WillNeed = 3, "willneed";
        /// `MADV_DONTNEED`: drops the pages.
        DontNeed = 4, "dontneed";
        /// `MADV_FREE`: the pages may be dropped.
        Free = 8, "free";
        /// `MADV_DONTFORK`: sets `dc`.
        DontFork = 10, "dontfork";
        /// `MADV_DOFORK`: clears `dc`.
        DoFork = 11, "dofork";
        /// `MADV_HUGEPAGE`: sets `hg` and clears `nh`.
        HugePage = 14, "hugepage";
        /// `MADV_NOHUGEPAGE`: sets `nh` and clears `hg`.
        NoHugePage = 15, "nohugepage";
        /// `MADV_DONTDUMP`: sets `dd`.
        DontDump = 16, "dontdump";
        /// `MADV_DODUMP`: clears `dd`.
        DoDump = 17, "dodump";
        /// `MADV_WIPEONFORK`: sets `wf`.
        WipeOnFork = 18, "wipeonfork";
        /// `MADV_KEEPONFORK`: clears `wf`.
        KeepOnFork = 19, "keeponfork";
        /// `MADV_COLD`: the pages may be given up first.
        Cold = 20, "cold";
        /// `MADV_PAGEOUT`: the pages are given up.
        PageOut = 21, "pageout";
        /// `MADV_POPULATE_READ`: touches every page by a load.
        PopulateRead = 22, "populate_read";
        /// `MADV_POPULATE_WRITE`: touches every page by a store.
        PopulateWrite = 23, "populate_write";
        /// `MADV_GUARD_INSTALL`: makes guard pages.
        GuardInstall = 102, "guard_install";
        /// `MADV_GUARD_REMOVE`: takes guard pages away.
        GuardRemove = 103, "guard_remove";
    }
}

numbered_words! {
    /// A resource limit, by the kernel's numbers.
    pub enum Resource: u32 {
        /// `RLIMIT_DATA`.
        Data = 2, "data";
        /// `RLIMIT_STACK`.
        Stack = 3, "stack";
        /// `RLIMIT_MEMLOCK`.
        Memlock = 8, "memlock";
        /// `RLIMIT_AS`.
        As = 9, "as";
    }
}
