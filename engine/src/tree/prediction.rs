//! What was predicted for an operation, in debug builds.
//!
//! An operation predicts the nodes that it will take before it changes anything, so that it can be
//! refused them and leave no trace (rule 16.7). It does so from the places where it will insert: at
//! most two. A prediction that is wrong shows in the answers only if a leaf there is full and its
//! node is not to be had. So debug builds keep the places and the number of nodes, and see at every
//! insertion whether they cover it; [`Tree::check`](super::Tree::check) reports it as I9 where they
//! did not. Release builds keep nothing.

#[cfg(not(debug_assertions))]
pub(super) use absent::Prediction;
#[cfg(debug_assertions)]
pub(super) use kept::Prediction;

/// What a prediction did not cover.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(not(debug_assertions), expect(dead_code, reason = "only debug builds find one"))]
pub(super) enum Excess {
    /// More nodes in use than there should have been.
    Nodes { in_use: usize, predicted: usize },
    /// An insertion into this leaf, of which none was left to be made, or not there.
    Place { leaf: u32 },
}

#[cfg(debug_assertions)]
mod kept {
    use super::Excess;

    /// The last prediction, and the first thing that one did not cover.
    #[derive(Clone, Copy, Debug)]
    pub(in crate::tree) struct Prediction {
        last: Option<Places>,
        excess: Option<Excess>,
    }

    #[derive(Clone, Copy, Debug)]
    struct Places {
        /// The most nodes in use.
        most: usize,
        /// The leaves that the insertions to come go into.
        leaves: [Option<u32>; 2],
        /// Have entries moved from one leaf to another since?
        moved: bool,
    }

    impl Prediction {
        pub(in crate::tree) const fn new() -> Self {
            Self { last: None, excess: None }
        }

        /// A new prediction, which replaces the one before.
        pub(in crate::tree) const fn set(&mut self, most: usize, leaves: [Option<u32>; 2]) {
            self.last = Some(Places { most, leaves, moved: false });
        }

        /// Entries are about to move from one leaf to another, or leaves to come or go.
        pub(in crate::tree) const fn move_entries(&mut self) {
            if let Some(last) = &mut self.last {
                last.moved = true;
            }
        }

        /// An insertion into a leaf.
        pub(in crate::tree) fn insertion(&mut self, leaf: u32) {
            let Some(last) = &mut self.last else { return };
            let mut left = last.leaves.iter_mut();
            match left.find(|place| place.is_some_and(|place| last.moved || place == leaf)) {
                Some(place) => *place = None,
                None => _ = self.excess.get_or_insert(Excess::Place { leaf }),
            }
        }

        /// This number of nodes is in use now.
        pub(in crate::tree) fn nodes(&mut self, in_use: usize) {
            if let Some(predicted) = self.last.map(|last| last.most).filter(|&most| in_use > most) {
                self.excess.get_or_insert(Excess::Nodes { in_use, predicted });
            }
        }

        /// What no prediction covered.
        pub(in crate::tree) const fn excess(&self) -> Option<Excess> {
            self.excess
        }
    }
}

#[cfg(not(debug_assertions))]
mod absent {
    use super::Excess;

    /// Nothing.
    #[derive(Clone, Copy, Debug)]
    pub(in crate::tree) struct Prediction;

    impl Prediction {
        pub(in crate::tree) const fn new() -> Self {
            Self
        }

        #[inline(always)]
        pub(in crate::tree) const fn set(&mut self, _most: usize, _leaves: [Option<u32>; 2]) {}

        #[inline(always)]
        pub(in crate::tree) const fn move_entries(&mut self) {}

        #[inline(always)]
        pub(in crate::tree) const fn insertion(&mut self, _leaf: u32) {}

        #[inline(always)]
        pub(in crate::tree) const fn nodes(&mut self, _in_use: usize) {}

        pub(in crate::tree) const fn excess(&self) -> Option<Excess> {
            None
        }
    }
}
