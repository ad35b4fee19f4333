//! What the threads of a round are to call, drawn from its seed: few pages, so that they meet.

use std::num::NonZeroU64;

use arbitrary::Unstructured;
use growstack::{
    Addr, Advice, FindSpace, Holes, Inherit, Limits, MapFlags, PAGE_SIZE, PageSize, Prot,
    ProtectWhat, Size, StackTunables, Wiring,
};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use super::history::Call;
use crate::input::{Choices, lift, seeded};
use crate::kernel::{Freebsd14, Kernel};
use crate::op::{Config, LimitName, Mapping, Op};

/// How many pages calls are about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// So few that every call meets others.
    Small,
    /// More, and enough entries that the published view has several levels if its nodes are
    /// narrow. Ranges may be long, so that nodes are emptied.
    Wide,
}

impl Field {
    /// Pages that calls are about.
    const fn window(self) -> u64 {
        match self {
            Self::Small => 24,
            Self::Wide => 96,
        }
    }

    /// Pages of a range, by a number.
    fn pages(self, number: u8) -> u64 {
        let number = u64::from(number);
        match self {
            Self::Wide if number >= 128 => 1 + number % 48,
            _ => 1 + number % 4,
        }
    }

    /// Entries of a page each that are there from the beginning.
    const fn single_pages(self) -> usize {
        match self {
            Self::Small => 0,
            Self::Wide => 48,
        }
    }
}

/// The first of them.
const FIRST: u64 = 0x100;
/// Bytes that are more than a call of 14.2 takes.
const CHOICES: usize = 256;
/// Calls of a round, of all threads together.
const CALLS: usize = 12;

/// A round: what is done first by one thread, and then by each.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What the calls are about.
    pub field: Field,
    /// What the map is made with.
    pub config: Config,
    /// What fills it.
    pub before: Vec<Op>,
    /// What each thread calls.
    pub threads: Vec<Vec<Call>>,
}

