//! What a tool counts in several places, or beside its requests: nothing is lost, nothing is counted twice.

use knee::report::{Report, TargetState};

use crate::{Scratch, sample};

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

/// The report of a sample.
fn of_sample(name: &str, path: &str, arguments: &[&str]) -> Report {
    let path = sample(path);
    let mut all = vec!["report", "--format", "json", path.to_str().unwrap()];
    all.extend_from_slice(arguments);
    let done = Scratch::new(name).knee(&all);
    assert_eq!(done.code, 0, "{}", done.err);
    serde_json::from_str(&done.out).unwrap()
}

fn fired<'r>(report: &'r Report, rule: &str) -> Option<&'r str> {
    let finding = report
        .findings
        .iter()
        .find(|finding| finding.rule.as_str() == rule)?;
    Some(&finding.message)
}

#[test]
fn sessions_that_an_assertion_ended_are_told_and_gated() {
    let targets = [
        "--target",
        "sessions_failed < 1%",
        "--target",
        "sessions_failed < 20",
        "--target",
        "exceptions < 1",
    ];
    let found = of_sample("playwright", "artillery/reported/playwright.json", &targets);
    assert_eq!(
        found.headline[0],
        "12 of 120 sessions failed (10 %); 7 metrics of the tool and the script."
    );
    assert!(
        fired(&found, "V50")
            .unwrap()
            .starts_with("12 of 120 sessions failed (10 %), above 1 %."),
        "{:?}",
        found.findings
    );
    let states: Vec<TargetState> = found.targets.iter().map(|target| target.state).collect();
    assert_eq!(
        states,
        [TargetState::Fail, TargetState::Pass, TargetState::Pass]
    );
    assert_eq!(found.targets[0].value, Some(0.1));
    assert_eq!(found.targets[1].value, Some(12.0));
}

#[test]
fn sessions_that_a_lost_request_ended_are_no_second_alarm() {
    let found = of_sample("lost", "artillery/v2.0.34/hardwork-steps.json", &[]);
    assert_eq!(value(&found, None, "sessions_failed"), Some(270.0));
    assert_eq!(fired(&found, "V50"), None);
    assert!(
        !found.headline[0].contains("sessions"),
        "{}",
        found.headline[0]
    );
}

#[test]
fn tasks_that_broke_are_told_and_gated() {
    let scratch = Scratch::new("tasks");
    let head = "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%\n";
    let row = |kind: &str, name: &str| {
        format!(
            "{kind},{name},37219,1,20,21.5,5,900,100,62.03,0.0017,20,22,25,27,35,50,80,120,300,800,900\n"
        )
    };
    let stats = format!("{head}{}{}", row("GET", "/a"), row("", "Aggregated"));
    let path = scratch.write("run_stats.csv", stats);
    scratch.write(
        "run_failures.csv",
        "Method,Name,Error,Occurrences\nGET,/a,boom,1\n",
    );
    scratch.write(
        "run_exceptions.csv",
        "Count,Message,Traceback,Nodes\n14715,'token',line,local\n",
    );
    let target = ["--target", "exceptions < 1%", "--target", "exceptions < 1"];
    let mut all = vec!["report", "--format", "json", path.to_str().unwrap()];
    all.extend_from_slice(&target);
    let done = scratch.knee(&all);
    let found: Report = serde_json::from_str(&done.out).unwrap();
    assert!(
        found.headline[0].ends_with("The script raised 14,715 exceptions."),
        "{}",
        found.headline[0]
    );
    assert!(
        fired(&found, "V50")
            .unwrap()
            .starts_with("The script raised 14,715 exceptions in 37,219 requests")
    );
    let states: Vec<TargetState> = found.targets.iter().map(|target| target.state).collect();
    assert_eq!(states, [TargetState::Fail, TargetState::Fail]);
    let share = found.targets[0].value.unwrap();
    assert!((share - 14_715.0 / 51_934.0).abs() < 1e-12, "{share}");
}

