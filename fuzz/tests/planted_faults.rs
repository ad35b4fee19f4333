//! Every planted fault has its patch, its headers and its trace, and the engine as it is shipped
//! has none of them. `scripts/planted-faults` plants and hunts them.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use growstack_fuzz::cli::maps;
use growstack_fuzz::replay::replay;
use growstack_fuzz::trace::Trace;

const AREAS: [&str; 3] = ["tree", "growth", "map"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("faults")
}

/// The text of every file with this ending, by name without it.
fn files(ending: &str) -> BTreeMap<String, String> {
    let paths = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let matching = paths.filter(|path| path.extension().is_some_and(|e| e == ending));
    let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    matching.map(|path| (name(&path), fs::read_to_string(&path).unwrap())).collect()
}

fn header<'a>(name: &str, patch: &'a str, key: &str) -> &'a str {
    let head = patch.split("\n\n").next().unwrap();
    let value = head.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
    value.unwrap_or_else(|| panic!("{name} has no header {key}"))
}

#[test]
fn each_patch_says_what_it_breaks_and_has_a_trace() {
    let patches = files("patch");
    let mut numbers = BTreeSet::new();
    for (name, patch) in &patches {
        assert!(AREAS.contains(&header(name, patch, "Area")), "{name}");
        for key in ["Wrong", "Model"] {
            assert!(header(name, patch, key).len() > 10, "{name}: {key}");
        }
        let changed = patch.lines().filter_map(|line| line.strip_prefix("+++ b/"));
        for file in changed {
            assert!(file.starts_with("engine/src/"), "{name} changes {file}");
        }
        let number: u32 = name.split('-').next().unwrap().parse().unwrap();
        assert!(numbers.insert(number), "two faults have the number of {name}");
    }
    let traces = files("trace");
    assert_eq!(patches.keys().collect::<Vec<_>>(), traces.keys().collect::<Vec<_>>());
}

#[test]
fn there_are_enough_of_every_kind() {
    let patches = files("patch");
    let count =
        |area| patches.iter().filter(|(name, patch)| header(name, patch, "Area") == area).count();
    assert!(patches.len() >= 40, "{}", patches.len());
    for area in ["tree", "growth"] {
        assert!(3 * count(area) >= patches.len(), "{area}: {} of {}", count(area), patches.len());
    }
    assert!(count("map") > 0);
}

#[test]
fn the_engine_answers_every_trace_as_recorded() {
    let maps = maps();
    for (name, text) in files("trace") {
        let trace = Trace::parse(text.as_bytes()).unwrap();
        let (counts, result) = replay(&trace, &maps);
        assert!(result.is_ok(), "{name}: {}", result.unwrap_err().divergence);
        assert_eq!(counts.operations, trace.steps.len(), "{name}");
        let last = trace.steps.last().unwrap();
        assert!(last.dump().is_some(), "{name} does not end with the map as it must be");
        assert!(counts.answers > 1, "{name} records nothing but the map at its end");
    }
}
