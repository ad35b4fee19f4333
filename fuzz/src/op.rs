//! The operations of the trace format: one table, from which everything about them follows.
//!
//! A row of `with_operations!` is an operation: its number in fuzz inputs, its word in traces,
//! how often generators draw it, the form of its answer, and its operands. The enum, the reader and
//! the writer of traces, and the symbolic form of fuzz inputs are made from the rows. A new
//! operation is a row here, an arm in the map under test, and one in the oracle.

use std::num::NonZeroU64;

use growstack::{
    Addr, Advice, FindSpace, Holes, Inherit, KernReturn, Limits, MapFlags, Prot, ProtectWhat, Size,
    StackTunables, Wiring,
};

use crate::answer::Answer;
use crate::kernel::{Freebsd14, Kernel};

/// The identity of a backing object in traces: a positive number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct ObjectId(pub core::num::NonZeroU64);

impl ObjectId {
    /// The object `id`, unless that is 0.
    #[must_use]
    pub fn new(id: u64) -> Option<Self> {
        core::num::NonZeroU64::new(id).map(Self)
    }
}

/// The number of a process in traces: 0 for that of the header, and then one after the other for each
/// fork that succeeds, in any process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Default)]
pub struct ProcessId(pub u64);

/// What an insertion maps, with objects as traces name them.
pub type Mapping = growstack::Mapping<ObjectId>;

/// What a trace starts from: its header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Config {
    /// The map's lowest address.
    pub min: Addr,
    /// The first address past the map.
    pub max: Addr,
    /// `vm_maxsaddr`, `sgrowsiz` and the guard page.
    pub tunables: StackTunables,
    /// The limits.
    pub limits: Limits,
    /// What FreeBSD 14.2 has beside; `None` for 9.3.
    pub freebsd_14: Option<Freebsd14>,
}

/// A resource limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum LimitName {
    /// `RLIMIT_STACK`.
    Stack,
    /// `RLIMIT_VMEM`.
    Vmem,
    /// `RLIMIT_MEMLOCK`.
    Memlock,
    /// Swap.
    Swap,
}

impl LimitName {
    /// `limits` with another value of this one.
    #[must_use]
    pub const fn set(self, mut limits: Limits, value: Size) -> Limits {
        match self {
            Self::Stack => limits.stack = value,
            Self::Vmem => limits.vmem = value,
            Self::Memlock => limits.memlock = value,
            Self::Swap => limits.swap = value,
        }
        limits
    }
}

/// Up to where an operation goes, as its operands say it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Until {
    /// To this address, which may be below its start.
    End(Addr),
    /// For this many bytes.
    Length(Size),
}

impl From<Addr> for Until {
    fn from(end: Addr) -> Self {
        Self::End(end)
    }
}

impl From<Size> for Until {
    fn from(length: Size) -> Self {
        Self::Length(length)
    }
}

/// The form of an operation's answer in traces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// No answer.
    Silent,
    /// A return code.
    Code,
    /// A return code and, on success, an address.
    Found,
    /// `TRUE` or `FALSE`.
    Truth,
    /// `TRUE` with bounds, or `FALSE`.
    Holds,
    /// A return code and, on success, the number of a process.
    Forked,
    /// The map itself.
    Dump,
}

