//! Faults as signals: the handler, its stack, and how it finds what serves them.
//!
//! A fault is served where it was raised, by the thread that raised it, before its next
//! instruction. The handler finds the server in a thread-local cell that is initialised at compile
//! time and has no destructor: reading it neither allocates nor locks. The cell has the address of
//! a [`Slot`], whose flag is set while the interrupted code itself uses the server.
//!
//! While the handler runs, every signal is blocked. A fault of its own therefore ends the process:
//! the kernel delivers a blocked `SIGSEGV` by its default action.

use std::cell::{Cell, UnsafeCell};
use std::io;
use std::marker::PhantomData;
use std::ptr::{NonNull, null_mut};
use std::sync::OnceLock;
use std::sync::atomic::Ordering::{Acquire, Release, SeqCst};
use std::sync::atomic::{AtomicBool, compiler_fence};

use growstack::{Addr, AddrRange, PAGE_SIZE, Prot, Size};
use libc::{c_int, c_void, siginfo_t};

use crate::memory::{Mapping, bytes, pointer};

/// What becomes of a fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Served {
    /// The instruction runs again.
    Retry,
    /// The signal's default action ends the process.
    Crash,
}

/// A server of faults.
///
/// # Safety
///
/// `serve` runs inside a signal handler, and may interrupt anything. It must be
/// async-signal-safe: it does not allocate or free, takes no lock, does not unwind, and accesses
/// nothing that other code of this thread may be changing, except itself.
pub unsafe trait Serve: 'static {
    /// Serves the fault at an address.
    fn serve(&mut self, addr: Addr) -> Served;
}

/// A server and its busy flag. Not `Sync`: code and handler of one thread take turns.
#[derive(Debug)]
pub struct Slot<S: ?Sized> {
    busy: AtomicBool,
    server: UnsafeCell<S>,
}

/// The exclusive right to a slot.
struct Turn<'a>(&'a AtomicBool);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.store(false, Release);
    }
}

impl<S> Slot<S> {
    /// A slot with a server.
    pub const fn new(server: S) -> Self {
        Self { busy: AtomicBool::new(false), server: UnsafeCell::new(server) }
    }

    /// Reads or changes the server. A fault that needs it meanwhile is a crash: on a stack that it
    /// serves, make sure first that there is room.
    ///
    /// # Panics
    ///
    /// In a nested call.
    pub fn with<T>(&self, run: impl FnOnce(&mut S) -> T) -> T {
        let _turn = self.turn().expect("the server is in use");
        // SAFETY: The turn excludes every other access, and is dropped after the reference.
        run(unsafe { &mut *self.server.get() })
    }
}

impl<S: ?Sized> Slot<S> {
    /// The right to access the server, unless it is taken. Acquire and release order the accesses
    /// of code and handler, as they would those of two threads.
    fn turn(&self) -> Option<Turn<'_>> {
        (!self.busy.swap(true, Acquire)).then(|| Turn(&self.busy))
    }
}

impl Slot<dyn Serve> {
    fn serve(&self, addr: Addr) -> Served {
        let Some(_turn) = self.turn() else { return Served::Crash };
        // SAFETY: The turn excludes every other access, and is dropped after the reference.
        unsafe { &mut *self.server.get() }.serve(addr)
    }
}

thread_local! {
    /// What serves the faults of this thread.
    static CURRENT: Cell<Option<NonNull<Slot<dyn Serve>>>> = const { Cell::new(None) };
    static HANDLING: Cell<bool> = const { Cell::new(false) };
    static ENTERED: Cell<bool> = const { Cell::new(false) };
}

/// Is this thread inside the handler?
#[inline]
#[must_use]
pub fn is_handling() -> bool {
    HANDLING.get()
}

/// A thread that is ready for faults: the handler is installed for the process, and the thread has
/// a signal stack of its own until this is dropped.
///
/// The handler stays installed. On threads without a server every fault is a crash.
#[derive(Debug)]
pub struct Trap {
    before: libc::stack_t,
    /// Unmapped after `drop`, when the former signal stack is in place again.
    _stack: Mapping,
    /// A signal stack belongs to its thread.
    not_send: PhantomData<*const ()>,
}

