//! Machines and containers beside the run: figures per component, metric and phase.

use crate::findings::{Report, TargetResult, TargetState};
use crate::model::{MetricId, Resource, ResourcePhase};
use crate::render::Layout;
use crate::render::block::{Align, Block, Line, Table, code, text};
use crate::render::section::{Scope, Section, absent, heading, run_of};
use crate::text::number;

/// The row of SECTIONS.
pub const SECTION: Section = Section {
    id: "resources",
    about: "samples of machines and containers: minimum, mean, maximum, slope, targets",
    scope: Scope::Run,
    closing: false,
    build,
};

/// Rows of a page that is not asked for in full.
const ROWS: usize = 60;

/// Metrics that count from the start of a container.
const TOTALS: [&str; 4] = ["net_in", "net_out", "block_in", "block_out"];

fn build(report: &Report, place: usize, layout: &Layout) -> Vec<Block> {
    let Some(run) = run_of(report, place).filter(|run| !run.resources.is_empty()) else {
        return Vec::new();
    };
    let targets: Vec<(MetricId, &TargetResult)> = report
        .targets
        .iter()
        .filter(|result| result.run == run.id)
        .filter_map(|result| Some((result.metric.as_ref()?.parse().ok()?, result)))
        .collect();
    let mut columns = vec![
        ("Component", Align::Left),
        ("Metric", Align::Left),
        ("Phase", Align::Left),
        ("n", Align::Right),
        ("Min", Align::Right),
        ("Mean", Align::Right),
        ("Max", Align::Right),
        ("Last", Align::Right),
        ("Slope per s", Align::Right),
    ];
    let has_targets = targets
        .iter()
        .any(|(metric, _)| matches!(metric, MetricId::Resource(..)));
    if has_targets {
        columns.push(("Target", Align::Left));
    }
    let mut table = Table::new(&columns);
    let most = if layout.full { usize::MAX } else { ROWS };
    for resource in run.resources.iter().take(most) {
        let unit = resource.unit.as_deref();
        let amount = |value: Option<f64>| {
            value.map_or_else(absent, |value| vec![text(quantity(value, unit))])
        };
        let mut row = vec![
            vec![code(&resource.component)],
            vec![code(&resource.name)],
            resource
                .phase
                .map_or_else(absent, |phase| vec![text(words(phase))]),
            vec![text(number::count(resource.samples))],
            amount(resource.min),
            amount(resource.mean),
            amount(resource.max),
            amount(resource.last),
            amount(resource.slope_per_s),
        ];
        if has_targets {
            row.push(expected(resource, &targets));
        }
        table.row(row);
    }
    let mut blocks = vec![heading(report, "Resources"), Block::Table(table)];
    let hidden = run.resources.len().saturating_sub(ROWS);
    let mut remarks = Vec::new();
    if hidden > 0 && !layout.full {
        remarks.push(format!(
            "{} more stand in the JSON, and here with --full.",
            number::plural(hidden as u64, "row")
        ));
    }
    if run.resources.iter().any(|one| one.phase.is_some()) {
        remarks.push(
            "Load: sampled between the first and the last request; idle: outside.".to_owned(),
        );
    }
    if run
        .resources
        .iter()
        .any(|one| TOTALS.contains(&one.name.as_str()))
    {
        remarks.push(
            "Network and disk are totals since the container started: their slope is the rate."
                .to_owned(),
        );
    }
    if !remarks.is_empty() {
        blocks.push(Block::Paragraph(vec![text(remarks.join(" "))]));
    }
    blocks
}

/// A value in the unit of a resource.
pub(crate) fn quantity(value: f64, unit: Option<&str>) -> String {
    match unit {
        Some("B") => number::bytes(value),
        Some(unit) => format!("{} {unit}", number::significant(value, 4)),
        None => number::significant(value, 4),
    }
}

pub(super) fn words(phase: ResourcePhase) -> &'static str {
    match phase {
        ResourcePhase::Idle => "idle",
        ResourcePhase::Load => "load",
    }
}

/// The targets that were judged by this entry: on its component and name, in its phase.
fn expected(resource: &Resource, targets: &[(MetricId, &TargetResult)]) -> Line {
    let mut line = Line::new();
    for (metric, result) in targets {
        let is_of = matches!(metric, MetricId::Resource(component, name, _)
            if *component == resource.component && *name == resource.name);
        if !is_of || result.phase != resource.phase {
            continue;
        }
        if !line.is_empty() {
            line.push(text(", "));
        }
        line.push(code(&result.expect));
        line.push(text(match result.state {
            TargetState::Pass => " pass",
            TargetState::Warn => " warn",
            TargetState::Fail => " FAIL",
            TargetState::NotMeasured => " not measured",
            TargetState::NotApplicable => " not applicable",
        }));
    }
    if line.is_empty() { absent() } else { line }
}
