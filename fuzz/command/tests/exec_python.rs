//! The example of a map that is a program of its own, in Python: ignored where there is none.
#![allow(clippy::unwrap_used)]

#[path = "../../tests/common/mod.rs"]
mod common;

use std::num::NonZero;
use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use assert_cmd::Command as Program;
use common::HEADER;
use growstack_fuzz::driver::{Settings, run};
use growstack_fuzz::exec::Command;
use growstack_fuzz::op::Kind;
use libtest_mimic::{Arguments, Trial};
use tempfile::TempDir;

const PATIENT: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let mut python = std::process::Command::new("python3");
    let python = python.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let missing = cfg!(not(unix)) || !python.is_ok_and(|status| status.success());
    let trial = |name: &str, test: fn()| {
        let trial = Trial::test(name, move || {
            test();
            Ok(())
        });
        let kind = if missing { "apt-get install python3" } else { "" };
        trial.with_ignored_flag(missing).with_kind(kind)
    };
    let trials = vec![
        trial("the_example_agrees_with_the_oracle", the_example_agrees_with_the_oracle),
        trial("a_wrong_program_is_found_and_cut", a_wrong_program_is_found_and_cut),
        trial("replay_with_a_program", replay_with_a_program),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn command() -> String {
    format!("python3 {}/../examples/exec/map.py", env!("CARGO_MANIFEST_DIR"))
}

fn the_example_agrees_with_the_oracle() {
    let tested = Command::new(&command(), PATIENT).unwrap().factory("python");
    let threads = NonZero::<usize>::MIN;
    let settings = Settings { seed: 5, first: 0, sequences: Some(12), budget: None, threads };
    let outcome = run(&settings, tested);
    if let Some(failure) = &outcome.failure {
        panic!("{failure}");
    }
    assert!(outcome.counts.operations > 1000, "only {}", outcome.counts.operations);
    for kind in [Kind::Insert, Kind::Remove, Kind::Check, Kind::Lookup, Kind::FindSpace] {
        assert!(outcome.counts.kind(kind).done > 10, "too little of {}", kind.name());
    }
    assert!(outcome.counts.not_supported(Kind::Grow) > 0);
}

fn a_wrong_program_is_found_and_cut() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/exec/map.py");
    let text = std::fs::read_to_string(path).unwrap();
    let wrong = text.replace("- candidate >= length", "- candidate > length");
    assert_ne!(text, wrong);
    let folder = TempDir::new().unwrap();
    let copy = folder.path().join("map.py");
    std::fs::write(&copy, wrong).unwrap();
    let line = format!("python3 {}", copy.display());
    let assert = Program::new(assert_cmd::cargo::cargo_bin!("growstack"))
        .args(["random", "--seed", "3", "--sequences", "40", "--exec", &line, "--timeout", "60"])
        .assert()
        .code(1);
    let out = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    assert!(out.contains("different answers:\n    oracle: KERN_SUCCESS"), "{out}");
    assert!(out.contains("    findspace 0x"), "{out}");
}

fn replay_with_a_program() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.trace");
    let body = "insert 0x1000 0x3000 rw- rwx - - 0x77\n= KERN_SUCCESS\n\
        lookup 0x2fff\n= TRUE 0x1000 0x3000\ndump\n\
        | 0x1000 0x3000 rw- rwx copy 0 charged - 0x77 0x0\n\
        | size=0x2000 entries=1 ssize=0 reserved=0x2000 wired=0\n\
        stack 0x8000 0x4000 rw- rwx grows_down\n";
    std::fs::write(&path, format!("{HEADER}{body}")).unwrap();
    let growstack = || Program::new(assert_cmd::cargo::cargo_bin!("growstack"));
    for only in [&[][..], &["--only", "exec"]] {
        let assert = growstack()
            .arg("replay")
            .arg(&path)
            .args(["--exec", &command(), "--timeout", "60"])
            .args(only)
            .assert()
            .code(2);
        let err = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        assert!(err.contains("exec does not support `stack 0x8000 0x4000"), "{err}");
        let out = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
        assert!(out.ends_with("traces 1, operations 3, answers compared 3, divergences 0\n"));
        assert!(out.starts_with("traces left out"), "{out}");
    }
    for bad in ["0", "-1", "nan", "1e300"] {
        let timeout = format!("--timeout={bad}");
        growstack().arg("replay").arg(&path).args(["--exec", "true", &timeout]).assert().code(2);
    }
    growstack().arg("replay").arg(&path).args(["--exec", " "]).assert().code(2);
    growstack().arg("replay").arg(&path).args(["--timeout", "3"]).assert().code(2);
}
