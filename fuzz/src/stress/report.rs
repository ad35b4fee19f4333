//! A round in words: all that it takes to judge its answers by hand.

use std::fmt;

use growstack::shared::FaultPath;

use super::history::{Call, Event, Outcome};
use super::plan::{Field, Plan};
use crate::answer::{Row, Summary};
use crate::compare::{answer_text, changes_text};
use crate::replay::ORACLES;
use crate::trace::RowText;

/// A call of a round that did not end.
#[derive(Clone, Debug)]
pub(crate) struct Unanswered {
    /// The thread that makes it.
    pub(crate) thread: usize,
    /// The call.
    pub(crate) call: Call,
    /// How far it got.
    pub(crate) progress: Progress,
}

/// How far a call got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Progress {
    /// It returned, and the answer is not at hand.
    Returned,
    /// It is under way, and waits for this, if that is known.
    UnderWay(Option<&'static str>),
    /// It has not begun.
    ToCome,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned => f.write_str("has returned"),
            Self::UnderWay(None) => f.write_str("has not returned"),
            Self::UnderWay(Some(what)) => write!(f, "has not returned, waits for {what}"),
            Self::ToCome => f.write_str("has not begun"),
        }
    }
}

/// A round to be printed.
pub(crate) struct Described<'a> {
    /// What was called on.
    pub(crate) plan: &'a Plan,
    /// How faults go that find their address mapped.
    pub(crate) path: FaultPath,
    /// The calls that were answered, of each thread.
    pub(crate) returned: &'a [Vec<Event>],
    /// Others.
    pub(crate) unanswered: &'a [Unanswered],
    /// The map once all calls had returned.
    pub(crate) end: Option<(&'a [Row], Summary)>,
}

impl fmt::Display for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = match self.path {
            FaultPath::Letter => "to the letter, under the process lock",
            FaultPath::Locked => "under the map lock",
            FaultPath::Optimistic => "by the published view, without a lock",
        };
        writeln!(f, "  faults: {path}")?;
        if self.plan.field == Field::Wide {
            writeln!(f, "  the published view: in narrow nodes")?;
        }
        let mut before = (ORACLES.create)(&self.plan.config);
        for op in &self.plan.before {
            before.apply(op, &mut Vec::new());
        }
        let mut rows = Vec::new();
        before.entries(&mut rows);
        writeln!(f, "  before, with this header:")?;
        self.plan.config.to_string().lines().try_for_each(|line| writeln!(f, "    {line}"))?;
        write_map(f, &rows, before.summary())?;
        writeln!(f, "  the calls, in the order in which they began:")?;
        self.write_calls(f)?;
        for Unanswered { thread, call, progress } in self.unanswered {
            writeln!(f, "    thread {thread}: {call}\n      {progress}")?;
        }
        let Some((rows, summary)) = self.end else { return Ok(()) };
        writeln!(f, "  in the end:")?;
        write_map(f, rows, summary)
    }
}

impl Described<'_> {
    fn write_calls(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut events: Vec<(usize, &Event)> = Vec::new();
        for (thread, of_thread) in self.returned.iter().enumerate() {
            events.extend(of_thread.iter().map(|event| (thread, event)));
        }
        events.sort_by_key(|(_, event)| event.called);
        for (thread, event) in events {
            let Event { call, called, returned, outcome } = event;
            writeln!(f, "    thread {thread}, {called} to {returned}: {call}\n      {outcome}")?;
        }
        Ok(())
    }
}

fn write_map(f: &mut fmt::Formatter<'_>, rows: &[Row], summary: Summary) -> fmt::Result {
    rows.iter().try_for_each(|row| writeln!(f, "    {}", RowText(row)))?;
    writeln!(f, "    {summary}")
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operation(answer, cause, changes) => {
                write!(f, "{} ({cause}), {}", answer_text(answer), changes_text(changes))
            }
            Self::Protection(Some(prot)) => prot.fmt(f),
            Self::Protection(None) => f.write_str("unmapped"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use growstack::{Addr, KernReturn};

    use super::*;
    use crate::answer::{Answer, Cause};
    use crate::kernel::Kernel;
    use crate::op::Op;

    /// Everything that the answers depend on is there: the map before, the path, each call with what
    /// became of it, and what the ones wait for that have not returned.
    #[test]
    fn a_round_in_words() {
        let mut plan = Plan::draw(Field::Wide, Kernel::Freebsd9, 3, 0, 2);
        plan.before.truncate(1);
        let grow = Call::Operation(Op::Grow { addr: Addr::new(0x10_0000) });
        let answer = Answer::Code(KernReturn::Success);
        let outcome = Outcome::Operation(answer, Cause::Done, Vec::new());
        let event = |called, outcome| Event { call: grow, called, returned: called + 1, outcome };
        let asked = Event {
            call: Call::Protection(Addr::new(0x10_1000)),
            ..event(1, Outcome::Protection(None))
        };
        let returned = [vec![event(4, outcome)], vec![asked]];
        let progress = Progress::UnderWay(Some("the map lock, to read"));
        let unanswered = [Unanswered { thread: 1, call: grow, progress }];
        let path = FaultPath::Locked;
        let round = Described {
            plan: &plan,
            path,
            returned: &returned,
            unanswered: &unanswered,
            end: None,
        };
        let text = round.to_string();
        let (start, calls) =
            text.split_once("the calls, in the order in which they began:\n").unwrap();
        assert!(start.contains("faults: under the map lock\n"), "{text}");
        assert!(start.contains("narrow nodes") && start.contains("grows_down,charged"), "{text}");
        assert!(start.contains("entries=1"), "{text}");
        let lines: Vec<&str> = calls.lines().map(str::trim).collect();
        let wanted = [
            "thread 1, 1 to 2: protection 0x101000",
            "unmapped",
            "thread 0, 4 to 5: grow 0x100000",
            "KERN_SUCCESS (done), no changes",
            "thread 1: grow 0x100000",
            "has not returned, waits for the map lock, to read",
        ];
        assert_eq!(lines, wanted, "{text}");
    }
}
