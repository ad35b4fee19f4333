//! Operation lines: one table gives both the reader and the writer.

use core::fmt;

use super::error::ParseError;
use super::field::{Field, Shown, choice, number, small};
use super::words::{Word, Words};
use crate::op::{LimitName, Op};
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

/// Words that are operations without being in the table below, for error messages.
const SETTINGS: [&str; 2] = ["limit", "sysctl"];

/// `$text $field...`: the operation's word, then its operands in the order of the line.
macro_rules! operations {
    ($($text:literal => $variant:ident { $($field:ident $name:literal),* })*) => {
        const WORDS: &[&str] = &[$($text),*];

        /// The operation that starts with `first`, which has been taken off `words`.
        pub(super) fn read(first: Word<'_>, words: &mut Words<'_>) -> Result<Op, ParseError> {
            match first.text {
                $($text => Ok(Op::$variant { $($field: Field::read(words, $name)?),* }),)*
                "limit" => limit(words),
                "sysctl" => sysctl(words),
                _ => {
                    let choices = [WORDS, &SETTINGS].concat().join(", ");
                    Err(words.not_one_of(first, "an operation", choices))
                }
            }
        }

        impl fmt::Display for Op {
            /// The line of the operation, as programs print it.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant { $($field),* } => {
                        f.write_str($text)?;
                        $(write!(f, " {}", Shown($field))?;)*
                        Ok(())
                    })*
                    Self::Limit { name, value } => {
                        f.write_str("limit ")?;
                        write_limit(f, *name, *value)
                    }
                    Self::SetGrowSize { value } => write!(f, "sysctl {GROW_SIZE}={value}"),
                    Self::SetGuardPage { on } => write!(f, "sysctl {GUARD_PAGE}={}", u8::from(*on)),
                }
            }
        }
    };
}

operations! {
    "insert" => Insert { start "START", end "END", mapping "PROT" }
    "stack" => Stack { addrbos "ADDRBOS", max_ssize "MAX_SSIZE", prot "PROT", max "MAX", flags "FLAGS" }
    "grow" => Grow { addr "ADDR" }
    "findspace" => FindSpace { start "START", length "LENGTH" }
    "find" => Find {
        start "START", length "LENGTH", max_addr "MAX_ADDR", space "SPACE", mapping "PROT"
    }
    "fixed" => Fixed { start "START", length "LENGTH", mapping "PROT" }
    "remove" => Remove { start "START", end "END" }
    "protect" => Protect { start "START", end "END", prot "PROT", what "cur or max" }
    "inherit" => Inherit { start "START", end "END", inherit "the inheritance" }
    "madvise" => Madvise { start "START", end "END", advice "the advice" }
    "wire" => Wire { start "START", end "END", wiring "user or system", holes "holes or noholes" }
    "unwire" => Unwire { start "START", end "END", wiring "user or system", holes "holes or noholes" }
    "check" => Check { start "START", end "END", prot "PROT" }
    "lookup" => Lookup { addr "ADDR" }
    "wirefuture" => WireFuture { on "on or off" }
    "dump" => Dump {}
}

/// `NAME=VALUE` with a name from `table`.
fn setting<'a, T: Copy>(
    words: &mut Words<'a>,
    what: &'static str,
    table: &[(T, &str)],
) -> Result<(T, Word<'a>), ParseError> {
    let word = words.need(what)?;
    match word.split_at_equals() {
        Some((name, value)) => Ok((choice(words, name, what, table)?, value)),
        None => Err(words.not_one_of(word, what, "NAME=VALUE".into())),
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
    } else {
        Ok(Op::SetGuardPage { on: guard_page(words, value)? })
    }
}

/// The value of the guard page switch, 0 or 1.
pub(super) fn guard_page(words: &Words<'_>, word: Word<'_>) -> Result<bool, ParseError> {
    Ok(small::<u8>(words, word, GUARD_PAGE, 1)? != 0)
}
