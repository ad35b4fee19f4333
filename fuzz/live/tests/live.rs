//! The running kernel, behind children of this very program, against the oracle.

use std::env;
use std::num::NonZero;
use std::path::Path;
use std::process::ExitCode;

use growstack::{Addr, Prot, Size};
use growstack_fuzz::driver::Settings;
use growstack_fuzz::linux::counts::Outcome;
use growstack_fuzz::linux::live::{Ground, Live, Privileges, Refused, Spaces};
use growstack_fuzz::linux::log::Log;
use growstack_fuzz::linux::oracle::{Branch, LinuxOracle};
use growstack_fuzz::linux::random;
use growstack_fuzz::linux::replay::{LinuxMap, cut, replay};
use growstack_fuzz::linux::runner::{Broken, Every, Runner};
use growstack_fuzz::linux::sequence::Allowed;
use growstack_fuzz::linux::trace::LinuxTrace;
use growstack_fuzz::linux::{LinuxAnswer, LinuxConfig, LinuxOp, MmapFlags, SegvCode};
use libtest_mimic::{Arguments, Failed, Trial};

const PAGE: u64 = 1 << 12;

/// A test on probed ground.
type Test = fn(&Ground) -> Result<(), Failed>;

fn main() -> ExitCode {
    if let Some(exit) = growstack_live::child() {
        return exit;
    }
    let ground = env::current_exe()
        .map_err(|error| error.to_string())
        .and_then(|program| Ground::probe(&program).map_err(|refused| refused.to_string()));
    let tests: [(&str, Test); 6] = [
        ("the_gap_of_hints_is_that_of_growth", the_gap_of_hints_is_that_of_growth),
        ("random_sequences_agree", random_sequences_agree),
        ("a_wrong_gap_is_found_and_made_short", a_wrong_gap_is_found_and_made_short),
        ("nothing_leaves_the_window", nothing_leaves_the_window),
        ("a_reset_is_a_fresh_start", a_reset_is_a_fresh_start),
        ("a_program_that_is_no_child_is_refused", a_program_that_is_no_child_is_refused),
    ];
    if let Err(refused) = &ground {
        println!("no live run on this machine: {refused}");
    }
    let trials = tests.map(|(name, test)| {
        let ground = ground.clone();
        let ignored = ground.is_err();
        Trial::test(name, move || test(&ground?)).with_ignored_flag(ignored)
    });
    libtest_mimic::run(&Arguments::from_args(), trials.into()).exit_code()
}

fn growing(at: u64, prot: Prot) -> LinuxOp {
    let flags = MmapFlags::FIXED | MmapFlags::GROWSDOWN;
    LinuxOp::Mmap { addr: Addr::new(at), length: Size::new(PAGE), prot, flags }
}

fn fixed(at: u64) -> LinuxOp {
    let (length, flags) = (Size::new(PAGE), MmapFlags::FIXED);
    LinuxOp::Mmap { addr: Addr::new(at), length, prot: Prot::RW, flags }
}

/// What the kernel answers to operations from an empty window on.
fn answers(live: &mut Live, ops: &[LinuxOp]) -> Result<Vec<LinuxAnswer>, Failed> {
    let mut log = Log::default();
    live.run(ops, Every::ONE, &mut log)?;
    Ok(log.iter().map(|seen| seen.answer).collect())
}

/// The gap is probed by hints; growth must keep the same (L12, L36).
fn the_gap_of_hints_is_that_of_growth(ground: &Ground) -> Result<(), Failed> {
    let (low, gap) = (0x10_0000, ground.config().gap.get());
    let top = low + PAGE + gap + 16 * PAGE;
    let mut live = Live::start(ground)?;
    let mut store = |addr: u64| {
        let ops = [fixed(low), growing(top, Prot::RW), LinuxOp::Store { addr: Addr::new(addr) }];
        Ok::<_, Failed>(answers(&mut live, &ops)?[2])
    };
    assert_eq!(store(low + PAGE + gap)?, LinuxAnswer::Done);
    if gap != 0 {
        assert_eq!(store(low + gap)?, LinuxAnswer::Segv(SegvCode::MapErr));
    }
    Ok(())
}

fn settings(sequences: u64) -> Settings {
    let (first, sequences) = (0, Some(sequences));
    Settings { seed: 1, first, sequences, budget: None, threads: NonZero::<usize>::MIN }
}

fn allowed(ground: &Ground) -> Allowed {
    Allowed { harm: false, vm_read: ground.reads_itself(), engine: false }
}

