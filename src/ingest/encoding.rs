//! UTF-16 with a byte order mark, as `PowerShell` writes it with `>`, as UTF-8.
//!
//! Nothing else is guessed: without a mark a text is UTF-8. Half a pair stands as the replacement character.

use std::borrow::Cow;
use std::io::{self, Cursor, Read};

/// The mark that some programs put before UTF-8.
pub(in crate::ingest) const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// Whether a text begins with the mark of UTF-16, low byte first.
pub(in crate::ingest) fn is_wide(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xfe")
}

/// A text as UTF-8, without its mark.
pub(in crate::ingest) fn utf8(bytes: &[u8]) -> Cow<'_, [u8]> {
    if is_wide(bytes) {
        let mut text = Vec::with_capacity(bytes.len() / 2);
        // Reading from memory does not fail.
        let _ = Narrow::new(bytes).read_to_end(&mut text);
        return Cow::Owned(text);
    }
    Cow::Borrowed(bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes))
}

/// UTF-16 in, UTF-8 out, in constant memory.
pub(in crate::ingest) struct Narrow<R> {
    pub(in crate::ingest) inner: R,
    /// Bytes that are not yet a whole letter.
    rest: Vec<u8>,
    ready: Cursor<Vec<u8>>,
    done: bool,
}

impl<R> Narrow<R> {
    pub(in crate::ingest) fn new(inner: R) -> Narrow<R> {
        Narrow {
            inner,
            rest: Vec::new(),
            ready: Cursor::default(),
            done: false,
        }
    }

    fn decode(&mut self) {
        let (pairs, odd) = self.rest.as_chunks::<2>();
        let mut units: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
        let mut kept = odd.len();
        // The second half of a pair may come with the next bytes.
        if !self.done && matches!(units.last(), Some(0xd800..=0xdbff)) {
            units.pop();
            kept += 2;
        }
        self.rest.drain(..self.rest.len() - kept);
        let text = String::from_utf16_lossy(&units).replace('\u{feff}', "");
        self.ready = Cursor::new(text.into_bytes());
    }
}

impl<R: Read> Read for Narrow<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let n = self.ready.read(into)?;
            if n > 0 || self.done || into.is_empty() {
                return Ok(n);
            }
            let mut chunk = [0; 16 * 1024];
            let n = self.inner.read(&mut chunk)?;
            self.done = n == 0;
            self.rest
                .extend_from_slice(chunk.get(..n).unwrap_or_default());
            self.decode();
        }
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
    fn letters_of_every_width_come_through() {
        let text = "Name;größe/日本/😀\r\n";
        let units = format!("\u{feff}{text}");
        let bytes: Vec<u8> = units.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(is_wide(&bytes));
        assert_eq!(utf8(&bytes).as_ref(), text.as_bytes());
        let mut slow = String::new();
        Narrow::new(Slow(&bytes)).read_to_string(&mut slow).unwrap();
        assert_eq!(slow, text);
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