/// Calls a macro with the table of operations.
///
/// Columns: variant, number in fuzz inputs, word in traces, weight among all operations, weight in
/// sequences about growth, form of the answer; then for each operand its name, its type, its role
/// in a [`Record`](crate::input::Record), and what error messages call it. Numbers are an encoding:
/// they are never changed and never given to another operation. Operations after the bar are
/// written `WORD NAME=VALUE` and have a reader of their own.
macro_rules! with_operations {
    ($then:path) => {
        $then! {
            /// `vm_map_insert`.
            Insert = 1, "insert", 12, 10, Code {
                start: Addr = First "START", end: Addr = Second "END",
                mapping: Mapping = Attributes "PROT"
            }
            /// `vm_map_stack`.
            Stack = 2, "stack", 8, 12, Code {
                addrbos: Addr = First "ADDRBOS", max_ssize: Size = Second "MAX_SSIZE",
                prot: Prot = Protection "PROT", max: Prot = Maximum "MAX",
                flags: MapFlags = Flags "FLAGS"
            }
            /// `vm_map_growstack`.
            Grow = 3, "grow", 20, 40, Code { addr: Addr = First "ADDR" }
            /// `vm_map_findspace`.
            FindSpace = 4, "findspace", 3, 0, Found {
                start: Addr = First "START", length: Size = Second "LENGTH"
            }
            /// `vm_map_find`. A `max_addr` of 0 is none.
            Find = 5, "find", 5, 2, Found {
                start: Addr = First "START", length: Size = Second "LENGTH",
                max_addr: Addr = Third "MAX_ADDR", space: FindSpace = Choice "SPACE",
                mapping: Mapping = Attributes "PROT"
            }
            /// `vm_map_fixed`.
            Fixed = 6, "fixed", 4, 3, Code {
                start: Addr = First "START", length: Size = Second "LENGTH",
                mapping: Mapping = Attributes "PROT"
            }
            /// `vm_map_remove`.
            Remove = 7, "remove", 8, 6, Code {
                start: Addr = First "START", end: Addr = Second "END"
            }
            /// `vm_map_protect`.
            Protect = 8, "protect", 7, 2, Code {
                start: Addr = First "START", end: Addr = Second "END",
                prot: Prot = Protection "PROT", what: ProtectWhat = Choice "cur or max"
            }
            /// `vm_map_inherit`.
            Inherit = 9, "inherit", 7, 1, Code {
                start: Addr = First "START", end: Addr = Second "END",
                inherit: Inherit = Choice "the inheritance"
            }
            /// `vm_map_madvise`.
            Madvise = 10, "madvise", 4, 1, Code {
                start: Addr = First "START", end: Addr = Second "END",
                advice: Advice = Choice "the advice"
            }
            /// `vm_map_wire`.
            Wire = 11, "wire", 7, 2, Code {
                start: Addr = First "START", end: Addr = Second "END",
                wiring: Wiring = Choice "user or system", holes: Holes = Choice "holes or noholes"
            }
            /// `vm_map_unwire`.
            Unwire = 12, "unwire", 5, 1, Code {
                start: Addr = First "START", end: Addr = Second "END",
                wiring: Wiring = Choice "user or system", holes: Holes = Choice "holes or noholes"
            }
            /// `vm_map_check_protection`.
            Check = 13, "check", 2, 0, Truth {
                start: Addr = First "START", end: Addr = Second "END",
                prot: Prot = Protection "PROT"
            }
            /// `vm_map_lookup_entry`.
            Lookup = 14, "lookup", 1, 0, Holds { addr: Addr = First "ADDR" }
            /// `MAP_WIREFUTURE`.
            WireFuture = 18, "wirefuture", 1, 3, Silent { on: bool = Choice "on or off" }
            /// Print the map.
            Dump = 19, "dump", 0, 0, Dump
            /// `execve`: a new process image (rule 16.6), whose stack ends at `top`.
            Exec = 20, "exec", 1, 1, Code {
                top: Addr = First "TOP", maxssiz: Size = Second "MAXSSIZ",
                prot: Prot = Protection "PROT"
            }
            /// `fork`: a child of the current process, which stays the current one (section 17).
            Fork = 21, "fork", 2, 1, Forked
            /// From here on, `process` is the current one.
            Use = 22, "use", 5, 2, Silent { process: ProcessId = Process "the process" }
            /// The end of `process`, which is not the current one (rule 17.18).
            Exit = 23, "exit", 1, 1, Silent { process: ProcessId = Process "the process" }
            /// Whether stacks of the process have guard pages. FreeBSD 14.2 alone.
            StkGap = 24, "stkgap", 0, 0, Silent { on: bool = Choice "on or off" }
            |
            /// `setrlimit`.
            Limit = 15, "limit", 5, 8, Silent {
                name: LimitName = Choice "", value: Size = First ""
            }
            /// `sysctl sgrowsiz`.
            SetGrowSize = 16, "sysctl sgrowsiz", 2, 3, Silent { value: Size = First "" }
            /// `sysctl stack_guard_page`.
            SetGuardPage = 17, "sysctl stack_guard_page", 1, 3, Silent { on: bool = Choice "" }
            /// `sysctl stack_guard_page` where it is a number of pages. FreeBSD 14.2 alone.
            SetGuardPages = 25, "sysctl stack_guard_page, pages", 0, 0, Silent {
                pages: u64 = First ""
            }
        }
    };
}
pub(crate) use with_operations;

/// Puts an operand into the extent of its operation, if its role is that of the first or second one.
macro_rules! extend {
    ($extent:ident, First $field:ident) => {
        $extent = Some(($field, None));
    };
    ($extent:ident, Second $field:ident) => {
        $extent = $extent.map(|(start, _)| (start, Some(Until::from($field))));
    };
    ($extent:ident, $role:ident $field:ident) => {};
}

