//! The first test that a mutant of the engine meets (`scripts/mutants`): a second of everything,
//! in a program of its own that ends with the first difference.
//!
//! The other tests tell what is wrong; this one only has to tell soon that something is.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::ExitCode;

use growstack_fuzz::driver::{engine, sequence};
use growstack_fuzz::reference::Reference;
use growstack_fuzz::replay::{Contender, replay};
use growstack_fuzz::trace::{Step, Trace};
use walkdir::WalkDir;

const SEED: u64 = 3;

/// Sequences of random operations, after which little that is ever found has not been found.
const SEQUENCES: u64 = 400;

/// Short traces first: most mutants fall at the first of them.
const FOLDERS: [&str; 3] = ["quirks", "short", "long"];

fn main() -> ExitCode {
    let [wide, narrow] = [16, 4].map(|width| engine(width).unwrap());
    let reference = Contender::of::<Reference>("reference");
    let golden = FOLDERS.iter().flat_map(|folder| traces(folder));
    let golden = golden.map(|(name, trace)| (name, trace, vec![wide, narrow]));
    let random = (0..SEQUENCES).map(|number| {
        let (config, ops) = sequence(SEED, number);
        let mut trace = Trace::new(config);
        trace.steps.extend(ops.into_iter().map(Step::new));
        (format!("sequence {number} of seed {SEED}"), trace, vec![reference, wide, narrow])
    });
    let mut traces = 0;
    for (name, trace, maps) in golden.chain(random) {
        if let (_, Err(failure)) = replay(&trace, &maps) {
            println!("{name}, operation {}: {}", failure.index, failure.divergence);
            return ExitCode::FAILURE;
        }
        traces += 1;
    }
    println!("{traces} traces agree");
    ExitCode::SUCCESS
}

/// Name and content of the golden traces of a folder, in order, read one by one.
fn traces(folder: &str) -> impl Iterator<Item = (String, Trace)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/freebsd-9.3").join(folder);
    let files = WalkDir::new(folder).sort_by_file_name().into_iter();
    files.map(|file| file.unwrap().into_path()).filter(|file| file.is_file()).map(|file| {
        let trace = Trace::parse(&std::fs::read(&file).unwrap()).unwrap();
        (file.display().to_string(), trace)
    })
}
