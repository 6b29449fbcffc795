//! SECTIONS: one file a section, one row here; every renderer of pages has it at once.
//!
//! A section chooses and words what stands in the [`Report`]; it computes nothing. Limits in sentences are figures.

pub mod charts;
pub mod checks;
pub mod comparison;
pub mod custom;
pub mod endpoints;
pub mod errors;
pub mod findings;
pub mod groups;
pub mod inputs;
pub mod key_figures;
pub mod load;
pub mod method;
pub mod part;
pub mod percentiles;
pub mod plan;
pub mod resources;
pub mod scaling;
pub mod summary;
pub mod targets;
pub mod timeline;
pub mod workload;

use crate::model::Run;
use crate::render::Layout;
use crate::render::block::{Block, Line, text};
use crate::report::{Figure, Report, Support};
use crate::text::number;

/// Of what a section speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Of the whole report.
    Report,
    /// Of one run; it comes once per part.
    Run,
}

/// One row of [`SECTIONS`].
pub struct Section {
    /// What `[report] sections` and templates call it.
    pub id: &'static str,
    /// What it holds, for `knee explain`.
    pub about: &'static str,
    /// Of what it speaks.
    pub scope: Scope,
    /// Whether it stands behind the parts.
    pub closing: bool,
    /// Its blocks; none when there is nothing to say. The number is the run's place.
    pub build: fn(&Report, usize, &Layout) -> Vec<Block>,
}

/// Every section, in the usual order.
pub static SECTIONS: &[Section] = &[
    summary::SECTION,
    comparison::SECTION,
    plan::SECTION,
    part::SECTION,
    key_figures::SECTION,
    targets::SECTION,
    findings::SECTION,
    load::SECTION,
    workload::SECTION,
    endpoints::SECTION,
    groups::SECTION,
    percentiles::SECTION,
    charts::SECTION,
    timeline::SECTION,
    errors::SECTION,
    resources::SECTION,
    checks::SECTION,
    custom::SECTION,
    scaling::SECTION,
    inputs::SECTION,
    method::SECTION,
];

/// The run of a part.
fn run_of(report: &Report, place: usize) -> Option<&Run> {
    report.runs.get(place)
}

/// A section's heading: one level deeper inside a part.
fn heading(report: &Report, words: &str) -> Block {
    let level = if report.runs.len() > 1 { 3 } else { 2 };
    Block::Heading(level, vec![text(words)])
}

/// A cell that stands where nothing was measured.
fn absent() -> Line {
    vec![text(number::ABSENT)]
}

/// A figure as a cell, with its unit.
fn cell(figure: Option<&Figure>) -> Line {
    match figure.and_then(|figure| figure.value.map(|value| (value, figure.unit))) {
        Some((value, unit)) => vec![text(number::quantity(value, unit.id()))],
        None => absent(),
    }
}

/// A latency as a cell of a column in milliseconds: `*` = thin, `(…)` = too few to judge, `?` = of nobody knows how many.
fn millis_cell(figure: Option<&Figure>) -> Line {
    match figure.and_then(|figure| figure.value.map(|value| (value, figure))) {
        Some((value, figure)) => vec![text(supported(number::millis_bare(value), figure))],
        None => absent(),
    }
}

fn supported(value: String, figure: &Figure) -> String {
    match figure.support {
        Support::Ok => value,
        Support::None if figure.n.is_none() => format!("{value}?"),
        Support::Weak => format!("{value}*"),
        Support::None => format!("({value})"),
    }
}

/// The sentence that explains the marks, where any is used.
const MARKS: &str = "* thin: fewer than 20 requests lie beyond it; (...) too few requests: as good as the maximum, never judged.";

/// The sentence that explains the question mark.
const UNCOUNTED: &str =
    "? count not measured: the input does not say how many requests these are of; never judged.";

/// The same for tables that say it in words.
const CARRIED: &str = "thin: fewer than 20 requests lie beyond it; never judged: too few requests, as good as the maximum.";
