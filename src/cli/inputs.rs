//! The arguments that every analysing command has, and what they read.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use crate::cli::Console;
use crate::cli::message::{self, advise};
use crate::config::{self, Config};
use crate::ingest::argument::Candidate;
use crate::ingest::log::scalar::Scale;
use crate::ingest::{self, Input};
use crate::model::{Endpoint, Note, Run};
use crate::normalize::Pattern;
use crate::pipeline;
use crate::render::Layout;
use crate::render::section::SECTIONS;
use crate::report::Page;

/// What is read.
#[derive(Debug, Args)]
pub(crate) struct Runs {
    /// A file, folder, glob, `-` for standard input, or A+B for the files of one run; NAME=RUN names it,
    /// NAME{k=v}=RUN labels it too. .gz and .zst are read as they are.
    #[arg(required = true, value_name = "RUN")]
    pub(crate) runs: Vec<OsString>,
}

/// How it is read.
#[derive(Clone, Debug, Args)]
pub(crate) struct Reading {
    /// The configuration, instead of the knee.toml found upwards from here.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// The format, instead of a look at the content; `knee formats` lists them.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) from: Option<String>,

    /// Read every input by this [[map]] of the configuration, whatever it looks like.
    #[arg(long, value_name = "NAME", conflicts_with = "from")]
    pub(crate) map: Option<String>,

    /// What the latencies of a CSV are in where its header does not say it.
    #[arg(long, value_name = "UNIT", value_parser = ["ms", "us", "s", "ns"])]
    pub(crate) unit: Option<String>,

    /// The YAML or JSON that Artillery ran: its phases, think times, and the methods of endpoints.
    #[arg(long, value_name = "FILE")]
    pub(crate) script: Option<PathBuf>,

    /// Samples of machines or containers beside the run: a log of docker stats (text or JSON) or a CSV. Repeatable.
    #[arg(long, value_name = "FILE")]
    pub(crate) resources: Vec<PathBuf>,

    /// A label for every run; project, scenario, environment, job, branch and commit set its identity.
    #[arg(long, value_name = "K=V")]
    pub(crate) label: Vec<String>,

    /// Threads; 0 = one per core.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) jobs: usize,
}

/// What is looked at, and by which measure.
#[derive(Debug, Args)]
pub(crate) struct Looking {
    /// Show these endpoints only; a glob such as 'GET /api/*'. Repeatable.
    #[arg(long, value_name = "GLOB")]
    pub(crate) endpoint: Vec<String>,

    /// The percentiles to show.
    #[arg(long, value_name = "LIST", default_value = PERCENTILES)]
    pub(crate) percentiles: String,

    #[command(flatten)]
    pub(crate) trimming: Trimming,

    /// An expectation, such as 'p95 < 200ms'. Repeatable.
    #[arg(long, value_name = "EXPECTATION")]
    pub(crate) target: Vec<String>,
}

/// What puts runs in order as the levels of a series.
#[derive(Debug, Args)]
pub(crate) struct Levelling {
    /// The label that holds the load level of each run, in place of [scale] level in knee.toml. A range such as 1..4 is a ramp.
    /// Where the same quantity was measured and is another, the measured one is the level (V23 says so).
    #[arg(long, value_name = "LABEL")]
    level: Option<String>,
}

impl Levelling {
    /// The label of the command line, else that of knee.toml.
    pub(crate) fn label(&self, configured: Option<String>) -> Option<String> {
        self.level.clone().or(configured)
    }
}

/// What is left out of every run.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Trimming {
    /// Leave out the start of every run, such as 30s.
    #[arg(long, value_name = "DURATION")]
    pub(crate) trim_start: Option<String>,

    /// Leave out the end of every run.
    #[arg(long, value_name = "DURATION")]
    pub(crate) trim_end: Option<String>,
}

/// The percentiles that are shown when nothing is asked for.
const PERCENTILES: &str = "50,90,95,99,99.9";

impl Trimming {
    /// With the usual percentiles, everything else as it is.
    pub(crate) fn looking(&self) -> Looking {
        Looking {
            endpoint: Vec::new(),
            percentiles: PERCENTILES.to_owned(),
            trimming: self.clone(),
            target: Vec::new(),
        }
    }
}

