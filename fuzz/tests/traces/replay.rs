//! Every kind of divergence is noticed where it happens, reported, and cut down.

use crate::common::HEADER;
use crate::common::liar::{FAULTY, HONEST, Lie, fault};
use growstack::{Addr, Prot};
use growstack_fuzz::compare::Divergence;
use growstack_fuzz::op::Op;
use growstack_fuzz::oracle::Oracle;
use growstack_fuzz::replay::{Counts, Failure, MapFactory, TRACE, cut, fill, replay};
use growstack_fuzz::report::Report;
use growstack_fuzz::trace::Trace;

fn parse(body: &str) -> Trace {
    Trace::parse(format!("{HEADER}{body}").as_bytes()).unwrap()
}

fn maps() -> [MapFactory; 2] {
    [MapFactory::of::<Oracle>("sound"), FAULTY.on::<Oracle>("faulty")]
}

/// Twenty operations that do not matter, two that do, and some that come too late.
fn noisy(addr: u64) -> Trace {
    let noise: String = (0..10).map(|i| format!("wirefuture on\nlookup {i}\n")).collect();
    parse(&format!(
        "{noise}insert 0x1000 0x4000 rw- rwx - - 0\n{noise}grow {addr:#x}\nlookup 0x1000\nwirefuture off\n"
    ))
}

fn fails(trace: &Trace) -> (Counts, Failure) {
    match replay(trace, &maps()) {
        (counts, Err(failure)) => (counts, *failure),
        (_, Ok(())) => panic!("no divergence in\n{trace}"),
    }
}

#[track_caller]
fn found(addr: u64, sides: (&str, &str), expected: impl Fn(&Divergence) -> bool) {
    let trace = noisy(addr);
    let (counts, failure) = fails(&trace);
    assert_eq!((counts.operations, counts.answers, counts.ended), (42, 0, None));
    assert_eq!((failure.index, failure.sides), (41, sides));
    assert!(expected(&failure.divergence), "{}", failure.divergence);
    let short = cut(&trace, &failure, &maps());
    let [insert, grow] = short.steps.as_slice() else { panic!("{short}") };
    assert!(matches!(insert.op(), Op::Insert { .. }), "{short}");
    assert_eq!(*grow.op(), Op::Grow { addr: Addr::new(addr) });
}

#[test]
fn nothing_is_wrong_elsewhere() {
    let (counts, result) = replay(&noisy(0x80_0000), &maps());
    assert!(result.is_ok());
    assert_eq!((counts.operations, counts.answers, counts.ended), (44, 0, None));
}

#[test]
fn answers() {
    found(fault::ANSWER, ("sound", "faulty"), |d| matches!(d, Divergence::Answer { .. }));
}

#[test]
fn causes() {
    found(fault::CAUSE, ("sound", "faulty"), |d| matches!(d, Divergence::Cause { .. }));
}

#[test]
fn changes() {
    found(fault::CHANGES, ("sound", "faulty"), |d| matches!(d, Divergence::Changes { .. }));
}

#[test]
fn entries() {
    found(fault::ENTRIES, ("sound", "faulty"), |d| {
        matches!(d, Divergence::Entries { index: 0, left: Some(_), right: Some(_) })
    });
}

#[test]
fn counters() {
    found(fault::SUMMARY, ("sound", "faulty"), |d| matches!(d, Divergence::Summary { .. }));
}

#[test]
fn broken_maps() {
    found(
        fault::CHECK,
        ("faulty", "faulty"),
        |d| matches!(d, Divergence::Broken { invariant } if invariant == "the map is cracked"),
    );
}

#[test]
fn panics() {
    found(
        fault::PANIC,
        ("faulty", "faulty"),
        |d| matches!(d, Divergence::Panic { message } if message == "the map broke"),
    );
}

#[test]
fn recorded_answers_come_first() {
    let trace = parse(&format!(
        "insert 0x1000 0x2000 r-- rwx - - 0\n= KERN_SUCCESS\ngrow {:#x}\n= KERN_FAILURE\ngrow 0\n",
        fault::ANSWER
    ));
    let (counts, failure) = fails(&trace);
    assert_eq!((counts.operations, counts.answers, counts.ended), (2, 2, None));
    assert_eq!(failure.sides, (TRACE, "sound"));
    // The answers before it stay, because they are why the last one is worth something.
    let kept = parse(&trace.to_string()[HEADER.len()..].replace("grow 0\n", ""));
    assert_eq!(cut(&trace, &failure, &maps()), kept);
}

#[test]
fn recorded_dumps() {
    let good = "insert 0x1000 0x2000 r-- rwx - - 0\ndump\n\
        | 0x1000 0x2000 r-- rwx copy 0 - - 0x0 0x0\n\
        | size=0x1000 entries=1 ssize=0 reserved=0x0 wired=0\n";
    let (counts, result) = replay(&parse(good), &maps());
    assert_eq!((counts.answers, result.is_ok()), (1, true));
    for (from, to) in [
        ("| 0x1000 0x2000 r--", "| 0x1000 0x2000 rw-"),
        ("| 0x1000 0x2000 r-- rwx copy 0 - - 0x0 0x0\n", ""),
        ("size=0x1000", "size=0x2000"),
        ("wired=0", "wired=1"),
    ] {
        let bad = good.replace(from, to);
        assert_ne!(bad, good);
        let (_, failure) = fails(&parse(&bad));
        assert_eq!((failure.index, failure.sides), (1, (TRACE, "sound")));
    }
}

