//! Lines of a log: decompressed, without escape sequences of a terminal, in bounded memory.
//!
//! A line longer than [`LONGEST`] is read past and counted, never held.

use std::io::{self, BufRead, Read};

/// Longest line that is looked at, in bytes.
pub(super) const LONGEST: u64 = 1024 * 1024;

/// One line, or that one was too long.
pub(super) enum Line {
    /// Without its end and without escape sequences.
    Text(String),
    /// It was read past.
    TooLong,
}

/// The next line; `None` at the end.
pub(super) fn next(mut reader: &mut dyn BufRead) -> io::Result<Option<Line>> {
    let mut bytes = Vec::new();
    Read::take(&mut reader, LONGEST + 1).read_until(b'\n', &mut bytes)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    } else if bytes.len() as u64 > LONGEST {
        reader.skip_until(b'\n')?;
        return Ok(Some(Line::TooLong));
    }
    Ok(Some(Line::Text(plain(&String::from_utf8_lossy(&bytes)))))
}

/// A text without the sequences that move a cursor, clear a screen or colour: `ESC [ ... letter`, `ESC` and one letter.
pub(super) fn plain(text: &str) -> String {
    let text = text.trim_start_matches('\u{feff}').trim_end_matches('\r');
    if !text.contains('\u{1b}') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\u{1b}' {
            out.push(letter);
            continue;
        }
        if letters.next() == Some('[') {
            // The final byte of a control sequence (ECMA-48, 5.4).
            letters.find(|letter| ('@'..='~').contains(letter));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_is_told_is_taken_out() {
        assert_eq!(plain("\u{1b}[H\u{1b}[JCONTAINER\u{1b}[K\r"), "CONTAINER");
        assert_eq!(plain("\u{1b}[2J\u{1b}[H\u{1b}[31mx\u{1b}[0m"), "x");
        assert_eq!(plain("a\u{1b}"), "a");
        assert_eq!(plain("a\u{1b}[12"), "a");
    }

    #[test]
    fn a_line_too_long_is_read_past() {
        let text = format!("a\n{}\nb", "x".repeat(1024 * 1024 + 1));
        let mut reader = std::io::BufReader::with_capacity(512, text.as_bytes());
        let mut seen = Vec::new();
        while let Some(line) = next(&mut reader).unwrap() {
            seen.push(match line {
                Line::Text(text) => text,
                Line::TooLong => "-".to_owned(),
            });
        }
        assert_eq!(seen, ["a", "-", "b"]);
    }
}
