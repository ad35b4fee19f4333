"""Mutants, and names for them that outlast a change elsewhere."""

import hashlib
import json
import subprocess
from collections import Counter
from dataclasses import dataclass

from common import CannotRun


@dataclass(frozen=True)
class Mutant:
    """One change; everything but `name` stays the same when other functions change."""

    file: str
    function: str
    source: str  # hash of the function's text
    change: str
    name: str  # what cargo-mutants calls it, with line and column
    number: int  # in the list of cargo-mutants, from 1

    @property
    def key(self):
        return (self.file, self.function, self.change)


def list_mutants(tree):
    """The mutants of the engine in `tree`, in an order that spreads over the files, and what
    cargo-mutants says of each, by number."""
    command = ["cargo", "mutants", "--no-config", "-d", tree, "-p", "growstack", "--list", "--json"]
    # cargo-mutants does not see that `#[cfg(all(test, ...))]` is for tests alone.
    command += ["--exclude=**/tests.rs"]
    answer = subprocess.run(command, capture_output=True, text=True)
    if answer.returncode != 0:
        raise CannotRun(f"cargo-mutants cannot list the mutants:\n{answer.stderr}")
    lines = {}
    seen = Counter()
    mutants = []
    items = dict(enumerate(json.loads(answer.stdout), 1))
    for number, item in items.items():
        file, span, function = item["file"], item["span"], item["function"]
        if file not in lines:
            lines[file] = (tree / file).read_text().splitlines()
        whole = function["span"] if function else span
        text = "\n".join(lines[file][whole["start"]["line"] - 1 : whole["end"]["line"]])
        source = hashlib.sha256(text.encode()).hexdigest()[:12]
        name = function["function_name"] if function else "(outside functions)"
        change = item["name"].split(": ", 1)[1].removesuffix(f" in {name}")
        if item["genre"] != "FnValue":
            change += f"  at  {marked(lines[file], span)}"
        seen[file, name, source, change] += 1
        count = seen[file, name, source, change]
        change += f"  #{count}" if count > 1 else ""
        mutants.append(Mutant(file, name, source, change, item["name"], number))
    spread = sorted(mutants, key=lambda mutant: hashlib.sha256(repr(mutant.key).encode()).digest())
    return spread, items


def marked(lines, span):
    """The line where `span` begins, with what is in it between marks."""
    line = lines[span["start"]["line"] - 1]
    start = span["start"]["column"] - 1
    one = span["start"]["line"] == span["end"]["line"]
    end = span["end"]["column"] - 1 if one else len(line)
    return f"{line[:start].lstrip()}⟦{line[start:end]}⟧{line[end:].rstrip()}"
