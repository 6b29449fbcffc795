//! Counts, rates and latencies of a set of requests: a run's, an endpoint's or a slice's.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::latency::Latency;
use crate::model::units::{PerSecond, Seconds};

/// Counts and latencies of a set of requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stats {
    /// Requests attempted.
    #[serde(default)]
    pub requests: Option<u64>,
    /// Requests that got an answer.
    #[serde(default)]
    pub responses: Option<u64>,
    /// By the tool's own flag where it has one, else no answer or status 400 and above.
    #[serde(default)]
    pub failures: Option<u64>,
    /// Failures that `knee.toml` declares as expected; not in `failures`.
    #[serde(default)]
    pub expected_failures: Option<u64>,
    /// Requests per second, from count and duration.
    #[serde(default, rename = "rate_per_s")]
    pub rate: Option<PerSecond>,
    /// Successes per second, from count and duration.
    #[serde(default, rename = "goodput_per_s")]
    pub goodput: Option<PerSecond>,
    /// Received.
    #[serde(default)]
    pub bytes_received: Option<u64>,
    /// Sent.
    #[serde(default)]
    pub bytes_sent: Option<u64>,
    /// Answers by status code.
    #[serde(default)]
    pub codes: BTreeMap<String, u64>,
    /// All that the input does not separate.
    #[serde(default, rename = "latency_ms")]
    pub latency: Option<Latency>,
    /// Successes.
    #[serde(default, rename = "latency_ok_ms")]
    pub latency_ok: Option<Latency>,
    /// Failures.
    #[serde(default, rename = "latency_failed_ms")]
    pub latency_failed: Option<Latency>,
    /// What the tool itself prints and `knee` computes otherwise.
    #[serde(default)]
    pub as_reported: BTreeMap<String, f64>,
}

impl Stats {
    /// The latency that is judged: successes where the input separates them, else what it has.
    pub fn primary(&self) -> Option<&Latency> {
        self.latency_ok.as_ref().or(self.latency.as_ref())
    }

    /// Requests that did not fail, where both counts are known. Expected failures are not successes.
    pub fn successes(&self) -> Option<u64> {
        let failed = self.failures? + self.expected_failures.unwrap_or(0);
        Some(self.requests?.saturating_sub(failed))
    }

    /// Failures as a share of the requests that count: expected failures are left out of both.
    ///
    /// Where nothing is counted it is the share that the input gives.
    pub fn error_share(&self) -> Option<f64> {
        let Some(requests) = self.requests else {
            let given = |name: &str| self.as_reported.get(name).copied();
            let good = || given("success_rate").map(|good| 1.0 - good);
            return given("error_rate").or_else(good);
        };
        let counted = requests.saturating_sub(self.expected_failures.unwrap_or(0));
        (counted > 0).then_some(self.failures? as f64 / counted as f64)
    }

    /// Counts of all parts together, without rates and latencies; a count that one part does not have is unknown.
    pub fn sum(parts: &[&Stats]) -> Stats {
        let total = |read: fn(&Stats) -> Option<u64>| {
            parts
                .iter()
                .try_fold(0_u64, |total, part| Some(total.saturating_add(read(part)?)))
        };
        // Absent stands for "none declared", so that one part with some makes a sum.
        let expected: Vec<u64> = parts
            .iter()
            .filter_map(|part| part.expected_failures)
            .collect();
        let mut codes: BTreeMap<String, u64> = BTreeMap::new();
        for (code, count) in parts.iter().flat_map(|part| &part.codes) {
            let all = codes.entry(code.clone()).or_default();
            *all = all.saturating_add(*count);
        }
        Stats {
            requests: total(|part| part.requests),
            responses: total(|part| part.responses),
            failures: total(|part| part.failures),
            expected_failures: (!expected.is_empty()).then(|| expected.iter().sum()),
            bytes_received: total(|part| part.bytes_received),
            bytes_sent: total(|part| part.bytes_sent),
            codes,
            ..Stats::default()
        }
    }

    /// Sets both rates from the counts.
    pub fn set_rates(&mut self, duration: Option<Seconds>) {
        let rate = |count: Option<u64>| PerSecond::of(count?, duration?);
        self.rate = rate(self.requests);
        self.goodput = rate(self.successes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expected_failures_are_neither_failures_nor_successes() {
        let stats = Stats {
            requests: Some(100),
            failures: Some(9),
            expected_failures: Some(10),
            ..Stats::default()
        };
        assert_eq!(stats.successes(), Some(81));
        assert_eq!(stats.error_share(), Some(0.1));
    }
}
