//! Base against new: the metrics, worst first, and what the comparison could have seen.

use std::cmp::Ordering;

use crate::model::Better;
use crate::render::Layout;
use crate::render::block::{Align, Block, Line, Table, code, prose, text};
use crate::render::change;
use crate::render::chart;
use crate::render::level::Level;
use crate::render::section::{Scope, Section, absent};
use crate::report::About;
use crate::report::Cause;
use crate::report::Reason;
use crate::report::RuleId;
use crate::report::comparison::{
    ChangeUnit, ComparedMetric, ComparedSide, Comparison, ComparisonVerdict, MetricState,
};
use crate::report::{Finding, Report};
use crate::text::number;

mod behind;

/// The row of SECTIONS.
pub const SECTION: Section = Section {
    id: "comparison",
    about: "base against new: every metric with its interval and what it shows, worst first",
    scope: Scope::Report,
    closing: false,
    build,
};

/// Rows that a table shows without `--full`.
const ROWS: usize = 30;
/// Metrics whose chances are told below it.
const SHOWN_BY: usize = 9;

fn build(report: &Report, _: usize, layout: &Layout) -> Vec<Block> {
    let mut blocks = Vec::new();
    for comparison in &report.comparisons {
        blocks.extend(one(report, comparison, layout));
    }
    let findings: Vec<Line> = report
        .findings
        .iter()
        .filter(|finding| finding.about == About::Pair && !is_said(finding))
        .map(line)
        .collect();
    if !findings.is_empty() {
        blocks.push(Block::Heading(2, vec![text("About the comparison")]));
        blocks.push(Block::List(findings));
    }
    blocks
}

/// What the table says already, and the command below it.
fn is_said(finding: &Finding) -> bool {
    finding.rule.is_of_changes() || finding.rule == RuleId::V45
}

fn line(finding: &Finding) -> Line {
    let mut line = vec![text(format!("{} {}", finding.rule, finding.name))];
    if let Some(endpoint) = &finding.endpoint {
        line.extend([text(" at "), code(endpoint)]);
    }
    line.push(text(": "));
    line.extend(prose(&finding.message));
    if let Some(hint) = &finding.hint {
        line.push(text(" Next: "));
        line.extend(prose(hint));
    }
    line
}

