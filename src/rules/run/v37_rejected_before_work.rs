//! V37: requests that were turned away before any work was done for them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::figures::side::half_width;
use crate::model::{MetricId, Percentile, Run, Unit, run};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::{Asks, Fired, Rule, RunContext};
use crate::text::number;
use crate::text::phrase::{first_of, listed, quoted};

/// Not authenticated, not allowed, too many requests.
const REJECTIONS: [&str; 3] = ["401", "403", "429"];

/// Failures that a comparison of medians takes.
const FAILURES: u64 = 20;

/// Share of failures below which their latency is nobody's concern.
const SHARE: f64 = 0.01;

/// Failures are that many times as fast as successes.
const FASTER: f64 = 3.0;

/// Endpoints that a message names.
const NAMED: usize = 3;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V37,
    effects: "warn",
    limit: Some((0.2, "share of requests answered 401, 403 or 429")),
    text: "\
Asks whether requests were turned away before any work was done for them.
Fires when more than 20 % were answered 401, 403 or 429, or when failures are three times as fast as successes
(median, at least 20 failures and more than 1 %). Failures that are declared as expected do not count.
Example: 13,593 of 15,914 requests answered 403 in 1 ms: rate, latency, CPU and memory are those of the rejection.
The run is invalid only when V03 says so.
What to do: give the load user credentials, or raise the limiter for the test, and run again.",
    asks: Asks::Run(ask),
};

/// Rejections by code. Codes of answers where the input has them, else those of errors.
fn rejections(run: &Run) -> BTreeMap<&'static str, u64> {
    let count = |code: &str| {
        let errors = run.errors.iter();
        let listed = errors.filter(|error| error.code.as_deref() == Some(code));
        let listed: u64 = listed.map(|error| error.count).sum();
        let answered = run.overall.codes.get(code).copied().unwrap_or(0);
        answered.max(listed)
    };
    REJECTIONS
        .into_iter()
        .map(|code| (code, count(code)))
        .filter(|(_, count)| *count > 0)
        .collect()
}

/// Where errors say it: the endpoints with the most rejections, as `"GET /a" (12)`.
fn places(run: &Run) -> Vec<String> {
    let mut places: BTreeMap<String, u64> = BTreeMap::new();
    for error in &run.errors {
        let rejected = error
            .code
            .as_deref()
            .is_some_and(|c| REJECTIONS.contains(&c));
        if let (true, Some(name)) = (rejected, &error.endpoint) {
            *places
                .entry(run::label(error.method.as_deref(), name))
                .or_default() += error.count;
        }
    }
    let mut places: Vec<(String, u64)> = places.into_iter().collect();
    places.sort_by_key(|(_, count)| Reverse(*count));
    places
        .iter()
        .map(|(label, count)| format!("{} ({})", quoted(label), number::count(*count)))
        .collect()
}

fn ask(context: &RunContext) -> Vec<Fired> {
    let run = context.run;
    let mut sentences = Vec::new();
    let mut evidence = Evidence::new();
    if let Some((words, with)) = by_code(run, context.limit, evidence.clone()) {
        sentences.push(words);
        evidence = with;
    }
    if let Some((words, with)) = by_speed(run, evidence.clone()) {
        sentences.push(words);
        evidence = with;
    }
    if sentences.is_empty() {
        return Vec::new();
    }
    vec![
        Fired::new(Effect::Warn, sentences.join(" "), evidence)
            .on(MetricId::Plain("error_rate"))
            .hint("Give the load user credentials or raise the limiter for the test, and run again; rejections that are meant to happen are declared as [[expected_error]]."),
    ]
}

