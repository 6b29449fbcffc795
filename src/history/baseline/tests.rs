//! The size of a baseline, what stays of its runs, and files that are none.

use super::*;
use crate::model::{
    ClockStart, ClockStop, Endpoint, ErrorCount, ErrorKind, FileRef, Histogram, Latency, Millis,
    Percentile, Population, QuantileMethod, Resolution, ResolutionKind, Seconds, Slice, Stats,
};

/// A latency with every figure that a reader gives, and a histogram of many buckets.
fn latency(population: Population, scale: f64) -> Latency {
    let mut histogram = Histogram::default();
    for bucket in 0..100_u32 {
        let edge = scale * 1.02_f64.powi(bucket.try_into().unwrap());
        histogram.push(Millis(edge), Millis(edge * 1.019), 7);
    }
    let mut latency = Latency {
        from: ClockStart::Send,
        to: ClockStop::LastByte,
        min: Some(Millis(scale)),
        mean: Some(Millis(scale * 7.123_456_789)),
        stddev: Some(Millis(scale * 3.123_456_789)),
        max: Some(Millis(scale * 3_000.0)),
        quantile_method: QuantileMethod::Bucketed,
        resolution: Resolution {
            kind: ResolutionKind::Relative,
            relative: Some(0.01),
            absolute: None,
        },
        ..Latency::of(population, histogram.total())
    };
    latency.histogram = Some(histogram);
    latency
}

fn stats(scale: f64) -> Stats {
    let mut stats = Stats {
        requests: Some(3_000),
        responses: Some(2_990),
        failures: Some(200),
        bytes_received: Some(123_456_789),
        latency: Some(latency(Population::Answered, scale)),
        latency_ok: Some(latency(Population::Ok, scale)),
        latency_failed: Some(latency(Population::Failed, scale / 3.0)),
        ..Stats::default()
    };
    stats.codes = [("200", 2_800), ("404", 90), ("500", 100)]
        .map(|(code, count)| (code.to_owned(), count))
        .into();
    stats
        .as_reported
        .insert("rate_per_s".into(), 49.123_456_789);
    stats.set_rates(Some(Seconds(61.234_567)));
    stats
}

fn run(number: u32, endpoints: u32) -> Run {
    let noise = 1.0 + 0.013_7 * f64::from(number);
    let mut run = Run::new("artillery", "artillery");
    run.id = format!("{number:064x}");
    run.name = format!("baseline-r{number}");
    run.source.files.push(FileRef {
        name: format!("baseline-r{number}.json"),
        sha256: "ab".repeat(32),
        bytes: 1_234_567,
    });
    run.identity.scenario = "search".into();
    run.identity.commit = Some("0123456789abcdef0123456789abcdef01234567".into());
    run.duration = Some(Seconds(61.234_567));
    run.overall = stats(noise);
    for endpoint in 0..endpoints {
        run.endpoints.push(Endpoint {
            name: format!("/api/v1/projects/{endpoint}/members"),
            method: Some("GET".into()),
            path: None,
            group: None,
            names_in: vec![],
            stats: stats(noise * f64::from(endpoint + 1)),
        });
        run.errors.extend(["404", "500"].map(|code| ErrorCount {
            endpoint: Some(format!("/api/v1/projects/{endpoint}/members")),
            method: Some("GET".into()),
            kind: ErrorKind::HttpStatus,
            code: Some(code.into()),
            message: None,
            count: u64::from(endpoint) + 5,
        }));
    }
    run.timeline.push(Slice {
        latency_window: None,
        completed: None,
        start: Seconds(0.0),
        duration: Seconds(10.0),
        users: Some(1.0),
        arrivals: None,
        stats: stats(1.0),
        endpoints: vec![],
    });
    run
}

fn about() -> About {
    About {
        reason: "release 2.1".into(),
        at: None,
    }
}

