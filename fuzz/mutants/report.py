"""The table of results, and the reasons why some mutants survive."""

import sys
import tomllib
from collections import Counter, defaultdict
from datetime import date

from common import ROOT, CannotRun
from stages import next_stage

REASONS = ROOT / "fuzz/mutants/survivors.toml"
DOCUMENT = ROOT / "docs/mutants.md"
# What follows it in the document is written here.
STATE = "State of "
LEAST_CAUGHT = 0.97
SURVIVED = ("survived", "so far")


def read_reasons():
    """The reasons of survivors by mutant."""
    listed = tomllib.loads(REASONS.read_text()).get("survivor", []) if REASONS.exists() else []
    reasons = {}
    for item in listed:
        if set(item) != {"file", "function", "change", "reason"} or not item["reason"].strip():
            raise CannotRun(f"{REASONS.name}: want file, function, change and reason: {item}")
        key = (item["file"], item["function"], item["change"])
        if key in reasons:
            raise CannotRun(f"{REASONS.name}: two reasons for {key}")
        reasons[key] = " ".join(item["reason"].split())
    return reasons


def report(mutants, results):
    """Writes the table and the survivors into docs/mutants.md; is all well?"""
    reasons = read_reasons()
    outcomes = {mutant: word_of(mutant, results) for mutant in mutants}
    rows = defaultdict(Counter)
    for mutant, word in outcomes.items():
        rows[mutant.file][word] += 1
        rows["all"][word] += 1
    survivors = sorted((m for m, word in outcomes.items() if word in SURVIVED), key=lambda m: m.key)
    text = DOCUMENT.read_text()
    kept = text[: text.index(STATE)]
    state = [f"{STATE}{date.today()}:", *table(rows), "", told(rows["all"])]
    if survivors:
        state += ["", "Survivors:", "", *(line(mutant, reasons) for mutant in survivors)]
    DOCUMENT.write_text(kept + "\n".join(state) + "\n")
    print(told(rows["all"]))
    problems = find_problems(rows["all"], survivors, reasons, outcomes)
    for problem in problems:
        print(f"mutants: {problem}", file=sys.stderr)
    return not problems


def word_of(mutant, results):
    """The column of the table that a mutant counts in."""
    outcome = results.of(mutant)
    word = outcome.split()[0] if outcome else "waiting"
    return "so far" if word == "survived" and next_stage(mutant, outcome) is not None else word


def caught_of(row):
    """How many are caught, and of how many."""
    caught = row["caught"] + row["loops"]
    return caught, caught + row["survived"] + row["so far"]


def table(rows):
    """A row for each file, and one for all, as Markdown."""
    yield ""
    yield "| file | viable | caught | of them in a loop | missed | missed so far | not viable | not run |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    for file in [*sorted(set(rows) - {"all"}), "all"]:
        row = rows[file]
        caught, viable = caught_of(row)
        cells = [viable, caught, row["loops"], row["survived"], row["so far"]]
        cells += [row["unviable"], row["waiting"]]
        yield f"| {file} | {' | '.join(map(str, cells))} |"


def told(row):
    """The sum of it all in a sentence."""
    caught, viable = caught_of(row)
    return f"{caught} of {viable} viable mutants are caught: {100 * caught / max(viable, 1):.1f} %."


def line(mutant, reasons):
    """A survivor, as an item of a list."""
    reason = reasons.get(mutant.key, "no reason is given")
    return f"- `{mutant.file}`, `{mutant.function}`: `{mutant.change}`: {reason}"


def find_problems(row, survivors, reasons, outcomes):
    """What keeps all from being well."""
    problems = []
    if row["waiting"]:
        problems.append(f"{row['waiting']} mutants have not run")
    if row["so far"]:
        problems.append(f"{row['so far']} mutants have not met all tests")
    caught, viable = caught_of(row)
    if caught < LEAST_CAUGHT * viable:
        problems.append(f"fewer than {100 * LEAST_CAUGHT:.0f} % are caught")
    unexplained = sum(mutant.key not in reasons for mutant in survivors)
    if unexplained:
        problems.append(f"{unexplained} survivors have no reason in {REASONS.relative_to(ROOT)}")
    words = {mutant.key: word for mutant, word in outcomes.items()}
    for key in reasons:
        if key not in words:
            problems.append(f"a reason is given for a mutant that does not exist: {key}")
        elif words[key] not in (*SURVIVED, "waiting"):
            problems.append(f"a reason is given for a mutant that is {words[key]}: {key}")
    return problems
