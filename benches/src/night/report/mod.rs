//! The page that a person reads in the morning, and the same in short.

pub mod chart;
pub mod coverage;
pub mod maps;
mod page;
pub mod summary;
mod tables;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::history::Line;
use super::record::Night;
use super::state::Reached;

pub use page::html;

/// Writes `report.html`, `summary.md` and what shows each finding to `folder`; the page's path.
///
/// # Errors
///
/// When they cannot be written.
pub fn write(folder: &Path, night: &Night, history: &[Line], fresh: &Reached) -> Result<PathBuf> {
    let findings = folder.join("findings");
    if findings.exists() {
        fs::remove_dir_all(&findings).with_context(|| findings.display().to_string())?;
    }
    let put = |path: &Path, text: &str| {
        let folder = path.parent().unwrap_or(path);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(path, text))
            .with_context(|| path.display().to_string())
    };
    for found in &night.findings {
        let evidence = &found.evidence;
        let files = [
            ("txt", Some(evidence.report.as_str())),
            ("trace", evidence.trace.as_deref()),
            ("rs", Some(evidence.test.as_str()).filter(|test| !test.is_empty())),
        ];
        for (ending, text) in files {
            if let Some(text) = text {
                put(&findings.join(format!("{}.{ending}", evidence.name)), text)?;
            }
        }
    }
    put(&folder.join("summary.md"), &summary::markdown(night))?;
    put(&folder.join("night.json"), &(serde_json::to_string_pretty(night)? + "\n"))?;
    let page = folder.join("report.html");
    put(&page, &html(night, history, fresh)?)?;
    Ok(page)
}
