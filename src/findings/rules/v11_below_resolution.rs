//! V11: a value, or its distance to a limit, finer than the input's resolution.

use crate::findings::evidence::Evidence;
use crate::findings::report::{TargetResult, TargetState};
use crate::findings::rules::shared::{first_of, listed, of_endpoints, quoted};
use crate::findings::rules::{Asks, Fired, Rule, RunContext};
use crate::findings::verdict::Effect;
use crate::model::{Latency, MetricId, Millis, Percentile, Run, Statistic, Stats, Unit};
use crate::text::number;

/// Targets or endpoints that a message names.
const NAMED: usize = 3;

pub(super) const RULE: Rule = Rule {
    id: "V11",
    name: "below-resolution",
    effects: "note",
    limit: Some((0.1, "share of a percentile that its resolution may be")),
    text: "\
Asks how fine the input is: tools round to whole milliseconds or two digits, or keep sketches with a relative error.
Fires when a shown percentile is known to no better than 10 % of itself,
or when a target's value lies closer to its limit than the input can tell.
Example: in whole milliseconds a p95 of 2 ms is anything from 1.5 to 2.5 ms, so \"20 ms down to 2 ms\" is 8 to 13 times.
What to do: read such figures as ranges, and set limits that the input can tell apart.",
    asks: Asks::Run(ask),
};

fn ask(context: &RunContext) -> Vec<Fired> {
    let near = near_limits(context.run, context.results);
    coarse(context).into_iter().chain(near).collect()
}

/// Percentiles that are shown, with their half-widths, where these are more than the limit.
fn coarse_of(
    latency: &Latency,
    shown: &[Percentile],
    limit: f64,
) -> Vec<(Percentile, Millis, Millis)> {
    shown
        .iter()
        .filter_map(|shown| {
            let value = latency.percentile(*shown)?;
            let half = latency.resolution.half_width(value)?;
            (latency.count > 0 && half.0 > limit * value.0).then_some((*shown, value, half))
        })
        .collect()
}

fn coarse(context: &RunContext) -> Option<Fired> {
    let run = context.run;
    let of = |stats: &Stats| {
        stats.primary().map_or_else(Vec::new, |latency| {
            coarse_of(latency, &context.figures.percentiles, context.limit)
        })
    };
    let overall = of(&run.overall);
    let endpoints: Vec<String> = run
        .endpoints
        .iter()
        .filter(|endpoint| !of(&endpoint.stats).is_empty())
        .map(|endpoint| quoted(&endpoint.label()))
        .collect();
    let mut evidence = Evidence::new();
    let mut sentences = Vec::new();
    if !overall.is_empty() {
        let mut words = Vec::new();
        for (percentile, value, half) in &overall {
            evidence = evidence
                .with(&percentile.to_string(), value.0, Unit::Millis)
                .with(&format!("half_width_{percentile}"), half.0, Unit::Millis);
            words.push(format!(
                "{percentile} {} +/- {}",
                number::millis_bare(value.0),
                number::millis(half.0),
            ));
        }
        sentences.push(format!(
            "The input is too coarse for {}: the error is more than {} of the value.",
            listed(&words),
            number::percent(context.limit),
        ));
    }
    if !endpoints.is_empty() {
        evidence = evidence.count("coarse_endpoints", endpoints.len() as u64);
        sentences.push(format!(
            "A percentile is known to no better than {} of itself at {}: {}.",
            number::percent(context.limit),
            of_endpoints(endpoints.len(), run.endpoints.len()),
            first_of(&endpoints, NAMED),
        ));
    }
    (!sentences.is_empty()).then(|| {
        Fired::new(Effect::Note, sentences.join(" "), evidence)
            .hint("Read these figures as ranges; a change smaller than the error is no change.")
    })
}

