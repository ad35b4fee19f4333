//! The objects behind the engine's maps, as far as they hold charges (17.13 to 17.17), and the swap
//! that all processes charge.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};

use growstack::{Entry, Mapping, Objects, PAGE_SIZE, PageSize, Plain, Size, Swap};

use crate::op::ObjectId;

/// The number of the first object that a fork makes.
const FIRST: u64 = 1001;

/// What all processes of a sequence share, as one of their maps sees it. Pages are of `PAGE` bytes.
#[derive(Debug, Default)]
pub struct Kernel<const PAGE: u64 = PAGE_SIZE> {
    shared: Rc<Shared>,
    /// Handles of what the current operation has unmapped.
    unmapped: Vec<Handle>,
}

#[derive(Debug)]
struct Shared {
    swap: Cell<Swap>,
    /// How many objects were made in all.
    made: Cell<u64>,
    /// Those that are left, and some that are not.
    objects: RefCell<Vec<Weak<Made>>>,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            swap: Cell::new(Swap::UNLIMITED),
            made: Cell::default(),
            objects: RefCell::default(),
        }
    }
}

/// What an entry names.
pub enum Handle {
    /// An object that an operation has named. It is never counted and never charged.
    Named(ObjectId),
    /// A reference to an object that a fork has made, which is counted.
    Made(Reference),
}

/// What an entry may name, if operations and dumps name it by a number.
pub trait Numbered: Clone + PartialEq + From<ObjectId> {
    /// The number that dumps show.
    fn id(&self) -> ObjectId;
}

impl Numbered for ObjectId {
    fn id(&self) -> ObjectId {
        *self
    }
}

/// A reference to an object that a fork has made.
pub struct Reference(Rc<Made>);

/// An object that a fork has made (17.13).
#[derive(Debug)]
struct Made {
    id: ObjectId,
    shared: Rc<Shared>,
    length: Cell<u64>,
    charge: Cell<Option<u64>>,
    references: Cell<u64>,
    one: Cell<bool>,
    /// An object below that a fork has made. This reference to it is counted by hand.
    below: RefCell<Option<Rc<Self>>>,
}

impl From<ObjectId> for Handle {
    fn from(id: ObjectId) -> Self {
        Self::Named(id)
    }
}

impl Numbered for Handle {
    fn id(&self) -> ObjectId {
        match self {
            Self::Named(id) => *id,
            Self::Made(reference) => reference.0.id,
        }
    }
}

impl Handle {
    fn made(&self) -> Option<&Rc<Made>> {
        match self {
            Self::Named(_) => None,
            Self::Made(reference) => Some(&reference.0),
        }
    }
}

impl Clone for Handle {
    fn clone(&self) -> Self {
        match self {
            Self::Named(id) => Self::Named(*id),
            Self::Made(Reference(made)) => {
                made.refer();
                Self::Made(Reference(made.clone()))
            }
        }
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        self.0.drop_reference();
    }
}

impl PartialEq for Handle {
    /// An object that a fork has made is none that an operation names, whatever its number.
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id() && self.made().is_some() == other.made().is_some()
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id().fmt(f)
    }
}

/// What an operation maps, with a handle of the object that it names.
pub(crate) fn with_handle<H: Numbered>(mapping: Mapping<ObjectId>) -> Mapping<H> {
    let Mapping { prot, max, flags, object, offset } = mapping;
    Mapping { prot, max, flags, object: object.map(H::from), offset }
}

/// An entry as dumps show it.
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "takes what an iterator of entries gives")]
pub fn with_number<H: Numbered>(entry: Entry<&H>) -> Entry<ObjectId> {
    let Entry { range, prot, max, inherit, access, wired, flags, object, offset, avail } = entry;
    let object = object.map(H::id);
    Entry { range, prot, max, inherit, access, wired, flags, object, offset, avail }
}

impl Made {
    fn refer(&self) {
        self.references.update(|references| references + 1);
    }

    /// One more reference, by what sees parts of the object a second time.
    fn refer_again(&self) {
        self.refer();
        self.one.set(false);
    }

    /// 17.14.
    fn drop_reference(&self) {
        self.references.update(|references| references - 1);
        if self.references.get() > 0 {
            return self.look();
        }
        self.release();
        let below = self.below.take();
        if let Some(below) = below {
            below.drop_reference();
        }
    }

    /// 17.14b to d: what follows if one reference is left.
    fn look(&self) {
        if self.references.get() != 1 {
            return;
        }
        let Some(upper) = self.shared.above(self.id) else { return self.one.set(true) };
        upper.shorten();
        upper.look();
    }

    /// 17.15.
    fn shorten(&self) {
        loop {
            let Some(lower) = self.below.borrow().clone() else { return };
            let next = lower.below.borrow().clone();
            if lower.references.get() == 1 {
                lower.release();
            } else {
                lower.references.update(|references| references - 1);
                next.iter().for_each(|next| next.refer_again());
            }
            self.below.replace(next);
        }
    }

