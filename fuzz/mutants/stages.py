"""The tests that mutants meet, the fastest first."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """A set of tests, and the seconds of CPU after which one of its programs must be in a loop."""

    name: str
    packages: tuple
    arguments: tuple
    cpu: int
    filters: tuple = ()
    files: str = ""  # what the names of the files begin with that it can say something of

    def cargo(self):
        """The arguments for cargo."""
        return (*(f"--package={package}" for package in self.packages), *self.arguments)


# No tests: is it a program at all?
CHECK = Stage("check", ("growstack",), (), 0)
RULES = ("rules_15", "rules_16", "refusals", "changes", "reached")
STAGES = (
    CHECK,
    Stage("rules", ("growstack-fuzz",), tuple(f"--test={name}" for name in RULES), 5),
    Stage("quick", ("growstack-fuzz",), ("--test=quick",), 20),
    Stage("engine", ("growstack",), ("--test=*",), 30),
    Stage("tree", ("growstack",), ("--lib",), 30, ("--skip=a_million",), "engine/src/tree/"),
    Stage("nodes", ("growstack-fuzz",), ("--test=out_of_nodes",), 30),
    # The benchmarks have no tests.
    Stage("all", ("growstack", "growstack-fuzz"), (), 300),
)
NAMES = [stage.name for stage in STAGES]


def next_stage(mutant, outcome, alone=False):
    """The number of the stage that a mutant is to meet next; `None` if it is done.

    One that is built with the others is known to be a program. One that is built alone skips the
    stage of many small programs, which would link for longer than run. All of them are in the last
    stage again.
    """
    if outcome is not None and not outcome.startswith("survived "):
        return None
    first = NAMES.index(outcome.split()[1]) + 1 if outcome else 0
    skipped = "rules" if alone else CHECK.name
    left = (i for i in range(first, len(STAGES)) if NAMES[i] != skipped)
    return next((i for i in left if mutant.file.startswith(STAGES[i].files)), None)
