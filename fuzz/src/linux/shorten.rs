//! What differs on a map, made short on it.

use std::slice;

use crate::linux::oracle::LinuxOracle;
use crate::linux::random::Found;
use crate::linux::replay::{LinuxMap, cut, fill, replay};
use crate::linux::trace::LinuxTrace;
use crate::lockstep::ORACLE;

/// The oracle, as traces are replayed on it.
pub const ORACLES: LinuxMap<'static> =
    LinuxMap { name: ORACLE, create: &|config| Box::new(LinuxOracle::new(*config)) };

/// A divergence as it is shown to people.
#[derive(Clone, Debug)]
pub struct Shortened {
    /// At which operation, and in what the map differs.
    pub words: String,
    /// A short trace that shows it, with the answers of the map.
    pub trace: LinuxTrace,
}

impl Shortened {
    /// The shortest trace found that shows what was found; or the whole sequence, if that does not
    /// happen again.
    #[must_use]
    pub fn of(found: &Found, map: &LinuxMap<'_>) -> Self {
        let maps = slice::from_ref(map);
        let whole = LinuxTrace::of(found.config, found.ops.iter().copied());
        let Err(failure) = replay(&whole, &ORACLES, maps) else {
            let differs = &found.divergence;
            let words = format!("{differs}; it did not happen again: the same operations passed");
            return Self { words, trace: whole };
        };
        let short = cut(&whole, &failure, &ORACLES, maps);
        let words = replay(&short, &ORACLES, maps).err().unwrap_or(failure).to_string();
        Self { words, trace: fill(&short, map) }
    }
}
