//! Writes traces.

use core::fmt;

use super::{Notes, Recorded, Step, Trace};

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.head {
            Some(head) => f.write_str(head)?,
            None => write!(f, "{}", self.config)?,
        }
        self.steps.iter().try_for_each(|step| write!(f, "{step}"))?;
        f.write_str(&self.tail)
    }
}

impl fmt::Display for Step {
    /// The operation and its results, with the comments that belong to them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let notes = self.notes.as_deref();
        if let Some(Notes { above, .. }) = notes {
            f.write_str(above)?;
        }
        match notes.and_then(|notes| notes.text.as_ref()) {
            Some(text) => writeln!(f, "{text}")?,
            None => writeln!(f, "{}", self.op)?,
        }
        match &self.recorded {
            Recorded::Nothing => self.write_results(f, ""),
            Recorded::Answer(answer) => self.write_results(f, &format!("= {answer}\n")),
            Recorded::Dump(dump) => self.write_results(f, &dump.to_string()),
        }
    }
}

impl Step {
    /// The result lines, with the remarks among them.
    fn write_results(&self, f: &mut fmt::Formatter<'_>, results: &str) -> fmt::Result {
        let remarks = self.notes.as_deref().map_or(&[][..], |notes| &notes.remarks);
        let mut remarks = remarks.iter().peekable();
        for (index, result) in results.lines().enumerate() {
            while let Some(above) = remarks.next_if(|r| !r.beside && r.after <= index) {
                f.write_str(&above.text)?;
            }
            f.write_str(result)?;
            if let Some(beside) = remarks.next_if(|r| r.beside && r.after == index + 1) {
                write!(f, " {}", beside.text)?;
            }
            writeln!(f)?;
        }
        // The results may have become fewer than they were.
        remarks.try_for_each(|rest| match rest.beside {
            true => writeln!(f, "{}", rest.text),
            false => f.write_str(&rest.text),
        })
    }
}
