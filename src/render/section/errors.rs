//! What failed, counted by kind, code and endpoint.

use crate::model::{ErrorCount, ErrorKind, run::label};
use crate::render::Layout;
use crate::render::block::{Align, Block, Table, code, text};
use crate::render::section::{Scope, Section, absent, heading, run_of};
use crate::report::Report;
use crate::text::number;

/// The row of SECTIONS.
pub const SECTION: Section = Section {
    id: "errors",
    about: "failures by kind, code, text and endpoint; answers by status code",
    scope: Scope::Run,
    closing: false,
    build,
};

const MOST: usize = 30;

fn build(report: &Report, place: usize, layout: &Layout) -> Vec<Block> {
    let Some(run) = run_of(report, place) else {
        return Vec::new();
    };
    let mut blocks = vec![heading(report, "Errors")];
    let mut errors: Vec<&ErrorCount> = run.errors.iter().collect();
    errors.sort_by(|a, b| {
        b.count
            .cmp(&a.count)
            .then_with(|| a.endpoint.cmp(&b.endpoint))
            .then_with(|| a.message.cmp(&b.message))
    });
    if errors.is_empty() {
        let words = match run.overall.failures {
            _ if run.overall.requests == Some(0) => "No request was made.".to_owned(),
            Some(0) => "No request failed.".to_owned(),
            Some(failures) => format!(
                "{} failed; the input does not say how.",
                number::plural(failures, "request")
            ),
            None => "The input does not say which requests failed.".to_owned(),
        };
        blocks.push(Block::Paragraph(vec![text(words)]));
    } else {
        let shown = if layout.full {
            errors.len()
        } else {
            errors.len().min(MOST)
        };
        let mut table = Table::new(&[
            ("Count", Align::Right),
            ("Kind", Align::Left),
            ("Code", Align::Left),
            ("Endpoint", Align::Left),
            ("Text of the tool", Align::Left),
        ]);
        for error in errors.iter().take(shown) {
            let endpoint = error
                .endpoint
                .as_ref()
                .map(|name| label(error.method.as_deref(), name));
            table.row(vec![
                vec![text(number::count(error.count))],
                vec![text(kind(error.kind))],
                error
                    .code
                    .as_ref()
                    .map_or_else(absent, |words| vec![code(words)]),
                endpoint.map_or_else(absent, |words| vec![code(words)]),
                error
                    .message
                    .as_ref()
                    .map_or_else(absent, |words| vec![code(words)]),
            ]);
        }
        blocks.push(Block::Table(table));
        if shown < errors.len() {
            let rest = (errors.len() - shown) as u64;
            blocks.push(Block::Paragraph(vec![
                text(format!("{} more; ", number::plural(rest, "kind"))),
                code("--full"),
                text(" shows all."),
            ]));
        }
    }
    if !run.overall.codes.is_empty() {
        let mut table = Table::new(&[("Status", Align::Left), ("Answers", Align::Right)]);
        for (status, count) in &run.overall.codes {
            table.row(vec![vec![code(status)], vec![text(number::count(*count))]]);
        }
        blocks.push(Block::Table(table));
    }
    blocks
}

fn kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::HttpStatus => "HTTP status",
        ErrorKind::Timeout => "timeout",
        ErrorKind::Connection => "connection",
        ErrorKind::Assertion => "assertion",
        ErrorKind::Exception => "exception in the script",
        ErrorKind::Other => "other",
    }
}
