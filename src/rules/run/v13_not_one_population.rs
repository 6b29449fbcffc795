//! V13: the latencies are not one population: the mean is far from the median, or there is a gap between two groups.

use crate::model::{Latency, MetricId, Millis, Percentile, Statistic, Unit};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::shared::{least_ratio, of_endpoints};
use crate::rules::{Asks, Fired, Rule, RunContext};
use crate::stats::quantile::{Support, support};
use crate::text::number;
use crate::text::phrase::listed;

/// Share of the samples that must lie on each side of a gap.
const SIDE: f64 = 0.05;

/// How far apart the edges of a gap are at least.
const GAP: f64 = 3.0;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V13,
    effects: "warn",
    limit: Some((3.0, "mean divided by median that warns")),
    text: "\
Asks whether one figure can stand for all requests.
Fires when the mean is more than 3 times the median, or when the histogram has an empty stretch whose edges lie a factor of 3 apart with at least 5 % of the samples on both sides. Needs 40 samples.
Example: median 36.2 ms and mean 253.9 ms: at most 18.1 ms of that mean come from the faster half,
so the slower half takes 472 ms or more on average. That is every second request and no outlier.
What to do: look at endpoints, cache hits and misses, or codes apart, and judge them apart.",
    asks: Asks::Run(ask),
};

/// Why the latencies are not one population; empty = nothing speaks against it.
#[derive(Default)]
struct Signs {
    ratio: Option<f64>,
    gap: Option<(f64, f64, f64)>,
}

impl Signs {
    fn any(&self) -> bool {
        self.ratio.is_some() || self.gap.is_some()
    }
}

fn signs(latency: &Latency, limit: f64) -> Signs {
    let mut signs = Signs::default();
    if support(latency.count, 0.5) != Support::Ok {
        return signs;
    }
    let median = latency.percentile(Percentile::P50);
    if let (Some(mean), Some(median)) = (latency.mean, median)
        && median.0 > 0.0
        && least_ratio(latency, mean, median).is_some_and(|ratio| ratio > limit)
    {
        signs.ratio = Some(mean.0 / median.0);
    }
    signs.gap = gap(latency);
    signs
}

/// The widest empty stretch with enough samples on both sides: its edges, and the share below it.
fn gap(latency: &Latency) -> Option<(f64, f64, f64)> {
    let histogram = latency.histogram.as_ref()?;
    let total = histogram.total() as f64;
    let filled: Vec<(Millis, Millis, u64)> = histogram
        .buckets()
        .filter(|(_, _, count)| *count > 0)
        .collect();
    let mut below = 0;
    let mut widest: Option<(f64, (f64, f64, f64))> = None;
    for pair in filled.windows(2) {
        let [(_, edge, count), (next, _, _)] = pair else {
            continue;
        };
        below += count;
        let share = below as f64 / total;
        let Some(ratio) = least_ratio(latency, *next, *edge) else {
            continue;
        };
        let wide = ratio >= GAP && (SIDE..=1.0 - SIDE).contains(&share);
        if wide && widest.is_none_or(|(widest, _)| ratio > widest) {
            widest = Some((ratio, (edge.0, next.0, share)));
        }
    }
    widest.map(|(_, gap)| gap)
}

fn ask(context: &RunContext) -> Vec<Fired> {
    question(context).into_iter().collect()
}

