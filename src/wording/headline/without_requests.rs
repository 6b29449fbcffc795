//! What a run without requests opens with: what was measured instead, and last what was not.

use std::collections::BTreeSet;

use crate::model::{Percentile, Run};
use crate::report::Report;
use crate::report::suites;
use crate::text::number::{count, percent, plural, quantity};

/// One sentence over everything that the run holds instead of requests.
pub(super) fn what_was_measured(report: &Report, run: &Run) -> String {
    let parts: Vec<String> = [
        sessions(run),
        endpoints(report, run),
        tests(report, run),
        resources(run),
        custom(run),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        return "The input counts no requests, and nothing else.".to_owned();
    }
    format!("{}.", parts.join("; "))
}

/// The closing sentence; with `latency` the run has percentiles all the same.
pub(super) fn what_was_not(latency: bool) -> String {
    let rest = if latency {
        "rates and errors"
    } else {
        "rates, errors and the latency of the whole run"
    };
    format!("Not measured: requests, and with them {rest}.")
}

fn sessions(run: &Run) -> Option<String> {
    super::broke::failed_sessions(run).or_else(|| {
        let started = run.sessions.as_ref()?.started?;
        Some(format!("{} started", plural(started, "session")))
    })
}

/// Endpoints of an input that makes no whole of them, such as benchmarks.
fn endpoints(report: &Report, run: &Run) -> Option<String> {
    if run.endpoints.is_empty() {
        return None;
    }
    let counts: Option<Vec<u64>> = run
        .endpoints
        .iter()
        .map(|endpoint| endpoint.stats.requests)
        .collect();
    let mut text = plural(run.endpoints.len() as u64, "endpoint");
    if let Some(counts) = counts {
        let all = counts.iter().copied().fold(0, u64::saturating_add);
        text = format!("{text}, {}", plural(all, "measurement"));
    }
    let p50 = Percentile::P50.to_string();
    let labels = run.endpoints.iter().map(crate::model::Endpoint::label);
    let slowest = labels
        .filter_map(|label| {
            let figure = report.figure(&run.id, Some(&label), &p50)?;
            Some((figure.value?, figure.unit, label))
        })
        .max_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((value, unit, label)) = slowest {
        let value = quantity(value, unit.id());
        text = format!("{text}, slowest {} ({p50} {value})", super::shown(&label));
    }
    Some(text)
}

fn tests(report: &Report, run: &Run) -> Option<String> {
    if run.checks.iter().all(|check| check.source.is_none()) {
        return None;
    }
    let (_, total) = suites::of(report)?;
    let share = total.success_rate()?;
    Some(format!(
        "{} of {} passed ({})",
        count(total.passed),
        plural(total.tests(), "test"),
        percent(share)
    ))
}

fn resources(run: &Run) -> Option<String> {
    let components: BTreeSet<&str> = run
        .resources
        .iter()
        .map(|resource| resource.component.as_str())
        .collect();
    let most = run
        .resources
        .iter()
        .map(|resource| resource.samples)
        .max()?;
    Some(format!(
        "resources of {}, up to {} each",
        plural(components.len() as u64, "component"),
        plural(most, "sample")
    ))
}

fn custom(run: &Run) -> Option<String> {
    let number = run.custom.len() as u64;
    (number > 0).then(|| format!("{} of the tool and the script", plural(number, "metric")))
}

#[cfg(test)]
mod tests {
    use crate::model::{
        Check, CheckKind, Custom, CustomKind, Endpoint, Latency, Millis, Percentile, Population,
        Run, Stats,
    };
    use crate::pipeline::{Options, analyse};

    fn benchmark(name: &str, rounds: u64, p50: f64) -> Endpoint {
        Endpoint {
            name: name.to_owned(),
            method: None,
            path: None,
            group: None,
            names_in: Vec::new(),
            stats: Stats {
                requests: Some(rounds),
                latency: Some(Latency {
                    percentiles: [(Percentile::P50, Millis(p50))].into(),
                    ..Latency::of(Population::All, rounds)
                }),
                ..Stats::default()
            },
        }
    }

    fn headline(run: Run) -> Vec<String> {
        analyse(vec![run], &Options::default()).headline
    }

    #[test]
    fn benchmarks_open_with_their_number_and_the_slowest_and_end_with_what_is_missing() {
        let mut run = Run::new("tool", "format");
        run.id = "id".to_owned();
        run.endpoints = vec![benchmark("parse", 1200, 0.5), benchmark("sort", 34, 3.25)];
        let said = headline(run);
        assert_eq!(
            said.first().unwrap(),
            "2 endpoints, 1,234 measurements, slowest sort (p50 3.25 ms)."
        );
        assert_eq!(
            said.last().unwrap(),
            "Not measured: requests, and with them rates, errors and the latency of the whole run."
        );
        assert_eq!(
            said.iter()
                .filter(|text| text.contains("measured:"))
                .count(),
            1
        );
    }

    #[test]
    fn tests_and_metrics_are_told_where_there_is_nothing_else() {
        let mut run = Run::new("tool", "format");
        run.checks.push(Check {
            name: "unit".to_owned(),
            passed: 39,
            failed: 1,
            source: Some("junit.xml".to_owned()),
            kind: CheckKind::Check,
        });
        run.custom.push(Custom {
            name: "orders".to_owned(),
            kind: CustomKind::Counter,
            value: Some(3.0),
            latency: None,
        });
        assert_eq!(
            headline(run).first().unwrap(),
            "39 of 40 tests passed (97.5 %); 1 metric of the tool and the script."
        );
    }

    #[test]
    fn an_input_of_nothing_says_so() {
        let said = headline(Run::new("tool", "format"));
        assert_eq!(
            said.first().unwrap(),
            "The input counts no requests, and nothing else."
        );
    }
}
