//! The numbers of the operations.

use crate::generate::Kind;

/// Defines [`Opcode`] from the one table of numbers.
macro_rules! opcodes {
    ($($variant:ident = $number:literal)*) => {
        /// Which operation a record stands for.
        ///
        /// The numbers are the encoding. They are never changed and never given to another
        /// operation: a new operation takes a new number.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        #[repr(u8)]
        #[allow(missing_docs)] // Each is named as the operation it stands for.
        pub enum Opcode {
            $($variant = $number,)*
        }

        impl Opcode {
            /// Every opcode.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The opcode with this number.
            #[must_use]
            pub const fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The kind of operation it makes.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self {
                    $(Self::$variant => Kind::$variant,)*
                }
            }

            /// The opcode of a kind of operation.
            #[must_use]
            pub const fn of(kind: Kind) -> Self {
                match kind {
                    $(Kind::$variant => Self::$variant,)*
                }
            }
        }
    };
}

opcodes! {
    Insert = 1
    Stack = 2
    Grow = 3
    FindSpace = 4
    Find = 5
    Fixed = 6
    Remove = 7
    Protect = 8
    Inherit = 9
    Madvise = 10
    Wire = 11
    Unwire = 12
    Check = 13
    Lookup = 14
    Limit = 15
    SetGrowSize = 16
    SetGuardPage = 17
    WireFuture = 18
    Dump = 19
}

/// The number of a record that is no operation, but a plain number for the next one.
pub(super) const WIDE: u8 = 0x7f;
