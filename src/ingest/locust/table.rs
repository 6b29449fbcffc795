//! One CSV file of Locust: its columns by name, its rows as a stream, its cells as numbers with a place.
//!
//! No row is kept. Refuses tables that a spreadsheet saved again with semicolons or tabs between the cells: it may have put
//! commas into the numbers and separators between thousands. One that it saved with commas is read, and its rows of
//! empty cells are none (`samples/locust/blank-rows`). A row may be as long as [`ROW_LIMIT`]: a quote that is never
//! closed would otherwise take the rest of the file into memory.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use csv::{ByteRecord, Reader, ReaderBuilder};

use crate::ingest::error::{IngestError, Place};
use crate::ingest::input::{Hashed, Input};
use crate::ingest::log::fields::is_blank;
use crate::model::{FileRef, Percentile};

/// How many bytes one row may take.
pub(super) const ROW_LIMIT: u64 = 16 * 1024 * 1024;

/// The first row of a text, without quotes and blanks, and what stands between its cells.
pub(super) fn header_of(bytes: &[u8]) -> (Vec<String>, u8) {
    let first = bytes
        .trim_ascii_start()
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .next()
        .unwrap_or_default();
    // A line of a binary or of one endless row is no header.
    let first = first.get(..first.len().min(8192)).unwrap_or_default();
    // No name of a column holds any of the three, but a header may be one cell, or quoted with commas: `99,9%`.
    let delimiter = [b';', b'\t']
        .into_iter()
        .find(|delimiter| first.contains(delimiter))
        .unwrap_or(b',');
    let cells = first
        .split(|byte| *byte == delimiter)
        .map(|cell| {
            let text = String::from_utf8_lossy(cell);
            text.trim().trim_matches('"').to_owned()
        })
        .collect();
    (cells, delimiter)
}

/// Fails once too much was read for one row.
struct Bounded {
    inner: Hashed,
    since_row: Rc<Cell<u64>>,
}

impl Read for Bounded {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.since_row.get() > ROW_LIMIT {
            return Err(io::Error::other(TooLong));
        }
        let n = self.inner.read(into)?;
        self.since_row.set(self.since_row.get() + n as u64);
        Ok(n)
    }
}

/// The mark of a row beyond the limit.
#[derive(Debug, thiserror::Error)]
#[error("a row is longer than {ROW_LIMIT} bytes; is a quote never closed?")]
struct TooLong;

fn is_too_long(error: &io::Error) -> bool {
    error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<TooLong>())
        .is_some()
}

/// An open file.
pub(super) struct Table {
    reader: Reader<Bounded>,
    since_row: Rc<Cell<u64>>,
    row: ByteRecord,
    /// What the file is called.
    pub(super) file: String,
    columns: Vec<String>,
    /// Whether lines end with a carriage return.
    returns: bool,
}

impl Table {
    /// Opens a file and reads its header.
    pub(super) fn open(input: &Input) -> Result<Table, IngestError> {
        let (head, _) = input.head()?;
        let found = match header_of(&head).1 {
            b';' => Some("semicolons"),
            b'\t' => Some("tabs"),
            _ => None,
        };
        if let Some(found) = found {
            let problem = format!("expected commas between the cells, found {found}");
            return Err(
                IngestError::content(&input.name, Place::Line(1), problem).with_hint(
                    "a spreadsheet saved it again and may have changed its numbers: give the file as Locust wrote it",
                ),
            );
        }
        let since_row = Rc::new(Cell::new(0));
        let inner = input.open()?;
        let bounded = Bounded {
            inner,
            since_row: Rc::clone(&since_row),
        };
        let reader = ReaderBuilder::new()
            .flexible(true)
            .has_headers(false)
            .buffer_capacity(128 * 1024)
            .from_reader(bounded);
        let mut table = Table {
            reader,
            since_row,
            row: ByteRecord::new(),
            file: input.name.clone(),
            columns: Vec::new(),
            returns: head.iter().find(|b| matches!(b, b'\r' | b'\n')) == Some(&b'\r'),
        };
        if table.next()? {
            table.columns = table
                .row
                .iter()
                .map(|cell| String::from_utf8_lossy(cell).trim().to_owned())
                .collect();
        }
        Ok(table)
    }

