//! The header: what a trace starts from.

use std::num::NonZeroU64;

use core::fmt;

use growstack::{Addr, Limits, PAGE_SIZE, Size, StackTunables};

use super::error::ParseError;
use super::field::{choice, number};
use super::head::{begins, value, version};
use super::ops::{GROW_SIZE, GUARD_PAGE, LIMITS, guard_page, write_limit};
use super::words::{Word, Words};
use crate::kernel::{Freebsd14, Kernel};
use crate::op::{Config, LimitName};

const KERNEL: &str = "kernel";
const STACKTOP: &str = "stacktop";
const STKGAP: &str = "stkgap";

/// The first words of the header lines, in their order.
pub(super) const LINES: [&str; 5] = ["growstack-trace", "map", "proc", "sysctl", "limit"];

/// A header while it is being read.
#[derive(Clone, Copy)]
pub(super) struct Header {
    config: Config,
    lines: usize,
    /// What the reader was given: the kernel of a trace that does not name it.
    given: Option<Kernel>,
}

impl Header {
    pub(super) fn new(given: Option<Kernel>) -> Self {
        let config = Config {
            min: Addr::ZERO,
            max: Addr::ZERO,
            tunables: StackTunables::default(),
            limits: Limits::default(),
            freebsd_14: None,
        };
        Self { config, lines: 0, given }
    }

    /// The word that the next line starts with, or what the header says if it is complete.
    pub(super) fn state(&self) -> Result<Config, &'static str> {
        match LINES.get(self.lines) {
            Some(wanted) => Err(wanted),
            None => Ok(self.config),
        }
    }

    /// Reads the next line, whose first word must be `wanted`.
    pub(super) fn read(
        &mut self,
        wanted: &'static str,
        first: Word<'_>,
        words: &mut Words<'_>,
    ) -> Result<(), ParseError> {
        begins(words, first, wanted)?;
        match wanted {
            "growstack-trace" => version(words)?,
            "map" => self.map(words)?,
            "proc" => self.process(words)?,
            "sysctl" => self.sysctl(words)?,
            _ => self.limits(words)?,
        }
        self.lines += 1;
        words.finish()
    }

    fn map(&mut self, words: &mut Words<'_>) -> Result<(), ParseError> {
        let min = Addr::new(value(words, "min")?.1);
        let (word, max) = value(words, "max")?;
        let max = Addr::new(max);
        if max < min {
            let problem = format!("the map ends at {max}, below its start at {min}");
            return Err(words.error(word, problem));
        }
        let (word, page) = value(words, "page")?;
        if page != PAGE_SIZE {
            return Err(words.error(word, format!("pages are 4096 bytes, not {page}")));
        }
        (self.config.min, self.config.max) = (min, max);
        if self.kernel(words)? == Kernel::Freebsd14 {
            self.config.freebsd_14 = Some(Freebsd14::new(max));
        }
        Ok(())
    }

    /// The kernel that the header names, or else the one given.
    fn kernel(&self, words: &mut Words<'_>) -> Result<Kernel, ParseError> {
        let Some(next) = words.clone().next().filter(|next| next.text.starts_with("kernel="))
        else {
            return Ok(self.given.unwrap_or_default());
        };
        let word = words.pair(KERNEL)?;
        let choices = Kernel::ALL.map(Kernel::word).join(", ");
        let unknown = |_| words.not_one_of(word, "the kernel", &choices);
        let kernel: Kernel = word.text.parse().map_err(unknown)?;
        match self.given {
            Some(given) if given != kernel => {
                Err(words.error(next, format!("the trace is of {kernel}, not of {given}")))
            }
            _ => Ok(kernel),
        }
    }

    fn process(&mut self, words: &mut Words<'_>) -> Result<(), ParseError> {
        self.config.tunables.maxsaddr = Addr::new(value(words, "maxsaddr")?.1);
        let key = || words.clone().next().and_then(Word::split_at_equals).map(|(key, _)| key);
        let Some(settings) = &mut self.config.freebsd_14 else {
            return match key() {
                Some(word) if [STACKTOP, STKGAP].contains(&word.text) => Err(words.newer(word)),
                _ => Ok(()),
            };
        };
        if key().is_some_and(|key| key.text == STACKTOP) {
            settings.stacktop = Addr::new(value(words, STACKTOP)?.1);
        }
        if words.clone().next().is_some() {
            let word = words.pair(STKGAP)?;
            settings.stkgap = choice(words, word, STKGAP, &[(true, "on"), (false, "off")])?;
        }
        Ok(())
    }

    /// The header line just read as the trace keeps it: with the kernel, if only the reader was
    /// given that.
    pub(super) fn spelled(&self, words: &Words<'_>) -> String {
        let (before, after) = words.split();
        let is_map = LINES.get(self.lines.wrapping_sub(1)) == Some(&"map");
        let named = before.contains(" kernel=");
        if is_map && !named && self.config.kernel() != Kernel::default() {
            let kernel = self.config.kernel();
            return format!("{before} {KERNEL}={kernel}{}", after.trim_ascii_end());
        }
        format!("{before}{}", after.trim_ascii_end())
    }

    fn sysctl(&mut self, words: &mut Words<'_>) -> Result<(), ParseError> {
        let (word, step) = value(words, GROW_SIZE)?;
        let zero = || words.error(word, format!("{GROW_SIZE} must not be 0"));
        self.config.tunables.sgrowsiz = NonZeroU64::new(step).ok_or_else(zero)?;
        let word = words.pair(GUARD_PAGE)?;
        match &mut self.config.freebsd_14 {
            None => self.config.tunables.guard_page = guard_page(words, word)?,
            Some(settings) => settings.guard_pages = number(words, word, GUARD_PAGE, u64::MAX)?,
        }
        Ok(())
    }

    fn limits(&mut self, words: &mut Words<'_>) -> Result<(), ParseError> {
        for (name, key, infinity) in LIMITS {
            let word = words.pair(key)?;
            let limit = number(words, word, key, infinity.get())?;
            *limit_of(&mut self.config.limits, name) = Size::new(limit);
        }
        Ok(())
    }
}

