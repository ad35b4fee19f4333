//! Operations of Linux, on the kernel of this machine and the oracle.
#![cfg_attr(fuzzing, no_main)]

growstack_fuzz::fuzz_target!(Linux);
