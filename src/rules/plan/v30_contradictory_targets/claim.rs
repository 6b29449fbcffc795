//! What a target claims, as an interval of one metric, and when two claims contradict or imply one another.
//!
//! Words are the rule's. Metrics are ordered only where one can never exceed the other, whatever the run.

use crate::load::plan::{Plan, Scenario};
use crate::model::{Bound, Expectation, MetricId, Operator, Statistic, Target};
use crate::normalize::Pattern;

/// One end of an interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct End {
    /// Where it lies, in the metric's base unit.
    pub(super) at: f64,
    /// Whether the value itself is outside.
    pub(super) strict: bool,
}

/// A target as an interval.
pub(super) struct Claim<'a> {
    /// The target.
    pub(super) target: &'a Target,
    /// Its metric; success is counted as failure.
    pub(super) metric: MetricId,
    /// `None` = no lower end.
    pub(super) low: Option<End>,
    /// `None` = no upper end.
    pub(super) high: Option<End>,
}

impl<'a> Claim<'a> {
    /// The claim of a target on one run; those on load levels make none.
    pub(super) fn of(target: &'a Target) -> Option<Claim<'a>> {
        Claim::from(target, &target.expect)
    }

    /// The claim of its warn level.
    pub(super) fn of_warn(target: &'a Target) -> Option<Claim<'a>> {
        Claim::from(target, target.warn.as_ref()?)
    }

    fn from(target: &'a Target, expect: &Expectation) -> Option<Claim<'a>> {
        let Expectation::Figure { metric, bound, .. } = expect else {
            return None;
        };
        if expect.needs_levels() {
            return None;
        }
        let end = |at, strict| Some(End { at, strict });
        let (low, high) = match *bound {
            Bound::Limit(Operator::Less, at) => (None, end(at, true)),
            Bound::Limit(Operator::AtMost, at) => (None, end(at, false)),
            Bound::Limit(Operator::Greater, at) => (end(at, true), None),
            Bound::Limit(Operator::AtLeast, at) => (end(at, false), None),
            Bound::Range(low, high) => (end(low, false), end(high, false)),
        };
        if *metric != MetricId::Plain("success_rate") {
            return Some(Claim {
                target,
                metric: metric.clone(),
                low,
                high,
            });
        }
        let failing = |end: End| End {
            // Of 1 - 0.9 only the decimals that were written.
            at: ((1.0 - end.at) * 1e12).round() / 1e12,
            ..end
        };
        Some(Claim {
            target,
            metric: MetricId::Plain("error_rate"),
            low: high.map(failing),
            high: low.map(failing),
        })
    }
}

/// How two metrics of one run lie to one another.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Order {
    /// They are the same.
    Same,
    /// The first is never above the second.
    Below,
    /// The first is never below the second.
    Above,
}

/// `None` where either may be the larger.
pub(super) fn order(a: &MetricId, b: &MetricId) -> Option<Order> {
    if a == b {
        return Some(Order::Same);
    }
    let (low, high) = match (a, b) {
        (MetricId::Latency(of_a, a), MetricId::Latency(of_b, b)) if of_a == of_b => {
            let between = |statistic| match statistic {
                Statistic::Mean => Some((0.0, 100.0)),
                other => place(other).map(|place| (place, place)),
            };
            (between(*a)?, between(*b)?)
        }
        (MetricId::Plain(a), MetricId::Plain(b)) => {
            let rate = |id: &str| {
                let all = ["goodput", "rate", "peak_rate"];
                all.iter()
                    .position(|rate| *rate == id)
                    .map(|place| (place as f64, place as f64))
            };
            (rate(a)?, rate(b)?)
        }
        _ => return None,
    };
    if low.1 <= high.0 {
        Some(Order::Below)
    } else if low.0 >= high.1 {
        Some(Order::Above)
    } else {
        None
    }
}

/// Which share of the requests is no slower, in per cent.
fn place(statistic: Statistic) -> Option<f64> {
    match statistic {
        Statistic::Min => Some(0.0),
        Statistic::Quantile(percentile) => Some(percentile.percent()),
        Statistic::Max => Some(100.0),
        Statistic::Mean | Statistic::Stddev => None,
    }
}

/// Whether no run can keep both.
pub(super) fn contradict(a: &Claim, b: &Claim) -> bool {
    let apart = |low: Option<End>, high: Option<End>| match (low, high) {
        (Some(low), Some(high)) => {
            low.at > high.at || (low.at >= high.at && (low.strict || high.strict))
        }
        _ => false,
    };
    match order(&a.metric, &b.metric) {
        Some(Order::Same) => apart(a.low, b.high) || apart(b.low, a.high),
        Some(Order::Below) => apart(a.low, b.high),
        Some(Order::Above) => apart(b.low, a.high),
        None => false,
    }
}

/// Whether every run that keeps `a` keeps `b`.
pub(super) fn implies(a: &Claim, b: &Claim) -> bool {
    let above = |a: Option<End>, b: Option<End>| match (a, b) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(a), Some(b)) => a.at > b.at || (a.at >= b.at && (a.strict || !b.strict)),
    };
    let below = |a: Option<End>, b: Option<End>| match (a, b) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(a), Some(b)) => a.at < b.at || (a.at <= b.at && (a.strict || !b.strict)),
    };
    match order(&a.metric, &b.metric) {
        Some(Order::Same) => above(a.low, b.low) && below(a.high, b.high),
        Some(Order::Below) => b.high.is_none() && above(a.low, b.low),
        Some(Order::Above) => b.low.is_none() && below(a.high, b.high),
        None => false,
    }
}

/// Whether a target is for that scenario.
pub(super) fn is_for(target: &Target, scenario: &Scenario) -> bool {
    let glob = target.scenario.as_deref().map(Pattern::new);
    glob.is_none_or(|glob| glob.matches(&scenario.name))
}

/// Whether whatever the second is on, the first is on too.
pub(super) fn covers(wide: &Target, narrow: &Target) -> bool {
    let is_wider = match (wide.scenario.as_deref(), narrow.scenario.as_deref()) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(wide), Some(narrow)) => wide == narrow || Pattern::new(wide).matches(narrow),
    };
    is_wider && same_part(wide, narrow)
}

/// Whether a run of this plan may be judged by both.
pub(super) fn overlap(plan: &Plan, a: &Target, b: &Target) -> bool {
    let shares = || {
        let mut all = plan.scenarios.iter();
        all.any(|scenario| is_for(a, scenario) && is_for(b, scenario))
    };
    same_part(a, b) && (covers(a, b) || covers(b, a) || shares())
}

/// Figures of endpoints, groups, sums and phases are figures of their own.
fn same_part(a: &Target, b: &Target) -> bool {
    let sum = |target: &Target| matches!(target.expect, Expectation::Figure { sum: true, .. });
    a.endpoint == b.endpoint && a.group == b.group && a.phase == b.phase && sum(a) == sum(b)
}
