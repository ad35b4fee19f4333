//! The log of long runs: who writes it, and what it comes to.
#![allow(clippy::unwrap_used)]

mod common;

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use common::toy::{Faulty, Sound};
use growstack_fuzz::cli::{Exit, Streams, maps, run};
use growstack_fuzz::replay::Contender;
use growstack_fuzz::runs::{Run, Total, append, engine_revision, read};
use tempfile::TempDir;

fn call(maps: &[Contender], arguments: &[&str]) -> (Exit, String, String) {
    let words = ["growstack"].iter().chain(arguments).map(OsString::from);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut streams = Streams { out: &mut out, err: &mut err };
    let exit = run(words, maps, &mut streams).unwrap();
    (exit, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

fn line(what: &str, engine: &str, operations: u64, divergences: u64) -> Run {
    Run {
        when: "2026-01-02T03:04:05Z".to_owned(),
        engine: engine.to_owned(),
        what: what.to_owned(),
        width: "16".to_owned(),
        how: "seed 1, sequences 2".to_owned(),
        operations,
        compared: operations / 2,
        searches: operations / 4,
        divergences,
        seconds: 3,
    }
}

fn statistics(target: &str, findings: u64) -> String {
    format!(
        "target {target}, seed 9, seconds 12.5, findings {findings}\n\
         executions 20, operations 3000, compared 2000, searches 2001, shortages 0, edits 0, \
         traces read 0, entries at most 40\n"
    )
}

#[test]
fn the_committed_log_can_be_read() {
    let log = Path::new(env!("CARGO_MANIFEST_DIR")).join("runs.tsv");
    for run in read(&log).unwrap() {
        assert!(run.compared <= run.operations && run.operations > 0, "{run:?}");
        assert!(!run.engine.ends_with("+changed"), "nobody can have that engine again: {run:?}");
    }
}

#[test]
fn what_is_appended_is_read_back() {
    let folder = TempDir::new().unwrap();
    let log = folder.path().join("log.tsv");
    let runs =
        [line("random", "a", 100, 0), line("growth", "b", 10, 1), line("random", "b", 40, 0)];
    runs.iter().for_each(|run| append(&log, run).unwrap());
    assert_eq!(read(&log).unwrap(), runs);
    let text = fs::read_to_string(&log).unwrap();
    assert_eq!(text.lines().count(), 4, "one line each, and one for their names: {text}");

    let total = Total::of(&runs);
    assert_eq!((total.clean, total.diverged), (2, 1));
    assert_eq!((total.operations, total.compared, total.searches), (140, 70, 35));

    let (exit, out, _) = call(&maps(), &["runs", log.to_str().unwrap()]);
    assert_eq!(exit, Exit::Agreed);
    assert!(out.ends_with("operations without divergence 140, compared 70\n"), "{out}");
    assert!(out.contains("engine b, the last one run: operations 40, compared 20, diverged 1\n"));
    for what in ["random", "growth", "all"] {
        assert!(out.lines().any(|line| line.starts_with(what)), "{out}");
    }
}

#[test]
fn what_is_no_log_is_neither_read_nor_written_to() {
    let folder = TempDir::new().unwrap();
    let log = folder.path().join("log.tsv");
    for text in ["a\tb\n1\t2\n", "when\tengine\nnow\tnone\n"] {
        fs::write(&log, text).unwrap();
        assert!(append(&log, &line("random", "a", 1, 0)).is_err());
        assert_eq!(fs::read_to_string(&log).unwrap(), text);
        let (exit, _, err) = call(&maps(), &["runs", log.to_str().unwrap()]);
        assert_eq!(exit, Exit::Unusable);
        assert!(err.contains("log.tsv"), "{err}");
    }
    let log = log.to_str().unwrap();
    let (exit, out, _) =
        call(&maps(), &["random", "--sequences", "1", "--engine", "a", "--log", log]);
    assert_eq!((exit, out.as_str()), (Exit::Unusable, ""), "known before the run");
    assert_eq!(call(&maps(), &["runs", "no/such/log"]).0, Exit::Unusable);
}

#[test]
fn random_runs_are_logged() {
    let folder = TempDir::new().unwrap();
    let log = folder.path().join("log.tsv");
    let words = ["random", "--seed", "5", "--sequences", "3", "--engine", "abc", "--log"];
    let words = [&words[..], &[log.to_str().unwrap()]].concat();
    let (exit, out, err) = call(&maps(), &words);
    assert_eq!((exit, err.as_str()), (Exit::Agreed, ""));
    assert_eq!(call(&maps(), &[&words[..], &["--width", "4"]].concat()).0, Exit::Agreed);

    let runs = read(&log).unwrap();
    let widths: Vec<&str> = runs.iter().map(|run| run.width.as_str()).collect();
    assert_eq!(widths, ["16", "4"]);
    let [wide, _] = &runs[..] else { panic!("{runs:?}") };
    assert_eq!((wide.what.as_str(), wide.engine.as_str(), wide.divergences), ("random", "abc", 0));
    assert_eq!(wide.how, "seed 5, first 0, sequences 3");
    let counts = format!(
        "sequences 3, operations {}, compared {}, searches {}, ",
        wide.operations, wide.compared, wide.searches
    );
    assert!(out.contains(&counts) && wide.compared > 0, "{out}{counts}");
}

#[test]
fn a_divergence_is_logged_as_one() {
    let folder = TempDir::new().unwrap();
    let log = folder.path().join("log.tsv");
    let maps = [Contender::of::<Faulty>("engine"), Contender::of::<Sound>("reference")];
    let words = ["random", "--seed", "5", "--sequences", "9", "--engine", "abc", "--log"];
    let (exit, _, _) = call(&maps, &[&words[..], &[log.to_str().unwrap()]].concat());
    assert_eq!(exit, Exit::Diverged);
    let runs = read(&log).unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].divergences, 1);
    assert_eq!(Total::of(&runs).operations, 0);
}