#[test]
fn totals_that_contradict_the_windows_warn_and_no_target_is_simply_met() {
    let targets = ["--target", "rate > 5/s", "--target", "rate > 4/s"];
    let path = "artillery/reported/aggregate-not-the-windows.json";
    let found = of_sample("contradict", path, &targets);
    assert_eq!(
        fired(&found, "V17"),
        Some(
            "The totals do not reconcile: requests of 6 windows sum to 261 in 59.9 s (4.36/s), \
             the requests of the run are 300 in 56 s (5.36/s)."
        )
    );
    let states: Vec<TargetState> = found.targets.iter().map(|target| target.state).collect();
    assert_eq!(states, [TargetState::Warn, TargetState::Pass]);
}

#[test]
fn windows_of_one_period_are_added_up() {
    let path = "artillery/reported/two-batches-of-a-period.json";
    let found = of_sample("batches", path, &[]);
    assert_eq!(value(&found, None, "requests"), Some(640.0));
    assert_eq!(value(&found, None, "duration"), Some(59.9));
    assert_eq!(value(&found, None, "peak_rate"), Some(14.0));
    assert_eq!(fired(&found, "V17"), None);
}

#[test]
fn nothing_received_by_a_protocol_that_was_not_used_is_not_measured() {
    let found = of_sample("browser", "k6/browser/summary.json", &[]);
    for metric in ["bytes_received", "bytes_sent", "requests"] {
        assert_eq!(value(&found, None, metric), None, "{metric}");
    }
    // A threshold makes k6 write `http_reqs` with 0.
    let text = std::fs::read_to_string(sample("k6/browser/summary.json")).unwrap();
    let with = text.replacen(
        "\"metrics\": {",
        "\"metrics\": { \"http_reqs\": {\"count\": 0, \"rate\": 0},",
        1,
    );
    let found = report("browser-zero", "summary.json", &with, &[]);
    assert_eq!(value(&found, None, "requests"), None);
    assert!(
        found.runs[0]
            .notes
            .iter()
            .any(|note| note.id == "browser-only")
    );
}

#[test]
fn percentiles_of_a_locust_json_and_of_its_merged_halves_are_one() {
    let scratch = Scratch::new("halves");
    let entry = |times: &str, n: u32, total: u32, max: u32| {
        format!(
            r#"[{{"name": "/a", "method": "GET", "num_requests": {n}, "num_none_requests": 0, "num_failures": 0,
            "total_response_time": {total}, "max_response_time": {max}, "min_response_time": 10, "total_content_length": 0,
            "start_time": 1700000000.0, "last_request_timestamp": 1700000020.0,
            "response_times": {{{times}}}, "num_reqs_per_sec": {{"1700000000": {n}}}, "num_fail_per_sec": {{}}}}]"#
        )
    };
    let whole = entry(r#""10": 18, "64": 1, "87": 1"#, 20, 331, 87);
    let first = entry(r#""10": 9, "64": 1"#, 10, 154, 64);
    let second = entry(r#""10": 9, "87": 1"#, 10, 177, 87);
    let whole = scratch.write("whole.json", whole);
    let a = scratch.write("a/half.json", first);
    let b = scratch.write("b/half.json", second);
    let run = |arguments: &[&str]| -> serde_json::Value {
        let done = scratch.knee(arguments);
        assert_eq!(done.code, 0, "{}", done.err);
        serde_json::from_str(&done.out).unwrap()
    };
    let read = run(&["convert", whole.to_str().unwrap()]);
    let merged = run(&["merge", a.to_str().unwrap(), b.to_str().unwrap()]);
    let latency = |run: &serde_json::Value| run["endpoints"][0]["stats"]["latency_ms"].clone();
    // The 19th of 20 samples: the least that 95 % of them do not exceed.
    assert_eq!(latency(&read)["percentiles"]["p95"], 64.0);
    for member in ["percentiles", "quantile_method"] {
        assert_eq!(latency(&read)[member], latency(&merged)[member], "{member}");
    }
}
