//! In what the versions of Linux differ.

use std::fmt;
use std::str::FromStr;

use bitflags::bitflags;
use growstack::UnknownWord;

use super::words::comma_words;

bitflags! {
    /// What a kernel does that others do not: the rules that changed from 6.1 to 7.3.
    ///
    /// [`Rules::of`] says what each version does. A kernel that a distributor has changed may mix them,
    /// so each is a bit of its own.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
    pub struct Rules: u32 {
        /// L33: what `MAP_FIXED` would replace is split before the limits are asked. Since 6.12.
        const SPLIT_FIRST = 1;
        /// L34: `MAP_STACK` gives `nh`. Since 6.7.
        const STACK_NH = 1 << 1;
        /// L37: the search for space ends at the lowest address of mappings, not at one page. Seen on
        /// 6.12 and later, not on 6.1.
        const SEARCH_FROM_MIN = 1 << 2;
        /// L38: multiples of 2 MiB are aligned to 2 MiB. Since 6.7.
        const ALIGN_HUGE = 1 << 3;
        /// L45: a VMA that has been written merges into a neighbour that has not. Since 6.16.
        const MERGE_INTO_CLEAN = 1 << 4;
        /// L57: a VMA that was never written and may no longer be is no longer accounted. Seen on 6.12
        /// and later, not on 6.1.
        const DROP_ACCOUNT = 1 << 5;
        /// L65: `MREMAP_FIXED` moves several VMAs, and removes nothing before its checks. Since 6.17.
        const MOVE_SEVERAL = 1 << 6;
        /// L70: `MADV_GUARD_INSTALL` and `MADV_GUARD_REMOVE`. Since 6.13.
        const GUARD_PAGES = 1 << 7;
        /// L71: guard pages show as `gu`. Since 6.18.37.
        const GUARD_FLAG = 1 << 8;
        /// L66: `MREMAP_DONTUNMAP` of locked memory leaves it counted for good. A fault of the kernel,
        /// from 6.16 on and mended by 7.3.
        const LOCK_LEAK = 1 << 9;
        /// L23: `/proc/PID/mem` does not read memory without access. Seen on 7.3.
        const PROC_MEM_ACCESS = 1 << 10;
        /// L37, of no kernel but of the engine: no hole is passed over that lies next to the gap below a
        /// stack.
        const SEARCH_EACH_HOLE = 1 << 11;
    }
}

comma_words!(Rules);

impl Rules {
    /// What the kernel of this version does.
    #[must_use]
    pub fn of(version: Version) -> Self {
        let since = |major, minor, patch| version >= Version { major, minor, patch };
        let rules = [
            (Self::SPLIT_FIRST, since(6, 12, 0)),
            (Self::STACK_NH, since(6, 7, 0)),
            (Self::SEARCH_FROM_MIN, since(6, 12, 0)),
            (Self::ALIGN_HUGE, since(6, 7, 0)),
            (Self::MERGE_INTO_CLEAN, since(6, 16, 0)),
            (Self::DROP_ACCOUNT, since(6, 12, 0)),
            (Self::MOVE_SEVERAL, since(6, 17, 0)),
            (Self::GUARD_PAGES, since(6, 13, 0)),
            (Self::GUARD_FLAG, since(6, 18, 37)),
            (Self::LOCK_LEAK, since(6, 16, 0) && !since(7, 3, 0)),
            (Self::PROC_MEM_ACCESS, since(7, 3, 0)),
        ];
        rules.into_iter().filter(|(_, has)| *has).map(|(rule, _)| rule).collect()
    }
}

/// The version of a kernel.
///
/// ```
/// use growstack_fuzz::linux::{Rules, Version};
/// let version: Version = "6.18.44".parse().unwrap();
/// assert!(Rules::of(version).contains(Rules::GUARD_FLAG));
/// assert!(version < "7.3".parse().unwrap());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Version {
    /// The first number.
    pub major: u16,
    /// The second.
    pub minor: u16,
    /// The third; 0 where there is none.
    pub patch: u16,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { major, minor, patch } = self;
        write!(f, "{major}.{minor}.{patch}")
    }
}

impl FromStr for Version {
    type Err = UnknownWord;

    /// Reads `6.18`, `6.18.44`, and what `uname -r` prints, which may go on behind the numbers.
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let end = text.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(text.len());
        let mut numbers = text[..end].trim_end_matches('.').splitn(4, '.').map(str::parse);
        let mut next = || numbers.next().transpose().map_err(|_| UnknownWord);
        let (major, minor, patch) = (next()?, next()?, next()?);
        let (Some(major), Some(minor)) = (major, minor) else { return Err(UnknownWord) };
        Ok(Self { major, minor, patch: patch.unwrap_or_default() })
    }
}
