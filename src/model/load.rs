//! The load that was offered: open or closed, users, arrivals, declared phases.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::units::{PerSecond, Seconds};

/// How arrivals are decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoadModel {
    /// Users arrive whether or not earlier ones are done.
    Open,
    /// A fixed set of users, each waiting for its answer.
    Closed,
}

impl fmt::Display for LoadModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LoadModel::Open => "open",
            LoadModel::Closed => "closed",
        })
    }
}

/// The load that was offered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Load {
    /// Open or closed.
    #[serde(default)]
    pub model: Option<LoadModel>,
    /// Most users at one time.
    #[serde(default)]
    pub users_max: Option<f64>,
    /// Arrivals of users.
    #[serde(default, rename = "arrival_rate_per_s")]
    pub arrival_rate: Option<PerSecond>,
    /// Requests that the plan offers.
    #[serde(default, rename = "offered_per_s")]
    pub offered: Option<PerSecond>,
    /// Users or iterations that the generator left out.
    #[serde(default)]
    pub dropped: Option<u64>,
    /// The declared phases.
    #[serde(default)]
    pub phases: Vec<Phase>,
    /// Time that a user waits between two requests, where the input or its script tells it.
    #[serde(
        default,
        rename = "think_time_s",
        skip_serializing_if = "Option::is_none"
    )]
    pub think_time: Option<ThinkTime>,
    /// Whether the phases are not declared but follow from the arrivals; then they leave out what the arrivals do not show.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub phases_recovered: bool,
}

/// Seconds between two requests of a user: least and most.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThinkTime {
    /// Least.
    pub from: Seconds,
    /// Most; equal to `from` when it is fixed.
    pub to: Seconds,
}

impl ThinkTime {
    /// The middle of the range: the mean when waits are spread evenly over it.
    ///
    /// ```
    /// # use knee::model::{Seconds, ThinkTime};
    /// let waits = ThinkTime { from: Seconds(1.0), to: Seconds(3.0) };
    /// assert_eq!(waits.mean(), Seconds(2.0));
    /// ```
    pub fn mean(self) -> Seconds {
        Seconds(f64::midpoint(self.from.0, self.to.0))
    }
}

/// Timers run late by this share of a slice.
const LATE: f64 = 0.05;

impl Load {
    /// The phase that a stretch of the run lies in as a whole; `None` when it lies in two of them, or in none.
    ///
    /// ```
    /// use knee::model::{Load, Phase, Seconds};
    /// let phase = |start: f64| Phase {
    ///     name: None,
    ///     start: Seconds(start),
    ///     duration: Seconds(20.0),
    ///     users_from: None,
    ///     users_to: None,
    ///     rate_from: None,
    ///     rate_to: None,
    /// };
    /// let load = Load { phases: vec![phase(0.0), phase(20.0)], ..Load::default() };
    /// assert_eq!(load.phase_of(Seconds(10.0), Seconds(10.0)), Some(0));
    /// assert_eq!(load.phase_of(Seconds(16.0), Seconds(10.0)), None);
    /// ```
    pub fn phase_of(&self, start: Seconds, duration: Seconds) -> Option<usize> {
        let slack = LATE * duration.0;
        self.phases.iter().position(|phase| {
            phase.start.0 <= start.0 + slack
                && start.0 + duration.0 <= phase.start.0 + phase.duration.0 + slack
        })
    }
}

/// One declared phase of the load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Phase {
    /// Its name, where it has one.
    #[serde(default)]
    pub name: Option<String>,
    /// Seconds from the start of the run.
    #[serde(rename = "start_s")]
    pub start: Seconds,
    /// Its length.
    #[serde(rename = "duration_s")]
    pub duration: Seconds,
    /// Users at its start.
    #[serde(default)]
    pub users_from: Option<f64>,
    /// Users at its end.
    #[serde(default)]
    pub users_to: Option<f64>,
    /// Arrivals per second at its start.
    #[serde(default)]
    pub rate_from: Option<PerSecond>,
    /// Arrivals per second at its end.
    #[serde(default)]
    pub rate_to: Option<PerSecond>,
}

impl Phase {
    /// Whether the load rises or falls during the phase.
    pub fn is_ramp(&self) -> bool {
        let differs = |from: Option<f64>, to: Option<f64>| matches!((from, to), (Some(a), Some(b)) if (a - b).abs() > f64::EPSILON);
        differs(self.users_from, self.users_to)
            || differs(self.rate_from.map(|r| r.0), self.rate_to.map(|r| r.0))
    }
}
