//! V42: latencies that end at a time-out: what would have taken longer was cut off.

use crate::figures::side::half_width;
use crate::model::{Latency, MetricId, Millis, Percentile, Statistic, Stats, Unit};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::{Asks, Fired, Rule, RunContext};
use crate::text::number;
use crate::text::phrase::quoted;

/// Time-outs that people set, in milliseconds.
const ROUND: [f64; 7] = [
    1000.0, 2000.0, 5000.0, 10_000.0, 30_000.0, 60_000.0, 120_000.0,
];

/// How close the maximum lies to one of them.
const CLOSE: f64 = 0.01;

/// Where the bulk lies, as a share of the maximum, when a time-out cut off the rest.
const ELSEWHERE: f64 = 0.9;

/// How much heavier the end is than what lies just below it.
const HEAVY: u64 = 3;

/// Widest bucket in which values count as equal, as a share of their size.
const EQUAL: f64 = 0.04;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V42,
    effects: "warn",
    limit: Some((3.0, "fewest equal maxima")),
    text: "\
Asks whether a time-out cut the latency off.
Fires when the maximum lies within 1 % of a round time-out (1, 2, 5, 10, 30, 60, 120 s) and 3 or more requests stand
there, or a percentile with at least as many requests beyond it equals it.
Example: p99 10.0 s and max 10.0 s: the slowest requests were given up after 10 s; nobody knows how long they would take.
Figures at that value are lower bounds, and a mean over them is too low.
What to do: read the time-outs among the errors; raise the generator's time-out, or state the figures as lower bounds.",
    asks: Asks::Run(ask),
};

/// What stands at a time-out.
struct Clipped {
    max: f64,
    timeout: f64,
    equal: Option<u64>,
    percentile: Option<Percentile>,
}

fn ask(context: &RunContext) -> Vec<Fired> {
    let run = context.run;
    let mut fired = Vec::new();
    if let Some(clipped) = of_stats(&run.overall, context.limit) {
        fired.push(said(&clipped, "the run"));
    }
    let copy = run.endpoints.len() == 1 && !fired.is_empty();
    for endpoint in run.endpoints.iter().filter(|_| !copy) {
        let label = endpoint.label();
        if let Some(clipped) = of_stats(&endpoint.stats, context.limit) {
            fired.push(said(&clipped, &quoted(&label)).at(label));
        }
    }
    fired
}

/// Successes and failures may be cut off apart: all of them are looked at, the primary figures first.
fn of_stats(stats: &Stats, least: f64) -> Option<Clipped> {
    let all = [
        stats.primary(),
        stats.latency.as_ref(),
        stats.latency_failed.as_ref(),
    ];
    all.into_iter()
        .flatten()
        .find_map(|latency| clipped(latency, least))
}

fn clipped(latency: &Latency, least: f64) -> Option<Clipped> {
    let max = latency.max?;
    // A request that always takes a second is not cut off at one.
    let usual = latency.percentile(Percentile::P50);
    if usual.is_none_or(|p50| p50.0 > ELSEWHERE * max.0) {
        return None;
    }
    let timeout = *ROUND
        .iter()
        .find(|timeout| (max.0 - **timeout).abs() <= CLOSE * **timeout)?;
    let equal = equal_maxima(latency, max).filter(|equal| *equal as f64 >= least);
    let percentile = latency
        .percentiles
        .iter()
        .filter(|(percentile, _)| percentile.share() < 1.0)
        .filter(|(percentile, _)| latency.count as f64 * (1.0 - percentile.share()) >= least)
        .find(|(_, value)| is_same(latency, **value, max))
        .map(|(percentile, _)| *percentile);
    (equal.is_some() || percentile.is_some()).then_some(Clipped {
        max: max.0,
        timeout,
        equal,
        percentile,
    })
}

/// Requests in the last bucket, where it is narrow enough for its values to be equal.
fn equal_maxima(latency: &Latency, max: Millis) -> Option<u64> {
    let histogram = latency.histogram.as_ref()?;
    let (mut at, mut below) = (0_u64, 0_u64);
    for (lower, upper, count) in histogram.buckets().rev() {
        let is_narrow = upper.0 - lower.0 <= EQUAL * max.0;
        if is_narrow && upper.0 >= max.0 * (1.0 - CLOSE) {
            at += count;
        } else if upper.0 >= max.0 * (1.0 - 5.0 * CLOSE) {
            below += count;
        } else {
            break;
        }
    }
    // A tail that thins out towards the end has no wall there.
    (at > HEAVY * below).then_some(at)
}

