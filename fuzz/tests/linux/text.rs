//! The text of traces of Linux: what is refused, and where, and what is read as it was meant.

use growstack_fuzz::linux::trace::LinuxTrace;
use growstack_fuzz::linux::{LinuxAnswer, LinuxOp, Rules, Version};
use growstack_fuzz::trace::Trace;

const HEADER: &str = "\
growstack-trace 1
map min=0x0 max=0x1000000 page=4096 kernel=linux-6.18.44
linux gap=0x100000 min_addr=0x10000 fixed_min=0x1000 keys=on huge_pages=on
proc base_pages=0 base_data=0 capabilities=- overcommit=0 committable=4194304
limit stack=0x800000 as=inf data=inf memlock=0x800000
hard stack=inf as=inf data=inf memlock=0x800000
";

fn error(text: &str) -> String {
    LinuxTrace::parse(text.as_bytes()).unwrap_err().to_string()
}

/// The error of a line behind the header, without the number of the line.
fn error_of(line: &str) -> String {
    let error = error(&format!("{HEADER}{line}"));
    let lines = HEADER.lines().count() + line.lines().count();
    let (at, rest) = error.split_once(':').unwrap();
    assert_eq!(at.parse(), Ok(lines), "{error}");
    rest.to_owned()
}

#[test]
fn what_breaks_the_format_is_refused_where_it_does() {
    let cases = [
        ("sbrk 0x1000", "1: the operation must be one of reset, mmap"),
        ("load", "5: ADDR is missing"),
        ("load 0x1g", "6: ADDR must be a number"),
        ("load 0x1000 0x2000", "13: nothing may follow here"),
        ("mmap 0x0 0x1000 rw fixed", "17: PROT must be rwx"),
        (
            "mmap 0x0 0x1000 rw- fixed,sharing",
            "21: FLAGS must be - or a list of shared, fixed, growsdown",
        ),
        ("mmap 0x0 0x1000 rw-", "20: FLAGS is missing"),
        ("mprotect 0x0 0x1000 rw- down", "25: STRETCH must be"),
        ("madvise 0x0 0x1000 needed", "20: ADVICE must be one of normal, random"),
        ("mmap 0x0 0x1000 r-- - 7", "23: the next word must be one of `file=`"),
        ("mmap 0x0 0x1000 r-- - file=7", "29: offset is missing"),
        (
            "mmap 0x0 0x1000 r-- - file=7 offset=0x0 old",
            "41: TRAITS must be - or a list of read_only",
        ),
        ("given 0x2000 0x1000 rd", "14: the VMA ends at 0x1000"),
        ("given 0x1000 0x2000 rd,zz", "21: FLAGS must be - or a list of rd, wr"),
        ("brk", "4: END is missing"),
        ("program top=0x1000 heap=0x0", "28: brk is missing"),
        ("load 0\nprogram top=0x0 heap=0x0 brk=0x0 data=0x0", "1: the operation must be one of"),
        ("shown flags=rd key=on bounds=no", "30: bounds must be one of on, off"),
        ("setrlimit nofile 1", "11: RESOURCE must be one of data, stack"),
        ("= 0x0", "1: no operation goes before this result"),
        ("| unchanged", "1: no operation goes before this list"),
        ("load 0\n= maybe", "3: the result must be a number, `ok`"),
        ("load 0\n= E99999999", "3: the result must be"),
        ("load 0\n= ok\n= ok", "1: the operation has its result already"),
        ("load 0\n= ok\n| unchanged\n= ok", "1: the operation has its result already"),
        ("load 0\n| unchanged\n| unchanged", "1: the operation has its list already"),
        ("load 0\n| 0x1000 0x1000 rd", "10: the VMA ends at 0x1000"),
        ("load 0\n| 0x1000 0x2000 rd zz", "20: `zz` is no flag of a VMA"),
        ("load 0\n| 0x1000 0x2000 rd pkey=300", "20: a protection key"),
        ("load 0\n| 0x1000 0x3000 rd\n| 0x2000 0x4000 rd", "3: the VMA starts below"),
        ("load 0\n| 0x1000 0x2000 rd\n| vmas=2", "8: there are 1 VMAs above, not `2`"),
        ("load 0\n| 0x1000 0x2000 rd\nload 0", "1: the list above lacks its closing"),
        ("load 0\n| 0x1000 0x2000 rd\n| unchanged", "3: START must be a number"),
        ("load 0\n| 0x1000 0x2000 rd", "1: the list above lacks its closing"),
    ];
    for (line, message) in cases {
        let found = error_of(line);
        assert!(found.starts_with(message), "{line:?}: {found}");
    }
}

