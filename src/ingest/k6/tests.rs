//! The reader of k6 summaries: two generations of one run, odd shapes, names.

use std::collections::BTreeMap;
use std::io::Cursor;

use serde_json::Value;

use super::*;
use crate::model::{CustomKind, Millis, Note, Percentile, Seconds};

fn read_text(text: impl Into<Vec<u8>>) -> Result<Run, IngestError> {
    read_one(&Input::stream("-", Cursor::new(text.into())))
}

fn sample(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/k6/v1.1.0");
    std::fs::read(folder.join(name)).unwrap()
}

fn notes<'a>(run: &'a Run, id: &str) -> Vec<&'a str> {
    let found = run.notes.iter().filter(|note| note.id == id);
    found.map(|note| note.text.as_str()).collect()
}

fn grade(text: &[u8]) -> Option<Grade> {
    let head = Head {
        name: "x.json",
        bytes: text,
        complete: true,
    };
    sniff(&head).map(|claim| claim.grade)
}

/// What the two generations write of every threshold.
fn signs(text: &[u8]) -> BTreeMap<String, Value> {
    let tree: Value = serde_json::from_slice(text).unwrap();
    let mut found = BTreeMap::new();
    for (name, metric) in tree["metrics"].as_object().unwrap() {
        for (expression, sign) in metric["thresholds"].as_object().into_iter().flatten() {
            found.insert(format!("{name} {expression}"), sign.clone());
        }
    }
    found
}

#[test]
fn two_generations_of_one_run_agree() {
    for case in ["shop", "all-stats"] {
        let texts = ["export", "handle"].map(|kind| sample(&format!("{case}-{kind}.json")));
        let (old, new) = (signs(&texts[0]), signs(&texts[1]));
        assert_eq!(old.len(), 14);
        for (threshold, crossed) in &old {
            let held = new[threshold]["ok"].as_bool().unwrap();
            assert_eq!(crossed.as_bool().unwrap(), !held, "{threshold}");
        }
        let [mut old, mut new] = texts.map(|text| read_text(text).unwrap());
        assert_eq!(notes(&old, "duration-derived").len(), 1);
        assert!(notes(&new, "duration-derived").is_empty());
        let (derived, said) = (old.duration.unwrap().0, new.duration.unwrap().0);
        assert!((derived - said).abs() < 1e-9, "{derived} {said}");
        for run in [&mut old, &mut new] {
            run.duration = None;
            run.notes.retain(|note| note.id != "duration-derived");
            run.source.files.clear();
            run.overall.set_rates(None);
            for endpoint in &mut run.endpoints {
                endpoint.stats.set_rates(None);
            }
        }
        assert_eq!(old, new);
        let crossed = old
            .checks
            .iter()
            .filter(|check| check.name.starts_with("threshold: ") && check.failed == 1);
        assert_eq!(crossed.count(), 3);
    }
}

#[test]
fn summaries_are_told_from_points_and_other_json() {
    assert_eq!(grade(&sample("shop-export.json")), Some(Grade::Certain));
    assert_eq!(grade(&sample("shop-handle.json")), Some(Grade::Certain));
    assert_eq!(grade(&sample("refused-subset.json")), Some(Grade::Likely));
    assert_eq!(grade(MACHINE.as_bytes()), Some(Grade::Certain));
    assert_eq!(grade(&sample("points.json")), None);
    assert_eq!(grade(b"{\"metrics\": {\"latency\": 1}}"), None);
    assert_eq!(grade(b"{\"root_group\": {\"operator\": \"AND\"}}"), None);
    let error = read_text(sample("points.json")).unwrap_err();
    assert!(error.to_string().contains("points of `k6 run --out json`"));
    assert!(error.hint().unwrap().contains("--summary-export"));
    let csv = "metric_name,timestamp,metric_value,check\nhttp_reqs,1700000000,1.000000,\n";
    assert!(unread(csv.as_bytes()).unwrap().contains("--out csv"));
    assert_eq!(unread(b"name,timestamp\n"), None);
}

