//! A sequence of operations on one map and the oracle.

use std::mem;

use growstack::{Addr, KernReturn, Size};

use super::laws::Around;
use super::{Counts, FreeBsd, Lockstep, Mismatch, Ran, Side, caught, search};
use crate::answer::{Answer, Row};
use crate::compare::{Divergence, Observed};
use crate::input::{Header, Input, Record, View};
use crate::keeps::Keeps;
use crate::kernel::Kernel;
use crate::op::{Config, Kind, Op};
use crate::oracle::freebsd14::{self, Oracle14};
use crate::oracle::{Branch, Oracle, RuleBranch};
use crate::processes::Processes;
use crate::replay::MapFactory;
use crate::settings::create;
use crate::space::AddressSpace;
use crate::trace::{Step, Trace};

/// What reports call the oracle.
pub(crate) const ORACLE: &str = "oracle";

/// An oracle, by which random runs and inputs are judged.
pub(crate) trait Rules: AddressSpace {
    type Branch: RuleBranch;

    /// The kernel whose rules they are.
    const KERNEL: Kernel;

    /// The branches that the last operation took.
    fn trail(&self) -> &[Self::Branch];
}

impl Rules for Oracle {
    type Branch = Branch;

    const KERNEL: Kernel = Kernel::Freebsd9;

    fn trail(&self) -> &[Branch] {
        self.trail()
    }
}

impl Rules for Oracle14 {
    type Branch = freebsd14::Branch;

    const KERNEL: Kernel = Kernel::Freebsd14;

    fn trail(&self) -> &[freebsd14::Branch] {
        self.trail()
    }
}

/// A sequence under way.
pub(crate) struct Sequence<'c, M: AddressSpace + ?Sized, O: Rules = Oracle> {
    maps: Lockstep<FreeBsd, O, M>,
    /// The start, with the limits and tunables as they are by now.
    config: Config,
    processes: Processes,
    counts: &'c mut Counts<O::Branch>,
    /// What ran so far, the operation at which the maps differ included.
    ops: Vec<Op>,
    /// The rows of the map under test before the last operation.
    before: Vec<Row>,
}

type Mismatched = Box<Mismatch<FreeBsd>>;

/// How the map under test is made to run an operation.
pub(crate) type Act<'a, M> =
    &'a mut dyn FnMut(&mut M, &Op, &mut Observed) -> Result<(), Divergence>;

impl<'c, M: AddressSpace + ?Sized, O: Rules> Sequence<'c, M, O> {
    /// `tested`, which must be empty and made from `config`, beside an empty oracle.
    pub(crate) fn new(
        config: &Config,
        name: &'static str,
        tested: Box<M>,
        counts: &'c mut Counts<O::Branch>,
    ) -> Self {
        let first = Side::new(ORACLE, Box::new(O::create(config)));
        let maps = Lockstep { first, others: vec![Side::new(name, tested)] };
        let (processes, ops, before) = Default::default();
        Self { maps, config: *config, processes, counts, ops, before }
    }

