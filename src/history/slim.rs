//! Runs without what a comparison does not need: a baseline is committed with the code and has to stay small.
//!
//! Timelines and series always go. Histograms go as far as the size demands, those of endpoints first; before one goes, the
//! usual percentiles are taken from it, so that every figure that is compared stays.

use serde_json::Value;

use crate::model::{Endpoint, ErrorCount, ErrorKind, Latency, Millis, Percentile, Run, Stats};
use crate::stats::quantile::Cumulative;

/// Kinds of errors that a run keeps; the rest is counted in one line for each kind.
const MOST_ERRORS: usize = 20;

/// How much is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Timeline and series.
    Timeline,
    /// Also the histograms of endpoints.
    EndpointHistograms,
    /// All histograms.
    Histograms,
    /// Also what no comparison of endpoints reads.
    Lean,
}

impl Level {
    /// From most kept to least.
    pub(crate) const ALL: [Level; 4] = [
        Level::Timeline,
        Level::EndpointHistograms,
        Level::Histograms,
        Level::Lean,
    ];
}

/// A run without what the level leaves out.
pub(crate) fn slim(run: &Run, level: Level) -> Run {
    let mut slim = Run {
        timeline: Vec::new(),
        errors: cap(&run.errors),
        ..run.clone()
    };
    for resource in &mut slim.resources {
        resource.series.clear();
    }
    if level >= Level::EndpointHistograms {
        for Endpoint { stats, .. } in &mut slim.endpoints {
            latencies(stats).for_each(drop_histogram);
        }
        for custom in &mut slim.custom {
            custom.latency.iter_mut().for_each(drop_histogram);
        }
        if let Some(sessions) = &mut slim.sessions {
            sessions.duration.iter_mut().for_each(drop_histogram);
        }
    }
    if level >= Level::Histograms {
        latencies(&mut slim.overall).for_each(drop_histogram);
    }
    if level >= Level::Lean {
        for Endpoint { stats, .. } in &mut slim.endpoints {
            stats.as_reported.clear();
            stats.latency_failed = None;
            if stats.latency_ok.is_some() {
                stats.latency = None;
            }
        }
    }
    slim
}

fn latencies(stats: &mut Stats) -> impl Iterator<Item = &mut Latency> {
    stats
        .latency
        .iter_mut()
        .chain(&mut stats.latency_ok)
        .chain(&mut stats.latency_failed)
}

/// Takes the usual percentiles first, where they were not given.
fn drop_histogram(latency: &mut Latency) {
    let Some(histogram) = latency.histogram.take() else {
        return;
    };
    let buckets = histogram.buckets();
    let counts = Cumulative::new(buckets.map(|(lower, upper, count)| (lower.0, upper.0, count)));
    let wanted = [
        Percentile::P50,
        Percentile::P75,
        Percentile::P90,
        Percentile::P95,
        Percentile::P99,
        Percentile::P99_9,
    ];
    for percentile in wanted {
        let Some(edges) = counts.quantile(percentile.share()) else {
            continue;
        };
        let middle = edges.mid();
        let middle = latency.min.map_or(middle, |min| middle.max(min.0));
        let middle = latency.max.map_or(middle, |max| middle.min(max.0));
        let percentiles = &mut latency.percentiles;
        percentiles.entry(percentile).or_insert(Millis(middle));
    }
}

/// The most frequent lines in their order; the others are joined by kind, so that the sums stay.
fn cap(errors: &[ErrorCount]) -> Vec<ErrorCount> {
    let mut frequent: Vec<usize> = (0..errors.len()).collect();
    frequent.sort_by_key(|place| std::cmp::Reverse(errors.get(*place).map(|error| error.count)));
    frequent.truncate(MOST_ERRORS);
    let mut kept = Vec::new();
    let mut rest: Vec<ErrorCount> = Vec::new();
    for (place, error) in errors.iter().enumerate() {
        if frequent.contains(&place) {
            kept.push(error.clone());
        } else if let Some(same) = rest.iter_mut().find(|one| one.kind == error.kind) {
            same.count = same.count.saturating_add(error.count);
        } else {
            rest.push(joined(error.kind, error.count));
        }
    }
    kept.extend(rest);
    kept
}

fn joined(kind: ErrorKind, count: u64) -> ErrorCount {
    ErrorCount {
        endpoint: None,
        method: None,
        kind,
        code: None,
        message: Some("other errors, left out of the baseline".to_owned()),
        count,
    }
}

/// Takes out members that are absent or empty: reading gives the same without them.
pub(crate) fn prune(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(prune);
            members.retain(|name, member| match member {
                Value::Null => false,
                // An endpoint without figures is still one.
                Value::Object(inner) => !inner.is_empty() || name == "stats",
                Value::Array(inner) => !inner.is_empty(),
                _ => true,
            });
        }
        Value::Array(elements) => elements.iter_mut().for_each(prune),
        _ => {}
    }
}
