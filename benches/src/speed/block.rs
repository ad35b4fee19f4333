//! A block: some operations in a row, timed as one.

use std::hint::black_box;

use crate::layout::Span;
use crate::machine::tsc::{Clock, fence};
use crate::work::WARM_UP;

/// What a block took and answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block {
    /// Operations.
    pub operations: usize,
    /// Ticks in all, less those of reading the clock.
    pub ticks: u64,
    /// A sum of the answers, which must be the same for every map.
    pub sum: u64,
}

/// Looks at addresses without a clock, so that the caches hold what they hold in use, and not what
/// the map before left.
pub fn warm(addresses: &[u64], mut ask: impl FnMut(u64) -> u64) {
    for &addr in addresses {
        black_box(ask(addr));
    }
}

/// Latency: the lowest bit of every answer, which is 0, is added to the next address, so that it has
/// to be waited for.
#[inline]
pub fn chained(clock: &Clock, addresses: &[u64], mut ask: impl FnMut(u64) -> u64) -> Block {
    let (ticks, sum) = clock.time(|| {
        let (mut last, mut sum) = (0, 0_u64);
        for &addr in addresses {
            last = ask(addr + (last & 1));
            sum = sum.wrapping_add(last);
        }
        sum
    });
    Block { operations: addresses.len(), ticks, sum }
}

/// Latency where the answer has nothing in it that an address could wait for, as that of a growth to
/// a mapped address: a fence after every operation. It costs time of its own, so that only figures
/// taken in this way compare.
#[inline]
pub fn fenced(clock: &Clock, addresses: &[u64], mut ask: impl FnMut(u64) -> u64) -> Block {
    let (ticks, sum) = clock.time(|| {
        let mut sum = 0_u64;
        for &addr in addresses {
            sum = sum.wrapping_add(black_box(ask(addr)));
            fence();
        }
        sum
    });
    Block { operations: addresses.len(), ticks, sum }
}

/// An even number made of protection bits, which are 3 in every map: the compiler does not know.
#[inline(always)]
#[must_use]
pub const fn even(prot: u64) -> u64 {
    prot + 1
}

/// Throughput: no address waits for an answer.
#[inline]
pub fn independent(clock: &Clock, addresses: &[u64], mut ask: impl FnMut(u64) -> u64) -> Block {
    let (ticks, sum) =
        clock.time(|| addresses.iter().fold(0_u64, |sum, &addr| sum.wrapping_add(ask(addr))));
    Block { operations: addresses.len(), ticks, sum }
}

/// Growths: the faults of a batch one after the other, each waiting for the one before, and then
/// the undoing of all of them without a clock. The first batches warm up, and do not count.
#[inline]
pub fn grown<M>(
    clock: &Clock,
    map: &mut M,
    batches: &[Vec<(u64, Span)>],
    mut grow: impl FnMut(&mut M, u64) -> u64,
    mut undo: impl FnMut(&mut M, &Span),
) -> Block {
    let mut block = Block { operations: 0, ticks: 0, sum: 0 };
    for (at, batch) in batches.iter().enumerate() {
        let (ticks, sum) = clock.time(|| {
            let (mut last, mut sum) = (0, 0_u64);
            for (addr, _) in batch {
                last = grow(map, addr + (last & 1));
                sum = sum.wrapping_add(last);
            }
            sum
        });
        if at >= WARM_UP {
            block.operations += batch.len();
            block.ticks += ticks;
            block.sum = block.sum.wrapping_add(sum);
        }
        batch.iter().for_each(|(_, span)| undo(map, span));
    }
    block
}
