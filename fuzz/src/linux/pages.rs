//! The pages at which two lists of VMAs differ, however they are cut into VMAs.

use std::fmt;

use growstack::{Addr, AddrRange, PAGE_SIZE};

use super::vma::{Vma, VmaFlags};

/// Pages at which two lists differ, and in which each of them looks the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PageDifference {
    /// The pages.
    pub range: AddrRange,
    /// What the first list has there.
    pub first: Option<Vma>,
    /// What the other one has.
    pub other: Option<Vma>,
}

impl PageDifference {
    /// How many pages.
    #[must_use]
    pub fn pages(&self) -> u64 {
        self.range.len().get() / PAGE_SIZE
    }

    /// The flags of both lists, where both have something.
    #[must_use]
    pub fn flags(&self) -> Option<(VmaFlags, VmaFlags)> {
        Some((self.first?.flags, self.other?.flags))
    }
}

impl fmt::Display for PageDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let look = |vma: Option<Vma>| match vma {
            None => "nothing".to_owned(),
            Some(Vma { flags, key: 0, .. }) => flags.to_string(),
            Some(Vma { flags, key, .. }) => format!("{flags} pkey={key}"),
        };
        let (first, other) = (look(self.first), look(self.other));
        write!(f, "{}: {} pages, `{first}` against `{other}`", self.range, self.pages())
    }
}

/// Where two lists differ, each in the order of addresses. Linear in the length of both.
#[must_use]
pub fn differences(first: &[Vma], other: &[Vma]) -> Vec<PageDifference> {
    let mut found = Vec::new();
    let (mut ours, mut theirs) = (first, other);
    let mut at = Addr::ZERO;
    while let Some(next) = edge(&mut ours, at).into_iter().chain(edge(&mut theirs, at)).min() {
        let (first, other) = (there(ours, at), there(theirs, at));
        let look = |vma: Option<Vma>| vma.map(|Vma { flags, key, .. }| (flags, key));
        if let Some(range) = AddrRange::new(at, next).filter(|_| look(first) != look(other)) {
            found.push(PageDifference { range, first, other });
        }
        at = next;
    }
    found
}

/// The first start or end of a VMA above `at`. Those that end below are dropped.
fn edge(vmas: &mut &[Vma], at: Addr) -> Option<Addr> {
    while let [vma, rest @ ..] = *vmas
        && vma.range.end() <= at
    {
        *vmas = rest;
    }
    let range = vmas.first()?.range;
    Some(if range.start() > at { range.start() } else { range.end() })
}

/// What the list has at `at`, which [`edge`] was asked about.
fn there(vmas: &[Vma], at: Addr) -> Option<Vma> {
    vmas.first().filter(|vma| vma.range.contains(at)).copied()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn vma(first: u64, last: u64, flags: VmaFlags) -> Vma {
        let range = AddrRange::new(Addr::new(first * PAGE_SIZE), Addr::new(last * PAGE_SIZE));
        Vma { range: range.unwrap(), flags, key: 0 }
    }

    #[test]
    fn pages_count_and_not_how_they_are_cut() {
        let (rd, wr) = (VmaFlags::RD, VmaFlags::RD | VmaFlags::WR);
        let one = [vma(1, 5, rd), vma(7, 8, wr)];
        assert_eq!(differences(&one, &[vma(1, 2, rd), vma(2, 5, rd), vma(7, 8, wr)]), []);
        let found = differences(&one, &[vma(1, 3, rd), vma(3, 5, wr), vma(6, 8, wr)]);
        let at: Vec<(u64, u64)> =
            found.iter().map(|d| (d.range.start().get() / PAGE_SIZE, d.pages())).collect();
        assert_eq!(at, [(3, 2), (6, 1)]);
        assert_eq!(found[0].flags(), Some((rd, wr)));
        assert_eq!(found[1].to_string(), "[0x6000, 0x7000): 1 pages, `nothing` against `rd wr`");
        assert_eq!(differences(&[], &one).len(), 2);
    }
}
