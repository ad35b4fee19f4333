//! What a trace does to pages, in operations that every map has.

use growstack::{Addr, Change, Limits, MapFlags, Prot, ProtectWhat, StackTunables};

use crate::compare::Observed;
use crate::op::{Config, Mapping, Op, ProcessId};
use crate::oracle::Oracle;
use crate::processes::Processes;
use crate::space::AddressSpace;
use crate::trace::{Step, Trace};

/// A trace of nothing but `insert`, `remove` and `protect` that maps, unmaps and protects the pages
/// that the oracle does for `trace`, with the oracle's answers and a dump at the end: for maps that
/// have neither objects, flags, limits nor stacks of FreeBSD's.
///
/// Every page may be protected in every way. Of several processes it is the first one that counts.
#[must_use]
pub fn plain(trace: &Trace) -> Trace {
    let config = without_settings(trace.config());
    let [mut original, mut simple] = [Oracle::create(trace.config()), Oracle::create(&config)];
    let mut seen = Observed::default();
    let mut plain = Trace::new(config);
    let mut add = |op: Op| {
        let mut answered = Observed::default();
        answered.run_op(&mut simple, &op);
        answered.read(&simple);
        let mut step = Step::new(op);
        step.record(answered.answer, &answered.rows, answered.summary);
        plain.steps.push(step);
    };
    let mut processes = Processes::default();
    for step in &trace.steps {
        seen.run_op(&mut original, step.op());
        processes.follow(step.op(), seen.answer);
        if processes.current() != ProcessId::default() {
            continue;
        }
        let changes = seen.changes.iter().flatten();
        changes.filter_map(|change| operation(*change)).for_each(&mut add);
    }
    add(Op::Dump);
    plain
}

/// The same map without limits, without a main stack.
fn without_settings(config: &Config) -> Config {
    let tunables =
        StackTunables { maxsaddr: Addr::MAX, guard_page: false, ..StackTunables::default() };
    Config { limits: Limits::UNLIMITED, tunables, ..*config }
}

/// The operation that does `change`.
fn operation(change: Change) -> Option<Op> {
    let (start, end) = (change.range().start(), change.range().end());
    match change {
        Change::Mapped(_, prot) => {
            let (max, flags) = (Prot::ALL, MapFlags::NONE);
            let mapping = Mapping { prot, max, flags, object: None, offset: 0 };
            Some(Op::Insert { start, end, mapping })
        }
        Change::Unmapped(_) => Some(Op::Remove { start, end }),
        Change::Protected(_, prot) => {
            Some(Op::Protect { start, end, prot, what: ProtectWhat::Current })
        }
        Change::Wired(_) | Change::Unwired(_) | Change::CopyOnWrite(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_are_those_of_the_trace() {
        let text = "growstack-trace 1\nmap min=0x1000 max=0x800000000000 page=4096\n\
            proc maxsaddr=0x7fffdffff000\nsysctl sgrowsiz=0x2000 stack_guard_page=0\n\
            limit stack=0x4000000 vmem=inf memlock=inf swap=inf\n\
            insert 0x10000 0x20000 r-- rwx cow 7 0x5000\n\
            stack 0x100000 0x10000 rw- rwx grows_down\n\
            grow 0x10d000\n\
            fixed 0x18000 0x2000 r-x rwx - - 0x0\n\
            wire 0x18000 0x19000 user noholes\n\
            insert 0x10000 0x20000 rw- rwx - - 0x0\n\
            protect 0x10000 0x12000 rw- cur\n\
            remove 0x11000 0x12000\n";
        let trace = Trace::parse(text.as_bytes()).expect("a trace");
        let plain = plain(&trace).to_string();
        let expected = "growstack-trace 1\nmap min=0x1000 max=0x800000000000 page=4096\n\
            proc maxsaddr=inf\nsysctl sgrowsiz=0x20000 stack_guard_page=0\n\
            limit stack=inf vmem=inf memlock=inf swap=inf\n\
            insert 0x10000 0x20000 r-- rwx - - 0x0\n= KERN_SUCCESS\n\
            insert 0x10e000 0x110000 rw- rwx - - 0x0\n= KERN_SUCCESS\n\
            insert 0x10c000 0x10e000 rw- rwx - - 0x0\n= KERN_SUCCESS\n\
            remove 0x18000 0x1a000\n= KERN_SUCCESS\n\
            insert 0x18000 0x1a000 r-x rwx - - 0x0\n= KERN_SUCCESS\n\
            protect 0x10000 0x12000 rw- cur\n= KERN_SUCCESS\n\
            remove 0x11000 0x12000\n= KERN_SUCCESS\n\
            dump\n";
        assert!(plain.starts_with(expected), "{plain}");
        let dump = &plain[expected.len()..];
        let bounds: Vec<&str> = dump.lines().map(|line| &line[2..]).collect();
        assert!(bounds[0].starts_with("0x10000 0x11000 rw- rwx"), "{dump}");
        assert!(bounds[1].starts_with("0x12000 0x18000 r-- rwx"), "{dump}");
        assert_eq!(bounds.len(), 6, "{dump}");
    }

    #[test]
    fn other_processes_are_left_out() {
        let text = "growstack-trace 1\nmap min=0x1000 max=0x800000000000 page=4096\n\
            proc maxsaddr=0x7fffdffff000\nsysctl sgrowsiz=0x2000 stack_guard_page=0\n\
            limit stack=0x4000000 vmem=inf memlock=inf swap=inf\n\
            insert 0x10000 0x20000 r-- rwx - - 0x0\nfork\nuse 1\n\
            remove 0x10000 0x20000\nuse 0\nexit 1\nremove 0x18000 0x20000\n";
        let plain = plain(&Trace::parse(text.as_bytes()).expect("a trace"));
        let ops: Vec<String> = plain.steps.iter().map(|step| step.op().to_string()).collect();
        assert_eq!(
            ops,
            ["insert 0x10000 0x20000 r-- rwx - - 0x0", "remove 0x18000 0x20000", "dump"]
        );
    }
}
