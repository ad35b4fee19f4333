//! FreeBSD 14.2: the golden traces on its oracle, and how traces name their kernel.

use std::collections::HashSet;

use crate::common::liar::{HONEST, Lie};
use crate::common::{HEADER, call, traces_14};
use growstack::EntryFlags;
use growstack_fuzz::cli::{Exit, maps};
use growstack_fuzz::engine::EngineSpace;
use growstack_fuzz::kernel::Kernel;
use growstack_fuzz::oracle::freebsd14::{Branch, Oracle14};
use growstack_fuzz::replay::{MapFactory, ORACLES, TRACE, cut, replay};
use growstack_fuzz::space::AddressSpace;
use growstack_fuzz::trace::Trace;

/// A header of 14.2 for a small map.
const SMALL: &str = "\
growstack-trace 1
map min=0x1000 max=0x100000 page=4096 kernel=freebsd-14
proc maxsaddr=0x100000 stacktop=0x100000 stkgap=on
sysctl sgrowsiz=0x2000 stack_guard_page=1
limit stack=inf vmem=inf memlock=inf swap=inf
";

/// What no golden trace can have: the real kernel has an assertion there.
const NOT_REACHED: [&str; 2] =
    ["D7.8c a stack with an object, refused", "D12.10 a stack without a growth flag, refused"];

#[test]
fn the_oracle_answers_as_the_kernel_did() {
    let (mut operations, mut answers) = (0, 0);
    for (path, bytes) in traces_14() {
        let trace = Trace::parse(&bytes).unwrap();
        let (counts, result) = replay(&trace, &[ORACLES]);
        assert!(result.is_ok(), "{}: {:?}", path.display(), result.unwrap_err());
        operations += counts.operations;
        answers += counts.answers;
    }
    assert_eq!((operations, answers), (51_263, 45_516));
}

#[test]
fn they_reach_every_branch() {
    let mut reached = HashSet::new();
    for (_, bytes) in traces_14() {
        let trace = Trace::parse(&bytes).unwrap();
        let mut map = Oracle14::create(trace.config());
        for step in &trace.steps {
            map.apply(step.op(), &mut Vec::new());
            reached.extend(map.trail().iter().copied());
        }
    }
    let missed = Branch::ALL.iter().filter(|branch| !reached.contains(branch));
    let missed: Vec<String> = missed.map(|b| format!("{} {}", b.id(), b.what())).collect();
    assert_eq!(missed, NOT_REACHED);
}

/// D7.2 is a rule that these traces do not decide; if they did, this would say so.
#[test]
fn no_answer_depends_on_where_a_deletion_leaves_the_cluster_address() {
    let mut moved = 0;
    for (path, bytes) in traces_14() {
        let trace = Trace::parse(&bytes).unwrap();
        let mut follows = Oracle14::create(trace.config());
        let mut stays = Oracle14::create(trace.config()).with_fixed_cluster();
        for step in &trace.steps {
            let of_one = follows.apply(step.op(), &mut Vec::new());
            moved += usize::from(follows.trail().contains(&Branch::ClusterFollowed));
            let of_other = stays.apply(step.op(), &mut Vec::new());
            assert_eq!(of_one, of_other, "{}: {}", path.display(), step.op());
        }
    }
    assert!(moved > 0);
}

#[test]
fn they_are_written_as_they_were_read() {
    for (path, bytes) in traces_14() {
        let trace = Trace::parse(&bytes).unwrap();
        assert!(trace.to_string().as_bytes() == bytes, "{}", path.display());
        // Without the spelling that was kept.
        let mut bare = Trace::new(*trace.config());
        bare.steps.clone_from(&trace.steps);
        let again = Trace::parse(bare.to_string().as_bytes()).unwrap();
        assert_eq!(again.config(), trace.config(), "{}", path.display());
        assert_eq!(again.to_string(), bare.to_string(), "{}", path.display());
    }
}

/// A text after a header of 9.3, and where the reader finds a word of 14.2.
const NEWER: &str = r"stkgap off -> 6:1: `stkgap`
insert 0x1000 0x2000 --- --- nosync,guard - 0 -> 6:37: `guard`
fixed 0x1000 0x1000 rw- rwx excl - 0 -> 6:29: `excl`
find 0x1000 0x1000 0 no rw- rwx remap - 0 -> 6:33: `remap`
inherit 0x1000 0x2000 zero -> 6:23: `zero`
protect 0x1000 0x2000 rw- both=rwx -> 6:27: `both=rwx`
protect 0x1000 0x2000 rw- cur,growsdown -> 6:27: `cur,growsdown`
grow 0x1000\n= KERN_OUT_OF_BOUNDS -> 7:3: `KERN_OUT_OF_BOUNDS`
dump\n| 0x1000 0x2000 --- --- copy 0 guard,stack_gap_dn - 0x0 0x0 -> 7:32: `guard`
dump\n| 0x1000 0x2000 --- --- zero 0 - - 0x0 0x0 -> 7:25: `zero`";

