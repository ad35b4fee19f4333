//! The objects behind the engine's maps, as far as they hold charges (17.13 to 17.17), and the swap
//! that all processes charge.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};

use growstack::{Entry, Mapping, Objects, Size, Swap};

use crate::op::ObjectId;

/// The number of the first object that a fork makes.
const FIRST: u64 = 1001;

/// What all processes of a sequence share, as one of their maps sees it.
#[derive(Debug, Default)]
pub struct Kernel {
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
    objects: RefCell<Vec<Weak<Object>>>,
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

/// A reference to an object, which is counted.
pub struct Handle(Rc<Object>);

/// An object.
#[derive(Debug)]
struct Object {
    id: ObjectId,
    /// Nothing for one that an operation has named.
    made: Option<Made>,
}

/// What is known of an object that a fork has made (17.13).
#[derive(Debug)]
struct Made {
    shared: Rc<Shared>,
    length: Cell<u64>,
    charge: Cell<Option<u64>>,
    references: Cell<u64>,
    one: Cell<bool>,
    below: RefCell<Option<Rc<Object>>>,
}

impl Handle {
    /// The object that an operation names.
    #[must_use]
    pub fn named(id: ObjectId) -> Self {
        Self(Rc::new(Object { id, made: None }))
    }

    /// The number that dumps show.
    #[must_use]
    pub fn id(&self) -> ObjectId {
        self.0.id
    }
}

impl Clone for Handle {
    fn clone(&self) -> Self {
        if let Some(made) = &self.0.made {
            made.refer();
        }
        Self(self.0.clone())
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.drop_reference();
    }
}

impl PartialEq for Handle {
    /// An object that a fork has made is none that an operation names, whatever its number.
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id() && self.0.made.is_some() == other.0.made.is_some()
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id().fmt(f)
    }
}

/// What an operation maps, with a handle of the object that it names.
pub(crate) fn with_handle(mapping: Mapping<ObjectId>) -> Mapping<Handle> {
    let Mapping { prot, max, flags, object, offset } = mapping;
    Mapping { prot, max, flags, object: object.map(Handle::named), offset }
}

/// An entry as dumps show it.
#[must_use]
pub fn with_number(entry: Entry<&Handle>) -> Entry<ObjectId> {
    let Entry { range, prot, max, inherit, access, wired, flags, object, offset, avail } = entry;
    let object = object.map(Handle::id);
    Entry { range, prot, max, inherit, access, wired, flags, object, offset, avail }
}

impl Object {
    /// 17.14.
    fn drop_reference(&self) {
        let Some(made) = &self.made else { return };
        made.references.update(|references| references - 1);
        if made.references.get() == 0 {
            made.release();
            let below = made.below.take();
            if let Some(below) = below {
                below.drop_reference();
            }
        } else {
            made.look(self.id);
        }
    }

    /// One more reference, by a mapping or an object that sees parts a second time.
    fn refer_again(&self) {
        if let Some(made) = &self.made {
            made.refer();
            made.one.set(false);
        }
    }
}

impl Made {
    fn refer(&self) {
        self.references.update(|references| references + 1);
    }

    /// 17.14b to d: what follows if one reference is left.
    fn look(&self, id: ObjectId) {
        if self.references.get() != 1 {
            return;
        }
        let Some(above) = self.shared.above(id) else { return self.one.set(true) };
        if let Some(upper) = &above.made {
            upper.shorten();
            upper.look(above.id);
        }
    }

    /// 17.15.
    fn shorten(&self) {
        loop {
            let lower = self.below.borrow().clone();
            let Some(made) = lower.as_ref().and_then(|lower| lower.made.as_ref()) else { return };
            let next = made.below.borrow().clone();
            if made.references.get() == 1 {
                made.release();
            } else {
                made.references.update(|references| references - 1);
                if let Some(next) = &next {
                    next.refer_again();
                }
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
    fn above(&self, id: ObjectId) -> Option<Rc<Object>> {
        let is_below = |object: &Object| {
            let below = object.made.as_ref()?.below.borrow();
            below.as_ref().map(|below| below.id == id && below.made.is_some())
        };
        let objects = self.objects.borrow();
        objects.iter().filter_map(Weak::upgrade).find(|object| is_below(object) == Some(true))
    }

    /// 17.13.
    fn make(
        self: &Rc<Self>,
        length: u64,
        charge: Option<u64>,
        below: Option<Rc<Object>>,
    ) -> Handle {
        let id = ObjectId::new(FIRST + self.made.get()).expect("numbers start above 0");
        self.made.update(|made| made + 1);
        let made = Made {
            shared: self.clone(),
            length: Cell::new(length),
            charge: Cell::new(charge),
            references: Cell::new(1),
            one: Cell::new(true),
            below: RefCell::new(below),
        };
        let object = Rc::new(Object { id, made: Some(made) });
        let mut objects = self.objects.borrow_mut();
        if objects.len() == objects.capacity() {
            objects.retain(|object| object.strong_count() > 0);
        }
        objects.push(Rc::downgrade(&object));
        Handle(object)
    }
}

impl Objects for Kernel {
    type Object = Handle;

    fn swap(&self) -> Swap {
        self.shared.swap.get()
    }

    fn account<T>(&mut self, change: impl FnOnce(&mut Swap) -> T) -> T {
        self.shared.account(change)
    }

    fn child(&self) -> Self {
        Self { shared: self.shared.clone(), unmapped: Vec::new() }
    }

    fn is_charged(&self, object: &Handle) -> bool {
        object.0.made.as_ref().is_some_and(|made| made.charge.get().is_some())
    }

    fn charge(&mut self, object: &Handle) -> Result<(), (Size, Swap)> {
        let Some(made) = &object.0.made else { return Ok(()) };
        let length = made.length.get();
        self.reserve(Size::new(length)).map_err(|swap| (Size::new(length), swap))?;
        made.charge.set(Some(length));
        Ok(())
    }

    fn make(&mut self, length: Size, charged: bool) -> Option<Handle> {
        Some(self.shared.make(length.get(), charged.then_some(length.get()), None))
    }

    fn shadow(&mut self, object: &mut Handle, offset: &mut u64, length: Size, charged: bool) {
        let charge = charged.then_some(length.get());
        if let Some(lower) = &object.0.made {
            lower.refer();
        }
        // The lower handle goes, and if the upper object's reference is the only one left, that one
        // is shortened at once, as 17.14c has it.
        *object = self.shared.make(length.get(), charge, Some(object.0.clone()));
        *offset = 0;
    }

    fn split_off(&mut self, object: &mut Handle, offset: &mut u64, length: Size) {
        let Some(made) = &object.0.made else { return };
        made.shorten();
        if !made.one.get() || made.references.get() < 2 {
            return;
        }
        let (taken, below) = (made.take(length.get()), made.below.borrow().clone());
        if let Some(below) = &below {
            below.refer_again();
        }
        *object = self.shared.make(length.get(), taken, below);
        *offset = 0;
    }

    fn duplicate(&mut self, object: &Handle) -> Handle {
        object.0.refer_again();
        Handle(object.0.clone())
    }

    fn copy_wired(&mut self, _: Option<&Handle>, _: u64, length: Size) -> Option<Handle> {
        self.make(length, true)
    }

    fn unmapped(&mut self, object: Handle, offset: u64, length: Size) {
        if let Some(made) = &object.0.made
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
        self.unmapped.push(object);
    }

    fn end_unmapping(&mut self) {
        while self.unmapped.pop().is_some() {}
    }
}
