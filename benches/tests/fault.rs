//! Real page faults, served by the engine. What ends a process is tried in a process of its own:
//! this program again, with one test to run.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::unwrap_used)]

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Output};
use std::rc::Rc;

use growstack::{Addr, CowFlags, Limits, PAGE_SIZE, Process, Prot, Size, StackTunables, VmMap};
use growstack_benches::fault::growing::{GrowingStack, Plan};
use growstack_benches::fault::recursion::recurse;
use growstack_benches::fault::sample::measure;
use growstack_benches::fault::space;
use growstack_benches::fault::subject::{Kind, TOUCHES};
use growstack_benches::machine::fault::crowd::Crowd;
use growstack_benches::machine::fault::engine::EngineStack;
use growstack_benches::machine::fault::heap::NotInHandler;
use growstack_benches::machine::fault::region::{Commit, Region};
use growstack_benches::machine::fault::trap::{Slot, Trap};
use growstack_benches::machine::tsc::Clock;

#[global_allocator]
static HEAP: NotInHandler = NotInHandler;

const SIGSEGV: i32 = 11;
const MIB: u64 = 1 << 20;

/// In the process of its own: runs `child`, and ends well if that returns. Else: starts that
/// process for the test of this name, and tells how it ended.
fn in_a_process(test: &str, child: impl FnOnce()) -> Output {
    const CHILD: &str = "GROWSTACK_FAULT_CHILD";
    if std::env::var_os(CHILD).is_some() {
        child();
        std::process::exit(0);
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(CHILD, "1").output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The pages of a stack that the kernel lets write to, by `/proc/self/maps`.
fn writable(stack: &GrowingStack) -> Vec<u64> {
    let inside = stack.range();
    let pages = space::mappings().unwrap().into_iter().filter(|(_, prot)| *prot == Prot::RW);
    pages
        .flat_map(|(range, _)| range.start().get()..range.end().get())
        .step_by(4096)
        .filter(|page| inside.contains(Addr::new(*page)))
        .collect()
}

/// The same, by the engine's map.
fn mapped(stack: &GrowingStack) -> Vec<u64> {
    let inside = stack.range();
    stack.inspect(|process| {
        let entries = process.map().entries_from(inside.start());
        let ours = entries.take_while(|entry| entry.range.end() <= inside.end());
        ours.flat_map(|entry| entry.range.start().get()..entry.range.end().get())
            .step_by(4096)
            .collect()
    })
}

#[test]
fn a_recursion_grows_the_stack_and_finds_its_frames_again() {
    let trap = Trap::enter().unwrap();
    for (step, commit) in [(1, Commit::Protect), (1, Commit::Map), (32, Commit::Protect)] {
        let plan = Plan { step: Size::pages(step), commit, ..Plan::pages(Size::new(5 * MIB)) };
        let stack = GrowingStack::new(&plan).unwrap();
        for _ in 0..2 {
            assert_eq!(stack.committed(), Size::PAGE);
            let depth = stack.run(&trap, || recurse(4 * MIB));
            assert_eq!(depth.damaged, 0);
            assert!(depth.frames > 1000 && stack.committed().get() > 4 * MIB);
            let growths = stack.events().len() as u64;
            assert!(growths * step * PAGE_SIZE >= 4 * MIB && growths <= 4 * MIB / PAGE_SIZE + 16);
            stack.reset().unwrap();
        }
    }
}

/// Allocates in every frame, so that some faults interrupt the allocator.
fn allocate(depth: usize, bytes: &mut usize) {
    let held = vec![1_u8; depth % 97 * 29];
    let text = format!("{depth:>width$}", width = depth % 61);
    if depth > 0 {
        allocate(depth - 1, bytes);
    }
    *bytes += held.iter().map(|byte| usize::from(*byte)).sum::<usize>() + text.len();
}

#[test]
fn what_a_fault_interrupts_may_be_the_allocator() {
    let trap = Trap::enter().unwrap();
    let stack = GrowingStack::new(&Plan::pages(Size::new(64 * MIB))).unwrap();
    let (mut here, mut there) = (0, 0);
    allocate(1000, &mut here);
    assert_eq!(stack.committed(), Size::PAGE);
    for _ in 0..20 {
        stack.run(&trap, || allocate(1000, &mut there));
        assert!(stack.events().len() > 20);
        stack.reset().unwrap();
    }
    assert_eq!(there, 20 * here);
}

#[test]
fn kernel_and_engine_have_the_same_pages_after_every_growth() {
    let trap = Trap::enter().unwrap();
    let plan = Plan { step: Size::pages(7), ..Plan::pages(Size::pages(64)) };
    let stack = GrowingStack::new(&plan).unwrap();
    let range = stack.range();
    // The jumps are of several steps, within one, and to the last page of the reserve.
    for page in [62, 61, 40, 39, 17, 3, 0] {
        let before = mapped(&stack);
        let addr = Addr::new(range.start().get() + page * PAGE_SIZE + 8);
        stack.serve(&trap, || stack.touch(addr));
        let after = mapped(&stack);
        assert_eq!(after, writable(&stack));
        assert!(after.contains(&(range.start().get() + page * PAGE_SIZE)));
        let named: Vec<u64> = match stack.events().last() {
            Some(event) if after.len() > before.len() => {
                assert_eq!(event.fault, addr);
                (event.added.start().get()..event.added.end().get()).step_by(4096).collect()
            }
            _ => Vec::new(),
        };
        assert_eq!([named, before].concat(), after);
    }
    assert_eq!(stack.committed(), range.len());
}

#[test]
fn the_last_page_is_reached_and_the_next_byte_is_the_end() {
    let trap = Trap::enter().unwrap();
    let stack = GrowingStack::new(&Plan::pages(Size::pages(300))).unwrap();
    let range = stack.range();
    stack.serve(&trap, || {
        for page in (0..300).rev() {
            stack.touch(Addr::new(range.start().get() + page * PAGE_SIZE));
        }
    });
    assert_eq!((stack.committed(), stack.events().len()), (range.len(), 299));
}

#[test]
fn growth_past_the_limit_dies_by_the_signal() {
    let ended = in_a_process("growth_past_the_limit_dies_by_the_signal", || {
        let plan = Plan { limit: Some(Size::pages(16)), ..Plan::pages(Size::new(MIB)) };
        run_into(&plan);
    });
    assert_eq!(ended.status.signal(), Some(SIGSEGV), "{}", said(&ended));
    assert!(said(&ended).contains("refused: 13.7"), "{}", said(&ended));
}

#[test]
fn growth_into_the_guard_page_dies_by_the_signal() {
    let ended = in_a_process("growth_into_the_guard_page_dies_by_the_signal", || {
        run_into(&Plan { guard_page: true, ..Plan::pages(Size::new(MIB)) });
    });
    assert_eq!(ended.status.signal(), Some(SIGSEGV), "{}", said(&ended));
    assert!(said(&ended).contains("refused: 13.6"), "{}", said(&ended));
}

#[test]
fn growth_past_the_reserve_dies_by_the_signal() {
    let ended = in_a_process("growth_past_the_reserve_dies_by_the_signal", || {
        run_into(&Plan::pages(Size::new(MIB)));
    });
    assert_eq!(ended.status.signal(), Some(SIGSEGV), "{}", said(&ended));
    // The guard below the reserve is a mapping: what is touched there has one.
    assert!(said(&ended).contains("does not allow"), "{}", said(&ended));
}

fn run_into(plan: &Plan) {
    let trap = Trap::enter().unwrap();
    let stack = GrowingStack::new(plan).unwrap();
    let depth = stack.run(&trap, || recurse(2 * MIB));
    println!("{depth:?}");
}

#[test]
fn a_wild_touch_dies_by_the_signal() {
    let ended = in_a_process("a_wild_touch_dies_by_the_signal", || {
        let trap = Trap::enter().unwrap();
        let stack = GrowingStack::new(&Plan::pages(Size::new(MIB))).unwrap();
        let other = Region::reserve(Size::new(MIB)).unwrap();
        stack.serve(&trap, || other.touch(other.range().start()));
    });
    assert_eq!(ended.status.signal(), Some(SIGSEGV), "{}", said(&ended));
}

#[test]
fn a_fault_while_the_engine_is_in_use_dies_by_the_signal() {
    let ended = in_a_process("a_fault_while_the_engine_is_in_use_dies_by_the_signal", || {
        let trap = Trap::enter().unwrap();
        let stack = GrowingStack::new(&Plan::pages(Size::new(MIB))).unwrap();
        let start = stack.range().start();
        stack.serve(&trap, || stack.inspect(|_| stack.touch(start)));
    });
    assert_eq!(ended.status.signal(), Some(SIGSEGV), "{}", said(&ended));
}

#[test]
fn a_fault_without_a_server_dies_by_the_signal() {
    let ended = in_a_process("a_fault_without_a_server_dies_by_the_signal", || {
        let _trap = Trap::enter().unwrap();
        let stack = GrowingStack::new(&Plan::pages(Size::new(MIB))).unwrap();
        stack.touch(stack.range().start());
    });
    assert_eq!(ended.status.signal(), Some(SIGSEGV), "{}", said(&ended));
}

#[test]
fn a_signal_that_a_process_sent_is_no_fault() {
    let ended = in_a_process("a_signal_that_a_process_sent_is_no_fault", || {
        let trap = Trap::enter().unwrap();
        let stack = GrowingStack::new(&Plan::pages(Size::new(MIB))).unwrap();
        let me = std::process::id().to_string();
        stack.serve(&trap, || {
            let sent = Command::new("sh").args(["-c", "kill -SEGV $0", &me]).status();
            std::thread::sleep(std::time::Duration::from_secs(5));
            println!("{sent:?}");
        });
    });
    assert_eq!(ended.status.signal(), Some(SIGSEGV), "{}", said(&ended));
}

#[test]
fn a_region_commits_only_what_lies_right_below() {
    let region = Region::reserve(Size::pages(8)).unwrap();
    let (start, end) = (region.range().start().get(), region.range().end().get());
    let commit = |from, to| {
        let range = growstack::AddrRange::new(Addr::new(from), Addr::new(to)).unwrap();
        region.commit(range, Prot::RW, Commit::Protect)
    };
    assert!(commit(end - 3 * PAGE_SIZE, end - PAGE_SIZE).is_err(), "not at the end");
    commit(end - PAGE_SIZE, end).unwrap();
    assert!(commit(end - PAGE_SIZE, end).is_err(), "committed before");
    assert!(commit(end - PAGE_SIZE - 8, end - PAGE_SIZE).is_err(), "no whole page");
    assert!(commit(start - PAGE_SIZE, end - PAGE_SIZE).is_err(), "into the guard");
    commit(start, end - PAGE_SIZE).unwrap();
    assert_eq!(region.committed().get(), start);
    assert!(Region::reserve(Size::ZERO).is_err());
}

#[test]
fn a_panic_comes_off_the_stack() {
    let trap = Trap::enter().unwrap();
    let stack = GrowingStack::new(&Plan::pages(Size::new(MIB))).unwrap();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        stack.run(&trap, || {
            assert_ne!(recurse(64 << 10).damaged, 0, "on the other stack");
        });
    }));
    assert!(caught.is_err());
    assert_eq!(stack.run(&trap, || recurse(64 << 10)).damaged, 0);
}

