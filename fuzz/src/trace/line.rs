//! Single result lines, as a map on the other end of a pipe writes them, of whichever kernel it is.

use growstack::KernReturn;

use super::error::ParseError;
use super::result::{DumpLine, code, read_answer, read_dump_line, wrong_result};
use super::words::Words;
use crate::answer::Answer;
use crate::kernel::Kernel;
use crate::op::{Form, Op};

/// Reads the line `= RESULT` that answers `op`. An operation without a result in traces is
/// answered with `= KERN_SUCCESS`; `use` and `exit` with `= KERN_INVALID_ARGUMENT`, too.
///
/// # Errors
///
/// How the line breaks the format; its number is 1. A dump is not answered by such a line.
pub fn parse_answer(op: &Op, line: &str) -> Result<Answer, ParseError> {
    let mut words = Words::new(1, line).of(Kernel::Freebsd14);
    let mark = words.need("=")?;
    if mark.text != "=" {
        return Err(words.not_one_of(mark, "the first word of an answer", "`=`"));
    }
    let answer = match op.form() {
        Form::Silent => {
            let word = words.clone().need("the result")?;
            let about_process = matches!(op, Op::Use { .. } | Op::Exit { .. });
            match code(&mut words)? {
                KernReturn::Success => Answer::Silent,
                KernReturn::InvalidArgument if about_process => Answer::NO_SUCH_PROCESS,
                _ => {
                    return Err(wrong_result(&words, word, "KERN_SUCCESS"));
                }
            }
        }
        form => read_answer(form, mark, &mut words)?,
    };
    words.finish()?;
    Ok(answer)
}

/// Reads a line of a dump, with its `|`.
///
/// # Errors
///
/// How the line breaks the format; its number is 1.
pub fn parse_dump_line(line: &str) -> Result<DumpLine, ParseError> {
    let mut words = Words::new(1, line).of(Kernel::Freebsd14);
    let mark = words.need("|")?;
    if mark.text != "|" {
        return Err(words.not_one_of(mark, "the first word of a line of a dump", "`|`"));
    }
    let line = read_dump_line(&mut words)?;
    words.finish()?;
    Ok(line)
}
