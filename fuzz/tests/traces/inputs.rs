//! The encoding of fuzz inputs: it stays what it is, and says what traces say.

use crate::common::{fork_traces, golden_traces, traces_14};
use arbitrary::{Arbitrary, Unstructured};
use growstack::{Addr, MapFlags};
use growstack_fuzz::input::{
    Anchor, Flavour, HEADER, Header, Input, Offset, Operand, Prefill, RECORD, Record, Unit,
    crossover, mutate, seeded,
};
use growstack_fuzz::kernel::{Freebsd14, Kernel};
use growstack_fuzz::op::{Kind, Op};
use growstack_fuzz::trace::Trace;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The header of an empty input for `kernel`.
fn header(kernel: Kernel) -> Header {
    Input::default().with_kernel(kernel).header
}

/// A record with something in every field.
fn full(kind: Kind) -> Record {
    Record {
        second: true,
        system: true,
        flags: MapFlags::NOSYNC | MapFlags::GROWS_UP,
        object: 5,
        choice: 3,
        nodes: Some(2),
        offset: Offset::Near(-2),
        first: Operand::Near {
            anchor: Anchor::EntryStart,
            index: 0x102,
            unit: Unit::Page,
            count: -3,
        },
        second_operand: Operand::Near {
            anchor: Anchor::Span,
            index: 7,
            unit: Unit::Byte,
            count: 1,
        },
        max_addr: Operand::at(Anchor::MapMax, 9),
        ..Record::new(kind)
    }
}

/// The bytes of every operation, as they were when it was added. A failure here means that every
/// committed input has changed its meaning: give the new thing a new number instead.
#[test]
fn the_bytes_of_every_operation() {
    const TAIL: &str = "fb040b1bfe42fd0201300107000b09";
    for &kind in Kind::ALL.iter().filter(|kind| !kind.is_of_14()) {
        let input = Input { records: vec![full(kind)], ..Input::default() };
        let bytes = input.encode();
        assert_eq!(hex(&bytes[HEADER..]), format!("{:02x}{TAIL}", kind as u8));
        assert_eq!(Input::decode(&bytes), Some(input));
    }
    // The first byte has one bit more, and the flags and the object other places.
    const TAIL_14: &str = "fb04571bfe42fd0201300107000b09";
    for &kind in Kind::ALL.iter().filter(|kind| kind.is_of(Kernel::Freebsd14)) {
        let flags = MapFlags::NOSYNC | MapFlags::EXCL | MapFlags::GUARD | MapFlags::GROWS_UP;
        let record = Record { gaps: true, flags, ..full(kind) };
        let input = Input { header: header(Kernel::Freebsd14), records: vec![record] };
        let bytes = input.encode();
        let head = format!("{:02x}", 0x80 | kind as u8);
        assert_eq!(hex(&bytes[input.header.bytes()..]), head + TAIL_14);
        assert_eq!(Input::decode(&bytes), Some(input));
    }
    let mut numbers: Vec<(u8, &str)> =
        Kind::ALL.iter().map(|kind| (*kind as u8, kind.name())).collect();
    numbers.sort_unstable();
    let pinned = [
        (1, "insert"),
        (2, "stack"),
        (3, "grow"),
        (4, "findspace"),
        (5, "find"),
        (6, "fixed"),
        (7, "remove"),
        (8, "protect"),
        (9, "inherit"),
        (10, "madvise"),
        (11, "wire"),
        (12, "unwire"),
        (13, "check"),
        (14, "lookup"),
        (15, "limit"),
        (16, "sysctl sgrowsiz"),
        (17, "sysctl stack_guard_page"),
        (18, "wirefuture"),
        (19, "dump"),
        (20, "exec"),
        (21, "fork"),
        (22, "use"),
        (23, "exit"),
        (24, "stkgap"),
        (25, "sysctl stack_guard_page, pages"),
    ];
    assert_eq!(numbers, pinned);
}

