//! Being asked to stop, by Ctrl-C or SIGTERM.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};

/// How often it was asked for.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicUsize>);

impl Stop {
    /// Listens for signals from now on.
    ///
    /// # Errors
    ///
    /// When something else in the process listens already.
    pub fn listen() -> Result<Self> {
        let stop = Self::default();
        let counted = stop.clone();
        ctrlc::set_handler(move || counted.ask()).context("cannot listen for Ctrl-C")?;
        Ok(stop)
    }

    /// Asks for it once more.
    pub fn ask(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Was it asked for? Then what is under way ends, and is told.
    #[must_use]
    pub fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }

    /// Was it asked for again? Then what was found is kept as it is.
    #[must_use]
    pub fn asked_twice(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 1
    }
}
