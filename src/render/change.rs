//! A compared metric in words: both values, the change with its interval, and what was shown.

use crate::model::Run;
use crate::render::block::{Align, Line, Table, code, strong, text};
use crate::render::level::Level;
use crate::report::About;
use crate::report::comparison::{ChangeUnit, ComparedMetric, ComparisonVerdict, MetricState};
use crate::report::{Finding, Interval, Report};
use crate::text::number;
use crate::wording::reason;

/// Whether it was put to a test at all.
pub(super) fn is_judged(metric: &ComparedMetric) -> bool {
    metric.method.is_some()
}

/// Whether it changed, or looks as if.
pub(super) fn is_changed(metric: &ComparedMetric) -> bool {
    matches!(
        metric.state,
        MetricState::Regressed | MetricState::Improved | MetricState::Suspect
    )
}

/// What rules say of two sides, those apart that metrics say themselves.
pub(super) fn of_pairs(report: &Report) -> impl Iterator<Item = &Finding> {
    let findings = report.findings.iter();
    findings.filter(|finding| finding.about == About::Pair && !finding.rule.is_of_changes())
}

/// Whether a run is only there to be compared against.
pub(super) fn is_base(report: &Report, run: &Run) -> bool {
    let mut comparisons = report.comparisons.iter();
    comparisons.any(|comparison| comparison.base.runs.contains(&run.id))
}

/// What was shown, in words.
pub(super) fn shown(metric: &ComparedMetric) -> &'static str {
    if metric.is_not_worse() {
        return "not worse";
    }
    state(metric.state)
}

/// A state, as it is in the JSON.
pub(super) fn state(state: MetricState) -> &'static str {
    match state {
        MetricState::Regressed => "regressed",
        MetricState::Improved => "improved",
        MetricState::Unchanged => "unchanged",
        MetricState::Undecided => "undecided",
        MetricState::Suspect => "suspect",
        MetricState::NotMeasured => "not measured",
    }
}

/// What a comparison comes to, in words.
pub(super) fn verdict(verdict: ComparisonVerdict) -> &'static str {
    match verdict {
        ComparisonVerdict::Regressed => "regressed",
        ComparisonVerdict::Suspect => "suspect, not proven",
        ComparisonVerdict::Improved => "improved",
        ComparisonVerdict::NoRegressionShown => "no regression shown",
        ComparisonVerdict::NotComparable => "not comparable",
    }
}

/// `p95`, or `p95 of "GET /x"`.
pub(super) fn called(metric: &ComparedMetric) -> String {
    match &metric.endpoint {
        Some(label) => format!("{} of \"{label}\"", metric.metric),
        None => metric.metric.clone(),
    }
}

/// A p-value, or a corrected one.
pub(super) fn chance(p: f64) -> String {
    if p < 0.000_1 {
        "<0.0001".to_owned()
    } else {
        number::significant(p, 2)
    }
}

/// A change in its unit, with its sign.
pub(super) fn amount(metric: &ComparedMetric, change: f64) -> String {
    match metric.change_unit {
        Some(ChangeUnit::Points) => number::change_of_share(change),
        Some(ChangeUnit::Relative) | None => number::change(change),
    }
}

/// An interval that rules nothing out.
pub(super) const TOO_WIDE: &str = "too wide";

fn interval(metric: &ComparedMetric, interval: Interval) -> String {
    if metric.is_open() {
        return TOO_WIDE.to_owned();
    }
    let end = |end: Option<f64>| end.map_or("open".to_owned(), |end| amount(metric, end));
    format!("{} to {}", end(interval.lo), end(interval.hi))
}

fn value(metric: &ComparedMetric, value: Option<f64>) -> String {
    value.map_or_else(
        || number::ABSENT.to_owned(),
        |value| number::quantity(value, metric.unit.id()),
    )
}