#[test]
fn a_header_that_is_wrong_is_refused() {
    let cases = [
        ("growstack-trace 1", "growstack-trace 2", "1:17: this program reads version 1"),
        ("max=0x1000000", "max=0x0", "2:17: the window must be whole pages"),
        ("max=0x1000000", "max=0x1000001", "2:17: the window must be whole pages"),
        ("page=4096", "page=8192", "2:32: pages are 4096 bytes"),
        ("linux-6.18.44", "linux-6", "2:44: the kernel must be linux- and a version"),
        ("keys=on", "keys=yes", "3:59: keys must be one of on, off"),
        (
            "huge_pages=on",
            "huge_pages=on rules=new",
            "3:82: rules must be - or a list of split_first",
        ),
        (
            "capabilities=-",
            "capabilities=all",
            "4:44: capabilities must be - or a list of ipc_lock",
        ),
        ("overcommit=0", "overcommit=2", "4:57: overcommit must be one of 0, 1"),
        (
            "limit stack",
            "limits stack",
            "5:1: the first word of this header line must be one of `limit`",
        ),
        ("hard stack=inf", "hard stack=-1", "6:12: stack must be a number"),
    ];
    for (right, wrong, message) in cases {
        let text = HEADER.replacen(right, wrong, 1);
        assert_ne!(text, HEADER);
        let found = error(&text);
        assert!(found.starts_with(message), "{wrong}: {found}");
    }
    let short: String = HEADER.lines().take(3).map(|line| format!("{line}\n")).collect();
    assert!(error(&short).ends_with("the trace ends before the `proc` line of its header"));
    let bytes = [HEADER.as_bytes(), b"\xff\n"].concat();
    let error = LinuxTrace::parse(&bytes).unwrap_err().to_string();
    assert_eq!(error, "7:1: this is not UTF-8");
}

#[test]
fn comments_stay_where_they_are() {
    let text = format!(
        "{HEADER}# of the whole\n\nreset # of the operation\n= 0x0 # of the answer\n| unchanged\n\
         # above the next\nload 0x1000\n# the end\n"
    );
    let trace = LinuxTrace::parse(text.as_bytes()).unwrap();
    assert_eq!(trace.to_string(), text);
    assert_eq!(trace.head, "# of the whole\n\n");
    assert_eq!(trace.steps[0].remark, "# of the answer");
    assert_eq!(trace.steps[1].above, "# above the next\n");
    assert_eq!(trace.steps[1].line, 13);
    assert_eq!(trace.tail, "# the end\n");
}

#[test]
fn what_a_program_has_is_written_as_it_was_read() {
    let text = format!(
        "{HEADER}program top=0xf00000 heap=0x210000 brk=0x211000 data=0x10\n\
         shown flags=rd,wr,sh,ms key=off bounds=off\n\
         given 0x200000 0x204000 rd,ex file=1 offset=0x3000 huge\ngiven 0x210000 0x211000 rd,wr,ac\n\
         mmap 0x0 0x1000 r-- shared file=2 offset=0x0 read_only,huge\nbrk 0x212000\n= 0x212000\n\
         | 0x200000 0x204000 rd\n| vmas=1\n"
    );
    let trace = LinuxTrace::parse(text.as_bytes()).unwrap();
    assert_eq!(trace.to_string(), text);
    assert!(!trace.shown.bounds && trace.config.program.is_some());
}

#[test]
fn numbers_and_rules_are_read_in_every_form() {
    let text = HEADER.replacen("huge_pages=on", "huge_pages=on rules=stack_nh,guard_pages", 1)
        + "load 4096\n= ENOMEM\nsetrlimit stack inf\n= E71\n";
    let trace = LinuxTrace::parse(text.as_bytes()).unwrap();
    assert_eq!(trace.config.rules, Rules::STACK_NH | Rules::GUARD_PAGES);
    assert_eq!(trace.config.version, "6.18.44".parse().unwrap());
    assert!(matches!(trace.steps[0].op, LinuxOp::Load { addr } if addr.get() == 4096));
    assert!(matches!(trace.steps[1].answer, Some(LinuxAnswer::Failed(errno)) if errno.0 == 71));
    assert_eq!(trace.to_string(), text.replace("load 4096", "load 0x1000"));
}

#[test]
fn the_header_says_which_family_a_trace_is_of() {
    assert!(LinuxTrace::is_named_by(HEADER.as_bytes()));
    let freebsd = "growstack-trace 1\nmap min=0x0 max=0x1000 page=4096 kernel=freebsd-14\n";
    assert!(!LinuxTrace::is_named_by(freebsd.as_bytes()));
    assert!(!LinuxTrace::is_named_by(b"map # kernel=freebsd"));
    let error = Trace::parse(HEADER.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("the kernel must be one of freebsd-9, freebsd-14"), "{error}");
}

#[test]
fn versions_have_the_rules_that_they_were_seen_with() {
    let of = |text: &str| Rules::of(text.parse::<Version>().unwrap());
    let early = Rules::SPLIT_FIRST | Rules::STACK_NH | Rules::SEARCH_FROM_MIN | Rules::ALIGN_HUGE;
    assert_eq!(of("6.1.192"), Rules::empty());
    assert_eq!(of("6.12.117-generic"), early | Rules::DROP_ACCOUNT);
    let merges = early | Rules::DROP_ACCOUNT | Rules::GUARD_PAGES | Rules::MERGE_INTO_CLEAN;
    assert_eq!(of("6.16.12"), merges | Rules::LOCK_LEAK);
    let moves = merges | Rules::MOVE_SEVERAL;
    assert_eq!(of("6.17.13"), moves | Rules::LOCK_LEAK);
    assert_eq!(of("6.18.15"), moves | Rules::LOCK_LEAK);
    assert_eq!(of("6.18.44"), moves | Rules::LOCK_LEAK | Rules::GUARD_FLAG);
    assert_eq!(of("7.0.13"), moves | Rules::LOCK_LEAK | Rules::GUARD_FLAG);
    assert_eq!(of("7.3.4"), moves | Rules::GUARD_FLAG | Rules::PROC_MEM_ACCESS);
    for wrong in ["", "6", "six.one", "6.99999", ".6"] {
        assert!(wrong.parse::<Version>().is_err(), "{wrong}");
    }
}
