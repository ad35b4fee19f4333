//! The oracle of Linux on operations that nobody chose: it never panics, its list stays a list, and
//! what it refuses changes nothing that a call of its kind may not change.

use growstack::{Addr, Prot, Size};
use growstack_fuzz::linux::oracle::LinuxOracle;
use growstack_fuzz::linux::{
    Advice, Capabilities, Errno, LinuxAnswer, LinuxConfig, LinuxOp, MlockFlags, MlockallFlags,
    MmapFlags, MremapFlags, Overcommit, Resource, Rules, Stretch, Vma,
};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

const PAGE: u64 = 4096;

struct Draw(SmallRng);

impl Draw {
    fn below(&mut self, bound: u64) -> u64 {
        self.0.random_range(0..bound)
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.0.random_range(0..all.len())]
    }

    fn flags<F: bitflags::Flags<Bits = u32>>(&mut self) -> F {
        let bits: u32 = self.0.random();
        let more: u32 = self.0.random();
        F::from_bits_truncate(bits & more)
    }

    /// A page of a few of the window, or anything at all.
    fn addr(&mut self) -> Addr {
        Addr::new(match self.below(64) {
            0 => self.0.random(),
            1 => u64::MAX - self.below(3 * PAGE),
            2 => self.below(16 << 20),
            3..6 => self.below(64) * PAGE + self.below(PAGE),
            6 => self.below(4) * PAGE,
            _ => (256 + self.below(80) * if self.below(2) == 0 { 1 } else { 40 }) * PAGE,
        })
    }

    fn length(&mut self) -> Size {
        Size::new(match self.below(64) {
            0 => self.0.random(),
            1 => u64::MAX - self.below(3 * PAGE),
            2 => 0,
            3 => 16 << 20,
            4 => (1 + self.below(4)) << 21,
            5 => self.below(8 * PAGE),
            _ => (1 + self.below(8)) * PAGE,
        })
    }

    fn prot(&mut self) -> Prot {
        #[allow(clippy::cast_possible_truncation)] // Three bits.
        Prot::from_bits_truncate(self.below(8) as u8)
    }

    fn op(&mut self) -> LinuxOp {
        let (addr, length) = (self.addr(), self.length());
        match self.below(30) {
            0..6 => {
                let flags =
                    self.flags::<MmapFlags>() | self.flags::<MmapFlags>() & MmapFlags::FIXED;
                LinuxOp::Mmap { addr, length, prot: self.prot(), flags }
            }
            6..8 => LinuxOp::Munmap { addr, length },
            8..12 => {
                let stretch = if self.below(4) == 0 { self.flags() } else { Stretch::empty() };
                LinuxOp::Mprotect { addr, length, prot: self.prot(), stretch }
            }
            12..15 => LinuxOp::Madvise { addr, length, advice: self.one_of(Advice::ALL) },
            15 => LinuxOp::Mlock { addr, length, flags: self.flags::<MlockFlags>() },
            16 => LinuxOp::Munlock { addr, length },
            17 => match self.below(8) {
                0 => LinuxOp::Reset,
                1..4 => LinuxOp::Munlockall,
                _ => LinuxOp::Mlockall { flags: self.flags::<MlockallFlags>() },
            },
            18..22 => {
                let (new, target) = (self.length(), self.addr());
                let new = if self.below(2) == 0 { length } else { new };
                let flags = self.flags::<MremapFlags>() | self.flags();
                LinuxOp::Mremap { addr, old: length, new, flags, target }
            }
            22 => {
                let resource = self.one_of(Resource::ALL);
                let limit = if self.below(2) == 0 { u64::MAX } else { self.below(64 * PAGE) };
                LinuxOp::Setrlimit { resource, limit }
            }
            23..26 => LinuxOp::Store { addr },
            26 => LinuxOp::Load { addr },
            27 => LinuxOp::KernelStore { addr },
            28 => LinuxOp::ProcMem { addr },
            _ => LinuxOp::VmRead { addr },
        }
    }

    fn config(&mut self) -> LinuxConfig {
        let config = LinuxConfig::default();
        LinuxConfig {
            rules: self.flags::<Rules>() | self.flags(),
            gap: Size::new(self.one_of(&[0, 1, 256]) * PAGE),
            keys: self.below(2) == 0,
            capabilities: self.flags::<Capabilities>(),
            overcommit: self.one_of(&[Overcommit::Heuristic, Overcommit::Always]),
            committable: self.one_of(&[0, 16, u64::MAX]),
            huge_pages: self.below(2) == 0,
            base_pages: self.one_of(&[0, 1000, u64::MAX]),
            ..config
        }
    }
}

