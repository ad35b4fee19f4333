//! Searches for space, answered by looking at one entry after the other (rules 7.4 and 7.5).

use growstack::PAGE_SIZE;

use crate::answer::Row;
use crate::op::Config;

/// The lowest address at or above `start` with `length` bytes free.
pub(super) fn first_fit(rows: &[Row], config: &Config, start: u64, length: u64) -> Option<u64> {
    let (min, max) = (config.min.get(), config.max.get());
    let start = start.max(min);
    if start.checked_add(length)? > max {
        return None;
    }
    let from = rows.iter().position(|row| row.range.end().get() > start).unwrap_or(rows.len());
    let above = &rows[from..];
    let low = |at: usize| above.get(at).map_or(max, |row| row.range.start().get());
    if low(0) >= start && (length == 0 || low(0) - start >= length) {
        return Some(start);
    }
    let ends = above.iter().map(|row| row.range.end().get()).enumerate();
    ends.into_iter().find(|&(at, end)| low(at + 1) - end >= length).map(|(_, end)| end)
}

/// A search that the map has, or just lacks: start and length, by `number` alone.
pub(super) fn draw(rows: &[Row], config: &Config, number: u64) -> (u64, u64) {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let at = |shift: u32| usize::try_from((mixed >> shift) & 0xffff).expect("16 bits");
    let pick = |shift: u32| rows.get(at(shift).checked_rem(rows.len())?);
    let start = match (mixed >> 61, pick(0)) {
        (0 | 1, Some(row)) => row.range.start().get(),
        (2 | 3, Some(row)) => row.range.end().get(),
        (4, Some(row)) => row.range.start().get().wrapping_sub(PAGE_SIZE),
        _ => config.min.get(),
    };
    let gap = at(16) % (rows.len() + 1);
    let below = gap.checked_sub(1).map_or(config.min, |below| rows[below].range.end());
    let above = rows.get(gap).map_or(config.max, |row| row.range.start());
    let length = above.get().saturating_sub(below.get());
    let length = match (mixed >> 58) & 7 {
        0..=3 => length,
        4 | 5 => length.wrapping_add(1),
        6 => length.wrapping_add(PAGE_SIZE),
        _ => at(32) as u64 % 8 * PAGE_SIZE,
    };
    (start, length)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use growstack::{Addr, Size};

    use super::*;
    use crate::answer::Answer;
    use arbitrary::Unstructured;

    use crate::input::{Flavour, Input, seeded};
    use crate::kernel::Kernel;
    use crate::op::Op;
    use crate::oracle::Oracle;
    use crate::space::AddressSpace;

    #[test]
    fn walks_find_what_the_rule_book_says() {
        let mut found = [0; 2];
        for seed in 0..200 {
            let bytes = seeded(seed, 0, 60 * Input::BYTES_PER_RECORD);
            let input =
                Input::draw(&mut Unstructured::new(&bytes), Kernel::Freebsd9, Flavour::Whole, 60);
            let config = input.header.config;
            let mut map = Oracle::create(&config);
            for step in input.trace().steps {
                map.apply(step.op(), &mut Vec::new());
            }
            let mut rows = Vec::new();
            map.entries(&mut rows);
            for number in 0..100 {
                let (start, length) = draw(&rows, &config, number);
                let op = Op::FindSpace { start: Addr::new(start), length: Size::new(length) };
                let answer = match map.apply(&op, &mut Vec::new()).0 {
                    Answer::Found(addr) => Some(addr.get()),
                    _ => None,
                };
                assert_eq!(first_fit(&rows, &config, start, length), answer, "{op}");
                found[usize::from(answer.is_some())] += 1;
            }
        }
        assert!(found.iter().all(|&count| count > 2000), "{found:?}");
    }
}
