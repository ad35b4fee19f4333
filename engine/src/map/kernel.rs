//! The kernels whose rules a map can follow, chosen by type.

use core::fmt;

use super::rules::Rules;
#[cfg(feature = "shared")]
use super::rules::SharedRules;

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

/// A kernel whose maps threads can share as a [`SharedVmSpace`](crate::shared::SharedVmSpace): those of FreeBSD.
#[cfg(feature = "shared")]
pub trait SharedKernel: Kernel + SharedRules {}

/// FreeBSD 9.3: the [rule book](crate::rules).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Freebsd9 {}

/// FreeBSD 14.2, in which the reserve of a stack is an entry: a guard, which nothing else is placed
/// in. Its rules are those of 9.3 but for what D1 to D17 change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Freebsd14 {}

/// Linux, as of 6.18: a stack has no reserve. It grows in place, by as much as a fault asks for, up to a
/// gap that is left to what is mapped below it, and nothing is placed in that gap by a search.
///
/// Its rules have numbers of their own, with an L. They are of the list of mappings (VMAs) of a process
/// and of its growth; what is not a matter of that list, such as files, pages and their reverse mappings,
/// is the kernel's.
///
/// - A stack is an entry with [`GROWS_DOWN`](crate::EntryFlags::GROWS_DOWN). [`stack`](crate::VmMap::stack)
///   makes one, whose `max_ssize` is all that is mapped at first, as do [`find`](crate::VmMap::find) and
///   [`fixed`](crate::VmMap::fixed) with [`MapFlags::GROWS_DOWN`](crate::MapFlags::GROWS_DOWN).
/// - A search takes the highest place that fits when each stack keeps its gap, in one descent. Linux looks again
///   below the gap that was in its way, and so passes over a hole next to that; then it is the higher place
///   that is found here.
/// - Which anonymous memory an entry has (L50), a number or none, decides with what it merges; it has one
///   once it was written. [`Entry::avail`](crate::Entry::avail) is that number, and 0 for none. The offset
///   of anonymous memory is the address at which it was mapped.
/// - [`Objects::make`](crate::Objects::make) and [`shadow`](crate::Objects::shadow) are not asked: pages are
///   copied one by one, by the kernel. An entry of an object that is copied on write keeps
///   [`NEEDS_COPY`](crate::EntryFlags::NEEDS_COPY), and the pages that have been copied are the kernel's
///   to know.
/// - What Linux has no equal of is refused by [`Refusal::NotInLinux`](crate::Refusal::NotInLinux).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Linux {}
