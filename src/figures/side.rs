//! The figures of several runs that are one side of a comparison, or one run: what they count together.

use std::collections::BTreeMap;

use crate::model::{Latency, Millis, Population, Run, Stats};
use crate::text::number;

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

/// Differences between two sides that the user allows: `--allow`, `[compare] allow`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allow {
    /// Error rates may lie apart; what cannot be separated is judged all the same.
    pub error_rate: bool,
    /// Environments may differ.
    pub environment: bool,
}

/// Error rates further apart mix latencies of failures into one side.
pub(crate) const ERRORS: f64 = 0.01;

/// Failures that are more than an accident.
const FEW: u64 = 5;

/// Whether failures stand inside the latency that is judged, or the input does not rule it out.
fn holds_failures(stats: &Stats) -> bool {
    let failures = stats.failures.unwrap_or(0) + stats.expected_failures.unwrap_or(0);
    match stats.primary().map(|latency| latency.population) {
        None | Some(Population::Ok) => false,
        // Requests without an answer failed, and have no latency.
        Some(Population::Answered) => {
            let unanswered = stats
                .requests
                .zip(stats.responses)
                .map_or(0, |(all, answered)| all.saturating_sub(answered));
            failures > unanswered
        }
        Some(_) => failures > 0,
    }
}

/// Whether the latency of two sides, of the whole runs or of one endpoint, mixes failures and successes in different parts:
/// it cannot be compared then, unless that is allowed.
pub fn mixes_failures(base: &[&Stats], new: &[&Stats]) -> bool {
    Apart::of(base, new).is_some()
}

/// Error rates of both sides, where they lie apart and failures stand inside a latency.
pub(crate) struct Apart {
    pub(crate) base: f64,
    pub(crate) new: f64,
}

impl Apart {
    pub(crate) fn of(base: &[&Stats], new: &[&Stats]) -> Option<Apart> {
        if !base.iter().chain(new).any(|stats| holds_failures(stats)) {
            return None;
        }
        let ((of_base, all_base), (of_new, all_new)) = (failed(base)?, failed(new)?);
        let (a, b) = (
            of_base as f64 / all_base as f64,
            of_new as f64 / all_new as f64,
        );
        let few = of_base.max(of_new) < FEW;
        (!few && (a - b).abs() > ERRORS).then_some(Apart { base: a, new: b })
    }

    pub(crate) fn in_words(&self) -> String {
        format!(
            "{} of the base, {} of the new side",
            number::percent(self.base),
            number::percent(self.new)
        )
    }
}

/// The figure of a side: the geometric mean of its runs, or the arithmetic one where a run has 0.
pub(crate) fn middle(values: &[f64]) -> Option<f64> {
    let mean = |sum: f64| sum / values.len() as f64;
    if values.is_empty() {
        return None;
    }
    if values.iter().any(|value| *value <= 0.0) {
        return Some(mean(values.iter().sum()));
    }
    let log = mean(values.iter().map(|value| value.ln()).sum());
    Some(within(log, values))
}

/// The figure of a logarithm, never beyond the figures that it is the mean of: one alone, or equal ones, stay what they are.
pub(crate) fn within(log: f64, values: &[f64]) -> f64 {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(0.0, f64::max);
    log.exp().max(least).min(most)
}
