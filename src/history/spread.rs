//! How far the runs of a baseline lie apart, by metric: data for later, nothing is judged by it.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Endpoint, Percentile, Run, Stats};

/// Latencies whose spread is kept.
const LATENCIES: [Percentile; 3] = [Percentile::P50, Percentile::P95, Percentile::P99];

/// The spread of one metric between runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spread {
    /// Label of the endpoint; absent = the whole run.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// Id of the metric.
    pub metric: String,
    /// Standard deviation of the logarithms (n - 1).
    pub sd: f64,
    /// Over so many runs.
    pub n: u64,
}

impl Spread {
    /// What no runs can have.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        if !self.sd.is_finite() || self.sd < 0.0 {
            Err("`sd` is negative or not a number: no runs are apart by that")
        } else if self.n < 2 {
            Err("`n` is below 2: one run has no spread")
        } else {
            Ok(())
        }
    }
}

/// The spread of throughput and latencies, the whole first; what fewer than two runs have is left out.
pub(crate) fn spreads(runs: &[Run]) -> Vec<Spread> {
    let endpoints = runs.iter().flat_map(|run| &run.endpoints);
    let labels: BTreeSet<String> = endpoints.map(Endpoint::label).collect();
    let mut spreads = Vec::new();
    let whole: Vec<&Stats> = runs.iter().map(|run| &run.overall).collect();
    let rates = whole.iter().filter_map(|stats| Some(stats.goodput?.0));
    spreads.extend(spread(None, "goodput", rates));
    spreads.extend(latencies(None, &whole));
    for label in &labels {
        let of: Vec<&Stats> = runs
            .iter()
            .filter_map(|run| {
                let found = run.endpoints.iter().find(|one| one.label() == *label);
                found.map(|endpoint| &endpoint.stats)
            })
            .collect();
        spreads.extend(latencies(Some(label), &of));
    }
    spreads
}

fn latencies(label: Option<&str>, of: &[&Stats]) -> Vec<Spread> {
    let found = LATENCIES.iter().filter_map(|percentile| {
        let values = of
            .iter()
            .filter_map(|stats| Some(stats.primary()?.percentiles.get(percentile)?.0));
        spread(label, &percentile.to_string(), values)
    });
    found.collect()
}

fn spread(label: Option<&str>, metric: &str, values: impl Iterator<Item = f64>) -> Option<Spread> {
    let logs: Vec<f64> = values.map(f64::ln).filter(|log| log.is_finite()).collect();
    if logs.len() < 2 {
        return None;
    }
    let n = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / n;
    let squares: f64 = logs.iter().map(|log| (log - mean) * (log - mean)).sum();
    Some(Spread {
        endpoint: label.map(str::to_owned),
        metric: metric.to_owned(),
        sd: (squares / (n - 1.0)).sqrt(),
        n: logs.len() as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_the_deviation_of_logarithms() {
        // ln 1, ln e, ln e^2 = 0, 1, 2: deviation 1.
        let e = std::f64::consts::E;
        let found = spread(None, "p50", [1.0, e, e * e].into_iter()).unwrap();
        assert!((found.sd - 1.0).abs() < 1e-12 && found.n == 3, "{found:?}");
        assert_eq!(spread(None, "p50", [1.0, 0.0].into_iter()), None);
    }
}
