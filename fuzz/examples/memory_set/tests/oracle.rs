//! `memory_set` against the oracle.

use growstack_fuzz::compare::Divergence;
use growstack_fuzz::replay::{MapFactory, replay};
use growstack_fuzz::trace::Trace;
use memory_set_tested::MemorySetMap;

#[test]
fn memory_set_agrees_with_the_oracle() {
    growstack_fuzz::check::<MemorySetMap<true>>();
}

/// Without overflow checks the sum wraps, and nothing shows.
#[test]
fn a_search_overflows_at_the_last_page() {
    let trace = Trace::parse(include_bytes!("search-last-page.trace")).expect("it is a trace");
    let (_, result) = replay(&trace, &[MapFactory::of::<MemorySetMap<false>>("as published")]);
    let Divergence::Panic { message } = result.expect_err("it overflows").divergence else {
        panic!("it should have panicked")
    };
    assert_eq!(message, "attempt to add with overflow");
}

#[test]
#[should_panic(expected = "the map and the oracle diverge")]
fn as_published_it_does_not() {
    growstack_fuzz::check::<MemorySetMap<false>>();
}

/// `protect` of nothing, inside an area, loses all above it: the reproducer of the run above, with
/// the oracle's answers.
#[test]
fn protect_of_nothing_loses_pages() {
    let text = include_str!("protect-nothing.trace");
    let trace = Trace::parse(text.as_bytes()).expect("the harness wrote it");
    let on = |map| replay(&trace, &[map]);
    let (_, result) = on(MapFactory::of::<MemorySetMap<false>>("as published"));
    assert_eq!(result.expect_err("pages are lost").index, 1);
    let (counts, result) = on(MapFactory::of::<MemorySetMap<true>>("guarded"));
    assert!(result.is_ok());
    // The oracle says that it changes nothing, so it may be passed over.
    assert_eq!((counts.ended, counts.passed), (None, 1));
}
