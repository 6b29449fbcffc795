//! How the figures were made: fixed text, true of every report, and which figures an input without requests lacks.

use crate::findings::Report;
use crate::model::Run;
use crate::render::Layout;
use crate::render::block::{Block, Line, code, text};
use crate::render::section::{Scope, Section, key_figures};

/// The row of SECTIONS.
pub const SECTION: Section = Section {
    id: "method",
    about: "how the figures were made, and which an input without requests lacks",
    scope: Scope::Report,
    closing: true,
    build,
};

fn build(report: &Report, _: usize, _: &Layout) -> Vec<Block> {
    let mut lines = vec![
        vec![text(
            "Rates are requests divided by the time from the first to the last event; goodput counts successes only.",
        )],
        vec![text(
            "Latency is that of successes where the input separates them; otherwise of what it has, as said above.",
        )],
        vec![text(
            "Intervals hold the quantile of the population that this run sampled with 95 % confidence, by order statistics, widened by the resolution of the input. They say nothing about the next run: runs differ by more than one run shows.",
        )],
        vec![text(
            "A percentile is carried when at least 20 requests lie beyond it; where no interval exists it is as good as the maximum and is never judged.",
        )],
        vec![text(
            "What the input does not give is not measured; it is never taken as zero.",
        )],
    ];
    lines.extend(report.runs.iter().filter_map(|run| lacking(report, run)));
    let mut blocks = Vec::new();
    if !report.runs.is_empty() {
        blocks.push(Block::Heading(2, vec![text("Method")]));
        blocks.push(Block::List(lines));
    }
    let made = match &report.generated_at {
        Some(at) => format!("knee {}, {at}. ", report.knee_version),
        None => format!("knee {}. ", report.knee_version),
    };
    blocks.push(Block::Paragraph(vec![
        text(made),
        code("knee explain"),
        text(" lists metrics and rules."),
    ]));
    blocks
}

fn lacking(report: &Report, run: &Run) -> Option<Line> {
    let figures = report.figures.iter();
    let names: Vec<&str> = figures
        .filter(|figure| key_figures::lacks(run, figure))
        .map(|figure| figure.metric.as_str())
        .collect();
    let said = text(format!(": not measured: {}.", names.join(", ")));
    (!names.is_empty()).then(|| vec![code(&run.name), said])
}
