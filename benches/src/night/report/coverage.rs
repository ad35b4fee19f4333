//! What was reached of the rules.

use growstack_fuzz::driver::Counts;
use growstack_fuzz::generate::Kind;
use growstack_fuzz::reference::Reached as Branch;
use growstack_fuzz::tally::Tally;

use crate::night::record::Night;
use crate::night::state::Reached;

/// What the operations of one kind came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// The kind.
    pub operation: String,
    /// Done.
    pub done: u64,
    /// Refused.
    pub refused: u64,
    /// The branches that it took, the rare ones first.
    pub branches: Vec<Taken>,
}

/// A branch that operations of one kind took.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Taken {
    /// Its id.
    pub id: String,
    /// What happened.
    pub what: String,
    /// How often.
    pub count: u64,
    /// No night before took it.
    pub fresh: bool,
}

/// What a night reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Coverage {
    /// By kind of operation.
    pub rows: Vec<Row>,
    /// Pairs of an operation and a branch.
    pub pairs: usize,
    /// Branches that there are.
    pub branches: usize,
    /// Those that no operation took: id and what would have happened.
    pub missed: Vec<(String, String)>,
    /// Pairs that earlier nights reached: operation, id, what.
    pub lost: Vec<(String, String, String)>,
}

/// What the branch `id` is.
#[must_use]
pub fn what(id: &str) -> &'static str {
    Branch::ALL.iter().find(|branch| branch.id() == id).map_or("", |branch| branch.what())
}

impl Coverage {
    /// That of `night`, with what is `fresh` in it.
    #[must_use]
    pub fn of(night: &Night, fresh: &Reached) -> Self {
        let all = night.all();
        let taken = |id: &str| all.reached.values().any(|branches| branches.contains_key(id));
        let missed = Counts::reachable().filter(|branch| !taken(branch.id()));
        Self {
            rows: Kind::ALL.iter().filter_map(|kind| row(kind.name(), &all, fresh)).collect(),
            pairs: all.pairs(),
            branches: Counts::reachable().count(),
            missed: missed.map(|b| (b.id().to_owned(), b.what().to_owned())).collect(),
            lost: night
                .lost
                .iter()
                .map(|[kind, id]| (kind.clone(), id.clone(), what(id).to_owned()))
                .collect(),
        }
    }

    /// Branches that some operation took.
    #[must_use]
    pub fn reached(&self) -> usize {
        self.branches - self.missed.len()
    }

    /// Did anything run that reaches branches?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

fn row(operation: &str, all: &Tally, fresh: &Reached) -> Option<Row> {
    let &[done, refused] = all.ended.get(operation)?;
    let branches = all.reached.get(operation).into_iter().flatten();
    let is_fresh = |id: &String| fresh.get(operation).is_some_and(|ids| ids.contains(id));
    let mut branches: Vec<Taken> = branches
        .map(|(id, count)| Taken {
            id: id.clone(),
            what: what(id).to_owned(),
            count: *count,
            fresh: is_fresh(id),
        })
        .collect();
    branches.sort_by_key(|taken| taken.count);
    Some(Row { operation: operation.to_owned(), done, refused, branches })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn what_was_never_reached_is_listed() {
        let id = Branch::ALL.iter().find(|b| Counts::reachable().any(|r| r == **b));
        let id = id.expect("there is one").id();
        let tally = Tally {
            ended: BTreeMap::from([("grow".to_owned(), [3, 4])]),
            reached: BTreeMap::from([("grow".to_owned(), BTreeMap::from([(id.to_owned(), 5)]))]),
            ..Tally::default()
        };
        let night = Night {
            tallies: BTreeMap::from([("random-16".to_owned(), tally)]),
            lost: vec![["stack".to_owned(), id.to_owned()]],
            ..Night::default()
        };
        let coverage = Coverage::of(&night, &Reached::new());
        assert_eq!((coverage.pairs, coverage.reached()), (1, 1));
        assert_eq!(coverage.missed.len(), coverage.branches - 1);
        assert!(coverage.missed.iter().all(|(missed, what)| missed != id && !what.is_empty()));
        assert_eq!(coverage.rows.len(), 1);
        assert_eq!((coverage.rows[0].done, coverage.rows[0].refused), (3, 4));
        assert!(!coverage.rows[0].branches[0].what.is_empty());
        assert_eq!(coverage.lost[0].0, "stack");
    }

    #[test]
    fn a_night_without_operations_has_none() {
        assert!(Coverage::of(&Night::default(), &Reached::new()).is_empty());
    }
}
