//! What Linux answers.

use std::fmt;
use std::str::FromStr;

use growstack::UnknownWord;

use super::words::numbered_words;

/// The answer to one operation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LinuxAnswer {
    /// A system call returned this.
    Value(u64),
    /// A system call failed with this.
    Failed(Errno),
    /// A load or a store was done.
    Done,
    /// A load or a store ended in `SIGSEGV`.
    Segv(SegvCode),
    /// The map does not have this operation, or not with these operands. It has changed nothing, and the
    /// operation counts as never asked for.
    Unsupported,
}

impl LinuxAnswer {
    /// What a system call returns that has nothing to say.
    pub const ZERO: Self = Self::Value(0);
}

impl fmt::Display for LinuxAnswer {
    /// As traces have it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(f, "{value:#x}"),
            Self::Failed(errno) => errno.fmt(f),
            Self::Done => f.write_str("ok"),
            Self::Segv(code) => code.fmt(f),
            Self::Unsupported => f.write_str("UNSUPPORTED"),
        }
    }
}

numbered_words! {
    /// Why a `SIGSEGV` came: its `si_code`.
    pub enum SegvCode: i32 {
        /// `SEGV_MAPERR`: nothing is mapped there, or a guard page.
        MapErr = 1, "SEGV_MAPERR";
        /// `SEGV_ACCERR`: the protection forbids it.
        AccErr = 2, "SEGV_ACCERR";
        /// `SEGV_PKUERR`: the protection key forbids it.
        PkuErr = 4, "SEGV_PKUERR";
    }
}

/// An error of a system call, by the kernel's number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(transparent)]
pub struct Errno(pub u16);

/// Defines constants of errors, and their names.
macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident = $number:literal;)*) => {
        impl Errno {
            $($(#[$doc])* pub const $name: Self = Self($number);)*

            /// Those that have a name here.
            pub const NAMES: &'static [(Self, &'static str)] =
                &[$((Self::$name, stringify!($name))),*];
        }
    };
}

errors! {
    /// No permission.
    EPERM = 1;
    /// Input or output failed.
    EIO = 5;
    /// Try again: a limit on locked memory.
    EAGAIN = 11;
    /// No memory, a limit, or nothing is mapped there.
    ENOMEM = 12;
    /// Permission denied.
    EACCES = 13;
    /// No such address.
    EFAULT = 14;
    /// Something is there.
    EEXIST = 17;
    /// No such argument.
    EINVAL = 22;
    /// No such system call.
    ENOSYS = 38;
}

impl fmt::Display for Errno {
    /// Its name, or else its number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::NAMES.iter().find(|(errno, _)| errno == self) {
            Some((_, name)) => f.pad(name),
            None => write!(f, "E{}", self.0),
        }
    }
}

impl FromStr for Errno {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        if let Some((errno, _)) = Self::NAMES.iter().find(|(_, name)| *name == word) {
            return Ok(*errno);
        }
        let digits = word
            .strip_prefix('E')
            .filter(|digits| digits.starts_with(|c: char| c.is_ascii_digit()));
        digits.and_then(|digits| digits.parse().ok()).map(Self).ok_or(UnknownWord)
    }
}
