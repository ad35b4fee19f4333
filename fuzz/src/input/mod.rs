//! Fuzz inputs: a configuration, a prefill and operations, as bytes that stay what they are.
//!
//! An input is a [`Header`] of 88 bytes and then [`Record`]s of 16 bytes, one for an operation.
//! Operands are mostly told by what they are near: the start of the seventh entry and a page more,
//! the end of a stack's reserve, a page of the window, the end of the map. What that comes to is
//! found when the operation is carried out, for the map as it then is, so that an input that was
//! changed in one place still makes sense in the others. The tables in the sources of the two
//! types are the whole encoding, version 1.
//!
//! Any bytes decode, unless they start with the number of another version: an unknown opcode is
//! passed over, an unknown anchor is the first one, and what is missing of a header is that of the
//! default one.
//!
//! ```
//! use growstack_fuzz::input::{Anchor, Input, Opcode, Operand, Record};
//! let mut input = Input::default();
//! input.records.push(Record {
//!     first: Operand::at(Anchor::WindowPage, 0),
//!     second_operand: Operand::at(Anchor::Span, 2),
//!     ..Record::new(Opcode::Insert)
//! });
//! let bytes = input.encode();
//! assert_eq!(Input::decode(&bytes), Some(input.clone()));
//! assert!(input.trace().to_string().ends_with("insert 0x100000 0x102000 rw- rwx - - 0x100000\n"));
//! ```

mod convert;
mod draw;
mod header;
mod mutate;
mod opcode;
mod operand;
mod prefill;
mod record;
mod resolve;
mod symbolize;

pub use draw::Flavour;
pub use header::{HEADER, Header, VERSION};
pub use mutate::{crossover, mutate};
pub use opcode::Opcode;
pub use operand::{Anchor, Operand, Unit};
pub use prefill::Prefill;
pub use record::{Offset, RECORD, Record};

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
        let records = record::decode_all(bytes.get(HEADER..).unwrap_or_default());
        Some(Self { header, records })
    }

    /// The bytes of the input, which [`decode`](Self::decode) reads back as the same.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + RECORD * self.records.len());
        self.header.encode(&mut bytes);
        self.records.iter().for_each(|record| record.encode(&mut bytes));
        bytes
    }

    /// Drops records from the end until the bytes are no more than `most`.
    pub fn fit(&mut self, most: usize) {
        let mut bytes = HEADER;
        let fits = |record: &Record| {
            bytes += record.bytes();
            bytes <= most
        };
        let kept = self.records.iter().copied().take_while(fits).count();
        self.records.truncate(kept);
    }
}
