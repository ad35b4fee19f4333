//! What an input starts with: the configuration and the prefill.
//!
//! | bytes | what |
//! |---|---|
//! | 0 | version: 1 |
//! | 1 | bit 0: index nodes of width 4 rather than 16; bit 1: the guard page, or for 14.2 `stkgap` |
//! | 2, 3 | entries of the prefill |
//! | 4 | style of the prefill: see [`Prefill`] |
//! | 5 | the kernel: 14 for FreeBSD 14.2, any other number for 9.3 |
//! | 6, 7 | nothing |
//! | 8 to 11 | seed of the prefill |
//! | 12 to 15 | seed of the weights by which a mutator draws operations |
//! | 16 to 87 | `min`, `max`, the window, `maxsaddr`, `sgrowsiz`, and the limits `stack`, `vmem`, `memlock` and `swap`, eight bytes each |
//! | 88 to 103 | of 14.2 alone: `stacktop` and the guard pages, eight bytes each |
//!
//! Numbers have their low byte first. Bytes that are missing are those of [`Header::default`], and of
//! 14.2 what it boots with.

use std::num::NonZeroU64;

use growstack::{Addr, Limits, PageSize, Size, StackTunables};

use super::prefill::Prefill;
use crate::kernel::{Freebsd14, Kernel};
use crate::op::Config;

/// Bytes of a header of FreeBSD 9.3; one of 14.2 has some [`more`](Header::bytes).
pub const HEADER: usize = 88;

/// Bytes that a header of FreeBSD 14.2 has beside.
const HEADER_14: usize = 16;

/// What byte 5 is for FreeBSD 14.2. Inputs of 9.3 may have any other number there.
const FREEBSD_14: u8 = 14;

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
    /// The kernel whose rules the input is for.
    #[must_use]
    pub const fn kernel(&self) -> Kernel {
        self.config.kernel()
    }

    /// The bytes that the header takes.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        match self.config.freebsd_14 {
            None => HEADER,
            Some(_) => HEADER + HEADER_14,
        }
    }

    /// The header for `kernel`, with what that boots with where it has something that the other has not.
    pub(super) const fn with_kernel(mut self, kernel: Kernel) -> Self {
        match (kernel, self.kernel()) {
            (Kernel::Freebsd9, _) => self.config.freebsd_14 = None,
            (Kernel::Freebsd14, Kernel::Freebsd14) => {}
            (Kernel::Freebsd14, Kernel::Freebsd9) => {
                self.config.tunables.guard_page = false;
                self.config.freebsd_14 = Some(Freebsd14::new(self.config.max));
            }
        }
        self
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let Self { narrow, prefill, swarm, window, config } = self;
        let Config { min, max, tunables, limits, freebsd_14 } = config;
        let guarded = freebsd_14.map_or(tunables.guard_page, |settings| settings.stkgap);
        out.extend([VERSION, u8::from(*narrow) | u8::from(guarded) << 1]);
        out.extend(prefill.entries.to_le_bytes());
        out.extend([prefill.style, freebsd_14.map_or(0, |_| FREEBSD_14), 0, 0]);
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
        let more = freebsd_14.map(|settings| [settings.stacktop.get(), settings.guard_pages]);
        let all = numbers.into_iter().chain(more.into_iter().flatten());
        all.for_each(|number| out.extend(number.to_le_bytes()));
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
        let guarded = whole[1] & 2 != 0;
        let freebsd_14 = (whole[5] == FREEBSD_14)
            .then(|| settings_14(bytes.get(HEADER..).unwrap_or_default(), Addr::new(max), guarded));
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
                    guard_page: guarded && freebsd_14.is_none(),
                    maxsaddr: Addr::new(long(40)),
                },
                limits: Limits {
                    stack: Size::new(long(56)),
                    vmem: Size::new(long(64)),
                    memlock: Size::new(long(72)),
                    swap: Size::new(long(80)),
                },
                freebsd_14,
            },
        })
    }
}

/// What 14.2 has beside, from the `bytes` behind the header of 9.3, for a map that ends at `max`.
fn settings_14(bytes: &[u8], max: Addr, stkgap: bool) -> Freebsd14 {
    let usual = Freebsd14::new(max);
    let number = |at: usize, missing: u64| {
        let mut whole = missing.to_le_bytes();
        let given = bytes.get(at..).unwrap_or_default();
        whole.iter_mut().zip(given).for_each(|(byte, given)| *byte = *given);
        u64::from_le_bytes(whole)
    };
    let stacktop = Addr::new(number(0, usual.stacktop.get()));
    Freebsd14 { stacktop, stkgap, guard_pages: number(8, usual.guard_pages) }
}
