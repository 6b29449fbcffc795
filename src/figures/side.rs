//! The figures of several runs that are one side of a comparison, or one run: what they count together.

use std::collections::BTreeMap;

use crate::model::{Latency, Millis, Run, Stats};

/// The error of a figure, 0 where the input does not say.
pub(crate) fn half_width(latency: &Latency, value: Millis) -> f64 {
    latency
        .resolution
        .half_width(value)
        .map_or(0.0, |half| half.0)
}

/// Failures as the tool counts requests: expected ones are left out of both.
pub(crate) fn counted(stats: &Stats) -> Option<u64> {
    let expected = stats.expected_failures.unwrap_or(0);
    Some(stats.requests?.saturating_sub(expected))
}

/// The figures of every endpoint in all runs of a side, by label.
pub(crate) fn by_endpoint<'a>(runs: &[&'a Run]) -> BTreeMap<String, Vec<&'a Stats>> {
    let mut found: BTreeMap<String, Vec<&Stats>> = BTreeMap::new();
    for endpoint in runs.iter().flat_map(|run| &run.endpoints) {
        found
            .entry(endpoint.label())
            .or_default()
            .push(&endpoint.stats);
    }
    found
}

/// The figures of the whole run in all runs of a side.
pub(crate) fn whole<'a>(runs: &[&'a Run]) -> Vec<&'a Stats> {
    runs.iter().map(|run| &run.overall).collect()
}

/// Failures and requests that count, over all of the figures that know both; `None` without a request.
pub(crate) fn failed(stats: &[&Stats]) -> Option<(u64, u64)> {
    let known = stats
        .iter()
        .filter_map(|stats| Some((stats.failures?, counted(stats)?)));
    let all = known.reduce(|a, b| (a.0.saturating_add(b.0), a.1.saturating_add(b.1)));
    all.filter(|(_, requests)| *requests > 0)
}