fn baseline(runs: u32, endpoints: u32) -> Baseline {
    let runs: Vec<Run> = (1..=runs).map(|number| run(number, endpoints)).collect();
    Baseline::new(&runs, about()).unwrap()
}

#[test]
fn twenty_endpoints_of_five_runs_stay_under_the_size() {
    let found = baseline(5, 20);
    let bytes = found.to_bytes().unwrap();
    assert!(bytes.len() < SIZE, "{}", bytes.len());
    assert_eq!(found.runs.len(), 5);
    for run in &found.runs {
        assert!(run.timeline.is_empty());
        assert_eq!(run.endpoints.len(), 20);
        for endpoint in &run.endpoints {
            let latency = endpoint.stats.primary().unwrap();
            assert!(latency.histogram.is_none());
            for wanted in [Percentile::P50, Percentile::P95, Percentile::P99] {
                assert!(latency.percentiles.contains_key(&wanted), "{wanted}");
            }
        }
        let given: u64 = (0..20).map(|endpoint| 2 * (endpoint + 5)).sum();
        assert_eq!(
            run.errors.iter().map(|error| error.count).sum::<u64>(),
            given
        );
    }
}

#[test]
fn a_percentile_of_a_histogram_that_went_is_that_of_its_bucket() {
    let found = baseline(5, 20);
    // 100 equal buckets: the median lies in the 50th, p95 in the 95th, counted from 1.
    let latency = found.runs[0].endpoints[0].stats.primary().unwrap();
    for (percentile, bucket) in [(Percentile::P50, 49), (Percentile::P95, 94)] {
        let edge = 1.013_7 * 1.02_f64.powi(bucket);
        let middle = edge * (1.0 + 1.019) / 2.0;
        let value = latency.percentiles[&percentile].0;
        assert!(
            (value / middle - 1.0).abs() < 1e-9,
            "{percentile} {value} {middle}"
        );
    }
}

#[test]
fn histograms_stay_where_there_is_room() {
    let found = baseline(1, 1);
    assert!(
        found.runs[0].endpoints[0]
            .stats
            .primary()
            .unwrap()
            .histogram
            .is_some()
    );
    assert!(found.to_bytes().unwrap().len() < SIZE);
}

#[test]
fn a_baseline_reads_back_as_it_was_written_and_twice_the_same() {
    for endpoints in [0, 1, 20] {
        let found = baseline(5, endpoints);
        let bytes = found.to_bytes().unwrap();
        let back = Baseline::from_bytes(&bytes, "x.json").unwrap();
        assert_eq!(back, found);
        assert_eq!(back.to_bytes().unwrap(), bytes);
        assert_eq!(baseline(5, endpoints).to_bytes().unwrap(), bytes);
    }
    let mut empty = run(1, 0);
    empty.endpoints = vec![Endpoint {
        name: "/never".into(),
        method: None,
        path: None,
        group: None,
        names_in: vec![],
        stats: Stats::default(),
    }];
    let found = Baseline::new(&[empty], about()).unwrap();
    let back = Baseline::from_bytes(&found.to_bytes().unwrap(), "x.json").unwrap();
    assert_eq!(back, found);
}

#[test]
fn the_spread_between_runs_is_kept_for_every_endpoint() {
    let found = baseline(5, 2);
    let of = |endpoint: Option<&str>, metric: &str| {
        let mut spread = found.spread.iter();
        let label = endpoint.map(str::to_owned);
        let one = spread.find(|one| one.endpoint == label && one.metric == metric);
        one.map(|one| (one.n, one.sd))
    };
    // The rate of all runs is the same; their latencies differ by known factors.
    let (n, sd) = of(None, "goodput").unwrap();
    assert!(n == 5 && sd < 1e-9, "{sd}");
    let logs = [1.0_f64, 2.0, 3.0, 4.0, 5.0].map(|number| (1.0 + 0.013_7 * number).ln());
    let mean = logs.iter().sum::<f64>() / 5.0;
    let wanted = (logs.map(|log| (log - mean).powi(2)).iter().sum::<f64>() / 4.0).sqrt();
    for endpoint in [None, Some("GET /api/v1/projects/1/members")] {
        for metric in ["p50", "p95", "p99"] {
            let (n, sd) = of(endpoint, metric).unwrap();
            assert!(
                n == 5 && (sd - wanted).abs() < 1e-9,
                "{endpoint:?} {metric} {sd}"
            );
        }
    }
    assert_eq!(of(Some("GET /never"), "p50"), None);
}

