//! Sequences of operations, drawn and run by the oracle.

use std::cmp::min;

use arbitrary::Unstructured;
use growstack::Addr;

use super::counts::RunCounts;
use super::draw::{self, View};
use super::engine;
use super::harm::Harm;
use super::log::{Log, Seen};
use super::oracle::{Branch, LinuxOracle};
use super::{
    LinuxAnswer, LinuxConfig, LinuxDivergence, LinuxLimits, LinuxOp, Shown, Vma, compare_vmas,
};

/// What may be drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Allowed {
    /// What leaves something behind in the machine?
    pub harm: bool,
    /// `process_vm_readv`, which some containers forbid?
    pub vm_read: bool,
    /// Only what the engine [has](engine::supports)?
    pub engine: bool,
}

/// Operations, and what the oracle has after each.
#[derive(Clone, Debug)]
pub struct Sequence {
    oracle: LinuxOracle,
    soft: LinuxLimits,
    /// The VMAs after the last one.
    vmas: Vec<Vma>,
    /// What the last one was about.
    focus: Addr,
    ops: Vec<LinuxOp>,
    log: Log,
    trail: Vec<Branch>,
    /// Where the branches of each operation end in `trail`.
    trails: Vec<usize>,
    leaks: bool,
}

impl Sequence {
    /// Bytes that an operation is drawn from.
    pub const RECORD: usize = draw::BYTES;

    /// An empty sequence on an empty window.
    #[must_use]
    pub fn new(config: &LinuxConfig) -> Self {
        Self {
            oracle: LinuxOracle::new(*config),
            soft: config.soft,
            vmas: Vec::new(),
            focus: Addr::ZERO,
            ops: Vec::new(),
            log: Log::default(),
            trail: Vec::new(),
            trails: Vec::new(),
            leaks: false,
        }
    }

    /// Draws an operation from each record of `bytes`.
    #[must_use]
    pub fn draw(config: &LinuxConfig, bytes: &[u8], allowed: Allowed) -> Self {
        let mut sequence = Self::new(config);
        for record in bytes.chunks(Self::RECORD) {
            let view = sequence.view();
            let op = draw::operation(&view, &mut Unstructured::new(record));
            let op = if allowed.harm { op } else { Harm::without(op, &view) };
            let forbidden = matches!(op, LinuxOp::VmRead { .. }) && !allowed.vm_read;
            let lacking = allowed.engine && !engine::supports(&op, view.vmas);
            if !forbidden && !lacking {
                sequence.push(op);
            }
        }
        sequence
    }

    /// Runs these operations.
    #[must_use]
    pub fn of(config: &LinuxConfig, ops: &[LinuxOp]) -> Self {
        let mut sequence = Self::new(config);
        ops.iter().for_each(|&op| sequence.push(op));
        sequence
    }

    /// Runs one more operation, if the rules are about it.
    pub fn push(&mut self, op: LinuxOp) {
        self.leaks |= Harm::of(&op, &self.view()) == Some(Harm::LockedCount);
        let answer = self.oracle.apply(&op);
        if answer == LinuxAnswer::Unsupported {
            return;
        }
        match op {
            LinuxOp::Reset => self.soft = self.oracle.config().soft,
            LinuxOp::Setrlimit { resource, limit } => {
                self.soft.set(resource, min(limit, self.oracle.config().hard.get(resource)));
            }
            _ => {}
        }
        self.focus = op.addr().unwrap_or(self.focus);
        self.vmas.clear();
        self.vmas.extend(self.oracle.vmas());
        self.ops.push(op);
        self.log.push(answer, Shown::ALL, self.vmas.iter().copied());
        self.trail.extend_from_slice(self.oracle.trail());
        self.trails.push(self.trail.len());
    }

    /// The process after the last operation.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        let (config, soft) = (self.oracle.config(), &self.soft);
        View { config, soft, vmas: &self.vmas, focus: self.focus }
    }

    /// The operations.
    #[must_use]
    pub fn ops(&self) -> &[LinuxOp] {
        &self.ops
    }

    /// Whether a process that has run it may have lost count of what it has locked (L66).
    #[must_use]
    pub const fn leaks(&self) -> bool {
        self.leaks
    }

    /// Compares what a map had after each operation with what the oracle had, and counts the
    /// operations as far as they agree.
    ///
    /// # Errors
    ///
    /// The number of the first operation after which they differ, and in what.
    pub fn compare(
        &self,
        map: &Log,
        counts: &mut RunCounts,
    ) -> Result<(), (usize, LinuxDivergence)> {
        let pairs = self.log.iter().zip(map.iter()).enumerate();
        for (at, (oracle, map)) in pairs {
            compare(&oracle, &map).map_err(|divergence| (at, divergence))?;
            let from = at.checked_sub(1).map_or(0, |last| self.trails[last]);
            let trail = &self.trail[from..self.trails[at]];
            let whole = map.shown == Shown::ALL;
            counts.operation(&self.ops[at], oracle.answer, trail, oracle.vmas.len(), whole);
        }
        if map.len() < self.log.len() {
            let message = format!("{} operations of {} were run", map.len(), self.log.len());
            return Err((map.len(), LinuxDivergence::Unsound { message }));
        }
        Ok(())
    }
}

fn compare(oracle: &Seen<'_>, map: &Seen<'_>) -> Result<(), LinuxDivergence> {
    if oracle.answer != map.answer {
        return Err(LinuxDivergence::Answer { first: oracle.answer, other: map.answer });
    }
    compare_vmas(oracle.vmas, map.vmas, oracle.shown.and(map.shown))
}
