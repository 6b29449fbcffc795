//! The figures of the whole run. What the input cannot give is said, not left out.

use crate::model::{MetricId, Reading, Run, Statistic, Unit};
use crate::render::Layout;
use crate::render::block::{Align, Block, Line, Table, text};
use crate::render::level::Level;
use crate::render::section::{CARRIED, Scope, Section, absent, heading, run_of};
use crate::report::{Figure, Report, Support};
use crate::text::number;

/// The row of SECTIONS.
pub const SECTION: Section = Section {
    id: "key-figures",
    about: "requests, rates, errors and latencies of the whole run, with intervals and sample counts",
    scope: Scope::Run,
    closing: false,
    build,
};

fn build(report: &Report, place: usize, _: &Layout) -> Vec<Block> {
    let Some(run) = run_of(report, place) else {
        return Vec::new();
    };
    let whole = report.figures.iter();
    let whole = whole.filter(|figure| figure.run == run.id && figure.endpoint.is_none());
    let level = Level::of(whole.filter_map(|figure| figure.interval));
    let mut table = Table::new(&[
        ("Figure", Align::Left),
        ("Value", Align::Right),
        (&level.heading(), Align::Right),
        ("n", Align::Right),
        ("", Align::Left),
    ]);
    for figure in report
        .figures
        .iter()
        .filter(|figure| figure.run == run.id && figure.endpoint.is_none())
    {
        // Custom metrics, checks and other populations have tables of their own.
        let metric: Option<MetricId> = figure.metric.parse().ok();
        let Some(metric @ (MetricId::Plain(_) | MetricId::Latency(None, _))) = metric else {
            continue;
        };
        // Of an input without requests only what it does hold is a figure.
        if lacks(run, figure) {
            continue;
        }
        table.row(vec![
            name(report, run, &metric),
            value(figure),
            interval(figure, &level),
            figure
                .n
                .map_or_else(absent, |n| vec![text(number::count(n))]),
            remark(run, &metric, figure),
        ]);
    }
    let reported = as_reported(report, run);
    let figures = report.figures.iter().filter(|figure| figure.run == run.id);
    let marked = figures
        .filter(|figure| figure.endpoint.is_none() && figure.value.is_some())
        .any(|figure| figure.support != Support::Ok);
    if table.rows.is_empty() && reported.is_none() {
        return Vec::new();
    }
    let mut blocks = vec![heading(report, "Key figures")];
    if !table.rows.is_empty() {
        blocks.push(Block::Table(table));
    }
    if marked {
        blocks.push(Block::Paragraph(vec![text(CARRIED)]));
    }
    blocks.extend(reported);
    blocks
}

/// Whether it is no figure of this run at all: of an input without requests the last section names those.
pub(super) fn lacks(run: &Run, figure: &Figure) -> bool {
    figure.run == run.id
        && figure.endpoint.is_none()
        && run.overall.requests.is_none()
        && figure.value.is_none()
}

/// The title; percentiles without a row of their own are called by their id. An Apdex says nothing without its T, the edge
/// of the first latency class.
fn name(report: &Report, run: &Run, metric: &MetricId) -> Line {
    let (spec, id) = (metric.spec(), metric.to_string());
    let class = report.classes.iter().find(|class| class.run == run.id);
    if let (Reading::Apdex, Some(t)) = (spec.reading, class.and_then(|class| class.upto_ms)) {
        let t = number::quantity(t, Unit::Millis.id());
        return vec![text(format!("{} (T {t})", spec.title))];
    }
    vec![text(if spec.id == id {
        spec.title.to_owned()
    } else {
        id
    })]
}

fn value(figure: &Figure) -> Line {
    match figure.value {
        Some(value) => vec![text(number::quantity(value, figure.unit.id()))],
        None => vec![text("not measured")],
    }
}

fn interval(figure: &Figure, level: &Level) -> Line {
    let Some(interval) = figure.interval else {
        return absent();
    };
    let end =
        |value: Option<f64>| value.map_or_else(|| "open".to_owned(), |v| bare(v, figure.unit));
    let ends = format!("{} to {}", end(interval.lo), end(interval.hi));
    vec![text(level.cell(interval, ends))]
}

fn bare(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Millis => number::millis_bare(value),
        unit => number::quantity(value, unit.id()),
    }
}

fn remark(run: &Run, metric: &MetricId, figure: &Figure) -> Line {
    if let (None, MetricId::Latency(None, Statistic::Quantile(percentile))) = (figure.value, metric)
        && let Some(latency) = run.overall.primary()
        && let Some(bounds) = latency.bounds.get(percentile)
    {
        return vec![text(format!(
            "between {} and {}",
            bare(bounds.lower.0, figure.unit),
            bare(bounds.upper.0, figure.unit)
        ))];
    }
    if figure.value.is_some() {
        match figure.support {
            Support::Weak => return vec![text("thin")],
            Support::None if figure.n.is_none() => return vec![text("count not measured")],
            Support::None => return vec![text("never judged")],
            Support::Ok => {}
        }
    }
    Vec::new()
}

/// What the tool itself says, where that differs.
fn as_reported(report: &Report, run: &Run) -> Option<Block> {
    let reported = *run.overall.as_reported.get("rate_per_s")?;
    let counted = report
        .figure(&run.id, None, "rate")
        .and_then(|figure| figure.value);
    let same = counted.is_some_and(|counted| (reported - counted).abs() <= 0.005 * counted.abs());
    let words = format!(
        "The tool itself reports a rate of {}.",
        number::rate(reported)
    );
    (!same).then(|| Block::Paragraph(vec![text(words)]))
}
