//! Accesses to one byte, and to every page of a range.

use growstack::{Addr, FaultError, Prot};

use super::{Call, EngineSpace};
use crate::linux::{Errno, LinuxAnswer, SegvCode};

impl<const B: usize> EngineSpace<B> {
    pub(super) fn load(&mut self, addr: Addr) -> LinuxAnswer {
        self.touch(addr, Prot::READ).map_or_else(LinuxAnswer::Segv, |()| LinuxAnswer::Done)
    }

    pub(super) fn store(&mut self, addr: Addr) -> LinuxAnswer {
        self.touch(addr, Prot::WRITE).map_or_else(LinuxAnswer::Segv, |()| LinuxAnswer::Done)
    }

    fn touch(&mut self, addr: Addr, access: Prot) -> Result<(), SegvCode> {
        match self.space.fault(addr, access, |_| ()) {
            Ok(_) => Ok(()),
            Err(FaultError::NoPermission { .. }) => Err(SegvCode::AccErr),
            Err(_) => Err(SegvCode::MapErr),
        }
    }

    pub(super) fn kernel_store(&mut self, addr: Addr) -> Call {
        self.touch(addr, Prot::WRITE).map(|()| 1).map_err(|_| Errno::EFAULT)
    }

    /// L23: it grows what a fault would, and asks for no permission.
    pub(super) fn proc_mem(&mut self, addr: Addr) -> Call {
        self.space.grow(addr, |_| ()).map(|_| 1).map_err(|_| Errno::EIO)
    }

    /// L23: it grows nothing.
    pub(super) fn vm_read(&self, addr: Addr) -> Call {
        let mapped = self.space.map().mapped(addr);
        let readable = mapped.is_some_and(|(_, prot)| prot.contains(Prot::READ));
        if readable { Ok(1) } else { Err(Errno::EFAULT) }
    }

    /// L61: an access to each page of a range, entry by entry.
    pub(super) fn touch_all(&mut self, start: u64, end: u64, access: Prot) -> Call {
        let mut at = start;
        while at < end {
            let mapped = self.space.map().mapped(Addr::new(at));
            let (range, prot) = mapped.ok_or(Errno::ENOMEM)?;
            if !prot.contains(access) {
                return Err(Errno::EINVAL);
            }
            self.touch(Addr::new(at), access).map_err(|_| Errno::EFAULT)?;
            at = range.end().get();
        }
        Ok(0)
    }
}
