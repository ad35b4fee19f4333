//! What is where, from which operation on, and until which.

use growstack::{Addr, AddrRange, EntryFlags, Growth, Prot};

use crate::answer::{Answer, Cause, Row};
use crate::kernel::Kernel;
use crate::replay::QUICK;
use crate::trace::{RowText, Trace};

/// How many states of the map are drawn at most: a screen has no more lines.
const MOST_STATES: usize = 1000;

/// What a rectangle stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// An entry that can't grow.
    Plain(Prot),
    /// One that can.
    Stack,
    /// What a stack may still grow into: its reserve, or in 14.2 its gap.
    Reserve,
    /// A guard of 14.2, or that part of a gap which is never grown into.
    Guard,
}

/// A rectangle: addresses for a time. Times are numbers of states, `until` is excluded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Shape {
    pub(super) kind: Kind,
    pub(super) range: AddrRange,
    pub(super) from: usize,
    pub(super) until: usize,
    pub(super) text: String,
}

/// Something that happened at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Event {
    /// A stack grew by this.
    Grown(AddrRange),
    /// The operation at this address was refused.
    Refused(Option<Addr>),
}

/// An event and when it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Mark {
    pub(super) event: Event,
    pub(super) state: usize,
    pub(super) text: String,
}

/// All that is to be drawn.
#[derive(Debug, Default)]
pub(super) struct History {
    pub(super) shapes: Vec<Shape>,
    pub(super) marks: Vec<Mark>,
    /// How many states there are.
    pub(super) states: usize,
    /// How many operations lead from one state to the next.
    pub(super) stride: usize,
    pub(super) operations: usize,
    /// Are there guards, as in 14.2?
    pub(super) guards: bool,
    /// The most entries there were.
    pub(super) most: usize,
    /// The operations and what was answered, if each has a state of its own.
    pub(super) lines: Vec<String>,
}

impl History {
    pub(super) fn of(trace: &Trace) -> Self {
        let operations = trace.steps.len();
        let stride = operations.div_ceil(MOST_STATES).max(1);
        let mut history =
            Self { states: operations.div_ceil(stride), stride, operations, ..Self::default() };
        history.guards = trace.config().kernel() == Kernel::Freebsd14;
        let mut map = (QUICK.create)(trace.config());
        let (mut changes, mut rows) = (Vec::new(), Vec::new());
        let mut open: Vec<Shape> = Vec::new();
        for (index, step) in trace.steps.iter().enumerate() {
            changes.clear();
            let state = index / stride;
            let (answer, cause) = map.apply(step.op(), &mut changes);
            let mut line = format!("{}: {}", index + 1, step.op());
            if answer != Answer::Silent {
                line += &format!(" = {answer}");
            }
            history.mark(state, &line, cause, step.op().address());
            if stride == 1 {
                history.lines.push(line);
            }
            history.most = history.most.max(map.summary().entries);
            if (index + 1) % stride == 0 || index + 1 == operations {
                map.entries(&mut rows);
                open = history.go_on(open, &rows, state);
            }
        }
        let states = history.states;
        history.shapes.extend(open.into_iter().map(|shape| Shape { until: states, ..shape }));
        history
    }

    fn mark(&mut self, state: usize, line: &str, cause: Cause, addr: Option<Addr>) {
        let event = match cause {
            Cause::Grew(Growth::Grown { added, .. }) => Event::Grown(added),
            Cause::Refused(_) => Event::Refused(addr),
            _ => return,
        };
        self.marks.push(Mark { event, state, text: format!("{line}\n{cause}") });
    }

    /// Closes the shapes that are no more, and opens those that are new. Both lists are in the
    /// order of addresses, a reserve before its stack.
    fn go_on(&mut self, open: Vec<Shape>, rows: &[Row], state: usize) -> Vec<Shape> {
        let same = |one: &Shape, other: &Shape| {
            (one.kind, one.range, &one.text) == (other.kind, other.range, &other.text)
        };
        let mut before = open.into_iter().peekable();
        let mut now: Vec<Shape> = Vec::new();
        for mut shape in shapes(rows, state) {
            while let Some(old) = before.next_if(|old| old.range.start() <= shape.range.start()) {
                if same(&old, &shape) {
                    shape.from = old.from;
                    // What comes next starts further up, or is the shape's own neighbour.
                    break;
                }
                self.shapes.push(Shape { until: state, ..old });
            }
            now.push(shape);
        }
        self.shapes.extend(before.map(|old| Shape { until: state, ..old }));
        now
    }
}

/// The rectangles of a map at one moment.
fn shapes(rows: &[Row], from: usize) -> Vec<Shape> {
    let mut shapes = Vec::with_capacity(rows.len());
    for row in rows {
        let shape = |kind, range, text| Shape { kind, range, from, until: from, text };
        let (start, end, avail) = (row.range.start(), row.range.end(), row.shown_avail());
        let down = AddrRange::new(start.wrapping_back(avail), start)
            .filter(|_| row.flags.contains(EntryFlags::GROWS_DOWN));
        let up = AddrRange::new(end, end.wrapping_add(avail))
            .filter(|_| row.flags.contains(EntryFlags::GROWS_UP));
        let reserve = |range| shape(Kind::Reserve, range, format!("{avail} left to grow, {range}"));
        shapes.extend(down.map(reserve));
        let text = RowText(row).to_string();
        if row.flags.intersects(EntryFlags::STACK_GAP) {
            let (room, guard) = parts_of_gap(row);
            shapes.extend(room.map(|range| shape(Kind::Reserve, range, text.clone())));
            shapes.extend(guard.map(|range| shape(Kind::Guard, range, text)));
            continue;
        }
        let kind = match row.prot {
            _ if row.is_stack() => Kind::Stack,
            _ if row.flags.contains(EntryFlags::GUARD) => Kind::Guard,
            prot => Kind::Plain(prot),
        };
        shapes.push(shape(kind, row.range, text));
        shapes.extend(up.map(reserve));
    }
    // A reserve may reach below entries that were mapped in it.
    shapes.sort_by_key(|shape| shape.range.start());
    shapes
}

