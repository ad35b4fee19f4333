//! The order in which calls of several threads were done.
//!
//! A call begins and comes back on two lines, and the kernel does it somewhere between. Which order it was
//! is known by the answers: one is looked for in which the rules give each of them.

use growstack::Addr;
use growstack_fuzz::linux::oracle::LinuxOracle;
use growstack_fuzz::linux::{LinuxAnswer, LinuxConfig, LinuxOp, VmaFlags};

use super::unseen::Unseen;

/// What becomes of an address space, in the order of a trace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Act {
    /// An operation.
    Do {
        op: LinuxOp,
        /// What the kernel answered, if it was a call that came back.
        answer: Option<LinuxAnswer>,
        /// Why it stands there, if no log has it.
        unseen: Option<Unseen>,
    },
    /// The address space of this number begins as a copy.
    Fork(usize),
}

/// A call, or what happens at once, with the lines on which it began and came back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    pub(super) act: Act,
    pub(super) begins: usize,
    pub(super) returns: usize,
}

/// How many calls are tried before the search ends in vain.
const TRIES: u32 = 200_000;

/// Does calls of which none was under way before the first or is after the last, in an order in which all
/// answers are those of the rules, if there is one, and else in that in which they came back.
pub(super) fn arrange(oracle: &mut LinuxOracle, mut entries: Vec<Entry>) -> Vec<Act> {
    entries.sort_by_key(|entry| entry.returns);
    let (used, tries) = (vec![false; entries.len()], TRIES);
    let mut search = Search { used, entries: &entries, acts: Vec::new(), tries };
    if let Some(end) = search.run(oracle.clone()) {
        let acts = search.acts;
        *oracle = end;
        return acts;
    }
    for entry in &entries {
        if let Act::Do { op, .. } = &entry.act {
            oracle.apply(op);
        }
    }
    entries.into_iter().map(|entry| entry.act).collect()
}

/// The answers of the kernel that are not those of the rules, in words.
pub(super) fn wrong_answers(config: LinuxConfig, acts: &[Act]) -> Vec<String> {
    let mut oracle = LinuxOracle::new(config);
    let mut wrong = Vec::new();
    for act in acts {
        let Act::Do { op, answer, .. } = act else { continue };
        let found = oracle.apply(op);
        if let Some(answer) = answer.filter(|answer| *answer != found) {
            wrong.push(format!("`{op}` is {answer} by the kernel and {found} by the rules"));
        }
    }
    wrong
}

struct Search<'a> {
    /// In the order in which they came back.
    entries: &'a [Entry],
    used: Vec<bool>,
    acts: Vec<Act>,
    tries: u32,
}

impl Search<'_> {
    /// Goes on from a state. What it is at the end, if there is an order.
    fn run(&mut self, oracle: LinuxOracle) -> Option<LinuxOracle> {
        let Some(first) = self.used.iter().position(|used| !used) else { return Some(oracle) };
        let entries = self.entries;
        // One that began after another had come back is done after it.
        let limit = entries[first].returns;
        for (index, entry) in entries.iter().enumerate().skip(first) {
            if self.used[index] || index != first && limit < entry.begins {
                continue;
            }
            self.tries = self.tries.checked_sub(1)?;
            let Some((next, acts)) = done(&oracle, &entry.act) else { continue };
            let before = self.acts.len();
            self.acts.extend(acts);
            self.used[index] = true;
            if let Some(end) = self.run(next) {
                return Some(end);
            }
            self.used[index] = false;
            self.acts.truncate(before);
        }
        None
    }
}

/// The state after an act that goes as the kernel says, with what had to go before it.
fn done(oracle: &LinuxOracle, act: &Act) -> Option<(LinuxOracle, Vec<Act>)> {
    let mut next = oracle.clone();
    let Act::Do { op, answer, .. } = act else { return Some((next, vec![act.clone()])) };
    let goes = |next: &mut LinuxOracle| {
        let found = next.apply(op);
        found != LinuxAnswer::Unsupported && answer.is_none_or(|answer| answer == found)
    };
    if goes(&mut next) {
        return Some((next, vec![act.clone()]));
    }
    let op = LinuxOp::Store { addr: below_stack(oracle, op)? };
    let mut next = oracle.clone();
    next.apply(&op);
    let store = Act::Do { op, answer: None, unseen: Some(Unseen::Grown) };
    goes(&mut next).then(|| (next, vec![store, act.clone()]))
}

/// The address that a call is about, if that is free and a stack comes next: it may have grown unseen.
fn below_stack(oracle: &LinuxOracle, op: &LinuxOp) -> Option<Addr> {
    let addr = op.addr()?;
    let next = oracle.vmas().find(|vma| addr < vma.range.end())?;
    (addr < next.range.start() && next.flags.contains(VmaFlags::GD)).then_some(addr)
}
