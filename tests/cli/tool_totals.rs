//! What a tool counts in several places, or beside its requests: nothing is lost, nothing is counted twice.

use knee::findings::{Report, TargetState};

use crate::Scratch;

/// The report of one input that is written here.
fn report(name: &str, file: &str, content: &str, arguments: &[&str]) -> Report {
    let scratch = Scratch::new(name);
    let path = scratch.write(file, content);
    let mut all = vec!["report", "--format", "json", path.to_str().unwrap()];
    all.extend_from_slice(arguments);
    let done = scratch.knee(&all);
    assert_eq!(done.code, 0, "{}", done.err);
    serde_json::from_str(&done.out).unwrap()
}

fn value(report: &Report, endpoint: Option<&str>, metric: &str) -> Option<f64> {
    report.figure(&report.runs[0].id, endpoint, metric)?.value
}

/// One window of Artillery 2 and the same as the aggregate.
fn artillery(counters: &str) -> String {
    let period = format!(
        r#""period": "1679055300000", "firstMetricAt": 1679055300000, "lastMetricAt": 1679055309000,
        "counters": {{{counters}}}, "rates": {{}}, "summaries": {{}}"#
    );
    format!(r#"{{"aggregate": {{{period}}}, "intermediate": [{{{period}}}]}}"#)
}

/// 300 users with one request each; the client gave up on 42 requests before they went out.
const BEFORE: &str = r#""vusers.created": 300, "vusers.completed": 258, "vusers.failed": 42,
    "http.requests": 258, "http.responses": 258, "http.codes.200": 258, "errors.ERR_GOT_REQUEST_ERROR": 42,
    "plugins.metrics-by-endpoint./a.codes.200": 258, "plugins.metrics-by-endpoint./a.errors.ERR_GOT_REQUEST_ERROR": 42"#;

#[test]
fn a_request_that_failed_before_it_was_counted_is_an_attempt() {
    let target = ["--target", "error_rate < 1%"];
    let found = report("before", "run.json", &artillery(BEFORE), &target);
    assert_eq!(value(&found, None, "requests"), Some(300.0));
    assert_eq!(value(&found, None, "error_rate"), Some(0.14));
    assert_eq!(value(&found, Some("/a"), "requests"), Some(300.0));
    assert_eq!(value(&found, Some("/a"), "error_rate"), Some(0.14));
    assert_eq!(found.targets[0].state, TargetState::Fail);
    let rules: Vec<&str> = found.findings.iter().map(|f| f.rule.as_str()).collect();
    assert!(!rules.contains(&"V17"), "{rules:?}");
    assert!(
        found.headline[0].starts_with("300 requests in 9 s (33.3/s); 42 failed (14 %)"),
        "{}",
        found.headline[0]
    );
}

#[test]
fn an_error_behind_an_answer_is_a_failure_and_no_second_attempt() {
    // artillery #1800: every session has an answer of 200 and an error of the client.
    let counters = r#""vusers.created": 40, "vusers.completed": 30, "vusers.failed": 10,
        "http.requests": 40, "http.responses": 40, "http.codes.200": 40, "errors.ERR_GOT_REQUEST_ERROR": 10"#;
    let found = report("behind", "run.json", &artillery(counters), &[]);
    assert_eq!(value(&found, None, "requests"), Some(40.0));
    assert_eq!(value(&found, None, "error_rate"), Some(0.25));
}

#[test]
fn errors_of_counted_requests_and_of_scripts_add_no_attempt() {
    let counters = r#""vusers.created": 100, "vusers.completed": 73, "vusers.failed": 27,
        "http.requests": 200, "http.responses": 190, "http.codes.200": 190, "errors.ETIMEDOUT": 7, "errors.ECONNREFUSED": 3,
        "errors.Failed capture or match": 12, "errors.x is not a function": 5"#;
    let found = report("counted", "run.json", &artillery(counters), &[]);
    assert_eq!(value(&found, None, "requests"), Some(200.0));
    assert_eq!(value(&found, None, "error_rate"), Some(0.05));
}

#[test]
fn releases_of_1_x_lose_no_attempt_either() {
    let period = r#""timestamp": "2026-01-01T00:00:10.000Z", "scenariosCreated": 300, "scenariosCompleted": 258,
        "requestsCompleted": 258, "codes": {"200": 258}, "errors": {"Invalid URL - shop.invalid": 42},
        "rps": {"count": 258, "mean": 25.8}"#;
    let text = format!(
        r#"{{"aggregate": {{{period}, "latency": {{"min": 1, "max": 9, "median": 2, "p95": 3, "p99": 4}}}},
        "intermediate": [{{{period}, "latencies": [], "concurrency": 0}}]}}"#
    );
    let found = report("old", "run.json", &text, &[]);
    assert_eq!(value(&found, None, "requests"), Some(300.0));
    assert_eq!(value(&found, None, "error_rate"), Some(0.14));
    let slices = &found.runs[0].notes;
    assert!(
        slices
            .iter()
            .any(|note| note.id == "failed-before-sent" && note.count == 42)
    );
}
