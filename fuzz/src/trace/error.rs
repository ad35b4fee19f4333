//! What is wrong with a trace, and where.

use core::fmt;

use growstack::{Addr, KernReturn};

/// A trace that cannot be read: the first place where it breaks the format, and how.
///
/// Prints as `LINE:COLUMN: SENTENCE`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// How a trace breaks the format.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Problem {
    /// A byte that is no UTF-8.
    NotUtf8,
    /// A line that is longer than any that means something.
    LongLine {
        /// The most bytes of a line.
        limit: usize,
    },
    /// The line ends before this operand.
    Missing {
        /// The operand.
        what: &'static str,
    },
    /// The line goes on after its last operand.
    Surplus {
        /// The first word too many.
        found: Excerpt,
    },
    /// The trace ends inside its header.
    HeaderEnds {
        /// The word that the next header line starts with.
        wanted: &'static str,
    },
    /// A word that is none of those that may stand here.
    NotOneOf {
        /// The operand.
        what: &'static str,
        /// The words that may.
        choices: String,
        /// The word that does.
        found: Excerpt,
    },
    /// A word that is no number.
    NotANumber {
        /// The operand.
        what: &'static str,
        /// The word.
        found: Excerpt,
    },
    /// A number above the greatest that the operand holds.
    TooGreat {
        /// The operand.
        what: &'static str,
        /// The greatest number.
        limit: u64,
        /// The word.
        found: Excerpt,
    },
    /// A number of 0 where there must be something.
    Zero {
        /// The operand.
        what: &'static str,
    },
    /// Three characters of protection were wanted.
    NotAProtection {
        /// The operand.
        what: &'static str,
        /// The word.
        found: Excerpt,
    },
    /// A trace of another version of the format.
    Version {
        /// The version.
        found: Excerpt,
    },
    /// Pages of another size than 4096 bytes.
    PageSize {
        /// The size.
        found: u64,
    },
    /// A map that ends below its start.
    MapReversed {
        /// The lowest address.
        min: Addr,
        /// The first address past the map.
        max: Addr,
    },
    /// A range in a result that is empty or reversed.
    EmptyRange {
        /// Its start.
        start: Addr,
        /// Its end.
        end: Addr,
    },
    /// A growth flag in an operation that makes no stack.
    GrowthFlag,
    /// Two access patterns for one entry.
    TwoPatterns,
    /// Space to grow, in an entry that cannot grow.
    AvailWithoutGrowth,
    /// A result line that no operation goes before.
    NoOperation,
    /// A result line too many.
    ResultAgain,
    /// A result line after an operation that has none.
    Silent,
    /// A result line `=` after a dump, or `|` after another operation.
    WrongMark {
        /// The mark that the results of this operation have.
        wanted: &'static str,
    },
    /// A result of another operation's form.
    WrongResult {
        /// The form that it must have.
        wanted: &'static str,
        /// The word that does not fit.
        found: Excerpt,
    },
    /// A success without the address found.
    FoundNothing,
    /// A failure with an address.
    FailedAndFound {
        /// The failure.
        code: KernReturn,
    },
    /// A dump without its closing line.
    NoSummary,
}

/// The beginning of a word, as long as a person wants to read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Excerpt(String);

impl Excerpt {
    const LONGEST: usize = 40;

    pub(super) fn new(word: &str) -> Self {
        let mut excerpt: String = word.chars().take(Self::LONGEST).collect();
        if excerpt.len() < word.len() {
            excerpt.push_str("...");
        }
        Self(excerpt)
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.0.escape_debug())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("this is not UTF-8"),
            Self::LongLine { limit } => write!(f, "this line has more than {limit} bytes"),
            Self::Missing { what } => write!(f, "{what} is missing"),
            Self::Surplus { found } => write!(f, "nothing may follow here, but {found} does"),
            Self::HeaderEnds { wanted } => {
                write!(f, "the trace ends before the `{wanted}` line of its header")
            }
            Self::NotOneOf { what, choices, found } => {
                write!(f, "{what} must be one of {choices}; {found} is not")
            }
            Self::NotANumber { what, found } => write!(
                f,
                "{what} must be a number, decimal, hexadecimal with 0x, or inf; {found} is not"
            ),
            Self::TooGreat { what, limit, found } => {
                write!(f, "{what} must not be above {limit}; {found} is")
            }
            Self::Zero { what } => write!(f, "{what} must not be 0"),
            Self::NotAProtection { what, found } => {
                write!(f, "{what} must be rwx, with - for what is missing; {found} is not")
            }
            Self::Version { found } => {
                write!(f, "this program reads version 1 of the format, not {found}")
            }
            Self::PageSize { found } => write!(f, "pages are 4096 bytes, not {found}"),
            Self::MapReversed { min, max } => {
                write!(f, "the map ends at {max}, below its start at {min}")
            }
            Self::EmptyRange { start, end } => {
                write!(f, "an entry must not be empty, but {start} is not below {end}")
            }
            Self::GrowthFlag => f.write_str("grows_down and grows_up are only for `stack`"),
            Self::TwoPatterns => f.write_str("an entry is sequential or random, not both"),
            Self::AvailWithoutGrowth => {
                f.write_str("AVAIL must be 0 in an entry without a growth flag")
            }
            Self::NoOperation => f.write_str("no operation goes before this result"),
            Self::ResultAgain => f.write_str("the operation has its result already"),
            Self::Silent => f.write_str("the operation before this line has no result"),
            Self::WrongMark { wanted } => {
                write!(f, "the result of this operation must start with `{wanted}`")
            }
            Self::WrongResult { wanted, found } => {
                write!(f, "the result of this operation must be {wanted}, not {found}")
            }
            Self::FoundNothing => f.write_str("the address found is missing"),
            Self::FailedAndFound { code } => write!(f, "no address goes with {code}"),
            Self::NoSummary => f.write_str("the dump above lacks its closing `| size=` line"),
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.problem)
    }
}

impl std::error::Error for ParseError {}
