//! Targets proposed from runs: what `knee init` writes. Each stands on a measured figure and says so.
//!
//! A proposal is no promise: one run does not tell how much runs differ. What is not carried by the samples is not
//! proposed, and nothing is proposed from a run that cannot be believed but the error rate it should have had.

use std::collections::BTreeMap;

use crate::report::Effect;
use crate::report::Report;
use crate::report::{Figure, Support};
use crate::text::number;

/// Room between the measured figure and the limit.
const ROOM: f64 = 0.2;

/// Room below a rate.
const RATE_ROOM: f64 = 0.1;

/// The error rate that is demanded of every run.
const ERRORS: f64 = 0.01;

/// Endpoints that get a target of their own, the busiest first.
const MOST_ENDPOINTS: usize = 10;

/// A target that nobody has agreed to yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Label of the endpoint; `None` = the whole run.
    pub endpoint: Option<String>,
    /// The expectation, in the language of `knee.toml`.
    pub expect: String,
    /// The figure it was made from.
    pub why: String,
}

/// What is proposed, and what is not and why.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proposals {
    /// The targets.
    pub targets: Vec<Proposal>,
    /// One sentence for each that is missing.
    pub missing: Vec<String>,
}

/// Targets that every one of these runs meets, the demand on the error rate excepted.
pub fn propose(report: &Report) -> Proposals {
    let mut proposals = Proposals::default();
    errors(report, &mut proposals);
    let invalid = report
        .findings
        .iter()
        .find(|finding| finding.effect == Effect::Invalid);
    if let Some(finding) = invalid {
        proposals.missing.push(format!(
            "latency and rate: a run cannot be believed ({}): {}",
            finding.rule, finding.message
        ));
        return proposals;
    }
    for metric in ["p95", "p99"] {
        latency(report, None, metric, &mut proposals);
    }
    goodput(report, &mut proposals);
    let busiest = busiest(report);
    let more = busiest.len().saturating_sub(MOST_ENDPOINTS);
    let mut of_endpoints = Proposals::default();
    for endpoint in busiest.iter().take(MOST_ENDPOINTS) {
        latency(report, Some(endpoint), "p95", &mut of_endpoints);
    }
    proposals.targets.append(&mut of_endpoints.targets);
    if let Some(first) = of_endpoints.missing.first() {
        let text = match of_endpoints.missing.len() as u64 {
            1 => first.clone(),
            number => format!("p95 of {number} endpoints, such as {first}"),
        };
        proposals.missing.push(text);
    }
    if more > 0 {
        let rest = number::plural(more as u64, "endpoint");
        proposals
            .missing
            .push(format!("{rest} with fewer requests"));
    }
    proposals
}

/// The figure of every run, the worst first; `None` when one lacks it.
fn worst<'a>(report: &'a Report, endpoint: Option<&str>, metric: &str) -> Option<&'a Figure> {
    let mut worst: Option<&Figure> = None;
    for run in &report.runs {
        let Some(figure) = report.figure(&run.id, endpoint, metric) else {
            // An endpoint that one run does not have is judged in the others.
            match endpoint {
                Some(_) => continue,
                None => return None,
            }
        };
        let value = figure.value?;
        if worst
            .and_then(|worst| worst.value)
            .is_none_or(|old| value > old)
        {
            worst = Some(figure);
        }
    }
    worst
}

fn latency(report: &Report, endpoint: Option<&str>, metric: &str, proposals: &mut Proposals) {
    let what = endpoint.map_or(metric.to_owned(), |endpoint| {
        format!("{metric} of {endpoint}")
    });
    let Some(figure) = worst(report, endpoint, metric) else {
        proposals.missing.push(format!("{what}: not measured"));
        return;
    };
    let (Some(value), Some(n)) = (figure.value, figure.n.filter(|n| *n > 0)) else {
        let text = format!("{what}: not measured, or over an unknown number of requests");
        proposals.missing.push(text);
        return;
    };
    if figure.support != Support::Ok {
        let requests = number::plural(n, "request");
        proposals.missing.push(format!(
            "{what}: {requests} carry no limit, too few lie beyond it"
        ));
        return;
    }
    let limit = round_up(value * (1.0 + ROOM));
    proposals.targets.push(Proposal {
        endpoint: endpoint.map(str::to_owned),
        expect: format!("{metric} < {limit}ms"),
        why: format!(
            "measured {} over {}",
            number::millis(value),
            number::plural(n, "request")
        ),
    });
}

fn errors(report: &Report, proposals: &mut Proposals) {
    let Some(figure) = worst(report, None, "error_rate") else {
        proposals
            .missing
            .push("error_rate: not measured".to_owned());
        return;
    };
    let value = figure.value.unwrap_or_default();
    let broken = if value < ERRORS {
        ""
    } else {
        ", so it is broken now"
    };
    proposals.targets.push(Proposal {
        endpoint: None,
        expect: "error_rate < 1%".to_owned(),
        why: format!("measured {}{broken}", number::percent(value)),
    });
}

