//! `knee baseline accept|show|list|retire`: the accepted runs of a scenario, one small committed file each, and what `check`
//! finds of them.

mod fit;
mod found;

pub(crate) use found::find;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args as Arguments, Subcommand};

use crate::cli::message::{self, advise};
use crate::cli::{Console, convert, inputs, output};
use crate::config::Config;
use crate::history::{About, Baseline, FOLDER, file_name};
use crate::model::{Percentile, Run};
use crate::pipeline;
use crate::text::{escape, number};

/// Look after accepted baselines: the runs that `knee check` compares later runs with. One small file per scenario in
/// .knee/baselines/ beside knee.toml, to be committed with the code.
#[derive(Debug, Arguments)]
#[command(after_help = "Examples:
  knee baseline accept results/run-*.json --reason 'release 2.1'
  knee check results/new-*.json                  compares with it
  knee baseline list
  knee baseline retire search --reason 'new hardware'")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
#[expect(
    clippy::large_enum_variant,
    reason = "one value a process, and clap derives no box of arguments"
)]
enum What {
    /// Accept runs as the baseline of their scenario: believable ones, and repeats of one test. Five repeats or more prove most;
    /// one run proves nothing.
    Accept(Accept),
    /// Show a baseline: its runs, their figures, and why it was accepted. Without a SCENARIO, all of them.
    Show {
        /// Of which scenario.
        scenario: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// List the baselines, one line each.
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Give a baseline up: its runs go, the reason stays, and nothing is compared with it any more.
    Retire {
        /// Of which scenario.
        scenario: String,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Arguments)]
struct Accept {
    #[command(flatten)]
    runs: inputs::Runs,

    /// Why these runs are what later ones are compared with.
    #[arg(long, value_name = "TEXT")]
    reason: String,

    /// Where to write, for runs of one scenario; else [compare] baseline of knee.toml, or .knee/baselines/SCENARIO.json.
    #[arg(short = 'o', long = "output", value_name = "PATH")]
    path: Option<PathBuf>,

