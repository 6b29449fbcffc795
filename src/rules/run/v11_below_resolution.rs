//! V11: a target is decided by less than the input can tell.

use crate::model::{Latency, MetricId, Millis, Run, Statistic, Unit};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::report::{TargetResult, TargetState};
use crate::rules::{Asks, Fired, Rule, RunContext};
use crate::text::number;
use crate::text::phrase::{first_of, quoted};

/// Targets that a message names.
const NAMED: usize = 3;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V11,
    effects: "note",
    limit: None,
    text: "\
Asks whether a target is decided by less than the input can tell: tools round to whole milliseconds or two digits, or keep
sketches with a relative error. Fires when a percentile lies closer to its limit than that error.
How fine the input is stands at the figures themselves; a comparison takes no change below it for one.
Example: in whole milliseconds a p95 of 2 ms is anything from 1.5 to 2.5 ms, and `p95 < 2ms` is decided by the rounding.
What to do: take the target as undecided, or set a limit that the input can tell apart.",
    asks: Asks::Run(ask),
};

fn ask(context: &RunContext) -> Vec<Fired> {
    let near = near_limits(context.run, context.results);
    near.into_iter().collect()
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
    use crate::rules::testing::{SKETCH, ask, ask_with, day_17, result, search};

    #[test]
    fn a_coarse_input_alone_is_no_finding() {
        assert!(ask(&RULE, &day_17()).is_empty());
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
