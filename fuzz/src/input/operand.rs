//! Operands by what they are near.

/// Defines an enum of numbered choices; a number without a meaning is the first choice.
macro_rules! numbered {
    ($(#[$outer:meta])* pub enum $name:ident {
        $($(#[$inner:meta])* $variant:ident = $number:literal,)*
    }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$inner])* $variant = $number,)*
        }

        impl $name {
            /// Every choice.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The choice with this number; the first one if there is none.
            #[must_use]
            pub const fn from_number(number: u8) -> Self {
                match number {
                    $($number => Self::$variant,)*
                    _ => Self::ALL[0],
                }
            }
        }
    };
}

numbered! {
    /// The place or size that an operand starts from. The numbers are the encoding.
    ///
    /// Entries, gaps and stacks are counted from the lowest on, and a number past the last one
    /// starts over; an empty gap is passed over. Where there is none, the operand starts from the
    /// window.
    pub enum Anchor {
        /// A number of pages.
        Pages = 0,
        /// A page of the window.
        WindowPage = 1,
        /// The start of an entry.
        EntryStart = 2,
        /// The end of an entry.
        EntryEnd = 3,
        /// A place inside an entry: the count is the 256ths of the way; to the byte with [`Unit::Byte`].
        EntryInside = 4,
        /// The middle of a gap.
        GapMiddle = 5,
        /// The edge of a stack that can grow down: the first such entry from a number on.
        StackLow = 6,
        /// The edge of a stack that can grow up.
        StackHigh = 7,
        /// Where the reserve of a stack that grows down ends.
        ReserveLow = 8,
        /// Where the reserve of a stack that grows up ends.
        ReserveHigh = 9,
        /// The map's lowest address.
        MapMin = 10,
        /// The map's end.
        MapMax = 11,
        /// 2^47, where user space ends on amd64.
        Canonical = 12,
        /// 2^64, which is 0.
        Top = 13,
        /// 2^63.
        Half = 14,
        /// `vm_maxsaddr`.
        MainStack = 15,
        /// A number of pages past the first operand.
        Span = 16,
        /// From the first operand to the end of an entry.
        ToEntryEnd = 17,
        /// The length of a gap.
        GapLength = 18,
        /// The length of an entry.
        EntryLength = 19,
        /// What is left of a stack's reserve.
        Avail = 20,
        /// `sgrowsiz`.
        GrowStep = 21,
        /// What is used of the limit to be set.
        Used = 22,
        /// 2^63 - 1, `inf` for most limits.
        Infinity = 23,
        /// The start of a gap.
        GapStart = 24,
        /// The end of a gap.
        GapEnd = 25,
        /// A place inside a gap, as [`EntryInside`](Self::EntryInside).
        GapPart = 26,
        /// A fault below a stack that has room to grow down: the count is the 256ths of the way to
        /// the end of its reserve or to its neighbour, whichever is nearer.
        FaultLow = 27,
        /// A fault above a stack that has room to grow up, in the same way.
        FaultHigh = 28,
        /// The middle of the gap that a stack can grow into.
        StackGap = 29,
        /// As [`Span`](Self::Span), but not past the next entry.
        SpanInGap = 30,
        /// A number of pages, but no more than are free from the first operand on.
        LengthInGap = 31,
    }
}

numbered! {
    /// What an operand's steps away from its anchor are counted in. The numbers are the encoding.
    pub enum Unit {
        /// No step.
        None = 0,
        /// One byte.
        Byte = 1,
        /// One page.
        Page = 2,
        /// `sgrowsiz`.
        GrowStep = 3,
        /// A page if the guard page is on, else nothing; in FreeBSD 14.2 the guard pages.
        Guard = 4,
    }
}

/// Bits of the anchor in its byte; the unit has the others.
const ANCHOR_BITS: u32 = 5;
const ANCHOR_MASK: u8 = (1 << ANCHOR_BITS) - 1;

/// An address, a length or a limit, as an input holds it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Operand {
    /// Just this number.
    Raw(u64),
    /// A number of steps from some place, modulo 2^64.
    Near {
        /// The place.
        anchor: Anchor,
        /// Which entry, gap, stack or page.
        index: u16,
        /// What steps are counted in.
        unit: Unit,
        /// How many steps.
        count: i8,
    },
}

impl Operand {
    /// Bytes of an operand in a record.
    pub(super) const BYTES: usize = 4;

    /// The number 0.
    pub const ZERO: Self = Self::at(Anchor::Pages, 0);

    /// Exactly at the anchor.
    #[must_use]
    pub const fn at(anchor: Anchor, index: u16) -> Self {
        Self::Near { anchor, index, unit: Unit::None, count: 0 }
    }

    /// The operand without a step of bytes, and a plain number rounded down to a page.
    pub(crate) const fn aligned(self) -> Self {
        match self {
            Self::Raw(number) => Self::Raw(number & !(growstack::PAGE_SIZE - 1)),
            Self::Near { anchor, index, unit: Unit::Byte, count } => match anchor {
                Anchor::EntryInside | Anchor::GapPart => {
                    Self::Near { anchor, index, unit: Unit::None, count }
                }
                _ => Self::at(anchor, index),
            },
            Self::Near { .. } => self,
        }
    }

    pub(super) const fn decode(bytes: [u8; Self::BYTES]) -> Self {
        let [head, count, low, high] = bytes;
        Self::Near {
            anchor: Anchor::from_number(head & ANCHOR_MASK),
            index: u16::from_le_bytes([low, high]),
            unit: Unit::from_number(head >> ANCHOR_BITS),
            count: i8::from_le_bytes([count]),
        }
    }

    /// The bytes; those of 0 for a plain number, which a record of its own carries.
    pub(super) const fn encode(self) -> [u8; Self::BYTES] {
        match self {
            Self::Raw(_) => [0; Self::BYTES],
            Self::Near { anchor, index, unit, count } => {
                let head = anchor as u8 | (unit as u8) << ANCHOR_BITS;
                let [low, high] = index.to_le_bytes();
                [head, count.to_le_bytes()[0], low, high]
            }
        }
    }
}