    #[command(flatten)]
    reading: inputs::Reading,
    #[command(flatten)]
    trimming: inputs::Trimming,
}

/// Where baselines lie.
#[derive(Debug, Arguments)]
struct Place {
    /// The configuration, instead of the knee.toml found upwards from here.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(args: &Args, out: &mut dyn Write, console: &mut Console) -> anyhow::Result<()> {
    match &args.what {
        What::Accept(args) => accept(args, console),
        What::Show { scenario, place } => show(scenario.as_deref(), place, out, console),
        What::List { place } => list(place, out, console),
        What::Retire {
            scenario,
            reason,
            place,
        } => retire(scenario, reason, place, console),
    }
}

fn accept(args: &Accept, console: &mut Console) -> anyhow::Result<()> {
    let about = about(&args.reason)?;
    let config = inputs::configuration(&args.reading, console)?;
    let mut options = inputs::options("baseline", &args.trimming.looking(), &config)?;
    // What is demanded is demanded of later runs too; here it is only asked whether these can be believed.
    options.targets.clear();
    let read: RefCell<Vec<PathBuf>> = RefCell::default();
    let spare = |paths: &[PathBuf]| {
        read.borrow_mut().extend_from_slice(paths);
        Ok(())
    };
    let mut runs = inputs::read_every(&args.runs.runs, &args.reading, &config, console, &spare)?;
    runs.iter_mut().for_each(convert::from_ci);
    let report = pipeline::analyse(runs, &options);
    inputs::refuse_untrimmed(&report.runs)?;
    fit::refuse(&report, &options.rules)?;
    let mut scenarios: BTreeMap<&str, Vec<Run>> = BTreeMap::new();
    for run in &report.runs {
        let of = scenarios.entry(&run.identity.scenario).or_default();
        of.push(run.clone());
    }
    let named = args.path.as_ref().or(config.compare.baseline.as_ref());
    if let (true, Some(path)) = (scenarios.len() > 1, &args.path) {
        let names: Vec<&str> = scenarios.keys().copied().collect();
        return Err(advise(
            format!(
                "{} holds the baseline of one scenario, and the runs are of {}",
                path.display(),
                names.join(", ")
            ),
            "leave -o out: every scenario has a file of its own",
        ));
    }
    let folder = folder(&config);
    let mut files = Vec::new();
    for (scenario, runs) in &scenarios {
        let path = match named {
            Some(path) if scenarios.len() == 1 => path.clone(),
            _ => folder.join(file_name(scenario)),
        };
        output::spare(&[output::planned_json(&path)], &read.borrow())?;
        let before = exists(&path).then(|| replaced(&config, &path));
        let baseline = Baseline::new(runs, about.clone())?;
        let bytes = baseline.to_bytes()?;
        files.push((path, bytes, runs.len() as u64, *scenario, before));
    }
    for (path, bytes, runs, scenario, before) in files {
        output::write_with(&path, &mut |file| Ok(file.write_all(&bytes)?))?;
        let text = format!(
            "wrote {}: {} of the scenario `{scenario}`, {}",
            path.display(),
            number::plural(runs, "run"),
            number::bytes(bytes.len() as f64)
        );
        message::note(console, &text);
        if let Some(before) = before {
            message::note(console, &before);
        }
        if runs == 1 {
            let text = "one run shows how far others lie from it, and proves nothing; repeats do";
            message::note(console, text);
        }
    }
    Ok(())
}

/// What a new baseline takes the place of.
fn replaced(config: &Config, path: &Path) -> String {
    match open(config, path) {
        Ok(before) if before.retired.is_some() => {
            "it replaces a baseline that was retired".to_owned()
        }
        Ok(before) => {
            let runs = number::plural(before.runs.len() as u64, "run");
            let tool = before
                .runs
                .first()
                .map_or("", |run| run.source.tool.as_str());
            let reason = escape::shorten(&escape::visible(&before.reason), 60);
            format!("it replaces {runs} of {tool}, accepted for: {reason}")
        }
        Err(_) => "it replaces a file that was no baseline".to_owned(),
    }
}

/// A reason that says something, and the moment where one is given.
fn about(reason: &str) -> anyhow::Result<About> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(advise(
            "--reason is empty",
            "say why, for whoever reads the file in a year: --reason 'release 2.1'",
        ));
    }
    Ok(About {
        reason: reason.to_owned(),
        at: inputs::generated_at()?,
    })
}

/// Beside `knee.toml`, or here.
fn folder(config: &Config) -> PathBuf {
    beside(config).join(FOLDER)
}

fn beside(config: &Config) -> &Path {
    let parent = config.path.as_deref().and_then(Path::parent);
    parent.unwrap_or(Path::new(""))
}

/// A path as knee.toml would say it: no path of the machine.
fn shown(config: &Config, path: &Path) -> String {
    let inside = path.strip_prefix(beside(config)).unwrap_or(path);
    inside.display().to_string()
}

fn open(config: &Config, path: &Path) -> anyhow::Result<Baseline> {
    Baseline::open(path, &shown(config, path)).context("failed to read the baseline")
}

/// Whether something stands there; a link to nowhere does, and is an error to tell.
fn exists(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}

/// Every baseline there is: of the folder by name, then the one that knee.toml names.
fn all(place: &Place, console: &mut Console) -> anyhow::Result<Vec<(PathBuf, Baseline)>> {
    let config = inputs::load(place.config.as_deref(), console)?;
    let folder = folder(&config);
    let mut paths = Vec::new();
    if exists(&folder) {
        let failed = || format!("failed to read the folder {}", shown(&config, &folder));
        for entry in std::fs::read_dir(&folder).with_context(failed)? {
            let path = entry.with_context(failed)?.path();
            if path.extension().is_some_and(|ending| ending == "json") {
                paths.push(path);
            }
        }
    }
    paths.sort();
    if let Some(named) = config.compare.baseline.as_ref().filter(|path| exists(path)) {
        let real = |path: &Path| std::fs::canonicalize(path).ok();
        if !paths.iter().any(|path| real(path) == real(named)) {
            paths.push(named.clone());
        }
    }
    let read = |path: PathBuf| Ok((path.clone(), open(&config, &path)?));
    let found: anyhow::Result<Vec<_>> = paths.into_iter().map(read).collect();
    if found.as_ref().is_ok_and(Vec::is_empty) {
        let text =
            "there is no baseline yet; `knee baseline accept RUN... --reason '...'` makes one";
        message::note(console, text);
    }
    found
}

