//! V32: failures that the configuration declares as expected are counted apart.

use crate::model::{MetricId, Unit};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::{Asks, Fired, Rule, RunContext};
use crate::text::number;
use crate::text::phrase::{listed, quoted};

/// Endpoints that the message names.
const NAMED: usize = 3;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V32,
    effects: "note",
    limit: None,
    text: "\
Says how many failures were put aside because `knee.toml` declares them with `[[expected_error]]`.
Fires whenever there are any. They are neither failures nor successes, and they are left out of the error rate.
Example: an endpoint that is not built yet answers 404; 300 of them would make an error rate of 1.9 %.
What to do: nothing, or remove the declaration once the endpoint answers.",
    asks: Asks::Run(ask),
};

fn ask(context: &RunContext) -> Vec<Fired> {
    let run = context.run;
    let Some(expected) = run.overall.expected_failures.filter(|count| *count > 0) else {
        return Vec::new();
    };
    let mut evidence = Evidence::new().count("expected_failures", expected);
    let share = match run.overall.requests.filter(|requests| *requests > 0) {
        Some(requests) => {
            let share = expected as f64 / requests as f64;
            evidence = evidence
                .count("requests", requests)
                .with("share", share, Unit::Ratio);
            let of = number::plural(requests, "request");
            format!(" of {of} ({})", number::percent(share))
        }
        None => String::new(),
    };
    let mut places: Vec<(u64, String)> = run
        .endpoints
        .iter()
        .filter_map(|endpoint| {
            let count = endpoint
                .stats
                .expected_failures
                .filter(|count| *count > 0)?;
            Some((count, endpoint.label()))
        })
        .collect();
    places.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let more = places.len().saturating_sub(NAMED) as u64;
    let mut named: Vec<String> = places
        .iter()
        .take(NAMED)
        .map(|(count, label)| format!("{} ({})", quoted(label), number::count(*count)))
        .collect();
    if more > 0 {
        named.push(number::plural(more, "other endpoint"));
    }
    let place = if named.is_empty() {
        String::new()
    } else {
        format!(", at {}", listed(&named))
    };
    let message = format!(
        "{}{share} failed as declared{place}; they are in neither the error rate nor the goodput.",
        number::count(expected),
    );
    vec![Fired::new(Effect::Note, message, evidence).on(MetricId::Plain("error_rate"))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{ask, day_17};

    #[test]
    fn declared_failures_are_counted_and_placed() {
        let mut given = day_17();
        assert!(ask(&RULE, &given).is_empty());
        given.overall.expected_failures = Some(300);
        given.endpoints[2].stats.expected_failures = Some(300);
        let fired = ask(&RULE, &given);
        assert_eq!(fired[0].effect, Effect::Note);
        assert_eq!(
            fired[0].message,
            "300 of 15,914 requests (1.89 %) failed as declared, at \"GET /health/*\" (300); they are in neither the error rate nor the goodput."
        );
    }

    #[test]
    fn a_count_of_zero_is_silent() {
        let mut given = day_17();
        given.overall.expected_failures = Some(0);
        assert!(ask(&RULE, &given).is_empty());
    }
}