#[test]
fn the_bytes_of_a_header_and_of_plain_numbers() {
    let header = Header {
        narrow: true,
        prefill: Prefill { entries: 0x0201, style: 3, seed: 0x0706_0504 },
        swarm: 0x0b0a_0908,
        ..Header::default()
    };
    let record = Record {
        first: Operand::Raw(0x0102_0304_0506_0708),
        offset: Offset::Raw(u64::MAX),
        ..Record::new(Kind::Insert)
    };
    let bytes = Input { header, records: vec![record] }.encode();
    assert_eq!(
        hex(&bytes[..HEADER]),
        "0101010203000000040506070809\
         0a0b00100000000000000000000000800000000010000000000000f0ffdfff7f0000\
         0040000000000000ffffffffffffff7fffffffffffffff7fffffffffffffff7f\
         ffffffffffffffff"
    );
    assert_eq!(
        hex(&bytes[HEADER..]),
        "7f000000000000000807060504030201\
         7f03000000000000ffffffffffffffff\
         013b0000000000000000000000000000"
    );
    assert_eq!(Input::decode(&bytes), Some(Input { header, records: vec![record] }));
}

#[test]
fn the_bytes_of_a_header_of_14() {
    let mut header = header(Kernel::Freebsd14);
    let stacktop = Addr::new(0x0102_0304_0506_0708);
    header.config.freebsd_14 = Some(Freebsd14 { stacktop, stkgap: true, guard_pages: 2 });
    let input = Input { header, records: vec![Record::new(Kind::Grow)] };
    let bytes = input.encode();
    assert_eq!(hex(&bytes[..8]), "01020000000e0000");
    assert_eq!(hex(&bytes[HEADER..]), format!("08070605040302010200000000000000033b{:028}", 0));
    assert_eq!(Input::decode(&bytes), Some(input));

    let missing = Input::decode(&bytes[..HEADER + 3]).unwrap().header.config;
    let stacktop = Addr::new(0x8000_0006_0708);
    let usual = Freebsd14 { stacktop, ..Freebsd14::new(missing.max) };
    assert_eq!(missing.freebsd_14, Some(usual), "the top in part, and the usual guard pages");
    // Nobody wrote what is now the kernel, but fuzzers.
    for kernel in (0..=u8::MAX).filter(|&kernel| kernel != 14) {
        let bytes = [&bytes[..5], &[kernel], &bytes[6..]].concat();
        assert_eq!(Input::decode(&bytes).unwrap().header.kernel(), Kernel::Freebsd9);
    }
}

