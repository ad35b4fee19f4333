//! Maps that are programs of their own: the example, and children that break the protocol.
#![allow(clippy::unwrap_used)]
#![cfg(unix)]

mod common;

use std::num::NonZero;
use std::path::Path;
use std::time::Duration;

use assert_cmd::Command as Program;
use common::HEADER;
use growstack_fuzz::compare::Divergence;
use growstack_fuzz::driver::{Settings, run};
use growstack_fuzz::exec::{Command, Exec};
use growstack_fuzz::generate::Kind;
use growstack_fuzz::reference::Reference;
use growstack_fuzz::replay::{Contender, Counts, Ended, Failure, replay};
use growstack_fuzz::space::AddressSpace;
use growstack_fuzz::trace::Trace;
use tempfile::TempDir;

const PATIENT: Duration = Duration::from_secs(60);

/// The command of the example, unless there is no Python.
fn python() -> Option<String> {
    let found = std::process::Command::new("python3").arg("--version").output();
    if !found.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: this test needs python3, which is not installed");
        return None;
    }
    Some(format!("python3 {}/examples/exec/map.py", env!("CARGO_MANIFEST_DIR")))
}

/// A map that is a shell script.
struct Script {
    _folder: TempDir,
    command: String,
}

impl Script {
    fn new(text: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("map.sh");
        std::fs::write(&path, text).unwrap();
        Self { command: format!("sh {}", path.display()), _folder: folder }
    }

    fn contender(&self, timeout: Duration) -> Contender {
        Command::new(&self.command, timeout).unwrap().contender("script")
    }
}

fn trace(body: &str) -> Trace {
    Trace::parse(format!("{HEADER}{body}").as_bytes()).unwrap()
}

fn play(body: &str, contender: Contender) -> (Counts, Result<(), Box<Failure>>) {
    replay(&trace(body), &[Contender::of::<Reference>("reference"), contender])
}

/// The header of these traces has a step that a map is asked about before anything else.
const READ: &str = "for n in 1 2 3 4 5; do read -r line; done\n";

/// Answers as told, one line after each that it reads; dumps are not supported.
fn answers(lines: &[&str]) -> Script {
    let mut text = format!("{READ}read -r line; echo '= KERN_SUCCESS'\n");
    text += "read -r line; echo '= UNSUPPORTED'\n";
    for line in lines {
        text += &format!("read -r line; {line}\n");
    }
    Script::new(&text)
}

