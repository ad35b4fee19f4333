//! Wiring against removal: the window in which no lock is held.

use growstack::shared::FaultPath;
use growstack::{Change, Holes, Wiring};
use loom::sync::Arc;
use loom::thread;

use super::locks::Guarded;
use super::{model, page, process};

/// The frame of a page is filled with no lock held, and given back when the page is unmapped:
/// nothing but the range in transition keeps these two apart.
#[test]
fn wire_against_remove() {
    model(|| {
        let shared = process(&[90], FaultPath::Letter);
        let frame = Arc::new(Guarded::new());
        let other = {
            let (shared, frame) = (shared.clone(), frame.clone());
            thread::spawn(move || {
                let mut unmapped = false;
                let tell = |change: Change| {
                    unmapped |= matches!(change, Change::Unmapped(_));
                    frame.write();
                };
                shared.remove(page(90), page(91), tell).unwrap();
                assert!(unmapped);
            })
        };
        let mut filled = false;
        let wired = shared.wire(
            page(90),
            page(91),
            Wiring::User,
            Holes::Refused,
            |_, _| -> Result<(), ()> {
                frame.write();
                filled = true;
                Ok(())
            },
            |_| frame.write(),
        );
        other.join().unwrap();
        assert_eq!(wired.is_ok(), filled, "wired if it was there, refused if it was not");
        let map = shared.read();
        assert!(map.is_empty() && map.wired_pages() == 0);
    });
}
