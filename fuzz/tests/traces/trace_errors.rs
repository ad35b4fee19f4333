//! Where and how the reader says that a text is no trace.

use crate::common::HEADER;
use growstack_fuzz::trace::Trace;

/// What the header has, what stands there instead, and the error. A `\n` ends a line.
const HEADERS: &str = r"
growstack-trace 1 => growstack-trace 2 -> 1:17: this program reads version 1 of the format, not `2`
growstack-trace 1 => growstack-trace -> 1:16: the version is missing
growstack-trace 1 => # note\n\nmap -> 3:1: the first word of this header line must be one of `growstack-trace`; `map` is not
min=0x1000 max => max -> 2:5: the next word must be one of `min=`; `max=0x800000000000` is not
max=0x800000000000 => max=0xfff -> 2:20: the map ends at 0xfff, below its start at 0x1000
page=4096 => page=8192 -> 2:40: pages are 4096 bytes, not 8192
page=4096 => page=4096 size=1 -> 2:45: nothing may follow here, but `size=1` does
sgrowsiz=0x1000 => sgrowsiz=0 -> 4:17: sgrowsiz must not be 0
stack_guard_page=0 => stack_guard_page=2 -> 4:41: stack_guard_page must not be above 1; `2` is
swap=inf => swap=infinite -> 5:43: swap must be a number, decimal, hexadecimal with 0x, or inf; `infinite` is not
 swap=inf =>  -> 5:37: swap is missing
limit stack=inf vmem=inf memlock=inf swap=inf\n =>  -> 5:1: the trace ends before the `limit` line of its header
";

/// A text after the header, and its error. Lines count from 1 after the header.
const BODIES: &str = r"
grow -> 1:5: ADDR is missing
grow # 0x1000 -> 1:6: ADDR is missing
\n\n   grow 0x1000 7 -> 3:16: nothing may follow here, but `7` does
grow 18446744073709551616 -> 1:6: ADDR must not be above 18446744073709551615; `18446744073709551616` is
insert 0x1000 0x2000 rwz rwx - - 0 -> 1:22: PROT must be rwx, with - for what is missing; `rwz` is not
insert 0x1000 0x2000 rw- wr- - - 0 -> 1:26: MAX must be rwx, with - for what is missing; `wr-` is not
insert 0x1000 0x2000 rw- rwx - 0 0 -> 1:32: OBJ must not be 0
insert 0x1000 0x2000 rw- rwx nosync,grows_up - 0 -> 1:30: grows_down and grows_up are only for `stack`
limit swap 1 -> 1:7: the limit must be one of NAME=VALUE; `swap` is not
limit heap=1 -> 1:7: the limit must be one of stack, vmem, memlock, swap; `heap` is not
limit swap=1 vmem=1 -> 1:14: nothing may follow here, but `vmem=1` does
inherit 0 1 zero -> 1:13: `zero` is of freebsd-14, and the header has no `kernel=freebsd-14`
wirefuture yes -> 1:12: on or off must be one of on, off; `yes` is not
lookup é 1 -> 1:8: ADDR must be a number, decimal, hexadecimal with 0x, or inf; `é` is not
stack 1 1 rw- rw- cow,é,x -> 1:23: FLAGS must be one of cow, nofault, nosync, nocoredump, acc_charged, acc_no_charge, inherit_share, grows_down, grows_up; `é` is not
stack 1 1 rw- rw- cow,,x -> 1:23: FLAGS must be one of cow, nofault, nosync, nocoredump, acc_charged, acc_no_charge, inherit_share, grows_down, grows_up; `` is not
= TRUE -> 1:1: no operation goes before this result
| size=0 -> 1:1: no operation goes before this result
grow 1\n= -> 2:2: the result is missing
grow 1\n= KERN_OK -> 2:3: the result of this operation must be one of the KERN_ codes, not `KERN_OK`
grow 1\n= TRUE -> 2:3: the result of this operation must be one of the KERN_ codes, not `TRUE`
grow 1\n= KERN_SUCCESS 1 -> 2:16: nothing may follow here, but `1` does
grow 1\n= KERN_SUCCESS\n= KERN_SUCCESS -> 3:1: the operation has its result already
grow 1\n| size=0 -> 2:1: the result of this operation must start with `=`
dump\n= TRUE -> 2:1: the result of this operation must start with `|`
wirefuture on\n= KERN_SUCCESS -> 2:1: the operation before this line has no result
sysctl sgrowsiz=1\n= KERN_SUCCESS -> 2:1: the operation before this line has no result
limit swap=1\n| size=0 -> 2:1: the operation before this line has no result
findspace 1 1\n= KERN_SUCCESS -> 2:15: the address found is missing
findspace 1 1\n= KERN_NO_SPACE 1 -> 2:17: no address goes with KERN_NO_SPACE
fork\n= KERN_SUCCESS -> 2:15: the child's number is missing
fork\n= KERN_NO_SPACE 1 -> 2:17: nothing may follow here, but `1` does
use 1\n= KERN_SUCCESS -> 2:1: the operation before this line has no result
exit -> 1:5: the process is missing
check 1 1 r--\n= KERN_SUCCESS -> 2:3: the result of this operation must be TRUE or FALSE, not `KERN_SUCCESS`
lookup 1\n= TRUE -> 2:7: START is missing
lookup 1\n= TRUE 2 2 -> 2:10: an entry must not be empty, but 0x2 is not below 0x2
lookup 1\n= FALSE 2 2 -> 2:9: nothing may follow here, but `2` does
dump\n| 0x1000 0x2000 rw- rwx copy 0 - - 0x0 0x0\n -> 3:1: the dump above lacks its closing `| size=` line
dump\n| 0x1000 0x2000 rw- rwx copy 0 - - 0x0 0x0\n| 0x1000 0x2000 rw- rwx copy 0 - - 0x0 0x0\ngrow 0x1000\n -> 4:1: the dump above lacks its closing `| size=` line
dump\n| -> 2:2: START is missing
dump\n| 2 1 rw- -> 2:5: an entry must not be empty, but 0x2 is not below 0x1
dump\n| 0x1000 0x2000 rw- rwx copy 4294967296 - - 0x0 0x0 -> 2:30: WIRED must not be above 4294967295; `4294967296` is
dump\n| 0x1000 0x2000 rw- rwx copy 0 - - 0x0 0x1 -> 2:40: AVAIL must be 0 in an entry without a growth flag
dump\n| 0x1000 0x2000 rw- rwx copy 0 random,cow,sequential - 0x0 0x0 -> 2:43: an entry is sequential or random, not both
dump\n| size=0 entries=0 ssize=0 wired=0 -> 2:28: the next word must be one of `reserved=`; `wired=0` is not
dump\n| size=0 entries=0 ssize=0 reserved=0 wired=0\n| 0x1000 0x2000 rw- rwx copy 0 - - 0x0 0x0\n -> 3:1: the operation has its result already
dump\n| size=0 entries=0 ssize=0 reserved=0 wired=0 x -> 2:47: nothing may follow here, but `x` does
";

