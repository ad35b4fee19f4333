//! What an input starts with: the configuration and the prefill.
//!
//! | bytes | what |
//! |---|---|
//! | 0 | version: 1 |
//! | 1 | bit 0: index nodes of width 4 rather than 16; bit 1: the guard page |
//! | 2, 3 | entries of the prefill |
//! | 4 | style of the prefill: see [`Prefill`] |
//! | 5 to 7 | nothing |
//! | 8 to 11 | seed of the prefill |
//! | 12 to 15 | seed of the weights by which a mutator draws operations |
//! | 16 to 87 | `min`, `max`, the window, `maxsaddr`, `sgrowsiz`, and the limits `stack`, `vmem`, `memlock` and `swap`, eight bytes each |
//!
//! Numbers have their low byte first. Bytes that are missing are those of [`Header::default`].

use std::num::NonZeroU64;

use growstack::{Addr, Limits, PageSize, Size, StackTunables};

use super::prefill::Prefill;
use crate::op::Config;

/// Bytes of a header.
pub const HEADER: usize = 88;

/// The version of the encoding.
pub const VERSION: u8 = 1;

/// What a sequence starts from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Index nodes of width 4, not 16.
    pub narrow: bool,
    /// What the map is filled with.
    pub prefill: Prefill,
    /// The seed of the weights by which mutators draw operations.
    pub swarm: u32,
    /// The start of the window, on a page.
    pub window: u64,
    /// Bounds, limits and tunables.
    pub config: Config,
}

impl Default for Header {
    /// An empty map of user space without limits, the window at 1 MiB, steps of four pages.
    fn default() -> Self {
        Self {
            narrow: false,
            prefill: Prefill::NONE,
            swarm: 0,
            window: 0x10_0000,
            config: Config {
                min: Addr::new(0x1000),
                max: Addr::new(1 << 47),
                tunables: StackTunables {
                    sgrowsiz: PageSize::KIB_16.bytes(),
                    ..StackTunables::default()
                },
                limits: Limits::UNLIMITED,
                freebsd_14: None,
            },
        }
    }
}

impl Header {
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let Self { narrow, prefill, swarm, window, config } = self;
        let Config { min, max, tunables, limits, freebsd_14: _ } = config;
        out.extend([VERSION, u8::from(*narrow) | u8::from(tunables.guard_page) << 1]);
        out.extend(prefill.entries.to_le_bytes());
        out.extend([prefill.style, 0, 0, 0]);
        out.extend(prefill.seed.to_le_bytes());
        out.extend(swarm.to_le_bytes());
        let numbers = [
            min.get(),
            max.get(),
            *window,
            tunables.maxsaddr.get(),
            tunables.sgrowsiz.get(),
            limits.stack.get(),
            limits.vmem.get(),
            limits.memlock.get(),
            limits.swap.get(),
        ];
        numbers.iter().for_each(|number| out.extend(number.to_le_bytes()));
    }

    /// Reads a header; `None` if it is of another version. What no map can start from is mended:
    /// reversed bounds are swapped, and a step of 0 is a page (rule 15.9).
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut whole = Vec::with_capacity(HEADER);
        Self::default().encode(&mut whole);
        let given = bytes.len().min(HEADER);
        whole[..given].copy_from_slice(&bytes[..given]);
        if whole[0] != VERSION {
            return None;
        }
        let short = |at: usize| u32::from_le_bytes(whole[at..at + 4].try_into().expect("4 bytes"));
        let long = |at: usize| u64::from_le_bytes(whole[at..at + 8].try_into().expect("8 bytes"));
        let (min, max) = (long(16).min(long(24)), long(16).max(long(24)));
        let sgrowsiz = NonZeroU64::new(long(48)).unwrap_or(PageSize::KIB_4.bytes());
        Some(Self {
            narrow: whole[1] & 1 != 0,
            prefill: Prefill {
                entries: u16::from_le_bytes([whole[2], whole[3]]),
                style: whole[4],
                seed: short(8),
            },
            swarm: short(12),
            window: long(32) & !(growstack::PAGE_SIZE - 1),
            config: Config {
                min: Addr::new(min),
                max: Addr::new(max),
                tunables: StackTunables {
                    sgrowsiz,
                    guard_page: whole[1] & 2 != 0,
                    maxsaddr: Addr::new(long(40)),
                },
                limits: Limits {
                    stack: Size::new(long(56)),
                    vmem: Size::new(long(64)),
                    memlock: Size::new(long(72)),
                    swap: Size::new(long(80)),
                },
                freebsd_14: None,
            },
        })
    }
}
