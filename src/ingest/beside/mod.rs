//! What stands beside a run: samples of machines and containers, results of test suites.
//!
//! A format is one file and one row of [`BESIDE`]. None of them is a run: given as one, such a file is refused with the
//! way it is read. Samples go to the run whose time they fall into; test results go to every run.

mod clock;
mod course;
mod docker;
mod docker_json;
mod docker_text;
mod junit;
mod lines;
mod paths;
mod place;
mod pytest_json;
mod resource_csv;
mod size;
mod suites;
#[cfg(test)]
mod testing;
mod window;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use crate::ingest::argument::globbed;
use crate::ingest::error::IngestError;
use crate::ingest::input::{Hashed, LONG_LIMIT};
use crate::ingest::sniff::{Claim, Grade, Head};
use crate::ingest::{Input, known, naming};
use crate::model::Run;

use place::Samples;
use suites::Suites;

type ReadSamples = fn(&Input, &mut dyn BufRead, &mut Samples) -> Result<(), IngestError>;
type ReadTests = fn(&Input, &mut dyn BufRead, &mut Suites) -> Result<(), IngestError>;

/// What a format gives, and how.
#[derive(Clone, Copy)]
enum Read {
    /// Samples over time.
    Resources(ReadSamples),
    /// Checks.
    Tests(ReadTests),
}

/// One row of [`BESIDE`].
pub struct Beside {
    /// What messages call it.
    pub id: &'static str,
    /// What a file of it is, after "is".
    pub what: &'static str,
    /// Which files, in words.
    pub files: &'static str,
    /// What it cannot give, in words; for `knee formats`.
    pub limits: &'static str,
    sniff: fn(&Head) -> Option<Claim>,
    read: Read,
}

impl Beside {
    /// How such a file is given.
    pub fn way(&self) -> &'static str {
        match self.read {
            Read::Resources(_) => "`--resources FILE`, or `[inputs] resources = [..]` in knee.toml",
            Read::Tests(_) => "`[inputs] tests = [..]` in knee.toml",
        }
    }
}

/// Every format that is read beside a run, in the order of `knee formats`.
pub static BESIDE: &[Beside] = &[
    docker_text::BESIDE,
    docker_json::BESIDE,
    resource_csv::BESIDE,
    junit::BESIDE,
    pytest_json::BESIDE,
];

/// The format that claims a file with at least that grade.
fn claimed(head: &Head, least: Grade) -> Option<&'static Beside> {
    let claims = BESIDE
        .iter()
        .filter_map(|format| Some(((format.sniff)(head)?.grade, format)));
    let fits = claims.filter(|(grade, _)| *grade >= least);
    fits.max_by_key(|(grade, _)| *grade)
        .map(|(_, format)| format)
}

/// What a file is that no format of runs claims, if it belongs beside one.
pub(super) fn recognise(head: &Head) -> Option<&'static Beside> {
    claimed(head, Grade::Likely)
}

