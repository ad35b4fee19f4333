//! The kernel of this machine, beside the oracle of Linux.
//!
//! The input is the version 1 in one byte, and then records of [`Sequence::RECORD`] bytes. An operation is
//! drawn from each, for the process as the oracle has it by then, so that a record goes on making sense
//! when those before it change. Operations that leave something behind in the machine are not drawn.
//!
//! The kernel runs them in a child, which must be a program without sanitizer: the command `growstack`.
//! It is looked for in `GROWSTACK_LIVE`, and then in the target folder, where
//! `cargo build --release -p growstack-command` puts it. Coverage is that of the oracle: what the
//! kernel does inside is not seen.

use std::cell::RefCell;
use std::env;
use std::path::{Path, PathBuf};

use super::chunks::Shape;
use super::{Fault, Verdict};
use crate::linux::LinuxConfig;
use crate::linux::counts::RunCounts;
use crate::linux::live::{Ground, LIVE, Live, Spaces};
use crate::linux::log::Log;
use crate::linux::random::{Found, attempt};
use crate::linux::replay::LinuxMap;
use crate::linux::runner::{Every, Runner};
use crate::linux::sequence::{Allowed, Sequence};
use crate::linux::shorten::Shortened;
use crate::linux::trace::LinuxTrace;

/// The version of the encoding.
pub const VERSION: u8 = 1;

/// The lengths of header and records.
pub(super) const SHAPE: Shape = Shape { header: 1, record: Sequence::RECORD };

/// The program that is to be the child.
const PROGRAM: &str = "GROWSTACK_LIVE";

/// Inputs that one child runs.
const TURNS: u32 = 1 << 10;

/// The kernel of this machine, once it is probed.
struct Machine {
    ground: Ground,
    /// The child and how many inputs it has run.
    child: Option<(Live, u32)>,
    log: Log,
}

thread_local! {
    static MACHINE: RefCell<Option<Result<Machine, String>>> = const { RefCell::new(None) };
}

/// Probes the machine, if that was not done.
///
/// # Errors
///
/// Why there is no live run.
pub fn is_here() -> Result<(), String> {
    with(|machine| machine.map(|_| ()).map_err(ToOwned::to_owned))
}

/// Does something with the machine, or with the reason why there is none.
fn with<T>(work: impl FnOnce(Result<&mut Machine, &str>) -> T) -> T {
    MACHINE.with_borrow_mut(|machine| {
        let machine = machine.get_or_insert_with(Machine::probe);
        work(machine.as_mut().map_err(|reason| reason.as_str()))
    })
}

/// Runs an input.
pub(super) fn run(bytes: &[u8], counts: &mut RunCounts) -> Result<Verdict, Fault> {
    let Some((&VERSION, records)) = bytes.split_first() else { return Ok(Verdict::Unreadable) };
    with(|machine| match machine {
        Ok(machine) => machine.run(records, counts).map(|()| Verdict::Sound),
        Err(_) => {
            draw(&LinuxConfig::default(), records, Allowed::default());
            Ok(Verdict::Alone)
        }
    })
}

/// What an input stands for, on a machine on which nothing is known.
pub(super) fn describe(bytes: &[u8]) -> String {
    let Some((&VERSION, records)) = bytes.split_first() else { return "another version".into() };
    let config = LinuxConfig::default();
    let sequence = draw(&config, records, Allowed::default());
    LinuxTrace::of(config, sequence.ops().iter().copied()).to_string()
}

fn draw(config: &LinuxConfig, records: &[u8], allowed: Allowed) -> Sequence {
    Sequence::draw(config, records, allowed)
}

impl Machine {
    fn probe() -> Result<Self, String> {
        let program = program().ok_or_else(|| {
            format!(
                "there is no command `growstack`; `cargo build --release -p growstack-command` \
                 builds it, and {PROGRAM} says where another one is"
            )
        })?;
        let ground = Ground::probe(&program).map_err(|refused| refused.to_string())?;
        Ok(Self { ground, child: None, log: Log::default() })
    }

    fn run(&mut self, records: &[u8], counts: &mut RunCounts) -> Result<(), Fault> {
        let Self { ground, child, log } = self;
        let mut fresh = child.take().filter(|(_, turns)| *turns < TURNS);
        if fresh.is_none() {
            let live = Live::start(ground).map_err(|refused| Fault::Other(refused.to_string()))?;
            fresh = Some((live, 0));
        }
        let Some((mut live, turns)) = fresh else { return Ok(()) };
        let allowed = Allowed { harm: false, vm_read: ground.reads_itself(), engine: false };
        let sequence = draw(live.config(), records, allowed);
        match attempt(&sequence, &mut live, Every(16), log, counts) {
            Ok(()) => {
                counts.sequences += 1;
                *child = Some((live, turns + 1));
                Ok(())
            }
            Err((at, divergence)) => {
                let ops = sequence.ops();
                let ops = ops[..ops.len().min(at + 1)].to_vec();
                let config = *live.config();
                Err(Fault::Kernel(Box::new(Found { sequence: 0, config, ops, divergence })))
            }
        }
    }
}

/// A divergence made short on the kernel, and how that answers the operations.
pub(crate) fn report(found: &Found) -> String {
    with(|machine| match machine {
        Ok(Machine { ground, .. }) => {
            let spaces = Spaces::new(ground.clone());
            let create = |config: &_| spaces.create(config);
            let map = LinuxMap { name: LIVE, create: &create };
            let Shortened { words, trace } = Shortened::of(found, &map);
            format!("{words}\n{trace}")
        }
        Err(reason) => format!("{}: {reason}", found.divergence),
    })
}

/// The program that is to be the child.
fn program() -> Option<PathBuf> {
    if let Some(program) = env::var_os(PROGRAM) {
        return Some(program.into());
    }
    let own = env::current_exe().ok().filter(|own| own.file_stem() == Some("growstack".as_ref()));
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    let built = |profile: &str| Some(Path::new(&target).join(profile).join("growstack"));
    let places = [own, built("release"), built("debug")];
    places.into_iter().flatten().find(|program| program.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::Target;

    #[test]
    fn changed_inputs_stay_inputs() {
        let most = 1 + 40 * Sequence::RECORD;
        let mut bytes = vec![VERSION];
        let mut longest = 0;
        for seed in 0..2000 {
            bytes = Target::Linux.mutate(&bytes, most, seed).unwrap_or_default();
            assert_eq!(bytes.first(), Some(&VERSION));
            assert!(bytes.len() <= most && (bytes.len() - 1).is_multiple_of(Sequence::RECORD));
            longest = longest.max(bytes.len());
            let crossed = Target::Linux.crossover(&bytes, &[VERSION], most, seed);
            assert_eq!(crossed.first(), Some(&VERSION));
        }
        assert!(longest > most / 2, "{longest}");
    }

    #[test]
    fn inputs_are_operations() {
        let text = Target::Linux.describe(&[&[VERSION][..], &[0; 3 * Sequence::RECORD]].concat());
        assert!(text.contains("kernel=linux") && text.contains("\nmmap "), "{text}");
        assert_eq!(Target::Linux.describe(&[0, 1, 2]), "another version");
    }
}