fn random_sequences_agree(ground: &Ground) -> Result<(), Failed> {
    let make = |number| -> Result<Box<dyn Runner>, Refused> {
        Ok(Box::new(Live::start_with(ground, Privileges::of(number, ground))?))
    };
    let outcome = random::run(&settings(400), allowed(ground), &make)?;
    if let Some(found) = outcome.found {
        let trace = LinuxTrace::of(found.config, found.ops);
        return Err(format!("sequence {}: {}\n{trace}", found.sequence, found.divergence).into());
    }
    let counts = &outcome.counts;
    assert_eq!(counts.sequences, 400);
    assert!(counts.whole > counts.operations / 32, "{} of all flags", counts.whole);
    assert!(counts.growth() >= 20.0, "{counts}");
    // Of all refusals, those that each machine has.
    let reached = [
        Branch::NothingAbove,
        Branch::NotGrowable,
        Branch::BelowMin,
        Branch::GapShort,
        Branch::AddressSpaceLimit,
        Branch::StackLimit,
    ];
    for branch in reached {
        let of = |&(outcome, _): &(Outcome, u64)| outcome == Outcome::Refused(branch);
        assert!(counts.outcomes().find(of).is_some_and(|(_, count)| count != 0), "{branch:?}");
    }
    Ok(())
}

/// A kernel of which the oracle is made to believe something else.
struct Mistaken {
    live: Live,
    config: LinuxConfig,
}

impl Runner for Mistaken {
    fn config(&self) -> &LinuxConfig {
        &self.config
    }

    fn run(&mut self, ops: &[LinuxOp], every: Every, log: &mut Log) -> Result<(), Broken> {
        self.live.run(ops, every, log)
    }
}

fn a_wrong_gap_is_found_and_made_short(ground: &Ground) -> Result<(), Failed> {
    let make = |_| -> Result<Box<dyn Runner>, Refused> {
        let live = Live::start(ground)?;
        let gap = Size::new(live.config().gap.get() + PAGE);
        let config = LinuxConfig { gap, ..*live.config() };
        Ok(Box::new(Mistaken { live, config }))
    };
    let outcome = random::run(&settings(2000), allowed(ground), &make)?;
    let found = outcome.found.ok_or("a gap that is a page too long is not found")?;
    let spaces = Spaces::new(ground.clone());
    let create = |config: &_| spaces.create(config);
    let others = [LinuxMap { name: "live", create: &create }];
    let oracle = LinuxMap { name: "oracle", create: &|config| Box::new(LinuxOracle::new(*config)) };
    let whole = LinuxTrace::of(found.config, found.ops);
    let failure = replay(&whole, &oracle, &others).err().ok_or("it does not happen again")?;
    let short = cut(&whole, &failure, &oracle, &others);
    assert!(short.steps.len() <= 4, "{short}");
    let shown = LinuxTrace::parse(short.to_string().as_bytes())?;
    let again = replay(&shown, &oracle, &others).err().ok_or("the trace does not show it")?;
    assert!(again.divergence.is_like(&failure.divergence), "{again}");
    Ok(())
}

/// The program behind the child must survive whatever it is asked for.
fn nothing_leaves_the_window(ground: &Ground) -> Result<(), Failed> {
    let end = ground.config().window.end();
    let beyond = Addr::new(end.get() - PAGE);
    let length = Size::new(2 * PAGE);
    let outside = [
        LinuxOp::Munmap { addr: beyond, length },
        LinuxOp::Munmap { addr: Addr::new(u64::MAX - PAGE + 1), length },
        LinuxOp::Mmap { addr: beyond, length, prot: Prot::NONE, flags: MmapFlags::FIXED },
        LinuxOp::Store { addr: end },
        LinuxOp::Mlockall { flags: growstack_fuzz::linux::MlockallFlags::CURRENT },
    ];
    let mut live = Live::start(ground)?;
    assert_eq!(answers(&mut live, &outside)?, [LinuxAnswer::Unsupported; 5]);
    // It still works.
    let store = LinuxOp::Store { addr: beyond };
    let expected = [LinuxAnswer::Value(beyond.get()), LinuxAnswer::Done];
    assert_eq!(answers(&mut live, &[fixed(beyond.get()), store])?, expected);
    Ok(())
}

fn a_reset_is_a_fresh_start(ground: &Ground) -> Result<(), Failed> {
    let mut live = Live::start(ground)?;
    let store = LinuxOp::Store { addr: Addr::new(0x20_0000) };
    let limit = LinuxOp::Setrlimit { resource: growstack_fuzz::linux::Resource::Stack, limit: 0 };
    let grown = [growing(0x20_1000, Prot::RW), limit, store, LinuxOp::Reset, store];
    let mut log = Log::default();
    live.run(&grown, Every::ONE, &mut log)?;
    let refused = LinuxAnswer::Segv(SegvCode::MapErr);
    let seen: Vec<_> = log.iter().map(|seen| (seen.answer, seen.vmas.len())).collect();
    assert_eq!(seen[2..], [(refused, 1), (LinuxAnswer::ZERO, 0), (refused, 0)]);
    // The limit is gone as well, in this sequence and in the next.
    let again = [LinuxOp::Reset, growing(0x20_1000, Prot::RW), store];
    assert_eq!(answers(&mut live, &again)?[2], LinuxAnswer::Done);
    Ok(())
}

fn a_program_that_is_no_child_is_refused(_: &Ground) -> Result<(), Failed> {
    for program in ["/bin/false", "/nowhere/at-all"] {
        match Ground::probe(Path::new(program)) {
            Err(Refused::Child(broken)) => assert!(!broken.to_string().is_empty()),
            other => return Err(format!("{program}: {other:?}").into()),
        }
    }
    Ok(())
}