/// The configuration that holds here.
pub(crate) fn configuration(reading: &Reading, console: &mut Console) -> anyhow::Result<Config> {
    load(reading.config.as_deref(), console)
}

/// The configuration of a file, or the one that is found.
pub(crate) fn load(explicit: Option<&Path>, console: &mut Console) -> anyhow::Result<Config> {
    let here = std::env::current_dir().context("cannot tell the working directory")?;
    let config = config::load(explicit, &here).context("failed to read configuration")?;
    let sections: Vec<&str> = SECTIONS.iter().map(|section| section.id).collect();
    config
        .check_sections(&sections)
        .context("failed to read configuration")?;
    for section in &config.unused {
        message::note(console, section);
    }
    Ok(config)
}

/// Where parts of one run are read, what stands beside it stands beside the whole: nothing is attached to a part.
pub(crate) fn read_parts(
    runs: &[OsString],
    reading: &Reading,
    config: &Config,
    console: &mut Console,
    spare: &dyn Fn(&[PathBuf]) -> anyhow::Result<()>,
) -> anyhow::Result<Parts> {
    let beside = |paths: &[PathBuf]| ingest::beside::expand(paths);
    let both = [&reading.resources, &config.inputs.resources];
    let resources =
        beside(&both.map(Vec::as_slice).concat()).context("failed to find the resources")?;
    let tests = beside(&config.inputs.tests).context("failed to find the test results")?;
    spare(&[&resources[..], &tests].concat())?;
    let alone = Reading {
        resources: Vec::new(),
        ..reading.clone()
    };
    let mut without = config.clone();
    without.inputs.resources.clear();
    without.inputs.tests.clear();
    let runs = read_every(runs, &alone, &without, console, spare)?;
    Ok(Parts {
        runs,
        resources,
        tests,
    })
}

/// Parts of one run, and what stands beside the whole.
pub(crate) struct Parts {
    /// The parts.
    pub(crate) runs: Vec<Run>,
    resources: Vec<PathBuf>,
    tests: Vec<PathBuf>,
}

impl Parts {
    /// Reads what stands beside the run.
    pub(crate) fn attach(&self, run: &mut Run) -> anyhow::Result<()> {
        ingest::beside::attach(std::slice::from_mut(run), &self.resources, &self.tests)
            .context("failed to read what stands beside the run")
    }
}

/// Reads every run that can be read and gives each its identity. A file that cannot be is told, and the exit code will be 2.
pub(crate) fn read(
    runs: &[OsString],
    reading: &Reading,
    config: &Config,
    console: &mut Console,
    spare: &dyn Fn(&[PathBuf]) -> anyhow::Result<()>,
) -> anyhow::Result<Vec<Run>> {
    read_by(
        ingest::read_what_can_be,
        runs,
        reading,
        config,
        console,
        spare,
    )
}

/// The same, for what would be wrong without one of them: a file that cannot be read is an error.
pub(crate) fn read_every(
    runs: &[OsString],
    reading: &Reading,
    config: &Config,
    console: &mut Console,
    spare: &dyn Fn(&[PathBuf]) -> anyhow::Result<()>,
) -> anyhow::Result<Vec<Run>> {
    read_by(ingest::read, runs, reading, config, console, spare)
}

type ReadCandidates =
    fn(Vec<Candidate>, &ingest::Options) -> Result<ingest::Ingested, ingest::IngestError>;

