//! Inputs of libFuzzer on `memory_set` and the oracle.
#![cfg_attr(fuzzing, no_main)]

use memory_set_tested::MemorySetMap;

growstack_fuzz::fuzz_target!(Differential, MemorySetMap);
