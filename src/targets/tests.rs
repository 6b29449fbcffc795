//! Each state of a target, strictness, sums and reasons.

use std::path::PathBuf;

use super::*;
use crate::model::{
    Latency, Millis, Operator, Origin, PerSecond, Percentile, Population, Resource, Stats, Unit,
};

fn limit(metric: &str, operator: Operator, limit: f64) -> Expectation {
    Expectation::Figure {
        metric: metric.parse().unwrap(),
        sum: false,
        at: None,
        bound: Bound::Limit(operator, limit),
        up_to: None,
        loads: None,
    }
}

fn sum(metric: &str, operator: Operator, value: f64) -> Expectation {
    let mut expect = limit(metric, operator, value);
    if let Expectation::Figure { sum, .. } = &mut expect {
        *sum = true;
    }
    expect
}

fn target(expect: Expectation) -> Target {
    Target {
        name: None,
        scenario: None,
        endpoint: None,
        group: None,
        phase: None,
        expect,
        expect_text: "as written".to_owned(),
        warn: None,
        warn_text: None,
        optional: false,
        decide: Decide::Value,
        origin: Origin::Flag,
    }
}

fn latency(count: u64, p95: f64) -> Latency {
    let given = [
        (Percentile::P50, p95 / 2.0),
        (Percentile::P95, p95),
        (Percentile::P99, p95 * 2.0),
    ];
    Latency {
        min: Some(Millis(1.0)),
        max: Some(Millis(p95 * 4.0)),
        percentiles: given.map(|(p, value)| (p, Millis(value))).into(),
        ..Latency::of(Population::All, count)
    }
}

fn run() -> Run {
    let mut run = Run::new("tool", "format");
    run.id = "id".to_owned();
    run.overall = Stats {
        requests: Some(1000),
        failures: Some(3),
        rate: Some(PerSecond(3.0)),
        latency: Some(latency(1000, 200.0)),
        ..Stats::default()
    };
    run
}

fn endpoint(method: &str, name: &str, group: Option<&str>, stats: Stats) -> Endpoint {
    Endpoint {
        name: name.to_owned(),
        method: Some(method.to_owned()),
        path: None,
        group: group.map(str::to_owned),
        names_in: Vec::new(),
        stats,
    }
}

fn one(run: &Run, target: Target) -> TargetResult {
    let mut results = judge(run, &[target], &Options::default());
    assert_eq!(results.len(), 1);
    results.remove(0)
}

fn reason(result: &TargetResult) -> &str {
    result.reason.as_deref().unwrap_or("")
}

#[test]
fn a_kept_limit_passes_with_value_margin_and_n() {
    let mut named = target(limit("p95", Operator::Less, 250.0));
    named.name = Some("search is fast".to_owned());
    named.origin = Origin::File(PathBuf::from("dir/knee.toml"), 12);
    let result = one(&run(), named);
    assert_eq!(result.state, TargetState::Pass);
    assert_eq!(result.value, Some(200.0));
    assert_eq!(result.margin, Some(50.0));
    assert_eq!(result.n, Some(1000));
    assert_eq!(result.unit, Some(Unit::Millis));
    assert_eq!(result.metric.as_deref(), Some("p95"));
    assert_eq!(result.name, "search is fast");
    assert_eq!(result.expect, "as written");
    assert_eq!(result.origin, "knee.toml:12");
    assert_eq!((result.reason, result.endpoint), (None, None));
}

#[test]
fn strictness_is_kept() {
    // 3 < 3 is false.
    let states = [
        (Operator::Less, TargetState::Fail),
        (Operator::AtMost, TargetState::Pass),
        (Operator::Greater, TargetState::Fail),
        (Operator::AtLeast, TargetState::Pass),
    ];
    for (operator, state) in states {
        let result = one(&run(), target(limit("rate", operator, 3.0)));
        assert_eq!(result.state, state, "{operator:?}");
        assert_eq!(result.margin, Some(0.0));
        assert_eq!(result.name, "as written");
    }
}

#[test]
fn a_broken_limit_fails_with_a_negative_margin() {
    let result = one(&run(), target(limit("p95", Operator::Less, 180.0)));
    assert_eq!(result.state, TargetState::Fail);
    assert_eq!(result.margin, Some(-20.0));
    let range = Expectation::Figure {
        metric: "rate".parse().unwrap(),
        sum: false,
        at: None,
        bound: Bound::Range(20.0, 30.0),
        up_to: None,
        loads: None,
    };
    let result = one(&run(), target(range));
    assert_eq!(
        (result.state, result.margin),
        (TargetState::Fail, Some(-17.0))
    );
}