/// As k6's own test of the machine-readable summary wants it (`TestMachineReadableSummary`), with requests.
const MACHINE: &str = r#"{"config": {"duration": 2.5, "execution": "local", "script": "/somewhere/private/load.js"},
  "metadata": {"generated_at": "2026-08-21T09:43:41.5Z", "k6_version": "2.2.0"},
  "results": {
    "checks": {"metrics": [{"contains": "default", "name": "checks_total", "type": "counter", "values": {"count": 4}}],
               "results": [{"fails": 1, "name": "is fine", "passes": 3}]},
    "metrics": [
      {"contains": "time", "name": "http_req_duration", "type": "trend", "values": {"avg": 5.5, "max": 9, "med": 5, "min": 1, "p90": 8, "p95": 8.5}},
      {"contains": "default", "name": "http_reqs", "type": "counter", "values": {"count": 10}},
      {"contains": "default", "name": "http_req_failed", "type": "rate", "values": {"matches": 2, "rate": 0.2, "total": 10}},
      {"contains": "default", "name": "custom_iterations", "type": "counter", "values": {"count": 1}}]},
  "version": "1.0.0"}"#;

#[test]
fn the_machine_readable_summary_says_the_same_in_lists() {
    let run = read_text(MACHINE).unwrap();
    assert_eq!(run.source.tool_version.as_deref(), Some("2.2.0"));
    assert_eq!(run.duration, Some(Seconds(2.5)));
    assert_eq!(run.overall.requests, Some(10));
    assert_eq!(run.overall.failures, Some(2));
    let latency = run.overall.latency.as_ref().unwrap();
    assert_eq!(latency.percentile(Percentile::P95), Some(Millis(8.5)));
    assert_eq!(latency.percentile(Percentile::P50), Some(Millis(5.0)));
    assert_eq!(run.checks[0].name, "is fine");
    assert_eq!((run.checks[0].passed, run.checks[0].failed), (3, 1));
    assert_eq!(run.custom[0].value, Some(1.0));
    assert!(!serde_json::to_string(&run).unwrap().contains("private"));
    let schema_of_go = MACHINE
        .replace("k6_version", "k6Version")
        .replace("p95", "p(95)");
    assert_eq!(read_text(schema_of_go).unwrap().overall, run.overall);
    let later = MACHINE.replace("\"1.0.0\"", "\"2.0.0\"");
    let error = read_text(later).unwrap_err();
    assert!(error.to_string().contains("of schema \"2.0.0\""), "{error}");
}

#[test]
fn a_summary_of_a_script_may_lack_anything() {
    let run = read_text(r#"{"metrics": {"http_req_duration": {"values": {"med": 5}}}}"#).unwrap();
    assert_eq!(run.overall.requests, None);
    assert_eq!(run.overall.failures, None);
    assert_eq!(run.duration, None);
    assert_eq!(notes(&run, "no-times").len(), 1);
    let run = read_text(
        r#"{"metrics": {"http_reqs": {"count": 200, "rate": 20}, "http_req_failed": {"rate": 0.015},
            "text": {"type": "trend", "values": "@{max=9}"}, "null": null, "list": [1]}, "root_group": null}"#,
    )
    .unwrap();
    assert_eq!(run.overall.failures, Some(3));
    assert_eq!(notes(&run, "failures-derived").len(), 1);
    assert_eq!(run.duration, Some(Seconds(10.0)));
    let left_out = run.notes.iter().find(|note| note.id == "metric-left-out");
    assert_eq!(left_out.unwrap().count, 3);
    assert!(run.custom.is_empty());
    for none in ["{}", "{\"metrics\": {}}", "{\"metrics\": 3}", "[]", "3"] {
        let error = read_text(none).unwrap_err().to_string();
        assert!(
            error.contains("expected a summary of k6, with figures below `metrics`"),
            "{error}"
        );
    }
    let error = read_text(r#"{"metrics": {"http_reqs": {"count": 1.5, "rate": 1}}}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        "-, at `metrics.http_reqs.count`: expected a count, a whole number from 0 on, and found 1.5"
    );
}

