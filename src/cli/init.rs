//! `knee init [RUN...]`: a starter `knee.toml`, with targets proposed from runs and marked as proposals.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args as Arguments;

use crate::cli::message::{self, advise};
use crate::cli::{Console, inputs, output};
use crate::model::ErrorKind;
use crate::pipeline;
use crate::report::Report;
use crate::targets::propose::{Proposals, propose};
use crate::text::number;

/// Write a starter knee.toml. With a RUN, targets are proposed from what was measured: they are met by the run, marked as
/// proposals, and to be agreed on.
#[derive(Debug, Arguments)]
#[command(after_help = "Examples:
  knee init results.json                 knee.toml with proposed targets
  knee init results.json -o -            the same to standard output
  knee init                              knee.toml with examples only")]
pub(crate) struct Args {
    /// A file, folder, glob, `-` for standard input, or A+B for the files of one run; none = examples only.
    #[arg(value_name = "RUN")]
    runs: Vec<OsString>,
    #[command(flatten)]
    reading: inputs::Reading,

    /// Where to write; `-` = standard output. A file that exists is left alone.
    #[arg(
        short = 'o',
        long = "output",
        value_name = "PATH",
        default_value = "knee.toml"
    )]
    path: String,
}

/// Expected errors that are suggested, the most frequent first.
const MOST_ERRORS: usize = 3;

