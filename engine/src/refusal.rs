//! Why an operation was refused: the deciding rule, with the numbers that decided.

use core::fmt;

use crate::flags::Prot;
use crate::kern::KernReturn;
use crate::num::{Addr, Size};
use crate::range::AddrRange;
use crate::rule::Rule;

/// A refusal. Each names one rule of the [rule book](crate::rules), converts to the kernel's code by
/// [`kern`](Self::kern), and prints as a sentence.
///
/// ```
/// use growstack::{KernReturn, Refusal, Rule, Size};
/// let r = Refusal::Avail { need: Size::pages(3), avail: Size::pages(2) };
/// assert_eq!(r.kern(), KernReturn::NoSpace);
/// assert_eq!(r.rule(), Rule::new(13, 5));
/// assert_eq!(r.to_string(), "13.5: growth needs 0x3000 bytes, the stack has 0x2000 left");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// 5.4a: `asked` has a bit that `max`, of the entry at `entry`, lacks.
    MaxProtection {
        /// The first entry that forbids it, as it stands after the front split.
        entry: AddrRange,
        /// The protection asked for.
        asked: Prot,
        /// The entry's maximum.
        max: Prot,
    },
    /// 5.4b: `protect` gives write permission and the swap for it is short.
    ProtectSwap {
        /// Length of the entry that could not be charged, or of its object (17.20), in bytes.
        wanted: Size,
        /// Swap reserved at that moment.
        reserved: Size,
        /// The limit.
        limit: Size,
    },
    /// 6.1: the range to insert is empty, reversed, or not inside the map.
    OutsideMap {
        /// Start of the range.
        start: Addr,
        /// End of the range.
        end: Addr,
    },
    /// 6.2: the start of the range to insert is mapped.
    StartMapped {
        /// The start.
        start: Addr,
        /// The entry that holds it.
        entry: AddrRange,
    },
    /// 6.3: the next entry starts below the end of the range to insert.
    NextBelowEnd {
        /// The end of the range.
        end: Addr,
        /// The start of the next entry.
        next: Addr,
    },
    /// 6.6: the swap for an insertion is short.
    Swap {
        /// Length of the insertion in bytes.
        wanted: Size,
        /// Swap reserved at that moment.
        reserved: Size,
        /// The limit.
        limit: Size,
    },
    /// 7.4: no gap at or above `start` holds `length` bytes.
    NoGap {
        /// Where the search began, after raising it to the map's lowest address.
        start: Addr,
        /// The length asked for.
        length: Size,
    },
    /// 9.1: the start of a range without holes is not mapped (wire and unwire).
    StartUnmapped {
        /// The clamped start.
        start: Addr,
    },
    /// 9.2a: an entry to wire, in a range without holes, can be neither read nor executed.
    NoAccess {
        /// The entry, clipped to the range.
        entry: AddrRange,
    },
    /// 9.2c, 10.1: a hole in a range to wire or unwire without holes.
    Hole {
        /// The first unmapped address.
        at: Addr,
    },
    /// 10.1: an entry to unwire for the system has no system wiring.
    NotSystemWired {
        /// The entry, clipped to the range.
        entry: AddrRange,
    },
    /// 12.1: the stack begins outside the map, or its reserve wraps.
    StackOutsideMap {
        /// ADDRBOS.
        addrbos: Addr,
        /// MAX_SSIZE.
        max_ssize: Size,
    },
    /// 12.2: ADDRBOS is mapped.
    StackMapped {
        /// ADDRBOS.
        addrbos: Addr,
        /// The entry that holds it.
        entry: AddrRange,
    },
    /// 12.3: mappings are wired from now on, and the first part of the stack is over the limit.
    StackMemlock {
        /// Bytes wired already.
        wired: Size,
        /// Bytes of the first part.
        init: Size,
        /// The limit.
        limit: Size,
    },
    /// 12.4: the first part of the stack is over the limit of mapped memory.
    StackVmem {
        /// Bytes mapped already.
        size: Size,
        /// Bytes of the first part.
        init: Size,
        /// The limit.
        limit: Size,
    },
    /// 12.5: the next entry starts inside the reserve.
    StackNeighbour {
        /// End of the reserve.
        end: Addr,
        /// Start of the next entry.
        next: Addr,
    },
    /// 13.5: the stack has less left than the growth needs.
    Avail {
        /// Whole pages needed, in bytes.
        need: Size,
        /// What the stack has left.
        avail: Size,
    },
    /// 13.6: no room before the neighbour (or the end of the reserve), guard page included.
    Neighbour {
        /// Whole pages needed, in bytes.
        need: Size,
        /// Bytes free.
        room: Size,
        /// Bytes to be left free: a page with the guard switch on, else 0.
        guard: Size,
    },
    /// 13.7: the main stack would pass its limit.
    StackLimit {
        /// Bytes grown before.
        ssize: Size,
        /// Whole pages needed, in bytes.
        need: Size,
        /// The limit.
        limit: Size,
    },
    /// 13.9: mappings are wired from now on, and the growth is over the limit.
    GrowMemlock {
        /// Bytes wired already.
        wired: Size,
        /// Bytes to be added (13.8, before any cut).
        amount: Size,
        /// The limit.
        limit: Size,
    },
    /// 13.10: the growth is over the limit of mapped memory.
    GrowVmem {
        /// Bytes mapped already.
        size: Size,
        /// Bytes to be added (13.8, before any cut).
        amount: Size,
        /// The limit.
        limit: Size,
    },
    /// 13.15 and 15.6: the swap for growth upwards is short.
    GrowSwap {
        /// Bytes to be added, after any cut; where the reserve wraps, all that is left of it.
        wanted: Size,
        /// Swap reserved at that moment.
        reserved: Size,
        /// The limit.
        limit: Size,
    },
    /// 15.1: `nofault` with an object.
    NofaultObject,
    /// 15.3: a stack that grows in no direction.
    NoGrowthFlag,
    /// 15.5: growth upwards would pass the end of the map.
    MapEnd {
        /// The new top of the stack.
        top: Addr,
        /// The end of the map.
        max: Addr,
    },
    /// 15.7: the bottom of a two-way stack, rounded up to a page, wraps.
    StackWraps {
        /// ADDRBOS.
        addrbos: Addr,
        /// MAX_SSIZE.
        max_ssize: Size,
    },
    /// 15.8: `acc_charged` with an object and without `cow`.
    ChargedObject,
    /// 15.10: the need of a growth, rounded up to pages, wraps to nothing.
    NeedWraps {
        /// The address that was to be mapped.
        addr: Addr,
    },
    /// 16.5: the lowest fit ends above the highest address allowed.
    AboveMaxAddr {
        /// Where the fit would end.
        end: Addr,
        /// The highest address allowed.
        max_addr: Addr,
    },
    /// 16.7: not enough nodes for the index, by the allocator's refusal or the cap.
    OutOfNodes,
    /// 16.8: an invariant of the index is broken. The operation has stopped half-way; the map must
    /// not be used any more, and debug builds panic instead.
    Corrupt,
    /// 17.12: the swap that a fork asks for is short.
    ForkSwap {
        /// What the fork asks for, in bytes.
        wanted: Size,
        /// Swap reserved at that moment.
        reserved: Size,
        /// The limit.
        limit: Size,
    },
    /// 17.19: the stack to grow up has an object, and objects cannot be extended.
    ObjectGrowth {
        /// The stack.
        entry: AddrRange,
    },
}

