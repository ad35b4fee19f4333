//! Every short sequence of operations over a map of six pages, and every single growth.

use std::num::NonZero;

use crate::common::call;
use crate::common::liar::{HONEST, Lie};
use growstack::KernReturn;
use growstack_fuzz::answer::Answer;
use growstack_fuzz::bounded::{Scope, operations, prove, prove_growths};
use growstack_fuzz::cli::{Exit, maps};
use growstack_fuzz::driver::ENGINES;
use growstack_fuzz::kernel::Kernel;
use growstack_fuzz::op::Op;
use growstack_fuzz::oracle::Oracle;

/// As many sequences as there are choices, and none with a divergence.
fn proves(kernel: Kernel, scope: Scope, most: usize) {
    let outcome = prove(ENGINES[1], kernel, scope, most);
    if let Some(failure) = outcome.failure {
        panic!("{}{}", failure.trace, failure.divergence);
    }
    let choices = operations(kernel, scope).len();
    assert_eq!(outcome.operations, choices);
    let mut sequences = 3; // The starts.
    for level in outcome.levels {
        sequences *= choices as u128;
        assert_eq!(level.sequences, sequences);
        assert!(u128::from(level.run) <= sequences && level.maps > choices / 4);
    }
}

#[test]
fn all_sequences_of_three_operations_about_stacks() {
    for kernel in Kernel::ALL {
        proves(kernel, Scope::Growth, 3);
    }
}

#[test]
fn all_sequences_of_two_operations() {
    for kernel in Kernel::ALL {
        proves(kernel, Scope::Whole, 2);
    }
}

#[test]
fn no_operation_is_there_twice() {
    for kernel in Kernel::ALL {
        let ops = operations(kernel, Scope::Whole);
        let texts: std::collections::HashSet<String> =
            ops.iter().map(|op| format!("{op:?}")).collect();
        assert_eq!(texts.len(), ops.len());
    }
}

/// The lie takes two operations to show: something to grow, and a growth of two pages.
#[test]
fn a_lie_is_found_by_a_shortest_sequence() {
    let lie = Lie {
        answer: |liar, (answer, _), _| {
            let refused = *answer == Answer::Code(KernReturn::NoSpace);
            if refused && matches!(liar.op, Op::Grow { .. }) {
                *answer = Answer::Code(KernReturn::Success);
            }
        },
        ..HONEST
    };
    let lying = lie.on::<Oracle>("liar");
    let failure = prove(lying, Kernel::Freebsd9, Scope::Growth, 3).failure.unwrap();
    assert_eq!(failure.sides, ("oracle", "liar"));
    assert!((2..=3).contains(&failure.trace.steps.len()), "{}", failure.trace);
    assert!(matches!(failure.trace.steps.last().unwrap().op(), Op::Grow { .. }));
}

/// Every 37th fault, step and limit; the weekly job has all of them.
#[test]
fn single_growths_of_every_stack() {
    let stride = NonZero::new(37).unwrap();
    for kernel in Kernel::ALL {
        let outcome = prove_growths(ENGINES[1], kernel, stride);
        if let Some(failure) = outcome.failure {
            panic!("{}{}", failure.trace, failure.divergence);
        }
        let (compared, grown) = (outcome.compared, outcome.grown);
        // 1088 shapes with 7 steps: 1024 with 7 faults, and 64 with 7 faults and 7 limits.
        assert_eq!(compared, 1024 * 7 * 7 + 64 * 7 * 7 * 7, "{kernel}");
        assert!(grown > compared / 20 && grown < compared / 2, "{kernel}: {grown} of {compared}");
    }
}

#[test]
fn a_lie_about_a_single_growth_is_found() {
    let lie = Lie {
        answer: |liar, (answer, _), _| {
            let grow = matches!(liar.op, Op::Grow { addr } if addr.get() % 4096 != 0);
            if grow && *answer == Answer::Code(KernReturn::NoSpace) {
                *answer = Answer::Code(KernReturn::Success);
            }
        },
        ..HONEST
    };
    let stride = NonZero::new(37).unwrap();
    let outcome = prove_growths(lie.on::<Oracle>("liar"), Kernel::Freebsd9, stride);
    let failure = outcome.failure.unwrap();
    assert_eq!(failure.sides, ("oracle", "liar"));
    assert!(matches!(failure.trace.steps.last().unwrap().op(), Op::Grow { .. }));
}

#[test]
fn the_command_counts_the_growths() {
    let (exit, out, _) = call(&["bounded", "--growths", "--stride", "100"], &maps());
    assert_eq!(exit, Exit::Agreed);
    assert!(out.contains(" added pages, divergences 0"), "{out}");
    let (exit, _, err) = call(&["bounded", "--stride", "100"], &maps());
    assert_eq!(exit, Exit::Unusable, "{err}");
}

#[test]
fn the_command_counts_the_sequences() {
    let (exit, out, _) = call(&["bounded", "--ops", "1", "--whole"], &maps());
    assert_eq!(exit, Exit::Agreed);
    assert!(out.lines().last().unwrap().ends_with(" s") && out.contains("divergences 0"), "{out}");
}
