//! Hand-made runs for the tests of rules, among them the ones that documents 000 and 002 describe.

use crate::figures;
use crate::figures::side::Allow;
use crate::load::plan::{DeclaredLoad, Plan, Scenario};
use crate::model::{
    Bound, Decide, Endpoint, ErrorCount, ErrorKind, Expectation, Histogram, Latency, MetricId,
    Millis, Origin, Phase, Population, QuantileMethod, Resolution, ResolutionKind, Resource, Run,
    Seconds, Slice, Stats, Target, ThinkTime, Unit,
};
use crate::report::comparison::{
    ComparedMetric, ComparedSide, Comparison, ComparisonVerdict, Method, MetricState,
};
use crate::report::scaling::Scaling;
use crate::report::{TargetResult, TargetState};
use crate::rules::{
    Asks, ComparedContext, Fired, Options, PairContext, PlanContext, Rule, RunContext,
    SeriesContext,
};

/// Asks one rule about a run without targets, with its own limit.
pub(super) fn ask(rule: &Rule, run: &Run) -> Vec<Fired> {
    ask_with(rule, run, &[], &[])
}

/// Asks one rule about a run with targets, with its own limit.
pub(super) fn ask_with(
    rule: &Rule,
    run: &Run,
    targets: &[Target],
    results: &[TargetResult],
) -> Vec<Fired> {
    ask_run(rule, run, targets, results, None)
}

/// Asks one rule about a run of a declared scenario.
pub(super) fn ask_of(rule: &Rule, run: &Run, scenario: &Scenario) -> Vec<Fired> {
    ask_run(rule, run, &[], &[], Some(scenario))
}

fn ask_run(
    rule: &Rule,
    run: &Run,
    targets: &[Target],
    results: &[TargetResult],
    scenario: Option<&Scenario>,
) -> Vec<Fired> {
    let Asks::Run(question) = rule.asks else {
        panic!("{} asks no run", rule.id);
    };
    question(&RunContext {
        run,
        targets,
        results,
        scenario,
        figures: &figures::Options::default(),
        limit: rule.limit.map_or(0.0, |(limit, _)| limit),
    })
}

/// Asks one rule about a series, with its own limit.
pub(super) fn ask_series(rule: &Rule, scaling: &Scaling) -> Vec<Fired> {
    let Asks::Series(question) = rule.asks else {
        panic!("{} does not ask about a series", rule.id);
    };
    question(&SeriesContext {
        scaling,
        limit: rule.limit.map_or(0.0, |(limit, _)| limit),
    })
}

/// Asks one rule about two sides, nothing allowed, with its own limit.
pub(super) fn ask_pair(rule: &Rule, base: &[&Run], new: &[&Run]) -> Vec<Fired> {
    ask_pair_allowing(rule, base, new, Allow::default())
}

/// Asks one rule about two sides with differences that are allowed.
pub(super) fn ask_pair_allowing(
    rule: &Rule,
    base: &[&Run],
    new: &[&Run],
    allow: Allow,
) -> Vec<Fired> {
    let Asks::Pair(question) = rule.asks else {
        panic!("{} asks no pair", rule.id);
    };
    question(&PairContext {
        scenario: &base.first().or(new.first()).unwrap().identity.scenario,
        base,
        new,
        allow,
        accepted: false,
        limit: rule.limit.map_or(0.0, |(limit, _)| limit),
    })
}

/// Asks one rule about what comparing two sides gave, with its own limit.
pub(super) fn ask_compared(
    rule: &Rule,
    comparison: &Comparison,
    base: &[&Run],
    new: &[&Run],
) -> Vec<Fired> {
    let Asks::Compared(question) = rule.asks else {
        panic!("{} asks no comparison", rule.id);
    };
    question(&ComparedContext {
        comparison,
        base,
        new,
        limit: rule.limit.map_or(0.0, |(limit, _)| limit),
    })
}

