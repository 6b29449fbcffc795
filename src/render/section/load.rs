//! The load as the input or the configuration declares it.

use crate::model::ThinkTime;
use crate::render::Layout;
use crate::render::block::{Align, Block, Table, code, text};
use crate::render::section::{Scope, Section, absent, heading, run_of};
use crate::report::Report;
use crate::text::number;

/// The row of SECTIONS.
pub const SECTION: Section = Section {
    id: "load",
    about: "load model, users, arrivals, sessions, phases, environment",
    scope: Scope::Run,
    closing: false,
    build,
};

fn build(report: &Report, place: usize, _: &Layout) -> Vec<Block> {
    let Some(run) = run_of(report, place) else {
        return Vec::new();
    };
    let mut table = Table::new(&[("What", Align::Left), ("Value", Align::Left)]);
    let mut row = |what: &str, value: Option<String>| {
        if let Some(value) = value {
            table.row(vec![vec![text(what)], vec![text(value)]]);
        }
    };
    let tool = match &run.source.tool_version {
        Some(version) => format!("{} {version}", run.source.tool),
        None => run.source.tool.clone(),
    };
    row("Tool", Some(tool));
    row("Scenario", Some(run.identity.scenario.clone()));
    row("Environment", run.identity.environment.clone());
    row("Branch", run.identity.branch.clone());
    row("Commit", run.identity.commit.clone());
    row("Started", run.started_at.map(|at| at.to_string()));
    row("Ended", run.ended_at.map(|at| at.to_string()));
    row("Load model", run.load.model.map(|model| model.to_string()));
    row(
        "Users, most at one time",
        run.load.users_max.map(|users| number::decimal(users, 1)),
    );
    row(
        "Arrivals",
        run.load.arrival_rate.map(|rate| number::rate(rate.0)),
    );
    row("Think time", run.load.think_time.map(think_time));
    row("Offered", run.load.offered.map(|rate| number::rate(rate.0)));
    row(
        "Users or iterations that the generator left out",
        run.load.dropped.map(number::count),
    );
    if let Some(sessions) = &run.sessions {
        row("Sessions started", sessions.started.map(number::count));
        row("Sessions completed", sessions.completed.map(number::count));
        row("Sessions failed", sessions.failed.map(number::count));
    }
    for (key, value) in &run.labels {
        row(&format!("Label {key}"), Some(value.clone()));
    }
    let mut blocks = vec![heading(report, "Load and environment"), Block::Table(table)];
    if !run.load.phases.is_empty() {
        blocks.push(Block::Table(phases(run)));
        if run.load.phases_recovered {
            let said = "The input declares no phases: these follow from when users arrived.";
            blocks.push(Block::Paragraph(vec![text(said)]));
        }
    }
    blocks
}

fn think_time(waits: ThinkTime) -> String {
    let (from, to) = (number::seconds(waits.from.0), number::seconds(waits.to.0));
    if from == to {
        from
    } else {
        format!("{from} to {to}")
    }
}

fn phases(run: &crate::model::Run) -> Table {
    let mut table = Table::new(&[
        ("Phase", Align::Left),
        ("From", Align::Right),
        ("Length", Align::Right),
        ("Users", Align::Right),
        ("Arrivals", Align::Right),
    ]);
    let span = |from: Option<f64>, to: Option<f64>, unit: &str| match (from, to) {
        (Some(from), Some(to)) if (from - to).abs() > f64::EPSILON => {
            vec![text(format!(
                "{} to {}",
                number::quantity(from, unit),
                number::quantity(to, unit)
            ))]
        }
        (Some(at), _) | (None, Some(at)) => vec![text(number::quantity(at, unit))],
        (None, None) => absent(),
    };
    for (place, phase) in run.load.phases.iter().enumerate() {
        table.row(vec![
            phase.name.as_ref().map_or_else(
                || vec![text((place + 1).to_string())],
                |name| vec![code(name)],
            ),
            vec![text(number::seconds(phase.start.0))],
            vec![text(number::seconds(phase.duration.0))],
            span(phase.users_from, phase.users_to, "count"),
            span(
                phase.rate_from.map(|r| r.0),
                phase.rate_to.map(|r| r.0),
                "1/s",
            ),
        ]);
    }
    table
}
