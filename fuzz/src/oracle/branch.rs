//! The branches of the rule book that an operation can take, by name.
//!
//! The oracle notes each decisive branch it takes. A campaign of random operations that leaves
//! one of these unreached has not tested the rule behind it.

use std::fmt;

/// A branch of the rules of one kernel.
pub trait RuleBranch: Copy + fmt::Debug + Send + 'static {
    /// Every branch, in the order of the rules.
    const ALL: &'static [Self];

    /// Its place in [`ALL`](Self::ALL).
    fn index(self) -> usize;

    /// The rule, with a letter where it has several branches.
    fn id(self) -> &'static str;

    /// What happened, in a few words.
    fn what(self) -> &'static str;

    /// The branches of maps that have fork, or of those that have not: section 17 is about fork.
    fn tested(fork: bool) -> impl Iterator<Item = Self> {
        let is_about_fork = |id: &str| id.trim_start_matches('D').starts_with("17.");
        Self::ALL.iter().copied().filter(move |branch| fork || !is_about_fork(branch.id()))
    }
}

/// Defines `Branch` from rows of name, rule and meaning.
macro_rules! table {
    ($(#[$doc:meta])* $($name:ident $id:literal $what:literal;)*) => {
        $(#[$doc])*
        ///
        /// Each has an [`id`](Self::id), which is the number of its rule and, where a rule has
        /// several branches that the rule book does not number, a letter of our own.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[repr(u16)]
        pub enum Branch {
            $(#[doc = concat!($id, ": ", $what, ".")] $name,)*
        }

        impl Branch {
            /// Every branch, in the order of the rules.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
            /// How many there are.
            pub const COUNT: usize = Self::ALL.len();

            /// The rule, with a letter where it has several branches.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)*
                }
            }

            /// What happened, in a few words.
            #[must_use]
            pub const fn what(self) -> &'static str {
                match self {
                    $(Self::$name => $what,)*
                }
            }
        }

        impl $crate::oracle::RuleBranch for Branch {
            const ALL: &'static [Self] = Branch::ALL;

            fn index(self) -> usize {
                self as usize
            }

            fn id(self) -> &'static str {
                Branch::id(self)
            }

            fn what(self) -> &'static str {
                Branch::what(self)
            }
        }
    };
}

pub(crate) use table;

