//! Traces of Linux: what 6.18.44 answered, and those written for one rule each, on the oracle.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use growstack_fuzz::linux::oracle::{Branch, LinuxOracle};
use growstack_fuzz::linux::replay::{LinuxMap, RECORD, cut, fill, replay};
use growstack_fuzz::linux::trace::LinuxTrace;
use growstack_fuzz::linux::{
    LinuxAnswer, LinuxConfig, LinuxDivergence, LinuxOp, LinuxSpace, Rules, Shown, Vma, VmaFlags,
};
use growstack_fuzz::trace::read_packed;

const RECORDED: &str = "linux-6.18";
const DIRECTED: &str = "linux-directed";

/// The traces of a folder of the corpus, with their texts.
fn traces(folder: &str) -> Vec<(PathBuf, String, LinuxTrace)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus").join(folder);
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|kind| kind == "trace")).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let trace = LinuxTrace::parse(text.as_bytes());
        let trace = trace.unwrap_or_else(|error| panic!("{}:{error}", path.display()));
        (path, text, trace)
    };
    paths.into_iter().map(read).collect()
}

fn all_traces() -> Vec<(PathBuf, String, LinuxTrace)> {
    [traces(RECORDED), traces(DIRECTED)].concat()
}

const ORACLE: LinuxMap<'static> =
    LinuxMap { name: "oracle", create: &|config| Box::new(LinuxOracle::new(*config)) };

