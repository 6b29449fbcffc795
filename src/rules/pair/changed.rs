//! What R01 to R04 share: a proven change in words. Every sentence names what is compared against.
//!
//! Proves nothing: the state of a metric is that of the comparison.

use crate::model::{MetricId, Unit};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::Interval;
use crate::report::comparison::{
    ChangeUnit, ComparedMetric, ComparedSide, Comparison, Method, MetricState,
};
use crate::rules::shared::chance;
use crate::rules::{ComparedContext, Fired};
use crate::text::number;
use crate::text::phrase::{first_of, quoted};

/// Findings of one rule; the rest is counted in one more.
const SHOWN: usize = 20;

/// Metrics that the last finding names.
const NAMED: usize = 5;

/// What is about to be said of some metrics.
pub(super) struct Change {
    /// Which state they are in.
    pub(super) state: MetricState,
    /// `regressed`.
    pub(super) verb: &'static str,
    /// What their findings do.
    pub(super) effect: Effect,
    /// What to do next.
    pub(super) hint: &'static str,
}

/// A latency in any population, or the share of fast answers.
pub(super) fn is_latency(metric: &MetricId) -> bool {
    matches!(metric, MetricId::Latency(..) | MetricId::Plain("apdex"))
}

/// A share of failures or successes.
pub(super) fn is_errors(metric: &MetricId) -> bool {
    matches!(metric, MetricId::Plain("error_rate" | "success_rate"))
}

/// What is done per second.
pub(super) fn is_throughput(metric: &MetricId) -> bool {
    matches!(
        metric,
        MetricId::Plain("goodput" | "rate" | "requests" | "peak_rate" | "sustained_rate")
    )
}

/// One finding a metric, the whole run first, then the greatest change; from the 21st on only counted.
pub(super) fn findings(
    context: &ComparedContext,
    change: &Change,
    is_asked: impl Fn(&MetricId) -> bool,
) -> Vec<Fired> {
    let comparison = context.comparison;
    let in_state = comparison
        .metrics
        .iter()
        .filter(|metric| metric.state == change.state);
    let mut found: Vec<(MetricId, &ComparedMetric)> = in_state
        .filter_map(|metric| Some((metric.metric.parse().ok()?, metric)))
        .filter(|(id, _)| is_asked(id))
        .collect();
    let size = |metric: &ComparedMetric| metric.change.map_or(0.0, f64::abs);
    found.sort_by(|(_, a), (_, b)| {
        let whole = a.endpoint.is_some().cmp(&b.endpoint.is_some());
        whole.then(size(b).total_cmp(&size(a)))
    });
    let rest = found.split_off(found.len().min(SHOWN));
    let mut fired: Vec<Fired> = found
        .into_iter()
        .map(|(id, metric)| one(comparison, change, id, metric))
        .collect();
    if !rest.is_empty() {
        fired.push(others(comparison, change, &rest));
    }
    fired
}

fn one(comparison: &Comparison, change: &Change, id: MetricId, metric: &ComparedMetric) -> Fired {
    let message = format!(
        "{} {} against {}: {}{}.",
        called(metric),
        change.verb,
        baseline(&comparison.base),
        figures(metric),
        certainty(change, metric),
    );
    let mut evidence = Evidence::new()
        .count("base_repeats", comparison.base.repeats)
        .count("new_repeats", comparison.new.repeats);
    let unit = match metric.change_unit {
        Some(ChangeUnit::Relative | ChangeUnit::Points) => Unit::Ratio,
        None => Unit::AsGiven,
    };
    let interval = metric.interval.as_ref();
    for (name, value, unit) in [
        ("base", metric.base, metric.unit),
        ("new", metric.new, metric.unit),
        ("change", metric.change, unit),
        ("change_lo", interval.and_then(|range| range.lo), unit),
        ("change_hi", interval.and_then(|range| range.hi), unit),
        ("p_value", metric.p_value, Unit::AsGiven),
        ("q_value", metric.q_value, Unit::AsGiven),
    ] {
        if let Some(value) = value {
            evidence = evidence.with(name, value, unit);
        }
    }
    let fired = Fired::new(change.effect, message, evidence)
        .on(id)
        .hint(change.hint);
    match &metric.endpoint {
        Some(label) => fired.at(label.clone()),
        None => fired,
    }
}

