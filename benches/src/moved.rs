//! The bytes that an insertion must write, and those that a leaf of the engine's tree writes.

use growstack::tree::Cursor;

use crate::job::layout;
use crate::layout::Kind;
use crate::op::Op;
use crate::peer::{Bounds, PeerMap, Value};
use crate::peers::EngineTree;

/// Bytes of an entry: its bounds and its value. No map can insert one and write fewer.
pub const ENTRY: usize = size_of::<(Bounds, Value)>();

/// Bytes that growth down writes to a leaf for the new entry, the mean over all stacks of the layout
/// that growth is measured in.
///
/// The entry goes in before that of the stack, so that all from there on to the end of the leaf move
/// by a place. A full leaf counts as if it had room: what a split moves is not in it, nor are the gaps
/// that inner nodes keep.
#[must_use]
pub fn written(n: usize) -> f64 {
    let layout = layout(Op::GrowDown, n);
    let entries = layout.in_order_of_making().map(|span| (span.start, span.end, span.value()));
    let map = EngineTree::build(layout.max, entries);
    let stacks = layout.of_kind(Kind::Down);
    let places: usize = stacks.iter().map(|stack| 1 + to_the_end(&map, stack.start)).sum();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let mean = (places * ENTRY) as f64 / stacks.len().max(1) as f64;
    mean
}

/// Entries of a leaf from the one that holds an address to the last.
fn to_the_end(map: &EngineTree, addr: u64) -> usize {
    let mut at = Cursor::default();
    map.tree().seek_into(addr, &mut at);
    let (first, mut entries) = (at.clone(), 0);
    while at.same_leaf(&first) && map.tree().item(&at).is_some() {
        entries += 1;
        if !map.tree().advance(&mut at) {
            break;
        }
    }
    entries
}

/// One sentence with both.
#[must_use]
pub fn sentence(n: usize) -> String {
    let written = written(n);
    format!(
        "{n} entries: growth down must write {ENTRY} bytes, those of the new entry; a leaf of \
         growstack writes {written:.0}, for the entries behind it move by a place (splits and gaps \
         not counted)."
    )
}
