//! The dialect of Linux, for maps in lockstep.

use std::fmt;

use growstack::AddrRange;

use super::answer::LinuxAnswer;
use super::config::LinuxConfig;
use super::op::LinuxOp;
use super::oracle::LinuxOracle;
use super::vma::{Shown, Vma};
use crate::lockstep::{Dialect, Subject};

/// A map that can be asked as Linux is: a kernel, or what behaves as one.
pub trait LinuxSpace {
    /// Runs an operation. [`LinuxAnswer::Unsupported`] means that nothing has changed.
    fn apply(&mut self, op: &LinuxOp) -> LinuxAnswer;

    /// Puts the VMAs of the window into `vmas`, which is empty, by address.
    fn vmas(&self, vmas: &mut Vec<Vma>);

    /// What it shows of its VMAs.
    fn shown(&self) -> Shown {
        Shown::ALL
    }

    /// Makes sure that the map is sound, and that it still answers.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

impl LinuxSpace for LinuxOracle {
    fn apply(&mut self, op: &LinuxOp) -> LinuxAnswer {
        self.apply(op)
    }

    fn vmas(&self, vmas: &mut Vec<Vma>) {
        vmas.extend(self.vmas());
    }
}

/// Makes an empty map.
pub type LinuxFactory<'a> = &'a dyn Fn(&LinuxConfig) -> Box<dyn LinuxSpace>;

/// The dialect that every [`LinuxSpace`] speaks.
#[derive(Clone, Copy, Debug)]
pub struct Linux;

/// What is seen of one map around an operation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinuxSeen {
    /// What it answered.
    pub answer: LinuxAnswer,
    /// Its VMAs.
    pub vmas: Vec<Vma>,
    /// What it shows of them.
    pub shown: Shown,
    /// What its own check says.
    pub check: Result<(), String>,
}

impl Default for LinuxSeen {
    fn default() -> Self {
        let answer = LinuxAnswer::Unsupported;
        Self { answer, vmas: Vec::new(), shown: Shown::ALL, check: Ok(()) }
    }
}

/// The first thing in which two maps differ, or that is wrong with one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LinuxDivergence {
    /// They gave different answers.
    Answer {
        /// That of the first map.
        first: LinuxAnswer,
        /// That of the other.
        other: LinuxAnswer,
    },
    /// Their lists of VMAs differ, as far as both show them.
    Vma {
        /// The index of the first difference.
        index: usize,
        /// What the first map has there.
        first: Option<Vma>,
        /// What the other one has.
        other: Option<Vma>,
    },
    /// A map says that something is wrong with it.
    Unsound {
        /// What.
        message: String,
    },
    /// A map panicked.
    Panic {
        /// With what.
        message: String,
    },
}

impl LinuxDivergence {
    /// Is it of the same kind? A shorter sequence must fail in the same way to count.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Answer { first, other }, Self::Answer { first: first_2, other: other_2 }) => {
                // Addresses differ from one sequence to the next.
                let is_value = |answer: &LinuxAnswer| matches!(answer, LinuxAnswer::Value(_));
                let alike = |left, right| left == right || is_value(left) && is_value(right);
                alike(first, first_2) && alike(other, other_2)
            }
            (Self::Vma { .. }, Self::Vma { .. })
            | (Self::Unsound { .. }, Self::Unsound { .. })
            | (Self::Panic { .. }, Self::Panic { .. }) => true,
            _ => false,
        }
    }
}

impl fmt::Display for LinuxDivergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer { first, other } => write!(f, "the answer is {first}, not {other}"),
            Self::Vma { index, first, other } => {
                let shown = |vma: &Option<Vma>| vma.map_or("missing".into(), |vma| vma.to_string());
                write!(f, "VMA {index} is {}, not {}", shown(first), shown(other))
            }
            Self::Unsound { message } => write!(f, "it is not sound: {message}"),
            Self::Panic { message } => write!(f, "it panicked: {message}"),
        }
    }
}

impl Dialect for Linux {
    type Op = LinuxOp;
    type Place = AddrRange;
    type Seen = LinuxSeen;
    type Divergence = LinuxDivergence;

    fn supported(seen: &LinuxSeen) -> bool {
        seen.answer != LinuxAnswer::Unsupported
    }

    fn answered(seen: &LinuxSeen) -> Result<(), LinuxDivergence> {
        Self::sound(seen)
    }

    fn compare_answers(first: &LinuxSeen, other: &LinuxSeen) -> Result<(), LinuxDivergence> {
        if first.answer == other.answer {
            return Ok(());
        }
        Err(LinuxDivergence::Answer { first: first.answer, other: other.answer })
    }

    /// Everywhere: a window is small.
    fn compare_looks(
        first: &LinuxSeen,
        other: &LinuxSeen,
        _: Option<AddrRange>,
    ) -> Result<(), LinuxDivergence> {
        let shown = first.shown.and(other.shown);
        compare_vmas(&first.vmas, &other.vmas, shown)
    }

    fn sound(seen: &LinuxSeen) -> Result<(), LinuxDivergence> {
        seen.check.clone().map_err(|message| LinuxDivergence::Unsound { message })
    }

    fn panicked(message: String) -> LinuxDivergence {
        LinuxDivergence::Panic { message }
    }
}

/// Compares two lists as far as they are shown: page by page, where bounds are not.
///
/// # Errors
///
/// The first difference.
pub fn compare_vmas(first: &[Vma], other: &[Vma], shown: Shown) -> Result<(), LinuxDivergence> {
    if !shown.bounds {
        let shown_bounds = Shown { bounds: true, ..shown };
        return compare_vmas(&joined(first, shown), &joined(other, shown), shown_bounds);
    }
    let at = |vmas: &[Vma], index| vmas.get(index).map(|&vma| shown.of(vma));
    for index in 0..first.len().max(other.len()) {
        let (first, other) = (at(first, index), at(other, index));
        if first != other {
            return Err(LinuxDivergence::Vma { index, first, other });
        }
    }
    Ok(())
}

/// The list with each VMA joined to the one below that ends where it begins and looks the same.
fn joined(vmas: &[Vma], shown: Shown) -> Vec<Vma> {
    let mut joined: Vec<Vma> = Vec::new();
    for vma in vmas.iter().map(|&vma| shown.of(vma)) {
        let longer = joined.last().and_then(|last| {
            let whole = AddrRange::new(last.range.start(), vma.range.end())?;
            let same = last.range.end() == vma.range.start()
                && (last.flags, last.key) == (vma.flags, vma.key);
            same.then_some(Vma { range: whole, ..vma })
        });
        match (longer, joined.last_mut()) {
            (Some(longer), Some(last)) => *last = longer,
            _ => joined.push(vma),
        }
    }
    joined
}

impl<M: LinuxSpace + ?Sized> Subject<Linux> for M {
    fn act(&mut self, op: &LinuxOp, seen: &mut LinuxSeen) {
        seen.answer = self.apply(op);
    }

    fn look(&self, _: Option<AddrRange>, seen: &mut LinuxSeen) {
        seen.vmas.clear();
        self.vmas(&mut seen.vmas);
        seen.shown = self.shown();
    }

    fn check(&self, seen: &mut LinuxSeen) {
        seen.check = LinuxSpace::check(self);
    }
}
