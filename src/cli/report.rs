//! `knee report RUN...`: the report, every run a numbered part. Never fails a build.

use std::io::Write;
use std::path::PathBuf;

use clap::Args as Arguments;

use crate::cli::{Console, inputs, output};
use crate::pipeline;

/// Report on one or more runs. `-o x.md` puts charts into `x-charts/`; `-o dir/` makes `report.md` and `charts/`.
#[derive(Debug, Arguments)]
#[command(after_help = "Examples:
  knee report results.json                       Markdown to standard output
  knee report results.json -o out/               out/report.md with charts in out/charts/
  knee report locust_stats.csv --format text     the files of the set are found by their prefix
  knee report run.json --target 'p95 < 200ms' --target 'error_rate < 1%'
  knee report before=a.json after=b.json         two numbered parts")]
pub(crate) struct Args {
    #[command(flatten)]
    runs: inputs::Runs,
    #[command(flatten)]
    reading: inputs::Reading,
    #[command(flatten)]
    looking: inputs::Looking,
    #[command(flatten)]
    levelling: inputs::Levelling,
    #[command(flatten)]
    output: output::Output,

    /// Keep histograms and timelines in JSON, and every row in tables.
    #[arg(long)]
    full: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args, out: &mut dyn Write, console: &mut Console) -> anyhow::Result<()> {
    let outputs = args.output.plan(&output::report_kinds())?;
    let config = inputs::configuration(&args.reading, console)?;
    let mut options = inputs::options("report", &args.looking, &config)?;
    options.levels = pipeline::Levels::WhereSeveral;
    options.level = args.levelling.label(options.level);
    let layout = inputs::layout(&config, args.full)?;
    let spare = |inputs: &[PathBuf]| output::spare(&outputs, inputs);
    let runs = inputs::read(&args.runs.runs, &args.reading, &config, console, &spare)?;
    inputs::check_endpoints(&args.looking, &runs)?;
    let report = pipeline::analyse(runs, &options);
    inputs::refuse_untrimmed(&report.runs)?;
    output::write_report(&outputs, &report, &layout, out)
}
