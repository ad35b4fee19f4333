//! Random sequences of FreeBSD 14.2, on its oracle and a map in lockstep.
//!
//! The operations are those that the [generator](crate::input) of 9.3 draws, with the words of 14.2
//! put in. It is shown the map as 9.3 would have it, with the gap of each stack as its reserve, so
//! that it aims at gaps as it aims at reserves; and now and then as it is, so that gaps are entries
//! like others.
//!
//! All else is as in the [driver] of 9.3. Any map that says it is
//! [of that kernel](crate::space::AddressSpace::kernel) can be run.

mod draw;
mod lift;

pub(crate) use lift::lift;

use crate::driver::{self, Outcome, Settings};
use crate::op::{Config, Op};
use crate::oracle::freebsd14::{Branch, Oracle14};
use crate::replay::MapFactory;

/// [`driver::run`], by the rules of 14.2.
#[must_use]
pub fn run(settings: &Settings, tested: MapFactory) -> Outcome<Branch> {
    driver::run_by::<Oracle14>(settings, tested)
}

/// [`driver::sequence`], by the rules of 14.2.
#[must_use]
pub fn sequence(seed: u64, sequence: u64) -> (Config, Vec<Op>) {
    driver::sequence_by::<Oracle14>(seed, sequence)
}
