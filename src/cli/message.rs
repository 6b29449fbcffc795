//! How an error chain, a warning and a hint look on standard error.
//!
//! What failed, then each cause on a line of its own, then an empty line and `hint:` with something to do.

use std::io;

use crate::cli::Console;
use crate::config::ConfigError;
use crate::history::BaselineError;
use crate::ingest::IngestError;
use crate::text::escape;

/// An advice that goes with an error of the command line itself.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub(crate) struct Advice {
    pub(crate) problem: String,
    pub(crate) hint: String,
}

/// An error with advice.
pub(crate) fn advise(problem: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
    Advice {
        problem: problem.into(),
        hint: hint.into(),
    }
    .into()
}

/// Whether the reader of the output went away.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

/// The error that ends the program.
pub(crate) fn failure(console: &mut Console, error: &anyhow::Error) {
    let (bold, plain) = if console.colour {
        ("\u{1b}[1;31m", "\u{1b}[0m")
    } else {
        ("", "")
    };
    let mut said = escape::terminal(&error.to_string());
    let _ = writeln!(console.err, "{bold}error{plain}: {said}");
    for cause in error.chain().skip(1) {
        let text = escape::terminal(&cause.to_string());
        if !said.contains(&text) {
            let _ = writeln!(console.err, "  {text}");
        }
        said = text;
    }
    let config = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<ConfigError>());
    if let Some(excerpt) = config.and_then(|error| error.excerpt(console.colour)) {
        let _ = writeln!(console.err, "{}", excerpt.trim_end());
    }
    let hint = error.chain().find_map(|cause| {
        let ingest = cause
            .downcast_ref::<IngestError>()
            .and_then(IngestError::hint);
        let config = cause
            .downcast_ref::<ConfigError>()
            .and_then(ConfigError::hint);
        let advice = cause
            .downcast_ref::<Advice>()
            .map(|advice| advice.hint.clone());
        let baseline = cause
            .downcast_ref::<BaselineError>()
            .and_then(BaselineError::hint);
        ingest.or(config).or(baseline).or(advice)
    });
    if let Some(hint) = hint {
        let (bold, plain) = if console.colour {
            ("\u{1b}[1;36m", "\u{1b}[0m")
        } else {
            ("", "")
        };
        let _ = writeln!(
            console.err,
            "\n{bold}hint{plain}: {}",
            escape::terminal(&hint)
        );
    }
}

/// Something to know that stops nothing.
pub(crate) fn note(console: &mut Console, text: &str) {
    if !console.quiet {
        let (bold, plain) = if console.colour {
            ("\u{1b}[1m", "\u{1b}[0m")
        } else {
            ("", "")
        };
        let _ = writeln!(console.err, "{bold}note{plain}: {}", escape::terminal(text));
    }
}

/// What is said only with `-v`.
pub(crate) fn detail(console: &mut Console, text: &str) {
    if console.verbose {
        let _ = writeln!(console.err, "{}", escape::terminal(text));
    }
}
