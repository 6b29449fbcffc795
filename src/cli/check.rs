//! `knee check [RUN...]`, or `--base RUN... --new RUN...`: the gate. Judges runs by validity, targets and a base, which is the
//! accepted baseline where none is given; without a RUN it lints `knee.toml`.
//!
//! The verdict stands in every output as it was found; only the exit code is mapped.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args as Arguments, ValueEnum};

use crate::cli::message::{self, advise};
use crate::cli::{Console, baseline, compare, convert, inputs, output};
use crate::config::Config;
use crate::exit::Exit;
use crate::model::Run;
use crate::normalize;
use crate::pipeline;
use crate::report::{Report, Verdict};

/// Judge runs by their targets, by whether they can be believed, and against the baseline that `knee baseline accept` wrote:
/// [compare] baseline of knee.toml, else .knee/baselines/SCENARIO.json beside it. Without a RUN, lint knee.toml: targets that no
/// scenario can reach, that contradict each other, weights that do not add up.
#[derive(Debug, Arguments)]
#[command(after_help = "Exit codes:
  0  passed, perhaps with warnings
  1  a run is invalid, a target is broken, or a regression is proven
  2  usage, configuration or input error
  3  could not judge: no target and no base, a target that is not measured, sides that are not comparable, a baseline
     that knee.toml names and that is missing, or one that holds the run itself

Examples:
  knee check results.json --target 'p95 < 200ms' --target 'error_rate < 1%'
  knee check results.json -o report.md -o report.json -o junit.xml
  knee check rate-*.json --target 'p99 < 1s up to 4/s' --target 'knee >= 5/s'
  knee check results.json --save run.json        the normalized run, to keep or to accept later
  knee check results.json --format github        annotations; -o junit.xml for any other CI
  knee check results.json --format github-summary >> \"$GITHUB_STEP_SUMMARY\"
  knee check --base a1.json a2.json a3.json --new b1.json b2.json b3.json --interleaved
  knee check                                     what is wrong with the plan in knee.toml")]
pub(crate) struct Args {
    /// A file, folder, glob, `-` for standard input, or A+B for the files of one run; none = lint knee.toml.
    #[arg(value_name = "RUN", conflicts_with_all = ["base", "new"])]
    runs: Vec<OsString>,

    /// The runs of the base: what --new is compared with, in place of any accepted baseline. Repeats prove, a single run a side
    /// never does.
    #[arg(long, value_name = "RUN", num_args = 1.., requires = "new")]
    base: Vec<OsString>,

    /// The runs to judge, by targets and against --base.
    #[arg(long, value_name = "RUN", num_args = 1.., requires = "base")]
    new: Vec<OsString>,

    #[command(flatten)]
    reading: inputs::Reading,
    #[command(flatten)]
    looking: inputs::Looking,
    #[command(flatten)]
    levelling: inputs::Levelling,
    #[command(flatten)]
    comparing: compare::Comparing,

    /// Metrics that could not be decided are not passed: the exit code is 3.
    #[arg(long)]
    require_proof: bool,

    #[command(flatten)]
    output: output::Output,

    /// Write the runs that were judged, normalized, as `knee convert` does (knee.run/1; --new of two sides): to keep, to
    /// compare with later, or to accept as a baseline. Written whatever the verdict.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,

    /// The exit code when it could not be judged: 3 when not given, 0 or 1. An invalid run stays 1.
    #[arg(long, value_enum, value_name = "WHAT")]
    on_unjudged: Option<OnUnjudged>,

    /// Exit with 0 whatever the verdict; 2 stays.
    #[arg(long)]
    exit_zero: bool,

    /// Keep histograms and timelines in JSON, and every row in tables.
    #[arg(long)]
    full: bool,
}

/// What becomes of "could not judge".
#[derive(Clone, Copy, Debug, ValueEnum)]
enum OnUnjudged {
    /// Exit with 0.
    Pass,
    /// Exit with 1.
    Fail,
}

