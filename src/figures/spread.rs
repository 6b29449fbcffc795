//! How far a metric of unchanged runs lies apart: what is assumed of it, the smallest change worth talking about, and how certain
//! one run leaves it.

use std::collections::BTreeMap;

use crate::model::{MetricId, Percentile, Statistic};
use crate::report::figure::Measured;
use crate::stats::binomial::normal_score;

/// The least difference of latencies worth talking about, in milliseconds.
pub(crate) const LEAST_MS: f64 = 1.0;

/// The smallest change worth talking about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Floor {
    /// As a share of the base: 0.05 = 5 %.
    Share(f64),
    /// In the unit of the metric.
    Value(f64),
}

/// What holds for one metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Measure {
    /// Spread between runs that is assumed, as a standard deviation of logarithms.
    pub(crate) spread: f64,
    /// The smallest change worth talking about.
    pub(crate) floor: f64,
    /// The same in the metric's unit.
    pub(crate) least: f64,
    /// A larger change must be ruled out for "unchanged".
    pub(crate) margin: f64,
    /// How much of the false alarms of a report it may have. Tails, where a change is seen least and told worst, have less, and so
    /// have error rates and goodput, where one that matters is seen anyway: so all families together stay at 4 of 100 reports
    /// (`benches/gate.rs`).
    pub(crate) share: f64,
}

/// Defaults by how far out in the tail a latency lies (statistics 2.0 and 2a).
pub(crate) fn measure_of(metric: &MetricId, floors: &BTreeMap<String, Floor>) -> Measure {
    let quantile = match metric {
        MetricId::Latency(_, Statistic::Quantile(percentile)) => percentile.share(),
        _ => 0.5,
    };
    let (spread, floor, margin, share): (f64, f64, f64, f64) = match metric.to_string().as_str() {
        "goodput" | "rate" => (0.03, 0.05, 0.1, 0.5),
        "error_rate" => (0.0, 0.005, 0.01, 0.3),
        // One slow request moves it.
        "mean" => (0.08, 0.05, 0.15, 0.5),
        _ if quantile <= Percentile::P75.share() => (0.05, 0.05, 0.1, 1.0),
        _ if quantile <= Percentile::P95.share() => (0.08, 0.05, 0.15, 0.5),
        _ if quantile <= Percentile::P99.share() => (0.15, 0.1, 0.25, 0.3),
        _ => (0.2, 0.1, 0.25, 0.3),
    };
    let (floor, least) = match floors.get(&metric.to_string()) {
        None => (floor, 0.0),
        Some(Floor::Share(share)) => (*share, 0.0),
        Some(Floor::Value(value)) => (0.0, *value),
    };
    Measure {
        spread,
        floor,
        least,
        margin: margin.max(floor),
        share,
    }
}

/// The standard error of the logarithm, from the interval of the figure; from its closed side where the other is open.
pub(crate) fn error_of(measured: &Measured) -> Option<f64> {
    let interval = measured.interval?;
    let z = normal_score(f64::midpoint(1.0, interval.level));
    let centre = measured.value.ln();
    let below = interval
        .lo
        .filter(|lo| *lo > 0.0)
        .map(|lo| centre - lo.ln());
    let above = interval
        .hi
        .filter(|hi| *hi > 0.0)
        .map(|hi| hi.ln() - centre);
    let width = match (below, above) {
        (Some(below), Some(above)) => f64::midpoint(below, above),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => return None,
    };
    (width.is_finite() && width >= 0.0).then_some(width / z)
}
