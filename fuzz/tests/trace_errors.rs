//! Where and how the reader says that a text is no trace.
#![allow(clippy::unwrap_used)]

mod common;

use common::HEADER;
use growstack_fuzz::trace::Trace;

/// The error of a text, which must have one.
fn error(text: &[u8]) -> String {
    match Trace::parse(text) {
        Ok(_) => panic!("accepted: {}", String::from_utf8_lossy(text)),
        Err(error) => error.to_string(),
    }
}

/// Replaces `from` in the header by `to`, and checks the error.
#[track_caller]
fn header(from: &str, to: &str, expected: &str) {
    assert!(HEADER.contains(from));
    assert_eq!(error(HEADER.replace(from, to).as_bytes()), expected);
}

#[test]
fn headers() {
    header(
        "growstack-trace 1",
        "growstack-trace 2",
        "1:17: this program reads version 1 of the format, not `2`",
    );
    header("growstack-trace 1", "growstack-trace", "1:16: the version is missing");
    header(
        "growstack-trace 1",
        "# note\n\nmap",
        "3:1: the first word of this header line must be one of `growstack-trace`; `map` is not",
    );
    header(
        "min=0x1000 max",
        "max",
        "2:5: the next word must be one of `min=`; `max=0x800000000000` is not",
    );
    header(
        "max=0x800000000000",
        "max=0xfff",
        "2:20: the map ends at 0xfff, below its start at 0x1000",
    );
    header("page=4096", "page=8192", "2:40: pages are 4096 bytes, not 8192");
    header("page=4096", "page=4096 size=1", "2:45: nothing may follow here, but `size=1` does");
    header("sgrowsiz=0x1000", "sgrowsiz=0", "4:17: sgrowsiz must not be 0");
    header(
        "stack_guard_page=0",
        "stack_guard_page=2",
        "4:41: stack_guard_page must not be above 1; `2` is",
    );
    header(
        "swap=inf",
        "swap=infinite",
        "5:43: swap must be a number, decimal, hexadecimal with 0x, or inf; `infinite` is not",
    );
    header(" swap=inf", "", "5:37: swap is missing");
    header(
        "limit stack=inf vmem=inf memlock=inf swap=inf\n",
        "",
        "5:1: the trace ends before the `limit` line of its header",
    );
    assert_eq!(error(b""), "1:1: the trace ends before the `growstack-trace` line of its header");
}

/// Checks the error of a text after the header; lines are counted from 1 after the header.
#[track_caller]
fn body(text: &str, line: usize, column: usize, sentence: &str) {
    let message = error(format!("{HEADER}{text}").as_bytes());
    assert_eq!(message, format!("{}:{column}: {sentence}", line + 5));
}

#[test]
fn operands() {
    body("grow", 1, 5, "ADDR is missing");
    body("grow # 0x1000", 1, 6, "ADDR is missing");
    body("\n\n   grow 0x1000 7", 3, 16, "nothing may follow here, but `7` does");
    let number = "must be a number, decimal, hexadecimal with 0x, or inf";
    for word in ["x", "-1", "+1", "0x", "0X1", "0x+1", "1_000", "1k", "0xg", "", "Inf"] {
        if !word.is_empty() {
            body(&format!("grow {word}"), 1, 6, &format!("ADDR {number}; `{word}` is not"));
        }
    }
    body(
        "grow 18446744073709551616",
        1,
        6,
        "ADDR must not be above 18446744073709551615; `18446744073709551616` is",
    );
    body(
        "insert 0x1000 0x2000 rwz rwx - - 0",
        1,
        22,
        "PROT must be rwx, with - for what is missing; `rwz` is not",
    );
    body(
        "insert 0x1000 0x2000 rw- wr- - - 0",
        1,
        26,
        "MAX must be rwx, with - for what is missing; `wr-` is not",
    );
    body("insert 0x1000 0x2000 rw- rwx - 0 0", 1, 32, "OBJ must not be 0");
    body(
        "insert 0x1000 0x2000 rw- rwx nosync,grows_up - 0",
        1,
        30,
        "grows_down and grows_up are only for `stack`",
    );
    body("limit swap 1", 1, 7, "the limit must be one of NAME=VALUE; `swap` is not");
    body(
        "limit heap=1",
        1,
        7,
        "the limit must be one of stack, vmem, memlock, swap; `heap` is not",
    );
    body("limit swap=1 vmem=1", 1, 14, "nothing may follow here, but `vmem=1` does");
    body(
        "inherit 0 1 zero",
        1,
        13,
        "the inheritance must be one of share, copy, none; `zero` is not",
    );
    body("wirefuture yes", 1, 12, "on or off must be one of on, off; `yes` is not");
}

#[test]
fn columns_are_characters() {
    body(
        "lookup é 1",
        1,
        8,
        "ADDR must be a number, decimal, hexadecimal with 0x, or inf; `é` is not",
    );
    body(
        "stack 1 1 rw- rw- cow,é,x",
        1,
        23,
        "FLAGS must be one of cow, nofault, nosync, nocoredump, acc_charged, acc_no_charge, inherit_share, grows_down, grows_up; `é` is not",
    );
    body(
        "stack 1 1 rw- rw- cow,,x",
        1,
        23,
        "FLAGS must be one of cow, nofault, nosync, nocoredump, acc_charged, acc_no_charge, inherit_share, grows_down, grows_up; `` is not",
    );
}

