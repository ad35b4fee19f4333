//! The engine's index alone.

use growstack::tree::{Cursor, Tree};

use crate::peer::{Around, Bounds, Grown, PeerMap, Value, down, up};

/// The engine's B+tree, which keeps the gaps too.
#[derive(Debug)]
pub struct EngineTree(Tree<Value>);

impl EngineTree {
    /// The tree itself.
    #[must_use]
    pub const fn tree(&self) -> &Tree<Value> {
        &self.0
    }
}

impl PeerMap for EngineTree {
    #[inline(always)]
    fn entry(&self, addr: u64) -> Option<(Bounds, Value)> {
        self.0.get(addr).map(|entry| ((entry.start, entry.end), *entry.value))
    }

    #[inline(always)]
    fn neighbours(&self, addr: u64) -> Around {
        let near = self.0.neighbours(addr);
        Around { below: near.below.unwrap_or(0), above: near.above }
    }

    fn empty(max: u64) -> Self {
        Self(Tree::new(0, max))
    }

    #[inline]
    fn insert(&mut self, start: u64, end: u64, value: Value) {
        let mut at = Cursor::default();
        self.0.seek_into(start, &mut at);
        self.0.insert(&mut at, start, end, value).expect("memory for a node");
    }

    #[inline]
    fn remove(&mut self, start: u64, _: u64) -> u64 {
        let mut at = Cursor::default();
        self.0.seek_into(start, &mut at);
        self.0.remove(&mut at).map_or(0, |value| value.word())
    }

    fn set_start(&mut self, old: Bounds, start: u64) {
        let mut at = Cursor::default();
        self.0.seek_into(old.0, &mut at);
        self.0.set_bounds(&at, start, old.1);
    }

    fn set_end(&mut self, old: Bounds, end: u64) {
        let mut at = Cursor::default();
        self.0.seek_into(old.0, &mut at);
        self.0.set_bounds(&at, old.0, end);
    }

    fn set_value(&mut self, bounds: Bounds, value: Value) {
        let mut at = Cursor::default();
        self.0.seek_into(bounds.0, &mut at);
        if let Some(place) = self.0.value_mut(&at) {
            *place = value;
        }
    }

    fn from(&self, addr: u64) -> impl Iterator<Item = Bounds> + '_ {
        self.0.iter_from(&self.0.seek(addr)).map(|entry| (entry.start, entry.end))
    }

    #[inline]
    fn grow_down(&mut self, addr: u64) -> Grown {
        let mut at = Cursor::default();
        let above = self.0.seek_into(addr, &mut at).map(|entry| (entry.start, entry.end));
        match down(addr, self.0.end_below(&at).unwrap_or(0), above) {
            Ok((old, start)) => {
                if let Some(value) = self.0.value_mut(&at) {
                    *value = Value::PLAIN;
                }
                self.0.insert(&mut at, start, old.0, Value::GROWS_DOWN).expect("memory for a node");
                Grown::To(start)
            }
            Err(other) => other,
        }
    }

    #[inline]
    fn grow_up(&mut self, addr: u64) -> Grown {
        let mut at = Cursor::default();
        let above = self.0.seek_into(addr, &mut at).map(|entry| (entry.start, entry.end));
        if !self.0.retreat(&mut at) {
            return Grown::Refused;
        }
        let Some(below) = self.0.item(&at).map(|entry| (entry.start, entry.end)) else {
            return Grown::Refused;
        };
        match up(addr, below, above) {
            Ok(end) => {
                self.0.set_bounds(&at, below.0, end);
                Grown::To(end)
            }
            Err(other) => other,
        }
    }

    #[inline]
    fn find_space(&self, start: u64, length: u64, _: u64) -> Option<u64> {
        self.0.first_fit(start, length)
    }
}
