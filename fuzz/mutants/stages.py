"""The tests that mutants meet, the fastest first."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """A set of tests, and the seconds of CPU after which one of its programs must be in a loop.

    A program that takes so many seconds of another clock waits for ever: a lock is not given back.
    """

    name: str
    packages: tuple
    arguments: tuple
    cpu: int
    wait: int = 0  # seconds
    filters: tuple = ()
    files: tuple = ("",)  # what the names of the files begin with that it can say something of
    left_out: tuple = ()  # programs that can say nothing of the engine, and take long

    def concerns(self, file):
        """Can it say something of that file?"""
        return file.startswith(self.files) and (SHARED in self.files or not file.startswith(SHARED))

    def cargo(self):
        """The arguments for cargo."""
        return (*(f"--package={package}" for package in self.packages), *self.arguments)


# What most tests know nothing of: a process that threads share.
SHARED = "engine/src/shared/"
# No tests: is it a program at all?
CHECK = Stage("check", ("growstack",), ("--features=std",), 0, files=("", SHARED))
RULES = ("rules_15", "rules_16", "refusals", "changes", "reached")
STAGES = (
    CHECK,
    Stage("rules", ("growstack-fuzz",), tuple(f"--test={name}" for name in RULES), 5, 100),
    Stage("quick", ("growstack-fuzz",), ("--test=quick",), 20, 400),
    Stage("engine", ("growstack",), ("--features=std", "--test=*"), 10, 20, files=("", SHARED)),
    Stage(
        "inside", ("growstack",), ("--features=std", "--lib"), 30, 600, ("--skip=a_million",),
        ("engine/src/tree/",),
    ),
    Stage("view", ("growstack",), ("--features=std", "--lib"), 30, 60, ("shared::",), (SHARED,)),
    Stage("threads", ("growstack-fuzz",), ("--test=shared", "--test=inputs"), 60, 90, files=(SHARED,)),
    Stage("nodes", ("growstack-fuzz",), ("--test=out_of_nodes",), 30, 600),
    # The benchmarks' tests ask little of the engine.
    Stage("all", ("growstack", "growstack-fuzz"), (), 300, 900, left_out=("record",)),
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
    return next((i for i in left if STAGES[i].concerns(mutant.file)), None)
