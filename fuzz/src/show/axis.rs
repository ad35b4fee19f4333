//! Where an address is drawn: every stretch between two bounds gets some room, a hole little.

use growstack::{Addr, AddrRange, PAGE_SIZE};

use super::history::{Event, History};

/// The narrowest and the widest picture of the addresses, in pixels.
const WIDTH: (f64, f64) = (600.0, 1900.0);

/// Room for a hole, before all is scaled to the width.
const HOLE: f64 = 10.0;

/// Addresses and where they are, both rising.
#[derive(Debug)]
pub(super) struct Axis {
    points: Vec<(Addr, f64)>,
    /// The holes, by their place.
    pub(super) holes: Vec<(f64, f64)>,
    /// The first address behind each hole.
    pub(super) starts: Vec<(Addr, f64)>,
    pub(super) width: f64,
}

impl Axis {
    pub(super) fn of(history: &History) -> Self {
        let mut covered: Vec<AddrRange> = history.shapes.iter().map(|shape| shape.range).collect();
        let (mut spots, mut bounds) = (Vec::new(), Vec::new());
        for mark in &history.marks {
            match mark.event {
                Event::Grown(range) => covered.push(range),
                Event::Refused(addr) => spots.extend(addr),
            }
        }
        covered.sort_unstable();
        bounds.extend(covered.iter().flat_map(|range| [range.start(), range.end()]));
        bounds.extend(spots);
        bounds.sort_unstable();
        bounds.dedup();
        Self::over(&bounds, &covered)
    }

    fn over(bounds: &[Addr], covered: &[AddrRange]) -> Self {
        let (mut at, mut reach) = (0.0, Addr::ZERO);
        let mut covered = covered.iter().peekable();
        let mut axis =
            Self { points: Vec::new(), holes: Vec::new(), starts: Vec::new(), width: 0.0 };
        axis.points.extend(bounds.first().map(|first| (*first, at)));
        axis.starts.extend(bounds.first().map(|first| (*first, at)));
        for pair in bounds.windows(2) {
            while let Some(range) = covered.next_if(|range| range.start() <= pair[0]) {
                reach = reach.max(range.end());
            }
            if reach > pair[0] {
                at += room(pair[1].wrapping_sub(pair[0]).get());
            } else {
                axis.holes.push((at, at + HOLE));
                at += HOLE;
                axis.starts.push((pair[1], at));
            }
            axis.points.push((pair[1], at));
        }
        axis.scaled(at)
    }

    fn scaled(mut self, total: f64) -> Self {
        self.width = total.clamp(WIDTH.0, WIDTH.1);
        let factor = if total > 0.0 { self.width / total } else { 1.0 };
        self.points.iter_mut().for_each(|(_, x)| *x *= factor);
        self.starts.iter_mut().for_each(|(_, x)| *x *= factor);
        self.holes.iter_mut().for_each(|(from, to)| (*from, *to) = (*from * factor, *to * factor));
        self
    }

    /// The place of an address; of one between two points, that of the lower.
    pub(super) fn x(&self, addr: Addr) -> f64 {
        let above = self.points.partition_point(|(point, _)| *point <= addr);
        above.checked_sub(1).and_then(|index| self.points.get(index)).map_or(0.0, |(_, x)| *x)
    }
}

/// Room for a number of bytes: twice as many take a little more.
#[expect(clippy::cast_precision_loss, reason = "pixels")]
fn room(bytes: u64) -> f64 {
    let pages = bytes as f64 / PAGE_SIZE as f64;
    4.0 + 8.0 * (1.0 + pages).log2()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn holes_are_short_and_order_is_kept() {
        let range = |start, end| AddrRange::new(Addr::new(start), Addr::new(end)).unwrap();
        let covered =
            [range(0x1000, 0x2000), range(0x2000, 0x9000), range(0x7fff_0000, 0x7fff_1000)];
        let bounds = [0x1000, 0x2000, 0x9000, 0x7fff_0000, 0x7fff_1000].map(Addr::new);
        let axis = Axis::over(&bounds, &covered);
        let places = bounds.map(|bound| axis.x(bound));
        assert!(places.is_sorted() && places[0] == 0.0, "{places:?}");
        assert!((places[4] - axis.width).abs() < 0.01, "{places:?}");
        assert_eq!(axis.holes, [(places[2], places[3])]);
        assert!(places[3] - places[2] < places[2] - places[1], "{places:?}");
        assert_eq!(axis.x(Addr::new(0x1fff)), places[0], "inside a stretch");
        let starts: Vec<Addr> = axis.starts.iter().map(|(addr, _)| *addr).collect();
        assert_eq!(starts, [Addr::new(0x1000), Addr::new(0x7fff_0000)]);
    }
}
