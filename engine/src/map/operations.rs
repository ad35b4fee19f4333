//! The operations on ranges, each as the map's kernel has it.

use super::{FindRequest, Kernel, Mapping, VmMap};
use crate::attr::{Advice, Holes, Inherit, Wiring};
use crate::change::Change;
use crate::flags::Prot;
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::protect_what::ProtectWhat;
use crate::refusal::Refusal;

impl<O: Objects, K: Kernel, const B: usize> VmMap<O, K, B> {
    /// Maps `start` up to `end`: `vm_map_insert(9)`, section 6. Nothing is aligned or checked for
    /// alignment.
    ///
    /// # Errors
    ///
    /// [`Refusal::OutsideMap`], [`Refusal::StartMapped`], [`Refusal::NextBelowEnd`],
    /// [`Refusal::NofaultObject`], [`Refusal::ChargedObject`], [`Refusal::Swap`] or
    /// [`Refusal::OutOfNodes`]; nothing changed.
    ///
    /// # FreeBSD 14.2
    ///
    /// With [`GUARD`](crate::MapFlags::GUARD) it is a guard; growth flags go onto the entry, which has no gap
    /// then (D6). Also refused by [`Refusal::ProtAboveMax`] and [`Refusal::GuardAllows`], and by
    /// [`Refusal::StackObject`] for an object with a growth flag.
    ///
    /// # Linux
    ///
    /// A growth flag makes a stack. No limit is asked for; with wire-future it is locked, and populated
    /// (L39). Also refused by [`Refusal::NotInLinux`] and [`Refusal::StackObject`].
    #[inline(always)]
    pub fn insert(
        &mut self,
        start: Addr,
        end: Addr,
        mapping: Mapping<O::Object>,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        K::insert(self, start, end, mapping, tell)
    }

    /// The lowest address at or above `start` with `length` unmapped bytes from there on:
    /// `vm_map_findspace(9)`, rule 7.4. `start` is not aligned. O(log n), by the largest gaps
    /// that the index keeps for each subtree.
    ///
    /// A `length` of zero finds `start` itself if it is unmapped or some entry starts there
    /// (rule 7.5, quirk q21); in FreeBSD 14.2 the end of the entry that holds it, or else itself (D7.4).
    ///
    /// In Linux nothing is found below [`lowest`](VmMap::lowest), nor in the gap below a stack.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoGap`].
    #[inline(always)]
    pub fn find_space(&self, start: Addr, length: Size) -> Result<Addr, Refusal> {
        K::find_space(self, start, length)
    }

    /// Maps memory at an address, or at the first fit at or above it: `vm_map_find(9)`, rule 7.6.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoGap`] and [`Refusal::AboveMaxAddr`] of the search, and those of
    /// [`insert`](Self::insert); nothing changed.
    ///
    /// # FreeBSD 14.2
    ///
    /// A search that is free to choose begins where the last ones found space (D7.6). With
    /// [`REMAP`](crate::MapFlags::REMAP), what is there is removed first, and stays so if the insertion
    /// is refused (D7.7). A growth flag makes a stack, for which a map alone does not know enough
    /// ([`Refusal::NoStackState`]): call [`VmSpace::find`](crate::VmSpace::find).
    ///
    /// # Linux
    ///
    /// This is `mmap` without a fixed address (L36, L37): `start` is a hint, 0 for none, and the search goes
    /// down from `max_addr`. Limits are asked for by [`VmSpace::find`](crate::VmSpace::find) alone, which is also
    /// refused by [`Refusal::LockLimit`] and [`Refusal::AddressSpace`].
    #[inline(always)]
    pub fn find(
        &mut self,
        request: FindRequest,
        mapping: Mapping<O::Object>,
        tell: impl FnMut(Change),
    ) -> Result<Addr, Refusal> {
        K::find(self, None, request, mapping, tell)
    }

    /// Removes what is mapped in `length` bytes from `start` on, then maps them again:
    /// `vm_map_fixed(9)`, rule 7.3. Partly outside the map, the part inside is mapped (q24).
    ///
    /// # Errors
    ///
    /// - [`Refusal::Swap`]: the old mappings are gone all the same, as `tell` says.
    /// - [`Refusal::OutsideMap`] for a range that the clamp leaves empty, [`Refusal::NofaultObject`],
    ///   [`Refusal::ChargedObject`], [`Refusal::OutOfNodes`]: nothing changed.
    ///
    /// # FreeBSD 14.2
    ///
    /// With [`EXCL`](crate::MapFlags::EXCL) nothing is removed (D7.7), and the range must be free. Also refused
    /// by [`Refusal::ProtAboveMax`], with nothing changed, and by [`Refusal::GuardAllows`], after the
    /// removal. A growth flag is for [`VmSpace::fixed`](crate::VmSpace::fixed).
    ///
    /// # Linux
    ///
    /// This is `mmap` with `MAP_FIXED`, or with [`EXCL`](crate::MapFlags::EXCL) `MAP_FIXED_NOREPLACE`. No gap is
    /// kept towards anything (L35). Nothing is removed if it is refused, but what sticks out of the range
    /// stays split off if [`Refusal::AddressSpace`] or [`Refusal::Swap`] refuses (L33). O(n) in the entries that are replaced.
    #[inline(always)]
    pub fn fixed(
        &mut self,
        start: Addr,
        length: Size,
        mapping: Mapping<O::Object>,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        K::fixed(self, None, start, length, mapping, tell)
    }