    /// The operations that ran.
    pub(crate) fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// The map as the oracle has it: the one under test may not keep all of this.
    pub(crate) fn view(&self) -> View<'_> {
        let Observed { rows, summary, .. } = &self.maps.first.seen;
        let (config, processes) = (&self.config, &self.processes);
        View { rows, summary: *summary, config, processes }
    }

    /// Fills the maps with operations after which nothing but the answers is compared: to look at
    /// a whole map after every one takes a time that goes by the square of its size.
    pub(crate) fn fill(&mut self, ops: impl IntoIterator<Item = Op>) -> Result<(), Mismatched> {
        for op in ops {
            self.run(&op, &mut perform)?;
        }
        // Nothing is compared before there is an operation that a trace could show it with.
        if self.ops.is_empty() { Ok(()) } else { self.maps.compare(false) }
    }

    /// Runs the operation of a record, or else a plainer one that the map under test has, and
    /// compares everything. False if it has none of them.
    pub(crate) fn record(
        &mut self,
        record: &Record,
        window: u64,
        act: Act<'_, M>,
    ) -> Result<bool, Mismatched> {
        self.first_supported(record, window, |sequence, op| sequence.step(op, act))
    }

    /// As [`record`](Self::record), but compares the answers alone, and looks at the oracle only
    /// where the record needs it.
    fn glance(
        &mut self,
        record: &Record,
        window: u64,
        act: Act<'_, M>,
    ) -> Result<bool, Mismatched> {
        if !record.is_plain() {
            self.maps.first.look(None, false)?;
        }
        self.first_supported(record, window, |sequence, op| sequence.run(op, act))
    }

    /// Runs a record, or else a plainer one. False if `run` says so of all of them.
    fn first_supported(
        &mut self,
        record: &Record,
        window: u64,
        mut run: impl FnMut(&mut Self, &Op) -> Result<bool, Mismatched>,
    ) -> Result<bool, Mismatched> {
        let op = record.resolve(&self.view(), window);
        if run(self, &op)? {
            return Ok(true);
        }
        let mut last = op;
        for plainer in record.plainer() {
            let next = plainer.resolve(&self.view(), window);
            if next != last && run(self, &next)? {
                return Ok(true);
            }
            last = next;
        }
        self.counts.left_out(Kind::of(&op));
        Ok(false)
    }

    fn step(&mut self, op: &Op, act: Act<'_, M>) -> Result<bool, Mismatched> {
        let summary = self.maps.others[0].seen.summary;
        if !self.run(op, act)? {
            return Ok(false);
        }
        mem::swap(&mut self.before, &mut self.maps.others[0].seen.rows);
        self.maps.compare(false)?;
        self.counts.compared += 1;
        self.counts.entries(self.maps.first.seen.rows.len());
        let tested = &self.maps.others[0];
        if tested.seen.keeps == Keeps::ALL {
            let (before, after) = (&self.before[..], &tested.seen.rows[..]);
            let (before, after) = ((before, summary), (after, tested.seen.summary));
            let (kernel, cause) = (self.config.kernel(), tested.seen.cause);
            let around = Around { kernel, op, cause, before, after };
            around.check().map_err(|law| {
                let divergence = Divergence::Broken { invariant: law.to_owned() };
                Box::new(Mismatch { sides: (tested.name, tested.name), divergence })
            })?;
        }
        self.search()?;
        Ok(true)
    }

    fn run(&mut self, op: &Op, act: Act<'_, M>) -> Result<bool, Mismatched> {
        self.ops.push(*op);
        match self.maps.run_by(op, |map, seen| act(map, op, seen))? {
            Ran::Unsupported(_) => {
                self.ops.pop();
                Ok(false)
            }
            Ran::Everywhere => {
                let first = &self.maps.first;
                self.config.follow(op, first.seen.answer);
                self.processes.follow(op, first.seen.answer);
                self.counts.operation(Kind::of(op), first.seen.answer, first.map.trail());
                Ok(true)
            }
        }
    }

    /// Compares one search for space with a walk along the entries: an index finds gaps by sizes
    /// kept in its nodes, and a stale size shows only in a search that happens to need that node.
    fn search(&mut self) -> Result<(), Mismatched> {
        let view = self.view();
        let (start, length) = search::draw(view.rows, view.config, self.ops.len() as u64);
        // What is found for no length at all is not a fit there (D7.4).
        if length == 0 && view.config.kernel() == Kernel::Freebsd14 {
            return Ok(());
        }
        let walked = search::first_fit(view.rows, view.config, start, length);
        let op = Op::FindSpace { start: Addr::new(start), length: Size::new(length) };
        let tested = &mut self.maps.others[0];
        let answer = caught(|| tested.map.apply(&op, &mut Vec::new()).0).map_err(|message| {
            self.ops.push(op);
            let divergence = Divergence::Panic { message };
            Box::new(Mismatch { sides: (tested.name, tested.name), divergence })
        })?;
        let found = match answer {
            Answer::Found(addr) => Some(addr.get()),
            Answer::Code(_) => None,
            _ => return Ok(()),
        };
        self.counts.searches += 1;
        if found == walked {
            return Ok(());
        }
        self.ops.push(op);
        let answer = |at: Option<u64>| {
            at.map_or(Answer::Code(KernReturn::NoSpace), |at| Answer::Found(Addr::new(at)))
        };
        let divergence = Divergence::Answer { left: answer(walked), right: answer(found) };
        Err(Box::new(Mismatch { sides: (ORACLE, tested.name), divergence }))
    }

    /// Lets the oracle check itself, which it does only now and then when it is large.
    pub(crate) fn finish(&mut self) -> Result<(), Mismatched> {
        self.counts.sequences += 1;
        self.maps.first.map.check().map_err(|invariant| {
            let divergence = Divergence::Broken { invariant };
            Box::new(Mismatch { sides: (ORACLE, ORACLE), divergence })
        })
    }
}