fn read_by(
    how: ReadCandidates,
    runs: &[OsString],
    reading: &Reading,
    config: &Config,
    console: &mut Console,
    spare: &dyn Fn(&[PathBuf]) -> anyhow::Result<()>,
) -> anyhow::Result<Vec<Run>> {
    if reading.jobs > 0 {
        // What comes after the reading keeps to the number as well. It is set once for the process: a second time changes nothing.
        let _ = rayon::ThreadPoolBuilder::new()
            .num_threads(reading.jobs)
            .build_global();
    }
    let labels = config::parse_labels(&reading.label)?;
    let mut stdin = || Input::stream("-", io::stdin());
    let candidates = ingest::expand(runs, &mut stdin).context("failed to find the input")?;
    let both = [&reading.resources, &config.inputs.resources];
    let options = ingest::Options {
        from: reading.from.clone(),
        maps: config.maps.clone(),
        map: reading.map.clone(),
        unit: reading.unit.as_deref().and_then(Scale::named),
        script: reading.script.clone(),
        jobs: reading.jobs,
        resources: ingest::beside::expand(&both.map(Vec::as_slice).concat())
            .context("failed to find the resources")?,
        tests: ingest::beside::expand(&config.inputs.tests)
            .context("failed to find the test results")?,
    };
    let looked_at = candidates.len();
    let paths: Vec<PathBuf> = candidates
        .iter()
        .filter_map(|found| found.input.path.clone())
        .collect();
    let script = options.script.as_slice();
    let plan = config.path.as_slice();
    spare(&[&paths[..], &options.resources, &options.tests, script, plan].concat())?;
    let mut ingested = how(candidates, &options).context("failed to read the input")?;
    if !ingested.skipped.is_empty() {
        let shown: Vec<&str> = ingested
            .skipped
            .iter()
            .take(5)
            .map(String::as_str)
            .collect();
        let more = if ingested.skipped.len() > 5 {
            ", ..."
        } else {
            ""
        };
        let text = format!(
            "{} not recognised and left out: {}{more}",
            files(ingested.skipped.len()),
            shown.join(", ")
        );
        message::note(console, &text);
        for name in &ingested.skipped {
            message::detail(console, &format!("left out: {name}"));
        }
        if let Some(run) = ingested.runs.first_mut() {
            run.note(
                "files-left-out",
                "files beside the results are of no known format",
                ingested.skipped.len() as u64,
            );
        }
    }
    tell_beside(&mut ingested, console);
    tell_broken(&mut ingested, console);
    if ingested.runs.is_empty() {
        return Err(advise(
            format!("no load-test result among {}", files(looked_at)),
            "`knee formats` lists what is read; `--from FORMAT` skips the guess",
        ));
    }
    for run in &mut ingested.runs {
        config.identify(run, &labels, &paths);
        let names: Vec<&str> = run
            .source
            .files
            .iter()
            .map(|file| file.name.as_str())
            .collect();
        message::detail(
            console,
            &format!(
                "{}: {} from {}",
                run.name,
                run.source.format,
                names.join(", ")
            ),
        );
    }
    Ok(ingested.runs)
}

/// Files that cannot be read where others can: told on standard error and in the report.
fn tell_broken(ingested: &mut ingest::Ingested, console: &mut Console) {
    for broken in std::mem::take(&mut ingested.broken) {
        console.broken_input = true;
        let error = anyhow::Error::from(broken.error);
        message::failure(console, &error.context("failed to read one of the inputs"));
        if let Some(run) = ingested.runs.first_mut() {
            let text = format!(
                "{} cannot be read, and this report is without it",
                broken.file
            );
            run.note(Note::FILE_BROKEN, text, 1);
        }
    }
}

/// Files of a folder that stand beside a run and were not asked for.
fn tell_beside(ingested: &mut ingest::Ingested, console: &mut Console) {
    let mut ways: Vec<&str> = ingested.beside.iter().map(|(_, way)| *way).collect();
    ways.dedup();
    ways.truncate(2);
    let Some((first, _)) = ingested.beside.first() else {
        return;
    };
    let number = ingested.beside.len();
    let text = format!(
        "{} beside the results left out, such as {first}; read with {}",
        files(number),
        ways.join(" or ")
    );
    message::note(console, &text);
    if let Some(run) = ingested.runs.first_mut() {
        let text =
            "files beside the results hold resources or tests and are not read without being named";
        run.note("files-beside", text, number as u64);
    }
}

fn files(number: usize) -> String {
    crate::text::number::plural(number as u64, "file")
}

