//! Traces in files, plain or packed with zstd.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};

use super::{ParseError, Trace};
use crate::kernel::Kernel;

/// The most bytes that a packed file may unpack to.
const UNPACKED_LIMIT: u64 = 256 << 20;

/// The most bytes that any packed file may unpack to, and how many times its own size: a few kilobytes
/// can stand for gigabytes, and each operation read takes up several times its text.
const SMALL_LIMIT: u64 = 32 << 20;
const RATIO: u64 = 64;

/// Reads a trace; a name that ends with `.zst` says that the file is packed.
///
/// # Errors
///
/// A file that cannot be read, or the position at which its text breaks the format.
pub fn read_file(path: &Path) -> Result<Trace> {
    read(path, Trace::parse)
}

/// As [`read_file`], of a trace whose header need not name its `kernel`.
///
/// # Errors
///
/// As [`read_file`]; a header that names another kernel is one.
pub fn read_file_of(path: &Path, kernel: Kernel) -> Result<Trace> {
    read(path, |text| Trace::parse_of(text, kernel))
}

fn read(path: &Path, parse: impl Fn(&[u8]) -> Result<Trace, ParseError>) -> Result<Trace> {
    parse_file(path, &read_packed(path)?, parse)
}

/// What `parse` makes of the text of the file at `path`.
pub(crate) fn parse_file<T>(
    path: &Path,
    text: &[u8],
    parse: impl Fn(&[u8]) -> Result<T, ParseError>,
) -> Result<T> {
    let name = path.display();
    if text.first().is_some_and(|first| *first < b'\t') {
        bail!("{name}: no text; if it is an input of a fuzz target, name that by --target");
    }
    // One prefix, so that the position reads FILE:LINE:COLUMN.
    parse(text).map_err(|error| anyhow!("{name}:{error}"))
}

/// The bytes of a file, unpacked if its name ends with `.zst`.
///
/// # Errors
///
/// A file that cannot be read, is no zstd, or unpacks to more than 256 MiB, or than 32 MiB and 64 times
/// its own size.
pub fn read_packed(path: &Path) -> Result<Vec<u8>> {
    let name = || path.display().to_string();
    let bytes = fs::read(path).with_context(name)?;
    if path.extension().is_none_or(|extension| extension != "zst") {
        return Ok(bytes);
    }
    // Without the sources of the error, which its text repeats.
    let limit = (SMALL_LIMIT + RATIO * bytes.len() as u64).min(UNPACKED_LIMIT);
    unpack(&bytes, limit).map_err(|error| anyhow!("{}: {error}", name()))
}

#[cfg(not(feature = "packed"))]
fn unpack(_: &[u8], _: u64) -> Result<Vec<u8>> {
    bail!("is packed, which this program was built without")
}

#[cfg(feature = "packed")]
/// The text of all frames of `packed`.
fn unpack(mut packed: &[u8], limit: u64) -> Result<Vec<u8>> {
    use std::io::Read;

    use anyhow::ensure;
    use ruzstd::decoding::StreamingDecoder;

    let mut text = Vec::new();
    loop {
        let before = text.len() as u64;
        let mut frame = StreamingDecoder::new(&mut packed)?;
        let read = frame.by_ref().take(limit - before + 1).read_to_end(&mut text)?;
        ensure!(before + read as u64 <= limit, "unpacks to more than {} MiB", limit >> 20);
        // The decoder leaves the check to its user.
        let decoder = frame.into_frame_decoder();
        let stored = decoder.get_checksum_from_data();
        ensure!(stored.is_none_or(|sum| decoder.get_calculated_checksum() == Some(sum)), "damaged");
        if packed.is_empty() {
            return Ok(text);
        }
    }
}

#[cfg(all(test, feature = "packed"))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn pack(text: &[u8]) -> Vec<u8> {
        compress_to_vec(text, CompressionLevel::Fastest)
    }

    #[test]
    fn frames_are_one_text_up_to_the_limit() {
        let two = [pack(b"one\n"), pack(b""), pack(b"two\n")].concat();
        assert_eq!(unpack(&two, 8).unwrap(), b"one\ntwo\n");
        assert_eq!(unpack(&pack(b""), 8).unwrap(), b"");
        assert!(unpack(&two, 7).unwrap_err().to_string().contains("unpacks to more"));
        let bomb = pack(&vec![b'#'; 3 << 20]);
        assert!(bomb.len() < 10_000);
        let error = unpack(&bomb, 2 << 20).unwrap_err().to_string();
        assert_eq!(error, "unpacks to more than 2 MiB");
    }

    #[test]
    fn what_is_damaged_is_refused() {
        let mut packed = pack(b"a text that is long enough\n");
        for length in 0..packed.len() {
            assert!(unpack(&packed[..length], 100).is_err(), "{length} bytes");
        }
        *packed.last_mut().unwrap() ^= 1;
        assert_eq!(unpack(&packed, 100).unwrap_err().to_string(), "damaged");
    }
}
