//! What a kernel keeps behind its maps: backing objects, and the swap that memory is charged to.

use core::marker::PhantomData;
use core::num::NonZeroU64;

use crate::flags::Prot;
use crate::num::{PAGE_SIZE, Size};
use crate::page::PageSize;
use crate::range::AddrRange;

/// Swap reserved, and the most that may be (rule 1.5), both in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Swap {
    /// Swap reserved.
    pub reserved: Size,
    /// The limit.
    pub limit: Size,
}

impl Swap {
    /// Nothing reserved, and no limit.
    pub const UNLIMITED: Self = Self { reserved: Size::ZERO, limit: Size::MAX };

    /// What would be reserved with `bytes` more.
    ///
    /// # Errors
    ///
    /// The account as it is, if that would pass the limit.
    pub fn with(self, bytes: Size) -> Result<Size, Self> {
        let sum = self.reserved.get().checked_add(bytes.get()).map(Size::new);
        sum.filter(|&sum| sum <= self.limit).ok_or(self)
    }

    /// Reserves `bytes`.
    ///
    /// # Errors
    ///
    /// The account, unchanged, if that would pass the limit.
    pub fn reserve(&mut self, bytes: Size) -> Result<(), Self> {
        self.reserved = self.with(bytes)?;
        Ok(())
    }

    /// Reserves `bytes` whatever the limit, up to 2^64 - 1 bytes (rule 17.12).
    pub fn reserve_anyway(&mut self, bytes: Size) {
        self.reserved = Size::new(self.reserved.get().saturating_add(bytes.get()));
    }

    /// Gives `bytes` back; stops at none reserved (rule 15.2).
    pub fn release(&mut self, bytes: Size) {
        self.reserved = Size::new(self.reserved.get().saturating_sub(bytes.get()));
    }
}

/// The backing objects of a kernel and its account of swap, as its maps see them.
///
/// A map has one of these of its own. What the maps of several processes share, such as the account
/// of a whole system, is behind a handle in it. [`Plain`] is for kernels whose handles need nothing,
/// or that have none; what has a default here does what `Plain` does.
///
/// # References
///
/// The map clones a handle when an entry is split and drops one when two entries merge, so that an
/// object which counts its references does that in `Clone` and `Drop`. Handles that go because
/// their memory is unmapped go to [`unmapped`](Self::unmapped), with the part of the object.
///
/// # Charges
///
/// Memory is charged for in its entry or, once it has an object, there (rules 17.5 to 17.20). A
/// method that may move a charge into an object has `charged`: is the entry charged? The map asks
/// [`is_charged`](Self::is_charged) afterwards, and if the object is, the entry no longer is.
#[expect(unused_variables, reason = "what has a default needs no arguments")]
pub trait Objects {
    /// The handle of an object. One that compares by identity is what a kernel wants: entries with
    /// equal handles may merge.
    type Object: Clone + PartialEq;

    /// The size of a page. The step of growth, [`sgrowsiz`](crate::StackTunables::sgrowsiz), should be
    /// whole pages: the first part of a stack is as long as the step, whatever the page.
    const PAGE: PageSize = PageSize::KIB_4;

    /// Does [`make`](Self::make) make any objects? If not, a page fault on anonymous memory need not
    /// ask, and changes nothing.
    const MAKES: bool = false;

    /// The account of swap.
    fn swap(&self) -> Swap;

    /// Changes the account of swap, as one step.
    fn account<T>(&mut self, change: impl FnOnce(&mut Swap) -> T) -> T;

    /// Sets the limit of swap. What is reserved stays (rule 1.4).
    fn set_swap_limit(&mut self, limit: Size) {
        self.account(|swap| swap.limit = limit);
    }

    /// Reserves swap, all of it or none.
    ///
    /// # Errors
    ///
    /// The account, if the limit is in the way.
    #[inline]
    fn reserve(&mut self, bytes: Size) -> Result<(), Swap> {
        self.account(|swap| swap.reserve(bytes))
    }

    /// Reserves swap whatever the limit, for a fork about to be undone (rule 17.12).
    fn reserve_anyway(&mut self, bytes: Size) {
        self.account(|swap| swap.reserve_anyway(bytes));
    }

    /// Gives swap back.
    #[inline]
    fn release(&mut self, bytes: Size) {
        self.account(|swap| swap.release(bytes));
    }

    /// What the map of a child has, where this is the parent's.
    #[must_use]
    fn child(&self) -> Self
    where
        Self: Sized;

    /// Is an object anonymous memory, which this kernel has [made](Self::make)? By the rules of
    /// [`Freebsd14`](crate::Freebsd14), no charge goes along where a child gets a copy of another one
    /// (D17.9).
    fn is_anonymous(&self, object: &Self::Object) -> bool {
        false
    }

    /// Is swap reserved for the object itself (rule 17.13)?
    fn is_charged(&self, object: &Self::Object) -> bool {
        false
    }

