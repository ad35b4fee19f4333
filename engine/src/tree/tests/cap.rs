//! The cap on nodes, and nodes had in advance.

extern crate std;

use super::model::plain;
use crate::tree::{Need, OutOfNodes, Tree};
use std::vec::Vec;

/// Entries with room for another before each and after the last.
fn spaced<const B: usize>(len: u64) -> Tree<u64, B> {
    let mut tree = Tree::new(0, u64::MAX);
    // From both sides, so that there are nodes of many sizes.
    for step in 0..len {
        let index = if step % 3 == 0 { step / 3 } else { 2 * len - step };
        let mut at = tree.seek(index * 10);
        tree.insert(&mut at, index * 10 + 5, index * 10 + 6, index).unwrap();
    }
    tree
}

fn contents<const B: usize>(tree: &Tree<u64, B>) -> Vec<Option<(u64, u64, u64)>> {
    tree.iter().map(|item| plain(Some(item))).collect()
}

fn refuses_at_every_place<const B: usize>(most: u64) {
    let mut refused = 0;
    for len in 0..most {
        for place in 0..=len as usize {
            let mut tree = spaced::<B>(len);
            let mut at = tree.first();
            (0..place).for_each(|_| {
                tree.advance(&mut at);
            });
            let before = contents(&tree);
            let here = plain(tree.item(&at));
            let start = tree.end_below(&at).map_or(0, |end| end + 1);
            let (need, in_use) = (tree.need_one(&at), tree.nodes_in_use());

            for short in 1..=need.total() {
                let cap = Some(in_use + need.total() - short);
                tree.set_node_cap(cap);
                let refusal = tree.insert(&mut at, start, start + 1, u64::MAX);
                assert_eq!(refusal, Err(OutOfNodes { need, in_use, cap }));
                assert_eq!(contents(&tree), before);
                assert_eq!(plain(tree.item(&at)), here);
                assert_eq!(tree.nodes_in_use(), in_use);
                tree.check().unwrap();
                refused += 1;
            }
            tree.set_node_cap(Some(in_use + need.total()));
            tree.insert(&mut at, start, start + 1, u64::MAX).unwrap();
            assert_eq!(tree.nodes_in_use(), in_use + need.total());
            assert_eq!(tree.len(), before.len() + 1);
            tree.check().unwrap();
        }
    }
    assert!(refused > 0);
}

#[test]
fn a_refused_insertion_changes_nothing() {
    refuses_at_every_place::<4>(60);
    refuses_at_every_place::<8>(90);
}

#[test]
fn a_cap_below_what_is_in_use_refuses_nodes_only() {
    let mut tree = spaced::<4>(30);
    tree.set_node_cap(Some(1));
    assert_eq!(tree.ensure(Need::NONE), Ok(()));
    assert!(tree.ensure(Need { leaves: 1, inner: 0 }).is_err());
    let mut at = tree.first();
    while tree.need_one(&at).total() > 0 {
        assert!(tree.advance(&mut at), "some leaf has room");
    }
    let start = tree.end_below(&at).map_or(0, |end| end + 1);
    tree.insert(&mut at, start, start + 1, 0).unwrap();
    tree.set_node_cap(None);
    tree.ensure(Need { leaves: 5, inner: 5 }).unwrap();
}

#[test]
fn nodes_are_had_in_advance() {
    let mut tree: Tree<u64, 4> = Tree::new(0, u64::MAX);
    tree.reserve_nodes(40).unwrap();
    assert!(tree.nodes_free() >= 80 && tree.nodes_in_use() == 0);
    let memory = tree.memory();
    for index in 0..60 {
        let mut at = tree.end();
        tree.insert(&mut at, index, index + 1, index).unwrap();
    }
    assert_eq!(tree.memory(), memory);
    tree.check().unwrap();
}
