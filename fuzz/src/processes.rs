//! Which processes there are, and which of them is the current one.

use crate::answer::Answer;
use crate::op::{Op, ProcessId};

/// The processes of a sequence of operations, by the answers to them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Processes {
    current: ProcessId,
    /// Ascending.
    others: Vec<ProcessId>,
}

impl Processes {
    /// The most that a generator makes: they are all kept and checked.
    pub(crate) const MOST: usize = 8;

    /// The one that operations are about.
    #[must_use]
    pub fn current(&self) -> ProcessId {
        self.current
    }

    /// Those that are not the current one, in the order of their numbers.
    #[must_use]
    pub fn others(&self) -> &[ProcessId] {
        &self.others
    }

    /// One of the [`others`](Self::others), counted over and over; the current one if there is none.
    #[must_use]
    pub(crate) fn other(&self, index: usize) -> ProcessId {
        let place = index.checked_rem(self.others.len());
        place.map_or(self.current, |place| self.others[place])
    }

    /// Follows an operation, answered so.
    pub fn follow(&mut self, op: &Op, answer: Answer) {
        match (*op, answer) {
            (Op::Fork, Answer::Forked(child)) => self.add(child),
            (Op::Use { process }, Answer::Silent) if process != self.current => {
                self.remove(process);
                self.add(self.current);
                self.current = process;
            }
            (Op::Exit { process }, Answer::Silent) => self.remove(process),
            _ => {}
        }
    }

    fn add(&mut self, process: ProcessId) {
        let place = self.others.partition_point(|&other| other < process);
        self.others.insert(place, process);
    }

    fn remove(&mut self, process: ProcessId) {
        self.others.retain(|&other| other != process);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_come_and_go_as_they_are_answered() {
        let [zero, one, two] = [0, 1, 2].map(ProcessId);
        let mut processes = Processes::default();
        assert_eq!(processes.other(5), zero);
        let followed = [
            (Op::Fork, Answer::Forked(one)),
            (Op::Use { process: one }, Answer::Silent),
            (Op::Fork, Answer::Forked(two)),
            (Op::Use { process: one }, Answer::Silent),
            (Op::Use { process: ProcessId(7) }, Answer::NO_SUCH_PROCESS),
            (Op::Exit { process: one }, Answer::NO_SUCH_PROCESS),
        ];
        for (op, answer) in followed {
            processes.follow(&op, answer);
        }
        assert_eq!((processes.current(), processes.others()), (one, &[zero, two][..]));
        assert_eq!((processes.other(1), processes.other(2)), (two, zero));
        processes.follow(&Op::Exit { process: zero }, Answer::Silent);
        assert_eq!(processes.others(), [two]);
    }
}
