//! The running kernel, asked for one operation after the other.

use std::cell::RefCell;
use std::rc::Rc;

use super::{Ground, Live, Privileges};
use crate::linux::log::Log;
use crate::linux::runner::{Broken, Every, Runner};
use crate::linux::{LinuxAnswer, LinuxConfig, LinuxOp, LinuxSpace, Resource, Shown, Vma};

/// Bytes of a page.
const PAGE: u64 = 1 << 12;

/// Makes maps that are the running kernel. The child of one that was dropped serves the next: traces
/// are made short by hundreds of tries.
#[derive(Clone, Debug)]
pub struct Spaces {
    ground: Ground,
    idle: Rc<RefCell<Option<Live>>>,
}

impl Spaces {
    /// Maps on probed ground.
    #[must_use]
    pub fn new(ground: Ground) -> Self {
        Self { ground, idle: Rc::default() }
    }

    /// An empty map for sequences that start from `config`. Limits on all that a process has are
    /// counted from what it has outside the window there.
    #[must_use]
    pub fn create(&self, config: &LinuxConfig) -> Box<dyn LinuxSpace> {
        let capabilities = config.capabilities;
        let kept = capabilities == self.ground.config().capabilities;
        let privileges = if kept { Privileges::Kept } else { Privileges::Dropped };
        let idle = self.idle.take().filter(|live| live.config().capabilities == capabilities);
        let idle = idle.map_or_else(
            || {
                Live::start_with(&self.ground, privileges)
                    .map_err(|refused| Broken(refused.to_string()))
            },
            Ok,
        );
        let reset = idle.and_then(|mut live| live.reset().map(|()| live));
        Box::new(Space {
            live: reset,
            config: *config,
            vmas: Vec::new(),
            idle: Rc::clone(&self.idle),
        })
    }
}

/// One map.
struct Space {
    live: Result<Live, Broken>,
    config: LinuxConfig,
    /// After the last operation.
    vmas: Vec<Vma>,
    idle: Rc<RefCell<Option<Live>>>,
}

impl Space {
    fn ask(&mut self, op: &LinuxOp) -> Result<LinuxAnswer, Broken> {
        let live = self.live.as_mut().map_err(|broken| broken.clone())?;
        let op = rebased(*op, &self.config, live.config());
        let mut log = Log::default();
        live.go_on(&[op], Every::ONE, &mut log)?;
        let seen = log.iter().next().ok_or_else(|| Broken("there is no answer".into()))?;
        self.vmas = seen.vmas.to_vec();
        Ok(seen.answer)
    }
}

impl LinuxSpace for Space {
    fn apply(&mut self, op: &LinuxOp) -> LinuxAnswer {
        self.ask(op).unwrap_or_else(|broken| {
            self.live = Err(broken);
            LinuxAnswer::Unsupported
        })
    }

    fn vmas(&self, vmas: &mut Vec<Vma>) {
        vmas.extend_from_slice(&self.vmas);
    }

    fn shown(&self) -> Shown {
        Shown::ALL
    }

    fn check(&self) -> Result<(), String> {
        self.live.as_ref().map_or_else(|broken| Err(broken.to_string()), |_| Ok(()))
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        let gone = Err(Broken("it was dropped".into()));
        if let Ok(live) = std::mem::replace(&mut self.live, gone) {
            self.idle.replace(Some(live));
        }
    }
}

/// An operation of a process that starts from one configuration, for one that starts from another: a
/// limit on all that it has is as far from what it has outside the window.
fn rebased(op: LinuxOp, from: &LinuxConfig, to: &LinuxConfig) -> LinuxOp {
    let LinuxOp::Setrlimit { resource, limit } = op else { return op };
    let (from, to) = match resource {
        Resource::As => (from.base_pages, to.base_pages),
        Resource::Data => (from.base_data, to.base_data),
        Resource::Stack | Resource::Memlock => return op,
    };
    // No limit stays none, of data by 0 as well (L5), and what allows nothing goes on allowing nothing.
    let stays = [0, u64::MAX].contains(&limit) || limit < from.saturating_mul(PAGE);
    let moved = limit.wrapping_sub(from.wrapping_mul(PAGE)).saturating_add(to.saturating_mul(PAGE));
    LinuxOp::Setrlimit { resource, limit: if stays { limit } else { moved } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_follow_what_the_process_has() {
        let from = LinuxConfig { base_pages: 100, base_data: 10, ..LinuxConfig::default() };
        let to = LinuxConfig { base_pages: 130, base_data: 5, ..LinuxConfig::default() };
        let moved =
            |resource, limit| match rebased(LinuxOp::Setrlimit { resource, limit }, &from, &to) {
                LinuxOp::Setrlimit { limit, .. } => limit,
                _ => 0,
            };
        assert_eq!(moved(Resource::As, 101 * PAGE + 7), 131 * PAGE + 7);
        assert_eq!(moved(Resource::Data, 12 * PAGE), 7 * PAGE);
        assert_eq!(moved(Resource::As, u64::MAX), u64::MAX);
        assert_eq!(moved(Resource::Data, 0), 0);
        assert_eq!(moved(Resource::As, 3), 3);
        assert_eq!(moved(Resource::Stack, 101 * PAGE), 101 * PAGE);
    }
}
