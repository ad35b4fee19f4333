//! Reads traces, line by line.

use std::mem;
use std::sync::Arc;

use super::header::{self, Header, PROGRAM, SHOWN};
use super::{LinuxStep, LinuxTrace, line};
use crate::linux::vma::{Shown, Vma};
use crate::trace::{ParseError, Word, Words};

/// The longest line, in bytes: nothing that means something has a hundredth of it.
const LONGEST_LINE: usize = 64 << 10;

pub(super) fn parse(bytes: &[u8]) -> Result<LinuxTrace, ParseError> {
    let mut reader = Reader::new();
    let mut last = 0;
    for (bytes, number) in bytes.split(|&byte| byte == b'\n').zip(1..) {
        let Ok(text) = str::from_utf8(bytes) else {
            return Err(Words::new(number, "").error_here("this is not UTF-8"));
        };
        if text.len() > LONGEST_LINE {
            let problem = format!("this line has more than {LONGEST_LINE} bytes");
            return Err(Words::new(number, "").error_here(problem));
        }
        reader.line(text.trim_ascii_end(), number)?;
        last = number;
    }
    reader.finish(last)
}

struct Reader {
    header: Header,
    shown: Shown,
    head: String,
    steps: Vec<LinuxStep>,
    /// Lines of comments and blank lines that belong to nothing yet.
    loose: String,
    /// VMAs of a list that is not complete.
    rows: Vec<Vma>,
    /// The last list recorded.
    last: Arc<[Vma]>,
}

impl Reader {
    fn new() -> Self {
        Self {
            header: Header::new(),
            shown: Shown::ALL,
            head: String::new(),
            steps: Vec::new(),
            loose: String::new(),
            rows: Vec::new(),
            last: Arc::from([]),
        }
    }

    fn line(&mut self, text: &str, number: usize) -> Result<(), ParseError> {
        let mut words = Words::new(number, text);
        let Some(first) = words.next() else {
            self.loose.push_str(text);
            self.loose.push('\n');
            return Ok(());
        };
        if let Some(wanted) = self.header.wanted() {
            return self.header.read(wanted, first, &mut words);
        }
        match first.text {
            "=" => self.answer(first, &mut words),
            "|" => self.list_line(first, &mut words),
            PROGRAM if self.steps.is_empty() => {
                self.header.config.program = Some(header::program(&mut words)?);
                Ok(())
            }
            SHOWN if self.steps.is_empty() => {
                self.shown = header::shown(&mut words)?;
                Ok(())
            }
            _ => self.operation(first, words, number),
        }
    }

    fn operation(
        &mut self,
        first: Word<'_>,
        mut words: Words<'_>,
        number: usize,
    ) -> Result<(), ParseError> {
        if !self.rows.is_empty() {
            return Err(words.error(first, "the list above lacks its closing `| vmas=` line"));
        }
        let op = line::operation(first, &mut words)?;
        words.finish()?;
        let above = mem::take(&mut self.loose);
        let mut step = LinuxStep { line: number, ..LinuxStep::new(op) };
        // What stands above the first operation says something about the whole trace.
        *if self.steps.is_empty() { &mut self.head } else { &mut step.above } = above;
        step.beside = words.comment().unwrap_or_default().to_owned();
        self.steps.push(step);
        Ok(())
    }

    fn answer(&mut self, mark: Word<'_>, words: &mut Words<'_>) -> Result<(), ParseError> {
        let answer = line::answer(words)?;
        words.finish()?;
        let remark = words.comment().unwrap_or_default().to_owned();
        match self.steps.last_mut() {
            Some(step) if step.answer.is_none() && step.vmas.is_none() => {
                (step.answer, step.remark) = (Some(answer), remark);
                Ok(())
            }
            Some(_) => Err(words.error(mark, "the operation has its result already")),
            None => Err(words.error(mark, "no operation goes before this result")),
        }
    }

    fn list_line(&mut self, mark: Word<'_>, words: &mut Words<'_>) -> Result<(), ParseError> {
        let Some(step) = self.steps.last_mut() else {
            return Err(words.error(mark, "no operation goes before this list"));
        };
        if step.vmas.is_some() {
            return Err(words.error(mark, "the operation has its list already"));
        }
        let word = words.clone().need("START, vmas= or unchanged")?;
        if word.text == "unchanged" && self.rows.is_empty() {
            words.next();
            step.vmas = Some(Arc::clone(&self.last));
            return words.finish();
        }
        if word.text.starts_with("vmas=") {
            let count = words.pair("vmas")?;
            if count.text.parse() != Ok(self.rows.len()) {
                let problem = format!("there are {} VMAs above, not {count}", self.rows.len());
                return Err(words.error(count, problem));
            }
            self.last = mem::take(&mut self.rows).into();
            step.vmas = Some(Arc::clone(&self.last));
            return words.finish();
        }
        let vma = line::vma(words)?;
        if self.rows.last().is_some_and(|last| vma.range.start() < last.range.end()) {
            return Err(words.error(word, "the VMA starts below the end of the one above"));
        }
        self.rows.push(vma);
        Ok(())
    }

    fn finish(mut self, last: usize) -> Result<LinuxTrace, ParseError> {
        let end = Words::new(last, "");
        if let Some(wanted) = self.header.wanted() {
            let problem = format!("the trace ends before the `{wanted}` line of its header");
            return Err(end.error_here(problem));
        }
        if !self.rows.is_empty() {
            return Err(end.error_here("the list above lacks its closing `| vmas=` line"));
        }
        // The end of the last line is no line.
        self.loose.pop();
        let Self { header, shown, head, steps, loose: tail, .. } = self;
        Ok(LinuxTrace { config: header.config, shown, head, steps, tail })
    }
}
