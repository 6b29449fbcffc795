//! Base against new: the result type of a comparison.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::findings::report::Interval;
use crate::model::{Better, Unit};

/// One metric of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(
    missing_docs,
    reason = "DESIGN section 5 names them; the comparison fills them in"
)]
pub struct ComparedMetric {
    pub endpoint: Option<String>,
    pub metric: String,
    pub unit: Unit,
    pub better: Better,
    pub base: Option<f64>,
    pub new: Option<f64>,
    pub change: Option<f64>,
    pub change_unit: Option<String>,
    pub interval: Option<Interval>,
    pub method: Option<String>,
    pub n_base: Option<u64>,
    pub n_new: Option<u64>,
    pub p_value: Option<f64>,
    pub q_value: Option<f64>,
    pub state: String,
    pub reasons: Vec<String>,
    pub smallest_detectable: Option<f64>,
    pub repeats_needed: Option<u64>,
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedSide {
    /// Its name.
    pub name: Option<String>,
    /// Ids of its runs.
    pub runs: Vec<String>,
    /// How many repeats.
    pub repeats: u64,
}

/// Base against new, for one scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(
    missing_docs,
    reason = "DESIGN section 5 names them; the comparison fills them in"
)]
pub struct Comparison {
    pub scenario: String,
    pub verdict: String,
    pub reasons: Vec<String>,
    pub base: ComparedSide,
    pub new: ComparedSide,
    pub interleaved: bool,
    pub spread: BTreeMap<String, f64>,
    pub metrics: Vec<ComparedMetric>,
    pub endpoints_added: Vec<String>,
    pub endpoints_removed: Vec<String>,
}
