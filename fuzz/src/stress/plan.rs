//! What the threads of a round are to call, drawn from its seed: few pages, so that they meet.

use growstack::{
    Addr, Advice, CowFlags, FindSpace, Holes, Inherit, Limits, PAGE_SIZE, Prot, ProtectWhat, Size,
    StackTunables, Wiring,
};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use super::history::Call;
use crate::op::{Config, LimitName, Mapping, Op};

/// Pages that calls are about.
const WINDOW: u64 = 24;
/// The first of them.
const FIRST: u64 = 0x100;
/// Calls of a round, of all threads together.
const CALLS: usize = 12;

/// A round: what is done first by one thread, and then by each.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What the map is made with.
    pub config: Config,
    /// What fills it.
    pub before: Vec<Op>,
    /// What each thread calls.
    pub threads: Vec<Vec<Call>>,
}

impl Plan {
    /// Round `round` of a seed, for so many threads.
    #[must_use]
    pub fn draw(seed: u64, round: u64, threads: usize) -> Self {
        let mut random = SmallRng::seed_from_u64(seed ^ round.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let config = Config {
            min: page(1),
            max: page(FIRST + 2 * WINDOW),
            tunables: StackTunables {
                sgrowsiz: Size::pages(random.random_range(1..=2)),
                guard_page: random.random_ratio(1, 8),
                maxsaddr: page(FIRST + random.random_range(0..WINDOW)),
            },
            limits: Limits::UNLIMITED,
        };
        let mut before = vec![stack(&mut random, CowFlags::GROWS_DOWN)];
        before.extend((0..4).map(|_| insert(&mut random)));
        if random.random_bool(0.5) {
            before.push(stack(&mut random, CowFlags::GROWS_UP));
        }
        let calls = CALLS / threads;
        let threads = (0..threads).map(|_| (0..calls).map(|_| call(&mut random)).collect());
        Self { config, before, threads: threads.collect() }
    }
}

fn page(n: u64) -> Addr {
    Addr::new(n * PAGE_SIZE)
}

fn somewhere(random: &mut SmallRng) -> u64 {
    FIRST + random.random_range(0..WINDOW)
}

/// One to four pages, both ends.
fn range(random: &mut SmallRng) -> (Addr, Addr) {
    let start = somewhere(random);
    (page(start), page(start + random.random_range(1..=4)))
}

fn mapping(random: &mut SmallRng) -> Mapping {
    let prot = *[Prot::RW, Prot::READ, Prot::RX].choose(random).unwrap_or(&Prot::RW);
    Mapping { prot, max: Prot::ALL, flags: CowFlags::NONE, object: None, offset: 0 }
}

fn insert(random: &mut SmallRng) -> Op {
    let (start, end) = range(random);
    Op::Insert { start, end, mapping: mapping(random) }
}

fn stack(random: &mut SmallRng, flags: CowFlags) -> Op {
    let pages = random.random_range(6..=12);
    let addrbos = page(FIRST + random.random_range(0..WINDOW - pages));
    let (prot, max, max_ssize) = (Prot::RW, Prot::ALL, Size::pages(pages));
    Op::Stack { addrbos, max_ssize, prot, max, flags }
}

/// A fault, a question, or else a change: half of all calls are faults.
fn call(random: &mut SmallRng) -> Call {
    let addr = Addr::new(page(somewhere(random)).get() + random.random_range(0..PAGE_SIZE));
    let (start, end) = range(random);
    let length = end.wrapping_sub(start);
    let (wiring, holes) =
        (Wiring::User, if random.random() { Holes::Allowed } else { Holes::Refused });
    Call::Operation(match random.random_range(0..100) {
        0..44 => Op::Grow { addr },
        44..56 => return Call::Protection(addr),
        56..60 => Op::Lookup { addr },
        60..62 => Op::Check { start, end, prot: Prot::READ },
        62..68 => insert(random),
        68..78 => Op::Remove { start, end },
        78..81 => Op::Fixed { start, length, mapping: mapping(random) },
        81..83 => Op::Find {
            start,
            length,
            max_addr: Addr::ZERO,
            space: FindSpace::Any,
            mapping: mapping(random),
        },
        83..86 => Op::Protect { start, end, prot: Prot::RX, what: ProtectWhat::Current },
        86..87 => Op::Inherit { start, end, inherit: Inherit::Share },
        87..88 => Op::Madvise { start, end, advice: Advice::Random },
        88..92 => Op::Wire { start, end, wiring, holes },
        92..94 => Op::Unwire { start, end, wiring, holes },
        94..96 => {
            Op::Limit { name: LimitName::Stack, value: Size::pages(random.random_range(0..8)) }
        }
        96..97 => {
            Op::Limit { name: LimitName::Swap, value: Size::pages(random.random_range(9..40)) }
        }
        97..98 => Op::WireFuture { on: random.random() },
        98..99 => Op::SetGrowSize { value: Size::pages(random.random_range(1..=3)) },
        _ => stack(random, CowFlags::GROWS_DOWN),
    })
}
