//! A map that takes its turn, whatever it is.

use super::act::Act;
use super::block::Block;
use super::map_runner::{MapRunner, ReadOnly};
use super::whole_runner::{Naive, WholeRunner};
use crate::contenders::{Brie, EngineTree, Floor, Nodit, Ranges, RedBlack, Sorted, StdBTreeMap};
use crate::layout::Layout;
use crate::machine::heap::counted;
use crate::machine::tsc::Clock;
use crate::work::Work;

/// The engine in results.
pub const ENGINE: &str = "growstack";
/// The engine's tree alone, where the engine stands for all of it: growth and the search for space.
pub const ENGINE_TREE: &str = "growstack tree";
/// The engine with limits and rules, where it stands for the tree: look-ups, and insertion with
/// removal.
pub const ENGINE_WHOLE: &str = "growstack whole";
/// The static tree.
pub const FLOOR: &str = "floor";
/// The peers with insertion in O(log n).
pub const DYNAMIC: [&str; 5] =
    ["std-btreemap", "rangemap", "nodit", "brie-tree", "intrusive-rbtree"];
/// The peer that the floor has to beat.
pub const FASTEST_PEER: &str = "brie-tree";
/// Most entries for which the naive reference, which checks itself after each step, is bearable.
const MOST_FOR_REFERENCE: usize = 4096;

/// A map that takes its turn.
pub trait Runner {
    /// Its name in results for an act.
    fn who(&self, act: Act) -> &'static str;

    /// Runs a block; `None` if it cannot do that.
    fn run(&mut self, act: Act, work: &Work, clock: &Clock) -> Option<Block>;
}

/// Every map with the entries of a layout, and the bytes each one allocated. With `quick`, the
/// reference takes part in small maps only.
#[must_use]
pub fn all(layout: &Layout, quick: bool) -> Vec<(Box<dyn Runner>, i64)> {
    let mut all = engine(layout);
    all.extend([
        made(|| MapRunner::<StdBTreeMap>::new("std-btreemap", layout)),
        made(|| MapRunner::<Ranges>::new("rangemap", layout)),
        made(|| MapRunner::<Nodit>::new("nodit", layout)),
        made(|| MapRunner::<Brie>::new("brie-tree", layout)),
        made(|| MapRunner::<RedBlack>::new("intrusive-rbtree", layout)),
        made(|| MapRunner::<Sorted>::new("sorted-vec", layout)),
        made(|| ReadOnly::new(FLOOR, Floor::new(&bounds(layout)))),
    ]);
    if layout.spans.len() <= if quick { MOST_FOR_REFERENCE / 16 } else { MOST_FOR_REFERENCE } {
        all.push(made(|| Naive::new(layout)));
    }
    all
}

/// The engine, as a tree and as a whole, with the entries of a layout.
#[must_use]
pub fn engine(layout: &Layout) -> Vec<(Box<dyn Runner>, i64)> {
    vec![made(|| MapRunner::<EngineTree>::new(ENGINE, layout)), made(|| WholeRunner::new(layout))]
}

fn made<R: Runner + 'static>(make: impl FnOnce() -> R) -> (Box<dyn Runner>, i64) {
    let (runner, counts) = counted(make);
    (Box::new(runner), counts.bytes)
}

fn bounds(layout: &Layout) -> Vec<(u64, u64)> {
    layout.spans.iter().map(|span| (span.start, span.end)).collect()
}
