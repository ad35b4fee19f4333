//! The branches of the rules of Linux, by name.

use crate::oracle::table;

table! {
    /// A decisive branch of `docs/linux.md`.

    LimitSet "L8" "a limit was set";

    NothingAbove "L10a" "growth refused: nothing is mapped above";
    NotGrowable "L10b" "growth refused: what is above does not grow";
    BelowMin "L11" "growth refused: below the lowest address";
    GapShort "L12a" "growth refused: the gap to the lower neighbour";
    LowerGrows "L12b" "growth without a gap: the lower neighbour grows, too";
    LowerWithoutAccess "L12c" "growth without a gap: the lower neighbour has no access";
    GapKept "L12d" "growth that leaves the gap";
    NoLower "L13" "growth without a lower neighbour";
    OffsetShort "L15" "growth refused: the number of the first page is too small";
    AddressSpaceLimit "L16" "growth refused: the limit on the address space";
    StackLimit "L17" "growth refused: the limit on the stack";
    LockLimit "L18" "growth refused: the limit on locked memory";
    CommitLimit "L19" "growth refused: the system will not commit it";
    Grew "L20" "grew";

    ProtectionForbids "L22a" "an access that the protection forbids";
    KeyForbids "L22b" "an access that the key forbids";
    GuardPage "L22c" "an access to a guard page";
    ProcMemRead "L23a" "read through /proc/PID/mem";
    ProcMemGuard "L23b" "a guard page, not read through /proc/PID/mem";
    ProcMemAccess "L23c" "no access, not read through /proc/PID/mem";
    VmRead "L23d" "read by process_vm_readv";
    VmReadNothing "L23e" "process_vm_readv of nothing, which grows nothing";
    VmReadAccess "L23f" "process_vm_readv of what may not be read";
    VmReadGuard "L23g" "process_vm_readv of a guard page";

    MmapEmpty "L30a" "mmap refused: no length";
    MmapUnaligned "L30b" "mmap refused: fixed and not aligned";
    MmapTooLow "L31" "mmap refused: too low for this process";
    MmapExists "L32a" "mmap refused: something is there";
    MmapLockForbidden "L32b" "mmap refused: nothing may be locked";
    MmapLockLimit "L32c" "mmap refused: the limit on locked memory";
    MmapLimit "L33a" "mmap refused: the limits on the address space and on data";
    MmapReplaced "L33b" "mmap replaced what was there";
    MmapCommit "L33c" "mmap refused: the system will not commit it";
    Mapped "L34" "mmap made a mapping";
    HintRaised "L36a" "a hint was raised to the lowest address";
    HintTaken "L36b" "a hint was taken";
    HintRefused "L36c" "a hint was not taken";
    Placed "L37a" "the highest hole was taken";
    SearchedBelowGap "L37b" "the search went on below the gap of a stack";
    NoPlace "L37c" "no hole is long enough";
    PlacedHuge "L38" "a place for huge pages";

    MunmapUnaligned "L40a" "munmap refused: not aligned";
    MunmapEmpty "L40b" "munmap refused: no length";
    Removed "L40c" "VMAs were unmapped";
    RemovedNothing "L40d" "nothing was mapped where it was unmapped";
    Split "L41a" "a VMA was split";
    StackSplit "L41b" "a stack was split";
    OffsetsApart "L42a" "neighbours stayed apart: the page numbers do not go on";
    AnonsApart "L42b" "neighbours stayed apart: written apart";
    MergedStacks "L42c" "stacks merged";
    NeighboursDiffer "L43" "both neighbours would merge, but not with each other";
    MergedLower "L44a" "merged with the lower neighbour";
    MergedUpper "L44b" "merged with the upper neighbour";
    MergedBoth "L44c" "merged with both neighbours";
    InsertedAlone "L44d" "merged with no neighbour";

    AnonOfUpper "L50a" "written: shares with the upper neighbour";
    AnonOfLower "L50b" "written: shares with the lower neighbour";
    AnonNew "L50c" "written: shares with no neighbour";
    PopulateOnFault "L54a" "not populated: locked on fault";
    PopulateNoAccess "L54b" "not populated: no access";
    PopulateStores "L54c" "populated by stores";
    PopulateGuard "L54d" "populated up to a guard page";

    ProtectBothWays "L55a" "mprotect refused: to grow both ways";
    ProtectUnaligned "L55b" "mprotect refused: not aligned";
    ProtectEmpty "L55c" "mprotect of no length";
    ProtectNothing "L55d" "mprotect refused: nothing is mapped";
    StretchNot "L55e" "mprotect refused: the first VMA does not grow down";
    Stretched "L55f" "mprotect from the start of a stack";
    ProtectHoleFirst "L55g" "mprotect refused: a hole at its start";
    StretchUp "L55h" "mprotect refused: nothing grows up";
    ProtectHole "L56a" "mprotect ended at a hole";
    ProtectSame "L56b" "mprotect of what has the protection already";
    ProtectLimit "L57a" "mprotect refused: the limit on data";
    ProtectCommit "L57b" "mprotect refused: the system will not commit it";
    ProtectAccounted "L57c" "mprotect accounted a VMA";
    ProtectUnaccounted "L57d" "mprotect ended the account of a VMA";
    Protected "L57e" "mprotect changed a VMA";
    ProtectPopulated "L58" "mprotect populated a locked VMA";

    AdviceUnknown "L60a" "madvise refused: unknown advice";
    AdviseUnaligned "L60b" "madvise refused: not aligned";
    AdviseEmpty "L60c" "madvise of no length";
    AdviseHole "L60d" "madvise passed over a hole";
    AdviseLocked "L60e" "madvise refused: locked";
    AdviseDropped "L60f" "madvise dropped pages";
    AdviseSame "L60g" "madvise of what has the advice already";
    Advised "L60h" "madvise changed a VMA";
    AdvisedLoads "L61a" "madvise populated for reading";
    AdvisedStores "L61b" "madvise populated for writing";
    TouchHole "L61c" "madvise could not populate: a hole";
    TouchForbidden "L61d" "madvise could not populate: the protection";
    TouchGuard "L61e" "madvise could not populate: a guard page";

    RemapSame "L62a" "mremap to the same length";
    RemapShorter "L62b" "mremap to a shorter length";
    RemapArguments "L63a" "mremap refused: its arguments";
    RemapNothing "L63b" "mremap refused: nothing is mapped";
    RemapEmpty "L63c" "mremap refused: no old length";
    RemapCrosses "L63d" "mremap refused: the range leaves its VMA";
    RemapLockLimit "L63e" "mremap refused: the limit on locked memory";
    RemapLimit "L63f" "mremap refused: the limits on the address space and on data";
    RemapCommit "L63g" "mremap refused: the system will not commit it";
    RemapExtended "L63h" "mremap in place";
    RemapNoRoom "L63i" "mremap refused: no room, and it may not move";
    RemapTooLow "L64a" "mremap refused: too low for this process";
    RemapMovedClean "L64b" "mremap moved what was never written";
    RemapMovedWritten "L64c" "mremap moved what has been written";
    RemapOverlap "L65a" "mremap refused: old and new overlap";
    RemapAnother "L65b" "mremap moved one more VMA";
    RemapTail "L65c" "mremap unmapped what it does not move";
    SourceKept "L66a" "mremap left its source mapped";
    SourceClean "L66b" "a source of which all was moved is as never written";
    LockLeaked "L66c" "a source was unlocked, and its pages stay counted";

    LockForbidden "L67a" "mlock refused: nothing may be locked";
    LockTooMuch "L67b" "mlock refused: the limit";
    LockHole "L67c" "mlock or munlock ended at a hole";
    LockUnpopulated "L67d" "mlock locked, and could not populate";
    Locked "L67e" "locked";
    Unlocked "L67f" "unlocked";
    LockAllFlags "L68a" "mlockall refused: its flags";
    LockAllForbidden "L68b" "mlockall refused: nothing may be locked";
    LockFuture "L68c" "what will be mapped will be locked";
    UnlockedAll "L68d" "everything was unlocked";

    GuardsInstalled "L70a" "guard pages were made";
    GuardsRemoved "L70b" "guard pages were taken away";
    GuardsMoved "L70c" "guard pages moved";

    MappedFile "L72a" "mmap mapped a file";
    ObjectsApart "L72b" "neighbours stayed apart: they show different things, or the kernel's own";
    Given "L72c" "a VMA was there from the start";
    GivenTwice "L72d" "two VMAs cannot have been there from the start";
    MappedShared "L73a" "mmap made a shared mapping";
    MappedReadOnly "L73b" "mmap made a shared mapping of what was opened for reading";
    MmapReadOnly "L73c" "mmap refused: to write what was opened for reading";
    MmapNotGrowable "L73d" "mmap refused: a stack that is not private and anonymous";
    ProtectReadOnly "L73e" "mprotect refused: to write what was opened for reading";
    ProtectFile "L75" "mprotect left a mapping of a file accounted";
    OffsetUnaligned "L76" "mmap refused: an offset inside a page";
    PlacedFile "L77" "a place for huge pages of a file";
    RemapObject "L78a" "mremap moved what shows an object";
    RemapSecondView "L78b" "mremap mapped what is shared once more";
    AdviseObject "L79" "madvise refused: not for what this VMA shows";
    BrkAsked "L81" "brk only asked where the heap ends";
    BrkDataLimit "L82" "brk refused: the limit on data";
    BrkSame "L83a" "brk within a page";
    BrkShrunk "L83b" "brk made the heap shorter";
    BrkNothing "L83c" "brk refused: the heap is not there any more";
    BrkNoRoom "L84a" "brk refused: something is in the way";
    BrkLimit "L84b" "brk refused: a limit";
    BrkExtended "L85" "brk made the heap longer";
    LockAllTooMuch "L86a" "mlockall refused: the limit";
    LockedAll "L86b" "all that is mapped was locked";
    RemapSpecial "L87a" "mremap refused: the kernel's own get no longer";
    SpecialCut "L87b" "refused: to cut one of the kernel's own";
}

impl Branch {
    /// Can an operation take it that is drawn at random? The others are about files, the heap, and what a
    /// program starts with.
    #[must_use]
    pub fn is_drawn(self) -> bool {
        self < Self::MappedFile
    }
}
