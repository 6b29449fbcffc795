//! `knee completions SHELL`.

use std::io::Write;

use clap::Args as Arguments;
use clap_complete::Shell;

/// Print shell completions.
#[derive(Debug, Arguments)]
pub(crate) struct Args {
    /// For which shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Runs the command.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> anyhow::Result<()> {
    // Into memory first: the generator panics when its writer fails, and a closed pipe is no failure.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::cli::command(), "knee", &mut script);
    Ok(out.write_all(&script)?)
}
