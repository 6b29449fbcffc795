//! The text against the grammar of OpenMetrics 1.0, as far as gauges go, written down here from the specification.

use std::collections::{BTreeMap, BTreeSet};

use super::page::MOST;
use super::*;
use crate::model::{Endpoint, Stats};
use crate::render::testing::{broken, compared, comparison, report, target};
use crate::report::Support;
use crate::report::comparison::MetricState;

type Sample = (String, BTreeMap<String, String>, f64);

fn is_name(text: &str) -> bool {
    let start = |c: char| c.is_ascii_alphabetic() || c == '_' || c == ':';
    text.starts_with(start) && text.chars().all(|c| start(c) || c.is_ascii_digit())
}

/// Labels up to the closing brace, and the rest.
fn labels(mut rest: &str) -> (BTreeMap<String, String>, &str) {
    let mut found = BTreeMap::new();
    loop {
        let (name, after) = rest.split_once("=\"").unwrap();
        assert!(is_name(name) && !name.contains(':'), "{name}");
        let mut value = String::new();
        let mut chars = after.char_indices();
        let end = loop {
            match chars.next().unwrap() {
                (_, '\\') => value.push(match chars.next().unwrap().1 {
                    'n' => '\n',
                    c @ ('\\' | '"') => c,
                    other => panic!("\\{other} is no escape"),
                }),
                (at, '"') => break at,
                (_, c) => {
                    assert!(!c.is_control(), "{after}");
                    value.push(c);
                }
            }
        };
        assert!(!value.is_empty(), "an empty label is none: {name}");
        assert!(
            found.insert(name.to_owned(), value).is_none(),
            "{name} twice"
        );
        rest = after.split_at(end + 1).1;
        match rest.strip_prefix(',') {
            Some(next) => rest = next,
            None => return (found, rest.strip_prefix('}').unwrap()),
        }
    }
}

/// Every sample of a text that keeps to the grammar; anything else ends the test.
fn parse(text: &str) -> Vec<Sample> {
    let body = text.strip_suffix("# EOF\n").expect("it ends with # EOF");
    let (mut families, mut series) = (BTreeSet::new(), BTreeSet::new());
    let (mut family, mut has_help) = (String::new(), false);
    let mut samples = Vec::new();
    for line in body.lines() {
        if let Some(rest) = line.strip_prefix("# ") {
            let (kind, rest) = rest.split_once(' ').unwrap();
            let (name, rest) = rest.split_once(' ').unwrap();
            match kind {
                "TYPE" => {
                    assert_eq!(rest, "gauge");
                    assert!(is_name(name) && families.insert(name.to_owned()), "{name}");
                    name.clone_into(&mut family);
                    has_help = false;
                }
                "UNIT" => assert!(name == family && name.ends_with(&format!("_{rest}"))),
                "HELP" => {
                    assert!(name == family && !has_help && !rest.is_empty(), "{line}");
                    has_help = true;
                }
                other => panic!("no descriptor: {other}"),
            }
            continue;
        }
        let rest = line.strip_prefix(family.as_str()).unwrap();
        let (labels, value) = match rest.strip_prefix('{') {
            Some(rest) => labels(rest),
            None => (BTreeMap::new(), rest),
        };
        let value: f64 = value.strip_prefix(' ').unwrap().parse().unwrap();
        assert!(has_help && value.is_finite());
        assert!(
            series.insert((family.clone(), labels.clone())),
            "twice: {line}"
        );
        samples.push((family.clone(), labels, value));
    }
    samples
}

fn samples(report: &Report) -> Vec<Sample> {
    let page = render(report, &Layout::default()).unwrap().page;
    parse(&String::from_utf8(page).unwrap())
}

fn value(samples: &[Sample], name: &str, wanted: &[(&str, &str)]) -> Option<f64> {
    let fits = |labels: &BTreeMap<String, String>| {
        wanted
            .iter()
            .all(|(key, value)| labels.get(*key).map(String::as_str) == Some(*value))
    };
    let mut found = samples.iter().filter(|of| of.0 == name && fits(&of.1));
    let first = found.next().map(|sample| sample.2);
    assert!(found.next().is_none(), "{name} {wanted:?} is not one");
    first
}

fn figure(endpoint: Option<&str>, metric: &str, value: Option<f64>, unit: Unit) -> Figure {
    Figure {
        run: "run".to_owned(),
        endpoint: endpoint.map(str::to_owned),
        metric: metric.to_owned(),
        value,
        unit,
        n: None,
        interval: None,
        support: Support::Ok,
    }
}

