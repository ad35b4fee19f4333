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
    changed: bool,
}

impl Rule {
    /// Rule `number` of section `section`.
    #[must_use]
    pub const fn new(section: u8, number: u8) -> Self {
        Self { section, number, changed: false }
    }

    /// The rule of FreeBSD 14.2 that changes this one or is added to its section.
    ///
    /// ```
    /// assert_eq!(growstack::Rule::new(13, 5).changed().to_string(), "D13.5");
    /// ```
    #[must_use]
    pub const fn changed(self) -> Self {
        Self { changed: true, ..self }
    }

    /// Is it of FreeBSD 14.2?
    #[must_use]
    pub const fn is_changed(self) -> bool {
        self.changed
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
        let mark = if self.changed { "D" } else { "" };
        write!(f, "{mark}{}.{}", self.section, self.number)
    }
}
debug_is_display!(Rule);
