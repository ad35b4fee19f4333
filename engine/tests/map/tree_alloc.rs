//! The tree with an allocator that refuses.
//!
//! One allocator serves the whole process, so it refuses by thread, and only what the tree asks for.

use crate::allocator::rationed;
use growstack::tree::{BulkError, Need, Tree};

fn insert<const B: usize>(tree: &mut Tree<u64, B>, start: u64) -> bool {
    let mut at = tree.seek(start);
    let here = tree.item(&at).map(|item| item.start);
    let inserted = tree.insert(&mut at, start, start + 1, start).is_ok();
    let expected = if inserted { Some(start) } else { here };
    assert_eq!(tree.item(&at).map(|item| item.start), expected);
    inserted
}

/// Entries in an order that splits nodes all over the tree.
fn scattered(len: u64) -> impl Iterator<Item = u64> {
    (0..len).map(move |index| index * 7919 % len * 2)
}

/// For every number of allocations: builds until the allocator refuses, looks whether all is as it
/// was, and goes on.
fn refuses_after_every_number<const B: usize>(len: u64) {
    let mut refusals = 0;
    for granted in 0.. {
        let mut tree: Tree<u64, B> = Tree::new(0, 2 * len);
        let mut starts = scattered(len);
        let failed = rationed(granted, || starts.find(|&start| !insert(&mut tree, start)));
        tree.check().unwrap();
        let Some(failed) = failed else { break };
        refusals += 1;

        let inserted = scattered(len).position(|start| start == failed).unwrap();
        let mut expected: Vec<u64> = scattered(len).take(inserted).collect();
        expected.sort_unstable();
        assert_eq!(tree.iter().map(|item| *item.value).collect::<Vec<_>>(), expected);

        assert!(insert(&mut tree, failed));
        starts.for_each(|start| assert!(insert(&mut tree, start)));
        tree.check().unwrap();
        assert_eq!(tree.len() as u64, len);
    }
    assert!(refusals >= 4, "{refusals} refusals");
}

#[test]
fn a_refused_insertion_changes_nothing() {
    refuses_after_every_number::<4>(2003);
    refuses_after_every_number::<8>(2003);
    refuses_after_every_number::<16>(2003);
}

#[test]
fn nodes_made_sure_of_need_no_allocation() {
    let mut tree: Tree<u64, 4> = Tree::new(0, u64::MAX);
    for start in scattered(1009) {
        let [a, b] = [tree.seek(2 * start), tree.seek(2 * start + 2)];
        let need = tree.need_two(&a, &b);
        tree.ensure(need).unwrap();
        let inserted =
            rationed(0, || insert(&mut tree, 2 * start) && insert(&mut tree, 2 * start + 2));
        assert!(inserted, "{need:?}");
    }
    tree.check().unwrap();
}

#[test]
fn removal_needs_no_allocation() {
    let mut tree: Tree<u64, 4> = Tree::new(0, u64::MAX);
    assert!(scattered(1009).all(|start| insert(&mut tree, start)));
    rationed(0, || {
        for start in scattered(1009) {
            let mut at = tree.seek(start);
            assert_eq!(tree.remove(&mut at), Some(start));
        }
    });
    tree.check().unwrap();
    assert!(tree.is_empty() && tree.nodes_free() > 0);
    assert!(rationed(0, || scattered(1009).all(|start| insert(&mut tree, start))));
    tree.check().unwrap();
}

/// Trees that have held more than they do, with nodes reserved or not.
#[test]
fn shrinking_keeps_the_entries_or_changes_nothing() {
    let mut refused = 0;
    for (most, left, reserved) in
        [(2003, 0, 0), (2003, 1, 0), (2003, 97, 50), (500, 499, 0), (7, 7, 90)]
    {
        let mut tree: Tree<u64, 4> = Tree::new(0, u64::MAX);
        assert!(scattered(most).all(|start| insert(&mut tree, start)));
        for start in scattered(most).skip(left) {
            let mut at = tree.seek(start);
            tree.remove(&mut at);
        }
        tree.reserve_nodes(reserved).unwrap();
        let entries: Vec<_> = tree.iter().map(|item| (item.start, item.end, *item.value)).collect();
        let (memory, nodes) = (tree.memory(), tree.nodes_in_use() + tree.nodes_free());
        let mut granted = 0;
        while rationed(granted, || tree.shrink()).is_err() {
            assert_eq!((tree.memory(), tree.nodes_in_use() + tree.nodes_free()), (memory, nodes));
            tree.check().unwrap();
            granted += 1;
        }
        refused += granted;
        tree.check().unwrap();
        let kept: Vec<_> = tree.iter().map(|item| (item.start, item.end, *item.value)).collect();
        assert_eq!(kept, entries);
        // Less than a chunk of leaves and one of inner nodes.
        assert!(tree.nodes_free() < 16, "{} of {} nodes free", tree.nodes_free(), nodes);
        assert!(tree.memory() < memory || most == left as u64 && reserved == 0);
        let shrunk = tree.memory();
        rationed(0, || tree.shrink()).unwrap();
        assert_eq!(tree.memory(), shrunk, "there is nothing left to give back");
    }
    assert!(refused > 20, "{refused} refusals");
}

#[test]
fn a_refused_reservation_takes_no_memory() {
    let mut tree: Tree<u64, 4> = Tree::new(0, u64::MAX);
    assert!(insert(&mut tree, 0));
    let (memory, free) = (tree.memory(), tree.nodes_free());
    let mut granted = 0;
    while rationed(granted, || tree.reserve_nodes(200)).is_err() {
        assert_eq!((tree.memory(), tree.nodes_free()), (memory, free));
        granted += 1;
    }
    assert!(granted > 20, "{granted} refusals");
    assert!(tree.nodes_free() >= 400);
    tree.check().unwrap();
    let free = tree.nodes_free();
    // Beyond the indices there are: no allocation is tried.
    for n in [usize::MAX, u32::MAX as usize, 6_291_457] {
        assert!(rationed(0, || tree.reserve_nodes(n)).is_err());
        assert!(tree.nodes_free() == free);
    }
}

#[test]
fn refusals_name_what_was_asked_for() {
    let mut tree: Tree<u64> = Tree::new(0, 100);
    let refusal = rationed(0, || tree.reserve_nodes(3)).unwrap_err();
    assert_eq!((refusal.need, refusal.in_use), (Need { leaves: 3, inner: 3 }, 0));
    assert_eq!(tree.nodes_free(), 0);
    assert_eq!(tree.memory(), 0);

    let entries = || (0..100).map(|index| (index, index + 1, ()));
    let mut granted = 0;
    while let Err(error) = rationed(granted, || Tree::<(), 4>::bulk(0, 100, entries())) {
        assert!(matches!(error, BulkError::OutOfNodes(_)), "{error}");
        granted += 1;
    }
    assert!(granted >= 4);
}