impl Plan {
    /// Round `round` of a seed, for `threads` threads.
    #[must_use]
    pub fn draw(field: Field, kernel: Kernel, seed: u64, round: u64, threads: usize) -> Self {
        let window = field.window();
        let mut random = SmallRng::seed_from_u64(seed ^ round.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut config = Config {
            min: page(1),
            max: page(FIRST + 2 * window),
            tunables: StackTunables {
                sgrowsiz: NonZeroU64::MIN
                    .saturating_add(random.random_range(0..=1))
                    .saturating_mul(PageSize::KIB_4.bytes()),
                guard_page: random.random_ratio(1, 8),
                maxsaddr: page(FIRST + random.random_range(0..window)),
            },
            limits: Limits::UNLIMITED,
            freebsd_14: None,
        };
        if kernel == Kernel::Freebsd14 {
            config.tunables.guard_page = false;
            config.freebsd_14 = Some(Freebsd14 {
                stacktop: page(FIRST + random.random_range(window / 2..=2 * window)),
                stkgap: random.random_ratio(7, 8),
                guard_pages: random.random_range(0..=2),
            });
        }
        let mut before = vec![stack(&mut random, window, MapFlags::GROWS_DOWN)];
        before.extend((0..4).map(|_| insert(&mut random, window, 4)));
        if random.random_bool(0.5) {
            before.push(stack(&mut random, window, MapFlags::GROWS_UP));
        }
        before.extend((0..field.single_pages()).map(|_| insert(&mut random, window, 1)));
        let calls = CALLS / threads;
        let threads =
            (0..threads).map(|_| (0..calls).map(|_| call(field, kernel, &mut random)).collect());
        Self { field, config, before, threads: threads.collect() }
    }
}

fn page(n: u64) -> Addr {
    Addr::new(n * PAGE_SIZE)
}

fn mapping(prot: Prot) -> Mapping {
    Mapping::anonymous(prot)
}

fn insert(random: &mut SmallRng, window: u64, longest: u64) -> Op {
    let start = FIRST + random.random_range(0..window);
    let end = start + random.random_range(1..=longest);
    let prot = *[Prot::RW, Prot::READ, Prot::RX].choose(random).unwrap_or(&Prot::RW);
    Op::Insert { start: page(start), end: page(end), mapping: mapping(prot) }
}

fn stack(random: &mut SmallRng, window: u64, flags: MapFlags) -> Op {
    let pages = random.random_range(6..=12);
    stack_of(FIRST + random.random_range(0..window - pages), pages, flags)
}

fn stack_of(bottom: u64, pages: u64, flags: MapFlags) -> Op {
    let (addrbos, max_ssize) = (page(bottom), Size::pages(pages));
    Op::Stack { addrbos, max_ssize, prot: Prot::RW, max: Prot::ALL, flags }
}

fn call(field: Field, kernel: Kernel, random: &mut SmallRng) -> Call {
    call_of(field, kernel, random.random())
}

/// The call of a kernel that four numbers stand for. Those of FreeBSD 14.2 are those of 9.3 with its words
/// put in.
pub(crate) fn call_of(field: Field, kernel: Kernel, numbers: [u8; 4]) -> Call {
    let call = older_call(field, numbers);
    let (Kernel::Freebsd14, Call::Operation(op)) = (kernel, call) else { return call };
    let choices = seeded(u32::from_le_bytes(numbers).into(), 0, CHOICES);
    let mut choices = Unstructured::new(&choices);
    let op = match op {
        // Half of them at a place of their own choice, which what is there may have to make way for (D7.7).
        Op::Find { start, length, max_addr, mapping, .. } if choices.one_in(2) => {
            Op::Find { start, length, max_addr, space: FindSpace::No, mapping }
        }
        Op::SetGrowSize { .. } if choices.one_in(2) => {
            Op::SetGuardPages { pages: choices.below(3) }
        }
        op => op,
    };
    Call::Operation(lift(op, &[], (Addr::ZERO, Addr::ZERO), &mut choices))
}

/// The call of 9.3 that four numbers stand for: half of all are faults, the others questions and changes.
/// The fuzz target `concurrent` reads its inputs so, so that no number gets another meaning.
fn older_call(field: Field, [kind, place, pages, choice]: [u8; 4]) -> Call {
    let at = FIRST + u64::from(place) % field.window();
    let addr = Addr::new(page(at).get() + u64::from(choice) * 16);
    let (start, end) = (page(at), page(at + field.pages(pages)));
    let length = end.wrapping_sub(start);
    let chosen = u64::from(choice);
    let (wiring, on) = (Wiring::User, choice.is_multiple_of(2));
    let holes = if on { Holes::Allowed } else { Holes::Refused };
    let prots = [Prot::RW, Prot::READ, Prot::RX];
    let mapping = mapping(prots.get(usize::from(choice) % 3).copied().unwrap_or(Prot::RW));
    Call::Operation(match kind % 100 {
        0..44 => Op::Grow { addr },
        44..56 => return Call::Protection(addr),
        56..60 => Op::Lookup { addr },
        60..62 => Op::Check { start, end, prot: Prot::READ },
        62..68 => Op::Insert { start, end, mapping },
        68..78 => Op::Remove { start, end },
        78..81 => Op::Fixed { start, length, mapping },
        81..83 => {
            let (max_addr, space) = (Addr::ZERO, FindSpace::Any);
            Op::Find { start, length, max_addr, space, mapping }
        }
        83..86 => Op::Protect { start, end, prot: Prot::RX, what: ProtectWhat::Current },
        86 => Op::Inherit { start, end, inherit: Inherit::Share },
        87 => Op::Madvise { start, end, advice: Advice::Random },
        88..92 => Op::Wire { start, end, wiring, holes },
        92..94 => Op::Unwire { start, end, wiring, holes },
        94..96 => Op::Limit { name: LimitName::Stack, value: Size::pages(chosen % 8) },
        96 => Op::Limit { name: LimitName::Swap, value: Size::pages(9 + chosen % 31) },
        97 => Op::WireFuture { on },
        98 => Op::SetGrowSize { value: Size::pages(1 + chosen % 3) },
        _ => stack_of(at, 6 + u64::from(pages) % 7, MapFlags::GROWS_DOWN),
    })
}
