//! The table of branches, and how to reach those that no golden trace reaches.

#![allow(clippy::unwrap_used)]

mod subject;

use std::collections::HashSet;

use growstack::{Addr, Change, CowFlags, FindSpace, Holes, Prot, ProtectWhat, Size, Wiring};
use growstack_fuzz::op::{Config, LimitName, Op};
use growstack_fuzz::oracle::{Branch, Oracle};
use growstack_fuzz::space::AddressSpace;
use subject::*;

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

/// The branches that `ops` take, one set for all.
fn trail(config: &Config, ops: &[Op]) -> HashSet<Branch> {
    let mut map = Oracle::create(config);
    let mut reached = HashSet::new();
    for op in ops {
        map.apply(op, &mut Vec::new());
        reached.extend(map.trail());
    }
    reached
}

#[track_caller]
fn reaches(config: &Config, ops: &[Op], expected: &[Branch]) {
    let reached = trail(config, ops);
    for branch in expected {
        assert!(reached.contains(branch), "{} ({}) not reached", branch.id(), branch.what());
    }
}

fn usual() -> Config {
    config(MIN, MAX, 0x1000)
}

/// The whole address space but its last byte.
fn everything() -> Config {
    config(0, u64::MAX, 0x1000)
}

#[test]
fn each_trail_begins_anew() {
    let mut map = Oracle::create(&usual());
    map.apply(&insert_rw(0x1000, 0x2000), &mut Vec::new());
    assert!(map.trail().contains(&Branch::NewAlone));
    map.apply(&grow(0x1000), &mut Vec::new());
    assert_eq!(map.trail(), &[Branch::GrowMapped]);
    map.apply(&Op::Dump, &mut Vec::new());
    assert_eq!(map.trail(), &[]);
}

#[test]
fn system_wiring() {
    let (system, noholes) = (Wiring::System, Holes::Refused);
    let ops = [
        insert_rw(0x1_0000, 0x1_2000),
        wire(0x1_0000, 0x1_2000, system, noholes),
        insert_rw(0x1_2000, 0x1_3000),
        // Twice for a part: it stays apart by its count alone.
        wire(0x1_0000, 0x1_1000, system, noholes),
        wire(0x1_0000, 0x1_1000, Wiring::User, noholes),
        wire(0x1_1000, 0x1_8000, Wiring::User, noholes),
        wire(0x1_0000, 0x1_8000, system, noholes),
        unwire(0x1_0000, 0x1_1000, system, noholes),
    ];
    let expected = [
        Branch::DifferWired,
        Branch::NewBesideWired,
        Branch::WireSecond,
        Branch::WireTakenBackSome,
        Branch::UnwireSome,
        Branch::SystemWired,
        Branch::SystemWireBack,
        Branch::SystemUnwired,
    ];
    reaches(&usual(), &ops, &expected);
}

#[test]
fn growth_into_a_shared_page_with_guard() {
    let ops = [
        Op::SetGuardPage { on: true },
        insert_rw(0x1_0000, 0x1_0800),
        stack(0x1_0800, 0x4800, CowFlags::GROWS_DOWN),
        sgrowsiz(0x3000),
        grow(0x1_3fff),
    ];
    reaches(&usual(), &ops, &[Branch::DownWithinPage]);
}

#[test]
fn refused_arguments() {
    let nofault = object(Prot::RW, CowFlags::NOFAULT, 1, 0);
    let charged = object(Prot::RW, CowFlags::ACC_CHARGED, 1, 0);
    let never = object(Prot::RW, CowFlags::ACC_CHARGED | CowFlags::ACC_NO_CHARGE, 1, 0);
    let ops = [
        insert(0x1_0000, 0x1_1000, nofault),
        fixed(0x1_0000, 0x1000, nofault),
        insert(0x1_0000, 0x1_1000, charged),
        fixed(0x1_0000, 0x1000, charged),
        insert(0x1_0000, 0x1_1000, never),
        stack(0x2_0000, 0x1000, CowFlags::NONE),
        sgrowsiz(0),
        wire(0x3_0000, 0x1_0800, Wiring::User, Holes::Refused),
    ];
    let expected = [
        Branch::NofaultObject,
        Branch::NofaultObjectFixed,
        Branch::ChargedObject,
        Branch::ChargedObjectFixed,
        Branch::ChargedObjectOff,
        Branch::NoGrowthFlag,
        Branch::ZeroStep,
        Branch::EmptyWireInside,
    ];
    reaches(&usual(), &ops, &expected);
}

