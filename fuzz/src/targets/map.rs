//! Inputs of operations, on the map under test and the oracle.

use super::{Fault, Statistics, Verdict};
use crate::engine::EngineSpace;
use crate::input::Input;
use crate::lockstep::{Failed, Looks, attempt, attempt_on, scarce::short_of_nodes};
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

pub(super) fn run(
    bytes: &[u8],
    tested: Option<MapFactory>,
    scarcity: Scarcity,
    statistics: &mut Statistics,
) -> Result<Verdict, Fault> {
    let Some(input) = Input::decode(bytes) else { return Ok(Verdict::Unreadable) };
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
    if let Some(tested) = tested {
        return attempt_on(input, looks, tested, &mut statistics.counts);
    }
    if input.header.narrow {
        on_width::<4>(input, looks, scarcity, statistics)
    } else {
        on_width::<16>(input, looks, scarcity, statistics)
    }
}

fn on_width<const B: usize>(
    input: &Input,
    looks: Looks,
    scarcity: Scarcity,
    statistics: &mut Statistics,
) -> Result<(), Box<Failed>> {
    let Statistics { counts, shortages, .. } = statistics;
    let create = |config: &_| (*config, Box::new(EngineSpace::<B>::create(config)));
    attempt(input, looks, "engine", create, counts, |map, op, record, seen| match scarcity {
        Scarcity::Obeyed => short_of_nodes(map, op, record.nodes, seen, shortages),
        Scarcity::Ignored => {
            seen.run_op(map, op);
            Ok(())
        }
    })
}
