"""The table of results, and the reasons why some mutants survive."""

import sys
import tomllib
from collections import Counter, defaultdict

from common import ROOT, CannotRun
from stages import next_stage

REASONS = ROOT / "fuzz/mutants/survivors.toml"
LEAST_CAUGHT = 0.97


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
    """Prints the table and the survivors as Markdown; is all well?"""
    reasons = read_reasons()
    rows = defaultdict(Counter)
    survivors, problems = [], []
    for mutant in mutants:
        outcome = results.of(mutant)
        word = "waiting" if next_stage(mutant, outcome) is not None else outcome.split()[0]
        rows[mutant.file][word] += 1
        rows["all"][word] += 1
        if word == "survived":
            survivors.append(mutant)
    print("| file | viable | caught | of them in a loop | missed | not viable | not run |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for file in [*sorted(set(rows) - {"all"}), "all"]:
        row = rows[file]
        caught = row["caught"] + row["loops"]
        cells = [caught + row["survived"], caught, row["loops"], row["survived"]]
        cells += [row["unviable"], row["waiting"]]
        print(f"| {file} | {' | '.join(map(str, cells))} |")
    row = rows["all"]
    caught = row["caught"] + row["loops"]
    viable = caught + row["survived"]
    print(f"\n{caught} of {viable} viable mutants are caught: {100 * caught / max(viable, 1):.1f} %.")
    if survivors:
        print("\nSurvivors:\n")
    for mutant in sorted(survivors, key=lambda mutant: mutant.key):
        reason = reasons.get(mutant.key, "no reason is given")
        print(f"- `{mutant.file}`, `{mutant.function}`: `{mutant.change}`: {reason}")

    if row["waiting"]:
        problems.append(f"{row['waiting']} mutants have not run to the end")
    if caught < LEAST_CAUGHT * viable:
        problems.append(f"fewer than {100 * LEAST_CAUGHT:.0f} % are caught")
    unexplained = sum(mutant.key not in reasons for mutant in survivors)
    if unexplained:
        problems.append(f"{unexplained} survivors have no reason in {REASONS.relative_to(ROOT)}")
    by_key = {mutant.key: mutant for mutant in mutants}
    for key in reasons:
        if key not in by_key:
            problems.append(f"a reason is given for a mutant that does not exist: {key}")
        elif (outcome := results.of(by_key[key])) and not outcome.startswith("survived"):
            problems.append(f"a reason is given for a mutant that is {outcome}: {key}")
    for problem in problems:
        print(f"mutants: {problem}", file=sys.stderr)
    return not problems
