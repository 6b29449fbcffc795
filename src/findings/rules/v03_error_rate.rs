//! V03: too many requests failed.

use crate::findings::evidence::Evidence;
use crate::findings::rules::shared::{counted, listed, percent_beside, quoted};
use crate::findings::rules::{Asks, Fired, Rule, RunContext};
use crate::findings::verdict::Effect;
use crate::model::{MetricId, Run, Unit};
use crate::text::number;

/// Above this share, what was measured is the failing.
const INVALID: f64 = 0.5;

/// Endpoints that a message names.
const NAMED: usize = 3;

pub(super) const RULE: Rule = Rule {
    id: "V03",
    name: "error-rate",
    effects: "warn / invalid",
    limit: Some((0.01, "share of failed requests that warns")),
    text: "\
Asks which share of the requests failed, expected errors left out. No target is needed for it.
Warns above 1 %. Above 50 % the run is invalid: it measured how the system fails, not how it works.
A limit above 50 % moves the invalid one along.
Example: 14,090 of 15,914 requests rejected with 403 in 1 ms is 88.54 %, and \"p95 2 ms\" is the time of a rejection.
What to do: read the errors table, mend the test or the system, run again.
Errors that are meant to happen are declared as `[[expected_error]]` with endpoint, code and reason.",
    asks: Asks::Run(ask),
};

fn ask(context: &RunContext) -> Vec<Fired> {
    question(context).into_iter().collect()
}

fn question(context: &RunContext) -> Option<Fired> {
    let run = context.run;
    let share = run.overall.error_share()?;
    if share <= context.limit {
        return None;
    }
    let (failures, requests) = (run.overall.failures?, counted(&run.overall)?);
    let invalid = context.limit.max(INVALID);
    let (effect, limit, consequence) = if share > invalid {
        let so = format!("above {}: the run is invalid", number::percent(invalid));
        (Effect::Invalid, invalid, so)
    } else {
        let so = format!("above {}", number::percent(context.limit));
        (Effect::Warn, context.limit, so)
    };
    let message = format!(
        "{} of {} failed ({}), {consequence}.{}",
        number::count(failures),
        number::plural(requests, "request"),
        percent_beside(share, limit),
        worst(run),
    );
    let evidence = Evidence::new()
        .count("failures", failures)
        .count("requests", requests)
        .with("error_rate", share, Unit::Ratio)
        .with("limit", context.limit, Unit::Ratio);
    let fired = Fired::new(effect, message, evidence).on(MetricId::Plain("error_rate"));
    Some(fired.hint(
        "Read the errors by code and endpoint, mend the cause and run again; declare errors that are meant to happen as [[expected_error]].",
    ))
}

/// A sentence that names the endpoints where most requests failed.
fn worst(run: &Run) -> String {
    let mut failing: Vec<(u64, u64, String)> = run
        .endpoints
        .iter()
        .filter(|endpoint| endpoint.stats.error_share().is_some_and(|s| s > INVALID))
        .filter_map(|endpoint| {
            let of = counted(&endpoint.stats)?;
            Some((endpoint.stats.failures?, of, endpoint.label()))
        })
        .collect();
    if failing.is_empty() {
        return String::new();
    }
    failing.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.2.cmp(&b.2)));
    let more = failing.len().saturating_sub(NAMED) as u64;
    let mut named: Vec<String> = failing
        .iter()
        .take(NAMED)
        .map(|(failures, of, label)| {
            let (failures, of) = (number::count(*failures), number::count(*of));
            format!("{} ({failures} of {of})", quoted(label))
        })
        .collect();
    if more > 0 {
        named.push(number::plural(more, "other endpoint"));
    }
    format!(" Most requests failed at {}.", listed(&named))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::rules::testing::{ask, counts, day_17, run};

    #[test]
    fn document_002_is_invalid() {
        let fired = ask(&RULE, &day_17());
        assert_eq!(fired.len(), 1);
        assert_eq!(fired[0].effect, Effect::Invalid);
        assert_eq!(
            fired[0].message,
            "14,090 of 15,914 requests failed (88.54 %), above 50 %: the run is invalid. Most requests failed at \
             \"POST /api/v1/data/ingest [stress]\" (12,800 of 12,800), \"POST /api/v1/data/ingest\" (793 of 793) \
             and \"GET /api/v1/ml/models/list\" (197 of 197)."
        );
    }

    #[test]
    fn above_one_in_a_hundred_warns_and_at_it_does_not() {
        assert!(ask(&RULE, &run(counts(1000, 10), 60.0)).is_empty());
        let fired = ask(&RULE, &run(counts(1000, 11), 60.0));
        assert_eq!(fired[0].effect, Effect::Warn);
        assert_eq!(
            fired[0].message,
            "11 of 1,000 requests failed (1.1 %), above 1 %."
        );
        assert_eq!(
            ask(&RULE, &run(counts(1000, 500), 60.0))[0].effect,
            Effect::Warn
        );
    }

    #[test]
    fn a_share_just_above_the_limit_is_not_printed_as_the_limit() {
        let fired = ask(&RULE, &run(counts(599, 6), 60.0));
        assert_eq!(
            fired[0].message,
            "6 of 599 requests failed (1.002 %), above 1 %."
        );
    }

    #[test]
    fn expected_and_unknown_failures_are_silent() {
        let mut expected = counts(1000, 0);
        expected.expected_failures = Some(400);
        assert!(ask(&RULE, &run(expected, 60.0)).is_empty());
        let mut unknown = counts(1000, 0);
        unknown.failures = None;
        assert!(ask(&RULE, &run(unknown, 60.0)).is_empty());
    }
}
