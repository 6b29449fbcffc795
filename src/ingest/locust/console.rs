//! The log and the tables that Locust prints around the array of `--json` when both go to one file.
//!
//! Tells where an array may start and what is log. A line of the log starts with `[` and a date, an array with `[` and an
//! object or nothing. Keeps nothing of the log: it holds the host's name.

use memchr::{memchr_iter, memmem};

use crate::ingest::error::{IngestError, Place};

/// Whether a text may be this format's.
pub(super) fn is_one(text: &[u8]) -> bool {
    text.starts_with(b"[") || is_log(text) || arrays(text).next().is_some()
}

/// Whether a text starts as Locust's log: `[2026-11-21 02:27:21,123] HOST/INFO/locust.main: ...`.
pub(super) fn is_log(text: &[u8]) -> bool {
    let mut lines = text.split(|byte| *byte == b'\n').take(50);
    lines.any(|line| {
        let line = line.get(..line.len().min(400)).unwrap_or_default();
        line.starts_with(b"[2") && memmem::find(line, b"/locust.").is_some()
    })
}

/// Where arrays of objects, or empty ones, start a line.
pub(super) fn arrays(text: &[u8]) -> impl Iterator<Item = usize> + '_ {
    memchr_iter(b'[', text).filter(|at| {
        let before = text.get(at.saturating_sub(80)..*at).unwrap_or_default();
        let indent = before.trim_ascii_end();
        let starts = match before.get(indent.len()..) {
            Some(blanks) if !indent.is_empty() || *at > 80 => blanks.contains(&b'\n'),
            _ => true,
        };
        let after = text.get(at + 1..).unwrap_or_default().trim_ascii_start();
        starts && matches!(after.first(), Some(b'{' | b']'))
    })
}

pub(super) fn is_empty_array(bytes: &[u8]) -> bool {
    let mut inside = bytes.iter().filter(|byte| !byte.is_ascii_whitespace());
    matches!(
        (inside.next(), inside.next(), inside.next()),
        (Some(b'['), Some(b']'), None)
    )
}

/// Whether only lines of the log follow.
pub(super) fn is_rest_of_log(rest: &[u8]) -> bool {
    let rest = rest.trim_ascii();
    rest.is_empty() || is_log(rest)
}

/// An error's place, in a text that starts so many lines later.
pub(super) fn below(mut error: IngestError, lines: u64) -> IngestError {
    if let IngestError::Content { place, .. } = &mut error
        && let Place::LineColumn(line, _) | Place::Line(line) = place
    {
        *line += lines;
    }
    error
}
