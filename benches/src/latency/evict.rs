//! Emptying the caches of the map.

use std::fs;
use std::hint::black_box;

/// Bytes of a cache line.
const LINE: usize = 64;

/// A buffer twice as large as the last-level cache.
pub(super) struct Evictor(Vec<u8>);

impl Evictor {
    pub(super) fn new() -> Self {
        Self(vec![1; 2 * last_level_cache()])
    }

    /// Writes to every line of the buffer, so that no level holds anything else.
    pub(super) fn evict(&mut self) {
        for line in self.0.chunks_mut(LINE) {
            if let Some(byte) = line.first_mut() {
                *byte = byte.wrapping_add(1);
            }
        }
        black_box(&self.0);
    }
}

/// Bytes of the largest cache of the first core; 64 MiB if the system does not say.
fn last_level_cache() -> usize {
    const UNKNOWN: usize = 64 << 20;
    let size = |index: usize| {
        let path = format!("/sys/devices/system/cpu/cpu0/cache/index{index}/size");
        let text = fs::read_to_string(path).ok()?;
        let kibibytes: usize = text.trim().strip_suffix('K')?.parse().ok()?;
        Some(kibibytes << 10)
    };
    (0..8).filter_map(size).max().unwrap_or(UNKNOWN)
}