    /// Charges an anonymous object for its whole length, since memory of it becomes writable
    /// (rule 17.20). Not called for one that is charged. Objects that are not anonymous need no
    /// swap.
    ///
    /// # Errors
    ///
    /// The length of the object and the account, if the limit is in the way.
    fn charge(&mut self, object: &Self::Object) -> Result<(), (Size, Swap)> {
        Ok(())
    }

    /// Makes an object longer at its end, if it can be, for a stack that grows up (rule 17.19). If
    /// stack or object are charged, the swap has been reserved.
    fn extend(&mut self, object: &Self::Object, by: Size) -> bool {
        false
    }

    /// An object for `length` bytes of anonymous memory that has none, since a child is to share it
    /// (rule 17.5) or a page of it is touched. `None`: such memory has no objects in this kernel.
    /// Goes with [`MAKES`](Self::MAKES).
    fn make(&mut self, length: Size, charged: bool) -> Option<Self::Object> {
        None
    }

    /// Puts a new object for `length` bytes over the part of `object` from `offset` on, and sets
    /// both to it, so that what is written from now on does not change the lower one (rule 17.5).
    /// The reference to the lower one passes to the upper one.
    fn shadow(&mut self, object: &mut Self::Object, offset: &mut u64, length: Size, charged: bool) {
    }

    /// Prepares the part of an object that is about to be copied on write: shortens the chain of
    /// objects below it, and may split the part off, as an object of its own (rule 17.9a).
    fn split_off(&mut self, object: &mut Self::Object, offset: &mut u64, length: Size) {}

    /// A child's handle of the object, parts of which are mapped by both from now on
    /// (rules 17.6 and 17.9e).
    fn duplicate(&mut self, object: &Self::Object) -> Self::Object {
        object.clone()
    }

    /// A new object for a child, charged for, with a copy of `length` wired bytes
    /// (rule 17.10). `None`: the memory stays without, and is charged for in the child's entry.
    fn copy_wired(
        &mut self,
        object: Option<&Self::Object>,
        offset: u64,
        length: Size,
    ) -> Option<Self::Object> {
        object.cloned()
    }

    /// Takes the handle of memory that is no longer mapped: `length` bytes of the object from
    /// `offset` on (rule 17.17). The addresses are reported apart, as
    /// [`Change::Unmapped`](crate::Change::Unmapped), afterwards.
    fn unmapped(&mut self, object: Self::Object, offset: u64, length: Size) {}

    /// Ends an operation that may have unmapped memory: what was kept of the handles is dropped now,
    /// the last one first, by objects that hold charges (rule 17.14).
    fn end_unmapping(&mut self) {}

    /// Follows a change of protection, of `range`, which maps the object from `offset` on.
    fn protected(&mut self, object: &Self::Object, offset: u64, range: AddrRange, prot: Prot) {}
}

/// Objects of which the map needs nothing, known by handles `O`, and an account of swap for each
/// map.
///
/// Handles are cloned into children. Anonymous memory never has an object: a kernel with these
/// copies private pages by what it knows of the pages.
///
/// `PAGE` is the size of a page in bytes. One that is no power of two does not compile.
///
/// ```
/// use core::num::NonZeroU64;
/// use growstack::{Addr, Plain, Size, StackRequest, VmMap, VmSpace};
/// # fn main() -> Result<(), growstack::Refusal> {
/// let objects = Plain::<u32, 0x4000>::default();
/// let map = VmMap::with_objects(Addr::new(0x4000), Addr::new(1 << 47), objects);
/// let mut space = VmSpace::new(map, Default::default(), Default::default());
/// space.set_sgrowsiz(NonZeroU64::new(0x4000).unwrap());
/// let stack = StackRequest::down(Addr::new(0x10_0000), Size::new(0x10_0000));
/// let first = space.stack(stack, |_| ())?;
/// let growth = space.grow(Addr::new(first.start().get() - 1), |_| ())?;
/// assert_eq!(growth.added().map(|added| added.len()), Some(Size::new(0x4000)));
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Plain<O = NonZeroU64, const PAGE: u64 = PAGE_SIZE> {
    swap: Swap,
    handles: PhantomData<O>,
}

impl<O, const PAGE: u64> Default for Plain<O, PAGE> {
    /// No swap reserved, and no limit.
    fn default() -> Self {
        Self { swap: Swap::UNLIMITED, handles: PhantomData }
    }
}

impl<O: Clone + PartialEq, const PAGE: u64> Objects for Plain<O, PAGE> {
    type Object = O;
    const PAGE: PageSize = PageSize::of(PAGE);

    #[inline]
    fn swap(&self) -> Swap {
        self.swap
    }

    #[inline]
    fn account<T>(&mut self, change: impl FnOnce(&mut Swap) -> T) -> T {
        change(&mut self.swap)
    }

    /// An account of its own, with the same limit.
    fn child(&self) -> Self {
        let swap = Swap { reserved: Size::ZERO, ..self.swap };
        Self { swap, handles: PhantomData }
    }
}