/// Five repeats in turn against a base called "main", with these metrics.
pub(crate) fn comparison(metrics: Vec<ComparedMetric>) -> Comparison {
    let side = |name: &str| ComparedSide {
        name: Some(name.to_owned()),
        runs: vec![format!("{name}-1")],
        repeats: 5,
        started_at: None,
        last_started_at: None,
        accepted: false,
    };
    Comparison {
        scenario: "default".to_owned(),
        verdict: ComparisonVerdict::NoRegressionShown,
        reasons: Vec::new(),
        compared_share: None,
        judged_share: None,
        endpoints_compared: 0,
        endpoints_judged: 0,
        age_days: None,
        base: side("main"),
        new: side("branch"),
        interleaved: true,
        spread: std::collections::BTreeMap::new(),
        metrics,
        geometric_means: Vec::new(),
        endpoints_added: Vec::new(),
        endpoints_removed: Vec::new(),
    }
}

/// A metric in that state, judged by repeats; figures are for the test to fill in.
pub(crate) fn compared(metric: &str, endpoint: Option<&str>, state: MetricState) -> ComparedMetric {
    let id: MetricId = metric.parse().unwrap();
    ComparedMetric {
        endpoint: endpoint.map(str::to_owned),
        metric: metric.to_owned(),
        unit: id.unit(),
        better: id.spec().better,
        base: None,
        new: None,
        change: None,
        change_unit: None,
        interval: None,
        method: Some(Method::Repeats),
        n_base: None,
        n_new: None,
        runs_base: 5,
        runs_new: 5,
        p_value: None,
        q_value: None,
        state,
        reasons: Vec::new(),
        clipped: Vec::new(),
        guarded: false,
        smallest_detectable: None,
        repeats_needed: None,
        rank_p_value: None,
        learned_spread: None,
        runs_apart: 0,
        against_others: None,
    }
}

/// Asks one rule about a plan, with its own limit.
pub(super) fn ask_plan(
    rule: &Rule,
    plan: &Plan,
    targets: &[Target],
    results: &[TargetResult],
    runs: &[&Run],
) -> Vec<Fired> {
    let (Asks::Plan(question) | Asks::Claims(question)) = rule.asks else {
        panic!("{} asks no plan", rule.id);
    };
    question(&PlanContext {
        plan,
        targets,
        results,
        runs,
        scalings: &[],
        options: &Options::default(),
        limit: rule.limit.map_or(0.0, |(limit, _)| limit),
    })
}

/// A scenario of which only the name is declared, in that line.
pub(super) fn scenario(name: &str, line: usize) -> Scenario {
    Scenario {
        name: name.to_owned(),
        runs: Vec::new(),
        description: None,
        load: DeclaredLoad::default(),
        levels: std::collections::BTreeMap::new(),
        origin: Origin::File("knee.toml".into(), line),
    }
}

/// A closed scenario with users and a range of think time in seconds.
pub(super) fn closed(name: &str, users: f64, (from, to): (f64, f64)) -> Scenario {
    let mut scenario = scenario(name, 1);
    scenario.load.users = Some(users);
    scenario.load.think_time = Some(ThinkTime {
        from: Seconds(from),
        to: Seconds(to),
    });
    scenario
}

/// A target as `knee.toml` would have it in that line: its text, and what the text means.
pub(super) fn target(
    text: &str,
    metric: &str,
    bound: Bound,
    scenario: Option<&str>,
    line: usize,
) -> Target {
    Target {
        name: None,
        scenario: scenario.map(str::to_owned),
        endpoint: None,
        group: None,
        phase: None,
        expect: Expectation::Figure {
            metric: metric.parse().unwrap(),
            sum: false,
            at: None,
            bound,
            up_to: None,
            loads: None,
        },
        expect_text: text.to_owned(),
        warn: None,
        warn_text: None,
        optional: false,
        decide: Decide::Value,
        origin: Origin::File("knee.toml".into(), line),
    }
}

/// Whole milliseconds through a sketch with a relative error of 1 %, as Artillery writes them.
pub(super) const SKETCH: Resolution = Resolution {
    kind: ResolutionKind::Relative,
    relative: Some(0.01),
    absolute: Some(Millis(1.0)),
};

/// Whole milliseconds below 100, two digits above, as Locust writes them.
pub(super) const TWO_DIGITS: Resolution = Resolution {
    kind: ResolutionKind::Rounded,
    relative: Some(0.05),
    absolute: Some(Millis(1.0)),
};

/// Counts without latency.
pub(crate) fn counts(requests: u64, failures: u64) -> Stats {
    Stats {
        requests: Some(requests),
        failures: Some(failures),
        ..Stats::default()
    }
}