fn others(comparison: &Comparison, change: &Change, rest: &[(MetricId, &ComparedMetric)]) -> Fired {
    let named: Vec<String> = rest.iter().map(|(_, metric)| called(metric)).collect();
    let message = format!(
        "{} {} against {} too: {}.",
        number::plural(rest.len() as u64, "more metric"),
        change.verb,
        baseline(&comparison.base),
        first_of(&named, NAMED),
    );
    let evidence = Evidence::new().count("metrics", rest.len() as u64);
    Fired::new(change.effect, message, evidence).hint(change.hint)
}

/// `p95 of "GET /a"`.
pub(super) fn called(metric: &ComparedMetric) -> String {
    let of = metric
        .endpoint
        .as_ref()
        .map_or_else(|| "the whole run".to_owned(), |label| quoted(label));
    format!("{} of {of}", metric.metric)
}

/// What is compared against: its name, else the ids of its runs.
fn baseline(base: &ComparedSide) -> String {
    if let Some(name) = &base.name {
        return format!("the base {}", quoted(name));
    }
    let ids: Vec<String> = base.runs.iter().map(|id| quoted(id)).collect();
    format!("the base of {}", first_of(&ids, 2))
}

/// `100 ms -> 130 ms, +30 %`.
fn figures(metric: &ComparedMetric) -> String {
    let write = |value: Option<f64>| {
        value.map_or_else(
            || number::ABSENT.to_owned(),
            |value| number::quantity(value, metric.unit.id()),
        )
    };
    let mut text = format!("{} -> {}", write(metric.base), write(metric.new));
    if let Some((change, unit)) = metric.change.zip(metric.change_unit) {
        text = format!("{text}, {}", signed(change, unit));
    }
    text
}

fn signed(change: f64, unit: ChangeUnit) -> String {
    let sign = if change < 0.0 { '-' } else { '+' };
    let size = match unit {
        ChangeUnit::Relative => number::percent(change.abs()),
        ChangeUnit::Points => number::points(change.abs()),
    };
    format!("{sign}{size}")
}

fn certainty(change: &Change, metric: &ComparedMetric) -> String {
    let mut parts = Vec::new();
    if let Some((range, unit)) = metric.interval.as_ref().zip(metric.change_unit) {
        parts.extend(interval(range, unit));
    }
    // The chance is that of a change for the worse; of an improvement proven by a t-test it is the other side of it.
    let is_t = matches!(metric.method, Some(Method::Single | Method::Repeats));
    let p = match change.state {
        MetricState::Improved => metric.p_value.filter(|_| is_t).map(|p| 1.0 - p),
        _ => metric.p_value,
    };
    if let Some(p) = p {
        parts.push(format!("p {}", chance(p)));
    }
    let (base, new) = (metric.runs_base, metric.runs_new);
    parts.push(if base == new {
        format!("{} a side", number::plural(base, "repeat"))
    } else {
        format!(
            "{} against {}",
            number::plural(base, "repeat"),
            number::count(new)
        )
    });
    format!(" ({})", parts.join(", "))
}

/// `98 % interval +20 % to +41 %`; an end that is open is left out.
fn interval(range: &Interval, unit: ChangeUnit) -> Option<String> {
    let level = number::percent(range.level);
    let ends = match (range.lo, range.hi) {
        (Some(lo), Some(hi)) => format!("{} to {}", signed(lo, unit), signed(hi, unit)),
        (Some(lo), None) => format!("{} or more", signed(lo, unit)),
        (None, Some(hi)) => format!("{} or less", signed(hi, unit)),
        (None, None) => return None,
    };
    Some(format!("{level} interval {ends}"))
}
