//! The result of comparing base and new: every metric with its interval and what it shows.
//!
//! Every member is named by DESIGN section 5. A state follows from the figures beside it; what could not be judged is said
//! with its reason and never passes as unchanged.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Better, Unit};
use crate::report::{Interval, Reason};

/// What two sides that are not comparable differ in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlike {
    /// The test: its scenario, tool, place or load.
    Test,
    /// Which endpoints there are.
    Endpoints,
    /// How often each of them is asked for.
    Mix,
}

/// What was shown of one metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MetricState {
    /// Worse, proven beyond the floor.
    Regressed,
    /// Better, proven beyond the floor.
    Improved,
    /// A change beyond the margin is ruled out in either direction, or the change is proven and below the floor.
    Unchanged,
    /// Neither shown nor ruled out.
    Undecided,
    /// It looks worse than the assumed spread explains, but a single run cannot prove it.
    Suspect,
    /// One side, or both, does not give it.
    NotMeasured,
}

/// What a comparison comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ComparisonVerdict {
    /// At least one metric is proven worse, whatever else could not be judged.
    Regressed,
    /// None is proven worse, at least one looks worse.
    Suspect,
    /// None is proven or looks worse, at least one is proven better.
    Improved,
    /// None is proven worse or better.
    NoRegressionShown,
    /// The sides are unlike, and what could be judged all the same is not proven worse.
    NotComparable,
}

/// In which unit a change is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeUnit {
    /// New over base, minus 1.
    Relative,
    /// Difference of two shares: 0.01 is one percentage point.
    Points,
}

/// How a change was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// One run a side: the sampling error of each and an assumed spread between runs.
    Single,
    /// Repeats: runs far out clipped, variance moderated by the assumed spread.
    Repeats,
    /// Repeats run in turn that spread further than was assumed: share of the ways to deal them out that lie as far apart.
    Permutation,
    /// Shares: Newcombe's interval.
    Newcombe,
    /// Shares with fewer than five failures on a side: Fisher's exact test.
    Fisher,
    /// A latency of few requests: how many of them are that slow, by Fisher's exact test.
    Counts,
    /// A mean of few requests: Welch's test.
    Welch,
}

/// One metric of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedMetric {
    /// The endpoint; `null` = the whole run.
    pub endpoint: Option<String>,
    /// Id of the metric.
    pub metric: String,
    /// Its unit.
    pub unit: Unit,
    /// Which direction is good.
    pub better: Better,
    /// The base: the value of its run; of repeats their geometric mean (the arithmetic one where a run has 0), with runs far out
    /// drawn in where `clipped` names them; of failures their share in the requests of all runs.
    pub base: Option<f64>,
    /// The same of the new side.
    pub new: Option<f64>,
    /// From base to new: `new / base - 1`, or `new - base`. Interval and chances are of the same.
    pub change: Option<f64>,
    /// In which unit.
    pub change_unit: Option<ChangeUnit>,
    /// Interval of the change.
    pub interval: Option<Interval>,
    /// How it was judged; `null` = it was not.
    pub method: Option<Method>,
    /// Requests behind the base, over all its repeats.
    pub n_base: Option<u64>,
    /// Requests behind the new side.
    pub n_new: Option<u64>,
    /// Runs of the base that give it.
    #[serde(default)]
    pub runs_base: u64,
    /// Runs of the new side that give it.
    #[serde(default)]
    pub runs_new: u64,
    /// Chance of such a change for the worse where nothing changed, one-sided.
    pub p_value: Option<f64>,
    /// The same, corrected for the metrics of its family (Benjamini-Hochberg): those of whole runs, or one metric of all endpoints.
    pub q_value: Option<f64>,
    /// What was shown.
    pub state: MetricState,
    /// Rule ids and words that say why it is not judged or only suspected.
    pub reasons: Vec<Reason>,
    /// Ids of runs whose value was drawn in, because it lay far from those of its side.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clipped: Vec<String>,
    /// Whether the runs spread further than was assumed, so that they stand for themselves.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub guarded: bool,
    /// Spread between runs that was reckoned with instead of the assumed one, learned from the other endpoints of the same runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learned_spread: Option<f64>,
    /// New runs that lie far beyond every run of the base, where the mean of all does not show it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub runs_apart: u64,
    /// The smallest change for the worse that this comparison would have shown in 95 of 100 cases.
    pub smallest_detectable: Option<f64>,
    /// Repeats a side that would show a change of 20 % in 95 of 100 cases.
    pub repeats_needed: Option<u64>,
    /// Chance of ranks as bad where nothing changed (Mann-Whitney), one-sided: a second opinion, nothing is judged by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank_p_value: Option<f64>,
    /// What the other endpoints of the same runs say of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against_others: Option<AgainstOthers>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_none(count: &u64) -> bool {
    *count == 0
}

/// A latency of an endpoint against the same of the other endpoints in the same runs: a bad minute is taken out, and so is what
/// all endpoints share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AgainstOthers {
    /// How far it rose beyond what the others explain: 0.1 = a tenth.
    pub change: f64,
    /// Its interval.
    pub interval: Interval,
    /// Chance of such a change for the worse where there is none, one-sided.
    pub p_value: f64,
    /// Other endpoints.
    pub endpoints: u64,
    /// By how much the others moved, as the median of them.
    pub change_of_others: f64,
}

/// New by base over all endpoints that have the metric on both sides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GeometricMean {
    /// Id of the metric.
    pub metric: String,
    /// The mean change: 0.1 = a tenth more.
    pub change: f64,
    /// Over so many endpoints.
    pub endpoints: u64,
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
    /// When the first of its runs began, by their own times.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub started_at: Option<Timestamp>,
    /// When the last of them began.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub last_started_at: Option<Timestamp>,
    /// Whether it is an accepted baseline.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub accepted: bool,
}

/// Base against new, for one scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// The scenario.
    pub scenario: String,
    /// What it comes to.
    pub verdict: ComparisonVerdict,
    /// Ids of the rules that made it not comparable; what can be judged all the same is.
    pub reasons: Vec<Reason>,
    /// The share of the requests at endpoints that both sides have, of the side that has less; `null` = they are not counted by
    /// endpoint.
    #[serde(default)]
    pub compared_share: Option<f64>,
    /// The share of the requests at endpoints of which a latency was judged.
    #[serde(default)]
    pub judged_share: Option<f64>,
    /// Endpoints that both sides have.
    #[serde(default)]
    pub endpoints_compared: u64,
    /// Those of which a latency was judged.
    #[serde(default)]
    pub endpoints_judged: u64,
    /// Days from the last start of the base to the first of the new side: below zero where the base is the later one, zero where
    /// they overlap, `null` where a side has no times.
    #[serde(default)]
    pub age_days: Option<f64>,
    /// What is compared against.
    pub base: ComparedSide,
    /// What is compared.
    pub new: ComparedSide,
    /// Whether both sides were run in turn, in one job.
    pub interleaved: bool,
    /// Spread between runs that was assumed, as a standard deviation of logarithms: `p50`, `p95`, ..., `between_jobs`.
    pub spread: BTreeMap<String, f64>,
    /// The metrics, whole run first, then endpoints by name.
    pub metrics: Vec<ComparedMetric>,
    /// The geometric mean over all endpoints of new by base, by metric.
    #[serde(default)]
    pub geometric_means: Vec<GeometricMean>,
    /// Endpoints that only the new side has.
    pub endpoints_added: Vec<String>,
    /// Endpoints that only the base has.
    pub endpoints_removed: Vec<String>,
}
