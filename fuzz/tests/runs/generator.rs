//! What random sequences are made of.

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::LazyLock;
use std::time::Duration;

use growstack::{Addr, PAGE_SIZE};
use growstack_fuzz::driver::{Settings, run, sequence};
use growstack_fuzz::op::{Config, Kind, Op, Until};
use growstack_fuzz::oracle::Oracle;
use growstack_fuzz::replay::MapFactory;

/// Some sequences of one seed, drawn once for all tests.
fn sequences() -> impl Iterator<Item = &'static (Config, Vec<Op>)> {
    static DRAWN: LazyLock<Vec<(Config, Vec<Op>)>> =
        LazyLock::new(|| (0..600).map(|number| sequence(11, number)).collect());
    DRAWN.iter()
}

/// The address that an operation begins at, and where it ends if it has a range.
fn bounds(op: &Op) -> Option<(Addr, Option<Addr>)> {
    let (start, until) = op.extent()?;
    let end = match until {
        Some(Until::End(end)) => Some(end),
        Some(Until::Length(_)) | None => None,
    };
    Some((start, end))
}

/// How many operations of the sequences are as `is` says, given the start of their sequence.
fn count(is: impl Fn(&Config, Addr, Option<Addr>) -> bool) -> usize {
    sequences()
        .flat_map(|(config, ops)| ops.iter().map(move |op| (config, op)))
        .filter_map(|(config, op)| bounds(op).map(|(start, end)| (config, start, end)))
        .filter(|&(config, start, end)| is(config, start, end))
        .count()
}

#[test]
fn a_sequence_depends_on_seed_and_number_alone() {
    assert_eq!(sequence(7, 3), sequence(7, 3));
    assert_ne!(sequence(7, 3), sequence(7, 4));
    assert_ne!(sequence(7, 3), sequence(8, 3));
    // Neighbouring seeds are not the same sequences moved by one.
    assert_ne!(sequence(7, 3), sequence(8, 2));
}

#[test]
fn windows_lie_at_every_edge() {
    let near = |a: Addr, b: u64| a.get().abs_diff(b) < 4 * PAGE_SIZE;
    let at_zero = count(|config, start, _| config.min == Addr::ZERO && near(start, 0));
    let at_min = count(|config, start, _| config.min > Addr::ZERO && near(start, config.min.get()));
    let at_max = count(|config, start, _| config.max < Addr::MAX && near(start, config.max.get()));
    let at_end = count(|config, start, _| config.max == Addr::MAX && near(start, u64::MAX));
    let inside_canonical =
        count(|config, start, _| config.max.get() > 1 << 48 && near(start, 1 << 47));
    for operations in [at_zero, at_min, at_max, at_end, inside_canonical] {
        assert!(operations > 200, "{at_zero} {at_min} {at_max} {at_end} {inside_canonical}");
    }
}

#[test]
fn operands_are_unaligned_reversed_empty_and_outside() {
    let unaligned = count(|_, start, _| start.get() % PAGE_SIZE != 0);
    let reversed = count(|_, start, end| end.is_some_and(|end| end < start));
    let empty = count(|_, start, end| end == Some(start));
    let below = count(|config, start, _| start < config.min);
    let above = count(|config, start, _| start > config.max);
    let all = count(|_, _, _| true);
    for part in [unaligned, reversed, empty, below, above] {
        assert!(part > all / 1000, "{unaligned} {reversed} {empty} {below} {above} of {all}");
    }
    // Whole pages are what kernels are given, and most of the time what is drawn.
    assert!(unaligned < all / 2, "{unaligned} of {all}");
}

#[test]
fn some_maps_begin_full() {
    let full = sequences()
        .filter(|(_, ops)| {
            ops.iter().take(100).all(|op| matches!(Kind::of(op), Kind::Insert | Kind::Stack))
        })
        .count();
    assert!((5..100).contains(&full), "{full}");
}

#[test]
fn mixtures_are_lopsided() {
    let mut with: HashMap<Kind, usize> = HashMap::new();
    let mut all = 0;
    for (_, ops) in sequences() {
        all += 1;
        for &kind in Kind::ALL {
            if ops.iter().any(|op| Kind::of(op) == kind) {
                *with.entry(kind).or_default() += 1;
            }
        }
    }
    for &kind in Kind::ALL.iter().filter(|kind| !kind.is_of_14()) {
        let with = with.get(&kind).copied().unwrap_or_default();
        match kind {
            Kind::Dump => assert_eq!(with, 0),
            // What sequences are about is never left out by their weights.
            Kind::Insert | Kind::Stack | Kind::Grow => assert!(with > all / 2),
            _ => assert!((all / 4..all).contains(&with), "{} in {with} of {all}", kind.name()),
        }
    }
}

#[test]
fn runs_keep_to_their_bounds() {
    let itself = MapFactory::of::<Oracle>("itself");
    let settings = Settings {
        seed: 1,
        first: 3,
        sequences: Some(7),
        threads: NonZero::new(3).unwrap(),
        ..Settings::default()
    };
    assert_eq!(run(&settings, itself).counts.sequences, 7);
    // However short the time, something is compared.
    let no_time = Settings { sequences: None, budget: Some(Duration::ZERO), ..settings };
    let counts = run(&no_time, itself).counts;
    assert!((1..=3).contains(&counts.sequences) && counts.operations > 0);
}
