//! Operations that cannot have their index nodes.
#![cfg_attr(fuzzing, no_main)]

growstack_fuzz::fuzz_target!(Allocation);
