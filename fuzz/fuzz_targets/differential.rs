//! Every operation, on the engine and the reference.
#![cfg_attr(fuzzing, no_main)]

growstack_fuzz::fuzz_target!(Differential);
