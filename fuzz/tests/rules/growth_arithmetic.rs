//! The arithmetic of growth: every need, room, reserve, step and limit of up to a dozen pages.

use growstack::{Addr, Limits, MapFlags, PAGE_SIZE, Prot, Size, StackTunables};
use growstack_fuzz::answer::{Answer, Cause};
use growstack_fuzz::engine::EngineSpace;
use growstack_fuzz::op::{Config, LimitName, Mapping, Op};
use growstack_fuzz::oracle::Oracle;
use growstack_fuzz::space::AddressSpace;

const MOST: u64 = 9;

/// Where the part of the stack that is mapped at once begins, in pages.
const PART: u64 = 64;

/// One growth, all numbers in pages but the step, which is in half pages.
#[derive(Clone, Copy, Debug)]
struct Case {
    down: bool,
    /// Left to grow.
    avail: u64,
    /// Free pages next to the stack, up to a neighbour.
    room: Option<u64>,
    /// Pages asked for.
    need: u64,
    step: u64,
    guard_page: bool,
    /// The stack limit, of a main stack.
    limit: Option<u64>,
}

fn at(page: u64) -> Addr {
    Addr::new(page * PAGE_SIZE)
}

impl Case {
    fn config(self) -> Config {
        let tunables = StackTunables {
            sgrowsiz: (self.step * PAGE_SIZE / 2).try_into().unwrap(),
            guard_page: self.guard_page,
            maxsaddr: if self.limit.is_some() { Addr::ZERO } else { Addr::MAX },
        };
        Config { tunables, limits: Limits::UNLIMITED, ..Config::default() }
    }

    /// A stack of which a page is mapped, its neighbour, the limit, and the growth.
    fn ops(self) -> Vec<Op> {
        let Self { down, avail, room, need, .. } = self;
        let flags = if down { MapFlags::GROWS_DOWN } else { MapFlags::GROWS_UP };
        let addrbos = at(if down { PART - avail } else { PART });
        let (max_ssize, prot, max) = (Size::pages(avail + 1), Prot::RW, Prot::ALL);
        let step = Size::new(self.config().tunables.sgrowsiz.get());
        let mut ops = vec![
            Op::SetGrowSize { value: Size::new(PAGE_SIZE) },
            Op::Stack { addrbos, max_ssize, prot, max, flags },
            Op::SetGrowSize { value: step },
        ];
        ops.extend(room.map(|room| {
            let start = at(if down { PART - room - 1 } else { PART + 1 + room });
            let end = start.wrapping_add(Size::pages(1));
            Op::Insert { start, end, mapping: Mapping::anonymous(Prot::READ) }
        }));
        let limit = |pages| Op::Limit { name: LimitName::Stack, value: Size::pages(pages) };
        ops.extend(self.limit.map(limit));
        ops.push(Op::Grow { addr: at(if down { PART - need } else { PART + need }) });
        ops
    }

    fn run(self, map: &mut impl AddressSpace) -> ((Answer, Cause), String) {
        let mut last = (Answer::Silent, Cause::NotGiven);
        for op in self.ops() {
            last = map.apply(&op, &mut Vec::new());
        }
        let mut rows = Vec::new();
        map.entries(&mut rows);
        (last, format!("{rows:?}{:?}", map.summary()))
    }
}

fn cases() -> impl Iterator<Item = Case> {
    let rooms = || (0..=MOST).map(Some).chain([None]);
    let limits = || [None, Some(0), Some(1), Some(2), Some(5)];
    (0..=MOST).flat_map(move |avail| {
        rooms().flat_map(move |room| {
            (1..=MOST).flat_map(move |need| {
                (1..=5).flat_map(move |step| {
                    limits().into_iter().flat_map(move |limit| {
                        [(true, true), (true, false), (false, true), (false, false)].map(
                            |(down, guard_page)| Case {
                                down,
                                avail,
                                room,
                                need,
                                step,
                                guard_page,
                                limit,
                            },
                        )
                    })
                })
            })
        })
    })
}

#[test]
fn every_small_growth_is_as_the_oracle_has_it() {
    let (mut cases_run, mut grown) = (0_u64, 0_u64);
    for case in cases() {
        let config = case.config();
        let expected = case.run(&mut Oracle::create(&config));
        let found = case.run(&mut EngineSpace::<16>::create(&config));
        assert_eq!(found, expected, "{case:?}");
        cases_run += 1;
        grown += u64::from(matches!(expected.0.1, Cause::Grew(_)));
    }
    assert_eq!(cases_run, 10 * 11 * 9 * 5 * 5 * 4);
    assert!(grown > cases_run / 10 && grown < cases_run * 9 / 10, "{grown} of {cases_run}");
}
