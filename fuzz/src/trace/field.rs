//! Operands: how each kind of value is spelled in a trace, read and written side by side.

use core::fmt;
use core::num::IntErrorKind;

use growstack::{
    Addr, Advice, FindSpace, Holes, Inherit, MapFlags, Prot, ProtectPart, ProtectWhat, Size, Wiring,
};

use super::error::ParseError;
use super::words::{Word, Words};
use crate::op::{Mapping, ObjectId, ProcessId};

/// A value that stands on a line of a trace as one word or several.
pub(super) trait Field: Sized {
    /// Reads it; `what` is its name in the format.
    fn read(words: &mut Words<'_>, what: &'static str) -> Result<Self, ParseError>;

    /// Writes it in the way that programs print it.
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

/// Adapts [`Field::write`] to format strings.
pub(super) struct Shown<'a, F>(pub(super) &'a F);

impl<F: Field> fmt::Display for Shown<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(f)
    }
}

/// A number, where `inf` means `infinity`.
pub(crate) fn number(
    words: &Words<'_>,
    word: Word<'_>,
    what: &'static str,
    infinity: u64,
) -> Result<u64, ParseError> {
    if word.text == "inf" {
        return Ok(infinity);
    }
    let (digits, radix) = match word.text.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (word.text, 10),
    };
    let not_a_number = || {
        let form = "a number, decimal, hexadecimal with 0x, or inf";
        words.error(word, format!("{what} must be {form}; {word} is not"))
    };
    // The library would let a sign pass.
    if !digits.starts_with(|c: char| c.is_digit(radix)) {
        return Err(not_a_number());
    }
    u64::from_str_radix(digits, radix).map_err(|error| match error.kind() {
        IntErrorKind::PosOverflow => too_great(words, word, what, u64::MAX),
        _ => not_a_number(),
    })
}

fn too_great(words: &Words<'_>, word: Word<'_>, what: &'static str, limit: u64) -> ParseError {
    words.error(word, format!("{what} must not be above {limit}; {word} is"))
}

/// A number that a smaller type holds.
pub(super) fn small<T: TryFrom<u64>>(
    words: &Words<'_>,
    word: Word<'_>,
    what: &'static str,
    limit: u64,
) -> Result<T, ParseError> {
    let value = number(words, word, what, u64::MAX)?;
    let fitting = T::try_from(value).ok().filter(|_| value <= limit);
    fitting.ok_or_else(|| too_great(words, word, what, limit))
}

/// One of the words of `table`.
pub(super) fn choice<T: Copy>(
    words: &Words<'_>,
    word: Word<'_>,
    what: &'static str,
    table: &[(T, &str)],
) -> Result<T, ParseError> {
    match table.iter().find(|(_, text)| *text == word.text) {
        Some((value, _)) => Ok(*value),
        None => {
            let choices: Vec<&str> = table.iter().map(|(_, text)| *text).collect();
            Err(words.not_one_of(word, what, &choices.join(", ")))
        }
    }
}

/// One of the words of `table`, some of which are `newer` than FreeBSD 9.3.
pub(super) fn choice_of<T: Copy>(
    words: &Words<'_>,
    word: Word<'_>,
    what: &'static str,
    table: &[(T, &str)],
    newer: fn(T) -> bool,
) -> Result<T, ParseError> {
    if !words.are_of_9() {
        return choice(words, word, what, table);
    }
    if table.iter().any(|(value, text)| *text == word.text && newer(*value)) {
        return Err(words.newer(word));
    }
    let old: Vec<(T, &str)> = table.iter().copied().filter(|(value, _)| !newer(*value)).collect();
    choice(words, word, what, &old)
}

/// The members of a comma-separated list; none for `-`.
pub(super) fn list<'a>(word: Word<'a>) -> impl Iterator<Item = Word<'a>> {
    word.split_at_commas().filter(move |_| word.text != "-")
}

macro_rules! numbers {
    ($($name:ty: $new:expr;)*) => {$(
        impl Field for $name {
            fn read(words: &mut Words<'_>, what: &'static str) -> Result<Self, ParseError> {
                let word = words.need(what)?;
                Ok($new(number(words, word, what, u64::MAX)?))
            }
            fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self:#x}")
            }
        }
    )*};
}

// A bare `u64` operand is an offset.
numbers! {
    Addr: Addr::new;
    Size: Size::new;
    u64: u64::from;
}

macro_rules! enums {
    ($($name:ident),*) => {$(
        impl Field for $name {
            fn read(words: &mut Words<'_>, what: &'static str) -> Result<Self, ParseError> {
                let word = words.need(what)?;
                word.text.parse().map_err(|_| {
                    let choices: Vec<&str> = Self::ALL.iter().map(|v| v.word()).collect();
                    words.not_one_of(word, what, &choices.join(", "))
                })
            }
            fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }
    )*};
}

