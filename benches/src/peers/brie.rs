//! `brie-tree`, keyed by the end of an entry: the fastest of the peers, with much `unsafe` code.

use std::ops::Bound::Excluded;

use brie_tree::{BTree, BTreeKey, Cursor};
use nonmax::NonMaxU64;

use crate::peer::{Around, Bounds, Grown, PeerMap, Value, down, up};

/// An end below 2^64 - 1.
#[derive(Clone, Copy)]
struct End(NonMaxU64);

impl End {
    #[inline(always)]
    fn new(end: u64) -> Self {
        Self(NonMaxU64::new(end).unwrap_or(NonMaxU64::MAX))
    }
}

impl BTreeKey for End {
    type Int = NonMaxU64;

    #[inline(always)]
    fn to_int(self) -> NonMaxU64 {
        self.0
    }

    #[inline(always)]
    fn from_int(int: NonMaxU64) -> Self {
        Self(int)
    }
}

/// Ends to starts and values.
pub struct Brie(BTree<End, (u64, Value)>);

impl core::fmt::Debug for Brie {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Brie").finish_non_exhaustive()
    }
}

impl Brie {
    #[inline]
    fn at(&self, addr: u64) -> Cursor<'_, End, (u64, Value)> {
        self.0.cursor_at(Excluded(End::new(addr)))
    }
}

#[inline]
fn bounds(entry: Option<(End, &(u64, Value))>) -> Option<Bounds> {
    entry.map(|(end, &(start, _))| (start, end.0.get()))
}

impl PeerMap for Brie {
    #[inline(always)]
    fn entry(&self, addr: u64) -> Option<(Bounds, Value)> {
        // A range finds its first entry without the path that a cursor keeps.
        let (end, &(start, value)) = self.0.iter_from(Excluded(End::new(addr))).next()?;
        (start <= addr).then_some(((start, end.0.get()), value))
    }

    #[inline(always)]
    fn neighbours(&self, addr: u64) -> Around {
        let mut at = self.at(addr);
        let above = bounds(at.entry());
        let below = if at.prev() { at.key().map_or(0, |end| end.0.get()) } else { 0 };
        Around { below, above }
    }

    fn empty(_: u64) -> Self {
        Self(BTree::new())
    }

    #[inline]
    fn insert(&mut self, start: u64, end: u64, value: Value) {
        self.0.insert(End::new(end), (start, value));
    }

    #[inline]
    fn remove(&mut self, _: u64, end: u64) -> u64 {
        self.0.remove(End::new(end)).map_or(0, |(_, value)| value.word())
    }

    fn set_start(&mut self, old: Bounds, start: u64) {
        if let Some(entry) = self.0.get_mut(End::new(old.1)) {
            entry.0 = start;
        }
    }

    fn set_end(&mut self, old: Bounds, end: u64) {
        if let Some(entry) = self.0.remove(End::new(old.1)) {
            self.0.insert(End::new(end), entry);
        }
    }

    #[inline]
    fn set_value(&mut self, bounds: Bounds, value: Value) {
        if let Some(entry) = self.0.get_mut(End::new(bounds.1)) {
            entry.1 = value;
        }
    }

    fn from(&self, addr: u64) -> impl Iterator<Item = Bounds> + '_ {
        self.0.iter_from(Excluded(End::new(addr))).filter_map(|entry| bounds(Some(entry)))
    }

    #[inline]
    fn grow_down(&mut self, addr: u64) -> Grown {
        let mut at = self.0.cursor_mut_at(Excluded(End::new(addr)));
        let above = bounds(at.entry());
        let below = if at.prev() {
            let below = at.key().map_or(0, |end| end.0.get());
            at.next();
            below
        } else {
            0
        };
        match down(addr, below, above) {
            Ok((old, start)) => {
                if let Some(entry) = at.value_mut() {
                    entry.1 = Value::PLAIN;
                }
                at.insert_before(End::new(old.0), (start, Value::GROWS_DOWN));
                Grown::To(start)
            }
            Err(other) => other,
        }
    }

    #[inline]
    fn grow_up(&mut self, addr: u64) -> Grown {
        let mut at = self.0.cursor_mut_at(Excluded(End::new(addr)));
        let above = bounds(at.entry());
        if !at.prev() {
            return Grown::Refused;
        }
        let Some((end, &(start, value))) = at.entry() else { return Grown::Refused };
        match up(addr, (start, end.0.get()), above) {
            Ok(end) => {
                // The order of the keys stays.
                at.replace(End::new(end), (start, value));
                Grown::To(end)
            }
            Err(other) => other,
        }
    }
}