impl Refusal {
    /// The rule that decided.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        let (section, number) = match self {
            Self::MaxProtection { .. } | Self::ProtectSwap { .. } => (5, 4),
            Self::OutsideMap { .. } => (6, 1),
            Self::StartMapped { .. } => (6, 2),
            Self::NextBelowEnd { .. } => (6, 3),
            Self::Swap { .. } => (6, 6),
            Self::NoGap { .. } => (7, 4),
            Self::StartUnmapped { .. } => (9, 1),
            Self::NoAccess { .. } | Self::Hole { .. } => (9, 2),
            Self::NotSystemWired { .. } => (10, 1),
            Self::StackOutsideMap { .. } => (12, 1),
            Self::StackMapped { .. } => (12, 2),
            Self::StackMemlock { .. } => (12, 3),
            Self::StackVmem { .. } => (12, 4),
            Self::StackNeighbour { .. } => (12, 5),
            Self::Avail { .. } => (13, 5),
            Self::Neighbour { .. } => (13, 6),
            Self::StackLimit { .. } => (13, 7),
            Self::GrowMemlock { .. } => (13, 9),
            Self::GrowVmem { .. } => (13, 10),
            Self::GrowSwap { .. } => (13, 15),
            Self::NofaultObject => (15, 1),
            Self::NoGrowthFlag => (15, 3),
            Self::MapEnd { .. } => (15, 5),
            Self::StackWraps { .. } => (15, 7),
            Self::ChargedObject => (15, 8),
            Self::NeedWraps { .. } => (15, 10),
            Self::AboveMaxAddr { .. } => (16, 5),
            Self::OutOfNodes => (16, 7),
            Self::Corrupt => (16, 8),
            Self::ForkSwap { .. } => (17, 12),
            Self::ObjectGrowth { .. } => (17, 19),
        };
        Rule::new(section, number)
    }

    /// The kernel's code for it.
    #[must_use]
    pub const fn kern(&self) -> KernReturn {
        match self {
            Self::MaxProtection { .. } => KernReturn::ProtectionFailure,
            Self::ProtectSwap { .. }
            | Self::Swap { .. }
            | Self::OutOfNodes
            | Self::ForkSwap { .. } => KernReturn::ResourceShortage,
            Self::ObjectGrowth { .. } | Self::Corrupt => KernReturn::Failure,
            Self::OutsideMap { .. }
            | Self::StartUnmapped { .. }
            | Self::NoAccess { .. }
            | Self::Hole { .. } => KernReturn::InvalidAddress,
            Self::NotSystemWired { .. }
            | Self::NofaultObject
            | Self::NoGrowthFlag
            | Self::ChargedObject => KernReturn::InvalidArgument,
            Self::StartMapped { .. }
            | Self::NextBelowEnd { .. }
            | Self::NoGap { .. }
            | Self::StackOutsideMap { .. }
            | Self::StackMapped { .. }
            | Self::StackMemlock { .. }
            | Self::StackVmem { .. }
            | Self::StackNeighbour { .. }
            | Self::Avail { .. }
            | Self::Neighbour { .. }
            | Self::StackLimit { .. }
            | Self::GrowMemlock { .. }
            | Self::GrowVmem { .. }
            | Self::GrowSwap { .. }
            | Self::MapEnd { .. }
            | Self::StackWraps { .. }
            | Self::NeedWraps { .. }
            | Self::AboveMaxAddr { .. } => KernReturn::NoSpace,
        }
    }
}

