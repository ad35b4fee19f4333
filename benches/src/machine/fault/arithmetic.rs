//! Faults served without an engine: whatever is touched in the region is committed, from the page
//! on up to what is committed already. The floor under any growth by signal.

use std::rc::Rc;

use growstack::{Addr, AddrRange, PAGE_SIZE, Prot};

use super::region::{Commit, Region};
use super::trap::{Serve, Served};

/// A region that grows to wherever it is touched.
#[derive(Debug)]
pub struct ArithmeticStack(Rc<Region>);

impl ArithmeticStack {
    /// A server of faults on a region.
    #[must_use]
    pub const fn new(region: Rc<Region>) -> Self {
        Self(region)
    }
}

// SAFETY: The region is shared with code that changes it only while nothing can fault on it, and
// `commit` makes one system call.
unsafe impl Serve for ArithmeticStack {
    fn serve(&mut self, addr: Addr) -> Served {
        let page = Addr::new(addr.get() / PAGE_SIZE * PAGE_SIZE);
        let added = AddrRange::new(page, self.0.committed());
        let committed = added.map(|added| self.0.commit(added, Prot::RW, Commit::Protect));
        if matches!(committed, Some(Ok(()))) { Served::Retry } else { Served::Crash }
    }
}
