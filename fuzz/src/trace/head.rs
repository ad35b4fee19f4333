//! What the headers of all traces have in common.

use super::error::ParseError;
use super::field::number;
use super::words::{Word, Words};

/// Makes sure that a line begins with the word that is `wanted`.
pub(crate) fn begins(
    words: &Words<'_>,
    first: Word<'_>,
    wanted: &'static str,
) -> Result<(), ParseError> {
    if first.text == wanted {
        return Ok(());
    }
    let choices = &format!("`{wanted}`");
    Err(words.not_one_of(first, "the first word of this header line", choices))
}

/// Reads the version of the format.
pub(crate) fn version(words: &mut Words<'_>) -> Result<(), ParseError> {
    let word = words.need("the version")?;
    if word.text == "1" {
        return Ok(());
    }
    Err(words.error(word, format!("this program reads version 1 of the format, not {word}")))
}

/// The next word's value, which must be a number.
pub(crate) fn value<'a>(
    words: &mut Words<'a>,
    key: &'static str,
) -> Result<(Word<'a>, u64), ParseError> {
    let word = words.pair(key)?;
    Ok((word, number(words, word, key, u64::MAX)?))
}
