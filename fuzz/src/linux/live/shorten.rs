//! What differs on the kernel, made short on it.

use super::{Ground, Spaces};
use crate::linux::oracle::LinuxOracle;
use crate::linux::random::Found;
use crate::linux::replay::{LinuxMap, cut, fill, replay};
use crate::linux::trace::LinuxTrace;
use crate::lockstep::ORACLE;

/// What reports call the running kernel.
pub const LIVE: &str = "live";

/// The oracle, as traces are replayed on it.
pub const ORACLES: LinuxMap<'static> =
    LinuxMap { name: ORACLE, create: &|config| Box::new(LinuxOracle::new(*config)) };

/// A divergence as it is shown to people.
#[derive(Clone, Debug)]
pub struct Shortened {
    /// At which operation, and in what the kernel differs.
    pub words: String,
    /// A short trace that shows it, with the answers of the kernel.
    pub trace: LinuxTrace,
}

impl Shortened {
    /// The shortest trace found that shows what was found; or the whole sequence, if that does not
    /// happen again.
    #[must_use]
    pub fn of(found: &Found, ground: &Ground) -> Self {
        let spaces = Spaces::new(ground.clone());
        let create = |config: &_| spaces.create(config);
        let live = [LinuxMap { name: LIVE, create: &create }];
        let whole = LinuxTrace::of(found.config, found.ops.iter().copied());
        let Err(failure) = replay(&whole, &ORACLES, &live) else {
            let differs = &found.divergence;
            let words = format!("{differs}; it did not happen again: the same operations passed");
            return Self { words, trace: whole };
        };
        let short = cut(&whole, &failure, &ORACLES, &live);
        let words = replay(&short, &ORACLES, &live).err().unwrap_or(failure).to_string();
        Self { words, trace: fill(&short, &live[0]) }
    }
}
