//! Many formats in, runs out.
//!
//! This room judges nothing and knows no targets. A format is one file and one row of [`FORMATS`]; nobody else knows the
//! tool. There are two kinds: a **Document** turns whole files into runs, a **Log** turns chunks of rows into a
//! [`recorder::Recorder`] in constant memory.

#![warn(clippy::indexing_slicing, clippy::expect_used, clippy::unreachable)]

pub mod argument;
pub mod artillery;
pub mod beside;
mod cap;
mod decompress;
mod encoding;
pub mod error;
pub mod flat_json;
pub mod input;
pub mod json;
pub mod k6;
pub mod knee_run;
mod known;
pub mod locust;
pub mod log;
pub mod map;
mod naming;
pub mod pytest_benchmark;
pub mod recorder;
pub mod requests_csv;
pub mod sniff;
pub mod unit;
mod words;

use std::path::{Path, PathBuf};

use crate::model::Run;

pub use argument::{Argument, expand};
pub use error::{IngestError, Place};
pub use input::Input;
pub use unit::{Broken, Ingested, id_of, read, read_what_can_be};

use sniff::{Claim, Head};

/// What the user may decide about reading.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--from`: the format, instead of sniffing.
    pub from: Option<String>,
    /// `[[map]]`: how other JSON and CSV is read.
    pub maps: Vec<map::Mapping>,
    /// `--map`: the one that reads every input, instead of a look at the content.
    pub map: Option<String>,
    /// `--unit`: what latencies are in where the input does not say it.
    pub unit: Option<log::scalar::Scale>,
    /// `--script`: the script that the load generator ran.
    pub script: Option<PathBuf>,
    /// `--jobs`: threads; 0 = as many as there are cores.
    pub jobs: usize,
    /// `--resources` and `[inputs] resources`: paths and globs of samples beside the runs.
    pub resources: Vec<PathBuf>,
    /// `[inputs] tests`: paths and globs of test results beside the runs.
    pub tests: Vec<PathBuf>,
}

/// The files of one logical input: one file, or the files of a set.
#[derive(Clone, Default)]
pub struct Unit {
    /// The files, in order of name.
    pub inputs: Vec<Input>,
    /// What the run is called when nobody names it.
    pub stem: String,
    /// Threads that a log may use.
    pub jobs: usize,
    /// What the user decided.
    pub options: Options,
}

impl Unit {
    /// The one file of a format whose runs are one file each; `problem` is said of any other.
    fn only(&self, problem: &str) -> Result<&Input, IngestError> {
        if let [input] = self.inputs.as_slice() {
            return Ok(input);
        }
        let file = self.inputs.last().map_or("", |input| input.name.as_str());
        Err(IngestError::content(file, Place::File, problem)
            .with_hint("give the files as separate arguments"))
    }
}

/// How a format reads.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Whole files to runs. The reader adds every file it read to `source.files`.
    Document(fn(&Unit) -> Result<Vec<Run>, IngestError>),
    /// Rows in chunks: `open` sees the first line and gives the parser of the rest.
    Log(log::Open),
}

/// Files that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// What the files of one set share: folder and prefix.
    pub key: PathBuf,
    /// What to call the run.
    pub stem: String,
    /// Where the other files of the set would be.
    pub siblings: Vec<PathBuf>,
}

/// One row of [`FORMATS`].
pub struct Format {
    /// What `--from` and `source.format` call it.
    pub id: &'static str,
    /// The load generator, in lower case.
    pub tool: &'static str,
    /// Which files, in words.
    pub files: &'static str,
    /// What it cannot give, in words; for `knee formats`.
    pub limits: &'static str,
    /// Whether a file is of this format.
    pub sniff: fn(&Head) -> Option<Claim>,
    /// Which other files belong to this one; `None` when it stands alone.
    pub set: Option<fn(&Path) -> Option<Set>>,
    /// Whether all files of this format that are given together are read together.
    pub gathers: bool,
    /// How it reads.
    pub kind: Kind,
}

/// Every format that is read, in the order of `knee formats`.
pub static FORMATS: &[Format] = &[
    artillery::FORMAT,
    artillery::v1::FORMAT,
    locust::csv::FORMAT,
    locust::json::FORMAT,
    locust::html::FORMAT,
    k6::FORMAT,
    flat_json::FORMAT,
    pytest_benchmark::FORMAT,
    requests_csv::FORMAT,
    knee_run::FORMAT,
    map::FORMAT,
];

/// The format of that id.
pub fn format(id: &str) -> Result<&'static Format, IngestError> {
    FORMATS
        .iter()
        .find(|format| format.id == id)
        .ok_or_else(|| {
            let nearest = FORMATS
                .iter()
                .map(|format| (strsim::jaro_winkler(id, format.id), format.id))
                .max_by(|a, b| a.0.total_cmp(&b.0))
                .filter(|(likeness, _)| *likeness > 0.7);
            IngestError::NoSuchFormat {
                name: id.to_owned(),
                nearest: nearest.map(|(_, id)| id),
            }
        })
}
