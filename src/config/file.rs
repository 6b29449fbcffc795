//! `knee.toml` as it is written: every section and key, in the order of the contract, and nothing else.
//!
//! What serde can check is checked here: keys, types, closed lists of words. What the words mean is checked in
//! [`crate::config::check`], which needs the place of each text: those are [`Spanned`]. The JSON Schema of
//! `knee schema config` is derived from these structs.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::config::value::{OneOrMany, Scalar};

/// `knee.toml`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "knee.toml", rename = "Config")]
pub(crate) struct File {
    /// What is tested.
    pub(crate) project: Option<Project>,
    /// How the page is made.
    pub(crate) report: Option<Report>,
    /// What is run, and what is expected of it.
    pub(crate) scenario: Vec<Scenario>,
    /// What is demanded of every run.
    pub(crate) target: Vec<Target>,
    /// Endpoints that belong together.
    pub(crate) group: Vec<Group>,
    /// Endpoints under another name.
    pub(crate) rename: Vec<Rename>,
    /// Failures that are meant to happen.
    pub(crate) expected_error: Vec<ExpectedError>,
    /// How runs are compared.
    pub(crate) compare: Option<Compare>,
    /// How load levels are found.
    pub(crate) scale: Option<Scale>,
    /// Classes of latency.
    pub(crate) classes: Option<Classes>,
    /// Which rules are asked, and how strictly.
    pub(crate) rules: Option<Rules>,
    /// How other JSON or CSV becomes a run.
    pub(crate) map: Vec<Map>,
    /// Files beside the runs.
    pub(crate) inputs: Option<Inputs>,
}

/// `[project]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Project {
    /// Its name.
    #[schemars(with = "Option<String>")]
    pub(crate) name: Option<Spanned<String>>,
    /// Facts about where it runs, as declared.
    pub(crate) environment: BTreeMap<String, Scalar>,
}

/// The state of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not yet to be relied on.
    Draft,
}

impl Status {
    /// As it is written.
    pub fn id(self) -> &'static str {
        match self {
            Status::Draft => "draft",
        }
    }
}

/// `[report]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Report {
    /// The page's title.
    pub(crate) title: Option<String>,
    /// Its state.
    pub(crate) status: Option<Status>,
    /// The sections in their order; all when not given.
    #[schemars(with = "Option<Vec<String>>")]
    pub(crate) sections: Option<Vec<Spanned<String>>>,
    /// A page layout, relative to this file.
    #[schemars(with = "Option<String>")]
    pub(crate) template: Option<Spanned<String>>,
}

/// `[[scenario]]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// Its name.
    #[schemars(with = "String")]
    pub(crate) name: Spanned<String>,
    /// Globs over the files of its runs, relative to this file.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(crate) runs: Vec<Spanned<String>>,
    /// What it does.
    #[serde(default)]
    pub(crate) description: Option<String>,
    /// The load that it is to offer.
    #[serde(default)]
    pub(crate) load: Option<Load>,
    /// The load level of each file.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, f64>")]
    pub(crate) levels: BTreeMap<String, Spanned<f64>>,
    /// Expectations of its runs.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(crate) expect: Vec<Spanned<String>>,
}

/// How arrivals are decided.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LoadModel {
    /// Users arrive whether or not earlier ones are done.
    Open,
    /// A fixed set of users, each waiting for its answer.
    Closed,
}

/// `[scenario.load]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Load {
    /// How arrivals are decided.
    pub(crate) model: Option<LoadModel>,
    /// Most users at one time.
    #[schemars(with = "Option<f64>")]
    pub(crate) users: Option<Spanned<f64>>,
    /// Time between two requests of a user: `2s` or `1s..3s`.
    #[schemars(with = "Option<String>")]
    pub(crate) think_time: Option<Spanned<String>>,
    /// Length of the run: `5min`.
    #[schemars(with = "Option<String>")]
    pub(crate) duration: Option<Spanned<String>>,
    /// Tasks and their weights.
    #[schemars(with = "BTreeMap<String, f64>")]
    pub(crate) tasks: BTreeMap<String, Spanned<f64>>,
}

