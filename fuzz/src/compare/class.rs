//! What kind of difference it is, whatever the numbers: two findings of one kind at one kind of
//! operation are most likely one fault.

use crate::answer::{Answer, Row, Summary};

use super::Divergence;

impl Divergence {
    /// In what the two sides differ, without addresses and counts.
    ///
    /// ```
    /// use growstack_fuzz::compare::Divergence;
    /// let of = |words: &str| Divergence::Broken { invariant: words.to_owned() }.class();
    /// assert_eq!(of("leaf 7 has 3 entries"), of("leaf 12 has 1 entries"));
    /// ```
    #[must_use]
    pub fn class(&self) -> String {
        match self {
            Self::Answer { left, right } => {
                format!("answer: {} or {}", answer(left), answer(right))
            }
            Self::Cause { left, right } => {
                format!("cause: {} or {}", name(&format!("{left:?}")), name(&format!("{right:?}")))
            }
            Self::Changes { .. } => "changes".to_owned(),
            Self::Entries { left, right, .. } => format!("entries: {}", field(left, right)),
            Self::Summary { left, right } => format!("counters: {}", counter(left, right)),
            Self::Broken { invariant } => format!("broken: {}", without_numbers(invariant)),
            Self::Failed { reason } => format!("no answer: {}", without_numbers(reason)),
            Self::Late { .. } => "too late".to_owned(),
            Self::Panic { message } => format!("panic: {}", without_numbers(message)),
        }
    }
}

fn answer(answer: &Answer) -> String {
    match answer {
        Answer::Code(code) => code.name().to_owned(),
        other => name(&format!("{other:?}")),
    }
}

/// The variants that a value's debug text names, without what they hold.
fn name(debug: &str) -> String {
    let end = debug.find([' ', '{']).unwrap_or(debug.len());
    debug[..end].trim_end_matches(['(', ')']).replace('(', " ").trim().to_owned()
}

/// The first field in which two entries differ.
fn field(left: &Option<Row>, right: &Option<Row>) -> &'static str {
    let (Some(left), Some(right)) = (left, right) else { return "one too few" };
    let same = [
        ("start", left.range.start() == right.range.start()),
        ("end", left.range.end() == right.range.end()),
        ("prot", left.prot == right.prot),
        ("max", left.max == right.max),
        ("inherit", left.inherit == right.inherit),
        ("access", left.access == right.access),
        ("wired", left.wired == right.wired),
        ("flags", left.flags == right.flags),
        ("object", left.object == right.object),
        ("offset", left.offset == right.offset),
    ];
    same.into_iter().find(|(_, same)| !same).map_or("avail", |(name, _)| name)
}

fn counter(left: &Summary, right: &Summary) -> &'static str {
    let same = [
        ("size", left.size == right.size),
        ("entries", left.entries == right.entries),
        ("ssize", left.ssize == right.ssize),
        ("reserved", left.reserved == right.reserved),
    ];
    same.into_iter().find(|(_, same)| !same).map_or("wired", |(name, _)| name)
}

/// `words` with `#` for each number, and cut to a line that can be read.
pub(crate) fn without_numbers(words: &str) -> String {
    const LONGEST: usize = 120;
    let line = words.lines().next().unwrap_or_default();
    let mut plain: Vec<String> = Vec::new();
    for word in line.split(' ') {
        let digits = word.chars().any(|c| c.is_ascii_digit());
        plain.push(if digits { "#".to_owned() } else { word.to_owned() });
    }
    plain.join(" ").chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use growstack::{KernReturn, Refusal, Size};

    use super::*;
    use crate::answer::Cause;

    #[test]
    fn numbers_do_not_matter() {
        let cause = |asked: u64| Divergence::Cause {
            left: Cause::Done,
            right: Cause::Refused(Refusal::Avail { need: Size::new(asked), avail: Size::new(1) }),
        };
        assert_eq!(cause(5).class(), cause(7).class());
        assert_eq!(cause(5).class(), "cause: Done or Refused Avail");
    }

    #[test]
    fn codes_do() {
        let of = |code| Divergence::Answer { left: Answer::Silent, right: Answer::Code(code) };
        assert_ne!(of(KernReturn::NoSpace).class(), of(KernReturn::Success).class());
    }

    #[test]
    fn the_field_is_named() {
        let left = Summary { ssize: 1, ..Summary::default() };
        let divergence = Divergence::Summary { left, right: Summary::default() };
        assert_eq!(divergence.class(), "counters: ssize");
        let divergence = Divergence::Entries { index: 3, left: None, right: None };
        assert_eq!(divergence.class(), "entries: one too few");
    }
}
