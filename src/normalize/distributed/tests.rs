//! What the parts of a distributed run give together, on runs made by hand.

use super::*;
use crate::model::{
    Check, CheckKind, Custom, CustomKind, Endpoint, ErrorCount, ErrorKind, IdentitySource,
    LoadModel, Millis, PerSecond, Percentile, Phase, Population, Resource, Seconds, Sessions,
    Slice, Stats, ThinkTime,
};
use crate::normalize::merge::tests::exact;

fn id(hashes: &[&str]) -> String {
    hashes.join("+")
}

fn stats(samples: &[u32]) -> Stats {
    let mut stats = Stats {
        requests: Some(samples.len() as u64),
        responses: Some(samples.len() as u64),
        failures: Some(0),
        bytes_received: Some(10 * samples.len() as u64),
        latency: Some(exact(samples)),
        ..Stats::default()
    };
    stats.codes.insert("200".into(), samples.len() as u64);
    stats
}

fn part(name: &str, samples: &[u32]) -> Run {
    let mut run = Run::new("k6", "k6-summary");
    run.id = format!("id of {name}");
    run.name = name.to_owned();
    run.source.files.push(FileRef {
        name: format!("{name}.json"),
        sha256: format!("hash of {name}"),
        bytes: 5,
    });
    run.started_at = "2026-11-21T10:00:00Z".parse().ok();
    run.ended_at = "2026-11-21T10:01:00Z".parse().ok();
    run.duration = Some(Seconds(60.0));
    run.overall = stats(samples);
    run.overall.set_rates(run.duration);
    run
}

fn two() -> Vec<Run> {
    vec![part("worker-1", &[10, 20, 30]), part("worker-2", &[40])]
}

fn merged(parts: Vec<Run>) -> Run {
    merge(parts, &id).unwrap()
}

fn note<'a>(run: &'a Run, id: &str) -> Option<&'a str> {
    let note = run.notes.iter().find(|note| note.id == id);
    note.map(|note| note.text.as_str())
}

fn from(run: &mut Run, start: &str, end: &str) {
    run.started_at = format!("2026-11-21T{start}Z").parse().ok();
    run.ended_at = format!("2026-11-21T{end}Z").parse().ok();
}

#[test]
fn counts_add_up_and_a_count_that_a_part_lacks_is_unknown() {
    let mut parts = two();
    parts[0].overall.bytes_received = None;
    parts[1].load.users_max = Some(5.0);
    let run = merged(parts);
    assert_eq!(run.overall.requests, Some(4));
    assert_eq!(run.overall.failures, Some(0));
    assert_eq!(run.overall.bytes_received, None);
    assert_eq!(run.load.users_max, None);
    assert_eq!(run.overall.codes["200"], 4);
    let latency = run.overall.latency.as_ref().unwrap();
    assert_eq!(latency, &exact(&[10, 20, 30, 40]));
    assert_eq!(
        (run.name.as_str(), run.id.as_str()),
        ("worker", "hash of worker-1+hash of worker-2")
    );
    assert_eq!(run.source.files.len(), 2);
    assert_eq!(
        note(&run, Note::MERGED_PARTS),
        Some("the figures are those of 2 parts of one distributed run, put together")
    );
    assert_eq!(run.notes.len(), 1);
}

#[test]
fn times_are_from_the_first_to_the_last_event_and_rates_over_them() {
    let mut parts = two();
    from(&mut parts[0], "10:00:00", "10:00:50");
    from(&mut parts[1], "10:00:10", "10:01:20");
    let run = merged(parts);
    assert_eq!(run.duration, Some(Seconds(80.0)));
    assert_eq!(run.started_at, "2026-11-21T10:00:00Z".parse().ok());
    assert_eq!(run.ended_at, "2026-11-21T10:01:20Z".parse().ok());
    assert_eq!(run.overall.rate, Some(PerSecond(0.05)));
    // From 10 to 50 s of 80.
    let text = note(&run, "merged-times").unwrap();
    assert!(
        text.starts_with("all parts ran together for 40 s of 80 s"),
        "{text}"
    );
}

