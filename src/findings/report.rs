//! `knee.report/1`: what every analysing command says. Arrays are always there; what a command does not do stays empty.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::findings::evidence::Evidence;
use crate::findings::figures::{Figure, Figures, Support};
use crate::findings::verdict::{Effect, Verdict};
use crate::model::{Better, Run, Unit};

/// The version of the schema a report is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ReportSchema {
    /// The first one.
    #[default]
    #[serde(rename = "knee.report/1")]
    V1,
}

/// An interval of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// Lower end; `null` = open.
    pub lo: Option<f64>,
    /// Upper end; `null` = open.
    pub hi: Option<f64>,
    /// Confidence, such as 0.95.
    pub level: f64,
}

/// How grave a finding is; it follows from its effect.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Fail, invalid, refuse.
    Error,
    /// Everything between.
    Warning,
    /// Note.
    Info,
}

impl From<Effect> for Severity {
    fn from(effect: Effect) -> Severity {
        match effect {
            Effect::Fail | Effect::Invalid | Effect::Refuse => Severity::Error,
            Effect::Note => Severity::Info,
            Effect::Warn | Effect::Void | Effect::Uncomparable | Effect::Unjudged => {
                Severity::Warning
            }
        }
    }
}

/// A rule that fired.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Its id: `V03`.
    pub rule: String,
    /// Its name: `error-rate`.
    pub name: String,
    /// How grave.
    pub severity: Severity,
    /// What it does.
    pub effect: Effect,
    /// Id of the run it speaks of.
    pub run: Option<String>,
    /// The endpoint it speaks of; `null` = the whole run.
    pub endpoint: Option<String>,
    /// The metric it speaks of.
    pub metric: Option<String>,
    /// The figures it stands on.
    pub evidence: Evidence,
    /// One or two sentences made from them.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

/// The state of a target: value, operator, limit, nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetState {
    /// Met.
    Pass,
    /// Met, but not its `warn` level, or the limit lies inside the interval.
    Warn,
    /// Broken.
    Fail,
    /// The input does not give the figure, or not well enough to judge it.
    NotMeasured,
    /// It speaks of another scenario, or of load levels that one run does not have.
    NotApplicable,
}

/// One target against one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TargetResult {
    /// Its name, or the expectation as written.
    pub name: String,
    /// Id of the run.
    pub run: String,
    /// The endpoint; `null` = the whole run.
    pub endpoint: Option<String>,
    /// The load level, for targets on levels.
    pub level: Option<f64>,
    /// The metric, or `null` where the expectation names none.
    pub metric: Option<String>,
    /// The expectation as written.
    pub expect: String,
    /// What was measured.
    pub value: Option<f64>,
    /// Its unit.
    pub unit: Option<Unit>,
    /// Its interval.
    pub interval: Option<Interval>,
    /// Samples behind it.
    pub n: Option<u64>,
    /// Distance to the limit on the good side; negative when broken.
    pub margin: Option<f64>,
    /// The state.
    pub state: TargetState,
    /// Why it was not measured or does not apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether a target that was not measured is nothing to worry about.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// Where it was written: `--target` or `knee.toml:12`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub origin: String,
}

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

/// Figures over a group of endpoints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Id of the run.
    pub run: String,
    /// Labels of its endpoints.
    pub endpoints: Vec<String>,
    /// Sums over them: `requests`, `rate`, `goodput`, `failures`.
    pub figures: BTreeMap<String, f64>,
}

/// A share of the requests by latency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// Id of the run.
    pub run: String,
    /// Upper edge; `null` = no upper edge.
    pub upto_ms: Option<f64>,
    /// Requests.
    pub count: u64,
    /// Of all requests with a latency.
    pub share: f64,
}

/// One part of a score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(
    missing_docs,
    reason = "DESIGN section 5 names them; the score fills them in"
)]
pub struct ScorePart {
    pub name: String,
    pub weight: f64,
    pub value: f64,
    pub formula: String,
}

/// A score with its formula.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(
    missing_docs,
    reason = "DESIGN section 5 names them; the score fills them in"
)]
pub struct Score {
    pub value: f64,
    pub parts: Vec<ScorePart>,
}

/// A check of the script, of a test suite, or of `knee` itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckResult {
    /// Its name.
    pub name: String,
    /// Times passed.
    pub passed: u64,
    /// Times failed.
    pub failed: u64,
    /// Who checked: the tool, a file, or a rule's id.
    pub source: String,
}

/// All that a renderer may see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The schema's name and version.
    pub schema: ReportSchema,
    /// The version of the program.
    pub knee_version: String,
    /// Which command made it.
    pub command: String,
    /// Only when asked for, so that the same input gives the same bytes.
    pub generated_at: Option<String>,
    /// The answer.
    pub verdict: Verdict,
    /// Three to five computed sentences.
    pub headline: Vec<String>,
    /// The runs, as normalized and filtered by the configuration.
    pub runs: Vec<Run>,
    /// Every number that a page shows, series and chart tables apart.
    pub figures: Figures,
    /// Every declared target, against every run.
    pub targets: Vec<TargetResult>,
    /// Every rule that fired, gravest first.
    pub findings: Vec<Finding>,
    /// Base against new.
    pub comparisons: Vec<Comparison>,
    /// Series of load levels.
    pub scalings: Vec<Scaling>,
    /// Series of runs.
    pub trends: Vec<Trend>,
    /// Groups of endpoints.
    pub groups: Vec<Group>,
    /// Shares by latency.
    pub classes: Vec<Class>,
    /// A score, where one is configured.
    pub score: Option<Score>,
    /// Checks.
    pub checks: Vec<CheckResult>,
    /// How the page is to be called and which state it is in.
    #[serde(skip)]
    pub page: Page,
}

/// What the configuration says about the page; not part of the analysis.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The page's title.
    pub title: Option<String>,
    /// The project's name.
    pub project: Option<String>,
    /// Facts about the environment, as declared.
    pub environment: BTreeMap<String, String>,
    /// "draft" or "final".
    pub status: Option<String>,
    /// The percentiles that tables show.
    pub percentiles: Vec<crate::model::Percentile>,
}

impl Report {
    /// A figure of a run: its overall one when `endpoint` is `None`.
    pub fn figure(&self, run: &str, endpoint: Option<&str>, metric: &str) -> Option<&Figure> {
        self.figures.get(run, endpoint, metric)
    }

    /// The findings about one run.
    pub fn findings_of<'a>(&'a self, run: &'a str) -> impl Iterator<Item = &'a Finding> + 'a {
        self.findings
            .iter()
            .filter(move |finding| finding.run.as_deref() == Some(run))
    }

    /// Whether a figure may be judged: support "none" is shown and never judged.
    pub fn is_judgeable(figure: &Figure) -> bool {
        figure.support != Support::None
    }
}
