//! Reports made by hand for the tests of outputs.

use crate::model::{Better, PerSecond, Run, Seconds, Stats, Unit};
use crate::pipeline::{Options, analyse};
use crate::report::About;
use crate::report::comparison::{
    ChangeUnit, ComparedMetric, ComparedSide, Comparison, ComparisonVerdict, Method, MetricState,
};
use crate::report::{Effect, Evidence, Finding, Interval, Report, TargetResult, TargetState};

/// A run of 1,000 requests in 100 s, all answered 200.
pub(super) fn report() -> Report {
    let mut run = Run::new("ours", "format");
    run.id = "run".to_owned();
    run.name = "new.json".to_owned();
    run.duration = Some(Seconds(100.0));
    run.overall = Stats {
        requests: Some(1000),
        responses: Some(1000),
        failures: Some(0),
        rate: Some(PerSecond(10.0)),
        codes: [("200".to_owned(), 1000)].into(),
        ..Stats::default()
    };
    analyse(vec![run], &Options::default())
}

/// `p95 < 200ms` of the run, with that value.
pub(super) fn target(name: &str, value: f64, state: TargetState) -> TargetResult {
    let measured = state != TargetState::NotMeasured;
    TargetResult {
        name: name.to_owned(),
        run: "run".to_owned(),
        endpoint: None,
        level: None,
        metric: Some("p95".to_owned()),
        phase: None,
        expect: "p95 < 200ms".to_owned(),
        value: measured.then_some(value),
        unit: Some(Unit::Millis),
        interval: None,
        n: measured.then_some(1000),
        margin: measured.then_some(200.0 - value),
        state,
        reason: (!measured).then(|| "the input has no latencies".to_owned()),
        optional: false,
        origin: "knee.toml:12".to_owned(),
    }
}

/// A broken target of an endpoint of its own; the higher the number, the worse.
pub(super) fn broken(number: u32) -> TargetResult {
    let mut broken = target("answers", 201.0 + f64::from(number), TargetState::Fail);
    broken.endpoint = Some(format!("GET /{number:05}"));
    broken
}

/// p95 from 170 ms to 210 ms.
pub(super) fn compared(endpoint: Option<&str>, state: MetricState) -> ComparedMetric {
    ComparedMetric {
        endpoint: endpoint.map(str::to_owned),
        metric: "p95".to_owned(),
        unit: Unit::Millis,
        better: Better::Lower,
        base: Some(170.0),
        new: Some(210.0),
        change: Some(40.0 / 170.0),
        change_unit: Some(ChangeUnit::Relative),
        interval: Some(Interval {
            lo: Some(0.18),
            hi: Some(0.3),
            level: 0.95,
        }),
        method: Some(Method::Repeats),
        n_base: Some(1000),
        n_new: Some(1100),
        runs_base: 5,
        runs_new: 5,
        p_value: Some(0.002),
        q_value: Some(0.004),
        state,
        reasons: Vec::new(),
        clipped: Vec::new(),
        guarded: false,
        smallest_detectable: Some(0.1),
        repeats_needed: None,
        rank_p_value: None,
        learned_spread: None,
        runs_apart: 0,
        against_others: None,
    }
}

/// A comparison of the scenario `search` with `main`.
pub(super) fn comparison(metrics: Vec<ComparedMetric>) -> Comparison {
    let is = |state| metrics.iter().any(|metric| metric.state == state);
    let side = |name: &str, run: &str| ComparedSide {
        name: Some(name.to_owned()),
        runs: vec![run.to_owned()],
        repeats: 1,
        started_at: None,
        last_started_at: None,
        accepted: false,
    };
    Comparison {
        scenario: "search".to_owned(),
        verdict: if is(MetricState::Regressed) {
            ComparisonVerdict::Regressed
        } else if is(MetricState::Improved) {
            ComparisonVerdict::Improved
        } else {
            ComparisonVerdict::NoRegressionShown
        },
        reasons: Vec::new(),
        compared_share: None,
        judged_share: None,
        endpoints_compared: 0,
        endpoints_judged: 0,
        age_days: None,
        base: side("main", "base"),
        new: side("new.json", "run"),
        interleaved: false,
        spread: [("p95".to_owned(), 0.1)].into(),
        metrics,
        geometric_means: Vec::new(),
        endpoints_added: Vec::new(),
        endpoints_removed: Vec::new(),
    }
}

/// A rule that fired at the run.
pub(super) fn finding(rule: &str, effect: Effect, message: &str) -> Finding {
    Finding {
        rule: rule.parse().unwrap(),
        name: "a-rule".to_owned(),
        about: match rule {
            "V22" | "V45" | "V46" | "V47" | "V48" | "V49" | "R01" => About::Pair,
            "V23" | "S01" | "S03" => About::Series,
            _ => About::Run,
        },
        severity: effect.into(),
        effect,
        run: Some("run".to_owned()),
        endpoint: None,
        also_at: Vec::new(),
        part_of: None,
        metric: None,
        evidence: Evidence::new(),
        message: message.to_owned(),
        hint: None,
    }
}
