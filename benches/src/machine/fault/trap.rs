//! Faults as signals: the handler, the stack it runs on, and how it reaches what serves them.
//!
//! A fault is served where it was raised, by the thread that raised it, before its next
//! instruction. The handler finds the server in a thread-local cell that is initialised at compile
//! time and has no destructor: reading it neither allocates nor locks. It is the address of a
//! [`Slot`], whose flag tells whether the interrupted code was itself changing what it holds.
//!
//! While the handler runs, every signal is blocked. A fault of its own is therefore the end: the
//! kernel delivers a blocked `SIGSEGV` by its default action.

use std::cell::{Cell, UnsafeCell};
use std::io;
use std::marker::PhantomData;
use std::ptr::{NonNull, null_mut};
use std::sync::OnceLock;
use std::sync::atomic::Ordering::{Acquire, Release, SeqCst};
use std::sync::atomic::{AtomicBool, compiler_fence};

use growstack::{Addr, PAGE_SIZE};

use super::{PAGE, done, map, pointer, unmap};

/// What becomes of a fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Served {
    /// The instruction is carried out again.
    Retry,
    /// The process gets the signal's default action.
    Crash,
}

/// Something that serves faults.
///
/// # Safety
///
/// `serve` runs inside a signal handler, and what it interrupts may be anything. It must be
/// async-signal-safe: it does not allocate or free, takes no lock, does not unwind, and accesses
/// nothing that other code of this thread may be changing, but itself.
pub unsafe trait Serve: 'static {
    /// Serves the fault at an address.
    fn serve(&mut self, addr: Addr) -> Served;
}

/// A server, and whether anyone is at it.
///
/// Not `Sync`: thread and handler take turns on one thread.
#[derive(Debug)]
pub struct Slot<S: ?Sized> {
    busy: AtomicBool,
    server: UnsafeCell<S>,
}

/// Frees a slot.
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

    /// Looks at or changes the server. A fault for it meanwhile is a crash: on a stack that it
    /// serves, make sure beforehand that there is room.
    ///
    /// # Panics
    ///
    /// If it is called again meanwhile.
    pub fn with<T>(&self, run: impl FnOnce(&mut S) -> T) -> T {
        let turn = self.turn().expect("the server is in use");
        // SAFETY: The turn excludes every other access; it ends after the reference.
        let answer = run(unsafe { &mut *self.server.get() });
        drop(turn);
        answer
    }
}

impl<S: ?Sized> Slot<S> {
    /// The right to access the server, unless somebody has it. Acquire and release order the
    /// accesses of thread and handler, as they would those of two threads.
    fn turn(&self) -> Option<Turn<'_>> {
        (!self.busy.swap(true, Acquire)).then(|| Turn(&self.busy))
    }
}

impl Slot<dyn Serve> {
    fn serve(&self, addr: Addr) -> Served {
        let Some(turn) = self.turn() else { return Served::Crash };
        // SAFETY: The turn excludes every other access; it ends after the reference.
        let served = unsafe { &mut *self.server.get() }.serve(addr);
        drop(turn);
        served
    }
}

thread_local! {
    /// What serves the faults of this thread.
    static CURRENT: Cell<Option<NonNull<Slot<dyn Serve>>>> = const { Cell::new(None) };
    /// Is this thread inside the handler?
    static HANDLING: Cell<bool> = const { Cell::new(false) };
    /// Has this thread a [`Trap`]?
    static ENTERED: Cell<bool> = const { Cell::new(false) };
}

/// Is this thread inside the handler?
#[inline]
#[must_use]
pub fn is_handling() -> bool {
    HANDLING.get()
}