/// Operations of the prefill of one recipe; the recipe is part of the encoding.
#[test]
fn a_prefill_stays_what_it_is() {
    let recipe = Prefill { entries: 300, style: 0b01_0101, seed: 77 };
    let text: String = recipe.ops(0x10_0000).iter().map(|op| format!("{op}\n")).collect();
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    assert_eq!(
        hash,
        13_850_931_671_122_281_341,
        "{}",
        text.lines().take(5).collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn any_bytes_decode_and_what_is_decoded_stays() {
    for length in 0..2000 {
        let mut bytes = seeded(1, length as u64, length % 400);
        if let Some(version) = bytes.first_mut() {
            *version = 1;
        }
        if let Some(kernel) = bytes.get_mut(5).filter(|_| length % 2 == 0) {
            *kernel = 14;
        }
        let input = Input::decode(&bytes).unwrap();
        assert_eq!(Input::decode(&input.encode()), Some(input));
    }
    assert_eq!(Input::decode(&[2]), None, "another version");
    assert_eq!(Input::decode(&[]), Some(Input::default()));
}

#[test]
fn unknown_operations_and_broken_ends_are_passed_over() {
    let mut input = Input { records: vec![Record::new(Kind::Grow); 2], ..Input::default() };
    let mut bytes = input.encode();
    bytes[HEADER] = 0xee;
    bytes.pop();
    assert_eq!(Input::decode(&bytes).unwrap().records, []);
    bytes.push(0);
    input.records.pop();
    assert_eq!(Input::decode(&bytes), Some(input));
}

/// Random sequences of 14.2, which lean to what is new there.
#[test]
fn inputs_of_sequences_of_14_are_the_sequences() {
    for number in 0..200 {
        let (config, ops) = growstack_fuzz::freebsd14::sequence(3, number);
        let input = Input::of(&config, ops.iter().copied());
        let input = Input::decode(&input.encode()).unwrap();
        assert_eq!(input.header.config, config);
        assert!(input.trace().steps.iter().map(|step| *step.op()).eq(ops), "sequence {number}");
    }
}

#[test]
fn an_input_for_another_kernel_has_no_word_of_its_own() {
    for number in 0..100 {
        let (config, ops) = growstack_fuzz::freebsd14::sequence(4, number);
        let newer = Input::of(&config, ops);
        let older = Input::decode(&newer.clone().with_kernel(Kernel::Freebsd9).encode()).unwrap();
        assert!(older.records.len() <= newer.records.len());
        let text = older.trace().to_string();
        assert!(Trace::parse_of(text.as_bytes(), Kernel::Freebsd9).is_ok(), "{text}");
        let text = older.with_kernel(Kernel::Freebsd14).trace().to_string();
        assert!(Trace::parse_of(text.as_bytes(), Kernel::Freebsd14).is_ok(), "{text}");
    }
}

/// Inputs made of golden traces are the same operations.
#[test]
fn inputs_of_traces_are_the_traces() {
    let mut near = [0_u32; 2];
    for (path, bytes) in golden_traces().into_iter().chain(fork_traces()).chain(traces_14()) {
        let trace = Trace::parse(&bytes).unwrap();
        let ops: Vec<Op> = trace.steps.iter().take(400).map(|step| *step.op()).collect();
        let input = Input::of(trace.config(), ops.iter().copied());
        let back: Vec<Op> = input.trace().steps.iter().map(|step| *step.op()).collect();
        assert_eq!(back, ops, "{}", path.display());
        assert_eq!(Input::decode(&input.encode()), Some(input.clone()));
        for record in &input.records {
            near[usize::from(matches!(record.first, Operand::Near { .. }))] += 1;
        }
    }
    assert!(near[1] > 20 * near[0], "most operands are by what they are near: {near:?}");
}

#[test]
fn inputs_that_generators_draw_decode_to_the_same_operations() {
    for (seed, kernel) in (0..300).flat_map(|seed| Kernel::ALL.map(|kernel| (seed, kernel))) {
        let bytes = seeded(seed, 0, 150 * Input::BYTES_PER_RECORD);
        let input = Input::draw(&mut Unstructured::new(&bytes), kernel, Flavour::Whole, 150);
        let ops = |trace: Trace| trace.steps.iter().map(|step| *step.op()).collect::<Vec<_>>();
        let resolved = ops(input.trace());
        let filling = input.header.prefill.ops(input.header.window).len();
        assert_eq!(resolved.len(), filling + input.records.len());
        assert_eq!(Input::decode(&input.encode()).map(|input| ops(input.trace())), Some(resolved));
    }
}

#[test]
fn mutation_is_by_the_seed_alone_and_within_bounds() {
    let mut bytes = Vec::new();
    let mut changed = 0;
    let mut kernels = [0; 2];
    for seed in 0..3000 {
        let most = HEADER + RECORD * 80;
        let flavour = if seed % 2 == 0 { Flavour::Whole } else { Flavour::Growth };
        let new = mutate(&bytes, flavour, most, seed);
        assert_eq!(new, mutate(&bytes, flavour, most, seed));
        let crossed = crossover(&bytes, &new, most, seed);
        assert_eq!(crossed, crossover(&bytes, &new, most, seed));
        for result in [&new, &crossed] {
            assert!(result.len() <= most, "{}", result.len());
            let input = Input::decode(result).unwrap();
            assert_eq!(input.encode(), *result);
            let kernel = input.header.kernel();
            kernels[usize::from(kernel == Kernel::Freebsd14)] += 1;
            assert!(input.records.iter().all(|record| record.kind.is_of(kernel)));
        }
        changed += u32::from(new != bytes);
        bytes = if seed % 5 == 0 { crossed } else { new };
    }
    assert!(changed > 2800, "{changed}");
    assert!(kernels.iter().all(|&inputs| inputs > 1000), "{kernels:?}");
    let short = mutate(&bytes, Flavour::Whole, 10, 1);
    let header = Input::decode(&short).unwrap().header;
    assert_eq!(short.len(), header.bytes(), "a header is not cut");
}

#[test]
fn arbitrary_bytes_make_inputs() {
    let mut operations = 0;
    for sequence in 0..200 {
        let bytes = seeded(9, sequence, 2000);
        let input = Input::arbitrary(&mut Unstructured::new(&bytes)).unwrap();
        operations += input.records.len();
        assert_eq!(Input::decode(&input.encode()), Some(input));
    }
    assert!(operations > 2000, "{operations}");
    Input::arbitrary(&mut Unstructured::new(&[])).unwrap();
}
