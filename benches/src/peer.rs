//! Every map of ranges behind one small trait: disjoint ranges, each with a value of 32 bytes.

use growstack::PAGE_SIZE;

/// As many bytes as the engine keeps of an entry beside its bounds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Value([u64; 4]);

impl Value {
    /// The value of an entry that does not grow down.
    pub const PLAIN: Self = Self([3, 0, 0, 0]);
    /// The value of a stack that grows down.
    pub const GROWS_DOWN: Self = Self([3 | 32, 0, 0, 0]);

    /// A value with this for protection and flags.
    #[must_use]
    pub const fn of(word: u64) -> Self {
        Self([word, 0, 0, 0])
    }

    /// What stands for protection and flags.
    #[must_use]
    pub const fn word(&self) -> u64 {
        self.0[0]
    }
}

/// Start and end of an entry.
pub type Bounds = (u64, u64);

/// What is around an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Around {
    /// The end of the last entry with an end at or below the address; 0 if there is none.
    pub below: u64,
    /// The first entry with an end above the address: the one that holds it, or else the next.
    pub above: Option<Bounds>,
}

/// What became of a growth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grown {
    /// The address is mapped.
    Mapped,
    /// The bound that moved: the new start, or the new end.
    To(u64),
    /// There is no entry to grow, or no room.
    Refused,
}

impl Grown {
    /// A number that the next address can be made to depend on.
    #[inline]
    #[must_use]
    pub const fn number(self) -> u64 {
        match self {
            Self::Mapped => 0,
            Self::To(bound) => bound,
            Self::Refused => 2,
        }
    }
}

/// A map of ranges.
///
/// The methods with a body are made of the others; a map that needs fewer descents has its own.
pub trait PeerMap: Sized {
    /// The entry that holds an address, and its value.
    fn entry(&self, addr: u64) -> Option<(Bounds, Value)>;

    /// What is around an address.
    fn neighbours(&self, addr: u64) -> Around;

    /// An empty map for addresses below `max`.
    fn empty(max: u64) -> Self;

    /// Inserts an entry where nothing is; the caller has made sure.
    fn insert(&mut self, start: u64, end: u64, value: Value);

    /// Removes the entry with these bounds, and returns some number of it.
    fn remove(&mut self, start: u64, end: u64) -> u64;

    /// Moves the start of the entry `old` to `start`, which has room.
    fn set_start(&mut self, old: Bounds, start: u64);

    /// Moves the end of the entry `old` to `end`, which has room.
    fn set_end(&mut self, old: Bounds, end: u64);

    /// Sets the value of the entry with these bounds.
    fn set_value(&mut self, bounds: Bounds, value: Value);

    /// The entries from the first one with an end above `addr` on.
    fn from(&self, addr: u64) -> impl Iterator<Item = Bounds> + '_;

    /// The bounds of the entry that holds an address.
    #[inline(always)]
    fn lookup(&self, addr: u64) -> Option<Bounds> {
        self.entry(addr).map(|(bounds, _)| bounds)
    }

    /// The value of the entry that holds an address.
    #[inline]
    fn value(&self, addr: u64) -> Option<Value> {
        self.entry(addr).map(|(_, value)| value)
    }

    /// A map of these entries, inserted one by one in this order.
    fn build(max: u64, entries: impl Iterator<Item = (u64, u64, Value)>) -> Self {
        let mut map = Self::empty(max);
        entries.for_each(|(start, end, value)| map.insert(start, end, value));
        map
    }

    /// Growth down as rules 13.12 and 13.13 have it: a new entry, to which the flag moves.
    fn grow_down(&mut self, addr: u64) -> Grown {
        let near = self.neighbours(addr);
        match down(addr, near.below, near.above) {
            Ok((old, start)) => {
                self.set_value(old, Value::PLAIN);
                self.insert(start, old.0, Value::GROWS_DOWN);
                Grown::To(start)
            }
            Err(other) => other,
        }
    }

    /// Growth up, which is a boundary move by the rules too (13.16).
    fn grow_up(&mut self, addr: u64) -> Grown {
        let near = self.neighbours(addr);
        let Some(bottom) = near.below.checked_sub(1).and_then(|last| self.lookup(last)) else {
            return Grown::Refused;
        };
        match up(addr, bottom, near.above) {
            Ok(end) => {
                self.set_end(bottom, end);
                Grown::To(end)
            }
            Err(other) => other,
        }
    }

    /// The lowest address at or above `start` with `length` free from there on, by walking. `max`
    /// is the end of the map.
    fn find_space(&self, start: u64, length: u64, max: u64) -> Option<u64> {
        let mut at = start;
        for (start, end) in self.from(at) {
            if start >= at && start - at >= length {
                return Some(at);
            }
            at = end;
        }
        (max.saturating_sub(at) >= length).then_some(at)
    }
}

/// The edit of a growth down to `addr`, given what is around it: the entry, and its new start.
///
/// # Errors
///
/// What there is to say instead.
#[inline]
pub fn down(addr: u64, below: u64, above: Option<Bounds>) -> Result<(Bounds, u64), Grown> {
    match above {
        Some((start, _)) if start <= addr => Err(Grown::Mapped),
        Some(old) => {
            let need = page_up(old.0 - addr);
            if old.0 - below < need { Err(Grown::Refused) } else { Ok((old, old.0 - need)) }
        }
        None => Err(Grown::Refused),
    }
}

/// The edit of a growth up to `addr`, given the entry that ends at or below it and the next one:
/// the new end.
///
/// # Errors
///
/// What there is to say instead.
#[inline]
pub fn up(addr: u64, below: Bounds, above: Option<Bounds>) -> Result<u64, Grown> {
    let ceiling = above.map_or(u64::MAX, |(start, _)| start);
    if ceiling <= addr {
        return Err(Grown::Mapped);
    }
    let need = page_up(addr + 1 - below.1);
    if ceiling - below.1 < need { Err(Grown::Refused) } else { Ok(below.1 + need) }
}

const fn page_up(bytes: u64) -> u64 {
    bytes.next_multiple_of(PAGE_SIZE)
}
