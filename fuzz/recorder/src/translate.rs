//! Linux calls as the operations of a map that they amount to; `docs/recording.md` has the table.

use growstack::{
    Addr, AddrRange, EntryFlags, Holes, Inherit, MapFlags, PAGE_SIZE, Prot, ProtectWhat, Size,
    Wiring,
};
use growstack_fuzz::answer::Row;
use growstack_fuzz::op::{Mapping, Op};

use super::Style;
use super::call::{Advised, Backing, Call, MmapFlags, Outcome};
use super::space::{Objects, Placing, Space, mapping_of};

/// The range of a call, unless it is empty or reaches past 2^64.
fn range(start: u64, length: u64) -> Option<AddrRange> {
    AddrRange::new(Addr::new(start), Addr::new(start.checked_add(length)?))
}

/// A mapping that `mmap` or `shmat` makes.
pub(super) struct New {
    pub(super) range: AddrRange,
    pub(super) prot: Prot,
    pub(super) flags: MmapFlags,
}

impl Space {
    /// Applies what a call of `mmap` did.
    pub(super) fn mmap(
        &mut self,
        new: &New,
        backing: &Backing,
        offset: u64,
        objects: &mut Objects,
    ) {
        let &New { range, prot, flags } = new;
        let object = match backing {
            Backing::File(name) => objects.named(name),
            Backing::Anonymous if flags.shared() => objects.another(),
            Backing::Anonymous => None,
        };
        let attributes = [
            (flags.shared(), MapFlags::INHERIT_SHARE),
            (object.is_some() && !flags.shared(), MapFlags::COW),
            (flags.no_reserve(), MapFlags::ACC_NO_CHARGE),
        ];
        let on = attributes.into_iter().filter(|(on, _)| *on);
        let attributes = on.fold(MapFlags::NONE, |all, (_, flag)| all | flag);
        let offset = if object.is_some() { offset } else { 0 };
        let mapping = Mapping { prot, max: Prot::ALL, flags: attributes, object, offset };
        let placing = match (flags.replaces(), flags.fixed()) {
            (true, _) => Placing::Over,
            (false, true) => Placing::Asked,
            (false, false) => Placing::Chosen,
        };
        let thread_stack = self.style == Style::Growing && flags.stack() && object.is_none();
        if flags.grows_down() && object.is_none() {
            self.clear(range);
            self.make_stack(range, self.room_below(range), prot);
        } else if thread_stack && prot != Prot::NONE {
            self.clear(range);
            self.thread_stack(range, prot);
        } else {
            self.place(range, mapping, placing);
            if thread_stack {
                self.thread_stacks.push(range);
            }
        }
        if flags.locked() || self.locks_future {
            self.wire(range);
        }
    }

    /// Makes a stack that is one page now and may grow to the whole of `range`.
    fn thread_stack(&mut self, range: AddrRange, prot: Prot) {
        let first = range.end().wrapping_back(Size::PAGE);
        if let Some(first) = AddrRange::new(first, range.end()) {
            self.make_stack(first, range.start(), prot);
        }
    }

    /// Removes what is in `range`, if anything is.
    fn clear(&mut self, range: AddrRange) {
        if !self.is_free(range) {
            self.apply(Op::Remove { start: range.start(), end: range.end() });
        }
        self.thread_stacks.retain(|s| s.end() <= range.start() || range.end() <= s.start());
    }

