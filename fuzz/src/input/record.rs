//! Records: one operation each, all of one length.
//!
//! | bytes | what |
//! |---|---|
//! | 0 | the number of the operation in [`op`](crate::op); for 14.2, bit 7: gaps of stacks count as entries |
//! | 1 | `prot` in bits 0 to 2, `max` in bits 3 to 5; bit 6: `max` of `protect`, `holes`, `any`; bit 7: `system` |
//! | 2, 3 | of 9.3, flags in bits 0 to 8, the object's number in bits 9 to 15; of 14.2, flags in bits 0 to 11, the object's number in bits 12 to 15 |
//! | 4 | inheritance, advice, limit or switch in bits 0 to 2; for `protect` of 14.2, `max` beside `prot` in bit 0, a stack as a whole in bit 1; in bits 3 to 7, 1 + the index nodes to be had |
//! | 5 | the offset: 0 as START says, n > 0 for n - 1 pages, n < 0 for n pages below 2^64 |
//! | 6 to 9 | first operand |
//! | 10 to 13 | second operand |
//! | 14, 15 | the operand MAX_ADDR, the number in one byte and without steps |
//!
//! An operand: anchor in bits 0 to 4 and unit in bits 5 to 7 of the first byte, then the count of
//! steps, then the number of the entry, gap, stack or page in two bytes, the low one first.
//!
//! A record with the number 0x7f gives a plain number to the next operation: in byte 1 whether it is
//! the first operand (0), the second (1), MAX_ADDR (2) or the offset (3), in bytes 8 to 15 the
//! number.

use growstack::{MapFlags, Prot};

use super::operand::{Anchor, Operand};
use crate::kernel::Kernel;
use crate::op::Kind;

/// The number of a record that is no operation, but a plain number for the next one.
const WIDE: u8 = 0x7f;

/// The bit of the first byte that says, in a record of 14.2, that gaps count as entries.
const GAPS: u8 = 0x80;

/// Bytes of a record.
pub const RECORD: usize = 16;

/// Where an insertion's offset comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Offset {
    /// START without its highest bit, so that neighbours of one object continue each other; or a
    /// few pages from either end of all offsets.
    Near(i8),
    /// Just this number.
    Raw(u64),
}

/// One operation as an input holds it. What an operation has no use for stays as it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Record {
    /// Which operation.
    pub kind: Kind,
    /// The protection.
    pub prot: Prot,
    /// The most protection.
    pub max: Prot,
    /// The second of two choices: `max` of `protect`, `holes`, `any`.
    pub second: bool,
    /// `system` rather than `user`.
    pub system: bool,
    /// Do operands count the gaps of stacks of FreeBSD 14.2 as entries? If not, a gap is what the stack
    /// beside it has left to grow, as in 9.3.
    pub gaps: bool,
    /// Flags, growth flags among them.
    pub flags: MapFlags,
    /// The number of the object, 0 for none.
    pub object: u8,
    /// Inheritance, advice, limit or switch, by number.
    pub choice: u8,
    /// With how many index nodes to be had the target `allocation` tries first; `None` for none.
    pub nodes: Option<u8>,
    /// The offset.
    pub offset: Offset,
    /// The first operand: START, ADDRBOS, ADDR or a limit.
    pub first: Operand,
    /// The second operand: END, LENGTH or MAX_SSIZE.
    pub second_operand: Operand,
    /// MAX_ADDR.
    pub max_addr: Operand,
}

impl Record {
    /// The largest number of an object in inputs of FreeBSD 9.3.
    pub const MAX_OBJECT: u8 = 0x7f;
    /// The same of 14.2, which has more flags.
    pub const MAX_OBJECT_14: u8 = 0xf;
    /// The largest number of nodes that can be asked for.
    pub const MAX_NODES: u8 = 30;

    /// A record with nothing but a kind: read and write, no flags, all operands 0.
    #[must_use]
    pub const fn new(kind: Kind) -> Self {
        Self {
            kind,
            prot: Prot::RW,
            max: Prot::ALL,
            second: false,
            system: false,
            gaps: false,
            flags: MapFlags::NONE,
            object: 0,
            choice: 0,
            nodes: None,
            offset: Offset::Near(0),
            first: Operand::ZERO,
            second_operand: Operand::ZERO,
            max_addr: Operand::ZERO,
        }
    }

    /// Whether it is the same operation on every map.
    pub(crate) fn is_plain(&self) -> bool {
        let is_number = |operand| {
            matches!(operand, Operand::Raw(_) | Operand::Near { anchor: Anchor::Pages, .. })
        };
        [self.first, self.second_operand, self.max_addr].into_iter().all(is_number)
    }

    /// The record in plainer and plainer forms: without flags, without an object or odd
    /// protections, with whole pages. For maps that do not have all of these.
    pub(crate) fn plainer(&self) -> [Self; 3] {
        let bare = Self { flags: self.flags.intersection(MapFlags::GROWTH), ..*self };
        let anonymous = match self.kind {
            Kind::Insert | Kind::Stack | Kind::Find | Kind::Fixed => {
                let (prot, max) = (Prot::RW, Prot::ALL);
                Self { prot, max, object: 0, offset: Offset::Near(1), ..bare }
            }
            // Which protection of FreeBSD 14.2 it is.
            Kind::Protect => Self { choice: 0, ..bare },
            _ => bare,
        };
        let aligned = Self {
            first: self.first.aligned(),
            second_operand: self.second_operand.aligned(),
            max_addr: Operand::ZERO,
            ..anonymous
        };
        [bare, anonymous, aligned]
    }

