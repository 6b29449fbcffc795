use super::*;
use crate::model::{Millis, Percentile, QuantileMethod, Seconds};
use std::io::Cursor;

fn run(text: &str) -> Result<Run, IngestError> {
    read_one(&Input::stream("-", Cursor::new(text.to_owned())))
}

/// Two windows of one answer each; the members of the aggregate that matter are filled in.
fn document(aggregate: &str, first: &str, second: &str) -> String {
    format!(
        r#"{{"aggregate": {{"timestamp": "2026-01-01T00:00:15.000Z", "scenariosCreated": 2, "scenariosCompleted": 2,
        "scenarioDuration": {{}}, "scenarioCounts": {{"shop": 2}}, "matches": 0, {aggregate}}},
        "intermediate": [
        {{"timestamp": "2026-01-01T00:00:10.000Z", "scenariosCreated": 1, "matches": 0, "concurrency": 1, {first}}},
        {{"timestamp": "2026-01-01T00:00:15.000Z", "scenariosCreated": 1, "matches": 0, "concurrency": 0, {second}}}]}}"#
    )
}

const SUMS: &str = r#""requestsCompleted": 4, "rps": {"count": 4, "mean": 0.4},
    "latency": {"min": 1, "max": 9, "median": 2.5, "p95": 9, "p99": 9}, "codes": {"200": 4}, "errors": {}"#;

fn flat(first: &str, second: &str) -> String {
    let window = |list: &str, n: u64| {
        format!(
            r#""requestsCompleted": {n}, "rps": {{"count": {n}, "mean": 0.2}}, "codes": {{"200": {n}}}, "latencies": {list}"#
        )
    };
    document(SUMS, &window(first, 3), &window(second, 1))
}

fn note(run: &Run, id: &str) -> Option<u64> {
    let note = run.notes.iter().find(|note| note.id == id);
    note.map(|note| note.count)
}

#[test]
fn percentiles_come_from_the_samples_and_the_tools_own_stand_beside() {
    let run = run(&flat("[1000000, 9000000, 2000000]", "[3000000]")).unwrap();
    let latency = run.overall.latency_ok.as_ref().unwrap();
    assert_eq!(latency.count, 4);
    assert_eq!(latency.mean, Some(Millis(3.75)));
    assert_eq!(latency.percentile(Percentile::P50), Some(Millis(2.0)));
    assert_eq!(latency.percentile(Percentile::P95), Some(Millis(9.0)));
    assert_eq!(latency.quantile_method, QuantileMethod::NearestRank);
    assert!(latency.histogram.is_some());
    assert_eq!(run.overall.as_reported.get("p50"), Some(&2.5));
    assert_eq!(run.overall.as_reported.get("rate_per_s"), Some(&0.4));
    assert_eq!(run.identity.scenario, "shop");
}

#[test]
fn the_run_starts_with_its_first_request_and_windows_end_at_their_time() {
    let run = run(&flat("[1000000, 9000000, 2000000]", "[3000000]")).unwrap();
    // 4 requests at 0.4 a second are 10 s before the end.
    assert_eq!(run.duration, Some(Seconds(10.0)));
    assert_eq!(run.started_at.unwrap().to_string(), "2026-01-01T00:00:05Z");
    let places: Vec<_> = run
        .timeline
        .iter()
        .map(|s| (s.start.0, s.duration.0))
        .collect();
    assert_eq!(places, [(0.0, 5.0), (5.0, 5.0)]);
    assert_eq!(run.timeline[0].users, Some(1.0));
    assert_eq!(
        run.load.users_max, None,
        "the ends of windows know no maximum"
    );
    assert_eq!(run.timeline[0].stats.rate.map(|rate| rate.0), Some(0.6));
}

