//! The heading of a numbered part, its verdict and its sentences; only with several runs.

use crate::render::Layout;
use crate::render::block::{Block, code, prose, strong, text};
use crate::render::section::{Scope, Section, run_of};
use crate::report::Report;
use crate::verdict;
use crate::wording::headline;
use crate::wording::headline::words;

/// The row of SECTIONS.
pub const SECTION: Section = Section {
    id: "part",
    about: "heading, verdict and sentences of one of several runs",
    scope: Scope::Run,
    closing: false,
    build,
};

fn build(report: &Report, place: usize, _: &Layout) -> Vec<Block> {
    let Some(run) = run_of(report, place).filter(|_| report.runs.len() > 1) else {
        return Vec::new();
    };
    let verdict = words(verdict::of(report, Some(&run.id))).to_uppercase();
    let sentences = headline::of_run(report, run);
    vec![
        Block::Heading(
            2,
            vec![text(format!("Part {}: ", place + 1)), code(&run.name)],
        ),
        Block::Paragraph(vec![strong(format!("Verdict: {verdict}"))]),
        Block::List(
            sentences
                .into_iter()
                .map(|sentence| prose(&sentence))
                .collect(),
        ),
    ]
}
