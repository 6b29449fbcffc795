//! Levels whose mix of requests differs: a percentile of the whole moves with it, whatever the load does.

use serde_json::{Value, json};

use super::asked;
use super::by_hand::{Made, stats};
use crate::Scratch;

/// A level at which so many of 10,000 requests go to a report that always takes 900 ms; its tail beside `report_p95`.
fn level(scratch: &Scratch, rate: f64, reports: u64, whole: [f64; 3], report_p95: f64) -> String {
    let all = 10_000;
    let made = Made {
        requests: all,
        latencies: Some(whole),
        ..Made::calm(&format!("at-{rate}"), rate)
    };
    let endpoints = json!({
        "duration_s": 1000.0 / rate,
        "endpoints": [
            {"name": "/item", "method": "GET", "stats": stats(all - reports, 0, Some([20.0, 40.0, 60.0]))},
            {"name": "/report", "method": "GET", "stats": stats(reports, 0, Some([850.0, report_p95, 1.1 * report_p95]))},
        ],
    });
    made.with(endpoints).write(scratch)
}

fn scaling(scratch: &Scratch, runs: &[String]) -> Value {
    let runs: Vec<&str> = runs.iter().map(String::as_str).collect();
    let done = asked(scratch, "scale", &runs);
    let report: Value = serde_json::from_str(&done.out).expect(&done.err);
    report["scalings"][0].clone()
}

fn class_of<'a>(scaling: &'a Value, metric: &str, to: f64) -> (&'a str, &'a Value) {
    let steps = scaling["steps"].as_array().unwrap();
    let is_it =
        |step: &&Value| step["endpoint"].is_null() && step["metric"] == metric && step["to"] == to;
    let step = steps.iter().find(is_it).unwrap();
    (step["class"].as_str().unwrap(), &step["reasons"])
}

const CALM: [f64; 3] = [20.0, 40.0, 60.0];
const REPORTS: [f64; 3] = [21.0, 900.0, 950.0];

#[test]
fn more_requests_to_a_slow_endpoint_blow_nothing_up() {
    let scratch = Scratch::new("scale-mix");
    let runs = [
        level(&scratch, 10.0, 400, CALM, 900.0),
        level(&scratch, 20.0, 400, CALM, 900.0),
        level(&scratch, 40.0, 3000, REPORTS, 900.0),
    ];
    let found = scaling(&scratch, &runs);
    assert_eq!(found["knee"]["found"], false, "{}", found["knee"]);
    assert_eq!(
        class_of(&found, "p95", 40.0),
        ("undecided", &json!(["mix"]))
    );
    assert_eq!(class_of(&found, "p95", 20.0).0, "flat");
    let remarks = found["remarks"].to_string();
    let said = "GET /report\\\" most: 4 % at 20/s and 30 % at 40/s";
    assert!(remarks.contains(said), "{remarks}");
}

#[test]
fn the_same_percentiles_with_the_same_mix_are_a_blow_up() {
    let scratch = Scratch::new("scale-same-mix");
    let runs = [
        level(&scratch, 10.0, 2900, CALM, 900.0),
        level(&scratch, 20.0, 2900, CALM, 900.0),
        level(&scratch, 40.0, 3000, REPORTS, 900.0),
    ];
    let found = scaling(&scratch, &runs);
    assert_eq!(found["knee"]["criterion"], "blow_up", "{}", found["knee"]);
    assert_eq!(class_of(&found, "p95", 40.0).0, "blow_up");
    assert!(!found["remarks"].to_string().contains("mix"));
}

#[test]
fn an_endpoint_that_blows_up_with_the_whole_is_no_matter_of_the_mix() {
    let scratch = Scratch::new("scale-mix-and-blow-up");
    let runs = [
        level(&scratch, 10.0, 2000, CALM, 60.0),
        level(&scratch, 20.0, 2000, CALM, 60.0),
        level(&scratch, 40.0, 3000, REPORTS, 900.0),
    ];
    let found = scaling(&scratch, &runs);
    assert_eq!(found["knee"]["criterion"], "blow_up", "{}", found["knee"]);
    assert_eq!(class_of(&found, "p95", 40.0).0, "blow_up");
    assert!(
        found["remarks"]
            .to_string()
            .contains("mix of requests differs")
    );
}

#[test]
fn what_was_hardly_asked_at_the_lower_level_leaves_it_open() {
    let scratch = Scratch::new("scale-mix-new");
    let runs = [
        level(&scratch, 10.0, 40, CALM, 900.0),
        level(&scratch, 20.0, 40, CALM, 900.0),
        level(&scratch, 40.0, 3000, REPORTS, 900.0),
    ];
    let found = scaling(&scratch, &runs);
    assert_eq!(
        class_of(&found, "p95", 40.0),
        ("undecided", &json!(["other-mix"]))
    );
    assert_eq!(found["knee"]["found"], false, "{}", found["knee"]);
    let unasked = found["knee"]["unasked"].to_string();
    assert!(unasked.contains("hardly ask endpoints"), "{unasked}");
    assert!(found["knee"]["last_good"].is_null());
}

#[test]
fn a_filter_of_endpoints_hides_no_blow_up_of_the_whole() {
    let scratch = Scratch::new("scale-mix-filter");
    let runs = [
        level(&scratch, 10.0, 2000, CALM, 60.0),
        level(&scratch, 20.0, 2000, CALM, 60.0),
        level(&scratch, 40.0, 3000, REPORTS, 900.0),
    ];
    let runs: Vec<&str> = runs.iter().map(String::as_str).collect();
    let arguments = [runs[0], runs[1], runs[2], "--endpoint", "GET /item"];
    let done = asked(&scratch, "scale", &arguments);
    let report: Value = serde_json::from_str(&done.out).expect(&done.err);
    let found = &report["scalings"][0];
    assert_eq!(found["knee"]["criterion"], "blow_up", "{}", found["knee"]);
    assert_eq!(class_of(found, "p95", 40.0).0, "blow_up");
}

#[test]
fn an_endpoint_that_is_fast_all_the_same_is_not_behind_it() {
    let scratch = Scratch::new("scale-mix-fast");
    // A tenth of the requests is three times as slow at the top, and a hundredth of what the reports take.
    let run = |rate: f64, reports: u64, whole: [f64; 3], health: f64| {
        let made = Made {
            requests: 10_000,
            latencies: Some(whole),
            ..Made::calm(&format!("at-{rate}"), rate)
        };
        let endpoints = json!({
            "duration_s": 1000.0 / rate,
            "endpoints": [
                {"name": "/item", "method": "GET", "stats": stats(9000 - reports, 0, Some([20.0, 40.0, 60.0]))},
                {"name": "/health", "method": "GET", "stats": stats(1000, 0, Some([health, 1.5 * health, 2.0 * health]))},
                {"name": "/report", "method": "GET", "stats": stats(reports, 0, Some([850.0, 900.0, 990.0]))},
            ],
        });
        made.with(endpoints).write(&scratch)
    };
    let runs = [
        run(10.0, 400, CALM, 3.0),
        run(20.0, 400, CALM, 3.0),
        run(40.0, 3000, REPORTS, 9.0),
    ];
    let found = scaling(&scratch, &runs);
    assert_eq!(
        class_of(&found, "p95", 40.0),
        ("undecided", &json!(["mix"]))
    );
    assert_ne!(found["knee"]["metric"], "p95", "{}", found["knee"]);
    assert!(found["knee"]["endpoint"] != Value::Null || found["knee"]["found"] == false);
}
