//! Threads that share a process, in the order that the input says.
#![cfg_attr(fuzzing, no_main)]

growstack_fuzz::fuzz_target!(Concurrent);