/// All of it in one sentence.
pub(super) fn sentence(metric: &ComparedMetric) -> String {
    let mut known = Vec::new();
    if let Some(found) = metric.interval {
        let level = number::percent(found.level);
        known.push(format!("{level} interval {}", interval(metric, found)));
    }
    match metric.p_value {
        Some(p) if p < 0.000_1 => known.push("p < 0.0001".to_owned()),
        Some(p) => known.push(format!("p = {}", number::significant(p, 2))),
        None => {}
    }
    if let (Some(base), Some(new)) = (metric.n_base, metric.n_new) {
        let (base, new) = (number::count(base), number::count(new));
        known.push(format!("n = {base} and {new}"));
    }
    let change = metric
        .change
        .map(|change| format!(", {}", amount(metric, change)));
    let known = if known.is_empty() {
        String::new()
    } else {
        format!(" ({})", known.join(", "))
    };
    let reasons = if metric.reasons.is_empty() {
        String::new()
    } else {
        format!(": {}", reason::listed(&metric.reasons))
    };
    format!(
        "{}: {} in the base, {} now{}{known}: {}{reasons}.",
        called(metric),
        value(metric, metric.base),
        value(metric, metric.new),
        change.unwrap_or_default(),
        shown(metric),
    )
}

/// A line per metric, whole in itself. The section of a comparison groups by endpoint and marks by signs with a legend; in a
/// comment a table may be all that is read.
pub(super) fn table(metrics: &[&ComparedMetric]) -> Table {
    let level = Level::of(metrics.iter().filter_map(|metric| metric.interval));
    let mut table = Table::new(&[
        ("Metric", Align::Left),
        ("At", Align::Left),
        ("Base", Align::Right),
        ("New", Align::Right),
        ("Change", Align::Right),
        (&level.heading(), Align::Right),
        ("Shown", Align::Left),
    ]);
    for metric in metrics {
        let at: Line = match &metric.endpoint {
            Some(label) => vec![code(label)],
            None => vec![text("whole run")],
        };
        let or_absent = |words: Option<String>| words.unwrap_or_else(|| number::ABSENT.to_owned());
        let shown = shown(metric);
        table.row(vec![
            vec![text(&metric.metric)],
            at,
            vec![text(value(metric, metric.base))],
            vec![text(value(metric, metric.new))],
            vec![text(or_absent(
                metric.change.map(|change| amount(metric, change)),
            ))],
            vec![text(or_absent(
                metric
                    .interval
                    .map(|found| level.cell(found, interval(metric, found))),
            ))],
            match metric.state {
                MetricState::Regressed => vec![strong(shown.to_uppercase())],
                MetricState::Improved | MetricState::Suspect => vec![strong(shown)],
                _ => vec![text(shown)],
            },
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::testing::compared;
    use crate::report::RuleId;

    #[test]
    fn a_sentence_holds_every_figure_of_the_change() {
        let mut metric = compared(Some("GET /x"), MetricState::Regressed);
        assert_eq!(
            sentence(&metric),
            "p95 of \"GET /x\": 170 ms in the base, 210 ms now, +23.5 % (95 % interval +18 % to +30 %, p = 0.002, \
             n = 1,000 and 1,100): regressed."
        );
        assert_eq!(table(&[&metric]).columns[5].0, "95 % interval");
        let mut other = metric.clone();
        if let Some(interval) = &mut other.interval {
            interval.level = 0.98;
        }
        let both = table(&[&metric, &other]);
        assert_eq!(both.columns[5].0, "Interval");
        assert_eq!(both.rows[1][5], vec![text("+18 % to +30 % (98 %)")]);
        metric.new = None;
        metric.change = None;
        metric.interval = None;
        metric.p_value = None;
        metric.n_new = None;
        metric.state = MetricState::NotMeasured;
        metric.reasons = vec![RuleId::V47.into()];
        assert_eq!(
            sentence(&metric),
            "p95 of \"GET /x\": 170 ms in the base, - now: not measured: V47."
        );
    }
}