#[test]
fn unknown_operations() {
    let message = error(format!("{HEADER}mmap 0x1000\n").as_bytes());
    assert!(message.starts_with("6:1: an operation must be one of insert, stack, grow, "));
    assert!(message.ends_with("limit, sysctl; `mmap` is not"));
}

#[test]
fn results() {
    body("= TRUE", 1, 1, "no operation goes before this result");
    body("| size=0", 1, 1, "no operation goes before this result");
    body("grow 1\n=", 2, 2, "the result is missing");
    body(
        "grow 1\n= KERN_OK",
        2,
        3,
        "the result of this operation must be one of the KERN_ codes, not `KERN_OK`",
    );
    body(
        "grow 1\n= TRUE",
        2,
        3,
        "the result of this operation must be one of the KERN_ codes, not `TRUE`",
    );
    body("grow 1\n= KERN_SUCCESS 1", 2, 16, "nothing may follow here, but `1` does");
    body("grow 1\n= KERN_SUCCESS\n= KERN_SUCCESS", 3, 1, "the operation has its result already");
    body("grow 1\n| size=0", 2, 1, "the result of this operation must start with `=`");
    body("dump\n= TRUE", 2, 1, "the result of this operation must start with `|`");
    body("wirefuture on\n= KERN_SUCCESS", 2, 1, "the operation before this line has no result");
    body("sysctl sgrowsiz=1\n= KERN_SUCCESS", 2, 1, "the operation before this line has no result");
    body("limit swap=1\n| size=0", 2, 1, "the operation before this line has no result");
    body("findspace 1 1\n= KERN_SUCCESS", 2, 15, "the address found is missing");
    body("findspace 1 1\n= KERN_NO_SPACE 1", 2, 17, "no address goes with KERN_NO_SPACE");
    body("fork\n= KERN_SUCCESS", 2, 15, "the child's number is missing");
    body("fork\n= KERN_NO_SPACE 1", 2, 17, "nothing may follow here, but `1` does");
    body("use 1\n= KERN_SUCCESS", 2, 1, "the operation before this line has no result");
    body("exit", 1, 5, "the process is missing");
    body(
        "check 1 1 r--\n= KERN_SUCCESS",
        2,
        3,
        "the result of this operation must be TRUE or FALSE, not `KERN_SUCCESS`",
    );
    body("lookup 1\n= TRUE", 2, 7, "START is missing");
    body("lookup 1\n= TRUE 2 2", 2, 10, "an entry must not be empty, but 0x2 is not below 0x2");
    body("lookup 1\n= FALSE 2 2", 2, 9, "nothing may follow here, but `2` does");
}

#[test]
fn dumps() {
    let row = "| 0x1000 0x2000 rw- rwx copy 0 - - 0x0 0x0\n";
    let no_summary = "the dump above lacks its closing `| size=` line";
    body(&format!("dump\n{row}"), 3, 1, no_summary);
    body(&format!("dump\n{row}{row}grow 0x1000\n"), 4, 1, no_summary);
    body("dump\n|", 2, 2, "START is missing");
    body("dump\n| 2 1 rw-", 2, 5, "an entry must not be empty, but 0x2 is not below 0x1");
    body(
        "dump\n| 0x1000 0x2000 rw- rwx copy 4294967296 - - 0x0 0x0",
        2,
        30,
        "WIRED must not be above 4294967295; `4294967296` is",
    );
    body(
        "dump\n| 0x1000 0x2000 rw- rwx copy 0 - - 0x0 0x1",
        2,
        40,
        "AVAIL must be 0 in an entry without a growth flag",
    );
    body(
        "dump\n| 0x1000 0x2000 rw- rwx copy 0 random,cow,sequential - 0x0 0x0",
        2,
        43,
        "an entry is sequential or random, not both",
    );
    body(
        "dump\n| size=0 entries=0 ssize=0 wired=0",
        2,
        28,
        "the next word must be one of `reserved=`; `wired=0` is not",
    );
    let summary = "| size=0 entries=0 ssize=0 reserved=0 wired=0\n";
    body(&format!("dump\n{summary}{row}"), 3, 1, "the operation has its result already");
    body(
        "dump\n| size=0 entries=0 ssize=0 reserved=0 wired=0 x",
        2,
        47,
        "nothing may follow here, but `x` does",
    );
}

#[test]
fn bytes_that_are_no_text() {
    let mut bytes = format!("{HEADER}# gr\u{fc}n ").into_bytes();
    bytes.push(0xfc);
    assert_eq!(error(&bytes), "6:8: this is not UTF-8");
    assert_eq!(error(b"\xff"), "1:1: this is not UTF-8");
    assert_eq!(error(b"growstack-trace 1\n\xff"), "2:1: this is not UTF-8");
}
