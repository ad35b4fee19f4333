//! What a live run stands on.

use std::fmt;
use std::path::{Path, PathBuf};

use growstack::{Addr, AddrRange};

use super::child::Child;
use super::machine::{Machine, Process};
use super::probe::{Found, Probe};
use super::{Privileges, Refused};
use crate::linux::{LinuxConfig, Rules};

/// The machine, its kernel, and the program whose children it runs sequences in; all of it probed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ground {
    program: PathBuf,
    config: LinuxConfig,
    release: String,
    huge_pages: Option<String>,
    /// Is there `PROCMAP_QUERY`?
    quick: bool,
    vm_read: bool,
}

impl Ground {
    /// The window that random sequences are about, in bytes: 16 guard gaps.
    pub const WINDOW: u64 = 1 << 24;

    /// Probes the machine by a child of `program` with a window of [`Ground::WINDOW`].
    ///
    /// # Errors
    ///
    /// Why there is no live run here.
    pub fn probe(program: &Path) -> Result<Self, Refused> {
        Self::probe_window(program, Self::WINDOW)
    }

    /// As [`probe`](Self::probe), with another window: `[0, window)`.
    ///
    /// # Errors
    ///
    /// Why there is no live run here.
    pub fn probe_window(program: &Path, window: u64) -> Result<Self, Refused> {
        let machine = Machine::read()?;
        let mut child = Child::start(program, window, Privileges::Kept)?;
        let process = Process::read(child.id())?;
        let probe = Probe { child: &mut child, machine: &machine, process: &process, window }
            .everything()?;
        let Found { rules, gap, min, keys, vm_read } = probe;
        let window = AddrRange::new(Addr::ZERO, Addr::new(window));
        let config = LinuxConfig {
            version: machine.version,
            rules,
            window: window.ok_or(Refused::NotLinux("a window", "it is empty".into()))?,
            gap,
            min,
            fixed_min: Addr::new(machine.fixed_min),
            keys,
            capabilities: process.capabilities,
            soft: process.soft,
            hard: process.hard,
            overcommit: machine.overcommit,
            committable: machine.committable,
            huge_pages: machine.huge_pages.is_some(),
            base_pages: process.pages,
            base_data: process.data,
            program: None,
        };
        Ok(Self {
            program: program.to_owned(),
            config,
            release: machine.release,
            huge_pages: machine.huge_pages,
            quick: child.is_quick(),
            vm_read,
        })
    }

    /// What sequences start from.
    #[must_use]
    pub const fn config(&self) -> &LinuxConfig {
        &self.config
    }

    /// The program that is started again for each child.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Whether the process may read its own memory by `process_vm_readv`, which some containers forbid.
    #[must_use]
    pub const fn reads_itself(&self) -> bool {
        self.vm_read
    }
}

impl fmt::Display for Ground {
    /// A few lines for the beginning of a run.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { config, release, huge_pages, quick, vm_read, .. } = self;
        let LinuxConfig { version, rules, window, gap, min, fixed_min, keys, .. } = config;
        let yes = |is| if is { "yes" } else { "no" };
        writeln!(f, "kernel {release}, huge pages {}", huge_pages.as_deref().unwrap_or("none"))?;
        write!(f, "rules of {version}")?;
        let usual = Rules::of(*version);
        if *rules != usual {
            write!(f, ", with {}, without {}", *rules - usual, usual - *rules)?;
        }
        writeln!(f)?;
        writeln!(
            f,
            "window {} to {}, guard gap {gap}, lowest address {min}, fixed {fixed_min}",
            window.start(),
            window.end()
        )?;
        let capabilities = config.capabilities;
        writeln!(
            f,
            "protection keys {}, capabilities {capabilities}, overcommit {}",
            yes(*keys),
            config.overcommit as u8
        )?;
        let (soft, hard) = (&config.soft, &config.hard);
        writeln!(
            f,
            "locked memory {} of {}, stack {} of {}, bytes",
            limit(soft.memlock),
            limit(hard.memlock),
            limit(soft.stack),
            limit(hard.stack)
        )?;
        let query = if *quick { "PROCMAP_QUERY" } else { "/proc/self/maps" };
        writeln!(f, "VMAs by {query} and smaps, process_vm_readv {}", yes(*vm_read))
    }
}

/// A limit, or the word for none.
fn limit(bytes: u64) -> String {
    if bytes == u64::MAX { "inf".into() } else { bytes.to_string() }
}
