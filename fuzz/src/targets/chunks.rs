//! Changing and crossing inputs that are a header and then records of one length, whatever the
//! records mean.

use arbitrary::Unstructured;

use crate::input::{Choices, seeded};

/// The lengths that an encoding is made of, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) header: usize,
    pub(super) record: usize,
}

impl Shape {
    /// The most whole records in `bytes`, and the bytes of them and of the header.
    fn whole(self, bytes: usize) -> (usize, usize) {
        let records = bytes.saturating_sub(self.header) / self.record;
        (records, self.header.min(bytes) + records * self.record)
    }

    fn at(self, record: usize) -> usize {
        self.header + record * self.record
    }
}

/// Changes `bytes`, by `seed` alone, to at most `most`: runs of records are inserted, deleted,
/// duplicated, swapped and overwritten, and single bytes of records and header are changed.
pub(super) fn mutate(bytes: &[u8], shape: &Shape, most: usize, seed: u32) -> Vec<u8> {
    let choices = seeded(u64::from(seed), 3, 4096);
    let mut draw = Unstructured::new(&choices);
    let mut out = bytes.to_vec();
    out.resize(out.len().max(shape.header), 0);
    for _ in 0..draw.pick(&[1, 1, 2, 4]) {
        let (records, end) = shape.whole(out.len());
        out.truncate(end);
        let from = draw.index(records);
        let longest = draw.pick(&[1, 1, 4, 16, records.max(1)]);
        let to = (from + 1 + draw.index(longest)).min(records);
        let run = if records == 0 { end..end } else { shape.at(from)..shape.at(to) };
        let to = shape.at(draw.index(records + 1));
        match draw.weighted(&[8, 5, 5, 3, 8, 1]) {
            0 => {
                let length = draw.pick(&[1, 1, 2, 4, 16, 64]) * shape.record;
                let fresh: Vec<u8> = (0..length).map(|_| byte(&mut draw)).collect();
                out.splice(to..to, fresh);
            }
            1 => drop(out.drain(run)),
            2 => {
                let copied = out[run].to_vec();
                out.splice(to..to, copied);
            }
            3 if records != 0 => {
                let other = draw.index(records);
                let (a, b) = (shape.at(from.min(other)), shape.at(from.max(other)));
                if a != b {
                    let (left, right) = out.split_at_mut(b);
                    left[a..a + shape.record].swap_with_slice(&mut right[..shape.record]);
                }
            }
            4 if records != 0 => {
                let at = run.start + draw.index(shape.record);
                out[at] = changed(out[at], &mut draw);
            }
            // The first byte is the version.
            _ if shape.header > 1 => {
                let at = 1 + draw.index(shape.header - 1);
                out[at] = changed(out[at], &mut draw);
            }
            _ => {}
        }
    }
    out.truncate(shape.whole(most).1);
    out
}

fn byte(draw: &mut Unstructured<'_>) -> u8 {
    draw.below(256).to_le_bytes()[0]
}

fn changed(old: u8, draw: &mut Unstructured<'_>) -> u8 {
    match draw.below(3) {
        0 => byte(draw),
        1 => old ^ 1 << draw.below(8),
        _ => old.wrapping_add(draw.pick(&[1, 255])),
    }
}

/// The beginning of `one` and the end of `other`, cut between records.
pub(super) fn crossover(
    one: &[u8],
    other: &[u8],
    shape: &Shape,
    most: usize,
    seed: u32,
) -> Vec<u8> {
    let choices = seeded(u64::from(seed), 4, 64);
    let mut draw = Unstructured::new(&choices);
    let head = draw.index(shape.whole(one.len()).0 + 1);
    let tail = draw.index(shape.whole(other.len()).0 + 1);
    let mut out = one[..shape.at(head).min(one.len())].to_vec();
    out.extend(other.get(shape.at(tail)..).unwrap_or_default());
    out.truncate(most);
    out
}