    /// Goes to the next row; false at the end. A row of empty cells, as a spreadsheet leaves it, is none.
    pub(super) fn next(&mut self) -> Result<bool, IngestError> {
        loop {
            let found = self.next_record()?;
            if !found || !is_blank(self.row.as_slice(), b',') {
                return Ok(found);
            }
        }
    }

    fn next_record(&mut self) -> Result<bool, IngestError> {
        self.since_row.set(0);
        self.reader
            .read_byte_record(&mut self.row)
            .map_err(|error| {
                let line = self.reader.position().line();
                match error.into_kind() {
                    csv::ErrorKind::Io(source) if is_too_long(&source) => {
                        IngestError::content(&self.file, Place::Line(line), source.to_string())
                    }
                    csv::ErrorKind::Io(source) => IngestError::Read {
                        file: self.file.clone(),
                        source,
                    },
                    other => {
                        IngestError::content(&self.file, Place::Line(line), format!("{other:?}"))
                    }
                }
            })
    }

    /// Where a column is.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// Where a column is that must be there.
    pub(super) fn need(&self, name: &str) -> Result<usize, IngestError> {
        self.column(name).ok_or_else(|| {
            IngestError::content(
                &self.file,
                Place::Line(1),
                format!("the column `{name}` is missing"),
            )
            .with_hint("Locust writes it since 1.0; was a column removed?")
        })
    }

    /// The columns `50%`, `99.9%`; `100%` is apart, as it is not a percentile and, rounded, not the maximum.
    pub(super) fn percentiles(&self) -> Vec<(usize, Percentile)> {
        let columns = self.columns.iter().enumerate();
        columns
            .filter_map(|(at, name)| {
                let percent = name.strip_suffix('%')?.trim();
                Some((at, percent.parse().ok()?))
            })
            .collect()
    }

    /// Whether the row has as many cells as the header.
    pub(super) fn is_whole(&self) -> bool {
        self.row.len() >= self.columns.len()
    }

    /// The line the row starts on.
    pub(super) fn line(&self) -> u64 {
        // The parser ends a row at the carriage return and counts the line feed to the next one.
        let late = u64::from(self.returns && !self.columns.is_empty());
        self.row.position().map_or(0, csv::Position::line) + late
    }

    /// The bytes of a cell.
    pub(super) fn bytes(&self, at: usize) -> &[u8] {
        self.row.get(at).unwrap_or_default()
    }

    /// The text of a cell, blanks kept.
    pub(super) fn text(&self, at: usize) -> String {
        String::from_utf8_lossy(self.bytes(at)).into_owned()
    }

    /// A cell that is not what it should be.
    pub(super) fn wrong(&self, at: usize, expected: &str) -> IngestError {
        let column = self.columns.get(at).cloned().unwrap_or_default();
        let text = self.text(at);
        let shown: String = text.chars().take(40).collect();
        IngestError::content(
            &self.file,
            Place::FieldAt(column, self.line()),
            format!("expected {expected}, found `{shown}`"),
        )
    }

    /// A cell that counts something.
    pub(super) fn count(&self, at: usize) -> Result<u64, IngestError> {
        let parsed = std::str::from_utf8(self.bytes(at)).ok();
        parsed
            .and_then(|text| text.trim().parse().ok())
            .ok_or_else(|| self.wrong(at, "a whole number, 0 or more"))
    }

    /// A cell that holds a quantity; `N/A` and nothing are absent.
    pub(super) fn number(&self, at: usize) -> Result<Option<f64>, IngestError> {
        let wrong = || self.wrong(at, "a number, 0 or more, or N/A");
        let Ok(text) = std::str::from_utf8(self.bytes(at)) else {
            return Err(wrong());
        };
        let text = text.trim();
        if text.is_empty() || text == "N/A" {
            return Ok(None);
        }
        match text.parse() {
            Ok(value) if f64::is_finite(value) && value >= 0.0 => Ok(Some(value)),
            _ => Err(wrong()),
        }
    }

    /// What file it was.
    pub(super) fn finish(self) -> Result<FileRef, IngestError> {
        self.reader.into_inner().inner.finish()
    }
}
