//! Growths one by one: every growth of a stack in a map of 256 addresses.
//!
//! A page has sixteen of these addresses, so a fault, the step of growth and the stack limit are numbers
//! of eight bits, and the bounds of stacks and of what lies next to them are pages, of four bits: other
//! bounds are refused before anything is computed.

use std::num::{NonZero, NonZeroU64};
use std::thread;

use growstack::{Addr, Growth, Limits, MapFlags, PAGE_SIZE, Prot, Size, StackTunables};

use super::{Failure, Maps};
use crate::answer::Cause;
use crate::kernel::{Freebsd14, Kernel};
use crate::lockstep::{FreeBsd, Mismatch, Ran};
use crate::op::{Config, LimitName, Mapping, Op};
use crate::replay::MapFactory;
use crate::trace::{Step, Trace};

/// Bytes between two of the addresses.
const UNIT: u64 = PAGE_SIZE / 16;

/// Pages of the map.
const PAGES: u64 = 16;

/// The page where the map begins.
const FIRST: u64 = 1;

/// What was covered.
#[derive(Clone, Debug, Default)]
pub struct Growths {
    /// Growths that were compared.
    pub compared: u64,
    /// Those that added pages.
    pub grown: u64,
    /// The first one after which the maps differ.
    pub failure: Option<Failure>,
}

/// A stack of which one page is mapped, and its surroundings; in pages.
#[derive(Clone, Copy, Debug)]
struct Shape {
    down: bool,
    /// Whether growth keeps a page free, or, in 14.2, a guard page.
    guard: bool,
    /// What is left to grow.
    reserve: u64,
    /// Free pages up to a neighbour; `None` without one.
    room: Option<u64>,
    /// Whether the stack is the main one, which a limit counts for.
    main: bool,
}

/// Compares every growth, or of faults, steps and limits every `stride`-th: all of them with 1.
///
/// First all faults and steps of every stack, then all steps and limits of main stacks.
#[must_use]
pub fn prove_growths(tested: MapFactory, kernel: Kernel, stride: NonZero<u16>) -> Growths {
    let stride = usize::from(stride.get());
    let shapes: Vec<Shape> = shapes().collect();
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let parts = thread::scope(|scope| {
        let start = |thread| {
            // Dealt out in turn: those with a long reserve take longer.
            let shapes = shapes.iter().skip(thread).step_by(threads);
            scope.spawn(move || prove_shapes(tested, kernel, stride, shapes))
        };
        let workers: Vec<_> = (0..threads).map(start).collect();
        let joined = workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.collect::<Vec<Growths>>()
    });
    parts.into_iter().fold(Growths::default(), |all, part| Growths {
        compared: all.compared + part.compared,
        grown: all.grown + part.grown,
        failure: all.failure.or(part.failure),
    })
}

fn shapes() -> impl Iterator<Item = Shape> {
    let rooms = || (0..PAGES - 1).map(Some).chain([None]);
    let sides = || [(true, true), (true, false), (false, true), (false, false)].into_iter();
    let of = move |reserve| {
        let ordinary = rooms().map(move |room| (room, false)).chain([(None, true)]);
        ordinary.flat_map(move |(room, main)| {
            sides().map(move |(down, guard)| Shape { down, guard, reserve, room, main })
        })
    };
    (0..PAGES).flat_map(of)
}

fn prove_shapes<'s>(
    tested: MapFactory,
    kernel: Kernel,
    stride: usize,
    shapes: impl Iterator<Item = &'s Shape>,
) -> Growths {
    let mut found = Growths::default();
    let bytes = move || (0..=u8::MAX).map(u64::from).step_by(stride);
    for shape in shapes {
        for step in bytes().map(|units| units + 1) {
            let limits: Vec<_> = if shape.main { bytes().map(Some).collect() } else { vec![None] };
            for limit in limits {
                let mut run = Run { tested, kernel, shape, step, limit, maps: None };
                // Beside a limit, a fault at the edge of each page is enough: it is in pages by then.
                let apart = if shape.main { 16.max(stride) } else { stride };
                for fault in (0..256).step_by(apart) {
                    match run.compare(fault) {
                        Ok(None) => {}
                        Ok(Some(grew)) => {
                            found.compared += 1;
                            found.grown += u64::from(grew);
                        }
                        Err(failure) => {
                            found.failure = Some(*failure);
                            return found;
                        }
                    }
                }
            }
        }
    }
    found
}