#[test]
fn every_answer_and_every_list_agree() {
    let (mut operations, mut lists) = (0, 0);
    let mut failures = Vec::new();
    for (path, _, trace) in all_traces() {
        match replay(&trace, &ORACLE, &[]) {
            Ok(counts) => {
                assert_eq!(counts.passed, 0, "{}", path.display());
                assert_eq!(counts.answers, counts.operations, "{}", path.display());
                operations += counts.operations;
                lists += counts.lists;
            }
            Err(failure) => failures.push(format!("{}: {failure}", path.display())),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(operations > 6000 && lists == operations, "{operations} operations, {lists} lists");
}

#[test]
fn traces_are_written_as_they_were_read() {
    for (path, text, trace) in all_traces() {
        assert_eq!(trace.to_string(), text, "{}", path.display());
    }
}

fn reached(folder: &str) -> BTreeSet<Branch> {
    let mut reached = BTreeSet::new();
    for (_, _, trace) in traces(folder) {
        let mut map = LinuxOracle::new(trace.config);
        for step in &trace.steps {
            map.apply(&step.op);
            reached.extend(map.trail());
        }
    }
    reached
}

/// What no recorded answer is about. L19, L33c, L57b and L63g want more memory than there is; L23c and
/// L60a are of other versions; L65b and L66 have traces of their own, since they were drawn on their
/// own; the others are rare.
const NOT_RECORDED: [&str; 25] = [
    "L19", "L23c", "L23g", "L33c", "L36a", "L40b", "L42b", "L43", "L54d", "L55a", "L55b", "L57a",
    "L57b", "L60a", "L60b", "L60c", "L61e", "L63c", "L63e", "L63g", "L64a", "L65b", "L66a", "L66b",
    "L66c",
];

#[test]
fn every_branch_is_reached() {
    let (recorded, directed) = (reached(RECORDED), reached(DIRECTED));
    let missing = |reached: &BTreeSet<Branch>| {
        let missing = Branch::ALL.iter().filter(|branch| !reached.contains(branch));
        missing.copied().collect::<Vec<_>>()
    };
    let (drawn, programs): (Vec<Branch>, Vec<Branch>) =
        missing(&recorded).into_iter().partition(|branch| branch.is_drawn());
    let ids: Vec<&str> = drawn.iter().map(|branch| branch.id()).collect();
    assert_eq!(ids, NOT_RECORDED);
    assert!(!programs.is_empty(), "what is recorded is drawn");
    assert_eq!(missing(&directed), []);
}

/// What no recorded program does: no kernel lists a VMA twice.
const NOT_BY_PROGRAMS: [&str; 1] = ["L72d"];

/// The traces of programs that were recorded.
fn programs() -> Vec<(PathBuf, LinuxTrace)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/recorded");
    let files = walkdir::WalkDir::new(folder).sort_by_file_name();
    let paths = files.into_iter().map(|entry| entry.unwrap().into_path());
    let paths = paths.filter(|path| path.to_string_lossy().ends_with(".linux.trace.zst"));
    let read = |path: PathBuf| {
        let trace = LinuxTrace::parse(&read_packed(&path).unwrap()).unwrap();
        (path, trace)
    };
    paths.map(read).collect()
}

/// A machine that is otherwise is seen by what the programs were answered, or had at their end.
#[test]
fn programs_do_not_replay_by_other_rules() {
    let programs = programs();
    let differ = |other: &dyn Fn(&mut LinuxConfig)| {
        let differs = |(_, trace): &&(PathBuf, LinuxTrace)| {
            let mut trace = trace.clone();
            other(&mut trace.config);
            replay(&trace, &ORACLE, &[]).is_err()
        };
        programs.iter().filter(differs).count()
    };
    assert_eq!(differ(&|_| ()), 0);
    let without = |rule: Rules| move |config: &mut LinuxConfig| config.rules -= rule;
    assert!(differ(&without(Rules::ALIGN_HUGE)) > 3, "L38, L77");
    assert!(differ(&without(Rules::DROP_ACCOUNT)) > 1, "L57");
    let more = growstack::Size::pages(1024);
    let all = programs.len();
    let top = |config: &mut LinuxConfig| {
        if let Some(program) = &mut config.program {
            program.top = program.top.wrapping_add(more);
        }
    };
    assert!(differ(&top) > all / 2, "L77");
}

#[test]
fn recorded_programs_agree_with_the_kernel_and_reach_their_rules() {
    let (mut number, mut pages) = (0, 0);
    let mut missing: BTreeSet<Branch> =
        Branch::ALL.iter().copied().filter(|branch| !branch.is_drawn()).collect();
    for (path, trace) in programs() {
        let counts = replay(&trace, &ORACLE, &[]);
        let counts = counts.unwrap_or_else(|failure| panic!("{}: {failure}", path.display()));
        assert_eq!(counts.passed, 0, "{}", path.display());
        number += 1;
        pages += counts.pages;
        let mut map = LinuxOracle::new(trace.config);
        for step in &trace.steps {
            map.apply(&step.op);
            missing.retain(|branch| !map.trail().contains(branch));
        }
    }
    assert!(number > 20 && pages > 100_000, "{number} programs, {pages} pages");
    let ids: Vec<&str> = missing.iter().map(|branch| branch.id()).collect();
    assert_eq!(ids, NOT_BY_PROGRAMS);
}

/// A rule that could be the other way without anyone seeing it is not tested.
#[test]
fn every_rule_that_changed_makes_a_difference() {
    let traces = all_traces();
    for (name, rule) in Rules::all().iter_names() {
        let other = |config: &LinuxConfig| -> Box<dyn LinuxSpace> {
            Box::new(LinuxOracle::new(LinuxConfig { rules: config.rules ^ rule, ..*config }))
        };
        let map = LinuxMap { name: "other", create: &other };
        let seen = traces.iter().any(|(.., trace)| replay(trace, &map, &[]).is_err());
        assert!(seen, "{name}");
    }
}

/// An oracle with a gap of one page less.
struct Short(LinuxOracle);

impl LinuxSpace for Short {
    fn apply(&mut self, op: &LinuxOp) -> LinuxAnswer {
        self.0.apply(op)
    }

    fn vmas(&self, vmas: &mut Vec<Vma>) {
        vmas.extend(self.0.vmas());
    }
}

const SHORT: LinuxMap<'static> = LinuxMap {
    name: "short",
    create: &|config| {
        let gap = growstack::Size::new(config.gap.get() - 4096);
        Box::new(Short(LinuxOracle::new(LinuxConfig { gap, ..*config })))
    },
};