#[test]
fn parts_of_the_requests_are_endpoints_and_slices_of_the_run_are_not() {
    let run = read_text(
        r#"{"metrics": {"http_reqs": {"count": 9, "rate": 3}, "http_reqs{name:a}": {"count": 4, "rate": 1},
            "http_req_failed{name:a}": {"passes": 1, "fails": 3, "value": 0.25},
            "http_req_duration{expected_response:true,name:a}": {"avg": 2, "max": 3},
            "http_req_duration{name:a}": {"avg": 1, "max": 3}, "http_req_duration{url:a}": {"avg": 4, "max": 4},
            "http_req_duration{group:::x}": {"avg": 4, "max": 5}, "http_req_duration{name:none}": {"avg": 0, "max": 0}}}"#,
    )
    .unwrap();
    let names: Vec<&str> = run.endpoints.iter().map(|e| e.name.as_str()).collect();
    assert_eq!(names, ["a", "a {url}"]);
    let stats = &run.endpoints[0].stats;
    assert_eq!((stats.requests, stats.failures), (Some(4), Some(1)));
    assert_eq!(stats.latency_ok.as_ref().unwrap().count, 3);
    assert_eq!(stats.latency.as_ref().unwrap().count, 4);
    assert_eq!(run.overall.requests, Some(9), "never added up");
    assert_eq!(run.custom.len(), 1);
    assert_eq!(run.custom[0].name, "http_req_duration{group:::x}");
    assert_eq!(notes(&run, Note::SOME_ENDPOINTS).len(), 1);
    assert_eq!(notes(&run, "count-unknown").len(), 1);
    assert!(notes(&run, "no-samples")[0].starts_with("`http_req_duration{name:none}` has 0"));
    let whole = read_text(
        r#"{"metrics": {"http_reqs": {"count": 9, "rate": 3}, "http_reqs{name:a}": {"count": 4, "rate": 1}, "http_reqs{name:b}": {"count": 5, "rate": 1}}}"#,
    )
    .unwrap();
    assert!(notes(&whole, Note::SOME_ENDPOINTS).is_empty());
}

#[test]
fn a_gauge_keeps_its_last_least_and_largest_value() {
    let run = read_text(
        r#"{"metrics": {"g": {"value": 3, "min": 1, "max": 7}, "r": {"passes": 3, "fails": 1}, "t": {"min": 1, "max": 2}, "t0": {"count": 0, "avg": 0}}}"#,
    )
    .unwrap();
    let [gauge, share, trend] = run.custom.as_slice() else {
        panic!("{:?}", run.custom);
    };
    assert_eq!(
        (gauge.kind, gauge.value),
        (CustomKind::Distribution, Some(3.0))
    );
    let extremes = gauge.latency.as_ref().unwrap();
    assert_eq!(
        (extremes.min, extremes.max),
        (Some(Millis(1.0)), Some(Millis(7.0)))
    );
    assert_eq!((share.kind, share.value), (CustomKind::Share, Some(0.75)));
    assert_eq!(trend.latency.as_ref().unwrap().max, Some(Millis(2.0)));
}

#[test]
fn many_checks_and_metrics_are_capped_and_told() {
    let checks: Vec<String> = (0..1500)
        .map(|n| {
            format!(
                "{{\"name\": \"c{n}\", \"passes\": 2, \"fails\": {}}}",
                u64::from(n == 1400)
            )
        })
        .collect();
    let metrics: Vec<String> = (0..1500)
        .map(|n| format!("\"m{n}\": {{\"count\": 1}}"))
        .collect();
    let text = format!(
        "{{\"root_group\": {{\"checks\": [{}]}}, \"metrics\": {{{}}}}}",
        checks.join(","),
        metrics.join(",")
    );
    let run = read_text(text).unwrap();
    assert_eq!(run.checks.len(), 1001);
    assert_eq!(run.checks[0].name, "c1400");
    assert_eq!(
        run.checks.iter().map(|check| check.passed).sum::<u64>(),
        3000
    );
    assert_eq!(run.custom.len(), 1000);
    assert_eq!(
        notes(&run, "checks-capped").len() + notes(&run, "metrics-capped").len(),
        2
    );
}

#[test]
fn groups_that_never_end_are_an_error() {
    let deep = format!(
        "{{\"metrics\": {{\"a\": {{\"count\": 1}}}}, \"root_group\": {}",
        "{\"groups\": [".repeat(5000)
    );
    assert!(
        read_text(deep)
            .unwrap_err()
            .to_string()
            .contains("recursion")
    );
}

