//! A comparison as Markdown, for a terminal or a CI summary.

use std::fmt::Write as _;

use super::outcome::{Benchmark, Comparison, Instructions, Time};
use super::verdict::{HARD_PERCENT, Verdict};

/// A headline, the revisions, and a table with the evidence.
#[must_use]
pub fn markdown(comparison: &Comparison) -> String {
    let mut text = format!("## {}\n\n", headline(comparison));
    let Comparison { base, head, .. } = comparison;
    let bytes = if comparison.same_bytes { "the same bytes" } else { "different bytes" };
    for (name, revision) in [("base", base), ("head", head)] {
        let (short, subject) = (revision.short(), escape(&revision.subject));
        let digest = revision.driver_sha256.get(..12).unwrap_or(&revision.driver_sha256);
        line(&mut text, format_args!("- {name}: `{short}` {subject} (driver `{digest}`)"));
    }
    line(&mut text, format_args!("- the drivers are {bytes}"));
    for note in &comparison.notes {
        line(&mut text, format_args!("- {}", escape(note)));
    }
    if comparison.benchmarks.iter().any(|benchmark| benchmark.instructions.is_some()) {
        text.push_str("\nInstructions of one operation, counted by callgrind:\n\n");
        text.push_str("| benchmark | entries | base | head | change | verdict |\n");
        text.push_str("|---|--:|--:|--:|--:|---|\n");
        for benchmark in &comparison.benchmarks {
            if let Some(seen) = &benchmark.instructions {
                line(&mut text, format_args!("{}", instructions(benchmark, seen)));
            }
        }
    }
    if comparison.benchmarks.iter().any(|benchmark| benchmark.time.is_some()) {
        text.push_str("\nTime of one operation, as the ratio of processes side by side:\n\n");
        text.push_str("| benchmark | entries | base | head | change | verdict | evidence |\n");
        text.push_str("|---|--:|--:|--:|--:|---|---|\n");
        for benchmark in &comparison.benchmarks {
            if let Some(seen) = &benchmark.time {
                line(&mut text, format_args!("{}", time(benchmark, seen)));
            }
        }
    }
    text
}

/// The worst first: how many of each verdict.
fn headline(comparison: &Comparison) -> String {
    let all = &comparison.benchmarks;
    let count = |verdict| all.iter().filter(|benchmark| benchmark.verdict == verdict).count();
    let (worse, slower) = (count(Verdict::Regression), count(Verdict::Slower));
    let faster = count(Verdict::Faster);
    let parts = [(worse, "regressed"), (slower, "slower (soft)"), (faster, "faster")];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let what = match comparison.verdict {
        Verdict::Regression => "Regression",
        Verdict::Slower => "Slower",
        Verdict::Faster => "Faster",
        Verdict::NoChange => return format!("No change in {} benchmarks", all.len()),
    };
    format!("{what}: {} of {} benchmarks", parts.join(", "), all.len())
}

fn instructions(benchmark: &Benchmark, seen: &Instructions) -> String {
    let (name, entries) = (&benchmark.name, benchmark.entries);
    let Instructions { base, head, change_percent, .. } = seen;
    let verdict = match seen.verdict {
        Verdict::Slower => format!("slower (soft: below {HARD_PERCENT} %)"),
        other => strong(other),
    };
    format!("| {name} | {entries} | {base:.1} | {head:.1} | {change_percent:+.2} % | {verdict} |")
}

fn time(benchmark: &Benchmark, seen: &Time) -> String {
    let (name, entries) = (&benchmark.name, benchmark.entries);
    let Time { base_ns, head_ns, ratio, low, high, null_low, null_high, pairs, .. } = seen;
    let change = (ratio - 1.0) * 100.0;
    let verdict = strong(seen.verdict);
    format!(
        "| {name} | {entries} | {base_ns:.1} ns | {head_ns:.1} ns | {change:+.1} % | {verdict} | \
         {low:.3} to {high:.3}, null {null_low:.3} to {null_high:.3}, {pairs} pairs |"
    )
}

fn strong(verdict: Verdict) -> String {
    match verdict {
        Verdict::NoChange => verdict.to_string(),
        _ => format!("**{verdict}**"),
    }
}

fn line(text: &mut String, what: std::fmt::Arguments<'_>) {
    writeln!(text, "{what}").expect("a string takes any text");
}

/// Text that somebody else wrote, such as a commit's subject, as text.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        if matches!(letter, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::outcome::Revision;

    pub(crate) fn comparison(verdict: Verdict) -> Comparison {
        let instructions = Instructions { base: 153.1, head: 160.9, change_percent: 5.09, verdict };
        let time = Time {
            base_ns: 33.0,
            head_ns: 33.2,
            ratio: 1.004,
            low: 0.991,
            high: 1.012,
            null_low: 0.995,
            null_high: 1.006,
            pairs: 40,
            verdict: Verdict::NoChange,
        };
        let revision = |id: &str, subject: &str| Revision {
            commit: id.repeat(40),
            subject: subject.to_owned(),
            driver_sha256: id.repeat(64),
        };
        let benchmarks = vec![
            Benchmark::new("lookup_latency", 4096, Some(instructions), Some(time.clone())),
            Benchmark::new("stack", 256, None, Some(time)),
        ];
        let (base, head) = (revision("a", "Look up"), revision("b", "Use `x` | <y>"));
        Comparison::new(base, head, false, benchmarks, vec!["noted".to_owned()])
    }

    #[test]
    fn the_page_tells_everything() {
        let text = markdown(&comparison(Verdict::Regression));
        for part in [
            "## Regression: 1 regressed of 2 benchmarks\n",
            "- base: `aaaaaaaaaa` Look up (driver `aaaaaaaaaaaa`)\n",
            "- head: `bbbbbbbbbb` Use \\`x\\` \\| \\<y\\> (driver `bbbbbbbbbbbb`)\n",
            "- the drivers are different bytes\n- noted\n",
            "| lookup_latency | 4096 | 153.1 | 160.9 | +5.09 % | **regression** |\n",
            "| stack | 256 | 33.0 ns | 33.2 ns | +0.4 % | no change | 0.991 to 1.012, null 0.995 to \
             1.006, 40 pairs |\n",
        ] {
            assert!(text.contains(part), "{part}\nin\n{text}");
        }
        assert_eq!(text.matches("\n| lookup_latency").count(), 2);
    }

    #[test]
    fn the_headline_is_of_the_worst() {
        let headline =
            |verdict| markdown(&comparison(verdict)).lines().next().unwrap_or_default().to_owned();
        assert_eq!(headline(Verdict::NoChange), "## No change in 2 benchmarks");
        assert_eq!(headline(Verdict::Faster), "## Faster: 1 faster of 2 benchmarks");
        assert_eq!(headline(Verdict::Slower), "## Slower: 1 slower (soft) of 2 benchmarks");
        assert!(markdown(&comparison(Verdict::Slower)).contains("slower (soft: below 5 %)"));
    }
}
