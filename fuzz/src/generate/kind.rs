//! The kinds of operation: what swarm weights are drawn for and what counts are kept by.

use crate::op::Op;

macro_rules! kinds {
    ($($variant:ident = $name:literal, $weight:literal;)*) => {
        /// The kind of an operation, without its operands.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        #[repr(u8)]
        #[allow(missing_docs)] // Each is named as the operation it stands for.
        pub enum Kind {
            $($variant,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            /// How many kinds there are.
            pub const COUNT: usize = Self::ALL.len();
            /// How often each is drawn before a sequence's swarm weights are laid over it.
            pub(super) const WEIGHTS: [u32; Self::COUNT] = [$($weight),*];

            /// The operation's word in traces.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

kinds! {
    Insert = "insert", 12;
    Stack = "stack", 8;
    Grow = "grow", 20;
    FindSpace = "findspace", 3;
    Find = "find", 5;
    Fixed = "fixed", 4;
    Remove = "remove", 8;
    Protect = "protect", 7;
    Inherit = "inherit", 4;
    Madvise = "madvise", 4;
    Wire = "wire", 7;
    Unwire = "unwire", 5;
    Check = "check", 2;
    Lookup = "lookup", 1;
    Limit = "limit", 5;
    SetGrowSize = "sysctl sgrowsiz", 2;
    SetGuardPage = "sysctl stack_guard_page", 1;
    WireFuture = "wirefuture", 1;
    Dump = "dump", 0;
}

impl Kind {
    /// The kind of `op`.
    #[must_use]
    pub const fn of(op: &Op) -> Self {
        match op {
            Op::Insert { .. } => Self::Insert,
            Op::Stack { .. } => Self::Stack,
            Op::Grow { .. } => Self::Grow,
            Op::FindSpace { .. } => Self::FindSpace,
            Op::Find { .. } => Self::Find,
            Op::Fixed { .. } => Self::Fixed,
            Op::Remove { .. } => Self::Remove,
            Op::Protect { .. } => Self::Protect,
            Op::Inherit { .. } => Self::Inherit,
            Op::Madvise { .. } => Self::Madvise,
            Op::Wire { .. } => Self::Wire,
            Op::Unwire { .. } => Self::Unwire,
            Op::Check { .. } => Self::Check,
            Op::Lookup { .. } => Self::Lookup,
            Op::Limit { .. } => Self::Limit,
            Op::SetGrowSize { .. } => Self::SetGrowSize,
            Op::SetGuardPage { .. } => Self::SetGuardPage,
            Op::WireFuture { .. } => Self::WireFuture,
            Op::Dump => Self::Dump,
        }
    }
}
