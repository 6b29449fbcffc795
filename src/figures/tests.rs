//! Figures against numbers worked out by hand, by scipy, or by an independent reading.

use super::*;
use crate::model::Unit;
use crate::model::{
    Check, CheckKind, Custom, CustomKind, Histogram, Latency, Millis, Population, Resolution,
    ResolutionKind, Resource, Seconds, Sessions, Stats,
};
use crate::report::Figures;

/// Every whole millisecond from 1 to 1000, once.
fn thousand(population: Population) -> Latency {
    let mut histogram = Histogram::default();
    for ms in 1..=1000 {
        histogram.push(Millis(f64::from(ms)), Millis(f64::from(ms)), 1);
    }
    Latency {
        min: Some(Millis(1.0)),
        max: Some(Millis(1000.0)),
        histogram: Some(histogram),
        ..Latency::of(population, 1000)
    }
}

fn summary(count: u64) -> Latency {
    let given = [
        (Percentile::P50, 100.0),
        (Percentile::P90, 150.0),
        (Percentile::P95, 200.0),
        (Percentile::P99, 400.0),
    ];
    Latency {
        min: Some(Millis(10.0)),
        mean: Some(Millis(110.0)),
        max: Some(Millis(900.0)),
        percentiles: given.map(|(p, value)| (p, Millis(value))).into(),
        ..Latency::of(Population::All, count)
    }
}

fn run_of(stats: Stats) -> Run {
    let mut run = Run::new("tool", "format");
    run.id = "id".to_owned();
    run.overall = stats;
    run
}

fn with_latency(latency: Latency) -> Run {
    run_of(Stats {
        requests: Some(latency.count),
        latency: Some(latency),
        ..Stats::default()
    })
}

fn read(run: &Run, metric: &str) -> Option<Measured> {
    measure(run, None, &metric.parse().unwrap(), &Options::default())
}

fn value(run: &Run, metric: &str) -> Option<f64> {
    read(run, metric).map(|found| found.value)
}

/// Lower and upper end.
type Ends = (Option<f64>, Option<f64>);

fn ends(run: &Run, metric: &str) -> Option<Ends> {
    let interval = read(run, metric)?.interval?;
    assert!((interval.level - 0.95).abs() < 1e-12);
    Some((interval.lo, interval.hi))
}

#[test]
fn a_percentile_is_the_inputs_own_before_it_is_computed() {
    let mut latency = thousand(Population::All);
    latency.percentiles.insert(Percentile::P95, Millis(949.5));
    let run = with_latency(latency);
    assert_eq!(value(&run, "p95"), Some(949.5));
    assert_eq!(value(&run, "p90"), Some(900.0));
    assert_eq!(value(&run, "p99.9"), Some(999.0));
}

#[test]
fn nothing_is_guessed_between_two_given_percentiles() {
    let run = with_latency(summary(1000));
    assert_eq!(value(&run, "p75"), None);
    assert_eq!(value(&run, "p99.9"), None);
    assert_eq!(value(&run, "p95"), Some(200.0));
}

#[test]
fn a_wide_bucket_gives_its_middle_inside_the_extremes() {
    let mut histogram = Histogram::default();
    histogram.push(Millis(0.0), Millis(10.0), 500);
    histogram.push(Millis(10.0), Millis(100.0), 500);
    let mut latency = Latency::of(Population::All, 1000);
    latency.histogram = Some(histogram);
    latency.max = Some(Millis(30.0));
    let run = with_latency(latency);
    assert_eq!(value(&run, "p50"), Some(5.0));
    assert_eq!(value(&run, "p95"), Some(30.0));
}

#[test]
fn intervals_from_a_histogram_are_the_reference_ranks_widened_by_the_resolution() {
    let mut latency = thousand(Population::All);
    let exact = with_latency(latency.clone());
    // statistics.md section 3: n = 1000, p95 (936, 964), p99 (983, 997).
    assert_eq!(ends(&exact, "p95"), Some((Some(936.0), Some(964.0))));
    assert_eq!(ends(&exact, "p99"), Some((Some(983.0), Some(997.0))));
    assert_eq!(ends(&exact, "p99.9"), Some((Some(997.0), None)));
    latency.resolution = Resolution {
        kind: ResolutionKind::Rounded,
        relative: None,
        absolute: Some(Millis(10.0)),
    };
    let rounded = with_latency(latency);
    assert_eq!(ends(&rounded, "p95"), Some((Some(931.0), Some(969.0))));
}

