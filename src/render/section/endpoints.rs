//! One line per endpoint, slowest first.

use crate::model::{Endpoint, Percentile, Run};
use crate::render::Layout;
use crate::render::block::{Align, Block, Inline, Table, code, text};
use crate::render::section::{
    MARKS, Scope, Section, UNCOUNTED, cell, heading, millis_cell, run_of,
};
use crate::report::Report;
use crate::text::number;

/// The row of SECTIONS.
pub const SECTION: Section = Section {
    id: "endpoints",
    about: "one line per endpoint, slowest p95 first",
    scope: Scope::Run,
    closing: false,
    build,
};

/// How many lines a page shows without `--full`.
const MOST: usize = 50;

fn build(report: &Report, place: usize, layout: &Layout) -> Vec<Block> {
    let Some(run) = run_of(report, place) else {
        return Vec::new();
    };
    if run.endpoints.is_empty() {
        let note = "The input has no figures per endpoint.";
        return vec![
            heading(report, "Endpoints"),
            Block::Paragraph(vec![text(note)]),
        ];
    }
    let mut endpoints: Vec<&Endpoint> = run.endpoints.iter().collect();
    let slow = |endpoint: &Endpoint| p95(report, run, endpoint);
    endpoints.sort_by(|a, b| {
        slow(b)
            .total_cmp(&slow(a))
            .then_with(|| a.label().cmp(&b.label()))
    });
    let shown = if layout.full {
        endpoints.len()
    } else {
        endpoints.len().min(MOST)
    };
    // Endpoints have fewer requests than the run: what lies beyond p99 is left to the distribution of the run, unless it
    // is all that was asked for.
    let asked = &report.page.percentiles;
    let near = asked
        .iter()
        .any(|percentile| *percentile <= Percentile::P99);
    let wanted = asked
        .iter()
        .filter(|percentile| !near || **percentile <= Percentile::P99);
    let percentiles: Vec<String> = wanted.map(ToString::to_string).collect();
    let mut columns: Vec<(String, Align)> = vec![
        ("Endpoint".to_owned(), Align::Left),
        ("Requests".to_owned(), Align::Right),
        ("Failed".to_owned(), Align::Right),
        ("Goodput".to_owned(), Align::Right),
        ("mean ms".to_owned(), Align::Right),
    ];
    columns.extend(
        percentiles
            .iter()
            .map(|name| (format!("{name} ms"), Align::Right)),
    );
    columns.push(("max ms".to_owned(), Align::Right));
    let mut table = Table {
        columns,
        rows: Vec::new(),
    };
    for endpoint in endpoints.iter().take(shown) {
        let label = endpoint.label();
        let of = |metric: &str| report.figure(&run.id, Some(&label), metric);
        let mut row = vec![
            vec![code(&label)],
            cell(of("requests")),
            cell(of("error_rate")),
            cell(of("goodput")),
            millis_cell(of("mean")),
        ];
        row.extend(percentiles.iter().map(|name| millis_cell(of(name))));
        row.push(millis_cell(of("max")));
        table.row(row);
    }
    let has_mark = |is_mark: fn(&str) -> bool| {
        let parts = table.rows.iter().flatten().flatten();
        parts
            .into_iter()
            .any(|part| matches!(part, Inline::Text(words) if is_mark(words)))
    };
    let marked = has_mark(|words| words.ends_with('*') || words.starts_with('('));
    let uncounted = has_mark(|words| words.ends_with('?'));
    let mut blocks = vec![heading(report, "Endpoints"), Block::Table(table)];
    if shown < endpoints.len() {
        let rest = (endpoints.len() - shown) as u64;
        blocks.push(Block::Paragraph(vec![
            text(format!("{} more; ", number::plural(rest, "endpoint"))),
            code("--full"),
            text(" shows all."),
        ]));
    }
    if marked {
        blocks.push(Block::Paragraph(vec![text(MARKS)]));
    }
    if uncounted {
        blocks.push(Block::Paragraph(vec![text(UNCOUNTED)]));
    }
    blocks
}

fn p95(report: &Report, run: &Run, endpoint: &Endpoint) -> f64 {
    let label = endpoint.label();
    let of = |metric: &str| {
        report
            .figure(&run.id, Some(&label), metric)
            .and_then(|figure| figure.value)
    };
    of("p95").or_else(|| of("mean")).unwrap_or(-1.0)
}
