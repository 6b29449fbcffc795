//! pytest-benchmark: the JSON of `--benchmark-json` and of `--benchmark-save`.
//!
//! A benchmark is an endpoint by its full name, a round one sample of it: seconds for each call. Different benchmarks make no
//! whole, so the run has neither a rate nor a latency. What the file says of the machine (its name among it), the parameters
//! and `extra_info` are not taken. Measured on files of 5.3.1; the pointer is pytest-benchmark's `stats.py` and `session.py`.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use jiff::Timestamp;
use serde::Deserialize;

use crate::ingest::error::Place;
use crate::ingest::json::{self, Number};
use crate::ingest::sniff::{Claim, Grade, Head, json_head};
use crate::ingest::{Format, IngestError, Input, Kind, Unit};
use crate::model::{
    Endpoint, Histogram, IdentitySource, Latency, Millis, Percentile, Population, QuantileMethod,
    Resolution, ResolutionKind, Run, Seconds, Stats,
};
use crate::stats::quantile::nearest_rank;

/// The row of FORMATS.
pub const FORMAT: Format = Format {
    id: "pytest-benchmark",
    tool: "pytest-benchmark",
    files: "the JSON of `pytest --benchmark-json=FILE` or --benchmark-save",
    limits: "benchmarks of functions, no requests over a network: no rate, failures, codes, load or timeline; times of single \
             rounds only with --benchmark-json or --benchmark-save-data, else the median and the quartiles",
    sniff,
    set: None,
    gathers: false,
    kind: Kind::Document(read),
};

/// A distribution of more different values than these keeps its percentiles alone.
const MOST_VALUES: usize = 2000;

/// What is taken from the times of the rounds.
const TAKEN: [Percentile; 6] = [
    Percentile::P50,
    Percentile::P75,
    Percentile::P90,
    Percentile::P95,
    Percentile::P99,
    Percentile::P99_9,
];

fn sniff(head: &Head) -> Option<Claim> {
    let members = json_head(head.bytes);
    let why = "members `machine_info` and `benchmarks[].stats`";
    (members.has("machine_info") && members.has("benchmarks[].stats"))
        .then(|| Claim::new(Grade::Certain, why))?
}

#[derive(Deserialize)]
struct Document {
    benchmarks: Vec<Benchmark>,
    #[serde(default)]
    commit_info: Option<Commit>,
    #[serde(default)]
    datetime: Option<String>,
    #[serde(default)]
    version: Option<String>,
}

#[derive(Deserialize)]
struct Commit {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    branch: Option<String>,
}

#[derive(Deserialize)]
struct Benchmark {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    fullname: Option<String>,
    #[serde(default)]
    stats: Option<Measured>,
}

#[derive(Deserialize)]
struct Measured {
    #[serde(default)]
    min: Number,
    #[serde(default)]
    max: Number,
    #[serde(default)]
    mean: Number,
    #[serde(default)]
    stddev: Number,
    #[serde(default)]
    median: Number,
    #[serde(default)]
    q1: Number,
    #[serde(default)]
    q3: Number,
    #[serde(default)]
    rounds: Number,
    #[serde(default)]
    data: Vec<f64>,
}

fn read(unit: &Unit) -> Result<Vec<Run>, IngestError> {
    let input = unit.only("a file of benchmarks is a run of its own and no part of another's")?;
    read_one(input).map(|run| vec![run])
}