    /// Unmaps whatever is mapped of a range: `vm_map_remove(9)`, rule 7.1. Wired entries go too.
    ///
    /// # Errors
    ///
    /// [`Refusal::OutOfNodes`], only where the range lies inside one entry, so that two parts of
    /// it are left; nothing changed.
    #[inline(always)]
    pub fn remove(
        &mut self,
        start: Addr,
        end: Addr,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        K::remove(self, start, end, tell)
    }

    /// Sets the protection in force, or the maximum, of a range: `vm_map_protect(9)`, rule 5.4.
    /// Unmapped parts are passed over.
    ///
    /// # Errors
    ///
    /// - [`Refusal::MaxProtection`]: an entry's maximum forbids it. Only the clip at the start of
    ///   the range stays.
    /// - [`Refusal::ProtectSwap`]: the swap that write permission asks for is short. Clips, and
    ///   the charges of the entries before, stay (q23).
    /// - [`Refusal::OutOfNodes`]: nothing changed.
    /// - [`Refusal::OtherRelease`]: only FreeBSD 14.2 has that. Nothing changed.
    ///
    /// # FreeBSD 14.2
    ///
    /// A range refused by `MaxProtection` has no clip. Where swap is short, the charges stay and the clips
    /// are joined again where they can be (D5.6, D5.7). [`Refusal::OutOfBounds`] for
    /// [`ProtectWhat::Both`]: nothing changed. The gap of a stack keeps what is set for the growth to
    /// come, other guards are passed over (D5.8).
    ///
    /// # Linux
    ///
    /// This is `mprotect`, with [`ProtectWhat::GrowsDown`] that with `PROT_GROWSDOWN` (L55 to L59). It goes
    /// entry by entry, and ends at a hole ([`Refusal::StartUnmapped`], [`Refusal::Hole`]), at an entry whose
    /// maximum forbids it and where swap is short; what was done stays. [`Refusal::NotGrowing`] and, for
    /// maxima, [`Refusal::NotInLinux`] change nothing.
    #[inline(always)]
    pub fn protect(
        &mut self,
        start: Addr,
        end: Addr,
        prot: Prot,
        what: ProtectWhat,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        K::protect(self, start, end, prot, what, tell)
    }

    /// Sets what a child gets of a range at fork: `vm_map_inherit(9)`, rule 5.1.
    ///
    /// # Errors
    ///
    /// [`Refusal::OutOfNodes`], and in FreeBSD 9.3 [`Refusal::OtherRelease`] for [`Inherit::Zero`]. Nothing
    /// changed.
    ///
    /// In Linux this is `madvise`: none is `MADV_DONTFORK`, zero `MADV_WIPEONFORK`, and copy clears both; share is
    /// refused by [`Refusal::NotInLinux`]. Holes are passed over, and reported at the end as
    /// [`Refusal::Hole`] (L60).
    #[inline(always)]
    pub fn inherit(&mut self, start: Addr, end: Addr, inherit: Inherit) -> Result<(), Refusal> {
        K::inherit(self, start, end, inherit)
    }

    /// Advises on the use of a range: `vm_map_madvise(9)`, rules 5.1 and 5.2.
    ///
    /// # Errors
    ///
    /// [`Refusal::OutOfNodes`] alone. In Linux also [`Refusal::Hole`], after all has been done (L60), and for
    /// advice on syncing [`Refusal::NotInLinux`].
    #[inline(always)]
    pub fn advise(&mut self, start: Addr, end: Addr, advice: Advice) -> Result<(), Refusal> {
        K::advise(self, start, end, advice)
    }

    /// Wires a range: `vm_map_wire(9)`, section 9; for the system, rule 16.4.
    ///
    /// # Errors
    ///
    /// [`Refusal::StartUnmapped`], [`Refusal::NoAccess`] or [`Refusal::Hole`] where holes are
    /// refused: no wiring changed, though entries may have merged (rules 9.4 and D9.2).
    /// [`Refusal::OutOfNodes`]: nothing changed.
    ///
    /// # Linux
    ///
    /// This is `mlock` for the user, who alone can (L67); the limit is asked by the system call. A range is
    /// locked up to a [`Refusal::Hole`] and stays so; if there is none, its pages are to be resident, up to
    /// [`Refusal::NoAccess`], and those that may be written count as written (L54).
    #[inline(always)]
    pub fn wire(
        &mut self,
        start: Addr,
        end: Addr,
        wiring: Wiring,
        holes: Holes,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        K::wire(self, start, end, wiring, holes, tell)
    }

    /// Takes the user's, or one of the system's, wirings off a range: `vm_map_unwire(9)`,
    /// section 10; for the system, rule 16.4. For the user, what is not wired is passed over.
    ///
    /// # Errors
    ///
    /// [`Refusal::StartUnmapped`] or [`Refusal::UnwireHole`] where holes are refused, and
    /// [`Refusal::NotSystemWired`]: no wiring changed, though entries may have merged.
    /// [`Refusal::OutOfNodes`]: nothing changed.
    ///
    /// In Linux a range is unlocked up to a [`Refusal::Hole`], and stays so.
    #[inline(always)]
    pub fn unwire(
        &mut self,
        start: Addr,
        end: Addr,
        wiring: Wiring,
        holes: Holes,
        tell: impl FnMut(Change),
    ) -> Result<(), Refusal> {
        K::unwire(self, start, end, wiring, holes, tell)
    }
}
