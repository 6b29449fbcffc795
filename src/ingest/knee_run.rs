//! `knee.run/1` read back: what `knee convert` and `--save` write.
//!
//! The run keeps its id, its files and its notes; the JSON file is not one of its sources. Members that a newer minor version
//! added are counted and left out; another major version is refused. What `serde` cannot check is checked by the model
//! (`whole`), so that no analysis meets a broken run.

use std::marker::PhantomData;

use serde::de::{self, DeserializeSeed};
use serde::{Deserialize, Deserializer};

use crate::ingest::error::Place;
use crate::ingest::json;
use crate::ingest::sniff::{Claim, Grade, Head, json_head};
use crate::ingest::{Format, IngestError, Kind, Unit};
use crate::model::{Run, whole};

/// What this version writes and reads.
const SCHEMA: &str = "knee.run/1";

/// The row of FORMATS.
pub const FORMAT: Format = Format {
    id: "knee-run",
    tool: "knee",
    files: "normalized runs as `knee convert` writes them (knee.run/1): an object, an array, or JSON Lines",
    limits: "what the run had when it was written",
    sniff,
    set: None,
    gathers: false,
    kind: Kind::Document(read),
};

fn sniff(head: &Head) -> Option<Claim> {
    let members = json_head(head.bytes);
    let schema = members
        .text("schema")
        .or_else(|| members.text("[].schema"))?;
    if !schema.starts_with("knee.run/") {
        return None;
    }
    Claim::new(Grade::Certain, format!("member `schema` is `{schema}`"))
}

/// The version alone.
#[derive(Deserialize)]
#[serde(expecting = "a run")]
struct Version {
    #[serde(default)]
    schema: String,
}

/// A run and the paths of the members that it has no word for.
#[derive(Clone, Copy)]
struct RunSeed;

impl<'de> DeserializeSeed<'de> for RunSeed {
    type Value = (Run, Vec<String>);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let mut unknown = Vec::new();
        let run: Run = serde_ignored::deserialize(deserializer, |path| {
            unknown.push(without_indices(&path.to_string()));
        })?;
        whole::check(&run).map_err(de::Error::custom)?;
        Ok((run, unknown))
    }
}

/// `endpoints.3.colour` as `endpoints[].colour`, so that equal members count together.
fn without_indices(path: &str) -> String {
    let mut text = String::new();
    for part in path.split('.') {
        if !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) {
            text.push_str("[]");
        } else if part != "?" {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(part);
        }
    }
    text
}

fn read(unit: &Unit) -> Result<Vec<Run>, IngestError> {
    let mut runs = Vec::new();
    for input in &unit.inputs {
        let (bytes, file) = input.read_all(FORMAT.id)?;
        for version in json::records(&bytes, &file.name, PhantomData::<Version>)? {
            if version.schema != SCHEMA {
                return Err(refuse(&file.name, &version.schema));
            }
        }
        let before = runs.len();
        for (mut run, unknown) in json::records(&bytes, &file.name, RunSeed)? {
            for member in unknown {
                let text = format!("the member `{member}` is not known to this version");
                run.note("unknown-member", text, 1);
            }
            runs.push(run);
        }
        if runs.len() == before {
            let problem = "there is no run in it";
            return Err(IngestError::content(&file.name, Place::File, problem));
        }
    }
    Ok(runs)
}

