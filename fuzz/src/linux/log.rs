//! What is seen of a sequence of operations.

use super::{LinuxAnswer, Shown, Vma};

/// What is seen of one operation, but for the VMAs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// Its answer.
    pub answer: LinuxAnswer,
    /// How many VMAs there are after it.
    pub vmas: usize,
    /// What is shown of them.
    pub shown: Shown,
}

/// What is seen of one operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen<'a> {
    /// Its answer.
    pub answer: LinuxAnswer,
    /// The VMAs after it, in the order of their addresses.
    pub vmas: &'a [Vma],
    /// What is shown of them.
    pub shown: Shown,
}

/// What is seen of operations, in their order.
#[derive(Clone, Default, Debug)]
pub struct Log {
    heads: Vec<Head>,
    vmas: Vec<Vma>,
}

impl Log {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.heads.clear();
        self.vmas.clear();
    }

    /// Adds one operation, and the VMAs after it.
    pub fn push(&mut self, answer: LinuxAnswer, shown: Shown, vmas: impl IntoIterator<Item = Vma>) {
        let before = self.vmas.len();
        self.vmas.extend(vmas);
        self.heads.push(Head { answer, vmas: self.vmas.len() - before, shown });
    }

    /// The operations.
    pub fn iter(&self) -> impl Iterator<Item = Seen<'_>> {
        let mut rest = &self.vmas[..];
        self.heads.iter().map(move |&Head { answer, vmas, shown }| {
            let (vmas, others) = rest.split_at(vmas);
            rest = others;
            Seen { answer, vmas, shown }
        })
    }

    /// How many operations there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.heads.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }
}
