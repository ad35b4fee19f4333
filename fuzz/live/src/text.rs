//! The text of `/proc/self/maps` and `/proc/self/smaps`.

use std::io::{self, Read, Seek};

use growstack::{Addr, AddrRange};
use growstack_fuzz::linux::{Vma, VmaFlags};

/// Bytes of text that there is room for. A VMA of smaps has some 700.
const ROOM: usize = 4 << 20;

/// The beginning of such a file: its VMAs are in the order of their addresses, so that it need not be
/// read further than the window goes.
#[derive(Debug)]
pub(crate) struct Text {
    room: Box<[u8]>,
    used: usize,
}

impl Text {
    /// No text, and all the room that there will be.
    pub(crate) fn new() -> Self {
        Self { room: vec![0; ROOM].into(), used: 0 }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.room[..self.used]
    }

    /// Reads a file from its beginning to the first VMA above `window`.
    ///
    /// # Errors
    ///
    /// That of reading, or if there is more than there is room for.
    pub(crate) fn read(&mut self, mut file: impl Read + Seek, window: u64) -> io::Result<()> {
        file.rewind()?;
        self.used = 0;
        loop {
            let read = file.read(&mut self.room[self.used..])?;
            let piece = self.used;
            self.used += read;
            // Pieces end with a line.
            let mut heads = lines(&self.room[piece..self.used]).filter_map(Head::parse);
            if read == 0 || heads.any(|head| head.start >= window) {
                return Ok(());
            }
            if self.used == self.room.len() {
                return Err(io::ErrorKind::OutOfMemory.into());
            }
        }
    }
}

/// Hands on the VMAs of a text below `window`. What only smaps has is missing from the others.
///
/// # Errors
///
/// Those of `found`, and if a number or a range is none.
pub(crate) fn vmas(
    text: &[u8],
    window: u64,
    mut found: impl FnMut(Vma) -> io::Result<()>,
) -> io::Result<()> {
    let mut last: Option<Vma> = None;
    for line in lines(text) {
        if let Some(head) = Head::parse(line) {
            last.take().map_or(Ok(()), &mut found)?;
            if head.start >= window {
                return Ok(());
            }
            let range = AddrRange::new(Addr::new(head.start), Addr::new(head.end));
            let range = range.ok_or(io::ErrorKind::InvalidData)?;
            last = Some(Vma { range, flags: head.access, key: 0 });
        } else if let Some(vma) = &mut last {
            if let Some(words) = line.strip_prefix(b"VmFlags:") {
                vma.flags = flags(words);
            } else if let Some(number) = line.strip_prefix(b"ProtectionKey:") {
                vma.key = key(number).ok_or(io::ErrorKind::InvalidData)?;
            }
        }
    }
    last.map_or(Ok(()), found)
}

/// The first line of a VMA.
struct Head {
    start: u64,
    end: u64,
    access: VmaFlags,
}

impl Head {
    /// Reads `START-END rwxp ...`. The other lines of smaps have no number before a dash.
    fn parse(line: &[u8]) -> Option<Self> {
        let (start, rest) = hex(line)?;
        let (end, rest) = hex(rest.strip_prefix(b"-")?)?;
        let &[b' ', r, w, x, ..] = rest else { return None };
        let access = [(r, VmaFlags::RD), (w, VmaFlags::WR), (x, VmaFlags::EX)];
        let access = access.into_iter().filter(|&(byte, _)| byte != b'-');
        Some(Self { start, end, access: access.map(|(_, flag)| flag).collect() })
    }
}

/// The hexadecimal number that a line begins with, and what follows it.
fn hex(line: &[u8]) -> Option<(u64, &[u8])> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (number, rest) = line.split_at(digits);
    let number = u64::from_str_radix(str::from_utf8(number).ok()?, 16).ok()?;
    Some((number, rest))
}

/// The flags of these names. Others, such as those that all private memory has, are left out.
fn flags(words: &[u8]) -> VmaFlags {
    words.split(u8::is_ascii_whitespace).filter_map(flag).collect()
}

fn flag(word: &[u8]) -> Option<VmaFlags> {
    let named = |(name, _): &(&str, VmaFlags)| name.as_bytes().eq_ignore_ascii_case(word);
    VmaFlags::all().iter_names().find(named).map(|(_, flag)| flag)
}

fn key(number: &[u8]) -> Option<u8> {
    str::from_utf8(number).ok()?.trim().parse().ok()
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&byte| byte == b'\n')
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    const SMAPS: &str = "\
00010000-00012000 rw-p 00000000 00:00 0 
Size:                  8 kB
Anonymous:             0 kB
THPeligible:           0
ProtectionKey:         0
VmFlags: rd wr mr mw me gd ac 
00012000-00013000 --xp 00000000 00:00 0                                  [anon]
ProtectionKey:         1
VmFlags: ex mr mw me lo dd 
7f0000000000-7f0000001000 ---p 00000000 00:00 0 
VmFlags: mr mw me nr 
";

    fn read(text: &str) -> Vec<(u64, u64, String, u8)> {
        let mut kept = Text::new();
        kept.read(Cursor::new(text), 1 << 24).expect("it can be read");
        let mut all = Vec::new();
        let found = |vma: Vma| {
            let Vma { range, flags, key } = vma;
            all.push((range.start().get(), range.end().get(), flags.to_string(), key));
            Ok(())
        };
        vmas(kept.as_bytes(), 1 << 24, found).expect("it is well-formed");
        all
    }

    #[test]
    fn smaps_has_all_flags_up_to_the_window() {
        let expected = [
            (0x1_0000, 0x1_2000, "rd wr gd ac".to_owned(), 0),
            (0x1_2000, 0x1_3000, "ex lo dd".to_owned(), 1),
        ];
        assert_eq!(read(SMAPS), expected);
    }

    #[test]
    fn maps_has_the_protection_alone() {
        let maps = "00010000-00012000 r-xp 00000000 00:00 0 \n\
                    00012000-00013000 ---p 00000000 00:00 0 \n";
        let expected =
            [(0x1_0000, 0x1_2000, "rd ex".to_owned(), 0), (0x1_2000, 0x1_3000, "-".to_owned(), 0)];
        assert_eq!(read(maps), expected);
    }

    #[test]
    fn numbers_that_are_none_are_refused() {
        let bad = "00010000-00012000 r-xp 0\nProtectionKey:   many\n";
        assert!(vmas(bad.as_bytes(), 1 << 24, |_| Ok(())).is_err());
        let reversed = "00012000-00010000 r-xp 0\n";
        assert!(vmas(reversed.as_bytes(), 1 << 24, |_| Ok(())).is_err());
    }
}
