//! The targets without a fuzzer: inputs replayed, made short, and made of traces.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::golden_folder;
use crate::common::liar::{HONEST, Lie};
use arbitrary::Unstructured;
use growstack::{EntryFlags, Size};
use growstack_fuzz::answer::Row;
use growstack_fuzz::cli::{Exit, maps};
use growstack_fuzz::input::{Flavour, Input, Prefill, seeded};
use growstack_fuzz::kernel::Kernel;
use growstack_fuzz::op::{Kind, Op};
use growstack_fuzz::oracle::Oracle;
use growstack_fuzz::oracle::freebsd14::Oracle14;
use growstack_fuzz::replay::MapFactory;
use growstack_fuzz::targets::{Finding, Session, Statistics, Target, Verdict};
use growstack_fuzz::trace::Trace;
use tempfile::TempDir;

/// The exit code, and what was printed.
fn call(arguments: &[&str], paths: &[&Path]) -> (Exit, String, String) {
    let words = arguments.iter().map(OsStr::new);
    let words: Vec<&OsStr> = words.chain(paths.iter().map(|path| path.as_os_str())).collect();
    crate::common::call(&words, &maps())
}

fn write(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

fn drawn(seed: u64, operations: usize) -> Input {
    drawn_for(Kernel::Freebsd9, seed, operations)
}

fn drawn_for(kernel: Kernel, seed: u64, operations: usize) -> Input {
    let bytes = seeded(seed, 7, operations * Input::BYTES_PER_RECORD);
    let input = Input::draw(&mut Unstructured::new(&bytes), kernel, Flavour::Whole, operations);
    let header = Input::default().with_kernel(kernel).header;
    Input { header, ..input }
}

#[test]
fn a_folder_says_what_its_inputs_are_and_so_does_an_option() {
    let folder = TempDir::new().unwrap();
    let bytes = drawn(1, 40).encode();
    let named = write(&folder, "growth/crash-1", &bytes);
    write(&folder, "index/x", &[1, 1, 40, 0, 9, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9]);
    write(&folder, "growth/README.md", b"a note");
    let loose = write(&folder, "loose", &bytes);

    let (exit, out, _) = call(&["replay", "-v"], &[folder.path()]);
    assert_eq!(exit, Exit::Agreed, "{out}");
    assert!(out.contains("inputs 2, operations "), "{out}");
    assert!(out.ends_with("traces 0, operations 0, answers compared 0, divergences 0\n"), "{out}");
    assert!(call(&["replay"], &[&named]).1.starts_with("inputs 1,"));

    let (exit, _, err) = call(&["replay"], &[&loose]);
    assert_eq!(exit, Exit::Unusable);
    assert!(err.contains("--target"), "{err}");
    let (exit, out, _) = call(&["replay", "--target", "differential"], &[&loose]);
    assert_eq!(exit, Exit::Agreed);
    assert!(out.starts_with("inputs 1,"), "{out}");
    let (exit, _, err) = call(&["replay", "--target", "grow"], &[&loose]);
    assert_eq!(exit, Exit::Unusable);
    assert!(err.contains("the targets are differential, growth, index"), "{err}");
}

#[test]
fn what_shows_no_fault_is_not_made_short() {
    let folder = TempDir::new().unwrap();
    let input = write(&folder, "allocation/x", &drawn(2, 30).encode());
    let trace = write(&folder, "x.trace", drawn(2, 30).trace().to_string().as_bytes());
    for path in [&input, &trace] {
        let (exit, out, _) = call(&["minimize"], &[path]);
        assert_eq!(exit, Exit::Agreed);
        assert!(out.ends_with("shows no fault\n"), "{out}");
    }
    let (exit, _, err) = call(&["minimize"], &[folder.path()]);
    assert_eq!(exit, Exit::Unusable);
    assert!(err.contains("not a single file"), "{err}");
}

/// A made-up fault: a growth somewhere behind a stack, with the guard page on.
#[test]
fn minimizing_leaves_what_the_fault_needs() {
    let fails = |bytes: &[u8]| {
        let Some(input) = Input::decode(bytes) else { return false };
        let of = |kind| input.records.iter().position(|record| record.kind == kind);
        let guard = input.header.config.tunables.guard_page;
        guard && of(Kind::Stack).zip(of(Kind::Grow)).is_some_and(|(stack, grow)| stack < grow)
    };
    let mut tried = 0;
    for seed in 0..200 {
        let mut input = drawn(seed, 80);
        input.header.config.tunables.guard_page = true;
        input.header.prefill.entries = 100;
        let bytes = input.encode();
        let short = Target::Growth.shrink(&bytes, fails);
        if fails(&bytes) {
            let short = Input::decode(&short).unwrap();
            let kinds: Vec<Kind> = short.records.iter().map(|record| record.kind).collect();
            assert_eq!(kinds, [Kind::Stack, Kind::Grow]);
            assert!(short.header.config.tunables.guard_page);
            assert_eq!(short.header.prefill, Prefill::NONE);
            tried += 1;
        } else {
            assert_eq!(short, bytes);
        }
    }
    assert!(tried > 20, "{tried}");
}

#[test]
fn minimizing_bytes_and_text() {
    let index: Vec<u8> = (0..200).map(|n| if n == 0 { 1 } else { n }).collect();
    let fails = |bytes: &[u8]| bytes.first() == Some(&1) && bytes.contains(&77);
    let short = Target::Index.shrink(&index, fails);
    assert!(short.len() <= 16, "{short:?}");
    let short = Target::Trace.shrink(b"some text with an x in it", |text| text.contains(&b'x'));
    assert_eq!(short, b"x");
}

/// Traces become inputs that do the same, and distilling keeps all that they reach.
#[test]
fn seeds_are_made_and_distilled() {
    let folder = TempDir::new().unwrap();
    let (made, kept) = (folder.path().join("made"), folder.path().join("kept"));
    let quirks = golden_folder().join("quirks");
    let out = made.to_str().unwrap();
    let (exit, text, _) = call(&["seeds", "--target", "growth", "--out", out], &[&quirks]);
    assert_eq!(exit, Exit::Agreed);
    assert!(text.starts_with("27 inputs in"), "{text}");
    let out = kept.to_str().unwrap();
    let (exit, text, _) = call(&["distill", "--target", "growth", "--out", out], &[&made]);
    assert_eq!(exit, Exit::Agreed);
    assert!(text.contains(" of 27 inputs in"), "{text}");

    let reached = |folder: &Path| {
        let mut session = Session::default();
        let files: Vec<_> = fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
        for file in &files {
            session.run(Target::Growth, &fs::read(file).unwrap()).unwrap();
        }
        (files.len(), session.statistics.counts.pairs())
    };
    let ((all, pairs), (few, same)) = (reached(&made), reached(&kept));
    assert!(few < all && pairs == same, "{few} of {all} reach {same} of {pairs}");

    let seed = fs::read(made.join("quirks-q08")).unwrap_or_else(|_| {
        fs::read(fs::read_dir(&made).unwrap().next().unwrap().unwrap().path()).unwrap()
    });
    assert!(Input::decode(&seed).unwrap().records.len() > 1);
}

#[test]
fn another_version_is_unreadable_and_agreement_is_no_finding() {
    for target in [Target::Differential, Target::Index] {
        assert_eq!(Session::default().run(target, &[9]).unwrap(), Verdict::Unreadable);
    }
    let text = fs::read(golden_folder().join("short/a-0001.trace")).unwrap();
    assert!(Finding::of_trace(&Trace::parse(&text).unwrap()).is_none());
}

/// What the statistics count: operations, and every pair of one and a branch.
#[test]
fn statistics_are_printed() {
    let mut session = Session::default();
    let input = drawn(4, 60);
    let operations = input.trace().steps.iter().filter(|step| *step.op() != Op::Dump).count();
    session.run(Target::Differential, &input.encode()).unwrap();
    let text = session.statistics.to_string();
    assert!(text.starts_with(&format!("executions 1, operations {operations}, ")), "{text}");
    let pairs = session.statistics.counts.pairs();
    assert!(text.contains(&format!("pairs of an operation and a branch {pairs}\n")), "{text}");
    assert!(text.contains("not reached: "), "{text}");
}

/// Each kernel has a part of its own.
#[test]
fn statistics_name_the_kernels() {
    let mut session = Session::default();
    for (seed, kernel) in (0..20).flat_map(|seed| Kernel::ALL.map(|kernel| (seed, kernel))) {
        for target in [Target::Differential, Target::Allocation] {
            session.run(target, &drawn_for(kernel, seed, 60).encode()).unwrap();
        }
    }
    let Statistics { counts, counts_14, shortages, .. } = &session.statistics;
    assert!(*shortages > 20, "{shortages}");
    let text = session.statistics.to_string();
    let both = counts.operations + counts_14.operations;
    assert!(text.starts_with(&format!("executions 80, operations {both}, ")), "{text}");
    for (kernel, operations, pairs) in [
        ("freebsd-9", counts.operations, counts.pairs()),
        ("freebsd-14", counts_14.operations, counts_14.pairs()),
    ] {
        assert!(
            text.contains(&format!("\n{kernel}: inputs 40, operations {operations}\n")),
            "{text}"
        );
        assert!(text.contains(&format!("pairs of an operation and a branch {pairs}\n")), "{text}");
    }
}

/// A map of one kernel gets the inputs for the other one, too, as for its own.
#[test]
fn a_map_of_one_kernel_runs_the_inputs_for_both() {
    for (of, tested) in [
        (Kernel::Freebsd9, MapFactory::of::<Oracle>("mine")),
        (Kernel::Freebsd14, MapFactory::of::<Oracle14>("mine")),
    ] {
        let mut session = Session::on(tested);
        for kernel in Kernel::ALL {
            session.run(Target::Growth, &drawn_for(kernel, 3, 60).encode()).unwrap();
        }
        let Statistics { counts, counts_14, .. } = &session.statistics;
        let inputs = [counts.sequences, counts_14.sequences];
        assert_eq!(inputs, if of == Kernel::Freebsd9 { [2, 0] } else { [0, 2] });
    }
}

/// A fault that only a map of 14.2 can have is found by a target, and made short.
#[test]
fn a_fault_of_14_is_found_and_made_short() {
    let lie = Lie {
        rows: |_, rows| {
            let is_gap = |row: &&mut Row| row.flags.intersects(EntryFlags::STACK_GAP);
            rows.iter_mut().filter(is_gap).for_each(|row| row.avail = Size::ZERO);
        },
        ..HONEST
    };
    let mut session = Session::on(lie.on::<Oracle14>("liar"));
    let found = (0..20).find_map(|seed| {
        let input = drawn_for(Kernel::Freebsd14, seed, 100);
        session.run(Target::Growth, &input.encode()).err()
    });
    let finding = found.expect("the guard bytes of a gap are compared");
    let trace = finding.trace.as_ref().unwrap();
    assert_eq!(trace.config().kernel(), Kernel::Freebsd14);
    assert_eq!(trace.steps.len(), 1, "{finding}");
    assert!(finding.report.contains("kernel=freebsd-14"), "{finding}");
    assert!(finding.test.contains("kernel=freebsd-14"), "{finding}");
}

/// A wrong recorded entry is marked on both sides of the picture that `minimize --picture` draws.
#[test]
fn both_maps_are_drawn_where_they_differ() {
    let folder = TempDir::new().unwrap();
    let trace = format!(
        "{}stack 0x10000 0x10000 rw- rwx grows_up\n= KERN_SUCCESS\ndump\n\
         | 0x10000 0x11000 rw- rwx copy 0 grows_up,charged - 0x0 0xe000\n\
         | size=0x1000 entries=1 ssize=0 reserved=0x1000 wired=0\n",
        crate::common::HEADER,
    );
    let file = write(&folder, "wrong.trace", trace.as_bytes());
    let picture = folder.path().join("maps.svg");
    let (exit, out, _) = call(&["minimize", "--picture", picture.to_str().unwrap()], &[&file]);
    assert_eq!(exit, Exit::Diverged, "{out}");
    let svg = fs::read_to_string(picture).unwrap();
    assert_eq!(svg.matches("entry differs").count(), 2, "{svg}");
    assert!(svg.contains("≠ rw- ↑ 0xe000") && svg.contains("≠ rw- ↑ 0xf000"), "{svg}");
    assert!(svg.contains("the trace") && svg.contains("0x11000"), "{svg}");
}
