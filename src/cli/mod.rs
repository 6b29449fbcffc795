//! Arguments, dispatch, one file per command.
//!
//! A command is a function of its arguments and two writers, so that tests call it directly.

mod baseline;
mod check;
mod compare;
mod completions;
mod convert;
mod explain;
mod formats;
mod init;
mod inputs;
mod man;
mod merge;
mod message;
mod output;
mod report;
mod scale;
mod schema;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap::error::ErrorKind;
use clap::{ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::exit::Exit;
use crate::text::escape;

/// Says what a load test's results mean: what happened, whether to believe it, and what is broken.
///
/// Reads results of Artillery, Locust and k6, and any JSON or CSV, as they are. Every sentence of a report follows from a figure in it;
/// what the input cannot give is "not measured".
#[derive(Debug, Parser)]
#[command(
    name = "knee",
    version,
    max_term_width = 100,
    propagate_version = true,
    arg_required_else_help = true
)]
#[command(
    after_help = "Start with: knee report results.json\nExit codes: 0 done, 2 usage, configuration or input error; of `knee check` also 1 broken or invalid, 3 could not judge."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// When to colour messages.
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN", help_heading = "Messages")]
    color: ColorChoice,

    /// Print errors only.
    #[arg(short, long, global = true, help_heading = "Messages")]
    quiet: bool,

    /// Say which format was chosen for which file.
    #[arg(short, long, global = true, help_heading = "Messages")]
    verbose: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Report on one or more runs.
    Report(report::Args),
    /// Judge runs by their targets: the gate of a build. Without a RUN, lint knee.toml.
    Check(check::Args),
    /// Compare runs before and after a change.
    Compare(compare::Args),
    /// Find where latency blows up and throughput stops following the load: runs at several loads, or a stepped one.
    Scale(scale::Args),
    /// Look after accepted baselines, which `check` compares with.
    Baseline(baseline::Args),
    /// Bring results into one schema: JSON or CSV.
    Convert(convert::Args),
    /// Put the parts of one distributed run together.
    Merge(merge::Args),
    /// Write a starter knee.toml, with targets proposed from runs.
    Init(init::Args),
    /// Explain a rule or a metric; without an ID, list them all.
    Explain(explain::Args),
    /// List the formats that are read.
    Formats,
    /// Print the JSON Schema of an output or of knee.toml.
    Schema(schema::Args),
    /// Print shell completions.
    Completions(completions::Args),
    /// Print the manual page.
    Man,
}

/// Where messages go and how many there are.
#[expect(
    clippy::struct_excessive_bools,
    reason = "flags of the command line, and one thing that happened"
)]
pub(crate) struct Console<'a> {
    /// Standard error.
    err: &'a mut dyn Write,
    quiet: bool,
    verbose: bool,
    colour: bool,
    /// Whether an input could not be read while others were: then the exit code is 2, whatever the command found.
    broken_input: bool,
}

/// Takes the arguments apart and runs the command. Data goes to `out`, all else to `err`.
pub fn main(
    arguments: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let parsed = Cli::command()
        .try_get_matches_from(&arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            // The parser does not say which one; what is there is a RUN, which may be called anything.
            let other = || arguments.iter().filter(|one| one.to_str().is_none());
            let absent = other().find(|one| !Path::new(one).exists());
            let named = absent.or_else(|| other().next());
            if let (ErrorKind::InvalidUtf8, Some(argument)) = (error.kind(), named) {
                let named = escape::terminal(&argument.to_string_lossy());
                let _ = writeln!(err, "error: the argument {named} is not UTF-8");
                return Exit::Usage;
            }
            let text = error.render();
            let wants_help = error.exit_code() == 0;
            // The flags are not known yet: what the terminal and NO_COLOR say holds.
            let _ = match (wants_help, in_colour()) {
                (true, _) => write!(out, "{text}"),
                (false, true) => write!(err, "{}", text.ansi()),
                (false, false) => write!(err, "{text}"),
            };
            return if wants_help {
                Exit::Success
            } else {
                Exit::Usage
            };
        }
    };
    let colour = match cli.color {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => in_colour(),
    };
    let mut console = Console {
        err,
        quiet: cli.quiet,
        verbose: cli.verbose,
        colour,
        broken_input: false,
    };
    let success = |()| Exit::Success;
    let done = match &cli.command {
        Command::Check(args) => check::run(args, out, &mut console),
        Command::Report(args) => report::run(args, out, &mut console).map(success),
        Command::Compare(args) => compare::run(args, out, &mut console).map(success),
        Command::Scale(args) => scale::run(args, out, &mut console).map(success),
        Command::Baseline(args) => baseline::run(args, out, &mut console).map(success),
        Command::Convert(args) => convert::run(args, out, &mut console).map(success),
        Command::Merge(args) => merge::run(args, out, &mut console).map(success),
        Command::Init(args) => init::run(args, out, &mut console).map(success),
        Command::Explain(args) => explain::run(args, out).map(success),
        Command::Formats => formats::run(out).map(success),
        Command::Schema(args) => schema::run(args, out).map(success),
        Command::Completions(args) => completions::run(args, out).map(success),
        Command::Man => man::run(out).map(success),
    };
    match done {
        Ok(_) if console.broken_input => Exit::Usage,
        Ok(exit) => exit,
        Err(error) if message::is_broken_pipe(&error) => Exit::Success,
        Err(error) => {
            message::failure(&mut console, &error);
            Exit::Usage
        }
    }
}

/// Whether standard error is a terminal that shows colours, and nobody asked for none.
fn in_colour() -> bool {
    anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never
}

/// The command line, for completions and the manual.
fn command() -> clap::Command {
    Cli::command()
}
