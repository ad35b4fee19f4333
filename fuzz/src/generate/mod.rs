//! Random sequences of operations.
//!
//! A sequence is planned first: the map's bounds, the window it plays in, limits, how often each
//! kind of operation comes, what is mapped. Then operations are drawn one by one, each with the
//! map before it in view, so that operands fall on the bounds of entries, the edges of reserves
//! and the sizes of gaps, give or take a page or a byte.
//!
//! All of it is a function of the choices that a [`Draw`] makes and of what the map showed.

mod address;
mod draw;
mod kind;
mod limits;
mod mapping;
mod plan;
mod prefill;
mod stack;
mod view;
mod window;

use growstack::{Addr, Advice, FindSpace, Holes, Inherit, ProtectWhat, Size, Wiring};

pub use draw::{Draw, Seeded};
pub use kind::Kind;
pub use view::View;

use crate::op::{Config, Mapping, Op};
use address::Operands;
use plan::Plan;

/// One sequence in the making.
///
/// ```
/// use growstack_fuzz::answer::Summary;
/// use growstack_fuzz::generate::{Generator, Seeded, View};
/// let mut draw = Seeded::of_sequence(1, 0);
/// let mut sequence = Generator::new(&mut draw);
/// let config = *sequence.config();
/// let empty = View { rows: &[], summary: Summary::default(), config: &config };
/// let op = sequence.op(&mut draw, &empty);
/// println!("{op:?}");
/// ```
#[derive(Clone, Debug)]
pub struct Generator {
    operands: Operands,
}

impl Generator {
    /// Plans a sequence.
    pub fn new(draw: &mut impl Draw) -> Self {
        Self { operands: Operands::new(Plan::draw(draw)) }
    }

    /// What the address space starts from.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.operands.plan.config
    }

    /// How many operations follow the prefill.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.operands.plan.length
    }

    /// The operations that fill the map to begin with; none for most sequences.
    pub fn prefill(&self, draw: &mut impl Draw) -> Vec<Op> {
        self.operands.plan.prefill(draw)
    }

    /// The next operation, for the map in `view`.
    pub fn op(&mut self, draw: &mut impl Draw, view: &View<'_>) -> Op {
        let mut kind = Kind::ALL[draw.weighted(&self.operands.plan.weights)];
        // A full map refuses everything, and in an empty one nothing can grow: too dull to stay.
        if self.is_crowded(view) && matches!(kind, Kind::Insert | Kind::Stack | Kind::Find) {
            kind = draw.pick(&[Kind::Remove, kind]);
        }
        let window = self.operands.plan.window;
        if kind == Kind::Grow && !draw.one_in(3) && !view.can_grow(window) {
            kind = Kind::Stack;
        }
        self.op_of(draw, view, kind)
    }

    /// A search for space that the map in `view` has, or just lacks: start and length.
    pub fn search(&mut self, draw: &mut impl Draw, view: &View<'_>) -> (Addr, Size) {
        let start = self.operands.address(draw, view);
        (start, Size::new(self.operands.length(draw, view)))
    }

    /// Is most of the window mapped?
    fn is_crowded(&self, view: &View<'_>) -> bool {
        let window = self.operands.plan.window;
        view.summary.size.get() / 3 > (window.high - window.low) / 4
    }

    fn op_of(&mut self, draw: &mut impl Draw, view: &View<'_>, kind: Kind) -> Op {
        match kind {
            Kind::Insert => self.insert(draw, view),
            Kind::Stack => self.operands.stack(draw, view),
            Kind::Grow => self.operands.grow(draw, view),
            Kind::FindSpace => {
                let (start, length) = self.search(draw, view);
                Op::FindSpace { start, length }
            }
            Kind::Find => self.find(draw, view),
            Kind::Fixed => self.fixed(draw, view),
            Kind::Lookup => Op::Lookup { addr: self.operands.address(draw, view) },
            Kind::Limit => self.operands.limit(draw, view),
            Kind::SetGrowSize => self.operands.set_grow_size(draw),
            Kind::SetGuardPage => Op::SetGuardPage { on: draw.one_in(2) },
            Kind::WireFuture => Op::WireFuture { on: draw.one_in(2) },
            Kind::Dump => Op::Dump,
            Kind::Remove
            | Kind::Protect
            | Kind::Inherit
            | Kind::Madvise
            | Kind::Wire
            | Kind::Unwire
            | Kind::Check => self.walk(draw, view, kind),
        }
    }

    /// The operations that walk a range, with a range of their own.
    fn walk(&mut self, draw: &mut impl Draw, view: &View<'_>, kind: Kind) -> Op {
        let (start, end) = self.operands.range(draw, view);
        match kind {
            Kind::Protect => {
                let what = draw.pick(&[
                    ProtectWhat::Current,
                    ProtectWhat::Current,
                    ProtectWhat::Current,
                    ProtectWhat::Max,
                ]);
                Op::Protect { start, end, prot: mapping::protection(draw), what }
            }
            Kind::Inherit => Op::Inherit { start, end, inherit: draw.pick(Inherit::ALL) },
            Kind::Madvise => Op::Madvise { start, end, advice: draw.pick(Advice::ALL) },
            Kind::Wire => {
                Op::Wire { start, end, wiring: wiring(draw), holes: draw.pick(Holes::ALL) }
            }
            Kind::Unwire => {
                Op::Unwire { start, end, wiring: wiring(draw), holes: draw.pick(Holes::ALL) }
            }
            Kind::Check => Op::Check { start, end, prot: mapping::protection(draw) },
            _ => Op::Remove { start, end },
        }
    }

    fn insert(&mut self, draw: &mut impl Draw, view: &View<'_>) -> Op {
        let (start, end) =
            if draw.one_in(4) { self.operands.range(draw, view) } else { self.hole(draw, view) };
        Op::Insert { start, end, mapping: self.mapping(draw, start) }
    }

    /// A range inside a gap, mostly touching one of its ends.
    fn hole(&mut self, draw: &mut impl Draw, view: &View<'_>) -> (Addr, Addr) {
        let operands = &self.operands;
        let gap = view.any_gap(draw, operands.plan.window);
        let length = operands.length(draw, view).min(gap.len());
        let (start, end) = match draw.below(4) {
            0 => (gap.end - length, gap.end),
            1 => {
                let start = operands.middle(draw, gap.start, gap.end);
                (start, start.saturating_add(length).min(gap.end))
            }
            2 if draw.one_in(4) => (gap.start, gap.end),
            _ => (gap.start, gap.start + length),
        };
        (Addr::new(start), Addr::new(end))
    }

    fn find(&mut self, draw: &mut impl Draw, view: &View<'_>) -> Op {
        let (start, length) = self.search(draw, view);
        let space = draw.pick(&[FindSpace::Any, FindSpace::Any, FindSpace::No]);
        let max_addr = if draw.one_in(4) { self.operands.address(draw, view) } else { Addr::ZERO };
        Op::Find { start, length, max_addr, space, mapping: self.mapping(draw, start) }
    }

    fn fixed(&mut self, draw: &mut impl Draw, view: &View<'_>) -> Op {
        let (start, end) = self.operands.range(draw, view);
        // A reversed range becomes a length that wraps round to END.
        Op::Fixed { start, length: end.wrapping_sub(start), mapping: self.mapping(draw, start) }
    }

    fn mapping(&self, draw: &mut impl Draw, start: Addr) -> Mapping {
        self.operands.plan.palette.mapping(draw, start.get())
    }
}

fn wiring(draw: &mut impl Draw) -> Wiring {
    draw.pick(&[Wiring::User, Wiring::User, Wiring::User, Wiring::System])
}
