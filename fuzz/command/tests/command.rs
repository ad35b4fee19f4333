//! The command: what it prints and how it ends.
#![allow(clippy::unwrap_used)]

#[path = "../../tests/common/mod.rs"]
mod common;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use common::liar::{FAULTY, fault};
use common::{HEADER, fork_folder, golden_folder};
use growstack_fuzz::cli::Exit;
use growstack_fuzz::oracle::Oracle;
use growstack_fuzz::replay::MapFactory;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use tempfile::TempDir;

/// How a call in this process ended, with two maps of which one goes wrong on demand.
#[derive(Debug)]
struct Call {
    exit: Exit,
    out: String,
    err: String,
}

impl Call {
    fn last_line(&self) -> &str {
        self.out.lines().last().unwrap_or_default()
    }
}

fn call(arguments: &[&str], paths: &[&Path]) -> Call {
    let maps = [MapFactory::of::<Oracle>("engine"), FAULTY.on::<Oracle>("oracle")];
    let words = arguments.iter().map(OsStr::new);
    let words: Vec<&OsStr> = words.chain(paths.iter().map(|path| path.as_os_str())).collect();
    let (exit, out, err) = common::call(&words, &maps);
    Call { exit, out, err }
}

fn replay(path: &Path) -> Call {
    call(&["replay"], &[path])
}

/// Two operations, two answers.
const BODY: &str = "insert 0x1000 0x2000 r-- rwx - - 0\n= KERN_SUCCESS\nlookup 0x1000\n\
    = TRUE 0x1000 0x2000\n";

fn write(folder: &TempDir, name: &str, body: &str) -> std::path::PathBuf {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, format!("{HEADER}{body}")).unwrap();
    path
}

#[test]
fn agreement() {
    let folder = TempDir::new().unwrap();
    let call = replay(&write(&folder, "a.trace", BODY));
    assert_eq!(call.exit, Exit::Agreed);
    assert_eq!(call.out, "traces 1, operations 2, answers compared 2, divergences 0\n");
    assert_eq!(call.err, "");
}

#[test]
fn folders_and_compressed_traces() {
    let folder = TempDir::new().unwrap();
    let plain = write(&folder, "a.trace", BODY);
    write(&folder, "deep/down/b.trace", BODY);
    write(&folder, "notes.txt", "no trace");
    let packed = compress_to_vec(fs::read(&plain).unwrap().as_slice(), CompressionLevel::Fastest);
    fs::write(folder.path().join("deep/c.trace.zst"), packed).unwrap();
    let call = call(&["replay", "--verbose"], &[folder.path(), &plain]);
    assert_eq!(call.exit, Exit::Agreed);
    let lines: Vec<&str> = call.out.lines().collect();
    assert!(lines[0].ends_with("a.trace: 2 operations, 2 answers, agrees"), "{}", call.out);
    assert!(lines[1].ends_with("c.trace.zst: 2 operations, 2 answers, agrees"), "{}", call.out);
    assert_eq!(lines[4], "traces 4, operations 8, answers compared 8, divergences 0");
    assert_eq!(lines.len(), 5);
}

#[test]
fn a_wrong_answer_is_a_divergence() {
    let folder = TempDir::new().unwrap();
    let path = write(&folder, "a.trace", &BODY.replace("TRUE 0x1000 0x2000", "FALSE"));
    let call = replay(&path);
    assert_eq!(call.exit, Exit::Diverged);
    assert!(call.out.starts_with(&format!("{}:8: lookup 0x1000\n", path.display())));
    assert!(call.out.contains("different answers:\n    the trace: FALSE\n    engine: TRUE 0x1000"));
    assert_eq!(call.last_line(), "traces 1, operations 2, answers compared 2, divergences 1");
}

#[test]
fn maps_that_differ_are_a_divergence_unless_one_is_alone() {
    let folder = TempDir::new().unwrap();
    let path = write(&folder, "a.trace", &format!("{BODY}grow {:#x}\n", fault::CAUSE));
    assert_eq!(replay(&path).exit, Exit::Diverged);
    for only in ["engine", "oracle"] {
        let call = call(&["replay", "--only", only], &[&path]);
        assert_eq!(call.exit, Exit::Agreed);
        assert_eq!(call.out, "traces 1, operations 3, answers compared 2, divergences 0\n");
    }
    let call = call(&["replay", "--only", "linux"], &[&path]);
    assert_eq!((call.exit, call.out.as_str()), (Exit::Unusable, ""));
    assert!(call.err.contains("no map is called `linux`; there are: engine, oracle"));
}

