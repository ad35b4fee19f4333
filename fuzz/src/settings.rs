//! The settings of a header as operations, so that a map can say which of them it has.

use growstack::{Limits, Size, StackTunables};

use crate::answer::Answer;
use crate::op::{Config, LimitName, Op};
use crate::replay::Contender;
use crate::space::AddressSpace;

/// The settings of `config` that a map must know something of: those at which it is not as a map
/// without limits, without a guard page and with the usual step of growth would be.
///
/// To carry one out on a map that was made from `config` changes nothing.
pub fn settings(config: &Config) -> impl Iterator<Item = Op> {
    let Limits { stack, vmem, memlock, swap } = config.limits;
    let limit = |name, value, infinite| (value != infinite).then_some(Op::Limit { name, value });
    let StackTunables { sgrowsiz, guard_page, .. } = config.tunables;
    let step = sgrowsiz != StackTunables::default().sgrowsiz;
    [
        limit(LimitName::Stack, stack, Limits::INFINITY),
        limit(LimitName::Vmem, vmem, Limits::INFINITY),
        limit(LimitName::Memlock, memlock, Limits::INFINITY),
        limit(LimitName::Swap, swap, Size::MAX),
        step.then_some(Op::SetGrowSize { value: sgrowsiz }),
        guard_page.then_some(Op::SetGuardPage { on: true }),
    ]
    .into_iter()
    .flatten()
}

/// The settings of `config` that `map`, which was made from it, does not support.
pub fn unsupported<M: AddressSpace + ?Sized>(map: &mut M, config: &Config) -> Vec<Op> {
    let mut changes = Vec::new();
    let refused = |op: &Op| map.apply(op, &mut changes).0 == Answer::Unsupported;
    settings(config).filter(refused).collect()
}

/// An empty map of kind `contender`, and what it was made from: `config` without the settings that
/// it does not support.
#[must_use]
pub fn create(contender: Contender, config: &Config) -> (Config, Box<dyn AddressSpace>) {
    let mut map = (contender.create)(config);
    let missing = unsupported(map.as_mut(), config);
    if missing.is_empty() {
        return (*config, map);
    }
    let config = without(*config, &missing);
    (config, (contender.create)(&config))
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
            _ => {}
        }
    }
    config
}
