//! The options for a map that is a program of its own.

use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;

use crate::exec::Command;
use crate::replay::MapFactory;

/// What reports call the map.
const NAME: &str = "exec";

/// Which program, if any.
#[derive(Debug, Args)]
pub(super) struct Outside {
    /// Start this program as one more map, called exec, and ask it over a pipe (docs/trace.md).
    ///
    /// Program and arguments are apart at white space, without a shell. There is a new child for
    /// each trace and each sequence.
    #[arg(long, value_name = "COMMAND")]
    exec: Option<String>,

    /// How long the program may take for one answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, requires = "exec")]
    timeout: f64,
}

impl Outside {
    /// The map, if one is asked for.
    pub(super) fn factory(&self) -> Result<Option<MapFactory>> {
        let Some(line) = &self.exec else { return Ok(None) };
        let timeout = Duration::try_from_secs_f64(self.timeout);
        let most = Duration::from_secs(24 * 60 * 60);
        let timeout = timeout.ok().filter(|t| !t.is_zero() && *t <= most);
        ensure!(timeout.is_some(), "--timeout must be above 0 and at most a day");
        let command = timeout.and_then(|timeout| Command::new(line, timeout));
        ensure!(command.is_some(), "--exec wants a program");
        Ok(command.map(|command| command.factory(NAME)))
    }
}