fn limit_of(limits: &mut Limits, name: LimitName) -> &mut Size {
    match name {
        LimitName::Stack => &mut limits.stack,
        LimitName::Vmem => &mut limits.vmem,
        LimitName::Memlock => &mut limits.memlock,
        LimitName::Swap => &mut limits.swap,
    }
}

impl fmt::Display for Config {
    /// The five lines of the header, as programs print them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [magic, map, proc, sysctl, limit] = LINES;
        let StackTunables { sgrowsiz, guard_page, maxsaddr } = self.tunables;
        writeln!(f, "{magic} 1")?;
        write!(f, "{map} min={} max={} page={PAGE_SIZE}", self.min, self.max)?;
        if self.kernel() != Kernel::default() {
            write!(f, " {KERNEL}={}", self.kernel())?;
        }
        // A process without a main stack has its start at infinity.
        if maxsaddr == Addr::MAX {
            write!(f, "\n{proc} maxsaddr=inf")?;
        } else {
            write!(f, "\n{proc} maxsaddr={maxsaddr}")?;
        }
        let mut guard = u64::from(guard_page);
        if let Some(Freebsd14 { stacktop, stkgap, guard_pages }) = self.freebsd_14 {
            let on = if stkgap { "on" } else { "off" };
            write!(f, " {STACKTOP}={stacktop} {STKGAP}={on}")?;
            guard = guard_pages;
        }
        writeln!(f, "\n{sysctl} {GROW_SIZE}={sgrowsiz:#x} {GUARD_PAGE}={guard}")?;
        f.write_str(limit)?;
        let mut limits = self.limits;
        for (name, _, _) in LIMITS {
            f.write_str(" ")?;
            write_limit(f, name, *limit_of(&mut limits, name))?;
        }
        writeln!(f)
    }
}
