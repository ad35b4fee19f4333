//! A night in a sentence, in a few lines, and in Markdown.

use std::fmt::Write as _;

use super::coverage::Coverage;
use super::tables::{self, Table};
use crate::night::progress::mark;
use crate::night::record::{Night, Status, Taken};
use crate::night::state::Reached;

/// What the night came to, in one sentence.
#[must_use]
pub fn verdict(night: &Night) -> String {
    let names = |status: Status| {
        let named = night.steps.iter().filter(|step| step.status == status);
        named.map(|step| step.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let stopped = if night.interrupted { " The night was stopped before its end." } else { "" };
    let mut parts = Vec::new();
    match night.findings.len() {
        0 => {}
        1 => parts.push("one fault was found".to_owned()),
        n => parts.push(format!("{n} faults were found")),
    }
    // What only led to the findings is told by them.
    let found = |step: &&Taken| step.status == Status::Found;
    for step in night.steps.iter().filter(found) {
        match step.id.as_str() {
            "compare" => parts.push("a benchmark got slower".to_owned()),
            "faults" => parts.push("a planted fault was missed".to_owned()),
            _ if night.findings.is_empty() => {
                parts.push(format!("something was found by: {}", step.name));
            }
            _ => {}
        }
    }
    let could_not = names(Status::CouldNotRun);
    if !could_not.is_empty() {
        parts.push(format!("some of it could not run: {could_not}"));
    }
    let sentence = if parts.is_empty() && night.interrupted {
        "What ran was clean".to_owned()
    } else if parts.is_empty() {
        "All clean".to_owned()
    } else {
        parts.join("; ")
    };
    let mut letters = sentence.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.{stopped}", letters.as_str())
}

/// What the terminal shows at the end.
#[must_use]
pub fn plain(night: &Night) -> String {
    let mut text = String::from("\n");
    // Writing to a string does not fail.
    let coverage = Coverage::of(night, &Reached::new());
    if !coverage.is_empty() {
        let _ = writeln!(
            text,
            "{:<24} {:>14} {:>14} {:>9}",
            "operation", "done", "refused", "branches"
        );
        for row in &coverage.rows {
            let (done, refused, branches) = (row.done, row.refused, row.branches.len());
            let _ = writeln!(text, "{:<24} {done:>14} {refused:>14} {branches:>9}", row.operation);
        }
        let _ = writeln!(
            text,
            "branches of the rules reached {} of {}, pairs with operations {}",
            coverage.reached(),
            coverage.branches,
            coverage.pairs
        );
        // A run ends with what it finds, and how far it came says nothing then.
        for (id, what) in coverage.missed.iter().filter(|_| night.findings.is_empty()) {
            let _ = writeln!(text, "  not reached: {id} {what}");
        }
        text.push('\n');
    }
    for found in &night.findings {
        let evidence = &found.evidence;
        let _ = writeln!(
            text,
            "found: {}: {}\n{}",
            evidence.operation, evidence.class, evidence.report
        );
        if !evidence.test.is_empty() {
            let _ =
                writeln!(text, "as a test, for fuzz/tests/regressions.rs:\n\n{}", evidence.test);
        }
    }
    for step in &night.steps {
        let _ = writeln!(text, "{} {:<26} {}", mark(step.status), step.name, step.status.word());
    }
    let _ = write!(text, "\n{}", verdict(night));
    if night.exit() != 0 {
        let _ = write!(text, "\nto run it again: {}", again(night));
    }
    text
}

/// The command that does the same again.
#[must_use]
pub fn again(night: &Night) -> String {
    let mut command = format!("scripts/nightly --budget {} --seed {}", night.budget, night.seed);
    if let Some(only) = night.only {
        let _ = write!(command, " --only {}", format!("{only:?}").to_lowercase());
    }
    if night.faults_asked != "by turns" && !night.faults_asked.is_empty() {
        let _ = write!(command, " --faults {}", night.faults_asked);
    }
    if night.sanitizer {
        command.push_str(" --sanitizer");
    }
    command
}

/// The night as Markdown, for the summary of a CI job.
#[must_use]
pub fn markdown(night: &Night) -> String {
    let mut text = format!("# {}\n\n", inline(&verdict(night)));
    let _ = writeln!(
        text,
        "Revision `{}`, begun {}, seed {}, {} in all.\n",
        code(if night.revision.is_empty() { "none" } else { &night.revision }),
        night.started,
        night.seed,
        tables::time(night.seconds())
    );
    text.push_str("| step | | time | |\n|---|---|--:|---|\n");
    for step in &night.steps {
        let _ = writeln!(
            text,
            "| {} | {} {} | {} | {} |",
            inline(&step.name),
            mark(step.status),
            step.status.word(),
            tables::time(step.seconds),
            inline(&step.said)
        );
    }
    for found in &night.findings {
        let evidence = &found.evidence;
        let title = format!("{}: {}", evidence.operation, evidence.class);
        let _ = writeln!(text, "\n## {}\n", inline(&title));
        let _ = writeln!(text, "Found by {}, {} times.\n", found.by.join(", "), found.times);
        fenced(&mut text, "text", &evidence.report);
        if !evidence.test.is_empty() {
            fenced(&mut text, "rust", &evidence.test);
        }
    }
    table(&mut text, "Random sequences and fuzz targets", &tables::fuzzing(night));
    let coverage = Coverage::of(night, &Reached::new());
    if !coverage.is_empty() {
        let _ = writeln!(
            text,
            "\nBranches of the rules reached: {} of {}; pairs with operations: {}.",
            coverage.reached(),
            coverage.branches,
            coverage.pairs
        );
    }
    table(&mut text, "Planted faults", &tables::faults(night));
    table(&mut text, "Beside the last good revision", &tables::comparison(night));
    for (n, speed) in tables::speed(night) {
        table(&mut text, &format!("Speed beside peers, {n} entries, nanoseconds"), &speed);
    }
    table(&mut text, "Latency of one growth, nanoseconds", &tables::latency(night));
    text
}

fn table(text: &mut String, title: &str, table: &Table) {
    if table.is_empty() {
        return;
    }
    let row = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| inline(cell)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let _ = writeln!(text, "\n## {title}\n");
    text.push_str(&row(&table.head));
    let columns = table.head.len().saturating_sub(1);
    let _ = writeln!(text, "|---|{}", "--:|".repeat(columns));
    for cells in &table.rows {
        text.push_str(&row(cells));
    }
}

/// `words` in a line of Markdown, and nothing but words.
fn inline(words: &str) -> String {
    let mut out = String::new();
    for c in words.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '#' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

fn code(words: &str) -> String {
    words.chars().filter(|c| *c != '`').collect()
}

/// A block that `body` cannot end.
fn fenced(text: &mut String, language: &str, body: &str) {
    let longest = body.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let _ = writeln!(text, "{fence}{language}\n{}\n{fence}\n", body.trim_end());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::night::step::Step;
    use crate::night::triage::keep;
    use growstack_fuzz::evidence::Evidence;

    fn night(status: Status) -> Night {
        let mut steps = Night::steps_of(&[Step::Replay, Step::Compare]);
        steps[0].status = Status::Clean;
        steps[1].status = status;
        Night { steps, ..Night::default() }
    }

    #[test]
    fn the_verdict_is_one_sentence() {
        assert_eq!(verdict(&night(Status::Clean)), "All clean.");
        assert_eq!(verdict(&night(Status::Found)), "A benchmark got slower.");
        let could_not = verdict(&night(Status::CouldNotRun));
        assert_eq!(could_not, "Some of it could not run: beside last good revision.");
        let stopped = Night { interrupted: true, ..night(Status::Waiting) };
        assert_eq!(verdict(&stopped), "What ran was clean. The night was stopped before its end.");
    }

    #[test]
    fn hostile_text_stays_text() {
        let mut night = night(Status::Clean);
        night.steps[0].said = "a | b <script> `c`\nd".to_owned();
        let report = "```\n# not a title".to_owned();
        let evidence = Evidence {
            name: "n".into(),
            operation: "grow".into(),
            class: "panic: <img src=x>".into(),
            what: String::new(),
            operations: None,
            report,
            trace: None,
            input: None,
            test: String::new(),
            maps: Vec::new(),
        };
        keep(&mut night.findings, evidence, "growth", false);
        let text = markdown(&night);
        assert!(text.contains(r"a \| b &lt;script&gt; \`c\` d"), "{text}");
        assert!(text.contains("````text\n```\n# not a title\n````"), "{text}");
        assert!(!text.contains("<img"));
    }

    #[test]
    fn the_command_line_does_the_same_again() {
        let mut night = night(Status::Found);
        (night.budget, night.seed) = (600, 7);
        assert_eq!(again(&night), "scripts/nightly --budget 600 --seed 7");
        night.only = Some(crate::night::step::Only::Fuzz);
        night.faults_asked = "3/10".into();
        let again = again(&night);
        assert_eq!(again, "scripts/nightly --budget 600 --seed 7 --only fuzz --faults 3/10");
    }
}
