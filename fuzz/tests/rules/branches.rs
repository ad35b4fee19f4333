//! The table of branches, and the trail that each operation leaves in it.

use std::collections::HashSet;

use crate::subject::*;
use growstack_fuzz::op::Op;
use growstack_fuzz::oracle::{Branch, Oracle};
use growstack_fuzz::space::AddressSpace;

#[test]
fn ids_are_unique_and_name_rules() {
    let mut seen = HashSet::new();
    for &reached in Branch::ALL {
        let id = reached.id();
        assert!(seen.insert(id), "{id} twice");
        let section: u8 =
            id.trim_end_matches(char::is_lowercase).split('.').next().unwrap().parse().unwrap();
        assert!((1..=17).contains(&section), "{id}");
        assert!(!reached.what().is_empty() && !reached.what().ends_with('.'), "{id}");
    }
}

#[test]
fn all_is_in_order_without_gaps() {
    for (i, &reached) in Branch::ALL.iter().enumerate() {
        assert_eq!(reached as usize, i);
    }
}

#[test]
fn each_trail_begins_anew() {
    let mut map = Oracle::create(&config(MIN, MAX, 0x1000));
    map.apply(&insert_rw(0x1000, 0x2000), &mut Vec::new());
    assert!(map.trail().contains(&Branch::NewAlone));
    map.apply(&grow(0x1000), &mut Vec::new());
    assert_eq!(map.trail(), &[Branch::GrowMapped]);
    map.apply(&Op::Dump, &mut Vec::new());
    assert_eq!(map.trail(), &[]);
}
