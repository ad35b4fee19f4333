//! `growstack describe`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::input::{Item, is_recorded_of_linux, items, trace_name};
use super::{Exit, Streams};
use crate::describe::{Description, KINDS, describe};
use crate::trace::read_file;

/// Print a table of what traces are made of: the entries where there are most and at the end, the
/// stacks where there are most, and the operations by kind. Traces called *.linux.trace are left out.
///
/// Exit code: 0, or 2 if something could not be used.
#[derive(Debug, Args)]
pub(super) struct Describe {
    /// Traces, or folders to search for them.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl Describe {
    pub(super) fn run(&self, streams: &mut Streams<'_>) -> Result<Exit> {
        write!(streams.out, "{}", self.table()?)?;
        Ok(Exit::Agreed)
    }

    fn table(&self) -> Result<String> {
        let heads = ["operations", "most entries", "last", "stacks"];
        let heads: Vec<&str> = heads.into_iter().chain(KINDS).collect();
        let mut table = format!("| trace | {} |\n", heads.join(" | "));
        table += &format!("|---|{}\n", "---:|".repeat(heads.len()));
        for path in &self.paths {
            for item in items(path, None)? {
                let Item::Trace(path) = item else { continue };
                if is_recorded_of_linux(&path) {
                    continue;
                }
                table += &row(&trace_name(&path), &describe(&read_file(&path)?));
            }
        }
        Ok(table)
    }
}

fn row(name: &str, described: &Description) -> String {
    let Description { operations, most, last, stacks, kinds } = described;
    let numbers = [operations, most, last, stacks].into_iter().chain(kinds);
    let cells: Vec<String> = numbers.map(ToString::to_string).collect();
    format!("| {name} | {} |\n", cells.join(" | "))
}