#[test]
fn a_bucket_that_is_wider_than_the_resolution_is_not_widened_twice() {
    let mut histogram = Histogram::default();
    for step in 0..100 {
        let lower = f64::from(step) * 10.0;
        histogram.push(Millis(lower), Millis(lower + 10.0), 10);
    }
    let mut latency = Latency::of(Population::All, 1000);
    latency.histogram = Some(histogram);
    latency.resolution.absolute = Some(Millis(10.0));
    assert_eq!(
        ends(&with_latency(latency), "p95"),
        Some((Some(930.0), Some(970.0)))
    );
}

#[test]
fn intervals_from_a_summary_are_the_independent_reading_widened_by_the_resolution() {
    let mut latency = summary(1000);
    latency.resolution = Resolution {
        kind: ResolutionKind::Relative,
        relative: Some(0.01),
        absolute: None,
    };
    // Python, `statistics.NormalDist` and scipy ranks: 180.401841 to 231.126724.
    let (lo, hi) = ends(&with_latency(latency), "p95").unwrap();
    assert!((lo.unwrap() - 180.401_841 * 0.99).abs() < 1e-5, "{lo:?}");
    assert!((hi.unwrap() - 231.126_724 * 1.01).abs() < 1e-5, "{hi:?}");
}

#[test]
fn an_interval_holds_its_value() {
    // A sketch: p50 below the minimum, p99 above the maximum.
    let mut latency = summary(5000);
    latency.percentiles.insert(Percentile::P50, Millis(9.9));
    latency.percentiles.insert(Percentile::P99, Millis(905.0));
    let run = with_latency(latency);
    for metric in ["p50", "p90", "p95", "p99"] {
        let found = read(&run, metric).unwrap();
        let interval = found.interval.unwrap();
        assert!(interval.lo.unwrap() <= found.value, "{metric} {found:?}");
        assert!(interval.hi.unwrap() >= found.value, "{metric} {found:?}");
    }
}

#[test]
fn support_follows_the_number_of_samples() {
    for (count, support) in [
        (367, Support::None),
        (368, Support::Weak),
        (2000, Support::Ok),
    ] {
        let found = read(&with_latency(summary(count)), "p99").unwrap();
        assert_eq!((found.support, found.n), (support, Some(count)));
    }
    let max = read(&with_latency(summary(3)), "max").unwrap();
    assert_eq!((max.support, max.interval), (Support::Ok, None));
}

#[test]
fn populations_are_read_where_they_are_separated() {
    let mut stats = Stats {
        requests: Some(3000),
        failures: Some(1000),
        latency: Some(summary(3000)),
        latency_ok: Some(thousand(Population::Ok)),
        ..Stats::default()
    };
    let run = run_of(stats.clone());
    assert_eq!(value(&run, "p95"), Some(950.0));
    assert_eq!(value(&run, "ok.p95"), Some(950.0));
    assert_eq!(value(&run, "all.p95"), Some(200.0));
    assert_eq!(value(&run, "failed.p95"), None);
    stats.latency_ok = None;
    assert_eq!(value(&run_of(stats.clone()), "ok.p95"), None);
    assert_eq!(value(&run_of(stats.clone()), "p95"), Some(200.0));
    stats.failures = Some(0);
    assert_eq!(value(&run_of(stats.clone()), "ok.p95"), Some(200.0));
    stats.expected_failures = Some(7);
    assert_eq!(value(&run_of(stats.clone()), "ok.p95"), None);
    stats.latency.as_mut().unwrap().population = Population::Failed;
    assert_eq!(value(&run_of(stats.clone()), "all.p95"), None);
    assert_eq!(value(&run_of(stats), "failed.p95"), Some(200.0));
}

#[test]
fn shares_have_the_interval_of_wilson() {
    let run = run_of(Stats {
        requests: Some(1010),
        failures: Some(885),
        expected_failures: Some(10),
        ..Stats::default()
    });
    let found = read(&run, "error_rate").unwrap();
    assert_eq!((found.value, found.n), (0.885, Some(1000)));
    // scipy: 885 of 1000 -> [0.86373683, 0.90331657].
    let (lo, hi) = ends(&run, "error_rate").unwrap();
    assert!((lo.unwrap() - 0.863_736_83).abs() < 1e-8);
    assert!((hi.unwrap() - 0.903_316_57).abs() < 1e-8);
    let (lo, hi) = ends(&run, "success_rate").unwrap();
    assert!((lo.unwrap() - 0.096_683_43).abs() < 1e-8);
    assert!((hi.unwrap() - 0.136_263_17).abs() < 1e-8);
}