fn read_one(input: &Input) -> Result<Run, IngestError> {
    let (mut bytes, file) = input.read_all(FORMAT.id)?;
    json::mend_surrogates(&mut bytes);
    let document = json::parse(&bytes, &file.name, || PhantomData::<Document>)?;
    let mut run = Run::new(FORMAT.tool, FORMAT.id);
    run.source.tool_version = document.version;
    run.ended_at = document.datetime.as_deref().and_then(moment);
    if let Some(commit) = document.commit_info {
        set_commit(&mut run, commit);
    }
    for (index, benchmark) in document.benchmarks.into_iter().enumerate() {
        let name = benchmark.fullname.or(benchmark.name);
        let (Some(name), Some(rounds)) = (name, benchmark.stats) else {
            let text = "benchmarks without a name or without `stats` are left out";
            run.note("record-left-out", text, 1);
            continue;
        };
        let stats = rounds.stats().map_err(|problem| {
            let path = format!("benchmarks[{index}].stats.rounds");
            IngestError::content(&file.name, Place::Field(path), problem)
        })?;
        run.endpoints.push(Endpoint {
            name,
            method: None,
            path: None,
            group: None,
            names_in: Vec::new(),
            stats,
        });
    }
    if run.endpoints.is_empty() {
        let problem = "there is no benchmark with `stats` in it";
        return Err(IngestError::content(&file.name, Place::File, problem)
            .with_hint("a session without a benchmark leaves such a file"));
    }
    run.endpoints.sort_by(|a, b| a.name.cmp(&b.name));
    let text = "benchmarks of different functions make no whole: the run has no rate and no latency of its own";
    run.note("no-whole", text, 1);
    run.source.files.push(file);
    Ok(run)
}

/// With a zone; older versions write UTC without saying so.
fn moment(text: &str) -> Option<Timestamp> {
    text.parse().or_else(|_| format!("{text}Z").parse()).ok()
}

fn set_commit(run: &mut Run, commit: Commit) {
    let said = |text: Option<String>, not: &[&str]| {
        text.filter(|text| !text.is_empty() && !not.contains(&text.as_str()))
    };
    run.identity.commit = said(commit.id, &["unversioned", "unknown"]);
    run.identity.branch = said(
        commit.branch,
        &["(unknown)", "(detached head)", "(unversioned)"],
    );
    for (member, value) in [
        ("commit", &run.identity.commit),
        ("branch", &run.identity.branch),
    ] {
        if value.is_some() {
            run.identity_from
                .insert(member.to_owned(), IdentitySource::File);
        }
    }
}

fn millis(seconds: f64) -> Millis {
    Seconds(seconds).to_millis()
}

impl Measured {
    fn stats(self) -> Result<Stats, String> {
        let said = self.rounds.count().map_err(|error| error.to_string())?;
        let rounds = said.or((!self.data.is_empty()).then_some(self.data.len() as u64));
        let figure = |number: Number| number.value().map(millis);
        let mut latency = Latency {
            min: figure(self.min),
            mean: figure(self.mean),
            max: figure(self.max),
            stddev: figure(self.stddev),
            resolution: Resolution {
                kind: ResolutionKind::Exact,
                ..Resolution::UNKNOWN
            },
            ..Latency::of(Population::All, rounds.unwrap_or(0))
        };
        let mut as_reported = BTreeMap::new();
        if self.data.is_empty() {
            let quartiles = [
                (Percentile::new(25.0), self.q1),
                (Some(Percentile::P50), self.median),
                (Some(Percentile::P75), self.q3),
            ];
            latency.percentiles = quartiles
                .into_iter()
                .filter_map(|(percentile, number)| Some((percentile?, figure(number)?)))
                .collect();
        } else {
            if let Some(median) = figure(self.median) {
                as_reported.insert("p50".to_owned(), median.0);
            }
            of_samples(&mut latency, self.data);
        }
        Ok(Stats {
            requests: rounds,
            latency: Some(latency),
            as_reported,
            ..Stats::default()
        })
    }
}

