//! `knee.report/1`: what every analysing command says, and the types of which it is made. Arrays are always there; what a command
//! does not do stays empty.
//!
//! Types only: what makes them stands above.

#![warn(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod comparison;
pub mod evidence;
pub mod figure;
pub mod reason;
mod rule_id;
pub mod scaling;
pub mod suites;
mod useful;
pub mod verdict;
pub mod workload;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{CheckKind, ResourcePhase, Run, Unit};
use crate::report::comparison::Comparison;
use crate::report::scaling::Scaling;
use crate::report::workload::Workload;
use crate::text::phrase::quoted;

pub use evidence::{Evidence, Value};
pub use figure::{Figure, Figures, Measured, Support};
pub use reason::{Cause, Reason};
pub use rule_id::RuleId;
pub use verdict::{Effect, Verdict};

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

/// What a finding is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum About {
    /// A run, or repeats.
    Run,
    /// Two sides.
    Pair,
    /// A series of load levels.
    Series,
    /// The plan.
    #[default]
    Plan,
}

/// A rule that fired.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Its id: `V03`.
    pub rule: RuleId,
    /// Its name: `error-rate`.
    pub name: String,
    /// What it is about.
    #[serde(skip)]
    pub about: About,
    /// How grave.
    pub severity: Severity,
    /// What it does.
    pub effect: Effect,
    /// Id of the run it speaks of; `null` = of the plan.
    pub run: Option<String>,
    /// The endpoint it speaks of; `null` = the whole run.
    pub endpoint: Option<String>,
    /// The other endpoints of which the same holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_at: Vec<String>,
    /// The rule whose finding about the same run tells the same fact: both are shown as one item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<RuleId>,
    /// The metric it speaks of.
    pub metric: Option<String>,
    /// The figures it stands on.
    pub evidence: Evidence,
    /// One or two sentences made from them.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

impl Finding {
    /// Whether it speaks of an endpoint; `None` = of the whole run.
    pub fn is_at(&self, endpoint: Option<&str>) -> bool {
        self.endpoint.as_deref() == endpoint
            || endpoint.is_some_and(|label| self.also_at.iter().any(|also| also == label))
    }

    /// The endpoint it names, in front of its message where that is read alone.
    pub fn said(&self) -> String {
        match &self.endpoint {
            Some(label) => format!("{}: {}", quoted(label), self.message),
            None => self.message.clone(),
        }
    }
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
    /// Of a resource: whether the samples were taken under load or outside; absent where they do not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<ResourcePhase>,
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
    /// Id of the run; `null` = of no single run.
    #[serde(default)]
    pub run: Option<String>,
    /// Of what it is one.
    #[serde(default)]
    pub kind: CheckKind,
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
    /// Groups of endpoints.
    pub groups: Vec<Group>,
    /// Declared scenarios, beside the runs of them.
    #[serde(default)]
    pub workloads: Vec<Workload>,
    /// Shares by latency.
    pub classes: Vec<Class>,
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
    /// "draft".
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

    /// The findings that are shown as one item with another.
    pub fn parts_of<'a>(&'a self, whole: &'a Finding) -> impl Iterator<Item = &'a Finding> + 'a {
        self.findings
            .iter()
            .filter(move |part| part.part_of.as_ref() == Some(&whole.rule) && part.run == whole.run)
    }

    /// The findings about the plan and no single run.
    pub fn findings_of_plan(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| {
            let of_several = matches!(finding.about, About::Pair | About::Series);
            finding.run.is_none() && !of_several
        })
    }

    /// The findings about series of load levels.
    pub fn findings_of_series(&self) -> impl Iterator<Item = &Finding> {
        let all = self.findings.iter();
        all.filter(|finding| finding.about == About::Series)
    }
}
