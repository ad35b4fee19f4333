//! A round in words: all that it takes to judge its answers by hand.

use std::fmt;

use growstack::shared::FaultPath;

use super::history::{Call, Event, Outcome};
use super::plan::{Field, Plan};
use super::start;
use crate::answer::{Row, Summary};
use crate::compare::{AnswerText, ChangesText};
use crate::space::AddressSpace;
use crate::trace::RowText;

/// A call that has not returned.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    /// The thread that made it.
    pub(crate) thread: usize,
    /// The call.
    pub(crate) call: Call,
    /// What it waits for, if that is known.
    pub(crate) waits_for: Option<&'static str>,
}

/// A round to be printed.
pub(crate) struct Described<'a> {
    /// What was called on.
    pub(crate) plan: &'a Plan,
    /// How faults go that find their address mapped.
    pub(crate) path: FaultPath,
    /// The calls that returned, of each thread.
    pub(crate) returned: &'a [Vec<Event>],
    /// Those that did not.
    pub(crate) pending: &'a [Pending],
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
        let before = start(self.plan);
        let mut rows = Vec::new();
        before.entries(&mut rows);
        writeln!(f, "  before, with {}:", Settings(self.plan))?;
        write_map(f, &rows, before.summary())?;
        writeln!(f, "  the calls, in the order in which they began:")?;
        self.write_calls(f)?;
        for Pending { thread, call, waits_for } in self.pending {
            write!(f, "    thread {thread}: {call}\n      has not returned")?;
            match waits_for {
                Some(what) => writeln!(f, ", waits for {what}")?,
                None => writeln!(f)?,
            }
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

/// What the map of a round was made with, on one line.
struct Settings<'a>(&'a Plan);

impl fmt::Display for Settings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let config = &self.0.config;
        let tunables = config.tunables;
        write!(f, "bounds {} to {}, ", config.min, config.max)?;
        write!(f, "maxsaddr {}, sgrowsiz {}", tunables.maxsaddr, tunables.sgrowsiz)?;
        f.write_str(if tunables.guard_page { ", a guard page" } else { "" })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operation(answer, cause, changes) => {
                write!(f, "{} ({cause}), {}", AnswerText(answer), ChangesText(changes))
            }
            Self::Protection(Some(prot)) => prot.fmt(f),
            Self::Protection(None) => f.write_str("unmapped"),
        }
    }
}
