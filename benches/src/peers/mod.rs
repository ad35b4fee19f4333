//! The maps to compare, all keyed by the end of an entry where they let one choose.

mod brie;
mod btree_map;
mod nodit;
mod range_map;
mod red_black;
mod tree;

pub use self::brie::Brie;
pub use self::btree_map::StdBTreeMap;
pub use self::nodit::Nodit;
pub use self::range_map::Ranges;
pub use self::red_black::RedBlack;
pub use self::tree::EngineTree;
