//! Machines and containers beside the run: figures per component, metric and phase.

use crate::model::{MetricId, Resource, ResourcePhase};
use crate::render::Layout;
use crate::render::block::{Align, Block, Line, Table, code, text};
use crate::render::section::{Scope, Section, absent, heading, run_of};
use crate::report::{Report, TargetResult, TargetState};
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
    let columns = [
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
    let mut table = Table::new(&columns);
    let most = if layout.full { usize::MAX } else { ROWS };
    for resource in run.resources.iter().take(most) {
        let unit = resource.unit.as_deref();
        let amount = |value: Option<f64>| {
            value.map_or_else(absent, |value| vec![text(number::in_unit(value, unit))])
        };
        table.row(vec![
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
        ]);
    }
    let mut blocks = vec![heading(report, "Resources"), Block::Table(table)];
    let judged: Vec<Line> = run
        .resources
        .iter()
        .flat_map(|resource| judged(resource, &targets))
        .collect();
    if !judged.is_empty() {
        blocks.push(Block::List(judged));
    }
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

pub(super) fn words(phase: ResourcePhase) -> &'static str {
    match phase {
        ResourcePhase::Idle => "idle",
        ResourcePhase::Load => "load",
    }
}

/// The targets that speak of this entry: of its component and name, in its phase.
fn judged(resource: &Resource, targets: &[(MetricId, &TargetResult)]) -> Vec<Line> {
    let is_of = |metric: &MetricId, result: &TargetResult| {
        matches!(metric, MetricId::Resource(component, name, _)
            if *component == resource.component && *name == resource.name)
            && result.phase == resource.phase
    };
    targets
        .iter()
        .filter(|(metric, result)| is_of(metric, result))
        .map(|(_, result)| {
            let mut line = vec![code(&result.expect)];
            if let Some(phase) = resource.phase {
                line.push(text(format!(", {}", words(phase))));
            }
            if let Some(value) = result.value {
                line.push(text(format!(": {}", result.amount(value))));
            }
            line.push(text(match result.state {
                TargetState::Pass => ", pass",
                TargetState::Warn => ", warn",
                TargetState::Fail => ", FAIL",
                TargetState::NotMeasured => ", not measured",
                TargetState::NotApplicable => ", not applicable",
            }));
            line
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Bound, Decide, Expectation, Operator, Origin, Run, Target};
    use crate::pipeline::{Options, analyse};
    use crate::render::text::write;

    fn memory(phase: ResourcePhase, max: f64) -> Resource {
        Resource {
            component: "api".to_owned(),
            name: "memory".to_owned(),
            unit: Some("B".to_owned()),
            phase: Some(phase),
            samples: 5,
            min: None,
            mean: None,
            max: Some(max),
            first: None,
            last: None,
            slope_per_s: None,
            series: Vec::new(),
        }
    }

    #[test]
    fn a_target_stands_at_the_phase_that_it_names_in_the_unit_of_its_limit() {
        let gib = f64::from(1024_u32.pow(3));
        let mut run = Run::new("tool", "format");
        run.id = "id".to_owned();
        // Alike to the byte: only the phase tells them apart.
        run.resources = vec![
            memory(ResourcePhase::Idle, 1.5 * gib),
            memory(ResourcePhase::Load, 1.5 * gib),
        ];
        let target = Target {
            name: None,
            scenario: None,
            endpoint: None,
            group: None,
            phase: Some("idle".to_owned()),
            expect: Expectation::Figure {
                metric: "resource:api.memory.max".parse().unwrap(),
                sum: false,
                at: None,
                bound: Bound::Limit(Operator::Less, gib),
                up_to: None,
                loads: None,
            },
            expect_text: "resource:api.memory.max < 1GiB".to_owned(),
            warn: None,
            warn_text: None,
            optional: false,
            decide: Decide::Value,
            origin: Origin::Flag,
        };
        let options = Options {
            targets: vec![target],
            ..Options::default()
        };
        let report = analyse(vec![run], &options);
        let page = write(&build(&report, 0, &Layout::default()), 80, false);
        let said: Vec<&str> = page.lines().filter(|line| line.starts_with('*')).collect();
        assert_eq!(
            said,
            ["* resource:api.memory.max < 1GiB, idle: 1.5 GiB, FAIL"]
        );
    }
}