/// The rows of a table, each with its error.
fn rows(table: &str) -> impl Iterator<Item = (String, &str)> {
    table.trim_matches('\n').lines().map(|row| {
        let (text, error) = row.split_once(" -> ").unwrap();
        (text.replace(r"\n", "\n"), error)
    })
}

/// The error of a text, which must have one.
fn error(text: &[u8]) -> String {
    match Trace::parse(text) {
        Ok(_) => panic!("accepted: {}", String::from_utf8_lossy(text)),
        Err(error) => error.to_string(),
    }
}

#[test]
fn headers() {
    for (change, expected) in rows(HEADERS) {
        let (from, to) = change.split_once(" => ").unwrap();
        assert!(HEADER.contains(from), "{from}");
        assert_eq!(error(HEADER.replace(from, to).as_bytes()), expected);
    }
    assert_eq!(error(b""), "1:1: the trace ends before the `growstack-trace` line of its header");
}

/// Checks the error of a text after the header.
fn body(text: &str, expected: &str) {
    let (line, rest) = expected.split_once(':').unwrap();
    let line = line.parse::<usize>().unwrap() + HEADER.lines().count();
    assert_eq!(error(format!("{HEADER}{text}").as_bytes()), format!("{line}:{rest}"), "{text}");
}

#[test]
fn bodies() {
    for (text, expected) in rows(BODIES) {
        body(&text, expected);
    }
}

#[test]
fn numbers() {
    let sentence = "must be a number, decimal, hexadecimal with 0x, or inf";
    for word in ["x", "-1", "+1", "0x", "0X1", "0x+1", "1_000", "1k", "0xg", "Inf"] {
        body(&format!("grow {word}"), &format!("1:6: ADDR {sentence}; `{word}` is not"));
    }
}

#[test]
fn unknown_operations() {
    let message = error(format!("{HEADER}mmap 0x1000\n").as_bytes());
    assert!(message.starts_with("6:1: an operation must be one of insert, stack, grow, "));
    assert!(message.ends_with("limit, sysctl; `mmap` is not"));
}

#[test]
fn bytes_that_are_no_text() {
    let mut bytes = format!("{HEADER}# gr\u{fc}n ").into_bytes();
    bytes.push(0xfc);
    assert_eq!(error(&bytes), "6:8: this is not UTF-8");
    assert_eq!(error(b"\xff"), "1:1: this is not UTF-8");
    assert_eq!(error(b"growstack-trace 1\n\xff"), "2:1: this is not UTF-8");
}