#[test]
fn a_broken_warn_level_warns_only_while_the_target_holds() {
    let mut given = target(limit("p95", Operator::Less, 250.0));
    given.warn = Some(limit("p95", Operator::Less, 180.0));
    given.warn_text = Some("p95 < 180ms".to_owned());
    let result = one(&run(), given.clone());
    assert_eq!(result.state, TargetState::Warn);
    assert_eq!(reason(&result), "its warn level p95 < 180ms is broken");
    given.expect = limit("p95", Operator::Less, 190.0);
    assert_eq!(one(&run(), given.clone()).state, TargetState::Fail);
    given.expect = limit("p95", Operator::Less, 250.0);
    given.warn = Some(limit("p95", Operator::AtMost, 200.0));
    assert_eq!(one(&run(), given.clone()).state, TargetState::Pass);
    // A warn level of another metric, measured and not measured.
    given.warn = Some(limit("p99", Operator::Less, 300.0));
    assert_eq!(one(&run(), given.clone()).state, TargetState::Warn);
    given.warn = Some(limit("apdex", Operator::Greater, 0.9));
    let result = one(&run(), given);
    assert_eq!(result.state, TargetState::Warn);
    assert!(reason(&result).contains("could not be judged: apdex is not measured"));
}

#[test]
fn a_limit_inside_the_interval_warns_when_the_interval_decides() {
    let mut given = target(limit("p95", Operator::Less, 205.0));
    assert_eq!(one(&run(), given.clone()).state, TargetState::Pass);
    given.decide = Decide::Interval;
    let result = one(&run(), given.clone());
    assert_eq!(result.state, TargetState::Warn);
    assert_eq!(reason(&result), "the limit lies inside the 95 % interval");
    // On either side of the value.
    given.expect = limit("p95", Operator::Less, 195.0);
    assert_eq!(one(&run(), given.clone()).state, TargetState::Warn);
    // Far away it is decided.
    given.expect = limit("p95", Operator::Less, 500.0);
    assert_eq!(one(&run(), given.clone()).state, TargetState::Pass);
    given.expect = limit("p95", Operator::Less, 100.0);
    assert_eq!(one(&run(), given.clone()).state, TargetState::Fail);
    // What has no interval is decided by its value.
    given.expect = limit("rate", Operator::Less, 3.5);
    assert_eq!(one(&run(), given).state, TargetState::Pass);
}

#[test]
fn no_failure_in_a_hundred_does_not_prove_none() {
    let mut clean = run();
    clean.overall.failures = Some(0);
    let mut given = target(limit("error_rate", Operator::AtMost, 0.0));
    assert_eq!(one(&clean, given.clone()).state, TargetState::Pass);
    given.decide = Decide::Interval;
    assert_eq!(one(&clean, given).state, TargetState::Warn);
}

#[test]
fn intervals_around_a_range_or_with_open_ends_are_undecided() {
    let interval = |lo, hi| Interval {
        lo,
        hi,
        level: 0.95,
    };
    let range = Bound::Range(20.0, 30.0);
    assert!(is_undecided(range, interval(Some(10.0), Some(40.0))));
    assert!(is_undecided(range, interval(Some(25.0), Some(40.0))));
    assert!(!is_undecided(range, interval(Some(31.0), Some(40.0))));
    assert!(!is_undecided(range, interval(Some(21.0), Some(29.0))));
    let less = Bound::Limit(Operator::Less, 100.0);
    assert!(is_undecided(less, interval(Some(50.0), None)));
    assert!(!is_undecided(less, interval(Some(150.0), None)));
    assert!(is_undecided(less, interval(Some(99.0), Some(100.0))));
}

#[test]
fn a_voided_latency_is_not_measured() {
    let mut voided = run();
    voided.overall.latency = None;
    let result = one(&voided, target(limit("p95", Operator::Less, 200.0)));
    assert_eq!(result.state, TargetState::NotMeasured);
    assert_eq!((result.value, result.margin), (None, None));
    assert_eq!(
        reason(&result),
        "p95 is not measured; the input gives neither this percentile nor the distribution"
    );
}

