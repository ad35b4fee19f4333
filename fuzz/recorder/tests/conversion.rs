//! Linux calls, as strace prints them, become the operations that `docs/recording.md` says.
#![allow(clippy::unwrap_used)]

use growstack_recorder::{Ending, LinuxRecording, Origin, Recording, Unseen, convert};

/// What a program starts from: a page of code, the stack, and what the kernel adds.
const START: &str = "\
7 execve(\"/bin/a\", [\"a\"], 0x7 /* 0 vars */) = 0 (DELAYED)
@ start 7 brk=0x900000 stack=0x800000
@ | 00400000-00401000 r-xp 00000000 fe:01 12 /bin/a
@ | 7ffff7000000-7ffff7021000 rw-p 00000000 00:00 0 [stack]
@ | 7ffff7100000-7ffff7102000 r-xp 00000000 00:00 0 [vdso]
@ | ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]
@ .
";

/// What the kernel says at the end if nothing but `lines` was added.
fn end(lines: &str) -> String {
    let mut regions: Vec<&str> =
        START.lines().filter_map(|line| line.strip_prefix("@ | ")).collect();
    regions.extend(lines.lines().filter(|line| !line.is_empty()));
    regions.sort_by_key(|line| u64::from_str_radix(line.split('-').next().unwrap(), 16).unwrap());
    let body: String = regions.iter().map(|line| format!("@ | {line}\n")).collect();
    format!("@ end 7\n{body}@ .\n7 exit_group(0) = ?\n7 +++ exited with 0 +++\n")
}

