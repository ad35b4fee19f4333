//! Recorded traces and the kernel's view of their processes beside them.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use growstack_fuzz::trace::read_packed;
use tempfile::TempDir;

fn growstack() -> Command {
    Command::new(env!("CARGO_BIN_EXE_growstack"))
}

#[test]
fn recorded_traces_agree_with_the_kernel_and_are_in_the_table() {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/recorded");
    let printed = growstack().arg("describe").arg(&recorded).output().unwrap();
    let table = String::from_utf8(printed.stdout).unwrap();
    let page = fs::read_to_string(recorded.join("README.md")).unwrap();
    assert!(page.ends_with(&table), "the table is of other traces: scripts/record-workloads");
    let replayed = growstack().arg("replay").arg(&recorded).output().unwrap();
    assert_eq!(replayed.status.code(), Some(0));
    let text = String::from_utf8(replayed.stdout).unwrap();
    assert!(text.ends_with("divergences 0\n"), "{text}");
    assert!(text.contains("page by page and flag by flag with /proc/PID/smaps: 21, "), "{text}");
    let workloads = fs::read_dir(&recorded).unwrap().flatten().filter(|file| file.path().is_dir());
    for workload in workloads {
        let names = fs::read_dir(workload.path()).unwrap().flatten().map(|file| file.file_name());
        let mut names = names.map(|name| name.to_string_lossy().into_owned());
        let has_list =
            |name: &String| name.ends_with(".maps.zst") || name.ends_with(".linux.trace.zst");
        assert!(
            names.any(|name| has_list(&name)),
            "{}: nothing to compare with",
            workload.path().display()
        );
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
    growstack().arg("replay").arg(folder.path()).assert().success();
    maps("00400000-00401000 rw-p 00000000 00:00 0 \n00401000-00402000 r--p 00000000 00:00 0 \n");
    let output = growstack().arg("replay").arg(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    for map in ["engine", "oracle", "engine-4"] {
        let line = format!(
            "a.trace, {map}: [0x401000, 0x402000): 1 pages, rw- in the map, r-- in /proc/PID/maps\n"
        );
        assert!(text.contains(&line), "{text}");
    }
    assert!(text.ends_with("divergences 1\n"), "{text}");
    maps("not a map\n");
    let output = growstack().arg("replay").arg(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.contains("a.maps: line 1: `not a map`"), "{complaint}");
}

/// A recorded trace of Linux, as text.
fn linux_trace() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/recorded/shell");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let is_linux =
        |path: &&std::path::PathBuf| path.to_string_lossy().ends_with(".linux.trace.zst");
    let text = read_packed(files.iter().find(is_linux).unwrap()).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn a_trace_of_linux_that_differs_in_a_page_a_flag_or_an_answer_diverges() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("a.linux.trace");
    let replay = |text: &str| {
        fs::write(&file, text).unwrap();
        let output = growstack().arg("replay").arg(&file).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let right = linux_trace();
    let (code, text) = replay(&right);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("/proc/PID/smaps: 1, pages "), "{text}");
    let rows: Vec<&str> = right.lines().filter(|line| line.starts_with("| 0x")).collect();
    let (row, count) = (rows[rows.len() / 2], rows.len());
    let without = right.replacen(&format!("{row}\n"), "", 1).replacen(
        &format!("| vmas={count}"),
        &format!("| vmas={}", count - 1),
        1,
    );
    let answer = right.lines().rfind(|line| line.starts_with("= 0x7")).unwrap();
    let wrong = [
        right.replacen(row, &format!("{row} dd"), 1),
        without,
        right.replacen(&format!("{answer}\n"), "= 0x7f0000000000\n", 1),
    ];
    for wrong in wrong {
        assert_ne!(wrong, right);
        let (code, text) = replay(&wrong);
        assert_eq!(code, Some(1), "{text}");
        assert!(text.ends_with("divergences 1\n"), "{text}");
    }
}