/// The latency a metric is read from, and only where it is a percentile: other figures are finer than their input.
fn latency_of<'a>(run: &'a Run, result: &TargetResult) -> Option<&'a Latency> {
    let metric: MetricId = result.metric.as_deref()?.parse().ok()?;
    let MetricId::Latency(population, Statistic::Quantile(_)) = metric else {
        return None;
    };
    let stats = match &result.endpoint {
        None => &run.overall,
        Some(label) => {
            let endpoint = run.endpoints.iter().find(|e| e.label() == *label)?;
            &endpoint.stats
        }
    };
    match population {
        None => stats.primary(),
        Some(name) => [&stats.latency, &stats.latency_ok, &stats.latency_failed]
            .into_iter()
            .flatten()
            .find(|latency| name.holds(latency.population)),
    }
}

fn near_limits(run: &Run, results: &[TargetResult]) -> Option<Fired> {
    let near: Vec<(f64, f64, String)> = results
        .iter()
        .filter(|result| {
            use TargetState::{Fail, Pass, Warn};
            matches!(result.state, Pass | Warn | Fail)
        })
        .filter_map(|result| {
            let (value, margin) = (result.value?, result.margin?);
            let half = latency_of(run, result)?
                .resolution
                .half_width(Millis(value))?
                .0;
            let place = match &result.endpoint {
                Some(label) => format!(" of {}", quoted(label)),
                None => String::new(),
            };
            (margin.abs() < half).then(|| {
                let words = format!(
                    "{}{place} is {} +/- {}, {} from the limit of {}",
                    result.metric.as_deref().unwrap_or_default(),
                    number::millis_bare(value),
                    number::millis(half),
                    number::millis(margin.abs()),
                    result.expect,
                );
                (margin.abs(), half, words)
            })
        })
        .collect();
    let (margin, half, _) = near.first()?;
    let evidence = Evidence::new()
        .count("targets", near.len() as u64)
        .with("distance", *margin, Unit::Millis)
        .with("half_width", *half, Unit::Millis);
    let words: Vec<String> = near.iter().map(|(_, _, words)| words.clone()).collect();
    let message = format!(
        "{} closer to the limit than the input can tell: {}.",
        if near.len() == 1 {
            "A target is".to_owned()
        } else {
            format!("{} are", number::plural(near.len() as u64, "target"))
        },
        first_of(&words, NAMED),
    );
    Some(
        Fired::new(Effect::Note, message, evidence)
            .hint("The state follows the printed value; take it as undecided, or move the limit to where the input can tell."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::rules::testing::{
        SKETCH, ask, ask_with, day_17, hardwork_1, result, search,
    };

    #[test]
    fn whole_milliseconds_are_too_coarse_for_one_to_three() {
        let fired = ask(&RULE, &day_17());
        assert_eq!(fired.len(), 1);
        assert_eq!(
            fired[0].message,
            "The input is too coarse for p50 1 +/- 0.5 ms, p90 2 +/- 0.5 ms, p95 2 +/- 0.5 ms and p99 3 +/- 0.5 ms: \
             the error is more than 10 % of the value. A percentile is known to no better than 10 % of itself at 7 of 7 endpoints: \"GET /api/v1/database/query\", \
             \"GET /api/v1/ml/models/list\", \"GET /health/*\" and 4 more."
        );
        assert_eq!(fired[0].evidence.get("half_width_p95"), Some(0.5));
        assert!(ask(&RULE, &hardwork_1()).is_empty());
    }

    #[test]
    fn a_limit_inside_the_resolution_is_noted_and_one_outside_is_not() {
        let given = search();
        assert_eq!(given.overall.latency.as_ref().unwrap().resolution, SKETCH);
        let near = [result(TargetState::Pass, None, 198.5)];
        let fired = ask_with(&RULE, &given, &[], &near);
        assert_eq!(
            fired[0].message,
            "A target is closer to the limit than the input can tell: p95 is 198.5 +/- 1.99 ms, 1.5 ms from the limit of p95 < 200ms."
        );
        let clear = [result(TargetState::Pass, None, 190.0)];
        assert!(ask_with(&RULE, &given, &[], &clear).is_empty());
        let open = [result(TargetState::NotMeasured, None, 199.9)];
        assert!(ask_with(&RULE, &given, &[], &open).is_empty());
    }
}
