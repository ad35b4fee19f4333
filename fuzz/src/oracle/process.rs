//! What each process has of its own (1.1, 1.2).

use crate::op::ProcessId;

use super::piece::Piece;

/// A process and its map, as plain numbers and a sorted list. Limits, settings and the swap reserved
/// are of all processes together.
#[derive(Clone, Debug)]
pub(super) struct Process {
    pub(super) id: ProcessId,
    pub(super) min: u64,
    pub(super) max: u64,
    pub(super) entries: Vec<Piece>,
    pub(super) size: u64,
    pub(super) wire_future: bool,
    /// In pages.
    pub(super) wired: u64,
    pub(super) maxsaddr: u64,
    /// In pages.
    pub(super) ssize: u64,
    /// Pages of wired entries less the pages counted as wired, so that their sum can be checked.
    /// 13.16 leaves pages out, 16.2 counts shared ones twice.
    pub(super) lag: i128,
}
