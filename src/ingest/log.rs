//! Drives a log format: blocks of whole records to workers, one recorder each, merged into a run.
//!
//! One thread reads, decompresses, hashes and cuts (`cut`); each worker parses blocks with its own parser into its own
//! recorder. Which worker gets which block leaves no trace, because recorders merge exactly. Memory is a few blocks and the
//! recorders, whatever the number of rows. What several formats of rows need is in `fields` and `scalar`.

pub mod cut;
pub mod fields;
pub mod scalar;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::ingest::error::{IngestError, Place};
use crate::ingest::recorder::Recorder;
use crate::ingest::sniff::Head;
use crate::ingest::{Format, Options, Unit};
use crate::model::Run;

use cut::{Cutter, Quoting};

/// How many bytes a block has, about: small enough to stay in a core's cache.
const BLOCK_BYTES: usize = 256 * 1024;

/// One reader feeds them all: more would wait, and each holds a recorder of its own.
const MOST_WORKERS: usize = 4;

/// A record longer than this is left out.
const RECORD_BYTES: usize = 1024 * 1024;

/// Whole records of one file.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// The records, line ends included.
    pub bytes: &'a [u8],
    /// Number of the file in its unit.
    pub file: usize,
    /// The line that the block starts at, counted from 1.
    pub first_line: u64,
    /// Whether these are the first bytes of the file; a byte order mark is not among them.
    pub is_first: bool,
    /// Whether the file ends with them.
    pub is_last: bool,
}

impl Block<'_> {
    /// The file and line of a byte of the block, for [`Recorder::trouble`].
    pub fn place_of(&self, offset: usize) -> (usize, u64) {
        let before = self.bytes.get(..offset).unwrap_or(self.bytes);
        let lines = memchr::memchr_iter(b'\n', before).count();
        (self.file, self.first_line + lines as u64)
    }
}

/// Parses the rows of one file of a log format. Every worker has its own, so it may keep buffers, but nothing that a row
/// leaves for another: blocks come in any order.
pub trait RowParser: Send {
    /// Another one for another worker.
    fn boxed_clone(&self) -> Box<dyn RowParser>;

    /// How a record may hold a line end; `None` when every line is a record.
    fn quoting(&self) -> Option<Quoting>;

    /// What the start of the file makes known: id and sentence of a note.
    fn notes(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Records every row of the block. A bad row is a [`Trouble`](crate::ingest::recorder::Trouble) and never the end.
    fn rows(&mut self, block: &Block<'_>, into: &mut Recorder);
}

/// Sees the start of a file and gives the parser of its rows, or says what is wrong with the first line.
pub type Open = fn(&Head, &Options) -> Result<Box<dyn RowParser>, String>;

/// Sizes, which tests make small.
#[derive(Clone, Copy)]
struct Sizes {
    block: usize,
    record: usize,
}

/// Reads a unit by its log format: all its files into one run.
pub fn read(format: &'static Format, open: Open, unit: &Unit) -> Result<Run, IngestError> {
    let sizes = Sizes {
        block: BLOCK_BYTES,
        record: RECORD_BYTES,
    };
    read_by(format, open, unit, sizes)
}

fn read_by(
    format: &'static Format,
    open: Open,
    unit: &Unit,
    sizes: Sizes,
) -> Result<Run, IngestError> {
    let mut run = Run::new(format.tool, format.id);
    let mut workers: Vec<Recorder> = Vec::new();
    workers.resize_with(unit.jobs.clamp(1, MOST_WORKERS), Recorder::default);
    let mut troubles = Recorder::default();
    let mut notes = Vec::new();
    for (number, input) in unit.inputs.iter().enumerate() {
        let (bytes, complete) = input.head()?;
        let head = Head {
            name: input.file_name(),
            bytes: &bytes,
            complete,
        };
        let parser = open(&head, &unit.options)
            .map_err(|problem| IngestError::content(&input.name, Place::Line(1), problem))?;
        let mut stream = input.open()?;
        let cutter = Cutter::new(&mut stream, parser.quoting(), sizes.block, sizes.record);
        read_file(cutter, number, &*parser, &mut workers, &mut troubles).map_err(|source| {
            IngestError::Read {
                file: input.name.clone(),
                source,
            }
        })?;
        run.source.files.push(stream.finish()?);
        notes.extend(parser.notes());
    }
    let mut workers = workers.into_iter();
    let mut whole = workers.next().unwrap_or_default();
    for other in workers.chain([troubles]) {
        whole.merge(other);
    }
    let names: Vec<String> = unit.inputs.iter().map(|input| input.name.clone()).collect();
    whole.finish(&mut run, &names);
    for (id, text) in notes {
        run.note(id, text, 1);
    }
    Ok(run)
}

/// A block on its way to a worker.
struct Owned {
    bytes: Vec<u8>,
    first_line: u64,
    is_first: bool,
    is_last: bool,
}

fn read_file(
    mut cutter: Cutter<impl std::io::Read>,
    file: usize,
    parser: &dyn RowParser,
    workers: &mut [Recorder],
    troubles: &mut Recorder,
) -> std::io::Result<()> {
    let (full, blocks): (Sender<Owned>, Receiver<Owned>) = bounded(workers.len());
    // Emptied buffers come back, so that the same few are used all the time.
    let (empty, spares): (Sender<Vec<u8>>, Receiver<Vec<u8>>) = bounded(2 * workers.len() + 1);
    std::thread::scope(|scope| {
        for recorder in workers {
            let (blocks, empty) = (blocks.clone(), empty.clone());
            let mut parser = parser.boxed_clone();
            scope.spawn(move || {
                for block in blocks {
                    let seen = Block {
                        bytes: &block.bytes,
                        file,
                        first_line: block.first_line,
                        is_first: block.is_first,
                        is_last: block.is_last,
                    };
                    parser.rows(&seen, recorder);
                    let _ = empty.try_send(block.bytes);
                }
            });
        }
        drop(blocks);
        let mut is_first = true;
        loop {
            let spare = spares.try_recv().unwrap_or_default();
            let cut = cutter.next(spare)?;
            for (skipped, line) in cutter.skipped.drain(..) {
                troubles.trouble(skipped.trouble(), (file, line));
            }
            let Some(cut) = cut else {
                // Dropping the sender ends the workers.
                drop(full);
                return Ok(());
            };
            let block = Owned {
                bytes: cut.bytes,
                first_line: cut.first_line,
                is_first: std::mem::replace(&mut is_first, false),
                is_last: cut.is_last,
            };
            if full.send(block).is_err() {
                // All workers are gone, which only a panic of theirs can bring about; the scope passes it on.
                return Ok(());
            }
        }
    })
}

#[cfg(test)]
mod tests;