#[test]
fn counters_that_stop_at_zero() {
    let charged = anonymous(Prot::RW, CowFlags::ACC_CHARGED);
    let ops = [
        insert(0x1_0000, 0x1_1000, charged),
        remove(0x1_0000, 0x1_1000),
        stack(0x1_0000, 0x4000, CowFlags::GROWS_UP),
        wire(0x1_0000, 0x1_1000, Wiring::User, Holes::Refused),
        grow(0x1_1000),
        remove(0x1_0000, 0x1_2000),
    ];
    reaches(&usual(), &ops, &[Branch::ReservedStops, Branch::WiredStops]);
}

#[test]
fn the_end_of_the_address_space() {
    let last = |below: u64| below.wrapping_neg();
    let ops = [
        stack(last(0x800), 0x400, CowFlags::GROWTH),
        stack(last(0x1_0000), 0xf000, CowFlags::GROWTH),
        grow(u64::MAX),
        limit(LimitName::Swap, 0xefff),
        grow(u64::MAX),
        limit(LimitName::Swap, u64::MAX),
        remove(0, u64::MAX),
        sgrowsiz(0x100),
        stack(last(0x200), 0x100, CowFlags::GROWS_DOWN),
        grow(0),
    ];
    let expected = [
        Branch::BottomWraps,
        Branch::CeilingWraps,
        Branch::CeilingWrapsRefused,
        Branch::CeilingWrapsSwap,
        Branch::NeedWraps,
    ];
    reaches(&everything(), &ops, &expected);
}

#[test]
fn a_step_that_wraps() {
    let ops = [stack(0x1_0000, 0x4000, CowFlags::GROWS_UP), sgrowsiz(u64::MAX), grow(0x1_1000)];
    reaches(&usual(), &ops, &[Branch::AmountWraps]);
}

#[test]
fn wired_copies_and_shared_pages() {
    let cow = object(Prot::READ, CowFlags::COW, 1, 0);
    let ops = [
        insert(0x1_0800, 0x1_1000, cow),
        wire(0x1_0800, 0x1_1000, Wiring::User, Holes::Refused),
        protect(0x1_0800, 0x1_1000, Prot::RW, ProtectWhat::Current),
    ];
    reaches(&usual(), &ops, &[Branch::UnalignedWired, Branch::ProtectWiredCow]);
}

#[test]
fn find_with_a_highest_address() {
    let rw = anonymous(Prot::RW, CowFlags::NONE);
    let ops =
        [find(0, 0x1000, 0x2000, FindSpace::Any, rw), find(0, 0x1000, 0x2000, FindSpace::Any, rw)];
    reaches(&usual(), &ops, &[Branch::FitBelow, Branch::FitAbove]);
}

#[test]
fn a_new_process_image() {
    let mut map = Oracle::create(&usual());
    let mut changes: Vec<Change> = Vec::new();
    let exec = Op::Exec { top: Addr::new(MAX), maxssiz: Size::new(0x10_0000), prot: Prot::RW };
    map.apply(&exec, &mut changes);
    assert!(map.trail().contains(&Branch::Exec));
    let none = Op::Limit { name: LimitName::Swap, value: Size::ZERO };
    map.apply(&none, &mut changes);
    map.apply(&exec, &mut changes);
    assert!(map.trail().contains(&Branch::ExecRefused));
}