impl Trap {
    /// Makes this thread ready.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::AlreadyExists`] if it is; those of `sigaction`, `mmap` and `sigaltstack`.
    pub fn enter() -> io::Result<Self> {
        static INSTALLED: OnceLock<Result<(), i32>> = OnceLock::new();
        INSTALLED
            .get_or_init(|| install().map_err(|error| error.raw_os_error().unwrap_or(0)))
            .map_err(io::Error::from_raw_os_error)?;
        // A second one could outlive the first, and would then restore a stack that is gone.
        if ENTERED.get() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let stack = signal_stack()?;
        let usable = above_first_page(stack.range())?;
        let new = libc::stack_t {
            ss_sp: pointer(usable.start()),
            ss_flags: 0,
            ss_size: bytes(usable.len()),
        };
        let mut before = libc::stack_t { ss_sp: null_mut(), ss_flags: 0, ss_size: 0 };
        // SAFETY: Both structures live. The memory stays mapped until `drop` has restored the
        // former stack.
        check(unsafe { libc::sigaltstack(&raw const new, &raw mut before) })?;
        ENTERED.set(true);
        Ok(Self { before, _stack: stack, not_send: PhantomData })
    }

    /// Runs something while a server serves the faults of this thread. Within it, another server
    /// may take over for a while.
    pub fn serve_with<S: Serve, T>(&self, slot: &Slot<S>, run: impl FnOnce() -> T) -> T {
        struct Back(Option<NonNull<Slot<dyn Serve>>>);
        impl Drop for Back {
            fn drop(&mut self) {
                compiler_fence(SeqCst);
                CURRENT.set(self.0);
            }
        }
        let slot: &Slot<dyn Serve> = slot;
        let _back = Back(CURRENT.replace(Some(NonNull::from(slot))));
        // The handler's cell must be stored before anything in `run` can fault.
        compiler_fence(SeqCst);
        run()
    }
}

impl Drop for Trap {
    fn drop(&mut self) {
        // SAFETY: The former signal stack is still the thread's: its owner removes it after this,
        // as std does at the end of a thread. No handler runs on the one that goes.
        unsafe { libc::sigaltstack(&raw const self.before, null_mut()) };
        ENTERED.set(false);
    }
}

/// Memory for a signal stack: the kernel's frame, whose size depends on the processor, and room for
/// a server. The page at its bottom stays inaccessible, to catch overruns.
fn signal_stack() -> io::Result<Mapping> {
    let frame = Size::new(rustix::param::linux_minsigstksz() as u64).round_up_page();
    let server = Size::pages(16);
    let stack = Mapping::reserve(frame.wrapping_add(server).wrapping_add(Size::PAGE))?;
    // SAFETY: Nobody uses the new mapping yet.
    unsafe { stack.protect(above_first_page(stack.range())?, Prot::RW) }?;
    Ok(stack)
}

fn above_first_page(range: AddrRange) -> io::Result<AddrRange> {
    let start = Addr::new(range.start().get() + PAGE_SIZE);
    AddrRange::new(start, range.end()).ok_or(io::ErrorKind::InvalidInput.into())
}

fn check(answer: c_int) -> io::Result<()> {
    if answer == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn install() -> io::Result<()> {
    // SAFETY: All zero is a value of this C structure.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) = on_fault;
    action.sa_sigaction = handler as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    // SAFETY: The set lives. The handler has the signature that SA_SIGINFO demands, runs on the
    // signal stack of the thread, and is async-signal-safe, as `Serve` demands of its servers.
    unsafe {
        check(libc::sigfillset(&raw mut action.sa_mask))?;
        check(libc::sigaction(libc::SIGSEGV, &raw const action, null_mut()))
    }
}

extern "C" fn on_fault(signal: c_int, info: *mut siginfo_t, _: *mut c_void) {
    // SAFETY: The address is that of a live variable of this thread.
    let errno = unsafe { *libc::__errno_location() };
    // SAFETY: SA_SIGINFO makes the kernel pass a valid structure. The address in it has a meaning
    // only for a fault; the code distinguishes that from a signal that a process sent.
    let (code, addr) = unsafe { ((*info).si_code, (*info).si_addr()) };
    HANDLING.set(true);
    let served = match CURRENT.get() {
        // SAFETY: A slot is in the cell only while `serve_with` borrows it.
        Some(slot) if code > 0 => unsafe { slot.as_ref() }.serve(Addr::new(addr.addr() as u64)),
        _ => Served::Crash,
    };
    HANDLING.set(false);
    if served == Served::Crash {
        crash(signal, code);
    }
    // SAFETY: As above.
    unsafe { *libc::__errno_location() = errno };
}

/// Restores the signal's default action, so that the process ends once the handler returns.
fn crash(signal: c_int, code: c_int) {
    // SAFETY: Both functions are async-signal-safe, and the structure is valid all zero: the
    // default action, no flags, an empty mask.
    unsafe {
        let action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, &raw const action, null_mut());
        // The kernel raises a fault again by itself, but not a signal that a process sent.
        if code <= 0 {
            libc::raise(signal);
        }
    }
}

/// Writes to the standard error output. Async-signal-safe.
pub(crate) fn write_error(text: &[u8]) {
    let _ = rustix::io::write(rustix::stdio::stderr(), text);
}
