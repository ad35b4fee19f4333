//! The nodes that were predicted for an operation, in debug builds.
//!
//! An operation predicts the nodes that it will take before it changes anything, so that it can be
//! refused them and leave no trace (rule 16.7). A prediction that is too low shows in the answers
//! only if just that node is not to be had. So debug builds keep the last prediction, and the first
//! time that more nodes were in use than it allows; [`Tree::check`](super::Tree::check) reports it
//! as I9. Release builds keep nothing.

/// What is kept: nothing without debug assertions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prediction {
    /// The most nodes in use that the last prediction allows.
    #[cfg(debug_assertions)]
    most: Option<usize>,
    /// Nodes in use, and the most there should have been, when that was passed first.
    #[cfg(debug_assertions)]
    passed: Option<(usize, usize)>,
}

#[cfg(debug_assertions)]
impl Prediction {
    /// None so far, which allows any number of nodes.
    pub(super) const fn new() -> Self {
        Self { most: None, passed: None }
    }

    /// A new prediction, which replaces the one before.
    pub(super) const fn set(&mut self, in_use: usize, need: usize) {
        self.most = Some(in_use.saturating_add(need));
    }

    /// So many nodes are in use now.
    pub(super) fn compare(&mut self, in_use: usize) {
        if let Some(most) = self.most.filter(|&most| in_use > most) {
            self.passed.get_or_insert((in_use, most));
        }
    }

    /// Nodes in use and predicted, where the prediction was too low.
    pub(super) const fn passed(&self) -> Option<(usize, usize)> {
        self.passed
    }
}

#[cfg(not(debug_assertions))]
impl Prediction {
    pub(super) const fn new() -> Self {
        Self {}
    }

    #[inline(always)]
    pub(super) const fn set(&mut self, _in_use: usize, _need: usize) {}

    #[inline(always)]
    pub(super) const fn compare(&mut self, _in_use: usize) {}

    pub(super) const fn passed(&self) -> Option<(usize, usize)> {
        None
    }
}
