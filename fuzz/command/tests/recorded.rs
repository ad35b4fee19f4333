//! Recorded traces and the kernel's view of their processes beside them.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
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