/// A thread that is ready for faults: the handler is installed for the process, and the thread has
/// a signal stack of its own until this goes.
///
/// The handler stays installed. On threads without a server it does what a crash does.
#[derive(Debug)]
pub struct Trap {
    stack: u64,
    len: u64,
    before: libc::stack_t,
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
        // A second one could outlive the first, and would then put its stack back, which is gone.
        if ENTERED.get() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let len = signal_stack_len();
        // SAFETY: No MAP_FIXED.
        let stack = unsafe { map(0, len, libc::PROT_READ | libc::PROT_WRITE, 0) }?;
        // The page at its bottom is for overruns to crash in.
        // SAFETY: Nobody knows of the mapping yet.
        let guarded = done(unsafe { libc::mprotect(pointer(stack), PAGE, libc::PROT_NONE) });
        let new = libc::stack_t {
            ss_sp: pointer(stack + PAGE_SIZE),
            ss_flags: 0,
            ss_size: usize::try_from(len - PAGE_SIZE).map_err(io::Error::other)?,
        };
        let mut before = libc::stack_t { ss_sp: null_mut(), ss_flags: 0, ss_size: 0 };
        // SAFETY: Both arguments live; the memory stays mapped until `drop` has put the old one back.
        let set = guarded
            .and_then(|()| done(unsafe { libc::sigaltstack(&raw const new, &raw mut before) }));
        if let Err(error) = set {
            // SAFETY: The mapping was made above, and is used by nobody.
            let _ = unsafe { unmap(stack, len) };
            return Err(error);
        }
        ENTERED.set(true);
        Ok(Self { stack, len, before, not_send: PhantomData })
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
        let back = Back(CURRENT.replace(Some(NonNull::from(slot))));
        // What the handler reads is stored before anything in `run` can fault.
        compiler_fence(SeqCst);
        let answer = run();
        drop(back);
        answer
    }
}

impl Drop for Trap {
    fn drop(&mut self) {
        // SAFETY: The former signal stack is still the thread's: what set it is to take it back
        // after this, as std does at the end of a thread. No handler runs, so the memory is unused.
        let _ = unsafe {
            libc::sigaltstack(&raw const self.before, null_mut());
            unmap(self.stack, self.len)
        };
        ENTERED.set(false);
    }
}

/// What the kernel puts on a signal stack, which depends on the processor; room for a server; and
/// the page that is never used.
fn signal_stack_len() -> u64 {
    const SERVER: u64 = 64 << 10;
    // SAFETY: Every value is an answer; 0 stands for unknown.
    let frame = unsafe { libc::getauxval(libc::AT_MINSIGSTKSZ) };
    frame.next_multiple_of(PAGE_SIZE) + SERVER + PAGE_SIZE
}

fn install() -> io::Result<()> {
    // SAFETY: All zero is a value of this C structure; the two calls fill in parts of it.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    let handler: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) = on_fault;
    action.sa_sigaction = handler as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    // SAFETY: The set lives. The handler has the signature that SA_SIGINFO asks for, runs on the
    // signal stack of the thread, and is async-signal-safe, as its servers promise to be.
    unsafe {
        done(libc::sigfillset(&raw mut action.sa_mask))?;
        done(libc::sigaction(libc::SIGSEGV, &raw const action, null_mut()))?;
        done(libc::sigaction(libc::SIGBUS, &raw const action, null_mut()))
    }
}

extern "C" fn on_fault(signal: i32, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: The address is that of a live variable of this thread.
    let errno = unsafe { *libc::__errno_location() };
    // SAFETY: The kernel hands a handler with SA_SIGINFO a valid structure; for these signals, sent
    // by the kernel, it has an address, and otherwise the code tells so.
    let (code, addr) = unsafe { ((*info).si_code, (*info).si_addr()) };
    HANDLING.set(true);
    let served = match CURRENT.get() {
        // SAFETY: A slot is in the cell only while `serve_with` borrows it.
        Some(slot) if code > 0 => unsafe { slot.as_ref() }.serve(Addr::new(addr as u64)),
        _ => Served::Crash,
    };
    HANDLING.set(false);
    if served == Served::Crash {
        crash(signal, code);
    }
    // SAFETY: As above.
    unsafe { *libc::__errno_location() = errno };
}

/// Sees to it that the process ends with the signal once the handler returns.
fn crash(signal: i32, code: i32) {
    // SAFETY: All three are async-signal-safe, and the structure is valid all zero: the default
    // action, no flags, an empty mask.
    unsafe {
        let action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, &raw const action, null_mut());
        // The kernel raises a fault again by itself; what a process sent does not come again.
        if code <= 0 {
            libc::raise(signal);
        }
    }
}

/// Writes to the standard error output from inside the handler.
pub(super) fn tell(text: &[u8]) {
    // SAFETY: `write` is async-signal-safe, and reads the bytes of a live slice.
    let _ = unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
}
