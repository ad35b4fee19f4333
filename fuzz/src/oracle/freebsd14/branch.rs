//! The branches of the rules of FreeBSD 14.2, by name.

use super::super::branch::table;

table! {
    /// A decisive branch of `docs/behaviour-14.md`.
    ///
    /// Branches of rules that are as in 9.3 are in [`Oracle14::unchanged_trail`].
    ///
    /// [`Oracle14::unchanged_trail`]: super::Oracle14::unchanged_trail

    GuardPagesStored "D1.4a" "the number of guard pages was stored";
    StkGapStored "D1.4b" "whether stacks have guard pages was stored";
    EmptyAsGiven "D2.4" "START = END as given: success at once";

    Joined "D3.1a" "two entries were joined";
    StackApart "D3.1b" "a piece of a stack was not joined with what is below it";
    GapApart "D3.1c" "a gap was not joined with what is below it";
    GapSplit "D4.1a" "a gap was split, and both parts keep the same";
    FrontSplit "D4.1b" "a front split";
    BackSplit "D4.1c" "a back split";

    GuardAdvised "D5.1" "madvise changed a guard";
    InheritCopyEdge "D5.2" "inherit copy did not look below the range";
    InheritSet "D5.3" "inherit set on an entry";
    Reversed "D5.4" "a reversed range";
    InheritZero "D5.5a" "inherit zero set on an entry";
    InheritZeroGuard "D5.5b" "inherit zero passed over a guard";
    InheritGuard "D5.5c" "inherit set on a guard";
    ProtectOutOfBounds "D5.6a" "protect both: the protection goes beyond the maximum";
    ProtectPlainGuard "D5.6b" "protect passed over a plain guard";
    ProtectForbidden "D5.6c" "protect asked for more than the maximum of an entry";
    ProtectGapForbidden "D5.6d" "protect asked for more than the maximum that a gap keeps";
    ProtectCharged "D5.7a" "protect charged an entry or its object";
    ProtectSwapShort "D5.7b" "protect was short of swap";
    ProtectCurrent "D5.8a" "protect cur changed an entry";
    ProtectMax "D5.8b" "protect max changed an entry";
    ProtectBoth "D5.8c" "protect both changed an entry";
    ProtectGap "D5.8d" "protect changed what a gap keeps";
    StretchNot "D5.9a" "growsdown: the first entry does not grow down";
    StretchToGap "D5.9b" "growsdown: stretched to a gap";
    StretchToFirst "D5.9c" "growsdown: stretched to the first entry of the map";

    ProtAboveMax "D6.1" "insertion refused: its prot goes beyond its max";
    GuardAllows "D6.2a" "a guard refused: it has an object, or a max other than ---";
    InsertGuard "D6.2b" "a guard was inserted";
    InsertStack "D6.3" "inserted with a growth flag";
    Extended "D6.4a" "the lower neighbour was extended";
    GuardExtended "D6.4b" "a plain guard was extended";
    Continued "D6.4c" "a new entry continued the offset of the lower neighbour";
    ContinuedWired "D6.4d" "a new entry continued the offset of a wired neighbour";

    RemoveEmpty "D7.1a" "an empty range was removed";
    RemoveNothing "D7.1b" "nothing was mapped where it was removed";
    RemoveSome "D7.1c" "entries were removed";
    GuardDeleted "D7.1d" "a plain guard was deleted";
    GapDeleted "D7.1e" "a gap was deleted";
    ClusterFollowed "D7.2" "the entry below the cluster address was deleted";
    SpaceOutside "D7.3" "findspace: none, at or past the end of the map";
    ZeroUnmapped "D7.4a" "findspace of length 0 at an unmapped address";
    ZeroMapped "D7.4b" "findspace of length 0 gave the end of the entry";
    FitBelow "D7.5a" "find: the fit ends at or below MAX_ADDR";
    FitAbove "D7.5b" "find: the fit ends above MAX_ADDR";
    ClusterFound "D7.6a" "find: space at or above the cluster address";
    ClusterRetried "D7.6b" "find: none above the cluster address, tried again from 0";
    ClusterMoved "D7.6c" "find: the result is the cluster address from now on";
    RemapOutside "D7.7a" "find remap: outside the map";
    RemapReplaced "D7.7b" "find remap: entries were removed";
    RemapFree "D7.7c" "find remap: nothing was in the way";
    FixedExcl "D7.7d" "fixed excl";
    FixedReplaced "D7.7e" "fixed: entries were removed";
    FixedFree "D7.7f" "fixed: nothing was in the way";
    FixedStack "D7.8a" "fixed made a stack";
    FindStack "D7.8b" "find made a stack";
    StackObject "D7.8c" "a stack with an object, refused";
    CheckPastMax "D8.1" "check of --- past the end of the map";

    WireFailedKept "D9.2a" "wire failed, and the user's wiring of before stays";
    WireTakenBack "D9.2b" "wire failed, and a wiring was taken back";
    EmptyWireInside "D9.3" "wire or unwire of an empty range inside an entry";
    UnwireFailed "D9.4" "unwire failed";

    StackVmem "D12.1" "stack refused: vmem";
    StackEmpty "D12.2a" "stack refused: MAX_SSIZE is 0";
    StackOutside "D12.2b" "stack refused: not inside the map";
    StackAllGuard "D12.3a" "stack refused: all of it would be guard";
    StackOptedOut "D12.3b" "stack without guard pages";
    StackMapped "D12.4a" "stack refused: ADDRBOS is mapped";
    StackNeighbour "D12.4b" "stack refused: an entry is in its range";
    StackInsertRefused "D12.5" "stack refused: its first part is";
    StackShort "D12.6a" "the first part is shorter than sgrowsiz";
    StackDown "D12.6b" "a stack that grows down";
    StackUp "D12.6c" "a stack that grows up";
    StackNoGap "D12.6d" "a stack without a gap";
    GapMade "D12.7a" "a gap was made";
    GapExtended "D12.7b" "a gap was added to one of the same kind";
    StackWireFuture "D12.8a" "stack while wire-future is on, refused";
    StackUnwired "D12.8b" "a stack of find or fixed is not wired though wire-future is on";
    StackBothWays "D12.9" "a stack both ways, refused";
    NoGrowthFlag "D12.10" "a stack without a growth flag, refused";

    GrowUnmapped "D13.1a" "grow: not mapped";
    GrowMapped "D13.1b" "grow: mapped, no guard";
    GrowPlainGuard "D13.1c" "grow: a plain guard";
    GrowOrphan "D13.2a" "grow: a gap without a stack";
    GrowDown "D13.2b" "grow: a stack above the gap";
    GrowUp "D13.2c" "grow: a stack below the gap";
    GapAllGuard "D13.3a" "grow refused: the gap is smaller than its guard bytes";
    GapTooShort "D13.3b" "grow refused: the guard bytes are in the way";
    GrowOptedOut "D13.3c" "growth without regard to guard bytes";
    GrowStackLimit "D13.4" "grow refused: the stack limit";
    AmountStep "D13.5a" "growth by a multiple of sgrowsiz";
    AmountGap "D13.5b" "growth by all of the gap but its guard bytes";
    AmountLimit "D13.5c" "growth cut to what the stack limit leaves";
    GapLeft "D13.7a" "a gap was shortened";
    GapUsedUp "D13.7b" "a gap vanished";
    DownGrown "D13.7c" "a piece was added below a stack";
    DownSwap "D13.7d" "grow down: swap was short";
    GapRestored "D13.7e" "grow down: swap was short, and the gap was made again";
    UpReserved "D13.8a" "grow up: reserved swap";
    UpUncharged "D13.8b" "grow up: nothing to reserve";
    UpSwap "D13.8c" "grow up: swap was short";
    UpGrown "D13.8d" "grow up: the stack is longer";
    UpWired "D13.8e" "grow up: a wired stack is longer, its pages are not counted";
    UpGuard "D13.8f" "grow up: a stack that is a guard";
    SsizeMain "D13.9a" "growth of the main stack counted";
    SsizeOther "D13.9b" "growth of another stack not counted";
    SsizeAbove "D13.9c" "growth at or above stacktop not counted";
    FutureWired "D13.10a" "wire-future wired a growth";
    FutureRefused "D13.10b" "wire-future could not wire a growth, which stays";

    Forked "D17.2" "a child was made";
    InheritNone "D17.4a" "an entry that is not inherited";
    InheritNoneGuard "D17.4b" "a guard that is not inherited";
    ForkGuard "D17.4c" "a plain guard was copied";
    ForkGap "D17.4d" "a gap was copied";
    CopyNamed "D17.9a" "copy: an object that an operation has named, no charge goes along";
    CopyMade "D17.9b" "copy: an object that a fork has made";
    CopyWired "D17.10a" "copy: a wired entry that may be written";
    CopyWiredReadOnly "D17.10b" "copy: a wired entry that may not be written, as if not wired";
    CopyZero "D17.10c" "zero: an empty entry, always charged";
    ForkRefused "D17.12" "a fork was refused, its swap reserved all the same";
}
