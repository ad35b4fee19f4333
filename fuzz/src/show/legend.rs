//! Colours, and the line that says what they mean.

use growstack::Prot;
use svg::node::element::{Group, Path, Rectangle, Text};

use super::history::Kind;

/// The look of everything, light or dark as the reader's system is.
pub(super) const STYLE: &str = "
svg { --paper: #ffffff; --ink: #1f2328; --faint: #8c959f; --line: #d0d7de; --none: #c3cad1;
  --read: #8fb8ea; --write: #84cf96; --code: #f2b866; --all: #e58a8a; --stack: #b794e6;
  --grown: #6f2dbd; --bad: #d1242f; background: var(--paper); }
@media (prefers-color-scheme: dark) {
  svg { --paper: #0d1117; --ink: #e6edf3; --faint: #8b949e; --line: #30363d; --none: #484f58;
    --read: #2f6fbf; --write: #2e8b47; --code: #b9770f; --all: #a8393f; --stack: #7d54c4;
    --grown: #d2b3ff; --bad: #ff6b6b; } }
text { fill: var(--ink); font: 11px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
.title { font-weight: bold; font-size: 14px; }
.faint { fill: var(--faint); }
.tick { stroke: var(--line); stroke-width: 1; }
.hole { stroke: var(--line); stroke-width: 1; stroke-dasharray: 1 3; }
.none { fill: var(--none); } .read { fill: var(--read); } .write { fill: var(--write); }
.code { fill: var(--code); } .all { fill: var(--all); } .stack { fill: var(--stack); }
.reserve { fill: var(--stack); fill-opacity: 0.18; stroke: var(--stack); stroke-width: 0.5;
  stroke-dasharray: 2 2; }
.edge { stroke: var(--paper); stroke-width: 0.5; }
.grown { fill: var(--grown); }
.refused { fill: none; stroke: var(--bad); stroke-width: 2; }
";

/// The look of guards, which only 14.2 has.
pub(super) const GUARD_STYLE: &str = "\
.guard { fill: var(--bad); fill-opacity: 0.3; stroke: var(--bad); stroke-width: 0.5; }
";

/// The class of a rectangle.
pub(super) fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Stack => "stack",
        Kind::Reserve => "reserve",
        Kind::Guard => "guard",
        Kind::Plain(prot) if prot.contains(Prot::WRITE | Prot::EXECUTE) => "all",
        Kind::Plain(prot) if prot.contains(Prot::EXECUTE) => "code",
        Kind::Plain(prot) if prot.contains(Prot::WRITE) => "write",
        Kind::Plain(prot) if prot.contains(Prot::READ) => "read",
        Kind::Plain(_) => "none",
    }
}

/// What the colours mean, in words.
const MEANINGS: [(&str, &str); 8] = [
    ("none", "no access"),
    ("read", "r--"),
    ("write", "rw-"),
    ("code", "r-x"),
    ("all", "rwx"),
    ("stack", "stack that may grow"),
    ("reserve", "room to grow"),
    ("grown", "grown here"),
];

/// The legend, `y` from the top.
pub(super) fn legend(x: f64, y: f64, guards: bool) -> Group {
    let mut group = Group::new();
    let mut at = x;
    let guards = guards.then_some(("guard", "guard"));
    for (class, meaning) in MEANINGS.into_iter().chain(guards) {
        let sample = Rectangle::new().set("class", class);
        let sample = sample.set("x", at).set("y", y - 10.0).set("width", 14).set("height", 12);
        let text = Text::new(meaning).set("x", at + 20.0).set("y", y);
        group = group.add(sample).add(text);
        // A letter of the monospaced font takes 6.7 pixels.
        at += 40.0 + 6.7 * f64::from(u8::try_from(meaning.len()).unwrap_or(u8::MAX));
    }
    let text = Text::new("refused").set("x", at + 20.0).set("y", y);
    group.add(cross(at + 7.0, y - 4.0)).add(text)
}

/// The mark of a refusal.
pub(super) fn cross(x: f64, y: f64) -> Path {
    let (left, right, top, bottom) = (x - 4.0, x + 4.0, y - 4.0, y + 4.0);
    let data = format!(
        "M{left:.1} {top:.1}L{right:.1} {bottom:.1}M{left:.1} {bottom:.1}L{right:.1} {top:.1}"
    );
    Path::new().set("class", "refused").set("d", data)
}