/// Runs the command.
pub(crate) fn run(args: &Args, out: &mut dyn Write, console: &mut Console) -> anyhow::Result<()> {
    let path = PathBuf::from(&args.path);
    let to_stdout = args.path == "-";
    if !to_stdout && path.exists() {
        return Err(advise(
            format!("{} exists and is left as it is", path.display()),
            "`-o -` prints the proposal, `-o other.toml` writes it elsewhere",
        ));
    }
    let (text, targets) = if args.runs.is_empty() {
        (starter(), 0)
    } else {
        let config = inputs::configuration(&args.reading, console)?;
        let spare = |_: &[PathBuf]| Ok(());
        let runs = inputs::read_every(&args.runs, &args.reading, &config, console, &spare)?;
        let options = pipeline::Options {
            command: "init".to_owned(),
            normalize: config.normalize.clone(),
            figures: config.figures.clone(),
            ..pipeline::Options::default()
        };
        let report = pipeline::analyse(runs, &options);
        let proposals = propose(&report);
        (proposed(&report, &proposals), proposals.targets.len())
    };
    if to_stdout {
        out.write_all(text.as_bytes())?;
        return Ok(());
    }
    output::write_with(&path, &mut |file| Ok(file.write_all(text.as_bytes())?))?;
    let what = if targets == 0 {
        "no targets yet".to_owned()
    } else {
        format!(
            "{} to agree on",
            number::plural(targets as u64, "proposed target")
        )
    };
    message::note(console, &format!("wrote {}: {what}", shown(&path)));
    Ok(())
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// A text as TOML writes it, on one line.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A text in a comment: one line, nothing that moves a terminal.
fn comment(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.collect()
}

const HEAD: &str = "\
# What `knee` should know about these load tests. Everything is optional; `knee schema config` describes every key,
# `knee check` (without a run) says what does not fit together, `knee explain` lists metrics and rules.
";

const EXAMPLES: &str = r#"
# Which runs are of which scenario: different scenarios are never pooled or compared.
# [[scenario]]
# name = "search"
# runs = ["results/search-*.json"]
# load = { model = "closed", users = 50, think_time = "1s..3s", duration = "5min" }

# One name for many URLs.
# [[rename]]
# match = "GET /users/*"
# to = "GET /users/ID"

# Endpoints that belong together: a target on a group holds for each, sum(rate) for all of them.
# [[group]]
# name = "health"
# match = ["GET /health*"]

# Classes of latency; `fast` is also the T of the Apdex.
# [classes]
# fast = "50ms"
# normal = "200ms"
# slow = "500ms"
"#;

fn starter() -> String {
    format!(
        "{HEAD}
[project]
# name = \"shop\"

# What is demanded of every run.
# [[target]]
# name = \"answers quickly\"
# expect = \"p95 < 200ms\"
# warn = \"p95 < 180ms\"
#
# [[target]]
# expect = \"error_rate < 1%\"
{EXAMPLES}"
    )
}

fn proposed(report: &Report, proposals: &Proposals) -> String {
    let mut text = format!("{HEAD}\n[project]\n");
    match report
        .runs
        .iter()
        .find_map(|run| run.identity.project.clone())
    {
        Some(project) => _ = writeln!(text, "name = {}", quoted(&project)),
        None => text.push_str("# name = \"shop\"\n"),
    }
    let names: Vec<String> = report.runs.iter().map(|run| comment(&run.name)).collect();
    let _ = writeln!(
        text,
        "
# Proposals, made from {} ({}): a limit of latency leaves 20 % above the worst figure that was measured, one of
# a rate 10 % below; an error rate below 1 % is asked of every run. Nobody has agreed to them. One run does not tell how much runs differ: make a few more,
# set what your users need, and take the word \"proposed\" out of the name.",
        number::plural(names.len() as u64, "run"),
        listed(&names),
    );
    for target in &proposals.targets {
        let metric = target.expect.split(' ').next().unwrap_or_default();
        let name = match &target.endpoint {
            Some(endpoint) => format!("proposed: {metric} of {endpoint}"),
            None => format!("proposed: {metric}"),
        };
        let _ = writeln!(text, "\n[[target]]\nname = {}", quoted(&name));
        if let Some(endpoint) = &target.endpoint {
            let _ = writeln!(text, "endpoint = {}", quoted(endpoint));
        }
        let _ = writeln!(text, "expect = {} # {}", quoted(&target.expect), target.why);
    }
    if !proposals.missing.is_empty() {
        text.push_str("\n# Not proposed:\n");
        for missing in &proposals.missing {
            let _ = writeln!(text, "# - {}", comment(missing));
        }
    }
    text.push_str(&expected_errors(report));
    text.push_str(EXAMPLES);
    text
}

fn listed(names: &[String]) -> String {
    match names {
        [first, second, third, rest @ ..] if !rest.is_empty() => {
            format!("{first}, {second}, {third} and {} more", rest.len())
        }
        names => names.join(", "),
    }
}

/// Failures by status that may be meant to happen, as comments.
fn expected_errors(report: &Report) -> String {
    let mut counts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for run in &report.runs {
        for error in &run.errors {
            let code = error.code.as_deref();
            if let (ErrorKind::HttpStatus, Some(code), Some(name)) =
                (error.kind, code, error.endpoint.as_deref())
            {
                *counts.entry((name, code)).or_default() += error.count;
            }
        }
    }
    let all = counts.into_iter();
    let mut found: Vec<(u64, &str, &str)> = all.map(|((name, code), n)| (n, name, code)).collect();
    found.sort_by(|a, b| b.cmp(a));
    let mut text = String::new();
    for (number, name, code) in found.into_iter().take(MOST_ERRORS) {
        if text.is_empty() {
            text.push_str("\n# Failures that are meant to happen are counted apart:\n");
        }
        let endpoint = quoted(&format!("*{name}"));
        let _ = writeln!(
            text,
            "# [[expected_error]]\n# endpoint = {endpoint}\n# code = {} # {number} times\n# reason = \"\"\n#",
            quoted(code)
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    #[test]
    fn the_starter_is_a_configuration_and_its_examples_are_too() {
        let plain = config::parse(&starter(), Path::new("knee.toml")).unwrap();
        assert!(plain.targets.is_empty());
        let is_sentence = |line: &str| {
            let body = line.trim_start_matches("# ");
            line.starts_with("# ") && body.starts_with(|c: char| c.is_uppercase() || c == '`')
        };
        let uncommented: String = starter()
            .lines()
            .filter(|line| !is_sentence(line))
            .map(|line| line.trim_start_matches(['#', ' ']).to_owned() + "\n")
            .collect();
        let all = config::parse(&uncommented, Path::new("knee.toml"))
            .unwrap_or_else(|error| panic!("{error}\n{uncommented}"));
        assert_eq!(all.targets.len(), 2);
        assert_eq!(all.plan.scenarios.len(), 1);
    }

    #[test]
    fn any_text_is_one_line_of_toml() {
        for text in [
            "a\"b",
            "a\\b",
            "line\nline",
            "tab\t\u{1b}[31m",
            "é 漢",
            "\u{7f}",
        ] {
            let line = format!("name = {}", quoted(text));
            assert_eq!(line.lines().count(), 1);
            let read = config::parse(&format!("[project]\n{line}"), Path::new("x"));
            assert_eq!(read.unwrap().project.name.as_deref(), Some(text), "{line}");
        }
    }
}
