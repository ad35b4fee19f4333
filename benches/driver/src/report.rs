//! What the driver prints: one line of JSON.

use serde::{Deserialize, Serialize};

use crate::op::Op;

/// The version of the driver's command line and report. Two drivers compare if it is the same.
pub const CONTRACT: u32 = 1;

/// What one run of the driver measured.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Report {
    /// [`CONTRACT`] of the driver.
    pub contract: u32,
    /// Entries of the map.
    pub entries: usize,
    /// Nanoseconds of a tick, for readers: good to a few per cent on a busy machine. Only ticks are
    /// compared.
    pub ns_per_tick: f64,
    /// Each operation, in the order asked for.
    pub results: Vec<Measured>,
}

/// What one operation took.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Measured {
    /// The operation.
    pub op: Op,
    /// How often it was carried out within measured blocks.
    pub operations: u64,
    /// A sum of its answers. Revisions that answer alike agree in it.
    pub answers: u64,
    /// Ticks of an operation in the fastest block; 0 if instructions are counted.
    pub least: f64,
    /// The lower quartile over blocks.
    pub quartile: f64,
    /// The median over blocks.
    pub median: f64,
}
