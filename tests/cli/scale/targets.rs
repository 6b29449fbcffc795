//! Targets on levels through `knee check`: exit codes, and which level and run each result is of.

use serde_json::{Value, json};

use super::by_hand::{By, Made, plateaus, stats};
use super::{asked, document, near, number};
use crate::{Scratch, sample};

/// Checks runs against one target: the exit code and the results.
fn check(scratch: &Scratch, runs: &[&str], target: &str) -> (i32, Vec<Value>) {
    let mut arguments = runs.to_vec();
    arguments.extend(["--target", target]);
    let done = asked(scratch, "check", &arguments);
    assert!(!done.out.is_empty(), "{}", done.err);
    let report: Value = serde_json::from_str(&done.out).unwrap();
    (done.code, report["targets"].as_array().unwrap().clone())
}

fn states(results: &[Value]) -> Vec<&str> {
    let state = |result: &'_ Value| match result["state"].as_str().unwrap() {
        "pass" => "pass",
        "warn" => "warn",
        "fail" => "fail",
        "not_measured" => "not_measured",
        _ => "not_applicable",
    };
    results.iter().map(state).collect()
}

fn reason(result: &Value) -> &str {
    result["reason"].as_str().unwrap_or_default()
}

/// Levels of 10, 20 and 40 arrivals a second at p99 60, 61 and 62 ms, all answered.
fn calm(scratch: &Scratch) -> Vec<String> {
    let made = [(10.0, 60.0), (20.0, 61.0), (40.0, 62.0)];
    let write = |(rate, p99): (f64, f64)| {
        let mut made = Made::calm(&format!("at-{rate}"), rate);
        made.latencies = Some([20.0, 40.0, p99]);
        made.write(scratch)
    };
    made.into_iter().map(write).collect()
}

#[test]
fn document_000_against_the_targets_of_issue_5() {
    let scratch = Scratch::new("targets-000");
    let files = document();
    let runs: Vec<&str> = files.iter().map(String::as_str).collect();
    // p99 is 407.5, 854.2 and 8024.5 ms; the loads reach 1/s, 2/s and 4/s.
    let (code, results) = check(&scratch, &runs, "p99 < 1s up to 4/s");
    assert_eq!((code, states(&results)), (1, vec!["pass", "pass", "fail"]));
    let values: Vec<f64> = results.iter().map(|one| number(one, "value")).collect();
    assert_eq!(values, [407.5, 854.2, 8024.5]);
    let (code, results) = check(&scratch, &runs, "p99 < 1s up to 2/s");
    assert_eq!((code, states(&results)), (0, vec!["pass", "pass"]));
    // The load of the third run moved from 1/s to 4/s: it does not say what holds up to 2.5/s.
    let (code, results) = check(&scratch, &runs, "p99 < 1s up to 2.5/s");
    let wanted = vec!["pass", "pass", "not_measured"];
    assert_eq!((code, states(&results)), (3, wanted));
    assert!(
        reason(&results[2]).contains("is not known"),
        "{}",
        results[2]
    );

    let (code, results) = check(&scratch, &runs, "no blow-up up to 4/s");
    assert_eq!((code, states(&results)), (1, vec!["fail"]));
    assert!(reason(&results[0]).starts_with("p99 grows 9.4 times"));
    near(number(&results[0], "value"), 2.0, 0.0);
    near(number(&results[0], "level"), 4.0, 0.0);
    // By the mean of the ramp its step is a blow-up, by the peak it is linear: a ramp cannot tell.
    let (code, results) = check(&scratch, &runs, "no blow-up up to 2/s");
    assert_eq!((code, states(&results)), (3, vec!["not_measured"]));
    assert!(
        reason(&results[0]).starts_with("no step to 1.5/s (peak 2.02/s) is decided"),
        "{}",
        results[0]
    );
    let (code, results) = check(&scratch, &runs, "no blow-up up to 2.5/s");
    assert_eq!((code, states(&results)), (3, vec!["not_measured"]));
    let (code, results) = check(&scratch, &runs, "no blow-up");
    assert_eq!((code, states(&results)), (1, vec!["fail"]));

    // It lies between 2/s and 4/s.
    assert_eq!(check(&scratch, &runs, "knee >= 5/s").0, 1);
    assert_eq!(check(&scratch, &runs, "knee >= 2/s").0, 0);
    let (code, results) = check(&scratch, &runs, "error_rate at 8 < 1%");
    assert_eq!((code, states(&results)), (3, vec!["not_measured"]));
    assert!(reason(&results[0]).starts_with("no level reaches 8/s"));
    assert_eq!(check(&scratch, &runs, "efficiency at 2.5 >= 0.8").0, 0);
}

