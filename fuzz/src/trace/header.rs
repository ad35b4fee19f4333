//! The header: what a trace starts from.

use std::num::NonZeroU64;

use core::fmt;

use growstack::{Addr, Limits, PAGE_SIZE, Size, StackTunables};

use super::error::ParseError;
use super::field::number;
use super::ops::{GROW_SIZE, GUARD_PAGE, LIMITS, guard_page, write_limit};
use super::words::{Word, Words};
use crate::op::{Config, LimitName};

/// The first words of the header lines, in their order.
pub(super) const LINES: [&str; 5] = ["growstack-trace", "map", "proc", "sysctl", "limit"];

/// A header while it is being read.
#[derive(Clone, Copy)]
pub(super) struct Header {
    config: Config,
    lines: usize,
}

impl Header {
    pub(super) fn new() -> Self {
        let config = Config {
            min: Addr::ZERO,
            max: Addr::ZERO,
            tunables: StackTunables::default(),
            limits: Limits::default(),
        };
        Self { config, lines: 0 }
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
        if first.text != wanted {
            let choices = &format!("`{wanted}`");
            return Err(words.not_one_of(first, "the first word of this header line", choices));
        }
        match wanted {
            "growstack-trace" => version(words)?,
            "map" => self.map(words)?,
            "proc" => {
                self.config.tunables.maxsaddr = Addr::new(value(words, "maxsaddr")?.1);
            }
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
        Ok(())
    }

    fn sysctl(&mut self, words: &mut Words<'_>) -> Result<(), ParseError> {
        let (word, step) = value(words, GROW_SIZE)?;
        let zero = || words.error(word, format!("{GROW_SIZE} must not be 0"));
        self.config.tunables.sgrowsiz = NonZeroU64::new(step).ok_or_else(zero)?;
        let word = words.pair(GUARD_PAGE)?;
        self.config.tunables.guard_page = guard_page(words, word)?;
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

fn version(words: &mut Words<'_>) -> Result<(), ParseError> {
    let word = words.need("the version")?;
    if word.text == "1" {
        return Ok(());
    }
    Err(words.error(word, format!("this program reads version 1 of the format, not {word}")))
}

/// The next word's value, which must be a number.
fn value<'a>(words: &mut Words<'a>, key: &'static str) -> Result<(Word<'a>, u64), ParseError> {
    let word = words.pair(key)?;
    Ok((word, number(words, word, key, u64::MAX)?))
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
        writeln!(f, "{map} min={} max={} page={PAGE_SIZE}", self.min, self.max)?;
        // A process without a main stack has its start at infinity.
        if maxsaddr == Addr::MAX {
            writeln!(f, "{proc} maxsaddr=inf")?;
        } else {
            writeln!(f, "{proc} maxsaddr={maxsaddr}")?;
        }
        writeln!(f, "{sysctl} {GROW_SIZE}={sgrowsiz:#x} {GUARD_PAGE}={}", u8::from(guard_page))?;
        f.write_str(limit)?;
        let mut limits = self.limits;
        for (name, _, _) in LIMITS {
            f.write_str(" ")?;
            write_limit(f, name, *limit_of(&mut limits, name))?;
        }
        writeln!(f)
    }
}
