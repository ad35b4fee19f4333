//! The maps that the command tests.

use growstack::{Addr, AddrRange, Change, Entry, VmMap};

use crate::answer::{Answer, Cause, Row, Summary};
use crate::engine::EngineSpace;
use crate::op::{Config, ObjectId, Op};
use crate::oracle::Oracle;
use crate::replay::MapFactory;
use crate::space::{AddressSpace, refill};

/// The maps by name: the engine, the reference, and the engine with the narrowest nodes it has, at
/// which short traces already make a deep index.
///
/// The answers that `replay --fill` writes are those of the first.
#[must_use]
pub fn maps() -> Vec<MapFactory> {
    vec![
        MapFactory::of::<Engine<16>>("engine"),
        MapFactory::of::<Oracle>("reference"),
        MapFactory::of::<Engine<4>>("engine-4"),
    ]
}

/// The engine, which finds the entries near an address by its index.
struct Engine<const B: usize>(EngineSpace<B>);

impl<const B: usize> AddressSpace for Engine<B> {
    fn create(config: &Config) -> Self {
        Self(EngineSpace::create(config))
    }

    fn apply(&mut self, op: &Op, changes: &mut Vec<Change>) -> (Answer, Cause) {
        self.0.apply(op, changes)
    }

    fn entries(&self, rows: &mut Vec<Row>) {
        self.0.entries(rows);
    }

    fn entries_near(&self, range: AddrRange, rows: &mut Vec<Row>) {
        let map = self.0.process.map();
        let start = range.start().min(map.max());
        let first = map.lookup(start).map_or(start, |entry| entry.range.start());
        let mut above = false;
        let near = map.entries_from(start).take_while(|entry| {
            // The first above the range is the last to be shown.
            let last = std::mem::replace(&mut above, entry.range.start() >= range.end());
            !last
        });
        refill(rows, below(map, first).into_iter().chain(near));
    }

    fn summary(&self) -> Summary {
        self.0.summary()
    }

    fn check(&self) -> Result<(), String> {
        self.0.check()
    }
}

/// The last entry that ends at or below `addr`.
fn below<const B: usize>(map: &VmMap<ObjectId, B>, addr: Addr) -> Option<Entry<ObjectId>> {
    let last = Addr::new(addr.get().checked_sub(1)?);
    map.lookup(last).or_else(|| {
        let gap = map.gap(last)?.range.start();
        map.lookup(Addr::new(gap.get().checked_sub(1)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::sequence;

    /// What a list of all entries shows near a range.
    struct Listed(Vec<Row>);

    impl AddressSpace for Listed {
        fn create(_: &Config) -> Self {
            Self(Vec::new())
        }
        fn apply(&mut self, _: &Op, _: &mut Vec<Change>) -> (Answer, Cause) {
            (Answer::Unsupported, Cause::NotGiven)
        }
        fn entries(&self, rows: &mut Vec<Row>) {
            rows.clone_from(&self.0);
        }
        fn summary(&self) -> Summary {
            Summary::default()
        }
    }

    /// Ranges that begin and end in, at and between entries, and outside the map.
    fn ranges(rows: &[Row]) -> Vec<AddrRange> {
        let bounds = rows.iter().flat_map(|row| [row.range.start().get(), row.range.end().get()]);
        let near = |at: u64| [at.saturating_sub(1), at, at.saturating_add(1)];
        let points: Vec<u64> =
            bounds.flat_map(near).chain([0, 1, u64::MAX - 1, u64::MAX]).collect();
        let range = |a: &u64, b: &u64| AddrRange::new(Addr::new(*a), Addr::new(*b));
        let skipped = points.iter().skip(5);
        let wide = points.iter().zip(skipped).filter_map(|(a, b)| range(a, b));
        let narrow = points.iter().filter_map(|a| range(a, &a.saturating_add(1)));
        wide.chain(narrow).collect()
    }

    #[test]
    fn the_entries_near_a_range_are_those_of_the_list() {
        let mut compared = 0;
        for number in 0..40 {
            let (config, ops) = sequence(7, number);
            let mut engine = Engine::<4>::create(&config);
            let mut oracle = Oracle::create(&config);
            for op in ops {
                engine.apply(&op, &mut Vec::new());
                oracle.apply(&op, &mut Vec::new());
            }
            let mut list = Listed(Vec::new());
            engine.entries(&mut list.0);
            for range in ranges(&list.0) {
                let [mut near, mut of_engine, mut of_oracle] = [const { Vec::new() }; 3];
                list.entries_near(range, &mut near);
                engine.entries_near(range, &mut of_engine);
                oracle.entries_near(range, &mut of_oracle);
                assert_eq!(near, of_engine, "{range}");
                assert_eq!(near, of_oracle, "{range}");
                compared += 1;
            }
        }
        assert!(compared > 1000, "{compared}");
    }
}
