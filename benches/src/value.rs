//! The value that a map of ranges keeps for an entry.

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
