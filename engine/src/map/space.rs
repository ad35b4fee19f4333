//! `free_space`: the lowest or the highest fit for a new mapping, as `mmap(2)` wants it.
//!
//! `vm_map_findspace(9)` to the letter is [`find_space`](VmMap::find_space), next door.

use super::{Kernel, VmMap};
use crate::alignment::Alignment;
use crate::num::{Addr, Size};
use crate::objects::Objects;
use crate::range::AddrRange;

/// Which of the places that fit is taken.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Fit {
    /// The lowest: what FreeBSD does.
    #[default]
    Lowest,
    /// The highest: what Linux and gVisor do below the stack.
    Highest,
}

/// A search for free space.
///
/// ```
/// use growstack::{Addr, AddrRange, Alignment, Fit, Mapping, Prot, Size, SpaceRequest, VmMap};
/// # fn main() -> Result<(), growstack::Refusal> {
/// let mut map = VmMap::new(Addr::new(0x1000), Addr::new(0x8000_0000));
/// map.insert(Addr::new(0x6000_0000), Addr::new(0x6001_0000), Mapping::anonymous(Prot::RW), |_| ())?;
///
/// // Below the stack, and from there down.
/// let mut request = SpaceRequest {
///     within: AddrRange::new(Addr::new(0x1_0000), Addr::new(0x6001_0000)).expect("not empty"),
///     fit: Fit::Highest,
///     ..SpaceRequest::new(Size::pages(3))
/// };
/// assert_eq!(map.free_space(&request), Some(Addr::new(0x5fff_d000)));
///
/// // The same for a large page.
/// request.align = Alignment::new(Size::new(2 << 20));
/// assert_eq!(map.free_space(&request), Some(Addr::new(0x5fe0_0000)));
///
/// // Where the caller would like it to be.
/// request.hint = Some(Addr::new(0x2000_0000));
/// assert_eq!(map.free_space(&request), Some(Addr::new(0x2000_0000)));
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SpaceRequest {
    /// Bytes wanted. Nothing fits a length of 0, since no mapping is empty.
    pub length: Size,
    /// Which addresses the space may start at; `None` for every page of the map.
    pub align: Option<Alignment>,
    /// The addresses that all of the space lies within. It may reach beyond the map.
    pub within: AddrRange,
    /// Which of the places that fit is taken.
    pub fit: Fit,
    /// Where the search starts. With [`Fit::Lowest`] it takes the first place that starts at the
    /// hint or above, with [`Fit::Highest`] the first one that starts at the hint or below. If there
    /// is none, the whole of `within` is searched as if there were no hint.
    ///
    /// So a hint that fits is taken, and may be any address: out of `within`, out of the map, or not
    /// aligned. FreeBSD's `mmap(2)` searches on from its hint in this way (`vm_map_find_min`). Linux
    /// and gVisor take a hint only as it is: without that place, they search as if there were none.
    /// For this, ask again without the hint if the answer is another address.
    pub hint: Option<Addr>,
}

impl SpaceRequest {
    /// A search of the whole map for the lowest `length` bytes that begin with a page.
    #[must_use]
    pub const fn new(length: Size) -> Self {
        Self { length, align: None, within: AddrRange::ALL, fit: Fit::Lowest, hint: None }
    }
}

impl<O: Objects, K: Kernel, const B: usize> VmMap<O, K, B> {
    /// The address of free space as a request describes it, or `None` if there is none. The answer is
    /// exact: with any alignment, space that fits is found.
    ///
    /// O(log n) if what is mapped, the map's own ends and the length are multiples of the alignment,
    /// as whole pages are without one: one descent of the index, or two with a hint.
    ///
    /// Else a gap may be long enough and have no aligned place, which the index does not know. Each of
    /// those that the search passes over costs one more descent, though never more than one for each
    /// aligned address passed over; shorter gaps cost nothing, whole subtrees of them. To be sure of
    /// O(log n), ask for `length + alignment - 1` bytes with [`Alignment::BYTE`], and align the
    /// answer; that overlooks a tight place.
    #[must_use]
    pub fn free_space(&self, request: &SpaceRequest) -> Option<Addr> {
        let SpaceRequest { length, within, fit, hint, .. } = *request;
        if length == Size::ZERO {
            return None;
        }
        match fit {
            Fit::Lowest => hint
                .and_then(|hint| self.lowest_from(hint.max(within.start()), request))
                .or_else(|| self.lowest_from(within.start(), request)),
            Fit::Highest => hint
                .and_then(|hint| hint.min(within.end()).checked_add(length))
                .and_then(|to| self.highest_to(to.min(within.end()), request))
                .or_else(|| self.highest_to(within.end(), request)),
        }
    }

    fn alignment(request: &SpaceRequest) -> Alignment {
        request.align.unwrap_or(Alignment::page(O::PAGE))
    }

    /// The lowest fit that starts at `from` or above, and ends within the request's range.
    fn lowest_from(&self, from: Addr, request: &SpaceRequest) -> Option<Addr> {
        let SpaceRequest { length, within, .. } = *request;
        let align = Self::alignment(request);
        let mut from = align.up(from)?;
        loop {
            let found = Addr::new(self.tree.first_fit(from.get(), length.get())?);
            if found.checked_add(length)? > within.end() {
                return None;
            }
            let aligned = align.up(found)?;
            if aligned == found {
                return Some(found);
            }
            from = aligned;
        }
    }

    /// The highest fit that ends at `to` or below, and starts within the request's range.
    fn highest_to(&self, to: Addr, request: &SpaceRequest) -> Option<Addr> {
        let SpaceRequest { length, within, .. } = *request;
        let align = Self::alignment(request);
        let highest = Addr::new(to.get().checked_sub(length.get())?);
        let mut from = align.down(highest)?;
        loop {
            let to = from.checked_add(length)?;
            let found = Addr::new(self.tree.last_fit(to.get(), length.get())?);
            if found < within.start() {
                return None;
            }
            from = align.down(found)?;
            if from == found {
                return Some(found);
            }
        }
    }
}