/// Makes a map run an operation in the usual way.
pub(crate) fn perform<M: AddressSpace + ?Sized>(
    map: &mut M,
    op: &Op,
    seen: &mut Observed,
) -> Result<(), Divergence> {
    seen.run_op(map, op);
    Ok(())
}

/// A sequence at whose last operation the maps differ.
#[derive(Debug)]
pub(crate) struct Failed {
    /// What it started from, as the map under test has it.
    pub(crate) config: Config,
    /// What ran.
    pub(crate) ops: Vec<Op>,
    /// In what they differ.
    pub(crate) divergence: Divergence,
}

impl Failed {
    /// What ran as a trace, without answers.
    pub(crate) fn trace(&self) -> Trace {
        let mut trace = Trace::new(self.config);
        trace.steps.extend(self.ops.iter().map(|&op| Step::new(op)));
        trace
    }
}

/// After which records of an input the maps are compared as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Looks {
    /// After each.
    Each,
    /// After the last two: enough to shrink what shows at its end, and quick on large maps.
    AtEnd,
}

/// Runs an input on a map that `create` makes, and on an oracle of its kernel.
pub(crate) fn attempt<O: Rules, M: AddressSpace + ?Sized>(
    input: &Input,
    looks: Looks,
    name: &'static str,
    create: impl FnOnce(&Config) -> (Config, Box<M>),
    counts: &mut Counts<O::Branch>,
    mut act: impl FnMut(&mut M, &Op, &Record, &mut Observed) -> Result<(), Divergence>,
) -> Result<(), Box<Failed>> {
    let Header { config, window, prefill, .. } = input.header;
    drive(&config, name, create, counts, |sequence: &mut Sequence<'_, M, O>| {
        sequence.fill(prefill.ops(window))?;
        let glances = match looks {
            Looks::Each => 0,
            Looks::AtEnd => input.records.len().saturating_sub(2),
        };
        let (glanced, looked) = input.records.split_at(glances);
        for record in glanced {
            sequence.glance(record, window, &mut |map, op, seen| act(map, op, record, seen))?;
        }
        if !glanced.is_empty() {
            sequence.maps.compare(false)?;
        }
        for record in looked {
            sequence.record(record, window, &mut |map, op, seen| act(map, op, record, seen))?;
        }
        Ok(())
    })
}

/// Runs an input on a map of a kind that is known by its name alone.
pub(crate) fn attempt_on<O: Rules>(
    input: &Input,
    looks: Looks,
    tested: MapFactory,
    counts: &mut Counts<O::Branch>,
) -> Result<(), Box<Failed>> {
    let create = |config: &_| create(tested, config);
    let act = |map: &mut _, op: &_, _: &_, seen: &mut _| perform(map, op, seen);
    attempt::<O, dyn AddressSpace>(input, looks, tested.name, create, counts, act)
}

/// Makes a map and an oracle and runs `work` on them, and keeps what ran if that fails.
pub(crate) fn drive<M: AddressSpace + ?Sized, O: Rules>(
    config: &Config,
    name: &'static str,
    create: impl FnOnce(&Config) -> (Config, Box<M>),
    counts: &mut Counts<O::Branch>,
    work: impl FnOnce(&mut Sequence<'_, M, O>) -> Result<(), Mismatched>,
) -> Result<(), Box<Failed>> {
    let (start, map) = caught(|| create(config)).map_err(|message| {
        let divergence = Divergence::Panic { message };
        Box::new(Failed { config: *config, ops: Vec::new(), divergence })
    })?;
    let mut sequence = Sequence::new(&start, name, map, counts);
    let result = work(&mut sequence).and_then(|()| sequence.finish());
    result.map_err(|mismatch| {
        Box::new(Failed { config: start, ops: sequence.ops, divergence: mismatch.divergence })
    })
}
