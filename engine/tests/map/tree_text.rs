//! What the index says of itself and of what it refuses.

use std::panic::{AssertUnwindSafe, catch_unwind};

use growstack::tree::{BulkError, Tree};

#[test]
fn refusals_read_well() {
    let mut tree: Tree<u64> = Tree::new(0, 100);
    tree.set_node_cap(Some(1));
    let refused = tree.reserve_nodes(2).unwrap_err();
    assert_eq!(refused.to_string(), "no 2 leaves and 2 inner nodes for 0 in use with a cap of 1");
    let order: BulkError = Tree::<u64>::bulk(0, 100, [(16, 32, 1), (8, 9, 1)]).unwrap_err();
    assert_eq!(order.to_string(), "entry 1, [0x8, 0x9), is empty or not after 0x20");
    let bounds: BulkError = Tree::<u64>::bulk(0, 100, [(16, 101, 1)]).unwrap_err();
    assert_eq!(bounds.to_string(), "entry 0, [0x10, 0x65), is out of bounds");
}

#[test]
fn a_tree_shows_its_shape() {
    let tree = Tree::<u64>::bulk(0, 100, [(16, 32, 1)]).unwrap();
    let shown = format!("{tree:?}");
    assert!(shown.starts_with("Tree { min: 0, max: 100, len: 1, height: 1"), "{shown}");
    let mut entries = tree.iter();
    assert_eq!(format!("{entries:?}"), "Iter { left: (1, 1), .. }");
    entries.next().unwrap();
    assert_eq!(format!("{entries:?}"), "Iter { left: (0, 0), .. }");
}

/// A place that is taken is a mistake of the caller's, which debug builds tell.
#[test]
#[cfg(debug_assertions)]
fn a_taken_place_is_reported() {
    for (start, end) in [(10, 21), (5, 5), (9, 8), (25, 35), (95, 101)] {
        let mut tree = Tree::<u64>::bulk(0, 100, [(20, 30, 1)]).unwrap();
        let mut at = tree.seek(start);
        let inserted = catch_unwind(AssertUnwindSafe(|| tree.insert(&mut at, start, end, 2)));
        assert!(inserted.is_err(), "{start} to {end}");
    }
}
