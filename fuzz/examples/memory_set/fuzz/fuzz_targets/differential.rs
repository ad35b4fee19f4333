//! Inputs of libFuzzer on `memory_set` and the oracle.
#![cfg_attr(fuzzing, no_main)]

use growstack_fuzz::answer::Answer;
use growstack_fuzz::compare::{Divergence, Observed};
use growstack_fuzz::generate::View;
use growstack_fuzz::input::{Flavour, Input, mutate};
use growstack_fuzz::reference::Reference;
use growstack_fuzz::replay::Contender;
use growstack_fuzz::settings;
use growstack_fuzz::space::AddressSpace;
use growstack_fuzz::trace::{Step, Trace};
use memory_set_tested::MemorySetMap;

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| run(bytes));

// Changes whole operations, not bytes.
#[cfg(fuzzing)]
libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    change(data, size, max_size, seed)
});

/// Without a fuzzer: runs the files that it is given.
#[cfg(not(fuzzing))]
fn main() {
    for path in std::env::args_os().skip(1) {
        run(&std::fs::read(path).expect("a file that can be read"));
    }
    let _ = change;
}

fn change(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let changed = mutate(&data[..size], Flavour::Whole, max_size, seed);
    data[..changed.len()].copy_from_slice(&changed);
    changed.len()
}

/// Runs the operations that the map supports on it and on the oracle. Panics where they diverge.
fn run(bytes: &[u8]) {
    let Some(input) = Input::decode(bytes) else { return };
    let mine = Contender::of::<MemorySetMap>("memory_set");
    let (config, mut map) = settings::create(mine, &input.header.config);
    let mut oracle = Reference::create(&config);
    let [mut seen, mut expected] = [Observed::default(), Observed::default()];
    let mut trace = Trace::new(config);
    for record in &input.records {
        let view = View { rows: &expected.rows, summary: expected.summary, config: &config };
        let op = record.resolve(&view, input.header.window);
        seen.carry_out(map.as_mut(), &op);
        if seen.answer == Answer::Unsupported {
            continue;
        }
        trace.steps.push(Step::new(op));
        expected.carry_out(&mut oracle, &op);
        seen.look_at(map.as_ref());
        expected.read(&oracle);
        if let Err(divergence) = compare(&expected, &seen) {
            panic!("{}\n{trace}", divergence.between("oracle", "memory_set"));
        }
    }
}

fn compare(expected: &Observed, seen: &Observed) -> Result<(), Divergence> {
    expected.compare_telling(seen)?;
    expected.compare_looks(seen)?;
    seen.sound()
}
