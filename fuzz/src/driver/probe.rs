//! The free-space search, by a plain scan of the entries.
//!
//! An index finds gaps by sizes kept in its nodes, and a stale size shows only in a search that
//! happens to need that node. So one search is made after every operation.

use growstack::{Addr, KernReturn, Size};

use crate::answer::{Answer, Row};
use crate::op::Config;

/// What rules 7.4 and 7.5 say about a search for `length` bytes from `start` on, in a map with
/// the bounds of `config` and the entries `rows`.
///
/// ```
/// use growstack::{Addr, KernReturn, Limits, Size, StackTunables};
/// use growstack_fuzz::answer::Answer;
/// use growstack_fuzz::driver::scan_for_space;
/// use growstack_fuzz::op::Config;
/// let config = Config {
///     min: Addr::new(0x1000),
///     max: Addr::new(0x3000),
///     tunables: StackTunables::default(),
///     limits: Limits::default(),
/// };
/// let found = scan_for_space(&config, &[], Addr::ZERO, Size::new(0x2000));
/// assert_eq!(found, Answer::Found(Addr::new(0x1000)));
/// let found = scan_for_space(&config, &[], Addr::ZERO, Size::new(0x2001));
/// assert_eq!(found, Answer::Code(KernReturn::NoSpace));
/// ```
#[must_use]
pub fn scan_for_space(config: &Config, rows: &[Row], start: Addr, length: Size) -> Answer {
    let none = Answer::Code(KernReturn::NoSpace);
    let start = start.max(config.min);
    if start.checked_add(length).is_none_or(|end| end > config.max) {
        return none;
    }
    // The first entry that ends above the start: it holds the start, or is next above it.
    let first = rows.partition_point(|row| row.range.end() <= start);
    let rows = &rows[first..];
    let bound = |at: usize| rows.get(at).map_or(config.max, |row| row.range.start());
    // A length of 0 fits at the very start of an entry, though that is mapped (rule 7.5).
    if start <= bound(0) && bound(0).wrapping_sub(start) >= length {
        return Answer::Found(start);
    }
    let fit = rows.iter().enumerate().find_map(|(at, row)| {
        let end = row.range.end();
        (end <= config.max && bound(at + 1).wrapping_sub(end) >= length).then_some(end)
    });
    fit.map_or(none, Answer::Found)
}
