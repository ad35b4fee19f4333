#!/usr/bin/env python3
"""A map as a program of its own: a sorted list of entries, asked over a pipe (docs/trace.md).

It knows insert of anonymous memory, remove, findspace, lookup, check and dump, and no more.
Numbers in comments are rules of docs/behaviour.md.
"""

import sys

MAX64 = 2**64 - 1


def number(word):
    """A number of the trace format."""
    return MAX64 if word == "inf" else int(word, 0)


class Entry:
    """A stretch of addresses; `kind` is all that must be equal for entries to merge (3.1)."""

    def __init__(self, start, end, kind):
        self.start, self.end, self.kind = start, end, kind


class Map:
    """The entries, in address order."""

    def __init__(self, low, high):
        self.low, self.high = low, high
        self.entries = []

    def at(self, addr):
        """The entry that holds `addr`, if any."""
        return next((e for e in self.entries if e.start <= addr < e.end), None)

    def split(self, addr):
        """4.1, if `addr` is strictly inside an entry."""
        entry = self.at(addr)
        if entry is not None and entry.start < addr:
            upper = Entry(addr, entry.end, entry.kind)
            entry.end = addr
            self.entries.insert(self.entries.index(entry) + 1, upper)

    def simplify(self, entry):
        """3.2."""
        index = self.entries.index(entry)
        if index > 0:
            lower = self.entries[index - 1]
            if lower.end == entry.start and lower.kind == entry.kind:
                entry.start = lower.start
                self.entries.remove(lower)
        index = self.entries.index(entry)
        if index + 1 < len(self.entries):
            upper = self.entries[index + 1]
            if entry.end == upper.start and upper.kind == entry.kind:
                entry.end = upper.end
                self.entries.remove(upper)

    def insert(self, start, end, prot, most):
        """Section 6."""
        if start < self.low or end > self.high or start >= end:
            return "KERN_INVALID_ADDRESS"
        if any(start < e.end and e.start < end for e in self.entries):
            return "KERN_NO_SPACE"
        kind = (prot, most)
        lower = next((e for e in self.entries if e.end == start and e.kind == kind), None)
        if lower is not None:  # 6.7a: the neighbour gets longer
            lower.end = end
            self.simplify(lower)
        else:
            entry = Entry(start, end, kind)
            self.entries.append(entry)
            self.entries.sort(key=lambda e: e.start)
            self.simplify(entry)
        return "KERN_SUCCESS"

    def remove(self, start, end):
        """7.1."""
        start, end = max(start, self.low), min(end, self.high)
        if start < end:
            entry = self.at(start)
            if entry is not None and entry.start < start:
                self.simplify(entry)
                self.split(start)
            self.split(end)
            self.entries = [e for e in self.entries if not start <= e.start < end]
        return "KERN_SUCCESS"

    def findspace(self, start, length):
        """7.4 and 7.5."""
        start = max(start, self.low)
        if start + length > self.high:
            return "KERN_NO_SPACE"
        holder = self.at(start)
        if length == 0:
            inside = holder is not None and holder.start < start
            return f"KERN_SUCCESS {holder.end if inside else start:#x}"
        candidates = [] if holder else [start]
        candidates += [e.end for e in self.entries if e.end > start]
        for candidate in candidates:
            above = [e.start for e in self.entries if e.start >= candidate]
            if min(above, default=self.high) - candidate >= length:
                return f"KERN_SUCCESS {candidate:#x}"
        return "KERN_NO_SPACE"

    def lookup(self, addr):
        """8.1."""
        entry = self.at(addr)
        return f"TRUE {entry.start:#x} {entry.end:#x}" if entry else "FALSE"

    def check(self, start, end, prot):
        """8.2."""
        entry = self.at(start)
        if entry is None or start >= end:
            return "FALSE" if entry is None else "TRUE"
        while entry is not None and all(p in ("-", q) for p, q in zip(prot, entry.kind[0])):
            if entry.end >= end:
                return "TRUE"
            entry = self.at(entry.end)
        return "FALSE"

    def dump(self):
        """The entries; `?` stands for what this map does not keep."""
        for e in self.entries:
            print(f"| {e.start:#x} {e.end:#x} {e.kind[0]} {e.kind[1]} ? ? ? ? ? ?")
        size = sum(e.end - e.start for e in self.entries)
        print(f"| size={size:#x} entries={len(self.entries)} ssize=? reserved=? wired=?")


def answer(space, words):
    """The answer to one operation, or None if this map does not have it."""
    match words:
        case ["insert", start, end, prot, most, "-", "-", _offset]:
            return space.insert(number(start), number(end), prot, most)
        case ["remove", start, end]:
            return space.remove(number(start), number(end))
        case ["findspace", start, length]:
            return space.findspace(number(start), number(length))
        case ["lookup", addr]:
            return space.lookup(number(addr))
        case ["check", start, end, prot]:
            return space.check(number(start), number(end), prot)
        # Nothing here can reach a limit on stacks or on locked memory.
        case ["limit", limit] if limit.startswith(("stack=", "memlock=")):
            return "KERN_SUCCESS"
        case ["sysctl", setting] if setting != "sgrowsiz=0x0":
            return "KERN_SUCCESS"
    return None


def main():
    """Reads the header, then answers operations until there are no more."""
    header = [sys.stdin.readline().split() for _ in range(5)]
    bounds = dict(word.split("=") for word in header[1][1:])
    space = Map(number(bounds["min"]), number(bounds["max"]))
    for line in sys.stdin:
        words = line.split()
        if words == ["dump"]:
            space.dump()
        else:
            print("=", answer(space, words) or "UNSUPPORTED")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
