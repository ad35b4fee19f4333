//! Recording programs for real, where strace is installed; and what was recorded before.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

fn growstack() -> Command {
    Command::new(env!("CARGO_BIN_EXE_growstack"))
}

/// Records `command`, and returns the folder and what was printed; nothing if that cannot be done
/// on this machine.
fn record(command: &[&str]) -> Option<(TempDir, String)> {
    if cfg!(not(all(target_os = "linux", target_arch = "x86_64"))) {
        eprintln!("left out: programs are recorded on Linux on x86-64 only");
        return None;
    }
    let folder = TempDir::new().unwrap();
    // Whoever may not trace any process cannot test this.
    let tried = std::process::Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    if !tried.is_ok_and(|output| output.status.success()) {
        eprintln!("left out: there is no strace, or it may not be used (apt-get install strace)");
        return None;
    }
    // The machine may be very busy.
    let options = ["record", "--name", "test", "--hold", "1000", "--out"];
    let output = growstack().args(options).arg(folder.path()).args(["--"]).args(command).output();
    let output = output.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{text}{complaints}");
    Some((folder, text))
}

fn replay(folder: &Path) -> String {
    let output = growstack().arg("replay").arg(folder).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    text
}

#[test]
fn a_program_that_does_nothing() {
    let Some((folder, text)) = record(&["true"]) else { return };
    assert!(text.contains("test-1-true: "), "{text}");
    assert!(text.contains("ended by exit_group, 0 pages differ from the "), "{text}");
    let replayed = replay(folder.path());
    let compared = "traces compared page by page with /proc/PID/maps of their processes: 1\n";
    assert!(replayed.starts_with(compared), "{replayed}");
    assert!(replayed.ends_with("divergences 0\n"), "{replayed}");
    // Nothing in a trace tells where it was recorded.
    for file in fs::read_dir(folder.path()).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!text.contains("/usr") && !text.contains("/lib"), "{text}");
    }
}

#[test]
fn a_pipeline_is_a_trace_for_every_process() {
    let script = "echo b a | tr ' ' '\\n' | sort | tail -n 1";
    let Some((folder, text)) = record(&["sh", "-c", script]) else { return };
    let ended = text.matches("ended by exit_group, 0 pages differ").count();
    assert!(ended >= 4, "{text}");
    for program in ["sh", "tr", "sort", "tail"] {
        assert!(text.contains(&format!("-{program}: ")), "{text}");
    }
    assert!(replay(folder.path()).ends_with("divergences 0\n"));
}

/// Compiles a program that makes every call that is recorded; nothing without a compiler.
fn calls(folder: &Path) -> Option<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/calls.c");
    let program = folder.join("calls");
    let compiled = std::process::Command::new("cc")
        .args(["-O1", "-o"])
        .args([&program, &source])
        .args(["-lpthread", "-ldl"])
        .status();
    if !compiled.is_ok_and(|status| status.success()) {
        eprintln!("left out: there is no C compiler for Linux (apt-get install gcc libc6-dev)");
        return None;
    }
    Some(program.to_str().unwrap().to_owned())
}

#[test]
fn a_program_that_makes_every_call() {
    let folder = TempDir::new().unwrap();
    let Some(program) = calls(folder.path()) else { return };
    let Some((folder, text)) = record(&[&program]) else { return };
    assert!(!text.contains("refused by the rules"), "{text}");
    assert!(text.contains(" operations of a fork, ended by exit_group, 0 pages differ"), "{text}");
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
    assert!(replay(folder.path()).ends_with("divergences 0\n"));
}

#[test]
fn recorded_traces_agree_with_the_kernel_and_the_table_tells_of_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let recorded = root.join("corpus/recorded");
    let printed = growstack().args(["describe"]).arg(&recorded).output().unwrap();
    let table = String::from_utf8(printed.stdout).unwrap();
    let page = fs::read_to_string(root.join("docs/recorded.md")).unwrap();
    assert!(
        page.ends_with(&table),
        "docs/recorded.md is of other traces: scripts/record-workloads"
    );
    let replayed =
        growstack().args(["replay", "--only", "engine"]).arg(&recorded).output().unwrap();
    let text = String::from_utf8(replayed.stdout).unwrap();
    assert!(text.ends_with("divergences 0\n"), "{text}");
    let workloads = fs::read_dir(&recorded).unwrap().flatten().filter(|file| file.path().is_dir());
    for workload in workloads {
        let names = fs::read_dir(workload.path()).unwrap().flatten().map(|file| file.file_name());
        let maps = names.filter(|name| name.to_string_lossy().ends_with(".maps.zst")).count();
        assert!(maps > 0, "{}: nothing to compare with", workload.path().display());
    }
}

