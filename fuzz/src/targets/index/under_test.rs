//! The engine's tree as a subject.

use growstack::tree::{Cursor, Item, Need, Tree};

use super::edit::Edit;
use super::header::Header;
use super::subject::{Answer, Entry, Subject, about};

/// A tree, and what was found to be wrong with the nodes it took.
pub(super) struct UnderTest<const B: usize> {
    tree: Tree<u64, B>,
    next_value: u64,
    broken: Option<String>,
}

fn plain(item: Option<Item<'_, u64>>) -> Option<Entry> {
    item.map(|Item { start, end, value }| Entry { start, end, value: *value })
}

impl<const B: usize> UnderTest<B> {
    pub(super) fn new(header: &Header, filling: &[Entry]) -> Self {
        let filling = filling.iter().map(|&Entry { start, end, value }| (start, end, value));
        let tree = Tree::bulk(header.min, header.max, filling).expect("in order, and memory");
        Self { tree, next_value: header.entries, broken: None }
    }

    /// The facts about the place of a cursor, of which the steps from it show that its path is good.
    fn place(&self, at: &Cursor, answer: &mut Answer) {
        answer.entry(about::HERE, plain(self.tree.item(at)));
        answer.addr(about::END_BELOW, self.tree.end_below(at));
        answer.entry(about::BELOW, plain(self.tree.item_below(at)));
        answer.entry(about::ABOVE, plain(self.tree.item_above(at)));
        let mut next = at.clone();
        answer.done(about::AHEAD, self.tree.advance(&mut next));
        answer.entry(about::ENTRY_AHEAD, plain(self.tree.item(&next)));
        let mut previous = at.clone();
        let stepped = self.tree.retreat(&mut previous);
        answer.done(about::BACK, stepped);
        answer.entry(about::ENTRY_BACK, plain(self.tree.item(&previous)));
        if stepped {
            answer.addr(about::END_BACK, self.tree.end_below(&previous));
            answer.entry(about::ABOVE_BACK, plain(self.tree.item_above(&previous)));
        }
    }

    /// Notes it if other nodes were taken since there were `before` than were predicted.
    fn compare_nodes(&mut self, what: &str, before: usize, predicted: Need) {
        let (taken, predicted) = (self.tree.nodes_in_use() - before, predicted.total());
        if taken != predicted {
            let sentence = format!("{what} took {taken} nodes, and {predicted} were predicted");
            self.broken.get_or_insert(sentence);
        }
    }

    fn insert(&mut self, start: u64, end: u64, answer: &mut Answer) {
        let value = self.next_value;
        self.next_value += 1;
        let mut at = self.tree.seek(start);
        let (need, before) = (self.tree.need_one(&at), self.tree.nodes_in_use());
        self.tree.insert(&mut at, start, end, value).expect("no cap is set");
        self.compare_nodes("the insertion", before, need);
        self.place(&at, answer);
    }

    fn insert_two(&mut self, first: u64, second: u64, answer: &mut Answer) {
        let (lower, upper) = (first.min(second), first.max(second));
        let (lower, upper) = (self.tree.seek(lower), self.tree.seek(upper));
        let (need, before) = (self.tree.need_two(&lower, &upper), self.tree.nodes_in_use());
        [first, second].into_iter().for_each(|at| self.insert(at, at + 1, answer));
        self.compare_nodes("the two insertions", before, need);
    }

    fn insert_short(&mut self, start: u64, end: u64) {
        let mut at = self.tree.seek(start);
        let Some(short) = self.tree.need_one(&at).total().checked_sub(1) else { return };
        self.tree.set_node_cap(Some(self.tree.nodes_in_use() + short));
        if self.tree.insert(&mut at, start, end, 0).is_ok() {
            self.broken.get_or_insert_with(|| "the insertion passed the cap".to_owned());
        }
        self.tree.set_node_cap(None);
    }

    fn remove_run(&mut self, addr: u64, count: u8, answer: &mut Answer) {
        let mut at = self.tree.seek(addr);
        for _ in 0..count {
            answer.entry(about::HERE, plain(self.tree.item(&at)));
            let removed = self.tree.remove(&mut at);
            answer.value(about::REMOVED, removed);
            if removed.is_none() {
                return;
            }
            self.place(&at, answer);
        }
    }

    fn look(&self, addr: u64, length: u64, answer: &mut Answer) {
        answer.entry(about::HOLDER, plain(self.tree.get(addr)));
        let neighbours = self.tree.neighbours(addr);
        answer.addr(about::NEIGHBOUR_BELOW, neighbours.below);
        answer.addr(about::NEIGHBOUR_START, neighbours.above.map(|(start, _)| start));
        answer.addr(about::NEIGHBOUR_END, neighbours.above.map(|(_, end)| end));
        self.place(&self.tree.seek(addr), answer);
        answer.addr(about::FIT, self.tree.first_fit(addr, length));
    }
}

impl<const B: usize> Subject for UnderTest<B> {
    fn apply(&mut self, edit: &Edit, answer: &mut Answer) {
        match *edit {
            Edit::Insert { start, end } => self.insert(start, end, answer),
            Edit::InsertTwo { first, second } => self.insert_two(first, second, answer),
            Edit::InsertShort { start, end } => self.insert_short(start, end),
            Edit::Remove { addr } => self.remove_run(addr, 1, answer),
            Edit::RemoveRun { addr, count } => self.remove_run(addr, count, answer),
            Edit::SetBounds { addr, start, end } => {
                let at = self.tree.seek(addr);
                self.tree.set_bounds(&at, start, end);
                self.place(&at, answer);
            }
            Edit::SetEnd { addr, end } => {
                let at = self.tree.seek(addr);
                self.tree.set_end(&at, end);
                self.place(&at, answer);
            }
            Edit::Clear => self.tree.clear(),
            Edit::Look { addr, length } => self.look(addr, length, answer),
        }
    }

    fn len(&self) -> usize {
        self.tree.len()
    }

    fn entries(&self) -> impl Iterator<Item = Entry> + '_ {
        self.tree.iter().map(|Item { start, end, value }| Entry { start, end, value: *value })
    }

    fn check(&self) -> Result<(), String> {
        self.tree.check().map_err(|violation| violation.to_string())?;
        self.broken.clone().map_or(Ok(()), Err)
    }
}
