//! Objects that forks make, as far as they hold charges (17.13 to 17.17).

use super::Oracle;
use super::branch::Branch;
use super::piece::Piece;
use crate::op::ObjectId;

/// What an entry names, or what is below an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Backing {
    /// An object that an operation has named. It is never counted and never charged.
    Named(ObjectId),
    /// An object that a fork has made, which is anonymous. Its number alone would not do: nothing
    /// keeps an operation from naming another object by it.
    Made(ObjectId),
}

impl Backing {
    /// The number that dumps show.
    pub(super) fn id(self) -> ObjectId {
        match self {
            Self::Named(id) | Self::Made(id) => id,
        }
    }

    pub(super) fn is_made(self) -> bool {
        matches!(self, Self::Made(_))
    }
}

/// An object that a fork has made (17.13).
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) id: ObjectId,
    pub(super) length: u64,
    /// For how much it is charged, if it is; may be for nothing (17.16, 17.17).
    pub(super) charge: Option<u64>,
    /// One for each entry that names it, and for each object right above it.
    pub(super) references: u64,
    /// No part of it is mapped twice.
    pub(super) one: bool,
    pub(super) below: Option<Backing>,
}

/// The number of the first object that a fork makes.
const FIRST: u64 = 1001;

/// The objects that forks have made and that are left.
#[derive(Clone, Debug, Default)]
pub(super) struct Objects {
    list: Vec<Object>,
    /// How many were made in all.
    made: u64,
}

impl Objects {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Object> {
        self.list.iter()
    }

    fn place(&self, id: ObjectId) -> usize {
        self.list.iter().position(|object| object.id == id).expect("17.13: a reference keeps it")
    }

    pub(super) fn get(&self, id: ObjectId) -> &Object {
        &self.list[self.place(id)]
    }

    pub(super) fn get_mut(&mut self, id: ObjectId) -> &mut Object {
        let place = self.place(id);
        &mut self.list[place]
    }

    /// Is what an entry names charged?
    pub(super) fn is_charged(&self, backing: Option<Backing>) -> bool {
        match backing {
            Some(Backing::Made(id)) => self.get(id).charge.is_some(),
            Some(Backing::Named(_)) | None => false,
        }
    }

    /// The object right above `id`, if there is one.
    fn above(&self, id: ObjectId) -> Option<ObjectId> {
        let above = |object: &&Object| object.below == Some(Backing::Made(id));
        self.list.iter().find(above).map(|object| object.id)
    }

    /// 17.13: a new object with one reference.
    pub(super) fn make(
        &mut self,
        length: u64,
        charge: Option<u64>,
        below: Option<Backing>,
    ) -> ObjectId {
        let id = ObjectId::new(FIRST + self.made).expect("numbers start above 0");
        self.made += 1;
        self.list.push(Object { id, length, charge, references: 1, one: true, below });
        id
    }
}

impl Oracle {
    /// One more reference to an object.
    pub(super) fn refer(&mut self, backing: Backing) {
        if let Backing::Made(id) = backing {
            self.objects.get_mut(id).references += 1;
        }
    }

    /// One more reference to an object, parts of which may be mapped twice from now on.
    pub(super) fn refer_again(&mut self, backing: Backing) {
        self.refer(backing);
        if let Backing::Made(id) = backing {
            self.objects.get_mut(id).one = false;
        }
    }

    /// The end of an operation (17.14): the references of what it has deleted are dropped, the last
    /// deleted first.
    pub(super) fn drop_deleted(&mut self) {
        while let Some(object) = self.deleted.pop() {
            self.drop_reference(object);
        }
    }

    /// 17.14.
    pub(super) fn drop_reference(&mut self, backing: Backing) {
        let Backing::Made(id) = backing else { return };
        self.objects.get_mut(id).references -= 1;
        self.look_at_references(id);
    }

    /// 17.14, after the references of an object have fallen to what they are.
    fn look_at_references(&mut self, id: ObjectId) {
        match (self.objects.get(id).references, self.objects.above(id)) {
            (0, _) => self.destroy(id),
            (1, None) => {
                self.objects.get_mut(id).one = true;
                self.reach(Branch::OneEntryLeft);
            }
            (1, Some(upper)) => {
                self.reach(Branch::OneObjectLeft);
                self.shorten(upper);
                self.look_at_references(upper);
            }
            _ => self.reach(Branch::MoreLeft),
        }
    }

    /// 17.14: the last reference has gone.
    fn destroy(&mut self, id: ObjectId) {
        let gone = self.take_out(id);
        self.reach(Branch::ObjectDestroyed);
        if let Some(below) = gone.below {
            self.drop_reference(below);
        }
    }

    /// Takes an object out of the list and releases its charge.
    fn take_out(&mut self, id: ObjectId) -> Object {
        let place = self.objects.place(id);
        let gone = self.objects.list.remove(place);
        if let Some(charge) = gone.charge {
            self.release(charge);
            self.reach(Branch::ObjectReleased);
        }
        gone
    }

    /// 17.15.
    pub(super) fn shorten(&mut self, id: ObjectId) {
        while let Some(Backing::Made(lower)) = self.objects.get(id).below {
            let Object { references, below, .. } = *self.objects.get(lower);
            self.objects.get_mut(id).below = below;
            if references > 1 {
                self.objects.get_mut(lower).references -= 1;
                if let Some(next) = below {
                    self.refer_again(next);
                }
                self.reach(Branch::ShortenLetGo);
            } else {
                self.take_out(lower);
                self.reach(Branch::ShortenAbsorbed);
            }
        }
    }

    /// 17.16: entry `x` gets the part of the object that it names as an object of its own.
    pub(super) fn split_off(&mut self, x: usize, id: ObjectId) {
        let length = self.process.entries[x].len();
        let object = self.objects.get_mut(id);
        // The real code asserts that so much is left.
        let taken = object.charge.map(|charge| charge.min(length));
        object.charge = object.charge.map(|charge| charge - charge.min(length));
        let below = object.below;
        if let Some(below) = below {
            self.refer_again(below);
        }
        let part = self.objects.make(length, taken, below);
        let entry = &mut self.process.entries[x];
        entry.object = Some(Backing::Made(part));
        entry.offset = 0;
        self.reach(if taken.is_some() { Branch::SplitOffCharged } else { Branch::SplitOff });
        self.drop_reference(Backing::Made(id));
    }

    /// 17.17: a deleted entry may take the end of its object along.
    pub(super) fn cut_end(&mut self, gone: &Piece) {
        let Some(Backing::Made(id)) = gone.object else { return };
        let object = self.objects.get(id);
        if object.references < 2 || !object.one {
            return self.reach(Branch::CutNot);
        }
        self.shorten(id);
        let object = self.objects.get_mut(id);
        if gone.offset >= object.length || gone.offset + gone.len() < object.length {
            return self.reach(Branch::CutHole);
        }
        let cut = object.length - gone.offset;
        object.length = gone.offset;
        let Some(charge) = object.charge else { return self.reach(Branch::CutUncharged) };
        // The real code asserts that so much is left.
        let released = cut.min(charge);
        object.charge = Some(charge - released);
        self.release(released);
        self.reach(Branch::CutCharged);
    }
}
