//! `knee schema run|report|config|baseline`: JSON Schemas, for editors and for readers in other languages.

use std::io::Write;

use clap::{Args as Arguments, ValueEnum};

use crate::history::Baseline;
use crate::model::Run;
use crate::report::Report;

/// Print the JSON Schema of an output or of knee.toml.
#[derive(Debug, Arguments)]
pub(crate) struct Args {
    /// Of what.
    #[arg(value_enum)]
    of: Of,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Of {
    /// knee.run/1: a normalized run.
    Run,
    /// knee.report/1: what an analysis says.
    Report,
    /// knee.toml.
    Config,
    /// knee.baseline/1: accepted runs.
    Baseline,
}

/// Runs the command.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> anyhow::Result<()> {
    let schema = match args.of {
        Of::Run => schemars::schema_for!(Run),
        Of::Report => schemars::schema_for!(Report),
        Of::Config => crate::config::schema(),
        Of::Baseline => schemars::schema_for!(Baseline),
    };
    let mut page = serde_json::to_vec_pretty(&schema)?;
    page.push(b'\n');
    Ok(out.write_all(&page)?)
}
