//! What happened when: slices of a run, in order. Gaps stay gaps.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::latency::Latency;
use crate::model::stats::Stats;
use crate::model::units::Seconds;

/// A stretch of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Slice {
    /// Seconds from the start of the run; the first slice may start before it, as clock-aligned windows do.
    #[serde(rename = "start_s")]
    pub start: Seconds,
    /// How long the slice is.
    #[serde(rename = "duration_s")]
    pub duration: Seconds,
    /// Concurrent users.
    #[serde(default)]
    pub users: Option<f64>,
    /// Users that arrived.
    #[serde(default)]
    pub arrivals: Option<u64>,
    /// Users that completed their scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<u64>,
    /// Where it is given, the latencies of the slice are those of so many seconds before its end, as tools with a sliding
    /// window write them: neighbours share requests, and slices cannot be added up.
    #[serde(
        default,
        rename = "latency_window_s",
        skip_serializing_if = "Option::is_none"
    )]
    pub latency_window: Option<Seconds>,
    /// The figures of the slice.
    pub stats: Stats,
    /// The figures per endpoint, for as many endpoints as the reader keeps.
    #[serde(default)]
    pub endpoints: Vec<EndpointSlice>,
}

/// One endpoint inside a slice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EndpointSlice {
    /// The endpoint's name.
    pub name: String,
    /// Its method, where the input has it.
    #[serde(default)]
    pub method: Option<String>,
    /// Its figures.
    pub stats: Stats,
}

impl Slice {
    /// Takes in another one of the same time, as of a second worker. Counts add up; of latencies there remain count, ends and
    /// mean, because percentiles of two sets of requests are not those of both.
    pub fn join(&mut self, other: Slice) {
        let arrivals = self.arrivals.zip(other.arrivals);
        self.arrivals = arrivals.map(|(a, b)| a.saturating_add(b));
        let completed = self.completed.zip(other.completed);
        self.completed = completed.map(|(a, b)| a.saturating_add(b));
        self.users = self.users.zip(other.users).map(|(a, b)| a + b);
        self.stats = joined(&self.stats, &other.stats);
        for endpoint in other.endpoints {
            let same = |one: &&mut EndpointSlice| {
                one.name == endpoint.name && one.method == endpoint.method
            };
            match self.endpoints.iter_mut().find(same) {
                Some(own) => own.stats = joined(&own.stats, &endpoint.stats),
                None => self.endpoints.push(endpoint),
            }
        }
        self.endpoints
            .sort_by(|a, b| (&a.name, &a.method).cmp(&(&b.name, &b.method)));
    }
}

fn joined(a: &Stats, b: &Stats) -> Stats {
    let latency = |read: fn(&Stats) -> Option<&Latency>| match (read(a), read(b)) {
        (Some(one), Some(other)) if one.population == other.population => {
            let both = Latency::together(&[one, other], one.population)?;
            Some(Latency {
                from: one.from,
                to: one.to,
                resolution: one.resolution,
                ..both
            })
        }
        // What one of them did not separate is unknown of both, unless it made no request.
        (Some(only), None) if b.responses == Some(0) => Some(only.clone()),
        (None, Some(only)) if a.responses == Some(0) => Some(only.clone()),
        _ => None,
    };
    Stats {
        latency: latency(|stats| stats.latency.as_ref()),
        latency_ok: latency(|stats| stats.latency_ok.as_ref()),
        latency_failed: latency(|stats| stats.latency_failed.as_ref()),
        ..Stats::sum(&[a, b])
    }
}