#[test]
fn apdex_counts_failures_as_frustrated() {
    let mut histogram = Histogram::default();
    histogram.push(Millis(20.0), Millis(20.0), 60);
    histogram.push(Millis(40.0), Millis(60.0), 10);
    histogram.push(Millis(200.0), Millis(200.0), 10);
    histogram.push(Millis(201.0), Millis(201.0), 5);
    let mut latency = Latency::of(Population::Ok, 85);
    latency.histogram = Some(histogram);
    let mut stats = Stats {
        requests: Some(100),
        failures: Some(15),
        latency_ok: Some(latency),
        ..Stats::default()
    };
    // T = 50 ms: 70 satisfied (the middle of 40..60 is 50), 10 tolerating, 20 frustrated.
    let found = read(&run_of(stats.clone()), "apdex").unwrap();
    assert_eq!((found.value, found.n), (0.75, Some(100)));
    // Not separated from the failures: nobody knows.
    stats.latency = stats.latency_ok.take();
    stats.latency.as_mut().unwrap().population = Population::All;
    assert_eq!(value(&run_of(stats.clone()), "apdex"), None);
    stats.failures = Some(0);
    assert_eq!(value(&run_of(stats), "apdex"), Some(0.75));
    assert_eq!(value(&with_latency(summary(100)), "apdex"), None);
}

#[test]
fn the_run_has_figures_that_no_endpoint_has() {
    let mut run = with_latency(summary(100));
    run.duration = Some(Seconds(60.0));
    run.load.users_max = Some(20.0);
    run.sessions = Some(Sessions {
        started: Some(50),
        failed: Some(3),
        ..Sessions::default()
    });
    run.checks.push(Check {
        name: "has body".to_owned(),
        passed: 99,
        failed: 1,
        source: None,
        kind: CheckKind::Check,
    });
    run.custom.push(Custom {
        name: "queue".to_owned(),
        kind: CustomKind::Counter,
        value: Some(7.0),
        latency: None,
    });
    run.custom.push(Custom {
        name: "wait".to_owned(),
        kind: CustomKind::Distribution,
        value: None,
        latency: Some(summary(40)),
    });
    run.resources.push(Resource {
        component: "api".to_owned(),
        name: "memory".to_owned(),
        unit: None,
        phase: None,
        samples: 12,
        min: None,
        mean: None,
        max: Some(512.0),
        first: None,
        last: Some(500.0),
        slope_per_s: None,
        series: Vec::new(),
    });
    run.endpoints.push(Endpoint {
        name: "/a".to_owned(),
        method: None,
        path: None,
        group: None,
        names_in: Vec::new(),
        stats: run.overall.clone(),
    });
    let options = Options::default();
    for (metric, expected, n) in [
        ("duration", 60.0, None),
        ("users", 20.0, None),
        ("sessions_failed", 3.0, Some(50)),
        ("check:has body", 0.99, Some(100)),
        ("custom:queue", 7.0, None),
        ("custom:wait", 110.0, Some(40)),
        ("resource:api.memory.max", 512.0, Some(12)),
    ] {
        let found = read(&run, metric).unwrap();
        assert_eq!((found.value, found.n), (expected, n), "{metric}");
        let of_endpoint = measure(
            &run,
            run.endpoints.first(),
            &metric.parse().unwrap(),
            &options,
        );
        assert_eq!(of_endpoint, None, "{metric}");
    }
    assert_eq!(value(&run, "resource:api.memory.mean"), None);
    assert_eq!(value(&run, "knee"), None);
    assert_eq!(value(&run, "peak_rate"), None);
}

#[test]
fn what_is_not_a_number_is_not_measured() {
    let mut latency = summary(1000);
    latency.mean = Some(Millis(f64::NAN));
    latency
        .percentiles
        .insert(Percentile::P95, Millis(f64::INFINITY));
    let run = with_latency(latency);
    assert_eq!(value(&run, "mean"), None);
    assert_eq!(value(&run, "p95"), None);
    assert_eq!(value(&run, "p99"), Some(400.0));
    assert_eq!(ends(&run, "p99"), None);
}

#[test]
fn the_headline_is_there_even_when_it_was_not_measured() {
    let figures = figures_of(&run_of(Stats::default()), &Options::default());
    let names: Vec<&str> = figures.iter().map(|f| f.metric.as_str()).collect();
    assert_eq!(
        names,
        [
            "requests",
            "rate",
            "goodput",
            "peak_rate",
            "sustained_rate",
            "error_rate",
            "apdex",
            "p50",
            "p90",
            "p95",
            "p99",
            "p99.9",
            "max",
            "sessions_failed",
            "bytes_received",
            "duration",
            "users"
        ]
    );
    assert!(figures.iter().all(|f| f.value.is_none() && f.run == "id"));
    assert!(figures.iter().all(|f| f.support == Support::None));
}

