//! A map under test in one line.

use std::num::NonZero;

use crate::driver::{Outcome, Settings, run};
use crate::freebsd14;
use crate::kernel::Kernel;
use crate::oracle::RuleBranch;
use crate::replay::MapFactory;
use crate::space::AddressSpace;

/// Sequences that [`check`] runs: some 60 000 operations, a second or so with optimisations.
const SEQUENCES: u64 = 500;

/// Compares the map `M` with the oracle of its [kernel](AddressSpace::kernel) over random sequences of
/// operations, the same ones on every call, on all cores.
///
/// ```
/// # use growstack_fuzz::engine::EngineSpace as MyMap;
/// growstack_fuzz::check::<MyMap>(); // in a function with `#[test]`
/// ```
///
/// # Panics
///
/// With the report if the map and the oracle diverge, and if `M` supports none of the operations.
pub fn check<M: AddressSpace + 'static>() {
    let whole = std::any::type_name::<M>();
    let path = whole.split('<').next().unwrap_or(whole);
    let name = path.rsplit("::").next().unwrap_or(path);
    let (settings, tested) = (Settings::default(), MapFactory::of::<M>(name));
    // A map may make itself one of whichever kernel it is asked for.
    for kernel in Kernel::ALL.into_iter().filter(|&kernel| tested.is_of(kernel)) {
        match kernel {
            Kernel::Freebsd9 => agreed(&run(&settings, tested), name),
            Kernel::Freebsd14 => agreed(&freebsd14::run(&settings, tested), name),
        }
    }
}

fn agreed<B: RuleBranch>(outcome: &Outcome<B>, name: &str) {
    if let Some(failure) = &outcome.failure {
        panic!("the map and the oracle diverge\n{failure}");
    }
    assert_ne!(outcome.counts.operations, 0, "nothing was compared: {name} supports no operation");
}

impl Default for Settings {
    /// A bounded run, the same every time, on all cores.
    fn default() -> Self {
        let threads = std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
        Self { seed: 1, first: 0, sequences: Some(SEQUENCES), budget: None, threads }
    }
}
