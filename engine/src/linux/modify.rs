//! An edit of a part of an entry, which merges with the neighbours that are then alike (L41 to L48).

use super::anon::may_be_one;
use crate::map::{Body, Clamped, Linux, VmMap};
use crate::objects::Objects;
use crate::refusal::Refusal;
use crate::tree::{Cursor, Item};

/// With what a range of its own merges.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Join {
    /// With nothing.
    Alone,
    /// With the entry below.
    Lower,
    /// With the entry above.
    Upper,
    /// With both, which then are one.
    Both,
}

impl Join {
    /// L43, for a range with this body between the neighbours that touch it. Where the two neighbours
    /// could not be one, it is the lower one.
    pub(super) fn of<T: Clone + PartialEq>(
        body: &Body<T>,
        length: u64,
        lower: Option<Item<'_, Body<T>>>,
        upper: Option<Item<'_, Body<T>>>,
    ) -> Self {
        let lower = lower.filter(|lower| lower.value.joins(lower.end - lower.start, body));
        let upper = upper.filter(|upper| body.joins(length, upper.value));
        match (lower, upper) {
            (None, None) => Self::Alone,
            (None, Some(_)) => Self::Upper,
            (Some(lower), Some(upper)) if may_be_one(lower.value.avail, upper.value.avail) => {
                Self::Both
            }
            (Some(_), _) => Self::Lower,
        }
    }
}

impl<O: Objects, const B: usize> VmMap<O, Linux, B> {
    /// Edits a part of the entry at a cursor (L43, L44). The nodes for two splits have been made sure of.
    /// The cursor is then on the entry that holds the part.
    pub(super) fn modify(
        &mut self,
        at: &mut Cursor,
        part: Clamped,
        edit: impl Fn(&mut Body<O::Object>),
    ) -> Result<(), Refusal> {
        let entry = self.entry(at)?;
        let (start, end) = (entry.start, entry.end);
        let mut body = Self::upper_part(entry.value, start, part.start);
        edit(&mut body);
        let lower = if part.start == start { self.tree.item_below(at) } else { None };
        let lower = lower.filter(|lower| lower.end == start);
        let upper = if part.end == end { self.tree.item_above(at) } else { None };
        let upper = upper.filter(|upper| upper.start == end);
        let join = Join::of(&body, part.end - part.start, lower, upper);
        match join {
            Join::Alone => self.edit_alone(at, part, edit),
            Join::Lower => self.give_to_lower(at, part, &body),
            Join::Upper => self.give_to_upper(at, part, &body),
            Join::Both => {
                self.give_to_upper(at, part, &body)?;
                self.close(at)
            }
        }
    }

    /// Splits off what is outside the part, and edits the rest.
    fn edit_alone(
        &mut self,
        at: &mut Cursor,
        part: Clamped,
        edit: impl Fn(&mut Body<O::Object>),
    ) -> Result<(), Refusal> {
        self.clip_start(at, part.start)?;
        self.back_split(at, part.end)?;
        edit(self.body_mut(at)?);
        Ok(())
    }

    /// The entry below takes the part over, which is all of the entry or its lower end.
    fn give_to_lower(
        &mut self,
        at: &mut Cursor,
        part: Clamped,
        body: &Body<O::Object>,
    ) -> Result<(), Refusal> {
        let entry = self.entry(at)?;
        let end = entry.end;
        if part.end < end {
            let rest = Self::upper_part(entry.value, part.start, part.end);
            self.tree.set_bounds(at, part.end, end);
            self.replace(at, rest)?;
        } else {
            self.tree.remove(at);
        }
        self.extend_lower(at, part.end)?;
        self.share_anon(at, body.avail)
    }

    /// The entry above takes the part over, which is all of the entry or its upper end.
    fn give_to_upper(
        &mut self,
        at: &mut Cursor,
        part: Clamped,
        body: &Body<O::Object>,
    ) -> Result<(), Refusal> {
        let start = self.entry(at)?.start;
        if start < part.start {
            self.tree.set_bounds(at, start, part.start);
            self.tree.advance(at);
        } else {
            self.tree.remove(at);
        }
        self.extend_upper(at, part.start, body)
    }

    /// The entry at a cursor takes over what is below it, from `start` on.
    pub(super) fn extend_upper(
        &mut self,
        at: &Cursor,
        start: u64,
        body: &Body<O::Object>,
    ) -> Result<(), Refusal> {
        let end = self.entry(at)?.end;
        self.tree.set_bounds(at, start, end);
        self.body_mut(at)?.offset = body.offset;
        self.share_anon(at, body.avail)
    }

    /// The entry at a cursor and the one below, which it touches, become one, the lower one.
    pub(super) fn close(&mut self, at: &mut Cursor) -> Result<(), Refusal> {
        let entry = self.entry(at)?;
        let (end, anon) = (entry.end, entry.value.avail);
        self.tree.remove(at);
        self.extend_lower(at, end)?;
        self.share_anon(at, anon)
    }

    /// L44: an entry without anonymous memory gets that of what it took over.
    fn share_anon(&mut self, at: &Cursor, anon: u64) -> Result<(), Refusal> {
        let body = self.body_mut(at)?;
        if body.avail == 0 {
            body.avail = anon;
        }
        Ok(())
    }
}
