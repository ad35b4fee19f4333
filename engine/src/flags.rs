//! Sets of flags: protection, what an insertion asks for, what an entry carries.

use core::fmt;
use core::ops::{BitAnd, BitOr, BitOrAssign, Not, Sub};

/// Defines binary operators of a set of flags by its methods.
macro_rules! operators {
    ($name:ident: $($operator:ident::$function:ident = $method:ident),*) => {$(
        impl $operator for $name {
            type Output = Self;
            #[inline]
            fn $function(self, other: Self) -> Self {
                self.$method(other)
            }
        }
    )*};
}

/// Defines a set of flags over a small unsigned integer.
macro_rules! flag_set {
    (
        $(#[$outer:meta])*
        pub struct $name:ident: $bits:ty {
            $($(#[$inner:meta])* $flag:ident = $value:expr, $text:literal;)*
        }
    ) => {
        $(#[$outer])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
        #[repr(transparent)]
        pub struct $name($bits);

        impl $name {
            $($(#[$inner])* pub const $flag: Self = Self($value);)*

            /// No flag.
            pub const NONE: Self = Self(0);
            /// Every flag.
            pub const ALL: Self = Self(0 $(| $value)*);
            /// Every single flag with its name, in the order in which they print.
            pub const NAMES: &'static [(Self, &'static str)] = &[$((Self::$flag, $text)),*];

            /// The set with these bits; bits without a meaning are dropped.
            #[inline]
            #[must_use]
            pub const fn from_bits_truncate(bits: $bits) -> Self {
                Self(bits & Self::ALL.0)
            }

            /// The bits of the set.
            #[inline]
            #[must_use]
            pub const fn bits(self) -> $bits {
                self.0
            }

            /// Is no flag set?
            #[inline]
            #[must_use]
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// Are all flags of `other` set?
            #[inline]
            #[must_use]
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// Is any flag of `other` set?
            #[inline]
            #[must_use]
            pub const fn intersects(self, other: Self) -> bool {
                self.0 & other.0 != 0
            }

            /// The flags of either set: `|`.
            #[inline]
            #[must_use]
            pub const fn union(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// This set without the flags of `other`: `-`.
            #[inline]
            #[must_use]
            pub const fn difference(self, other: Self) -> Self {
                Self(self.0 & !other.0)
            }

            /// The flags that both sets have: `&`.
            #[inline]
            #[must_use]
            pub const fn intersection(self, other: Self) -> Self {
                Self(self.0 & other.0)
            }
        }

        operators!($name: BitOr::bitor = union, BitAnd::bitand = intersection, Sub::sub = difference);

        impl BitOrAssign for $name {
            #[inline]
            fn bitor_assign(&mut self, other: Self) {
                *self = self.union(other);
            }
        }

        impl Not for $name {
            type Output = Self;
            /// Every flag that the set does not have.
            #[inline]
            fn not(self) -> Self {
                Self::ALL.difference(self)
            }
        }
    };
}

flag_set! {
    /// What may be done with the memory of an entry.
    ///
    /// ```
    /// use growstack::Prot;
    /// assert_eq!(Prot::RW.to_string(), "rw-");
    /// assert!(Prot::ALL.contains(Prot::EXECUTE));
    /// ```
    pub struct Prot: u8 {
        /// It may be read.
        READ = 1, "r";
        /// It may be written.
        WRITE = 2, "w";
        /// It may be executed.
        EXECUTE = 4, "x";
    }
}

impl Prot {
    /// Read and write.
    pub const RW: Self = Self(3);
    /// Read and execute.
    pub const RX: Self = Self(5);
}

flag_set! {
    /// What an insertion asks for: the `cow` argument of `vm_map_insert(9)` and `vm_map_stack(9)`.
    pub struct MapFlags: u16 {
        /// Copy on write: the entry gets `cow` and `needs_copy`.
        COW = 1, "cow";
        /// No page fault may fill it (kernel submaps); goes with no object (rule 15.1).
        NOFAULT = 1 << 1, "nofault";
        /// Dirty pages are not flushed by the syncer.
        NOSYNC = 1 << 2, "nosync";
        /// Left out of core dumps.
        NOCOREDUMP = 1 << 3, "nocoredump";
        /// The caller has reserved the swap already: charge without reserving (rule 6.6).
        ACC_CHARGED = 1 << 4, "acc_charged";
        /// Never charge the entry (rule 6.6).
        ACC_NO_CHARGE = 1 << 5, "acc_no_charge";
        /// Inherit `share` instead of `copy`.
        INHERIT_SHARE = 1 << 6, "inherit_share";
        /// A stack that grows towards lower addresses; only for `stack`, but in FreeBSD 14.2.
        GROWS_DOWN = 1 << 7, "grows_down";
        /// A stack that grows towards higher addresses; only for `stack`, but in FreeBSD 14.2.
        GROWS_UP = 1 << 8, "grows_up";
        /// A guard: an entry that nothing may be done with. FreeBSD 14.2 (rule 16.9).
        GUARD = 1 << 9, "guard";
        /// `fixed` does not remove first. FreeBSD 14.2 (rule 16.9).
        EXCL = 1 << 10, "excl";
        /// `find` without a search removes first. FreeBSD 14.2 (rule 16.9).
        REMAP = 1 << 11, "remap";
    }
}

impl MapFlags {
    /// Both directions of growth.
    pub const GROWTH: Self = Self(Self::GROWS_DOWN.0 | Self::GROWS_UP.0);
    /// Those that FreeBSD 9.3 does not have: an insertion is as it would be without them.
    pub const FREEBSD_14: Self = Self(Self::GUARD.0 | Self::EXCL.0 | Self::REMAP.0);
}

flag_set! {
    /// What an entry carries (rule 1.3). The access pattern is [`Access`](crate::Access).
    pub struct EntryFlags: u16 {
        /// Copy on write.
        COW = 1, "cow";
        /// Copy on write, and the copy has not been made.
        NEEDS_COPY = 1 << 1, "needs_copy";
        /// No page fault may fill it.
        NOFAULT = 1 << 2, "nofault";
        /// Dirty pages are not flushed by the syncer.
        NOSYNC = 1 << 3, "nosync";
        /// Left out of core dumps.
        NOCOREDUMP = 1 << 4, "nocoredump";
        /// It grows down when the address below it faults.
        GROWS_DOWN = 1 << 5, "grows_down";
        /// It grows up when the address above it faults.
        GROWS_UP = 1 << 6, "grows_up";
        /// Nothing may be done with it; it is in no counter of bytes. FreeBSD 14.2.
        GUARD = 1 << 9, "guard";
        /// A guard that the stack above it grows down into. FreeBSD 14.2.
        STACK_GAP_DN = 1 << 10, "stack_gap_dn";
        /// A guard that the stack below it grows up into. FreeBSD 14.2.
        STACK_GAP_UP = 1 << 11, "stack_gap_up";
        /// Never charged, even if it becomes writable: `MAP_NORESERVE`. Linux.
        NORESERVE = 1 << 12, "noreserve";
        /// Wired by the user: one of its wirings is `mlock`'s.
        USER_WIRED = 1 << 7, "user_wired";
        /// The entry itself holds a swap charge of its length.
        CHARGED = 1 << 8, "charged";
    }
}

impl EntryFlags {
    /// Both directions of growth.
    pub const GROWTH: Self = Self(Self::GROWS_DOWN.0 | Self::GROWS_UP.0);
    /// The gap of a stack, of either kind.
    pub const STACK_GAP: Self = Self(Self::STACK_GAP_DN.0 | Self::STACK_GAP_UP.0);
    /// Those that FreeBSD 9.3 does not have: no entry of its maps carries one.
    pub const FREEBSD_14: Self = Self(Self::GUARD.0 | Self::STACK_GAP.0);
}

impl fmt::Display for Prot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (flag, letter) in Self::NAMES {
            f.write_str(if self.contains(*flag) { letter } else { "-" })?;
        }
        Ok(())
    }
}

macro_rules! comma_separated {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            /// The names, separated by commas; `-` for none.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                if self.is_empty() {
                    return f.write_str("-");
                }
                let mut comma = "";
                for (flag, word) in Self::NAMES {
                    if self.contains(*flag) {
                        write!(f, "{comma}{word}")?;
                        comma = ",";
                    }
                }
                Ok(())
            }
        }
    )*};
}

comma_separated!(MapFlags, EntryFlags);
debug_is_display!(Prot, MapFlags, EntryFlags);
