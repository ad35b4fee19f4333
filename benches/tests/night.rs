//! The program of the night, from the command line to the report.

#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use assert_cmd::Command;
use growstack_benches::night::record::{Night, Status};
use growstack_benches::night::state::State;
use growstack_benches::night::step::Step;
use tempfile::TempDir;

/// A project's folder in which nothing is built: only what the night looks for is there, and the
/// command `growstack` is a script that says what it is told to.
struct Project {
    folder: TempDir,
}

impl Project {
    fn new(script: &str) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let folder = TempDir::new().unwrap();
        let project = Self { folder };
        for name in ["corpus/freebsd-9.3", "corpus/growth", "target/release"] {
            fs::create_dir_all(project.path(name)).unwrap();
        }
        let program = project.path("target/release/growstack");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        project
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn night(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_night"));
        command.env("CARGO_TARGET_DIR", self.path("target")).arg("--root").arg(self.folder.path());
        command.args(arguments);
        command
    }

    fn report(&self, name: &str) -> String {
        fs::read_to_string(self.path("target/nightly/report").join(name)).unwrap()
    }

    fn record(&self) -> Night {
        serde_json::from_str(&self.report("night.json")).unwrap()
    }
}

const AGREES: &str = "echo 'traces 3, operations 9, answers compared 9, divergences 0'";

/// Diverges, and can make short whatever it is given.
fn diverges(trace: &Path) -> String {
    format!(
        r#"case $1 in
replay) [ -e "$3"/found.trace ] || cp {trace} "$3"/found.trace; echo 'traces 1, operations 2, answers compared 0, divergences 1'; exit 1;;
minimize) while [ "$1" != --json ]; do shift; done; cat > "$2" <<'JSON'
{{"name": "trace_1", "operation": "grow", "class": "entries: avail", "what": "the <b>entries</b> differ",
"operations": 2, "report": "a report", "trace": "growstack-trace 1\n", "input": null, "test": "fn t() {{}}",
"maps": [{{"name": "reference", "answer": "=", "summary": "s", "entries": [
{{"start": 4096, "end": 8192, "grows": "down", "avail": 0, "text": "0x1000 0x2000 rw-"}}]}},
{{"name": "engine", "answer": "=", "summary": "s", "entries": []}}]}}
JSON
exit 1;;
esac"#,
        trace = trace.display()
    )
}

#[test]
fn a_clean_replay() {
    let project = Project::new(AGREES);
    project.night(&["--only", "replay", "--budget", "1s", "--seed", "4"]).assert().code(0);
    let page = project.report("report.html");
    assert!(page.contains("All clean."), "{page}");
    assert!(page.contains("divergences 0"));
    for word in ["http://", "https://", "<script", "url("] {
        assert!(!page.contains(word), "the page stands for itself, without {word}");
    }
    assert!(project.report("summary.md").starts_with("# All clean."));
    let night = project.record();
    assert_eq!((night.seed, night.interrupted, night.exit()), (4, false, 0));
    assert!(night.ended.is_some());
}

#[test]
fn a_finding_is_told_drawn_and_kept() {
    let project = Project::new("exit 2");
    fs::write(project.path("shows.trace"), "anything").unwrap();
    let script = format!("#!/bin/sh\n{}\n", diverges(&project.path("shows.trace")));
    fs::write(project.path("target/release/growstack"), script).unwrap();
    let told = project.night(&["--only", "replay"]).assert().code(1);
    let told = String::from_utf8(told.get_output().stdout.clone()).unwrap();
    assert!(told.contains("One fault was found.") && told.contains("fn t() {}"), "{told}");
    let page = project.report("report.html");
    assert!(page.contains("grow: entries: avail") && page.contains("<svg class=\"map\""));
    assert!(!page.contains("<b>entries</b>"), "what programs say is text, and no markup");
    assert_eq!(project.report("findings/trace_1.trace"), "growstack-trace 1\n");
    assert!(project.path("target/nightly/crashes/found.trace").exists(), "it is looked at again");
    // Files are told from the night's beginning by seconds.
    let old = SystemTime::now() - Duration::from_secs(60);
    let kept = fs::File::open(project.path("target/nightly/crashes/found.trace")).unwrap();
    kept.set_modified(old).unwrap();
    project.night(&["--only", "replay"]).assert().code(1);
    assert!(project.record().findings[0].known);
}

#[test]
fn what_cannot_run_is_no_success() {
    let project = Project::new("echo 'no such thing' >&2; exit 2");
    project.night(&["--only", "replay"]).assert().code(2);
    assert!(project.report("report.html").contains("no such thing"));
    // Nor is a folder that is not there, or a command line that makes no sense.
    project.night(&["--budget", "soon"]).assert().code(2);
    project.night(&["--resume"]).assert().code(2);
}

#[test]
fn what_was_stopped_goes_on_where_it_was() {
    let project = Project::new(AGREES);
    let state = State::open(&project.path("target/nightly")).unwrap();
    let mut night = Night { started: "2026-01-01T00:00:00Z".into(), seed: 9, ..Night::default() };
    night.budget = 2;
    night.interrupted = true;
    night.steps = Night::steps_of(&[Step::Replay, Step::Random(16), Step::Triage]);
    night.take(Step::Replay, Status::Clean, 100.0, "done before".into());
    state.save(&night).unwrap();
    drop(state);
    project.night(&["--resume"]).assert().code(0);
    let night = project.record();
    assert_eq!(night.taken(Step::Replay).unwrap().said, "done before");
    assert!(night.taken(Step::Replay).unwrap().seconds >= 100.0);
    assert_eq!(night.taken(Step::Random(16)).unwrap().status, Status::Clean);
    assert_eq!((night.seed, night.interrupted), (9, false));
    project.night(&["--resume"]).assert().code(2);
}

#[test]
fn ctrl_c_stops_it_and_it_says_so() {
    let project = Project::new("touch \"$PWD\"/began; sleep 1000");
    let mut night = std::process::Command::new(env!("CARGO_BIN_EXE_night"));
    night.env("CARGO_TARGET_DIR", project.path("target")).arg("--root").arg(project.path("."));
    let mut night = night.args(["--only", "replay"]).spawn().unwrap();
    while !project.path("began").exists() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = nix::unistd::Pid::from_raw(i32::try_from(night.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    assert_eq!(night.wait().unwrap().code(), Some(2));
    assert!(project.report("report.html").contains("stopped before its end"));
    let night = project.record();
    assert!(night.interrupted && night.ended.is_none());
    assert_eq!(night.taken(Step::Replay).unwrap().status, Status::Waiting);
}

#[test]
fn two_nights_never_share_a_state() {
    let project = Project::new(AGREES);
    let _held = State::open(&project.path("target/nightly")).unwrap();
    let refused = project.night(&["--only", "replay"]).assert().code(2);
    let words = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
    assert!(words.contains("another night is using it"), "{words}");
}

#[test]
fn the_script_tells_every_option() {
    use clap::CommandFactory;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/nightly");
    let told = std::process::Command::new(script).arg("--help").output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    let command = growstack_benches::night::options::Options::command();
    let options = command.get_arguments().filter(|option| !option.is_hide_set());
    let names: Vec<String> = options.filter_map(|o| Some(format!("--{}", o.get_long()?))).collect();
    assert!(names.len() >= 8, "{names:?}");
    for name in names {
        assert!(told.contains(&format!("\n  {name} ")), "{name} is not in:\n{told}");
    }
}
