//! What the terminal shows while a night goes on: a bar where there is a terminal, plain lines where
//! there is not.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::record::{Status, Taken};

/// The terminal.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Shows nothing yet.
    #[must_use]
    pub fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(ProgressBar::no_length);
        if let Some(bar) = &bar {
            let style = ProgressStyle::with_template("{spinner} {msg}  {elapsed}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        }
        Self { bar }
    }

    /// A line that stays.
    pub fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| println!("{line}")),
            None => println!("{line}"),
        }
    }

    /// A step begins.
    pub fn begin(&self, name: &str, share: Duration) {
        let time = if share.is_zero() {
            String::new()
        } else {
            format!(", {}", humantime::format_duration(share))
        };
        match &self.bar {
            Some(bar) => {
                bar.reset_elapsed();
                bar.set_message(format!("{name}{time}"));
            }
            None => println!("-- {name}{time}"),
        }
    }

    /// A part of it begins, which takes minutes.
    pub fn part(&self, name: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(name.to_owned()),
            None => println!("   {name}"),
        }
    }

    /// It goes on.
    pub fn tick(&self, name: &str, said: &str) {
        if let Some(bar) = &self.bar {
            let colon = if said.is_empty() { "" } else { ": " };
            bar.set_message(format!("{name}{colon}{said}"));
            bar.tick();
        }
    }

    /// It has ended.
    pub fn end(&self, taken: &Taken) {
        let Taken { name, status, seconds, said, .. } = taken;
        let mark = mark(*status);
        self.say(&format!("{mark} {name:<26} {seconds:>7.1} s  {:<13}  {said}", status.word()));
    }

    /// Nothing more is shown.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

/// A sign that tells the status without colour.
#[must_use]
pub const fn mark(status: Status) -> char {
    match status {
        Status::Clean => '✓',
        Status::Found => '✗',
        Status::CouldNotRun => '!',
        Status::LeftOut => '–',
        Status::Waiting => '…',
    }
}
