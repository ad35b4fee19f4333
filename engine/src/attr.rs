//! Attributes that are one of a few: inheritance, access pattern, advice, and how to wire.

use core::error::Error;
use core::fmt;
use core::str::FromStr;

/// A word that names no value of its type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct UnknownWord;

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word that names no value")
    }
}

impl Error for UnknownWord {}

/// Defines an enum whose values print, and are read, as words.
macro_rules! words {
    ($(#[$outer:meta])* pub enum $name:ident {
        $($(#[$inner:meta])* $variant:ident = $word:literal,)*
    }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$inner])* $variant,)*
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word for it, as it prints.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                match word {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(UnknownWord),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }
    };
}

words! {
    /// What a child gets of an entry at fork: `vm_map_inherit(9)`.
    #[derive(Default)]
    pub enum Inherit {
        /// Parent and child share it.
        Share = "share",
        /// The child gets a copy, made on write.
        #[default]
        Copy = "copy",
        /// The child gets nothing.
        None = "none",
        /// The child gets empty memory. FreeBSD 14.2 alone; 9.3 refuses it (rule 16.9).
        Zero = "zero",
    }
}

words! {
    /// The access pattern that an entry expects: `vm_map_madvise(9)`.
    #[derive(Default)]
    pub enum Access {
        /// No pattern known.
        #[default]
        Normal = "normal",
        /// From low to high addresses.
        Sequential = "sequential",
        /// No use in reading ahead.
        Random = "random",
    }
}

words! {
    /// The advice that `vm_map_madvise(9)` takes (rule 5.2).
    pub enum Advice {
        /// Access pattern `normal`.
        Normal = "normal",
        /// Access pattern `sequential`.
        Sequential = "sequential",
        /// Access pattern `random`.
        Random = "random",
        /// Set `nosync`.
        NoSync = "nosync",
        /// Clear `nosync`.
        AutoSync = "autosync",
        /// Set `nocoredump`.
        NoCore = "nocore",
        /// Clear `nocoredump`.
        Core = "core",
    }
}

words! {
    /// Who wires or unwires (sections 9, 10 and rule 16.4).
    pub enum Wiring {
        /// The user, as `mlock(2)` does.
        User = "user",
        /// The system, as the kernel's own `vm_map_wire` calls do.
        System = "system",
    }
}

words! {
    /// May a range to wire or unwire have holes?
    pub enum Holes {
        /// Unmapped parts are passed over.
        Allowed = "holes",
        /// An unmapped part ends the operation.
        Refused = "noholes",
    }
}

words! {
    /// How `find` places a mapping.
    pub enum FindSpace {
        /// `VMFS_NO_SPACE`: at the address given, no search.
        No = "no",
        /// `VMFS_ANY_SPACE`: the first fit at or above the address given.
        Any = "any",
    }
}