/// A latency from figures by name: `min`, `mean`, `stddev`, `max`, or a percentile.
pub(super) fn latency(population: Population, count: u64, figures: &[(&str, f64)]) -> Latency {
    let mut latency = Latency::of(population, count);
    latency.quantile_method = QuantileMethod::NearestRank;
    latency.resolution.kind = ResolutionKind::Exact;
    for (name, value) in figures {
        let value = Millis(*value);
        match *name {
            "min" => latency.min = Some(value),
            "mean" => latency.mean = Some(value),
            "stddev" => latency.stddev = Some(value),
            "max" => latency.max = Some(value),
            percentile => {
                latency
                    .percentiles
                    .insert(percentile.parse().unwrap(), value);
            }
        }
    }
    latency
}

/// A histogram of exact values.
pub(super) fn histogram(values: &[(f64, u64)]) -> Histogram {
    let mut histogram = Histogram::default();
    for (value, count) in values {
        histogram.push(Millis(*value), Millis(*value), *count);
    }
    histogram
}

/// A run with these counts and this length.
pub(crate) fn run(stats: Stats, seconds: f64) -> Run {
    let mut run = Run::new("test", "test");
    run.id = "run".to_owned();
    run.duration = Some(Seconds(seconds));
    run.overall = stats;
    run.overall.set_rates(run.duration);
    run
}

/// An endpoint.
pub(super) fn endpoint(method: &str, name: &str, stats: Stats) -> Endpoint {
    Endpoint {
        name: name.to_owned(),
        method: Some(method.to_owned()),
        path: None,
        group: None,
        names_in: Vec::new(),
        stats,
    }
}

/// A slice with that many samples around a median.
pub(crate) fn slice(start: f64, seconds: f64, samples: u64, p50: f64) -> Slice {
    let mut stats = counts(samples, 0);
    stats.latency = Some(latency(Population::All, samples, &[("p50", p50)]));
    Slice {
        latency_window: None,
        completed: None,
        start: Seconds(start),
        duration: Seconds(seconds),
        users: None,
        arrivals: None,
        stats,
        endpoints: Vec::new(),
    }
}

/// A run whose slices of 10 s have these medians, 100 samples each.
pub(super) fn sliced(medians: &[f64]) -> Run {
    let slices = medians.len() as u64;
    let mut stats = counts(100 * slices, 0);
    stats.latency = Some(latency(Population::All, 100 * slices, &[("p50", 20.0)]));
    let mut run = run(stats, 10.0 * slices as f64);
    run.timeline = medians
        .iter()
        .enumerate()
        .map(|(place, p50)| slice(10.0 * place as f64, 10.0, 100, *p50))
        .collect();
    run
}

/// A phase in which the users rise from 0 to 50.
pub(super) fn ramp(start: f64, seconds: f64) -> Phase {
    Phase {
        name: None,
        start: Seconds(start),
        duration: Seconds(seconds),
        users_from: Some(0.0),
        users_to: Some(50.0),
        rate_from: None,
        rate_to: None,
    }
}

/// A resource of these samples, without times.
pub(super) fn resource(
    component: &str,
    name: &str,
    unit: Option<&str>,
    values: &[f64],
) -> Resource {
    let sum: f64 = values.iter().sum();
    Resource {
        component: component.to_owned(),
        name: name.to_owned(),
        unit: unit.map(str::to_owned),
        phase: None,
        samples: values.len() as u64,
        min: values.iter().copied().reduce(f64::min),
        mean: Some(sum / values.len() as f64),
        max: values.iter().copied().reduce(f64::max),
        first: values.first().copied(),
        last: values.last().copied(),
        slope_per_s: None,
        series: Vec::new(),
    }
}

/// A target's result on p95 with the limit 200 ms.
pub(crate) fn result(state: TargetState, endpoint: Option<&str>, value: f64) -> TargetResult {
    TargetResult {
        name: "p95 < 200ms".to_owned(),
        run: "run".to_owned(),
        endpoint: endpoint.map(str::to_owned),
        level: None,
        metric: Some("p95".to_owned()),
        phase: None,
        expect: "p95 < 200ms".to_owned(),
        value: Some(value),
        unit: Some(Unit::Millis),
        interval: None,
        n: Some(1475),
        margin: Some(200.0 - value),
        state,
        reason: None,
        optional: false,
        origin: "--target".to_owned(),
    }
}

