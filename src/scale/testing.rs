//! Series made by hand for the tests of sentences, sections and charts.

use std::collections::BTreeMap;

use crate::model::Unit;
use crate::report::Evidence;
use crate::report::Interval;
use crate::report::Support;
use crate::report::scaling::StepReason;
use crate::report::scaling::{
    Capacity, Criterion, Efficiency, Knee, LeftOut, Level, LevelOf, Scaling, Step, StepClass, Usl,
};

/// A 95 % interval.
pub(crate) fn interval(lo: f64, hi: f64) -> Interval {
    Interval {
        lo: Some(lo),
        hi: Some(hi),
        level: 0.95,
    }
}

/// A level: offered, achieved and goodput per second; p50, p95, p99.
pub(crate) fn at(value: f64, rates: [f64; 3], latencies: [f64; 3]) -> Level {
    let names = ["p50", "p95", "p99"].map(str::to_owned);
    Level {
        value,
        peak: None,
        stated: None,
        by_label: false,
        runs: vec![format!("run-{value}")],
        from_s: None,
        to_s: None,
        offered_per_s: Some(rates[0]),
        achieved_per_s: Some(rates[1]),
        goodput_per_s: Some(rates[2]),
        error_rate: Some(0.0),
        completed_per_s: None,
        figures: names.into_iter().zip(latencies).collect(),
        support: BTreeMap::new(),
        repeats: BTreeMap::new(),
        n: Some(3000),
        settling_dropped_s: None,
        backlog: None,
        endpoints: Vec::new(),
    }
}

/// A step of the whole run under constant loads.
pub(crate) fn step(ends: [f64; 2], metric: &str, ratio: f64, class: StepClass) -> Step {
    let load_ratio = ends[1] / ends[0];
    let exponent = ratio.ln() / load_ratio.ln();
    Step {
        from: ends[0],
        to: ends[1],
        endpoint: None,
        metric: metric.to_owned(),
        load_ratio,
        load_ratio_peak: None,
        ratio,
        exponent: Some(exponent),
        exponent_peak: None,
        interval: Some(interval(exponent - 0.2, exponent + 0.2)),
        interval_peak: None,
        class,
        reasons: Vec::new(),
        excess_over_linear: Some(ratio / load_ratio),
    }
}

/// A series without an answer.
pub(crate) fn series(scenario: &str, level_of: LevelOf, levels: Vec<Level>) -> Scaling {
    let level_name = match level_of {
        LevelOf::Arrivals => "arrivals/s",
        LevelOf::Requests => "requests/s",
        LevelOf::Users => "users",
        LevelOf::Stated => "load",
        LevelOf::Resources => "instances",
    };
    Scaling {
        scenario: scenario.to_owned(),
        level_name: level_name.to_owned(),
        level_of,
        levels,
        steps: Vec::new(),
        knee: None,
        capacity: None,
        headroom: None,
        efficiency: Vec::new(),
        amdahl_serial: None,
        usl: None,
        usl_reason: None,
        left_out: Vec::new(),
        endpoints_elsewhere: Vec::new(),
        remarks: Vec::new(),
    }
}

/// A knee that is there.
pub(crate) fn knee(criterion: Criterion, ends: [f64; 2], level: f64, last_good: f64) -> Knee {
    Knee {
        found: true,
        level: Some(level),
        interval: Some(interval(ends[0], ends[1])),
        last_good: Some(last_good),
        criterion: Some(criterion),
        metric: None,
        endpoint: None,
        method: None,
        unasked: Vec::new(),
        evidence: Evidence::new(),
    }
}

