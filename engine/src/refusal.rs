//! Why an operation was refused: the deciding rule, with the numbers that decided.

use core::fmt;

use crate::flags::Prot;
use crate::kern::KernReturn;
use crate::num::{Addr, Size};
use crate::range::AddrRange;
use crate::rule::Rule;

/// Defines the enum of refusals. Each has its rule, its code, and its text, which names its fields.
macro_rules! refusals {
    ($(#[$outer:meta])* pub enum $name:ident {$(
        $(#[$inner:meta])*
        $refusal:ident = ($section:literal, $number:literal $(, $changed:ident)?) $kern:ident $text:literal
        $({ $($(#[$doc:meta])* $field:ident: $type:ty,)* })?,
    )*}) => {
        $(#[$outer])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        #[non_exhaustive]
        pub enum $name {$(
            $(#[$inner])*
            $refusal $({ $($(#[$doc])* $field: $type,)* })?,
        )*}

        impl $name {
            /// The rule that decided.
            #[must_use]
            pub const fn rule(&self) -> Rule {
                match self {
                    $(Self::$refusal { .. } => Rule::new($section, $number)$(.$changed())?,)*
                }
            }

            /// The kernel's code for it.
            #[must_use]
            pub const fn kern(&self) -> KernReturn {
                match self {
                    $(Self::$refusal { .. } => KernReturn::$kern,)*
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}: ", self.rule())?;
                match self {
                    $(Self::$refusal { $($($field),*)? } => write!(f, $text),)*
                }
            }
        }
    };
}

refusals! {
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
    pub enum Refusal {
        /// 5.4a: `asked` has a bit that `max`, of the entry at `entry`, lacks.
        MaxProtection = (5, 4) ProtectionFailure "{asked} asked for, the entry {entry} allows {max} at most" {
            /// The first entry that forbids it, as it stands after the front split.
            entry: AddrRange,
            /// The protection asked for.
            asked: Prot,
            /// The entry's maximum.
            max: Prot,
        },
        /// 5.4b: `protect` gives write permission and the swap for it is short.
        ProtectSwap = (5, 4) ResourceShortage "{wanted} bytes of swap wanted, {reserved} of {limit} reserved" {
            /// Length of the entry that could not be charged, or of its object (17.20), in bytes.
            wanted: Size,
            /// Swap reserved at that moment.
            reserved: Size,
            /// The limit.
            limit: Size,
        },
        /// 6.1: the range to insert is empty, reversed, or not inside the map.
        OutsideMap = (6, 1) InvalidAddress "{start} to {end} is empty, reversed or not inside the map" {
            /// Start of the range.
            start: Addr,
            /// End of the range.
            end: Addr,
        },
        /// 6.2: the start of the range to insert is mapped.
        StartMapped = (6, 2) NoSpace "{start} is mapped, by {entry}" {
            /// The start.
            start: Addr,
            /// The entry that holds it.
            entry: AddrRange,
        },
        /// 6.3: the next entry starts below the end of the range to insert.
        NextBelowEnd = (6, 3) NoSpace "the range ends at {end}, the next entry starts at {next}" {
            /// The end of the range.
            end: Addr,
            /// The start of the next entry.
            next: Addr,
        },
        /// 6.6: the swap for an insertion is short.
        Swap = (6, 6) ResourceShortage "{wanted} bytes of swap wanted, {reserved} of {limit} reserved" {
            /// Length of the insertion in bytes.
            wanted: Size,
            /// Swap reserved at that moment.
            reserved: Size,
            /// The limit.
            limit: Size,
        },
        /// 7.4: no gap at or above `start` holds `length` bytes.
        NoGap = (7, 4) NoSpace "no gap at or above {start} holds {length} bytes" {
            /// Where the search began, after raising it to the map's lowest address.
            start: Addr,
            /// The length asked for.
            length: Size,
        },
        /// 9.1: the start of a range without holes is not mapped (wire and unwire).
        StartUnmapped = (9, 1) InvalidAddress "{start} is not mapped" {
            /// The clamped start.
            start: Addr,
        },
        /// 9.2a: an entry to wire, in a range without holes, can be neither read nor executed.
        NoAccess = (9, 2) InvalidAddress "{entry} can be neither read nor executed" {
            /// The entry, clipped to the range.
            entry: AddrRange,
        },
        /// 9.2c: a hole in a range to wire without holes.
        Hole = (9, 2) InvalidAddress "{at} is not mapped, and holes were refused" {
            /// The first unmapped address.
            at: Addr,
        },
        /// 10.1: a hole in a range to unwire without holes.
        UnwireHole = (10, 1) InvalidAddress "{at} is not mapped, and holes were refused" {
            /// The first unmapped address.
            at: Addr,
        },
        /// 10.1: an entry to unwire for the system has no system wiring.
        NotSystemWired = (10, 1) InvalidArgument "{entry} has no system wiring" {
            /// The entry, clipped to the range.
            entry: AddrRange,
        },
        /// 12.1: the stack begins outside the map, or its reserve wraps.
        StackOutsideMap = (12, 1) NoSpace "a stack of {max_ssize} bytes at {addrbos} is outside the map" {
            /// ADDRBOS.
            addrbos: Addr,
            /// MAX_SSIZE.
            max_ssize: Size,
        },
        /// 12.2: ADDRBOS is mapped.
        StackMapped = (12, 2) NoSpace "{addrbos} is mapped, by {entry}" {
            /// ADDRBOS.
            addrbos: Addr,
            /// The entry that holds it.
            entry: AddrRange,
        },
        /// 12.3: mappings are wired from now on, and the first part of the stack is over the limit.
        StackMemlock = (12, 3) NoSpace "{wired} bytes wired, {init} more pass the limit {limit}" {
            /// Bytes wired already.
            wired: Size,
            /// Bytes of the first part.
            init: Size,
            /// The limit.
            limit: Size,
        },
        /// 12.4: the first part of the stack is over the limit of mapped memory.
        StackVmem = (12, 4) NoSpace "{size} bytes mapped, {init} more pass the limit {limit}" {
            /// Bytes mapped already.
            size: Size,
            /// Bytes of the first part.
            init: Size,
            /// The limit.
            limit: Size,
        },
        /// 12.5: the next entry starts inside the reserve.
        StackNeighbour = (12, 5) NoSpace "the reserve ends at {end}, the next entry starts at {next}" {
            /// End of the reserve.
            end: Addr,
            /// Start of the next entry.
            next: Addr,
        },
        /// 13.5: the stack has less left than the growth needs.
        Avail = (13, 5) NoSpace "growth needs {need} bytes, the stack has {avail} left" {
            /// Whole pages needed, in bytes.
            need: Size,
            /// What the stack has left.
            avail: Size,
        },
        /// 13.6: no room before the neighbour (or the end of the reserve), guard page included.
        Neighbour = (13, 6) NoSpace "growth needs {need} bytes and {guard} of guard, {room} are free" {
            /// Whole pages needed, in bytes.
            need: Size,
            /// Bytes free.
            room: Size,
            /// Bytes to be left free: a page with the guard switch on, else 0.
            guard: Size,
        },
        /// 13.7: the main stack would pass its limit.
        StackLimit = (13, 7) NoSpace "grown {ssize} bytes, {need} more pass the stack limit {limit}" {
            /// Bytes grown before.
            ssize: Size,
            /// Whole pages needed, in bytes.
            need: Size,
            /// The limit.
            limit: Size,
        },
        /// 13.9: mappings are wired from now on, and the growth is over the limit.
        GrowMemlock = (13, 9) NoSpace "{wired} bytes wired, {amount} more pass the limit {limit}" {
            /// Bytes wired already.
            wired: Size,
            /// Bytes to be added (13.8, before any cut).
            amount: Size,
            /// The limit.
            limit: Size,
        },
        /// 13.10: the growth is over the limit of mapped memory.
        GrowVmem = (13, 10) NoSpace "{size} bytes mapped, {amount} more pass the limit {limit}" {
            /// Bytes mapped already.
            size: Size,
            /// Bytes to be added (13.8, before any cut).
            amount: Size,
            /// The limit.
            limit: Size,
        },
        /// 13.15 and 15.6: the swap for growth upwards is short.
        GrowSwap = (13, 15) NoSpace "{wanted} bytes of swap wanted, {reserved} of {limit} reserved" {
            /// Bytes to be added, after any cut; where the reserve wraps, all that is left of it.
            wanted: Size,
            /// Swap reserved at that moment.
            reserved: Size,
            /// The limit.
            limit: Size,
        },
        /// 15.1: `nofault` with an object.
        NofaultObject = (15, 1) InvalidArgument "nofault does not go with an object",
        /// 15.3: a stack that grows in no direction.
        NoGrowthFlag = (15, 3) InvalidArgument "a stack must grow in some direction",
        /// 15.5: growth upwards would pass the end of the map.
        MapEnd = (15, 5) NoSpace "the stack would end at {top}, the map ends at {max}" {
            /// The new top of the stack.
            top: Addr,
            /// The end of the map.
            max: Addr,
        },
        /// 15.7: the bottom of a two-way stack, rounded up to a page, wraps.
        StackWraps = (15, 7) NoSpace "the middle of {max_ssize} bytes at {addrbos} wraps" {
            /// ADDRBOS.
            addrbos: Addr,
            /// MAX_SSIZE.
            max_ssize: Size,
        },
        /// 15.8: `acc_charged` with an object and without `cow`.
        ChargedObject = (15, 8) InvalidArgument "acc_charged does not go with an object, but for cow",
        /// 15.10: the need of a growth, rounded up to pages, wraps to nothing.
        NeedWraps = (15, 10) NoSpace "the pages needed to reach {addr} wrap to none" {
            /// The address that was to be mapped.
            addr: Addr,
        },
        /// 16.5: the lowest fit ends above the highest address allowed.
        AboveMaxAddr = (16, 5) NoSpace "the lowest fit ends at {end}, above {max_addr}" {
            /// Where the fit would end.
            end: Addr,
            /// The highest address allowed.
            max_addr: Addr,
        },
        /// 16.7: not enough nodes for the index, by the allocator's refusal or the cap.
        OutOfNodes = (16, 7) ResourceShortage "out of nodes",
        /// 16.8: an invariant of the index is broken. The operation has stopped half-way; the map must
        /// not be used any more, and debug builds panic instead.
        Corrupt = (16, 8) Failure "the index is broken",
        /// 17.12: the swap that a fork asks for is short.
        ForkSwap = (17, 12) ResourceShortage "{wanted} bytes of swap wanted, {reserved} of {limit} reserved" {
            /// What the fork asks for, in bytes.
            wanted: Size,
            /// Swap reserved at that moment.
            reserved: Size,
            /// The limit.
            limit: Size,
        },
        /// 17.19: the stack to grow up has an object, and objects cannot be extended.
        ObjectGrowth = (17, 19) Failure "the stack {entry} has an object, which cannot be extended" {
            /// The stack.
            entry: AddrRange,
        },
        /// 16.9: what FreeBSD 14.2 alone has, asked of a map of 9.3.
        OtherRelease = (16, 9) InvalidArgument "FreeBSD 9.3 has no such operation",
        /// D5.6: the protection asked for goes beyond the maximum asked for with it.
        OutOfBounds = (5, 6, changed) OutOfBounds "{asked} asked for, with {max} at most" {
            /// The protection asked for.
            asked: Prot,
            /// The maximum asked for.
            max: Prot,
        },
        /// D6.1: an insertion whose protection goes beyond its maximum.
        ProtAboveMax = (6, 1, changed) InvalidArgument "{prot} goes beyond the maximum {max}" {
            /// The protection.
            prot: Prot,
            /// The maximum.
            max: Prot,
        },
        /// D6.2: a guard with an object, or with a maximum that allows something.
        GuardAllows = (6, 2, changed) InvalidArgument "a guard has no object, and a maximum of ---",
        /// D7.8: a stack with an object.
        StackObject = (7, 8, changed) InvalidArgument "a stack does not go with an object",
        /// D7.8: `find` and `fixed` of a map were to make a stack, which takes the state of stacks.
        NoStackState = (7, 8, changed) InvalidArgument "find and fixed make a stack of an address space, not of its map",
        /// D12.2: the reserve of a stack is empty or not inside the map.
        StackRange = (12, 2, changed) InvalidAddress "{max_ssize} bytes at {addrbos} are none, or not inside the map" {
            /// ADDRBOS.
            addrbos: Addr,
            /// MAX_SSIZE.
            max_ssize: Size,
        },
        /// D12.3: nothing would be left of a stack beside its guard pages.
        StackGuard = (12, 3, changed) InvalidArgument "a stack of {max_ssize} bytes has {guard} bytes of guard" {
            /// The guard bytes.
            guard: Size,
            /// MAX_SSIZE.
            max_ssize: Size,
        },
        /// D12.8: `stack` while what is mapped is to be wired.
        StackWireFuture = (12, 8, changed) InvalidArgument "no stack is made while wire-future is on",
        /// D12.9: a stack that grows in both directions.
        StackBothWays = (12, 9, changed) InvalidArgument "a stack grows in one direction",
        /// D13.1: nothing is mapped there, or a guard that is no stack's gap.
        NotInGap = (13, 1, changed) Failure "{addr} is in no gap of a stack" {
            /// The address that was to be mapped.
            addr: Addr,
        },
        /// D13.2: no stack that could grow into the gap touches it.
        OrphanGap = (13, 2, changed) Failure "no stack grows into the gap {gap}" {
            /// The gap.
            gap: AddrRange,
        },
        /// L10: the next entry above does not grow down, or there is none.
        NothingGrows = (2, 10, of_linux) InvalidAddress "nothing above {addr} grows down to it" {
            /// The address that was to be mapped.
            addr: Addr,
        },
        /// L11: growth would begin below the lowest address for mappings.
        BelowMinimum = (2, 11, of_linux) NoSpace "growth would begin at {start}, below {min}" {
            /// Where growth would begin.
            start: Addr,
            /// The lowest address for mappings.
            min: Addr,
        },
        /// L12: the gap to the entry below would be too small.
        GuardGap = (2, 12, of_linux) NoSpace "{room} bytes would be left above {below}, the gap is {gap}" {
            /// Where the entry below ends.
            below: Addr,
            /// Bytes that would be left between that and the stack.
            room: Size,
            /// Bytes that must be.
            gap: Size,
        },
        /// L5, and L16 for growth: more would be mapped than may be.
        AddressSpace = (1, 5, of_linux) NoSpace "{size} bytes mapped, {amount} more pass the limit {limit}" {
            /// Bytes mapped, without those that would be replaced.
            size: Size,
            /// Bytes to be added.
            amount: Size,
            /// The limit.
            limit: Size,
        },
        /// L17: a stack would be longer than the limit.
        EntryLimit = (2, 17, of_linux) NoSpace "the stack would have {length} bytes, the limit is {limit}" {
            /// Bytes that the entry would have.
            length: Size,
            /// The limit.
            limit: Size,
        },
        /// L6, and L18 for growth: more would be locked than may be. `mmap` answers `EAGAIN`.
        LockLimit = (1, 6, of_linux) NoSpace "{wired} bytes locked, {amount} more pass the limit {limit}" {
            /// Bytes locked.
            wired: Size,
            /// Bytes to be added.
            amount: Size,
            /// The limit.
            limit: Size,
        },
        /// L19: the swap for growth is short.
        GrowCommit = (2, 19, of_linux) ResourceShortage "{wanted} bytes of swap wanted, {reserved} of {limit} reserved" {
            /// Bytes to be added.
            wanted: Size,
            /// Swap reserved at that moment.
            reserved: Size,
            /// The limit.
            limit: Size,
        },
        /// L55: the entry does not grow down, and was to be protected down to its start.
        NotGrowing = (6, 55, of_linux) InvalidArgument "{entry} does not grow down" {
            /// The entry.
            entry: AddrRange,
        },
        /// Linux has nothing like it.
        NotInLinux = (1, 1, of_linux) InvalidArgument "Linux has no such operation",
        /// D13.3: the gap is smaller than its guard pages, or too small beside them.
        GapShort = (13, 3, changed) NoSpace "growth needs {need} bytes, of a gap of {gap} with {guard} of guard" {
            /// Bytes needed to reach the address.
            need: Size,
            /// Length of the gap.
            gap: Size,
            /// Guard bytes of the gap.
            guard: Size,
        },
    }
}

// Every operation returns one, or could: four words, that none of its fields may make five.
const _: () = assert!(size_of::<Refusal>() == 32);

impl core::error::Error for Refusal {}

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
