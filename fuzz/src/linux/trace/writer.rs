//! Writes traces.

use std::fmt;
use std::sync::Arc;

use super::{LinuxStep, LinuxTrace, header};
use crate::linux::vma::Vma;

impl fmt::Display for LinuxTrace {
    /// In the form that programs print. Comments beside the header and lists are not kept.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        header::write(f, &self.config, self.shown)?;
        f.write_str(&self.head)?;
        let mut last: Arc<[Vma]> = Arc::from([]);
        for step in &self.steps {
            write_step(f, step, &last)?;
            if let Some(vmas) = &step.vmas {
                last = Arc::clone(vmas);
            }
        }
        f.write_str(&self.tail)
    }
}

fn write_step(f: &mut fmt::Formatter<'_>, step: &LinuxStep, last: &[Vma]) -> fmt::Result {
    let LinuxStep { op, answer, vmas, above, beside, remark, .. } = step;
    f.write_str(above)?;
    write!(f, "{op}")?;
    end_line(f, beside)?;
    if let Some(answer) = answer {
        write!(f, "= {answer}")?;
        end_line(f, remark)?;
    }
    match vmas.as_deref() {
        None => Ok(()),
        Some(vmas) if vmas == last => writeln!(f, "| unchanged"),
        Some(vmas) => {
            vmas.iter().try_for_each(|vma| writeln!(f, "| {vma}"))?;
            writeln!(f, "| vmas={}", vmas.len())
        }
    }
}

fn end_line(f: &mut fmt::Formatter<'_>, comment: &str) -> fmt::Result {
    if comment.is_empty() { writeln!(f) } else { writeln!(f, " {comment}") }
}
