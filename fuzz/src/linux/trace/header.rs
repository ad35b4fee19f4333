//! The header: what a trace starts from.

use std::fmt;
use std::str::FromStr;

use bitflags::Flags;
use growstack::{Addr, AddrRange, PAGE_SIZE, Size};

use crate::linux::config::{LinuxConfig, LinuxLimits, Overcommit, Program};
use crate::linux::op::Resource;
use crate::linux::rules::{Rules, Version};
use crate::linux::vma::{Shown, VmaFlags};
use crate::trace::{ParseError, Word, Words, begins, value, version};

/// The resources in the order of the header.
const RESOURCES: [Resource; 4] = [Resource::Stack, Resource::As, Resource::Data, Resource::Memlock];

/// The first words of the header lines, in their order.
pub(super) const LINES: [&str; 6] = ["growstack-trace", "map", "linux", "proc", "limit", "hard"];

/// The first words of lines that may follow them.
pub(super) const PROGRAM: &str = "program";
pub(super) const SHOWN: &str = "shown";

/// A header while it is being read.
pub(super) struct Header {
    pub(super) config: LinuxConfig,
    lines: usize,
}

impl Header {
    pub(super) fn new() -> Self {
        Self { config: LinuxConfig::default(), lines: 0 }
    }

    /// The word that the next line must start with, if one is missing.
    pub(super) fn wanted(&self) -> Option<&'static str> {
        LINES.get(self.lines).copied()
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
            "linux" => self.machine(words)?,
            "proc" => self.process(words)?,
            "limit" => self.config.soft = limits(words)?,
            _ => self.config.hard = limits(words)?,
        }
        self.lines += 1;
        words.finish()
    }

    fn map(&mut self, words: &mut Words<'_>) -> Result<(), ParseError> {
        let (_, min) = value(words, "min")?;
        let (word, max) = value(words, "max")?;
        let window = AddrRange::new(Addr::new(min), Addr::new(max))
            .filter(|_| min.is_multiple_of(PAGE_SIZE) && max.is_multiple_of(PAGE_SIZE));
        let Some(window) = window else {
            return Err(words.error(word, "the window must be whole pages, and not empty"));
        };
        let (word, page) = value(words, "page")?;
        if page != PAGE_SIZE {
            return Err(words.error(word, format!("pages are {PAGE_SIZE} bytes, not {page}")));
        }
        let word = words.pair("kernel")?;
        let text = word.text.strip_prefix("linux-").and_then(|text| text.parse::<Version>().ok());
        let Some(version) = text else {
            let form = "linux- and a version such as 6.18.44";
            return Err(words.error(word, format!("the kernel must be {form}; {word} is not")));
        };
        self.config.window = window;
        (self.config.version, self.config.rules) = (version, Rules::of(version));
        Ok(())
    }

    fn machine(&mut self, words: &mut Words<'_>) -> Result<(), ParseError> {
        self.config.gap = Size::new(value(words, "gap")?.1);
        self.config.min = Addr::new(value(words, "min_addr")?.1);
        self.config.fixed_min = Addr::new(value(words, "fixed_min")?.1);
        self.config.keys = switch(words, "keys")?;
        self.config.huge_pages = switch(words, "huge_pages")?;
        if words.clone().next().is_some() {
            let word = words.pair("rules")?;
            self.config.rules = flags(words, word, "rules")?;
        }
        Ok(())
    }

    fn process(&mut self, words: &mut Words<'_>) -> Result<(), ParseError> {
        self.config.base_pages = value(words, "base_pages")?.1;
        self.config.base_data = value(words, "base_data")?.1;
        let word = words.pair("capabilities")?;
        self.config.capabilities = flags(words, word, "capabilities")?;
        let word = words.pair("overcommit")?;
        self.config.overcommit = match word.text {
            "0" => Overcommit::Heuristic,
            "1" => Overcommit::Always,
            _ => return Err(words.not_one_of(word, "overcommit", "0, 1")),
        };
        self.config.committable = value(words, "committable")?.1;
        Ok(())
    }
}

/// What the optional last line of the header says.
pub(super) fn shown(words: &mut Words<'_>) -> Result<Shown, ParseError> {
    let word = words.pair("flags")?;
    let flags = flags(words, word, "flags")?;
    let key = switch(words, "key")?;
    let bounds = words.clone().next().is_none() || switch(words, "bounds")?;
    words.finish()?;
    Ok(Shown { flags, key, bounds })
}