#[test]
fn parts_that_hardly_overlap_are_refused_and_one_inside_another_is_not() {
    let mut parts = two();
    from(&mut parts[1], "10:00:31", "10:01:31");
    let refused = merge(parts, &id).unwrap_err();
    assert!(matches!(refused, Refused::Apart { .. }), "{refused}");
    let text = refused.to_string();
    assert!(
        text.contains("the second from 2026-11-21T10:00:31Z to 2026-11-21T10:01:31Z"),
        "{text}"
    );
    let mut parts = two();
    from(&mut parts[1], "10:00:30", "10:01:30");
    merged(parts);
    let mut parts = two();
    from(&mut parts[1], "10:00:20", "10:00:20");
    merged(parts);
    let mut parts = two();
    from(&mut parts[1], "10:01:01", "10:01:01");
    assert!(merge(parts, &id).is_err());
}

#[test]
fn without_times_running_together_is_assumed_and_said() {
    let mut parts = two();
    parts[0].started_at = None;
    parts[0].duration = Some(Seconds(40.0));
    let run = merged(parts);
    assert_eq!((run.started_at, run.ended_at), (None, None));
    assert_eq!(run.duration, Some(Seconds(60.0)));
    assert_eq!(
        note(&run, "merged-times"),
        Some("1 part without start or end: that the parts ran at the same time is assumed")
    );
    let mut parts = two();
    for part in &mut parts {
        part.started_at = None;
        part.duration = None;
        part.overall.set_rates(Some(Seconds(2.0)));
    }
    let run = merged(parts);
    // Nobody knows how long it was, but what ran together adds up.
    assert_eq!(
        (run.duration, run.overall.rate),
        (None, Some(PerSecond(2.0)))
    );
}

#[test]
fn load_adds_up_where_it_is_of_one_kind() {
    let phase = |start: f64, rate: f64| Phase {
        name: Some("ramp".into()),
        start: Seconds(start),
        duration: Seconds(30.0),
        users_from: None,
        users_to: None,
        rate_from: Some(PerSecond(rate)),
        rate_to: Some(PerSecond(2.0 * rate)),
    };
    let waits = Some(ThinkTime {
        from: Seconds(1.0),
        to: Seconds(2.0),
    });
    let mut parts = two();
    for (part, rate) in parts.iter_mut().zip([3.0, 4.0]) {
        part.load.model = Some(LoadModel::Open);
        part.load.users_max = Some(rate);
        part.load.arrival_rate = Some(PerSecond(rate));
        part.load.dropped = Some(1);
        part.load.think_time = waits;
        part.load.phases = vec![phase(0.0, rate), phase(30.0, rate)];
    }
    from(&mut parts[1], "10:00:01", "10:01:01");
    let run = merged(parts.clone());
    assert_eq!((run.load.users_max, run.load.dropped), (Some(7.0), Some(2)));
    assert_eq!(run.load.arrival_rate, Some(PerSecond(7.0)));
    assert_eq!(
        (run.load.model, run.load.think_time),
        (Some(LoadModel::Open), waits)
    );
    let second = &run.load.phases[1];
    assert_eq!(
        (second.start, second.duration),
        (Seconds(30.0), Seconds(31.0))
    );
    assert_eq!(
        (second.rate_from, second.rate_to),
        (Some(PerSecond(7.0)), Some(PerSecond(14.0)))
    );
    assert_eq!(note(&run, "merged-load"), None);
    parts[1].load.phases[1] = phase(40.0, 1.0);
    parts[1].load.think_time = None;
    let run = merged(parts.clone());
    assert!(run.load.phases.is_empty() && run.load.think_time.is_none());
    assert!(note(&run, "merged-load").is_some());
    parts[1].load.model = Some(LoadModel::Closed);
    let text = merge(parts, &id).unwrap_err().to_string();
    assert!(text.contains("the load model is open and closed"), "{text}");
}

#[test]
fn one_run_under_two_names_is_refused() {
    let mut parts = two();
    parts[1].id = parts[0].id.clone();
    assert!(matches!(merge(parts, &id), Err(Refused::Twice { .. })));
    // Another id and other files, but every figure is the same.
    let copy = vec![part("a", &[10, 20]), part("b", &[10, 20])];
    let refused = merge(copy, &id).unwrap_err();
    assert!(
        refused.to_string().contains("they agree in every figure"),
        "{refused}"
    );
    let mut of_both = two();
    let file = of_both[0].source.files[0].clone();
    of_both[1].source.files.push(file);
    assert!(
        merge(of_both, &id)
            .unwrap_err()
            .to_string()
            .contains("worker-1.json is a file of both")
    );
}

