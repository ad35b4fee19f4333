//! Values are dropped once, and not later than they go.

extern crate std;

use super::model::Rng;
use crate::tree::Tree;
use std::rc::Rc;
use std::vec::Vec;

type Value = Option<Rc<()>>;

fn range(index: u64) -> (u64, u64) {
    (index * 10, index * 10 + 5)
}

fn filled<const B: usize>(token: &Rc<()>, len: u64) -> Tree<Value, B> {
    let mut tree = Tree::new(0, u64::MAX);
    for index in 0..len {
        let (start, end) = range(index);
        let mut at = tree.seek(start);
        tree.insert(&mut at, start, end, Some(token.clone())).unwrap();
    }
    tree
}

fn random_edits<const B: usize>(seed: u64) {
    let token = Rc::new(());
    let mut rng = Rng::new(seed);
    let mut tree: Tree<Value, B> = Tree::new(0, u64::MAX);
    for step in 0..6000 {
        let (start, end) = range(rng.within(0, 400));
        let mut at = tree.seek(start);
        let there = tree.item(&at).is_some_and(|item| item.start == start);
        // Up for a while, then down.
        let grow = rng.chance(if step % 2000 < 1200 { 80 } else { 20 });
        match (there, grow) {
            (false, true) => {
                tree.insert(&mut at, start, end, Some(token.clone())).unwrap();
                assert!(tree.item(&at).unwrap().value.is_some());
            }
            (true, false) => assert!(tree.remove(&mut at).unwrap().is_some()),
            _ => {}
        }
        assert_eq!(Rc::strong_count(&token), tree.len() + 1);
    }
    assert!(tree.iter().all(|item| item.value.is_some()));
    drop(tree);
    assert_eq!(Rc::strong_count(&token), 1);
}

#[test]
fn edits_keep_every_value_once() {
    random_edits::<4>(1);
    random_edits::<8>(2);
    random_edits::<16>(3);
}

#[test]
fn clear_drops_all_values_and_keeps_the_memory() {
    let token = Rc::new(());
    let mut tree = filled::<4>(&token, 300);
    for index in 100..200 {
        let mut at = tree.seek(range(index).0);
        tree.remove(&mut at);
    }
    let (memory, nodes) = (tree.memory(), tree.nodes_in_use() + tree.nodes_free());
    tree.clear();
    assert_eq!(Rc::strong_count(&token), 1);
    assert_eq!((tree.len(), tree.height(), tree.nodes_in_use()), (0, 0, 0));
    assert_eq!((tree.memory(), tree.nodes_free()), (memory, nodes));
    tree.check().unwrap();

    let values: Vec<_> = (0..300).map(|index| (range(index), Some(token.clone()))).collect();
    for ((start, end), value) in values {
        let mut at = tree.seek(start);
        tree.insert(&mut at, start, end, value).unwrap();
    }
    tree.check().unwrap();
    assert_eq!((tree.len(), tree.memory()), (300, memory), "the nodes are used again");
}

#[test]
fn a_refused_insertion_drops_its_value() {
    let token = Rc::new(());
    let mut tree = filled::<4>(&token, 4);
    tree.set_node_cap(Some(tree.nodes_in_use()));
    let mut at = tree.end();
    assert!(tree.insert(&mut at, 500, 501, Some(token.clone())).is_err());
    assert_eq!(Rc::strong_count(&token), 5);
}

#[test]
fn a_refused_bulk_drops_what_it_has() {
    let token = Rc::new(());
    let entries = (0..100).map(|index| (range(index).0, range(index).1, Some(token.clone())));
    let out_of_order = entries.chain([(0, 1, Some(token.clone()))]);
    assert!(Tree::<Value, 4>::bulk(0, 10_000, out_of_order).is_err());
    assert_eq!(Rc::strong_count(&token), 1);
}