/// When a resource is judged.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    /// Before and after the load.
    Idle,
    /// Under load.
    Load,
}

/// What decides a target.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Decide {
    /// The measured value alone.
    Value,
    /// The value, and a warning when the limit lies inside its interval.
    Interval,
}

/// `[[target]]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Target {
    /// Its name.
    #[serde(default)]
    pub(crate) name: Option<String>,
    /// What is expected: `p95 < 200ms`.
    #[schemars(with = "String")]
    pub(crate) expect: Spanned<String>,
    /// A stricter expectation that only warns.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(crate) warn: Option<Spanned<String>>,
    /// Glob over scenarios.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(crate) scenario: Option<Spanned<String>>,
    /// Glob over endpoints: `GET /api/*`.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(crate) endpoint: Option<Spanned<String>>,
    /// Glob over groups.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(crate) group: Option<Spanned<String>>,
    /// Judged without load, or under it.
    #[serde(default)]
    pub(crate) phase: Option<Phase>,
    /// Whether a target that could not be measured is nothing to worry about.
    #[serde(default)]
    pub(crate) optional: bool,
    /// What decides; the value when not given.
    #[serde(default)]
    pub(crate) decide: Option<Decide>,
}

/// `[[group]]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    /// Its name.
    #[schemars(with = "String")]
    pub(crate) name: Spanned<String>,
    /// Globs over endpoints.
    #[serde(rename = "match")]
    pub(crate) patterns: OneOrMany,
}

/// `[[rename]]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rename {
    /// Globs over endpoints; several endpoints that match become one.
    #[serde(rename = "match")]
    pub(crate) patterns: OneOrMany,
    /// The new name: `GET /users/ID`.
    #[schemars(with = "String")]
    pub(crate) to: Spanned<String>,
}

/// `[[expected_error]]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectedError {
    /// Glob over endpoints.
    #[schemars(with = "String")]
    pub(crate) endpoint: Spanned<String>,
    /// The status or error code.
    #[schemars(with = "Scalar")]
    pub(crate) code: Spanned<Scalar>,
    /// Why it is expected.
    #[serde(default)]
    pub(crate) reason: Option<String>,
}

/// What a comparison may overlook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Allow {
    /// Different error rates.
    ErrorRate,
    /// Different environments.
    Environment,
}

/// `[compare]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Compare {
    /// The smallest change worth talking about, per metric: `p95 = "10%"`.
    #[schemars(with = "BTreeMap<String, String>")]
    pub(crate) floor: BTreeMap<Spanned<String>, Spanned<String>>,
    /// The accepted baseline.
    #[schemars(with = "Option<String>")]
    pub(crate) baseline: Option<Spanned<String>>,
    /// Whether a metric that could not be decided fails the gate.
    pub(crate) require_proof: Option<bool>,
    /// Differences that only warn.
    pub(crate) allow: Vec<Allow>,
}

/// `[scale]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Scale {
    /// The label that holds the load level.
    #[schemars(with = "Option<String>")]
    pub(crate) level: Option<Spanned<String>>,
}

/// `[classes]`: the upper edge of each class.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Classes {
    /// `50ms`; also the T of the Apdex.
    #[schemars(with = "Option<String>")]
    pub(crate) fast: Option<Spanned<String>>,
    /// `200ms`
    #[schemars(with = "Option<String>")]
    pub(crate) normal: Option<Spanned<String>>,
    /// `500ms`
    #[schemars(with = "Option<String>")]
    pub(crate) slow: Option<Spanned<String>>,
}

/// What a rule may be made to do.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Effect {
    /// Nothing.
    Note,
    /// The verdict is at least "warn".
    Warn,
    /// The verdict is "fail".
    Fail,
    /// The run cannot be believed.
    Invalid,
    /// It could not be judged.
    Unjudged,
}