/// A report of document 000: Artillery, every request answered 200.
fn artillery(requests: u64, seconds: f64, reported_rate: f64, figures: &[(&str, f64)]) -> Run {
    let mut stats = counts(requests, 0);
    stats.responses = Some(requests);
    stats.codes.insert("200".to_owned(), requests);
    stats
        .as_reported
        .insert("rate_per_s".to_owned(), reported_rate);
    let mut answered = latency(Population::Answered, requests, figures);
    answered.resolution = SKETCH;
    answered.quantile_method = QuantileMethod::Sketch;
    stats.latency = Some(answered);
    run(stats, seconds)
}

/// Document 000, Report 1: 1,475 requests of the search scenario.
pub(super) fn search() -> Run {
    let figures = [
        ("min", 8.0),
        ("p50", 36.2),
        ("mean", 253.9),
        ("p95", 561.2),
        ("p99", 608.0),
        ("max", 805.0),
    ];
    artillery(1475, 60.0, 19.0, &figures)
}

/// Document 000, Report 2: the hard scenario at 1 user a second for 60 s.
pub(super) fn hardwork_1() -> Run {
    let figures = [
        ("min", 7.0),
        ("p50", 15.0),
        ("mean", 96.1),
        ("p95", 368.8),
        ("p99", 407.5),
        ("max", 474.0),
    ];
    artillery(480, 60.0, 4.0, &figures)
}

/// Document 000, Report 3: up to 2 users a second.
pub(super) fn hardwork_2() -> Run {
    let figures = [
        ("min", 8.0),
        ("p50", 32.1),
        ("mean", 141.4),
        ("p95", 772.9),
        ("p99", 854.2),
        ("max", 922.0),
    ];
    artillery(720, 60.0, 9.0, &figures)
}

/// Document 000, Report 4: up to 4 users a second.
pub(super) fn hardwork_4() -> Run {
    let figures = [
        ("min", 3.0),
        ("p50", 70.1),
        ("mean", 483.9),
        ("p95", 2893.5),
        ("p99", 8024.5),
        ("max", 8348.0),
    ];
    artillery(1200, 60.0, 12.0, &figures)
}

/// Document 002: 15,914 requests of which 14,090 failed, failures inside the latency, whole milliseconds.
pub(super) fn day_17() -> Run {
    let locust = |requests, failures, figures: &[(&str, f64)]| {
        let mut stats = counts(requests, failures);
        let mut all = latency(Population::All, requests, figures);
        all.resolution = TWO_DIGITS;
        all.quantile_method = QuantileMethod::Bucketed;
        stats.latency = Some(all);
        stats
    };
    let figures = [
        ("p50", 1.0),
        ("p75", 1.0),
        ("p90", 2.0),
        ("p95", 2.0),
        ("p99", 3.0),
        ("p99.9", 50.0),
        ("max", 124.0),
    ];
    let mut run = run(locust(15_914, 14_090, &figures), 179.15);
    let short = [("mean", 1.0), ("p95", 2.0)];
    for (method, name, requests, failures) in [
        ("GET", "/api/v1/database/query", 191, 0),
        ("GET", "/api/v1/ml/models/list", 197, 197),
        ("GET", "/health/*", 1200, 300),
        ("GET", "/metrics", 361, 0),
        ("POST", "/api/v1/data/ingest", 793, 793),
        ("POST", "/api/v1/data/ingest [stress]", 12_800, 12_800),
        ("POST", "/api/v1/ml/predict", 372, 0),
    ] {
        let stats = locust(requests, failures, &short);
        run.endpoints.push(endpoint(method, name, stats));
    }
    for (method, name, code, count) in [
        ("POST", "/api/v1/data/ingest", "403", 793),
        ("POST", "/api/v1/data/ingest [stress]", "403", 12_800),
        ("GET", "/health/*", "404", 300),
        ("GET", "/api/v1/ml/models/list", "404", 197),
    ] {
        run.errors.push(ErrorCount {
            endpoint: Some(name.to_owned()),
            method: Some(method.to_owned()),
            kind: ErrorKind::HttpStatus,
            code: Some(code.to_owned()),
            message: None,
            count,
        });
    }
    run
}