#[test]
fn nulls_and_what_is_no_time_are_counted_and_left_out() {
    let run = run(&flat("[1000000, null, -5]", r#"["x"]"#)).unwrap();
    assert_eq!(run.overall.latency.as_ref().unwrap().count, 1);
    assert_eq!(note(&run, "samples-null"), Some(1));
    assert_eq!(note(&run, "samples-skipped"), Some(2));
    assert_eq!(run.overall.responses, Some(4));
}

#[test]
fn samples_with_a_status_tell_successes_from_failures() {
    let tuple = |nanos: u64, code: u16| format!(r#"[1520869180404, "a-b", {nanos}, {code}]"#);
    let first = format!(
        "[{}, {}, {}]",
        tuple(1_000_000, 200),
        tuple(8_000_000, 503),
        tuple(2_000_000, 201)
    );
    let text = flat(&first, &format!("[{}]", tuple(3_000_000, 200)));
    let text = text.replacen(
        r#""codes": {"200": 4}"#,
        r#""codes": {"200": 3, "503": 1}"#,
        1,
    );
    let run = run(&text).unwrap();
    assert_eq!(run.overall.latency.as_ref().unwrap().count, 4);
    assert_eq!(
        run.overall.latency_ok.as_ref().unwrap().max,
        Some(Millis(3.0))
    );
    assert_eq!(
        run.overall.latency_failed.as_ref().unwrap().min,
        Some(Millis(8.0))
    );
    assert_eq!(run.overall.failures, Some(1));
    assert_eq!(note(&run, "latency-not-separated"), None);
}

#[test]
fn plain_samples_of_mixed_answers_cannot_be_separated() {
    let text = flat("[1000000, 9000000, 2000000]", "[3000000]");
    let text = text.replacen(
        r#""codes": {"200": 4}"#,
        r#""codes": {"200": 3, "500": 1}"#,
        1,
    );
    let run = run(&text).unwrap();
    assert!(run.overall.latency_ok.is_none() && run.overall.latency_failed.is_none());
    assert_eq!(note(&run, "latency-not-separated"), Some(1));
    let windows = run.timeline.iter();
    assert!(
        windows
            .into_iter()
            .all(|slice| slice.stats.latency_ok.is_none())
    );
}

#[test]
fn messages_without_http_are_no_requests() {
    let text = flat("[100000, 200000, 300000]", "[400000]").replace("\"200\"", "\"0\"");
    let run = run(&text).unwrap();
    assert_eq!(run.overall.requests, None);
    assert!(run.overall.latency.is_none());
    assert_eq!(note(&run, "no-http"), Some(1));
    let sent = run.custom.iter().find(|custom| custom.name == "rps.count");
    assert_eq!(sent.unwrap().value, Some(4.0));
}

#[test]
fn a_file_without_samples_gives_the_tools_percentiles_and_says_so() {
    let text = flat("[]", "[]");
    let run = run(&text).unwrap();
    let latency = run.overall.latency_ok.as_ref().unwrap();
    assert_eq!(latency.percentile(Percentile::P50), Some(Millis(2.5)));
    assert_eq!(latency.quantile_method, QuantileMethod::Unknown);
    assert_eq!(latency.mean, None);
    assert_eq!(note(&run, "no-samples"), Some(1));
}

/// What `legacyReport` of the previews of 2.0.0 makes: no samples, answers in `rps.count`, the start of a window as its time.
const LEGACY: &str = r#"{"aggregate": {"customStats": {}, "counters": {}, "scenariosAvoided": 0, "timestamp": "2021-10-01T10:00:10.000Z",
    "scenariosCreated": 20, "scenariosCompleted": 18, "requestsCompleted": 38,
    "latency": {"min": 2, "max": 31, "count": 38, "p50": 4, "median": 4, "p75": 5, "p90": 9, "p95": 20.1, "p99": 30.9, "p999": 30.9},
    "rps": {"mean": 2, "count": 38}, "scenarioDuration": {"min": 10, "max": 50, "count": 18, "median": 20, "p95": 40, "p99": 49},
    "scenarioCounts": {"0": 20}, "errors": {"ETIMEDOUT": 2}, "codes": {"200": 38}},
    "intermediate": [
    {"timestamp": "2021-10-01T10:00:00.000Z", "scenariosCreated": 10, "scenariosCompleted": 9, "requestsCompleted": 19,
     "latency": {"min": 2, "max": 31, "count": 19, "median": 4, "p95": 20.1, "p99": 30.9}, "rps": {"mean": 2, "count": 19},
     "scenarioDuration": {}, "scenarioCounts": {"0": 10}, "errors": {}, "codes": {"200": 19}},
    {"timestamp": "2021-10-01T10:00:10.000Z", "scenariosCreated": 10, "scenariosCompleted": 9, "requestsCompleted": 19,
     "latency": {}, "rps": {"mean": 2, "count": 19}, "scenarioDuration": {}, "scenarioCounts": {"0": 10}, "errors": {"ETIMEDOUT": 2}, "codes": {"200": 19}}]}"#;

#[test]
fn legacy_reporting_of_2_x_counts_answers_and_names_windows_by_their_start() {
    let run = run(LEGACY).unwrap();
    assert_eq!(run.overall.responses, Some(38));
    assert_eq!(run.overall.requests, Some(40), "answers plus time-outs");
    assert_eq!(run.overall.failures, Some(2));
    let latency = run.overall.latency_ok.as_ref().unwrap();
    assert_eq!(latency.quantile_method, QuantileMethod::Sketch);
    assert_eq!(latency.percentile(Percentile::P90), Some(Millis(9.0)));
    assert_eq!(run.duration, Some(Seconds(20.0)));
    let places: Vec<_> = run
        .timeline
        .iter()
        .map(|s| (s.start.0, s.duration.0))
        .collect();
    assert_eq!(places, [(0.0, 10.0), (10.0, 10.0)]);
    assert_eq!(note(&run, "requests-derived"), Some(1));
}

#[test]
fn declared_phases_are_those_of_the_script() {
    let phases = r#", "phases": [{"duration": 5, "arrivalRate": 1, "name": "warm"}, {"pause": "2"}, {"duration": "8", "arrivalRate": 1, "rampTo": 4}]"#;
    let text = document(
        &format!("{SUMS}{phases}"),
        r#""requestsCompleted": 3, "rps": {"count": 3}, "codes": {"200": 3}, "latencies": [1000000, 9000000, 2000000]"#,
        r#""requestsCompleted": 1, "rps": {"count": 1}, "codes": {"200": 1}, "latencies": [3000000]"#,
    );
    let run = run(&text).unwrap();
    let phases: Vec<_> = run
        .load
        .phases
        .iter()
        .map(|p| (p.start.0, p.duration.0, p.rate_to.unwrap().0))
        .collect();
    // The first window ended ten seconds after the phases began, and the first request came five seconds later.
    assert_eq!(phases, [(-5.0, 5.0, 1.0), (0.0, 2.0, 0.0), (2.0, 8.0, 4.0)]);
    assert!(!run.load.phases_recovered);
}

#[test]
fn mistakes_are_named_with_their_member() {
    let good = flat("[1000000, 9000000, 2000000]", "[3000000]");
    for (from, to, wanted) in [
        (
            r#""codes": {"200": 3}"#,
            r#""codes": {"200": 0.5}"#,
            "`intermediate[0].codes.200`: expected a count",
        ),
        (
            r#""requestsCompleted": 4"#,
            r#""requestsCompleted": -4"#,
            "`aggregate.requestsCompleted`: expected a count",
        ),
        ("\"aggregate\"", "\"sums\"", "missing field `aggregate`"),
        (
            "[1000000, 9000000, 2000000]",
            "7",
            "expected an array of response times",
        ),
        ("2026-01-01T00:00:10.000Z", "soon", "expected an instant"),
    ] {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "{from}");
        let found = run(&text).unwrap_err().to_string();
        assert!(found.contains(wanted), "{found}");
    }
}

