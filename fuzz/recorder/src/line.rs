//! A line of what strace prints with `-f`.
//!
//! No crate that reads strace's output knows calls that are printed in two pieces, which is how
//! those of several threads come.

/// A line, without the number of the thread that it begins with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Line<'a> {
    /// A call that was begun and, if `result` is there, came back.
    Begun {
        name: &'a str,
        /// The arguments, as far as they are printed yet.
        args: &'a str,
        result: Option<&'a str>,
    },
    /// The rest of a call that was begun on a line before.
    Resumed { args: &'a str, result: &'a str },
    /// The thread ended by itself.
    Exited,
    /// A signal, or a thread elsewhere that called `exit_group`, ended it.
    Killed { signal: &'a str },
    /// Another thread of the process called `execve`, and goes on under this one's number.
    Superseded { by: u32 },
    /// What says nothing about memory: a signal, a change of personality.
    Other,
}

/// What stands at the end of the first piece of a call.
const UNFINISHED: &str = " <unfinished ...>";

/// The number of the thread, and the line.
pub(super) fn read(text: &str) -> Option<(u32, Line<'_>)> {
    let (tid, rest) = text.split_once(' ')?;
    Some((tid.parse().ok()?, kind(rest.trim_start())))
}

fn kind(text: &str) -> Line<'_> {
    if let Some(text) = text.strip_prefix("+++ ") {
        return end(text).unwrap_or(Line::Other);
    }
    if let Some(text) = text.strip_prefix("<... ") {
        return resumed(text).unwrap_or(Line::Other);
    }
    begun(text).unwrap_or(Line::Other)
}

fn end(text: &str) -> Option<Line<'_>> {
    if text.starts_with("exited with ") {
        return Some(Line::Exited);
    }
    if let Some(rest) = text.strip_prefix("killed by ") {
        return Some(Line::Killed { signal: rest.split(' ').next()? });
    }
    let by = text.strip_prefix("superseded by execve in pid ")?;
    Some(Line::Superseded { by: by.strip_suffix(" +++")?.parse().ok()? })
}

fn resumed(text: &str) -> Option<Line<'_>> {
    let (_, rest) = text.split_once(" resumed>")?;
    let (args, result) = apart(rest)?;
    Some(Line::Resumed { args, result })
}

fn begun(text: &str) -> Option<Line<'_>> {
    let (name, rest) = text.split_once('(')?;
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return None;
    }
    if let Some(args) = rest.strip_suffix(UNFINISHED) {
        return Some(Line::Begun { name, args, result: None });
    }
    let (args, result) = apart(rest)?;
    Some(Line::Begun { name, args, result: Some(result) })
}

/// Arguments and result. Strings among the arguments may hold anything, results hold no `=`.
fn apart(text: &str) -> Option<(&str, &str)> {
    let (args, result) = text.rsplit_once(" = ")?;
    Some((args.trim_end().strip_suffix(')')?, result))
}

/// The arguments between commas, which strings, paths and structures may hold too.
pub(super) fn split(args: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_u32, 0);
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in args.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            // The arrow of `{...} => {...}` closes nothing.
            b'>' if args[..at].ends_with('=') => {}
            b'(' | b'[' | b'{' | b'<' => depth += 1,
            b')' | b']' | b'}' | b'>' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(args[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    let last = args[start..].trim();
    if !last.is_empty() || !parts.is_empty() {
        parts.push(last);
    }
    parts
}

/// A number as `-X raw` prints it: decimal, hexadecimal, several with `|` between, or `NULL`.
pub(super) fn number(text: &str) -> Option<u64> {
    if text == "NULL" {
        return Some(0);
    }
    text.split('|').try_fold(0, |sum, part| {
        let value = match part.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok()?,
            None => part.parse::<i64>().map(i64::cast_unsigned).or_else(|_| part.parse()).ok()?,
        };
        Some(sum | value)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn whole_calls_and_pieces() {
        let whole = "28554 mmap(NULL, 8192, 0x3, 0x22, -1, 0)       = 0x7f3c79d9e000";
        let args = "NULL, 8192, 0x3, 0x22, -1, 0";
        let begun = Line::Begun { name: "mmap", args, result: Some("0x7f3c79d9e000") };
        assert_eq!(read(whole), Some((28554, begun)));
        let first = "9  execve(\"/bin/a = b\", [\"(\"], 0x55 /* 3 vars */ <unfinished ...>";
        let args = "\"/bin/a = b\", [\"(\"], 0x55 /* 3 vars */";
        assert_eq!(read(first), Some((9, Line::Begun { name: "execve", args, result: None })));
        let rest = "9  <... clone resumed>, child_tidptr=0x7f4b) = 9405";
        let args = ", child_tidptr=0x7f4b";
        assert_eq!(read(rest), Some((9, Line::Resumed { args, result: "9405" })));
        let failed = "7 munmap(0x1, 4096) = -1 EINVAL (Invalid argument)";
        let Some((7, Line::Begun { result, .. })) = read(failed) else { panic!("{failed}") };
        assert_eq!(result, Some("-1 EINVAL (Invalid argument)"));
    }

    #[test]
    fn ends() {
        assert_eq!(read("7 +++ exited with 3 +++"), Some((7, Line::Exited)));
        let killed = Line::Killed { signal: "SIGSEGV" };
        assert_eq!(read("7 +++ killed by SIGSEGV (core dumped) +++"), Some((7, killed)));
        let superseded = Line::Superseded { by: 12 };
        assert_eq!(read("7 +++ superseded by execve in pid 12 +++"), Some((7, superseded)));
        assert_eq!(read("7 --- SIGCHLD {si_signo=17} ---"), Some((7, Line::Other)));
        assert_eq!(read("7 [ VmSpace PID=7 runs in 32 bit mode. ]"), Some((7, Line::Other)));
        assert_eq!(read("strace: attached"), None);
    }

    #[test]
    fn arguments_hold_commas() {
        let args = r#"3</a,b\76>, ["x", "a\",b"], {stack=0x1, size=2} => {parent_tid=[7]}, 88"#;
        let parts = split(args);
        assert_eq!(parts.len(), 4, "{parts:?}");
        assert_eq!(parts[2], "{stack=0x1, size=2} => {parent_tid=[7]}");
        assert_eq!(split(""), Vec::<&str>::new());
    }

    #[test]
    fn numbers() {
        assert_eq!(number("NULL"), Some(0));
        assert_eq!(number("-1"), Some(u64::MAX));
        assert_eq!(number("18446744073709551615"), Some(u64::MAX));
        assert_eq!(number("0x1200000|17"), Some(0x120_0011));
        assert_eq!(number("PROT_READ"), None);
    }
}