#[test]
fn several_runs_of_one_file_may_be_parts_and_have_an_id_of_their_own() {
    let mut parts = two();
    parts[1].source.files = parts[0].source.files.clone();
    let run = merged(parts);
    assert_eq!(run.source.files.len(), 1);
    assert_eq!(run.id, "id of worker-1+id of worker-2");
}

#[test]
fn identity_is_what_the_parts_say_and_a_job_may_be_one_generators() {
    let mut parts = two();
    parts[0].identity.commit = Some("abc".into());
    parts[0]
        .identity_from
        .insert("commit".into(), IdentitySource::Ci);
    for (part, job) in parts.iter_mut().zip(["7", "8"]) {
        part.identity.job = Some(job.into());
    }
    parts[0].labels.insert("region".into(), "eu".into());
    parts[1].labels.insert("region".into(), "us".into());
    let run = merged(parts.clone());
    assert_eq!(run.identity.commit.as_deref(), Some("abc"));
    assert_eq!(run.identity_from["commit"], IdentitySource::Ci);
    assert_eq!((run.identity.job, run.labels.len()), (None, 0));
    parts[1].labels.insert("region".into(), "eu".into());
    parts[1].identity.commit = Some("def".into());
    let refused = merge(parts.clone(), &id).unwrap_err();
    assert!(
        refused.hint().contains("--label commit=NAME"),
        "{}",
        refused.hint()
    );
    parts[1].identity.commit = Some("abc".into());
    assert_eq!(merged(parts.clone()).labels["region"], "eu");
    parts[1].source.format = "k6-json".into();
    assert_eq!(merged(parts.clone()).source.format, "knee-run");
    parts[1].source.tool = "wrk".into();
    let refused = merge(parts, &id).unwrap_err();
    assert!(
        refused.to_string().contains("the tool is k6 and wrk"),
        "{refused}"
    );
}

#[test]
fn counts_that_no_sum_holds_are_refused() {
    let mut parts = two();
    for part in &mut parts {
        part.overall.failures = Some(u64::MAX / 2);
    }
    assert_eq!(merge(parts.clone(), &id).unwrap_err(), Refused::TooLarge);
    parts[1].overall.failures = Some(0);
    merged(parts);
}

fn at(name: &str, samples: &[u32]) -> Endpoint {
    Endpoint {
        name: name.into(),
        method: Some("GET".into()),
        path: None,
        group: None,
        names_in: vec![],
        stats: stats(samples),
    }
}

#[test]
fn endpoints_join_by_name_and_method() {
    let mut parts = two();
    parts[0].endpoints = vec![at("/a", &[10]), at("/b", &[20, 30])];
    parts[1].endpoints = vec![at("/b", &[40])];
    let run = merged(parts.clone());
    let labels: Vec<String> = run.endpoints.iter().map(Endpoint::label).collect();
    assert_eq!(labels, ["GET /a", "GET /b"]);
    assert_eq!(run.endpoints[1].stats.latency, Some(exact(&[20, 30, 40])));
    assert_eq!(run.endpoints[1].stats.rate, Some(PerSecond(0.05)));
    parts[1].endpoints.clear();
    let run = merged(parts);
    assert!(run.endpoints.is_empty());
    assert_eq!(
        note(&run, "merged-endpoints"),
        Some("endpoints are left out: 1 of 2 parts has no figures per endpoint")
    );
}

#[test]
fn percentiles_without_histograms_are_bounded_and_noted() {
    let mut parts = vec![
        part("worker-1", &(1..=100).collect::<Vec<_>>()),
        part("worker-2", &(301..=400).collect::<Vec<_>>()),
    ];
    for part in &mut parts {
        part.overall.latency.as_mut().unwrap().histogram = None;
    }
    let run = merged(parts);
    let latency = run.overall.latency.as_ref().unwrap();
    assert_eq!(latency.percentile(Percentile::P95), None);
    let p95 = latency.bounds[&Percentile::P95];
    assert_eq!((p95.lower, p95.upper), (Millis(350.0), Millis(395.0)));
    let text = note(&run, Note::MERGED_PERCENTILES).unwrap();
    assert!(
        text.starts_with(
            "percentiles of the run are not known where those of 2 parts would have to be averaged (V43)"
        ),
        "{text}"
    );
    assert!(
        text.contains("of the run, p95 lies between 350 and 395 ms"),
        "{text}"
    );
}