/// One stepped run, 1 to 16 flows of ten requests per second; at 44/s it is full.
pub(crate) fn saturated() -> Scaling {
    let mut levels = vec![
        at(1.0, [10.0, 10.0, 10.0], [12.0, 20.0, 30.0]),
        at(2.0, [20.0, 20.0, 20.0], [13.0, 22.0, 33.0]),
        at(4.0, [40.0, 39.8, 39.6], [18.0, 40.0, 70.0]),
        at(8.0, [80.0, 44.5, 44.0], [400.0, 1500.0, 2100.0]),
        at(16.0, [160.0, 43.0, 41.0], [900.0, 3800.0, 5200.0]),
    ];
    let mut start = 2.0;
    for level in &mut levels {
        level.runs = vec!["stepped".to_owned()];
        (level.from_s, level.to_s) = (Some(start), Some(start + 18.0));
        level.settling_dropped_s = Some(2.0);
        start += 20.0;
    }
    levels[3].error_rate = Some(0.012);
    levels[4].error_rate = Some(0.046);
    levels[3].backlog = Some(0.44);
    levels[4].backlog = Some(0.73);
    levels[0].n = Some(180);
    levels[0].support.insert("p99".to_owned(), Support::None);
    levels[1].support.insert("p99".to_owned(), Support::Weak);
    let mut scaling = series("hardwork", LevelOf::Arrivals, levels);
    let mut endpoint = step([4.0, 8.0], "p95", 30.0, StepClass::BlowUp);
    endpoint.endpoint = Some("GET /work".to_owned());
    let mut calm = step([4.0, 8.0], "p95", 1.0, StepClass::Flat);
    calm.endpoint = Some("GET /health".to_owned());
    scaling.steps = vec![
        step([2.0, 4.0], "p95", 40.0 / 22.0, StepClass::Linear),
        step([4.0, 8.0], "p95", 37.5, StepClass::BlowUp),
        step([4.0, 8.0], "p99", 30.0, StepClass::BlowUp),
        endpoint,
        calm,
    ];
    scaling.steps[2].reasons = vec![StepReason::BySize];
    let mut found = knee(Criterion::Saturation, [4.0, 8.0], 4.4, 4.0);
    found.evidence = Evidence::new().with("achieved_over_offered", 0.55625, Unit::Ratio);
    scaling.knee = Some(found);
    scaling.capacity = Some(Capacity {
        goodput_per_s: Some(44.0),
        at: Some(8.0),
        within_range: true,
    });
    scaling.headroom = Some(0.1);
    let law = |load: f64| {
        let rate = 11.0 * load / (1.0 + 0.05 * (load - 1.0) + 0.015 * load * (load - 1.0));
        (load, rate)
    };
    scaling.usl = Some(Usl {
        lambda: 11.0,
        lowest_per_unit: Some(11.0),
        lambda_in_range: true,
        sigma: 0.05,
        kappa: 0.015,
        peak_load: Some(7.958),
        peak_rate: Some(40.4),
        intervals: BTreeMap::new(),
        in_range: true,
        curve: (2..=32).map(|half| law(f64::from(half) / 2.0)).collect(),
    });
    scaling.left_out = vec![LeftOut {
        run: "aborted".to_owned(),
        reason: "it holds no successes".to_owned(),
    }];
    scaling.remarks =
        vec!["1 of 12 windows lies in two phases: it belongs to no level.".to_owned()];
    scaling
}