table! {
    /// A decisive branch of `docs/behaviour.md`.

    SwapReserved "1.5a" "swap was reserved";
    SwapShort "1.5b" "swap was short";
    ClampMin "2.1a" "the start was raised to the map's lowest address";
    ClampMax "2.1b" "the end was lowered to the map's end";
    ClampReversed "2.2a" "a reversed range became the empty range at END";
    ClampAbove "2.2b" "a range above the map became the empty range at its end";
    ClampBelow "2.2c" "a range below the map became the empty range at END";
    EmptyAsGiven "2.4" "START = END as given: success at once";

    DifferObject "3.1a" "touching neighbours stayed apart: different objects";
    DifferProt "3.1b" "touching neighbours stayed apart: different prot";
    DifferMax "3.1c" "touching neighbours stayed apart: different max";
    DifferInherit "3.1d" "touching neighbours stayed apart: different inherit";
    // Equal flags and different counts: one of two entries wired once more by the system.
    DifferWired "3.1e" "touching neighbours stayed apart: different wire counts";
    DifferFlags "3.1f" "touching neighbours stayed apart: different flags";
    DifferAccess "3.1g" "touching neighbours stayed apart: different access patterns";
    DifferCharge "3.1h" "touching neighbours stayed apart: only one is charged";
    DifferOffset "3.1i" "touching neighbours stayed apart: the object's offsets do not continue";
    MergedObject "3.1j" "entries of one object merged";
    MergedOffsets "3.1k" "anonymous entries merged though their offsets do not continue";
    MergedNone "3.2a" "simplified without a merge";
    MergedLower "3.2b" "simplified: merged with the lower neighbour";
    MergedUpper "3.2c" "simplified: merged with the upper neighbour";
    MergedBoth "3.2d" "simplified: merged with both neighbours";
    AvailLost "3.3" "a merge of stacks dropped a different avail";

    SplitAnonymous "4.1a" "an anonymous entry was split, its offset counted on";
    SplitObject "4.1b" "an entry with an object was split";
    SplitStack "4.1c" "a split copied growth flags and avail";
    SplitWired "4.1d" "a wired entry was split";
    FrontNone "4.2a" "no front split: the walk starts at an entry's start";
    FrontSplit "4.2b" "a front split";
    FrontMerged "4.2c" "a front split whose simplify merged first";
    BackNone "4.3a" "no back split: the entry ends at or below the end";
    BackSplit "4.3b" "a back split";

    WalkMapped "5.1a" "a walk began in the entry that holds its start";
    WalkNext "5.1b" "a walk began with the next entry";
    InheritSet "5.1c" "inherit set on an entry";
    AttributeNothing "5.1d" "inherit or madvise found nothing mapped";
    AdvisePattern "5.2a" "madvise replaced the access pattern";
    AdviseNoSync "5.2b" "madvise set nosync";
    AdviseAutoSync "5.2c" "madvise cleared nosync";
    AdviseNoCore "5.2d" "madvise set nocoredump";
    AdviseCore "5.2e" "madvise cleared nocoredump";
    ReversedSplit "5.3a" "a reversed range in protect, inherit or madvise split at END";
    ReversedNoSplit "5.3b" "a reversed range in protect, inherit or madvise did nothing";
    ProtectForbidden "5.4a" "protect cur asked for more than max allows";
    ProtectMaxForbidden "5.4b" "protect max tried to widen max";
    ProtectSwapShort "5.4c" "protect failed for swap at the first entry to charge";
    ProtectSwapHalfWay "5.4d" "protect failed for swap after charging an entry";
    ProtectCharged "5.4e" "protect charged an entry";
    ProtectNeedsCopy "5.4f" "protect charged an entry whose object needs a copy";
    ProtectObject "5.4g" "write given to an object's entry, no charge";
    ProtectCharge "5.4h" "write given to an entry charged already";
    ProtectChanged "5.4i" "protect cur changed the protection in force";
    ProtectSame "5.4j" "protect cur set what was in force already";
    ProtectMaxShrunk "5.4k" "protect max left the protection in force as it was";
    ProtectMaxTook "5.4l" "protect max took bits of the protection in force";
    ProtectNothing "5.4m" "protect found nothing mapped";
    WriteTakenKept "5.5" "write was taken away and the charge kept";

    InsertBelowMin "6.1a" "insertion refused: it starts below the map";
    InsertAboveMax "6.1b" "insertion refused: it ends above the map";
    InsertEmpty "6.1c" "insertion refused: it is empty or reversed";
    InsertMapped "6.2" "insertion refused: its start is mapped";
    InsertRunsInto "6.3" "insertion refused: it runs into the next entry";
    FlagCow "6.4a" "inserted with cow";
    FlagNofault "6.4b" "inserted with nofault";
    FlagNosync "6.4c" "inserted with nosync";
    FlagNocoredump "6.4d" "inserted with nocoredump";
    FlagShare "6.4e" "inserted with inherit_share";
    ProtAboveMax "6.4f" "inserted with a prot that max lacks";
    ChargeNever "6.6a" "not charged: acc_no_charge or nofault";
    ChargeNeverWins "6.6b" "not charged, though acc_charged was given too";
    ChargeGiven "6.6c" "charged without reserving: acc_charged";
    ChargeReserved "6.6d" "charged and reserved";
    ChargeObject "6.6e" "not charged: writable, with an object and without cow";
    ChargeReadOnly "6.6f" "not charged: not writable";
    ChargeShort "6.6g" "insertion refused: swap is short";
    ExtendedLower "6.7a" "the lower neighbour was extended";
    OffsetFromLower "6.7b" "a new entry continued the lower neighbour's offset";
    NewStack "6.8a" "a new entry: a stack";
    NewObject "6.8b" "a new entry: it has an object";
    NewAlone "6.8c" "a new entry: nothing touches its start";
    NewBesideObject "6.8d" "a new entry: the lower neighbour has an object";
    NewBesideFlags "6.8e" "a new entry: the lower neighbour has other flags";
    NewBesideWired "6.8f" "a new entry: the lower neighbour is wired";
    NewBesideCharge "6.8g" "a new entry: the lower neighbour is charged differently";
    NewUnwired "6.8h" "a new entry is not wired though wire-future is on";
    NewMerged "6.9" "the new entry was merged";

    RemoveEmpty "7.1a" "remove of an empty range did nothing, not even a split";
    RemoveNothing "7.1b" "remove found nothing mapped";
    RemoveSome "7.1c" "remove deleted entries";
    DeletePlain "7.2a" "an entry was deleted that held no charge and no wiring";
    DeleteCharged "7.2b" "a charged entry was deleted";
    DeleteWired "7.2c" "a wired entry was deleted";
    DeleteStack "7.2d" "an entry that could grow was deleted";
    FixedWraps "7.3a" "fixed: the end wrapped";
    FixedClamped "7.3b" "fixed: partly outside the map, the inside part was mapped";
    FixedReplaced "7.3c" "fixed: mappings were replaced";
    FixedFree "7.3d" "fixed: nothing was in the way";
    FixedLost "7.3e" "fixed: the removal stays, the insertion failed";
    SpaceFirst "7.4a" "findspace: room at the start";
    SpaceLater "7.4b" "findspace: room after a later entry";
    SpaceLast "7.4c" "findspace: room after the last entry";
    SpaceTooLong "7.4d" "findspace: none, past the map's end";
    SpaceWraps "7.4e" "findspace: none, the length wraps";
    SpaceNone "7.4f" "findspace: none, no gap is large enough";
    ZeroUnmapped "7.5a" "findspace of length 0 at an unmapped address";
    ZeroAtStart "7.5b" "findspace of length 0 gave an entry's start, which is mapped";
    ZeroInside "7.5c" "findspace of length 0 gave the end of the entry";
    FindFixed "7.6a" "find without a search";
    FindFixedWraps "7.6b" "find without a search: the end wrapped";
    FindAny "7.6c" "find with a search";
    FindNone "7.6d" "find with a search: none";
    FindRefused "7.6e" "find: the insertion was refused";

    LookupHit "8.1a" "lookup: mapped";
    LookupMiss "8.1b" "lookup: not mapped";
    CheckUnmapped "8.2a" "check: the start is not mapped";
    CheckEnd "8.2b" "check: no entry any more";
    CheckHole "8.2c" "check: a hole";
    CheckLacks "8.2d" "check: an entry lacks a bit";
    CheckTrue "8.2e" "check: true";
    CheckReversed "8.2f" "check: true of an empty or reversed range";

    WireStartMapped "9.1a" "wire: the start is mapped";
    WireStartHole "9.1b" "wire: the start is a hole, which is allowed";
    WireStartRefused "9.1c" "wire: the start is not mapped";
    WireSkipped "9.2a" "wire: an entry without read and execute was skipped";
    WireNoAccess "9.2b" "wire: an entry without read and execute ended it";
    WireFirst "9.2c" "wire: the first wiring of an entry";
    WireSecond "9.2d" "wire: the user's wiring on top of the system's";
    WireAgain "9.2e" "wire: wired by the user already";
    WireHole "9.2f" "wire: a hole ended it";
    WireHoleLast "9.2g" "wire: ended behind the last entry";
    WireDone "9.3a" "wire: pass two set user_wired";
    WireTakenBack "9.3b" "wire: pass two took the first wiring back";
    // The user wires entries that the system has wired, up to a hole.
    WireTakenBackSome "9.3c" "wire: pass two took a wiring back, others remain";
    WireFailedKept "9.3d" "wire: pass two left an entry that the user had wired before";
    MergeBlocked "9.3e" "a merge with an entry that pass two has not reached was held off";
    WireMergedBack "9.4" "wire: a failure, and pass two merged entries";

    UnwireStartMapped "10.1a" "unwire: the start is mapped";
    UnwireStartHole "10.1b" "unwire: the start is a hole, which is allowed";
    UnwireStartRefused "10.1c" "unwire: the start is not mapped";
    UnwireHole "10.1d" "unwire: a hole ended it";
    UnwireHoleLast "10.1e" "unwire: ended behind the last entry";
    UnwireNotSystem "10.1f" "unwire: no system wiring";
    UnwireLast "10.2a" "unwire: the last wiring came off";
    UnwireSome "10.2b" "unwire: other wirings remain";
    UnwireNone "10.3" "unwire: the user had not wired the entry";
    UnwireFailedKept "10.2c" "unwire: a failure left the wiring of an entry";
    EmptyWireFree "10.4a" "wire or unwire of a clamped-empty range at an unmapped address";
    EmptyWireStart "10.4b" "wire or unwire of a clamped-empty range at an entry's start";

    LimitStored "11a" "a limit was stored";
    SysctlStored "11b" "a sysctl was stored";
    WireFutureStored "11c" "the wire-future switch was stored";

    StackBelowMin "12.1a" "stack refused: ADDRBOS below the map";
    StackAboveMax "12.1b" "stack refused: ADDRBOS above the map";
    StackReserveWraps "12.1c" "stack refused: the reserve wraps";
    StackMapped "12.2" "stack refused: ADDRBOS is mapped";
    StackMemlock "12.3" "stack refused: memlock";
    StackVmem "12.4" "stack refused: vmem";
    StackNeighbour "12.5" "stack refused: the next entry is in the reserve";
    StackInsertRefused "12.6" "stack refused by the insertion";
    StackWhole "12.7a" "the first part is the whole stack";
    StackStep "12.7b" "the first part is sgrowsiz";
    StackDown "12.7c" "a stack that grows down";
    StackUp "12.7d" "a stack that grows up";
    StackBoth "12.7e" "a stack that grows both ways";
    StackBothRounded "12.7f" "a two-way stack whose bottom was rounded up";
    StackPastMax "12.8a" "stack: the first part ends above the map";
    StackReservesPastMax "12.8b" "the reserve of an up stack reaches beyond the map";
    StackEmpty "12.8c" "stack of MAX_SSIZE 0";
    // A two-way stack of MAX_SSIZE below a page, ADDRBOS unaligned, an entry at the next page.
    StackRoundedInto "12.8d" "a two-way stack whose rounded bottom meets the next entry";
    StackUnwired "12.9" "a stack is not wired though wire-future is on";
    StackKeptApart "12.10" "a stack touches a neighbour that is no stack";
    StackMade "12.11" "a stack was made";

    GrowMapped "13.1" "grow: mapped already";
    GrowNone "13.2a" "grow: no stack beside it";
    GrowOnlyUp "13.2b" "grow: only the lower neighbour can grow";
    GrowOnlyDown "13.2c" "grow: only the upper neighbour can grow";
    GrowNearerUp "13.2d" "grow: both can, the lower is nearer";
    GrowTie "13.2e" "grow: both can, a tie goes up";
    GrowNearerDown "13.2f" "grow: both can, the upper is nearer";
    GrowNoRetry "13.2g" "grow: both could, the chosen one failed";
    FloorNeighbour "13.3a" "grow down: a neighbour is the floor";
    FloorReserve "13.3b" "grow down: the end of the reserve is the floor";
    FloorWraps "13.3c" "grow down: the reserve wraps below 0";
    CeilingNeighbour "13.4a" "grow up: a neighbour is the ceiling";
    CeilingReserve "13.4b" "grow up: the end of the reserve is the ceiling";
    GrowAvail "13.5" "grow refused: more than avail";
    GrowGuard "13.6a" "grow refused: no room for the guard page";
    // Unaligned neighbours only: the address lies in a page that the neighbour shares.
    GrowRoom "13.6b" "grow refused: no room, guard off";
    GrowStackLimit "13.7" "grow refused: the stack limit";
    AmountStep "13.8a" "growth by a multiple of sgrowsiz";
    AmountAvail "13.8b" "growth clamped to avail";
    AmountLimit "13.8c" "growth of the main stack clamped to the stack limit";
    GrowMemlock "13.9" "grow refused: memlock";
    GrowVmem "13.10" "grow refused: vmem";
    DownClear "13.11a" "grow down: a page or more left above the floor";
    DownCut "13.11b" "grow down: cut at the floor";
    DownCutGuard "13.11c" "grow down: cut a guard page above the floor";
    DownExact "13.11d" "grow down: exactly at the floor, no guard page";
    // Guard on, and a floor or stack that is not page-aligned.
    DownWithinPage "13.11e" "grow down: less than a page left above the floor, guard on";
    DownOutside "13.12a" "grow down: the insertion was outside the map";
    DownSwap "13.12b" "grow down: swap was short";
    DownSwapCut "13.12c" "grow down: swap was short after the cut of avail";
    DownPlain "13.13a" "grow down: a new entry";
    DownOffset "13.13b" "grow down: a new entry with the neighbour's offset continued";
    DownExtended "13.13c" "grow down: the neighbour was extended and split again";
    DownSwallowed "13.13d" "grow down: the extended neighbour swallowed its own";
    DownTwoWay "13.13e" "grow down: a two-way stack keeps grows_up and avail";
    DownDropped "13.13f" "grow down: attributes of the stack were not passed on";
    UpClear "13.14a" "grow up: not cut";
    UpCut "13.14b" "grow up: cut at the ceiling";
    UpCutGuard "13.14c" "grow up: cut a guard page below the ceiling";
    UpReserved "13.15a" "grow up: reserved swap";
    UpUncharged "13.15b" "grow up: nothing to reserve";
    UpSwap "13.15c" "grow up: swap was short";
    UpSwapCut "13.15d" "grow up: swap was short after the cut of avail";
    UpGrown "13.16a" "grow up: the entry is longer";
    UpWired "13.16b" "grow up: a wired entry is longer, its pages are not counted";
    UpTouches "13.16c" "grow up: the entry touches its neighbour and is not simplified";
    SsizeMain "13.17a" "growth of the main stack counted";
    SsizeOther "13.17b" "growth of another stack not counted";
    FutureDown "13.18a" "wire-future wired a growth down";
    FutureUp "13.18b" "wire-future split and wired a growth up";
    FutureUpMerged "13.18c" "wire-future: a wired stack grew up and stays one entry";
    // A stack with neither read nor execute.
    FutureRefused "13.18d" "wire-future could not wire the growth";

    NofaultObject "15.1a" "nofault with an object, refused";
    NofaultObjectFixed "15.1b" "fixed with nofault and an object, refused before the removal";
    // An acc_charged entry removed while little else is charged.
    ReservedStops "15.2" "reserved stopped at 0";
    NoGrowthFlag "15.3" "a stack without a growth flag";
    EmptyWireInside "15.4" "wire or unwire of a clamped-empty range inside an entry";
    GrowPastMax "15.5" "grow up refused: past the map's end";
    // max=inf and an up stack whose avail was kept through a merge, or a two-way stack near the
    // end of the address space.
    CeilingWraps "15.6a" "grow up: the reserve wraps, the ceiling is 2^64 - 1";
    CeilingWrapsRefused "15.6b" "grow up: no room below 2^64 - 1, avail stays";
    CeilingWrapsSwap "15.6c" "grow up: the reserve wraps, no swap for the whole of it";
    // max=inf, ADDRBOS in the last page.
    BottomWraps "15.7" "a two-way stack whose rounded bottom wraps";
    ChargedObject "15.8a" "acc_charged with an object and without cow, refused";
    ChargedObjectFixed "15.8b" "fixed as 15.8, refused before the removal";
    ChargedObjectOff "15.8c" "15.8 switched off by acc_no_charge";
    ZeroStep "15.9" "sgrowsiz of 0 refused";
    // min=0, max=inf; down: a stack in the last page and ADDR in the first. Up: the reverse.
    NeedWraps "15.10" "grow refused: the need wraps to 0";
    AmountWraps "15.11" "the rounding to sgrowsiz wrapped, growth by avail";

    ProtectWiredCow "16.1" "write given to a user-wired cow entry";
    UnalignedWired "16.2" "pages of an unaligned entry were wired";
    // Wire an up stack, grow it up, and remove or unwire it while little else is wired.
    WiredStops "16.3" "wired pages stopped at 0";
    SystemWired "16.4a" "system wire added to the count";
    SystemWireBack "16.4b" "system wire failed, the count was taken back";
    SystemUnwired "16.4c" "system unwire kept user_wired";
    FitBelow "16.5a" "find: the fit ends at or below MAX_ADDR";
    FitAbove "16.5b" "find: the fit ends above MAX_ADDR";
    // No operation of the trace format does it: call `Oracle::exec`.
    Exec "16.6a" "a new process image";
    ExecRefused "16.6b" "a new process image whose stack was refused";

    Forked "17.2a" "a child was made";
    ChildWireFuture "17.2b" "the wire-future switch is off in the child";
    ChildUnwired "17.3" "the child's entry is not wired as the parent's is";
    InheritNone "17.4" "an entry that is not inherited";
    ShareMade "17.5a" "share: an uncharged entry got an object";
    ShareMadeCharged "17.5b" "share: the charge went into a new object";
    ShareShadow "17.5c" "share: an object was put over that of an uncharged entry";
    ShareShadowCharged "17.5d" "share: the charge went into an object over that of the entry";
    ShareAbsorbed "17.5e" "share: the object below the new one was absorbed at once";
    Shared "17.6" "an entry was shared";
    CopyCharged "17.8a" "copy: a charged entry without object";
    CopyUncharged "17.8b" "copy: an uncharged entry without object";
    CopySplitOff "17.9a" "copy: the entry's part of its object was split off first";
    CopyChargedThrice "17.9b" "copy: charged in the object, and now in both entries";
    CopyCowCharged "17.9c" "copy: charged, needs_copy before";
    CopyMadeCow "17.9d" "copy: not charged, needs_copy from now on";
    CopyCow "17.9e" "copy: not charged, needs_copy before";
    CopyWired "17.10a" "copy: a charged wired entry";
    CopyWiredUncharged "17.10b" "copy: a wired entry that was not charged";
    ChildStackPages "17.11" "the child's stacks count as grown";
    ForkRefused "17.12a" "a fork was refused, its swap reserved all the same";
    ForkLeftOver "17.12b" "a refused fork left reserved above its limit";
    ReferenceMerged "17.14a" "a merge dropped a reference";
    ObjectDestroyed "17.14b" "the last reference was dropped";
    ObjectReleased "17.14c" "the charge of an object was released with it";
    OneEntryLeft "17.14d" "one reference left, that of an entry";
    OneObjectLeft "17.14e" "one reference left, that of an object above, which was shortened";
    MoreLeft "17.14f" "a reference was dropped, more than one is left";
    ShortenLetGo "17.15a" "an object let go of the one below, which has other references";
    ShortenAbsorbed "17.15b" "an object absorbed the one below";
    SplitOff "17.16a" "a part of an uncharged object was split off";
    SplitOffCharged "17.16b" "a part of a charged object was split off";
    CutCharged "17.17a" "a deleted entry cut the end off its object, with its charge";
    CutUncharged "17.17b" "a deleted entry cut the end off its object, which was not charged";
    CutHole "17.17c" "a deleted entry was not at the end of its object";
    CutNot "17.17d" "a deleted entry of an object with one reference, or of which parts may be mapped twice";
    Exited "17.18" "a process ended";
    UpObjectLeaked "17.19a" "grow up: the object can't be extended, what was reserved stays";
    UpObject "17.19b" "grow up: an uncharged object can't be extended";
    ProtectObjectCharged "17.20a" "write given where the object is charged already";
    ProtectWholeObject "17.20b" "write given, the whole object was to be charged";
}
