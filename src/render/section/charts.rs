//! The charts of a run.

use crate::render::Layout;
use crate::render::block::{Block, Figure};
use crate::render::chart;
use crate::render::section::{Scope, Section, heading, run_of};
use crate::report::Report;

/// The row of SECTIONS.
pub const SECTION: Section = Section {
    id: "charts",
    about: "percentiles over time, the percentile plot, CPU and memory over time",
    scope: Scope::Run,
    closing: false,
    build,
};

/// The charts of the run at that place.
pub fn figures(report: &Report, place: usize) -> Vec<Figure> {
    let Some(run) = run_of(report, place) else {
        return Vec::new();
    };
    chart::charts(run, report)
}

fn build(report: &Report, place: usize, layout: &Layout) -> Vec<Block> {
    let figures = figures(report, place);
    if figures.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![heading(report, "Charts")];
    for figure in figures {
        let file = layout
            .charts
            .as_ref()
            .map(|folder| format!("{folder}/{}.svg", figure.id));
        blocks.push(Block::Figure(Box::new(figure), file));
    }
    blocks
}