    /// Applies what `call` did to this address space; all but `mmap`, `shmat` and what makes
    /// address spaces.
    pub(super) fn translate(&mut self, call: &Call, outcome: Outcome) {
        let short = outcome == Outcome::OutOfMemory;
        let Some(value) = (match outcome {
            Outcome::Returned(value) => Some(value),
            Outcome::OutOfMemory => Some(0),
            Outcome::Failed | Outcome::Unknown => None,
        }) else {
            return;
        };
        match *call {
            Call::Break { wanted } if !short => self.set_break(wanted, value),
            Call::Advise { start, length, advice } => self.advise(range(start, length), advice),
            Call::Protect { start, length, prot, down } => {
                self.protect(range(start, length), prot, down, short);
            }
            Call::Lock { start, length } => self.lock(range(start, length), true),
            Call::Unlock { start, length } => self.lock(range(start, length), false),
            _ if short => {}
            Call::Unmap { start, length } => self.unmap(range(start, length)),
            Call::Remap { old, old_length, length, keep, .. } => {
                self.remap(Addr::new(old), old_length, range(value, length), keep);
            }
            Call::LockAll { now, future } => self.lock_all(now, future),
            Call::UnlockAll => {
                self.lock_all(false, false);
                let (start, end) = (self.config.min, self.config.max);
                let (wiring, holes) = (Wiring::User, Holes::Allowed);
                self.apply(Op::Unwire { start, end, wiring, holes });
            }
            Call::Detach { start } => {
                if let Some(length) = self.attached.remove(&start) {
                    self.unmap(range(start, length));
                }
            }
            _ => {}
        }
    }

    fn unmap(&mut self, range: Option<AddrRange>) {
        let Some(range) = range else { return };
        self.apply(Op::Remove { start: range.start(), end: range.end() });
        self.thread_stacks.retain(|s| s.end() <= range.start() || range.end() <= s.start());
    }

    fn set_break(&mut self, wanted: u64, value: u64) {
        let (old, new) = (page_up(self.brk), page_up(value));
        self.brk = value;
        // A refused change answers with the old break, and 0 only asks for it.
        if wanted == 0 || value != wanted {
            return;
        }
        if let Some(range) = range(old, new.saturating_sub(old)) {
            let (prot, max, flags) = (Prot::RW, Prot::ALL, MapFlags::NONE);
            let mapping = Mapping { prot, max, flags, object: None, offset: 0 };
            self.place(range, mapping, Placing::Asked);
            if self.locks_future {
                self.wire(range);
            }
        }
        self.unmap(range(new, old.saturating_sub(new)));
    }

    fn protect(&mut self, range: Option<AddrRange>, prot: Prot, down: bool, short: bool) {
        let Some(mut range) = range else { return };
        if let (true, Some(row)) = (down, self.rows_in(range).first()) {
            let entry = self.rows().find(|entry| entry.range.contains(row.range.start()));
            let start = entry.map_or(range.start(), |entry| entry.range.start());
            range = AddrRange::new(start.min(range.start()), range.end()).unwrap_or(range);
        }
        if self.opens_thread_stack(range, prot) {
            self.clear(range);
            return self.thread_stack(range, prot);
        }
        self.grow_into(range);
        // Linux changes what is below the first hole, and then fails.
        let end = if short { self.mapped_until(range) } else { range.end() };
        if range.start() < end {
            let what = ProtectWhat::Current;
            self.apply(Op::Protect { start: range.start(), end, prot, what });
        }
    }

    /// Does this make a thread's stack usable that was mapped without any access?
    fn opens_thread_stack(&self, range: AddrRange, prot: Prot) -> bool {
        let inside = |s: &AddrRange| s.start() <= range.start() && range.end() <= s.end();
        prot != Prot::NONE
            && self.thread_stacks.iter().any(inside)
            && self.rows_in(range).iter().all(|row| row.prot == Prot::NONE)
    }

    /// Linux has used addresses that are mapped here only once the stack above them has grown.
    fn grow_into(&mut self, range: AddrRange) {
        let end = self.mapped_until(range);
        let above = AddrRange::new(end, range.end()).map(|hole| self.rows_in(hole));
        let Some(stack) = above.as_ref().and_then(|rows| rows.first()) else { return };
        if stack.flags.contains(EntryFlags::GROWS_DOWN) && end < stack.range.start() {
            self.apply(Op::Grow { addr: end });
        }
    }

    fn remap(&mut self, old: Addr, old_length: u64, new: Option<AddrRange>, keep: bool) {
        let Some(new) = new else { return };
        // A length of 0 maps what is shared there once more.
        let source = range(old.get(), old_length.max(PAGE_SIZE)).unwrap_or(new);
        let pieces = self.rows_in(source);
        if new.start() == old {
            return self.resize(source, new, pieces.last());
        }
        self.clear(new);
        for (index, piece) in pieces.iter().enumerate() {
            let Some(target) = moved(piece, old, new, index + 1 == pieces.len()) else { continue };
            self.place(target, mapping_of(piece), Placing::Chosen);
            self.keep_attributes(target, piece);
        }
        if !keep && old_length != 0 {
            self.unmap(Some(source));
        }
    }

