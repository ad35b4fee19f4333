"""Mutants one by one: cargo-mutants, in a copy of the project."""

import fcntl
import json
import os
import re
import shutil
import subprocess

from combine import Source
from common import ROOT, WORK, CannotRun
from stages import CHECK


class Tree:
    """A copy of the project, to be changed in place, with a target folder of its own.

    `items` are the mutants by number, as cargo-mutants lists them.
    """

    def __init__(self, items):
        self.items = items
        WORK.mkdir(parents=True, exist_ok=True)
        for number in range(1, 65):
            self.lock = open(WORK / f"{number}.lock", "w")
            try:
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                self.lock.close()
        else:
            raise CannotRun("too many runs at a time")
        self.path = WORK / f"tree-{number}"
        self.target = WORK / f"target-{number}"
        self.output = WORK / f"output-{number}"
        self.proved = set()
        self.copy()

    def copy(self):
        """Copies what differs, so that cargo does not build again what is the same."""
        names = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(names, cwd=ROOT, capture_output=True, check=True).stdout
        wanted = {name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()}
        for old in list(self.path.rglob("*")) if self.path.exists() else []:
            if old.is_file() and str(old.relative_to(self.path)) not in wanted:
                old.unlink()
        for name in wanted:
            source, copy = ROOT / name, self.path / name
            if not copy.exists() or copy.read_bytes() != source.read_bytes():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, copy)

    def environment(self, stage=None):
        """That of cargo; test programs are stopped by the CPU they use, however busy the machine."""
        environment = dict(os.environ, CARGO_TARGET_DIR=str(self.target), CARGO_TERM_COLOR="never")
        if stage and shutil.which("prlimit"):
            runner = f"CARGO_TARGET_{host().upper().replace('-', '_')}_RUNNER"
            # A loop that collects must not take the machine's memory with it.
            environment[runner] = f"prlimit --cpu={stage.cpu} --data={8 << 30}"
        return environment

    def prove(self, stage):
        """Builds the tests of a stage, and runs them on the engine as it is."""
        if stage in self.proved:
            return
        command = ["cargo", "test", "--profile=mutants", "--locked", *stage.cargo()]
        build = subprocess.run(
            [*command, "--no-run"], cwd=self.path, env=self.environment(), capture_output=True, text=True
        )
        if build.returncode != 0:
            raise CannotRun(f"the tests of '{stage.name}' do not build:\n{build.stderr}")
        tests = subprocess.run(
            command, cwd=self.path, env=self.environment(stage), capture_output=True, text=True
        )
        if tests.returncode != 0:
            raise CannotRun(f"'{stage.name}' fails without a mutant:\n{tests.stdout}{tests.stderr}")
        self.proved.add(stage)

    def check(self, mutant):
        """Whether a mutant is a program at all.

        Most of those that can't be built together with others can't be built alone either: a
        `Default::default()` where the type has none, and the like. To learn that, cargo-mutants
        would build all tests; the compiler's look at the engine is enough.
        """
        path, item = self.path / mutant.file, self.items[mutant.number]
        original = path.read_text()
        start, end = Source(original).span(item["span"])
        path.write_text(original[:start] + item["replacement"] + original[end:])
        command = ["cargo", "check", "--profile=mutants", "--locked", *CHECK.cargo()]
        try:
            done = subprocess.run(command, cwd=self.path, env=self.environment(), capture_output=True)
        finally:
            path.write_text(original)
        return (mutant, f"survived {CHECK.name}" if done.returncode == 0 else "unviable")

    def run(self, stage, mutants):
        """The outcome of each mutant in the tests of a stage."""
        if stage is CHECK:
            return [self.check(mutant) for mutant in mutants]
        self.prove(stage)
        shutil.rmtree(self.output, ignore_errors=True)
        self.output.mkdir(parents=True)
        command = ["cargo", "mutants", "--no-config", "-d", self.path, "-o", self.output, "--in-place"]
        command += ["-p", "growstack", "--profile=mutants", "--baseline=skip", "--no-shuffle"]
        command += [f"--timeout={stage.wait}", "--colors=never", "-C=--locked"]
        command += [f"--test-package={package}" for package in stage.packages]
        command += [f"-C={argument}" for argument in stage.arguments]
        command += [f"--re=^{re.escape(mutant.name)}$" for mutant in mutants]
        # Mutants that leave a field out are run whatever the names asked for.
        command += [f"--file={file}" for file in sorted({mutant.file for mutant in mutants})]
        done = subprocess.run(command, env=self.environment(stage), capture_output=True, text=True)
        # 0: all caught, 2: some missed, 3: some in a loop.
        if done.returncode not in (0, 2, 3):
            raise CannotRun(f"cargo-mutants failed:\n{done.stdout}{done.stderr}")
        folder = self.output / "mutants.out"
        summaries = {}
        for outcome in json.loads((folder / "outcomes.json").read_text())["outcomes"]:
            if outcome["scenario"] != "Baseline":
                name = outcome["scenario"]["Mutant"]["name"]
                log = (folder / outcome["log_path"]).read_text(errors="replace")
                summaries[name] = self.outcome(stage, outcome["summary"], log)
        missing = [mutant.name for mutant in mutants if mutant.name not in summaries]
        if missing:
            raise CannotRun(f"cargo-mutants left out {missing}")
        return [(mutant, summaries[mutant.name]) for mutant in mutants]

    @staticmethod
    def outcome(stage, summary, log):
        if summary == "Timeout" or (summary == "CaughtMutant" and "SIGXCPU" in log):
            return f"loops in {stage.name}"
        words = {
            "CaughtMutant": f"caught by {stage.name}",
            "MissedMutant": f"survived {stage.name}",
            "Unviable": "unviable",
        }
        return words[summary]


def host():
    """The target triple that tests are built for."""
    if not hasattr(host, "triple"):
        answer = subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True).stdout
        host.triple = re.search(r"^host: (.*)$", answer, re.MULTILINE).group(1)
    return host.triple
