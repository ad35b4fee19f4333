//! What measured: the processor, the compiler, its flags.

use std::fs;

/// One line that names processor, compiler and flags.
#[must_use]
pub fn line() -> String {
    let flags = match env!("BUILT_WITH") {
        "" => "none",
        flags => flags,
    };
    let (avx2, level) = (if is_v3() { "with" } else { "without" }, env!("BUILT_AT"));
    format!(
        "{}, {} MiB last-level cache; {}, opt-level {level}, RUSTFLAGS: {flags} ({avx2} AVX2)",
        processor(),
        last_level_cache() >> 20,
        env!("BUILT_BY"),
    )
}

/// Was the program compiled for x86-64-v3 or better?
#[must_use]
pub const fn is_v3() -> bool {
    cfg!(target_feature = "avx2")
}

fn processor() -> String {
    let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = told.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}

/// Bytes of the largest cache of the first core; 64 MiB if the system does not tell.
#[must_use]
pub fn last_level_cache() -> usize {
    const UNKNOWN: usize = 64 << 20;
    let size = |index: usize| {
        let path = format!("/sys/devices/system/cpu/cpu0/cache/index{index}/size");
        let text = fs::read_to_string(path).ok()?;
        let kibibytes: usize = text.trim().strip_suffix('K')?.parse().ok()?;
        Some(kibibytes << 10)
    };
    (0..8).filter_map(size).max().unwrap_or(UNKNOWN)
}

/// Keeps this thread on one core, the last one: the first has most of the interrupts. `false` if
/// the system does not let it.
#[must_use]
pub fn pin() -> bool {
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    cores.last().is_some_and(|core| core_affinity::set_for_current(*core))
}
