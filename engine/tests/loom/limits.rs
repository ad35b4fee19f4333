//! Growth against `setrlimit`.

use growstack::shared::FaultPath;
use growstack::{Limits, Refusal, Size};
use loom::thread;

use super::{model, page, process, with_stack};

#[test]
fn grow_against_setrlimit() {
    model(|| {
        let shared = process(&[], FaultPath::Letter);
        with_stack(&shared, 100, 10);
        let lowered = Limits { stack: Size::ZERO, ..Limits::default() };
        let other = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.set_limits(lowered);
                shared.grow(page(96), |_| ())
            })
        };
        let here = shared.grow(page(98), |_| ());
        let there = other.join().unwrap();
        // Either before the limit was lowered, or not at all.
        assert!(here.is_ok() || matches!(here, Err(Refusal::StackLimit { .. })));
        assert!(
            matches!(there, Err(Refusal::StackLimit { .. })),
            "grown past the limit: {there:?}"
        );
        assert_eq!(shared.limits(), lowered);
        assert_eq!(shared.ssize(), u64::from(here.is_ok()));
    });
}
