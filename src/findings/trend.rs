//! A series of runs: the result type of a trend.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::findings::report::Interval;

/// What a trend is a trend of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(
    missing_docs,
    reason = "DESIGN section 5 names them; the trend fills them in"
)]
pub struct TrendKey {
    pub scenario: String,
    pub branch: Option<String>,
    pub environment: Option<String>,
    pub endpoint: Option<String>,
    pub metric: String,
}

/// A change in a series of runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(
    missing_docs,
    reason = "DESIGN section 5 names them; the trend fills them in"
)]
pub struct ChangePoint {
    pub index: u64,
    pub run: Option<String>,
    pub at: Option<String>,
    pub before: f64,
    pub after: f64,
    pub change: f64,
    pub interval: Option<Interval>,
    pub p_value: Option<f64>,
    pub acknowledged: bool,
}

/// A stretch of runs between two changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(
    missing_docs,
    reason = "DESIGN section 5 names them; the trend fills them in"
)]
pub struct Segment {
    pub from: u64,
    pub to: u64,
    pub value: f64,
}

/// One metric over the runs of a history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(
    missing_docs,
    reason = "DESIGN section 5 names them; the trend fills them in"
)]
pub struct Trend {
    pub key: TrendKey,
    pub points: Vec<(String, f64)>,
    pub segments: Vec<Segment>,
    pub change_points: Vec<ChangePoint>,
    pub state: String,
}