#[test]
fn windows_that_miss_the_aggregate_are_told() {
    let text = flat("[1000000, 9000000, 2000000]", "[3000000]").replacen(
        r#""requestsCompleted": 4"#,
        r#""requestsCompleted": 5"#,
        1,
    );
    let run = run(&text).unwrap();
    assert!(note(&run, "windows-differ").is_some());
    assert_eq!(note(&run, "samples-differ"), Some(1));
}

#[test]
fn shapes_are_told_by_their_members() {
    let grade = |text: &str| {
        let head = Head {
            name: "x.json",
            bytes: text.as_bytes(),
            complete: true,
        };
        sniff(&head).map(|claim| claim.grade)
    };
    assert_eq!(grade(LEGACY), Some(Grade::Certain));
    assert_eq!(grade(&flat("[]", "[]")), Some(Grade::Certain));
    assert_eq!(
        grade(r#"{"aggregate": {"counters": {}, "summaries": {}}}"#),
        None
    );
    let windows = r#"{"intermediate": [{"scenariosCreated": 1, "rps": {"count": 1}"#;
    assert_eq!(grade(windows), Some(Grade::Likely));
    assert_eq!(grade("[]"), None);
}

#[test]
fn a_list_is_no_report_and_no_summary() {
    let usual = flat("[1000000, 9000000, 2000000]", "[3000000]");
    let listed = usual.replace(
        r#""latency": {"min": 1"#,
        r#""latency": [4, 1, 9], "x": {"min": 1"#,
    );
    let error = run(&listed).unwrap_err().to_string();
    assert!(error.contains("`aggregate.latency`"), "{error}");
    assert!(error.contains("sequence, expected a summary"), "{error}");
    let error = run(r#"{"aggregate": [], "intermediate": []}"#).unwrap_err();
    let wanted = "sequence, expected an object with `scenariosCreated`";
    assert!(error.to_string().contains(wanted), "{error}");
}

#[test]
fn members_that_are_null_or_of_another_type_are_read_as_before() {
    let usual = flat("[1000000, 9000000, 2000000]", "[3000000]");
    let odd = usual
        .replacen(
            "\"concurrency\": 1",
            "\"concurrency\": null, \"phases\": null",
            1,
        )
        .replacen(
            "[1000000, ",
            "[\"x\", -1, null, {}, [0, 0, 1000000, 200], ",
            1,
        );
    let found = run(&odd).unwrap();
    let counts = ["samples-null", "samples-skipped"].map(|id| note(&found, id));
    assert_eq!(counts, [Some(1), Some(3)]);
    assert_eq!(found.overall.latency.unwrap().count, 4);
    assert_eq!(found.timeline.len(), 2);
}
