//! Cuts a stream into blocks that end where a record ends.
//!
//! A quote opens a quoted field only at the start of a field, and two quotes inside it are one: RFC 4180, as the `csv` crate
//! and Python read it. A quote that is never closed would swallow the rest of the file, so a record that grows
//! too long is given up and reading goes on at its second line.

use std::io::{self, Read};

use memchr::{memchr, memchr_iter, memrchr};

use crate::ingest::decompress::is_torn;
use crate::ingest::recorder::Trouble;

/// How fields are quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quoting {
    /// The quote.
    pub quote: u8,
    /// What stands between fields.
    pub delimiter: u8,
}

/// Whole records.
pub(in crate::ingest) struct Cut {
    pub(in crate::ingest) bytes: Vec<u8>,
    pub(in crate::ingest) first_line: u64,
    pub(in crate::ingest) is_last: bool,
}

/// Why something was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ingest) enum Skipped {
    TooLong,
    NeverClosed,
    /// The row at which a compressed stream breaks off.
    Torn,
}

impl Skipped {
    /// What the reader notes.
    pub(in crate::ingest) fn trouble(self) -> Trouble {
        match self {
            Skipped::TooLong => Trouble {
                id: "oversize-rows",
                text: "rows longer than 1 MiB are left out",
            },
            Skipped::NeverClosed => Trouble {
                id: "open-quotes",
                text: "lines that open a quote and never close it are left out",
            },
            Skipped::Torn => Trouble {
                id: "torn-file",
                text: "the compressed file ends too early and was read to its last whole row; was the run or the copy interrupted?",
            },
        }
    }
}

/// Cuts a stream.
pub(in crate::ingest) struct Cutter<R> {
    stream: R,
    quoting: Option<Quoting>,
    block: usize,
    record: usize,
    /// What was read and not yet given; it starts where a record starts.
    held: Vec<u8>,
    line: u64,
    ended: bool,
    /// The compressed stream breaks off: what is behind its last whole record is none.
    torn: bool,
    /// What was left out since the last look, with its line.
    pub(in crate::ingest) skipped: Vec<(Skipped, u64)>,
}

impl<R: Read> Cutter<R> {
    pub(in crate::ingest) fn new(
        stream: R,
        quoting: Option<Quoting>,
        block: usize,
        record: usize,
    ) -> Self {
        Cutter {
            stream,
            quoting,
            block: block.max(1),
            record,
            held: Vec::new(),
            line: 1,
            ended: false,
            torn: false,
            skipped: Vec::new(),
        }
    }

    /// The next records; `spare` is an old buffer to be used again.
    pub(in crate::ingest) fn next(&mut self, mut spare: Vec<u8>) -> io::Result<Option<Cut>> {
        loop {
            self.fill(self.block)?;
            if self.held.is_empty() {
                return Ok(None);
            }
            let (end, open) = last_end(&self.held, self.quoting);
            if end > 0 {
                return Ok(Some(self.take(end, &mut spare)));
            }
            if self.torn {
                self.held.clear();
                return Ok(None);
            }
            if self.held.len() > self.record {
                self.give_up(open)?;
            } else if !self.ended {
                let more = self.held.len() + self.block;
                self.fill(more)?;
            } else if open && memchr(b'\n', &self.held).is_some() {
                self.give_up(true)?;
            } else {
                // The last line has no end, or a quote that its parser will complain about.
                return Ok(Some(self.take(self.held.len(), &mut spare)));
            }
        }
    }

    fn fill(&mut self, wanted: usize) -> io::Result<()> {
        while !self.ended && self.held.len() < wanted {
            let missing = (wanted - self.held.len()) as u64;
            let part = (&mut self.stream).take(missing);
            self.ended = match { part }.read_to_end(&mut self.held) {
                Ok(n) => n == 0,
                Err(error) if is_torn(&error) => {
                    self.torn = true;
                    let lines = memchr_iter(b'\n', &self.held).count() as u64;
                    self.skipped.push((Skipped::Torn, self.line + lines));
                    true
                }
                Err(error) => return Err(error),
            };
        }
        Ok(())
    }

    fn take(&mut self, end: usize, spare: &mut Vec<u8>) -> Cut {
        let mut rest = std::mem::take(spare);
        rest.clear();
        rest.extend_from_slice(self.held.get(end..).unwrap_or_default());
        let mut bytes = std::mem::replace(&mut self.held, rest);
        bytes.truncate(end);
        let first_line = self.line;
        self.line += memchr_iter(b'\n', &bytes).count() as u64;
        Cut {
            bytes,
            first_line,
            is_last: self.ended && self.held.is_empty(),
        }
    }

