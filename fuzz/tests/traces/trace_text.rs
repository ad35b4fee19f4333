//! What is read is written again, byte by byte or at least value by value.

use crate::common::{HEADER, fork_traces, golden_traces};
use growstack_fuzz::trace::{Step, Trace};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

fn parse(text: &str) -> Trace {
    Trace::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn golden_traces_print_as_they_are() {
    for (path, bytes) in golden_traces().into_iter().chain(fork_traces()) {
        let trace = Trace::parse(&bytes).unwrap_or_else(|e| panic!("{}:{e}", path.display()));
        assert!(trace.to_string().as_bytes() == bytes, "{} has changed", path.display());
    }
}

#[test]
fn golden_answers_put_back_give_the_same_bytes() {
    for (path, bytes) in golden_traces() {
        let trace = Trace::parse(&bytes).unwrap();
        let mut bare = trace.without_answers();
        assert!(bare.steps.iter().all(|s| s.answer().is_none() && s.dump().is_none()));
        assert!(bare.to_string().len() < bytes.len());
        for (to, from) in bare.steps.iter_mut().zip(&trace.steps) {
            copy_record(to, from);
        }
        assert!(bare.to_string().as_bytes() == bytes, "{} has changed", path.display());
        assert_eq!(bare, trace);
    }
}

fn copy_record(to: &mut Step, from: &Step) {
    use growstack_fuzz::answer::{Answer, Summary};
    if let Some(dump) = from.dump() {
        to.record(Answer::Silent, &dump.rows, dump.summary);
    } else if let Some(answer) = from.answer() {
        to.record(answer, &[], Summary::default());
    }
}

/// Every operation, every word of every list, and every form of result.
const EVERYTHING: &str = "\
insert 0x1000 0x2000 --- rwx - - 0x0
= KERN_SUCCESS
insert 0x0 0xffffffffffffffff rwx --- cow,nofault,nosync,nocoredump,acc_charged,acc_no_charge,inherit_share 18446744073709551615 0xffffffffffffffff
= KERN_INVALID_ADDRESS
stack 0x10000 0x8000 rw- rwx grows_down
= KERN_SUCCESS
stack 0x20000 0x8000 r-x -w- cow,grows_down,grows_up
= KERN_NO_SPACE
stack 0x20000 0x8000 r-x -w- -
= KERN_INVALID_ARGUMENT
grow 0x123
= KERN_FAILURE
findspace 0x1000 0x2000
= KERN_SUCCESS 0x3000
findspace 0x1000 0xffffffffffffffff
= KERN_NO_SPACE
find 0x1000 0x2000 0x0 any rw- rwx - 1 0x0
= KERN_SUCCESS 0x0
find 0x1000 0x2000 0x8000 no rw- rwx - 1 0x0
= KERN_RESOURCE_SHORTAGE
fixed 0x1000 0x2000 rw- rwx acc_no_charge - 0x0
= KERN_SUCCESS
remove 0x2000 0x1000
= KERN_SUCCESS
protect 0x1000 0x2000 rwx cur
= KERN_PROTECTION_FAILURE
protect 0x1000 0x2000 --x max
= KERN_SUCCESS
inherit 0x1000 0x2000 share
inherit 0x1000 0x2000 copy
inherit 0x1000 0x2000 none
madvise 0x1000 0x2000 normal
madvise 0x1000 0x2000 sequential
madvise 0x1000 0x2000 random
madvise 0x1000 0x2000 nosync
madvise 0x1000 0x2000 autosync
madvise 0x1000 0x2000 nocore
madvise 0x1000 0x2000 core
wire 0x1000 0x2000 user holes
wire 0x1000 0x2000 system noholes
unwire 0x1000 0x2000 user noholes
unwire 0x1000 0x2000 system holes
check 0x1000 0x2000 r--
= TRUE
check 0x1000 0x2000 -w-
= FALSE
lookup 0x1000
= TRUE 0x1000 0x2000
lookup 0x1000
= FALSE
limit stack=inf
limit vmem=0x0
limit memlock=0x123456789
limit swap=inf
limit swap=0x7fffffffffffffff
limit stack=0xffffffffffffffff
sysctl sgrowsiz=0x0
= KERN_INVALID_ARGUMENT
sysctl sgrowsiz=0x123
sysctl stack_guard_page=1
sysctl stack_guard_page=0
wirefuture on
wirefuture off
fork
= KERN_SUCCESS 1
fork
= KERN_RESOURCE_SHORTAGE
use 1
use 18446744073709551615
exit 0
dump
| size=0x0 entries=0 ssize=0 reserved=0x0 wired=0
dump
| 0x1000 0x2000 rw- rwx share 4294967295 cow,needs_copy,nofault,nosync,nocoredump,sequential,grows_down,grows_up,user_wired,charged 7 0x10 0x3000
| 0x2000 0x3000 --x r-- none 0 random,charged - 0x0 0x0
| 0x4000 0x5000 --- --- copy 1 - - 0x0 0x0
| size=0x3000 entries=3 ssize=18446744073709551615 reserved=0x10 wired=7
dump
";

#[test]
fn every_operation_prints_as_it_is() {
    let text = format!("{HEADER}{EVERYTHING}");
    assert_eq!(parse(&text).to_string(), text);
}

/// Steps that were not read from a text print the same as these canonical lines.
#[test]
fn operations_without_a_source_print_the_same() {
    let text = format!("{HEADER}{EVERYTHING}");
    let read = parse(&text);
    let mut made = Trace::new(*read.config());
    for step in &read.steps {
        let mut copy = Step::new(*step.op());
        copy_record(&mut copy, step);
        assert_eq!(copy.line(), None);
        made.steps.push(copy);
    }
    assert_eq!(made.to_string(), text);
    assert_eq!(parse(&made.to_string()), read);
}

#[test]
fn comments_and_spelling_survive() {
    let text = "# before anything

growstack-trace 1 # version
map min=4096 max=0x800000000000 page=0x1000
proc maxsaddr=18446744073709551615
# between
sysctl sgrowsiz=4096 stack_guard_page=0x1
limit stack=9223372036854775807 vmem=inf memlock=0X0 swap=inf
"
    .replace("0X0", "0x0")
        + "\
# about the trace

  stack   65536 0x8000\trw- rwx grows_up,cow,grows_down # odd
# above the answer
= KERN_SUCCESS # beside the answer
# above the next
dump
# in the dump
| 0x10000 0x11000 rw- rwx copy 0 grows_up - 0x0 0x7000 # row
# after a row

| size=0x1000 entries=1 ssize=0 reserved=0x0 wired=0 # end
# the last words

";
    let trace = parse(&text);
    assert_eq!(trace.to_string(), text);
    assert_eq!(trace.steps[0].line(), Some(11));
    assert_eq!(trace.steps[1].line(), Some(15));
    let bare = trace.without_answers().to_string();
    for comment in text.lines().filter_map(|line| line.split_once('#')) {
        assert!(bare.contains(comment.1), "lost: {}", comment.1);
    }
    let mut again = trace.without_answers();
    for (to, from) in again.steps.iter_mut().zip(&trace.steps) {
        copy_record(to, from);
    }
    assert_eq!(again.to_string(), text);
}

#[test]
fn a_carriage_return_is_white_space_and_the_last_line_break_optional() {
    let text = format!("{HEADER}grow 0x1000\n= KERN_SUCCESS\n");
    let dos = text.replace('\n', "\r\n");
    assert_eq!(parse(&dos).to_string(), text);
    assert_eq!(parse(text.trim_end()).to_string(), text);
}

#[test]
fn answers_in_another_spelling_are_printed_in_the_one_form() {
    let text = format!(
        "{HEADER}findspace 1 2\n=   KERN_SUCCESS 4096\ndump\n\
         | 4096 8192 rw- rwx copy 0x0 charged,cow - 0 0\n\
         | size=4096 entries=0x1 ssize=0x0 reserved=0 wired=0\n"
    );
    let printed = format!(
        "{HEADER}findspace 1 2\n= KERN_SUCCESS 0x1000\ndump\n\
         | 0x1000 0x2000 rw- rwx copy 0 cow,charged - 0x0 0x0\n\
         | size=0x1000 entries=1 ssize=0 reserved=0x0 wired=0\n"
    );
    assert_eq!(parse(&text).to_string(), printed);
}

/// Damages golden traces at random. None may panic the reader, and what it still accepts must
/// print and parse to the same value.
#[test]
fn damaged_traces_never_panic() {
    let mut golden = golden_traces();
    golden.retain(|(_, bytes)| bytes.len() < 30_000);
    let mut random = SmallRng::seed_from_u64(1);
    let (mut accepted, mut refused) = (0, 0);
    for round in 0..6000 {
        let (path, bytes) = &golden[round % golden.len()];
        let mut bytes = bytes.clone();
        for _ in 0..random.random_range(1..4) {
            damage(&mut bytes, &mut random);
        }
        match Trace::parse(&bytes) {
            Ok(trace) => {
                accepted += 1;
                let text = trace.to_string();
                let again = Trace::parse(text.as_bytes());
                assert_eq!(again.as_ref(), Ok(&trace), "{}, round {round}", path.display());
            }
            Err(error) => {
                refused += 1;
                assert!(error.line >= 1 && error.column >= 1);
                assert!(error.to_string().len() < 500, "{error}");
            }
        }
    }
    assert!(accepted > 100 && refused > 1000, "{accepted} accepted, {refused} refused");
}

fn damage(bytes: &mut Vec<u8>, random: &mut SmallRng) {
    let at = random.random_range(0..bytes.len());
    let other = random.random_range(0..bytes.len());
    let words: [&[u8]; 8] =
        [b"\n", b" ", b"#", b"inf", b"-", b"99999999999999999999", b"\n|", b"\n= TRUE\n"];
    match random.random_range(0..7) {
        0 => bytes[at] = random.random(),
        1 => bytes[at] ^= 1 << random.random_range(0..8),
        2 => drop(bytes.remove(at)),
        3 => bytes.insert(at, bytes[other]),
        4 => bytes.truncate(at.max(1)),
        5 => bytes.extend_from_within(at.min(other)..at.max(other)),
        _ => {
            let word = words[random.random_range(0..words.len())];
            bytes.splice(at..at, word.iter().copied());
        }
    }
}

#[test]
fn strange_bytes_are_errors() {
    for bytes in [&b""[..], b"\xff", b"\0", b"#", b"\n\n\n", "growstack-trace 1\u{feff}".as_bytes()]
    {
        assert!(Trace::parse(bytes).is_err());
    }
    let long = format!("{HEADER}grow {}\n", "9".repeat(1 << 20));
    assert!(Trace::parse(long.as_bytes()).unwrap_err().to_string().len() < 200);
    let comment = format!("{HEADER}#{}\ngrow 0x0{}\n", "x".repeat(1 << 15), "0".repeat(1 << 15));
    assert_eq!(parse(&comment).to_string(), comment);
}
