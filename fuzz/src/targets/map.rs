//! Inputs of operations, on the map under test and the oracle of the kernel that they are for.

use growstack::{Freebsd9, Freebsd14, PAGE_SIZE};

use super::{Fault, Statistics, Verdict};
use crate::engine::{KernelSpace, Settings};
use crate::input::Input;
use crate::kernel::Kernel;
use crate::lockstep::scarce::short_of_nodes;
use crate::lockstep::{Counts, Failed, Looks, Rules, attempt, attempt_on};
use crate::oracle::Oracle;
use crate::oracle::freebsd14::Oracle14;
use crate::replay::MapFactory;
use crate::space::AddressSpace;

/// Are the records' shortages of index nodes obeyed?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scarcity {
    /// Nodes are plentiful.
    Ignored,
    /// Every operation is tried with too few nodes first.
    Obeyed,
}

/// Runs `bytes`, for the kernel of the map under test if it has but one.
pub(super) fn run(
    bytes: &[u8],
    tested: Option<MapFactory>,
    only: Option<Kernel>,
    scarcity: Scarcity,
    statistics: &mut Statistics,
) -> Result<Verdict, Fault> {
    let Some(input) = Input::decode(bytes) else { return Ok(Verdict::Unreadable) };
    let input = match only {
        Some(kernel) => input.with_kernel(kernel),
        None => input,
    };
    match again(&input, Looks::Each, tested, scarcity, statistics) {
        Ok(()) => Ok(Verdict::Sound),
        Err(failed) => Err(Fault::Maps(Box::new((input, *failed)))),
    }
}

/// Runs an input on a map of somebody's own, or else on the engine.
pub(super) fn again(
    input: &Input,
    looks: Looks,
    tested: Option<MapFactory>,
    scarcity: Scarcity,
    statistics: &mut Statistics,
) -> Result<(), Box<Failed>> {
    let Statistics { counts, counts_14, shortages, .. } = statistics;
    match (input.header.kernel(), tested) {
        (Kernel::Freebsd9, Some(tested)) => attempt_on::<Oracle>(input, looks, tested, counts),
        (Kernel::Freebsd14, Some(tested)) => {
            attempt_on::<Oracle14>(input, looks, tested, counts_14)
        }
        (Kernel::Freebsd9, None) => {
            on_engine::<Oracle, Freebsd9>(input, looks, scarcity, counts, shortages)
        }
        (Kernel::Freebsd14, None) => {
            on_engine::<Oracle14, Freebsd14>(input, looks, scarcity, counts_14, shortages)
        }
    }
}

fn on_engine<O: Rules, K: Settings + 'static>(
    input: &Input,
    looks: Looks,
    scarcity: Scarcity,
    counts: &mut Counts<O::Branch>,
    shortages: &mut u64,
) -> Result<(), Box<Failed>> {
    if input.header.narrow {
        on_width::<O, K, 4>(input, looks, scarcity, counts, shortages)
    } else {
        on_width::<O, K, 16>(input, looks, scarcity, counts, shortages)
    }
}

fn on_width<O: Rules, K: Settings + 'static, const B: usize>(
    input: &Input,
    looks: Looks,
    scarcity: Scarcity,
    counts: &mut Counts<O::Branch>,
    shortages: &mut u64,
) -> Result<(), Box<Failed>> {
    let create = |config: &_| (*config, Box::new(KernelSpace::<K, B, PAGE_SIZE>::create(config)));
    attempt::<O, _>(
        input,
        looks,
        "engine",
        create,
        counts,
        |map, op, record, seen| match scarcity {
            Scarcity::Obeyed => short_of_nodes(map, op, record.nodes, seen, shortages),
            Scarcity::Ignored => {
                seen.run_op(map, op);
                Ok(())
            }
        },
    )
}
