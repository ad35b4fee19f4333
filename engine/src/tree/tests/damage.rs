//! `check` finds a broken invariant of every kind.

extern crate std;

use super::model::Pair;
use crate::tree::search::VACANT;
use crate::tree::{MAX_HEIGHT, Tree, Violation};
use std::string::ToString;

fn sound() -> Tree<u64, 4> {
    let mut pair = Pair::<4>::new(10, 10_000);
    for index in 1..60 {
        pair.insert(index * 20, index * 20 + index % 7 + 1);
    }
    for index in 20..40 {
        pair.remove(index * 20);
    }
    assert!(pair.tree.height() >= 3);
    pair.tree
}

/// Damages a sound tree, and gives what `check` says.
fn damaged(damage: impl FnOnce(&mut Tree<u64, 4>)) -> Violation {
    let mut tree = sound();
    damage(&mut tree);
    let violation = tree.check().unwrap_err();
    assert!(violation.to_string().starts_with('I'), "{violation}");
    violation
}

#[test]
fn check_finds_damaged_entries() {
    let moved = damaged(|tree| {
        let at = tree.first();
        tree.leaves.get_mut(at.node(0)).unwrap().starts[0] = 5;
    });
    assert!(matches!(moved, Violation::Order { start: 5, below: 10, .. }), "{moved}");
    let beyond = damaged(|tree| tree.max = 1_000);
    assert!(matches!(beyond, Violation::Order { start: 1_000.., .. }), "{beyond}");
    let empty = damaged(|tree| {
        let at = tree.first();
        let leaf = tree.leaves.get_mut(at.node(0)).unwrap();
        leaf.ends[0] = leaf.starts[0];
    });
    assert!(matches!(empty, Violation::Order { start: 20, end: 20, .. }), "{empty}");
    let counted = damaged(|tree| tree.len += 1);
    assert!(matches!(counted, Violation::Count { .. }), "{counted}");
    let marked = damaged(|tree| {
        let mut at = tree.first();
        while tree.leaf(&at).unwrap().is_full() {
            tree.next_leaf(&mut at);
        }
        tree.leaves.get_mut(at.node(0)).unwrap().ends[3] = 7;
    });
    assert!(matches!(marked, Violation::Mark { level: 0, slot: 3, .. }), "{marked}");
}

#[test]
fn check_finds_damaged_inner_nodes() {
    let key = damaged(|tree| tree.inner.get_mut(tree.root).unwrap().keys_mut()[0] += 1);
    assert!(matches!(key, Violation::Separator { slot: 0, .. }), "{key}");
    let wide = damaged(|tree| tree.inner.get_mut(tree.root).unwrap().gaps_mut()[0] += 1);
    assert!(matches!(wide, Violation::Gap { slot: 0, .. }), "{wide}");
    let narrow = damaged(|tree| tree.inner.get_mut(tree.root).unwrap().gaps_mut()[1] -= 1);
    assert!(matches!(narrow, Violation::Gap { slot: 1, .. }), "{narrow}");
    let last = damaged(|tree| {
        let root = tree.inner.get_mut(tree.root).unwrap();
        let last = root.len() - 1;
        root.keys_mut()[last] = VACANT - 1;
    });
    let tree = sound();
    let len = tree.inner.get(tree.root).unwrap().len();
    assert!(matches!(last, Violation::Mark { slot, .. } if slot + 1 == len), "{last}");
    for behind in [len, len + 1] {
        let gap = damaged(|tree| tree.inner.get_mut(tree.root).unwrap().gaps_mut()[behind] = 7);
        assert!(matches!(gap, Violation::Mark { slot, .. } if slot == behind), "{gap}");
    }
    let child = damaged(|tree| tree.inner.get_mut(tree.root).unwrap().children_mut()[len + 1] = 7);
    assert!(matches!(child, Violation::Mark { slot, .. } if slot == len + 1), "{child}");
    let lost = damaged(|tree| tree.inner.get_mut(tree.root).unwrap().children_mut()[0] = 1 << 20);
    assert!(matches!(lost, Violation::Level { node: 0x10_0000, .. }), "{lost}");
}

