//! The patches of `fuzz/bugs`, each with its headers. `scripts/seeded-bugs` applies and hunts them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const AREAS: [&str; 7] = ["tree", "growth", "map", "nodes", "threads", "guards", "linux"];

#[test]
fn each_patch_has_its_headers_and_changes_what_it_may_alone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("bugs");
    let mut numbers = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "patch") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        let patch = fs::read_to_string(&path).unwrap();
        let (head, diff) = patch.split_once("\n\n").unwrap();
        let header = |key: &str| {
            let value = head.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
            value.unwrap_or_else(|| panic!("{name} has no header {key}"))
        };
        assert!(AREAS.contains(&header("Area")), "{name}: {}", header("Area"));
        for key in ["Wrong", "Model"] {
            assert!(header(key).len() > 10, "{name}: {key}");
        }
        // A bug that nothing finds says why.
        let known = head.lines().find_map(|line| line.strip_prefix("Found: "));
        assert!(known.is_none_or(|why| why.len() > 10 && why.starts_with("no, ")), "{name}");
        let files: Vec<_> = diff.lines().filter_map(|line| line.strip_prefix("+++ b/")).collect();
        assert!(!files.is_empty(), "{name} changes nothing");
        let place =
            if header("Area") == "linux" { "fuzz/src/linux/oracle/" } else { "engine/src/" };
        assert!(files.iter().all(|file| file.starts_with(place)), "{name}: {files:?}");
        let number: u32 = name.split('-').next().unwrap().parse().unwrap();
        assert!(numbers.insert(number), "two bugs have the number of {name}");
    }
    assert!(numbers.len() >= 30, "{} patches", numbers.len());
}
