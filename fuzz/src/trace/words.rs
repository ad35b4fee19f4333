//! A line of a trace, word by word.

use core::fmt;

use super::error::ParseError;
use crate::kernel::Kernel;

/// A word and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Word<'a> {
    pub(crate) text: &'a str,
    /// Byte offset in the line.
    offset: usize,
}

/// What is left of a line.
#[derive(Clone)]
pub(crate) struct Words<'a> {
    line: usize,
    /// Whose words they may be.
    kernel: Kernel,
    text: &'a str,
    at: usize,
}

impl fmt::Display for Word<'_> {
    /// The word in quotes, as long as a person wants to read it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 40;
        let start: String = self.text.chars().take(LONGEST).collect();
        let more = if start.len() < self.text.len() { "..." } else { "" };
        write!(f, "`{}{more}`", start.escape_debug())
    }
}

impl<'a> Words<'a> {
    /// The words of line number `line`, which has no line break in it, in a trace of FreeBSD 9.3.
    pub(crate) fn new(line: usize, text: &'a str) -> Self {
        Self { line, kernel: Kernel::default(), text, at: 0 }
    }

    /// The same in a trace of `kernel`.
    pub(crate) fn of(self, kernel: Kernel) -> Self {
        Self { kernel, ..self }
    }

    /// Does the trace lack what FreeBSD 14.2 has and 9.3 has not?
    pub(crate) fn are_of_9(&self) -> bool {
        self.kernel == Kernel::Freebsd9
    }

    /// The number of the line.
    pub(crate) fn line(&self) -> usize {
        self.line
    }

    /// Steps over white space.
    fn skip(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let trimmed = rest.trim_ascii_start();
        self.at += rest.len() - trimmed.len();
        trimmed
    }

    /// The next word, if a comment or the end of the line does not come first.
    pub(crate) fn next(&mut self) -> Option<Word<'a>> {
        let rest = self.skip();
        if rest.is_empty() || rest.starts_with('#') {
            return None;
        }
        let length = rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len());
        let word = Word { text: &rest[..length], offset: self.at };
        self.at += length;
        Some(word)
    }

    /// The next word, which must be there.
    pub(crate) fn need(&mut self, what: &'static str) -> Result<Word<'a>, ParseError> {
        self.next().ok_or_else(|| self.error_here(format!("{what} is missing")))
    }

    /// The value of the next word, which must be `key=value`.
    pub(crate) fn pair(&mut self, key: &'static str) -> Result<Word<'a>, ParseError> {
        let word = self.need(key)?;
        match word.split_at_equals() {
            Some((found, value)) if found.text == key => Ok(value),
            _ => Err(self.not_one_of(word, "the next word", &format!("`{key}=`"))),
        }
    }

    /// The comment that the line ends with, `#` included, without trailing white space.
    pub(crate) fn comment(&mut self) -> Option<&'a str> {
        let rest = self.skip();
        rest.starts_with('#').then(|| rest.trim_ascii_end())
    }

    /// Makes sure that no word is left.
    pub(crate) fn finish(&mut self) -> Result<(), ParseError> {
        match self.next() {
            None => Ok(()),
            Some(word) => {
                Err(self.error(word, format!("nothing may follow here, but {word} does")))
            }
        }
    }

    /// An error at `word`.
    pub(crate) fn error(&self, word: Word<'_>, problem: impl Into<String>) -> ParseError {
        self.error_at(word.offset, problem)
    }

    /// An error where the next word was to start.
    pub(crate) fn error_here(&self, problem: impl Into<String>) -> ParseError {
        self.error_at(self.at, problem)
    }

    /// The error for a `word` that is none of `choices`.
    pub(crate) fn not_one_of(
        &self,
        word: Word<'_>,
        what: &'static str,
        choices: &str,
    ) -> ParseError {
        self.error(word, format!("{what} must be one of {choices}; {word} is not"))
    }

    /// The error for a `word` of FreeBSD 14.2 in a trace of 9.3.
    pub(crate) fn newer(&self, word: Word<'_>) -> ParseError {
        let newer = Kernel::Freebsd14;
        let problem = format!("{word} is of {newer}, and the header has no `kernel={newer}`");
        self.error(word, problem)
    }

    /// The line up to the last word that was taken, and what follows it.
    pub(crate) fn split(&self) -> (&'a str, &'a str) {
        self.text.split_at(self.text[..self.at].trim_ascii_end().len())
    }

    fn error_at(&self, offset: usize, problem: impl Into<String>) -> ParseError {
        let column = self.text[..offset].chars().count() + 1;
        ParseError { line: self.line, column, problem: problem.into() }
    }
}

impl<'a> Word<'a> {
    /// Key and value of `key=value`; only the first `=` counts.
    pub(crate) fn split_at_equals(self) -> Option<(Self, Self)> {
        let (key, value) = self.text.split_once('=')?;
        let offset = self.offset + key.len() + 1;
        Some((Self { text: key, ..self }, Self { text: value, offset }))
    }

    /// The word without `suffix`, if it ends with that.
    pub(crate) fn strip_suffix(self, suffix: &str) -> Option<Self> {
        self.text.strip_suffix(suffix).map(|text| Self { text, ..self })
    }

    /// The parts between commas.
    pub(crate) fn split_at_commas(self) -> impl Iterator<Item = Self> {
        let mut offset = self.offset;
        self.text.split(',').map(move |text| {
            let part = Word { text, offset };
            offset += text.len() + 1;
            part
        })
    }
}
