//! Every rule that fired, gravest first, with its evidence and what to do next.

use crate::render::Layout;
use crate::render::block::{Align, Block, Line, Table, code, prose, strong, text};
use crate::render::section::{Scope, Section, heading, run_of};
use crate::report::About;
use crate::report::{Finding, Report, Severity};
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
            None => alone && finding.about != About::Series,
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
    let items = all.iter().filter(|finding| !is_told(finding, all));
    blocks.push(Block::List(items.map(|item| line(item, all)).collect()));
    blocks.push(Block::Paragraph(vec![
        code("knee explain ID"),
        text(" says what a rule asks and why."),
    ]));
    let evidence = evidence(all);
    if !evidence.rows.is_empty() {
        let summary = vec![text("Evidence: the figures behind each finding")];
        blocks.push(Block::Details(summary, vec![Block::Table(evidence)]));
    }
    blocks
}

fn is_part(part: &Finding, whole: &Finding) -> bool {
    part.part_of.as_ref() == Some(&whole.rule) && part.run == whole.run
}

/// Whether another line tells it.
fn is_told(part: &Finding, all: &[&Finding]) -> bool {
    all.iter().any(|whole| is_part(part, whole))
}

/// A finding with its parts.
fn line(finding: &Finding, all: &[&Finding]) -> Line {
    let severity = match finding.severity {
        Severity::Error => "ERROR",
        Severity::Warning => "WARN",
        Severity::Info => "note",
    };
    let mut line = vec![
        strong(format!("{severity} {}", finding.rule)),
        text(format!(" {}: ", finding.name)),
    ];
    let parts = all.iter().filter(|part| is_part(part, finding));
    for (place, told) in std::iter::once(&finding).chain(parts).enumerate() {
        if place > 0 {
            line.push(text(" "));
        }
        if let Some(endpoint) = &told.endpoint {
            line.push(code(endpoint));
            line.push(text(": "));
        }
        line.extend(prose(&told.message));
    }
    if let Some(hint) = &finding.hint {
        line.push(text(" Next: "));
        line.extend(prose(hint));
    }
    line
}

fn evidence(all: &[&Finding]) -> Table {
    let mut table = Table::new(&[
        ("Rule", Align::Left),
        ("At", Align::Left),
        ("Figure", Align::Left),
        ("Value", Align::Right),
    ]);
    for finding in all {
        let whole = if finding.run.is_some() {
            "whole run"
        } else {
            "plan"
        };
        for (name, value) in &finding.evidence.0 {
            table.row(vec![
                vec![text(finding.rule.as_str())],
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