    /// `mremap` without a move: cuts the end off, or maps more behind it.
    fn resize(&mut self, old: AddrRange, new: AddrRange, last: Option<&Row>) {
        self.unmap(AddrRange::new(new.end(), old.end()));
        let (Some(more), Some(last)) = (AddrRange::new(old.end(), new.end()), last) else { return };
        let mut mapping = mapping_of(last);
        if mapping.object.is_some() {
            mapping.offset = mapping.offset.wrapping_add(last.range.len().get());
        }
        self.place(more, mapping, Placing::Asked);
        self.keep_attributes(more, last);
    }

    /// What a mapping does not say when it is made.
    fn keep_attributes(&mut self, target: AddrRange, piece: &Row) {
        let (start, end) = (target.start(), target.end());
        if piece.inherit == Inherit::None {
            self.apply(Op::Inherit { start, end, inherit: Inherit::None });
        }
        if piece.wired != 0 {
            self.wire(target);
        }
    }

    fn advise(&mut self, range: Option<AddrRange>, advice: Advised) {
        let Some(range) = range else { return };
        let (start, end) = (range.start(), range.end());
        match advice {
            Advised::Advice(advice) => {
                self.apply(Op::Madvise { start, end, advice });
            }
            // Back to what the mapping was: what is shared is shared with children.
            Advised::Inherit(Inherit::Copy) => {
                for row in self.rows_in(range) {
                    let shared = row.object.is_some() && !row.flags.contains(EntryFlags::COW);
                    let inherit = if shared { Inherit::Share } else { Inherit::Copy };
                    let (start, end) = (row.range.start(), row.range.end());
                    self.apply(Op::Inherit { start, end, inherit });
                }
            }
            Advised::Inherit(inherit) => {
                self.apply(Op::Inherit { start, end, inherit });
            }
        }
    }

    /// `mlock` and `munlock`, as far as the first hole.
    fn lock(&mut self, range: Option<AddrRange>, on: bool) {
        let Some(range) = range else { return };
        self.grow_into(range);
        let Some(range) = AddrRange::new(range.start(), self.mapped_until(range)) else { return };
        if on {
            return self.wire(range);
        }
        let (start, end) = (range.start(), range.end());
        let (wiring, holes) = (Wiring::User, Holes::Refused);
        self.apply(Op::Unwire { start, end, wiring, holes });
    }

    /// Wires `range`, passing over holes and over what nobody may read, where Linux has locked
    /// what the rules would refuse.
    fn wire(&mut self, range: AddrRange) {
        let rows = self.rows_in(range);
        let usable = rows.iter().all(|row| row.prot.intersects(Prot::READ | Prot::EXECUTE));
        let whole = self.mapped_until(range) == range.end();
        let holes = if usable && whole { Holes::Refused } else { Holes::Allowed };
        let (start, end, wiring) = (range.start(), range.end(), Wiring::User);
        self.apply(Op::Wire { start, end, wiring, holes });
    }

    fn lock_all(&mut self, now: bool, future: bool) {
        if self.locks_future != future {
            self.locks_future = future;
            self.apply(Op::WireFuture { on: future });
        }
        if now {
            let (start, end) = (self.config.min, self.config.max);
            let (wiring, holes) = (Wiring::User, Holes::Allowed);
            self.apply(Op::Wire { start, end, wiring, holes });
        }
    }
}

/// Where a piece of what was at `old` is in `new`. The last one takes what was added.
fn moved(piece: &Row, old: Addr, new: AddrRange, last: bool) -> Option<AddrRange> {
    let start = new.start().wrapping_add(piece.range.start().wrapping_sub(old));
    let end = start.wrapping_add(piece.range.len());
    AddrRange::new(start, if last { new.end() } else { end.min(new.end()) })
}

fn page_up(addr: u64) -> u64 {
    Addr::new(addr).round_up_page().get()
}
