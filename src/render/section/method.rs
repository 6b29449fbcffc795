//! How the figures were made: fixed text, true of every report, and which figures an input without requests lacks.

use crate::model::{Run, Stats};
use crate::render::Layout;
use crate::render::block::{Block, Line, code, text};
use crate::render::section::{Scope, Section, key_figures};
use crate::report::Report;

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
    if report.runs.iter().any(above_max) {
        lines.push(vec![text(
            "A percentile that a tool takes from a bucket may lie above the measured maximum, by no more than the bucket is wide; it is shown as the tool gives it.",
        )]);
    }
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

/// Whether a percentile of the run lies above the maximum beside it.
fn above_max(run: &Run) -> bool {
    let stats = run.endpoints.iter().map(|endpoint| &endpoint.stats);
    let mut latencies = stats.chain([&run.overall]).filter_map(Stats::primary);
    latencies.any(|latency| {
        let largest = latency.percentiles.values().map(|value| value.0);
        let largest = largest.fold(f64::NEG_INFINITY, f64::max);
        latency.max.is_some_and(|max| largest > max.0)
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Latency, Millis, Percentile, Population};

    #[test]
    fn a_percentile_above_the_maximum_is_explained_where_there_is_one() {
        let mut run = Run::new("tool", "format");
        let mut latency = Latency::of(Population::All, 10);
        latency.max = Some(Millis(44.0));
        latency.percentiles.insert(Percentile::P50, Millis(12.0));
        latency.percentiles.insert(Percentile::P99, Millis(44.0));
        run.overall.latency = Some(latency.clone());
        assert!(!above_max(&run));
        latency.percentiles.insert(Percentile::P99, Millis(44.3));
        run.overall.latency = Some(latency);
        assert!(above_max(&run));
    }
}
