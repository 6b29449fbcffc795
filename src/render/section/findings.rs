//! Every rule that fired, gravest first, with its evidence and what to do next.

use crate::findings::{Finding, Report, Severity, rules};
use crate::render::Layout;
use crate::render::block::{Align, Block, Line, Table, code, prose, strong, text};
use crate::render::section::{Scope, Section, heading, run_of};
use crate::text::number;

/// The row of SECTIONS.
pub const SECTION: Section = Section {
    id: "findings",
    about: "rules that fired, with evidence and hint",
    scope: Scope::Run,
    closing: false,
    build,
};

fn build(report: &Report, place: usize, _: &Layout) -> Vec<Block> {
    let Some(run) = run_of(report, place) else {
        return Vec::new();
    };
    // Of several runs none owns what is said of the plan: it stands before them. Load series have a section of their own.
    let alone = report.runs.len() == 1;
    let all: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|finding| match &finding.run {
            Some(id) => *id == run.id,
            None => alone && !rules::is_of_series(&finding.rule),
        })
        .collect();
    let mut blocks = vec![heading(report, "Findings")];
    blocks.extend(list(&all));
    blocks
}

/// The findings as a list, and their evidence.
pub(super) fn list(all: &[&Finding]) -> Vec<Block> {
    let mut blocks = Vec::new();
    if all.is_empty() {
        blocks.push(Block::Paragraph(vec![text("No rule fired.")]));
        return blocks;
    }
    let folded = fold(all);
    blocks.push(Block::List(folded.iter().map(|same| line(same)).collect()));
    blocks.push(Block::Paragraph(vec![
        code("knee explain ID"),
        text(" says what a rule asks and why."),
    ]));
    let evidence = evidence(&folded);
    if !evidence.rows.is_empty() {
        let summary = vec![text("Evidence: the figures behind each finding")];
        blocks.push(Block::Details(summary, vec![Block::Table(evidence)]));
    }
    blocks
}

/// What one rule says of several endpoints is one line.
fn fold<'a>(all: &[&'a Finding]) -> Vec<Vec<&'a Finding>> {
    let mut folded: Vec<Vec<&Finding>> = Vec::new();
    for finding in all {
        let place = folded.iter_mut().find(|same| {
            same.first().is_some_and(|first| {
                first.rule == finding.rule
                    && first.effect == finding.effect
                    && first.endpoint.is_some()
                    && finding.endpoint.is_some()
                    && first.hint == finding.hint
            })
        });
        match place {
            Some(same) => same.push(finding),
            None => folded.push(vec![finding]),
        }
    }
    folded
}

/// How many endpoints a line names.
const NAMED: usize = 4;

fn line(same: &[&Finding]) -> Line {
    let Some(finding) = same.first() else {
        return Vec::new();
    };
    let severity = match finding.severity {
        Severity::Error => "ERROR",
        Severity::Warning => "WARN",
        Severity::Info => "note",
    };
    let mut line = vec![
        strong(format!("{severity} {}", finding.rule)),
        text(format!(" {}: ", finding.name)),
    ];
    if let Some(endpoint) = &finding.endpoint {
        line.push(code(endpoint));
        line.push(text(": "));
    }
    line.extend(prose(&finding.message));
    let others: Vec<&str> = same
        .iter()
        .skip(1)
        .filter_map(|other| other.endpoint.as_deref())
        .collect();
    for (place, endpoint) in others.iter().take(NAMED).enumerate() {
        line.push(text(if place == 0 { " Likewise: " } else { ", " }));
        line.push(code(*endpoint));
    }
    if others.len() > NAMED {
        line.push(text(format!(" and {} more.", others.len() - NAMED)));
    } else if !others.is_empty() {
        line.push(text("."));
    }
    if let Some(hint) = &finding.hint {
        line.push(text(" Next: "));
        line.extend(prose(hint));
    }
    line
}

fn evidence(folded: &[Vec<&Finding>]) -> Table {
    let mut table = Table::new(&[
        ("Rule", Align::Left),
        ("At", Align::Left),
        ("Figure", Align::Left),
        ("Value", Align::Right),
    ]);
    for finding in folded.iter().flatten() {
        let whole = if finding.run.is_some() {
            "whole run"
        } else {
            "plan"
        };
        for (name, value) in &finding.evidence.0 {
            table.row(vec![
                vec![text(&finding.rule)],
                finding
                    .endpoint
                    .as_ref()
                    .map_or_else(|| vec![text(whole)], |label| vec![code(label)]),
                vec![text(name.replace('_', " "))],
                vec![text(number::quantity(value.value, value.unit.id()))],
            ]);
        }
    }
    table
}
