//! Stacks and faults, on the engine and the oracle.
#![cfg_attr(fuzzing, no_main)]

growstack_fuzz::fuzz_target!(Growth);
