//! One run of a load test: who made it, under which load, and what came out.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Note;
use crate::model::latency::Latency;
use crate::model::load::Load;
use crate::model::series::Slice;
use crate::model::stats::Stats;
use crate::model::units::Seconds;

/// The version of the schema a run is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RunSchema {
    /// The first one.
    #[default]
    #[serde(rename = "knee.run/1")]
    V1,
}

/// A normalized run: `knee.run/1`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Run")]
pub struct Run {
    /// The schema's name and version.
    pub schema: RunSchema,
    /// sha256 over the sorted hashes of the decompressed files and the run's index among them.
    pub id: String,
    /// For display only.
    pub name: String,
    /// What the run is a run of.
    #[serde(default)]
    pub identity: Identity,
    /// Where each member of the identity comes from.
    #[serde(default)]
    pub identity_from: BTreeMap<String, IdentitySource>,
    /// The tool and the files.
    pub source: Source,
    /// Free labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// First event.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub started_at: Option<Timestamp>,
    /// Last event.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub ended_at: Option<Timestamp>,
    /// First to last event.
    #[serde(default, rename = "duration_s")]
    pub duration: Option<Seconds>,
    /// The load that was offered.
    #[serde(default)]
    pub load: Load,
    /// All requests.
    #[serde(default)]
    pub overall: Stats,
    /// Sorted by name and method.
    #[serde(default)]
    pub endpoints: Vec<Endpoint>,
    /// In order of time.
    #[serde(default)]
    pub timeline: Vec<Slice>,
    /// What went wrong, counted.
    #[serde(default)]
    pub errors: Vec<ErrorCount>,
    /// Exceptions that the script raised, where the tool counts them. They are no requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exceptions: Option<u64>,
    /// Virtual users or scenario runs.
    #[serde(default)]
    pub sessions: Option<Sessions>,
    /// Checks that the script made.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// What the tool says and the schema has no word for.
    #[serde(default)]
    pub custom: Vec<Custom>,
    /// Machines and processes beside the run.
    #[serde(default)]
    pub resources: Vec<Resource>,
    /// What the reader wants known.
    #[serde(default)]
    pub notes: Vec<Note>,
}

impl Run {
    /// An empty run of a tool and format; the reader fills in what the input gives.
    pub fn new(tool: &str, format: &str) -> Run {
        Run {
            schema: RunSchema::V1,
            id: String::new(),
            name: String::new(),
            identity: Identity::default(),
            identity_from: BTreeMap::new(),
            source: Source {
                tool: tool.to_owned(),
                tool_version: None,
                format: format.to_owned(),
                files: Vec::new(),
            },
            labels: BTreeMap::new(),
            started_at: None,
            ended_at: None,
            duration: None,
            load: Load::default(),
            overall: Stats::default(),
            endpoints: Vec::new(),
            timeline: Vec::new(),
            errors: Vec::new(),
            exceptions: None,
            sessions: None,
            checks: Vec::new(),
            custom: Vec::new(),
            resources: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// The first note with this id.
    pub fn noted(&self, id: &str) -> Option<&Note> {
        self.notes.iter().find(|note| note.id == id)
    }

    /// Adds a note, or adds to the count of the same one.
    pub fn note(&mut self, id: &str, text: impl Into<String>, count: u64) {
        let text = text.into();
        if let Some(same) = self
            .notes
            .iter_mut()
            .find(|note| note.id == id && note.text == text)
        {
            same.count += count;
        } else {
            self.notes.push(Note {
                id: id.to_owned(),
                text,
                count,
            });
        }
    }

    /// Makes one of errors that say the same of the same endpoint, as they do once endpoints were joined.
    pub fn join_errors(&mut self) {
        let mut joined: Vec<ErrorCount> = Vec::with_capacity(self.errors.len());
        let mut places = BTreeMap::new();
        for error in self.errors.drain(..) {
            let key = (
                error.endpoint.clone(),
                error.method.clone(),
                error.kind,
                error.code.clone(),
                error.message.clone(),
            );
            let place = *places.entry(key).or_insert(joined.len());
            match joined.get_mut(place) {
                Some(same) => same.count = same.count.saturating_add(error.count),
                None => joined.push(error),
            }
        }
        self.errors = joined;
    }
}

/// What a run is a run of. `None` = nobody said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Identity {
    /// The project.
    #[serde(default)]
    pub project: Option<String>,
    /// The scenario; "default" unless somebody says otherwise.
    pub scenario: String,
    /// Where it ran.
    #[serde(default)]
    pub environment: Option<String>,
    /// One CI job or sitting.
    #[serde(default)]
    pub job: Option<String>,
    /// Branch of the code under test.
    #[serde(default)]
    pub branch: Option<String>,
    /// Commit of the code under test.
    #[serde(default)]
    pub commit: Option<String>,
}

impl Default for Identity {
    fn default() -> Identity {
        Identity {
            project: None,
            scenario: "default".to_owned(),
            environment: None,
            job: None,
            branch: None,
            commit: None,
        }
    }
}

/// Who said a member of the identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdentitySource {
    /// `--label`.
    Flag,
    /// `knee.toml`.
    Config,
    /// The input.
    File,
    /// The variables of a CI system.
    Ci,
    /// Nobody.
    Default,
}

