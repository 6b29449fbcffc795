//! `knee merge RUN...`: parts of one distributed run as one run, as JSON or CSV.

use std::io::Write;
use std::path::PathBuf;

use clap::Args as Arguments;

use crate::cli::message::{self, advise};
use crate::cli::output::{self, Output};
use crate::cli::{Console, convert, inputs};
use crate::ingest;
use crate::model::Note;
use crate::normalize;
use crate::normalize::distributed;

/// Put the parts of one distributed run together: every RUN is what one generator wrote of it.
///
/// Counts add up. Percentiles are exact where every part has its samples or their histogram; else they are left out, and
/// between what they lie is said (`knee explain V43`). Runs of different tools, scenarios or times are refused.
#[derive(Debug, Arguments)]
#[command(after_help = "Examples:
  knee merge worker-1.json worker-2.json -o run.json     then: knee report run.json
  knee merge results/ | knee report -                    every result in a folder is a part
  knee merge 'worker-*.csv' --label scenario=checkout -o run.json

Not for repeats of a run (knee report A B), nor for files of one generator that follow one another (A+B).")]
pub(crate) struct Args {
    #[command(flatten)]
    runs: inputs::Runs,
    #[command(flatten)]
    reading: inputs::Reading,
    #[command(flatten)]
    output: Output,
}

/// Runs the command.
pub(crate) fn run(args: &Args, out: &mut dyn Write, console: &mut Console) -> anyhow::Result<()> {
    let outputs = args.output.plan(convert::KINDS)?;
    let config = inputs::configuration(&args.reading, console)?;
    let spare = |inputs: &[PathBuf]| output::spare(&outputs, inputs);
    let mut parts = inputs::read_parts(&args.runs.runs, &args.reading, &config, console, &spare)?;
    let id = |hashes: &[&str]| ingest::id_of(hashes, 0);
    let runs = std::mem::take(&mut parts.runs);
    let mut run = distributed::merge(runs, &id)
        .map_err(|refused| advise(refused.to_string(), refused.hint()))?;
    for note in &run.notes {
        if note.id.starts_with(Note::MERGED) {
            message::note(console, &note.text);
        }
    }
    parts.attach(&mut run)?;
    normalize::normalize(&mut run, &config.normalize);
    convert::write(&outputs, &[run], &config.figures, out)
}