fn one(report: &Report, comparison: &Comparison, layout: &Layout) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut heading = Vec::new();
    if report.comparisons.len() > 1 {
        heading.extend([code(&comparison.scenario), text(": ")]);
    }
    heading.extend(side(&comparison.new));
    heading.push(text(" against "));
    heading.extend(side(&comparison.base));
    blocks.push(Block::Heading(2, heading));

    let comparable = comparison.verdict != ComparisonVerdict::NotComparable;
    // Of single runs nothing is proven anyway, so every figure is worth a look.
    let looks = !comparable || comparison.base.repeats.min(comparison.new.repeats) < 2;
    let (in_table, others): (Vec<&ComparedMetric>, Vec<&ComparedMetric>) =
        grouped(comparison).into_iter().partition(|metric| {
            metric.p_value.is_some() || looks && (metric.base.is_some() || metric.new.is_some())
        });
    let is_shown = |metric: &ComparedMetric| {
        !layout.only_changes
            || !matches!(
                metric.state,
                MetricState::Undecided | MetricState::Unchanged | MetricState::NotMeasured
            )
    };
    let shown: Vec<&ComparedMetric> = in_table
        .iter()
        .filter(|metric| is_shown(metric))
        .copied()
        .collect();
    let most = if layout.full { shown.len() } else { ROWS };
    let rows = shown.get(..most.min(shown.len())).unwrap_or_default();
    if !rows.is_empty() {
        blocks.push(Block::Table(figures(rows)));
        blocks.push(Block::Paragraph(vec![text(legend(rows))]));
    }
    let shown_by: Vec<Line> = rows
        .iter()
        .filter(|metric| rank(metric) < 2 && metric.p_value.is_some())
        .take(SHOWN_BY)
        .map(|metric| behind::shown_by(metric))
        .collect();
    if !shown_by.is_empty() {
        let by_runs = rows.iter().any(|metric| metric.is_because(Cause::EveryRun));
        let every = if by_runs {
            ", or every new run failing 10 points more than every run of the base"
        } else {
            ""
        };
        blocks.push(Block::Paragraph(vec![text(format!(
            "What speaks for it; to be called regressed it takes p below 0.01, and below 0.05 corrected for the other endpoints{every}:"
        ))]));
        blocks.push(Block::List(shown_by));
    }
    // Without a place for drawings the table says it all.
    if let Some(folder) = &layout.charts {
        for figure in chart::of_comparison(comparison, report) {
            let file = format!("{folder}/{}.svg", figure.id);
            blocks.push(Block::Figure(Box::new(figure), Some(file)));
        }
    }
    if rows.len() < in_table.len() {
        let hidden = in_table
            .iter()
            .filter(|metric| !rows.iter().any(|seen| std::ptr::eq(**metric, *seen)));
        blocks.push(Block::Paragraph(vec![text(format!(
            "Rows that are not shown (--full shows them): {}.",
            states(hidden.copied())
        ))]));
    }
    let unjudged: Vec<&ComparedMetric> = in_table
        .iter()
        .chain(&others)
        .filter(|metric| metric.p_value.is_none())
        .copied()
        .collect();
    if comparable && !unjudged.is_empty() {
        blocks.push(Block::Paragraph(vec![text(format!(
            "Not judged: {}.",
            reasons(&unjudged)
        ))]));
    }
    if comparison.verdict == ComparisonVerdict::NotComparable {
        return blocks;
    }
    for mean in &comparison.geometric_means {
        blocks.push(Block::Paragraph(vec![text(format!(
            "{}, geometric mean over {}: {}.",
            mean.metric,
            number::plural(mean.endpoints, "endpoint"),
            number::change(mean.change)
        ))]));
    }
    let mut metrics = comparison.metrics.iter();
    if metrics.any(|metric| metric.is_because(Cause::Stragglers)) {
        blocks.push(Block::Paragraph(vec![text(
            "Goodput: a run lasted longer for its last responses alone; it counts until 99 % of them were in.",
        )]));
    }
    blocks.push(Block::Paragraph(vec![text(assumed(comparison))]));
    if comparison.base.repeats.min(comparison.new.repeats) < behind::REPEATS {
        blocks.extend(behind::repeats(report, comparison));
    }
    let judged: Vec<&ComparedMetric> = rows
        .iter()
        .filter(|metric| metric.p_value.is_some())
        .copied()
        .collect();
    if !judged.is_empty() {
        blocks.push(Block::Details(
            vec![text("Behind the figures")],
            vec![Block::Table(behind::behind(&judged))],
        ));
    }
    blocks
}

fn side(side: &ComparedSide) -> Line {
    let count = number::plural(side.repeats, "run");
    match &side.name {
        Some(name) => vec![code(name), text(format!(" ({count})"))],
        None => vec![text(count)],
    }
}

/// Endpoint by endpoint, the one with the worst metric first; the whole run before endpoints that are no worse.
fn grouped(comparison: &Comparison) -> Vec<&ComparedMetric> {
    let mut groups: Vec<Vec<&ComparedMetric>> = Vec::new();
    for metric in &comparison.metrics {
        let of_group = |group: &&mut Vec<&ComparedMetric>| {
            group
                .first()
                .is_some_and(|first| first.endpoint == metric.endpoint)
        };
        match groups.iter_mut().rev().find(of_group) {
            Some(group) => group.push(metric),
            None => groups.push(vec![metric]),
        }
    }
    for group in &mut groups {
        group.sort_by(|a, b| worse_first(a, b));
    }
    // Each group begins with its worst metric, and the whole run comes before endpoints of its rank.
    let first = |group: &[&ComparedMetric]| {
        let first = group.first();
        first.map_or((3, false), |first| (rank(first), first.endpoint.is_some()))
    };
    groups.sort_by(|a, b| {
        let by_metric = a.first().zip(b.first());
        let by_metric = by_metric.map(|(a, b)| worse_first(a, b));
        first(a)
            .cmp(&first(b))
            .then(by_metric.unwrap_or(Ordering::Equal))
    });
    groups.into_iter().flatten().collect()
}

/// By what is shown; then what was judged before what was not, the least probable first; then by how much worse it looks.
fn worse_first(a: &ComparedMetric, b: &ComparedMetric) -> Ordering {
    let chance = |metric: &ComparedMetric| metric.p_value.unwrap_or(f64::INFINITY);
    let by_chance = chance(a).total_cmp(&chance(b));
    let by_harm = || harm(b).total_cmp(&harm(a));
    rank(a).cmp(&rank(b)).then(by_chance).then_with(by_harm)
}