fn refuse(file: &str, version: &str) -> IngestError {
    let place = Place::Field("schema".to_owned());
    if version.starts_with("knee.run/") {
        let problem =
            format!("the run is written as `{version}`, and this version reads `{SCHEMA}`");
        IngestError::content(file, place, problem)
            .with_hint("read it with the version of knee that wrote it, or a newer one")
    } else {
        let problem = format!("expected `{SCHEMA}` and found `{version}`");
        IngestError::content(file, place, problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::Input;
    use crate::model::{
        Bounds, Check, CheckKind, ClockStart, Endpoint, EndpointSlice, ErrorCount, ErrorKind,
        Histogram, IdentitySource, Latency, LoadModel, Millis, PerSecond, Percentile, Population,
        QuantileMethod, Seconds, Sessions, Slice, Stats,
    };
    use std::io::Cursor;

    fn back(text: &str) -> Result<Vec<Run>, IngestError> {
        read(&Unit {
            inputs: vec![Input::stream("-", Cursor::new(text.to_owned()))],
            stem: "x".into(),
            jobs: 1,
            ..Unit::default()
        })
    }

    fn full() -> Run {
        let mut latency = Latency {
            from: ClockStart::Send,
            mean: Some(Millis(0.1 + 0.2)),
            quantile_method: QuantileMethod::Bucketed,
            ..Latency::of(Population::Ok, 5)
        };
        latency.percentiles.insert(Percentile::P99_9, Millis(1e-3));
        let bounds = Bounds {
            lower: Millis(7.0),
            upper: Millis(8.0),
        };
        latency.bounds.insert(Percentile::P95, bounds);
        let mut histogram = Histogram::default();
        histogram.push(Millis(0.5), Millis(1.5), 2);
        histogram.push(Millis(1.5), Millis(1.5), 3);
        latency.histogram = Some(histogram);
        let mut stats = Stats {
            requests: Some(u64::MAX),
            failures: Some(3),
            latency_ok: Some(latency.clone()),
            ..Stats::default()
        };
        stats.codes.insert("200".into(), 7);
        stats.set_rates(Some(Seconds(3.0)));
        let mut run = Run::new("artillery", "artillery");
        run.id = "ab".repeat(32);
        run.name = "x".into();
        run.identity_from
            .insert("scenario".into(), IdentitySource::File);
        run.started_at = "2026-11-21T02:23:35.804Z".parse().ok();
        run.duration = Some(Seconds(1.0 / 3.0));
        run.load.model = Some(LoadModel::Open);
        run.load.arrival_rate = Some(PerSecond(0.1));
        run.overall = stats.clone();
        run.endpoints.push(Endpoint {
            name: "/a \"b\"\n".into(),
            method: Some("GET".into()),
            path: None,
            group: None,
            names_in: vec![],
            stats: stats.clone(),
        });
        run.timeline.push(Slice {
            latency_window: None,
            completed: None,
            start: Seconds(-2.5),
            duration: Seconds(10.0),
            users: Some(1.5),
            arrivals: Some(3),
            stats: stats.clone(),
            endpoints: vec![EndpointSlice {
                name: "/a".into(),
                method: None,
                stats,
            }],
        });
        run.errors.push(ErrorCount {
            endpoint: None,
            method: None,
            kind: ErrorKind::Timeout,
            code: Some("ETIMEDOUT".into()),
            message: None,
            count: 3,
        });
        run.sessions = Some(Sessions {
            started: Some(3),
            duration: Some(latency),
            ..Sessions::default()
        });
        run.checks.push(Check {
            name: "c".into(),
            passed: 1,
            failed: 2,
            source: None,
            kind: CheckKind::Check,
        });
        run.note("n", "text", 2);
        run
    }

    #[test]
    fn a_run_reads_back_as_it_was_written() {
        let run = full();
        let text = serde_json::to_string(&run).unwrap();
        assert_eq!(back(&text).unwrap(), std::slice::from_ref(&run));
        let array = serde_json::to_string_pretty(&[&run, &run]).unwrap();
        assert_eq!(back(&array).unwrap(), [run.clone(), run.clone()]);
        assert_eq!(
            back(&format!("{text}\n{text}\n")).unwrap(),
            [run.clone(), run]
        );
    }

    #[test]
    fn members_of_a_newer_version_are_counted() {
        let text = serde_json::to_string(&full()).unwrap();
        let text = text.replace("\"requests\":", "\"colour\":[{}],\"requests\":");
        let run = back(&text).unwrap().remove(0);
        let notes: Vec<(&str, u64)> = run
            .notes
            .iter()
            .filter(|note| note.id == "unknown-member")
            .map(|note| (note.text.as_str(), note.count))
            .collect();
        assert_eq!(notes.len(), 4, "{notes:?}");
        assert!(
            notes[1].0.contains("`endpoints[].stats.colour`"),
            "{notes:?}"
        );
    }

    #[test]
    fn another_major_version_is_refused_by_name() {
        let error = back(r#"{"schema":"knee.run/2","id":7}"#).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("knee.run/2") && text.contains("knee.run/1"),
            "{text}"
        );
        assert!(error.hint().is_some());
        assert!(
            back(r#"{"id":"x"}"#)
                .unwrap_err()
                .to_string()
                .contains("expected `knee.run/1`")
        );
        assert!(back("[]").unwrap_err().to_string().contains("no run"));
    }

    #[test]
    fn broken_runs_are_errors_that_name_the_member() {
        let text = serde_json::to_string(&full()).unwrap();
        for (from, to, wanted) in [
            (
                "\"lower_ms\":[0.5,1.5]",
                "\"lower_ms\":[0.5]",
                "hold 1, 2 and 2 buckets",
            ),
            (
                "\"lower_ms\":[0.5,1.5]",
                "\"lower_ms\":[1.0,0.5]",
                "rising order",
            ),
            (
                "\"lower_ms\":[0.5,1.5]",
                "\"lower_ms\":[0.5,1.6]",
                "ends before it starts",
            ),
            (
                "\"count\":[2,3]",
                "\"count\":[2,4]",
                "holds 6 samples and the latency 5",
            ),
            (
                "\"count\":[2,3]",
                "\"count\":[18446744073709551615,3]",
                "too many",
            ),
            (
                "\"failures\":3",
                "\"expected_failures\":18446744073709551615,\"failures\":3",
                "too large",
            ),
            ("\"failures\":3", "\"failures\":-3", "failures"),
            (
                "\"upper_ms\":8.0",
                "\"upper_ms\":6.0",
                "percentile_bounds.p95`: the lower bound lies above the upper one",
            ),
            (
                "\"duration_s\":10.0",
                "\"duration_s\":-1",
                "timeline[0].duration_s",
            ),
        ] {
            let broken = text.replace(from, to);
            assert_ne!(broken, text, "{from}");
            // The printer leaves a member out or writes null; either way the text above must hit.
            let broken = broken.replace("\"expected_failures\":null,", "");
            let found = back(&broken).unwrap_err().to_string();
            assert!(found.contains(wanted), "{found}");
        }
    }
}
