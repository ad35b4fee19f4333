//! What the benchmarks share: sizes, and timing with an untimed undoing.

use std::time::Duration;

use criterion::Bencher;
use growstack_benches::SIZES;
use growstack_benches::clock::Clock;

/// Addresses that are gone through in one iteration.
pub(crate) const ADDRESSES: usize = 1024;

/// The sizes to measure; in a test the two smallest.
pub(crate) fn sizes() -> &'static [usize] {
    // Cargo says so: `cargo bench` has the option, `cargo test` has not.
    if std::env::args().any(|argument| argument == "--bench") { &SIZES } else { &SIZES[..2] }
}

/// Measures one operation at a time, given what draws it, does it and undoes it; only doing it is
/// timed.
pub(crate) fn one_by_one<M, D, A>(
    bencher: &mut Bencher<'_>,
    map: &mut M,
    mut draw: impl FnMut(&mut M) -> D,
    mut act: impl FnMut(&mut M, &D) -> A,
    mut undo: impl FnMut(&mut M, &D, A),
) {
    let clock = Clock::calibrate();
    bencher.iter_custom(|iterations| {
        let mut ticks = 0;
        for _ in 0..iterations {
            let drawn = draw(map);
            let (taken, answer) = clock.time(|| act(map, &drawn));
            ticks += taken;
            undo(map, &drawn, answer);
        }
        Duration::from_secs_f64(clock.ns(ticks) / 1e9)
    });
}