    /// Gives back all that the object holds.
    fn release(&self) {
        let charge = self.charge.take().unwrap_or_default();
        self.shared.account(|swap| swap.release(Size::new(charge)));
    }

    /// Takes up to `bytes` off what the object holds, if it is charged (17.16, 17.17).
    fn take(&self, bytes: u64) -> Option<u64> {
        let charge = self.charge.get()?;
        let taken = charge.min(bytes);
        self.charge.set(Some(charge - taken));
        Some(taken)
    }
}

impl Shared {
    fn account<T>(&self, change: impl FnOnce(&mut Swap) -> T) -> T {
        let mut swap = self.swap.get();
        let answer = change(&mut swap);
        self.swap.set(swap);
        answer
    }

    /// The object right above one that was made.
    fn above(&self, id: ObjectId) -> Option<Rc<Made>> {
        let is_above =
            |made: &Rc<Made>| made.below.borrow().as_ref().is_some_and(|below| below.id == id);
        self.objects.borrow().iter().filter_map(Weak::upgrade).find(is_above)
    }

    /// 17.13.
    fn make(self: &Rc<Self>, length: u64, charge: Option<u64>, below: Option<Rc<Made>>) -> Handle {
        let id = ObjectId::new(FIRST + self.made.get()).expect("numbers start above 0");
        self.made.update(|made| made + 1);
        let made = Rc::new(Made {
            id,
            shared: self.clone(),
            length: Cell::new(length),
            charge: Cell::new(charge),
            references: Cell::new(1),
            one: Cell::new(true),
            below: RefCell::new(below),
        });
        let mut objects = self.objects.borrow_mut();
        if objects.len() == objects.capacity() {
            objects.retain(|made| made.strong_count() > 0);
        }
        objects.push(Rc::downgrade(&made));
        Handle::Made(Reference(made))
    }
}

impl<const PAGE: u64> Objects for Kernel<PAGE> {
    type Object = Handle;

    const PAGE: PageSize = Plain::<u64, PAGE>::PAGE;

    const MAKES: bool = true;

    fn swap(&self) -> Swap {
        self.shared.swap.get()
    }

    fn account<T>(&mut self, change: impl FnOnce(&mut Swap) -> T) -> T {
        self.shared.account(change)
    }

    fn child(&self) -> Self {
        Self { shared: self.shared.clone(), unmapped: Vec::new() }
    }

    fn is_anonymous(&self, object: &Handle) -> bool {
        object.made().is_some()
    }

    fn is_charged(&self, object: &Handle) -> bool {
        object.made().is_some_and(|made| made.charge.get().is_some())
    }

    fn charge(&mut self, object: &Handle) -> Result<(), (Size, Swap)> {
        let Some(made) = object.made() else { return Ok(()) };
        let length = made.length.get();
        self.reserve(Size::new(length)).map_err(|swap| (Size::new(length), swap))?;
        made.charge.set(Some(length));
        Ok(())
    }

    fn make(&mut self, length: Size, charged: bool) -> Option<Handle> {
        let charge = charged.then_some(length.get());
        Some(self.shared.make(length.get(), charge, None))
    }

    fn shadow(&mut self, object: &mut Handle, offset: &mut u64, length: Size, charged: bool) {
        let below = object.made().cloned();
        below.iter().for_each(|below| below.refer());
        // The lower handle goes, and if the upper object's reference is the only one left, that one
        // is shortened at once, as 17.14c has it.
        *object = self.shared.make(length.get(), charged.then_some(length.get()), below);
        *offset = 0;
    }

    fn split_off(&mut self, object: &mut Handle, offset: &mut u64, length: Size) {
        let Some(made) = object.made() else { return };
        made.shorten();
        if !made.one.get() || made.references.get() < 2 {
            return;
        }
        let (taken, below) = (made.take(length.get()), made.below.borrow().clone());
        below.iter().for_each(|below| below.refer_again());
        *object = self.shared.make(length.get(), taken, below);
        *offset = 0;
    }

    fn duplicate(&mut self, object: &Handle) -> Handle {
        if let Some(made) = object.made() {
            made.one.set(false);
        }
        object.clone()
    }

    fn copy_wired(&mut self, _: Option<&Handle>, _: u64, length: Size) -> Option<Handle> {
        self.make(length, true)
    }

    fn unmapped(&mut self, object: Handle, offset: u64, length: Size) {
        if let Some(made) = object.made()
            && made.references.get() > 1
            && made.one.get()
        {
            made.shorten();
            let cut = made.length.get().saturating_sub(offset);
            if cut > 0 && length.get() >= cut {
                made.length.set(offset);
                let cut = made.take(cut).unwrap_or_default();
                self.release(Size::new(cut));
            }
        }
        self.unmapped.extend(Some(object).filter(|object| object.made().is_some()));
    }

    fn end_unmapping(&mut self) {
        while self.unmapped.pop().is_some() {}
    }
}
