//! All of a process but its map: what the process lock guards.
//!
//! Each lock guards its own data by type. What needs both, a growth above all, works on the
//! [`Process`] that the map lock guards, and takes the rest along: a few words, where to move the
//! map would be to copy it.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::{Deref, DerefMut};

use crate::limits::{Limits, StackTunables};
use crate::process::Process;
use crate::refusal::Refusal;

/// All of a process but its map.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Rest {
    pub(super) limits: Limits,
    pub(super) tunables: StackTunables,
    pub(super) ssize: u64,
}

impl Rest {
    pub(super) const fn of<O, const B: usize>(process: &Process<O, B>) -> Self {
        Self { limits: process.limits, tunables: process.tunables, ssize: process.ssize }
    }

    pub(super) fn put_into<O, const B: usize>(self, process: &mut Process<O, B>) {
        // Another core may have these words, and keeps them if they stay.
        if Self::of(process) != self {
            (process.limits, process.tunables) = (self.limits, self.tunables);
            process.ssize = self.ssize;
        }
    }
}

/// A value in memory of its own.
pub(super) struct Apart<T>(Box<[T; 1]>);

impl<T> Apart<T> {
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

/// A whole process, for as long as both locks are held.
pub(super) struct Joined<'a, O, const B: usize> {
    rest: &'a mut Rest,
    process: &'a mut Process<O, B>,
}

impl<'a, O, const B: usize> Joined<'a, O, B> {
    pub(super) fn new(rest: &'a mut Rest, process: &'a mut Process<O, B>) -> Self {
        rest.put_into(process);
        Self { rest, process }
    }
}

/// After a panic of the caller's closure, too: what was changed before it stays changed.
impl<O, const B: usize> Drop for Joined<'_, O, B> {
    fn drop(&mut self) {
        let rest = Rest::of(self.process);
        if *self.rest != rest {
            *self.rest = rest;
        }
    }
}

impl<O, const B: usize> Deref for Joined<'_, O, B> {
    type Target = Process<O, B>;

    fn deref(&self) -> &Process<O, B> {
        self.process
    }
}

impl<O, const B: usize> DerefMut for Joined<'_, O, B> {
    fn deref_mut(&mut self) -> &mut Process<O, B> {
        self.process
    }
}
