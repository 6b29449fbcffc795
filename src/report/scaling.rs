//! The result of a series of load levels: levels, the steps between them, the knee, the capacity and the fitted law.
//!
//! What is said of a series holds inside the tested range; nothing is drawn out beyond it but the fitted law, and that says so.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::named;
use crate::report::Interval;
use crate::report::evidence::Evidence;
use crate::report::figure::Support;

/// What the levels of a series count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LevelOf {
    /// Users or iterations that arrive per second.
    Arrivals,
    /// Requests that the plan offers per second.
    Requests,
    /// Users at one time.
    Users,
    /// A load that labels or `knee.toml` state, in a unit of their own.
    Stated,
    /// Instances, cores and the like that labels state: what serves, not what asks.
    Resources,
}

/// One load level of a series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Level {
    /// The load, on average over what was measured.
    pub value: f64,
    /// Its peak, where the load moved (a ramp); `null` where it stood still.
    pub peak: Option<f64>,
    /// The load as it was stated, where the measured one is another.
    #[serde(default)]
    pub stated: Option<f64>,
    /// Whether the load is known by its label alone: nothing tells that so much was offered.
    #[serde(default)]
    pub by_label: bool,
    /// Ids of the runs; several are repeats. Of a stepped run its id stands at every level.
    pub runs: Vec<String>,
    /// Where the level is a stretch of a run: its start in seconds from that of the run.
    #[serde(default)]
    pub from_s: Option<f64>,
    /// Where the level is a stretch of a run: its end.
    #[serde(default)]
    pub to_s: Option<f64>,
    /// Requests per second that the load stands for: those of a unit of load at the lowest levels, times the load.
    pub offered_per_s: Option<f64>,
    /// Requests per second that were answered while the load was offered.
    pub achieved_per_s: Option<f64>,
    /// Successes per second while the load was offered.
    pub goodput_per_s: Option<f64>,
    /// Sessions that completed per second, where the input counts them over time: what is served of a load of sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_per_s: Option<f64>,
    /// Failures as a share of the requests that count.
    pub error_rate: Option<f64>,
    /// `p50`, `p95`, `p99` and `mean` in milliseconds: the middle of the repeats (geometric mean).
    pub figures: BTreeMap<String, f64>,
    /// How well requests carry those figures; the poorest of the repeats.
    #[serde(default)]
    pub support: BTreeMap<String, Support>,
    /// Where there are repeats: each of those figures of every one of them.
    #[serde(default)]
    pub repeats: BTreeMap<String, Vec<f64>>,
    /// Requests with a latency behind them, over all repeats.
    pub n: Option<u64>,
    /// Seconds at its start that are left out because the load had just changed; the longest of the repeats.
    pub settling_dropped_s: Option<f64>,
    /// Requests that piled up inside the level as a share of those that came; `null` where answers are not counted apart.
    pub backlog: Option<f64>,
    /// Endpoint by endpoint, where the input tells them apart.
    #[serde(default)]
    pub endpoints: Vec<LevelEndpoint>,
}

/// One endpoint at a level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LevelEndpoint {
    /// Its label.
    pub endpoint: String,
    /// Successes per second.
    pub goodput_per_s: Option<f64>,
    /// Failures as a share of the requests that count.
    pub error_rate: Option<f64>,
    /// `p50`, `p95` and `p99` in milliseconds.
    pub figures: BTreeMap<String, f64>,
    /// How well requests carry those figures; the poorest of the repeats.
    #[serde(default)]
    pub support: BTreeMap<String, Support>,
    /// Where there are repeats: each of those figures of every one of them.
    #[serde(default)]
    pub repeats: BTreeMap<String, Vec<f64>>,
    /// Requests with a latency.
    pub n: Option<u64>,
}

named! {
    /// Why the class of a step is what it is.
    StepReason {
        /// A latency of too few requests is no estimate.
        Thin = "thin",
        /// A blow-up by the size of such a latency.
        BySize = "by-size",
        /// The input does not say how certain its figures are.
        NoError = "no-error",
        /// The load moved, and its mean and its peak say different things.
        Ramp = "ramp",
        /// It grows by less than anybody notices, 1 ms.
        BelowFloor = "below-floor",
        /// Flat, and below what it was.
        Falls = "falls",
        /// Of the whole run: the shares of endpoints that are as fast as before differ.
        Mix = "mix",
        /// Of the whole run: the lower level lacks endpoints, or hardly asks them.
        OtherMix = "other-mix",
    }
}

named! {
    /// How the load at a knee was had.
    KneeMethod {
        /// Where the line of light load meets the highest goodput.
        Plateau = "plateau",
        /// Where 1 / mean latency of the good levels would reach zero.
        Margin = "margin",
        /// The geometric middle of the sessions that completed and of those that the answered requests would make.
        Between = "between",
        /// The geometric middle of the interval: no figure, only a place in it.
        Middle = "middle",
    }
}

/// How a figure follows the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepClass {
    /// It does not.
    Flat,
    /// Less than in proportion.
    SubLinear,
    /// In proportion.
    Linear,
    /// More than in proportion.
    SuperLinear,
    /// Far more: non-linear degradation.
    BlowUp,
    /// The figures do not say which.
    Undecided,
}

