//! `knee.run/1` and baselines that contradict themselves: refused with the member that is wrong, or invalid by V12; never
//! believed.

use serde_json::{Value, json};

use crate::{Done, Scratch, sample};

/// A member by its JSON pointer, and what no run can have there.
fn impossible() -> Vec<(&'static str, Value)> {
    let hash = "0".repeat(63) + "x";
    vec![
        ("/id", json!("")),
        ("/id", json!("../../etc")),
        ("/id", json!(hash)),
        ("/source/files/0/sha256", json!("abc")),
        ("/started_at", json!("2026-13-41T00:00:00Z")),
        ("/started_at", json!("yesterday")),
        ("/ended_at", json!("2001-01-01T00:00:00Z")),
        ("/duration_s", json!(-30.0)),
        ("/duration_s", json!(1e9)),
        ("/load/offered_per_s", json!(-1.0)),
        ("/load/arrival_rate_per_s", json!(-1.0)),
        ("/load/phases/0/duration_s", json!(-10.0)),
        ("/load/phases/0/rate_from", json!(-1.0)),
        ("/overall/requests", json!(-770)),
        ("/overall/requests", json!(7.5)),
        ("/overall/requests", json!(1)),
        ("/overall/requests", json!(1_000_000_000)),
        ("/overall/responses", json!(1_000_000_000)),
        ("/overall/failures", json!(-1)),
        ("/overall/failures", json!(1_000_000_000)),
        ("/overall/rate_per_s", json!(1e9)),
        ("/overall/rate_per_s", json!(-1.0)),
        ("/overall/goodput_per_s", json!(1e9)),
        ("/overall/goodput_per_s", json!(-1.0)),
        ("/overall/latency_ms/count", json!(1_000_000_000)),
        ("/overall/latency_ms/min", json!(1e9)),
        ("/overall/latency_ms/min", json!(-1.0)),
        ("/overall/latency_ms/mean", json!(1e9)),
        ("/overall/latency_ms/max", json!(0.0)),
        ("/overall/latency_ms/percentiles/p50", json!(1e9)),
        ("/overall/latency_ms/percentiles/p50", json!(-1.0)),
        ("/overall/latency_ms/percentiles/p99", json!(0.001)),
        ("/endpoints/0/stats/rate_per_s", json!(1e9)),
        ("/endpoints/0/stats/goodput_per_s", json!(1e9)),
        ("/endpoints/0/stats/failures", json!(1_000_000_000)),
        ("/sessions/failed", json!(1_000_000_000)),
        ("/sessions/completed", json!(-1)),
    ]
}

/// Those of the timeline, which a baseline does not keep.
fn impossible_windows() -> Vec<(&'static str, Value)> {
    vec![
        ("/timeline/1/duration_s", json!(-10.0)),
        ("/timeline/1/users", json!(-1.0)),
        ("/timeline/1/stats/rate_per_s", json!(1e9)),
        ("/timeline/1/stats/goodput_per_s", json!(1e9)),
        ("/timeline/1/stats/goodput_per_s", json!(-1.0)),
    ]
}

/// A run of Artillery as `knee convert` writes it, with phases declared and a file named.
fn converted(scratch: &Scratch) -> Value {
    let run = sample("artillery/v2.0.34/baseline-r1.json");
    let script = sample("artillery/scripts/hardwork-steps.yml");
    let arguments = [
        "convert",
        run.to_str().unwrap(),
        "--script",
        script.to_str().unwrap(),
    ];
    let done = scratch.knee(&arguments);
    assert_eq!(done.code, 0, "{}", done.err);
    serde_json::from_str(&done.out).unwrap()
}

/// Says why where a contradiction is neither refused nor made invalid by V12.
fn believed(done: &Done, what: &str) -> Option<String> {
    let refused = done.code == 2 && done.err.contains("error:");
    let report: Value = serde_json::from_str(&done.out).unwrap_or_default();
    let findings = report["findings"].as_array().cloned().unwrap_or_default();
    let invalid = findings
        .iter()
        .any(|found| found["rule"] == "V12" && found["effect"] == "invalid");
    (!refused && !invalid).then(|| format!("{what}: exit {}, {}", done.code, done.err))
}

