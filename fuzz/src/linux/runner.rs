//! Maps that run whole sequences at once.

use std::fmt;

use super::log::Log;
use super::{LinuxConfig, LinuxOp, LinuxSpace};

/// After which operations all flags are read, and not ranges and protections alone.
///
/// A kernel shows the flags of a VMA in the time in which it shows the rest of a hundred.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Every(pub u64);

impl Every {
    /// After each.
    pub const ONE: Self = Self(1);

    /// Whether all flags are to be read after operation `at`, from 0 on, of `count` operations: they
    /// always are after the last.
    #[must_use]
    pub const fn is_due(self, at: u64, count: u64) -> bool {
        at + 1 == count || (self.0 != 0 && (at + 1).is_multiple_of(self.0))
    }
}

/// Why a map gives no answer, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken(pub String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Broken {}

/// A map that runs whole sequences: to ask another process for one operation after the other takes
/// several times as long.
pub trait Runner {
    /// What each sequence starts from.
    fn config(&self) -> &LinuxConfig;

    /// Runs a sequence from an empty window on, and makes `log` what is seen of its operations.
    ///
    /// # Errors
    ///
    /// If the map gives no answer. It is then of no further use.
    fn run(&mut self, ops: &[LinuxOp], every: Every, log: &mut Log) -> Result<(), Broken>;
}

/// Maps that are asked for one operation after the other, a new one for each sequence.
pub struct OneByOne<F> {
    /// What they start from.
    pub config: LinuxConfig,
    /// Makes an empty one.
    pub create: F,
}

impl<F: Fn(&LinuxConfig) -> Box<dyn LinuxSpace>> Runner for OneByOne<F> {
    fn config(&self) -> &LinuxConfig {
        &self.config
    }

    fn run(&mut self, ops: &[LinuxOp], _: Every, log: &mut Log) -> Result<(), Broken> {
        log.clear();
        let mut map = (self.create)(&self.config);
        let mut vmas = Vec::new();
        for op in ops {
            let answer = map.apply(op);
            vmas.clear();
            map.vmas(&mut vmas);
            map.check().map_err(Broken)?;
            log.push(answer, map.shown(), vmas.iter().copied());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_flags_are_read_at_the_end() {
        let due = |every| (0..6).filter(|&at| Every(every).is_due(at, 6)).collect::<Vec<u64>>();
        assert_eq!(due(0), [5]);
        assert_eq!(due(2), [1, 3, 5]);
        assert_eq!(due(4), [3, 5]);
    }
}
