//! UTF-16 with a byte order mark, as spreadsheets save "Unicode text" and `PowerShell` writes with `>`, as UTF-8.
//!
//! Nothing else is guessed: without a mark a text is UTF-8. Half a pair stands as the replacement character.

use std::borrow::Cow;
use std::io::{self, Read};

/// The mark that some programs put before UTF-8.
pub(in crate::ingest) const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// The order of the bytes of a UTF-16 text, by its mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ingest) enum Wide {
    /// `ff fe`
    Little,
    /// `fe ff`
    Big,
}

impl Wide {
    /// What the first two bytes say.
    pub(in crate::ingest) fn of(bytes: &[u8]) -> Option<Wide> {
        match bytes {
            [0xff, 0xfe, ..] => Some(Wide::Little),
            [0xfe, 0xff, ..] => Some(Wide::Big),
            _ => None,
        }
    }

    fn unit(self, pair: [u8; 2]) -> u16 {
        match self {
            Wide::Little => u16::from_le_bytes(pair),
            Wide::Big => u16::from_be_bytes(pair),
        }
    }
}

/// A text as UTF-8, without its mark.
pub(in crate::ingest) fn utf8(bytes: &[u8]) -> Cow<'_, [u8]> {
    if let Some(wide) = Wide::of(bytes) {
        let mut text = Vec::with_capacity(bytes.len() / 2);
        // Reading from memory does not fail.
        let _ = Narrow::new(bytes, wide).read_to_end(&mut text);
        return Cow::Owned(text);
    }
    Cow::Borrowed(bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes))
}

/// UTF-16 in, UTF-8 out, in constant memory.
pub(in crate::ingest) struct Narrow<R> {
    pub(in crate::ingest) inner: R,
    wide: Wide,
    /// Bytes that are not yet a whole letter.
    rest: Vec<u8>,
    ready: Vec<u8>,
    taken: usize,
    done: bool,
}

impl<R> Narrow<R> {
    pub(in crate::ingest) fn new(inner: R, wide: Wide) -> Narrow<R> {
        Narrow {
            inner,
            wide,
            rest: Vec::new(),
            ready: Vec::new(),
            taken: 0,
            done: false,
        }
    }

    fn decode(&mut self) {
        let (pairs, odd) = self.rest.as_chunks::<2>();
        let mut units: Vec<u16> = pairs.iter().map(|pair| self.wide.unit(*pair)).collect();
        let mut kept = odd.to_vec();
        // The second half of a pair may come with the next bytes.
        if !self.done
            && let Some(0xd800..=0xdbff) = units.last()
        {
            units.pop();
            kept = [pairs.last().map_or(&[][..], |pair| pair), odd].concat();
        }
        self.rest = kept;
        self.ready.clear();
        self.taken = 0;
        let mut letter = [0; 4];
        for unit in char::decode_utf16(units) {
            let decoded = unit.unwrap_or(char::REPLACEMENT_CHARACTER);
            if decoded != '\u{feff}' {
                self.ready
                    .extend_from_slice(decoded.encode_utf8(&mut letter).as_bytes());
            }
        }
    }
}

impl<R: Read> Read for Narrow<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.ready.len() && !self.done && !into.is_empty() {
            let mut chunk = [0; 16 * 1024];
            let n = self.inner.read(&mut chunk)?;
            self.done = n == 0;
            self.rest
                .extend_from_slice(chunk.get(..n).unwrap_or_default());
            self.decode();
        }
        let left = self.ready.get(self.taken..).unwrap_or_default();
        let n = left.len().min(into.len());
        if let (Some(to), Some(from)) = (into.get_mut(..n), left.get(..n)) {
            to.copy_from_slice(from);
        }
        self.taken += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let n = self.0.len().min(into.len()).min(1);
            into[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    #[test]
    fn letters_of_every_width_come_through_in_either_order() {
        let text = "Name;größe/日本/😀\r\n";
        for (mark, wide) in [([0xff, 0xfe], Wide::Little), ([0xfe, 0xff], Wide::Big)] {
            let units = text.encode_utf16().flat_map(|unit| match wide {
                Wide::Little => unit.to_le_bytes(),
                Wide::Big => unit.to_be_bytes(),
            });
            let bytes: Vec<u8> = mark.into_iter().chain(units).collect();
            assert_eq!(Wide::of(&bytes), Some(wide));
            assert_eq!(utf8(&bytes).as_ref(), text.as_bytes());
            let mut slow = String::new();
            Narrow::new(Slow(&bytes), wide)
                .read_to_string(&mut slow)
                .unwrap();
            assert_eq!(slow, text);
        }
    }

    #[test]
    fn halves_and_odd_bytes_end_in_an_answer() {
        assert_eq!(utf8(b"\xff\xfe\x3d\xd8").as_ref(), "\u{fffd}".as_bytes());
        assert_eq!(utf8(b"\xff\xfea\0b").as_ref(), b"a");
        assert_eq!(utf8(b"\xff\xfe").as_ref(), b"");
        assert_eq!(utf8(b"\xef\xbb\xbfx").as_ref(), b"x");
        assert_eq!(utf8(b"").as_ref(), b"");
    }
}
