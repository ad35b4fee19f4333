//! FreeBSD 14.2, in which the reserve of a stack is an entry: growth against growth, against what moves
//! or cuts that entry, and against a wiring that passes it over.

use std::num::NonZeroU64;

use growstack::shared::{FaultPath, Raced};
use growstack::{
    Addr, Change, Freebsd14, Growth, Holes, Mapping, Prot, Size, StackTunables14, Wiring,
};
use loom::sync::Arc;
use loom::thread;

use super::locks::Guarded;
use super::{Shared, model, page, shared, with_stack};

/// A process that grows stacks by a page, down to their last one.
fn process(single: &[u64], path: FaultPath) -> Arc<Shared<Freebsd14>> {
    let tunables = StackTunables14 {
        sgrowsiz: NonZeroU64::new(0x1000).unwrap(),
        guard_pages: 0,
        stkgap: true,
        maxsaddr: page(50),
        stacktop: page(100),
    };
    shared::<Freebsd14>(single, path, tunables)
}

/// Two threads fault in one gap, one of them deeper.
fn grow_against_grow(path: FaultPath) {
    model(move || {
        // Four entries with the gap and the stack: the first growth splits their leaf.
        let shared = process(&[80, 82], path);
        with_stack(&shared, 100, 10);
        let tables = Arc::new(Guarded::new());
        let fault = |shared: &Shared<Freebsd14>, tables: &Guarded, n: u64| {
            let fault = Addr::new(page(n).get() + 8);
            let growth = shared.grow(fault, |_| tables.write()).unwrap();
            assert!(shared.read().mapped(fault).is_some_and(|(_, prot)| prot == Prot::RW));
            growth.added()
        };
        let other = {
            let (shared, tables) = (shared.clone(), tables.clone());
            thread::spawn(move || fault(&shared, &tables, 97))
        };
        let here = fault(&shared, &tables, 98);
        let there = other.join().unwrap();
        let added = [here, there].into_iter().flatten().map(|range| range.pages());
        assert_eq!(added.sum::<u64>(), 2, "pages 97 and 98, each of them once");
        let map = shared.read();
        tables.read();
        assert_eq!(map.size().get(), 5 * 0x1000);
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

/// The entry below the gap goes, so that the gap's place in the index is another from one moment to the
/// next.
#[test]
fn grow_against_remove_below_the_gap() {
    model(|| {
        let shared = process(&[90, 94], FaultPath::Letter);
        with_stack(&shared, 100, 5);
        let tables = Arc::new(Guarded::new());
        let other = {
            let (shared, tables) = (shared.clone(), tables.clone());
            thread::spawn(move || shared.remove(page(94), page(95), |_| tables.write()).unwrap())
        };
        let growth = shared.grow(page(98), |_| tables.write());
        assert!(matches!(growth, Ok(Growth::Grown { .. })), "{growth:?}");
        other.join().unwrap();
        let map = shared.read();
        assert_eq!((map.len(), map.size().get()), (4, 3 * 0x1000));
        map.check_index().unwrap();
    });
}

/// A mapping is put into the gap below a fault, so that the stack is left with the near part of it.
#[test]
fn grow_against_fixed_in_the_gap() {
    model(|| {
        let shared = process(&[], FaultPath::Letter);
        with_stack(&shared, 100, 6);
        let other = {
            let shared = shared.clone();
            thread::spawn(move || {
                let mapping = Mapping::anonymous(Prot::READ);
                shared.fixed(page(95), Size::PAGE, mapping, |_| ()).unwrap();
            })
        };
        let growth = shared.grow(page(98), |_| ());
        assert!(matches!(growth, Ok(Growth::Grown { .. })), "{growth:?}");
        other.join().unwrap();
        let map = shared.read();
        assert!(map.mapped(page(95)).is_some_and(|(_, prot)| prot == Prot::READ));
        assert_eq!(map.size().get(), 3 * 0x1000);
        map.check_index().unwrap();
    });
}

/// A wiring passes the gap over. What a growth would map there meanwhile, nobody would have made
/// resident.
#[test]
fn grow_against_wire_around_the_gap() {
    model(|| {
        let shared = process(&[], FaultPath::Letter);
        with_stack(&shared, 100, 4);
        let other = {
            let shared = shared.clone();
            thread::spawn(move || shared.grow(page(98), |_| ()).unwrap())
        };
        let (mut asked, mut wired) = (0, 0);
        shared
            .wire(
                page(97),
                page(100),
                Wiring::User,
                Holes::Allowed,
                |pages, _| -> Result<(), ()> {
                    asked += pages.pages();
                    Ok(())
                },
                |change| {
                    if let Change::Wired(pages) = change {
                        wired += pages.pages();
                    }
                },
            )
            .unwrap();
        assert!(other.join().unwrap().is_mapped());
        assert_eq!(asked, wired, "pages became wired that nobody was asked for");
    });
}

/// A gap is never seen as mapped, and a growth that uses it up is seen whole.
#[test]
fn read_against_growth() {
    model(|| {
        let shared = process(&[97], FaultPath::Optimistic);
        with_stack(&shared, 100, 2);
        assert_eq!(shared.try_protection(page(98)), Ok(None));
        let reader = {
            let shared = shared.clone();
            thread::spawn(move || {
                let before = shared.try_protection(page(99));
                assert!(matches!(before, Ok(Some(Prot::RW)) | Err(Raced)), "{before:?} was seen");
            })
        };
        assert!(shared.grow(page(98), |_| ()).unwrap().is_mapped());
        assert_eq!(shared.try_protection(page(98)), Ok(Some(Prot::RW)));
        reader.join().unwrap();
        assert_eq!(shared.read().len(), 3, "the gap is gone");
    });
}
