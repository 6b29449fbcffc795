//! `knee convert RUN...`: normalized runs as JSON (one object, an array for several) or CSV.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args as Arguments;

use crate::cli::output::{self, Kind, Output, Place, Planned};
use crate::cli::{Console, inputs};
use crate::model::{Endpoint, IdentitySource, Run};
use crate::text::escape::csv_name;
use crate::{figures, normalize};

/// Bring results into one schema: JSON or CSV.
#[derive(Debug, Arguments)]
#[command(after_help = "Examples:
  knee convert results.json                      one knee.run/1 object
  knee convert results/ -o csv=all.csv           run,endpoint,method,metric,value,unit,n")]
pub(crate) struct Args {
    #[command(flatten)]
    runs: inputs::Runs,
    #[command(flatten)]
    reading: inputs::Reading,
    #[command(flatten)]
    output: Output,
}

/// What a normalized run is written as.
pub(crate) const KINDS: &[Kind] = &[
    Kind {
        id: "json",
        endings: &[".json"],
        has_files: false,
    },
    Kind {
        id: "csv",
        endings: &[".csv"],
        has_files: false,
    },
];

/// Runs the command.
pub(crate) fn run(args: &Args, out: &mut dyn Write, console: &mut Console) -> anyhow::Result<()> {
    let outputs = args.output.plan(KINDS)?;
    let config = inputs::configuration(&args.reading, console)?;
    let spare = |inputs: &[PathBuf]| output::spare(&outputs, inputs);
    let mut runs = inputs::read(&args.runs.runs, &args.reading, &config, console, &spare)?;
    for run in &mut runs {
        from_ci(run);
        normalize::normalize(run, &config.normalize);
    }
    write(&outputs, &runs, &config.figures, out)
}

/// Writes normalized runs to every place.
pub(crate) fn write(
    outputs: &[Planned],
    runs: &[Run],
    figures: &figures::Options,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    for planned in outputs {
        // Straight into its place: a run with its histograms can be large.
        let mut fill = |into: &mut dyn Write| match planned.kind.id {
            "csv" => csv(runs, figures, into),
            _ => json(runs, into),
        };
        match &planned.place {
            Place::File(path) => output::write_with(path, &mut fill)?,
            Place::Stdout | Place::Folder(_) => fill(out)?,
        }
    }
    Ok(())
}

/// One object, an array for several.
pub(crate) fn json(runs: &[Run], mut into: &mut dyn Write) -> anyhow::Result<()> {
    let written = match runs {
        [run] => serde_json::to_writer_pretty(&mut into, run),
        runs => serde_json::to_writer_pretty(&mut into, runs),
    };
    written.map_err(io::Error::from)?;
    Ok(writeln!(into)?)
}

fn csv(runs: &[Run], options: &figures::Options, into: &mut dyn Write) -> anyhow::Result<()> {
    let mut writer = csv::Writer::from_writer(into);
    writer.write_record(["run", "endpoint", "method", "metric", "value", "unit", "n"])?;
    for run in runs {
        let endpoints: BTreeMap<String, &Endpoint> = run
            .endpoints
            .iter()
            .map(|endpoint| (endpoint.label(), endpoint))
            .collect();
        for figure in figures::figures_of(run, options) {
            let Some(value) = figure.value else { continue };
            let endpoint = figure
                .endpoint
                .as_ref()
                .and_then(|label| endpoints.get(label));
            writer.write_record([
                csv_name(&run.name),
                csv_name(endpoint.map_or("", |endpoint| &endpoint.name)),
                csv_name(
                    endpoint
                        .and_then(|endpoint| endpoint.method.as_deref())
                        .unwrap_or_default(),
                ),
                csv_name(&figure.metric),
                value.to_string(),
                figure.unit.id().to_owned(),
                figure.n.map(|n| n.to_string()).unwrap_or_default(),
            ])?;
        }
    }
    Ok(writer.flush()?)
}

/// GitHub's number of a run is that of all its jobs and of every further attempt. The legs of a matrix have no name of their own.
fn github_job(first: &dyn Fn(&[&str]) -> Option<String>) -> Option<String> {
    let run = first(&["GITHUB_RUN_ID"])?;
    let more = [first(&["GITHUB_RUN_ATTEMPT"]), first(&["GITHUB_JOB"])];
    let parts: Vec<String> = std::iter::once(run)
        .chain(more.into_iter().flatten())
        .collect();
    Some(parts.join("/"))
}

/// What a CI system says of the job, where nobody said otherwise.
pub(crate) fn from_ci(run: &mut Run) {
    let first = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| std::env::var(name).ok())
            .filter(|text| !text.is_empty())
    };
    let identity = &mut run.identity;
    let members = [
        (
            "commit",
            &mut identity.commit,
            first(&[
                "GITHUB_SHA",
                "CI_COMMIT_SHA",
                "BUILDKITE_COMMIT",
                "CIRCLE_SHA1",
                "GIT_COMMIT",
            ]),
        ),
        (
            "branch",
            &mut identity.branch,
            first(&[
                "GITHUB_HEAD_REF",
                "GITHUB_REF_NAME",
                "CI_COMMIT_REF_NAME",
                "BUILDKITE_BRANCH",
                "CIRCLE_BRANCH",
                "GIT_BRANCH",
            ]),
        ),
        (
            "job",
            &mut identity.job,
            github_job(&first).or_else(|| {
                first(&[
                    "CI_JOB_ID",
                    "BUILDKITE_JOB_ID",
                    "CIRCLE_WORKFLOW_JOB_ID",
                    "BUILD_TAG",
                ])
            }),
        ),
    ];
    for (name, member, said) in members {
        if member.is_none() && said.is_some() {
            *member = said;
            run.identity_from
                .insert(name.to_owned(), IdentitySource::Ci);
        }
    }
}
