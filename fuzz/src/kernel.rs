//! The kernels whose rules there are: which of them a trace or a run is about.

use std::fmt;
use std::str::FromStr;

use growstack::{Addr, UnknownWord};

/// A kernel, by the release whose answers the rules are from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Kernel {
    /// FreeBSD 9.3: the rule book.
    #[default]
    Freebsd9,
    /// FreeBSD 14.2: what changed since is in `docs/behaviour-14.md`, with D before the number of a
    /// rule.
    Freebsd14,
}

impl Kernel {
    /// Every kernel.
    pub const ALL: [Self; 2] = [Self::Freebsd9, Self::Freebsd14];

    /// The word for it in the header of a trace.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Freebsd9 => "freebsd-9",
            Self::Freebsd14 => "freebsd-14",
        }
    }
}

impl FromStr for Kernel {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|kernel| kernel.word() == word).ok_or(UnknownWord)
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// What random sequences and their rules are of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Family {
    /// A FreeBSD.
    FreeBsd(Kernel),
    /// Linux, of any version.
    Linux,
}

impl Family {
    /// Every kernel.
    pub const ALL: [Self; 3] =
        [Self::FreeBsd(Kernel::Freebsd9), Self::FreeBsd(Kernel::Freebsd14), Self::Linux];

    /// The word for it on command lines.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::FreeBsd(kernel) => kernel.word(),
            Self::Linux => "linux",
        }
    }
}

impl Default for Family {
    fn default() -> Self {
        Self::FreeBsd(Kernel::default())
    }
}

impl FromStr for Family {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|family| family.word() == word).ok_or(UnknownWord)
    }
}

/// What a trace of FreeBSD 14.2 starts from, beside what one of 9.3 does. The switch of 9.3's guard
/// page is then off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Freebsd14 {
    /// `vm_stacktop`: addresses at or above it are not the main stack's (rule D13.4).
    pub stacktop: Addr,
    /// Has the process not opted out of the guard pages of its stacks?
    pub stkgap: bool,
    /// `security.bsd.stack_guard_page`: how many pages of a stack to be made are its guard.
    pub guard_pages: u64,
}

impl Freebsd14 {
    /// The guard pages that the system boots with.
    pub const GUARD_PAGES: u64 = 1;

    /// What 14.2 boots with, for a map that ends at `max`.
    #[must_use]
    pub const fn new(max: Addr) -> Self {
        Self { stacktop: max, stkgap: true, guard_pages: Self::GUARD_PAGES }
    }
}
