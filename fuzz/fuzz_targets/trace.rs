//! The reader of traces, on any text.
#![cfg_attr(fuzzing, no_main)]

growstack_fuzz::fuzz_target!(Trace);
