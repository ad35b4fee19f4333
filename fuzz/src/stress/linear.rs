//! Is there an order in which one thread could have done the same?
//!
//! The search of Wing and Gong: take away an event that no other one had returned before, carry it
//! out on the oracle, and go on if the oracle answers the same. A history is linearizable if
//! all events can be taken away so and the oracle is left with the map that was found.

use growstack::EntryFlags;

use super::history::{Call, Event, History, Outcome};
use crate::answer::Row;
use crate::space::AddressSpace;

/// Most threads of a history.
pub const MOST_THREADS: usize = 8;

/// Is a history that began with this oracle linearizable?
#[must_use]
pub fn linearizable<O: AddressSpace + Clone>(start: &O, history: &History) -> bool {
    search(start, history, [0; MOST_THREADS])
}

fn search<O: AddressSpace + Clone>(
    map: &O,
    history: &History,
    done: [usize; MOST_THREADS],
) -> bool {
    let heads = || {
        let threads = history.threads.iter().zip(done).enumerate();
        threads.filter_map(|(thread, (events, at))| Some((thread, events.get(at)?)))
    };
    let Some(first_return) = heads().map(|(_, event)| event.returned).min() else {
        return is_left(map, history);
    };
    heads().filter(|(_, event)| event.called < first_return).any(|(thread, event)| {
        let mut after = map.clone();
        let mut done = done;
        done[thread] += 1;
        answers_alike(&mut after, event) && search(&after, history, done)
    })
}

fn answers_alike(map: &mut impl AddressSpace, event: &Event) -> bool {
    match (&event.call, &event.outcome) {
        (Call::Operation(op), Outcome::Operation(answer, cause, changes)) => {
            let mut reported = Vec::new();
            map.apply(op, &mut reported) == (*answer, *cause) && reported == *changes
        }
        (Call::Protection(addr), Outcome::Protection(prot)) => {
            let mut rows: Vec<Row> = Vec::new();
            map.entries(&mut rows);
            let holder = rows.iter().find(|row| row.range.contains(*addr));
            // A guard is as good as unmapped to one who asks without a lock.
            let holder = holder.filter(|row| !row.flags.contains(EntryFlags::GUARD));
            holder.map(|row| row.prot) == *prot
        }
        _ => false,
    }
}

fn is_left(map: &impl AddressSpace, history: &History) -> bool {
    let mut rows = Vec::new();
    map.entries(&mut rows);
    rows.iter_mut().for_each(|row: &mut Row| row.avail = row.shown_avail());
    rows == history.rows && map.summary() == history.summary
}