#[test]
fn runs_of_targets_are_added_all_or_none() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("growth"), statistics("growth", 0)).unwrap();
    fs::write(path("found"), statistics("differential", 1)).unwrap();
    fs::write(path("index"), statistics("index", 0)).unwrap();
    let log = path("log.tsv");
    let add = |files: &[&str]| {
        let added: Vec<String> =
            files.iter().flat_map(|file| ["--add".to_owned(), path(file)]).collect();
        let added: Vec<&str> = added.iter().map(String::as_str).collect();
        call(&maps(), &[&["runs", &log, "--engine", "abc"][..], &added].concat())
    };
    let (exit, _, err) = add(&["growth", "index"]);
    assert_eq!(exit, Exit::Unusable);
    assert!(err.contains("index"), "{err}");
    assert!(!Path::new(&log).exists(), "one of them is of no use");

    let (exit, out, _) = add(&["growth", "found"]);
    assert_eq!(exit, Exit::Agreed);
    assert!(out.ends_with("operations without divergence 3000, compared 2000\n"), "{out}");
    let runs = read(Path::new(&log)).unwrap();
    assert_eq!(runs[0].how, "seed 9, executions 20");
    assert_eq!((runs[0].seconds, runs[0].searches), (13, 2001));
    assert_eq!((runs[1].what.as_str(), runs[1].divergences), ("differential", 1));
}

#[test]
fn the_engine_is_named_by_the_commit_of_its_sources() {
    let folder = TempDir::new().unwrap();
    let git = |words: &[&str]| {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"];
        let mut command = std::process::Command::new("git");
        let status = command.arg("-C").arg(folder.path()).args(identity).args(words).output();
        assert!(status.unwrap().status.success(), "git {words:?}");
    };
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let revision = || engine_revision(&folder.path().join("fuzz")).unwrap();
    git(&["init", "--quiet"]);
    write("engine/src/lib.rs", "1");
    write("fuzz/notes", "1");
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "one"]);
    let first = revision();
    assert!(first.len() == 12 && first.bytes().all(|b| b.is_ascii_hexdigit()), "{first}");

    write("fuzz/notes", "2");
    git(&["commit", "--quiet", "-a", "-m", "two"]);
    assert_eq!(revision(), first, "the engine is as it was");
    write("engine/src/lib.rs", "2");
    assert_eq!(revision(), format!("{first}+changed"));
    git(&["commit", "--quiet", "-a", "-m", "three"]);
    assert!(revision() != first && !revision().contains('+'));

    let nowhere = TempDir::new().unwrap();
    assert!(engine_revision(nowhere.path()).is_err());
}
