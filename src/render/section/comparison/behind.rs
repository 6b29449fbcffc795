//! What stands behind the rows of a comparison: chances, counts, methods, and the runs that would decide.

use crate::render::block::{Align, Block, Line, Table, code, text};
use crate::render::change;
use crate::render::section::absent;
use crate::render::section::comparison::{by, endpoint};
use crate::report::Cause;
use crate::report::Report;
use crate::report::comparison::{ComparedMetric, ComparedSide, Comparison, Method};
use crate::text::number;

/// Repeats of a side from which on a latency can be proven.
pub(super) const REPEATS: u64 = 3;

/// The chances and counts behind one metric.
pub(super) fn shown_by(metric: &ComparedMetric) -> Line {
    let mut line = match &metric.endpoint {
        Some(label) => vec![code(label), text(" ")],
        None => vec![text("all requests ")],
    };
    let mut words = metric.metric.clone();
    let mut say = |part: String| words.push_str(&part);
    if let (Some(p), Some(q)) = (metric.p_value, metric.q_value) {
        say(format!(
            ": p {}, corrected {}",
            change::chance(p),
            change::chance(q)
        ));
    }
    if let Some(p) = metric.rank_p_value {
        say(format!(", by ranks alone {}", change::chance(p)));
    }
    let count = |n: Option<u64>| n.map_or_else(|| "?".to_owned(), number::count);
    say(format!(
        "; {} against {} of {} requests against {}",
        number::count(metric.runs_new),
        number::plural(metric.runs_base, "run"),
        count(metric.n_new),
        count(metric.n_base)
    ));
    if let Some(others) = &metric.against_others
        && metric.is_because(Cause::AgainstOthers)
    {
        let ends = others.interval.lo.zip(others.interval.hi);
        let interval = ends.map_or_else(String::new, |(lo, hi)| {
            format!(" ({} to {})", number::change(lo), number::change(hi))
        });
        say(format!(
            "; against {} of the same runs {}{interval}, p {}: these moved by {}",
            number::plural(others.endpoints, "other endpoint"),
            number::change(others.change),
            change::chance(others.p_value),
            number::change(others.change_of_others)
        ));
    }
    if metric.runs_apart > 0 {
        say(format!(
            "; {} of {} far beyond every run of the base",
            number::count(metric.runs_apart),
            number::plural(metric.runs_new, "new run"),
        ));
    }
    if metric.is_because(Cause::Mix) {
        say("; it may be of the shares of the endpoints alone".to_owned());
    }
    if metric.is_because(Cause::AtOneMix) {
        say("; it is worse with the endpoints at the same shares".to_owned());
    }
    line.push(text(words));
    line
}

/// The command that would decide.
pub(super) fn repeats(report: &Report, comparison: &Comparison) -> Vec<Block> {
    let wanted = comparison
        .metrics
        .iter()
        .filter(|metric| metric.endpoint.is_none() && metric.metric == "p50")
        .find_map(|metric| metric.repeats_needed);
    let count = wanted.unwrap_or(5).clamp(3, 10);
    let files = |side: &ComparedSide| -> String {
        let first = side.runs.first();
        let run = first.and_then(|id| report.runs.iter().find(|run| &run.id == id));
        let file = run.and_then(|run| run.source.files.first());
        let name = file.map_or("run.json", |file| file.name.as_str());
        match name.rsplit_once('.') {
            Some((stem, ending)) => format!("{stem}-*.{ending}"),
            None => format!("{name}-*"),
        }
    };
    if comparison.base.repeats >= REPEATS {
        let words = format!(
            "To decide it: run the new side {count} times, in the conditions of the base, and give all of its runs."
        );
        return vec![Block::Paragraph(vec![text(words)])];
    }
    let command = format!(
        "knee compare --base '{}' --new '{}' --interleaved",
        files(&comparison.base),
        files(&comparison.new)
    );
    vec![
        Block::Paragraph(vec![text(format!(
            "To decide it: run each side {count} times, in turn (base, new, base, new) in one job, then"
        ))]),
        Block::Paragraph(vec![code(command)]),
    ]
}

/// Counts, chances and methods of all that is judged.
pub(super) fn behind(rows: &[&ComparedMetric]) -> Table {
    let mut table = Table::new(&[
        ("Endpoint", Align::Left),
        ("Metric", Align::Left),
        ("n base", Align::Right),
        ("n new", Align::Right),
        ("p", Align::Right),
        ("q", Align::Right),
        ("Would show", Align::Right),
        ("Method", Align::Left),
    ]);
    for (place, metric) in rows.iter().enumerate() {
        let n = |n: Option<u64>| n.map_or_else(absent, |n| vec![text(number::count(n))]);
        table.row(vec![
            endpoint(rows, place),
            vec![text(metric.metric.clone())],
            n(metric.n_base),
            n(metric.n_new),
            chance(metric.p_value),
            chance(metric.q_value),
            metric
                .smallest_detectable
                .filter(|_| !metric.is_blind())
                .map_or_else(absent, |least| vec![text(by(metric, least))]),
            vec![text(match metric.method {
                Some(Method::Single) => "one run a side",
                Some(Method::Repeats) => "repeats",
                Some(Method::Permutation) => "permutation",
                Some(Method::Newcombe) => "Newcombe",
                Some(Method::Fisher) => "Fisher",
                Some(Method::Counts) => "slow requests, Fisher",
                Some(Method::Welch) => "Welch",
                None => "-",
            })],
        ]);
    }
    table
}

fn chance(p: Option<f64>) -> Line {
    p.map_or_else(absent, |p| vec![text(change::chance(p))])
}
