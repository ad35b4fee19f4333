//! Recording real programs. Tests whose tools are missing are reported as ignored.
#![allow(clippy::unwrap_used)]

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};

use growstack_fuzz::cli::{Streams, maps, run};
use libtest_mimic::{Arguments, Trial};
use tempfile::TempDir;

fn main() -> ExitCode {
    let strace = strace();
    let compiler = strace.or_else(compiler);
    let trials = vec![
        trial(None, "a_log_that_is_not_there", a_log_that_is_not_there),
        trial(None, "without_strace", without_strace),
        trial(strace, "a_program_that_is_not_there", a_program_that_is_not_there),
        trial(strace, "a_program_that_does_nothing", a_program_that_does_nothing),
        trial(strace, "a_pipeline", a_pipeline_is_a_trace_for_every_process),
        trial(strace, "a_log_is_kept_and_read_again", a_log_is_kept_and_read_again),
        trial(compiler, "a_program_that_makes_every_call", a_program_that_makes_every_call),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A test that is ignored if something is missing, with that before its name.
fn trial(missing: Option<&str>, name: &str, test: fn()) -> Trial {
    let trial = Trial::test(name, move || {
        test();
        Ok(())
    });
    trial.with_ignored_flag(missing.is_some()).with_kind(missing.unwrap_or_default())
}

/// Why no program can be recorded, if so.
fn strace() -> Option<&'static str> {
    if cfg!(not(all(target_os = "linux", target_arch = "x86_64"))) {
        return Some("programs are recorded on x86-64 Linux only");
    }
    match Command::new("strace").args(["-o", "/dev/null", "true"]).output() {
        Ok(output) if output.status.success() => None,
        Ok(_) => Some("strace may not trace"),
        Err(_) => Some("apt-get install strace"),
    }
}

/// Why no program can be compiled, if so.
fn compiler() -> Option<&'static str> {
    let mut found = Command::new("cc");
    let found = found.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if found.is_ok() { None } else { Some("apt-get install gcc libc6-dev") }
}

fn recorder() -> Command {
    Command::new(env!("CARGO_BIN_EXE_growstack-recorder"))
}

/// What was printed by a command that must end with `code`.
fn printed(output: &Output, code: i32) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{out}{err}");
    (out, err)
}

/// Records `command`, and returns the folder and what was printed.
fn record(options: &[&str], command: &[&str]) -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    // The machine may be very busy.
    let output = recorder()
        .args(["record", "--name", "test", "--hold", "1000", "--out"])
        .arg(folder.path())
        .args(options)
        .arg("--")
        .args(command)
        .output();
    let output = output.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (text, _) = printed(&output, i32::from(differs_by_version(&text)));
    (folder, text)
}

/// Do the rules of Linux differ from this kernel, and nothing else? They hold for 6.18.
fn differs_by_version(text: &str) -> bool {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    !release.starts_with("6.18.") && text.contains(".linux: ") && !text.contains(" by the rules: ")
}

/// The output of `growstack replay`, which must find no divergence.
fn replay(folder: &Path) -> String {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut streams = Streams { out: &mut out, err: &mut err };
    let words = ["growstack".into(), "replay".into(), OsString::from(folder)];
    run(words, &maps(), &mut streams).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.ends_with("divergences 0\n"), "{text}");
    text
}

fn a_program_that_does_nothing() {
    let (folder, text) = record(&[], &["true"]);
    assert!(text.contains("test-1-true: "), "{text}");
    assert!(text.contains("ended by exit_group, 0 pages differ from the "), "{text}");
    let replayed = replay(folder.path());
    let compared = "traces compared page by page with /proc/PID/maps of their processes: 1\n";
    assert!(replayed.starts_with(compared), "{replayed}");
    // Nothing in a trace says where it was recorded.
    for file in fs::read_dir(folder.path()).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!text.contains("/usr") && !text.contains("/lib"), "{text}");
    }
}

fn a_pipeline_is_a_trace_for_every_process() {
    let script = "echo b a | tr ' ' '\\n' | sort | tail -n 1";
    let (folder, text) = record(&[], &["sh", "-c", script]);
    let ended = text.matches("ended by exit_group, 0 pages differ").count();
    assert!(ended >= 4, "{text}");
    for program in ["sh", "tr", "sort", "tail"] {
        assert!(text.contains(&format!("-{program}: ")), "{text}");
    }
    replay(folder.path());
}

/// Compiles a program that makes every call that is recorded.
fn calls(folder: &Path) -> String {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/calls.c");
    let program = folder.join("calls");
    let mut compiler = Command::new("cc");
    compiler.args(["-O1", "-o"]).args([&program, &source]).args(["-lpthread", "-ldl"]);
    assert!(compiler.status().unwrap().success());
    program.to_str().unwrap().to_owned()
}

fn a_program_that_makes_every_call() {
    let folder = TempDir::new().unwrap();
    let (folder, text) = record(&[], &[&calls(folder.path())]);
    assert!(!text.contains("refused by the rules"), "{text}");
    assert!(text.contains(" operations of a fork, ended by exit_group, 0 pages differ"), "{text}");
    assert!(text.contains("test-1-calls.linux: "), "{text}");
    let trace = fs::read_to_string(folder.path().join("test-1-calls.trace")).unwrap();
    for made in [
        "\ninsert ",
        "\nfixed ",
        "\nfind ",
        "\nremove ",
        "\nstack ",
        "\ngrow ",
        " inherit_share ",
        " acc_no_charge ",
        " nocore\n",
        " sequential\n",
        " none\n",
        " user noholes\n",
        " user holes\n",
        "\nwirefuture off\n",
    ] {
        assert!(trace.contains(made), "no {made:?}");
    }
    let growing = fs::read_to_string(folder.path().join("test-1-calls-growing.trace")).unwrap();
    let stacks = |trace: &str| trace.lines().filter(|line| line.starts_with("stack ")).count();
    assert!(stacks(&growing) > stacks(&trace), "threads have stacks");
    replay(folder.path());
}

fn a_log_is_kept_and_read_again() {
    let kept = TempDir::new().unwrap();
    let log = kept.path().join("log");
    let (first, text) = record(&["--log", log.to_str().unwrap()], &["sh", "-c", "exit 3"]);
    assert!(text.contains("-sh: "), "{text}");
    let options = ["import", "--name", "test", "--out"];
    let output = recorder().args(options).arg(kept.path()).arg(&log).output();
    printed(&output.unwrap(), 0);
    let read = |folder: &TempDir| fs::read(folder.path().join("test-1-sh.trace")).unwrap();
    assert_eq!(read(&first), read(&kept));
}

fn a_log_that_is_not_there() {
    let output = recorder().args(["import", "no-such-log"]).output().unwrap();
    assert!(printed(&output, 2).1.contains("no-such-log"));
}

fn a_program_that_is_not_there() {
    let output = recorder().args(["record", "--", "no-such-program"]).output().unwrap();
    assert!(printed(&output, 2).1.contains("no process in the log"));
}

fn without_strace() {
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        let nothing: PathBuf = TempDir::new().unwrap().path().to_owned();
        let output = recorder().env("PATH", nothing).args(["record", "--", "true"]).output();
        assert!(printed(&output.unwrap(), 2).1.contains("apt-get install strace"));
    }
}
