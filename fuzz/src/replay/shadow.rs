//! Two oracles that say whether what a map does not support matters.

use crate::answer::Answer;
use crate::compare::Observed;
use crate::op::{Config, Op};
use crate::settings;
use crate::space::AddressSpace;
use crate::trace::Step;

use super::ORACLES;
use super::near::reach;

/// One oracle that does everything, and one that does what a map supports. As long as they are the
/// same in all that can be seen, the map can be compared with the trace and with other maps.
pub(super) struct Shadow {
    all: Box<dyn AddressSpace>,
    supported: Box<dyn AddressSpace>,
    seen: [Observed; 2],
    /// What the map does not support and may matter later.
    setting: Option<Op>,
}

/// Why the two oracles differ from an operation on: what the map does not support; `None` stands for
/// its bounds.
pub(super) type Parted = Option<Op>;

impl Shadow {
    /// For a map that has the settings of `settled` where the trace has those of `config`.
    pub(super) fn new(config: &Config, settled: &Config) -> Self {
        Self {
            all: (ORACLES.create)(config),
            supported: (ORACLES.create)(settled),
            seen: Default::default(),
            setting: implied(config, settled),
        }
    }

    /// For a map that has done all of `steps`.
    pub(super) fn after<'s>(
        config: &Config,
        steps: impl IntoIterator<Item = &'s Step, IntoIter: Clone>,
    ) -> Self {
        let steps = steps.into_iter();
        let [all, supported] = [(); 2].map(|()| {
            let mut map = (ORACLES.create)(config);
            let mut changes = Vec::new();
            for step in steps.clone() {
                changes.clear();
                map.apply(step.op(), &mut changes);
            }
            map
        });
        Self { all, supported, seen: Default::default(), setting: None }
    }

    /// `op` is done by the map.
    pub(super) fn follow(&mut self, op: &Op) -> Result<(), Parted> {
        let [all, supported] = &mut self.seen;
        all.run_op(self.all.as_mut(), op);
        supported.run_op(self.supported.as_mut(), op);
        let reported = all.compare_answers(supported);
        if reported.is_err() || self.look_different(op) { Err(self.setting) } else { Ok(()) }
    }

    /// `op` is not supported by the map.
    pub(super) fn decline(&mut self, op: &Op) -> Result<(), Parted> {
        self.seen[0].run_op(self.all.as_mut(), op);
        if is_setting(op) {
            self.setting = Some(*op);
        }
        if self.look_different(op) { Err(Some(*op)) } else { Ok(()) }
    }

    fn look_different(&mut self, op: &Op) -> bool {
        let [all, supported] = &mut self.seen;
        for (map, seen) in [(&self.all, all), (&self.supported, supported)] {
            seen.look_near(map.as_ref(), reach(op, seen.answer));
        }
        let [all, supported] = &self.seen;
        all.compare_looks(supported).is_err()
    }
}

/// Does it change nothing that can be seen, but what later operations do?
fn is_setting(op: &Op) -> bool {
    matches!(
        op,
        Op::Limit { .. }
            | Op::SetGrowSize { .. }
            | Op::SetGuardPage { .. }
            | Op::SetGuardPages { .. }
            | Op::StkGap { .. }
            | Op::WireFuture { .. }
    )
}

/// The first of what `config` implies that is not in `settled`.
fn implied(config: &Config, settled: &Config) -> Option<Op> {
    let is_missing = |op: &Op| {
        let mut followed = *settled;
        followed.follow(op, Answer::Silent);
        followed != *settled
    };
    settings::implied(config).find(is_missing)
}

#[cfg(test)]
mod tests {
    use growstack::{Addr, PageSize, Prot, Size};

    use super::*;
    use crate::op::{LimitName, Mapping};

    fn insert(start: u64, end: u64) -> Op {
        let mapping = Mapping::anonymous(Prot::RW);
        Op::Insert { start: Addr::new(start), end: Addr::new(end), mapping }
    }

    #[test]
    fn what_is_refused_changes_nothing_and_what_is_done_does() {
        let config = Config::default();
        let steps = [Step::new(insert(0x1000, 0x3000))];
        let mut shadow = Shadow::after(&config, &steps);
        assert_eq!(shadow.decline(&insert(0x2000, 0x4000)), Ok(()));
        assert_eq!(shadow.follow(&insert(0x3000, 0x4000)), Ok(()));
        let done = insert(0x8000, 0x9000);
        assert_eq!(shadow.decline(&done), Err(Some(done)));
    }

    #[test]
    fn a_limit_matters_from_where_it_is_reached() {
        let mut shadow = Shadow::after(&Config::default(), &[]);
        let limit = Op::Limit { name: LimitName::Vmem, value: Size::new(0x4000) };
        assert_eq!(shadow.decline(&limit), Ok(()));
        let stack = |at| Op::Stack {
            addrbos: Addr::new(at),
            max_ssize: Size::new(0x3000),
            prot: Prot::RW,
            max: Prot::RW,
            flags: growstack::MapFlags::GROWS_DOWN,
        };
        assert_eq!(shadow.follow(&stack(0x10_0000)), Ok(()));
        assert_eq!(shadow.follow(&stack(0x20_0000)), Err(Some(limit)));
    }

    #[test]
    fn a_fork_matters_once_the_child_is_used() {
        let steps = [Step::new(insert(0x1000, 0x3000))];
        let mut shadow = Shadow::after(&Config::default(), &steps);
        let none = Op::Inherit {
            start: Addr::new(0x1000),
            end: Addr::new(0x3000),
            inherit: growstack::Inherit::None,
        };
        assert_eq!(shadow.follow(&none), Ok(()));
        assert_eq!(shadow.decline(&Op::Fork), Ok(()));
        assert_eq!(shadow.follow(&insert(0x4000, 0x5000)), Ok(()));
        let child = Op::Use { process: crate::op::ProcessId(1) };
        assert_eq!(shadow.decline(&child), Err(Some(child)));
    }

    #[test]
    fn a_setting_of_the_header_is_named() {
        let config = Config::default();
        let mut settled = config;
        settled.tunables.sgrowsiz = PageSize::KIB_4.bytes();
        let step = Op::SetGrowSize { value: Size::new(config.tunables.sgrowsiz.get()) };
        assert_eq!(Shadow::new(&config, &settled).setting, Some(step));
        settled = config;
        settled.max = Addr::new(0x8000);
        assert_eq!(Shadow::new(&config, &settled).setting, None);
        let mut shadow = Shadow::new(&config, &settled);
        assert_eq!(shadow.follow(&insert(0x1000, 0x2000)), Ok(()));
        assert_eq!(shadow.follow(&insert(0x8000, 0x9000)), Err(None));
    }
}
