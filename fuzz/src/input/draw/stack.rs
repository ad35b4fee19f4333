//! Stacks, faults and process images: reserves that fit, that just do not, and that something is
//! put into.

use arbitrary::Unstructured;
use growstack::MapFlags;

use super::{A, Generator, beside, far, pages};
use crate::input::choices::Choices;
use crate::input::operand::{Operand, Unit};
use crate::input::style::Grain;

impl Generator {
    /// ADDRBOS and MAX_SSIZE of a stack: in some gap, or at any odd place.
    pub(super) fn reserve(&mut self, bytes: &mut Unstructured<'_>) -> (Operand, Operand) {
        match bytes.weighted(&[36, 5, 3, 1]) {
            0 => self.reserve_in_gap(bytes),
            1 => (self.address(bytes), self.length(bytes)),
            2 => self.reserve_at_top(bytes),
            _ => (far(bytes), far(bytes)),
        }
    }

    fn reserve_in_gap(&mut self, bytes: &mut Unstructured<'_>) -> (Operand, Operand) {
        let index = self.index(bytes);
        let below = if bytes.one_in(2) { bytes.small::<u8>(8) } else { 0 };
        let unit = if self.style.grain == Grain::Bytes && bytes.one_in(2) {
            Unit::Byte
        } else {
            Unit::Page
        };
        let first = match bytes.below(4) {
            0 => self.part(bytes, A::GapPart, index),
            _ => {
                let count = i8::try_from(below).unwrap_or(0);
                Operand::Near { anchor: A::GapStart, index, unit, count }
            }
        };
        // What is left to grow is what is beyond the first step.
        let in_gap =
            |index, unit, count| Operand::Near { anchor: A::LengthInGap, index, unit, count };
        let length = match bytes.weighted(&[3, 4, 4, 1]) {
            0 => in_gap(u16::MAX, Unit::None, 0),
            1 => in_gap(1 + bytes.small::<u16>(12), Unit::GrowStep, 1),
            2 => in_gap(1 + bytes.small::<u16>(64), Unit::None, 0),
            _ => in_gap(bytes.small(4), Unit::None, 0),
        };
        let fine = match self.style.grain {
            Grain::Pages => false,
            Grain::Mixed => bytes.one_in(8),
            Grain::Bytes => true,
        };
        match length {
            Operand::Near { anchor, index, unit: Unit::None, .. } if fine => {
                let count = -i8::try_from(bytes.small::<u8>(128)).unwrap_or(1);
                (first, Operand::Near { anchor, index, unit: Unit::Byte, count })
            }
            _ => (first, length),
        }
    }

    /// A reserve that ends just below, at or past the end of the map, which for some maps is the
    /// end of all addresses (rules 12.1, 12.8 and 15.5 to 15.7).
    fn reserve_at_top(&mut self, bytes: &mut Unstructured<'_>) -> (Operand, Operand) {
        let below = bytes.pick(&[1, 2, 4, 16]);
        let unit = if self.style.grain == Grain::Bytes { Unit::Byte } else { Unit::Page };
        let first = Operand::Near { anchor: A::MapMax, index: 0, unit, count: -below };
        let length = match unit {
            Unit::Byte => beside(A::Pages, bytes.small(2), below),
            _ => pages(u16::try_from(below).unwrap_or(1)),
        };
        let (unit, count) = self.step(bytes);
        match length {
            Operand::Near { anchor, index, unit: Unit::None, .. } => {
                (first, Operand::Near { anchor, index, unit, count })
            }
            _ => (first, length),
        }
    }

    /// The address of a growth: a fault near a stack, or anywhere.
    pub(super) fn fault(&mut self, bytes: &mut Unstructured<'_>) -> Operand {
        let tiny = self.style.pages <= 2;
        match bytes.weighted(&[60, 6, if tiny { 60 } else { 2 }]) {
            0 => self.fault_beside(bytes),
            1 => self.address(bytes),
            // The need of a growth wraps only from one end of all addresses to the other.
            _ => far(bytes),
        }
    }

    fn fault_beside(&mut self, bytes: &mut Unstructured<'_>) -> Operand {
        let index = self.index(bytes);
        let down = bytes.one_in(2);
        let edge = |down| if down { A::FaultLow } else { A::FaultHigh };
        match bytes.weighted(&[10, 10, 16, 5, 5, 2, 2]) {
            0 => Operand::at(edge(down), index),
            1 => {
                let count = i8::try_from(bytes.small::<u8>(4)).unwrap_or(0);
                let count = if down { -1 - count } else { count };
                let anchor = if down { A::StackLow } else { A::StackHigh };
                Operand::Near { anchor, index, unit: Unit::Page, count }
            }
            2 => {
                let count = bytes.small::<u8>(256).cast_signed();
                Operand::Near { anchor: edge(down), index, unit: Unit::None, count }
            }
            3 => self.near(bytes, if down { A::ReserveLow } else { A::ReserveHigh }),
            4 => self.near(bytes, if down { A::GapStart } else { A::GapEnd }),
            // As far from the neighbour as from the stack: a tie, if the neighbour is one too.
            5 => beside(A::StackGap, index, bytes.pick(&[0, 1, -1])),
            _ => self.part(bytes, A::GapPart, index),
        }
    }

    /// The end of the stack of a new process image, and how long that may get.
    pub(super) fn image(&mut self, bytes: &mut Unstructured<'_>) -> (Operand, Operand) {
        let top = match bytes.weighted(&[6, 2, 2]) {
            0 => {
                let pages = u16::try_from(self.style.pages).unwrap_or(u16::MAX);
                Operand::at(A::WindowPage, pages)
            }
            1 => Operand::at(A::MapMax, 0),
            _ => self.address(bytes),
        };
        let length = match bytes.weighted(&[6, 4, 1]) {
            0 => pages(1 + bytes.small::<u16>(32)),
            1 => {
                let count = i8::try_from(bytes.small::<u8>(16)).unwrap_or(0);
                Operand::Near { anchor: A::GrowStep, index: 0, unit: Unit::Page, count }
            }
            _ => self.length(bytes),
        };
        (top, length)
    }
}

/// Growth flags: down, up, both; rarely none (rule 15.3).
pub(super) fn growth(bytes: &mut Unstructured<'_>) -> MapFlags {
    match bytes.weighted(&[32, 24, 16, 1]) {
        0 => MapFlags::GROWS_DOWN,
        1 => MapFlags::GROWS_UP,
        2 => MapFlags::GROWTH,
        _ => MapFlags::NONE,
    }
}