impl From<Refusal> for KernReturn {
    fn from(refusal: Refusal) -> Self {
        refusal.kern()
    }
}

/// The code of any operation's outcome.
///
/// ```
/// use growstack::{Addr, KernReturn, Refusal, VmMap};
/// let mut map = VmMap::new(Addr::new(0x1000), Addr::new(0x9000));
/// let outcome = map.remove(Addr::new(0x1000), Addr::new(0x2000), |_| ());
/// assert_eq!(KernReturn::from(outcome), KernReturn::Success);
/// let outcome: Result<Addr, _> = Err(Refusal::NoGrowthFlag);
/// assert_eq!(KernReturn::from(outcome), KernReturn::InvalidArgument);
/// ```
impl<T> From<Result<T, Refusal>> for KernReturn {
    fn from(outcome: Result<T, Refusal>) -> Self {
        outcome.map_or_else(Self::from, |_| Self::Success)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.rule())?;
        match *self {
            Self::MaxProtection { entry, asked, max } => {
                write!(f, "{asked} asked for, the entry {entry} allows {max} at most")
            }
            Self::ProtectSwap { wanted, reserved, limit }
            | Self::Swap { wanted, reserved, limit }
            | Self::ForkSwap { wanted, reserved, limit } => {
                write!(f, "{wanted} bytes of swap wanted, {reserved} of {limit} reserved")
            }
            Self::OutsideMap { start, end } => {
                write!(f, "{start} to {end} is empty, reversed or not inside the map")
            }
            Self::StartMapped { start, entry } => write!(f, "{start} is mapped, by {entry}"),
            Self::NextBelowEnd { end, next } => {
                write!(f, "the range ends at {end}, the next entry starts at {next}")
            }
            Self::NoGap { start, length } => {
                write!(f, "no gap at or above {start} holds {length} bytes")
            }
            Self::StartUnmapped { start } => write!(f, "{start} is not mapped"),
            Self::NoAccess { entry } => write!(f, "{entry} can be neither read nor executed"),
            Self::Hole { at } => write!(f, "{at} is not mapped, and holes were refused"),
            Self::NotSystemWired { entry } => write!(f, "{entry} has no system wiring"),
            Self::StackOutsideMap { addrbos, max_ssize } => {
                write!(f, "a stack of {max_ssize} bytes at {addrbos} is outside the map")
            }
            Self::StackMapped { addrbos, entry } => write!(f, "{addrbos} is mapped, by {entry}"),
            Self::StackMemlock { wired, init, limit } => {
                write!(f, "{wired} bytes wired, {init} more pass the limit {limit}")
            }
            Self::StackVmem { size, init, limit } => {
                write!(f, "{size} bytes mapped, {init} more pass the limit {limit}")
            }
            Self::StackNeighbour { end, next } => {
                write!(f, "the reserve ends at {end}, the next entry starts at {next}")
            }
            Self::Avail { need, avail } => {
                write!(f, "growth needs {need} bytes, the stack has {avail} left")
            }
            Self::Neighbour { need, room, guard } => {
                write!(f, "growth needs {need} bytes and {guard} of guard, {room} are free")
            }
            Self::StackLimit { ssize, need, limit } => {
                write!(f, "grown {ssize} bytes, {need} more pass the stack limit {limit}")
            }
            Self::GrowMemlock { wired, amount, limit } => {
                write!(f, "{wired} bytes wired, {amount} more pass the limit {limit}")
            }
            Self::GrowVmem { size, amount, limit } => {
                write!(f, "{size} bytes mapped, {amount} more pass the limit {limit}")
            }
            Self::GrowSwap { wanted, reserved, limit } => {
                write!(f, "{wanted} bytes of swap wanted, {reserved} of {limit} reserved")
            }
            Self::NofaultObject => f.write_str("nofault does not go with an object"),
            Self::NoGrowthFlag => f.write_str("a stack must grow in some direction"),
            Self::MapEnd { top, max } => {
                write!(f, "the stack would end at {top}, the map ends at {max}")
            }
            Self::StackWraps { addrbos, max_ssize } => {
                write!(f, "the middle of {max_ssize} bytes at {addrbos} wraps")
            }
            Self::ChargedObject => {
                f.write_str("acc_charged does not go with an object, but for cow")
            }
            Self::NeedWraps { addr } => write!(f, "the pages needed to reach {addr} wrap to none"),
            Self::AboveMaxAddr { end, max_addr } => {
                write!(f, "the lowest fit ends at {end}, above {max_addr}")
            }
            Self::OutOfNodes => f.write_str("out of nodes"),
            Self::Corrupt => f.write_str("the index is broken"),
            Self::ObjectGrowth { entry } => {
                write!(f, "the stack {entry} has an object, which cannot be extended")
            }
        }
    }
}

impl core::error::Error for Refusal {}
