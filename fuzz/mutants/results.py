"""What is known of the mutants, from run to run."""

import fcntl
import json

from common import ROOT, WORK

RESULTS = ROOT / "fuzz/mutants/results.json"


class Results:
    """The file of results: outcomes by file, function with the hash of its text, and change."""

    def __init__(self):
        self.outcomes = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}

    def of(self, mutant):
        """`None`, "unviable", "caught by STAGE", "loops in STAGE" or "survived STAGE"."""
        functions = self.outcomes.get(mutant.file, {})
        return functions.get(f"{mutant.function} {mutant.source}", {}).get(mutant.change)

    def add(self, outcomes):
        """Adds what is known now to what others may have written in the meantime."""
        WORK.mkdir(parents=True, exist_ok=True)
        with open(WORK / "results.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.__init__()
            for mutant, outcome in outcomes:
                functions = self.outcomes.setdefault(mutant.file, {})
                function = functions.setdefault(f"{mutant.function} {mutant.source}", {})
                function[mutant.change] = outcome
            self.write()

    def forget_all_but(self, mutants):
        """Drops the results of functions that are gone or changed."""
        kept = {(m.file, f"{m.function} {m.source}") for m in mutants}
        for file, functions in self.outcomes.items():
            self.outcomes[file] = {f: m for f, m in functions.items() if (file, f) in kept}
        self.outcomes = {file: functions for file, functions in self.outcomes.items() if functions}
        self.write()

    def write(self):
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.outcomes, indent=1, sort_keys=True, ensure_ascii=False)
        new = RESULTS.with_suffix(".new")
        new.write_text(text + "\n")
        new.replace(RESULTS)