#[test]
fn a_trace_of_9_has_no_word_of_14() {
    for line in NEWER.lines() {
        let (text, wanted) = line.split_once(" -> ").unwrap();
        let body = text.replace(r"\n", "\n");
        let error = Trace::parse(format!("{HEADER}{body}\n").as_bytes()).unwrap_err();
        let rest = "is of freebsd-14, and the header has no `kernel=freebsd-14`";
        assert_eq!(error.to_string(), format!("{wanted} {rest}"), "{text}");
    }
    let stacktop = HEADER.replace("maxsaddr=inf", "maxsaddr=inf stacktop=0x7000");
    let error = Trace::parse(stacktop.as_bytes()).unwrap_err().to_string();
    assert!(error.starts_with("3:19: `stacktop` is of freebsd-14"), "{error}");
    let pages = HEADER.replace("stack_guard_page=0", "stack_guard_page=2");
    assert!(Trace::parse(pages.as_bytes()).is_err());
    assert!(Trace::parse_of(pages.as_bytes(), Kernel::Freebsd14).is_ok());
}

#[test]
fn words_of_14_that_make_no_sense_are_refused() {
    for (text, wanted) in [
        ("protect 1 2 rw- cur,max", "6:17: cur or max must be one of cur, max; `cur,max` is not"),
        ("protect 1 2 rw- both", "6:17: cur or max must be one of cur, max; `both` is not"),
        ("protect 1 2 rw- both=w", "6:22: MAX must be rwx, with - for what is missing; `w` is not"),
        ("stkgap yes", "6:8: on or off must be one of on, off; `yes` is not"),
        (
            "sysctl stack_guard_page=on",
            "6:25: stack_guard_page must be a number, decimal, hexadecimal with 0x, or inf; `on` is not",
        ),
    ] {
        let text = format!("{HEADER}{text}\n");
        let error = Trace::parse_of(text.as_bytes(), Kernel::Freebsd14).unwrap_err();
        assert_eq!(error.to_string(), wanted);
    }
}

#[test]
fn a_refusal_by_the_shape_of_the_tree_is_counted_and_no_divergence() {
    let m01 = |path: &std::path::PathBuf| path.ends_with("m01-findspace-tree-shape.trace");
    let (path, bytes) = traces_14().into_iter().find(|(path, _)| m01(path)).unwrap();
    let (counts, result) = replay(&Trace::parse(&bytes).unwrap(), &[ORACLES]);
    assert!(result.is_ok(), "{result:?}");
    assert_eq!((counts.overlooked, counts.answers, counts.operations), (4, 12, 16));
    let (exit, out, err) = call(&["replay", path.to_str().unwrap()], &maps());
    assert_eq!(exit, Exit::Agreed, "{err}");
    assert!(out.contains("shape of the real kernel's tree (D7.3): 4\n"), "{out}");
}

/// What the kernel refuses is not mapped, and what follows is compared with that.
#[test]
fn a_find_that_was_overlooked_is_left_out_alone() {
    let refused = "insert 0x11000 0x14000 r-x rwx - - 0\n= KERN_SUCCESS\n\
        find 0x10000 0x4000 0 any rw- rwx - - 0\n= KERN_NO_SPACE\n\
        find 0x10000 0x1000 0 any rw- rwx - - 0\n= KERN_SUCCESS 0x10000\n\
        lookup 0x14000\n= FALSE\nfork\n= KERN_SUCCESS 1\nuse 1\n\
        find 0x10000 0x4000 0 any rw- rwx - - 0\n= KERN_SUCCESS 0x14000\n";
    let trace = Trace::parse(format!("{SMALL}{refused}").as_bytes()).unwrap();
    let itself = MapFactory::of::<Oracle14>("itself");
    let (counts, result) = replay(&trace, &[ORACLES, itself]);
    assert!(result.is_ok(), "{result:?}");
    assert_eq!((counts.overlooked, counts.operations, counts.answers), (1, 6, 5));
    // A later mistake of a map is cut down on the maps as they were.
    let lie = Lie {
        rows: |_, rows| {
            for row in rows.iter_mut().filter(|row| row.range.start().get() == 0x14000) {
                row.flags |= EntryFlags::NOSYNC;
            }
        },
        ..HONEST
    };
    let maps = [ORACLES, lie.on::<Oracle14>("wrong")];
    let failure = replay(&trace, &maps).1.unwrap_err();
    assert!(replay(&cut(&trace, &failure, &maps), &maps).1.is_err());
}