fn recorded(calls: &str, regions: &str) -> Recording {
    let mut all = convert(&format!("{START}{calls}{}", end(regions))).unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// The operations that `calls` become.
fn ops(recording: &Recording) -> Vec<String> {
    let steps = &recording.trace.steps[recording.given..];
    let ops = steps.iter().map(|step| step.op().to_string());
    ops.filter(|op| op != "dump").collect()
}

/// `calls` become `expected`, and the kernel then has `regions` beside what it started with.
#[track_caller]
fn becomes(calls: &str, expected: &[&str], regions: &str) {
    let recording = recorded(calls, regions);
    assert_eq!(ops(&recording), expected);
    assert_eq!(recording.differences, []);
    assert_eq!(recording.refused, Vec::<String>::new());
}

#[test]
fn what_a_program_starts_from() {
    let recording = recorded(
        "7 munmap(0x400000, 4096) = 0\n7 mmap(0x400000, 4096, 0x5, 0x32, -1, 0) = 0x400000\n",
        "",
    );
    let given = &recording.trace.steps[..recording.given];
    let given: Vec<String> = given.iter().map(|step| step.op().to_string()).collect();
    assert_eq!(
        given,
        [
            "insert 0x400000 0x401000 r-x rwx cow 1 0x0",
            "insert 0x7ffff7100000 0x7ffff7102000 r-x rwx cow 2 0x0",
            "sysctl sgrowsiz=0x21000",
            "stack 0x7ffff6821000 0x800000 rw- rwx grows_down",
            "sysctl sgrowsiz=0x1000",
        ]
    );
    let config = recording.trace.config();
    assert_eq!(config.tunables.maxsaddr.get(), 0x7fff_f682_1000);
    assert_eq!(config.limits.stack.get(), 0x80_0000);
    assert_eq!((recording.program.as_str(), recording.origin), ("a", Origin::Program));
    assert_eq!(recording.ending, Ending::Exit);
    assert_eq!(recording.differences, [], "[vsyscall] is no part of the address space");
}

#[test]
fn mappings_wherever_linux_or_the_program_wants_them() {
    becomes(
        "7 mmap(NULL, 5000, 0x3, 0x22, -1, 0) = 0x7f0000000000\n\
         7 mmap(0x7f0000100000, 4096, 0x1, 0x1, 3</a/b>, 0x2000) = 0x7f0000200000\n\
         7 mmap(0x7f0000001000, 4096, 0x5, 0x12, 3</a/b>, 0) = 0x7f0000001000\n\
         7 mmap(0x7f0000300000, 4096, 0, 0x104022, -1, 0) = 0x7f0000300000\n\
         7 mmap(0x7f0000300000, 4096, 0, 0x104022, -1, 0) = -1 EEXIST (File exists)\n",
        &[
            "find 0x7f0000000000 0x2000 0x0 any rw- rwx - - 0x0",
            "find 0x7f0000200000 0x1000 0x0 any r-- rwx inherit_share 3 0x2000",
            "fixed 0x7f0000001000 0x1000 r-x rwx cow 3 0x0",
            "insert 0x7f0000300000 0x7f0000301000 --- rwx acc_no_charge - 0x0",
        ],
        "7f0000000000-7f0000001000 rw-p 0 00:00 0 \n\
         7f0000001000-7f0000002000 r-xp 0 fe:01 9 /a/b\n\
         7f0000200000-7f0000201000 r--s 2000 fe:01 9 /a/b\n\
         7f0000300000-7f0000301000 ---p 0 00:00 0 \n",
    );
}

#[test]
fn unmapping_passes_over_holes() {
    becomes(
        "7 mmap(NULL, 16384, 0x3, 0x22, -1, 0) = 0x7f0000000000\n\
         7 munmap(0x7f0000001000, 4096) = 0\n\
         7 munmap(0x7f0000000000, 12288) = 0\n\
         7 munmap(0x7f0000000001, 4096) = -1 EINVAL (Invalid argument)\n",
        &[
            "find 0x7f0000000000 0x4000 0x0 any rw- rwx - - 0x0",
            "remove 0x7f0000001000 0x7f0000002000",
            "remove 0x7f0000000000 0x7f0000003000",
        ],
        "7f0000003000-7f0000004000 rw-p 0 00:00 0 \n",
    );
}

#[test]
fn protecting_stops_at_a_hole() {
    becomes(
        "7 mmap(NULL, 16384, 0x3, 0x22, -1, 0) = 0x7f0000000000\n\
         7 munmap(0x7f0000002000, 4096) = 0\n\
         7 mprotect(0x7f0000001000, 12288, 0x1) = -1 ENOMEM (Cannot allocate memory)\n\
         7 mprotect(0x7f0000002000, 4096, 0x1) = -1 ENOMEM (Cannot allocate memory)\n\
         7 mprotect(0x7f0000003000, 4096, 0) = 0\n",
        &[
            "find 0x7f0000000000 0x4000 0x0 any rw- rwx - - 0x0",
            "remove 0x7f0000002000 0x7f0000003000",
            "protect 0x7f0000001000 0x7f0000002000 r-- cur",
            "protect 0x7f0000003000 0x7f0000004000 --- cur",
        ],
        "7f0000000000-7f0000001000 rw-p 0 00:00 0 \n\
         7f0000001000-7f0000002000 r--p 0 00:00 0 \n\
         7f0000003000-7f0000004000 ---p 0 00:00 0 \n",
    );
}

#[test]
fn the_heap() {
    becomes(
        "7 brk(NULL) = 0x900000\n7 brk(0x900800) = 0x900800\n7 brk(0x903000) = 0x903000\n\
         7 brk(0x7fffffffffff) = 0x903000\n7 brk(0x901001) = 0x901001\n",
        &[
            "insert 0x900000 0x901000 rw- rwx - - 0x0",
            "insert 0x901000 0x903000 rw- rwx - - 0x0",
            "remove 0x902000 0x903000",
        ],
        "900000-902000 rw-p 0 00:00 0 [heap]\n",
    );
}

#[test]
fn remapping_grows_in_place_shrinks_and_moves() {
    becomes(
        "7 mmap(NULL, 8192, 0x3, 0x2, 3</a>, 0x5000) = 0x7f0000000000\n\
         7 mremap(0x7f0000000000, 8192, 12288, 0x1) = 0x7f0000000000\n\
         7 mprotect(0x7f0000001000, 4096, 0x1) = 0\n\
         7 mremap(0x7f0000000000, 12288, 4096, 0x1) = 0x7f0000000000\n\
         7 mremap(0x7f0000000000, 4096, 8192, 0x1) = 0x7f0000800000\n\
         7 mremap(0x7f0000800000, 8192, 8192, 0x3, 0x900000000) = 0x900000000\n\
         7 mremap(0x900000000, 0, 4096, 0x1) = -1 EINVAL (Invalid argument)\n",
        &[
            "find 0x7f0000000000 0x2000 0x0 any rw- rwx cow 3 0x5000",
            "insert 0x7f0000002000 0x7f0000003000 rw- rwx cow 3 0x7000",
            "protect 0x7f0000001000 0x7f0000002000 r-- cur",
            "remove 0x7f0000001000 0x7f0000003000",
            "find 0x7f0000800000 0x2000 0x0 any rw- rwx cow 3 0x5000",
            "remove 0x7f0000000000 0x7f0000001000",
            "find 0x900000000 0x2000 0x0 any rw- rwx cow 3 0x5000",
            "remove 0x7f0000800000 0x7f0000802000",
        ],
        "900000000-900002000 rw-p 5000 fe:01 9 /a\n",
    );
}

#[test]
fn a_remapping_may_leave_its_source_and_may_have_several_pieces() {
    becomes(
        "7 mmap(NULL, 12288, 0x3, 0x22, -1, 0) = 0x7f0000000000\n\
         7 mprotect(0x7f0000001000, 4096, 0x1) = 0\n\
         7 mremap(0x7f0000000000, 12288, 12288, 0x5) = 0x7f0000800000\n",
        &[
            "find 0x7f0000000000 0x3000 0x0 any rw- rwx - - 0x0",
            "protect 0x7f0000001000 0x7f0000002000 r-- cur",
            "find 0x7f0000800000 0x1000 0x0 any rw- rwx - - 0x0",
            "find 0x7f0000801000 0x1000 0x0 any r-- rwx - - 0x1000",
            "find 0x7f0000802000 0x1000 0x0 any rw- rwx - - 0x2000",
        ],
        "7f0000000000-7f0000001000 rw-p 0 00:00 0 \n\
         7f0000001000-7f0000002000 r--p 0 00:00 0 \n\
         7f0000002000-7f0000003000 rw-p 0 00:00 0 \n\
         7f0000800000-7f0000801000 rw-p 0 00:00 0 \n\
         7f0000801000-7f0000802000 r--p 0 00:00 0 \n\
         7f0000802000-7f0000803000 rw-p 0 00:00 0 \n",
    );
}

#[test]
fn advice_that_maps_keep() {
    becomes(
        "7 mmap(NULL, 8192, 0x3, 0x22, -1, 0) = 0x7f0000000000\n\
         7 madvise(0x7f0000000000, 4096, 0x4) = 0\n\
         7 madvise(0x7f0000000000, 4096, 0x2) = 0\n\
         7 madvise(0x7f0000000000, 1048576, 0x10) = -1 ENOMEM (Cannot allocate memory)\n\
         7 madvise(0x7f0000001000, 4096, 0xa) = 0\n\
         7 madvise(0x7f0000001000, 4096, 0xb) = 0\n",
        &[
            "find 0x7f0000000000 0x2000 0x0 any rw- rwx - - 0x0",
            "madvise 0x7f0000000000 0x7f0000001000 sequential",
            "madvise 0x7f0000000000 0x7f0000100000 nocore",
            "inherit 0x7f0000001000 0x7f0000002000 none",
            "inherit 0x7f0000001000 0x7f0000002000 copy",
        ],
        "7f0000000000-7f0000002000 rw-p 0 00:00 0 \n",
    );
}

#[test]
fn locking() {
    becomes(
        "7 mmap(NULL, 8192, 0x3, 0x22, -1, 0) = 0x7f0000000000\n\
         7 mlock(0x7f0000000010, 4096) = 0\n\
         7 munlock(0x7f0000000000, 12288) = -1 ENOMEM (Cannot allocate memory)\n\
         7 mlockall(0x2) = 0\n\
         7 mmap(NULL, 4096, 0, 0x22, -1, 0) = 0x7f0000800000\n\
         7 munlockall() = 0\n",
        &[
            "find 0x7f0000000000 0x2000 0x0 any rw- rwx - - 0x0",
            "wire 0x7f0000000000 0x7f0000002000 user noholes",
            "unwire 0x7f0000000000 0x7f0000002000 user noholes",
            "wirefuture on",
            "find 0x7f0000800000 0x1000 0x0 any --- rwx - - 0x0",
            "wire 0x7f0000800000 0x7f0000801000 user holes",
            "wirefuture off",
            "unwire 0x1000 0x7ffffffff000 user holes",
        ],
        "7f0000000000-7f0000002000 rw-p 0 00:00 0 \n7f0000800000-7f0000801000 ---p 0 00:00 0 \n",
    );
}

#[test]
fn segments_of_shared_memory_have_sizes_of_their_own() {
    becomes(
        "7 shmget(0, 5000, 0x3b6) = 12\n7 shmat(12, NULL, 0) = 0x7f0000000000\n\
         7 shmat(12, NULL, 0x1000) = 0x7f0000800000\n7 shmdt(0x7f0000000000) = 0\n",
        &[
            "find 0x7f0000000000 0x2000 0x0 any rw- rwx inherit_share 3 0x0",
            "find 0x7f0000800000 0x2000 0x0 any r-- rwx inherit_share 3 0x0",
            "remove 0x7f0000000000 0x7f0000002000",
        ],
        "7f0000800000-7f0000802000 r--s 0 00:01 12 /SYSV00000000 (deleted)\n",
    );
}

#[test]
fn stacks_grow_to_what_they_are_in_the_end() {
    let calls = "7 mmap(0x200000000000, 8192, 0x3, 0x132, -1, 0) = 0x200000000000\n";
    let body = end("1ffffffd9000-200000002000 rw-p 0 00:00 0 \n");
    let body = body.replace("7ffff7000000-", "7ffff6f00000-");
    let recording = &convert(&format!("{START}{calls}{body}")).unwrap()[0];
    assert_eq!(
        ops(recording),
        [
            "sysctl sgrowsiz=0x2000",
            "stack 0x1fffff802000 0x800000 rw- rwx grows_down",
            "sysctl sgrowsiz=0x1000",
            "grow 0x1ffffffd9000",
            "grow 0x7ffff6f00000",
        ]
    );
    assert_eq!(recording.differences, []);
}

#[test]
fn a_use_of_what_a_stack_grew_by_tells_that_it_grew() {
    let calls = "7 mprotect(0x7ffff6fff000, 8192, 0x7) = 0\n";
    let regions = end("7ffff6fff000-7ffff7001000 rwxp 0 00:00 0 [stack]\n");
    let regions = regions.replace("7ffff7000000-", "7ffff7001000-");
    let recording = &convert(&format!("{START}{calls}{regions}")).unwrap()[0];
    let expected = ["grow 0x7ffff6fff000", "protect 0x7ffff6fff000 0x7ffff7001000 rwx cur"];
    assert_eq!(ops(recording), expected);
    assert_eq!(recording.differences, []);
}

/// As glibc makes a thread: no access, then all but the guard is opened.
const THREAD: &str = "\
7 mmap(NULL, 139264, 0, 0x20022, -1, 0) = 0x7f0000000000
7 mprotect(0x7f0000001000, 135168, 0x3) = 0
7 clone3({flags=0x3d0f00, exit_signal=0, stack=0x7f0000000000, stack_size=0x21000} => {parent_tid=[8]}, 88) = 8
8 munmap(0x900000, 4096) = 0
8 +++ exited with 0 +++
";

#[test]
fn thread_stacks_are_mappings_and_in_the_second_trace_stacks() {
    let regions =
        "7f0000000000-7f0000001000 ---p 0 00:00 0 \n7f0000001000-7f0000022000 rw-p 0 00:00 0 \n";
    let recording = recorded(THREAD, regions);
    assert_eq!(
        ops(&recording),
        [
            "find 0x7f0000000000 0x22000 0x0 any --- rwx - - 0x0",
            "protect 0x7f0000001000 0x7f0000022000 rw- cur",
            "remove 0x900000 0x901000",
        ]
    );
    assert_eq!(recording.differences, []);
    let growing = recording.growing.unwrap();
    let ops: Vec<String> = growing.steps.iter().map(|step| step.op().to_string()).collect();
    assert_eq!(
        ops[recording.given..],
        [
            "find 0x7f0000000000 0x22000 0x0 any --- rwx - - 0x0",
            "remove 0x7f0000001000 0x7f0000022000",
            "stack 0x7f0000001000 0x21000 rw- rwx grows_down",
            "grow 0x7f0000020fff",
            "remove 0x900000 0x901000",
            "dump",
        ]
    );
}

#[test]
fn a_fork_has_a_copy_and_a_vfork_the_same() {
    let calls = "\
7 mmap(NULL, 8192, 0x3, 0x22, -1, 0) = 0x7f0000000000
7 madvise(0x7f0000001000, 4096, 0xa) = 0
7 clone(child_stack=NULL, flags=0x1200000|17, child_tidptr=0x7f) = 8
8 munmap(0x7f0000000000, 4096) = 0
8 +++ killed by SIGKILL +++
7 vfork( <unfinished ...>
9 mmap(NULL, 4096, 0x3, 0x22, -1, 0) = 0x7f0000800000
9 execve(\"/bin/b\", [\"b\"], 0x7 /* 0 vars */) = 0
7 <... vfork resumed>) = 9
9 +++ exited with 0 +++
";
    let regions =
        "7f0000000000-7f0000002000 rw-p 0 00:00 0 \n7f0000800000-7f0000801000 rw-p 0 00:00 0 \n";
    let all = convert(&format!("{START}{calls}{}", end(regions))).unwrap();
    let [parent, child] = &all[..] else { panic!("{all:?}") };
    assert_eq!(parent.differences, [], "what the vfork mapped is the parent's");
    assert_eq!(ops(child), ["remove 0x7f0000000000 0x7f0000001000"]);
    assert_eq!(
        (child.origin, &child.ending),
        (Origin::Fork, &Ending::Signal("SIGKILL".to_owned()))
    );
    let given: Vec<String> =
        child.trace.steps[..child.given].iter().map(|step| step.op().to_string()).collect();
    assert!(given.contains(&"insert 0x7f0000000000 0x7f0000001000 rw- rwx - - 0x0".to_owned()));
    assert!(!given.iter().any(|op| op.contains("0x7f0000001000 0x7f0000002000")), "{given:?}");
}

#[test]
fn addresses_given_out_again_tell_that_a_call_under_way_is_done() {
    becomes(
        "7 mmap(NULL, 8192, 0x3, 0x22, -1, 0) = 0x7f0000000000\n\
         7 clone3({flags=0x3d0f00, stack=0x1000, stack_size=0x1000}, 88) = 8\n\
         8 munmap(0x7f0000000000, 8192 <unfinished ...>\n\
         7 mmap(NULL, 4096, 0x1, 0x22, -1, 0) = 0x7f0000001000\n\
         8 <... munmap resumed>) = 0\n",
        &[
            "find 0x7f0000000000 0x2000 0x0 any rw- rwx - - 0x0",
            "remove 0x7f0000000000 0x7f0000002000",
            "find 0x7f0000001000 0x1000 0x0 any r-- rwx - - 0x0",
        ],
        "7f0000001000-7f0000002000 r--p 0 00:00 0 \n",
    );
}

#[test]
fn the_kernel_tells_whether_a_call_under_way_at_the_end_was_done() {
    let calls = "7 mmap(NULL, 8192, 0x3, 0x22, -1, 0) = 0x7f0000000000\n\
         7 clone3({flags=0x3d0f00, stack=0x1000, stack_size=0x1000}, 88) = 8\n\
         8 munmap(0x7f0000000000, 4096 <unfinished ...>\n";
    let done = recorded(calls, "7f0000001000-7f0000002000 rw-p 0 00:00 0 \n");
    assert_eq!(done.differences, []);
    assert_eq!(ops(&done)[1], "remove 0x7f0000000000 0x7f0000001000");
    let not_yet = recorded(calls, "7f0000000000-7f0000002000 rw-p 0 00:00 0 \n");
    assert_eq!(not_yet.differences, []);
    assert_eq!(ops(&not_yet).len(), 1);
    let mapping =
        calls.replace("munmap(0x7f0000000000, 4096", "mmap(NULL, 12288, 0x1, 0x22, -1, 0");
    let regions =
        "7f0000000000-7f0000002000 rw-p 0 00:00 0 \n7f0000800000-7f0000803000 r--p 0 00:00 0 \n";
    let mapped = recorded(&mapping, regions);
    assert_eq!(mapped.differences, []);
    assert_eq!(ops(&mapped)[1], "find 0x7f0000800000 0x3000 0x0 any r-- rwx - - 0x0");
}

#[test]
fn addresses_that_changed_hands_at_the_end_are_distinguished() {
    let calls = "7 mmap(NULL, 16384, 0x3, 0x22, -1, 0) = 0x7f0000000000\n\
         7 clone3({flags=0x3d0f00, stack=0x1000, stack_size=0x1000}, 88) = 8\n\
         7 clone3({flags=0x3d0f00, stack=0x1000, stack_size=0x1000}, 88) = 9\n\
         9 mmap(NULL, 12288, 0x3, 0x22, -1, 0 <unfinished ...>\n\
         8 munmap(0x7f0000000000, 16384 <unfinished ...>\n";
    let recording = recorded(calls, "7f0000001000-7f0000004000 rw-p 0 00:00 0 \n");
    assert_eq!(recording.differences, []);
    assert_eq!(
        ops(&recording)[1..],
        [
            "remove 0x7f0000000000 0x7f0000004000",
            "find 0x7f0000001000 0x3000 0x0 any rw- rwx - - 0x0",
        ]
    );
}

#[test]
fn what_no_event_shows_is_a_difference() {
    let recording = recorded(
        "7 mmap(NULL, 8192, 0x3, 0x22, -1, 0) = 0x7f0000000000\n",
        "7f0000001000-7f0000002000 r--p 0 00:00 0 \n7f0000900000-7f0000901000 rw-p 0 00:00 0 [aio]\n",
    );
    let printed: Vec<String> = recording.differences.iter().map(ToString::to_string).collect();
    assert_eq!(
        printed,
        [
            "[0x7f0000000000, 0x7f0000001000): 1 pages, rw- in the map, nothing in /proc/PID/maps",
            "[0x7f0000001000, 0x7f0000002000): 1 pages, rw- in the map, r-- in /proc/PID/maps",
            "[0x7f0000900000, 0x7f0000901000): 1 pages, nothing in the map, rw- in /proc/PID/maps",
        ]
    );
}

#[test]
fn programs_of_which_nothing_is_known_are_left_out() {
    let blind = "7 execve(\"/bin/a\", [\"a\"], 0x7 /* 0 vars */) = 0\n\
         7 mmap(NULL, 8192, 0x3, 0x22, -1, 0) = 0x7f0000000000\n7 +++ exited with 0 +++\n";
    assert!(convert(blind).unwrap().is_empty());
    assert!(convert(&format!("{START}{}", end(""))).unwrap().is_empty(), "nothing happened");
    assert!(convert("").unwrap().is_empty());
    assert!(convert("@ end seven\n@ .\n").is_err());
}

/// What the rules of Linux ask of the machine, in a note of a start.
const CONFIG: &str = "\
@ # growstack-trace 1
@ # map min=0x0 max=0x7ffffffff000 page=4096 kernel=linux-6.18.44
@ # linux gap=0x100000 min_addr=0x10000 fixed_min=0x1000 keys=off huge_pages=on
@ # proc base_pages=0 base_data=0 capabilities=- overcommit=0 committable=4194304
@ # limit stack=0x800000 as=inf data=inf memlock=0x800000
@ # hard stack=inf as=inf data=inf memlock=0x800000
@ # program top=0x7ffff0000000 heap=0x900000 brk=0x900000 data=0x0
";

/// A log with flags: of a program that makes `calls`, and then has `last`.
fn flagged(calls: &str, last: &str) -> String {
    let vmas = "\
@ | 00400000-00401000 r-xp 00000000 fe:01 12 /bin/a
@ | VmFlags: rd ex mr mw me
@ | 7ffff7000000-7ffff7021000 rw-p 00000000 00:00 0 [stack]
@ | VmFlags: rd wr mr mw me gd ac
";
    format!(
        "7 execve(\"/bin/a\", [\"a\"], 0x7 /* 0 vars */) = 0 (DELAYED)\n\
         @ start 7 brk=0x900000 stack=0x800000\n{CONFIG}{vmas}@ .\n{calls}\
         @ end 7\n{last}@ .\n7 exit_group(0) = ?\n7 +++ exited with 0 +++\n"
    )
}

fn linux(calls: &str, last: &str) -> LinuxRecording {
    let mut all = convert(&flagged(calls, last)).unwrap();
    all.remove(0).linux.unwrap()
}

/// The lines of operations and answers.
fn lines(recording: &LinuxRecording) -> Vec<String> {
    let text = recording.trace.to_string();
    let lines = text.lines().skip_while(|line| !line.starts_with("given"));
    lines.filter(|line| !line.starts_with('|')).map(str::to_owned).collect()
}

/// The VMAs that the program starts with, and the stack a page longer.
const LAST: &str = "\
@ | 00400000-00401000 r-xp 00000000 fe:01 12 /bin/a
@ | VmFlags: rd ex mr mw me
@ | 7fffefffe000-7ffff0000000 r--p 00000000 00:00 0 [anon]
@ | VmFlags: rd mr mw me ac
@ | 7ffff6fff000-7ffff7021000 rw-p 00000000 00:00 0 [stack]
@ | VmFlags: rd wr mr mw me gd ac
";

const CALLS: &str = "\
7 mmap(NULL, 8192, 0x3, 0x22, -1, 0) = 0x7fffefffe000
7 mprotect(0x7fffefffe000, 8192, 0x1) = 0
";

#[test]
fn calls_of_linux_stay_what_they_are_and_what_is_unseen_is_put_in() {
    let recording = linux(CALLS, LAST);
    assert_eq!(recording.problems, Vec::<String>::new());
    assert_eq!(recording.differences, []);
    assert_eq!(recording.unseen, [(Unseen::Grown, 1), (Unseen::Written, 1)]);
    let expected = [
        "given 0x400000 0x401000 rd,ex file=1 offset=0x0 huge",
        "given 0x7ffff7000000 0x7ffff7021000 rd,wr,gd,ac",
        "mmap 0x0 0x2000 rw- -",
        "= 0x7fffefffe000",
        "store 0x7fffefffe000 # unseen: written",
        "mprotect 0x7fffefffe000 0x2000 r--",
        "= 0x0",
        "store 0x7ffff6fff000 # unseen: grown",
    ];
    assert_eq!(lines(&recording), expected);
}

#[test]
fn a_page_a_flag_and_an_answer_that_the_rules_do_not_have_are_found() {
    let flag = linux(CALLS, &LAST.replace("rd ex mr mw me\n", "rd ex mr mw me dd\n"));
    let found: Vec<String> = flag.differences.iter().map(ToString::to_string).collect();
    assert_eq!(found, ["[0x400000, 0x401000): 1 pages, `rd ex` against `rd ex dd`"]);
    let page = linux(CALLS, &LAST.replace("00401000 r-xp", "00402000 r-xp"));
    let found: Vec<String> = page.differences.iter().map(ToString::to_string).collect();
    assert_eq!(found, ["[0x401000, 0x402000): 1 pages, `nothing` against `rd ex`"]);
    let unknown = linux(CALLS, &LAST.replace("rd ex mr", "rd ex mr zz"));
    assert_eq!(unknown.problems, ["[0x400000, 0x401000): no rule is about zz"]);
    let answer = linux(&CALLS.replace("8192, 0x1) = 0", "8192, 0x1) = -1 EACCES (Denied)"), LAST);
    let problem =
        "`mprotect 0x7fffefffe000 0x2000 r--` is EACCES by the kernel and 0x0 by the rules";
    assert_eq!(answer.problems, [problem]);
    let left = linux("7 mmap(NULL, 8192, 0x3, 0x40022, -1, 0) = 0x7fffef000000\n", LAST);
    assert_eq!(left.problems.len(), 1, "{:?}", left.problems);
}

#[test]
fn calls_at_the_same_time_are_done_in_the_order_that_their_answers_have() {
    // The second thread came back first, with the address below that of the first.
    let calls = "\
7 clone(child_stack=0x7f00, flags=0x3d0f00, parent_tid=[8], tls=0x1, child_tidptr=0x2) = 8
7 mmap(NULL, 8192, 0x1, 0x22, -1, 0 <unfinished ...>
8 mmap(NULL, 4096, 0x1, 0x22, -1, 0) = 0x7fffefffd000
7 <... mmap resumed>) = 0x7fffefffe000
";
    let last = LAST.replace("7fffefffe000-7ffff0000000", "7fffefffd000-7ffff0000000");
    let last = last.replace("rd mr mw me ac\n", "rd mr mw me\n");
    let recording = linux(calls, &last);
    assert_eq!(recording.problems, Vec::<String>::new());
    assert_eq!(recording.differences, []);
    let made = lines(&recording).into_iter().filter(|line| line.starts_with("mmap"));
    assert_eq!(made.collect::<Vec<_>>(), ["mmap 0x0 0x2000 r-- -", "mmap 0x0 0x1000 r-- -"]);
}
