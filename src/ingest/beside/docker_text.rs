//! The table of `docker stats`: live with its escape sequences, or `--no-stream` again and again with times between.
//!
//! Columns are found by the places of their titles, so a name may hold blanks. A time on a line of its own holds for the
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

/// Titles; a longer one stands before one that it begins with.
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

/// The columns of a table, by where their titles begin, in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Header {
    columns: Vec<(Column, usize)>,
}

impl Header {
    /// A line of titles, as `docker` writes them: a container and at least its CPU or memory.
    fn of(line: &str) -> Option<Header> {
        if !line.contains("CPU %") && !line.contains("MEM USAGE") && !line.contains("WORKING SET") {
            return None;
        }
        let mut columns = Vec::new();
        let mut rest = line;
        let mut at = 0;
        loop {
            let blanks = rest.chars().take_while(|letter| letter.is_whitespace());
            let blanks = blanks.count();
            at += blanks;
            rest = rest.trim_start();
            if rest.is_empty() {
                break;
            }
            let known = TITLES.iter().find(|(title, _)| {
                rest.strip_prefix(title)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
            });
            let length = if let Some((title, column)) = known {
                columns.push((*column, at));
                title.len()
            } else {
                columns.push((Column::Other, at));
                rest.find(char::is_whitespace).unwrap_or(rest.len())
            };
            at += rest.get(..length)?.chars().count();
            rest = rest.get(length..)?;
        }
        let has = |wanted: &[Column]| columns.iter().any(|(column, _)| wanted.contains(column));
        let is_header = has(&[Column::Container, Column::Name])
            && has(&[Column::Cpu, Column::Memory])
            && columns.len() <= 32;
        is_header.then_some(Header { columns })
    }

    /// The cells of a row by place, or by the gaps between them where something moved.
    fn cells<'a>(&self, line: &'a str) -> Option<Vec<&'a str>> {
        self.by_place(line).or_else(|| {
            let cells: Vec<&str> = line
                .split('\t')
                .flat_map(|part| part.split("  "))
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .collect();
            (cells.len() == self.columns.len()).then_some(cells)
        })
    }

    fn by_place<'a>(&self, line: &'a str) -> Option<Vec<&'a str>> {
        let byte = |place: usize| {
            let mut places = line.char_indices().map(|(at, _)| at);
            places.nth(place).unwrap_or(line.len())
        };
        let mut cells = Vec::with_capacity(self.columns.len());
        for (index, (_, start)) in self.columns.iter().enumerate() {
            let from = if index == 0 { 0 } else { byte(*start) };
            let to = self
                .columns
                .get(index + 1)
                .map_or(line.len(), |(_, next)| byte(*next));
            let cell = line.get(from..to)?;
            let is_last = to == line.len();
            // A cell that reaches into the next column was moved.
            if !is_last && !cell.ends_with(char::is_whitespace) {
                return None;
            }
            if cell.trim().is_empty() {
                return None;
            }
            cells.push(cell.trim());
        }
        Some(cells)
    }

    fn row<'a>(&self, cells: &[&'a str]) -> Row<'a> {
        let of = |wanted: Column| {
            let mut both = self.columns.iter().zip(cells);
            both.find(|((column, _), _)| *column == wanted)
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
            .is_some_and(|(c, _)| *c != Column::Other);
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
    match header.cells(rest) {
        Some(cells) => header
            .row(&cells)
            .give(when.map_or(When::Unknown, When::At), samples),
        None => samples.left_out("lines that are neither rows nor times"),
    }
    false
}

#[cfg(test)]
mod tests;