/// `--endpoint` must name something: a slip would otherwise read as a run without endpoints.
pub(crate) fn check_endpoints<'a>(
    looking: &Looking,
    runs: impl IntoIterator<Item = &'a Run> + Clone,
) -> anyhow::Result<()> {
    for glob in &looking.endpoint {
        let pattern = Pattern::new(glob);
        let labels = runs.clone().into_iter();
        let mut labels = labels.flat_map(|run| &run.endpoints).map(Endpoint::label);
        if !labels.any(|label| pattern.matches(&label)) {
            let first = runs
                .into_iter()
                .flat_map(|run| &run.endpoints)
                .next()
                .map(Endpoint::label);
            return Err(advise(
                format!("no endpoint matches --endpoint '{glob}'"),
                match first {
                    Some(label) => {
                        format!("endpoints are called like '{label}'; `*` stands for any text")
                    }
                    None => "the input has no figures per endpoint".to_owned(),
                },
            ));
        }
    }
    Ok(())
}

/// How the page is made.
pub(crate) fn layout(config: &Config, full: bool) -> anyhow::Result<Layout> {
    let template = match &config.report.template {
        Some(path) => {
            let failed = || format!("failed to read the report template {}", path.display());
            Some(std::fs::read_to_string(path).with_context(failed)?)
        }
        None => None,
    };
    Ok(Layout {
        sections: config.report.sections.clone(),
        template,
        full,
        plan: config.path.as_deref().map(config::in_repository),
        ..Layout::default()
    })
}

/// Refuses a trim that a run could not be given: figures over what was to be left out are none that were asked for.
pub(crate) fn refuse_untrimmed(runs: &[Run]) -> anyhow::Result<()> {
    for run in runs {
        if let Some(note) = run.noted(Note::UNTRIMMED) {
            return Err(advise(
                format!("{} cannot be trimmed as asked: {}", run.name, note.text),
                "leave --trim-start and --trim-end out, or make them shorter",
            ));
        }
    }
    Ok(())
}

/// What the analysis is told.
pub(crate) fn options(
    command: &str,
    looking: &Looking,
    config: &Config,
) -> anyhow::Result<pipeline::Options> {
    let mut targets = config.targets.clone();
    for text in &looking.target {
        targets.push(config::flag_target(text)?);
    }
    let mut normalize = config.normalize.clone();
    let duration = |flag: &str, text: &Option<String>| {
        text.as_ref()
            .map(|text| config::parse_duration(flag, text))
            .transpose()
    };
    normalize.trim_start = duration("--trim-start", &looking.trimming.trim_start)?;
    normalize.trim_end = duration("--trim-end", &looking.trimming.trim_end)?;
    let mut figures = config.figures.clone();
    figures.percentiles = config::parse_percentiles(&looking.percentiles)?;
    Ok(pipeline::Options {
        command: command.to_owned(),
        targets,
        normalize,
        plan: config.plan.clone(),
        rules: config.rules.clone(),
        figures,
        classes: config.classes.clone(),
        endpoints: looking
            .endpoint
            .iter()
            .map(|glob| Pattern::new(glob))
            .collect(),
        page: Page {
            title: config.report.title.clone(),
            project: config.project.name.clone(),
            environment: config.project.environment.clone(),
            status: config.report.status.map(|status| status.id().to_owned()),
            percentiles: Vec::new(),
        },
        generated_at: generated_at()?,
        no_baseline: None,
        require_proof: false,
        remarks: Vec::new(),
        levels: pipeline::Levels::No,
        level: config.scale.level.clone(),
    })
}

/// The moment of `SOURCE_DATE_EPOCH`, so that the same input gives the same bytes.
pub(crate) fn generated_at() -> anyhow::Result<Option<String>> {
    let Ok(text) = std::env::var("SOURCE_DATE_EPOCH") else {
        return Ok(None);
    };
    let seconds: Option<i64> = text.trim().parse().ok();
    let moment = seconds.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    let Some(moment) = moment else {
        return Err(advise(
            format!("SOURCE_DATE_EPOCH is `{text}`, not a number of seconds"),
            "unset it, or set it to whole seconds since 1970",
        ));
    };
    Ok(Some(moment.to_string()))
}