/// The cluster address is 0x20000, and there is room for the last find above and below.
#[test]
fn comparing_stops_where_the_kernel_overlooked_room_and_mapped_lower() {
    let body = "insert 0x1000 0x20000 r-- rwx - - 0\nfind 0 0x1000 0 any rw- rwx - - 0\n\
        = KERN_SUCCESS 0x20000\nremove 0x2000 0x8000\nremove 0x20000 0x21000\n\
        insert 0x23000 0x24000 r-- rwx - - 0\nfind 0 0x4000 0 any rw- rwx - - 0\n\
        = KERN_SUCCESS ADDR\nlookup 0x24000\n= FALSE\n";
    let replayed = |addr: &str| {
        let text = format!("{SMALL}{body}").replace("ADDR", addr);
        replay(&Trace::parse(text.as_bytes()).unwrap(), &[ORACLES])
    };
    let (counts, result) = replayed("0x2000");
    assert!(result.is_ok(), "{result:?}");
    let ended = counts.ended.unwrap();
    assert_eq!((ended.index, ended.overlooked), (Some(5), true));
    assert_eq!(replayed("0x3000").1.unwrap_err().index, 5);
    // By the rules it is above, and then the look-up is wrong.
    assert_eq!(replayed("0x24000").1.unwrap_err().index, 6);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lower.trace");
    std::fs::write(&path, format!("{SMALL}{body}").replace("ADDR", "0x2000")).unwrap();
    let (exit, out, err) = call(&["replay", path.to_str().unwrap()], &maps());
    assert_eq!(exit, Exit::Unusable, "{out}");
    assert!(err.contains("from line 12 on, because the kernel overlooked room"), "{err}");
    assert!(out.contains("mapped lower (D7.3): 1\n"), "{out}");
}

/// Where the rule does not let the kernel overlook anything: entries, and a search.
const NEVER_OVERLOOKED: [(&str, &str); 5] = [
    ("room in the gap of the search", "findspace 0x11000 0x2000"),
    ("the search begins in an entry", "findspace 0x10000 0x4000"),
    ("two entries above", "findspace 0xd000 0x4000"),
    ("nothing above", "findspace 0x14000 0x4000"),
    ("of the find, too", "find 0x10000 0x4000 0 any rw- rwx - - 0"),
];

#[test]
fn a_refusal_elsewhere_is_still_a_divergence() {
    for (name, search) in NEVER_OVERLOOKED {
        let text = format!(
            "{SMALL}insert 0x10000 0x11000 r-- rwx - - 0\ninsert 0x13000 0x14000 r-x rwx - - 0\n\
             {search}\n= KERN_NO_SPACE\n"
        );
        let (counts, result) = replay(&Trace::parse(text.as_bytes()).unwrap(), &[ORACLES]);
        let failure = result.expect_err(name);
        assert_eq!((failure.index, failure.sides), (2, (TRACE, "oracle")), "{name}");
        assert_eq!(counts.overlooked, 0, "{name}");
        // Nor is any on 9.3.
        let text =
            text.replace(" kernel=freebsd-14", "").replace(" stacktop=0x100000 stkgap=on", "");
        let trace = Trace::parse(text.replace("page=1", "page=0").as_bytes()).unwrap();
        assert!(replay(&trace, &[ORACLES]).1.is_err(), "{name}");
    }
}

/// A trace that does not name its kernel, in a file of its own.
fn nameless(folder: &tempfile::TempDir) -> String {
    let (_, bytes) = traces_14().swap_remove(0);
    let text = String::from_utf8(bytes).unwrap().replace(" kernel=freebsd-14", "");
    let path = folder.path().join("nameless.trace");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_command_is_given_the_kernel_of_traces_that_do_not_name_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = nameless(&folder);
    let (exit, _, err) = call(&["replay", &path], &maps());
    assert_eq!(exit, Exit::Unusable);
    assert!(err.contains("`stacktop` is of freebsd-14"), "{err}");
    let (exit, out, err) = call(&["replay", "--kernel", "freebsd-14", &path], &maps());
    assert_eq!(exit, Exit::Agreed, "{err}");
    assert!(out.ends_with("divergences 0\n"), "{out}");
    // What is filled in says what it is of.
    let (exit, out, _) = call(&["replay", "--fill", "--kernel", "freebsd-14", &path], &maps());
    assert_eq!(exit, Exit::Agreed);
    assert!(out.as_bytes() == traces_14()[0].1);
}

#[test]
fn the_command_says_where_kernel_and_maps_do_not_fit() {
    let (path, _) = traces_14().swap_remove(0);
    let path = path.to_str().unwrap();
    let (exit, _, err) = call(&["replay", "--kernel", "freebsd-9", path], &maps());
    assert_eq!(exit, Exit::Unusable);
    assert!(err.contains(":2:45: the trace is of freebsd-14, not of freebsd-9"), "{err}");
    let of_9 = [MapFactory::of::<EngineSpace>("mine")];
    let (exit, _, err) = call(&["replay", path], &of_9);
    assert_eq!(exit, Exit::Unusable);
    assert!(err.contains("there is no map of that kernel"), "{err}");
    let (exit, _, err) = call(&["replay", "--kernel", "linux", path], &maps());
    assert_eq!(exit, Exit::Unusable);
    assert!(err.contains("the kernels are freebsd-9, freebsd-14"), "{err}");
}
