//! `compare measure` with drivers whose figures are made up, and `scripts/bench-compare` where it
//! cannot run.

#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use growstack_benches::compare::{Comparison, Verdict, history};

/// A driver that always measures the same: a shell script that prints a report.
fn driver(folder: &Path, name: &str, least: f64, contract: u32) -> PathBuf {
    let file = folder.join(name);
    let text = format!(
        "#!/bin/sh\nprintf '%s' '{{\"contract\":{contract},\"entries\":256,\"ns_per_tick\":0.5,\
         \"results\":[{{\"op\":\"stack\",\"operations\":256,\"answers\":0,\"least\":{least},\
         \"quartile\":{least},\"median\":{least}}}]}}'\n"
    );
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    file
}

fn measure(folder: &Path, base: &Path, head: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_compare"));
    command.arg("measure").arg("--base").arg(base).arg("--head").arg(head);
    command.args(["--base-commit", "aaaa", "--head-commit", "bbbb", "--head-subject", "Do it"]);
    command.args(["--quick", "--entries", "256", "--only", "stack"]);
    command.arg("--scratch").arg(folder.join("run"));
    for (option, file) in [("--json", "json"), ("--history", "history"), ("--trend", "trend")] {
        command.arg(option).arg(folder.join(file));
    }
    command.args(more).output().unwrap()
}

fn compared(folder: &Path, base: f64, head: f64) -> (Option<i32>, Comparison, String) {
    let base = driver(folder, "base", base, 1);
    let head = driver(folder, "head", head, 1);
    let ran = measure(folder, &base, &head, &["--gate", "time"]);
    let text = fs::read_to_string(folder.join("json")).unwrap();
    let comparison = serde_json::from_str(&text).unwrap();
    (ran.status.code(), comparison, String::from_utf8(ran.stdout).unwrap())
}

#[test]
fn what_drivers_measure_decides_the_exit_status() {
    let folder = tempfile::tempdir().unwrap();
    let (status, comparison, text) = compared(folder.path(), 100.0, 115.0);
    assert_eq!((status, comparison.verdict), (Some(1), Verdict::Regression), "{text}");
    assert!(text.starts_with("## Regression: 1 regressed of 1 benchmarks"), "{text}");
    let time = comparison.benchmarks[0].time.as_ref().unwrap();
    assert!((time.ratio - 1.15).abs() < 1e-9 && (time.base_ns - 50.0).abs() < 1e-9, "{time:?}");
    assert_eq!(time.pairs, 24, "those of the second time");
    assert!(!comparison.same_bytes && comparison.benchmarks[0].instructions.is_none());
    assert_ne!(comparison.base.driver_sha256, comparison.head.driver_sha256);

    let (status, comparison, _) = compared(folder.path(), 100.0, 108.0);
    assert_eq!((status, comparison.verdict), (Some(0), Verdict::NoChange));
    let (status, comparison, _) = compared(folder.path(), 100.0, 80.0);
    assert_eq!((status, comparison.verdict), (Some(0), Verdict::Faster));
    let (status, comparison, _) = compared(folder.path(), 100.0, 100.0);
    assert_eq!((status, comparison.same_bytes), (Some(0), true));

    let (records, spoilt) = history::read(&folder.path().join("history")).unwrap();
    assert_eq!((records.len(), spoilt), (4, 0));
    assert_eq!(records[3].comparison, comparison);
    let page = fs::read_to_string(folder.path().join("trend")).unwrap();
    assert!(page.contains("<svg") && page.contains("Do it"));
}

#[test]
fn drivers_that_cannot_be_compared_are_no_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let good = driver(folder, "good", 100.0, 1);
    let other = driver(folder, "other", 100.0, 2);
    let broken = folder.join("broken");
    fs::write(&broken, "#!/bin/sh\necho out of order >&2\nexit 3\n").unwrap();
    fs::set_permissions(&broken, fs::Permissions::from_mode(0o755)).unwrap();
    let cases = [(&other, "time", "has contract 2"), (&broken, "time", "out of order")];
    for (head, gate, told) in cases {
        let ran = measure(folder, &good, head, &["--gate", gate]);
        let error = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(2), "{error}");
        assert!(error.contains(told), "{error}");
    }
    let missing = folder.join("missing");
    let more = ["--gate", "instructions", "--valgrind", missing.to_str().unwrap()];
    let ran = measure(folder, &good, &good, &more);
    assert_eq!(ran.status.code(), Some(2));
    assert!(String::from_utf8(ran.stderr).unwrap().contains("cannot run"));
    assert!(!folder.join("json").exists() && !folder.join("history").exists());
}

#[test]
fn the_script_says_what_it_cannot_do() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/bench-compare");
    let run = |arguments: &[&str]| {
        let ran = Command::new(&script).args(arguments).current_dir("/").output().unwrap();
        (
            ran.status.code(),
            String::from_utf8(ran.stdout).unwrap() + &String::from_utf8(ran.stderr).unwrap(),
        )
    };
    let cases: [(&[&str], &str); 6] = [
        (&[], "which BASE?"),
        (&["HEAD", "--gate", "luck"], "there is no gate luck"),
        (&["HEAD", "--gate"], "--gate wants a value"),
        (&["HEAD", "--fast"], "unknown option --fast"),
        (&["HEAD", "HEAD", "HEAD"], "two revisions"),
        (&["HEAD", "HEAD", "--working-tree"], "is HEAD already"),
    ];
    for (arguments, told) in cases {
        let (status, text) = run(arguments);
        assert_eq!(status, Some(2), "{arguments:?}: {text}");
        assert!(text.contains(told), "{arguments:?}: {text}");
    }
    let (status, text) = run(&["--help"]);
    assert!(status == Some(0) && text.starts_with("Usage: scripts/bench-compare BASE [HEAD]"));
}
