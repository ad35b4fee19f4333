//! Random sequences of FreeBSD 14.2, on its oracle and a map in lockstep.
//!
//! All is as in the [driver] of 9.3. Any map that says it is
//! [of that kernel](crate::space::AddressSpace::kernel) can be run.

use crate::driver::{self, Outcome, Random, Settings};
use crate::input::Input;
use crate::op::{Config, Op};
use crate::oracle::freebsd14::{Branch, Oracle14};
use crate::replay::MapFactory;

impl Random for Oracle14 {
    const SALT: u64 = 0x0e14_0200_0000_0000;
    const BYTES_PER_RECORD: usize = 2 * Input::BYTES_PER_RECORD;
}

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