fn is_same(latency: &Latency, value: Millis, max: Millis) -> bool {
    let error = half_width(latency, value).min(EQUAL * max.0);
    (value.0 - max.0).abs() <= error.max(CLOSE * max.0)
}

fn said(clipped: &Clipped, what: &str) -> Fired {
    let mut evidence = Evidence::new().with("max", clipped.max, Unit::Millis).with(
        "timeout",
        clipped.timeout,
        Unit::Millis,
    );
    let stands = match (clipped.equal, clipped.percentile) {
        (Some(equal), _) => {
            evidence = evidence.count("at_maximum", equal);
            format!("{} stand there", number::plural(equal, "request"))
        }
        (None, Some(percentile)) => format!("{percentile} stands there as well"),
        (None, None) => String::new(),
    };
    let from = clipped.percentile.map_or_else(
        || "the maximum is".to_owned(),
        |percentile| format!("{percentile} and all above are"),
    );
    let message = format!(
        "The maximum of {what}, {}, lies at a time-out of {}, and {stands}: {from} a lower bound.",
        number::millis(clipped.max),
        number::seconds(clipped.timeout / 1000.0),
    );
    Fired::new(Effect::Warn, message, evidence)
        .on(clipped.percentile.map_or(
            MetricId::Latency(None, Statistic::Max),
            MetricId::quantile,
        ))
        .hint("Look for time-outs among the errors; raise the generator's time-out, or call these figures lower bounds.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Population;
    use crate::rules::testing::{ask, counts, endpoint, histogram, latency, run, search};

    fn with(figures: &[(&str, f64)], count: u64) -> Stats {
        let mut stats = counts(count, 0);
        stats.latency = Some(latency(Population::All, count, figures));
        stats
    }

    #[test]
    fn a_percentile_at_the_time_out_is_a_lower_bound() {
        let figures = [("p50", 90.0), ("p99", 10_001.0), ("max", 10_004.0)];
        let fired = ask(&RULE, &run(with(&figures, 5000), 60.0));
        assert_eq!(
            fired[0].message,
            "The maximum of the run, 10,004 ms, lies at a time-out of 10 s, and p99 stands there as well: p99 and all above are a lower bound."
        );
    }

    #[test]
    fn equal_maxima_are_counted_where_buckets_are_narrow() {
        let mut stats = with(&[("p50", 20.0), ("max", 5000.0)], 1000);
        stats.latency.as_mut().unwrap().histogram = Some(histogram(&[(20.0, 996), (5000.0, 4)]));
        let mut given = run(counts(1000, 0), 60.0);
        given
            .endpoints
            .push(endpoint("GET", "/slow", stats.clone()));
        let fired = ask(&RULE, &given);
        assert_eq!(fired[0].endpoint.as_deref(), Some("GET /slow"));
        assert!(fired[0].message.contains("4 requests stand there"));
        stats.latency.as_mut().unwrap().histogram = Some(histogram(&[(20.0, 998), (5000.0, 2)]));
        assert!(ask(&RULE, &run(stats, 60.0)).is_empty());
    }

    #[test]
    fn one_slow_request_near_a_round_number_is_silent() {
        // Of 60 requests p99 is the maximum itself.
        let figures = [("p50", 90.0), ("p99", 1003.0), ("max", 1003.0)];
        assert!(ask(&RULE, &run(with(&figures, 60), 60.0)).is_empty());
        assert!(ask(&RULE, &search()).is_empty());
    }

    #[test]
    fn a_poll_that_always_takes_a_second_is_silent() {
        let figures = [("p50", 1003.0), ("p99", 1006.0), ("max", 1006.0)];
        let mut stats = with(&figures, 3000);
        let even: Vec<(f64, u64)> = (0..=6).map(|i| (1000.0 + f64::from(i), 428)).collect();
        stats.latency.as_mut().unwrap().histogram = Some(histogram(&even));
        assert!(ask(&RULE, &run(stats, 60.0)).is_empty());
    }

    #[test]
    fn a_maximum_elsewhere_is_silent() {
        let figures = [("p99", 7000.0), ("max", 7000.0)];
        assert!(ask(&RULE, &run(with(&figures, 5000), 60.0)).is_empty());
    }
}