#[test]
fn the_example_agrees_with_the_reference() {
    let Some(command) = python() else { return };
    let tested = Command::new(&command, PATIENT).unwrap().contender("python");
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

#[test]
fn a_wrong_program_is_found_and_cut() {
    let Some(command) = python() else { return };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/exec/map.py");
    let text = std::fs::read_to_string(path).unwrap();
    let wrong = text.replace("- candidate >= length", "- candidate > length");
    assert_ne!(text, wrong);
    let folder = TempDir::new().unwrap();
    let copy = folder.path().join("map.py");
    std::fs::write(&copy, wrong).unwrap();
    assert!(command.starts_with("python3 "));
    let line = format!("python3 {}", copy.display());
    let assert = Program::new(assert_cmd::cargo::cargo_bin!("growstack"))
        .args(["random", "--seed", "3", "--sequences", "40", "--exec", &line, "--timeout", "60"])
        .assert()
        .code(1);
    let out = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    assert!(out.contains("different answers:\n    reference: KERN_SUCCESS"), "{out}");
    assert!(out.contains("    findspace 0x"), "{out}");
}

#[test]
fn replay_with_a_program() {
    let Some(command) = python() else { return };
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
            .args(["--exec", &command, "--timeout", "60"])
            .args(only)
            .assert()
            .code(0);
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

#[test]
fn answers_without_dumps() {
    let script = answers(&["echo '= FALSE'", "echo '= TRUE 0x1000 0x2000'"]);
    let (counts, result) =
        play("lookup 0\n= FALSE\nlookup 0\n= FALSE\n", script.contender(PATIENT));
    assert_eq!((counts.operations, counts.ended), (2, None));
    let failure = result.unwrap_err();
    assert_eq!((failure.index, failure.sides), (1, ("the trace", "script")));
    assert!(matches!(failure.divergence, Divergence::Answer { .. }));
}

#[test]
fn unsupported_operations_end_a_trace() {
    let script = answers(&["echo '= FALSE'", "echo '= UNSUPPORTED'"]);
    let (counts, result) = play("lookup 0\nlookup 0\nlookup 0\n", script.contender(PATIENT));
    result.unwrap();
    let ended = Ended { index: Some(1), map: "script" };
    assert_eq!((counts.operations, counts.ended), (1, Some(ended)));
}

/// What the divergence says after one `lookup 0` that is answered by `line`.
fn failed(script: &Script, timeout: Duration) -> Divergence {
    let (_, result) = play("lookup 0\n", script.contender(timeout));
    result.unwrap_err().divergence
}

#[test]
fn garbage_is_told() {
    let cases = [
        ("echo hello", "it wrote `hello` after `lookup 0x0`: the first word of an answer"),
        ("echo '= KERN_SUCCESS'", "must be TRUE or FALSE, not `KERN_SUCCESS`"),
        ("echo '= FALSE 0x1'", "nothing may follow here, but `0x1` does"),
        ("echo", "it wrote `` after `lookup 0x0`: = is missing"),
        ("printf '\\377\\n'", "wrote no UTF-8 after `lookup 0x0`"),
        ("printf '%05000d\\n' 0", "wrote a line of more than 4096 bytes"),
    ];
    for (line, told) in cases {
        match failed(&answers(&[line]), PATIENT) {
            Divergence::Failed { reason } => assert!(reason.contains(told), "{line}: {reason}"),
            other => panic!("{line}: {other}"),
        }
    }
}

#[test]
fn an_end_is_told() {
    let cases = [
        ("exit 7", "ended before its answer to `lookup 0x0`, exit status: 7"),
        ("printf '= FALSE'", "ended before its answer to `lookup 0x0`, exit status: 0"),
        ("kill -9 $$", "ended before its answer to `lookup 0x0`, signal: 9"),
    ];
    for (line, told) in cases {
        match failed(&answers(&[line]), PATIENT) {
            Divergence::Failed { reason } => assert!(reason.contains(told), "{line}: {reason}"),
            other => panic!("{line}: {other}"),
        }
    }
    let missing = Command::new("/does/not/exist -x", PATIENT).unwrap().contender("script");
    let failure = play("lookup 0\n", missing).1.unwrap_err();
    assert!(failure.divergence.to_string().contains("`/does/not/exist -x` cannot be started"));
}

#[test]
fn nobody_waits_for_ever() {
    let moment = Duration::from_millis(300);
    // Silent; silent with its output closed and its input unread; and rows without an end.
    let endless = format!(
        "{READ}echo '= KERN_SUCCESS'; while :; do echo '| 0x1000 0x2000 ? ? ? ? ? ? ? ?'; done"
    );
    for text in ["exec sleep 600".to_owned(), endless] {
        let divergence = failed(&Script::new(&text), moment);
        assert!(matches!(divergence, Divergence::Late { .. }), "{divergence}");
        assert!(divergence.to_string().contains("in 0.3 s"), "{divergence}");
    }
    let closed = failed(&Script::new("exec >&-; exec sleep 600"), PATIENT);
    assert!(closed.to_string().contains("its output is closed"), "{closed}");
}

#[test]
fn a_program_that_is_too_slow_is_not_tried_again_and_again() {
    let script = Script::new("exec sleep 600");
    let threads = NonZero::<usize>::MIN;
    let settings = Settings { seed: 5, first: 0, sequences: Some(9), budget: None, threads };
    let outcome = run(&settings, script.contender(Duration::from_millis(100)));
    let text = outcome.failure.unwrap().to_string();
    assert!(text.contains("script was too slow"), "{text}");
}

#[test]
fn without_a_command_it_has_failed() {
    let mut map = Exec::create(trace("").config());
    assert_eq!(map.check(), Err("no command was given".into()));
    assert!(Command::new(" \t", PATIENT).is_none());
    let answer = map.apply(trace("lookup 0\n").steps[0].op(), &mut Vec::new()).0;
    assert_eq!(answer, growstack_fuzz::answer::Answer::Failed);
}
