//! Operation lines, from the one table of operations.

use core::fmt;

use super::error::ParseError;
use super::field::{Field, Shown, choice, number, small};
use super::words::{Word, Words};
use crate::op::{Kind, LimitName, Op, with_operations};
use growstack::{Limits, Size};

/// The limits by name, in the order of the header, each with what `inf` means for it.
pub(super) const LIMITS: [(LimitName, &str, Size); 4] = [
    (LimitName::Stack, "stack", Limits::INFINITY),
    (LimitName::Vmem, "vmem", Limits::INFINITY),
    (LimitName::Memlock, "memlock", Limits::INFINITY),
    (LimitName::Swap, "swap", Size::MAX),
];

pub(super) const GROW_SIZE: &str = "sgrowsiz";
pub(super) const GUARD_PAGE: &str = "stack_guard_page";

/// Defines the reader and the writer of operation lines.
macro_rules! lines {
    ($(
        $(#[$doc:meta])* $variant:ident = $number:literal, $word:literal, $whole:literal,
        $growth:literal, $form:ident $({ $($field:ident: $type:ty = $role:ident $what:literal),* })?
    )* | $(
        $(#[$set_doc:meta])* $set:ident = $set_number:literal, $set_word:literal,
        $set_whole:literal, $set_growth:literal, $set_form:ident { $($set_fields:tt)* }
    )*) => {
        /// First words, those of settings last.
        const WORDS: &[&str] = &[$($word,)* "limit", "sysctl"];

        /// The operation that starts with `first`, which has been taken off `words`.
        pub(super) fn read(first: Word<'_>, words: &mut Words<'_>) -> Result<Op, ParseError> {
            if words.are_of_9() && first.text == Kind::StkGap.name() {
                return Err(words.newer(first));
            }
            match first.text {
                $($word => Ok(Op::$variant $({ $($field: Field::read(words, $what)?),* })?),)*
                "limit" => limit(words),
                "sysctl" => sysctl(words),
                _ => {
                    let old = |word: &&&str| {
                        !words.are_of_9() || **word != Kind::StkGap.name()
                    };
                    let choices: Vec<&str> = WORDS.iter().filter(old).copied().collect();
                    Err(words.not_one_of(first, "an operation", &choices.join(", ")))
                }
            }
        }

        impl fmt::Display for Op {
            /// The line of the operation, as programs print it.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant $({ $($field),* })? => {
                        f.write_str($word)?;
                        $($(write!(f, " {}", Shown($field))?;)*)?
                        Ok(())
                    })*
                    Self::Limit { name, value } => {
                        f.write_str("limit ")?;
                        write_limit(f, *name, *value)
                    }
                    Self::SetGrowSize { value } => write!(f, "sysctl {GROW_SIZE}={value}"),
                    Self::SetGuardPage { on } => write!(f, "sysctl {GUARD_PAGE}={}", u8::from(*on)),
                    Self::SetGuardPages { pages } => write!(f, "sysctl {GUARD_PAGE}={pages}"),
                }
            }
        }
    };
}

with_operations!(lines);

/// `NAME=VALUE` with a name from `table`.
fn setting<'a, T: Copy>(
    words: &mut Words<'a>,
    what: &'static str,
    table: &[(T, &str)],
) -> Result<(T, Word<'a>), ParseError> {
    let word = words.need(what)?;
    match word.split_at_equals() {
        Some((name, value)) => Ok((choice(words, name, what, table)?, value)),
        None => Err(words.not_one_of(word, what, "NAME=VALUE")),
    }
}

fn limit(words: &mut Words<'_>) -> Result<Op, ParseError> {
    let table = LIMITS.map(|(name, text, infinity)| ((name, infinity), text));
    let ((name, infinity), value) = setting(words, "the limit", &table)?;
    let value = number(words, value, "the limit", infinity.get())?;
    Ok(Op::Limit { name, value: Size::new(value) })
}

/// `NAME=VALUE` of a limit.
pub(super) fn write_limit(
    f: &mut fmt::Formatter<'_>,
    limit: LimitName,
    value: Size,
) -> fmt::Result {
    for (name, text, infinity) in LIMITS {
        if name == limit {
            write!(f, "{text}=")?;
            return if value == infinity { f.write_str("inf") } else { write!(f, "{value}") };
        }
    }
    Ok(())
}

fn sysctl(words: &mut Words<'_>) -> Result<Op, ParseError> {
    let (is_step, value) = setting(words, "the sysctl", &[(true, GROW_SIZE), (false, GUARD_PAGE)])?;
    if is_step {
        let value = number(words, value, GROW_SIZE, u64::MAX)?;
        Ok(Op::SetGrowSize { value: Size::new(value) })
    } else if !words.are_of_9() {
        Ok(Op::SetGuardPages { pages: number(words, value, GUARD_PAGE, u64::MAX)? })
    } else {
        Ok(Op::SetGuardPage { on: guard_page(words, value)? })
    }
}

/// The value of the guard page switch, 0 or 1.
pub(super) fn guard_page(words: &Words<'_>, word: Word<'_>) -> Result<bool, ParseError> {
    Ok(small::<u8>(words, word, GUARD_PAGE, 1)? != 0)
}