/// What is worse, suspect or better stands first.
fn rank(metric: &ComparedMetric) -> u8 {
    match metric.state {
        MetricState::Regressed => 0,
        MetricState::Suspect => 1,
        MetricState::Improved => 2,
        _ => 3,
    }
}

/// How much worse it looks, whatever is proven; what looks better is below zero.
fn harm(metric: &ComparedMetric) -> f64 {
    let Some(change) = metric.change else {
        return f64::NEG_INFINITY;
    };
    let change = match metric.change_unit {
        Some(ChangeUnit::Relative) => (1.0 + change).ln(),
        _ => change,
    };
    match metric.better {
        Better::Higher => -change,
        _ => change,
    }
}

fn figures(rows: &[&ComparedMetric]) -> Table {
    let level = Level::of(rows.iter().filter_map(|metric| metric.interval));
    let mut table = Table::new(&[
        ("Endpoint", Align::Left),
        ("Metric", Align::Left),
        ("Base", Align::Right),
        ("New", Align::Right),
        ("Change", Align::Right),
        (&level.heading(), Align::Right),
        ("", Align::Left),
    ]);
    for (place, metric) in rows.iter().enumerate() {
        let value = |value: Option<f64>| {
            value.map_or_else(absent, |value| {
                vec![text(number::quantity(value, metric.unit.id()))]
            })
        };
        table.row(vec![
            endpoint(rows, place),
            vec![text(metric.metric.clone())],
            value(metric.base),
            value(metric.new),
            metric
                .change
                .map_or_else(absent, |change| vec![text(by(metric, change))]),
            interval(metric, &level),
            vec![text(mark(metric))],
        ]);
    }
    table
}

/// Whose metric it is, in the first row of each.
fn endpoint(rows: &[&ComparedMetric], place: usize) -> Line {
    let of = |place: usize| rows.get(place).map(|metric| &metric.endpoint);
    if place > 0 && of(place) == of(place - 1) {
        return Vec::new();
    }
    match of(place) {
        Some(Some(label)) => vec![code(label)],
        _ => vec![text("all requests")],
    }
}

fn by(metric: &ComparedMetric, change: f64) -> String {
    match metric.change_unit {
        Some(ChangeUnit::Points) => number::change_of_share(change)
            .replace(" points", " pt")
            .replace(" point", " pt"),
        _ => number::change(change),
    }
}

fn interval(metric: &ComparedMetric, level: &Level) -> Line {
    if metric.is_open() {
        return vec![text(change::TOO_WIDE)];
    }
    let found = metric.interval;
    let ends = found.and_then(|found| Some((found, found.lo?, found.hi?)));
    let Some((found, lo, hi)) = ends else {
        return absent();
    };
    let bare = |change: f64| {
        let words = by(metric, change);
        words
            .trim_end_matches(" pt")
            .trim_end_matches(" %")
            .to_owned()
    };
    let ends = format!("{} to {}", bare(lo), bare(hi));
    vec![text(level.cell(found, ends))]
}

/// What was shown, in a word or a sign.
fn mark(metric: &ComparedMetric) -> &'static str {
    match metric.state {
        MetricState::Regressed => "REGRESSED",
        MetricState::Improved => "improved",
        MetricState::Suspect => "suspect",
        MetricState::Unchanged => "=",
        _ if metric.is_not_worse() => "not worse",
        MetricState::Undecided if metric.p_value.is_some() => "~",
        MetricState::Undecided | MetricState::NotMeasured => "-",
    }
}

/// The signs that were used.
fn legend(rows: &[&ComparedMetric]) -> String {
    let signs = [
        (
            "suspect",
            "suspect: it looks worse, not proven, for the reason below",
        ),
        ("~", "~ neither a change nor its absence is proven"),
        (
            "not worse",
            "not worse: a change for the worse beyond the margin is ruled out",
        ),
        (
            "=",
            "= a change beyond the margin is ruled out, or it is below the floor",
        ),
        ("-", "- not judged"),
    ];
    let mut words: Vec<&str> = signs
        .into_iter()
        .filter(|(sign, _)| rows.iter().any(|metric| mark(metric) == *sign))
        .map(|(_, words)| words)
        .collect();
    if rows.iter().any(|metric| metric.is_open()) {
        words.push("too wide: not even half, double, or 10 points more or less is ruled out");
    }
    let means = "Base and new are geometric means of the runs (outliers winsorized), error rates are of all requests; change and interval are of the same figures, pt = percentage points.";
    if words.is_empty() {
        return means.to_owned();
    }
    format!("{}. {means}", words.join("; "))
}

