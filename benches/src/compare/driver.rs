//! Running a driver: plainly, or under callgrind.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use growstack_bench_driver::meter::COUNTED;
use growstack_bench_driver::op::Op;
use growstack_bench_driver::report::{CONTRACT, Measured, Report};
use sha2::{Digest, Sha256};

/// A driver that was built of some revision.
#[derive(Clone, Debug)]
pub struct Driver {
    program: PathBuf,
}

/// Operations on a map of some size.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Task {
    /// Entries of the map.
    pub entries: usize,
    /// The operations, in this order.
    pub ops: Vec<Op>,
}

impl Driver {
    /// Copies a driver to `folder/name`. Runs that are to be compared need paths of the same length,
    /// since a path is on the stack, whose addresses time may depend on.
    ///
    /// # Errors
    ///
    /// If it cannot be copied.
    pub fn copy(from: &Path, folder: &Path, name: &str) -> anyhow::Result<Self> {
        let program = folder.join(name);
        fs::copy(from, &program).with_context(|| format!("cannot copy {}", from.display()))?;
        Ok(Self { program })
    }

    /// Measures the time of operations. A run takes some hundredths of a second.
    ///
    /// # Errors
    ///
    /// If it cannot be run, fails, or is of another contract.
    pub fn time(&self, task: &Task, seed: u64, blocks: usize) -> anyhow::Result<Report> {
        let mut command = self.stripped(&self.program);
        arguments(&mut command, task, seed, blocks);
        self.report(command)
    }

    /// Counts the instructions of one operation with callgrind: of as many operations as the answer
    /// says.
    ///
    /// # Errors
    ///
    /// As [`time`](Self::time); if `valgrind` fails, or has counted nothing.
    pub fn count(
        &self,
        valgrind: &Path,
        op: Op,
        entries: usize,
        blocks: usize,
    ) -> anyhow::Result<(u64, Measured)> {
        let out = self.program.with_extension(format!("{op}.{entries}"));
        let mut command = self.stripped(valgrind);
        command.args(["--tool=callgrind", "--quiet"]).arg(format!("--toggle-collect={COUNTED}"));
        let mut file = std::ffi::OsString::from("--callgrind-out-file=");
        file.push(&out);
        command.arg(file).arg(&self.program).arg("--count");
        arguments(&mut command, &Task { entries, ops: vec![op] }, 1, blocks);
        let mut report = self.report(command)?;
        let profile = fs::read_to_string(&out).context("callgrind has written no profile")?;
        fs::remove_file(&out)?;
        let total = profile.lines().find_map(|line| line.strip_prefix("totals: "));
        let total: u64 = total.and_then(|total| total.trim().parse().ok()).unwrap_or(0);
        ensure!(total > 0, "callgrind has counted nothing of {op}: is there no {COUNTED}?");
        let measured = report.results.pop().context("the driver has measured nothing")?;
        Ok((total, measured))
    }

    /// A program with no environment, in the driver's folder: the environment is on the stack, too,
    /// and may hold what changes how it runs.
    fn stripped(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear();
        if let Some(folder) = self.program.parent() {
            command.current_dir(folder);
        }
        command
    }

    fn report(&self, mut command: Command) -> anyhow::Result<Report> {
        let ran = command.output().with_context(|| format!("cannot run {command:?}"))?;
        if !ran.status.success() {
            let told = String::from_utf8_lossy(&ran.stderr);
            bail!("{} failed ({}):\n{}", self.program.display(), ran.status, told.trim_end());
        }
        let report: Report = serde_json::from_slice(&ran.stdout)
            .with_context(|| format!("{} is of another contract", self.program.display()))?;
        ensure!(
            report.contract == CONTRACT,
            "the driver {} has contract {}, this program {CONTRACT}",
            self.program.display(),
            report.contract
        );
        Ok(report)
    }
}

fn arguments(command: &mut Command, task: &Task, seed: u64, blocks: usize) {
    let ops: Vec<_> = task.ops.iter().map(|op| op.name()).collect();
    command.arg("--entries").arg(task.entries.to_string());
    command.arg("--ops").arg(ops.join(","));
    command.arg("--seed").arg(seed.to_string());
    command.arg("--blocks").arg(blocks.to_string());
}

/// The SHA-256 of a file, in hexadecimal.
///
/// # Errors
///
/// If it cannot be read.
pub fn sha256(file: &Path) -> anyhow::Result<String> {
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}
