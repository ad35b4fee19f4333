//! Words for sets of flags.

use std::fmt;

use bitflags::Flags;
use growstack::UnknownWord;

/// Writes the names of the flags of a set, in the order of their definition, with `between` between
/// them; `-` for the empty set.
pub(super) fn write_flags<F: Flags>(
    set: &F,
    between: &str,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    if set.is_empty() {
        return f.write_str("-");
    }
    for (index, (name, _)) in set.iter_names().enumerate() {
        let between = if index == 0 { "" } else { between };
        write!(f, "{between}{}", name.to_ascii_lowercase())?;
    }
    Ok(())
}

/// The flag of this name.
pub(super) fn flag<F: Flags + Copy>(word: &str) -> Option<F> {
    let same = |name: &str| !name.is_empty() && name.to_ascii_lowercase() == word;
    F::FLAGS.iter().find(|flag| same(flag.name())).map(|flag| *flag.value())
}

/// The set that a list of names with commas between them stands for.
pub(super) fn flags<F: Flags + Copy>(list: &str) -> Result<F, UnknownWord> {
    let mut set = F::empty();
    if list != "-" {
        for word in list.split(',') {
            set.insert(flag(word).ok_or(UnknownWord)?);
        }
    }
    Ok(set)
}

/// Gives sets of flags their words: `Display` and `FromStr`, with commas.
macro_rules! comma_words {
    ($($set:ty),*) => {$(
        impl std::fmt::Display for $set {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::linux::words::write_flags(self, ",", f)
            }
        }

        impl std::str::FromStr for $set {
            type Err = growstack::UnknownWord;

            fn from_str(list: &str) -> Result<Self, growstack::UnknownWord> {
                $crate::linux::words::flags(list)
            }
        }
    )*};
}

/// Defines an enumeration of words with numbers.
macro_rules! numbered_words {
    (
        $(#[$outer:meta])*
        pub enum $name:ident: $number:ty {
            $($(#[$inner:meta])* $variant:ident = $value:literal, $word:literal;)*
        }
    ) => {
        $(#[$outer])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[repr($number)]
        pub enum $name {
            $($(#[$inner])* $variant = $value,)*
        }

        impl $name {
            /// Every one, in the order of the numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The number that the kernel knows it by.
            #[must_use]
            pub const fn number(self) -> $number {
                self as $number
            }

            /// The one that the kernel knows by this number.
            #[must_use]
            pub const fn from_number(number: $number) -> Option<Self> {
                match number {
                    $($value => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The word for it in traces.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }

        impl std::str::FromStr for $name {
            type Err = growstack::UnknownWord;

            fn from_str(word: &str) -> Result<Self, growstack::UnknownWord> {
                let known = Self::ALL.iter().copied().find(|known| known.word() == word);
                known.ok_or(growstack::UnknownWord)
            }
        }
    };
}

pub(super) use {comma_words, numbered_words};
