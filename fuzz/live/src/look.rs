//! The VMAs of the window, as the kernel shows them.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use growstack::{Addr, AddrRange};
use growstack_fuzz::linux::wire::MOST_VMAS;
use growstack_fuzz::linux::{Shown, Vma, VmaFlags};
use linux_raw_sys::general::{procmap_query, procmap_query_flags as query_flags};
use rustix::ioctl::{Opcode, opcode};

use crate::text::{self, Text};

/// `PROCMAP_QUERY` of Linux 6.11 and later.
const PROCMAP_QUERY: Opcode = opcode::read_write::<procmap_query>(b'f', 17);

/// What shows the VMAs of the window, and what it showed last.
#[derive(Debug)]
pub(crate) struct Looker {
    window: u64,
    maps: File,
    smaps: File,
    /// Is there [`PROCMAP_QUERY`]?
    quick: bool,
    text: Text,
    /// Never more than it has room for.
    vmas: Vec<Vma>,
}

impl Looker {
    /// Opens the files, and finds out what the kernel has.
    ///
    /// # Errors
    ///
    /// If a file cannot be opened.
    pub(crate) fn new(window: u64) -> io::Result<Self> {
        let mut looker = Self {
            window,
            maps: File::open("/proc/self/maps")?,
            smaps: File::open("/proc/self/smaps")?,
            quick: true,
            text: Text::new(),
            vmas: Vec::with_capacity(MOST_VMAS),
        };
        // There is always a VMA somewhere above 0: the program's own.
        looker.quick = matches!(looker.query(0), Ok(Some(_)));
        Ok(looker)
    }

    pub(crate) const fn is_quick(&self) -> bool {
        self.quick
    }

    /// Looks at the window: with all flags, or as little as is quick.
    ///
    /// # Errors
    ///
    /// If the kernel's text is not as expected, or the window has more VMAs than there is room for.
    pub(crate) fn look(&mut self, all: bool) -> io::Result<(&[Vma], Shown)> {
        self.vmas.clear();
        let shown = if all { Shown::ALL } else { Shown::MAPS };
        if !all && self.quick {
            self.ask()?;
        } else {
            let Self { window, maps, smaps, text, vmas, .. } = self;
            text.read(if all { smaps } else { maps }, *window)?;
            text::vmas(text.as_bytes(), *window, |vma| push(vmas, vma))?;
        }
        Ok((&self.vmas, shown))
    }

    /// Asks for one VMA after the other.
    fn ask(&mut self) -> io::Result<()> {
        let mut from = 0;
        while from < self.window {
            let Some(vma) = self.query(from)? else { break };
            if vma.range.start().get() >= self.window {
                break;
            }
            from = vma.range.end().get();
            push(&mut self.vmas, vma)?;
        }
        Ok(())
    }

    /// The VMA that holds an address, or else the next one above it.
    fn query(&self, address: u64) -> io::Result<Option<Vma>> {
        // SAFETY: numbers and addresses that are none, for all of which 0 is a value.
        let mut query: procmap_query = unsafe { std::mem::zeroed() };
        query.size = size_of::<procmap_query>() as u64;
        query.query_flags = query_flags::PROCMAP_QUERY_COVERING_OR_NEXT_VMA as u64;
        query.query_addr = address;
        // SAFETY: the kernel writes to `query` alone, since the addresses of buffers in it are 0.
        let result =
            unsafe { libc::ioctl(self.maps.as_raw_fd(), PROCMAP_QUERY.into(), &raw mut query) };
        if result < 0 {
            let error = io::Error::last_os_error();
            let none = error.raw_os_error() == Some(libc::ENOENT);
            return if none { Ok(None) } else { Err(error) };
        }
        let bits = [
            (query_flags::PROCMAP_QUERY_VMA_READABLE, VmaFlags::RD),
            (query_flags::PROCMAP_QUERY_VMA_WRITABLE, VmaFlags::WR),
            (query_flags::PROCMAP_QUERY_VMA_EXECUTABLE, VmaFlags::EX),
        ];
        let set = bits.into_iter().filter(|&(bit, _)| query.vma_flags & bit as u64 != 0);
        let range = AddrRange::new(Addr::new(query.vma_start), Addr::new(query.vma_end));
        let range = range.ok_or(io::ErrorKind::InvalidData)?;
        Ok(Some(Vma { range, flags: set.map(|(_, flag)| flag).collect(), key: 0 }))
    }
}

/// Adds a VMA, if there is room: the vector must not grow.
fn push(vmas: &mut Vec<Vma>, vma: Vma) -> io::Result<()> {
    if vmas.len() == MOST_VMAS {
        return Err(io::ErrorKind::OutOfMemory.into());
    }
    vmas.push(vma);
    Ok(())
}
