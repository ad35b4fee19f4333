//! A log as a sequence of events: calls that begin and come back, notes, ends of threads.

use std::collections::HashMap;

use anyhow::{Context, Result};

use super::call::{self, Call, Outcome};
use super::line::{self, Line};
use super::mounts::{self, Mount};
use super::snapshot::{CONFIG_MARK, MARK, REGION_MARK, Snapshot};

/// A call of a thread.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Made {
    pub(super) tid: u32,
    pub(super) call: Call,
    pub(super) outcome: Outcome,
    /// As strace prints it.
    pub(super) text: CallText,
}

/// A call as strace prints it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct CallText {
    pub(super) name: String,
    pub(super) args: String,
    /// What it returned, if it came back.
    pub(super) result: Option<String>,
}

/// Something that happened. The index of a call is that in [`Log::calls`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Event {
    Begins(usize),
    Returns(usize),
    Noted(Snapshot),
    Ends { tid: u32, signal: Option<String> },
}

/// A new thread or process, known from its parent's call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Birth {
    pub(super) parent: u32,
    pub(super) child: u32,
    /// Is it a thread of the same process?
    pub(super) thread: bool,
    /// Does it have its parent's memory?
    pub(super) memory: bool,
    /// The first address past the stack that it was given.
    pub(super) stack: Option<u64>,
}

/// The content of a log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Log {
    pub(super) calls: Vec<Made>,
    pub(super) events: Vec<Event>,
    /// The births that come before the event of a number.
    pub(super) births: HashMap<usize, Vec<Birth>>,
    /// What was mounted.
    pub(super) mounts: Vec<Mount>,
}

/// A call that was begun.
struct Open<'a> {
    name: &'a str,
    args: &'a str,
    /// Its index, if it was known from its first piece what it is.
    index: Option<usize>,
}

#[derive(Default)]
struct Reader<'a> {
    log: Log,
    open: HashMap<u32, Open<'a>>,
    /// The first event of every thread whose parent is not known.
    first: HashMap<u32, usize>,
}

impl Log {
    /// Reads the text of a log.
    pub(super) fn read(text: &str) -> Result<Self> {
        let mut reader = Reader::default();
        let mut lines = text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            let Some(head) = line.strip_prefix(MARK) else {
                reader.line(line);
                continue;
            };
            if let Some(mount) = mounts::read(head) {
                reader.log.mounts.push(mount);
                continue;
            }
            let (mut config, mut body) = (String::new(), String::new());
            for (_, line) in lines.by_ref() {
                let (part, text) = match line.strip_prefix(REGION_MARK) {
                    Some(region) => (&mut body, region),
                    None => match line.strip_prefix(CONFIG_MARK) {
                        Some(text) => (&mut config, text),
                        None => break,
                    },
                };
                part.push_str(text);
                part.push('\n');
            }
            let snapshot = Snapshot::read(head, &config, &body);
            let snapshot = snapshot.with_context(|| format!("line {}", number + 1))?;
            reader.log.events.push(Event::Noted(snapshot));
        }
        Ok(reader.log)
    }
}

impl<'a> Reader<'a> {
    fn line(&mut self, text: &'a str) {
        let Some((tid, line)) = line::read(text) else { return };
        let now = self.log.events.len();
        self.first.entry(tid).or_insert(now);
        match line {
            Line::Begun { name, args, result } => self.begun(tid, name, args, result),
            Line::Resumed { args, result } => self.resumed(tid, args, result),
            Line::Exited => self.ends(tid, None),
            Line::Killed { signal } => self.ends(tid, Some(signal.to_owned())),
            Line::Superseded { by } => {
                if let Some(open) = self.open.remove(&by) {
                    if let Some(index) = open.index {
                        self.log.calls[index].tid = tid;
                    }
                    self.open.insert(tid, open);
                }
                self.ends(by, None);
            }
            Line::Other => {}
        }
    }

    fn begun(&mut self, tid: u32, name: &'a str, args: &'a str, result: Option<&str>) {
        // Some arguments are only known when the call is back; those of the calls that change
        // memory at once are known when it begins.
        let call = call::read(name, args);
        let index = call.map(|call| self.begins(tid, call, name, args));
        match result {
            Some(result) => self.returns(index, result),
            None => {
                self.open.insert(tid, Open { name, args, index });
            }
        }
    }