/// Percentiles by nearest rank, and the whole distribution where it is small.
fn of_samples(latency: &mut Latency, mut samples: Vec<f64>) {
    samples.sort_by(f64::total_cmp);
    latency.count = samples.len() as u64;
    latency.quantile_method = QuantileMethod::NearestRank;
    latency.percentiles = TAKEN
        .into_iter()
        .filter_map(|percentile| {
            let rank = nearest_rank(latency.count, percentile.share())?;
            let place = usize::try_from(rank).ok()?.checked_sub(1)?;
            Some((percentile, millis(*samples.get(place)?)))
        })
        .collect();
    let mut histogram = Histogram::default();
    for same in samples.chunk_by(|a, b| a.total_cmp(b).is_eq()) {
        let Some(value) = same.first().map(|value| millis(*value)) else {
            continue;
        };
        if histogram.count.len() == MOST_VALUES {
            return;
        }
        histogram.push(value, value, same.len() as u64);
    }
    latency.histogram = Some(histogram);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn read_text(text: &str) -> Result<Run, IngestError> {
        read_one(&Input::stream("-", Cursor::new(text.to_owned())))
    }

    const FILE: &str = r#"{"machine_info": {"node": "secret-host"}, "commit_info": {"id": "abc", "branch": "main", "project": "p"},
        "benchmarks": [{"group": null, "name": "b", "fullname": "t.py::b", "extra_info": {"k": "v"},
                        "stats": {"min": 1e-6, "max": 4e-6, "mean": 2.5e-6, "median": 2.5e-6, "rounds": 4, "data": [4e-6, 1e-6, 2e-6, 3e-6]}},
                       {"fullname": "a", "stats": {"median": 0.5, "q1": 0.25, "q3": 0.75, "rounds": 9}}, {"name": "none"}],
        "datetime": "2026-11-21T02:47:16.938503", "version": "5.3.1"}"#;

    #[test]
    fn rounds_are_samples_of_a_benchmark_and_the_host_is_not_told() {
        let run = read_text(FILE).unwrap();
        let [quartiles, samples] = run.endpoints.as_slice() else {
            panic!("{:?}", run.endpoints);
        };
        assert_eq!(samples.name, "t.py::b");
        let latency = samples.stats.latency.as_ref().unwrap();
        assert_eq!(
            latency.percentile(Percentile::P50),
            Some(Millis(2e-6 * 1000.0))
        );
        assert_eq!(
            latency.percentile(Percentile::P95),
            Some(Millis(4e-6 * 1000.0))
        );
        assert_eq!(latency.histogram.as_ref().unwrap().total(), 4);
        let median = samples.stats.as_reported.get("p50").map(|ms| Millis(*ms));
        assert_eq!(median, Some(Millis(2.5e-6 * 1000.0)));
        let latency = quartiles.stats.latency.as_ref().unwrap();
        assert_eq!((latency.count, latency.percentiles.len()), (9, 3));
        assert_eq!(latency.percentile(Percentile::P75), Some(Millis(750.0)));
        assert_eq!(run.identity.commit.as_deref(), Some("abc"));
        assert_eq!(
            run.ended_at.unwrap().to_string(),
            "2026-11-21T02:47:16.938503Z"
        );
        assert_eq!((run.duration, run.overall.requests), (None, None));
        assert_eq!(run.notes[0].id, "record-left-out");
        assert!(!serde_json::to_string(&run).unwrap().contains("secret"));
    }

    #[test]
    fn a_file_without_benchmarks_or_with_odd_rounds_is_an_error() {
        let error = read_text(r#"{"machine_info": {}, "benchmarks": []}"#).unwrap_err();
        assert!(error.to_string().contains("no benchmark"), "{error}");
        let odd = FILE.replace("\"rounds\": 4", "\"rounds\": 4.5");
        let error = read_text(&odd).unwrap_err().to_string();
        assert!(error.contains("benchmarks[0].stats.rounds"), "{error}");
    }

    #[test]
    fn many_different_times_keep_their_percentiles_alone() {
        let data: Vec<String> = (1..=3000).map(|n| format!("{n}e-6")).collect();
        let text = format!(
            r#"{{"benchmarks": [{{"name": "a", "stats": {{"data": [{}]}}}}]}}"#,
            data.join(",")
        );
        let run = read_text(&text).unwrap();
        let latency = run.endpoints[0].stats.latency.as_ref().unwrap();
        assert!(latency.histogram.is_none());
        assert_eq!(run.endpoints[0].stats.requests, Some(3000));
        let p99 = latency.percentile(Percentile::P99).unwrap();
        assert!((p99.0 - 2.97).abs() < 1e-9);
    }
}
