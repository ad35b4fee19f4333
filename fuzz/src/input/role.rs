//! From records to operations with plain numbers, and back.
//!
//! Each operand of an operation has a role in the table of operations, which says where in a record
//! it is.

use std::cell::Cell;

use growstack::{
    Addr, Advice, FindSpace, Holes, Inherit, MapFlags, PAGE_SIZE, Prot, ProtectPart, ProtectWhat,
    Size, Wiring,
};

use super::near::{Near, near_offset};
use super::operand::Operand;
use super::record::{Offset, Record};
use super::reserves::as_reserves;
use super::view::{Place, View};
use crate::op::{Kind, LimitName, Mapping, ObjectId, Op, ProcessId, with_operations};

/// The limits by number.
const LIMITS: [LimitName; 4] =
    [LimitName::Stack, LimitName::Vmem, LimitName::Memlock, LimitName::Swap];

/// The inheritances by number; the last one is of 14.2 alone.
const INHERITS: [Inherit; 4] = [Inherit::Share, Inherit::Copy, Inherit::None, Inherit::Zero];

/// Where an operand of type `T` is in a record.
trait Role<T> {
    fn get(record: &Record, place: &Place<'_>) -> T;
    fn set(record: &mut Record, near: &Near<'_>, value: T);
}

/// The first operand: START, ADDRBOS, ADDR or a limit.
struct First;
/// The second operand: END, LENGTH or MAX_SSIZE.
struct Second;
/// MAX_ADDR.
struct Third;
/// Protections, flags, object and offset of a mapping.
struct Attributes;
/// The protection.
struct Protection;
/// The most protection.
struct Maximum;
/// Flags, those of growth among them.
struct Flags;
/// One of a few values.
struct Choice;
/// A process, in the place of the first operand.
struct Process;

/// Defines both directions.
macro_rules! records {
    ($(
        $(#[$doc:meta])* $variant:ident = $number:literal, $word:literal, $whole:literal,
        $growth:literal, $form:ident $({ $($field:ident: $type:ty = $role:ident $what:literal),* })?
    )* | $(
        $(#[$set_doc:meta])* $set:ident = $set_number:literal, $set_word:literal,
        $set_whole:literal, $set_growth:literal, $set_form:ident {
            $($set_field:ident: $set_type:ty = $set_role:ident $set_what:literal),*
        }
    )*) => {
        fn operation(record: &Record, place: &Place<'_>) -> Op {
            match record.kind {
                $(Kind::$variant => Op::$variant $({
                    $($field: <$role as Role<$type>>::get(record, place)),*
                })?,)*
                $(Kind::$set => Op::$set {
                    $($set_field: <$set_role as Role<$set_type>>::get(record, place)),*
                },)*
            }
        }

        fn record(record: &mut Record, near: &Near<'_>, op: &Op) {
            match *op {
                $(Op::$variant $({ $($field),* })? => {
                    $($(<$role as Role<$type>>::set(record, near, $field);)*)?
                })*
                $(Op::$set { $($set_field),* } => {
                    $(<$set_role as Role<$set_type>>::set(record, near, $set_field);)*
                })*
            }
        }
    };
}

with_operations!(records);

impl Record {
    /// The operation that the record stands for on the map in `view`.
    #[must_use]
    pub fn resolve(&self, view: &View<'_>, window: u64) -> Op {
        let reserves = if self.gaps { None } else { as_reserves(view) };
        let view = View { rows: reserves.as_deref().unwrap_or(view.rows), ..*view };
        let mut place = Place::new(&view, window, LIMITS[usize::from(self.choice & 3)]);
        place.first = place.number(self.first);
        operation(self, &place)
    }

    /// The record that stands for `op` on the map in `view`: there, and on a map that looks the
    /// same, [`resolve`](Self::resolve) gives `op` back. Only the number of an object above
    /// [`MAX_OBJECT`](Self::MAX_OBJECT), or [`MAX_OBJECT_14`](Self::MAX_OBJECT_14) for 14.2, is lost.
    #[must_use]
    pub fn of(op: &Op, view: &View<'_>, window: u64) -> Self {
        let mut made = Self { gaps: view.is_of_14(), ..Self::new(Kind::of(op)) };
        record(&mut made, &Near { view, window, first: Cell::new(0), plain: false }, op);
        made
    }
}

impl Record {
    /// The record of `op` with its plain numbers.
    pub(super) fn plain(op: &Op) -> Self {
        let config = super::Header::default().config;
        let (summary, processes) = Default::default();
        let view = View { rows: &[], summary, config: &config, processes: &processes };
        let mut made = Self::new(Kind::of(op));
        record(&mut made, &Near { view: &view, window: 0, first: Cell::new(0), plain: true }, op);
        made
    }
}

impl Role<Addr> for First {
    fn get(_: &Record, place: &Place<'_>) -> Addr {
        Addr::new(place.first)
    }
    fn set(record: &mut Record, near: &Near<'_>, value: Addr) {
        near.first.set(value.get());
        record.first = near.address(value.get());
    }
}

impl Role<Size> for First {
    fn get(_: &Record, place: &Place<'_>) -> Size {
        Size::new(place.first)
    }
    fn set(record: &mut Record, near: &Near<'_>, value: Size) {
        record.first = near.size(value.get());
    }
}

impl Role<u64> for First {
    fn get(_: &Record, place: &Place<'_>) -> u64 {
        place.first
    }
    fn set(record: &mut Record, near: &Near<'_>, value: u64) {
        record.first = near.size(value);
    }
}

impl Role<Addr> for Second {
    fn get(record: &Record, place: &Place<'_>) -> Addr {
        Addr::new(place.number(record.second_operand))
    }
    fn set(record: &mut Record, near: &Near<'_>, value: Addr) {
        record.second_operand = near.address(value.get());
    }
}

impl Role<Size> for Second {
    fn get(record: &Record, place: &Place<'_>) -> Size {
        Size::new(place.number(record.second_operand))
    }
    fn set(record: &mut Record, near: &Near<'_>, value: Size) {
        record.second_operand = near.size(value.get());
    }
}

impl Role<Addr> for Third {
    fn get(record: &Record, place: &Place<'_>) -> Addr {
        Addr::new(place.number(record.max_addr))
    }
    fn set(record: &mut Record, _: &Near<'_>, value: Addr) {
        record.max_addr = match value.get() {
            0 => Operand::ZERO,
            number => Operand::Raw(number),
        };
    }
}

impl Role<Mapping> for Attributes {
    fn get(record: &Record, place: &Place<'_>) -> Mapping {
        let offset = match record.offset {
            Offset::Raw(number) => number,
            Offset::Near(0) => place.first & !(1 << 63),
            Offset::Near(n @ 1..) => (i64::from(n) - 1).cast_unsigned() * PAGE_SIZE,
            Offset::Near(n) => i64::from(n).cast_unsigned().wrapping_mul(PAGE_SIZE),
        };
        Mapping {
            prot: record.prot,
            max: record.max,
            // The reader of traces knows growth flags for stacks only, but for 14.2.
            flags: if place.is_of_14() {
                record.flags
            } else {
                record.flags.difference(MapFlags::GROWTH | MapFlags::FREEBSD_14)
            },
            object: ObjectId::new(u64::from(record.object)),
            offset,
        }
    }
    fn set(record: &mut Record, near: &Near<'_>, value: Mapping) {
        let Mapping { prot, max, flags, object, offset } = value;
        (record.prot, record.max, record.flags) = (prot, max, flags);
        let number = object.map_or(0, |ObjectId(id)| id.get());
        let most = if near.view.is_of_14() { Record::MAX_OBJECT_14 } else { Record::MAX_OBJECT };
        record.object = u8::try_from(number).unwrap_or(u8::MAX).min(most);
        record.offset =
            near_offset(offset, near.first.get()).map_or(Offset::Raw(offset), Offset::Near);
    }
}

impl Role<Prot> for Protection {
    fn get(record: &Record, _: &Place<'_>) -> Prot {
        record.prot
    }
    fn set(record: &mut Record, _: &Near<'_>, value: Prot) {
        record.prot = value;
    }
}

impl Role<Prot> for Maximum {
    fn get(record: &Record, _: &Place<'_>) -> Prot {
        record.max
    }
    fn set(record: &mut Record, _: &Near<'_>, value: Prot) {
        record.max = value;
    }
}

impl Role<MapFlags> for Flags {
    fn get(record: &Record, place: &Place<'_>) -> MapFlags {
        let newer = if place.is_of_14() { MapFlags::NONE } else { MapFlags::FREEBSD_14 };
        record.flags.difference(newer)
    }
    fn set(record: &mut Record, _: &Near<'_>, value: MapFlags) {
        record.flags = value;
    }
}

impl Role<ProcessId> for Process {
    fn get(record: &Record, place: &Place<'_>) -> ProcessId {
        place.process(record.first)
    }
    fn set(record: &mut Record, near: &Near<'_>, value: ProcessId) {
        record.first = near.process(value);
    }
}

/// Implements [`Choice`] for types with two values, by a bit of the record.
macro_rules! switches {
    ($($type:ty: $bit:ident $off:path, $on:path;)*) => {$(
        impl Role<$type> for Choice {
            fn get(record: &Record, _: &Place<'_>) -> $type {
                if record.$bit { $on } else { $off }
            }
            fn set(record: &mut Record, _: &Near<'_>, value: $type) {
                record.$bit = value == $on;
            }
        }
    )*};
}

switches! {
    FindSpace: second FindSpace::No, FindSpace::Any;
    Holes: second Holes::Refused, Holes::Allowed;
    Wiring: system Wiring::User, Wiring::System;
}

/// Implements [`Choice`] for types with more values, by number.
macro_rules! numbers {
    ($($type:ty: $all:expr;)*) => {$(
        impl Role<$type> for Choice {
            fn get(record: &Record, _: &Place<'_>) -> $type {
                $all[usize::from(record.choice) % $all.len()]
            }
            fn set(record: &mut Record, _: &Near<'_>, value: $type) {
                record.choice = (0..).zip($all.iter()).find(|(_, one)| **one == value).map_or(0, |(n, _)| n);
            }
        }
    )*};
}

numbers! {
    Advice: Advice::ALL;
    LimitName: LIMITS;
    bool: [false, true];
}

impl Role<Inherit> for Choice {
    fn get(record: &Record, place: &Place<'_>) -> Inherit {
        let known = INHERITS.len() - usize::from(!place.is_of_14());
        INHERITS[usize::from(record.choice) % known]
    }
    fn set(record: &mut Record, _: &Near<'_>, value: Inherit) {
        let number = (0..).zip(INHERITS).find(|(_, one)| *one == value);
        record.choice = number.map_or(0, |(number, _)| number);
    }
}

/// The bit of a choice for `max` beside `prot`, and that for a stack as a whole.
const BOTH: u8 = 1;
const WHOLE: u8 = 2;

impl Role<ProtectWhat> for Choice {
    fn get(record: &Record, place: &Place<'_>) -> ProtectWhat {
        let choice = if place.is_of_14() { record.choice } else { 0 };
        let part = match (choice & BOTH != 0, record.second) {
            (true, _) => ProtectPart::Both(record.max),
            (false, true) => ProtectPart::Max,
            (false, false) => ProtectPart::Current,
        };
        if choice & WHOLE == 0 { part.into() } else { ProtectWhat::GrowsDown(part) }
    }
    fn set(record: &mut Record, _: &Near<'_>, value: ProtectWhat) {
        record.choice = if value.grows_down() { WHOLE } else { 0 };
        match value.part() {
            ProtectPart::Current => record.second = false,
            ProtectPart::Max => record.second = true,
            ProtectPart::Both(max) => {
                record.choice |= BOTH;
                record.max = max;
            }
        }
    }
}