fn question(context: &RunContext) -> Option<Fired> {
    let run = context.run;
    let latency = run.overall.primary()?;
    let found = signs(latency, context.limit);
    if !found.any() {
        return None;
    }
    let mut evidence = Evidence::new().count("samples", latency.count);
    let mut reasons = Vec::new();
    let mut slower = String::new();
    if let (Some(mean), Some(median)) = (latency.mean, latency.percentile(Percentile::P50)) {
        evidence = evidence
            .with("mean", mean.0, Unit::Millis)
            .with("p50", median.0, Unit::Millis);
        // At most half of the samples lie below the median, and each adds at most the median.
        let bound = (mean.0 - median.0 / 2.0) / 0.5;
        if let Some(ratio) = found.ratio {
            evidence = evidence.with("slower_half_mean", bound, Unit::Millis).with(
                "mean_to_median",
                ratio,
                Unit::Factor,
            );
            slower = format!(
                " The slower half of the requests takes {} or more on average, beside a median of {}.",
                number::millis(bound),
                number::millis(median.0),
            );
            reasons.push(format!(
                "the mean of {} is {} the median",
                number::millis(mean.0),
                number::times(ratio),
            ));
        }
    }
    if let Some((from, to, share)) = found.gap {
        evidence = evidence
            .with("gap_from", from, Unit::Millis)
            .with("gap_to", to, Unit::Millis)
            .with("share_below_gap", share, Unit::Ratio);
        reasons.push(format!(
            "no request took between {} and {}, with {} of them below and {} above",
            number::millis(from),
            number::millis(to),
            number::percent(share),
            number::percent(1.0 - share),
        ));
    }
    let alike = run
        .endpoints
        .iter()
        .filter_map(|endpoint| endpoint.stats.primary())
        .filter(|latency| signs(latency, context.limit).any())
        .count();
    let endpoints = if alike > 0 {
        evidence = evidence.count("endpoints", alike as u64);
        format!(
            " The same holds inside {}.",
            of_endpoints(alike, run.endpoints.len())
        )
    } else {
        String::new()
    };
    let message = format!(
        "The latencies are not one population: {}.{slower}{endpoints}",
        listed(&reasons)
    );
    Some(
        Fired::new(Effect::Warn, message, evidence)
            .on(MetricId::Latency(None, Statistic::Mean))
            .hint("Judge endpoints, codes, or cache hits and misses apart; neither mean nor median stands for all requests."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Population, Run};
    use crate::rules::testing::{
        ask, counts, day_17, hardwork_1, hardwork_2, hardwork_4, histogram, latency, run, search,
    };

    fn of(count: u64, figures: &[(&str, f64)]) -> Run {
        let mut stats = counts(count, 0);
        stats.latency = Some(latency(Population::All, count, figures));
        run(stats, 60.0)
    }

    #[test]
    fn the_slower_half_of_document_000_is_bounded_by_mean_and_median() {
        for (given, ratio, bound) in [
            (search(), 7.01, 471.6),
            (hardwork_1(), 6.41, 177.2),
            (hardwork_2(), 4.4, 250.7),
            (hardwork_4(), 6.9, 897.7),
        ] {
            let fired = ask(&RULE, &given);
            assert_eq!(fired.len(), 1);
            assert_eq!(fired[0].effect, Effect::Warn);
            let evidence = &fired[0].evidence;
            assert!((evidence.get("mean_to_median").unwrap() - ratio).abs() < 0.01);
            assert!((evidence.get("slower_half_mean").unwrap() - bound).abs() < 0.01);
        }
        assert_eq!(
            ask(&RULE, &search())[0].message,
            "The latencies are not one population: the mean of 253.9 ms is 7.01x the median. \
             The slower half of the requests takes 471.6 ms or more on average, beside a median of 36.2 ms."
        );
    }

    #[test]
    fn one_population_few_samples_and_coarse_figures_are_silent() {
        assert!(ask(&RULE, &day_17()).is_empty());
        assert!(
            ask(
                &RULE,
                &of(1000, &[("p50", 10.0), ("p75", 13.0), ("mean", 12.0)])
            )
            .is_empty()
        );
        assert!(ask(&RULE, &of(39, &[("p50", 10.0), ("mean", 50.0)])).is_empty());
        let mut coarse = of(1000, &[("p50", 1.0), ("mean", 3.2)]);
        coarse.overall.latency.as_mut().unwrap().resolution.absolute = Some(Millis(1.0));
        assert!(ask(&RULE, &coarse).is_empty());
    }

    #[test]
    fn a_gap_is_a_sign_and_a_mean_above_p75_alone_is_none() {
        let long_tail = [("p50", 10.0), ("p75", 13.0), ("mean", 14.0)];
        assert!(ask(&RULE, &of(1000, &long_tail)).is_empty());
        let mut two = of(1000, &[("p50", 10.0), ("mean", 14.0)]);
        two.overall.latency.as_mut().unwrap().histogram =
            Some(histogram(&[(9.0, 300), (10.0, 600), (50.0, 100)]));
        assert_eq!(
            ask(&RULE, &two)[0].message,
            "The latencies are not one population: no request took between 10 ms and 50 ms, with 90 % of them below and 10 % above."
        );
        two.overall.latency.as_mut().unwrap().histogram =
            Some(histogram(&[(10.0, 960), (50.0, 40)]));
        assert!(ask(&RULE, &two).is_empty(), "4 % are a tail");
    }
}
