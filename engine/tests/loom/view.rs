//! Reads that take no lock, against splits and merges of what they go through.

use growstack::shared::{FaultPath, Raced};
use growstack::{Addr, Mapping, Prot, Size, StackRequest};
use loom::thread;

use super::{Shared, model, page, process, with_stack};

/// Reads an address whose protection never changes, while `change` is at work.
fn read_against(single: &'static [u64], change: fn(&Shared)) {
    model(move || {
        let shared = process(single, FaultPath::Optimistic);
        let mapping = Mapping::anonymous(Prot::RX);
        shared.insert(page(8), page(11), mapping, |_| ()).unwrap();
        // The writer comes first: that loom tries each load before each store that it saw depends on
        // its having been after it once.
        let reader = {
            let shared = shared.clone();
            thread::spawn(move || {
                let seen = shared.try_protection(page(10));
                assert!(matches!(seen, Ok(Some(Prot::RX)) | Err(Raced)), "{seen:?} was seen");
            })
        };
        change(&shared);
        reader.join().unwrap();
        assert_eq!(shared.try_protection(page(10)), Ok(Some(Prot::RX)));
    });
}

#[test]
fn read_against_split() {
    // Three pieces of a leaf that has room for four.
    read_against(&[], |shared| {
        let mapping = Mapping::anonymous(Prot::READ);
        shared.insert(page(5), page(6), mapping, |_| ()).unwrap();
    });
}

#[test]
fn read_against_merge() {
    // Four pieces in one leaf, two in the next, of which one and two are left.
    read_against(&[5, 7], |shared| {
        shared.remove(page(4), page(8), |_| ()).unwrap();
    });
}

/// A page that is replaced is mapped all the time.
#[test]
fn read_against_replacement() {
    read_against(&[], |shared| {
        shared.fixed(page(10), Size::PAGE, Mapping::anonymous(Prot::RX), |_| ()).unwrap();
    });
}

/// Two entries are replaced by three changes: two go, and what comes is mapped. Both go whole, so that
/// no node is split, for which there would be too many orders to try.
#[test]
fn read_against_replacement_of_two() {
    read_against(&[11], |shared| {
        let mapping = Mapping::anonymous(Prot::RX);
        let mut changes = 0;
        shared.fixed(page(8), Size::pages(4), mapping, |_| changes += 1).unwrap();
        assert_eq!(changes, 3);
    });
}

/// What was seen mapped stays so, and what was grown is seen by a thread that hears of it.
#[test]
fn read_against_growth() {
    model(|| {
        // The growth fills the gap above page 97, and with it a piece of the view goes.
        let shared = process(&[97], FaultPath::Optimistic);
        let (bottom, size) = (page(98), Size::pages(2));
        shared.stack(StackRequest::down(bottom, size), |_| ()).unwrap();
        let fault = Addr::new(page(98).get());
        let reader = {
            let shared = shared.clone();
            thread::spawn(move || {
                let before = shared.try_protection(page(99));
                assert!(matches!(before, Ok(Some(Prot::RW)) | Err(Raced)), "{before:?} was seen");
            })
        };
        assert!(shared.grow(fault, |_| ()).unwrap().is_mapped());
        assert_eq!(shared.try_protection(fault), Ok(Some(Prot::RW)));
        reader.join().unwrap();
    });
}

/// A thread that sees one growth sees those before it. No count shows them: each moves one boundary.
#[test]
fn read_against_growths() {
    model(|| {
        let shared = process(&[], FaultPath::Optimistic);
        with_stack(&shared, 99, 4);
        with_stack(&shared, 90, 4);
        let reader = {
            let shared = shared.clone();
            thread::spawn(move || {
                let second = shared.try_protection(page(88)).unwrap();
                let first = shared.try_protection(page(97)).unwrap();
                assert!(first.is_some() || second.is_none(), "the second one alone was seen");
            })
        };
        assert!(shared.grow(page(97), |_| ()).unwrap().is_mapped());
        assert!(shared.grow(page(88), |_| ()).unwrap().is_mapped());
        reader.join().unwrap();
    });
}