#[test]
fn a_result_is_of_the_run_that_was_made_at_its_level() {
    let scratch = Scratch::new("targets-run");
    let files = document();
    let runs: Vec<&str> = files.iter().map(String::as_str).collect();
    let mut arguments = runs.clone();
    for target in ["p99 < 1s up to 4/s", "no blow-up up to 4/s", "knee >= 5/s"] {
        arguments.extend(["--target", target]);
    }
    let done = asked(&scratch, "check", &arguments);
    let report: Value = serde_json::from_str(&done.out).unwrap();
    let ids: Vec<&Value> = report["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| &run["id"])
        .collect();
    let of: Vec<&Value> = report["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["run"])
        .collect();
    assert_eq!(of, [ids[0], ids[1], ids[2], ids[2], ids[2]]);
    let headline = report["headline"].to_string();
    assert!(headline.contains("report-4 (fail)"), "{headline}");
    assert!(!headline.contains("report-2 (fail)"), "{headline}");
}

#[test]
fn a_latency_at_its_limit_is_that_limit() {
    let scratch = Scratch::new("targets-exact");
    let files = calm(&scratch);
    let runs: Vec<&str> = files.iter().map(String::as_str).collect();
    // Through a logarithm and back 60 is 59.99999999999999 and 62 is 62.00000000000001.
    assert_eq!(check(&scratch, &runs, "p99 <= 62ms up to 40/s").0, 0);
    assert_eq!(check(&scratch, &runs, "p99 at 10 < 60ms").0, 1);
    assert_eq!(check(&scratch, &runs, "p99 at 20/s <= 61ms").0, 0);
    assert_eq!(check(&scratch, &runs, "p99 at 20/s < 61ms").0, 1);
}

#[test]
fn between_two_levels_only_what_holds_at_both_is_known() {
    let scratch = Scratch::new("targets-between");
    let files = calm(&scratch);
    let runs: Vec<&str> = files.iter().map(String::as_str).collect();
    let (code, results) = check(&scratch, &runs, "p99 < 1s up to 30/s");
    assert_eq!((code, states(&results)), (0, vec!["pass"; 3]));
    near(number(&results[2], "level"), 40.0, 0.0);
    let (code, results) = check(&scratch, &runs, "p99 < 62ms up to 30/s");
    assert_eq!(code, 3);
    assert_eq!(states(&results), ["pass", "pass", "not_measured"]);
    let (code, results) = check(&scratch, &runs, "p99 < 61ms up to 30/s");
    assert_eq!(code, 1);
    assert_eq!(states(&results), ["pass", "fail", "not_measured"]);
    // Below the lowest level.
    assert_eq!(check(&scratch, &runs, "p99 < 1s up to 5/s").0, 0);
    assert_eq!(check(&scratch, &runs, "p99 < 1ms up to 5/s").0, 3);
    let (code, results) = check(&scratch, &runs, "p99 at 30 < 1s");
    assert_eq!((code, states(&results)), (3, vec!["not_measured"]));
    assert!(reason(&results[0]).starts_with("no level is at 30/s"));
}

#[test]
fn without_a_knee_it_lies_above_what_was_tested_and_no_more_is_known() {
    let scratch = Scratch::new("targets-no-knee");
    let files = calm(&scratch);
    let runs: Vec<&str> = files.iter().map(String::as_str).collect();
    let (code, results) = check(&scratch, &runs, "knee >= 30/s");
    assert_eq!((code, states(&results)), (0, vec!["pass"]));
    let (code, results) = check(&scratch, &runs, "knee >= 50/s");
    assert_eq!((code, states(&results)), (3, vec!["not_measured"]));
    let (code, results) = check(&scratch, &runs, "knee < 100/s");
    assert_eq!((code, states(&results)), (3, vec!["not_measured"]));
    let (code, results) = check(&scratch, &runs, "no blow-up up to 40/s");
    assert_eq!((code, states(&results)), (0, vec!["pass"]));
}

#[test]
fn efficiency_goodput_rate_and_failures_at_a_level() {
    let scratch = Scratch::new("targets-figures");
    let mut files = calm(&scratch)[..2].to_vec();
    // 1 % of 32 000 fail: 316.8 good answers a second of 400 that 40 arrivals stand for.
    let sick = Made::new("sick", By::Rate(40.0), 32_000, [20.0, 40.0, 60.0]).failing(320);
    files.push(sick.write(&scratch));
    let runs: Vec<&str> = files.iter().map(String::as_str).collect();
    for (target, code, value) in [
        ("efficiency at 40 >= 0.79", 0, 0.792),
        ("efficiency at 40 >= 0.8", 1, 0.792),
        ("goodput at 40 >= 316.8/s", 0, 316.8),
        ("goodput at 40 > 316.8/s", 1, 316.8),
        ("rate at 40 >= 320/s", 0, 320.0),
        ("error_rate at 40 <= 1%", 0, 0.01),
        ("error_rate at 40 < 1%", 1, 0.01),
        ("mean at 20 <= 22ms", 0, 22.0),
        ("p50 at 20 in 19ms..21ms", 0, 20.0),
    ] {
        let (found, results) = check(&scratch, &runs, target);
        assert_eq!(found, code, "{target} {results:?}");
        near(number(&results[0], "value"), value, 1e-12);
    }
    let (code, results) = check(&scratch, &runs, "p99.9 at 20 < 1s");
    assert_eq!((code, states(&results)), (3, vec!["not_measured"]));
    let (code, results) = check(&scratch, &runs, "sum(goodput) at 20 > 1/s");
    assert_eq!((code, states(&results)), (3, vec!["not_measured"]));
    assert!(reason(&results[0]).contains("sums"), "{}", results[0]);
}

/// Endpoints of a run of 1000 requests: a busy one, and one of so few requests that its p99 is as good as its maximum.
fn endpoints(slow: f64) -> Value {
    json!({"endpoints": [
        {"name": "/work", "method": "GET", "stats": stats(9_000, 0, Some([20.0, 40.0, slow]))},
        {"name": "/rare", "method": "GET", "stats": stats(20, 0, Some([20.0, 40.0, slow]))},
    ]})
}

#[test]
fn endpoint_globs_groups_and_warn_levels() {
    let scratch = Scratch::new("targets-endpoints");
    let low = Made::calm("low", 10.0)
        .with(endpoints(60.0))
        .write(&scratch);
    let high = Made::calm("high", 20.0)
        .with(endpoints(90.0))
        .write(&scratch);
    let check = |plan: &str| {
        scratch.write("knee.toml", plan);
        let done = asked(&scratch, "check", &[&low, &high]);
        assert!(!done.out.is_empty(), "{}", done.err);
        let report: Value = serde_json::from_str(&done.out).unwrap();
        (done.code, report["targets"].as_array().unwrap().clone())
    };
    let plan = "[[target]]\nexpect = 'p99 < 80ms up to 20/s'\nendpoint = 'GET /work'\n";
    let (code, results) = check(plan);
    assert_eq!((code, states(&results)), (1, vec!["pass", "fail"]));
    assert_eq!(results[1]["endpoint"], "GET /work");
    let plan = "[[target]]\nexpect = 'p99 < 100ms up to 20/s'\nendpoint = 'GET /rare'\n";
    let (code, results) = check(plan);
    assert_eq!(
        states(&results),
        ["not_measured"; 2],
        "20 requests carry no p99"
    );
    assert_eq!(code, 3);
    let plan = "[[target]]\nexpect = 'p50 < 100ms up to 20/s'\nendpoint = 'GET /*'\n";
    let (code, results) = check(plan);
    assert_eq!((code, states(&results)), (0, vec!["pass"; 4]));
    let plan = "[[target]]\nexpect = 'p50 < 100ms up to 20/s'\nendpoint = 'POST *'\n";
    let (code, results) = check(plan);
    assert_eq!(code, 3);
    assert!(reason(&results[0]).contains("POST *"), "{results:?}");
    let plan = "[[group]]\nname = 'g'\nmatch = ['GET /work']\n\
                [[target]]\nexpect = 'p50 < 100ms up to 20/s'\ngroup = 'g'\n";
    let (code, results) = check(plan);
    assert_eq!(code, 3);
    assert!(reason(&results[0]).contains("groups"), "{results:?}");
    let plan = "[[target]]\nexpect = 'p95 < 50ms up to 20/s'\nwarn = 'p95 < 40ms up to 20/s'\n";
    let (code, results) = check(plan);
    assert_eq!((code, states(&results)), (0, vec!["warn"; 2]));
    let plan = "[[target]]\nexpect = 'p99 < 1ms at 99'\noptional = true\n"
        .replace("p99 < 1ms at 99", "p99 at 99 < 1ms");
    let (_, results) = check(&plan);
    assert_eq!(states(&results), ["not_measured"]);
}

#[test]
fn an_interval_decides_where_that_is_asked() {
    let scratch = Scratch::new("targets-interval");
    let files = calm(&scratch);
    let runs: Vec<&str> = files.iter().map(String::as_str).collect();
    // Efficiency at 40/s is 1, known to about 15 %.
    let plan = |decide: &str| {
        format!("[[target]]\nexpect = 'efficiency at 40 >= 0.95'\ndecide = '{decide}'\n")
    };
    for (decide, state) in [("value", "pass"), ("interval", "warn")] {
        scratch.write("knee.toml", plan(decide));
        let done = asked(&scratch, "check", &runs);
        let report: Value = serde_json::from_str(&done.out).unwrap();
        assert_eq!(done.code, 0);
        assert_eq!(report["targets"][0]["state"], state);
    }
    // The knee of document 000 is known to lie between 2/s and 4/s; where between them, nothing tells.
    let files = document();
    let runs: Vec<&str> = files.iter().map(String::as_str).collect();
    for (expect, wanted, state) in [
        ("knee >= 3/s", 3, "not_measured"),
        ("knee >= 5/s", 1, "fail"),
        ("knee >= 1.5/s", 0, "pass"),
    ] {
        scratch.write("knee.toml", format!("[[target]]\nexpect = '{expect}'\n"));
        let done = asked(&scratch, "check", &runs);
        let report: Value = serde_json::from_str(&done.out).unwrap();
        let found = &report["targets"][0]["state"];
        assert_eq!(
            (done.code, found),
            (wanted, &Value::from(state)),
            "{expect}"
        );
    }
    for (expect, state) in [
        ("knee >= 3/s", "warn"),
        ("knee >= 5/s", "fail"),
        ("knee >= 1.5/s", "pass"),
    ] {
        scratch.write(
            "knee.toml",
            format!("[[target]]\nexpect = '{expect}'\ndecide = 'interval'\n"),
        );
        let done = asked(&scratch, "check", &runs);
        let report: Value = serde_json::from_str(&done.out).unwrap();
        assert_eq!(report["targets"][0]["state"], state, "{expect}");
    }
}

#[test]
fn a_target_on_levels_of_which_no_series_exists_says_so() {
    let scratch = Scratch::new("targets-none");
    let files = calm(&scratch);
    let (code, results) = check(&scratch, &[&files[0]], "p99 < 1s up to 10/s");
    assert_eq!((code, states(&results)), (3, vec!["not_measured"]));
    assert!(reason(&results[0]).contains("this is one run"));
    // Beside a scenario that has one.
    let other = Made::calm("other", 10.0).of("other").write(&scratch);
    let mut runs: Vec<&str> = files.iter().map(String::as_str).collect();
    runs.push(&other);
    let (code, results) = check(&scratch, &runs, "p99 < 1s up to 20/s");
    assert_eq!(states(&results), ["pass", "pass", "not_measured"]);
    assert_eq!(code, 3);
    // A target of the other scenario is not asked of this one.
    scratch.write(
        "knee.toml",
        "[[target]]\nexpect = 'p99 < 1s up to 20/s'\nscenario = 'shop'\n\
         [[target]]\nexpect = 'p99 < 1s'\nscenario = 'other'\n",
    );
    let done = asked(&scratch, "check", &runs);
    let report: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(done.code, 0, "{}", done.out);
    let results = report["targets"].as_array().unwrap();
    let of_other = results
        .iter()
        .filter(|one| one["run"] == super::by_hand::id("other"));
    let found: Vec<&Value> = of_other.map(|one| &one["state"]).collect();
    assert_eq!(found, ["not_applicable", "pass"]);
}

#[test]
fn the_other_levels_of_a_judged_series_are_judged_with_it() {
    let scratch = Scratch::new("targets-judged");
    let files = calm(&scratch);
    let runs: Vec<&str> = files.iter().map(String::as_str).collect();
    // Of 40/s nothing is asked, and it is part of the series.
    let (code, results) = check(&scratch, &runs, "p99 at 10 < 1s");
    assert_eq!((code, results.len()), (0, 1));
    // A run of which no level is known stays unjudged.
    let unknown = Made::new("unknown", By::Nothing, 1000, [20.0, 40.0, 60.0]).write(&scratch);
    let mut all = runs.clone();
    all.push(&unknown);
    assert_eq!(check(&scratch, &all, "p99 at 10 < 1s").0, 3);
}

#[test]
fn a_baseline_of_one_level_is_none_of_a_series_and_a_broken_target_outranks_that() {
    let scratch = Scratch::new("targets-baseline");
    let files = calm(&scratch);
    let base = Made::calm("base", 10.0).write(&scratch);
    let done = scratch.knee(&["baseline", "accept", &base, "--reason", "first"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let runs: Vec<&str> = files.iter().map(String::as_str).collect();
    // Arrivals differ (V22): targets are judged, and the comparison is open.
    let (code, results) = check(&scratch, &runs, "p99 < 1s up to 40/s");
    assert_eq!((code, states(&results)), (3, vec!["pass"; 3]));
    let (code, results) = check(&scratch, &runs, "p99 < 62ms up to 40/s");
    assert_eq!((code, states(&results)), (1, vec!["pass", "pass", "fail"]));
}

#[test]
fn a_stepped_run_has_a_baseline_and_targets_on_its_levels() {
    let scratch = Scratch::new("targets-stairs");
    let stairs = |name: &str| {
        let made = Made::calm(name, 1.0).with(plateaus(&[10, 20, 40]));
        made.write(&scratch)
    };
    let (base, new) = (stairs("base"), stairs("new"));
    // Another run: one more request.
    let text = scratch
        .read(&new)
        .replacen("\"requests\":25200", "\"requests\":25201", 1);
    assert!(text.contains("25201"), "{text}");
    scratch.write(&new, text);
    let done = scratch.knee(&["baseline", "accept", &base, "--reason", "first"]);
    assert_eq!(done.code, 0, "{}", done.err);
    // Six requests a second and user.
    for (target, code) in [
        ("goodput at 40 >= 240/s", 0),
        ("goodput at 40 > 240/s", 1),
        ("p95 <= 40ms up to 40 users", 0),
        ("p95 < 40ms up to 40 users", 1),
        ("goodput at 80 >= 240/s", 3),
    ] {
        let (found, results) = check(&scratch, &[&new], target);
        assert_eq!(found, code, "{target} {results:?}");
    }
}

#[test]
fn the_stepped_run_of_artillery_against_targets() {
    let scratch = Scratch::new("targets-steps");
    let steps = sample("artillery/v1.7.9/hardwork-steps.json");
    let runs = [steps.to_str().unwrap()];
    // p95 is 358 ms at 4/s and 1601 ms at 8/s, of 283 and 400 answers.
    assert_eq!(check(&scratch, &runs, "p95 at 4/s < 400ms").0, 0);
    assert_eq!(check(&scratch, &runs, "p95 at 8/s < 1600ms").0, 1);
    assert_eq!(check(&scratch, &runs, "knee >= 4/s").0, 0);
    assert_eq!(check(&scratch, &runs, "knee >= 8/s").0, 1);
    // Of 69 answers no p99 is known.
    let (code, results) = check(&scratch, &runs, "p99 at 1/s < 10s");
    assert_eq!((code, states(&results)), (3, vec!["not_measured"]));
    assert!(reason(&results[0]).contains("too few requests"));
}

#[test]
fn a_limit_that_one_of_the_repeats_breaks_is_a_warning() {
    let scratch = Scratch::new("targets-repeats");
    let mut files = calm(&scratch);
    for (name, p99) in [("second", 60.0), ("third", 400.0)] {
        let mut made = Made::calm(name, 40.0);
        made.latencies = Some([20.0, 40.0, p99]);
        files.push(made.write(&scratch));
    }
    let runs: Vec<&str> = files.iter().map(String::as_str).collect();
    // 62, 60 and 400 ms at 40/s: 114 ms in the middle.
    let (code, results) = check(&scratch, &runs, "p99 < 200ms up to 40/s");
    assert_eq!((code, states(&results)), (0, vec!["pass", "pass", "warn"]));
    near(number(&results[2], "value"), 114.2, 1e-3);
    assert_eq!(
        reason(&results[2]),
        "1 of 3 repeats breaks it: they lie between 60 ms and 400 ms"
    );
    let done = asked(&scratch, "scale", &runs);
    let said = "they disagree: at 40/s their p99 lies between 60 and 400 ms";
    assert!(done.out.contains(said), "{}", done.out);
    let (code, results) = check(&scratch, &runs, "p99 < 500ms up to 40/s");
    assert_eq!((code, states(&results)), (0, vec!["pass"; 3]));
    let (code, results) = check(&scratch, &runs, "p99 < 100ms up to 40/s");
    assert_eq!((code, states(&results)), (1, vec!["pass", "pass", "fail"]));
    // The middle keeps what two of three break: 114 ms of 62, 60 and 400 ms.
    let (code, results) = check(&scratch, &runs, "p99 at 40/s > 100ms");
    assert_eq!((code, states(&results)), (1, vec!["fail"]));
    assert!(reason(&results[0]).starts_with("2 of 3 repeats break it"));
}

#[test]
fn loads_of_another_kind_are_not_those_of_the_series() {
    let scratch = Scratch::new("targets-units");
    let files = calm(&scratch);
    let runs: Vec<&str> = files.iter().map(String::as_str).collect();
    for target in [
        "p99 < 1s up to 20 users",
        "knee >= 5 users",
        "no blow-up up to 20 users",
    ] {
        let (code, results) = check(&scratch, &runs, target);
        assert_eq!(
            (code, states(&results)),
            (3, vec!["not_measured"]),
            "{target}"
        );
        let said = "it speaks of users; the levels are 10/s to 40/s";
        assert_eq!(reason(&results[0]), said);
    }
    let steps = sample("locust/v2.47.0/steps_stats.csv");
    let steps = steps.to_str().unwrap();
    for target in ["p50 < 9s up to 40/s", "knee >= 5/s"] {
        let (code, results) = check(&scratch, &[steps], target);
        assert_eq!(
            (code, states(&results)),
            (3, vec!["not_measured"]),
            "{target}"
        );
        let said = "it speaks of loads per second; the levels are 1 to 100 users";
        assert_eq!(reason(&results[0]), said);
    }
    // One user made 15 requests: what 40 get of what it got is known to a factor of three.
    let (code, results) = check(&scratch, &[steps], "efficiency at 40 >= 0.8");
    assert_eq!((code, states(&results)), (3, vec!["not_measured"]));
    assert!(reason(&results[0]).contains("too wide to judge by"));
    for target in ["knee >= 5 users", "knee >= 5"] {
        let (code, results) = check(&scratch, &[steps], target);
        assert_eq!((code, states(&results)), (0, vec!["pass"]), "{target}");
    }
}

#[test]
fn where_no_latency_is_known_no_blow_up_is_not_met() {
    let scratch = Scratch::new("targets-dead-level");
    let mut files = calm(&scratch);
    let dead = Made {
        latencies: None,
        ..Made::calm("dead", 80.0)
    };
    files.push(dead.failing(80_000).write(&scratch));
    let runs: Vec<&str> = files.iter().map(String::as_str).collect();
    let (code, results) = check(&scratch, &runs, "no blow-up up to 40/s");
    assert_eq!(
        (code, states(&results)),
        (1, vec!["pass"]),
        "a run that failed is invalid"
    );
    let (_, results) = check(&scratch, &runs, "no blow-up up to 80/s");
    assert_eq!(states(&results), ["not_measured"]);
    let said = "no latency is known at 80/s and at the level below it";
    assert_eq!(reason(&results[0]), said);
    // A blow-up below it is one all the same.
    let mut slow = Made::calm("slow", 40.0);
    slow.latencies = Some([2000.0, 4000.0, 6000.0]);
    files[2] = slow.write(&scratch);
    let runs: Vec<&str> = files.iter().map(String::as_str).collect();
    let (code, results) = check(&scratch, &runs, "no blow-up up to 80/s");
    assert_eq!((code, states(&results)), (1, vec!["fail"]));
}

#[test]
fn what_serves_has_no_blow_up_and_an_endpoint_no_knee() {
    let scratch = Scratch::new("targets-others");
    let run = |name: &str, instances: u64| {
        let made = Made::new(name, By::Nothing, 1000 * instances, [20.0, 40.0, 60.0]);
        format!("{name}{{instances={instances}}}={}", made.write(&scratch))
    };
    let files = [run("one", 1), run("two", 2)];
    let runs = [files[0].as_str(), files[1].as_str(), "--level", "instances"];
    let (code, results) = check(&scratch, &runs, "no blow-up");
    assert_eq!((code, states(&results)), (3, vec!["not_measured"]));
    assert!(reason(&results[0]).starts_with("instances serve the load"));

    let files = calm(&scratch);
    let runs: Vec<&str> = files.iter().map(String::as_str).collect();
    scratch.write(
        "knee.toml",
        "[[target]]\nendpoint = '/work'\nexpect = 'knee >= 5/s'\n",
    );
    let done = asked(&scratch, "check", &runs);
    let report: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(
        (done.code, &report["targets"][0]["state"]),
        (3, &Value::from("not_measured"))
    );
}

#[test]
fn runs_that_no_label_tells_apart_name_the_way_out_and_check_takes_a_label() {
    let scratch = Scratch::new("targets-label");
    let run = |name: &str, rate: u64| {
        let made = Made::new(name, By::Nothing, 1000 * rate, [20.0, 40.0, 60.0]);
        format!("{name}{{rate={rate}}}={}", made.write(&scratch))
    };
    let files = [run("low", 1), run("high", 2)];
    let runs = [files[0].as_str(), files[1].as_str()];
    let (code, results) = check(&scratch, &runs, "p95 < 1s up to 2/s");
    assert_eq!((code, states(&results)), (3, vec!["not_measured"; 2]));
    assert!(
        reason(&results[0]).contains("`--level LABEL`"),
        "{}",
        results[0]
    );
    let labelled = [runs[0], runs[1], "--level", "rate"];
    let (code, results) = check(&scratch, &labelled, "p95 < 1s up to 2/s");
    assert_eq!((code, states(&results)), (0, vec!["pass"; 2]));
}