#[test]
fn a_quantile_of_too_few_samples_is_shown_and_not_judged() {
    let mut few = run();
    few.overall.latency = Some(latency(367, 200.0));
    let result = one(&few, target(limit("p99", Operator::Less, 1000.0)));
    assert_eq!(result.state, TargetState::NotMeasured);
    assert_eq!((result.value, result.margin), (Some(400.0), None));
    assert_eq!(
        reason(&result),
        "too few requests to judge: p99 needs 368, there are 367"
    );
    few.overall.latency = Some(latency(368, 200.0));
    let result = one(&few, target(limit("p99", Operator::Less, 1000.0)));
    assert_eq!(result.state, TargetState::Pass);
}

#[test]
fn another_scenario_does_not_apply() {
    let mut given = target(limit("p95", Operator::Less, 250.0));
    given.scenario = Some("search*".to_owned());
    let mut search = run();
    let result = one(&search, given.clone());
    assert_eq!(result.state, TargetState::NotApplicable);
    assert_eq!(
        reason(&result),
        "it is for the scenario search*; this run is of default"
    );
    search.identity.scenario = "search/eu".to_owned();
    assert_eq!(one(&search, given).state, TargetState::Pass);
}

#[test]
fn targets_on_load_levels_are_not_measured_by_one_run() {
    let levels = [
        Expectation::NoBlowUp {
            up_to: Some(100.0),
            loads: None,
        },
        Expectation::Figure {
            metric: "p95".parse().unwrap(),
            sum: false,
            at: Some(50.0),
            bound: Bound::Limit(Operator::Less, 250.0),
            up_to: None,
            loads: None,
        },
        limit("knee", Operator::AtLeast, 4.0),
    ];
    for (expect, level) in levels.into_iter().zip([None, Some(50.0), None]) {
        let result = one(&run(), target(expect));
        assert_eq!(result.state, TargetState::NotMeasured);
        assert_eq!(result.level, level);
        assert!(reason(&result).contains("this is one run"), "{result:?}");
    }
}

#[test]
fn every_matching_endpoint_is_judged() {
    let mut several = run();
    let fast = Stats {
        latency: Some(latency(1000, 50.0)),
        ..Stats::default()
    };
    several.endpoints = vec![
        endpoint("GET", "/api/items", Some("read"), fast.clone()),
        endpoint("GET", "/api/[id]", Some("read"), several.overall.clone()),
        endpoint("POST", "/api/items", Some("write"), fast),
    ];
    let mut given = target(limit("p95", Operator::Less, 100.0));
    given.endpoint = Some("GET *".to_owned());
    let results = judge(&several, &[given.clone()], &Options::default());
    let seen: Vec<_> = results
        .iter()
        .map(|r| (r.endpoint.as_deref().unwrap(), r.state))
        .collect();
    assert_eq!(
        seen,
        [
            ("GET /api/items", TargetState::Pass),
            ("GET /api/[id]", TargetState::Fail)
        ]
    );
    // As a glob `[id]` is one letter; as a text it is the label.
    given.endpoint = Some("GET /api/[id]".to_owned());
    assert_eq!(
        one(&several, given.clone()).endpoint.as_deref(),
        Some("GET /api/[id]")
    );
    // Not a glob at all, and not a label.
    given.endpoint = Some("GET /api/[".to_owned());
    let result = one(&several, given.clone());
    assert_eq!(result.state, TargetState::NotMeasured);
    assert_eq!(reason(&result), "no endpoint matches GET /api/[");
    given.endpoint = None;
    given.group = Some("wri*".to_owned());
    assert_eq!(
        one(&several, given.clone()).endpoint.as_deref(),
        Some("POST /api/items")
    );
    given.endpoint = Some("GET *".to_owned());
    assert_eq!(
        reason(&one(&several, given.clone())),
        "no endpoint of the group wri* matches GET *"
    );
    given.endpoint = None;
    given.group = Some("admin".to_owned());
    assert_eq!(
        reason(&one(&several, given)),
        "no endpoint belongs to the group admin"
    );
}

/// The two ingestion endpoints of document 002: 4.43/s and 71.45/s, every request refused with 403.
fn ingestion() -> Run {
    let refused = |requests: u64, rate: f64| Stats {
        requests: Some(requests),
        failures: Some(requests),
        rate: Some(PerSecond(rate)),
        goodput: Some(PerSecond(0.0)),
        latency: Some(latency(requests, 2.0)),
        ..Stats::default()
    };
    let mut run = run();
    run.endpoints = vec![
        endpoint(
            "POST",
            "/api/v1/data/ingest",
            Some("events"),
            refused(793, 4.43),
        ),
        endpoint(
            "POST",
            "/api/v1/data/ingest [STRESS]",
            Some("events"),
            refused(12_800, 71.45),
        ),
        endpoint("GET", "/health", None, refused(1200, 6.7)),
    ];
    run
}

