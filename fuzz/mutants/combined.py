"""All mutants in one program, and each run by its number."""

import json
import shutil
import signal
import subprocess
from collections import defaultdict
from pathlib import Path

from alone import Tree
from combine import VARIABLE, combine
from common import CannotRun
from stages import CHECK, STAGES


def command_of(stage):
    """The arguments with which cargo builds the programs of a stage."""
    return ("test", "--no-run", *stage.cargo())


class Combined(Tree):
    """A tree with all mutants in one program, as far as they can be; see fuzz/mutants/combined.py."""

    def __init__(self, items):
        super().__init__(items)
        self.programs = defaultdict(dict)  # test programs and their folders, by what built them
        self.numbers = set()

    def combine(self, unviable):
        """Builds it, without the mutants known not to build."""
        try:
            self.numbers = combine(self.path, self.items, unviable, self.build)
        except RuntimeError as failure:
            raise CannotRun(f"the combined engine does not build:\n{failure}") from failure
        print(f"{len(self.numbers)} of {len(self.items)} mutants are in one program", flush=True)

    def build(self):
        """Builds the engine, then the tests; the compiler's messages, up to the first error."""
        check = ("check", "--package=growstack")
        tests = [command_of(stage) for stage in STAGES if stage is not CHECK]
        messages = []
        for command in [check, *tests]:
            built = subprocess.run(
                ["cargo", *command, "--profile=mutants", "--locked", "--message-format=json"],
                cwd=self.path, env=self.environment(), capture_output=True, text=True,
            )
            items = [json.loads(line) for line in built.stdout.splitlines()]
            messages += [item["message"] for item in items if item["reason"] == "compiler-message"]
            if built.returncode != 0:
                if not any(message["level"] == "error" for message in messages):
                    raise CannotRun(f"the combined engine does not build:\n{built.stderr}")
                break
            for item in items:
                if item["reason"] == "compiler-artifact" and item["profile"]["test"]:
                    folder = Path(item["manifest_path"]).parent
                    self.programs[command][item["executable"]] = folder
        return messages

    def commands(self, stage):
        """Folder and command line of each program of a stage.

        The last one leaves out what every mutant has met before.
        """
        last = stage is STAGES[-1]
        met = [s for s in STAGES[:-1] if last and not s.filters and "" in s.files]
        left_out = {program for s in met for program in self.programs[command_of(s)]}
        for program, folder in self.programs[command_of(stage)].items():
            name = Path(program).name.rpartition("-")[0]
            if program not in left_out and name not in stage.left_out:
                yield folder, [program, *stage.filters]
        if last:
            yield self.path, ["cargo", "test", "--doc", "--profile=mutants", "--locked", *stage.cargo()]

    def prove(self, stage):
        if stage not in self.proved:
            outcome, told = self.one(stage, 0)
            if outcome != f"survived {stage.name}":
                raise CannotRun(f"without a mutant, the combined engine is {outcome}:\n{told}")
            self.proved.add(stage)

    def run(self, stage, mutants):
        self.prove(stage)
        return [(mutant, self.one(stage, mutant.number)[0]) for mutant in mutants]

    def one(self, stage, number):
        """The outcome of a mutant, and what the test that failed said."""
        environment = dict(self.environment(stage), **{VARIABLE: str(number)})
        limits = ["prlimit", f"--cpu={stage.cpu}", f"--data={8 << 30}"] if shutil.which("prlimit") else []
        for folder, command in self.commands(stage):
            try:
                limited = limits if command[0] != "cargo" else []
                done = subprocess.run(
                    [*limited, *command], cwd=folder, env=environment, timeout=stage.wait,
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                )
            except subprocess.TimeoutExpired as late:
                return f"loops in {stage.name}", str(late)
            if done.returncode == -signal.SIGXCPU:
                return f"loops in {stage.name}", str(command)
            if done.returncode != 0:
                return f"caught by {stage.name}", f"{command}\n{done.stdout.decode(errors='replace')}"
        return f"survived {stage.name}", ""