/// What the optional line about a program says.
pub(super) fn program(words: &mut Words<'_>) -> Result<Program, ParseError> {
    let mut next = |key| value(words, key).map(|(_, number)| number);
    let (top, heap) = (Addr::new(next("top")?), Addr::new(next("heap")?));
    let (brk, data) = (Addr::new(next("brk")?), Size::new(next("data")?));
    words.finish()?;
    Ok(Program { top, heap, brk, data })
}

fn switch(words: &mut Words<'_>, key: &'static str) -> Result<bool, ParseError> {
    let word = words.pair(key)?;
    match word.text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(words.not_one_of(word, key, "on, off")),
    }
}

fn limits(words: &mut Words<'_>) -> Result<LinuxLimits, ParseError> {
    let mut limits = LinuxLimits::NONE;
    for resource in RESOURCES {
        limits.set(resource, value(words, resource.word())?.1);
    }
    Ok(limits)
}

/// A set of flags as one word.
pub(super) fn flags<F: Flags + FromStr>(
    words: &Words<'_>,
    word: Word<'_>,
    what: &'static str,
) -> Result<F, ParseError> {
    word.text.parse().map_err(|_| {
        let names: Vec<String> =
            F::FLAGS.iter().map(|flag| flag.name().to_ascii_lowercase()).collect();
        let form = format!("- or a list of {} with commas between them", names.join(", "));
        words.error(word, format!("{what} must be {form}; {word} is not"))
    })
}

/// The lines of the header.
pub(super) fn write(f: &mut fmt::Formatter<'_>, config: &LinuxConfig, shown: Shown) -> fmt::Result {
    let [magic, map, linux, proc, limit, hard] = LINES;
    let LinuxConfig { version, rules, window, gap, min, fixed_min, keys, capabilities, .. } =
        config;
    let LinuxConfig { soft, hard: most, overcommit, committable, huge_pages, .. } = config;
    let LinuxConfig { base_pages, base_data, program, .. } = config;
    let (start, end) = (window.start(), window.end());
    writeln!(f, "{magic} 1")?;
    writeln!(f, "{map} min={start} max={end} page={PAGE_SIZE} kernel=linux-{version}")?;
    let (keys, huge_pages) = (on(*keys), on(*huge_pages));
    write!(f, "{linux} gap={gap} min_addr={min} fixed_min={fixed_min} keys={keys} ")?;
    write!(f, "huge_pages={huge_pages}")?;
    if *rules != Rules::of(*version) {
        write!(f, " rules={rules}")?;
    }
    write!(f, "\n{proc} base_pages={base_pages} base_data={base_data} ")?;
    writeln!(
        f,
        "capabilities={capabilities} overcommit={} committable={committable}",
        *overcommit as u8
    )?;
    write_limits(f, limit, soft)?;
    write_limits(f, hard, most)?;
    if let Some(Program { top, heap, brk, data }) = program {
        writeln!(f, "{PROGRAM} top={top} heap={heap} brk={brk} data={data}")?;
    }
    if shown == Shown::ALL {
        return Ok(());
    }
    let Shown { flags, key, bounds } = shown;
    write!(f, "{SHOWN} flags={} key={}", Commas(flags), on(key))?;
    writeln!(f, "{}", if bounds { "" } else { " bounds=off" })
}

const fn on(switch: bool) -> &'static str {
    if switch { "on" } else { "off" }
}

fn write_limits(f: &mut fmt::Formatter<'_>, word: &str, limits: &LinuxLimits) -> fmt::Result {
    f.write_str(word)?;
    for resource in RESOURCES {
        write!(f, " {resource}={}", Limit(limits.get(resource)))?;
    }
    writeln!(f)
}

/// A limit, in hexadecimal, or `inf`.
pub(super) struct Limit(pub(super) u64);

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            u64::MAX => f.write_str("inf"),
            limit => write!(f, "{limit:#x}"),
        }
    }
}

/// Flags of VMAs as one word.
pub(super) struct Commas(pub(super) VmaFlags);

impl fmt::Display for Commas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_string().replace(' ', ","))
    }
}

impl FromStr for VmaFlags {
    type Err = growstack::UnknownWord;

    fn from_str(list: &str) -> Result<Self, growstack::UnknownWord> {
        crate::linux::words::flags(list)
    }
}
