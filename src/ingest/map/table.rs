//! The rows of a table as records: columns by the names of its header, or by their place where the map counts them.
//!
//! Rows are cut as those of logs are, so that a quote that is never closed does not swallow the file.

use std::io::Read;

use crate::ingest::error::{IngestError, Place as Where};
use crate::ingest::log::cut::{Cutter, Quoting};
use crate::ingest::log::fields;
use crate::ingest::map::near::nearest;
use crate::ingest::map::path::{Place, Step};
use crate::ingest::map::value::Raw;
use crate::ingest::map::walk::Walked;
use crate::ingest::map::{ELSEWHERE, Mapping, Record, Sink};

const BLOCK_BYTES: usize = 256 * 1024;
const RECORD_BYTES: usize = 1024 * 1024;

/// What stands between the fields: what the map says, else what the first line shows.
pub(super) fn delimiter(mapping: &Mapping, head: &[u8]) -> u8 {
    mapping.delimiter.unwrap_or_else(|| fields::delimiter(head))
}

/// Whether the first line is a header: it is none where every column is counted.
fn has_header(mapping: &Mapping) -> bool {
    mapping.fields.iter().any(|field| match &field.place {
        Place::Record(path) => !matches!(path.steps.as_slice(), [Step::Place(_)]),
        _ => false,
    })
}

/// The fields of a line.
fn split(line: &[u8], delimiter: u8) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter)
        .from_reader(line);
    let mut record = csv::ByteRecord::new();
    match reader.read_byte_record(&mut record) {
        Ok(true) => record
            .iter()
            .map(|field| String::from_utf8_lossy(field).trim().to_owned())
            .collect(),
        _ => Vec::new(),
    }
}

/// The column of each field, or the first field that has none.
pub(super) fn columns(
    mapping: &Mapping,
    head: &[u8],
) -> Result<Vec<Option<usize>>, (usize, Vec<String>)> {
    let names = if has_header(mapping) {
        split(head, delimiter(mapping, head))
    } else {
        Vec::new()
    };
    let mut columns = Vec::new();
    for (number, field) in mapping.fields.iter().enumerate() {
        columns.push(match &field.place {
            Place::Record(path) => {
                if let [Step::Place(place)] = path.steps.as_slice() {
                    Some(*place)
                } else {
                    let wanted = path.column();
                    let found = names.iter().position(|name| *name == wanted);
                    if found.is_none() {
                        return Err((number, names));
                    }
                    found
                }
            }
            _ => None,
        });
    }
    Ok(columns)
}

/// Walks the rows.
pub(super) fn walk(
    stream: impl Read,
    head: &[u8],
    mapping: &Mapping,
    sink: &mut dyn Sink,
    file: &str,
) -> Result<Walked, IngestError> {
    let refuse = |problem: String| Err(IngestError::content(file, Where::Line(1), problem));
    if !mapping.records.steps.is_empty() {
        return refuse(format!(
            "expected JSON with records at `{}`, as map `{}` says, and found no `{{` or `[`",
            mapping.records, mapping.name
        ));
    }
    if let Some(field) = mapping
        .fields
        .iter()
        .find(|f| !matches!(f.place, Place::Record(_)))
    {
        return refuse(format!(
            "a table has rows alone and nothing at `{}`",
            field.place
        ));
    }
    let columns = columns(mapping, head).map_err(|(number, names)| {
        let field = mapping.fields.get(number);
        let wanted = field.map_or_else(String::new, |field| field.place.to_string());
        let target = field.map_or_else(String::new, |field| field.target.to_string());
        let problem = format!(
            "there is no column `{wanted}`, the `{target}` of map `{}`",
            mapping.name
        );
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let error = IngestError::content(file, Where::Line(1), problem);
        match nearest(&wanted, &names) {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    })?;
    let delimiter = delimiter(mapping, head);
    let mut rows = Rows {
        width: has_header(mapping).then_some(0),
        // Nothing is asked of columns beyond the last one that is mapped.
        needed: columns
            .iter()
            .flatten()
            .max()
            .map_or(0, |last| last.saturating_add(1)),
        columns,
        values: Vec::new(),
        walked: Walked {
            hits: vec![false; mapping.fields.len()],
            document: vec![None; mapping.fields.len()],
            ..Walked::default()
        },
    };
    let fail = |source| IngestError::Read {
        file: file.to_owned(),
        source,
    };
    let quoting = Quoting {
        quote: b'"',
        delimiter,
    };
    let mut cutter = Cutter::new(stream, Some(quoting), BLOCK_BYTES, RECORD_BYTES);
    let mut spare = Vec::new();
    loop {
        let cut = cutter.next(spare).map_err(fail)?;
        for (skipped, line) in cutter.skipped.drain(..) {
            sink.left_out(skipped.trouble().text, rows.walked.records, line);
        }
        let Some(cut) = cut else { break };
        rows.block(&cut.bytes, cut.first_line, delimiter, mapping, sink)?;
        spare = cut.bytes;
    }
    Ok(rows.walked)
}

struct Rows {
    /// Fields of the header; `Some(0)` before it was seen.
    width: Option<usize>,
    /// Fields that a row must have where there is no header.
    needed: usize,
    columns: Vec<Option<usize>>,
    values: Vec<Option<Raw>>,
    walked: Walked,
}

impl Rows {
    fn block(
        &mut self,
        bytes: &[u8],
        first_line: u64,
        delimiter: u8,
        mapping: &Mapping,
        sink: &mut dyn Sink,
    ) -> Result<(), IngestError> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(bytes);
        let mut row = csv::ByteRecord::new();
        // Reading from memory does not fail, and rows of any width are taken.
        while reader.read_byte_record(&mut row).unwrap_or(false) {
            if self.width == Some(0) {
                self.width = Some(row.len());
                continue;
            }
            if fields::is_blank(row.as_slice(), delimiter) {
                continue;
            }
            self.walked.records += 1;
            let number = self.walked.records;
            let line = row.position().map_or(1, csv::Position::line);
            let line = first_line + line.saturating_sub(1);
            let is_short = row.len() < self.width.unwrap_or(self.needed);
            if is_short || self.width.is_some_and(|width| row.len() > width) {
                let why = if is_short {
                    "rows with fewer fields than there are columns are left out"
                } else {
                    "rows with more fields than the header are left out"
                };
                sink.left_out(why, number, line);
                continue;
            }
            self.values.clear();
            for column in &self.columns {
                let field = column.and_then(|column| row.get(column));
                let text = field.map(|field| String::from_utf8_lossy(field).trim().to_owned());
                self.values.push(text.map(Raw::Text));
            }
            for (hit, value) in self.walked.hits.iter_mut().zip(&self.values) {
                *hit |= value.is_some();
            }
            if !mapping.keeps(&self.values) {
                sink.left_out(ELSEWHERE, number, line);
                continue;
            }
            sink.record(&Record {
                number,
                line: Some(line),
                values: &self.values,
            })?;
        }
        Ok(())
    }
}
