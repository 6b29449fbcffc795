//! What happened when: slices of a run, in order. Gaps stay gaps.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