#[test]
fn a_divergence_is_shrunk_to_what_shows_it() {
    let mut shrunk = 0;
    for (path, _, trace) in all_traces() {
        let bare = LinuxTrace::of(trace.config, trace.steps.iter().map(|step| step.op));
        let Err(failure) = replay(&bare, &ORACLE, &[SHORT]) else { continue };
        assert_eq!(failure.sides, ("oracle", "short"));
        let short = cut(&bare, &failure, &ORACLE, &[SHORT]);
        let again = replay(&short, &ORACLE, &[SHORT]).unwrap_err();
        assert!(again.divergence.is_like(&failure.divergence), "{}", path.display());
        assert!(short.steps.len() <= 4, "{}:\n{short}", path.display());
        shrunk += 1;
    }
    assert!(shrunk > 0);
}

#[test]
fn a_divergence_from_a_record_keeps_what_came_before() {
    let (_, _, trace) =
        traces(DIRECTED).into_iter().find(|(path, ..)| path.ends_with("gap.trace")).unwrap();
    let failure = replay(&trace, &SHORT, &[]).unwrap_err();
    assert_eq!(failure.sides, (RECORD, "short"));
    let short = cut(&trace, &failure, &SHORT, &[]);
    assert_eq!(short.steps[..], trace.steps[..=failure.index]);
}

#[test]
fn what_is_not_shown_is_not_compared() {
    struct Maps(LinuxOracle);
    impl LinuxSpace for Maps {
        fn apply(&mut self, op: &LinuxOp) -> LinuxAnswer {
            self.0.apply(op)
        }
        fn vmas(&self, vmas: &mut Vec<Vma>) {
            vmas.extend(self.0.vmas().map(|vma| Shown::MAPS.of(vma)));
        }
        fn shown(&self) -> Shown {
            Shown::MAPS
        }
    }
    let maps =
        LinuxMap { name: "maps", create: &|config| Box::new(Maps(LinuxOracle::new(*config))) };
    for (path, _, trace) in traces(RECORDED) {
        let counts = replay(&trace, &ORACLE, std::slice::from_ref(&maps));
        assert!(counts.is_ok_and(|counts| counts.lists > 20), "{}", path.display());
    }
    // What it shows of each is written, and read again.
    let filled = fill(&traces(RECORDED)[0].2, &maps);
    let again = LinuxTrace::parse(filled.to_string().as_bytes()).unwrap();
    assert_eq!(again.shown, Shown::MAPS);
    let flags = again.steps.iter().filter_map(|step| step.vmas.as_deref()).flatten();
    assert!(flags.fold(VmaFlags::empty(), |all, vma| all | vma.flags) == VmaFlags::ACCESS);
    assert!(replay(&again, &ORACLE, &[]).is_ok());
}

#[test]
fn a_wrong_answer_and_a_wrong_list_are_seen() {
    let (_, _, trace) =
        traces(DIRECTED).into_iter().find(|(path, ..)| path.ends_with("growth.trace")).unwrap();
    for index in 0..trace.steps.len() {
        let mut wrong = trace.clone();
        wrong.steps[index].answer = Some(LinuxAnswer::Value(7));
        let failure = replay(&wrong, &ORACLE, &[]).unwrap_err();
        assert_eq!(failure.index, index);
        assert!(matches!(failure.divergence, LinuxDivergence::Answer { .. }));
        let mut wrong = trace.clone();
        let mut vmas = wrong.steps[index].vmas.as_deref().unwrap().to_vec();
        match vmas.first_mut() {
            Some(vma) => vma.flags ^= VmaFlags::DD,
            None => continue,
        }
        wrong.steps[index].vmas = Some(vmas.into());
        let failure = replay(&wrong, &ORACLE, &[]).unwrap_err();
        assert_eq!(failure.index, index);
        assert!(matches!(failure.divergence, LinuxDivergence::Vma { index: 0, .. }));
    }
}