/// `[rules]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Rules {
    /// Ids of rules that are not asked.
    #[schemars(with = "Vec<String>")]
    pub(crate) ignore: Vec<Spanned<String>>,
    /// Effects that replace a rule's own.
    #[schemars(with = "BTreeMap<String, Effect>")]
    pub(crate) severity: BTreeMap<Spanned<String>, Effect>,
    /// Limits that replace a rule's own.
    #[schemars(with = "BTreeMap<String, f64>")]
    pub(crate) limit: BTreeMap<Spanned<String>, Spanned<f64>>,
}

/// What a record of a map is.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MapKind {
    /// Figures of an endpoint or of a run.
    Run,
    /// One request.
    Sample,
}

/// `[[map]]`: how any other JSON or CSV becomes runs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Map {
    /// Its name: `--map NAME`.
    #[schemars(with = "String")]
    pub(crate) name: Spanned<String>,
    /// Where the records stand: `results`, `data.runs[*]`, `*.*` for objects by name; the whole document when not given.
    /// Elements of a list there are records; a file of JSON Lines has one per line, a table one per row.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(crate) records: Option<Spanned<String>>,
    /// What a record is; when not given, one request where `latency` is mapped, else figures.
    #[serde(default)]
    pub(crate) kind: Option<MapKind>,
    /// What stands between the fields of a table, such as `;`; when not given the first line shows it.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(crate) delimiter: Option<Spanned<String>>,
    /// Which member or column is what: `p95 = "lat.p95"`. A path is relative to the record: names with dots between them,
    /// `["a.name"]`, `[0]` for a place, `.` for the record itself; `$.started` starts at the document; `{key}`, `{key1}`,
    /// `{key2}` are the names that the `*` of `records` stand for.
    ///
    /// Of every record: `run` (the runs of one file), `endpoint`, `method`, `started`, `users`, `bytes_received`, `bytes_sent`. Of
    /// figures: `requests`, `failures`, `successes`, `duration`, `rate`, `error_rate`, `success_rate`, `min`, `mean`, `stddev`,
    /// `max`, `p50` and any other pN (`p99_9`), the same as `"ok.p95"`, `"failed.p95"` or `"all.p95"`, `"code:503"`, and for metrics
    /// of your own `metric`, `value` and `unit`, or `"custom:NAME"`. Of one request: `latency`, `ok` or `failed`, `code`, `error`. Of
    /// the run as a whole: `started`, `duration`, `users`, `tool`, `tool_version`, `"label:KEY"`, `"custom:NAME"`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub(crate) fields: BTreeMap<Spanned<String>, Spanned<String>>,
    /// In which unit a field is: ns us ms s min h, B kB MB GB KiB MiB GiB, % ratio, /s /min; of `started` rfc3339, s, ms, us or
    /// ns. `latency` stands for every latency. A name that ends in `_ms`, `_us`, `_ns`, `_s`, `_seconds`, `_pct` says it itself,
    /// and so does a value such as "12.5 ms".
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub(crate) units: BTreeMap<Spanned<String>, Spanned<String>>,
    /// Fields that hold for every record and stand in none: `method = "GET"`, `duration = "30s"`, `tool = "ours"`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Scalar>")]
    pub(crate) constants: BTreeMap<Spanned<String>, Spanned<Scalar>>,
    /// Which records count: `"FIELD != VALUE"` or `"FIELD in A, B"`, all of them. FIELD is a path as in `fields`, mapped or not; a
    /// VALUE may stand in quotes and may be empty.
    #[serde(default, rename = "where")]
    #[schemars(with = "Vec<String>")]
    pub(crate) conditions: Vec<Spanned<String>>,
}

/// `[inputs]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Inputs {
    /// Files about machines and processes.
    #[schemars(with = "Vec<String>")]
    pub(crate) resources: Vec<Spanned<String>>,
    /// Results of test suites.
    #[schemars(with = "Vec<String>")]
    pub(crate) tests: Vec<Spanned<String>>,
}

/// The JSON Schema of `knee.toml`.
pub(crate) fn schema() -> Schema {
    schemars::schema_for!(File)
}
