//! What `scripts/planted-faults --json` writes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Planted faults that were hunted.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Faults {
    /// How long each was hunted at most, in seconds, by what the hunt began with.
    pub budgets: BTreeMap<String, f64>,
    /// One by one.
    pub faults: Vec<Fault>,
}

/// A planted fault.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Fault {
    /// Its name.
    pub id: String,
    /// The part of the engine that it is in.
    pub area: String,
    /// What each hunt came to.
    pub hunts: BTreeMap<String, Hunt>,
}

/// A hunt.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Hunt {
    /// What found it, if anything did.
    pub found_by: Option<String>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Inputs carried out.
    pub executions: u64,
}

impl Faults {
    /// How many were found by every hunt.
    #[must_use]
    pub fn found(&self) -> usize {
        let found = |fault: &&Fault| fault.hunts.values().all(|hunt| hunt.found_by.is_some());
        self.faults.iter().filter(found).count()
    }
}
