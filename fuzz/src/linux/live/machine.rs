//! What the files of `/proc` and `/sys` say about the machine and a process.

use std::fs;
use std::path::Path;

use crate::linux::{Capabilities, LinuxConfig, LinuxLimits, Overcommit, Version};

use super::Refused;

/// Bytes of a page.
const PAGE: u64 = 1 << 12;
/// Where what transparent huge pages are for is chosen.
const HUGE_PAGES: &str = "/sys/kernel/mm/transparent_hugepage/enabled";

/// What holds for all processes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Machine {
    /// What `uname -r` prints.
    pub(super) release: String,
    pub(super) version: Version,
    pub(super) overcommit: Overcommit,
    /// The word chosen of [`HUGE_PAGES`]; `None` if they are not built in.
    pub(super) huge_pages: Option<String>,
    /// `vm.mmap_min_addr`, in bytes.
    pub(super) fixed_min: u64,
    /// RAM and swap, in pages.
    pub(super) committable: u64,
}

impl Machine {
    /// Reads all of it, and refuses a machine on which a live run would do harm or be of no use.
    pub(super) fn read() -> Result<Self, Refused> {
        if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            return Err(Refused::Platform);
        }
        let release = read("/proc/sys/kernel/osrelease")?;
        let version = release.parse().map_err(|_| Refused::Release(release.clone()))?;
        let overcommit = match &*read("/proc/sys/vm/overcommit_memory")? {
            "0" => Overcommit::Heuristic,
            "1" => Overcommit::Always,
            _ => return Err(Refused::Overcommit),
        };
        let huge_pages = match fs::read_to_string(HUGE_PAGES) {
            Ok(words) => Some(chosen(&words).unwrap_or_default().to_owned()),
            Err(_) => None,
        };
        if huge_pages.as_deref() == Some("always") {
            return Err(Refused::HugePages);
        }
        let fixed_min = number("/proc/sys/vm/mmap_min_addr", "", 0)?;
        let [ram, swap] = ["MemTotal:", "SwapTotal:"].map(|name| number("/proc/meminfo", name, 0));
        let committable = ram?.saturating_add(swap?).saturating_mul(1024) / PAGE;
        Ok(Self { release, version, overcommit, huge_pages, fixed_min, committable })
    }
}

/// The word in brackets.
fn chosen(words: &str) -> Option<&str> {
    let (_, rest) = words.split_once('[')?;
    rest.split_once(']').map(|(word, _)| word)
}

/// What holds for one process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Process {
    pub(super) soft: LinuxLimits,
    pub(super) hard: LinuxLimits,
    pub(super) capabilities: Capabilities,
    /// Pages mapped.
    pub(super) pages: u64,
    /// Pages of data.
    pub(super) data: u64,
}

impl Process {
    pub(super) fn read(id: u32) -> Result<Self, Refused> {
        let status = format!("/proc/{id}/status");
        let effective = word(&status, "CapEff:", 0)?;
        let effective = u64::from_str_radix(&effective, 16)
            .map_err(|_| Refused::file(&status, "no hexadecimal number in CapEff"))?;
        let bits = [(14, Capabilities::IPC_LOCK), (17, Capabilities::SYS_RAWIO)];
        let has = bits.into_iter().filter(|&(bit, _)| effective >> bit & 1 == 1);
        Ok(Self {
            soft: limits(id, 0)?,
            hard: limits(id, 1)?,
            capabilities: has.map(|(_, capability)| capability).collect(),
            pages: number(&format!("/proc/{id}/statm"), "", 0)?,
            data: number(&status, "VmData:", 0)?.saturating_mul(1024) / PAGE,
        })
    }

    /// What holds for the machine, over with what holds for this process.
    pub(super) fn over(self, config: &LinuxConfig) -> LinuxConfig {
        let Self { soft, hard, capabilities, pages, data } = self;
        LinuxConfig { soft, hard, capabilities, base_pages: pages, base_data: data, ..*config }
    }

    /// Bytes that a process has locked.
    pub(super) fn locked(id: u32) -> Result<u64, Refused> {
        Ok(number(&format!("/proc/{id}/status"), "VmLck:", 0)?.saturating_mul(1024))
    }
}

/// The soft limits of a process, or the hard ones, which are in the next column.
fn limits(id: u32, column: usize) -> Result<LinuxLimits, Refused> {
    let path = format!("/proc/{id}/limits");
    let limit = |name| {
        let word = word(&path, name, column)?;
        if word == "unlimited" {
            return Ok(u64::MAX);
        }
        word.parse().map_err(|_| Refused::file(&path, "a limit that is no number"))
    };
    Ok(LinuxLimits {
        stack: limit("Max stack size")?,
        address_space: limit("Max address space")?,
        data: limit("Max data size")?,
        memlock: limit("Max locked memory")?,
    })
}

/// A word of the line of a file that begins with a name, counted from 0.
fn word(path: &str, name: &str, column: usize) -> Result<String, Refused> {
    let text = read(path)?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let word = line.and_then(|line| line.split_ascii_whitespace().nth(column));
    word.map(str::to_owned).ok_or_else(|| Refused::file(path, &format!("no word after `{name}`")))
}

fn number(path: &str, name: &str, column: usize) -> Result<u64, Refused> {
    let word = word(path, name, column)?;
    word.parse().map_err(|_| Refused::file(path, &format!("`{word}` is no number")))
}

fn read(path: impl AsRef<Path>) -> Result<String, Refused> {
    let path = path.as_ref();
    let text = fs::read_to_string(path)
        .map_err(|error| Refused::file(&path.display().to_string(), &error.to_string()))?;
    Ok(text.trim_end().to_owned())
}
