//! Maps that are programs of their own: children that break the protocol.

use std::num::NonZero;
use std::time::Duration;

use crate::common::HEADER;
use growstack_fuzz::compare::Divergence;
use growstack_fuzz::driver::{Settings, run};
use growstack_fuzz::exec::{Command, Exec};
use growstack_fuzz::oracle::Oracle;
use growstack_fuzz::replay::{Counts, Failure, MapFactory, replay};
use growstack_fuzz::space::AddressSpace;
use growstack_fuzz::trace::Trace;
use tempfile::TempDir;

const PATIENT: Duration = Duration::from_secs(60);

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

    fn factory(&self, timeout: Duration) -> MapFactory {
        Command::new(&self.command, timeout).unwrap().factory("script")
    }
}

fn trace(body: &str) -> Trace {
    Trace::parse(format!("{HEADER}{body}").as_bytes()).unwrap()
}

fn play(body: &str, factory: MapFactory) -> (Counts, Result<(), Box<Failure>>) {
    replay(&trace(body), &[MapFactory::of::<Oracle>("oracle"), factory])
}

/// The header of these traces has a step that a map is asked about before anything else.
const READ: &str = "for n in 1 2 3 4 5; do read -r line; done\n";

/// Answers as given, one line after each that it reads; dumps are not supported.
fn answers(lines: &[&str]) -> Script {
    let mut text = format!("{READ}read -r line; echo '= KERN_SUCCESS'\n");
    text += "read -r line; echo '= UNSUPPORTED'\n";
    for line in lines {
        text += &format!("read -r line; {line}\n");
    }
    Script::new(&text)
}

#[test]
fn answers_without_dumps() {
    let script = answers(&["echo '= FALSE'", "echo '= TRUE 0x1000 0x2000'"]);
    let (counts, result) = play("lookup 0\n= FALSE\nlookup 0\n= FALSE\n", script.factory(PATIENT));
    assert_eq!((counts.operations, counts.ended), (2, None));
    let failure = result.unwrap_err();
    assert_eq!((failure.index, failure.sides), (1, ("the trace", "script")));
    assert!(matches!(failure.divergence, Divergence::Answer { .. }));
}

#[test]
fn unsupported_operations_end_a_trace() {
    let script = answers(&["echo '= FALSE'", "echo '= UNSUPPORTED'"]);
    let (counts, result) =
        play("lookup 0\ninsert 0x1000 0x2000 rw- rwx - - 0\nlookup 0\n", script.factory(PATIENT));
    result.unwrap();
    let ended = counts.ended.unwrap();
    assert_eq!((counts.operations, ended.index, ended.map), (1, Some(1), "script"));
}

#[test]
fn processes_over_a_pipe() {
    let success = "echo '= KERN_SUCCESS'";
    let refused = "echo '= KERN_INVALID_ARGUMENT'";
    let script = answers(&["echo '= KERN_SUCCESS 1'", success, refused, success]);
    let (counts, result) =
        play("fork\n= KERN_SUCCESS 1\nuse 1\nexit 1\nexit 0\n", script.factory(PATIENT));
    result.unwrap();
    assert_eq!((counts.operations, counts.passed, counts.ended), (4, 0, None));
}

/// What the divergence says after one `lookup 0` that is answered by `line`.
fn failed(script: &Script, timeout: Duration) -> Divergence {
    let (_, result) = play("lookup 0\n", script.factory(timeout));
    result.unwrap_err().divergence
}

#[test]
fn garbage_is_reported() {
    let cases = [
        ("echo hello", "it wrote `hello` after `lookup 0x0`: the first word of an answer"),
        ("echo '= KERN_SUCCESS'", "must be TRUE or FALSE, not `KERN_SUCCESS`"),
        ("echo '= FALSE 0x1'", "nothing may follow here, but `0x1` does"),
        ("echo", "it wrote `` after `lookup 0x0`: = is missing"),
        ("printf '\\377\\n'", "wrote no UTF-8 after `lookup 0x0`"),
        ("printf '%05000d\\n' 0", "wrote a line of more than 4096 bytes"),
    ];
    for (line, reported) in cases {
        match failed(&answers(&[line]), PATIENT) {
            Divergence::Failed { reason } => assert!(reason.contains(reported), "{line}: {reason}"),
            other => panic!("{line}: {other}"),
        }
    }
}

#[test]
fn an_end_is_reported() {
    let cases = [
        ("exit 7", "ended before its answer to `lookup 0x0`, exit status: 7"),
        ("printf '= FALSE'", "ended before its answer to `lookup 0x0`, exit status: 0"),
        ("kill -9 $$", "ended before its answer to `lookup 0x0`, signal: 9"),
    ];
    for (line, reported) in cases {
        match failed(&answers(&[line]), PATIENT) {
            Divergence::Failed { reason } => assert!(reason.contains(reported), "{line}: {reason}"),
            other => panic!("{line}: {other}"),
        }
    }
    let missing = Command::new("/does/not/exist -x", PATIENT).unwrap().factory("script");
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
    let settings = Settings { seed: 5, sequences: Some(9), threads, ..Settings::default() };
    let outcome = run(&settings, script.factory(Duration::from_millis(100)));
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

/// Is there a process of this id that is not a zombie?
fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')')
        .next()
        .and_then(|rest| rest.split_whitespace().next())
        .is_some_and(|s| s != "Z")
}

#[test]
#[cfg(target_os = "linux")]
fn a_wrapper_dies_with_what_it_started() {
    let folder = tempfile::TempDir::new().unwrap();
    let (script, pid) = (folder.path().join("run.sh"), folder.path().join("pid"));
    let text = format!("sleep 300 & echo $! >{}; cat >/dev/null; wait\n", pid.display());
    std::fs::write(&script, text).unwrap();
    let command =
        Command::new(&format!("sh {}", script.display()), Duration::from_secs(2)).unwrap();
    let (_, result) = play("lookup 0\n", command.factory("wrapper"));
    assert!(result.unwrap_err().is_late());
    let pid = std::fs::read_to_string(pid).unwrap();
    let until = std::time::Instant::now() + Duration::from_secs(5);
    while is_alive(pid.trim()) {
        assert!(std::time::Instant::now() < until, "{pid} lives on");
        std::thread::sleep(Duration::from_millis(5));
    }
}