fn put(document: &mut Value, pointer: &str, value: Value) {
    if let Some(member) = document.pointer_mut(pointer) {
        *member = value;
    } else {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        document.pointer_mut(parent).unwrap()[name] = value;
    }
}

#[test]
fn no_run_that_contradicts_itself_is_believed() {
    let scratch = Scratch::new("contradictions");
    let run = converted(&scratch);
    let target = ["--target", "goodput > 1/s", "--format", "json"];
    let path = scratch.write("as-it-is.json", run.to_string());
    let judged = |path: &std::path::Path| {
        let path = path.to_str().unwrap();
        scratch.knee(&[&["check", path][..], &target].concat())
    };
    assert!(
        believed(&judged(&path), "").is_some(),
        "it is fine as it is"
    );
    let mut problems = Vec::new();
    for (pointer, value) in impossible().into_iter().chain(impossible_windows()) {
        let mut wrong = run.clone();
        let what = format!("{pointer} = {value}");
        put(&mut wrong, pointer, value);
        let path = scratch.write("wrong.json", wrong.to_string());
        problems.extend(believed(&judged(&path), &what));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn a_rate_of_a_billion_beside_770_requests_passes_no_target() {
    let scratch = Scratch::new("contradictions-rate");
    let mut run = converted(&scratch);
    run["overall"]["goodput_per_s"] = json!(1e9);
    let path = scratch.write("run.json", run.to_string());
    let path = path.to_str().unwrap();
    let done = scratch.knee(&["check", path, "--target", "goodput > 100/s"]);
    assert_eq!(done.code, 1, "{}", done.out);
    assert!(done.out.contains("V12"), "{}", done.out);
}

#[test]
fn no_baseline_that_contradicts_itself_is_believed() {
    let scratch = Scratch::new("contradictions-baseline");
    let repeats = [1, 2, 3].map(|number| {
        let path = sample(&format!("repeats/artillery/baseline-r{number}.json"));
        path.to_str().unwrap().to_owned()
    });
    let [one, two, three] = &repeats;
    let accept = ["baseline", "accept", one, two, three, "--reason", "release"];
    let done = scratch.knee(&accept);
    assert_eq!(done.code, 0, "{}", done.err);
    let file = ".knee/baselines/default.json";
    let baseline: Value = serde_json::from_str(&scratch.read(file)).unwrap();
    let new = sample("repeats/artillery/baseline-r4.json");
    let judged = |baseline: &Value| {
        scratch.write(file, baseline.to_string());
        scratch.knee(&["check", new.to_str().unwrap(), "--format", "json"])
    };
    assert!(
        believed(&judged(&baseline), "").is_some(),
        "it is fine as it is"
    );
    let of_file = [
        ("/accepted_at", json!("last week")),
        ("/spread/0/sd", json!(-1.0)),
        ("/spread/0/n", json!(0)),
    ];
    let of_runs = impossible().into_iter().map(|(pointer, value)| {
        let pointer = format!("/runs/0{pointer}");
        (pointer, value)
    });
    let histogram = |run: &Value| run["overall"]["latency_ms"]["histogram"].is_object();
    let mut problems = Vec::new();
    let all = of_file.map(|(pointer, value)| (pointer.to_owned(), value));
    for (pointer, value) in all.into_iter().chain(of_runs) {
        let parent = pointer.rsplit_once('/').unwrap().0;
        if baseline.pointer(parent).is_none_or(Value::is_null) {
            // A baseline leaves out what the run does not have.
            continue;
        }
        let mut wrong = baseline.clone();
        let what = format!("{pointer} = {value}");
        put(&mut wrong, &pointer, value);
        problems.extend(believed(&judged(&wrong), &what));
    }
    let mut wrong = baseline.clone();
    let run = &mut wrong["runs"][0];
    if histogram(run) {
        run["overall"]["latency_ms"]["histogram"]["count"][0] = json!(1_000_000);
        problems.extend(believed(&judged(&wrong), "a histogram of other samples"));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
