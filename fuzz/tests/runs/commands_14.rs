//! Traces of FreeBSD 14.2 with the commands that are about one trace.

use std::path::PathBuf;

use crate::common::liar::{HONEST, Lie};
use crate::common::{call, traces_14};
use growstack::EntryFlags;
use growstack_fuzz::cli::{Exit, maps};
use growstack_fuzz::input::Input;
use growstack_fuzz::kernel::Kernel;
use growstack_fuzz::oracle::freebsd14::Oracle14;
use growstack_fuzz::replay::ORACLES;
use growstack_fuzz::trace::Trace;

/// The golden trace whose name begins so.
fn golden(name: &str) -> PathBuf {
    let begins = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(name);
    traces_14().into_iter().map(|(path, _)| path).find(begins).unwrap()
}

/// A map that forgets the guard bytes of gaps.
const WRONG: Lie = Lie {
    rows: |_, rows| {
        for row in rows.iter_mut().filter(|row| row.flags.intersects(EntryFlags::STACK_GAP)) {
            row.avail = growstack::Size::ZERO;
        }
    },
    ..HONEST
};

#[test]
fn describe_counts_stacks_and_entries() {
    let (exit, out, err) = call(&["describe".into(), golden("m02")], &maps());
    assert_eq!(exit, Exit::Agreed, "{err}");
    let row = out.lines().last().unwrap();
    assert!(row.starts_with("| m02-gap-entry | 9 | 4 | 4 | 2 | 0 | 1 |"), "{out}");
}

#[test]
fn show_draws_guards_and_says_what_they_are() {
    let (exit, out, err) = call(&["show".into(), golden("m02")], &maps());
    assert_eq!(exit, Exit::Agreed, "{err}");
    assert!(out.matches("class=\"guard").count() > 2, "{out}");
    assert!(out.contains(".guard {"), "{out}");
}

#[test]
fn minimize_finds_what_a_map_of_that_kernel_does_wrong() {
    let path = golden("m02");
    let (exit, _, err) = call(&["minimize".into(), path.clone()], &[ORACLES]);
    assert_eq!(exit, Exit::Unusable);
    assert!(err.contains("there is no map of freebsd-14 but its oracle"), "{err}");
    let with = |lie: Lie| [&maps()[..], &[lie.on::<Oracle14>("mine")]].concat();
    let (exit, out, _) = call(&["minimize".into(), path.clone()], &with(HONEST));
    assert_eq!(exit, Exit::Agreed, "{out}");
    let folder = tempfile::tempdir().unwrap();
    let short = folder.path().join("short.trace");
    let words = ["minimize".into(), path, "--out".into(), short.clone()];
    let (exit, out, err) = call(&words, &with(WRONG));
    assert_eq!(exit, Exit::Diverged, "{err}");
    assert!(out.contains("different entries from number 0 on"), "{out}");
    let short = Trace::parse(&std::fs::read(short).unwrap()).unwrap();
    assert!(short.steps.len() <= 2, "{short}");
}

#[test]
fn inputs_of_targets_are_made_of_its_traces() {
    let folder = tempfile::tempdir().unwrap();
    let seeds = |target: &str| {
        let words = ["seeds", "--target", target, "--out"].map(PathBuf::from);
        call(&[&words[..], &[folder.path().to_owned(), golden("m02")]].concat(), &maps())
    };
    let (exit, out, err) = seeds("trace");
    assert_eq!(exit, Exit::Agreed, "{err}");
    assert!(out.starts_with("1 inputs"), "{out}");
    let (exit, _, err) = seeds("growth");
    assert_eq!(exit, Exit::Agreed, "{err}");
    let seed = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let input = Input::decode(&std::fs::read(seed).unwrap()).unwrap();
    assert_eq!(input.header.kernel(), Kernel::Freebsd14);
}
