//! What to map.

use core::num::NonZeroU64;

use super::{Body, Charge};
use crate::attr::Inherit;
use crate::flags::{EntryFlags, MapFlags, Prot};
use crate::refusal::Refusal;

/// What to map: the arguments that `vm_map_insert(9)`, `vm_map_find(9)` and `vm_map_fixed(9)`
/// have in common.
///
/// ```
/// use growstack::{MapFlags, Mapping, Prot};
/// // A private file mapping: object 7 from byte 0x2000 on, copied on write.
/// let object = core::num::NonZeroU64::new(7);
/// let private = Mapping { flags: MapFlags::COW, object, offset: 0x2000, ..Mapping::anonymous(Prot::RW) };
/// assert_eq!(private.max, Prot::ALL);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Mapping<O = NonZeroU64> {
    /// The protection in force. It is not checked against `max` (rule 6.4), but in FreeBSD 14.2 (D6.1).
    pub prot: Prot,
    /// The most protection that `protect` may give.
    pub max: Prot,
    /// Flags. The growth flags have no meaning here and are ignored, but in FreeBSD 14.2 (D6.3, D7.8);
    /// see [`VmSpace::stack`](crate::VmSpace::stack).
    pub flags: MapFlags,
    /// The backing object, or `None` for anonymous memory.
    pub object: Option<O>,
    /// The offset into the object, in bytes.
    pub offset: u64,
}

impl<O> Mapping<O> {
    /// Anonymous memory, with every protection allowed later.
    #[must_use]
    pub const fn anonymous(prot: Prot) -> Self {
        Self { prot, max: Prot::ALL, flags: MapFlags::NONE, object: None, offset: 0 }
    }
}

impl<O> Mapping<O> {
    /// Rules 15.1 and 15.8: what the real kernel asserts.
    pub(crate) fn check_object(&self) -> Result<(), Refusal> {
        if self.object.is_none() {
            return Ok(());
        }
        if self.flags.contains(MapFlags::NOFAULT) {
            return Err(Refusal::NofaultObject);
        }
        let uncharged = self.flags.contains(MapFlags::ACC_NO_CHARGE);
        let cow = self.flags.contains(MapFlags::COW);
        if self.flags.contains(MapFlags::ACC_CHARGED) && !uncharged && !cow {
            return Err(Refusal::ChargedObject);
        }
        Ok(())
    }

    /// Rule 6.4.
    pub(crate) fn into_body(self, charge: Charge) -> Body<O> {
        let flags = entry_flags(self.flags) | charge.flag();
        let shared = self.flags.contains(MapFlags::INHERIT_SHARE);
        let inherit = if shared { Inherit::Share } else { Inherit::Copy };
        Body::new(self.prot, self.max, inherit, flags, self.object, self.offset)
    }
}

/// Rule 6.4: the entry flags that an insertion's flags ask for.
fn entry_flags(asked: MapFlags) -> EntryFlags {
    let mut flags = EntryFlags::NONE;
    for (ask, give) in [
        (MapFlags::COW, EntryFlags::COW | EntryFlags::NEEDS_COPY),
        (MapFlags::NOFAULT, EntryFlags::NOFAULT),
        (MapFlags::NOSYNC, EntryFlags::NOSYNC),
        (MapFlags::NOCOREDUMP, EntryFlags::NOCOREDUMP),
    ] {
        if asked.contains(ask) {
            flags |= give;
        }
    }
    flags
}
