//! `knee.baseline/1`: the runs of one scenario that were accepted, as later runs are compared with them.
//!
//! Holds runs as they were when they were accepted, slimmed to a size that can be committed. The same runs and reason give the
//! same bytes. Whether runs are fit to be a baseline is asked elsewhere.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::history::error::BaselineError;
use crate::history::slim::{self, Level};
use crate::history::spread::{self, Spread};
use crate::model::{Identity, Run, whole};

/// What this version writes and reads.
const SCHEMA: &str = "knee.baseline/1";

/// A baseline is committed: it stays under this wherever leaving out helps.
pub(crate) const SIZE: usize = 100_000;

/// More is something else.
const LIMIT: u64 = 16 << 20;

/// The version of the schema a baseline is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum BaselineSchema {
    /// The first one.
    #[default]
    #[serde(rename = "knee.baseline/1")]
    V1,
}

/// The accepted runs of one scenario: `knee.baseline/1`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Baseline")]
pub struct Baseline {
    /// The schema's name and version.
    pub schema: BaselineSchema,
    /// Of which scenario.
    pub scenario: String,
    /// When, where the moment was given.
    #[serde(default)]
    pub accepted_at: Option<String>,
    /// Why.
    pub reason: String,
    /// The version that wrote the file.
    pub knee_version: String,
    /// What all runs agree on.
    #[serde(default)]
    pub identity: Identity,
    /// The commit of all runs.
    #[serde(default)]
    pub commit: Option<String>,
    /// Given up: nothing is compared with it any more.
    #[serde(default)]
    pub retired: Option<Retired>,
    /// How far the runs lie apart.
    #[serde(default)]
    pub spread: Vec<Spread>,
    /// The runs, without timelines and series; histograms as far as the size allows. None when retired.
    #[serde(default)]
    pub runs: Vec<Run>,
}

/// Why a baseline was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Retired {
    /// Why.
    pub reason: String,
    /// When, where the moment was given.
    #[serde(default)]
    pub at: Option<String>,
}

/// What is said of a baseline besides its runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Why.
    pub reason: String,
    /// When, where the moment was given.
    pub at: Option<String>,
}

impl Baseline {
    /// The baseline of runs of one scenario, as small as it has to be.
    pub fn new(runs: &[Run], about: About) -> Result<Baseline, serde_json::Error> {
        let identity = common(runs);
        // Without histograms every run has the percentiles that are asked for.
        let plain: Vec<Run> = runs
            .iter()
            .map(|run| slim::slim(run, Level::Histograms))
            .collect();
        let mut baseline = Baseline {
            schema: BaselineSchema::V1,
            scenario: identity.scenario.clone(),
            accepted_at: about.at,
            reason: about.reason,
            knee_version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: identity.commit.clone(),
            identity,
            retired: None,
            spread: spread::spreads(&plain),
            runs: Vec::new(),
        };
        for level in Level::ALL {
            baseline.runs = runs.iter().map(|run| slim::slim(run, level)).collect();
            if baseline.to_bytes()?.len() < SIZE {
                break;
            }
        }
        Ok(baseline)
    }

    /// The same without runs, and why it was given up.
    #[must_use]
    pub fn retire(self, about: About) -> Baseline {
        Baseline {
            retired: Some(Retired {
                reason: about.reason,
                at: about.at,
            }),
            spread: Vec::new(),
            runs: Vec::new(),
            ..self
        }
    }

