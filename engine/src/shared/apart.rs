//! A value apart from its lock: it would part the words of two locks.

use alloc::boxed::Box;
use core::ops::{Deref, DerefMut};

use super::view::array;
use crate::refusal::Refusal;

/// A value in memory of its own.
pub(super) struct Apart<T>(Box<[T; 1]>);

impl<T: Copy> Apart<T> {
    /// Moves a value there.
    pub(super) fn new(value: T) -> Result<Self, Refusal> {
        Ok(Self(array(|| value)?))
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
