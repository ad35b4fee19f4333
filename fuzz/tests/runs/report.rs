//! The report of a night: verdicts, what is missing, the history, and the page.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use growstack_fuzz::cli::Exit;
use serde_json::{Value, json};
use tempfile::TempDir;

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The folder of a night with these steps and statuses, all of them planned.
fn night(commit: &str, steps: &[(&str, &str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    let plan: Vec<&str> = steps.iter().map(|(step, ..)| *step).collect();
    let about = json!({
        "started": "2026-11-28 02:00 UTC", "budget": "1m", "seed": 7, "command": "scripts/nightly",
        "commit": commit, "subject": "A <subject>", "timestamp": "2026-11-27T10:00:00Z",
        "changed": false, "plan": plan,
    });
    write(folder.path(), "night.json", &about.to_string());
    let line = |(step, status, detail): &(&str, &str, &str)| {
        let step = json!({"step": step, "status": status, "seconds": 3, "detail": detail, "executions": 123_456});
        format!("{step}\n")
    };
    write(folder.path(), "steps.jsonl", &steps.iter().map(line).collect::<String>());
    folder
}

/// The exit code, the last line, and the page.
fn report(folder: &Path) -> (Exit, String, String) {
    let (exit, out, err) = crate::common::call(&[OsStr::new("report"), folder.as_os_str()], &[]);
    let text = out + &err;
    let page = fs::read_to_string(folder.join("report.html")).unwrap_or_default();
    (exit, text.trim().to_owned(), page)
}

const CLEAN: [(&str, &str, &str); 4] = [
    ("build", "clean", ""),
    ("replay", "clean", "traces 451, operations 82477"),
    ("random, nodes of 16", "clean", ""),
    ("random, nodes of 4", "clean", ""),
];

#[test]
fn a_short_night_names_what_did_not_run() {
    let rest = ["fuzz targets", "latency"].map(|step| (step, "not run", "needs --budget 10m"));
    let folder = night("", &[&CLEAN[..], &rest].concat());
    let (exit, headline, page) = report(folder.path());
    assert_eq!(exit, Exit::Agreed);
    assert_eq!(
        headline,
        "Clean: replay and random only. Not run: fuzz targets, latency (needs --budget 10m)."
    );
    assert!(
        page.contains(&headline) && page.contains("82\u{a0}477") && page.contains("41\u{a0}152")
    );
    let summary = fs::read_to_string(folder.path().join("summary.md")).unwrap();
    assert!(summary.contains(&headline) && summary.contains("| replay | clean |"), "{summary}");
}

#[test]
fn a_finding_outweighs_what_failed_and_stands_in_the_page() {
    let steps = [CLEAN[0], ("fuzz, growth", "found", ""), ("latency", "failed", "exit status 101")];
    let folder = night("", &steps);
    let finding = json!({"name": "growth-crash", "by": "fuzz, growth", "input": "a/crash", "outcome": "Reproduces"});
    write(folder.path(), "findings.jsonl", &format!("{finding}\n"));
    write(folder.path(), "findings/growth-crash.trace", "grow 0x1000 <\n");
    write(folder.path(), "findings/growth-crash.svg", "<svg class=\"maps\"></svg>");
    let (exit, headline, page) = report(folder.path());
    assert_eq!((exit, headline.as_str()), (Exit::Diverged, "Found by fuzz. Failed: latency."));
    assert!(page.contains("grow 0x1000 &lt;") && page.contains("<svg class=\"maps\"></svg>"));
}

#[test]
fn what_is_missing_or_broken_is_never_clean() {
    let folder = night("", &CLEAN);
    write(folder.path(), "steps.jsonl", "{\"step\":\"replay\",\"status\":\"cl");
    let (exit, headline, page) = report(folder.path());
    assert_eq!(exit, Exit::Unusable);
    assert_eq!(headline, "Incomplete. Failed: report, build, replay, random.");
    assert!(page.contains("it left no result"));

    let folder = night("", &[("build", "clean", "")]);
    assert_eq!(report(folder.path()).0, Exit::Unusable, "a build alone tests nothing");
    let folder = night("", &CLEAN);
    write(folder.path(), "bench/good/changes.json", "[{");
    assert_eq!(report(folder.path()).0, Exit::Unusable);
    assert_eq!(report(TempDir::new().unwrap().path()).0, Exit::Unusable);
}

#[test]
fn a_commit_is_in_the_history_once_and_a_broken_history_stays() {
    let folder = night("0123456789abcdef", &CLEAN);
    let kept = json!({"repoUrl": "x", "entries": {"instructions": [{
        "commit": {"id": "older67", "message": "", "timestamp": "", "url": "y"}, "date": 1,
        "tool": "customSmallerIsBetter", "benches": [{"name": "grow", "unit": "instructions", "value": 100}],
    }]}});
    write(folder.path(), "history.json", &kept.to_string());
    let changes = json!([{"name": "grow", "unit": "instructions", "base": 100, "head": 104, "verdict": "slower"},
        {"name": "new", "unit": "instructions", "base": null, "head": 5, "verdict": "slower"}]);
    write(folder.path(), "bench/good/changes.json", &changes.to_string());
    let bench = json!([{"name": "grow", "unit": "instructions", "value": 104}]);
    write(folder.path(), "bench/good/bench.json", &bench.to_string());
    report(folder.path());
    let (exit, _, page) = report(folder.path());
    assert_eq!(exit, Exit::Agreed, "the step says what a change means");
    assert!(
        page.contains("4.00 %") && page.contains("2 commits from older67 to 0123456"),
        "{page}"
    );
    let path = folder.path().join("history.json");
    let history: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let series = history["entries"]["instructions"].as_array().unwrap();
    assert_eq!(series.len(), 2);
    assert_eq!(series[0], kept["entries"]["instructions"][0]);
    assert_eq!((&series[1]["benches"], &history["repoUrl"]), (&bench, &json!("x")));

    fs::write(&path, "garbage").unwrap();
    let (exit, error, _) = report(folder.path());
    assert_eq!(exit, Exit::Unusable);
    assert!(error.contains("history.json: expected value"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "garbage");
}

#[test]
fn latencies_are_one_plot() {
    let folder = night("", &CLEAN);
    let line =
        |op| json!({"op": op, "n": 65536, "quantiles": [[0.5, 80.0], [0.999, 900.0], [1.0, 5e4]]});
    write(folder.path(), "latency.json", &json!([line("grow_down"), line("grow_up")]).to_string());
    let (exit, _, page) = report(folder.path());
    assert_eq!(exit, Exit::Agreed);
    assert!(page.contains("grow_down, 65\u{a0}536 entries") && page.contains("99.9 %"));
}