#[test]
fn the_picture_of_the_space_is_the_kernels() {
    // In a process of its own, since other tests map and unmap memory meanwhile.
    let ended = in_a_process("the_picture_of_the_space_is_the_kernels", || {
        let crowd = Crowd::new(500).unwrap();
        let region = Region::reserve(Size::new(MIB)).unwrap();
        let free = region.range();
        let before = space::mappings().unwrap();
        let map = space::picture(free).unwrap();
        // The heap may have grown for the list.
        let mut stayed = space::mappings().unwrap();
        stayed.retain(|one| before.contains(one) && one.0.end().get() <= 1 << 47);
        assert!(stayed.len() > 500 && map.len() > 500);
        for (range, prot) in stayed {
            for page in (range.start().get()..range.end().get()).step_by(4096).take(1000) {
                let page = Addr::new(page);
                let mapped = map.mapped(page).map(|(_, prot)| prot);
                assert_eq!(mapped, (!free.contains(page)).then_some(prot), "{page:?}");
            }
        }
        map.check_index().unwrap();
        drop(crowd);
    });
    assert!(ended.status.success(), "{}", said(&ended));
}

#[test]
fn growth_without_nodes_is_refused_and_does_not_allocate() {
    let ended = in_a_process("growth_without_nodes_is_refused_and_does_not_allocate", || {
        let trap = Trap::enter().unwrap();
        let region = Rc::new(Region::reserve(Size::pages(4096)).unwrap());
        let range = region.range();
        let map = VmMap::new(Addr::new(PAGE_SIZE), Addr::new(1 << 47));
        let tunables = StackTunables { sgrowsiz: Size::PAGE, ..StackTunables::default() };
        let mut process = Process::new(map, Limits::UNLIMITED, tunables).unwrap();
        let (prot, down) = (Prot::RW, CowFlags::GROWS_DOWN);
        let first = process.stack(range.start(), range.len(), prot, Prot::ALL, down, |_| ());
        region.commit(first.unwrap(), prot, Commit::Protect).unwrap();
        // No growths are asked for: there are some nodes, far fewer than 4096 growths take.
        let server = EngineStack::new(process, Rc::clone(&region), Commit::Protect, 0).unwrap();
        trap.serve_with(&Slot::new(server), || {
            for page in (0..4096).rev() {
                region.touch(Addr::new(range.start().get() + page * PAGE_SIZE));
            }
        });
    });
    assert_eq!(ended.status.signal(), Some(SIGSEGV), "{}", said(&ended));
    assert!(said(&ended).contains("refused: 16.7"), "{}", said(&ended));
}

#[test]
fn a_thread_enters_once_at_a_time() {
    let trap = Trap::enter().unwrap();
    assert!(Trap::enter().is_err());
    drop(trap);
    assert!(Trap::enter().is_ok());
}

#[test]
fn everything_permitted_is_measured() {
    let (clock, trap) = (Clock::calibrate(), Trap::enter().unwrap());
    let size = measure(100, 1, &clock, &trap).unwrap();
    assert_eq!(size.rows.len() + size.missing.len(), Kind::ALL.len());
    assert!(size.mappings > 100 && size.entries.unwrap() > 100);
    for row in &size.rows {
        assert_eq!(row.whole.samples + row.dropped, TOUCHES);
        assert_eq!(row.engine.is_some(), row.kind.has_engine());
        assert!(row.whole.p50 > 0.0 && row.whole.p50 <= row.whole.max);
    }
}