/// The tool and the files a run comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// The load generator, in lower case.
    pub tool: String,
    /// Its version, where the input has it.
    #[serde(default)]
    pub tool_version: Option<String>,
    /// Id of the format.
    pub format: String,
    /// What was read.
    #[serde(default)]
    pub files: Vec<FileRef>,
}

/// One file that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileRef {
    /// The shortest end of its path that is unique among the inputs; "-" for standard input.
    pub name: String,
    /// Of the decompressed bytes, in hexadecimal.
    pub sha256: String,
    /// Decompressed size.
    pub bytes: u64,
}

/// One line of the table of endpoints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Endpoint {
    /// As the tool calls it.
    pub name: String,
    /// HTTP method or protocol, where the input has it.
    #[serde(default)]
    pub method: Option<String>,
    /// Path, where the input has it apart from the name.
    #[serde(default)]
    pub path: Option<String>,
    /// The group that `knee.toml` puts it in.
    #[serde(default)]
    pub group: Option<String>,
    /// The names in the input when a rename or a merge changed them.
    #[serde(default)]
    pub names_in: Vec<String>,
    /// Its figures.
    pub stats: Stats,
}

impl Endpoint {
    /// `METHOD NAME`, or the name alone when the method is unknown: how figures, findings and globs call it.
    ///
    /// ```
    /// use knee::model::{Endpoint, Stats};
    /// let endpoint = Endpoint { name: "/health".into(), method: Some("GET".into()), path: None, group: None, names_in: vec![], stats: Stats::default() };
    /// assert_eq!(endpoint.label(), "GET /health");
    /// ```
    pub fn label(&self) -> String {
        label(self.method.as_deref(), &self.name)
    }
}

/// `METHOD NAME`, or the name alone.
pub fn label(method: Option<&str>, name: &str) -> String {
    match method {
        Some(method) if !method.is_empty() => [method, " ", name].concat(),
        _ => name.to_owned(),
    }
}

/// What kind of failure it was.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// An answer with a status that counts as a failure.
    HttpStatus,
    /// No answer in time.
    Timeout,
    /// Refused, reset, unreachable.
    Connection,
    /// The script did not like the answer.
    Assertion,
    /// The script itself failed; not a request.
    Exception,
    /// Anything else.
    Other,
}

/// One kind of failure at one endpoint, counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorCount {
    /// The endpoint's name, where the input says it.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// The endpoint's method, where the input says it.
    #[serde(default)]
    pub method: Option<String>,
    /// What kind.
    pub kind: ErrorKind,
    /// Status or error code.
    #[serde(default)]
    pub code: Option<String>,
    /// The tool's text.
    #[serde(default)]
    pub message: Option<String>,
    /// How often.
    pub count: u64,
}