/// Defines [`Op`] and [`Kind`].
macro_rules! define {
    ($(
        $(#[$doc:meta])* $variant:ident = $number:literal, $word:literal, $whole:literal,
        $growth:literal, $form:ident $({ $($field:ident: $type:ty = $role:ident $what:literal),* })?
    )* | $(
        $(#[$set_doc:meta])* $set:ident = $set_number:literal, $set_word:literal,
        $set_whole:literal, $set_growth:literal, $set_form:ident {
            $($set_field:ident: $set_type:ty = $set_role:ident $set_what:literal),*
        }
    )*) => {
        /// One operation. Operands are as given: nothing says that `start` is below `end`.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[non_exhaustive]
        #[allow(missing_docs)] // The fields are named as in the trace format.
        pub enum Op {
            $($(#[$doc])* $variant $({ $($field: $type),* })?,)*
            $($(#[$set_doc])* $set { $($set_field: $set_type),* },)*
        }

        /// The kind of an operation, without its operands.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        #[repr(u8)]
        #[allow(missing_docs)] // Each is named as the operation it stands for.
        pub enum Kind {
            $($variant = $number,)*
            $($set = $set_number,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)* $(Self::$set),*];

            /// The operation's word in traces.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                    $(Self::$set => $set_word,)*
                }
            }

            /// How often the kind is drawn among all operations, and in sequences about growth.
            pub(crate) const fn weights(self) -> (u32, u32) {
                match self {
                    $(Self::$variant => ($whole, $growth),)*
                    $(Self::$set => ($set_whole, $set_growth),)*
                }
            }

            /// The kind with this number in fuzz inputs.
            #[must_use]
            pub const fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)*
                    $($set_number => Some(Self::$set),)*
                    _ => None,
                }
            }

            /// The kind of `op`.
            #[must_use]
            pub const fn of(op: &Op) -> Self {
                match op {
                    $(Op::$variant { .. } => Self::$variant,)*
                    $(Op::$set { .. } => Self::$set,)*
                }
            }

            const fn form(self) -> Form {
                match self {
                    $(Self::$variant => Form::$form,)*
                    $(Self::$set => Form::$set_form,)*
                }
            }
        }

        impl Op {
            /// The address that the operation names, with the end or the length beside it, if any.
            #[must_use]
            #[allow(unused_variables)] // Operands that are neither.
            pub fn extent(&self) -> Option<(Addr, Option<Until>)> {
                let mut extent: Option<(Addr, Option<Until>)> = None;
                match *self {
                    $(Self::$variant $({ $($field),* })? => {
                        $($(extend!(extent, $role $field);)*)?
                    })*
                    $(Self::$set { .. } => {})*
                }
                extent
            }
        }
    };
}

with_operations!(define);

impl Kind {
    /// How many kinds there are.
    pub const COUNT: usize = Self::ALL.len();

    /// Whether it is about processes, not about the map of one.
    #[must_use]
    pub const fn is_about_processes(self) -> bool {
        matches!(self, Self::Fork | Self::Use | Self::Exit)
    }

    /// Whether FreeBSD 9.3 does not have it.
    #[must_use]
    pub const fn is_of_14(self) -> bool {
        matches!(self, Self::StkGap | Self::SetGuardPages)
    }

    /// Whether `kernel` has it.
    #[must_use]
    pub const fn is_of(self, kernel: Kernel) -> bool {
        match kernel {
            Kernel::Freebsd9 => !self.is_of_14(),
            // Its guard pages are a number.
            Kernel::Freebsd14 => !matches!(self, Self::SetGuardPage),
        }
    }

    /// A number below [`COUNT`](Self::COUNT), another one for each kind.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize - 1
    }
}

// Numbers without a hole, so that `index` needs no search.
const _: () = {
    let (mut at, mut seen) = (0, 0_u64);
    while at < Kind::COUNT {
        seen |= 1 << Kind::ALL[at].index();
        at += 1;
    }
    assert!(seen == (1 << Kind::COUNT) - 1, "the numbers of operations have a hole");
};

impl Op {
    /// The address that the operation is about, if any.
    #[must_use]
    pub fn address(&self) -> Option<Addr> {
        self.extent().map(|(start, _)| start)
    }

    /// The form of the answer.
    #[must_use]
    pub const fn form(&self) -> Form {
        match self {
            // The one setting that can be refused (rule 15.9).
            Self::SetGrowSize { value: Size::ZERO } => Form::Code,
            _ => Kind::of(self).form(),
        }
    }
}

impl Config {
    /// Which kernel's rules it is for.
    #[must_use]
    pub const fn kernel(&self) -> Kernel {
        match self.freebsd_14 {
            None => Kernel::Freebsd9,
            Some(_) => Kernel::Freebsd14,
        }
    }

    /// Follows an operation, answered so, that sets a limit or a tunable.
    pub fn follow(&mut self, op: &Op, answer: Answer) {
        match *op {
            Op::Exec { top, maxssiz, .. } if answer == Answer::Code(KernReturn::Success) => {
                self.tunables.maxsaddr = top.wrapping_back(maxssiz);
                self.freebsd_14.iter_mut().for_each(|settings| settings.stacktop = top);
            }
            Op::Limit { name, value } => self.limits = name.set(self.limits, value),
            Op::SetGrowSize { value } => {
                // Rule 15.9: 0 is refused, and the old value stays.
                let step = NonZeroU64::new(value.get());
                self.tunables.sgrowsiz = step.unwrap_or(self.tunables.sgrowsiz);
            }
            Op::SetGuardPage { on } => self.tunables.guard_page = on,
            Op::SetGuardPages { pages } => {
                self.freebsd_14.iter_mut().for_each(|settings| settings.guard_pages = pages);
            }
            Op::StkGap { on } => {
                self.freebsd_14.iter_mut().for_each(|settings| settings.stkgap = on);
            }
            _ => {}
        }
    }
}
