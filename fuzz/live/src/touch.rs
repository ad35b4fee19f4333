//! Loads and stores that may fault, and what the kernel says of those that do.

use std::arch::naked_asm;
use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::io;
use std::{mem, ptr};

use libc::{REG_RAX, REG_RIP, SA_ONSTACK, SA_SIGINFO, SIGSEGV, siginfo_t, stack_t, ucontext_t};

/// Bytes of the stack that the handler runs on: the frame of a signal has all vector registers,
/// which are 11 KiB on the largest processors.
const HANDLER_STACK: usize = 1 << 16;

#[repr(align(64))]
struct HandlerStack(UnsafeCell<[u8; HANDLER_STACK]>);

// SAFETY: only the kernel writes to it, on behalf of the one thread that has it as its alternate
// stack.
unsafe impl Sync for HandlerStack {}

static STACK: HandlerStack = HandlerStack(UnsafeCell::new([0; HANDLER_STACK]));

/// The right to touch memory that may not be there.
#[derive(Debug)]
pub(crate) struct Toucher(());

impl Toucher {
    /// Sets up the handler. Only for the one thread of a process that has no other handler of this
    /// signal that anything depends on.
    ///
    /// # Errors
    ///
    /// That of the system call.
    pub(crate) fn new() -> io::Result<Self> {
        let stack =
            stack_t { ss_sp: STACK.0.get().cast::<c_void>(), ss_flags: 0, ss_size: HANDLER_STACK };
        // SAFETY: the stack is static, and `HANDLER_STACK` bytes long.
        if unsafe { libc::sigaltstack(&raw const stack, ptr::null_mut()) } != 0 {
            return Err(io::Error::last_os_error());
        }
        handle(on_fault as *const () as usize, SA_SIGINFO | SA_ONSTACK)?;
        Ok(Self(()))
    }

    /// Loads the byte at an address. The code of the signal, if that faults.
    pub(crate) fn load(&self, address: u64) -> Result<(), c_int> {
        // SAFETY: where nothing is mapped, `on_fault` makes the call return the code; and what is
        // read is dropped, so it may be anything.
        verdict(unsafe { load(address) })
    }

    /// Stores a byte at an address. The code of the signal, if that faults.
    ///
    /// # Safety
    ///
    /// Nothing that Rust knows of is at the address.
    pub(crate) unsafe fn store(&self, address: u64) -> Result<(), c_int> {
        // SAFETY: as for `load`; and what is overwritten is nobody's, as the caller has it.
        verdict(unsafe { store(address) })
    }
}

const fn verdict(code: c_int) -> Result<(), c_int> {
    if code == 0 { Ok(()) } else { Err(code) }
}

/// Makes `handler` that of the signal.
fn handle(handler: usize, flags: c_int) -> io::Result<()> {
    // SAFETY: all zeros are a valid `sigaction`: the default, no flags, an empty mask.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    action.sa_sigaction = handler;
    action.sa_flags = flags;
    // SAFETY: the handler is `on_fault`, which has the signature that `SA_SIGINFO` asks for, or the
    // default.
    match unsafe { libc::sigaction(SIGSEGV, &raw const action, ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

// Naked, so that the instruction that faults is the function's first, and its address the
// function's; and so that nothing is on the stack that skipping the rest would leave there.

/// Loads a byte. Returns 0, or what `on_fault` makes it return.
#[unsafe(naked)]
unsafe extern "C" fn load(address: u64) -> c_int {
    naked_asm!("movzx eax, byte ptr [rdi]", "xor eax, eax", "ret")
}

/// Stores a byte. Returns 0, or what `on_fault` makes it return.
#[unsafe(naked)]
unsafe extern "C" fn store(address: u64) -> c_int {
    naked_asm!("mov byte ptr [rdi], 1", "xor eax, eax", "ret")
}

/// Where a touch goes on that has faulted: returns the code that is in `eax` by then.
#[unsafe(naked)]
unsafe extern "C" fn faulted() {
    naked_asm!("ret")
}

/// The address of a function's first instruction, as it is in a register of a signal's context.
fn place(function: *const ()) -> i64 {
    (function as u64).cast_signed()
}

extern "C" fn on_fault(_: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel hands a handler with `SA_SIGINFO` a `siginfo_t` and a `ucontext_t`, which
    // live until it returns and which nothing else refers to.
    let (code, context) = unsafe { ((*info).si_code, &mut *context.cast::<ucontext_t>()) };
    let registers = &mut context.uc_mcontext.gregs;
    let touches = [place(load as *const ()), place(store as *const ())];
    // The kernel's own codes are above 0; those of signals that a process sends are not.
    if code > 0 && touches.contains(&registers[REG_RIP as usize]) {
        registers[REG_RIP as usize] = place(faulted as *const ());
        registers[REG_RAX as usize] = code.into();
    } else {
        // A fault of the program itself: it happens again and ends the process. If that cannot be,
        // the handler runs until the parent's patience ends.
        let _ = handle(libc::SIG_DFL, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_touch_says_how_it_ended() {
        const SEGV_MAPERR: c_int = 1;
        const SEGV_ACCERR: c_int = 2;
        let toucher = Toucher::new().expect("the handler is set up");
        let byte = UnsafeCell::new(0_u8);
        let (own, text) = (byte.get() as u64, place as *const () as u64);
        assert_eq!(toucher.load(own), Ok(()));
        assert_eq!(toucher.load(text), Ok(()));
        assert_eq!(toucher.load(8), Err(SEGV_MAPERR));
        // SAFETY: the byte is in a cell that nothing refers to; at the other addresses nothing can
        // be stored.
        let stored = unsafe { (toucher.store(own), toucher.store(text), toucher.store(8)) };
        assert_eq!(stored, (Ok(()), Err(SEGV_ACCERR), Err(SEGV_MAPERR)));
        assert_eq!(byte.into_inner(), 1);
    }
}
