//! The engine's index beside a `BTreeMap`.
#![cfg_attr(fuzzing, no_main)]

growstack_fuzz::fuzz_target!(Index);