/// What a stack may grow into of its gap, and the guard bytes at the far end of that.
fn parts_of_gap(row: &Row) -> (Option<AddrRange>, Option<AddrRange>) {
    let (start, end) = (row.range.start(), row.range.end());
    let guard = row.avail.min(row.range.len());
    if row.flags.contains(EntryFlags::STACK_GAP_DN) {
        let at = start.wrapping_add(guard);
        (AddrRange::new(at, end), AddrRange::new(start, at))
    } else {
        let at = end.wrapping_back(guard);
        (AddrRange::new(start, at), AddrRange::new(at, end))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn history(body: &str) -> History {
        let header = "growstack-trace 1\nmap min=0x1000 max=0x100000 page=4096\nproc maxsaddr=inf\n\
            sysctl sgrowsiz=0x1000 stack_guard_page=0\nlimit stack=inf vmem=inf memlock=inf swap=inf\n";
        History::of(&Trace::parse(format!("{header}{body}").as_bytes()).unwrap())
    }

    /// Kind, first and last page, first state and the one after the last.
    fn reported(history: &History) -> Vec<(Kind, u64, u64, usize, usize)> {
        let page = |addr: Addr| addr.get() / 4096;
        let tell =
            |s: &Shape| (s.kind, page(s.range.start()), page(s.range.end()), s.from, s.until);
        let mut reported: Vec<_> = history.shapes.iter().map(tell).collect();
        reported.sort_by_key(|&(_, start, end, from, _)| (from, start, end));
        reported
    }

    #[test]
    fn an_entry_is_one_shape_for_as_long_as_it_stays() {
        let history = history(
            "insert 0x2000 0x4000 rw- rwx - - 0\ninsert 0x6000 0x7000 r-- rwx - - 0\nlookup 0\n\
             remove 0x2000 0x4000\n",
        );
        let (write, read) = (Kind::Plain(Prot::RW), Kind::Plain(Prot::READ));
        assert_eq!(reported(&history), [(write, 2, 4, 0, 3), (read, 6, 7, 1, 4)]);
        assert_eq!((history.states, history.stride, history.most), (4, 1, 2));
        assert_eq!(history.lines[2], "3: lookup 0x0 = FALSE");
    }

    #[test]
    fn stacks_have_room_and_grow() {
        let history =
            history("stack 0x10000 0x8000 rw- rwx grows_down\ngrow 0x15000\ngrow 0x1000\n");
        let write = Kind::Plain(Prot::RW);
        assert_eq!(
            reported(&history),
            [
                (Kind::Reserve, 0x10, 0x17, 0, 1),
                (Kind::Stack, 0x17, 0x18, 0, 1),
                (Kind::Reserve, 0x10, 0x15, 1, 3),
                (Kind::Stack, 0x15, 0x17, 1, 3),
                (write, 0x17, 0x18, 1, 3),
            ]
        );
        let [grown, refused] = &history.marks[..] else { panic!("{:?}", history.marks) };
        assert!(matches!(grown.event, Event::Grown(range) if range.len().get() == 0x2000));
        assert!(matches!(refused.event, Event::Refused(Some(_))) && refused.state == 2);
    }

    #[test]
    fn guards_and_gaps_of_14_are_drawn_apart() {
        let header = "growstack-trace 1\nmap min=0x1000 max=0x100000 page=4096 kernel=freebsd-14\n\
            proc maxsaddr=inf stacktop=0x100000 stkgap=on\n\
            sysctl sgrowsiz=0x1000 stack_guard_page=2\nlimit stack=inf vmem=inf memlock=inf swap=inf\n";
        let body = "stack 0x10000 0x8000 rw- rwx grows_down\ninsert 0x30000 0x31000 --- --- guard - 0\n\
            stack 0x40000 0x8000 rw- rwx grows_up\ngrow 0x16000\n";
        let history = History::of(&Trace::parse(format!("{header}{body}").as_bytes()).unwrap());
        assert!(history.guards);
        assert_eq!(
            reported(&history),
            [
                (Kind::Guard, 0x10, 0x12, 0, 3),
                (Kind::Reserve, 0x12, 0x17, 0, 3),
                (Kind::Stack, 0x17, 0x18, 0, 4),
                (Kind::Guard, 0x30, 0x31, 1, 4),
                (Kind::Stack, 0x40, 0x41, 2, 4),
                (Kind::Reserve, 0x41, 0x46, 2, 4),
                (Kind::Guard, 0x46, 0x48, 2, 4),
                (Kind::Guard, 0x10, 0x12, 3, 4),
                (Kind::Reserve, 0x12, 0x16, 3, 4),
                (Kind::Stack, 0x16, 0x17, 3, 4),
            ]
        );
    }

    #[test]
    fn long_traces_have_fewer_states_than_operations() {
        let history =
            history(&"insert 0x2000 0x3000 rw- rwx - - 0\nremove 0x2000 0x3000\n".repeat(1200));
        assert_eq!((history.operations, history.stride, history.states), (2400, 3, 800));
        assert!(history.lines.is_empty());
        assert!(history.shapes.iter().all(|shape| shape.from < shape.until && shape.until <= 800));
    }
}