fn list(map: &LinuxOracle) -> Vec<Vma> {
    map.vmas().collect()
}

/// May the call change what is mapped, though it fails? Those that go VMA by VMA, those that grow,
/// and those that first make room.
fn may_change_on_failure(op: &LinuxOp) -> bool {
    match op {
        LinuxOp::Munmap { .. }
        | LinuxOp::Setrlimit { .. }
        | LinuxOp::Reset
        | LinuxOp::Mlockall { .. }
        | LinuxOp::Munlockall
        | LinuxOp::VmRead { .. } => false,
        // The splits of L33 stay.
        LinuxOp::Mmap { flags, .. } => flags.contains(MmapFlags::FIXED),
        LinuxOp::Mremap { flags, .. } => flags.contains(MremapFlags::FIXED),
        _ => true,
    }
}

#[test]
fn whatever_is_asked_the_list_stays_a_list() {
    let mut draw = Draw(SmallRng::seed_from_u64(71));
    let (mut supported, mut most) = (0, 0);
    for _ in 0..200 {
        let config = draw.config();
        let mut map = LinuxOracle::new(config);
        for _ in 0..400 {
            let (op, before) = (draw.op(), list(&map));
            let answer = map.apply(&op);
            let after = list(&map);
            assert_eq!(answer == LinuxAnswer::Unsupported, !config.supports(&op), "{op}");
            supported += u32::from(answer != LinuxAnswer::Unsupported);
            most = most.max(after.len());
            for vma in &after {
                let (start, end) = (vma.range.start(), vma.range.end());
                assert!(start.get() % PAGE == 0 && end.get() % PAGE == 0, "{op}: {vma}");
                assert!(
                    config.window.start() <= start && end <= config.window.end(),
                    "{op}: {vma}"
                );
                assert!(vma.key == 0 || config.keys, "{op}: {vma}");
            }
            for pair in after.windows(2) {
                assert!(
                    pair[0].range.end() <= pair[1].range.start(),
                    "{op}: {} {}",
                    pair[0],
                    pair[1]
                );
            }
            match answer {
                LinuxAnswer::Unsupported => assert_eq!(before, after, "{op}"),
                LinuxAnswer::Failed(_) if !may_change_on_failure(&op) => {
                    assert_eq!(before, after, "{op}: {answer}");
                }
                _ => {}
            }
            assert_ne!(answer, LinuxAnswer::Failed(Errno::ENOSYS), "{op}");
        }
    }
    assert!(supported > 40_000 && most > 20, "{supported} operations, at most {most} VMAs");
}

/// L10 to L20: growth makes one VMA longer, downwards, to the page touched, and nothing else.
#[test]
fn a_touch_changes_one_start_or_nothing() {
    let mut draw = Draw(SmallRng::seed_from_u64(72));
    let mut grown = 0;
    for _ in 0..200 {
        let mut map = LinuxOracle::new(LinuxConfig { keys: false, ..LinuxConfig::default() });
        for _ in 0..300 {
            let (op, before) = (draw.op(), list(&map));
            map.apply(&op);
            let (LinuxOp::Store { addr } | LinuxOp::Load { addr }) = op else { continue };
            let after = list(&map);
            if before == after {
                continue;
            }
            let changed: Vec<(Vma, Vma)> =
                before.iter().copied().zip(after.iter().copied()).filter(|(a, b)| a != b).collect();
            let [(old, new)] = changed[..] else { panic!("{op}: {changed:?}") };
            assert_eq!(before.len(), after.len());
            assert_eq!((old.range.end(), old.flags), (new.range.end(), new.flags));
            assert_eq!(new.range.start().get(), addr.get() & !(PAGE - 1));
            grown += 1;
        }
    }
    assert!(grown > 100, "{grown}");
}
