//! What real programs did, on any map: the traces of `corpus/recorded`.
//!
//! The peers know neither rules nor refusals. They do what a map of ranges must for the same
//! addresses to end up mapped in the same way: look whether there is room, cut and remove what is in
//! the way, split what is changed in part. They do not merge unless they do so by themselves.

use std::fs;
use std::path::Path;

use growstack::{Addr, MapFlags, PAGE_SIZE, Size};
use growstack_fuzz::op::{Config, Mapping, Op};
use growstack_fuzz::trace::{Step, read_file};

use crate::peer::{Bounds, PeerMap, Value};

/// A trace that is to be run.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The workload: the folder that it is in.
    pub workload: String,
    /// Its name.
    pub name: String,
    /// What it starts from.
    pub config: Config,
    /// What happened.
    pub ops: Vec<Op>,
}

/// Every recorded trace, in the order of their names.
///
/// # Panics
///
/// If there is none, or one cannot be read.
#[must_use]
pub fn recorded() -> Vec<Recorded> {
    traces("recorded")
}

/// Every golden trace of FreeBSD 9.3, in the order of their names.
///
/// # Panics
///
/// As [`recorded`].
#[must_use]
pub fn golden() -> Vec<Recorded> {
    traces("freebsd-9.3")
}

fn traces(folder: &str) -> Vec<Recorded> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus").join(folder);
    let mut all = Vec::new();
    for workload in fs::read_dir(&folder).expect("the folder is in the corpus").flatten() {
        let Ok(files) = fs::read_dir(workload.path()) else { continue };
        let workload = workload.file_name().to_string_lossy().into_owned();
        all.extend(files.flatten().filter_map(|file| read(&file.path(), &workload)));
    }
    assert!(!all.is_empty(), "no trace below {}", folder.display());
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

/// The trace in a file; `None` if the file is none.
fn read(file: &Path, workload: &str) -> Option<Recorded> {
    let name = file.file_name()?.to_str()?;
    let name = name.strip_suffix(".trace.zst").or_else(|| name.strip_suffix(".trace"))?;
    // The same by the rules of Linux, which no other map has.
    if name.ends_with(".linux") {
        return None;
    }
    let trace = read_file(file).expect("a trace can be read, and keeps to the format");
    let ops = trace.steps.iter().map(Step::op).copied();
    let ops = ops.filter(|op| !matches!(op, Op::Dump)).collect();
    let (workload, name) = (workload.to_owned(), name.to_owned());
    Some(Recorded { workload, name, config: *trace.config(), ops })
}

/// Of each workload the trace with the most operations.
#[must_use]
pub fn largest(all: &[Recorded]) -> Vec<&Recorded> {
    let mut chosen: Vec<&Recorded> = Vec::new();
    for trace in all {
        match chosen.iter_mut().find(|other| other.workload == trace.workload) {
            Some(other) if other.ops.len() < trace.ops.len() => *other = trace,
            Some(_) => {}
            None => chosen.push(trace),
        }
    }
    chosen
}

/// Wired, in a value.
const WIRED: u64 = 1 << 6;

/// A peer that runs operations.
#[derive(Debug)]
pub struct Player<P> {
    /// The map.
    pub map: P,
    /// The first mapping of a stack.
    first: Size,
}

