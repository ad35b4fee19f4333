//! Numbers for what mappings show, the same in every trace of a log.

use std::collections::HashMap;

use growstack_fuzz::linux::{FileTraits, FileView};
use growstack_fuzz::proc_maps::Shows;

use super::Listed;
use crate::call::Call;
use crate::events::Log;
use crate::mounts::{Mount, is_for_huge_pages};

/// What the names of files begin with that are in memory. Nothing is placed there for huge pages.
const IN_MEMORY: [&str; 6] = ["/memfd:", "/SYSV", "/dev/shm/", "/dev/zero", "[", "segment "];

/// The files and segments of a log.
#[derive(Debug)]
pub(super) struct Files {
    by_name: HashMap<String, u64>,
    used: u64,
    /// The sizes of segments of shared memory, by their numbers.
    segments: HashMap<u64, u64>,
    mounts: Vec<Mount>,
}

impl Files {
    pub(super) fn new(log: &Log) -> Self {
        let segment = |made: &crate::events::Made| match (&made.call, made.outcome) {
            (Call::Segment { size }, crate::call::Outcome::Returned(id)) => Some((id, *size)),
            _ => None,
        };
        let segments = log.calls.iter().filter_map(segment).collect();
        Self { by_name: HashMap::new(), used: 0, segments, mounts: log.mounts.clone() }
    }

    /// The size of a segment of shared memory.
    pub(super) fn segment(&self, id: u64) -> Option<u64> {
        self.segments.get(&id).copied()
    }

    /// A part of the file of this name.
    pub(super) fn named(&mut self, name: &str, offset: u64) -> FileView {
        let number = *self.by_name.entry(name.to_owned()).or_insert_with(|| {
            self.used += 1;
            self.used
        });
        let huge = !is_in_memory(name) && is_for_huge_pages(&self.mounts, name);
        let traits = if huge { FileTraits::HUGE } else { FileTraits::empty() };
        FileView { number, offset, traits }
    }

    /// What the kernel lists that a VMA shows.
    pub(super) fn of(&mut self, listed: &Listed) -> Option<FileView> {
        let name = match &listed.shows {
            Shows::File(name) => name.clone(),
            Shows::Kernel(name) => format!("[{name}]"),
            Shows::Anonymous | Shows::Heap | Shows::Stack if listed.shared => "[shared]".to_owned(),
            Shows::Anonymous | Shows::Heap | Shows::Stack => return None,
        };
        Some(self.named(&name, listed.offset))
    }
}

/// Is it, by its name, a file in memory?
pub(super) fn is_in_memory(name: &str) -> bool {
    IN_MEMORY.iter().any(|start| name.starts_with(start))
}