    /// Leaves out the line at which the held bytes start, however long it is.
    fn give_up(&mut self, open: bool) -> io::Result<()> {
        let mut found = memchr(b'\n', &self.held);
        let why = if open && found.is_some() {
            Skipped::NeverClosed
        } else {
            Skipped::TooLong
        };
        self.skipped.push((why, self.line));
        while found.is_none() && !self.ended {
            self.held.clear();
            self.fill(self.block)?;
            found = memchr(b'\n', &self.held);
        }
        match found {
            Some(end) => drop(self.held.drain(..=end)),
            None => self.held.clear(),
        }
        // A long line leaves a long buffer behind.
        self.held.shrink_to(self.block);
        self.line += 1;
        Ok(())
    }
}

/// Where the last whole record ends (0 = nowhere), and whether the bytes end inside a quoted field.
fn last_end(bytes: &[u8], quoting: Option<Quoting>) -> (usize, bool) {
    let last = |from: usize, to: usize| {
        let part = bytes.get(from..to).unwrap_or_default();
        memrchr(b'\n', part).map(|at| from + at + 1)
    };
    let Some(Quoting { quote, delimiter }) = quoting else {
        return (last(0, bytes.len()).unwrap_or(0), false);
    };
    let next = |from: usize| {
        let part = bytes.get(from..).unwrap_or_default();
        memchr(quote, part).map(|at| from + at)
    };
    let (mut end, mut from) = (0, 0);
    loop {
        let Some(at) = next(from) else {
            return (last(from, bytes.len()).unwrap_or(end), false);
        };
        end = last(from, at).unwrap_or(end);
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        from = at + 1;
        if before.is_some_and(|before| *before != b'\n' && *before != delimiter) {
            continue;
        }
        loop {
            let Some(close) = next(from) else {
                return (end, true);
            };
            from = close + 1;
            if bytes.get(from) != Some(&quote) {
                break;
            }
            from += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTING: Option<Quoting> = Some(Quoting {
        quote: b'"',
        delimiter: b',',
    });

    type Blocks = Vec<(u64, String)>;

    /// Blocks with their first lines, and what was left out.
    fn cut(text: &[u8], block: usize, record: usize) -> (Blocks, Vec<(Skipped, u64)>) {
        let mut cutter = Cutter::new(text, QUOTING, block, record);
        let (mut blocks, mut skipped) = (Vec::new(), Vec::new());
        while let Some(cut) = cutter.next(Vec::new()).unwrap() {
            let text = String::from_utf8(cut.bytes).unwrap();
            blocks.push((cut.first_line, text));
            assert!(cutter.held.capacity() <= 4 * (block + record) + 64);
        }
        skipped.append(&mut cutter.skipped);
        (blocks, skipped)
    }

    #[test]
    fn a_line_end_inside_quotes_is_no_boundary() {
        let text = "a,\"x\ny\"\"\n,\",3\nb,5\" disk\nc,\"\"\n\"d\n\",1\nlast";
        for block in 1..60 {
            let (blocks, skipped) = cut(text.as_bytes(), block, 1000);
            assert!(skipped.is_empty());
            let joined: String = blocks.iter().map(|(_, text)| text.as_str()).collect();
            assert_eq!(joined, text);
            let starts = ["a,", "b,", "c,", "\"d", "last"];
            for (line, text) in &blocks {
                assert!(starts.iter().any(|start| text.starts_with(start)), "{text}");
                let before = joined.find(text.as_str()).unwrap();
                let lines = joined.split_at(before).0.matches('\n').count();
                assert_eq!(*line, 1 + lines as u64);
            }
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_costs_one_line() {
        let text = "a,1\nb,\"2\nc,3\nd,4\n";
        for block in 1..30 {
            let (blocks, skipped) = cut(text.as_bytes(), block, 1000);
            let joined: String = blocks.iter().map(|(_, text)| text.as_str()).collect();
            assert_eq!(joined, "a,1\nc,3\nd,4\n");
            assert_eq!(skipped, [(Skipped::NeverClosed, 2)]);
        }
    }

    #[test]
    fn a_long_line_is_left_out_without_being_held() {
        let long = "x".repeat(100_000);
        let text = format!("a,1\n{long}\nb,2\n{long}");
        for block in [1, 7, 64] {
            let (blocks, skipped) = cut(text.as_bytes(), block, 100);
            let joined: String = blocks.iter().map(|(_, text)| text.as_str()).collect();
            assert_eq!(joined, "a,1\nb,2\n");
            let want = [(Skipped::TooLong, 2), (Skipped::TooLong, 4)];
            assert_eq!(skipped, want);
            assert_eq!(blocks.last().unwrap().0, 3);
        }
    }
}
