//! Faults to be planted on purpose: `--cfg growstack_planted="..."` breaks one protocol, and what
//! guards it must find that out. See `docs/threads.md`. In an ordinary build all are `false`.

/// After the map lock was given up and taken again, a growth goes on with what it saw before.
pub(super) const NO_RECHECK: bool = cfg!(growstack_planted = "no-recheck");
/// As `NO_RECHECK`, and the process lock is given up in between, too; nor does a fault that takes no
/// lock if it can look up and grow under one hold of the map lock.
pub(super) const PROCESS_LOCK_GIVEN_UP: bool = cfg!(growstack_planted = "process-lock-given-up");
/// Changes of the map leave its timestamp alone.
pub(super) const STALE_TIMESTAMP: bool = cfg!(growstack_planted = "stale-timestamp");
/// A growth reads the limits before it has the process lock.
pub(super) const STALE_LIMITS: bool = cfg!(growstack_planted = "stale-limits");
/// A removal does not look for ranges in transition.
pub(super) const NO_TRANSITION: bool = cfg!(growstack_planted = "no-transition");
/// Who waits for a transition takes the ticket when the map lock is given up already.
pub(super) const MISSED_WAKEUP: bool = cfg!(growstack_planted = "missed-wakeup");
/// A reader without a lock does not look at the count.
pub(super) const UNVALIDATED_READ: bool = cfg!(growstack_planted = "unvalidated-read");
/// A writer's stores may be seen before its count is odd.
pub(super) const NO_FENCE: bool = cfg!(growstack_planted = "no-fence");
/// The first change of an operation is published although others may follow.
pub(super) const HASTY_CHANGE: bool = cfg!(growstack_planted = "hasty-change");
/// Who sees one boundary moved may not see those that were moved before.
pub(super) const RELAXED_SHIFT: bool = cfg!(growstack_planted = "relaxed-shift");
