//! A declared scenario beside a run of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{LoadModel, Unit};

/// A declared scenario, beside a run of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Workload {
    /// The scenario's name.
    pub scenario: String,
    /// Id of the run; `null` = no run was given at all.
    pub run: Option<String>,
    /// Where the scenario stands: `knee.toml:12`.
    pub origin: String,
    /// What it does, as declared.
    pub description: Option<String>,
    /// How arrivals are decided, as declared.
    pub model_declared: Option<LoadModel>,
    /// How the input says that they were.
    pub model_observed: Option<LoadModel>,
    /// Declared load levels, lowest first.
    pub levels: Vec<f64>,
    /// `users`, `think_time_from`, `think_time_to`, `duration`, `rate`, `highest_rate` (by Little's law; declared: if
    /// answers take no time, observed: at the measured mean latency). Those of which neither side is known are left out.
    pub figures: Vec<WorkloadFigure>,
    /// The declared tasks.
    pub tasks: Vec<WorkloadTask>,
}

/// One figure of both sides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorkloadFigure {
    /// Its id.
    pub name: String,
    /// As declared.
    pub declared: Option<f64>,
    /// As the run shows it.
    pub observed: Option<f64>,
    /// The unit of both.
    pub unit: Unit,
}

/// One declared task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorkloadTask {
    /// Its name.
    pub name: String,
    /// Its weight as declared.
    pub weight: f64,
    /// The weight as a share of all weights; `null` when they sum to nothing.
    pub share_declared: Option<f64>,
    /// Requests of the endpoints that it names; `null` unless every task names its own.
    pub requests: Option<u64>,
    /// Those as a share of the requests of all tasks.
    pub share_observed: Option<f64>,
}