#[test]
fn a_log_is_kept_and_read_again() {
    let folder = TempDir::new().unwrap();
    let log = folder.path().join("log.zst");
    let Some((first, text)) = record(&["sh", "-c", "exit 3"]) else { return };
    assert!(text.contains("-sh: "), "{text}");
    drop(first);
    let kept = growstack()
        .args(["record", "--name", "kept", "--hold", "1000", "--log"])
        .arg(&log)
        .arg("--out")
        .arg(folder.path().join("one"))
        .args(["--", "true"])
        .output()
        .unwrap();
    assert!(kept.status.success());
    let again = growstack()
        .args(["import", "--name", "kept", "--out"])
        .arg(folder.path().join("two"))
        .arg(&log)
        .output()
        .unwrap();
    assert!(again.status.success());
    let read = |folder: PathBuf| fs::read(folder.join("kept-1-true.trace")).unwrap();
    assert_eq!(read(folder.path().join("one")), read(folder.path().join("two")));
}

#[test]
fn a_program_that_is_not_there() {
    let output = growstack().args(["import", "no-such-log"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no-such-log"));
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        let output = growstack().args(["record", "--", "no-such-program"]).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(complaint.contains("no process in the log") || complaint.contains("apt-get"));
    }
}

#[test]
fn a_map_that_differs_from_the_kernels_word_diverges() {
    let folder = TempDir::new().unwrap();
    let trace = "growstack-trace 1\nmap min=0x1000 max=0x7ffffffff000 page=4096\nproc maxsaddr=inf\n\
        sysctl sgrowsiz=0x1000 stack_guard_page=0\nlimit stack=inf vmem=inf memlock=inf swap=inf\n\
        insert 0x400000 0x402000 rw- rwx - - 0\n= KERN_SUCCESS\n";
    fs::write(folder.path().join("a.trace"), trace).unwrap();
    let maps = |text: &str| fs::write(folder.path().join("a.maps"), text).unwrap();
    maps("00400000-00402000 rw-p 00000000 00:00 0 \n");
    assert!(replay(folder.path()).ends_with("divergences 0\n"));
    maps("00400000-00401000 rw-p 00000000 00:00 0 \n00401000-00402000 r--p 00000000 00:00 0 \n");
    let output = growstack().arg("replay").arg(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    for map in ["engine", "reference", "engine-4"] {
        let line = format!(
            "a.trace, {map}: [0x401000, 0x402000): 1 pages, rw- in the map, r-- in /proc/PID/maps\n"
        );
        assert!(text.contains(&line), "{text}");
    }
    assert!(text.ends_with("divergences 1\n"), "{text}");
    maps("not a map\n");
    assert_eq!(
        growstack().arg("replay").arg(folder.path()).output().unwrap().status.code(),
        Some(2)
    );
}

#[test]
fn pictures() {
    let folder = TempDir::new().unwrap();
    let trace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/freebsd-9.3/quirks");
    let trace = fs::read_dir(trace).unwrap().map(|file| file.unwrap().path()).min().unwrap();
    let picture = folder.path().join("a.svg");
    let output = growstack().arg("show").arg(&trace).arg("-o").arg(&picture).output().unwrap();
    assert!(output.status.success());
    let svg = fs::read_to_string(&picture).unwrap();
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    assert!(svg.contains("<title>"));
    let printed = growstack().arg("show").arg(&trace).output().unwrap();
    assert_eq!(String::from_utf8(printed.stdout).unwrap().trim_end(), svg.trim_end());
    let missing = growstack().args(["show", "no-such-trace"]).output().unwrap();
    assert_eq!(missing.status.code(), Some(2));
}
