//! The percentiles that the input gives, with samples, intervals and how well they are carried.

use crate::model::{
    ClockStart, ClockStop, Latency, Population, QuantileMethod, ResolutionKind, Run,
};
use crate::render::Layout;
use crate::render::block::{Align, Block, Inline, Table, code, prose, text};
use crate::render::level::Level;
use crate::render::section::{Scope, Section, absent, heading, run_of};
use crate::report::{Figure, Report, Support};
use crate::text::number;

/// The row of SECTIONS.
pub const SECTION: Section = Section {
    id: "percentiles",
    about: "the latency distribution: population, clock, resolution, percentiles with support",
    scope: Scope::Run,
    closing: false,
    build,
};

fn build(report: &Report, place: usize, _: &Layout) -> Vec<Block> {
    let Some(run) = run_of(report, place) else {
        return Vec::new();
    };
    let quantiles: Vec<&Figure> = report
        .figures
        .iter()
        .filter(|figure| {
            figure.run == run.id && figure.endpoint.is_none() && is_quantile(&figure.metric)
        })
        .filter(|figure| figure.value.is_some())
        // Of other populations only what is carried: a handful of failures has no percentiles.
        .filter(|figure| figure.metric.starts_with('p') || figure.support != Support::None)
        .collect();
    if quantiles.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![heading(report, "Latency distribution")];
    if let Some(latency) = run.overall.primary() {
        blocks.push(Block::Paragraph(vec![text(describe(latency))]));
    }
    let level = Level::of(quantiles.iter().filter_map(|figure| figure.interval));
    let mut table = Table::new(&[
        ("Percentile", Align::Left),
        ("ms", Align::Right),
        (&format!("{}, ms", level.heading()), Align::Right),
        ("n", Align::Right),
        ("Carried", Align::Left),
    ]);
    for figure in quantiles {
        let interval = figure.interval.map_or_else(absent, |interval| {
            let end = |v: Option<f64>| v.map_or_else(|| "open".to_owned(), number::millis_bare);
            let ends = format!("{} to {}", end(interval.lo), end(interval.hi));
            vec![text(level.cell(interval, ends))]
        });
        table.row(vec![
            vec![code(&figure.metric)],
            vec![text(number::millis_bare(figure.value.unwrap_or_default()))],
            interval,
            figure
                .n
                .map_or_else(absent, |n| vec![text(number::count(n))]),
            vec![text(match figure.support {
                Support::Ok => "yes",
                Support::Weak => "thin",
                Support::None if figure.n.is_none() => "count not measured",
                Support::None => "never judged",
            })],
        ]);
    }
    let others = ["failed.", "all."].into_iter().filter(|prefix| {
        table.rows.iter().any(|row| matches!(row.first().map(Vec::as_slice), Some([Inline::Code(id)]) if id.starts_with(prefix)))
    });
    let legend: Vec<&str> = others
        .map(|prefix| {
            if prefix == "all." {
                "`all.`: successes and failures together"
            } else {
                "`failed.`: failures only"
            }
        })
        .collect();
    blocks.push(Block::Table(table));
    if !legend.is_empty() {
        blocks.push(Block::Paragraph(prose(&format!("{}.", legend.join("; ")))));
    }
    blocks.extend(classes(report, run));
    blocks
}

fn is_quantile(metric: &str) -> bool {
    metric.rsplit_once('p').is_some_and(|(head, digits)| {
        (head.is_empty() || head.ends_with('.')) && digits.starts_with(|c: char| c.is_ascii_digit())
    })
}

fn describe(latency: &Latency) -> String {
    let population = match latency.population {
        Population::All => "all requests, failed ones included",
        Population::Answered => "every request that got an answer, whatever its status",
        Population::Ok => "successful requests only",
        Population::Failed => "failed requests only",
        Population::Unknown => "the input does not say which requests are in it",
    };
    let from = match latency.from {
        ClockStart::Send => "from the sending of the request",
        ClockStart::Connect => "from the opening of the connection",
        ClockStart::Unknown => "from an unknown start",
    };
    let to = match latency.to {
        ClockStop::FirstByte => "to the first byte of the answer",
        ClockStop::LastByte => "to its last byte",
        ClockStop::Unknown => "to an unknown end",
    };
    let clock = match (latency.from, latency.to) {
        (ClockStart::Unknown, ClockStop::Unknown) => {
            "the input does not say from when to when".to_owned()
        }
        _ => format!("measured {from} {to}"),
    };
    let method = match latency.quantile_method {
        QuantileMethod::NearestRank => "nearest rank",
        QuantileMethod::Interpolated => "interpolated",
        QuantileMethod::Sketch => "taken by the tool from a sketch",
        QuantileMethod::Bucketed => "taken from rounded buckets",
        QuantileMethod::Unknown => "taken by the tool, method unknown",
    };
    let step = latency
        .resolution
        .absolute
        .map(|step| format!("steps of {}", number::millis(step.0)));
    let relative = latency
        .resolution
        .relative
        .map(|share| format!("up to {} off", number::percent(share)));
    let fineness = match latency.resolution.kind {
        ResolutionKind::Exact => step.unwrap_or_else(|| "exact".to_owned()),
        ResolutionKind::Unknown => "resolution unknown".to_owned(),
        ResolutionKind::Relative | ResolutionKind::Rounded => [step, relative]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", "),
    };
    let count = match latency.count {
        0 => "Count not measured".to_owned(),
        count => number::plural(count, "sample"),
    };
    format!("{count}: {population}; {clock}; percentiles {method}; {fineness}.")
}

fn classes(report: &Report, run: &Run) -> Vec<Block> {
    let rows: Vec<_> = report
        .classes
        .iter()
        .filter(|class| class.run == run.id)
        .collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new(&[
        ("Class", Align::Left),
        ("Up to", Align::Right),
        ("Requests", Align::Right),
        ("Share", Align::Right),
    ]);
    for class in rows {
        table.row(vec![
            vec![text(&class.name)],
            class
                .upto_ms
                .map_or_else(absent, |upto| vec![text(number::millis(upto))]),
            vec![text(number::count(class.count))],
            vec![text(number::percent(class.share))],
        ]);
    }
    vec![Block::Table(table)]
}
