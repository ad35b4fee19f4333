//! Emptying the caches of the map.

use std::hint::black_box;

use crate::host::last_level_cache;

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