#[test]
fn cuts_are_saved() {
    let folder = TempDir::new().unwrap();
    let path = write(&folder, "a.trace", &format!("{BODY}grow {:#x}\n", fault::SUMMARY));
    let cuts = folder.path().join("cuts");
    let call = call(&["replay", "--cut", cuts.to_str().unwrap()], &[&path]);
    assert_eq!(call.exit, Exit::Diverged);
    let mut files: Vec<_> = fs::read_dir(&cuts).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort_by_key(|file| file.extension().map(OsString::from));
    assert_eq!(files.len(), 2);
    assert!(files[0].to_str().unwrap().ends_with("a.svg"));
    assert!(files[1].to_str().unwrap().ends_with("a.trace"));
    assert_eq!(
        replay(&files[1]).last_line(),
        "traces 1, operations 2, answers compared 0, divergences 1"
    );
}

#[test]
fn traces_with_forks() {
    let folder = TempDir::new().unwrap();
    let path = write(&folder, "fork.trace", "fork\n= KERN_SUCCESS 1\nuse 1\nexit 0\n");
    for arguments in [&[][..], &["--strict"], &["--only", "engine"]] {
        let replay = growstack().arg("replay").args(arguments).arg(&path).assert();
        replay.code(0).stdout("traces 1, operations 3, answers compared 1, divergences 0\n");
    }
}

#[test]
fn unusable_input() {
    let folder = TempDir::new().unwrap();
    let missing = folder.path().join("missing.trace");
    for path in [missing.as_path(), folder.path()] {
        let call = replay(path);
        assert_eq!((call.exit, call.out.as_str()), (Exit::Unusable, ""));
        assert!(call.err.starts_with(&format!("growstack: {}: ", path.display())), "{}", call.err);
    }
    let bad = write(&folder, "bad.trace", "\n grow never\n");
    write(&folder, "good.trace", BODY);
    let call = replay(folder.path());
    assert_eq!(call.exit, Exit::Unusable);
    assert!(call.err.starts_with(&format!("growstack: {}:7:7: ADDR must be", bad.display())));
    assert_eq!(call.out, "traces 1, operations 2, answers compared 2, divergences 0\n");
    let packed = folder.path().join("bad.trace.zst");
    fs::write(&packed, "this is not compressed").unwrap();
    assert_eq!(replay(&packed).exit, Exit::Unusable);
}

#[test]
fn filling() {
    let folder = TempDir::new().unwrap();
    let path = write(&folder, "a.trace", "lookup 0\n# end\n");
    let filled = call(&["replay", "--fill"], &[&path]);
    assert_eq!((filled.exit, filled.err.as_str()), (Exit::Agreed, ""));
    assert_eq!(filled.out, format!("{HEADER}lookup 0\n= FALSE\n# end\n"));
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("{HEADER}lookup 0\n# end\n"));

    let apart = write(&folder, "b.trace", &format!("{BODY}grow {:#x}\n", fault::ANSWER));
    let refused = call(&["replay", "--fill"], &[&apart]);
    assert_eq!((refused.exit, refused.out.as_str()), (Exit::Diverged, ""));
    assert!(refused.err.contains("different answers"));

    let both = call(&["replay", "--fill"], &[&path, &apart]);
    assert_eq!((both.exit, both.out.as_str()), (Exit::Unusable, ""));
}

fn growstack() -> Command {
    Command::new(assert_cmd::cargo::cargo_bin!("growstack"))
}

#[test]
fn arguments() {
    growstack().assert().code(2);
    growstack().arg("replay").assert().code(2);
    growstack().args(["replay", "/", "--cut", "x", "--fill"]).assert().code(2);
    growstack().args(["replay", "/does/not/exist"]).assert().code(2);
    growstack().arg("--help").assert().code(0);
}

/// The program itself, with the maps that it has.
#[test]
fn golden_traces_agree() {
    let totals = [
        (golden_folder(), "traces 451, operations 82477, answers compared 79539, divergences 0\n"),
        (fork_folder(), "traces 194, operations 18702, answers compared 14925, divergences 0\n"),
    ];
    for (folder, total) in totals {
        growstack().arg("replay").arg(folder).assert().code(0).stdout(total);
    }
}

