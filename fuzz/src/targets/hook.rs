//! Between libFuzzer and the targets.
//!
//! [`fuzz_target!`](crate::fuzz_target) makes a program of a target: with `--cfg fuzzing`, which
//! cargo-fuzz sets, one that libFuzzer drives, and else one that runs the files it is given.

use std::cell::RefCell;
use std::env;
use std::fs;
use std::os::unix::process::CommandExt;
use std::panic;
use std::path::{Path, PathBuf};
use std::process::{self, Command, ExitCode, abort};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::statistics::Header;
use super::{Finding, Session, Target, Verdict, linux, seeds};
use crate::replay::MapFactory;

/// Where statistics go: a file, or `1` for the standard error.
const STATISTICS: &str = "GROWSTACK_STATS";
/// The folder for traces of what is found; without it, `fuzz/findings`.
const FINDINGS: &str = "GROWSTACK_FINDINGS";
/// libFuzzer's flag for its seed.
const SEED: &str = "-seed=";
/// Executions between two looks at the clock.
const PERIOD: u64 = 1 << 8;
/// The time between two prints of the statistics. A fuzzer that is ended by a signal runs no
/// destructor, so no more than this is lost.
const PAUSE: Duration = Duration::from_secs(5);
/// One mutation in this many is libFuzzer's own, which knows nothing of operations.
const PLAIN: u32 = 8;

/// A session that prints its statistics when the process ends.
///
/// libFuzzer ends a run by `exit`, which runs the destructors of the thread's local values and no
/// others of Rust's.
struct Reporting {
    session: Session,
    started: Instant,
    /// That of the first execution; a process has but one.
    target: Option<Target>,
    findings: u64,
    last: Instant,
}

impl Reporting {
    fn new() -> Self {
        let session = TESTED.get().copied().map_or_else(Session::default, Session::on);
        let started = Instant::now();
        Self { session, started, target: None, findings: 0, last: started }
    }

    /// Reports now and then.
    fn tick(&mut self) {
        let due = self.session.statistics.executions.is_multiple_of(PERIOD);
        if due && self.last.elapsed() >= PAUSE {
            self.last = Instant::now();
            self.report();
        }
    }

    fn report(&self) {
        let (Some(to), Some(target)) = (env::var_os(STATISTICS), self.target) else { return };
        let header = Header {
            target,
            seed: argument(SEED),
            elapsed: self.started.elapsed(),
            findings: self.findings,
        };
        let text = format!("{header}\n{}", self.session.statistics);
        if to == "1" {
            eprintln!("{text}");
        } else if let Err(error) = fs::write(&to, text) {
            eprintln!("growstack: {}: {error}", to.display());
        }
    }
}

/// What the command line has behind `flag`.
fn argument(flag: &str) -> Option<String> {
    env::args().find_map(|arg| Some(arg.strip_prefix(flag)?.to_owned()))
}

impl Drop for Reporting {
    fn drop(&mut self) {
        self.report();
    }
}

thread_local! {
    static SESSION: RefCell<Reporting> = RefCell::new(Reporting::new());
}

/// libFuzzer's choice of inputs by entropy takes several times as long as the hundred operations
/// of an input do. Other inputs than texts go without it, unless the command line has the flag.
const ENTROPY: &str = "-entropic=";

/// The map under test, if it is not the engine.
static TESTED: OnceLock<MapFactory> = OnceLock::new();

/// As [`initialize`], for a map of your own.
pub fn initialize_on(target: Target, tested: MapFactory) {
    // Only the first call counts, and a program has one target.
    let _ = TESTED.set(tested);
    initialize(target);
}

/// Gets a target ready: settles how libFuzzer chooses inputs, copies the seeds, and lets panics be
/// caught, at which libfuzzer-sys ends the process.
pub fn initialize(target: Target) {
    if target != Target::Trace {
        settle();
    }
    if target == Target::Linux
        && let Err(reason) = linux::is_here()
    {
        // Not a fault of anything that is under test.
        eprintln!("growstack: linux was not run: {reason}");
        process::exit(0);
    }
    panic::set_hook(Box::new(|panic| {
        if env::var_os("RUST_BACKTRACE").is_some() {
            eprintln!("{panic}\n{}", std::backtrace::Backtrace::force_capture());
        }
    }));
    match seeds::plant(target.name(), env::args_os().skip(1)) {
        Ok(0) => {}
        Ok(planted) => eprintln!("growstack: {planted} seeds of corpus/{}", target.name()),
        Err(error) => eprintln!("growstack: the seeds of {}: {error}", target.name()),
    }
}

