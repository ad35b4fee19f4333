//! The shared process: against the oracle by one thread, under stress by several, and the search
//! that judges the stress.

use std::num::NonZero;
use std::time::Duration;

use crate::common::fork_traces;
use growstack::{Addr, KernReturn, Limits, Prot, Size, StackTunables};
use growstack_fuzz::answer::{Answer, Cause};
use growstack_fuzz::driver;
use growstack_fuzz::freebsd14;
use growstack_fuzz::kernel::Kernel;
use growstack_fuzz::op::{Config, Kind, Mapping, Op};
use growstack_fuzz::oracle::Oracle;
use growstack_fuzz::replay::replay;
use growstack_fuzz::space::AddressSpace;
use growstack_fuzz::stress::history::{Call, Event, History, Outcome};
use growstack_fuzz::stress::linear::linearizable;
use growstack_fuzz::stress::{self, Settings};
use growstack_fuzz::targets::{Session, Target, Verdict};
use growstack_fuzz::trace::Trace;

#[test]
fn golden_traces_with_forks_replay() {
    for (path, bytes) in fork_traces() {
        let trace = Trace::parse(&bytes).unwrap();
        let (counts, result) = replay(&trace, &driver::SHARED);
        if let Err(failure) = result {
            let line = trace.steps[failure.index].line().unwrap();
            panic!("{}:{line}: {:?}", path.display(), failure.divergence);
        }
        assert_eq!((counts.operations, counts.passed), (trace.steps.len(), 0));
    }
}

#[test]
fn one_thread_sees_no_difference() {
    for tested in driver::SHARED {
        let threads = NonZero::<usize>::MIN;
        let sequences = Some(150);
        let settings = driver::Settings { seed: 5, sequences, threads, ..Default::default() };
        let outcome = driver::run(&settings, tested);
        assert!(outcome.failure.is_none(), "{}", outcome.failure.unwrap());
        assert!(outcome.counts.operations > 10_000);
        let done = |kind| outcome.counts.kind(kind).done;
        let about_processes = [Kind::Fork, Kind::Use, Kind::Exit].map(done);
        assert!(about_processes.iter().all(|&done| done > 50), "{about_processes:?}");
    }
}

#[test]
fn one_thread_sees_no_difference_in_14() {
    for tested in driver::SHARED {
        let threads = NonZero::<usize>::MIN;
        let sequences = Some(100);
        let settings = driver::Settings { seed: 5, sequences, threads, ..Default::default() };
        let outcome = freebsd14::run(&settings, tested);
        assert!(outcome.failure.is_none(), "{}", outcome.failure.unwrap());
        assert!(outcome.counts.operations > 10_000);
        assert!(outcome.counts.kind(Kind::Fork).done > 50);
    }
}

#[test]
fn what_threads_are_answered_can_be_explained() {
    for (kernel, threads) in Kernel::ALL.into_iter().flat_map(|kernel| [(kernel, 2), (kernel, 4)]) {
        let settings = Settings {
            kernel,
            seed: 3,
            operations: Some(500),
            budget: Some(Duration::from_secs(60)),
            threads: NonZero::new(threads).unwrap(),
            ..Settings::default()
        };
        let report = stress::run(&settings);
        assert!(report.failure.is_none(), "{}", report.failure.unwrap());
        assert!(report.counts.calls >= 1000);
    }
}

fn config() -> Config {
    Config {
        min: Addr::new(0x1000),
        max: Addr::new(0x10_0000),
        tunables: StackTunables::default(),
        limits: Limits::UNLIMITED,
        freebsd_14: None,
    }
}

/// One thread maps a page from 2 to `mapped`, the other one asks for it from `asked` on, and then
/// once more.
fn history(mapped: u64, asked: u64, seen: [Option<Prot>; 2]) -> History {
    let (start, end) = (Addr::new(0x4000), Addr::new(0x5000));
    let op = Op::Insert { start, end, mapping: Mapping::anonymous(Prot::RW) };
    let mut map = Oracle::create(&config());
    let mut changes = Vec::new();
    assert_eq!(map.apply(&op, &mut changes).0, Answer::Code(KernReturn::Success));
    let done = Outcome::Operation(Answer::Code(KernReturn::Success), Cause::Done, changes);
    let insert = Event { call: Call::Operation(op), called: 2, returned: mapped, outcome: done };
    let mut called = asked;
    let ask = |seen| {
        called += 2;
        Event {
            call: Call::Protection(start),
            called: called - 2,
            returned: called - 1,
            outcome: Outcome::Protection(seen),
        }
    };
    History::ended(vec![vec![insert], seen.into_iter().map(ask).collect()], &map)
}

#[test]
fn what_cannot_be_explained_is_not() {
    let start = Oracle::create(&config());
    let judge = |mapped, asked, seen| linearizable(&start, &history(mapped, asked, seen));
    let (here, gone) = (Some(Prot::RW), None);
    // While the insertion is under way, it may have been done or not.
    for seen in [[gone, gone], [gone, here], [here, here]] {
        assert!(judge(20, 3, seen), "{seen:?}");
    }
    assert!(!judge(20, 3, [here, gone]), "mapped, and then not");
    assert!(!judge(3, 4, [gone, here]), "not mapped after the insertion returned");
    assert!(judge(3, 4, [here, here]));
    assert!(!judge(20, 3, [gone, Some(Prot::RX)]), "another protection");
    let mut wrong = history(3, 4, [here, here]);
    wrong.summary.size = Size::ZERO;
    assert!(!linearizable(&start, &wrong), "another map in the end");
}

#[test]
fn an_input_says_who_goes_on() {
    let mut session = Session::default();
    let mut bytes = Vec::new();
    for seed in 0..400 {
        bytes = Target::Concurrent.mutate(&bytes, 8 + 8 * 16, seed).unwrap();
        (bytes[0], bytes[3]) = (1, u8::from(seed % 2 == 0));
        let verdict = session.run(Target::Concurrent, &bytes);
        assert_eq!(verdict.unwrap_or_else(|finding| panic!("{finding}")), Verdict::Sound);
    }
    assert!(session.statistics.calls > 1000, "{}", session.statistics.calls);
    assert_eq!(session.run(Target::Concurrent, &[9]).unwrap(), Verdict::Unreadable);
}
