//! The child's loop: a request, its operations, and what was seen of each.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::fd::AsFd;

use growstack::{Addr, AddrRange};
use growstack_fuzz::linux::LinuxOp;
use growstack_fuzz::linux::log::Head;
use growstack_fuzz::linux::runner::Every;
use growstack_fuzz::linux::wire::{
    HELLO, MOST_OPS, OP, REQUEST, State, decode_op, encode_head, encode_vma,
};

use crate::fill::fill;
use crate::kernel::Kernel;
use crate::limits::Limits;
use crate::look::Looker;
use crate::pipe::{Input, Output};
use crate::touch::Toucher;

/// Bytes of the buffers of both pipes.
const BUFFER: usize = 1 << 16;

/// Sets the process up with a window of `[0, window)`, and serves the driver until that closes the
/// pipe.
///
/// # Errors
///
/// If the driver breaks the protocol, if a pipe is closed on the way, or if the kernel does what there
/// is no word for.
pub(crate) fn serve(window: u64) -> io::Result<()> {
    // The library's own standard streams would make buffers when it is too late for that.
    let input = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let output = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    let mut input = Input(BufReader::with_capacity(BUFFER, input));
    let mut output = Output(BufWriter::with_capacity(BUFFER, output));
    let child = Child::new(window);
    let (state, error) = match &child {
        Ok(child) if child.looker.is_quick() => (State::Quick, 0),
        Ok(_) => (State::Slow, 0),
        Err((state, error)) => (*state, error.raw_os_error().unwrap_or(0)),
    };
    output.words(&[HELLO, state as u64, error.unsigned_abs().into()])?;
    output.flush()?;
    let Ok(mut child) = child else { return Ok(()) };
    while let Some([count, every]) = input.words::<REQUEST>()? {
        child.read(&mut input, count)?;
        child.run(&mut output, Every(every))?;
        output.flush()?;
    }
    Ok(())
}

/// A process that is set up.
struct Child {
    kernel: Kernel,
    looker: Looker,
    /// Has room for [`MOST_OPS`].
    ops: Vec<LinuxOp>,
}

impl Child {
    /// Sets the process up; or says how far that went.
    fn new(window: u64) -> Result<Self, (State, io::Error)> {
        let ops = Vec::with_capacity(MOST_OPS);
        let range = AddrRange::new(Addr::ZERO, Addr::new(window));
        let range = range.ok_or((State::NoWindow, io::ErrorKind::InvalidInput.into()))?;
        let looker = Looker::new(window).map_err(|error| (State::NoProc, error))?;
        let memory = File::open("/proc/self/mem").map_err(|error| (State::NoProc, error))?;
        let limits = Limits::read().map_err(|error| (State::NoProc, error))?;
        let toucher = Toucher::new().map_err(|error| (State::NoHandler, error))?;
        fill(window).map_err(|error| (State::NoWindow, error))?;
        // SAFETY: `fill` found nothing in the window, and nothing is allocated from here on.
        let kernel = unsafe { Kernel::new(range, toucher, memory, limits) };
        Ok(Self { kernel, looker, ops })
    }

    /// Reads the operations of a request, all before the first one runs: the driver writes until the
    /// last, and reads then.
    fn read(&mut self, input: &mut Input<impl Read>, count: u64) -> io::Result<()> {
        if count > MOST_OPS as u64 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.ops.clear();
        for _ in 0..count {
            let words = input.words::<OP>()?.ok_or(io::ErrorKind::UnexpectedEof)?;
            self.ops.push(decode_op(words).ok_or(io::ErrorKind::InvalidData)?);
        }
        Ok(())
    }

    /// Runs the operations, and writes what is seen of each.
    fn run(&mut self, output: &mut Output<impl Write>, every: Every) -> io::Result<()> {
        let Self { kernel, looker, ops } = self;
        let count = ops.len() as u64;
        for (op, at) in ops.iter().zip(0..) {
            let answer = kernel.run(op)?;
            let (vmas, shown) = looker.look(every.is_due(at, count))?;
            output.words(&encode_head(&Head { answer, vmas: vmas.len(), shown }))?;
            vmas.iter().try_for_each(|vma| output.words(&encode_vma(vma)))?;
        }
        Ok(())
    }
}