/// From one load level to the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// The lower level.
    pub from: f64,
    /// The higher level.
    pub to: f64,
    /// The endpoint; `null` = the whole run.
    pub endpoint: Option<String>,
    /// `p50`, `p95`, `p99`.
    pub metric: String,
    /// The higher load over the lower one, by their means.
    pub load_ratio: f64,
    /// The same by their peaks, where one of the loads moved.
    pub load_ratio_peak: Option<f64>,
    /// The figure at the higher level over that at the lower one.
    pub ratio: f64,
    /// ln(ratio) / ln(load ratio): 1 = in proportion to the load.
    pub exponent: Option<f64>,
    /// The same by the peaks.
    pub exponent_peak: Option<f64>,
    /// 95 % interval of the exponent.
    pub interval: Option<Interval>,
    /// 95 % interval of the exponent by the peaks.
    #[serde(default)]
    pub interval_peak: Option<Interval>,
    /// What holds by the means and by the peaks.
    pub class: StepClass,
    /// Why the class is what it is.
    pub reasons: Vec<StepReason>,
    /// The ratio over that of the loads; of a ramp, over that of the peaks.
    pub excess_over_linear: Option<f64>,
}

impl Step {
    /// Whether its class is what it is for this reason.
    pub fn is_because(&self, reason: StepReason) -> bool {
        self.reasons.contains(&reason)
    }
}

/// Which criterion found the knee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// What is achieved falls behind what is offered, or stops growing with the users.
    Saturation,
    /// A latency grows far more than the load.
    BlowUp,
}

/// Where throughput no longer follows the load, or latency blows up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Knee {
    /// `false` = none in the tested range, which is an answer.
    pub found: bool,
    /// The load at the knee: where the line of light load meets the plateau, or else the middle of the interval.
    pub level: Option<f64>,
    /// Between what it lies: at the lower end all is well, at the upper one it is broken.
    pub interval: Option<Interval>,
    /// The highest level at which nothing speaks against it.
    pub last_good: Option<f64>,
    /// What fired first.
    pub criterion: Option<Criterion>,
    /// The metric that it fired on.
    pub metric: Option<String>,
    /// The endpoint that it fired on; `null` = the whole run.
    pub endpoint: Option<String>,
    /// How `level` was had.
    #[serde(default)]
    pub method: Option<KneeMethod>,
    /// What could not be asked, as sentences: then "none" is no answer.
    #[serde(default)]
    pub unasked: Vec<String>,
    /// The figures that it stands on, and what other methods say.
    pub evidence: Evidence,
}

/// The largest goodput inside the tested range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Capacity {
    /// Successes per second.
    pub goodput_per_s: Option<f64>,
    /// The level at which it was reached.
    pub at: Option<f64>,
    /// Whether goodput stops following the load, or falls, inside the range; otherwise it is no capacity, only what was seen.
    pub within_range: bool,
}

/// Throughput at a level over the ideal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Efficiency {
    /// The level.
    pub level: f64,
    /// Goodput per unit of level, over that of the lowest level.
    pub value: f64,
    /// Goodput over that of the lowest level.
    #[serde(default)]
    pub speed_up: Option<f64>,
    /// 95 % interval of the efficiency.
    #[serde(default)]
    pub interval: Option<Interval>,
}

/// A fit of the Universal Scalability Law.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Usl {
    /// Goodput of one unit of load, by the law.
    pub lambda: f64,
    /// Goodput that a unit of load had at the lowest level.
    #[serde(default)]
    pub lowest_per_unit: Option<f64>,
    /// Whether one unit of load lies inside the tested range; otherwise `lambda` is extrapolated.
    #[serde(default)]
    pub lambda_in_range: bool,
    /// Contention: the serial part.
    pub sigma: f64,
    /// Coherency: what each pair of units costs.
    pub kappa: f64,
    /// The load at the peak of the law; `null` = no peak in the data.
    pub peak_load: Option<f64>,
    /// The rate there.
    pub peak_rate: Option<f64>,
    /// 95 % intervals of `lambda`, `sigma`, `kappa` and `peak_load`, where there are levels enough.
    pub intervals: BTreeMap<String, Interval>,
    /// Whether the peak lies inside the tested range.
    pub in_range: bool,
    /// The fitted curve inside the tested range: load, rate.
    #[serde(default)]
    pub curve: Vec<(f64, f64)>,
}

/// A run or stretch of a run that is no level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    /// Id of the run.
    pub run: String,
    /// Why, as a sentence.
    pub reason: String,
}

/// A series of load levels of one scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scaling {
    /// The scenario.
    pub scenario: String,
    /// What the levels are called: `arrivals/s`, `users`, or the name of the label.
    pub level_name: String,
    /// What they count.
    #[serde(default = "stated")]
    pub level_of: LevelOf,
    /// Rising.
    pub levels: Vec<Level>,
    /// Of the whole run first, then endpoint by endpoint; each from the lowest step up.
    pub steps: Vec<Step>,
    /// `null` where there are too few levels to ask.
    pub knee: Option<Knee>,
    /// The largest goodput.
    pub capacity: Option<Capacity>,
    /// How far the knee lies above the last good level, as a share of it.
    pub headroom: Option<f64>,
    /// Level by level.
    pub efficiency: Vec<Efficiency>,
    /// The serial part by Amdahl's law, from the lowest and the highest level.
    pub amdahl_serial: Option<f64>,
    /// The fitted law.
    pub usl: Option<Usl>,
    /// Why there is no fitted law, or no peak of it.
    #[serde(default)]
    pub usl_reason: Option<String>,
    /// What was given and is no level.
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
    /// Endpoints that some levels lack: they are in no step.
    #[serde(default)]
    pub endpoints_elsewhere: Vec<String>,
    /// What has to be known to read the series right, as sentences.
    #[serde(default)]
    pub remarks: Vec<String>,
}

fn stated() -> LevelOf {
    LevelOf::Stated
}
