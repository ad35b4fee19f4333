//! Other sizes of pages. Growth counts in pages, so that with every address and every length times four,
//! a map with pages of 16 KiB answers four times what one with pages of 4 KiB does. That was
//! recorded from the real kernel.

use crate::common::{fork_traces, golden_traces};
use growstack_fuzz::engine::EngineSpace;
use growstack_fuzz::replay::{MapFactory, replay};
use growstack_fuzz::trace::Trace;

/// `text` with every hexadecimal number times `factor`; `None` if one passes 2^64.
fn scaled(text: &str, factor: u64) -> Option<String> {
    let mut parts = text.split("0x");
    let mut out = parts.next()?.to_owned();
    for part in parts {
        let digits = part.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(part.len());
        let number = u64::from_str_radix(&part[..digits], 16).unwrap().checked_mul(factor)?;
        out += &format!("{number:#x}{}", &part[digits..]);
    }
    Some(out)
}

fn agrees<const PAGE: u64>() {
    let map = [MapFactory::of::<EngineSpace<16, PAGE>>("engine")];
    let (mut operations, mut grown) = (0, 0);
    for (path, bytes) in golden_traces().into_iter().chain(fork_traces()) {
        let text = String::from_utf8(bytes).unwrap();
        let Some(text) = scaled(&text, PAGE / 4096) else { continue };
        let trace = Trace::parse(text.as_bytes()).unwrap();
        let (counts, result) = replay(&trace, &map);
        if let Err(failure) = result {
            let line = trace.steps[failure.index].line().unwrap();
            panic!("{}:{line}: {:?}", path.display(), failure.divergence);
        }
        operations += counts.operations;
        grown += text.lines().filter(|line| line.starts_with("grow ")).count();
    }
    assert!(operations > 60_000 && grown > 10_000, "{operations} operations, {grown} growths");
}

#[test]
fn pages_of_16_kib_grow_as_those_of_4_kib() {
    agrees::<0x4000>();
}

#[test]
fn pages_of_64_kib_grow_as_those_of_4_kib() {
    agrees::<0x1_0000>();
}