#[test]
fn what_runs_disagree_on_is_not_said_of_all() {
    let (one, mut other) = (run(1, 0), run(2, 0));
    other.identity.commit = Some("f00".into());
    let found = Baseline::new(&[one.clone(), other], about()).unwrap();
    assert_eq!((found.commit, found.identity.commit), (None, None));
    assert_eq!(found.identity.scenario, "search");
    let found = Baseline::new(&[one.clone(), one.clone()], about()).unwrap();
    assert_eq!(found.commit, one.identity.commit);
}

#[test]
fn what_is_no_baseline_of_this_version_is_an_error_with_file_and_place() {
    let text = String::from_utf8(baseline(2, 1).to_bytes().unwrap()).unwrap();
    for (from, to, wanted) in [
        (
            "knee.baseline/1",
            "knee.baseline/2",
            "found `knee.baseline/2`",
        ),
        ("\"schema\": \"knee.baseline/1\",", "", "found no version"),
        ("knee.baseline/1", "knee.run/1", "found `knee.run/1`"),
        (
            "\"requests\":3000",
            "\"requests\":-3",
            "at `runs[0].endpoints[0].stats.requests` (line ",
        ),
        (
            "\"count\":700",
            "\"count\":701",
            "at `runs[0]`: `endpoints[0].stats.latency_",
        ),
        (
            "\"scenario\": \"search\"",
            "\"scenario\": \"x\"",
            "the run is of the scenario `search` and the baseline of `x`",
        ),
        ("knee.run/1", "knee.run/2", "knee.run/2"),
    ] {
        let broken = text.replacen(from, to, 1);
        assert_ne!(broken, text, "{from}");
        let error = Baseline::from_bytes(broken.as_bytes(), "b.json").unwrap_err();
        let said = error.to_string();
        assert!(
            said.starts_with("b.json") && said.contains(wanted),
            "{said}"
        );
        assert!(error.hint().is_some());
    }
    let half = text.get(..text.len() / 2).unwrap();
    let said = Baseline::from_bytes(half.as_bytes(), "b.json")
        .unwrap_err()
        .to_string();
    assert!(said.contains("line "), "{said}");
    assert!(Baseline::from_bytes(b"[]", "b.json").is_err());
    assert!(Baseline::from_bytes(b"", "b.json").is_err());
}

#[test]
fn members_of_a_newer_minor_version_are_noted() {
    let text = String::from_utf8(baseline(2, 0).to_bytes().unwrap()).unwrap();
    let newer = text.replacen("\"reason\"", "\"colour\": [1],\n  \"reason\"", 1);
    let found = Baseline::from_bytes(newer.as_bytes(), "b.json").unwrap();
    assert!(
        found.runs[0]
            .notes
            .iter()
            .any(|note| note.id == "unknown-member" && note.count == 1)
    );
}

#[test]
fn a_retired_baseline_says_why_and_holds_no_runs() {
    let retired = baseline(2, 1).retire(About {
        reason: "new hardware".into(),
        at: Some("2026-01-01T00:00:00Z".into()),
    });
    let back = Baseline::from_bytes(&retired.to_bytes().unwrap(), "b.json").unwrap();
    assert_eq!(back, retired);
    assert!(back.runs.is_empty() && back.reason == "release 2.1");
    assert_eq!(back.retired.unwrap().reason, "new hardware");
}
