//! Reads traces, line by line.

use std::mem;
use std::num::NonZero;

use super::error::ParseError;
use super::header::Header;
use super::ops;
use super::result::{DumpLine, SILENT, read_answer, read_dump_line};
use super::words::{Word, Words};
use super::{Dump, Notes, Recorded, Remark, Step, Trace};
use crate::answer::{Row, Summary};
use crate::kernel::Kernel;
use crate::op::{Config, Form};

pub(super) fn parse(bytes: &[u8], given: Option<Kernel>) -> Result<Trace, ParseError> {
    let text = match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Err(not_utf8(bytes, error.valid_up_to())),
    };
    let mut lines = text.lines().zip(1..);
    let (config, head) = read_header(&mut lines, given)?;
    let mut reader =
        Reader { head, steps: Vec::new(), rows: Vec::new(), results: 0, loose: String::new() };
    let mut last = 0;
    for (text, number) in lines {
        reader.line(text, Words::new(number, text).of(config.kernel()))?;
        last = number;
    }
    reader.end_step(&Words::new(last + 1, ""))?;
    let Reader { mut head, steps, loose: mut tail, .. } = reader;
    if steps.is_empty() {
        head += &mem::take(&mut tail);
    }
    Ok(Trace { config, head: Some(head), steps, tail })
}

/// The error at byte `offset`, up to which the text is good.
fn not_utf8(bytes: &[u8], offset: usize) -> ParseError {
    let good = &bytes[..offset];
    let start = good.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    ParseError {
        line: good.iter().filter(|byte| **byte == b'\n').count() + 1,
        column: String::from_utf8_lossy(&good[start..]).chars().count() + 1,
        problem: "this is not UTF-8".into(),
    }
}

/// Takes the header off `lines`; gives what it says and how it is spelled.
fn read_header<'a>(
    lines: &mut impl Iterator<Item = (&'a str, usize)>,
    given: Option<Kernel>,
) -> Result<(Config, String), ParseError> {
    let mut header = Header::new(given);
    let mut spelling = String::new();
    let mut last = 0;
    loop {
        let wanted = match header.state() {
            Ok(config) => return Ok((config, spelling)),
            Err(wanted) => wanted,
        };
        let Some((text, number)) = lines.next() else {
            let problem = format!("the trace ends before the `{wanted}` line of its header");
            return Err(Words::new(last + 1, "").error_here(problem));
        };
        let mut words = Words::new(number, text);
        if let Some(first) = words.next() {
            header.read(wanted, first, &mut words)?;
            spelling.push_str(&header.spelled(&words));
        } else {
            spelling.push_str(text.trim_ascii_end());
        }
        spelling.push('\n');
        last = number;
    }
}

/// The longest line, in bytes: nothing that means something has a hundredth of it.
const LONGEST_LINE: usize = 64 << 10;

impl Step {
    fn notes(&mut self) -> &mut Notes {
        self.notes.get_or_insert_default()
    }
}

/// What has been read after the header.
struct Reader {
    head: String,
    steps: Vec<Step>,
    /// Rows of a dump whose closing line has not come yet.
    rows: Vec<Row>,
    /// Result lines of the last step.
    results: usize,
    /// Lines of comments and blank lines that belong to nothing yet; one text, since a small packed
    /// file may hold millions of them.
    loose: String,
}

impl Reader {
    fn line(&mut self, text: &str, mut words: Words<'_>) -> Result<(), ParseError> {
        if text.len() > LONGEST_LINE {
            let problem = format!("this line has more than {LONGEST_LINE} bytes");
            return Err(words.error_here(problem));
        }
        let Some(first) = words.next() else {
            self.loose.push_str(text.trim_ascii_end());
            self.loose.push('\n');
            return Ok(());
        };
        match first.text {
            "=" => self.answer(first, &mut words),
            "|" => self.dump_line(first, &mut words),
            _ => self.operation(text, first, words),
        }
    }

    fn operation(
        &mut self,
        text: &str,
        first: Word<'_>,
        mut words: Words<'_>,
    ) -> Result<(), ParseError> {
        self.end_step(&Words::new(words.line(), text))?;
        let op = ops::read(first, &mut words)?;
        words.finish()?;
        let mut above = mem::take(&mut self.loose);
        // What stands above the first operation says something about the whole trace, and so
        // stays when operations are taken away.
        if self.steps.is_empty() {
            self.head += &mem::take(&mut above);
        }
        let text = text.trim_ascii_end();
        let spelled = (op.to_string() != text).then(|| text.to_owned());
        let notes = (spelled.is_some() || !above.is_empty())
            .then(|| Box::new(Notes { text: spelled, above, remarks: Vec::new() }));
        let line = u32::try_from(words.line()).ok().and_then(NonZero::new);
        self.steps.push(Step { op, recorded: Recorded::Nothing, line, notes });
        self.results = 0;
        Ok(())
    }

    /// Makes sure that the last step's results are complete; `next` is what follows them.
    fn end_step(&self, next: &Words<'_>) -> Result<(), ParseError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        Err(next.error_here("the dump above lacks its closing `| size=` line"))
    }

    /// The step that a result belongs to, and the form that its results have.
    fn owner(
        &mut self,
        mark: Word<'_>,
        words: &Words<'_>,
    ) -> Result<(&mut Step, Form), ParseError> {
        let none = || words.error(mark, "no operation goes before this result");
        let step = self.steps.last_mut().ok_or_else(none)?;
        if step.recorded != Recorded::Nothing {
            return Err(words.error(mark, "the operation has its result already"));
        }
        let form = step.op.form();
        Ok((step, form))
    }

    fn answer(&mut self, mark: Word<'_>, words: &mut Words<'_>) -> Result<(), ParseError> {
        let (step, form) = self.owner(mark, words)?;
        step.recorded = Recorded::Answer(read_answer(form, mark, words)?);
        self.end_result(words)
    }

    fn dump_line(&mut self, mark: Word<'_>, words: &mut Words<'_>) -> Result<(), ParseError> {
        match self.owner(mark, words)? {
            (_, Form::Dump) => {}
            (_, Form::Silent) => return Err(words.error(mark, SILENT)),
            _ => {
                let problem = "the result of this operation must start with `=`";
                return Err(words.error(mark, problem));
            }
        }
        match read_dump_line(words)? {
            DumpLine::Row(row) => self.rows.push(row),
            DumpLine::Summary(summary) => self.end_dump(mark, words, summary)?,
        }
        self.end_result(words)
    }

    fn end_dump(
        &mut self,
        mark: Word<'_>,
        words: &Words<'_>,
        summary: Summary,
    ) -> Result<(), ParseError> {
        let rows = mem::take(&mut self.rows);
        let (step, _) = self.owner(mark, words)?;
        step.recorded = Recorded::Dump(Box::new(Dump { rows, summary }));
        Ok(())
    }

    /// Ends a result line: keeps the comments above it and beside it.
    fn end_result(&mut self, words: &mut Words<'_>) -> Result<(), ParseError> {
        words.finish()?;
        let Some(step) = self.steps.last_mut() else { return Ok(()) };
        let after = self.results;
        let text = mem::take(&mut self.loose);
        if !text.is_empty() {
            step.notes().remarks.push(Remark { after, beside: false, text });
        }
        self.results += 1;
        if let Some(text) = words.comment() {
            let remark = Remark { after: self.results, beside: true, text: text.into() };
            step.notes().remarks.push(remark);
        }
        Ok(())
    }
}
