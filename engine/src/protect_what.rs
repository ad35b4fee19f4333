//! What `protect` sets.

use core::fmt;

use crate::flags::Prot;

/// Which protection `protect` sets.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ProtectWhat {
    /// The protection in force.
    Current,
    /// The most that can ever be asked for; can only shrink.
    Max,
    /// The protection in force, and the most that can be asked for: this one. FreeBSD 14.2 alone;
    /// 9.3 refuses it (rule 16.9).
    Both(Prot),
    /// One of these for a stack that grows down as a whole, from its end that grows on. FreeBSD 14.2
    /// alone; 9.3 refuses it (rule 16.9).
    GrowsDown(ProtectPart),
}

/// Which protection `protect` sets of a stack as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ProtectPart {
    /// As [`ProtectWhat::Current`].
    Current,
    /// As [`ProtectWhat::Max`].
    Max,
    /// As [`ProtectWhat::Both`].
    Both(Prot),
}

impl ProtectWhat {
    /// Which protection it is, whether of a stack as a whole or not.
    #[must_use]
    pub const fn part(self) -> ProtectPart {
        match self {
            Self::Current => ProtectPart::Current,
            Self::Max => ProtectPart::Max,
            Self::Both(max) => ProtectPart::Both(max),
            Self::GrowsDown(part) => part,
        }
    }

    /// Is it for a stack as a whole?
    #[must_use]
    pub const fn grows_down(self) -> bool {
        matches!(self, Self::GrowsDown(_))
    }

    /// Whether FreeBSD 9.3 has no such `protect`.
    #[must_use]
    pub const fn is_of_14(self) -> bool {
        matches!(self, Self::Both(_) | Self::GrowsDown(_))
    }
}

impl From<ProtectPart> for ProtectWhat {
    fn from(part: ProtectPart) -> Self {
        match part {
            ProtectPart::Current => Self::Current,
            ProtectPart::Max => Self::Max,
            ProtectPart::Both(max) => Self::Both(max),
        }
    }
}

impl fmt::Display for ProtectPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Current => f.write_str("cur"),
            Self::Max => f.write_str("max"),
            Self::Both(max) => write!(f, "both={max}"),
        }
    }
}

impl fmt::Display for ProtectWhat {
    /// The last word of a `protect` in traces.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stretch = if self.grows_down() { ",growsdown" } else { "" };
        write!(f, "{}{stretch}", self.part())
    }
}
