//! The whole engine in a layout: a process with its map, limits and rules.

use std::num::NonZeroU64;

use growstack::{
    Addr, Freebsd9, Growth, Limits, MapFlags, Mapping, PAGE_SIZE, PageSize, Plain, Prot, Refusal,
    Size, StackRequest, VmMap, VmSpace,
};

use crate::kernel::Tuned;
use crate::layout::{Kind, Layout, RESERVE_PAGES, Span};

/// Nodes of either kind to have ready: more than any batch of growths takes.
const READY: usize = 256;

/// A process whose map has the entries of a layout, and grows its stacks by a page at a time.
#[derive(Debug)]
pub struct Engine<K: Tuned = Freebsd9> {
    /// The process.
    pub process: VmSpace<Plain, K>,
}

/// A map without entries for a layout.
#[must_use]
pub fn empty_map<K: Tuned>(layout: &Layout) -> VmMap<Plain, K> {
    VmMap::with_kernel(Addr::new(PAGE_SIZE), Addr::new(layout.max), Plain::default())
}

impl<K: Tuned> Engine<K> {
    /// The entries of a layout, made in its order, with nodes ready for growth.
    ///
    /// # Errors
    ///
    /// [`Refusal::OutOfNodes`] without memory.
    pub fn new(layout: &Layout) -> Result<Self, Refusal> {
        let process = VmSpace::new(empty_map(layout), Limits::UNLIMITED, K::tunables());
        let mut whole = Self { process };
        for span in layout.in_order_of_making() {
            whole.make(span)?;
        }
        Ok(whole)
    }

    /// Makes nodes ready, so that no growth allocates.
    ///
    /// # Errors
    ///
    /// [`Refusal::OutOfNodes`] without memory.
    pub fn reserve(&mut self) -> Result<(), Refusal> {
        self.process.map_mut().reserve_nodes(READY)
    }

    /// Makes an entry.
    ///
    /// # Errors
    ///
    /// Those of the engine, if something is there.
    ///
    /// # Panics
    ///
    /// If the span is empty.
    pub fn make(&mut self, span: &Span) -> Result<(), Refusal> {
        let (start, end) = (Addr::new(span.start), Addr::new(span.end));
        let reserve = Size::pages(RESERVE_PAGES);
        let (bottom, flags) = match span.kind {
            Kind::Plain => {
                let mapping = Mapping::anonymous(Prot::RW);
                return self.process.map_mut().insert(start, end, mapping, |_| ());
            }
            Kind::Down => (start.wrapping_back(reserve), MapFlags::GROWS_DOWN),
            Kind::Up => (start, MapFlags::GROWS_UP),
        };
        // The first part of a stack is as long as the step of growth at that moment.
        let first = end.wrapping_sub(start);
        let step = NonZeroU64::new(first.get()).expect("spans are not empty");
        K::set_sgrowsiz(&mut self.process, step);
        let whole = first.wrapping_add(reserve);
        self.process.stack(StackRequest::new(bottom, whole, flags), |_| ())?;
        K::set_sgrowsiz(&mut self.process, PageSize::KIB_4.bytes());
        Ok(())
    }

    /// Grows to an address, with the whole answer, refusals and their numbers included.
    ///
    /// A call of its own, as in a page-fault handler: what a loop around it makes of the answer
    /// must not decide what is compiled.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    #[inline(never)]
    pub fn fault(&mut self, addr: Addr) -> Result<Growth, Refusal> {
        self.process.grow(addr, |_| ())
    }

    /// Grows to an address: the bound that moved, or 0 if the address is mapped.
    ///
    /// # Panics
    ///
    /// If the engine refuses, or there is no stack: a layout has room for every growth.
    #[inline]
    pub fn grow(&mut self, addr: u64) -> u64 {
        match self.fault(Addr::new(addr)) {
            Ok(Growth::Grown { added, direction: growstack::Direction::Down }) => {
                added.start().get()
            }
            Ok(Growth::Grown { added, .. }) => added.end().get(),
            Ok(Growth::AlreadyMapped) => 0,
            Ok(Growth::NoStack) => panic!("{addr:#x} is next to no stack"),
            Err(refusal) => panic!("{refusal}"),
        }
    }

    /// Takes a stack that grew back to how it was made: it is unmapped and made again.
    ///
    /// # Panics
    ///
    /// If the engine refuses, for want of memory.
    pub fn undo(&mut self, span: &Span) {
        self.unmake(span);
        self.make(span).expect("what was made once can be made again");
    }

    /// Unmaps a stack, with all that it may have grown by and its gap.
    ///
    /// # Panics
    ///
    /// If the engine refuses, for want of memory.
    pub fn unmake(&mut self, span: &Span) {
        let reserve = Size::pages(RESERVE_PAGES);
        let low = Addr::new(span.start).wrapping_back(reserve);
        let high = Addr::new(span.end).wrapping_add(reserve);
        let (low, high) = match span.kind {
            Kind::Down => (low, Addr::new(span.end)),
            _ => (Addr::new(span.start), high),
        };
        self.process.map_mut().remove(low, high, |_| ()).expect("whole entries");
    }

    /// Maps a page and unmaps it: `vm_map_insert` and `vm_map_remove`.
    ///
    /// # Panics
    ///
    /// If the engine refuses, for want of memory.
    #[inline]
    pub fn insert_remove(&mut self, page: u64) {
        let (start, end) = (Addr::new(page), Addr::new(page + PAGE_SIZE));
        let map = self.process.map_mut();
        map.insert(start, end, Mapping::anonymous(Prot::RX), |_| ())
            .and_then(|()| map.remove(start, end, |_| ()))
            .expect("the page is free");
    }
}
