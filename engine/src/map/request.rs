//! What `find` and `stack` are asked for.

#[cfg(doc)]
use super::VmMap;
use crate::attr::FindSpace;
use crate::flags::{MapFlags, Prot};
use crate::num::{Addr, Size};

/// Where [`find`](VmMap::find) puts a mapping.
///
/// ```
/// use growstack::{Addr, FindRequest, Mapping, Prot, Size, VmMap};
/// # fn main() -> Result<(), growstack::Refusal> {
/// let mut map = VmMap::new(Addr::new(0x1000), Addr::new(0x8000_0000_0000));
/// let request = FindRequest::any(Addr::new(0x1_0000), Size::new(0x3000));
/// let found = map.find(request, Mapping::anonymous(Prot::RW), |_| ())?;
/// assert_eq!(found, Addr::new(0x1_0000));
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FindRequest {
    /// Where the mapping goes, or where the search begins. It is not aligned.
    pub start: Addr,
    /// Bytes to map.
    pub length: Size,
    /// Whether there is a search.
    pub space: FindSpace,
    /// With a search, the address that the mapping must end at or below (rules 16.5 and D7.5).
    pub max_addr: Option<Addr>,
}

impl FindRequest {
    /// The first fit at or above `start`.
    #[must_use]
    pub const fn any(start: Addr, length: Size) -> Self {
        Self { start, length, space: FindSpace::Any, max_addr: None }
    }
}

/// A stack to be made: the arguments of `vm_map_stack(9)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StackRequest {
    /// The lowest address of its reserve.
    pub addrbos: Addr,
    /// Bytes of its reserve.
    pub max_ssize: Size,
    /// The protection.
    pub prot: Prot,
    /// The most that the protection may become.
    pub max: Prot,
    /// Which ways it grows, and other flags of its entry.
    pub flags: MapFlags,
}

impl StackRequest {
    /// A stack that may be read and written, with every protection allowed later.
    #[must_use]
    pub const fn new(addrbos: Addr, max_ssize: Size, flags: MapFlags) -> Self {
        Self { addrbos, max_ssize, prot: Prot::RW, max: Prot::ALL, flags }
    }

    /// The same that grows down.
    #[must_use]
    pub const fn down(addrbos: Addr, max_ssize: Size) -> Self {
        Self::new(addrbos, max_ssize, MapFlags::GROWS_DOWN)
    }
}