#[test]
fn figures_are_gauges_in_base_units() {
    let mut report = report();
    let added = [
        ("p95", Some(186.8), Unit::Millis),
        ("p99.9", Some(1001.1), Unit::Millis),
        ("failed.max", Some(34.1), Unit::Millis),
        ("mean", None, Unit::Millis),
        ("bytes_received", Some(5.0), Unit::Bytes),
        ("resource:api.memory.max", Some(1024.0), Unit::Bytes),
        ("check:smoke", Some(0.5), Unit::Ratio),
    ];
    let mut figures = crate::report::Figures::default();
    for (metric, value, unit) in added {
        figures.push(figure(None, metric, value, unit));
    }
    // The first of a name stays.
    for figure in report.figures.iter() {
        figures.push(figure.clone());
    }
    report.figures = figures;
    let found = samples(&report);
    let of = |name: &str, labels: &[(&str, &str)]| value(&found, name, labels);
    assert_eq!(
        of("knee_run_latency_seconds", &[("quantile", "0.95")]),
        Some(0.1868)
    );
    assert_eq!(
        of("knee_run_latency_seconds", &[("quantile", "0.999")]),
        Some(1.0011)
    );
    assert_eq!(
        of("knee_run_latency_max_seconds", &[("population", "failed")]),
        Some(0.0341)
    );
    assert_eq!(of("knee_run_latency_mean_seconds", &[]), None);
    assert_eq!(
        of("knee_run_requests", &[("run", "new.json")]),
        Some(1000.0)
    );
    assert_eq!(of("knee_run_rate_per_second", &[]), Some(10.0));
    assert_eq!(of("knee_run_error_rate_ratio", &[]), Some(0.0));
    assert_eq!(of("knee_run_duration_seconds", &[]), Some(100.0));
    assert_eq!(of("knee_run_bytes_received", &[]), Some(5.0));
    let memory = [
        ("component", "api"),
        ("name", "memory"),
        ("statistic", "max"),
    ];
    assert_eq!(of("knee_run_resource_bytes", &memory), Some(1024.0));
    assert_eq!(of("knee_run_check_ratio", &[("name", "smoke")]), Some(0.5));
    assert_eq!(of("knee_run_info", &[("tool", "ours")]), Some(1.0));
}

#[test]
fn verdict_targets_and_changes_are_gauges_too() {
    let mut report = report();
    report.verdict = Verdict::Fail;
    report.targets = vec![
        target("kept", 100.0, TargetState::Pass),
        target("slow", 300.0, TargetState::Fail),
        target("open", 0.0, TargetState::NotMeasured),
    ];
    report.comparisons = vec![comparison(vec![compared(
        Some("GET /a"),
        MetricState::Regressed,
    )])];
    let found = samples(&report);
    let of = |name: &str, labels: &[(&str, &str)]| value(&found, name, labels);
    assert_eq!(of("knee_verdict", &[("verdict", "fail")]), Some(1.0));
    assert_eq!(of("knee_verdict", &[("verdict", "pass")]), Some(0.0));
    assert_eq!(of("knee_target_met", &[("target", "kept")]), Some(1.0));
    assert_eq!(of("knee_target_met", &[("target", "slow")]), Some(0.0));
    assert_eq!(of("knee_target_met", &[("target", "open")]), None);
    assert_eq!(of("knee_targets", &[("state", "not_measured")]), Some(1.0));
    let labels = [
        ("endpoint", "GET /a"),
        ("metric", "p95"),
        ("state", "regressed"),
    ];
    // 40 / 170.
    assert_eq!(of("knee_compared_change_ratio", &labels), Some(0.235_294));
}

#[test]
fn series_are_capped_and_the_busiest_endpoints_stay() {
    let mut report = report();
    for number in 0..3000_u32 {
        let label = format!("GET /{number}");
        let stats = Stats {
            requests: Some(u64::from(number)),
            ..Stats::default()
        };
        report.runs[0].endpoints.push(Endpoint {
            name: label.clone(),
            method: None,
            path: None,
            group: None,
            names_in: Vec::new(),
            stats,
        });
        report.figures.push(figure(
            Some(&label),
            "requests",
            Some(f64::from(number)),
            Unit::Count,
        ));
        report
            .figures
            .push(figure(Some(&label), "p95", Some(10.0), Unit::Millis));
    }
    report.targets = (0..500).map(broken).collect();
    let found = samples(&report);
    assert!(found.len() <= MOST + 1, "{}", found.len());
    let endpoints: Vec<&Sample> = found
        .iter()
        .filter(|of| of.0.starts_with("knee_run_") && of.1.contains_key("endpoint"))
        .collect();
    let of = |number: u32| {
        let label = format!("GET /{number}");
        endpoints
            .iter()
            .filter(|of| of.1["endpoint"] == label)
            .count()
    };
    assert_eq!((of(2999), of(2998), of(0)), (2, 2, 0));
    let left = value(&found, "knee_samples_left_out", &[]).unwrap();
    assert_eq!(left.to_string(), (6000 - endpoints.len()).to_string());
}

#[test]
fn names_that_look_alike_stay_apart() {
    let mut page = Page::default();
    let long = "x".repeat(500);
    let names = [
        "a\nb",
        "a\\nb",
        "",
        "(empty)",
        &long,
        &format!("{long}{long}"),
        "\u{200b}",
        "q\"\\",
    ];
    let shown: BTreeSet<String> = names
        .iter()
        .map(|name| page.name("endpoint", name))
        .collect();
    assert_eq!(shown.len(), names.len(), "{shown:?}");
    assert_eq!(page.name("endpoint", "a\nb"), r"a\nb");
    for name in &shown {
        page.put("knee_x", "help", &Labels::new().with("endpoint", name), 1.0);
    }
    let found = parse(&page.write());
    let read: BTreeSet<String> = found
        .into_iter()
        .map(|of| of.1["endpoint"].clone())
        .collect();
    assert_eq!(read, shown);
}
