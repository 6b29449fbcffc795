//! `knee scale RUN...`: where throughput no longer follows the load and latency blows up. Never fails a build.

use std::io::Write;
use std::path::PathBuf;

use clap::Args as Arguments;

use crate::cli::message::advise;
use crate::cli::{Console, inputs, output};
use crate::pipeline;
use crate::report::Report;
use crate::text::number;

/// Find where it stops scaling: runs at several loads, or one run that was stepped or ramped, as a series of load levels. Each
/// step is classed by how latency follows the load; the knee is where throughput no longer follows the load or a latency blows up, or there
/// is none in the tested range, which is said.
#[derive(Debug, Arguments)]
#[command(after_help = "Examples:
  knee scale rate-*.json              a level per run, by the load that was measured
  knee scale steps.json               one stepped run: a level per phase or plateau
  knee scale users-*.csv -o out/      tables and the knee curve
  knee scale 'one{instances=1}=a.json' 'two{instances=2}=b.json' --level instances
  knee scale 'r1{rate=1}=a.json' 'r2{rate=1..4}=b.json' --level rate    1..4: a ramp
  knee scale rate-*.json --target 'p99 < 1s up to 4/s' --target 'knee >= 5/s'

\"No knee in the tested range\" says nothing of loads beyond it. A ramp is a level from its
mean to its peak, and what holds at one end only is undecided: run constant rates.
Never fails a build; `knee check` judges the same targets.")]
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

    /// Keep histograms and timelines in JSON, every row in tables, and the report of every run.
    #[arg(long)]
    full: bool,
}

/// Sections of the page without `--full`.
const SECTIONS: [&str; 3] = ["summary", "scaling", "targets"];

/// Runs the command.
pub(crate) fn run(args: &Args, out: &mut dyn Write, console: &mut Console) -> anyhow::Result<()> {
    let outputs = args.output.plan(&output::report_kinds_from("text"))?;
    let config = inputs::configuration(&args.reading, console)?;
    let mut options = inputs::options("scale", &args.looking, &config)?;
    options.levels = pipeline::Levels::Always;
    options.level = args.levelling.label(options.level);
    let mut layout = inputs::layout(&config, args.full)?;
    if layout.sections.is_none() && layout.template.is_none() && !args.full {
        layout.sections = Some(SECTIONS.map(str::to_owned).to_vec());
    }
    let spare = |inputs: &[PathBuf]| output::spare(&outputs, inputs);
    let runs = inputs::read(&args.runs.runs, &args.reading, &config, console, &spare)?;
    inputs::check_endpoints(&args.looking, &runs)?;
    let report = pipeline::analyse(runs, &options);
    inputs::refuse_untrimmed(&report.runs)?;
    refuse(&report)?;
    output::write_report(&outputs, &report, &layout, out)
}

/// Runs of which none is a level are an error of the input: nothing was asked that could be answered.
fn refuse(report: &Report) -> anyhow::Result<()> {
    if report
        .scalings
        .iter()
        .any(|scaling| !scaling.levels.is_empty())
    {
        return Ok(());
    }
    let mut left_out = report.scalings.iter().flat_map(|scaling| &scaling.left_out);
    let count = number::plural(report.runs.len() as u64, "run");
    let why = left_out.next().map_or_else(String::new, |first| {
        let run = report.runs.iter().find(|run| run.id == first.run);
        let name = run.map_or("", |run| run.name.as_str());
        format!(": {name}: {}", first.reason)
    });
    Err(advise(
        format!("no load level in {count}{why}"),
        "`--level LABEL` takes it from a label, such as `knee scale 'a{users=10}=a.json' 'b{users=20}=b.json' --level users`",
    ))
}
