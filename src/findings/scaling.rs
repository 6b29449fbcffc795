//! A series of load levels: the result type of scaling.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::findings::evidence::Evidence;
use crate::findings::report::Interval;

/// One load level of a series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(
    missing_docs,
    reason = "DESIGN section 5 names them; the scaling fills them in"
)]
pub struct Level {
    pub value: f64,
    pub peak: Option<f64>,
    pub runs: Vec<String>,
    pub offered_per_s: Option<f64>,
    pub achieved_per_s: Option<f64>,
    pub goodput_per_s: Option<f64>,
    pub error_rate: Option<f64>,
    pub figures: BTreeMap<String, f64>,
    pub n: Option<u64>,
    pub settling_dropped_s: Option<f64>,
    pub backlog: Option<f64>,
}

/// From one load level to the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(
    missing_docs,
    reason = "DESIGN section 5 names them; the scaling fills them in"
)]
pub struct Step {
    pub from: f64,
    pub to: f64,
    pub endpoint: Option<String>,
    pub metric: String,
    pub load_ratio: f64,
    pub load_ratio_peak: Option<f64>,
    pub ratio: f64,
    pub exponent: Option<f64>,
    pub exponent_peak: Option<f64>,
    pub interval: Option<Interval>,
    pub class: String,
    pub reasons: Vec<String>,
    pub excess_over_linear: Option<f64>,
}

/// Where throughput stops growing or latency blows up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(
    missing_docs,
    reason = "DESIGN section 5 names them; the scaling fills them in"
)]
pub struct Knee {
    pub found: bool,
    pub level: Option<f64>,
    pub interval: Option<Interval>,
    pub last_good: Option<f64>,
    pub criterion: Option<String>,
    pub metric: Option<String>,
    pub endpoint: Option<String>,
    pub evidence: Evidence,
}

/// The largest goodput inside the tested range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(
    missing_docs,
    reason = "DESIGN section 5 names them; the scaling fills them in"
)]
pub struct Capacity {
    pub goodput_per_s: Option<f64>,
    pub at: Option<f64>,
    pub within_range: bool,
}

/// Throughput at a level over the ideal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(
    missing_docs,
    reason = "DESIGN section 5 names them; the scaling fills them in"
)]
pub struct Efficiency {
    pub level: f64,
    pub value: f64,
}

/// A fit of the Universal Scalability Law.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(
    missing_docs,
    reason = "DESIGN section 5 names them; the scaling fills them in"
)]
pub struct Usl {
    pub lambda: f64,
    pub sigma: f64,
    pub kappa: f64,
    pub peak_load: Option<f64>,
    pub peak_rate: Option<f64>,
    pub intervals: BTreeMap<String, Interval>,
    pub in_range: bool,
}

/// A series of load levels of one scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(
    missing_docs,
    reason = "DESIGN section 5 names them; the scaling fills them in"
)]
pub struct Scaling {
    pub scenario: String,
    pub level_name: String,
    pub levels: Vec<Level>,
    pub steps: Vec<Step>,
    pub knee: Option<Knee>,
    pub capacity: Option<Capacity>,
    pub headroom: Option<f64>,
    pub efficiency: Vec<Efficiency>,
    pub amdahl_serial: Option<f64>,
    pub usl: Option<Usl>,
}