#[test]
fn filling_replaces_answers_and_nothing_else() {
    let before = "# kept\ninsert 4096 0x2000 r-- rwx - - 0 # kept too\n= KERN_FAILURE\n\
        lookup 4097\nwirefuture on\ndump\n";
    let after = "# kept\ninsert 4096 0x2000 r-- rwx - - 0 # kept too\n= KERN_SUCCESS\n\
        lookup 4097\n= TRUE 0x1000 0x2000\nwirefuture on\ndump\n\
        | 0x1000 0x2000 r-- rwx copy 0 - - 0x0 0x0\n\
        | size=0x1000 entries=1 ssize=0 reserved=0x0 wired=0\n";
    let filled = fill(&parse(before), &maps()).unwrap();
    assert_eq!(filled.to_string(), format!("{HEADER}{after}"));
    assert_eq!(fill(&filled, &maps()).unwrap(), filled);
    assert_eq!(fill(&noisy(fault::CAUSE), &maps()).unwrap_err().sides, ("sound", "faulty"));
}

#[test]
fn a_report_shows_what_a_person_needs() {
    let inserts: String = (1..=9)
        .map(|i| format!("insert {:#x} {:#x} r-- rwx - - 0\n", i * 0x1000, i * 0x1000 + 0x800))
        .collect();
    let trace = parse(&format!("{inserts}# here\ngrow {:#x}\n", fault::ENTRIES));
    let (_, failure) = fails(&trace);
    let short = cut(&trace, &failure, &maps());
    let report = Report { origin: "a.trace", trace: &trace, failure: &failure, cut: &short };
    // Any one entry will do for this fault, so the insertion that is left may be any.
    let expected = "\
a.trace:16: grow 0x400000
  different entries from number 0 on:
    sound: 0x1000 0x1800 r-- rwx copy 0 - - 0x0 0x0
    faulty: 0x1000 0x1800 --- rwx copy 0 - - 0x0 0x0
  sound      KERN_SUCCESS; no stack to grow; no changes
  faulty     KERN_SUCCESS; no stack to grow; no changes
  4 of 9 entries:
    sound                                     |  faulty
  ! 0x1000 0x1800 r-- rwx copy 0 - - 0x0 0x0  |  0x1000 0x1800 --- rwx copy 0 - - 0x0 0x0
    0x2000 0x2800 r-- rwx copy 0 - - 0x0 0x0  |  0x2000 0x2800 r-- rwx copy 0 - - 0x0 0x0
    0x3000 0x3800 r-- rwx copy 0 - - 0x0 0x0  |  0x3000 0x3800 r-- rwx copy 0 - - 0x0 0x0
    0x4000 0x4800 r-- rwx copy 0 - - 0x0 0x0  |  0x4000 0x4800 r-- rwx copy 0 - - 0x0 0x0
  sound      size=0x4800 entries=9 ssize=0 reserved=0x0 wired=0
  faulty     size=0x4800 entries=9 ssize=0 reserved=0x0 wired=0
  a trace that shows it, 2 of 10 operations:
    growstack-trace 1
    map min=0x1000 max=0x800000000000 page=4096
    proc maxsaddr=0x7fffdffff000
    sysctl sgrowsiz=0x1000 stack_guard_page=0
    limit stack=inf vmem=inf memlock=inf swap=inf
    insert 0x1000 0x2000 rw- rwx - - 0x0
    grow 0x400000
";
    assert_eq!(report.to_string(), expected);
}

/// Where the oracle and a map that spoils `ENTRY` of 1000 at every `lookup` diverge; the first one
/// is the operation of index 1000, and `more` follow it.
fn diverges_at<const ENTRY: usize>(more: usize) -> usize {
    let inserts: String = (0..1000)
        .map(|i| {
            let start = 0x1000 + i * 0x2000;
            format!("insert {start:#x} {:#x} r-- rwx - - 0\n", start + 0x1000)
        })
        .collect();
    let trace = parse(&format!("{inserts}lookup 0x1000\n{}", "lookup 0x3000\n".repeat(more)));
    let spoils = Lie {
        rows: |liar, rows| {
            if matches!(liar.op, Op::Lookup { .. }) {
                rows[ENTRY].prot = Prot::NONE;
            }
        },
        ..HONEST
    };
    let maps = [MapFactory::of::<Oracle>("oracle"), spoils.on::<Oracle>("spoilt")];
    let failure = replay(&trace, &maps).1.unwrap_err();
    assert!(matches!(failure.divergence, Divergence::Entries { index, .. } if index == ENTRY));
    failure.index
}

#[test]
fn a_large_map_is_compared_near_the_operation_at_once_and_elsewhere_later() {
    assert_eq!(diverges_at::<0>(10), 1000);
    assert_eq!(diverges_at::<1>(10), 1000, "the next entry is looked at");
    let late = diverges_at::<500>(3000);
    assert!(
        (1001..2001).contains(&late),
        "once in as many operations as there are entries: {late}"
    );
    assert_eq!(diverges_at::<500>(10), 1010, "and at the end");
}
