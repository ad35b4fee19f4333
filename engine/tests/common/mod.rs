//! Objects that hold charges, and their account of swap.

#![allow(unreachable_pub)]

use std::cell::Cell;
use std::rc::Rc;

use growstack::{Objects, Size, Swap};

/// What maps share.
#[derive(Clone, Debug)]
pub struct Kernel(pub Rc<Cell<Swap>>);

/// An object, and the one below it.
#[derive(Debug)]
pub struct Object {
    pub length: Size,
    pub charged: bool,
    pub below: Option<(Handle, u64)>,
}

#[derive(Clone, Debug)]
pub struct Handle(pub Rc<Object>);

impl PartialEq for Handle {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Handle {
    pub fn new(length: Size, charged: bool, below: Option<(Self, u64)>) -> Self {
        Self(Rc::new(Object { length, charged, below }))
    }
}

impl Default for Kernel {
    fn default() -> Self {
        Self(Rc::new(Cell::new(Swap::UNLIMITED)))
    }
}

impl Objects for Kernel {
    type Object = Handle;

    const MAKES: bool = true;

    fn swap(&self) -> Swap {
        self.0.get()
    }

    fn account<T>(&mut self, change: impl FnOnce(&mut Swap) -> T) -> T {
        let mut swap = self.0.get();
        let answer = change(&mut swap);
        self.0.set(swap);
        answer
    }

    fn child(&self) -> Self {
        self.clone()
    }

    fn is_charged(&self, object: &Handle) -> bool {
        object.0.charged
    }

    fn make(&mut self, length: Size, charged: bool) -> Option<Handle> {
        Some(Handle::new(length, charged, None))
    }

    fn shadow(&mut self, object: &mut Handle, offset: &mut u64, length: Size, charged: bool) {
        *object = Handle::new(length, charged, Some((object.clone(), *offset)));
        *offset = 0;
    }
}
