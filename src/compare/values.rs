//! One figure of one run, ready to be compared: its logarithm, and how far the run itself leaves it open.

use crate::compare::Sided;
use crate::figures;
use crate::figures::spread::error_of;
use crate::load::offering::{end, longest};
use crate::model::{Endpoint, Latency, MetricId, Run, Stats};
use crate::normalize::bounds::edges_of;
use crate::report::Measured;
use crate::stats::repeats::Value;
use crate::stats::union::Edges;

/// A figure of a run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reading {
    /// Id of the run.
    pub(super) run: String,
    /// The figure.
    pub(super) value: f64,
    /// Its logarithm with the standard error within the run; `None` where the run does not say how certain it is.
    pub(super) log: Option<Value>,
    /// Requests behind it.
    pub(super) n: Option<u64>,
    /// How finely it was measured, in its unit.
    pub(super) resolution: f64,
}

/// Latencies of a run or of one of its endpoints.
pub(super) fn latencies(
    run: &Run,
    endpoint: Option<&Endpoint>,
    metrics: &[MetricId],
    options: &figures::Options,
) -> Vec<Option<Reading>> {
    let stats = stats_of(run, endpoint);
    let measured = figures::measure_all(run, endpoint, metrics, options);
    let readings = measured.into_iter();
    readings
        .map(|measured| Some(reading(run, stats, &measured?)))
        .collect()
}

fn reading(run: &Run, stats: &Stats, measured: &Measured) -> Reading {
    let half = stats.primary().and_then(|latency| {
        let half = latency
            .resolution
            .half_width(crate::model::Millis(measured.value))?;
        Some(2.0 * half.0)
    });
    Reading {
        run: run.id.clone(),
        value: measured.value,
        log: error_of(measured).and_then(|error| logarithm(measured.value, error)),
        n: measured.n,
        resolution: half.unwrap_or(0.0),
    }
}

/// Successes per second, without stragglers where it is told when all runs had sent their last request. Its error within the run is
/// that of a count.
pub(super) fn goodput(run: &Run, is_told: bool) -> Option<Reading> {
    let stats = &run.overall;
    let n = stats.successes();
    let mut value = stats.goodput?.0;
    let late = without_stragglers(run).filter(|_| is_told);
    if let Some((late, duration)) = late.zip(run.duration) {
        value *= duration.0 / late;
    }
    let log = n.and_then(|n| {
        // Half of one stands for none: the count of a rate that is not known to be 0.
        let least = 0.5 / run.duration?.0;
        let (value, count) = if n == 0 {
            (least, 0.5)
        } else {
            (value, n as f64)
        };
        logarithm(value, 1.0 / count.sqrt())
    });
    Some(Reading {
        run: run.id.clone(),
        value,
        log,
        n,
        resolution: 0.0,
    })
}

/// How much longer than that a run has to last for its last responses to count as stragglers.
const LONGER: f64 = 1.05;
/// Responses that may be stragglers: more of them are a server that stalls.
const STRAGGLERS: u64 = 3;

/// When all but the slowest few requests had their response, where the run lasted longer for these: a server that cannot follow
/// makes all of the last ones wait, a single slow response does not make it serve less.
pub(super) fn without_stragglers(run: &Run) -> Option<f64> {
    let duration = run.duration?.0;
    let end = end(run)?;
    let waited = longest(&run.overall)?;
    let (count, edges) = edges(&[run.overall.primary()?])?;
    let rank = count.checked_sub(STRAGGLERS)?;
    let nearly_all = end + edges.at(rank)?.1 / 1_000.0;
    // The slowest of them has to explain how long the run lasted.
    (waited >= 0.9 * (duration - end) && duration > LONGER * nearly_all).then_some(nearly_all)
}

/// Failures and requests that count.
pub(super) fn failures(run: &Run, endpoint: Option<&Endpoint>) -> Option<(u64, u64)> {
    let stats = stats_of(run, endpoint);
    let counted = stats
        .requests?
        .saturating_sub(stats.expected_failures.unwrap_or(0));
    Some((stats.failures?, counted))
}

pub(super) fn stats_of<'a>(run: &'a Run, endpoint: Option<&'a Endpoint>) -> &'a Stats {
    endpoint.map_or(&run.overall, |endpoint| &endpoint.stats)
}

pub(super) fn logarithm(value: f64, error: f64) -> Option<Value> {
    let log = value.ln();
    log.is_finite().then_some(Value { log, error })
}

/// The latency of each run of a side; `None` where one gives none.
pub(super) fn primaries<'a>(side: &[Sided<'a>]) -> Option<Vec<&'a Latency>> {
    let all = side.iter().map(|(run, at)| stats_of(run, *at).primary());
    all.collect()
}

/// What is known of all requests of a side together, and how many they are.
pub(super) fn edges(side: &[&Latency]) -> Option<(u64, Edges)> {
    let mut all = Edges::default();
    let mut count = 0_u64;
    for latency in side {
        all.add(&edges_of(latency)?);
        count = count.saturating_add(latency.count);
    }
    Some((count, all))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::side::middle;
    use crate::report::Interval;
    use crate::report::Support;

    fn measured(lo: Option<f64>, hi: Option<f64>) -> Measured {
        Measured {
            value: 100.0,
            n: Some(500),
            interval: Some(Interval {
                lo,
                hi,
                level: 0.95,
            }),
            support: Support::Ok,
        }
    }

    #[test]
    fn the_error_is_the_width_of_the_interval_by_that_of_the_normal_one() {
        let found = error_of(&measured(Some(90.0), Some(110.0))).unwrap();
        // ln(110 / 90) / (2 * 1.959964)
        assert!((found - 0.051_193).abs() < 1e-6, "{found}");
        let open = error_of(&measured(Some(90.0), None)).unwrap();
        assert!((open - 0.053_756).abs() < 1e-6, "{open}");
        assert_eq!(error_of(&measured(None, None)), None);
        assert_eq!(error_of(&measured(Some(0.0), None)), None);
    }

    #[test]
    fn the_figure_of_a_side_is_the_geometric_mean_of_its_runs() {
        // The third root of 1 * 2 * 108 is 6.
        assert!((middle(&[1.0, 2.0, 108.0]).unwrap() - 6.0).abs() < 1e-12);
        for value in [170.1, 0.3, 1e-9, 7e8] {
            assert_eq!(middle(&[value]), Some(value));
            assert_eq!(middle(&[value; 3]), Some(value));
        }
        assert_eq!(middle(&[0.0, 1.0, 2.0]), Some(1.0));
        assert_eq!(middle(&[]), None);
    }
}
