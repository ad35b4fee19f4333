//! Results as text.

use std::fmt::Write as _;

use super::results::{AtSize, Quantiles};
use super::subject::{Kind, TOUCHES};

/// A table for one number of other mappings; nanoseconds.
#[must_use]
pub fn table(size: &AtSize) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write!(text, "{} other mappings: {} in the kernel", size.others, size.mappings);
    if let Some(entries) = size.entries {
        let most = u64::try_from(entries).map_or(u64::MAX, |entries| entries + TOUCHES);
        let _ = write!(text, ", {entries} to {most} in the engine");
    }
    let _ = write!(text, "\n{:<26}{:>9}", "fault, ns", "samples");
    for name in ["p50", "p90", "p99", "p99.9", "p99.99", "max"] {
        let _ = write!(text, "{name:>9}");
    }
    text.push('\n');
    for kind in Kind::ALL {
        if let Some(row) = size.row(kind) {
            line(&mut text, &kind.to_string(), Some(&row.whole));
            line(&mut text, "  the engine", row.engine.as_ref());
            line(&mut text, "  the engine, in ticks", row.engine_ticks.as_ref());
            line(&mut text, "  the commit", row.commit.as_ref());
            if row.dropped > 0 {
                let _ = writeln!(text, "  {} samples dropped: the core changed", row.dropped);
            }
        }
    }
    for missing in &size.missing {
        let _ = writeln!(text, "{:<26}not permitted: {}", missing.kind, missing.why);
    }
    text
}

fn line(text: &mut String, name: &str, quantiles: Option<&Quantiles>) {
    let Some(one) = quantiles else { return };
    let _ = write!(text, "{name:<26}{:>9}", one.samples);
    // A quantile with fewer than ten samples above it is not worth a number.
    let columns = [
        (one.p50, 20),
        (one.p90, 100),
        (one.p99, 1000),
        (one.p999, 10_000),
        (one.p9999, 100_000),
        (one.max, 1),
    ];
    for (ns, fewest) in columns {
        let _ = match one.samples {
            samples if samples < fewest => write!(text, "{:>9}", "-"),
            _ => write!(text, "{ns:>9.0}"),
        };
    }
    text.push('\n');
}