fn states<'a>(hidden: impl Iterator<Item = &'a ComparedMetric>) -> String {
    let mut counts: Vec<(&str, u64)> = Vec::new();
    for metric in hidden {
        let words = match mark(metric) {
            "~" => "without a change that is shown or ruled out",
            "=" => "unchanged",
            "-" => "not judged",
            other => other,
        };
        match counts.iter_mut().find(|(known, _)| *known == words) {
            Some((_, count)) => *count += 1,
            None => counts.push((words, 1)),
        }
    }
    let words: Vec<String> = counts
        .into_iter()
        .map(|(words, count)| format!("{} {words}", number::count(count)))
        .collect();
    words.join(", ")
}

/// Metrics by the reason why nothing is said of them.
fn reasons(metrics: &[&ComparedMetric]) -> String {
    let mut reasons: Vec<(String, u64)> = Vec::new();
    for metric in metrics {
        let reason = match metric.reasons.first() {
            Some(Reason::Other(Cause::TooFewRequests) | Reason::Rule(RuleId::V10)) => {
                "with too few requests (a latency takes 200 a side and 20 beyond its percentile, a share 30)"
                    .to_owned()
            }
            Some(Reason::Other(Cause::Uncounted)) => "of which the input does not count the requests".to_owned(),
            Some(Reason::Other(Cause::NoInterval)) => "without an interval on a side".to_owned(),
            Some(reason) => format!("by {reason}"),
            None => "that a side does not give".to_owned(),
        };
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += 1,
            None => reasons.push((reason, 1)),
        }
    }
    let words: Vec<String> = reasons
        .into_iter()
        .map(|(reason, count)| format!("{} {reason}", number::plural(count, "metric")))
        .collect();
    words.join(", ")
}

/// What the judgement rests on besides the figures.
fn assumed(comparison: &Comparison) -> String {
    let spread = |metric: &str| {
        let found = comparison.spread.get(metric)?;
        Some(format!("{metric} {}", number::percent(*found)))
    };
    let parts: Vec<String> = ["p50", "p95", "p99", "goodput"]
        .into_iter()
        .filter_map(spread)
        .collect();
    let jobs = match comparison.spread.get("between_jobs") {
        Some(jobs) => format!(
            ", and between jobs by {}, for the sides were not run in turn",
            number::percent(*jobs)
        ),
        None => "; the sides were run in turn".to_owned(),
    };
    let learned: Vec<f64> = comparison
        .metrics
        .iter()
        .filter_map(|metric| metric.learned_spread)
        .collect();
    let most = learned.iter().copied().fold(0.0, f64::max);
    let more = if learned.is_empty() {
        String::new()
    } else {
        format!(
            " {} reckoned with more, up to {}, because the other endpoints of these runs spread further.",
            match learned.len() {
                1 => "1 metric is".to_owned(),
                count => format!("{} metrics are", number::count(count as u64)),
            },
            number::percent(most)
        )
    };
    format!(
        "Assumed, not measured: unchanged runs spread by {}{jobs}.{more}",
        parts.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::testing::compared;

    #[test]
    fn the_level_in_the_heading_is_that_of_the_intervals() {
        let mut metric = compared(None, MetricState::Regressed);
        assert_eq!(figures(&[&metric]).columns[5].0, "95 % interval");
        metric.interval.as_mut().unwrap().level = 0.98;
        assert_eq!(figures(&[&metric]).columns[5].0, "98 % interval");
        let other = compared(Some("GET /x"), MetricState::Regressed);
        let both = figures(&[&metric, &other]);
        assert_eq!(both.columns[5].0, "Interval");
        assert_eq!(both.rows[0][5], vec![text("+18 to +30 (98 %)")]);
        assert_eq!(both.rows[1][5], vec![text("+18 to +30 (95 %)")]);
    }
}
