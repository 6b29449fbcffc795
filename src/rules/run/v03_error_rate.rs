//! V03: too many requests failed.

mod no_requests;

use crate::figures::side::counted;
use crate::model::{MetricId, Run, Unit};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::shared::percent_beside;
use crate::rules::{Asks, Fired, Rule, RunContext};
use crate::stats::proportion::wilson;
use crate::text::number;
use crate::text::phrase::{listed, quoted};

/// Above this share, what was measured is the failing.
const INVALID: f64 = 0.5;

/// Of the interval whose lower end warns.
const LEVEL: f64 = 0.95;

/// Endpoints that a message names.
const NAMED: usize = 3;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V03,
    effects: "warn / invalid",
    limit: Some((0.01, "share of failed requests that warns")),
    text: "\
Asks which share of the requests failed, expected errors left out. No target is needed for it.
Warns where the lower end of its 95 % interval (Wilson) is above 1 %: below that it is shown and not judged. Above 50 % the run is invalid: it measured how the system fails, not how it works.
A limit above 50 % moves the invalid one along. A run that made no request is invalid too, with the likely cause.
Example: 14,090 of 15,914 requests rejected with 403 in 1 ms is 88.54 %, and \"p95 2 ms\" is the time of a rejection.
What to do: read the errors table, fix the test or the system, run again.
Errors that are meant to happen are declared as `[[expected_error]]` with endpoint, code and reason.",
    asks: Asks::Run(ask),
};

fn ask(context: &RunContext) -> Vec<Fired> {
    let none = no_requests::fired(context.run);
    none.or_else(|| question(context)).into_iter().collect()
}

fn question(context: &RunContext) -> Option<Fired> {
    let run = context.run;
    let share = run.overall.error_share()?;
    let (failures, requests) = (run.overall.failures?, counted(&run.overall)?);
    let (least, _) = wilson(failures, requests, LEVEL)?;
    let invalid = context.limit.max(INVALID);
    if least <= context.limit && share <= invalid {
        return None;
    }
    let (effect, limit, consequence) = if share > invalid {
        let so = format!("above {}: the run is invalid", number::percent(invalid));
        (Effect::Invalid, invalid, so)
    } else {
        let limit = number::percent(context.limit);
        let so = format!(
            "above {limit} (95 % interval from {})",
            number::percent(least)
        );
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
        .with("interval_lo", least, Unit::Ratio)
        .with("limit", context.limit, Unit::Ratio);
    let fired = Fired::new(effect, message, evidence).on(MetricId::Plain("error_rate"));
    Some(fired.hint(
        "Read the errors by code and endpoint, fix the cause and run again; declare errors that are meant to happen as [[expected_error]].",
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
    use crate::rules::testing::{ask, counts, day_17, run};

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
    fn a_share_that_may_be_one_in_a_hundred_is_not_judged() {
        // The lower end by the formula, in Python: 0.009872 of 16, 0.010641 of 17.
        assert!(ask(&RULE, &run(counts(1000, 16), 60.0)).is_empty());
        let fired = ask(&RULE, &run(counts(1000, 17), 60.0));
        assert_eq!(fired[0].effect, Effect::Warn);
        assert_eq!(
            fired[0].message,
            "17 of 1,000 requests failed (1.7 %), above 1 % (95 % interval from 1.06 %)."
        );
        // Of few requests one failure shows nothing.
        assert!(ask(&RULE, &run(counts(48, 1), 60.0)).is_empty());
        assert_eq!(
            ask(&RULE, &run(counts(1000, 500), 60.0))[0].effect,
            Effect::Warn
        );
        assert_eq!(
            ask(&RULE, &run(counts(1000, 501), 60.0))[0].effect,
            Effect::Invalid
        );
    }

    #[test]
    fn a_share_just_above_the_limit_is_not_printed_as_the_limit() {
        let fired = ask(&RULE, &run(counts(100_000_000, 1_003_000), 60.0));
        assert!(
            fired[0]
                .message
                .starts_with("1,003,000 of 100,000,000 requests failed (1.003 %), above 1 %"),
            "{}",
            fired[0].message
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