/// Document 000: 1/s, a ramp to 2/s, a ramp to 4/s.
pub(crate) fn document() -> Scaling {
    let mut levels = vec![
        at(1.0, [8.0, 8.0, 8.0], [15.0, 368.8, 407.5]),
        at(1.5, [12.0, 12.0, 12.0], [32.1, 772.9, 854.2]),
        at(2.5, [20.0, 20.0, 20.0], [70.1, 2893.5, 8024.5]),
    ];
    (levels[1].peak, levels[2].peak) = (Some(2.0), Some(4.0));
    for (level, n) in levels.iter_mut().zip([480, 720, 1200]) {
        level.n = Some(n);
    }
    let mut scaling = series("purchase", LevelOf::Arrivals, levels);
    let rows = [
        ("p50", [2.14, 2.184], [[1.88, 1.10], [1.53, 1.13]], false),
        ("p95", [2.096, 3.744], [[1.82, 1.07], [2.58, 1.90]], true),
        ("p99", [2.096, 9.394], [[1.83, 1.07], [4.39, 3.23]], true),
    ];
    for (metric, ratios, exponents, blows_up) in rows {
        for place in 0..2 {
            let (ends, by_mean) = [([1.0, 1.5], 1.5), ([1.5, 2.5], 5.0 / 3.0)][place];
            let [mean, peak] = exponents[place];
            let mut one = step(ends, metric, ratios[place], StepClass::Undecided);
            one.load_ratio = by_mean;
            one.load_ratio_peak = Some(2.0);
            (one.exponent, one.exponent_peak) = (Some(mean), Some(peak));
            one.interval = Some(interval(mean - 0.4, mean + 0.4));
            one.interval_peak = Some(interval(peak - 0.3, peak + 0.3));
            one.excess_over_linear = Some(ratios[place] / 2.0);
            if blows_up && place == 1 {
                one.class = StepClass::BlowUp;
            } else {
                one.reasons = vec![StepReason::Ramp];
            }
            scaling.steps.push(one);
        }
    }
    let mut found = knee(Criterion::BlowUp, [2.0, 4.0], 3.0, 2.0);
    found.metric = Some("p99".to_owned());
    scaling.knee = Some(found);
    scaling.capacity = Some(Capacity {
        goodput_per_s: Some(20.0),
        at: Some(2.5),
        within_range: false,
    });
    scaling.usl_reason = Some("the law needs four loads, and there are three".to_owned());
    scaling
}

/// Five levels at which nothing happens.
pub(crate) fn calm() -> Scaling {
    let levels = [1.0, 2.0, 4.0, 8.0, 16.0].map(|load| {
        at(
            load,
            [5.0 * load, 5.0 * load, 5.0 * load],
            [12.0, 20.0, 30.0],
        )
    });
    let mut scaling = series("search", LevelOf::Arrivals, levels.to_vec());
    scaling.knee = Some(Knee {
        found: false,
        level: None,
        interval: None,
        last_good: Some(16.0),
        criterion: None,
        metric: None,
        endpoint: None,
        method: None,
        unasked: Vec::new(),
        evidence: Evidence::new(),
    });
    scaling.steps = vec![step([8.0, 16.0], "p95", 1.01, StepClass::Flat)];
    scaling.capacity = Some(Capacity {
        goodput_per_s: Some(80.0),
        at: Some(16.0),
        within_range: false,
    });
    scaling
}

/// One level.
pub(crate) fn single() -> Scaling {
    let level = at(8.0, [80.0, 80.0, 80.0], [12.0, 20.0, 30.0]);
    series("login", LevelOf::Arrivals, vec![level])
}

/// 1, 2 and 4 instances, repeated three times.
pub(crate) fn instances() -> Scaling {
    let mut levels = vec![
        at(1.0, [300.0, 100.0, 100.0], [50.0, 90.0, 120.0]),
        at(2.0, [300.0, 190.0, 190.0], [40.0, 70.0, 100.0]),
        at(4.0, [300.0, 320.0, 320.0], [30.0, 60.0, 80.0]),
    ];
    for level in &mut levels {
        level.runs = ["a", "b", "c"].map(str::to_owned).to_vec();
        level.offered_per_s = None;
    }
    let mut scaling = series("checkout", LevelOf::Resources, levels);
    let of = |level: f64, speed_up: f64, ends: Option<Interval>| Efficiency {
        level,
        value: speed_up / level,
        speed_up: Some(speed_up),
        interval: ends,
    };
    scaling.efficiency = vec![
        of(1.0, 1.0, None),
        of(2.0, 1.9, Some(interval(0.9, 1.0))),
        of(4.0, 3.2, Some(interval(0.74, 0.86))),
    ];
    scaling.amdahl_serial = Some(0.25 / 3.0);
    scaling
}