/// Growths of one stack, with one step and one limit.
struct Run<'s> {
    tested: MapFactory,
    kernel: Kernel,
    shape: &'s Shape,
    /// In addresses.
    step: u64,
    /// Likewise.
    limit: Option<u64>,
    /// The maps before a growth, unless the last one changed them.
    maps: Option<Maps>,
}

impl Run<'_> {
    /// Whether a fault, by its distance from the edge of the map in addresses, adds pages; `None` if the map has
    /// no such stack.
    fn compare(&mut self, fault: u64) -> Result<Option<bool>, Box<Failure>> {
        let grow = Op::Grow { addr: Addr::new(FIRST * PAGE_SIZE + fault * UNIT) };
        self.grow(&grow).map_err(|mismatch| {
            let Mismatch { sides, divergence } = *mismatch;
            let mut trace = Trace::new(self.config());
            trace.steps.extend(self.before().chain([grow]).map(Step::new));
            Box::new(Failure { trace, sides, divergence })
        })
    }

    fn grow(&mut self, grow: &Op) -> Result<Option<bool>, Box<Mismatch<FreeBsd>>> {
        let mut maps = match self.maps.take() {
            Some(maps) => maps,
            None => {
                let mut maps = super::maps(self.tested, &self.config());
                self.before().try_for_each(|op| maps.run_each(&op))?;
                maps
            }
        };
        if maps.run(grow)? != Ran::Everywhere {
            return Ok(None);
        }
        maps.compare(false)?;
        let grew = matches!(maps.first.seen.cause, Cause::Grew(Growth::Grown { .. }));
        if !grew {
            self.maps = Some(maps);
        }
        Ok(Some(grew))
    }

    fn config(&self) -> Config {
        let Shape { guard, main, .. } = *self.shape;
        let max = page(PAGES);
        let sgrowsiz = NonZeroU64::new(PAGE_SIZE).unwrap_or(NonZeroU64::MIN);
        let of_9_3 = self.kernel == Kernel::Freebsd9;
        let maxsaddr = if main { Addr::ZERO } else { Addr::MAX };
        let tunables = StackTunables { sgrowsiz, guard_page: guard && of_9_3, maxsaddr };
        let guard_pages = u64::from(guard);
        let freebsd_14 = (!of_9_3).then(|| Freebsd14 { guard_pages, ..Freebsd14::new(max) });
        Config { min: page(0), max, limits: Limits::UNLIMITED, tunables, freebsd_14 }
    }

    /// What makes the stack, its neighbour and the settings.
    fn before(&self) -> impl Iterator<Item = Op> + use<> {
        let Shape { down, reserve, room, .. } = *self.shape;
        let (flags, addrbos) = if down {
            (MapFlags::GROWS_DOWN, page(PAGES - 1 - reserve))
        } else {
            (MapFlags::GROWS_UP, page(0))
        };
        let (max_ssize, prot, max) = (Size::pages(reserve + 1), Prot::RW, Prot::ALL);
        let stack = Op::Stack { addrbos, max_ssize, prot, max, flags };
        let neighbour = room.map(|room| {
            let at = if down { PAGES - 2 - room } else { 1 + room };
            let (length, mapping) = (Size::pages(1), Mapping::anonymous(Prot::READ));
            // In 14.2 it takes the place of a part of the gap.
            Op::Fixed { start: page(at), length, mapping }
        });
        let step = Op::SetGrowSize { value: Size::new(self.step * UNIT) };
        let limit = |units| Op::Limit { name: LimitName::Stack, value: Size::new(units * UNIT) };
        [Some(stack), neighbour, Some(step), self.limit.map(limit)].into_iter().flatten()
    }
}

/// A page of the map.
const fn page(number: u64) -> Addr {
    Addr::new((FIRST + number) * PAGE_SIZE)
}