impl<P: PeerMap> Player<P> {
    /// An empty map for a trace.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self { map: P::empty(config.max.get()), first: Size::new(config.tunables.sgrowsiz.get()) }
    }

    /// Runs one operation.
    pub fn apply(&mut self, op: &Op) {
        match *op {
            Op::Insert { start, end, mapping } => {
                self.insert(start.get(), end.get(), value(mapping));
            }
            Op::Find { start, length, mapping, .. } => {
                self.insert(start.get(), end(start, length), value(mapping));
            }
            Op::Fixed { start, length, mapping } => {
                self.clear(start.get(), end(start, length));
                self.map.insert(start.get(), end(start, length), value(mapping));
            }
            Op::Remove { start, end } => self.clear(start.get(), end.get()),
            Op::Protect { start, end, prot, .. } => {
                let set = |word: u64| word & !7 | u64::from(prot.bits());
                self.change(start.get(), end.get(), set);
            }
            Op::Stack { addrbos, max_ssize, flags, .. } => {
                let first = max_ssize.min(self.first).get();
                let top = end(addrbos, max_ssize);
                let (low, high) = match flags.contains(MapFlags::GROWS_DOWN) {
                    true => (top - first, top),
                    false => (addrbos.get(), addrbos.get() + first),
                };
                self.insert(low, high, Value::GROWS_DOWN);
            }
            Op::Grow { addr } => {
                self.map.grow_down(addr.get());
            }
            Op::Wire { start, end, .. } => self.change(start.get(), end.get(), |word| word | WIRED),
            Op::Unwire { start, end, .. } => {
                self.change(start.get(), end.get(), |word| word & !WIRED);
            }
            Op::Inherit { start, end, inherit } => {
                let set = |word: u64| word & !(3 << 8) | (inherit as u64) << 8;
                self.change(start.get(), end.get(), set);
            }
            Op::Madvise { start, end, advice } => {
                let set = |word: u64| word & !(7 << 10) | (advice as u64) << 10;
                self.change(start.get(), end.get(), set);
            }
            Op::SetGrowSize { value } => self.first = value,
            // Questions and settings; a recorded trace has no `exec`.
            _ => {}
        }
    }

    /// Inserts where there is room, as it is in every recorded trace.
    fn insert(&mut self, start: u64, end: u64, value: Value) {
        let near = self.map.neighbours(start);
        if near.above.is_none_or(|(next, _)| next >= end) {
            self.map.insert(start, end, value);
        }
    }

    /// The first entry of which something is between two addresses.
    fn between(&self, start: u64, end: u64) -> Option<Bounds> {
        // A map that merges may have joined the last piece to what lies behind.
        let first = (start < end).then(|| self.map.from(start).next()).flatten();
        first.filter(|entry| entry.0 < end)
    }

    /// Removes what is between two addresses, cutting the entries at both.
    fn clear(&mut self, start: u64, end: u64) {
        while let Some((low, high)) = self.between(start, end) {
            match (low < start, end < high) {
                (false, false) => {
                    self.map.remove(low, high);
                }
                (true, false) => self.map.set_end((low, high), start),
                (false, true) => self.map.set_start((low, high), end),
                (true, true) => {
                    let value = self.map.value(low).unwrap_or_default();
                    self.map.set_end((low, high), start);
                    self.map.insert(end, high, value);
                }
            }
        }
    }

    /// Changes the values between two addresses.
    fn change(&mut self, start: u64, end: u64, set: impl Fn(u64) -> u64) {
        let mut at = start;
        while let Some((low, high)) = self.between(at, end) {
            let (from, to) = (low.max(at), high.min(end));
            let old = self.map.value(low).unwrap_or_default();
            let new = Value::of(set(old.word()));
            if new != old && (from, to) == (low, high) {
                self.map.set_value((low, high), new);
            } else if new != old {
                // A part that is put back with the old value would merge where maps do that.
                self.clear(from, to);
                self.map.insert(from, to, new);
            }
            at = to;
        }
    }

    /// What is mapped and how, touching stretches of one protection made one.
    #[must_use]
    pub fn stretches(&self) -> Vec<(u64, u64, u64)> {
        joined(self.map.from(0).map(|(start, end)| {
            let value = self.map.value(start).unwrap_or_default();
            (start, end, value.word() & 7)
        }))
    }
}

/// `entries` with touching ones of the same protection made one.
pub fn joined(entries: impl Iterator<Item = (u64, u64, u64)>) -> Vec<(u64, u64, u64)> {
    let mut all: Vec<(u64, u64, u64)> = Vec::new();
    for (start, end, prot) in entries {
        match all.last_mut() {
            Some(last) if (last.1, last.2) == (start, prot) => last.1 = end,
            _ => all.push((start, end, prot)),
        }
    }
    all
}

fn end(start: Addr, length: Size) -> u64 {
    debug_assert!(length.get().is_multiple_of(PAGE_SIZE));
    start.wrapping_add(length).get()
}

fn value(mapping: Mapping) -> Value {
    Value::of(u64::from(mapping.prot.bits()))
}
