//! Edits of the engine's index, beside a `BTreeMap`.
//!
//! The input has a header of 8 bytes: the version 1; the width in the two low bits of the next (0
//! for leaves of 16 entries, 1 and 3 for 4, 2 for 36); then how wide the bounds are, as a power of
//! two, and with bit 7 whether they end at 2^64 - 1; a byte without meaning; the number of entries
//! to start with, two bytes; a seed, two bytes. Then records of 8 bytes: what to do; two small
//! numbers; a byte without meaning; and four bytes that say where, as a part of the bounds. Low
//! bytes come first.
//!
//! A place is a part of the bounds, not a number of an entry, so that a record goes on meaning the
//! same place when the records before it change.

mod edit;
mod header;
mod model;
mod subject;
mod under_test;

use std::convert::Infallible;
use std::fmt::Write as _;

use super::chunks::Shape;
use super::{Fault, Verdict};
use crate::lockstep::{Dialect, Lockstep, Mismatch, Side};
use crate::shrink;
use edit::{Edit, Record};
use header::Header;
use model::Model;
use subject::{Answer, Entry, Subject};
use under_test::UnderTest;

/// The lengths of header and records.
pub(super) const SHAPE: Shape = Shape { header: header::LENGTH, record: edit::LENGTH };

/// The version of the encoding.
pub const VERSION: u8 = header::VERSION;

/// Runs an input.
pub(super) fn run(bytes: &[u8], edits: &mut u64) -> Result<Verdict, Fault> {
    let Some(header) = Header::decode(bytes) else { return Ok(Verdict::Unreadable) };
    let (records, _) = bytes.get(header::LENGTH..).unwrap_or_default().as_chunks();
    *edits += records.len() as u64;
    let mut trail = Vec::new();
    let result = match header.width {
        4 => on_width::<4>(&header, records, &mut trail),
        36 => on_width::<36>(&header, records, &mut trail),
        _ => on_width::<16>(&header, records, &mut trail),
    };
    match result {
        Ok(()) => Ok(Verdict::Sound),
        Err(wrong) => Err(Fault::Other(report(&header, &trail, &wrong.divergence))),
    }
}

/// What an input stands for: the tree at first, and the edits.
pub(super) fn describe(bytes: &[u8]) -> String {
    let Some(header) = Header::decode(bytes) else { return "another version".to_owned() };
    let (records, _) = bytes.get(header::LENGTH..).unwrap_or_default().as_chunks();
    let mut trail = Vec::new();
    // What differs, if anything does, is not asked here.
    let _ = on_width::<16>(&header, records, &mut trail);
    let mut text = format!("the index: {header}\n");
    trail.iter().for_each(|edit| _ = writeln!(text, "{edit}"));
    text
}

/// Short bytes for which `fails` holds: few edits, on a tree that is plain at first.
pub(super) fn shrunk(bytes: &[u8], mut fails: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
    // The header has an order of its own, by which this ends.
    let shape = (SHAPE.header, SHAPE.record);
    let mut short = shrink::bytes(bytes, shape, (SHAPE.header, 0), &mut fails);
    loop {
        let (head, edits) = short.split_at(short.len().min(SHAPE.header));
        let plainer = header::plainer(head).into_iter().map(|head| [&head, edits].concat());
        let Some(plainer) = plainer.into_iter().find(|bytes| fails(bytes)) else { return short };
        short = shrink::bytes(&plainer, shape, (SHAPE.header, 0), &mut fails);
    }
}

/// The dialect of the index: edits, and facts about places.
#[derive(Clone, Copy, Debug)]
struct Edits;

/// What is seen of a tree around an edit.
#[derive(Default)]
struct Seen {
    answer: Answer,
    length: usize,
    /// All entries, where they were asked for.
    entries: Option<Vec<Entry>>,
    /// Is the next look to be at all entries?
    whole: bool,
    check: Option<String>,
}

impl Dialect for Edits {
    type Op = Edit;
    type Place = Infallible;
    type Seen = Seen;
    type Divergence = String;

    fn supported(_: &Seen) -> bool {
        true
    }

    fn answered(_: &Seen) -> Result<(), String> {
        Ok(())
    }

    fn compare_answers(model: &Seen, tree: &Seen) -> Result<(), String> {
        let mut pairs = tree.answer.0.iter().zip(&model.answer.0);
        match pairs.find(|(found, wanted)| found != wanted) {
            Some((found, wanted)) => {
                let (about, found, wanted) = (found.about, found.says, wanted.says);
                Err(format!("{about}: the tree says {found}, the model {wanted}"))
            }
            None => Ok(()),
        }
    }

    fn compare_looks(model: &Seen, tree: &Seen, _: Option<Infallible>) -> Result<(), String> {
        if let Some(broken) = &tree.check {
            return Err(broken.clone());
        }
        if tree.length != model.length {
            let (found, wanted) = (tree.length, model.length);
            return Err(format!(
                "the number of entries: the tree says {found}, the model {wanted}"
            ));
        }
        let (Some(tree), Some(model)) = (&tree.entries, &model.entries) else { return Ok(()) };
        match tree.iter().zip(model).find(|(found, wanted)| found != wanted) {
            Some((found, wanted)) => {
                Err(format!("the entries: the tree has {found}, the model {wanted}"))
            }
            None => Ok(()),
        }
    }

