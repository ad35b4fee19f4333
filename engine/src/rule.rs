//! Numbers of rules.

use core::fmt;

/// A rule of the [rule book](crate::rules), such as 13.5.
///
/// ```
/// assert_eq!(growstack::Rule::new(13, 5).to_string(), "13.5");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rule {
    section: u8,
    number: u8,
    book: Book,
}

/// Which kernel has a rule.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Book {
    /// FreeBSD 9.3; and 14.2, if it says nothing else.
    Freebsd,
    /// FreeBSD 14.2.
    Changed,
    /// Linux.
    Linux,
}

impl Rule {
    /// Rule `number` of section `section`.
    #[must_use]
    pub const fn new(section: u8, number: u8) -> Self {
        Self { section, number, book: Book::Freebsd }
    }

    /// The rule of FreeBSD 14.2 that changes this one or is added to its section.
    ///
    /// ```
    /// assert_eq!(growstack::Rule::new(13, 5).changed().to_string(), "D13.5");
    /// ```
    #[must_use]
    pub const fn changed(self) -> Self {
        Self { book: Book::Changed, ..self }
    }

    /// Is it of FreeBSD 14.2?
    #[must_use]
    pub const fn is_changed(self) -> bool {
        matches!(self.book, Book::Changed)
    }

    /// The rule of Linux with this number. Those are numbered through all sections.
    ///
    /// ```
    /// assert_eq!(growstack::Rule::new(2, 12).of_linux().to_string(), "L12");
    /// ```
    #[must_use]
    pub const fn of_linux(self) -> Self {
        Self { book: Book::Linux, ..self }
    }

    /// Is it of Linux?
    #[must_use]
    pub const fn is_of_linux(self) -> bool {
        matches!(self.book, Book::Linux)
    }

    /// The section.
    #[must_use]
    pub const fn section(self) -> u8 {
        self.section
    }

    /// The number within the section.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.number
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { section, number, book } = self;
        match book {
            Book::Freebsd => write!(f, "{section}.{number}"),
            Book::Changed => write!(f, "D{section}.{number}"),
            Book::Linux => write!(f, "L{number}"),
        }
    }
}
debug_is_display!(Rule);
