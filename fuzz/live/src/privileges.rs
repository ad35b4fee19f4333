//! A process without capabilities.

use std::io;

use rustix::thread::{CapabilitySet, capabilities, set_capabilities};

/// Gives up all capabilities for the rest of the process's life.
///
/// # Errors
///
/// That of the system call.
pub(crate) fn drop_all() -> io::Result<()> {
    let mut sets = capabilities(None)?;
    sets.effective = CapabilitySet::empty();
    sets.permitted = CapabilitySet::empty();
    sets.inheritable = CapabilitySet::empty();
    Ok(set_capabilities(None, sets)?)
}