#[test]
fn labels_that_collide_stay_apart_and_short() {
    let metrics: Vec<String> = (0..300)
        .map(|n| format!("\"http_reqs{{name:a,name:b{n}}}\": {{\"count\": 1, \"rate\": 1}}"))
        .collect();
    let run = read_text(format!("{{\"metrics\": {{{}}}}}", metrics.join(","))).unwrap();
    assert_eq!(run.endpoints.len(), 300);
    let names: std::collections::BTreeSet<&str> =
        run.endpoints.iter().map(|e| e.name.as_str()).collect();
    assert_eq!(names.len(), 300);
    assert!(names.contains("a {name:b299}"), "{names:?}");
    let longest = names.iter().map(|name| name.len()).max();
    assert!(longest < Some(20), "{longest:?}");
    // Three that read the same, with the same keys.
    let run = read_text(
        r#"{"metrics": {"http_reqs{name:p,k:1} {k:2} {k:3}": {"count": 1}, "http_reqs{name:p {k:1},k:2} {k:3}": {"count": 1},
            "http_reqs{name:p {k:1} {k:2},k:3}": {"count": 1}}}"#,
    )
    .unwrap();
    let names: Vec<&str> = run.endpoints.iter().map(|e| e.name.as_str()).collect();
    let all = "p {k:1} {k:2} {k:3}";
    let wanted = [
        all.to_owned(),
        format!("{all} {{k,name}}"),
        format!("{all} {{k,name}} #2"),
    ];
    assert_eq!(names, wanted);
}

#[test]
fn users_are_those_seen_at_work_and_those_made_ready_only_without_them() {
    for (metrics, users, said) in [
        (
            r#""vus": {"value": 1, "min": 1, "max": 3}, "vus_max": {"value": 10, "min": 10, "max": 10}"#,
            Some(3.0),
            Some("10 users were made ready (`vus_max`)"),
        ),
        (
            r#""vus": {"value": 3, "min": 1, "max": 3}, "vus_max": {"value": 3, "min": 3, "max": 3}"#,
            Some(3.0),
            None,
        ),
        (
            // The last value is not the largest.
            r#""vus": {"value": 1}, "vus_max": {"value": 10}"#,
            Some(10.0),
            Some("the 10 users are those that k6 made ready"),
        ),
        (r#""vus": {"max": 4}"#, Some(4.0), None),
        (r#""http_reqs": {"count": 1}"#, None, None),
    ] {
        let run = read_text(format!("{{\"metrics\": {{{metrics}}}}}")).unwrap();
        assert_eq!(run.load.users_max, users, "{metrics}");
        let found = notes(&run, "users-made-ready");
        assert_eq!(found.len(), usize::from(said.is_some()), "{found:?}");
        assert!(
            found.iter().all(|text| text.contains(said.unwrap())),
            "{found:?}"
        );
    }
}

#[test]
fn a_counter_without_its_count_is_a_rate() {
    let run = read_text(
        r#"{"metrics": {"orders": {"type": "counter", "values": {"rate": 2.5}}, "sold": {"type": "counter", "values": {"count": 4, "rate": 2}}}}"#,
    )
    .unwrap();
    let found: Vec<_> = run.custom.iter().map(|c| (c.kind, c.value)).collect();
    assert_eq!(
        found,
        [
            (CustomKind::Rate, Some(2.5)),
            (CustomKind::Counter, Some(4.0))
        ]
    );
}

#[test]
fn the_time_of_iterations_is_among_the_metrics_that_are_shown() {
    let run = read_text(
        r#"{"metrics": {"iterations": {"count": 7, "rate": 1}, "iteration_duration": {"avg": 20, "max": 30, "p(95)": 29}}}"#,
    )
    .unwrap();
    let shown = run.custom.iter().find(|c| c.name == "iteration_duration");
    let shown = shown.unwrap();
    assert_eq!(shown.kind, CustomKind::Distribution);
    assert_eq!(shown.latency.as_ref().unwrap().max, Some(Millis(30.0)));
    assert_eq!(shown.latency, run.sessions.unwrap().duration);
}

#[test]
fn json_of_something_else_is_told_what_was_expected_and_what_it_is() {
    for (text, found) in [
        (
            r#"[{"name": "a", "value": 3}]"#,
            "an array of objects with `name`, `value`",
        ),
        (r#"{"a": {"b": 1}, "c": 2}"#, "an object with `a`, `c`"),
        ("{}", "an object without members"),
        ("[]", "an array without objects"),
        (
            "{\"a\": 1}\n{\"a\": 2}",
            "several objects, the first with `a`",
        ),
        (
            r#"{"a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1}"#,
            "an object with `a`, `b`, `c`, `d`, `e`, ...",
        ),
    ] {
        assert_eq!(super::found(text.as_bytes()), found);
    }
}