/// Starts the program again without [`ENTROPY`] if its command line leaves that open. The libFuzzer
/// that calls has read the old command line, and there is no other way to tell it.
fn settle() {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    if arguments.iter().any(|argument| argument.to_string_lossy().starts_with(ENTROPY)) {
        return;
    }
    let Ok(program) = env::current_exe() else { return };
    let error = Command::new(program).arg(format!("{ENTROPY}0")).args(&arguments).exec();
    eprintln!("growstack: {ENTROPY}0: {error}; going on without");
}

/// Runs one input of the fuzzer; `false` if it is not worth keeping. Ends the process when
/// it finds something, once that is reported.
#[must_use]
pub fn execute(target: Target, bytes: &[u8]) -> bool {
    SESSION.with_borrow_mut(|reporting| {
        reporting.target = Some(target);
        match reporting.session.run(target, bytes) {
            Ok(verdict) => {
                reporting.tick();
                verdict != Verdict::Unreadable
            }
            Err(finding) => {
                reporting.findings += 1;
                reporting.report();
                tell(&finding);
                abort()
            }
        }
    })
}

/// Prints what was found and writes its trace.
fn tell(finding: &Finding) {
    eprintln!("\n{finding}");
    let folder = findings_folder();
    let trace = finding.trace.as_ref().map(|trace| ("trace", trace.to_string().into_bytes()));
    let input = finding.input.as_ref().map(|input| ("input", input.clone()));
    for (extension, contents) in trace.into_iter().chain(input) {
        let path = folder.join(format!("{}.{extension}", finding.name));
        let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, contents));
        match written {
            Ok(()) => eprintln!("growstack: written to {}", path.display()),
            Err(error) => eprintln!("growstack: {}: {error}", path.display()),
        }
    }
}

fn findings_folder() -> PathBuf {
    let artifacts = argument("-artifact_prefix=").unwrap_or_default();
    env::var_os(FINDINGS).map_or_else(|| beside(&artifacts), PathBuf::from)
}

/// The folder for findings of a fuzzer with this prefix of artifacts. cargo-fuzz takes every new
/// file in its own folder, `fuzz/artifacts/TARGET/`, for the input that crashed.
fn beside(prefix: &str) -> PathBuf {
    // The prefix is a folder if it ends with a slash, or else the beginning of a name in one.
    let folder = Path::new(prefix.rsplit_once('/').map_or(".", |(folder, _)| folder));
    match folder.parent() {
        Some(all) if all.ends_with("artifacts") => all.with_file_name("findings"),
        _ => folder.to_owned(),
    }
}

/// Changes `data`, of which `size` bytes are used, in place; the new size. `plain` is libFuzzer's
/// own mutation.
pub fn mutate(
    target: Target,
    data: &mut [u8],
    size: usize,
    most: usize,
    seed: u32,
    plain: fn(&mut [u8], usize, usize) -> usize,
) -> usize {
    let mutated =
        if seed.is_multiple_of(PLAIN) { None } else { target.mutate(&data[..size], most, seed) };
    match mutated {
        Some(bytes) => {
            // A header may be longer than what libFuzzer allows so far.
            let fits = bytes.len().min(most);
            data[..fits].copy_from_slice(&bytes[..fits]);
            fits
        }
        None => plain(data, size, most),
    }
}

/// Writes a cross of two inputs to `out`; its size.
#[must_use]
pub fn crossover(target: Target, one: &[u8], other: &[u8], out: &mut [u8], seed: u32) -> usize {
    let bytes = target.crossover(one, other, out.len(), seed);
    let fits = bytes.len().min(out.len());
    out[..fits].copy_from_slice(&bytes[..fits]);
    fits
}

