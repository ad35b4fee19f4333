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


RULES = ("rules_15", "rules_16", "refusals", "changes", "reached")
STAGES = (
    Stage("rules", ("growstack-fuzz",), tuple(f"--test={name}" for name in RULES), 5),
    Stage("quick", ("growstack-fuzz",), ("--test=quick",), 20),
    Stage("engine", ("growstack",), ("--test=*",), 30),
    Stage("tree", ("growstack",), ("--lib",), 30, ("--skip=a_million",), "engine/src/tree/"),
    Stage("nodes", ("growstack-fuzz",), ("--test=out_of_nodes",), 30),
    # The benchmarks have no tests.
    Stage("all", ("growstack", "growstack-fuzz"), (), 300),
)


def next_stage(mutant, outcome, alone=False):
    """The number of the stage that a mutant is to meet next; `None` if it is done.

    One that is built alone skips the stage of many small programs: it would link for longer than
    run. All of them are in the last stage again.
    """
    if outcome is not None and not outcome.startswith("survived "):
        return None
    names = [stage.name for stage in STAGES]
    first = names.index(outcome.split()[1]) + 1 if outcome else 0
    left = range(max(first, 1) if alone else first, len(STAGES))
    return next((i for i in left if mutant.file.startswith(STAGES[i].files)), None)
