//! The kernels whose rules a map can follow, chosen by type.

use core::fmt;

use super::rules::Rules;

/// A kernel whose rules a [map](crate::VmMap) follows: a type without values, chosen when the
/// program is compiled. Nothing of the others is in the machine code then.
///
/// ```
/// use growstack::{Addr, Freebsd14, Plain, Size, StackRequest, VmMap, VmSpace};
/// # fn main() -> Result<(), growstack::Refusal> {
/// let (min, max) = (Addr::new(0x1000), Addr::new(0x8000_0000_0000));
/// let map = VmMap::<Plain, Freebsd14>::with_kernel(min, max, Plain::default());
/// let mut space = VmSpace::new(map, Default::default(), Default::default());
/// space.stack(StackRequest::down(Addr::new(0x700_0000), Size::new(1 << 20)), |_| ())?;
/// // The reserve of the stack is an entry.
/// assert_eq!(space.map().len(), 2);
/// # Ok(()) }
/// ```
pub trait Kernel: Rules + Copy + Eq + fmt::Debug + Send + Sync + 'static {
    /// How stacks grow: what the kernel keeps in `sysctl`s and in the process.
    type Tunables: Copy + Eq + fmt::Debug + Default + Send + Sync + 'static;
}

/// FreeBSD 9.3: the [rule book](crate::rules).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Freebsd9 {}

/// FreeBSD 14.2, in which the reserve of a stack is an entry: a guard, which nothing else is placed
/// in. Its rules are those of 9.3 but for what D1 to D17 change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Freebsd14 {}
