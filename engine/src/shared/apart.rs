//! A value apart from its lock: it would part the words of two locks.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::{Deref, DerefMut};

use crate::refusal::Refusal;

/// A value in memory of its own.
pub(super) struct Apart<T>(Box<[T; 1]>);

impl<T: Copy> Apart<T> {
    /// Moves a value there.
    pub(super) fn new(value: T) -> Result<Self, Refusal> {
        let mut one = Vec::new();
        one.try_reserve_exact(1).map_err(|_| Refusal::OutOfNodes)?;
        one.push(value);
        one.into_boxed_slice().try_into().map(Self).map_err(|_| Refusal::OutOfNodes)
    }
}

impl<T> Deref for Apart<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        let [value] = &*self.0;
        value
    }
}

impl<T> DerefMut for Apart<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        let [value] = &mut *self.0;
        value
    }
}
