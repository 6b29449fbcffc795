//! The load that a scenario declares beside the one that a run shows.

use crate::render::Layout;
use crate::render::block::{Align, Block, Line, Table, code, prose, text};
use crate::render::section::{Scope, Section, absent, run_of};
use crate::report::Report;
use crate::report::workload::{Workload, WorkloadFigure};
use crate::text::number;

/// The row of SECTIONS.
pub const SECTION: Section = Section {
    id: "workload",
    about: "declared against observed: users, think time, duration, rate, task mix",
    scope: Scope::Run,
    closing: false,
    build,
};

fn build(report: &Report, place: usize, _: &Layout) -> Vec<Block> {
    let Some(run) = run_of(report, place) else {
        return Vec::new();
    };
    let level = if report.runs.len() > 1 { 3 } else { 2 };
    report
        .workloads
        .iter()
        .filter(|workload| workload.run.as_ref() == Some(&run.id))
        .flat_map(|workload| blocks(workload, level))
        .collect()
}

/// A heading of that level, what the scenario does, its load and its tasks; one column without a run.
pub(super) fn blocks(workload: &Workload, level: u8) -> Vec<Block> {
    let heading = vec![text("Workload: "), code(&workload.scenario)];
    let mut blocks = vec![Block::Heading(level, heading)];
    let mut about = vec![text(format!("Declared in {}.", workload.origin))];
    if let Some(description) = &workload.description {
        about.push(text(" "));
        about.extend(prose(description));
    }
    blocks.push(Block::Paragraph(about));
    let load = load(workload);
    if !load.rows.is_empty() {
        blocks.push(Block::Table(load));
    }
    if !workload.tasks.is_empty() {
        blocks.push(Block::Table(tasks(workload)));
    }
    blocks
}

/// What each figure is called.
fn words(name: &str) -> &str {
    match name {
        "users" => "Users, most at one time",
        "think_time_from" => "Think time, least",
        "think_time_to" => "Think time, most",
        "duration" => "Duration",
        "rate" => "Rate",
        // The two sides stand on different latencies, which the row has to say.
        "highest_rate" => {
            "Highest rate by Little's law (declared: answers in no time; observed: at the mean latency)"
        }
        other => other,
    }
}

fn load(workload: &Workload) -> Table {
    let observed = workload.run.is_some();
    let mut columns = vec![("What", Align::Left), ("Declared", Align::Right)];
    if observed {
        columns.push(("Observed", Align::Right));
    }
    let mut table = Table::new(&columns);
    let mut row = |what: &str, declared: Line, seen: Line| {
        let mut cells = vec![vec![text(what)], declared];
        if observed {
            cells.push(seen);
        }
        table.row(cells);
    };
    if workload.model_declared.is_some() || workload.model_observed.is_some() {
        let cell = |model: Option<crate::model::LoadModel>| {
            model.map_or_else(absent, |model| vec![text(model.to_string())])
        };
        row(
            "Load model",
            cell(workload.model_declared),
            cell(workload.model_observed),
        );
    }
    if !workload.levels.is_empty() {
        let levels: Vec<String> = workload
            .levels
            .iter()
            .map(|level| number::decimal(*level, 3))
            .collect();
        row("Levels", vec![text(levels.join(", "))], absent());
    }
    for figure in &workload.figures {
        let name = match figure.name.as_str() {
            "highest_rate" if !observed => "Highest rate by Little's law, if answers take no time",
            name => words(name),
        };
        row(
            name,
            cell(figure, figure.declared),
            cell(figure, figure.observed),
        );
    }
    table
}

fn cell(figure: &WorkloadFigure, value: Option<f64>) -> Line {
    value.map_or_else(absent, |value| {
        vec![text(number::quantity(value, figure.unit.id()))]
    })
}

fn tasks(workload: &Workload) -> Table {
    let observed = workload.tasks.iter().any(|task| task.requests.is_some());
    let mut columns = vec![
        ("Task", Align::Left),
        ("Weight", Align::Right),
        ("Share", Align::Right),
    ];
    if observed {
        columns.extend([("Requests", Align::Right), ("Observed share", Align::Right)]);
    }
    let mut table = Table::new(&columns);
    let percent =
        |share: Option<f64>| share.map_or_else(absent, |share| vec![text(number::percent(share))]);
    for task in &workload.tasks {
        let mut cells = vec![
            vec![code(&task.name)],
            vec![text(number::decimal(task.weight, 3))],
            percent(task.share_declared),
        ];
        if observed {
            cells.push(
                task.requests
                    .map_or_else(absent, |requests| vec![text(number::count(requests))]),
            );
            cells.push(percent(task.share_observed));
        }
        table.row(cells);
    }
    table
}
