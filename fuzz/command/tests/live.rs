//! The command on the kernel of this machine.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use tempfile::TempDir;

fn growstack(arguments: &[&str]) -> Output {
    Command::cargo_bin("growstack").unwrap().args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a live run printed, and how it ended; `None` on a machine that has none, which says why.
fn live(arguments: &[&str]) -> Option<(String, i32)> {
    let Output { status, stdout, stderr } = growstack(arguments);
    let complaint = text(&stderr);
    if complaint.contains("no live run on this machine: ") {
        assert_eq!(status.code(), Some(2));
        println!("{complaint}");
        return None;
    }
    assert_eq!(complaint, "");
    Some((text(&stdout), status.code().unwrap()))
}

fn corpus(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus").join(path)
}

#[test]
fn the_engine_is_the_other_map_of_linux() {
    let call = growstack(&["random", "--kernel", "linux", "--seed", "5", "--sequences", "60"]);
    assert_eq!(call.status.code(), Some(0), "{}", text(&call.stderr));
    let out = text(&call.stdout);
    assert!(out.starts_with("seed 5, map engine, "), "{out}");
    assert_eq!(out.lines().last(), Some("no divergence, seed 5"));
    let call = growstack(&["random", "--live"]);
    assert_eq!(call.status.code(), Some(2));
    assert!(text(&call.stderr).contains("--kernel linux"), "{}", text(&call.stderr));
}

#[test]
fn random_sequences_are_counted() {
    let folder = TempDir::new().unwrap();
    let json = folder.path().join("totals.json");
    let json_name = json.to_str().unwrap();
    let arguments = ["random", "--kernel", "linux", "--live", "--seed", "3", "--sequences", "60"];
    let arguments = [&arguments[..], &["--threads", "2", "--json", json_name]].concat();
    let Some((out, exit)) = live(&arguments) else { return };
    assert_eq!(exit, 0, "{out}");
    assert_eq!(out.lines().last(), Some("no divergence, seed 3"));
    assert!(out.starts_with("seed 3, map live, 2 threads, linux\nkernel "), "{out}");
    let line = out.lines().find(|line| line.starts_with("sequences 60, operations ")).unwrap();
    let totals: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
    let operations = totals["operations"].as_u64().unwrap();
    assert!(operations > 1000, "{line}");
    assert!(line.contains(&format!("operations {operations},")), "{line}");
    assert!(totals["reached"]["store"]["L20"].as_u64().unwrap() > 0, "{totals}");
}

#[test]
fn a_trace_runs_on_the_kernel() {
    let path = corpus("linux-directed/gap.trace");
    let Some((out, exit)) = live(&["replay", "--live", path.to_str().unwrap()]) else { return };
    assert_eq!(exit, 0, "{out}");
    assert!(out.lines().last().unwrap().starts_with("traces 1, operations "), "{out}");
    assert!(out.ends_with("divergences 0\n"), "{out}");
}

#[test]
fn what_leaves_something_behind_is_refused() {
    let path = corpus("linux-6.18/000.trace");
    let call = growstack(&["replay", "--live", path.to_str().unwrap()]);
    assert_eq!(call.status.code(), Some(2));
    let complaint = text(&call.stderr);
    let refused = complaint.contains("000.trace:46: ") && complaint.contains("--harmful");
    assert!(refused || complaint.contains("no live run on this machine: "), "{complaint}");
}
