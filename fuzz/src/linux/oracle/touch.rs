//! Accesses: by the process, and by the kernel for it (L21 to L24, L51, L52).

use super::state::page_of;
use super::{Branch, Call, LinuxOracle};
use crate::linux::answer::{Errno, LinuxAnswer, SegvCode};
use crate::linux::rules::Rules;
use crate::linux::vma::VmaFlags;

/// What an access does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Load,
    Store,
}

impl LinuxOracle {
    pub(super) fn load(&mut self, addr: u64) -> LinuxAnswer {
        answer(self.touch(addr, Access::Load))
    }

    pub(super) fn store(&mut self, addr: u64) -> LinuxAnswer {
        answer(self.touch(addr, Access::Store))
    }

    /// L23: a system call that stores for the process grows what the process would, and no signal
    /// comes.
    pub(super) fn kernel_store(&mut self, addr: u64) -> Call {
        match self.touch(addr, Access::Store) {
            Ok(()) => Ok(1),
            Err(_) => Err(Errno::EFAULT),
        }
    }

    /// L23: `/proc/PID/mem` grows, and reads whatever the protection is.
    pub(super) fn proc_mem(&mut self, addr: u64) -> Call {
        let Ok(x) = self.hold(addr) else { return Err(Errno::EIO) };
        let asks = self.config.rules.contains(Rules::PROC_MEM_ACCESS);
        if asks && !self.state.list[x].is_accessible() {
            return self.refuse(Branch::ProcMemAccess, Errno::EIO);
        }
        if self.state.guards.contains(&page_of(addr)) {
            return self.refuse(Branch::ProcMemGuard, Errno::EIO);
        }
        self.reach(Branch::ProcMemRead);
        Ok(1)
    }

    /// L23: `process_vm_readv` grows nothing, and asks for `rd`.
    pub(super) fn vm_read(&mut self, addr: u64) -> Call {
        let Some(x) = self.state.holder(addr) else {
            return self.refuse(Branch::VmReadNothing, Errno::EFAULT);
        };
        if !self.state.list[x].has(VmaFlags::RD) {
            return self.refuse(Branch::VmReadAccess, Errno::EFAULT);
        }
        if self.state.guards.contains(&page_of(addr)) {
            return self.refuse(Branch::VmReadGuard, Errno::EFAULT);
        }
        self.reach(Branch::VmRead);
        Ok(1)
    }

    /// The VMA that holds `addr`, grown for it if need be.
    fn hold(&mut self, addr: u64) -> Result<usize, SegvCode> {
        match self.state.holder(addr) {
            Some(x) => Ok(x),
            None => self.grow(addr).map_err(|refusal| {
                self.reach(refusal);
                SegvCode::MapErr
            }),
        }
    }

    /// L21: what an access grows stays grown, whether it is allowed or not.
    fn touch(&mut self, addr: u64, access: Access) -> Result<(), SegvCode> {
        let x = self.hold(addr)?;
        let area = self.state.list[x];
        // L22
        if self.has_key(area.flags) {
            self.reach(Branch::KeyForbids);
            return Err(SegvCode::PkuErr);
        }
        let allowed = match access {
            Access::Load => area.is_accessible(),
            Access::Store => area.has(VmaFlags::WR),
        };
        if !allowed {
            self.reach(Branch::ProtectionForbids);
            return Err(SegvCode::AccErr);
        }
        if self.state.guards.contains(&page_of(addr)) {
            self.reach(Branch::GuardPage);
            return Err(SegvCode::MapErr);
        }
        // L51, L52
        if access == Access::Store {
            self.make_written(x);
        }
        Ok(())
    }
}

fn answer(result: Result<(), SegvCode>) -> LinuxAnswer {
    match result {
        Ok(()) => LinuxAnswer::Done,
        Err(code) => LinuxAnswer::Segv(code),
    }
}