/// Runs the command.
pub(crate) fn run(args: &Args, out: &mut dyn Write, console: &mut Console) -> anyhow::Result<Exit> {
    let outputs = args.output.plan(&output::report_kinds_from("text"))?;
    let config = inputs::configuration(&args.reading, console)?;
    let mut options = inputs::options("check", &args.looking, &config)?;
    options.levels = pipeline::Levels::WhereSeveral;
    options.level = args.levelling.label(options.level);
    let mut layout = inputs::layout(&config, args.full)?;
    let saved = save_to(args, &outputs)?;
    let spare = |inputs: &[PathBuf]| {
        output::spare(&outputs, inputs)?;
        output::spare(&saved, inputs)
    };
    let mut judged = Vec::new();
    let mut keep = |runs: &[Run]| {
        if args.save.is_some() {
            judged.extend_from_slice(runs);
        }
    };
    layout.only_changes = args.comparing.only_changes;
    let how = compare::Options {
        require_proof: args.require_proof || config.compare.require_proof,
        ..args.comparing.options(&config)
    };
    options.require_proof = how.require_proof && !args.runs.is_empty();
    if args.comparing.interleaved && args.base.is_empty() {
        return Err(advise(
            "--interleaved says that base and new were run in turn, and an accepted baseline was run before",
            "leave it out, or give both sides: `knee check --base RUN... --new RUN... --interleaved`",
        ));
    }
    let report = if args.base.is_empty() && args.runs.is_empty() {
        something_to_lint(args, &config)?;
        pipeline::analyse(Vec::new(), &options)
    } else if args.base.is_empty() {
        let mut runs = inputs::read(&args.runs, &args.reading, &config, console, &spare)?;
        inputs::check_endpoints(&args.looking, &runs)?;
        keep(&runs);
        let mut accepted = baseline::find(&config, &runs)?;
        spare(&accepted.paths)?;
        options.no_baseline = accepted.missing;
        options.remarks = accepted.remarks;
        if accepted.runs.is_empty() {
            pipeline::analyse(runs, &options)
        } else {
            let how = compare::Options {
                accepted: true,
                base_name: accepted.name.take(),
                ..how
            };
            compare::tell_apart(&mut accepted.runs, &mut runs);
            pipeline::analyse_pair(accepted.runs, runs, &options, &how)
        }
    } else {
        let (base, new) = (&args.base, &args.new);
        let (mut base, mut new) =
            compare::read(base, new, &args.reading, &config, console, &spare)?;
        inputs::check_endpoints(&args.looking, &new)?;
        keep(&new);
        compare::tell_apart(&mut base, &mut new);
        pipeline::analyse_pair(base, new, &options, &how)
    };
    args.comparing.check_turns(&report, console);
    inputs::refuse_untrimmed(&report.runs)?;
    compare::refuse(&report)?;
    let own = layout.sections.is_some() || layout.template.is_some();
    if !report.comparisons.is_empty() && !args.full && !own {
        layout.sections = Some(compare::SECTIONS.map(str::to_owned).to_vec());
    }
    output::write_report(&outputs, &report, &layout, out)?;
    if let Some(path) = &args.save {
        save(path, judged, &options)?;
    }
    let is_silent = outputs
        .iter()
        .all(|output| output.place != output::Place::Stdout);
    if is_silent {
        // A failed job with nothing on its screen says nothing.
        message::note(console, &format!("verdict: {}", report.verdict));
        for sentence in &report.headline {
            message::note(console, sentence);
        }
    }
    Ok(exit(args, &report))
}

/// Where `--save` writes, checked before anything is read.
fn save_to(args: &Args, outputs: &[output::Planned]) -> anyhow::Result<Vec<output::Planned>> {
    let Some(path) = &args.save else {
        return Ok(Vec::new());
    };
    let refused = |problem: String, hint: &str| Err(advise(problem, hint));
    if args.runs.is_empty() && args.new.is_empty() {
        return refused(
            "--save has nothing to write: no RUN is given".to_owned(),
            "`knee check results.json --save run.json`",
        );
    }
    let text = path.to_string_lossy();
    if text == "-" || text.ends_with(['/', '\\']) || path.is_dir() {
        return refused(
            format!("--save wants a file, not `{text}`"),
            "`--save run.json`; `knee convert RUN...` prints runs",
        );
    }
    let planned = output::planned_json(path);
    if outputs.iter().any(|output| output.place == planned.place) {
        return refused(
            format!("--save and -o both name {text}"),
            "give one of them another name",
        );
    }
    Ok(vec![planned])
}

/// Writes the runs as `knee convert` does. What a CI says of the job is of the file alone: the verdict has not seen it.
fn save(path: &Path, mut runs: Vec<Run>, options: &pipeline::Options) -> anyhow::Result<()> {
    for run in &mut runs {
        convert::from_ci(run);
        normalize::normalize(run, &options.normalize);
    }
    output::write_with(path, &mut |into| convert::json(&runs, into))
}

/// Without a RUN and without a plan there is nothing to do.
fn something_to_lint(args: &Args, config: &Config) -> anyhow::Result<()> {
    if config.path.is_some() || !args.looking.target.is_empty() {
        return Ok(());
    }
    Err(advise(
        "no RUN is given, and there is no knee.toml to lint",
        "`knee check results.json --target 'p95 < 200ms'` judges a run; `knee init results.json` writes a knee.toml",
    ))
}

fn exit(args: &Args, report: &Report) -> Exit {
    if args.exit_zero {
        return Exit::Success;
    }
    match (report.verdict, args.on_unjudged) {
        (Verdict::Pass | Verdict::Warn, _) | (Verdict::Unjudged, Some(OnUnjudged::Pass)) => {
            Exit::Success
        }
        (Verdict::Fail | Verdict::Invalid, _) | (Verdict::Unjudged, Some(OnUnjudged::Fail)) => {
            Exit::Failed
        }
        (Verdict::Unjudged, None) => Exit::Unjudged,
    }
}
