//! A process together with its map, for as long as both locks are held.
//!
//! Each lock guards its own data by type: the process lock a [`Process`] with an empty map, the map
//! lock the map. What needs both swaps the map in, and out again when it is done, a panic of the
//! caller's closure included.

use core::mem::swap;
use core::ops::{Deref, DerefMut};

use crate::map::VmMap;
use crate::process::Process;

pub(super) struct Joined<'a, O, const B: usize> {
    process: &'a mut Process<O, B>,
    place: &'a mut VmMap<O, B>,
}

impl<'a, O, const B: usize> Joined<'a, O, B> {
    pub(super) fn new(process: &'a mut Process<O, B>, place: &'a mut VmMap<O, B>) -> Self {
        swap(&mut process.map, place);
        Self { process, place }
    }
}

impl<O, const B: usize> Drop for Joined<'_, O, B> {
    fn drop(&mut self) {
        swap(&mut self.process.map, self.place);
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