#[test]
fn latencies_of_different_requests_or_clocks_are_left_out() {
    let mut parts = two();
    parts[1].overall.latency.as_mut().unwrap().population = Population::Ok;
    let run = merged(parts.clone());
    assert_eq!(run.overall.latency, None);
    let text = note(&run, "merged-latency").unwrap();
    assert!(
        text.starts_with("the latency of the run is left out"),
        "{text}"
    );
    // Of some every request was answered, of others not: those that were answered.
    parts[1].overall.latency.as_mut().unwrap().population = Population::Answered;
    let run = merged(parts.clone());
    let latency = run.overall.latency.as_ref().unwrap();
    assert_eq!(
        (latency.population, latency.count),
        (Population::Answered, 4)
    );
    assert!(latency.histogram.is_some());
    parts[1].overall.latency.as_mut().unwrap().to = crate::model::ClockStop::FirstByte;
    assert_eq!(merged(parts).overall.latency, None);
}

#[test]
fn codes_of_some_parts_are_not_those_of_the_run() {
    let mut parts = two();
    parts[1].overall.codes.clear();
    let run = merged(parts.clone());
    assert!(run.overall.codes.is_empty());
    assert!(note(&run, "merged-codes").is_some());
    // Without an answer there is no code to miss.
    parts[1].overall.responses = Some(0);
    assert_eq!(merged(parts.clone()).overall.codes["200"], 3);
    // Where codes stand for failures only, a part without any has had none.
    parts[1].overall.responses = Some(1);
    parts[0].overall.codes = [("500".to_owned(), 1)].into();
    assert_eq!(merged(parts).overall.codes["500"], 1);
}

fn slice(start: f64, duration: f64, samples: &[u32], users: f64) -> Slice {
    let mut stats = stats(samples);
    stats.set_rates(Some(Seconds(duration)));
    Slice {
        start: Seconds(start),
        duration: Seconds(duration),
        users: Some(users),
        arrivals: Some(1),
        latency_window: None,
        completed: None,
        stats,
        endpoints: Vec::new(),
    }
}