    fn sound(seen: &Seen) -> Result<(), String> {
        seen.check.clone().map_or(Ok(()), Err)
    }

    fn panicked(message: String) -> String {
        format!("a panic: {message}")
    }
}

impl<S: Subject> crate::lockstep::Subject<Edits> for S {
    fn act(&mut self, edit: &Edit, seen: &mut Seen) {
        seen.answer.0.clear();
        self.apply(edit, &mut seen.answer);
    }

    fn look(&self, _: Option<Infallible>, seen: &mut Seen) {
        seen.length = self.len();
        seen.entries = seen.whole.then(|| self.entries().collect());
    }

    fn check(&self, seen: &mut Seen) {
        seen.check = Subject::check(self).err();
    }
}

type Maps<L, R> = Lockstep<Edits, L, R>;

/// Runs the records on a tree and on the model. `trail` gets every edit before it is run; a look
/// stays in it only if it is the last.
fn on_width<const B: usize>(
    header: &Header,
    records: &[[u8; edit::LENGTH]],
    trail: &mut Vec<Edit>,
) -> Result<(), Box<Mismatch<Edits>>> {
    let filling = header.filling();
    let model = Side::new("model", Box::new(Model::new(header, &filling)));
    let tree = Side::new("tree", Box::new(UnderTest::<B>::new(header, &filling)));
    let mut maps = Lockstep { first: model, others: vec![tree] };
    for &record in records {
        let record = Record::decode(record);
        for edit in record.edits(header, &maps.first.map).into_iter().flatten() {
            trail.push(edit);
            step(&mut maps, &edit)?;
        }
        let look = record.look(header, &maps.first.map);
        trail.push(look);
        maps.run(&look)?;
        trail.pop();
    }
    compare_whole(&mut maps)
}

/// Runs one edit on both, and compares what they answer and how large they are then.
fn step<L: Subject, R: Subject>(
    maps: &mut Maps<L, R>,
    edit: &Edit,
) -> Result<(), Box<Mismatch<Edits>>> {
    maps.run(edit)?;
    // An insertion that is refused must leave no trace at all.
    if matches!(edit, Edit::InsertShort { .. }) { compare_whole(maps) } else { maps.compare(false) }
}

fn compare_whole<L: Subject, R: Subject>(
    maps: &mut Maps<L, R>,
) -> Result<(), Box<Mismatch<Edits>>> {
    maps.first.seen.whole = true;
    maps.others.iter_mut().for_each(|side| side.seen.whole = true);
    let result = maps.compare(false);
    maps.first.seen.whole = false;
    maps.others.iter_mut().for_each(|side| side.seen.whole = false);
    result
}

/// What differs, what the tree was at first, and the edits. The last one is where it shows.
fn report(header: &Header, trail: &[Edit], what: &str) -> String {
    let mut text = format!("{what}\n  the index: {header}\n");
    for (number, edit) in (1..).zip(trail) {
        let mark = if number == trail.len() { "=> " } else { "   " };
        writeln!(text, "  {mark}{number:>3}  {edit}").expect("writing to a string");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A model that takes the first two bytes of a gap for one.
    struct Wrong(Model);

    impl Subject for Wrong {
        fn apply(&mut self, edit: &Edit, answer: &mut Answer) {
            match *edit {
                Edit::Insert { start, end } if end - start == 2 => {
                    self.0.apply(&Edit::Insert { start, end: start + 1 }, answer);
                }
                _ => self.0.apply(edit, answer),
            }
        }

        fn len(&self) -> usize {
            self.0.len()
        }

        fn entries(&self) -> impl Iterator<Item = Entry> + '_ {
            self.0.entries()
        }
    }

    #[test]
    fn a_difference_is_named_with_its_edits() {
        let header = Header::decode(&[VERSION, 1, 12, 0, 2, 0, 0, 0]).expect("of this version");
        let filling = header.filling();
        let model = || Model::new(&header, &filling);
        let mut maps = Lockstep {
            first: Side::new("model", Box::new(model())),
            others: vec![Side::new("tree", Box::new(Wrong(model())))],
        };
        let free = maps.first.map.free(header.max - 1).expect("there is room at the end").0;
        let trail = [
            Edit::Insert { start: free, end: free + 1 },
            Edit::Insert { start: free + 1, end: free + 3 },
        ];
        assert!(step(&mut maps, &trail[0]).is_ok());
        let what = step(&mut maps, &trail[1]).expect_err("planted").divergence;
        let text = report(&header, &trail, &what);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("the entry at the cursor: the tree says ["), "{text}");
        assert!(lines[1].contains("leaves of 4 entries, bounds 0x3e8 to 0x13e8, 2 "), "{text}");
        assert!(lines[2].starts_with("       1  insert [0x"), "{text}");
        assert!(lines[3].starts_with("  =>   2  insert [0x"), "{text}");
    }

    #[test]
    fn a_clear_is_one_record_in_256() {
        let header = Header::decode(&[VERSION]).expect("of this version");
        let model = Model::new(&header, &[]);
        let mut clears = 0;
        for what in 0..=255 {
            for b in 0..=255 {
                let edits = Record::decode([what, 0, b, 0, 0, 0, 0, 0]).edits(&header, &model);
                clears += usize::from(edits.contains(&Some(Edit::Clear)));
            }
        }
        assert_eq!(clears, 256);
    }
}