fn goodput(report: &Report, proposals: &mut Proposals) {
    let mut least: Option<f64> = None;
    for run in &report.runs {
        let value = report
            .figure(&run.id, None, "goodput")
            .and_then(|figure| figure.value);
        let Some(value) = value.filter(|value| *value > 0.0) else {
            proposals.missing.push("goodput: not measured".to_owned());
            return;
        };
        least = Some(least.map_or(value, |least| least.min(value)));
    }
    let Some(least) = least else { return };
    proposals.targets.push(Proposal {
        endpoint: None,
        expect: format!("goodput > {}/s", round_down(least * (1.0 - RATE_ROOM))),
        why: format!("measured {}", number::rate(least)),
    });
}

/// Labels of the endpoints, the busiest first.
fn busiest(report: &Report) -> Vec<String> {
    let mut most: BTreeMap<String, u64> = BTreeMap::new();
    for endpoint in report.runs.iter().flat_map(|run| &run.endpoints) {
        let known = most.entry(endpoint.label()).or_default();
        *known = (*known).max(endpoint.stats.requests.unwrap_or(0));
    }
    let mut all: Vec<(u64, String)> = most.into_iter().map(|(name, n)| (n, name)).collect();
    all.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    all.into_iter().map(|(_, label)| label).collect()
}

/// Two digits, upwards: a limit that people can keep in mind.
fn round_up(value: f64) -> f64 {
    let step = step(value);
    tidy((value / step).ceil(), step)
}

fn round_down(value: f64) -> f64 {
    let step = step(value);
    tidy((value / step).floor(), step)
}

/// The size of the second digit.
fn step(value: f64) -> f64 {
    10_f64.powf(value.max(1e-9).log10().floor() - 1.0)
}

/// Whole steps without the noise of binary fractions.
fn tidy(steps: f64, step: f64) -> f64 {
    if step < 1.0 {
        let scale = (1.0 / step).round();
        steps / scale
    } else {
        steps * step.round()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Endpoint, Latency, Millis, Percentile, Population, Run, Seconds, Stats};
    use crate::pipeline as analyse;
    use crate::pipeline::analyse;

    fn stats(requests: u64, failures: u64, p95: f64) -> Stats {
        let mut stats = Stats {
            requests: Some(requests),
            failures: Some(failures),
            ..Stats::default()
        };
        let mut latency = Latency::of(Population::All, requests);
        latency.percentiles.insert(Percentile::P95, Millis(p95));
        latency
            .percentiles
            .insert(Percentile::P99, Millis(2.0 * p95));
        stats.latency = Some(latency);
        stats
    }

    fn run(id: &str, requests: u64, failures: u64, p95: f64) -> Run {
        let mut run = Run::new("test", "test");
        run.id = id.to_owned();
        run.duration = Some(Seconds(100.0));
        run.overall = stats(requests, failures, p95);
        run.overall.set_rates(run.duration);
        run.endpoints.push(Endpoint {
            name: "/a".to_owned(),
            method: Some("GET".to_owned()),
            path: None,
            group: None,
            names_in: Vec::new(),
            stats: stats(requests / 2, 0, 3.0 * p95),
        });
        run
    }

    fn of(runs: Vec<Run>) -> Proposals {
        propose(&analyse(runs, &analyse::Options::default()))
    }

    fn expects(proposals: &Proposals) -> Vec<&str> {
        let targets = proposals.targets.iter();
        targets.map(|target| target.expect.as_str()).collect()
    }

    #[test]
    fn limits_stand_a_fifth_above_the_worst_run_in_two_digits() {
        let found = of(vec![run("a", 10_000, 0, 100.0), run("b", 10_000, 5, 187.0)]);
        assert_eq!(
            expects(&found),
            [
                "error_rate < 1%",
                "p95 < 230ms",
                "p99 < 450ms",
                "goodput > 89/s",
                "p95 < 680ms"
            ]
        );
        assert_eq!(found.targets[4].endpoint.as_deref(), Some("GET /a"));
        assert_eq!(found.targets[1].why, "measured 187 ms over 10,000 requests");
    }

    #[test]
    fn what_few_requests_carry_is_not_proposed() {
        let found = of(vec![run("a", 300, 0, 100.0)]);
        assert_eq!(expects(&found), ["error_rate < 1%", "goodput > 2.7/s"]);
        assert!(found.missing[0].starts_with("p95: 300 requests carry no limit"));
    }

    #[test]
    fn nothing_is_made_of_a_run_that_cannot_be_believed() {
        let found = of(vec![run("a", 10_000, 8850, 2.0)]);
        assert_eq!(expects(&found), ["error_rate < 1%"]);
        assert_eq!(found.targets[0].why, "measured 88.5 %, so it is broken now");
        assert!(found.missing[0].contains("V03"), "{}", found.missing[0]);
    }

    #[test]
    fn two_digits_are_kept_at_every_size() {
        for (value, up, down) in [
            (0.1234, 0.13, 0.12),
            (9.96, 10.0, 9.9),
            (120.0, 120.0, 120.0),
            (12_345.0, 13_000.0, 12_000.0),
        ] {
            assert!((round_up(value) - up).abs() < 1e-12, "{value}");
            assert!((round_down(value) - down).abs() < 1e-12, "{value}");
        }
    }
}
