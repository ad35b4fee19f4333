//! Growth against growth, and against the removal of what is below the stack.

use growstack::shared::FaultPath;
use growstack::{Addr, AddrRange, Growth};
use loom::sync::Arc;
use loom::thread;

use super::locks::Guarded;
use super::{Shared, model, page, process, with_stack};

/// A fault in a page; page tables follow. What was mapped for it, if it was not.
fn fault(shared: &Shared, tables: &Guarded, n: u64) -> Option<AddrRange> {
    let fault = Addr::new(page(n).get() + 8);
    let growth = shared.grow(fault, |_| tables.write()).unwrap();
    assert!(growth.is_mapped(), "a fault above the end of the reserve is served");
    assert!(shared.read().contains(fault));
    growth.added()
}

/// Two threads fault on one stack, one of them deeper.
fn grow_against_grow(path: FaultPath) {
    model(move || {
        // Four entries with the stack: the first growth splits their leaf, and whatever place was
        // found before is void.
        let shared = process(&[80, 82, 84], path);
        with_stack(&shared, 100, 10);
        let tables = Arc::new(Guarded::new());
        let other = {
            let (shared, tables) = (shared.clone(), tables.clone());
            thread::spawn(move || fault(&shared, &tables, 97))
        };
        let here = fault(&shared, &tables, 98);
        let there = other.join().unwrap();
        // Pages 97 and 98, whichever thread came first, and each of them once.
        let added = [here, there].into_iter().flatten().map(|range| range.pages());
        assert_eq!(added.sum::<u64>(), 2);
        let map = shared.read();
        tables.read();
        assert_eq!(map.size().get(), 6 * 0x1000);
        map.check_index().unwrap();
        drop(map);
        assert_eq!(shared.ssize(), 2);
    });
}

#[test]
fn grow_against_grow_to_the_letter() {
    grow_against_grow(FaultPath::Letter);
}

#[test]
fn grow_against_grow_locked() {
    grow_against_grow(FaultPath::Locked);
}

#[test]
fn grow_against_grow_optimistic() {
    grow_against_grow(FaultPath::Optimistic);
}

/// A stack grows while the entry below it is unmapped, so that its own place in the index is
/// another from one moment to the next.
#[test]
fn grow_against_remove_of_the_neighbour() {
    model(|| {
        let shared = process(&[90, 92], FaultPath::Letter);
        with_stack(&shared, 100, 5);
        let tables = Arc::new(Guarded::new());
        let other = {
            let (shared, tables) = (shared.clone(), tables.clone());
            thread::spawn(move || shared.remove(page(92), page(93), |_| tables.write()).unwrap())
        };
        let growth = shared.grow(page(98), |_| tables.write()).unwrap();
        assert!(matches!(growth, Growth::Grown { .. }), "a stack is above, come what may");
        other.join().unwrap();
        let map = shared.read();
        assert!(map.contains(page(90)) && !map.contains(page(92)) && map.contains(page(98)));
        assert_eq!(map.size().get(), 3 * 0x1000);
        map.check_index().unwrap();
    });
}
