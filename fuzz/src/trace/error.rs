//! What is wrong with a trace, and where.

use core::fmt;

/// A trace that cannot be read: the first place where it breaks the format, and how.
///
/// Prints as `LINE:COLUMN: SENTENCE`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What is wrong there, in a sentence.
    pub problem: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.problem)
    }
}

impl std::error::Error for ParseError {}