/// Virtual users or scenario runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sessions {
    /// Started.
    #[serde(default)]
    pub started: Option<u64>,
    /// Completed.
    #[serde(default)]
    pub completed: Option<u64>,
    /// Failed.
    #[serde(default)]
    pub failed: Option<u64>,
    /// From first to last request, think time included.
    #[serde(default, rename = "duration_ms")]
    pub duration: Option<Latency>,
}

/// Of what a check is one.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    /// Asked again and again while the script ran, or a test suite: it passed and failed that many times.
    #[default]
    Check,
    /// Asked once of the figures at the end: a threshold that the script declares.
    Threshold,
}

/// Before the name of a threshold, so that no check is called the same.
pub const THRESHOLD: &str = "threshold: ";

impl CheckKind {
    /// What a page calls a check of that name, where it says of what kind it is.
    pub fn label(self, name: &str) -> &str {
        match self {
            CheckKind::Check => name,
            CheckKind::Threshold => name.strip_prefix(THRESHOLD).unwrap_or(name),
        }
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde gives it by reference"
    )]
    fn is_check(&self) -> bool {
        *self == CheckKind::Check
    }
}

/// A check that the script made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// Times passed.
    pub passed: u64,
    /// Times failed.
    pub failed: u64,
    /// Who checked, where it is not the load generator: the name of a file of test results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Of what it is one; a check where it is not said.
    #[serde(default, skip_serializing_if = "CheckKind::is_check")]
    pub kind: CheckKind,
}

/// What a custom metric counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CustomKind {
    /// A sum.
    Counter,
    /// Per second.
    Rate,
    /// The part of its samples that was true: 0 to 1.
    Share,
    /// A distribution.
    Distribution,
    /// One figure, in the unit that its name says.
    Value,
}

/// A metric that the tool or the script made up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Custom {
    /// Its name in the input.
    pub name: String,
    /// What it counts.
    pub kind: CustomKind,
    /// Of a counter, rate or value.
    #[serde(default)]
    pub value: Option<f64>,
    /// Of a distribution; the unit is the input's own.
    #[serde(default)]
    pub latency: Option<Latency>,
}

/// When a resource was sampled.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ResourcePhase {
    /// Before the first or after the last request.
    Idle,
    /// Between them.
    Load,
}

/// A series of a machine or process beside the run: one entry for each phase, or one when times do not tell them apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Resource {
    /// Container, host or process.
    pub component: String,
    /// What was measured.
    pub name: String,
    /// In which unit.
    #[serde(default)]
    pub unit: Option<String>,
    /// When it was sampled; `None` = the samples carry no times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<ResourcePhase>,
    /// Samples.
    pub samples: u64,
    /// Smallest.
    #[serde(default)]
    pub min: Option<f64>,
    /// Mean.
    #[serde(default)]
    pub mean: Option<f64>,
    /// Largest.
    #[serde(default)]
    pub max: Option<f64>,
    /// First.
    #[serde(default)]
    pub first: Option<f64>,
    /// Last.
    #[serde(default)]
    pub last: Option<f64>,
    /// Least-squares slope over the samples of its phase; absent without times.
    #[serde(default)]
    pub slope_per_s: Option<f64>,
    /// Seconds from the run's start (negative before it), value; thinned out when there are many.
    #[serde(default)]
    pub series: Vec<(f64, f64)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_run_reads_back_as_it_was_written() {
        let run = Run::new("locust", "locust-csv");
        let text = serde_json::to_string(&run).unwrap();
        assert_eq!(serde_json::from_str::<Run>(&text).unwrap(), run);
    }

    #[test]
    fn equal_notes_are_counted_together() {
        let mut run = Run::new("x", "y");
        run.note("skipped", "a record was left out", 1);
        run.note("skipped", "a record was left out", 2);
        assert_eq!(run.notes.len(), 1);
        assert_eq!(run.notes[0].count, 3);
    }
}
