//! The tags of an XML stream in bounded memory: what stands between them is read past and never held.
//!
//! Text, CDATA and comments are skipped before the parser sees them; a tag longer than [`LONGEST`] is an error.

use std::io::{self, BufRead, Read};

/// Longest tag, declaration or processing instruction, in bytes.
pub(super) const LONGEST: u64 = 16 * 1024 * 1024;

const SECTIONS: [(&[u8], &[u8]); 2] = [(b"<![CDATA[", b"]]>"), (b"<!--", b"-->")];

/// A stream that stands before a tag after [`Markup::skip`].
pub(super) struct Markup<R> {
    inner: R,
    /// What was read to tell a tag from a section and is given first.
    held: Vec<u8>,
    /// What may still be read of this tag.
    left: u64,
    /// Bytes that were read past.
    pub(super) skipped: u64,
    /// Whether a tag was longer than [`LONGEST`].
    pub(super) too_long: bool,
}

impl<R: BufRead> Markup<R> {
    pub(super) fn new(inner: R) -> Self {
        Markup {
            inner,
            held: Vec::new(),
            left: LONGEST,
            skipped: 0,
            too_long: false,
        }
    }

    /// Reads on to the next tag, or to the end; `false` if the stream ends inside a section.
    pub(super) fn skip(&mut self) -> io::Result<bool> {
        self.left = LONGEST;
        if !self.held.is_empty() {
            return Ok(true);
        }
        loop {
            if !self.past_text()? {
                return Ok(true);
            }
            while let Some(next) = self.peek()? {
                let mut longer = self.held.clone();
                longer.push(next);
                if !SECTIONS.iter().any(|(open, _)| open.starts_with(&longer)) {
                    return Ok(true);
                }
                self.inner.consume(1);
                self.held = longer;
                let section = SECTIONS.iter().find(|(open, _)| *open == self.held);
                if let Some((open, close)) = section {
                    self.held.clear();
                    self.skipped += open.len() as u64;
                    if !self.past(close)? {
                        return Ok(false);
                    }
                    break;
                }
            }
            if !self.held.is_empty() {
                return Ok(true);
            }
        }
    }

    fn fill(&mut self) -> io::Result<&[u8]> {
        // Borrowing the outcome of the last turn of a loop is refused, so it is asked for again below.
        while let Err(error) = self.inner.fill_buf() {
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
        self.inner.fill_buf()
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.fill()?.first().copied())
    }

    /// Up to the next `<`, which stays; whether there is one.
    fn past_text(&mut self) -> io::Result<bool> {
        loop {
            let chunk = self.fill()?;
            if chunk.is_empty() {
                return Ok(false);
            }
            let found = memchr::memchr(b'<', chunk);
            let used = found.unwrap_or(chunk.len());
            self.inner.consume(used);
            self.skipped += used as u64;
            if found.is_some() {
                return Ok(true);
            }
        }
    }

    /// Behind the end of a section, which is some letter twice and `>`; whether there is one.
    fn past(&mut self, close: &[u8]) -> io::Result<bool> {
        let twice = close.first().copied().unwrap_or_default();
        let mut run = 0_u8;
        loop {
            let chunk = self.fill()?;
            if chunk.is_empty() {
                return Ok(false);
            }
            let mut end = None;
            let mut at = 0;
            while let Some(rest) = chunk.get(at..).filter(|rest| !rest.is_empty()) {
                if run == 0 {
                    let Some(found) = memchr::memchr(twice, rest) else {
                        break;
                    };
                    at += found + 1;
                    run = 1;
                    continue;
                }
                let byte = rest.first().copied().unwrap_or_default();
                at += 1;
                if byte == twice {
                    run = 2;
                } else if byte == b'>' && run == 2 {
                    end = Some(at);
                    break;
                } else {
                    run = 0;
                }
            }
            let used = end.unwrap_or(chunk.len());
            self.inner.consume(used);
            self.skipped += used as u64;
            if end.is_some() {
                return Ok(true);
            }
        }
    }
}

impl<R: BufRead> BufRead for Markup<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            self.too_long = true;
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a tag is longer than 16 MiB",
            ));
        }
        if self.held.is_empty() {
            return self.inner.fill_buf();
        }
        Ok(&self.held)
    }

    fn consume(&mut self, count: usize) {
        self.left = self.left.saturating_sub(count as u64);
        if self.held.is_empty() {
            self.inner.consume(count);
        } else {
            self.held.drain(..count.min(self.held.len()));
        }
    }
}

impl<R: BufRead> Read for Markup<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(into)?;
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tags of a text, each up to its `>`, and whether it ends outside of sections.
    fn tags(text: &str, buffer: usize) -> (Vec<String>, bool, u64) {
        let inner = io::BufReader::with_capacity(buffer, text.as_bytes());
        let mut markup = Markup::new(inner);
        let mut found = Vec::new();
        loop {
            if !markup.skip().unwrap() {
                return (found, false, markup.skipped);
            }
            let mut tag = Vec::new();
            if markup.read_until(b'>', &mut tag).unwrap() == 0 {
                return (found, true, markup.skipped);
            }
            found.push(String::from_utf8(tag).unwrap());
        }
    }

    #[test]
    fn what_stands_between_tags_is_read_past_at_any_size_of_the_buffer() {
        let text =
            "x<a b='1'>&amp; t<![CDATA[<no> ]] ]> ]]]><!-- <no> - -- ---><c/><!DOCTYPE x></a>\n";
        let held: usize = ["<a b='1'>", "<c/>", "<!DOCTYPE x>", "</a>"]
            .map(str::len)
            .iter()
            .sum();
        for buffer in 1..text.len() {
            let (found, whole, skipped) = tags(text, buffer);
            assert_eq!(found, ["<a b='1'>", "<c/>", "<!DOCTYPE x>", "</a>"]);
            assert!(whole);
            assert_eq!(skipped, (text.len() - held) as u64);
            for open in ["<a><![CDATA[ ]]", "<a><!-- --", "<a><!---"] {
                assert!(!tags(open, buffer).1, "{open}");
            }
            assert_eq!(tags("<a><![CDA", buffer).0, ["<a>", "<![CDA"]);
        }
    }
}
