//! What is said of the plan and of no single run: findings, and without runs the declared scenarios.
//!
//! With one run its own findings section says it: there is one list to read.

use crate::render::Layout;
use crate::render::block::{Block, text};
use crate::render::section::{Scope, Section, findings, workload};
use crate::report::{Finding, Report};

/// The row of SECTIONS.
pub const SECTION: Section = Section {
    id: "plan",
    about: "findings about the plan; without runs the declared scenarios too",
    scope: Scope::Report,
    closing: false,
    build,
};

fn build(report: &Report, _: usize, _: &Layout) -> Vec<Block> {
    let all: Vec<&Finding> = report.findings_of_plan().collect();
    let mut blocks = Vec::new();
    match report.runs.len() {
        0 => {
            blocks.push(Block::Heading(2, vec![text("Findings")]));
            blocks.extend(findings::list(&all));
            for declared in &report.workloads {
                blocks.extend(workload::blocks(declared, 2));
            }
        }
        1 => {}
        _ if all.is_empty() => {}
        _ => {
            blocks.push(Block::Heading(2, vec![text("Findings about the plan")]));
            blocks.extend(findings::list(&all));
        }
    }
    blocks
}