#[test]
fn tables_show_what_was_measured_in_the_order_of_the_registry() {
    let mut run = run_of(Stats {
        requests: Some(1010),
        failures: Some(10),
        latency_ok: Some(thousand(Population::Ok)),
        latency_failed: Some(Latency {
            population: Population::Failed,
            ..summary(10)
        }),
        ..Stats::default()
    });
    run.endpoints.push(Endpoint {
        name: "/a".to_owned(),
        method: Some("GET".to_owned()),
        path: None,
        group: None,
        names_in: Vec::new(),
        stats: Stats {
            requests: Some(1000),
            latency: Some(summary(1000)),
            ..Stats::default()
        },
    });
    let options = Options {
        percentiles: vec![Percentile::P99, Percentile::P50, Percentile::P50],
        ..Options::default()
    };
    let figures = figures_of(&run, &options);
    let measured = |endpoint: Option<&str>| -> Vec<&str> {
        figures
            .iter()
            .filter(|f| f.endpoint.as_deref() == endpoint && f.value.is_some())
            .map(|f| f.metric.as_str())
            .collect()
    };
    assert_eq!(
        measured(None),
        [
            "requests",
            "error_rate",
            "success_rate",
            "apdex",
            "min",
            "p50",
            "failed.p50",
            "p95",
            "failed.p95",
            "p99",
            "failed.p99",
            "max",
            "failed.max"
        ]
    );
    assert_eq!(
        measured(Some("GET /a")),
        ["requests", "min", "mean", "p50", "p99", "max"]
    );
    assert!(
        figures
            .iter()
            .all(|f| f.endpoint.is_none() || f.value.is_some())
    );
}

#[test]
fn a_percentile_that_is_asked_for_and_not_given_is_there_without_a_value() {
    let mut run = Run::new("test", "test");
    run.overall.latency = Some(summary(1000));
    let p42: Percentile = "p42".parse().unwrap();
    let options = Options {
        percentiles: vec![p42],
        ..Options::default()
    };
    let found = |options: &Options, id: &str| {
        let figures = figures_of(&run, options).into_iter();
        figures.filter(|f| f.metric == id).map(|f| f.value).next()
    };
    assert_eq!(found(&options, "p42"), Some(None));
    assert_eq!(found(&Options::default(), "p42"), None, "not asked for");
    assert!(matches!(found(&options, "p95"), Some(Some(_))));
}

#[test]
fn every_headline_figure_is_a_metric() {
    for name in HEADLINE {
        assert_eq!(name.parse::<MetricId>().unwrap().to_string(), *name);
    }
}

#[test]
fn figures_of_uncounted_requests_have_no_n() {
    let run = run_of(Stats {
        latency: Some(summary(0)),
        ..Stats::default()
    });
    let p95 = read(&run, "p95").unwrap();
    assert_eq!(p95.n, None, "not measured, and not none");
    assert_eq!(p95.support, Support::None);
    assert_eq!(read(&run, "max").unwrap().n, None);
}

#[test]
fn figures_are_found_by_run_endpoint_and_metric_and_the_first_stays() {
    let figure = |run: &str, endpoint: Option<&str>, metric: &str, value: f64| Figure {
        run: run.to_owned(),
        endpoint: endpoint.map(str::to_owned),
        metric: metric.to_owned(),
        value: Some(value),
        unit: Unit::Ratio,
        n: None,
        interval: None,
        support: Support::Ok,
    };
    let mut figures = Figures::default();
    let mut number = 0.0;
    let mut wanted = Vec::new();
    for run in ["b", "a"] {
        for endpoint in [None, Some("/y"), Some(""), Some("/x")] {
            for metric in ["p99", "p50", "max", "p95"] {
                number += 1.0;
                figures.push(figure(run, endpoint, metric, number));
                figures.push(figure(run, endpoint, metric, -1.0));
                wanted.push((run, endpoint, metric, number));
            }
        }
    }
    assert!(
        figures
            .iter()
            .map(|figure| figure.value)
            .eq(wanted.iter().map(|w| Some(w.3)))
    );
    for (run, endpoint, metric, number) in wanted {
        let found = figures.get(run, endpoint, metric).unwrap();
        assert_eq!(*found, figure(run, endpoint, metric, number));
    }
    for (run, endpoint, metric) in [
        ("c", None, "p50"),
        ("a", Some("/z"), "p50"),
        ("a", None, "p90"),
    ] {
        assert_eq!(figures.get(run, endpoint, metric), None);
    }
}