#[test]
fn slices_join_on_the_clock_of_the_run_and_finer_ones_in_wider_ones() {
    let mut parts = two();
    // The second starts 5 s later and writes slices of 5 s.
    from(&mut parts[1], "10:00:05", "10:01:05");
    parts[0].timeline = vec![
        slice(0.0, 10.0, &[10], 3.0),
        slice(10.0, 10.0, &[20, 30], 4.0),
    ];
    parts[1].timeline = vec![
        slice(0.0, 5.0, &[40], 1.0),
        slice(5.0, 5.0, &[50], 2.0),
        slice(10.0, 5.0, &[60], 5.0),
    ];
    parts[1].overall = stats(&[40, 50, 60]);
    let run = merged(parts.clone());
    let seen: Vec<(f64, f64, Option<u64>, Option<f64>)> = run
        .timeline
        .iter()
        .map(|slice| {
            (
                slice.start.0,
                slice.duration.0,
                slice.stats.requests,
                slice.users,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (0.0, 10.0, Some(2), Some(4.0)),
            (10.0, 10.0, Some(4), Some(9.0))
        ]
    );
    assert_eq!(
        run.timeline[1].stats.latency,
        Some(exact(&[20, 30, 50, 60]))
    );
    assert_eq!(run.timeline[1].stats.rate, Some(PerSecond(0.4)));
    assert_eq!(run.timeline[1].arrivals, Some(3));
    parts[1].timeline[0].start = Seconds(2.0);
    let run = merged(parts.clone());
    assert!(run.timeline.is_empty());
    assert_eq!(
        note(&run, "merged-timeline"),
        Some("the course over time is left out: the slices of the parts do not lie on one grid")
    );
    parts[1].timeline.clear();
    let run = merged(parts);
    assert_eq!(
        note(&run, "merged-timeline"),
        Some("the course over time is left out: a part has no slices")
    );
}

#[test]
fn a_gap_of_a_part_counts_nothing_only_where_its_slices_are_all_it_had() {
    let mut parts = two();
    parts[0].timeline = vec![
        slice(0.0, 10.0, &[10], 1.0),
        slice(10.0, 10.0, &[20], 1.0),
        slice(20.0, 10.0, &[30], 1.0),
    ];
    parts[1].timeline = vec![slice(0.0, 10.0, &[40], 1.0), slice(20.0, 10.0, &[50], 1.0)];
    parts[1].overall = stats(&[40, 50]);
    let run = merged(parts.clone());
    let requests: Vec<Option<u64>> = run
        .timeline
        .iter()
        .map(|slice| slice.stats.requests)
        .collect();
    assert_eq!(requests, [Some(2), Some(1), Some(2)]);
    // How many users a part had that made no request nobody knows.
    assert_eq!(run.timeline[1].users, None);
    parts[1].overall = stats(&[40, 45, 50]);
    let run = merged(parts);
    assert_eq!(run.timeline.len(), 2);
    assert_eq!(
        note(&run, "merged-timeline"),
        Some("1 slice left out: a part has none for its time")
    );
}

#[test]
fn lists_add_up_and_what_is_given_to_every_part_counts_once() {
    let mut parts = two();
    let check = |name: &str, passed, source: Option<&str>| Check {
        name: name.into(),
        passed,
        failed: 1,
        source: source.map(str::to_owned),
        kind: CheckKind::Check,
    };
    let custom = |name: &str, kind, value| Custom {
        name: name.into(),
        kind,
        value,
        latency: None,
    };
    for (part, n) in parts.iter_mut().zip([2_u64, 3]) {
        part.errors = vec![ErrorCount {
            endpoint: None,
            method: None,
            kind: ErrorKind::Timeout,
            code: None,
            message: Some("slow".into()),
            count: n,
        }];
        part.sessions = Some(Sessions {
            started: Some(n),
            completed: Some(n),
            failed: None,
            duration: Some(exact(&[100])),
        });
        part.checks = vec![
            check("status", n, None),
            check("unit tests", 7, Some("junit.xml")),
        ];
        part.custom = vec![
            custom("items", CustomKind::Counter, Some(n as f64)),
            custom("rate", CustomKind::Rate, Some(n as f64)),
            custom("limit", CustomKind::Value, Some(5.0)),
        ];
        part.resources = vec![Resource {
            component: "api".into(),
            name: "cpu".into(),
            unit: None,
            phase: None,
            samples: n,
            min: None,
            mean: None,
            max: Some(n as f64),
            first: None,
            last: None,
            slope_per_s: None,
            series: vec![(0.0, 1.0)],
        }];
    }
    parts[1]
        .custom
        .push(custom("unknown", CustomKind::Counter, None));
    from(&mut parts[1], "10:00:02", "10:01:02");
    let run = merged(parts);
    assert_eq!((run.errors.len(), run.errors[0].count), (1, 5));
    let sessions = run.sessions.unwrap();
    assert_eq!((sessions.started, sessions.failed), (Some(5), None));
    assert_eq!(sessions.duration, Some(exact(&[100, 100])));
    let passed: Vec<u64> = run.checks.iter().map(|check| check.passed).collect();
    assert_eq!(passed, [5, 7]);
    let customs: Vec<(&str, Option<f64>)> = run
        .custom
        .iter()
        .map(|custom| (custom.name.as_str(), custom.value))
        .collect();
    assert_eq!(
        customs,
        [
            ("items", Some(5.0)),
            ("limit", Some(5.0)),
            ("unknown", None)
        ]
    );
    assert!(
        run.notes
            .iter()
            .any(|note| note.id == "merged-custom" && note.text.starts_with("1 custom metric"))
    );
    assert_eq!((run.resources.len(), run.resources[0].max), (1, Some(3.0)));
    assert_eq!(run.resources[0].series, [(2.0, 1.0)]);
}

#[test]
fn a_part_that_made_no_request_is_no_part() {
    let mut parts = vec![part("one", &[10, 20]), part("two", &[30])];
    parts[1].overall.requests = Some(0);
    let refused = merge(parts, &id).unwrap_err();
    assert_eq!(refused.to_string(), "\"two\" made no request");
    assert!(refused.hint().contains("leave it out"));
}
