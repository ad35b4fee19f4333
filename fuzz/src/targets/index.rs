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

use std::fmt::Write as _;

use super::Verdict;
use super::chunks::Shape;
use super::finding::Fault;
use super::panics::caught;
use edit::{Edit, Record};
use header::Header;
pub(crate) use header::plainer;
use model::Model;
use subject::{Answer, Subject};
use under_test::UnderTest;

/// The lengths of header and records.
pub(super) const SHAPE: Shape = Shape { header: header::LENGTH, record: edit::LENGTH };

/// The version of the encoding.
pub const VERSION: u8 = header::VERSION;

/// Carries out an input.
pub(super) fn run(bytes: &[u8], edits: &mut u64) -> Result<Verdict, Fault> {
    let Some(header) = Header::decode(bytes) else { return Ok(Verdict::Unreadable) };
    let (records, _) = bytes.get(header::LENGTH..).unwrap_or_default().as_chunks();
    let mut trail = Vec::new();
    let work = || match header.width {
        4 => carry_out::<4>(&header, records, &mut trail),
        36 => carry_out::<36>(&header, records, &mut trail),
        _ => carry_out::<16>(&header, records, &mut trail),
    };
    let outcome = caught(work);
    *edits += records.len() as u64;
    let what = match outcome {
        Ok(Ok(())) => return Ok(Verdict::Sound),
        Ok(Err(what)) => what,
        Err(message) => format!("a panic: {message}"),
    };
    Err(Fault::Told(report(&header, &trail, &what)))
}

/// Carries out the records on a tree and on the model. `trail` gets every edit before it is carried
/// out; a look stays in it only if it is the last.
fn carry_out<const B: usize>(
    header: &Header,
    records: &[[u8; edit::LENGTH]],
    trail: &mut Vec<Edit>,
) -> Result<(), String> {
    let filling = header.filling();
    let mut model = Model::new(header, &filling);
    let mut tree = UnderTest::<B>::new(header, &filling);
    for &record in records {
        let record = Record::decode(record);
        for edit in record.edits(header, &model).into_iter().flatten() {
            trail.push(edit);
            step(&mut tree, &mut model, &edit)?;
        }
        let look = record.look(header, &model);
        trail.push(look);
        step(&mut tree, &mut model, &look)?;
        trail.pop();
    }
    compare_entries(&tree, &model)
}

/// Carries out one edit on both, and compares what they answer and how large they are then.
fn step(tree: &mut impl Subject, model: &mut impl Subject, edit: &Edit) -> Result<(), String> {
    let (mut found, mut wanted) = (Answer::default(), Answer::default());
    tree.apply(edit, &mut found);
    model.apply(edit, &mut wanted);
    let mut pairs = found.0.iter().zip(&wanted.0);
    if let Some((found, wanted)) = pairs.find(|(found, wanted)| found != wanted) {
        let (about, found, wanted) = (found.about, found.says, wanted.says);
        return Err(format!("{about}: the tree says {found}, the model {wanted}"));
    }
    if !matches!(edit, Edit::Look { .. }) {
        tree.check()?;
        compare_lengths(tree, model)?;
    }
    // An insertion that is refused must leave no trace at all.
    if matches!(edit, Edit::InsertShort { .. }) { compare_entries(tree, model) } else { Ok(()) }
}

fn compare_lengths(tree: &impl Subject, model: &impl Subject) -> Result<(), String> {
    let (found, wanted) = (tree.len(), model.len());
    if found == wanted {
        return Ok(());
    }
    Err(format!("the number of entries: the tree says {found}, the model {wanted}"))
}

fn compare_entries(tree: &impl Subject, model: &impl Subject) -> Result<(), String> {
    tree.check()?;
    compare_lengths(tree, model)?;
    let mut pairs = tree.entries().zip(model.entries());
    match pairs.find(|(found, wanted)| found != wanted) {
        Some((found, wanted)) => {
            Err(format!("the entries: the tree has {found}, the model {wanted}"))
        }
        None => Ok(()),
    }
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

        fn entries(&self) -> impl Iterator<Item = subject::Entry> + '_ {
            self.0.entries()
        }
    }

    #[test]
    fn a_difference_is_named_with_its_edits() {
        let header = Header::decode(&[VERSION, 1, 12, 0, 2, 0, 0, 0]).expect("of this version");
        let filling = header.filling();
        let model = || Model::new(&header, &filling);
        let (mut wrong, mut right) = (Wrong(model()), model());
        let free = right.free(header.max - 1).expect("there is room at the end").0;
        let trail = [
            Edit::Insert { start: free, end: free + 1 },
            Edit::Insert { start: free + 1, end: free + 3 },
        ];
        assert_eq!(step(&mut wrong, &mut right, &trail[0]), Ok(()));
        let what = step(&mut wrong, &mut right, &trail[1]).expect_err("planted");
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
