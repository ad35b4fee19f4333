//! What the kernel lists of an address space, with flags: `/proc/PID/smaps`.

use anyhow::{Context, Result};
use growstack_fuzz::linux::{Vma, VmaFlags};
use growstack_fuzz::proc_maps::{Region, Shows, is_region, read};

/// What the lines begin with that say which flags a VMA has.
pub(crate) const FLAGS: &str = "VmFlags:";
/// What the lines begin with that say which protection key it has.
pub(crate) const KEY: &str = "ProtectionKey:";
/// Flags that mappings have nearly always, and that no rule needs.
const ALWAYS: [&str; 3] = ["mr", "mw", "me"];

/// A VMA as the kernel lists it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Listed {
    pub(crate) vma: Vma,
    pub(crate) shared: bool,
    /// Where it starts in what it shows, in bytes.
    pub(crate) offset: u64,
    pub(crate) shows: Shows,
    /// Flags that there is no rule about.
    pub(crate) unknown: Vec<String>,
}

/// The VMAs of the text of `/proc/PID/smaps`; none if it is that of `/proc/PID/maps`, without flags.
///
/// # Errors
///
/// A line that is none of that file.
pub(crate) fn listed(text: &str) -> Result<Option<Vec<Listed>>> {
    let mut all = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(head) = lines.next() {
        let [region] = &read(&format!("{head}\n"))?[..] else { continue };
        let mut of_region = Vec::new();
        while let Some(line) = lines.next_if(|line| !is_region(line)) {
            of_region.push(line);
        }
        let property =
            |name| of_region.iter().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let Some(words) = property(FLAGS) else { return Ok(None) };
        let key = property(KEY).map_or(Ok(0), str::parse).context("a protection key")?;
        all.push(one(region, words, key));
    }
    Ok(Some(all))
}

fn one(region: &Region, words: &str, key: u8) -> Listed {
    let (mut flags, mut unknown) = (VmaFlags::empty(), Vec::new());
    for word in words.split_ascii_whitespace() {
        match word.parse::<VmaFlags>() {
            Ok(flag) => flags |= flag,
            Err(_) if ALWAYS.contains(&word) => {}
            Err(_) => unknown.push(word.to_owned()),
        }
    }
    let Region { range, shared, offset, ref shows, .. } = *region;
    Listed { vma: Vma { range, flags, key }, shared, offset, shows: shows.clone(), unknown }
}
