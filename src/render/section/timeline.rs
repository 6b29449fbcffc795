//! The course of the run in a few lines, for outputs without pictures.

use crate::load::steady::{Steadiness, steadiness};
use crate::model::Slice;
use crate::render::Layout;
use crate::render::block::{Block, text};
use crate::render::section::{Scope, Section, heading, run_of};
use crate::report::Report;
use crate::text::number;

/// The row of SECTIONS.
pub const SECTION: Section = Section {
    id: "timeline",
    about: "how many slices there are, peak and sustained rate, where failures happened",
    scope: Scope::Run,
    closing: false,
    build,
};

fn build(report: &Report, place: usize, _: &Layout) -> Vec<Block> {
    let Some(run) = run_of(report, place) else {
        return Vec::new();
    };
    let (Some(first), Some(last)) = (run.timeline.first(), run.timeline.last()) else {
        let words = "The input has no timeline: peak and sustained rate, warm-up and drift are not measured.";
        return vec![
            heading(report, "Timeline"),
            Block::Paragraph(vec![text(words)]),
        ];
    };
    // Windows that a tool aligns with its clock begin before the first of them and end after the last: the run does not.
    let until = |slice: &Slice| {
        let end = slice.start.0 + slice.duration.0;
        number::seconds(run.duration.map_or(end, |length| end.min(length.0)))
    };
    let mut lines = vec![vec![text(format!(
        "{} from {} to {} after the start.",
        number::plural(run.timeline.len() as u64, "slice"),
        number::seconds(first.start.0.max(0.0)),
        until(last),
    ))]];
    let steadiness = steadiness(run);
    lines.push(vec![text(match &steadiness {
        Steadiness::Phase(from, to) => format!(
            "Steady phase, where the load is not shown to rise or fall: {} to {}.",
            number::seconds(*from),
            number::seconds(*to)
        ),
        none => format!(
            "No steady phase found: {}.",
            none.reason().unwrap_or_default()
        ),
    })]);
    for (metric, words) in [
        (
            "peak_rate",
            "Peak rate, the highest over whole slices of 10 s or a little more",
        ),
        (
            "sustained_rate",
            "Sustained rate, the lowest over 30 s of the steady phase",
        ),
    ] {
        let value = report
            .figure(&run.id, None, metric)
            .and_then(|figure| figure.value);
        let shown = value.map_or_else(|| "not measured".to_owned(), number::rate);
        lines.push(vec![text(format!("{words}: {shown}."))]);
    }
    let failing: Vec<&Slice> = run
        .timeline
        .iter()
        .filter(|slice| slice.stats.failures.is_some_and(|n| n > 0))
        .collect();
    if let (Some(first), Some(last)) = (failing.first(), failing.last()) {
        lines.push(vec![text(format!(
            "Failures in {} of {}: the first from {} on, the last until {}.",
            failing.len(),
            number::plural(run.timeline.len() as u64, "slice"),
            number::seconds(first.start.0.max(0.0)),
            until(last),
        ))]);
    }
    vec![heading(report, "Timeline"), Block::List(lines)]
}
