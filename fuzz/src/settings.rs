//! The settings of a header as operations, so that a map can say which of them it has.

use std::num::NonZeroU64;

use growstack::{Addr, Limits, PAGE_SIZE, Size, StackTunables};

use crate::answer::Answer;
use crate::kernel::{Freebsd14, Kernel};
use crate::op::{Config, LimitName, Op};
use crate::replay::MapFactory;
use crate::space::AddressSpace;

/// What every header has, and what a map may still not have. It is tested without.
///
/// ```
/// use growstack::PageSize;
/// use growstack_fuzz::settings::Lacks;
/// let like_linux = Lacks::default().with(|lacks| {
///     lacks.infinity = true;
///     lacks.grow_size = Some(PageSize::KIB_4.bytes());
///     lacks.uneven_bounds = true;
/// });
/// assert_ne!(like_linux, Lacks::default());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Lacks {
    /// The limits that `inf` stands for, [`Limits::INFINITY`]: 2^63 - 1 bytes may be reached in a
    /// map of all addresses. Without them there is none.
    pub infinity: bool,
    /// A step of growth that can be set: stacks grow by this one.
    pub grow_size: Option<NonZeroU64>,
    /// Bounds of the map that are not whole pages: they are rounded to whole pages, inwards.
    pub uneven_bounds: bool,
}

impl Lacks {
    /// The same with some changed.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

/// The settings of `config` that a map must know something of: those at which it is not as a map
/// without limits, without a guard page and with the usual step of growth would be.
///
/// To carry one out on a map that was made from `config` changes nothing.
pub fn settings(config: &Config) -> impl Iterator<Item = Op> {
    let Limits { stack, vmem, memlock, swap } = config.limits;
    // Above what `inf` stands for there is no limit left to support.
    let limit = |name, value, infinite| (value < infinite).then_some(Op::Limit { name, value });
    let StackTunables { sgrowsiz, guard_page, .. } = config.tunables;
    let step = sgrowsiz != StackTunables::default().sgrowsiz;
    [
        limit(LimitName::Stack, stack, Limits::INFINITY),
        limit(LimitName::Vmem, vmem, Limits::INFINITY),
        limit(LimitName::Memlock, memlock, Limits::INFINITY),
        limit(LimitName::Swap, swap, Size::MAX),
        step.then_some(Op::SetGrowSize { value: Size::new(sgrowsiz.get()) }),
        guard_page.then_some(Op::SetGuardPage { on: true }),
    ]
    .into_iter()
    .flatten()
    .chain(config.freebsd_14.into_iter().flat_map(settings_14))
}

/// Those that only FreeBSD 14.2 has.
fn settings_14(settings: Freebsd14) -> impl Iterator<Item = Op> {
    let Freebsd14 { stkgap, guard_pages: pages, .. } = settings;
    let guard = (pages != Freebsd14::GUARD_PAGES).then_some(Op::SetGuardPages { pages });
    let without = (!stkgap).then_some(Op::StkGap { on: false });
    guard.into_iter().chain(without)
}

/// The settings of `config` that `map`, which was made from it, does not support.
pub fn unsupported<M: AddressSpace + ?Sized>(map: &mut M, config: &Config) -> Vec<Op> {
    let mut changes = Vec::new();
    let refused = |op: &Op| map.apply(op, &mut changes).0 == Answer::Unsupported;
    settings(config).filter(refused).collect()
}

/// An empty map of kind `factory`, and what it was made from: `config` without the settings that
/// it does not support.
#[must_use]
pub fn create(factory: MapFactory, config: &Config) -> (Config, Box<dyn AddressSpace>) {
    let mut map = (factory.create)(config);
    let missing = unsupported(map.as_mut(), config);
    let settled = without_implied(map.as_ref(), without(*config, &missing));
    if settled == *config { (settled, map) } else { (settled, (factory.create)(&settled)) }
}

/// `config` without what `map` lacks of it.
pub(crate) fn without_implied<M: AddressSpace + ?Sized>(map: &M, config: Config) -> Config {
    let Lacks { infinity, grow_size, uneven_bounds } = map.lacks();
    let mut settled = config;
    for limit in implied(&config).filter(|_| infinity) {
        if let Op::Limit { name, .. } = limit {
            settled.follow(&Op::Limit { name, value: Size::MAX }, Answer::Silent);
        }
    }
    settled.tunables.sgrowsiz = grow_size.unwrap_or(settled.tunables.sgrowsiz);
    if uneven_bounds {
        let up = settled.min.get().checked_next_multiple_of(PAGE_SIZE).unwrap_or(u64::MAX);
        let max = settled.max.get() / PAGE_SIZE * PAGE_SIZE;
        (settled.min, settled.max) = (Addr::new(up.min(max)), Addr::new(max));
    }
    settled
}

/// What `config` has and [`settings`] does not list, because it is as usual.
pub(crate) fn implied(config: &Config) -> impl Iterator<Item = Op> {
    let Limits { stack, vmem, memlock, .. } = config.limits;
    let limits =
        [(LimitName::Stack, stack), (LimitName::Vmem, vmem), (LimitName::Memlock, memlock)];
    let limits = limits.into_iter().filter(|(_, value)| *value == Limits::INFINITY);
    let step = Op::SetGrowSize { value: Size::new(config.tunables.sgrowsiz.get()) };
    limits.map(|(name, value)| Op::Limit { name, value }).chain([step])
}

/// `config` with each of `settings` as in a map that has no such thing.
#[must_use]
pub fn without(mut config: Config, settings: &[Op]) -> Config {
    for setting in settings {
        match setting {
            Op::Limit { name: LimitName::Stack, .. } => config.limits.stack = Limits::INFINITY,
            Op::Limit { name: LimitName::Vmem, .. } => config.limits.vmem = Limits::INFINITY,
            Op::Limit { name: LimitName::Memlock, .. } => config.limits.memlock = Limits::INFINITY,
            Op::Limit { name: LimitName::Swap, .. } => config.limits.swap = Size::MAX,
            Op::SetGrowSize { .. } => config.tunables.sgrowsiz = StackTunables::default().sgrowsiz,
            Op::SetGuardPage { .. } => config.tunables.guard_page = false,
            Op::SetGuardPages { .. } => {
                let pages = Freebsd14::GUARD_PAGES;
                config.follow(&Op::SetGuardPages { pages }, Answer::Silent);
            }
            Op::StkGap { .. } => config.follow(&Op::StkGap { on: true }, Answer::Silent),
            _ => {}
        }
    }
    config
}

impl Config {
    /// The usual one of `kernel`.
    #[must_use]
    pub fn of(kernel: Kernel) -> Self {
        let usual = Self::default();
        let newer = (kernel == Kernel::Freebsd14).then(|| Freebsd14::new(usual.max));
        Self { freebsd_14: newer, ..usual }
    }
}

impl Default for Config {
    /// All addresses, no limits, no guard page, the usual step of growth.
    fn default() -> Self {
        Self {
            min: Addr::ZERO,
            max: Addr::MAX,
            tunables: StackTunables::default(),
            limits: Limits::UNLIMITED,
            freebsd_14: None,
        }
    }
}
