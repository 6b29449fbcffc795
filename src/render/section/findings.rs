//! Every rule that fired, gravest first, with its evidence and what to do next.

use crate::findings::{Finding, Report, Severity};
use crate::render::Layout;
use crate::render::block::{Block, Line, code, strong, text};
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
    let all: Vec<&Finding> = report.findings_of(&run.id).collect();
    let mut blocks = vec![heading(report, "Findings")];
    if all.is_empty() {
        blocks.push(Block::Paragraph(vec![text("No rule fired.")]));
        return blocks;
    }
    blocks.push(Block::List(
        all.iter().map(|finding| line(finding)).collect(),
    ));
    blocks.push(Block::Paragraph(vec![
        code("knee explain ID"),
        text(" says what a rule asks and why."),
    ]));
    blocks
}

fn line(finding: &Finding) -> Line {
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
    line.push(text(&finding.message));
    if !finding.evidence.0.is_empty() {
        let parts: Vec<String> = finding
            .evidence
            .0
            .iter()
            .map(|(name, value)| {
                format!(
                    "{} = {}",
                    name.replace('_', " "),
                    number::quantity(value.value, value.unit.id())
                )
            })
            .collect();
        line.push(text(format!(" [{}]", parts.join(", "))));
    }
    if let Some(hint) = &finding.hint {
        line.push(text(format!(" Next: {hint}")));
    }
    line
}
