//! How full nodes are, and what the entries cost in memory.

extern crate std;

use super::model::{Pair, Rng};
use crate::tree::Tree;
use crate::tree::node::Leaf;
use std::vec::Vec;

/// A value of the size the map keeps.
type Value = [u64; 4];

#[test]
fn a_million_entries_in_random_order_take_80_bytes_each() {
    const LEN: u64 = 1 << 20;
    let mut order: Vec<u64> = (0..LEN).collect();
    let mut rng = Rng::new(1);
    for last in (1..order.len()).rev() {
        order.swap(last, rng.index(last + 1));
    }
    let mut tree: Tree<Value> = Tree::new(0, u64::MAX);
    for index in order {
        let start = index * 4096;
        let mut at = tree.seek(start);
        tree.insert(&mut at, start, start + 4096, [index; 4]).unwrap();
    }
    tree.check().unwrap();
    assert_eq!(tree.len() as u64, LEN);
    assert!(tree.memory() as u64 <= 80 * LEN, "{} bytes", tree.memory());
}

#[test]
fn a_small_tree_takes_one_short_chunk() {
    let mut tree: Tree<Value> = Tree::new(0, u64::MAX);
    let mut at = tree.end();
    tree.insert(&mut at, 0, 1, [0; 4]).unwrap();
    assert_eq!((tree.nodes_in_use(), tree.nodes_free()), (1, 7));
    assert_eq!(tree.memory(), 8 * size_of::<Leaf<Value, 16>>());
}

#[test]
fn ascending_entries_leave_full_nodes_behind() {
    let mut pair = Pair::<16>::new(0, u64::MAX);
    for index in 0..3000 {
        pair.insert(index * 2, index * 2 + 1);
    }
    let leaves = pair.tree.leaves.used();
    assert!(leaves <= 3000 / 13 + 1, "{leaves} leaves");
}

#[test]
fn bulk_leaves_an_eighth_of_the_places_free() {
    let entries: Vec<_> = (0..3000).map(|index| (index * 2, index * 2 + 1)).collect();
    let mut pair = Pair::<16>::bulk(0, u64::MAX, &entries);
    assert_eq!(pair.tree.leaves.used(), 3000_usize.div_ceil(14));
    assert_eq!(pair.tree.inner.used(), 215_usize.div_ceil(28) + 1);
    let nodes = pair.tree.nodes_in_use();
    pair.insert(3001, 3002);
    assert_eq!(pair.tree.nodes_in_use(), nodes, "there was room");
}

/// A last leaf with just the fewest entries that a leaf may have stays as it is; with one fewer it
/// gets half of what the one before has.
#[test]
fn bulk_levels_out_what_is_underfull_alone() {
    for (last, first) in [(4, 14), (3, (14 + 3) / 2)] {
        let entries: Vec<_> = (0..14 + last).map(|index| (index * 2, index * 2 + 1)).collect();
        let pair = Pair::<16>::bulk(0, u64::MAX, &entries);
        let tree = &pair.tree;
        assert_eq!(tree.leaf(&tree.first()).unwrap().len(), first, "{last}");
    }
}

#[test]
fn bulk_allocates_no_more_than_it_may_need() {
    // The second leaf takes a root as well; nodes come by eights.
    let entries = (0..15).map(|index| (index * 2, index * 2 + 1, [index; 4]));
    let tree: Tree<Value> = Tree::bulk(0, u64::MAX, entries).unwrap();
    assert_eq!((tree.nodes_in_use(), tree.nodes_free()), (3, 13));
}

#[test]
fn going_back_and_forth_across_a_split_takes_no_nodes() {
    let mut pair = Pair::<16>::new(0, u64::MAX);
    for index in 0..16 {
        pair.insert(index * 10, index * 10 + 5);
    }
    pair.insert(77, 78);
    let nodes = pair.tree.nodes_in_use();
    assert_eq!(nodes, 3);
    for _ in 0..20 {
        pair.remove(77);
        assert_eq!(pair.tree.nodes_in_use(), nodes);
        pair.insert(77, 78);
        assert_eq!(pair.tree.nodes_in_use(), nodes);
    }
}

/// Of two siblings that do not fit into one, each gets half of what both have, inner nodes too.
#[test]
fn siblings_that_do_not_fit_into_one_share_alike() {
    let entries: Vec<_> = (0..56).map(|index| (index * 2, index * 2 + 1)).collect();
    let mut pair = Pair::<4>::bulk(0, u64::MAX, &entries);
    let children = |tree: &Tree<u64, 4>| {
        let root = tree.inner.get(tree.root).unwrap();
        [0, 1].map(|slot| tree.inner.get(root.child(slot)).unwrap().len())
    };
    assert_eq!((pair.tree.height(), children(&pair.tree)), (3, [7, 7]));
    pair.insert(81, 82);
    let mut before = children(&pair.tree);
    while before != [2, 8] {
        pair.remove(0);
        before = children(&pair.tree);
    }
    // One child fewer would be too few, and the two nodes have nine then.
    while children(&pair.tree) == before {
        pair.remove(0);
    }
    assert_eq!(children(&pair.tree), [4, 5]);
}

#[test]
fn siblings_that_just_fit_become_one() {
    let entries: Vec<_> = (0..28).map(|index| (index * 2, index * 2 + 1)).collect();
    let mut pair = Pair::<16>::bulk(0, u64::MAX, &entries);
    assert_eq!(pair.tree.leaves.used(), 2);
    pair.remove(54);
    for left in (3..14).rev() {
        assert_eq!(pair.tree.nodes_in_use(), 3, "{left}");
        pair.remove(0);
    }
    assert_eq!((pair.tree.len(), pair.tree.nodes_in_use()), (16, 1));
}