fn by_code(run: &Run, limit: f64, evidence: Evidence) -> Option<(String, Evidence)> {
    let requests = run.overall.requests.filter(|requests| *requests > 0)?;
    let codes = rejections(run);
    let total: u64 = codes.values().sum();
    // What is declared as expected stands among the codes, and no longer among the failures.
    let rejected = total.min(run.overall.failures.unwrap_or(total));
    let share = rejected as f64 / requests as f64;
    if share <= limit {
        return None;
    }
    let names: Vec<String> = codes.keys().map(|code| (*code).to_owned()).collect();
    let places = places(run);
    let place = if places.is_empty() {
        String::new()
    } else {
        format!(" Most of them: {}.", first_of(&places, NAMED))
    };
    let words = format!(
        "{} of {} ({}) were answered {}: their figures measure the rejection, not the work.{place}",
        number::count(rejected),
        number::plural(requests, "request"),
        number::percent(share),
        listed(&names),
    );
    let mut evidence = evidence
        .count("rejected", rejected)
        .count("requests", requests)
        .with("rejected_share", share, Unit::Ratio);
    for (code, count) in codes {
        evidence = evidence.count(&format!("code_{code}"), count);
    }
    Some((words, evidence))
}

fn by_speed(run: &Run, evidence: Evidence) -> Option<(String, Evidence)> {
    let stats = &run.overall;
    let share = stats.error_share()?;
    let (ok, failed) = (stats.latency_ok.as_ref()?, stats.latency_failed.as_ref()?);
    let ok_p50 = ok.percentile(Percentile::P50)?;
    let failed_p50 = failed.percentile(Percentile::P50)?;
    let slowest = failed_p50.0 + half_width(failed, failed_p50);
    let fastest = ok_p50.0 - half_width(ok, ok_p50);
    // The few failures that were answered may say nothing of those that timed out.
    let failures = stats.failures?;
    if failed.count < FAILURES || failed.count < failures / 2 {
        return None;
    }
    if failures < FAILURES || share <= SHARE || slowest * FASTER >= fastest {
        return None;
    }
    let words = format!(
        "Failures take {} at the median and successes {}: the latency of failures is not that of the work.",
        number::millis(failed_p50.0),
        number::millis(ok_p50.0),
    );
    let evidence = evidence
        .with("failed_p50", failed_p50.0, Unit::Millis)
        .with("ok_p50", ok_p50.0, Unit::Millis)
        .with("error_rate", share, Unit::Ratio);
    Some((words, evidence))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Population;
    use crate::rules::testing::{ask, counts, day_17, latency, run};

    #[test]
    fn document_002_measures_its_rejections() {
        let fired = ask(&RULE, &day_17());
        assert_eq!(fired.len(), 1);
        assert_eq!(fired[0].effect, Effect::Warn);
        assert_eq!(
            fired[0].message,
            "13,593 of 15,914 requests (85.42 %) were answered 403: their figures measure the rejection, not the work. \
             Most of them: \"POST /api/v1/data/ingest [stress]\" (12,800) and \"POST /api/v1/data/ingest\" (793)."
        );
    }

    #[test]
    fn a_few_rejections_and_declared_ones_are_silent() {
        let mut given = run(counts(1000, 200), 60.0);
        given.overall.codes.insert("429".into(), 200);
        assert!(ask(&RULE, &given).is_empty());
        given.overall.codes.insert("401".into(), 1);
        given.overall.failures = Some(201);
        let fired = ask(&RULE, &given);
        assert!(
            fired[0].message.contains("answered 401 and 429"),
            "{fired:?}"
        );
        given.overall.failures = Some(0);
        given.overall.expected_failures = Some(201);
        assert!(ask(&RULE, &given).is_empty());
    }

    #[test]
    fn failures_three_times_as_fast_fire() {
        let of = |failures, failed| {
            let mut stats = counts(1000, failures);
            stats.latency_ok = Some(latency(Population::Ok, 1000 - failures, &[("p50", 30.0)]));
            stats.latency_failed = Some(latency(Population::Failed, failures, &[("p50", failed)]));
            ask(&RULE, &run(stats, 60.0))
        };
        assert_eq!(
            of(50, 9.0)[0].message,
            "Failures take 9 ms at the median and successes 30 ms: the latency of failures is not that of the work."
        );
        assert!(of(50, 10.0).is_empty());
        assert!(of(19, 1.0).is_empty());
        assert!(of(10, 1.0).is_empty());
    }
}