    /// The bytes that the record takes, those of its plain numbers included.
    #[must_use]
    pub fn bytes(&self) -> usize {
        RECORD * (1 + self.wide().into_iter().flatten().count())
    }

    /// The plain numbers by place.
    fn wide(&self) -> [Option<u64>; 4] {
        let raw = |operand| match operand {
            Operand::Raw(number) => Some(number),
            Operand::Near { .. } => None,
        };
        let offset = match self.offset {
            Offset::Raw(number) => Some(number),
            Offset::Near(_) => None,
        };
        [raw(self.first), raw(self.second_operand), raw(self.max_addr), offset]
    }

    /// Appends the bytes of the record, one of `kernel`.
    pub(super) fn encode(&self, kernel: Kernel, out: &mut Vec<u8>) {
        for (place, number) in (0..).zip(self.wide()) {
            if let Some(number) = number {
                out.extend([WIDE, place, 0, 0, 0, 0, 0, 0]);
                out.extend(number.to_le_bytes());
            }
        }
        let (flags, shift, most) = Self::flags_and_object(kernel);
        let object = u16::from(self.object.min(most));
        let bits = self.flags.intersection(flags).bits() | object << shift;
        let gaps = self.gaps && kernel == Kernel::Freebsd14;
        let offset = match self.offset {
            Offset::Near(pages) => pages,
            Offset::Raw(_) => 0,
        };
        out.push(self.kind as u8 | if gaps { GAPS } else { 0 });
        out.push(
            self.prot.bits()
                | self.max.bits() << 3
                | u8::from(self.second) << 6
                | u8::from(self.system) << 7,
        );
        out.extend(bits.to_le_bytes());
        out.push(self.choice & 7 | self.nodes.map_or(0, |n| n.min(Self::MAX_NODES) + 1) << 3);
        out.extend(offset.to_le_bytes());
        out.extend(self.first.encode());
        out.extend(self.second_operand.encode());
        let [head, _, index, _] = self.max_addr.encode();
        out.extend([head, index]);
    }

    /// The flags in bytes 2 and 3, the lowest bit of the object's number, and the most that it can be.
    const fn flags_and_object(kernel: Kernel) -> (MapFlags, u32, u8) {
        match kernel {
            Kernel::Freebsd9 => {
                (MapFlags::ALL.difference(MapFlags::FREEBSD_14), 9, Self::MAX_OBJECT)
            }
            Kernel::Freebsd14 => (MapFlags::ALL, 12, Self::MAX_OBJECT_14),
        }
    }

    /// The operation of `kernel` that `bytes` stand for, with the plain numbers given to it; `None` if
    /// the number has no meaning there.
    fn decode(bytes: [u8; RECORD], wide: [Option<u64>; 4], kernel: Kernel) -> Option<Self> {
        let [kind, prots, f0, f1, choice, offset, a0, a1, a2, a3, b0, b1, b2, b3, c0, c1] = bytes;
        let bits = u16::from_le_bytes([f0, f1]);
        let (flags, shift, _) = Self::flags_and_object(kernel);
        let newer = kernel == Kernel::Freebsd14;
        let number = if newer { kind & !GAPS } else { kind };
        let or = |number: Option<u64>, near| number.map_or(Operand::decode(near), Operand::Raw);
        Some(Self {
            kind: Kind::from_number(number).filter(|kind| kind.is_of(kernel))?,
            prot: Prot::from_bits_truncate(prots),
            max: Prot::from_bits_truncate(prots >> 3),
            second: prots & 0x40 != 0,
            system: prots & 0x80 != 0,
            gaps: newer && kind & GAPS != 0,
            flags: MapFlags::from_bits_truncate(bits).intersection(flags),
            object: u8::try_from(bits >> shift).unwrap_or(0),
            choice: choice & 7,
            nodes: (choice >> 3).checked_sub(1),
            offset: wide[3].map_or(Offset::Near(i8::from_le_bytes([offset])), Offset::Raw),
            first: or(wide[0], [a0, a1, a2, a3]),
            second_operand: or(wide[1], [b0, b1, b2, b3]),
            max_addr: or(wide[2], [c0, 0, c1, 0]),
        })
    }
}

/// The records of `kernel` that `bytes` hold. What has no meaning is passed over, and so is a last record
/// that is not whole.
pub(super) fn decode_all(bytes: &[u8], kernel: Kernel) -> Vec<Record> {
    let (chunks, _) = bytes.as_chunks::<RECORD>();
    let mut records = Vec::with_capacity(chunks.len());
    let mut wide = [None; 4];
    for &chunk in chunks {
        if chunk[0] == WIDE {
            let [.., n0, n1, n2, n3, n4, n5, n6, n7] = chunk;
            let number = u64::from_le_bytes([n0, n1, n2, n3, n4, n5, n6, n7]);
            wide[usize::from(chunk[1] & 3)] = Some(number);
        } else {
            records.extend(Record::decode(chunk, wide, kernel));
            wide = [None; 4];
        }
    }
    records
}
