//! An address space as a trace of Linux.

use std::collections::HashMap;

use growstack_fuzz::linux::oracle::LinuxOracle;
use growstack_fuzz::linux::pages::{PageDifference, differences};
use growstack_fuzz::linux::trace::{LinuxStep, LinuxTrace};
use growstack_fuzz::linux::{LinuxConfig, LinuxOp, Shown, Vma};

use super::Listed;
use super::call::{Attached, Reading, read};
use super::files::Files;
use super::order::{Act, Entry, arrange, wrong_answers};
use super::unseen::{self, Unseen};
use crate::convert::{Life, Scene};
use crate::events::{Event, Log};
use crate::snapshot::Snapshot;

/// What was recorded of one address space, by the rules of Linux.
#[derive(Clone, Debug)]
pub struct LinuxRecording {
    /// Every call with the kernel's answer, and its list at the end.
    pub trace: LinuxTrace,
    /// What no log shows, and how often it was put there.
    pub unseen: Vec<(Unseen, usize)>,
    /// Where the rules and the kernel's list at the end differ.
    pub differences: Vec<PageDifference>,
    /// What the kernel answered and the rules do not, calls for which there is no operation, and flags
    /// that there is no rule about.
    pub problems: Vec<String>,
}

/// What an address space begins with.
#[derive(Clone, Debug)]
struct Start {
    config: LinuxConfig,
    given: Vec<LinuxOp>,
    attached: Attached,
}

/// The address spaces of a log, each if what it begins with is known.
pub(crate) fn lives(log: &Log, lives: &[Life]) -> Vec<Option<LinuxRecording>> {
    let mut files = Files::new(log);
    let mut forks: HashMap<usize, Start> = HashMap::new();
    let mut all = Vec::new();
    for (number, life) in lives.iter().enumerate() {
        let mut reader = Reader { log, files: &mut files, fork: forks.remove(&number) };
        all.push(reader.life(life).map(|(recording, children)| {
            forks.extend(children);
            recording
        }));
    }
    all
}

struct Reader<'a> {
    log: &'a Log,
    files: &'a mut Files,
    fork: Option<Start>,
}

impl Reader<'_> {
    fn life(&mut self, life: &Life) -> Option<(LinuxRecording, HashMap<usize, Start>)> {
        let mut problems = Vec::new();
        let mut start = match self.fork.take() {
            Some(start) => start,
            None => self.start(life, &mut problems)?,
        };
        let mut acts: Vec<Act> =
            start.given.iter().map(|&op| Act::Do { op, answer: None, unseen: None }).collect();
        let mut oracle = LinuxOracle::new(start.config);
        for op in &start.given {
            oracle.apply(op);
        }
        let pending = self.acts(life, &mut start.attached, &mut oracle, &mut acts, &mut problems);
        let last = self.last(life).map(|listed| user(&listed, start.config));
        let mut found = Vec::new();
        if let Some(listed) = &last {
            note_unknown(listed, &mut problems);
            let vmas: Vec<Vma> = listed.iter().map(|listed| listed.vma).collect();
            settle(&mut oracle, &mut acts, pending, &vmas);
            found = unseen::complete(&mut acts, start.config, &vmas);
        }
        problems.extend(wrong_answers(start.config, &acts));
        let children = children(&acts, &start);
        let trace = trace(&start, &acts, last);
        let unseen = unseen::count(&acts);
        Some((LinuxRecording { trace, unseen, differences: found, problems }, children))
    }

    fn noted(&self, scene: &Scene) -> Option<&Snapshot> {
        let &Scene::Noted(number) = scene else { return None };
        match self.log.events.get(number) {
            Some(Event::Noted(snapshot)) => Some(snapshot),
            _ => None,
        }
    }

    /// What a program starts from.
    fn start(&mut self, life: &Life, problems: &mut Vec<String>) -> Option<Start> {
        let snapshot = life.story.iter().find_map(|scene| self.noted(scene))?;
        let config = **snapshot.config.as_ref()?;
        let listed = user(snapshot.listed.as_ref()?, config);
        note_unknown(&listed, problems);
        let given = listed
            .iter()
            .map(|listed| {
                let Vma { range, flags, .. } = listed.vma;
                LinuxOp::Given { range, flags, file: self.files.of(listed) }
            })
            .collect();
        Some(Start { config, given, attached: Attached::new() })
    }

    /// What the kernel listed at the end.
    fn last(&self, life: &Life) -> Option<Vec<Listed>> {
        let snapshot = life.story.iter().rev().find_map(|scene| self.noted(scene))?;
        let is_end = snapshot.moment == crate::snapshot::Moment::End;
        snapshot.listed.clone().filter(|_| is_end)
    }

    /// Appends what the log says of a life. Returns the calls that are under way at its end.
    fn acts(
        &mut self,
        life: &Life,
        attached: &mut Attached,
        oracle: &mut LinuxOracle,
        acts: &mut Vec<Act>,
        problems: &mut Vec<String>,
    ) -> Vec<Act> {
        let mut under_way: HashMap<usize, usize> = HashMap::new();
        let mut together: Vec<Entry> = Vec::new();
        for (line, scene) in life.story.iter().enumerate() {
            match *scene {
                Scene::Begins(index) => {
                    under_way.insert(index, line);
                }
                Scene::Returns(index) => {
                    let begins = under_way.remove(&index).unwrap_or(line);
                    match read(&self.log.calls[index].text, self.files, attached) {
                        Reading::Op(op, answer) => {
                            let act = Act::Do { op, answer, unseen: None };
                            together.push(Entry { act, begins, returns: line });
                        }
                        Reading::Nothing => {}
                        Reading::LeftOut(call) => problems.push(format!("left out: {call}")),
                    }
                }
                Scene::Forked(child) => {
                    let act = Act::Fork(child);
                    together.push(Entry { act, begins: line, returns: line });
                }
                Scene::Noted(_) => {}
            }
            if !under_way.keys().any(|index| self.is_of_memory(*index)) && !together.is_empty() {
                acts.extend(arrange(oracle, std::mem::take(&mut together)));
            }
        }
        acts.extend(arrange(oracle, together));
        let mut pending: Vec<usize> = under_way.into_keys().collect();
        pending.sort_unstable();
        let mut read = |index: usize| match read(&self.log.calls[index].text, self.files, attached)
        {
            Reading::Op(op, _) => Some(Act::Do { op, answer: None, unseen: None }),
            Reading::Nothing | Reading::LeftOut(_) => None,
        };
        pending.into_iter().filter_map(&mut read).collect()
    }

    /// Is the call one whose place among others matters? `fork` and `execve` take long.
    fn is_of_memory(&self, index: usize) -> bool {
        let name = &*self.log.calls[index].text.name;
        !matches!(name, "clone" | "clone3" | "fork" | "vfork" | "execve" | "execveat" | "shmget")
    }
}

