//! What a machine commits: the account of swap behind the engine's map (L19).

use core::num::NonZeroU64;

use growstack::{Objects, Size, Swap};

use crate::linux::{LinuxConfig, Overcommit};

/// An account in which no sum has a limit, but each step has: `vm.overcommit_memory` 0 and 1.
#[derive(Clone, Copy, Debug)]
pub struct Commit {
    account: Swap,
    /// The most that one step may reserve.
    step: Size,
}

impl Commit {
    pub(super) fn new(config: &LinuxConfig) -> Self {
        let step = match config.overcommit {
            Overcommit::Heuristic => Size::new(config.committable.saturating_mul(super::PAGE)),
            Overcommit::Always => Size::MAX,
        };
        Self { account: Swap::UNLIMITED, step }
    }
}

impl Objects for Commit {
    type Object = NonZeroU64;

    fn swap(&self) -> Swap {
        self.account
    }

    fn account<T>(&mut self, change: impl FnOnce(&mut Swap) -> T) -> T {
        change(&mut self.account)
    }

    fn reserve(&mut self, bytes: Size) -> Result<(), Swap> {
        if bytes > self.step {
            return Err(Swap { reserved: Size::ZERO, limit: self.step });
        }
        self.account.reserve(bytes)
    }

    fn child(&self) -> Self {
        Self { account: Swap::UNLIMITED, step: self.step }
    }
}
