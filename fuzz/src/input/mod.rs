//! Fuzz inputs: a configuration, a prefill and operations, as bytes that stay what they are.
//!
//! An input is a [`Header`] and then [`Record`]s of 16 bytes, one for an operation. The header says which
//! kernel the input is for; it has 88 bytes, and 16 more for FreeBSD 14.2.
//! An operand is mostly a place and a few steps from it: the start of the seventh entry and a page
//! more, the end of a stack's reserve, a page of the window, the end of the map. It becomes a number
//! when the operation runs, for the map as it then is, so that an input that was changed in one place
//! still makes sense in the others. The tables in the sources of the two types are the whole
//! encoding, version 1.
//!
//! A [`Generator`] draws operations in this form from bytes: those of a fuzzer, of a property test,
//! or [`seeded`] ones.
//!
//! Any bytes decode, unless they start with the number of another version: an unknown operation is
//! passed over, an unknown anchor is the first one, and what is missing of a header is that of the
//! default one.
//!
//! ```
//! use growstack_fuzz::input::{Anchor, Input, Operand, Record};
//! use growstack_fuzz::op::Kind;
//! let mut input = Input::default();
//! input.records.push(Record {
//!     first: Operand::at(Anchor::WindowPage, 0),
//!     second_operand: Operand::at(Anchor::Span, 2),
//!     ..Record::new(Kind::Insert)
//! });
//! let bytes = input.encode();
//! assert_eq!(Input::decode(&bytes), Some(input.clone()));
//! assert!(input.trace().to_string().ends_with("insert 0x100000 0x102000 rw- rwx - - 0x100000\n"));
//! ```

mod choices;
mod convert;
mod draw;
mod header;
mod lift;
mod mutate;
mod near;
mod operand;
mod prefill;
mod record;
mod reserves;
mod role;
mod start;
mod style;
mod view;

use arbitrary::{Arbitrary, Unstructured};

pub use choices::{Choices, seeded};
pub use draw::Generator;
pub use header::{HEADER, Header, VERSION};
pub use mutate::{crossover, mutate};
pub use operand::{Anchor, Operand, Unit};
pub use prefill::Prefill;
pub use record::{Offset, RECORD, Record};
pub use style::Flavour;
pub use view::View;

use crate::kernel::Kernel;
use convert::Guide;
pub(crate) use lift::lift;

/// A fuzz input: what a sequence of operations starts from, and the operations.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Input {
    /// The configuration and the prefill.
    pub header: Header,
    /// The operations.
    pub records: Vec<Record>,
}

impl Input {
    /// Reads an input; `None` if it is of another version of the encoding.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let header = Header::decode(bytes)?;
        let records =
            record::decode_all(bytes.get(header.bytes()..).unwrap_or_default(), header.kernel());
        Some(Self { header, records })
    }

    /// The bytes of the input, which [`decode`](Self::decode) reads back as the same.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let kernel = self.header.kernel();
        let mut bytes = Vec::with_capacity(self.header.bytes() + RECORD * self.records.len());
        self.header.encode(&mut bytes);
        self.records.iter().for_each(|record| record.encode(kernel, &mut bytes));
        bytes
    }

    /// Drops records from the end until the bytes are no more than `most`.
    pub fn fit(&mut self, most: usize) {
        let mut bytes = self.header.bytes();
        let fits = |record: &Record| {
            bytes += record.bytes();
            bytes <= most
        };
        let kept = self.records.iter().copied().take_while(fits).count();
        self.records.truncate(kept);
    }

    /// The input for `kernel`: without the operations that it does not have.
    #[must_use]
    pub fn with_kernel(mut self, kernel: Kernel) -> Self {
        self.header = self.header.with_kernel(kernel);
        self.records.retain(|record| record.kind.is_of(kernel));
        self
    }

    /// Bytes that drawing an operation takes, about.
    pub const BYTES_PER_RECORD: usize = 48;

    /// Draws an input for `kernel` of at most `most` operations, each for the map that the oracle has by
    /// then.
    pub fn draw(
        bytes: &mut Unstructured<'_>,
        kernel: Kernel,
        flavour: Flavour,
        most: usize,
    ) -> Self {
        let header = Header::draw(bytes, kernel);
        let mut generator = Generator::new(flavour, header.swarm);
        let mut guide = Guide::filled(&header);
        let mut records = Vec::new();
        for _ in 0..bytes.index(most + 1) {
            let record = generator.record(bytes, &guide.view(), header.window);
            guide.apply(&record.resolve(&guide.view(), header.window));
            records.push(record);
        }
        Self { header, records }
    }
}

impl<'a> Arbitrary<'a> for Input {
    /// An input for one of the kernels, of operations of all kinds: as many as the bytes are good for.
    fn arbitrary(bytes: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let most = bytes.len() / Self::BYTES_PER_RECORD;
        let kernel = bytes.pick(&Kernel::ALL);
        Ok(Self::draw(bytes, kernel, Flavour::Whole, most))
    }
}
