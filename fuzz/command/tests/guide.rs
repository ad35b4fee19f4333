//! The guide does what it says: its blocks are run in their order, and print what it shows.
//!
//! Reports itself as ignored where a tool is missing, which the usual harness can't.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use libtest_mimic::{Arguments, Failed, Trial};

const GUIDE: &str = include_str!("../../../docs/guide.md");

fn main() -> ExitCode {
    let missing = ["bash", "python3"].into_iter().find(|tool| !is_installed(tool));
    let trial = Trial::test("the_guide_does_what_it_says", follow)
        .with_ignored_flag(missing.is_some())
        .with_kind(missing.unwrap_or_default());
    libtest_mimic::run(&Arguments::from_args(), vec![trial]).exit_code()
}

fn is_installed(tool: &str) -> bool {
    let mut version = Command::new(tool);
    let version = version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// Runs blocks marked `sh run`, or `sh run fails` for exit code 1. Every line of a `text` block must
/// have been printed by the block that ran before it.
fn follow() -> Result<(), Failed> {
    let mut printed = String::new();
    let mut ran = 0;
    for block in GUIDE.split("```").skip(1).step_by(2) {
        let (kind, text) = block.split_once('\n').ok_or("a block without an end")?;
        match kind {
            "sh run" => printed = run(text, 0)?,
            "sh run fails" => printed = run(text, 1)?,
            "text" => {
                let absent = text.lines().find(|line| !printed.lines().any(|l| l == *line));
                absent.map_or(Ok(()), |line| Err(format!("not printed: {line}\n{printed}")))?;
            }
            _ => {}
        }
        ran += usize::from(kind.starts_with("sh run"));
    }
    if ran == 0 { Err("no block is marked to be run".into()) } else { Ok(()) }
}

/// Runs a block in the repository, with the programs of this build for those that cargo would build.
fn run(block: &str, code: i32) -> Result<String, Failed> {
    let growstack = Path::new(env!("CARGO_BIN_EXE_growstack"));
    let btreemap = growstack.with_file_name("examples").join("btreemap");
    if !btreemap.exists() {
        return Err("not built by this test alone: cargo build --example btreemap".into());
    }
    let script = block
        .replace("cargo run --bin growstack --", &format!("'{}'", growstack.display()))
        .replace("cargo run --example btreemap --", &format!("'{}'", btreemap.display()));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut bash = Command::new("bash");
    let output = bash.args(["-euo", "pipefail", "-c", &script]).current_dir(root).output()?;
    let printed =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    let printed = printed.concat();
    if output.status.code() == Some(code) {
        return Ok(printed);
    }
    Err(format!("{}, not {code}, of:\n{script}\n{printed}", output.status).into())
}