/// Runs the files named on the command line, for a target built without libFuzzer.
#[must_use]
pub fn replay_arguments(target: Target, tested: Option<MapFactory>) -> ExitCode {
    let mut worst = ExitCode::SUCCESS;
    for path in env::args_os().skip(1) {
        let session = tested.map_or_else(Session::default, Session::on);
        if let Err(words) = replay_file(session, target, Path::new(&path)) {
            eprintln!("{words}");
            worst = ExitCode::FAILURE;
        }
    }
    worst
}

fn replay_file(mut session: Session, target: Target, path: &Path) -> Result<(), String> {
    let name = path.display();
    let bytes = fs::read(path).map_err(|error| format!("growstack: {name}: {error}"))?;
    match session.run(target, &bytes) {
        Ok(verdict) => {
            println!("{name}: {verdict:?}");
            Ok(())
        }
        Err(finding) => Err(format!("{name}:\n{finding}")),
    }
}

/// Makes a program of a fuzz target.
///
/// `fuzz_target!(Growth)` tests the engine by a [`Target`]. `fuzz_target!(Growth, MyMap)`, in a
/// repository of your own, tests an [`AddressSpace`](crate::space::AddressSpace) with the same
/// inputs: `Differential` has operations of every kind, `Growth` leans to stacks and faults.
#[macro_export]
#[allow(clippy::crate_in_macro_def)] // The crate of the program is meant, where its map is.
macro_rules! fuzz_target {
    ($target:ident) => {
        $crate::fuzz_target!(@program $target, initialize(TARGET), None);
    };
    ($target:ident, $map:ty) => {
        const OWN: $crate::replay::MapFactory =
            $crate::replay::MapFactory::of::<$map>(stringify!($map));
        $crate::fuzz_target!(@program $target, initialize_on(TARGET, crate::OWN), Some(crate::OWN));
    };
    (@program $target:ident, $initialize:ident($($argument:expr),*), $own:expr) => {
        #[cfg(fuzzing)]
        mod fuzzer {
            use libfuzzer_sys::Corpus;
            use libfuzzer_sys::arbitrary::{Arbitrary, Error, Unstructured};
            use $crate::targets::{Target, hook};

            const TARGET: Target = Target::$target;

            /// The bytes of an input, which `cargo fuzz fmt` prints as what they stand for.
            struct Data<'a>(&'a [u8]);

            impl<'a> Arbitrary<'a> for Data<'a> {
                fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self, Error> {
                    bytes.bytes(bytes.len()).map(Data)
                }

                fn arbitrary_take_rest(bytes: Unstructured<'a>) -> Result<Self, Error> {
                    Ok(Data(bytes.take_rest()))
                }
            }

            impl std::fmt::Debug for Data<'_> {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str(&TARGET.describe(self.0))
                }
            }

            libfuzzer_sys::fuzz_target!(
                init: hook::$initialize($($argument),*),
                |data: Data<'_>| -> Corpus {
                    if hook::execute(TARGET, data.0) { Corpus::Keep } else { Corpus::Reject }
                }
            );

            libfuzzer_sys::fuzz_mutator!(
                |data: &mut [u8], size: usize, max_size: usize, seed: u32| {
                    let plain = libfuzzer_sys::fuzzer_mutate;
                    $crate::targets::hook::mutate(
                        $crate::targets::Target::$target, data, size, max_size, seed, plain,
                    )
                }
            );

            libfuzzer_sys::fuzz_crossover!(
                |one: &[u8], other: &[u8], out: &mut [u8], seed: u32| {
                    $crate::targets::hook::crossover(
                        $crate::targets::Target::$target, one, other, out, seed,
                    )
                }
            );
        }

        #[cfg(not(fuzzing))]
        fn main() -> std::process::ExitCode {
            use $crate::targets::{Target, hook};
            hook::replay_arguments(Target::$target, $own)
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_kept_out_of_the_folder_of_cargo_fuzz() {
        assert_eq!(beside("/x/fuzz/artifacts/growth/"), Path::new("/x/fuzz/findings"));
        assert_eq!(beside("/out/crash-of-"), Path::new("/out"));
        assert_eq!(beside(""), Path::new("."));
    }
}