#[test]
fn check_finds_a_wrong_shape() {
    let thin = damaged(|tree| {
        let at = tree.first();
        let leaf = tree.leaves.get_mut(at.node(0)).unwrap();
        while leaf.len() > 1 {
            leaf.remove(0);
        }
    });
    assert!(matches!(thin, Violation::Fill { level: 0, len: 1, .. }), "{thin}");
    let lone = damaged(|tree| {
        let mut at = tree.first();
        tree.inner.reserve(1).unwrap();
        tree.grow_root(&mut at).unwrap();
    });
    assert!(matches!(lone, Violation::Fill { level: 2.., len: 1, .. }), "{lone}");
    let height = damaged(|tree| tree.height = 0);
    assert!(matches!(height, Violation::Level { level: 0, .. }), "{height}");
    // The most that a tree may have is no mistake in itself: the walk finds what is.
    let most = damaged(|tree| tree.height = MAX_HEIGHT);
    assert!(!matches!(most, Violation::Level { level: MAX_HEIGHT.., .. }), "{most}");
    const PAST: usize = MAX_HEIGHT + 1;
    let past = damaged(|tree| tree.height = PAST);
    assert!(matches!(past, Violation::Level { level: PAST, .. }), "{past}");
}

#[test]
fn check_finds_lost_nodes() {
    let leaf = damaged(|tree| {
        tree.leaves.reserve(1).unwrap();
        tree.leaves.take().unwrap();
    });
    assert!(matches!(leaf, Violation::Nodes { leaves: true, .. }), "{leaf}");
    let inner = damaged(|tree| {
        tree.inner.reserve(1).unwrap();
        tree.inner.take().unwrap();
    });
    assert!(matches!(inner, Violation::Nodes { leaves: false, .. }), "{inner}");
    let shared = damaged(|tree| tree.leaves.give_back(tree.first().node(0)));
    assert!(!matches!(shared, Violation::Count { .. }), "{shared}");
}

#[test]
fn check_finds_free_nodes_that_are_not_vacant() {
    let free_leaf = |tree: &mut Tree<u64, 4>| {
        tree.leaves.reserve(1).unwrap();
        let at = tree.leaves.take().unwrap();
        tree.leaves.give_back(at);
        tree.check().unwrap();
        at
    };
    // The first end is the link.
    for (starts, place) in [(true, 0), (true, 3), (false, 1), (false, 3)] {
        let leaf = damaged(|tree| {
            let at = free_leaf(tree);
            let leaf = tree.leaves.get_mut(at).unwrap();
            *if starts { &mut leaf.starts[place] } else { &mut leaf.ends[place] } = 5;
        });
        assert!(matches!(leaf, Violation::Nodes { leaves: true, .. }), "{leaf}");
    }
    let free_inner = |tree: &mut Tree<u64, 4>| {
        tree.inner.reserve(1).unwrap();
        let at = tree.inner.take().unwrap();
        tree.inner.give_back(at);
        tree.check().unwrap();
        at
    };
    // The first child is the link.
    for what in ["key", "child", "gap", "keys", "gaps"] {
        let inner = damaged(|tree| {
            let at = free_inner(tree);
            let inner = tree.inner.get_mut(at).unwrap();
            match what {
                "key" => inner.keys_mut()[2] = 5,
                "child" => inner.children_mut()[2] = 5,
                "gap" => inner.gaps_mut()[2] = 5,
                "keys" => inner.keys_mut()[2..4].fill(5),
                _ => inner.gaps_mut()[2..4].fill(5),
            }
        });
        assert!(matches!(inner, Violation::Nodes { leaves: false, .. }), "{what}: {inner}");
    }
}

/// Only debug builds know, and tests are such.
#[test]
#[cfg(debug_assertions)]
fn check_finds_a_prediction_that_was_too_low() {
    let full = || {
        let mut tree: Tree<u64, 4> = Tree::new(0, 100);
        for start in [10, 20, 30, 40] {
            let mut at = tree.seek(start);
            tree.insert(&mut at, start, start + 1, start).unwrap();
        }
        tree
    };
    let insert = |tree: &mut Tree<u64, 4>, start| {
        let mut at = tree.seek(start);
        let below = tree.end_below(&at);
        tree.insert_predicted(&mut at, (start, start + 1), start, below).unwrap();
    };
    // A node too few.
    let mut tree = full();
    let at = tree.seek(50);
    tree.predict_in_place(&at);
    insert(&mut tree, 50);
    assert_eq!(tree.check(), Err(Violation::Prediction { in_use: 3, predicted: 1 }));
    // Right, and then one insertion more, though there is room for it.
    let mut tree = full();
    let at = tree.seek(50);
    tree.ensure_for([Some(&at), None]).unwrap();
    insert(&mut tree, 50);
    tree.check().unwrap();
    insert(&mut tree, 60);
    assert!(matches!(tree.check(), Err(Violation::Place { .. })));
    // In the other leaf, with room in both.
    let mut tree = full();
    let mut at = tree.seek(50);
    tree.insert(&mut at, 50, 51, 50).unwrap();
    tree.ensure_for([Some(&tree.first()), None]).unwrap();
    insert(&mut tree, 60);
    assert!(matches!(tree.check(), Err(Violation::Place { .. })));
}
