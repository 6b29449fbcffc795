//! `knee compare BASE NEW`, or `--base RUN... --new RUN...`: side by side with intervals. Never fails a build.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

use clap::{Args as Arguments, ValueEnum};

use crate::cli::message::{self, advise};
use crate::cli::{Console, inputs, output};
pub(crate) use crate::compare::Options;
use crate::config::Config;
use crate::figures::side::Allow;
use crate::model::Run;
use crate::pipeline;
use crate::report::{Effect, Report};

/// Compare runs before and after a change: what is proven, what is only suspected, and what could have been seen. One run a
/// side shows how far the figures lie apart; repeats show whether that means anything.
#[derive(Debug, Arguments)]
#[command(after_help = "Examples:
  knee compare before.json after.json
  knee compare --base main-1.json main-2.json main-3.json --new mine-1.json mine-2.json mine-3.json
  knee compare --base 'main-*.json' --new 'mine-*.json' --interleaved      base and new were run in turn, in one job
  knee compare before.json after.json -o comparison.md      with charts in comparison-charts/")]
pub(crate) struct Args {
    /// A run of the base, then a run of the new side; a RUN is what `knee report` takes.
    #[arg(value_name = "BASE NEW", conflicts_with_all = ["base", "new"])]
    runs: Vec<OsString>,

    /// The runs of the base.
    #[arg(long, value_name = "RUN", num_args = 1.., requires = "new")]
    base: Vec<OsString>,

    /// The runs to compare with it.
    #[arg(long, value_name = "RUN", num_args = 1.., requires = "base")]
    new: Vec<OsString>,

    #[command(flatten)]
    reading: inputs::Reading,
    #[command(flatten)]
    looking: inputs::Looking,
    #[command(flatten)]
    comparing: Comparing,
    #[command(flatten)]
    output: output::Output,

    /// Keep histograms and timelines in JSON, every row in tables, and the report of every run.
    #[arg(long)]
    full: bool,
}

/// How sides are compared.
#[derive(Debug, Arguments)]
pub(crate) struct Comparing {
    /// Base and new were run in turn in one job (base, new, base, new): jobs add no spread of their own.
    #[arg(long)]
    pub(crate) interleaved: bool,

    /// Differences that only warn.
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    allow: Vec<Difference>,

    /// Leave out metrics that show no change.
    #[arg(long)]
    pub(crate) only_changes: bool,
}

/// A difference between the sides that may be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Difference {
    /// Error rates that lie apart.
    #[value(name = "error_rate", alias = "error-rate")]
    ErrorRate,
    /// Another environment.
    Environment,
}

impl Comparing {
    /// Flags over the configuration.
    pub(crate) fn options(&self, config: &Config) -> Options {
        let of_config = &config.compare;
        let has = |what: Difference| self.allow.contains(&what);
        Options {
            interleaved: self.interleaved,
            allow: Allow {
                error_rate: of_config.allow.error_rate || has(Difference::ErrorRate),
                environment: of_config.allow.environment || has(Difference::Environment),
            },
            floors: of_config.floors.clone(),
            require_proof: false,
            accepted: false,
            base_name: None,
        }
    }

    /// Says where the times of the runs contradict what was said of them.
    pub(crate) fn check_turns(&self, report: &Report, console: &mut Console) {
        if self.interleaved && report.comparisons.iter().any(|one| !one.interleaved) {
            message::note(
                console,
                "--interleaved is left out: by their start times one side was run as a whole before the other, so they are judged as two jobs",
            );
        }
    }
}

/// Sections of the page without `--full`.
pub(crate) const SECTIONS: [&str; 3] = ["summary", "comparison", "targets"];

/// Runs the command.
pub(crate) fn run(args: &Args, out: &mut dyn Write, console: &mut Console) -> anyhow::Result<()> {
    let outputs = args.output.plan(&output::report_kinds_from("text"))?;
    let config = inputs::configuration(&args.reading, console)?;
    let options = inputs::options("compare", &args.looking, &config)?;
    let mut layout = inputs::layout(&config, args.full)?;
    layout.only_changes = args.comparing.only_changes;
    if layout.sections.is_none() && layout.template.is_none() && !args.full {
        layout.sections = Some(SECTIONS.map(str::to_owned).to_vec());
    }
    let (base, new) = sides(args)?;
    let spare = |inputs: &[PathBuf]| output::spare(&outputs, inputs);
    let (mut base, mut new) = read(&base, &new, &args.reading, &config, console, &spare)?;
    tell_apart(&mut base, &mut new);
    inputs::check_endpoints(&args.looking, base.iter().chain(&new))?;
    let how = args.comparing.options(&config);
    let report = pipeline::analyse_pair(base, new, &options, &how);
    args.comparing.check_turns(&report, console);
    inputs::refuse_untrimmed(&report.runs)?;
    refuse(&report)?;
    let written = output::write_report(&outputs, &report, &layout, out);
    // The process ends here: taking a report of many runs apart piece by piece is of no use to anybody.
    std::mem::forget(report);
    written
}

fn sides(args: &Args) -> anyhow::Result<(Vec<OsString>, Vec<OsString>)> {
    match args.runs.as_slice() {
        [base, new] => Ok((vec![base.clone()], vec![new.clone()])),
        _ if !args.base.is_empty() => Ok((args.base.clone(), args.new.clone())),
        [_, _, _, ..] => Err(advise(
            format!(
                "BASE and NEW are one RUN each, and {} were given",
                args.runs.len()
            ),
            "several a side: `knee compare --base RUN... --new RUN...`",
        )),
        _ => Err(advise(
            "two sides are needed",
            "`knee compare before.json after.json`, or `knee compare --base RUN... --new RUN...`",
        )),
    }
}

/// Reads both sides.
pub(crate) fn read(
    base: &[OsString],
    new: &[OsString],
    reading: &inputs::Reading,
    config: &Config,
    console: &mut Console,
    spare: &dyn Fn(&[PathBuf]) -> anyhow::Result<()>,
) -> anyhow::Result<(Vec<Run>, Vec<Run>)> {
    let base = inputs::read(base, reading, config, console, spare)?;
    let new = inputs::read(new, reading, config, console, spare)?;
    Ok((base, new))
}

/// Runs of the same name on both sides say on which, unless it is one run.
pub(crate) fn tell_apart(base: &mut [Run], new: &mut [Run]) {
    let others = base
        .iter()
        .filter(|run| !new.iter().any(|new| new.id == run.id));
    let taken: Vec<String> = others.map(|run| run.name.clone()).collect();
    let both = |run: &Run, names: &[String]| names.contains(&run.name);
    let twice: Vec<String> = new
        .iter()
        .filter(|run| both(run, &taken))
        .map(|run| run.name.clone())
        .collect();
    for (side, word) in [(base, "base"), (new, "new")] {
        for run in side.iter_mut().filter(|run| both(run, &twice)) {
            run.name = format!("{} ({word})", run.name);
        }
    }
}

/// What cannot be compared at all is an error of the input.
pub(crate) fn refuse(report: &Report) -> anyhow::Result<()> {
    let refused = report
        .findings
        .iter()
        .find(|finding| finding.effect == Effect::Refuse);
    match refused {
        None => Ok(()),
        Some(finding) => Err(advise(
            format!(
                "the sides cannot be compared ({}): {}",
                finding.rule, finding.message
            ),
            finding
                .hint
                .clone()
                .unwrap_or_else(|| format!("`knee explain {}` says why", finding.rule)),
        )),
    }
}