#[test]
fn the_sum_of_two_endpoints_does_not_reach_what_was_claimed() {
    let mut given = target(sum("rate", Operator::Greater, 100.0));
    given.group = Some("events".to_owned());
    let result = one(&ingestion(), given.clone());
    assert_eq!(result.state, TargetState::Fail);
    assert!((result.value.unwrap() - 75.88).abs() < 1e-9);
    assert!((result.margin.unwrap() + 24.12).abs() < 1e-9);
    assert_eq!(result.n, Some(13_593));
    given.expect = sum("goodput", Operator::Greater, 100.0);
    let result = one(&ingestion(), given.clone());
    assert_eq!((result.state, result.value), (TargetState::Fail, Some(0.0)));
    given.expect = sum("requests", Operator::AtLeast, 13_593.0);
    given.group = None;
    given.endpoint = Some("POST */ingest*".to_owned());
    assert_eq!(one(&ingestion(), given).state, TargetState::Pass);
}

#[test]
fn what_does_not_add_up_is_not_added() {
    let mut given = target(sum("p95", Operator::Less, 100.0));
    given.group = Some("events".to_owned());
    let result = one(&ingestion(), given.clone());
    assert_eq!(result.state, TargetState::NotMeasured);
    assert!(
        reason(&result).starts_with("p95 of several endpoints cannot be added up; requests,"),
        "{result:?}"
    );
    given.expect = sum("bytes_received", Operator::Less, 100.0);
    assert_eq!(
        reason(&one(&ingestion(), given.clone())),
        "bytes_received of POST /api/v1/data/ingest is not measured"
    );
    given.expect = sum("rate", Operator::Less, 100.0);
    given.group = None;
    assert_eq!(
        reason(&one(&run(), given)),
        "the input gives no endpoints to add up"
    );
}

#[test]
fn figures_of_the_run_are_not_those_of_an_endpoint() {
    let mut given = target(limit("peak_rate", Operator::Greater, 1.0));
    assert_eq!(
        reason(&one(&ingestion(), given.clone())),
        "peak_rate is not measured; it takes a timeline of at least 20 s, and a window of 10 s that is not below the average"
    );
    given.endpoint = Some("GET /health".to_owned());
    given.optional = true;
    let result = one(&ingestion(), given);
    assert_eq!(
        reason(&result),
        "peak_rate is not measured for single endpoints"
    );
    assert!(result.optional);
}

#[test]
fn a_phase_that_is_not_separated_is_not_measured() {
    let mut given = target(limit("resource:api.memory.max", Operator::Less, 1.0));
    given.phase = Some("idle".to_owned());
    assert_eq!(one(&run(), given.clone()).state, TargetState::NotMeasured);
    given.expect = limit("p95", Operator::Less, 250.0);
    assert_eq!(one(&run(), given.clone()).state, TargetState::NotMeasured);
    given.phase = Some("load".to_owned());
    assert_eq!(one(&run(), given).state, TargetState::Pass);
}

#[test]
fn the_result_of_a_resource_says_in_which_phase_it_was_measured() {
    let mut run = run();
    for phase in [ResourcePhase::Idle, ResourcePhase::Load] {
        run.resources.push(Resource {
            component: "api".to_owned(),
            name: "memory".to_owned(),
            unit: Some("B".to_owned()),
            phase: Some(phase),
            samples: 5,
            min: None,
            mean: None,
            // Idle and load alike: nothing but the phase tells them apart.
            max: Some(7.0),
            first: None,
            last: None,
            slope_per_s: None,
            series: Vec::new(),
        });
    }
    let mut given = target(limit("resource:api.memory.max", Operator::Less, 9.0));
    assert_eq!(one(&run, given.clone()).phase, Some(ResourcePhase::Load));
    given.phase = Some("idle".to_owned());
    let idle = one(&run, given.clone());
    assert_eq!(
        (idle.phase, idle.value),
        (Some(ResourcePhase::Idle), Some(7.0))
    );
    given.expect = limit("p95", Operator::Less, 250.0);
    given.phase = Some("load".to_owned());
    assert_eq!(one(&run, given).phase, None);
}