fn list(place: &Place, out: &mut dyn Write, console: &mut Console) -> anyhow::Result<()> {
    for (_, baseline) in all(place, console)? {
        writeln!(out, "{}", escape::terminal(&line(&baseline)))?;
    }
    Ok(())
}

fn line(baseline: &Baseline) -> String {
    let mut parts = vec![baseline.scenario.clone()];
    if let Some(retired) = &baseline.retired {
        parts.push(format!("retired: {}", retired.reason));
        return parts.join("  ");
    }
    parts.push(number::plural(baseline.runs.len() as u64, "run"));
    let at = baseline.accepted_at.as_ref();
    parts.extend(at.map(|at| format!("accepted {at}")));
    let commit = baseline.commit.as_ref();
    parts.extend(commit.map(|commit| format!("commit {commit}")));
    parts.push(baseline.reason.clone());
    parts.join("  ")
}

fn show(
    scenario: Option<&str>,
    place: &Place,
    out: &mut dyn Write,
    console: &mut Console,
) -> anyhow::Result<()> {
    let mut found = all(place, console)?;
    if let Some(scenario) = scenario {
        found = vec![pick(found, scenario)?];
    }
    for (_, baseline) in found {
        writeln!(out, "{}", escape::terminal(&line(&baseline)))?;
        for run in &baseline.runs {
            writeln!(out, "  {}", escape::terminal(&figures(run)))?;
        }
    }
    Ok(())
}

/// One line of a run; what it does not have is left out.
fn figures(run: &Run) -> String {
    let stats = &run.overall;
    let mut parts = vec![run.name.clone()];
    parts.extend(
        stats
            .requests
            .map(|requests| number::plural(requests, "request")),
    );
    parts.extend(
        stats
            .goodput
            .map(|rate| format!("goodput {}", number::rate(rate.0))),
    );
    parts.extend(
        stats
            .error_share()
            .map(|share| format!("errors {}", number::percent(share))),
    );
    for percentile in [Percentile::P50, Percentile::P95, Percentile::P99] {
        let value = stats
            .primary()
            .and_then(|latency| latency.percentiles.get(&percentile));
        parts.extend(value.map(|value| format!("{percentile} {}", number::millis(value.0))));
    }
    parts.join("  ")
}

fn pick(found: Vec<(PathBuf, Baseline)>, scenario: &str) -> anyhow::Result<(PathBuf, Baseline)> {
    let names: Vec<String> = found.iter().map(|(_, one)| one.scenario.clone()).collect();
    let mut of = found
        .into_iter()
        .filter(|(_, one)| one.scenario == scenario);
    of.next().ok_or_else(|| {
        let hint = if names.is_empty() {
            "`knee baseline accept RUN... --reason '...'` makes one".to_owned()
        } else {
            format!("there are baselines of {}", names.join(", "))
        };
        advise(
            format!("there is no baseline of the scenario `{scenario}`"),
            hint,
        )
    })
}

fn retire(
    scenario: &str,
    reason: &str,
    place: &Place,
    console: &mut Console,
) -> anyhow::Result<()> {
    let about = about(reason)?;
    let (path, baseline) = pick(all(place, console)?, scenario)?;
    if let Some(retired) = &baseline.retired {
        return Err(advise(
            format!(
                "the baseline of `{scenario}` is retired already: {}",
                retired.reason
            ),
            "`knee baseline accept RUN... --reason '...'` puts another in its place",
        ));
    }
    let bytes = baseline.retire(about).to_bytes()?;
    output::write_with(&path, &mut |file| Ok(file.write_all(&bytes)?))?;
    message::note(console, &format!("retired the baseline of `{scenario}`"));
    Ok(())
}
