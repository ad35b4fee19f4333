//! Eviction of caches, by writing more than they hold.

use std::fmt;
use std::fs;
use std::hint::black_box;

/// Bytes of a cache line.
const LINE: usize = 64;

/// The caches that hold nothing of a map any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Evicted {
    /// Every level; of translations of addresses as many as the buffer has pages.
    All,
    /// The two levels of a core, the code in the second one too.
    UpToL2,
    /// The first level, for data alone.
    L1,
}

impl Evicted {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::All, Self::UpToL2, Self::L1];

    /// Bytes of the largest of these caches.
    fn bytes(self) -> usize {
        match self {
            Self::All => largest(|_, _| true).unwrap_or(64 << 20),
            Self::UpToL2 => largest(|level, _| level == "2").unwrap_or(2 << 20),
            Self::L1 => largest(|level, kind| level == "1" && kind == "Data").unwrap_or(48 << 10),
        }
    }
}

impl fmt::Display for Evicted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::All => "all",
            Self::UpToL2 => "up to L2",
            Self::L1 => "L1",
        })
    }
}

/// A buffer twice as large as what it evicts.
#[derive(Debug)]
pub struct Evictor(Vec<u8>);

impl Evictor {
    /// A buffer for caches of this machine; for common sizes if the system does not say.
    #[must_use]
    pub fn new(evicted: Evicted) -> Self {
        Self::of(2 * evicted.bytes())
    }

    /// A buffer of `bytes` bytes.
    #[must_use]
    pub fn of(bytes: usize) -> Self {
        Self(vec![1; bytes])
    }

    /// Writes to every line of the buffer.
    pub fn evict(&mut self) {
        for line in self.0.chunks_mut(LINE) {
            if let Some(byte) = line.first_mut() {
                *byte = byte.wrapping_add(1);
            }
        }
        black_box(&self.0);
    }
}

/// Bytes of the largest cache of the first core among those with a level and a type.
fn largest(wanted: impl Fn(&str, &str) -> bool) -> Option<usize> {
    let size = |index: usize| {
        let read = |file| {
            let path = format!("/sys/devices/system/cpu/cpu0/cache/index{index}/{file}");
            fs::read_to_string(path).ok()
        };
        if !wanted(read("level")?.trim(), read("type")?.trim()) {
            return None;
        }
        let kibibytes: usize = read("size")?.trim().strip_suffix('K')?.parse().ok()?;
        Some(kibibytes << 10)
    };
    (0..8).filter_map(size).max()
}