    fn resumed(&mut self, tid: u32, args: &str, result: &str) {
        let Some(Open { name, args: before, index }) = self.open.remove(&tid) else { return };
        let call = call::read(name, &format!("{before}{args}"));
        let index = match (index, call) {
            (Some(index), Some(call)) => {
                let made = &mut self.log.calls[index];
                made.call = call;
                made.text.args.push_str(args);
                Some(index)
            }
            (None, Some(call)) => Some(self.begins(tid, call, name, &format!("{before}{args}"))),
            (index, None) => index,
        };
        self.returns(index, result);
    }

    fn begins(&mut self, tid: u32, call: Call, name: &str, args: &str) -> usize {
        let index = self.log.calls.len();
        let text = CallText { name: name.to_owned(), args: args.to_owned(), result: None };
        self.log.calls.push(Made { tid, call, outcome: Outcome::Unknown, text });
        self.log.events.push(Event::Begins(index));
        index
    }

    fn returns(&mut self, index: Option<usize>, result: &str) {
        let Some(index) = index else { return };
        let now = self.log.events.len();
        let made = &mut self.log.calls[index];
        made.outcome = Outcome::read(result);
        made.text.result = Some(result.to_owned());
        self.log.events.push(Event::Returns(index));
        let &mut Made { tid: parent, ref call, outcome: Outcome::Returned(child), .. } = made
        else {
            return;
        };
        let &Call::Clone { thread, memory, stack } = call else { return };
        let Ok(child) = u32::try_from(child) else { return };
        // A child may be seen before its parent is.
        let born = self.first.remove(&child).map_or(now, |first| first.min(now));
        let birth = Birth { parent, child, thread, memory, stack };
        self.log.births.entry(born).or_default().push(birth);
    }

    fn ends(&mut self, tid: u32, signal: Option<String>) {
        // The number may be given to another thread later.
        self.open.remove(&tid);
        self.log.events.push(Event::Ends { tid, signal });
        self.first.remove(&tid);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_child_that_is_seen_before_its_parent_is_back() {
        let text = "\
1 clone3({flags=0x4111, exit_signal=17, stack=0x1000, stack_size=0x2000}, 88 <unfinished ...>
2 brk(NULL) = 0x1000
1 <... clone3 resumed>) = 2
2 +++ exited with 0 +++
1 fork() = 2
";
        let log = Log::read(text).unwrap();
        let [at_first] = &log.births[&1][..] else { panic!("{log:?}") };
        assert_eq!((at_first.parent, at_first.child), (1, 2));
        assert!(at_first.memory && !at_first.thread && at_first.stack == Some(0x3000));
        let [again] = &log.births[&6][..] else { panic!("{log:?}") };
        assert!(!again.memory, "another process with the same number");
        assert_eq!(log.births.len(), 2);
    }

    #[test]
    fn a_call_in_two_pieces_is_known_whole_when_it_begins() {
        let text = "\
5 munmap(0x1000, 4096 <unfinished ...>
6 brk(NULL) = 0x1000
5 <... munmap resumed>) = 0
";
        let log = Log::read(text).unwrap();
        let expected = [Event::Begins(0), Event::Begins(1), Event::Returns(1), Event::Returns(0)];
        assert_eq!(log.events, expected);
        assert_eq!(log.calls[0].outcome, Outcome::Returned(0));
    }

    #[test]
    fn a_thread_that_calls_execve_goes_on_as_the_first_one() {
        let text = "\
12 execve(\"/bin/b\", [\"b\"], 0x7 /* 0 vars */ <unfinished ...>
7 +++ superseded by execve in pid 12 +++
7 <... execve resumed>) = 0
@ start 7 brk=0x1000 stack=0x800000
@ | 00400000-00401000 r-xp 00000000 00:00 0 
@ .
";
        let log = Log::read(text).unwrap();
        assert_eq!(log.calls[0].tid, 7);
        let Some(Event::Noted(snapshot)) = log.events.last() else { panic!("{log:?}") };
        assert_eq!(snapshot.regions.len(), 1);
    }

    #[test]
    fn a_broken_note_is_reported_with_its_line() {
        let error = Log::read("1 brk(NULL) = 0x1\n@ start x\n@ .\n").unwrap_err();
        assert!(format!("{error:#}").starts_with("line 2: "), "{error:#}");
    }
}