#[test]
fn golden_traces_filled_again_are_the_same() {
    for (path, bytes) in common::golden_traces() {
        let quirk = path.parent().is_some_and(|folder| folder.ends_with("quirks"));
        if quirk {
            let assert = growstack().args(["replay", "--fill"]).arg(&path).assert().code(0);
            assert!(assert.get_output().stdout == bytes, "{} has changed", path.display());
        }
    }
}

#[test]
fn random_tells_programs_what_it_came_to() {
    let folder = TempDir::new().unwrap();
    let json = folder.path().join("tally.json");
    let arguments = ["random", "--sequences", "2", "--seed", "1", "--map", "oracle", "--json"];
    let words = [&arguments[..], &[json.to_str().unwrap()]].concat();
    let (exit, reported, _) = common::call(&words, &[MapFactory::of::<Oracle>("oracle")]);
    assert_eq!(exit, Exit::Agreed);
    let text = fs::read_to_string(&json).unwrap();
    let tally: growstack_fuzz::tally::Tally = serde_json::from_str(&text).unwrap();
    assert!(reported.contains(&format!("operations {}, compared", tally.operations)), "{reported}");
    assert!(reported.contains(&format!("pairs with operations {},", tally.pairs())), "{reported}");
    for (name, [done, refused]) in &tally.ended {
        assert!(reported.contains(&format!("\n{name:<24} {done:>12} {refused:>12}\n")), "{name}");
    }
    assert_eq!(tally.ended.values().flatten().sum::<u64>(), tally.operations);
    assert!(tally.operations > 0 && tally.seconds > 0.0);
}

#[test]
fn pictures() {
    let folder = TempDir::new().unwrap();
    let trace = fs::read_dir(golden_folder().join("quirks"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .min()
        .unwrap();
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

#[test]
fn what_unpacks_to_too_much_is_refused() {
    let folder = TempDir::new().unwrap();
    let trace = folder.path().join("a.trace.zst");
    let packed = |text: &[u8]| compress_to_vec(text, CompressionLevel::Fastest);
    let header = packed(HEADER.as_bytes());
    let lines = packed(&b"\n".repeat(40 << 20));
    assert!(lines.len() < 100_000);
    fs::write(&trace, [header, lines.clone()].concat()).unwrap();
    let call_bomb = replay(&trace);
    assert_eq!(call_bomb.exit, Exit::Unusable);
    let expected = format!("growstack: {}: unpacks to more than 32 MiB\n", trace.display());
    assert!(call_bomb.err.starts_with(&expected), "{}", call_bomb.err);

    let good = write(&folder, "b.trace", BODY);
    fs::write(folder.path().join("b.maps.zst"), lines).unwrap();
    let call = replay(&good);
    assert_eq!(call.exit, Exit::Unusable);
    assert!(call.err.contains("b.maps.zst: unpacks to more than 32 MiB"), "{}", call.err);
}

#[test]
fn a_line_without_an_end_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = write(&folder, "a.trace", &format!("{BODY}#{}\n", " ".repeat(1 << 17)));
    let call = replay(&path);
    assert_eq!(call.exit, Exit::Unusable);
    assert!(call.err.contains("this line has more than 65536 bytes"), "{}", call.err);
}

#[test]
fn plain_traces_are_written() {
    let folder = TempDir::new().unwrap();
    let body = "insert 0x10000 0x20000 r-- rwx cow 7 0x5000\nwire 0x10000 0x11000 user noholes\n\
        fixed 0x18000 0x2000 r-x rwx - - 0x0\n";
    let path = write(&folder, "a.trace", body);
    let out = folder.path().join("plain");
    let call = call(&["plain", "--out", out.to_str().unwrap()], &[&path]);
    assert_eq!((call.exit, call.err.as_str()), (Exit::Agreed, ""));
    assert_eq!(call.out, format!("1 traces of 4 operations in {}\n", out.display()));
    let plain = growstack_fuzz::trace::read_file(&out.join("a.trace.zst")).unwrap();
    let words: Vec<String> = plain.steps.iter().map(|step| step.op().to_string()).collect();
    assert_eq!(
        words,
        [
            "insert 0x10000 0x20000 r-- rwx - - 0x0",
            "remove 0x18000 0x1a000",
            "insert 0x18000 0x1a000 r-x rwx - - 0x0",
            "dump",
        ]
    );
}
