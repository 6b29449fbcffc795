//! The table of `docker stats`: live with its escape sequences, or `--no-stream` again and again with times between.
//!
//! Columns are told by the gaps between them, so a name may hold single blanks. A time on a line of its own holds for the
//! table below it and for no other; each line may begin with its time instead.

use std::io::BufRead;

use crate::ingest::beside::clock;
use crate::ingest::beside::docker::Row;
use crate::ingest::beside::lines::{self, Line};
use crate::ingest::beside::place::{Samples, When};
use crate::ingest::beside::{Beside, Read};
use crate::ingest::sniff::{Claim, Grade, Head};
use crate::ingest::{IngestError, Input};

/// The row of BESIDE.
pub(super) const BESIDE: Beside = Beside {
    id: "docker-stats",
    what: "a log of `docker stats`",
    files: "the table of docker stats, live or --no-stream again and again; a line of `date` before each, or a time before each line",
    limits: "memory to four digits, network and disk to three; without times no phases and no slope",
    sniff,
    read: Read::Resources(read),
};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Container,
    Name,
    Cpu,
    Memory,
    MemoryShare,
    Net,
    Block,
    Pids,
    Other,
}

const TITLES: [(&str, Column); 10] = [
    ("CONTAINER ID", Column::Container),
    ("CONTAINER", Column::Container),
    ("NAME", Column::Name),
    ("CPU %", Column::Cpu),
    ("MEM USAGE / LIMIT", Column::Memory),
    ("PRIV WORKING SET", Column::Memory),
    ("MEM %", Column::MemoryShare),
    ("NET I/O", Column::Net),
    ("BLOCK I/O", Column::Block),
    ("PIDS", Column::Pids),
];

/// What stands between gaps of two blanks and more; docker puts at least three between its columns.
fn cells(line: &str) -> Vec<&str> {
    let parts = line.split('\t').flat_map(|part| part.split("  "));
    parts
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .collect()
}

/// The columns of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Header {
    columns: Vec<Column>,
}

impl Header {
    /// A line of titles, as `docker` writes them: a container and at least its CPU or memory.
    fn of(line: &str) -> Option<Header> {
        let column = |cell: &str| {
            let known = TITLES.iter().find(|(title, _)| *title == cell);
            known.map_or(Column::Other, |(_, column)| *column)
        };
        let columns: Vec<Column> = cells(line).into_iter().map(column).collect();
        let has = |wanted: &[Column]| columns.iter().any(|column| wanted.contains(column));
        let is_header = has(&[Column::Container, Column::Name])
            && has(&[Column::Cpu, Column::Memory])
            && columns.len() <= 32;
        is_header.then_some(Header { columns })
    }

    fn row<'a>(&self, cells: &[&'a str]) -> Row<'a> {
        let of = |wanted: Column| {
            let mut both = self.columns.iter().zip(cells);
            both.find(|(column, _)| **column == wanted)
                .map(|(_, cell)| *cell)
        };
        let named = of(Column::Name).filter(|name| *name != "--");
        Row {
            name: named.or_else(|| of(Column::Container)).unwrap_or_default(),
            cpu: of(Column::Cpu),
            memory: of(Column::Memory),
            memory_share: of(Column::MemoryShare),
            net: of(Column::Net),
            block: of(Column::Block),
            pids: of(Column::Pids),
        }
    }
}

/// The header of a line, and the time before it if the lines of the log have one.
fn header_of(line: &str) -> Option<(Header, bool)> {
    if let Some(header) = Header::of(line) {
        let starts_plain = header
            .columns
            .first()
            .is_some_and(|column| *column != Column::Other);
        if starts_plain {
            return Some((header, false));
        }
    }
    let (_, rest) = clock::leading(line)?;
    Some((Header::of(rest)?, true))
}

fn sniff(head: &Head) -> Option<Claim> {
    let text = String::from_utf8_lossy(head.bytes);
    let mut lines = text.lines().take(200).map(lines::plain);
    if lines.any(|line| header_of(&line).is_some()) {
        return Claim::new(Grade::Certain, "the titles of docker stats");
    }
    None
}

/// What is known between two lines.
#[derive(Default)]
struct State {
    header: Option<(Header, bool)>,
    /// A time that waits for its table.
    waiting: Option<i64>,
    /// The time of the table that is read.
    now: Option<i64>,
}

fn read(input: &Input, reader: &mut dyn BufRead, samples: &mut Samples) -> Result<(), IngestError> {
    let mut state = State::default();
    let mut found = false;
    loop {
        let line = lines::next(reader).map_err(|source| IngestError::Read {
            file: input.name.clone(),
            source,
        })?;
        match line {
            None => break,
            Some(Line::TooLong) => samples.left_out("lines of more than a megabyte"),
            Some(Line::Text(line)) => found |= one_line(&line, &mut state, samples),
        }
    }
    if found {
        return Ok(());
    }
    let problem = "expected the titles of docker stats, such as `NAME` and `CPU %`; found none";
    Err(IngestError::content(
        &input.name,
        crate::ingest::Place::File,
        problem,
    ))
}

/// Whether the line is a header.
fn one_line(line: &str, state: &mut State, samples: &mut Samples) -> bool {
    if line.trim().is_empty() {
        return false;
    }
    if let Some(header) = header_of(line) {
        state.now = state.waiting.take();
        state.header = Some(header);
        return true;
    }
    if let Some(moment) = clock::moment(line) {
        if !moment.zoned {
            samples.without_zone();
        }
        state.waiting = Some(moment.nanos);
        return false;
    }
    let Some((header, is_prefixed)) = &state.header else {
        samples.left_out("lines that are neither rows nor times");
        return false;
    };
    let (when, rest) = match clock::leading(line).filter(|_| *is_prefixed) {
        Some((moment, rest)) => {
            if !moment.zoned {
                samples.without_zone();
            }
            (Some(moment.nanos), rest)
        }
        None => (state.now, line),
    };
    let cells = cells(rest);
    if cells.len() == header.columns.len() {
        let when = when.map_or(When::Unknown, When::At);
        header.row(&cells).give(when, samples);
    } else {
        samples.left_out("lines that are neither rows nor times");
    }
    false
}

#[cfg(test)]
mod tests;