enums!(Advice, FindSpace, Holes, Wiring);

impl Field for Inherit {
    fn read(words: &mut Words<'_>, what: &'static str) -> Result<Self, ParseError> {
        let word = words.need(what)?;
        let table: Vec<(Self, &str)> = Self::ALL.iter().map(|one| (*one, one.word())).collect();
        choice_of(words, word, what, &table, |inherit| inherit == Self::Zero)
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Field for ProtectWhat {
    /// `cur`, `max` or `both=MAX`, and `,growsdown` behind it.
    fn read(words: &mut Words<'_>, what: &'static str) -> Result<Self, ParseError> {
        let word = words.need(what)?;
        let stretched = word.strip_suffix(",growsdown");
        let part = stretched.unwrap_or(word);
        let both = part.split_at_equals().filter(|(key, _)| key.text == "both");
        if words.are_of_9() && (stretched.is_some() || both.is_some()) {
            return Err(words.newer(word));
        }
        let part = match both {
            Some((_, max)) => ProtectPart::Both(protection(words, max, "MAX")?),
            None => {
                let table = [(ProtectPart::Current, "cur"), (ProtectPart::Max, "max")];
                choice(words, part, what, &table)?
            }
        };
        Ok(if stretched.is_some() { Self::GrowsDown(part) } else { part.into() })
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Field for bool {
    fn read(words: &mut Words<'_>, what: &'static str) -> Result<Self, ParseError> {
        let word = words.need(what)?;
        choice(words, word, what, &[(true, "on"), (false, "off")])
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self { "on" } else { "off" })
    }
}

/// `rwx` with `-` for what is missing.
pub(crate) fn protection(
    words: &Words<'_>,
    word: Word<'_>,
    what: &'static str,
) -> Result<Prot, ParseError> {
    let wrong = || {
        let form = "rwx, with - for what is missing";
        words.error(word, format!("{what} must be {form}; {word} is not"))
    };
    if word.text.len() != Prot::NAMES.len() || !word.text.is_ascii() {
        return Err(wrong());
    }
    let mut prot = Prot::NONE;
    for ((flag, letter), found) in Prot::NAMES.iter().zip(word.text.chars()) {
        match found {
            '-' => {}
            _ if letter.starts_with(found) => prot |= *flag,
            _ => return Err(wrong()),
        }
    }
    Ok(prot)
}

impl Field for Prot {
    fn read(words: &mut Words<'_>, what: &'static str) -> Result<Self, ParseError> {
        let word = words.need(what)?;
        protection(words, word, what)
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Field for MapFlags {
    fn read(words: &mut Words<'_>, what: &'static str) -> Result<Self, ParseError> {
        let word = words.need(what)?;
        let newer = |flag| Self::FREEBSD_14.contains(flag);
        list(word).try_fold(Self::NONE, |flags, part| {
            Ok(flags | choice_of(words, part, what, Self::NAMES, newer)?)
        })
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Field for Option<ObjectId> {
    fn read(words: &mut Words<'_>, what: &'static str) -> Result<Self, ParseError> {
        let word = words.need(what)?;
        if word.text == "-" {
            return Ok(None);
        }
        let id = number(words, word, what, u64::MAX)?;
        ObjectId::new(id)
            .map(Some)
            .ok_or_else(|| words.error(word, format!("{what} must not be 0")))
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            None => f.write_str("-"),
            Some(id) => write!(f, "{}", id.0),
        }
    }
}

impl Field for ProcessId {
    fn read(words: &mut Words<'_>, what: &'static str) -> Result<Self, ParseError> {
        let word = words.need(what)?;
        number(words, word, what, u64::MAX).map(Self)
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Field for Mapping {
    /// Five operands, each with a name of its own.
    fn read(words: &mut Words<'_>, _: &'static str) -> Result<Self, ParseError> {
        let (prot, max) = (Field::read(words, "PROT")?, Field::read(words, "MAX")?);
        let word = words.clone().need("FLAGS")?;
        let flags = MapFlags::read(words, "FLAGS")?;
        // In 14.2 find and fixed make stacks, too (D7.8).
        if flags.intersects(MapFlags::GROWTH) && words.are_of_9() {
            return Err(words.error(word, "grows_down and grows_up are only for `stack`"));
        }
        let (object, offset) = (Field::read(words, "OBJ")?, Field::read(words, "OFF")?);
        Ok(Self { prot, max, flags, object, offset })
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { prot, max, flags, object, offset } = self;
        write!(f, "{prot} {max} {flags} {} {}", Shown(object), Shown(offset))
    }
}