/// The files behind paths and globs, each once; one that names nothing is an error.
pub fn expand(patterns: &[PathBuf]) -> Result<Vec<PathBuf>, IngestError> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for pattern in patterns {
        let text = pattern.to_string_lossy();
        let paths = if pattern.exists() {
            vec![pattern.clone()]
        } else if text.contains(['*', '?', '[']) {
            globbed(&text)?
        } else {
            return Err(IngestError::NoMatch {
                argument: text.into_owned(),
            });
        };
        for path in paths {
            if path.is_dir() {
                return Err(IngestError::Argument {
                    argument: path.to_string_lossy().into_owned(),
                    reason: "this is a folder; name its files, or a glob such as `folder/*.xml`"
                        .to_owned(),
                });
            }
            if seen.insert(naming::real(&path)) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

/// Reads the files and gives the runs what they hold.
pub fn attach(
    runs: &mut [Run],
    resources: &[PathBuf],
    tests: &[PathBuf],
) -> Result<(), IngestError> {
    if runs.is_empty() {
        return Ok(());
    }
    let (resources, tests) = (expand(resources)?, expand(tests)?);
    let all: BTreeSet<PathBuf> = resources.iter().chain(&tests).cloned().collect();
    let names = naming::shortest_names(&all);
    let input = |path: &PathBuf| {
        let name = names.get(path).cloned();
        Input::file(
            path,
            name.unwrap_or_else(|| path.to_string_lossy().into_owned()),
        )
    };
    if !resources.is_empty() {
        let inputs: Vec<Input> = resources.iter().map(input).collect();
        read_resources(&inputs, runs)?;
    }
    for path in &tests {
        read_tests(&input(path), runs)?;
    }
    Ok(())
}

/// Reads samples from files or streams; for tests and fuzzing it needs no file.
pub fn read_resources(inputs: &[Input], runs: &mut [Run]) -> Result<(), IngestError> {
    let mut samples = Samples::of(runs);
    for input in inputs {
        let format = format_of(input, true)?;
        let Read::Resources(read) = format.read else {
            return Err(other_kind(input, format));
        };
        let file = with_reader(input, format.id, |reader| read(input, reader, &mut samples))?;
        samples.end(&input.name)?;
        tell(runs, format, &file);
    }
    samples.give(runs);
    Ok(())
}

/// Reads test results from a file or a stream.
pub fn read_tests(input: &Input, runs: &mut [Run]) -> Result<(), IngestError> {
    let format = format_of(input, false)?;
    let Read::Tests(read) = format.read else {
        return Err(other_kind(input, format));
    };
    let mut suites = Suites::default();
    let file = with_reader(input, format.id, |reader| read(input, reader, &mut suites))?;
    tell(runs, format, &file);
    if suites.is_empty() {
        suites.note("tests", "there is no test in it", 1);
    }
    suites.give(&input.name, runs);
    Ok(())
}

/// Where what was read came from.
fn tell(runs: &mut [Run], format: &Beside, file: &crate::model::FileRef) {
    let hash: String = file.sha256.chars().take(16).collect();
    for run in runs {
        let text = format!(
            "{} is read beside the run as {} ({} bytes, sha256 {hash})",
            file.name, format.id, file.bytes
        );
        run.note("beside", text, 1);
    }
}

fn format_of(input: &Input, is_resource: bool) -> Result<&'static Beside, IngestError> {
    let (bytes, complete) = input.head()?;
    if bytes.trim_ascii().is_empty() && complete {
        return Err(IngestError::Empty {
            file: input.name.clone(),
        });
    }
    let head = Head {
        name: input.file_name(),
        bytes: &bytes,
        complete,
    };
    let least = if is_resource {
        Grade::Possible
    } else {
        Grade::Likely
    };
    claimed(&head, least).ok_or_else(|| IngestError::UnknownBeside {
        file: input.name.clone(),
        wanted: if is_resource {
            "a log of resources"
        } else {
            "a report of tests"
        },
        looks_like: known::looks_like(&bytes).what.to_owned(),
    })
}

fn other_kind(input: &Input, format: &'static Beside) -> IngestError {
    IngestError::Beside {
        file: input.name.clone(),
        what: format.what,
        instead_of: match format.read {
            Read::Resources(_) => "a report of tests",
            Read::Tests(_) => "a log of resources",
        },
        way: format.way(),
    }
}

/// Opens the text; more than [`LONG_LIMIT`] of a document are refused.
fn with_reader(
    input: &Input,
    format: &'static str,
    read: impl FnOnce(&mut dyn BufRead) -> Result<(), IngestError>,
) -> Result<crate::model::FileRef, IngestError> {
    let mut hashed = input.open()?;
    let limit = LONG_LIMIT;
    {
        let limited: std::io::Take<&mut Hashed> = hashed.by_ref().take(limit);
        let mut reader = BufReader::with_capacity(64 * 1024, limited);
        let outcome = read(&mut reader);
        let is_full = reader.get_ref().limit() == 0;
        if is_full {
            return Err(IngestError::TooLarge {
                file: input.name.clone(),
                limit,
                format,
            });
        }
        outcome?;
    }
    hashed.finish()
}

/// Whether a path is one of those that are read beside the runs.
pub(super) fn is_beside(path: &Path, resources: &[PathBuf], tests: &[PathBuf]) -> bool {
    let real = naming::real(path);
    let mut all = resources.iter().chain(tests);
    all.any(|pattern| {
        if pattern.exists() {
            return naming::real(pattern) == real;
        }
        let found = globbed(&pattern.to_string_lossy()).unwrap_or_default();
        found.iter().any(|found| naming::real(found) == real)
    })
}
