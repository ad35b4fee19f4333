//! One random sequence, drawn and compared operation by operation.

use arbitrary::Unstructured;

use super::run::Random;
use crate::input::{Choices, Flavour, Generator, Header, Input, seeded};
use crate::lockstep::{Counts, Failed, Sequence, drive, perform};
use crate::op::{Config, Op};
use crate::replay::MapFactory;
use crate::settings::create;
use crate::space::AddressSpace;

/// How often an operation is drawn until the map under test has one.
const TRIES: usize = 64;

/// Draws and compares sequence `sequence` of `seed`, by the rules of `O`. A panic counts as a divergence.
///
/// # Errors
///
/// The sequence as an input, and as far as it went.
#[expect(clippy::type_complexity, reason = "two pairs")]
pub(super) fn run<O: Random>(
    seed: u64,
    sequence: u64,
    tested: MapFactory,
    counts: &mut Counts<O::Branch>,
) -> Result<(Config, Vec<Op>), Box<(Input, Failed)>> {
    let seed = seed ^ O::SALT;
    let head = seeded(seed, sequence, 1024);
    let mut head = Unstructured::new(&head);
    let header = Header::draw(&mut head, O::KERNEL);
    let length: usize = head.pick(&[60, 100, 150, 250, 400]);
    let mut generator = Generator::new(Flavour::Whole, header.swarm);
    let bytes = seeded(seed ^ 1 << 63, sequence, length * O::BYTES_PER_RECORD);
    let mut bytes = Unstructured::new(&bytes);
    let mut records = Vec::new();
    let mut ops = Vec::new();
    let create = |config: &_| create(tested, config);
    let work = |sequence: &mut Sequence<'_, dyn AddressSpace, O>| {
        sequence.fill(header.prefill.ops(header.window))?;
        for _ in 0..length {
            let mut done = false;
            for _ in 0..TRIES {
                let record = generator.record(&mut bytes, &sequence.view(), header.window);
                records.push(record);
                done = sequence.record(&record, header.window, &mut perform)?;
                if done {
                    break;
                }
                records.pop();
            }
            // A map that has so little gets short sequences.
            if !done {
                break;
            }
        }
        ops.extend_from_slice(sequence.ops());
        Ok(())
    };
    match drive(&header.config, tested.name, create, counts, work) {
        Ok(()) => Ok((header.config, ops)),
        Err(failed) => Err(Box::new((Input { header, records }, *failed))),
    }
}
