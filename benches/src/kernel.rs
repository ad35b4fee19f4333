//! The kernels whose rules are measured, with the settings that benchmarks make of their own.

use std::num::NonZeroU64;

use growstack::{
    Addr, Freebsd9, Freebsd14, Growth, Kernel, Plain, Refusal, StackTunables, StackTunables14,
    VmSpace,
};

/// A kernel under measurement.
pub trait Tuned: Kernel {
    /// How stacks grow, none of which is the main one.
    fn tunables() -> Self::Tunables;

    /// Sets the step of growth.
    fn set_sgrowsiz(process: &mut VmSpace<Plain, Self>, bytes: NonZeroU64);

    /// Makes every stack the main one.
    fn make_all_main(process: &mut VmSpace<Plain, Self>);

    /// Sets whether a page is left free where a neighbour cuts a growth. False if stacks have a guard of
    /// their own instead.
    fn set_guard_page(process: &mut VmSpace<Plain, Self>, on: bool) -> bool;

    /// Asserts the answer of a growth to an address that no stack grows to.
    ///
    /// # Panics
    ///
    /// If it is another one.
    fn assert_outside(answer: Result<Growth, Refusal>, addr: Addr);
}

impl Tuned for Freebsd9 {
    fn tunables() -> StackTunables {
        StackTunables { maxsaddr: Addr::MAX, ..StackTunables::default() }
    }

    fn set_sgrowsiz(process: &mut VmSpace, bytes: NonZeroU64) {
        process.set_sgrowsiz(bytes);
    }

    fn make_all_main(process: &mut VmSpace) {
        process.set_maxsaddr(Addr::ZERO);
    }

    fn set_guard_page(process: &mut VmSpace, on: bool) -> bool {
        process.set_guard_page(on);
        true
    }

    #[inline(always)]
    fn assert_outside(answer: Result<Growth, Refusal>, _: Addr) {
        assert_eq!(answer, Ok(Growth::NoStack));
    }
}

impl Tuned for Freebsd14 {
    fn tunables() -> StackTunables14 {
        StackTunables14 { maxsaddr: Addr::MAX, stacktop: Addr::MAX, ..StackTunables14::default() }
    }

    fn set_sgrowsiz(process: &mut VmSpace<Plain, Self>, bytes: NonZeroU64) {
        process.set_sgrowsiz(bytes);
    }

    fn make_all_main(process: &mut VmSpace<Plain, Self>) {
        process.set_main_stack(Addr::ZERO, Addr::MAX);
    }

    fn set_guard_page(_: &mut VmSpace<Plain, Self>, _: bool) -> bool {
        false
    }

    #[inline(always)]
    fn assert_outside(answer: Result<Growth, Refusal>, addr: Addr) {
        assert_eq!(answer, Err(Refusal::NotInGap { addr }));
    }
}
