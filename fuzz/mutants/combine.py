"""All mutants in one program.

To build a mutant takes far longer than to run the tests that notice it. So the mutants of a
function become arms of a `match` in its body, in a copy of the engine, and the one to be is named
by the environment when the tests run: one build for all.

Some can't be built so: what is no function's, a `const fn` that constants need, and whatever the
compiler refuses. They are left to cargo-mutants, one by one.
"""

import re
from collections import defaultdict

VARIABLE = "GROWSTACK_MUTANT"
SWITCH = """
extern crate std;
/// The number of the mutant to be, 0 for none.
pub(crate) fn mutant() -> u32 {
    static NUMBER: std::sync::LazyLock<u32> = std::sync::LazyLock::new(named);
    *NUMBER
}

/// Reads the environment without allocating: some tests have an allocator that refuses.
fn named() -> u32 {
    const KEY: &[u8] = b"VARIABLE=";
    let mut file = std::fs::File::open("/proc/self/environ").expect("Linux has it");
    let (mut chunk, mut matched, mut number) = ([0; 4096], 0, 0);
    loop {
        match std::io::Read::read(&mut file, &mut chunk).expect("it can be read") {
            0 => return number,
            length => {
                for &byte in &chunk[..length] {
                    if matched < KEY.len() {
                        let first = usize::from(byte == KEY[0]);
                        matched = if byte == KEY[matched] { matched + 1 } else { first };
                    } else if byte.is_ascii_digit() {
                        number = number * 10 + u32::from(byte - b'0');
                    } else {
                        return number;
                    }
                }
            }
        }
    }
}
""".replace("VARIABLE", VARIABLE)
ARM = re.compile(r"^(\d+)u32 => \{ //mutant$")
ROUNDS = 40


class Source:
    """A file of the engine, and its mutants by function."""

    def __init__(self, text):
        self.text = text
        # The same without comments, but with the places of everything kept.
        self.code = re.sub(r"//.*", lambda match: " " * len(match[0]), text)
        self.offsets = [0]
        for line in text.splitlines(keepends=True):
            self.offsets.append(self.offsets[-1] + len(line))
        self.functions = defaultdict(dict)

    def place(self, position):
        return self.offsets[position["line"] - 1] + position["column"] - 1

    def span(self, span):
        return self.place(span["start"]), self.place(span["end"])

    def add(self, number, item):
        """Takes in a mutant of a function."""
        start, end = self.span(item["function"]["span"])
        self.functions[start, end][number] = (*self.span(item["span"]), item["replacement"])

    def body(self, start, end):
        """Where the body of a function begins, braces included."""
        depth = 0
        for at in range(re.compile(r"\bfn\b").search(self.code, start).end(), end):
            depth += {"(": 1, ")": -1, "[": 1, "]": -1}.get(self.code[at], 0)
            if self.code[at] == "{" and depth == 0:
                return at
        raise ValueError(f"no body in {self.text[start:end]!r}")

    def combined(self, refused):
        """The text with an arm for every mutant that is not refused."""
        text, last = self.text, len(self.text)
        for (start, end), mutants in sorted(self.functions.items(), reverse=True):
            kept = {number: m for number, m in mutants.items() if number not in refused}
            if not kept or end > last:
                continue
            last = start
            body = self.body(start, end)
            arms = []
            for number, (from_, to, replacement) in kept.items():
                changed = self.text[body:from_] + replacement + self.text[to:end]
                arms.append(f"{number}u32 => {{ //mutant\n{changed}\n}}\n")
            whole = "".join(arms) + f"_ => {{ //original\n{self.text[body:end]}\n}}\n"
            text = text[:body] + "{ match crate::mutant() {\n" + whole + "} }" + text[end:]
        return text

    def constant(self):
        """The mutants of functions that are still `const`."""
        numbers = set()
        for (start, end), mutants in self.functions.items():
            fn = re.compile(r"\bfn\b").search(self.code, start).start()
            if "const " in self.code[self.code.rfind("\n", 0, fn) + 1 : fn]:
                numbers |= set(mutants)
        return numbers

    def nested(self):
        """The mutants of functions within other functions that have mutants."""
        spans = list(self.functions)
        inner = [s for s in spans if any(o[0] <= s[0] and s[1] <= o[1] and o != s for o in spans)]
        return {number for span in inner for number in self.functions[span]}


def of_lines(text):
    """The mutant that each line is of, or `None`."""
    owner, owners = None, []
    for line in text.splitlines():
        if match := ARM.match(line):
            owner = int(match[1])
        elif line.endswith("//original") or line.startswith("{ match crate::mutant"):
            owner = None
        owners.append(owner)
    return owners


def where_constant(originals, path):
    """Where the `const fn` may be that the compiler calls `path`: files and names."""
    *types, name = re.sub(r"::<[^>]*>|<[^>]*>", "", path).split("::")
    places = [(f, name) for f, text in originals.items() if re.search(rf"const fn {name}\b", text)]
    ours = rf"impl[^{{]*\b{types[-1] if types else name}\b"
    return [place for place in places if re.search(ours, originals[place[0]])] or places


def released(file, text, constant):
    """The text without `const fn`, which may not look at the environment, and without `inline`,
    which would copy arms all over; but with the places of everything kept."""
    def release(match):
        return match[0] if (file, match[1]) in constant else f"      fn {match[1]}"

    text = re.sub(r"const fn (\w+)", release, text)
    return re.sub(r"#\[inline(\(always\))?\]", lambda match: " " * len(match[0]), text)


def combine(tree, items, unviable, build):
    """Writes the combined engine into `tree`; the numbers of the mutants that are in it.

    `items` are the mutants by number, as cargo-mutants lists them; those in `unviable` are known
    not to build. `build` builds everything that uses the engine and gives the compiler's messages.
    """
    paths = [p for p in (tree / "engine/src").rglob("*.rs") if "tests" not in p.parts]
    originals = {path.relative_to(tree).as_posix(): path.read_text() for path in paths}
    constant, refused = set(), set(unviable)
    for number, item in items.items():
        if not item["function"] or "impl " in item["function"]["return_type"]:
            refused.add(number)
    for _ in range(ROUNDS):
        owners = {}
        for file, original in originals.items():
            source = Source(released(file, original, constant))
            for number, item in items.items():
                if item["file"] == file and number not in refused:
                    source.add(number, item)
            refused |= source.nested() | source.constant()
            text = source.combined(refused)
            owners[file] = of_lines(text)
            (tree / file).write_text(text + SWITCH if file == "engine/src/lib.rs" else text)
        errors = [message for message in build() if message["level"] == "error"]
        if not errors:
            return set(items) - refused
        before = (len(refused), len(constant))
        for error in errors:
            if (error["code"] or {}).get("code") == "E0015":
                path = re.search(r"`([^`]*)`", error["message"])[1]
                constant.update(where_constant(originals, path))
            for span in error["spans"]:
                lines = owners.get(span["file_name"], [])
                if span["is_primary"] and span["line_start"] <= len(lines):
                    refused.add(lines[span["line_start"] - 1])
        refused.discard(None)
        if before == (len(refused), len(constant)):
            raise RuntimeError("\n".join(error["rendered"] for error in errors))
    raise RuntimeError("the combined engine does not build")
