//! Words in and out, through buffers that are there before the address space is full.

use std::io::{self, Read, Write};

/// Bytes of a word.
const WORD: usize = size_of::<u64>();

/// Reads words from a pipe.
#[derive(Debug)]
pub(crate) struct Input<R>(pub(crate) R);

impl<R: Read> Input<R> {
    /// The next words. `None` at the end of the pipe.
    pub(crate) fn words<const N: usize>(&mut self) -> io::Result<Option<[u64; N]>> {
        let mut words = [0; N];
        for word in &mut words {
            let mut bytes = [0; WORD];
            match self.0.read_exact(&mut bytes) {
                Ok(()) => *word = u64::from_ne_bytes(bytes),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        Ok(Some(words))
    }
}

/// Writes words to a pipe.
#[derive(Debug)]
pub(crate) struct Output<W>(pub(crate) W);

impl<W: Write> Output<W> {
    /// Writes words, or keeps them until there are more.
    pub(crate) fn words(&mut self, words: &[u64]) -> io::Result<()> {
        words.iter().try_for_each(|word| self.0.write_all(&word.to_ne_bytes()))
    }

    /// Writes all that was kept.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
