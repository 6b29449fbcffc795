//! L01: p99 is far from p95.

use crate::model::{Latency, MetricId, Millis, Percentile, Unit};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::shared::{least_ratio, of_endpoints};
use crate::rules::{Asks, Fired, Rule, RunContext};
use crate::stats::quantile::{Support, support};
use crate::text::number;
use crate::text::phrase::quoted;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::L01,
    effects: "note",
    limit: Some((3.0, "p99 divided by p95 that warns")),
    text: "\
Asks how far the slowest requests are from the slow ones.
Fires when p99 is more than 3 times p95, beyond the resolution, with 20 samples or more beyond p99 (2,000 requests).
Example: p95 120 ms and p99 900 ms: one request in a hundred waits 7.5 times as long as one in twenty,
and a page made of 50 requests meets at least one of those in 39 of 100 views.
Parked: no real run has made it fire, so it is asked only where `[rules] severity` gives it an effect, such as { L01 = \"warn\" }.
What to do: look at the slowest requests one by one, and at what they share: endpoint, time, size, retry.",
    asks: Asks::Run(ask),
};

/// p95, p99 and their ratio, where the tail is heavy and the samples carry it.
fn tail(latency: &Latency, limit: f64) -> Option<(Millis, Millis, f64)> {
    let p95 = latency.percentile(Percentile::P95)?;
    let p99 = latency.percentile(Percentile::P99)?;
    let is_heavy = support(latency.count, Percentile::P99.share()) == Support::Ok
        && p95.0 > 0.0
        && least_ratio(latency, p99, p95)? > limit;
    is_heavy.then_some((p95, p99, p99.0 / p95.0))
}

fn ask(context: &RunContext) -> Vec<Fired> {
    question(context).into_iter().collect()
}

fn question(context: &RunContext) -> Option<Fired> {
    let run = context.run;
    let mut endpoints: Vec<(f64, String)> = run
        .endpoints
        .iter()
        .filter_map(|endpoint| {
            let (_, _, ratio) = tail(endpoint.stats.primary()?, context.limit)?;
            Some((ratio, endpoint.label()))
        })
        .collect();
    endpoints.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let mut evidence = Evidence::new();
    let mut sentences = Vec::new();
    let overall = run.overall.primary();
    if let Some((p95, p99, ratio)) = overall.and_then(|latency| tail(latency, context.limit)) {
        evidence = evidence
            .with("p95", p95.0, Unit::Millis)
            .with("p99", p99.0, Unit::Millis)
            .with("ratio", ratio, Unit::Factor);
        sentences.push(format!(
            "p99 of {} is {} p95 ({}).",
            number::millis(p99.0),
            number::times(ratio),
            number::millis(p95.0),
        ));
    }
    if let Some((worst, label)) = endpoints.first() {
        evidence = evidence.count("endpoints", endpoints.len() as u64).with(
            "endpoint_ratio",
            *worst,
            Unit::Factor,
        );
        sentences.push(format!(
            "p99 is more than {} p95 at {}, most of all at {} ({}).",
            number::times(context.limit),
            of_endpoints(endpoints.len(), run.endpoints.len()),
            quoted(label),
            number::times(*worst),
        ));
    }
    (!sentences.is_empty()).then(|| {
        Fired::new(Effect::Note, sentences.join(" "), evidence)
            .on(MetricId::quantile(Percentile::P99))
            .hint("Look at the slowest requests one by one, and at what they share.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Population, Stats};
    use crate::rules::testing::{ask, counts, endpoint, hardwork_4, latency, run};

    fn of(count: u64, p95: f64, p99: f64) -> Stats {
        let mut stats = counts(count, 0);
        let figures = [("p95", p95), ("p99", p99)];
        stats.latency = Some(latency(Population::All, count, &figures));
        stats
    }

    #[test]
    fn a_p99_far_from_p95_fires() {
        let mut given = run(of(2000, 120.0, 900.0), 60.0);
        given
            .endpoints
            .push(endpoint("GET", "/a", of(2000, 10.0, 31.0)));
        given
            .endpoints
            .push(endpoint("GET", "/b", of(1999, 10.0, 90.0)));
        let fired = ask(&RULE, &given);
        assert_eq!(
            fired[0].message,
            "p99 of 900 ms is 7.5x p95 (120 ms). p99 is more than 3x p95 at 1 of 2 endpoints, most of all at \"GET /a\" (3.1x)."
        );
    }

    #[test]
    fn few_samples_and_a_near_p99_are_silent() {
        assert!(ask(&RULE, &run(of(1999, 120.0, 900.0), 60.0)).is_empty());
        assert!(ask(&RULE, &run(of(5000, 120.0, 360.0), 60.0)).is_empty());
        assert!(ask(&RULE, &hardwork_4()).is_empty());
    }
}