/// The VMAs of a program: `[vsyscall]` lies above all of its addresses.
fn user(listed: &[Listed], config: LinuxConfig) -> Vec<Listed> {
    let below = |listed: &&Listed| listed.vma.range.start() < config.window.end();
    listed.iter().filter(below).cloned().collect()
}

fn note_unknown(listed: &[Listed], problems: &mut Vec<String>) {
    for Listed { vma, unknown, .. } in listed {
        if !unknown.is_empty() {
            problems.push(format!("{}: no rule is about {}", vma.range, unknown.join(", ")));
        }
    }
}

/// Does those of the calls under way that bring the list closer to the kernel's.
fn settle(oracle: &mut LinuxOracle, acts: &mut Vec<Act>, pending: Vec<Act>, last: &[Vma]) {
    let far = |oracle: &LinuxOracle| -> u64 {
        let list: Vec<Vma> = oracle.vmas().collect();
        differences(&list, last).iter().map(PageDifference::pages).sum()
    };
    for act in pending {
        let Act::Do { op, .. } = &act else { continue };
        let mut next = oracle.clone();
        next.apply(op);
        if far(&next) < far(oracle) {
            *oracle = next;
            acts.push(act);
        }
    }
}

/// What the children of an address space start from.
fn children(acts: &[Act], start: &Start) -> HashMap<usize, Start> {
    let mut oracle = LinuxOracle::new(start.config);
    let mut children = HashMap::new();
    for act in acts {
        match act {
            Act::Do { op, .. } => {
                oracle.apply(op);
            }
            Act::Fork(child) => {
                let (config, given) = oracle.child();
                children.insert(*child, Start { config, given, attached: start.attached.clone() });
            }
        }
    }
    children
}

fn trace(start: &Start, acts: &[Act], last: Option<Vec<Listed>>) -> LinuxTrace {
    let mut trace = LinuxTrace::new(start.config);
    trace.shown = Shown { key: start.config.keys, bounds: false, ..Shown::ALL };
    for act in acts {
        let &Act::Do { op, answer, unseen } = act else { continue };
        let beside = unseen.map_or_else(String::new, |unseen| format!("# unseen: {unseen}"));
        trace.steps.push(LinuxStep { answer, beside, ..LinuxStep::new(op) });
    }
    if let (Some(last), Some(step)) = (last, trace.steps.last_mut()) {
        step.vmas = Some(last.iter().map(|listed| listed.vma).collect());
    }
    trace
}
