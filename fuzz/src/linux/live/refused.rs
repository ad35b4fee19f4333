//! Why a machine has no live run.

use std::fmt;

use crate::linux::runner::Broken;

/// Why a live run can't be here, in words for whom it is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refused {
    /// It does not run Linux on x86-64.
    Platform,
    /// `vm.overcommit_memory` is 2: what growth charges for good (L25) would be missing to all others.
    Overcommit,
    /// Transparent huge pages are for all: a load then makes a page that counts as written (L52).
    HugePages,
    /// The release of the kernel does not begin with a version.
    Release(String),
    /// A file that can't be read, or has not what it should, and why.
    File(String, String),
    /// The child could not be started, or ended on the way.
    Child(Broken),
    /// The kernel did not do what Linux does: what was tried, and what it answered.
    NotLinux(&'static str, String),
}

impl Refused {
    pub(super) fn file(path: &str, problem: &str) -> Self {
        Self::File(path.to_owned(), problem.to_owned())
    }
}

impl From<Broken> for Refused {
    fn from(broken: Broken) -> Self {
        Self::Child(broken)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Platform => f.write_str("it needs Linux on x86-64"),
            Self::Overcommit => f.write_str(
                "vm.overcommit_memory is 2: stacks that grow charge memory that never comes back, \
                 which would starve this machine",
            ),
            Self::HugePages => f.write_str(
                "transparent huge pages are `always` on, of which the rules know nothing; \
                 `echo madvise > /sys/kernel/mm/transparent_hugepage/enabled` as root helps",
            ),
            Self::Release(release) => write!(f, "`{release}` is no version of Linux"),
            Self::File(path, problem) => write!(f, "{path}: {problem}"),
            Self::Child(broken) => broken.fmt(f),
            Self::NotLinux(tried, answer) => {
                write!(f, "this kernel is not Linux as the rules have it: {tried}: {answer}")
            }
        }
    }
}

impl std::error::Error for Refused {}
