//! V50: sessions or tasks broke although their requests did not fail.

use crate::figures::broken;
use crate::figures::broken::Part;
use crate::model::{ErrorKind, MetricId, Run, Unit};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::shared::percent_beside;
use crate::rules::{Asks, Fired, Rule, RunContext};
use crate::stats::proportion::wilson;
use crate::text::phrase::{listed, quoted};
use crate::text::{escape, number};

/// The confidence that a share is above the limit.
const LEVEL: f64 = 0.95;

/// Reasons that a message names.
const NAMED: usize = 2;

/// Characters of a reason that a message shows.
const LONGEST: usize = 60;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V50,
    effects: "warn",
    limit: Some((0.01, "share of failed sessions or exceptions that warns")),
    text: "\
Asks whether sessions failed, or the script raised exceptions, although their requests did not fail.
Warns when the share is above 1 % with 95 % confidence: of the started sessions, or of requests and exceptions together
where the tool counts no failed sessions. A session that failed because a request got no answer is in the error rate
already, and so is an exception that was raised from a status.
Example: 14,715 exceptions of the script in 37,219 requests of which 1 failed: most users did not do what the test is about.
What to do: read the errors, fix the script or its data, run again. `sessions_failed < 1%` or `exceptions < 1` makes it a target.",
    asks: Asks::Run(ask),
};

fn ask(context: &RunContext) -> Vec<Fired> {
    let run = context.run;
    of_sessions(run, context.limit)
        .or_else(|| of_exceptions(run, context.limit))
        .into_iter()
        .collect()
}

/// Whether it is above the limit beyond chance.
fn is_above(failed: u64, tried: u64, limit: f64) -> bool {
    wilson(failed, tried, LEVEL).is_some_and(|(lo, _)| lo > limit)
}

fn of_sessions(run: &Run, limit: f64) -> Option<Fired> {
    let part = broken::sessions(run)?;
    let by_script = broken::by_script(run, part.failed);
    if !is_above(by_script, part.tried, limit) {
        return None;
    }
    let rest = part.failed.saturating_sub(by_script);
    let rest = if rest > 0 {
        format!(
            " {} of them had a request without a response.",
            number::count(rest)
        )
    } else {
        String::new()
    };
    let message = format!(
        "{} of {} failed ({}), above {}.{rest}{}",
        number::count(part.failed),
        number::plural(part.tried, "session"),
        percent_beside(part.share(), limit),
        number::percent(limit),
        reasons(run, &[ErrorKind::Assertion, ErrorKind::Exception]),
    );
    Some(fired(part, "sessions", "sessions_failed", message, limit))
}

fn of_exceptions(run: &Run, limit: f64) -> Option<Fired> {
    let part = broken::exceptions(run)?;
    if !is_above(part.failed, part.tried, limit) {
        return None;
    }
    let requests = run.overall.requests.unwrap_or(0);
    let message = format!(
        "The script raised {} in {} ({}), above {}.{}",
        number::plural(part.failed, "exception"),
        number::plural(requests, "request"),
        percent_beside(part.share(), limit),
        number::percent(limit),
        reasons(run, &[ErrorKind::Exception]),
    );
    Some(fired(part, "tried", "exceptions", message, limit))
}

fn fired(part: Part, of: &str, metric: &'static str, message: String, limit: f64) -> Fired {
    let evidence = Evidence::new()
        .count(metric, part.failed)
        .count(of, part.tried)
        .with("share", part.share(), Unit::Ratio)
        .with("limit", limit, Unit::Ratio);
    Fired::new(Effect::Warn, message, evidence)
        .on(MetricId::Plain(metric))
        .hint("Read the errors, fix the script or the data that it uses, and run again.")
}

/// A sentence that names the errors behind it.
fn reasons(run: &Run, kinds: &[ErrorKind]) -> String {
    let errors = run.errors.iter();
    let mut named: Vec<(u64, &str)> = errors
        .filter(|error| kinds.contains(&error.kind) && error.code.is_none())
        .filter_map(|error| Some((error.count, error.message.as_deref()?)))
        .collect();
    named.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    let more = named.len().saturating_sub(NAMED) as u64;
    let mut parts: Vec<String> = named
        .iter()
        .take(NAMED)
        .map(|(count, text)| {
            let text = escape::shorten(&escape::visible(text), LONGEST);
            format!("{} ({})", quoted(&text), number::count(*count))
        })
        .collect();
    if parts.is_empty() {
        return String::new();
    }
    if more > 0 {
        parts.push(number::plural(more, "other error"));
    }
    format!(" Most frequent: {}.", listed(&parts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ErrorCount, Sessions};
    use crate::rules::testing::{ask, counts, run};

    fn error(kind: ErrorKind, message: &str, count: u64) -> ErrorCount {
        ErrorCount {
            endpoint: None,
            method: None,
            kind,
            code: None,
            message: Some(message.to_owned()),
            count,
        }
    }

    fn with_sessions(failed: u64, errors: Vec<ErrorCount>) -> Run {
        let mut given = run(counts(1000, 0), 60.0);
        given.sessions = Some(Sessions {
            started: Some(120),
            completed: Some(120 - failed),
            failed: Some(failed),
            duration: None,
        });
        given.errors = errors;
        given
    }

    #[test]
    fn sessions_that_an_assertion_ended_fire() {
        let text = "pw_failed_assertion.toBeVisible";
        let fired = ask(
            &RULE,
            &with_sessions(12, vec![error(ErrorKind::Assertion, text, 12)]),
        );
        assert_eq!(
            fired[0].message,
            "12 of 120 sessions failed (10 %), above 1 %. Most frequent: \"pw_failed_assertion.toBeVisible\" (12)."
        );
        assert_eq!(fired[0].effect, Effect::Warn);
    }

    #[test]
    fn sessions_that_requests_explain_and_traces_are_silent() {
        let lost = vec![error(ErrorKind::Timeout, "x", 12)];
        assert!(ask(&RULE, &with_sessions(12, lost)).is_empty());
        assert!(ask(&RULE, &with_sessions(2, Vec::new())).is_empty());
        assert!(ask(&RULE, &with_sessions(0, Vec::new())).is_empty());
    }

    #[test]
    fn exceptions_of_tasks_fire_and_those_of_counted_answers_do_not() {
        let mut given = run(counts(37_219, 1), 600.0);
        given.exceptions = Some(14_715);
        let long = "line one\nline two".repeat(20);
        given.errors = vec![
            error(ErrorKind::Exception, "KeyError('token')", 14_715),
            error(ErrorKind::Exception, &long, 3),
        ];
        let fired = ask(&RULE, &given);
        let (said, rest) = fired[0].message.split_once(" and ").unwrap();
        assert_eq!(
            said,
            "The script raised 14,715 exceptions in 37,219 requests (28.33 %), above 1 %. \
             Most frequent: \"KeyError('token')\" (14,715)"
        );
        assert!(rest.len() < 90 && !rest.contains('\n'), "{rest}");
        given.overall.failures = Some(14_715);
        given.errors.pop();
        given.errors[0].code = Some("403".to_owned());
        assert!(ask(&RULE, &given).is_empty());
        given.exceptions = None;
        assert!(ask(&RULE, &given).is_empty());
    }
}