    /// The file: one member a line, one run a line, absent members left out.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut members = Vec::new();
        let mut add = |name: &str, mut value: Value| -> Result<(), serde_json::Error> {
            slim::prune(&mut value);
            let text = match &value {
                Value::Null => return Ok(()),
                Value::Array(elements) if elements.is_empty() => return Ok(()),
                Value::Array(elements) => lines(elements)?,
                value => serde_json::to_string(value)?,
            };
            members.push(format!("  \"{name}\": {text}"));
            Ok(())
        };
        add("schema", serde_json::to_value(self.schema)?)?;
        add("scenario", serde_json::to_value(&self.scenario)?)?;
        add("accepted_at", serde_json::to_value(&self.accepted_at)?)?;
        add("reason", serde_json::to_value(&self.reason)?)?;
        add("knee_version", serde_json::to_value(&self.knee_version)?)?;
        add("identity", serde_json::to_value(&self.identity)?)?;
        add("commit", serde_json::to_value(&self.commit)?)?;
        add("retired", serde_json::to_value(&self.retired)?)?;
        add("spread", serde_json::to_value(&self.spread)?)?;
        add("runs", serde_json::to_value(&self.runs)?)?;
        Ok(format!("{{\n{}\n}}\n", members.join(",\n")).into_bytes())
    }

    /// Reads a file.
    pub fn open(path: &Path, name: &str) -> Result<Baseline, BaselineError> {
        let open = |source| BaselineError::Open {
            file: name.to_owned(),
            source,
        };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(open)?;
        file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(open)?;
        if bytes.len() as u64 > LIMIT {
            return Err(BaselineError::TooLarge {
                file: name.to_owned(),
                limit: LIMIT,
            });
        }
        Baseline::from_bytes(&bytes, name)
    }

    /// Reads the bytes of a file called so. Members that a newer minor version added are noted on the first run.
    pub fn from_bytes(bytes: &[u8], name: &str) -> Result<Baseline, BaselineError> {
        #[derive(Deserialize)]
        struct Version {
            schema: Option<String>,
        }
        let content = |path: &str, error: &serde_json::Error| content(name, path, error);
        let version: Version =
            serde_json::from_slice(bytes).map_err(|error| content("", &error))?;
        if version.schema.as_deref() != Some(SCHEMA) {
            let found = version.schema;
            return Err(BaselineError::Version {
                file: name.to_owned(),
                expected: SCHEMA,
                is_baseline: found
                    .as_ref()
                    .is_some_and(|found| found.starts_with("knee.baseline/")),
                found: found.map_or_else(|| "no version".to_owned(), |found| format!("`{found}`")),
            });
        }
        let mut unknown: Vec<String> = Vec::new();
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let mut track = serde_path_to_error::Track::new();
        let tracked = serde_path_to_error::Deserializer::new(&mut reader, &mut track);
        let read: Result<Baseline, serde_json::Error> =
            serde_ignored::deserialize(tracked, |path| unknown.push(path.to_string()));
        let mut baseline = read.map_err(|error| content(&track.path().to_string(), &error))?;
        let broken = |place: String, problem: String| BaselineError::Content {
            file: name.to_owned(),
            place,
            problem,
        };
        let retired = baseline.retired.as_ref().and_then(|gone| gone.at.as_ref());
        for (member, date) in [
            ("accepted_at", baseline.accepted_at.as_ref()),
            ("retired.at", retired),
        ] {
            if let Some(date) = date.filter(|date| !is_date(date)) {
                let problem = format!("`{date}` is no date, such as 2026-12-01T03:40:00Z");
                return Err(broken(format!(", at `{member}`"), problem));
            }
        }
        for (index, spread) in baseline.spread.iter().enumerate() {
            spread
                .check()
                .map_err(|what| broken(format!(", at `spread[{index}]`"), what.to_owned()))?;
        }
        for (index, run) in baseline.runs.iter().enumerate() {
            whole::check(run).map_err(|what| broken(format!(", at `runs[{index}]`"), what))?;
            if run.identity.scenario != baseline.scenario {
                let problem = format!(
                    "the run is of the scenario `{}` and the baseline of `{}`",
                    run.identity.scenario, baseline.scenario
                );
                return Err(broken(format!(", at `runs[{index}]`"), problem));
            }
        }
        if baseline.runs.is_empty() && baseline.retired.is_none() {
            return Err(broken(
                ", at `runs`".to_owned(),
                "there is no run in it".to_owned(),
            ));
        }
        if let (Some(run), false) = (baseline.runs.first_mut(), unknown.is_empty()) {
            let text = "members of the baseline are not known to this version";
            run.note("unknown-member", text, unknown.len() as u64);
        }
        Ok(baseline)
    }
}

/// A moment, or a day.
fn is_date(text: &str) -> bool {
    text.parse::<Timestamp>().is_ok() || text.parse::<Date>().is_ok()
}

/// What `serde_json` says, with the member or the line.
fn content(file: &str, path: &str, error: &serde_json::Error) -> BaselineError {
    let text = error.to_string();
    // serde_json appends " at line 1 column 2"; the place says it already.
    let problem = text
        .rsplit_once(" at line ")
        .map_or(&*text, |(head, _)| head);
    let line = format!("line {}, column {}", error.line(), error.column());
    let place = match (path, error.line()) {
        ("" | ".", 0) => String::new(),
        ("" | ".", _) => format!(", {line}"),
        (path, 0) => format!(", at `{path}`"),
        (path, _) => format!(", at `{path}` ({line})"),
    };
    BaselineError::Content {
        file: file.to_owned(),
        place,
        problem: problem.to_owned(),
    }
}

/// An array, one element a line.
fn lines(elements: &[Value]) -> Result<String, serde_json::Error> {
    let texts: Result<Vec<String>, serde_json::Error> =
        elements.iter().map(serde_json::to_string).collect();
    Ok(format!("[\n    {}\n  ]", texts?.join(",\n    ")))
}

/// What all runs agree on.
fn common(runs: &[Run]) -> Identity {
    let mut identities = runs.iter().map(|run| &run.identity);
    let mut common = identities.next().cloned().unwrap_or_default();
    for other in identities {
        let same = |mine: &mut Option<String>, theirs: &Option<String>| {
            if mine != theirs {
                *mine = None;
            }
        };
        same(&mut common.project, &other.project);
        same(&mut common.environment, &other.environment);
        same(&mut common.job, &other.job);
        same(&mut common.branch, &other.branch);
        same(&mut common.commit, &other.commit);
    }
    common
}

#[cfg(test)]
mod tests;
