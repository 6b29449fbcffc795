//! `[[expected_error]]`: failures that are meant to happen are counted apart. Codes, errors and latencies stay.
//!
//! Which failures they are is read from the errors of an endpoint, or from its status codes where the errors do not
//! name it. A run that went through here before and was written to a file is not changed twice.

use crate::model::run::label;
use crate::model::{Run, Stats};
use crate::normalize::ExpectedError;
use crate::normalize::pattern::Pattern;
use crate::normalize::rename::{label_of_error, note_once};
use crate::text::number::plural;

struct Rule<'a> {
    pattern: Pattern,
    code: &'a str,
    reason: Option<&'a str>,
    /// Failures of this rule, for its note.
    count: u64,
}

/// Counts expected failures apart, in the whole, per endpoint and per slice.
pub(crate) fn expected(run: &mut Run, expected: &[ExpectedError]) {
    if expected.is_empty() {
        return;
    }
    let mut rules: Vec<Rule> = expected
        .iter()
        .map(|rule| Rule {
            pattern: Pattern::new(&rule.endpoint),
            code: &rule.code,
            reason: rule.reason.as_deref(),
            count: 0,
        })
        .collect();
    let mut total = 0;
    let errors: Vec<(String, Option<&str>, u64)> = run
        .errors
        .iter()
        .map(|error| {
            let label = label_of_error(error, &run.endpoints);
            (label, error.code.as_deref(), error.count)
        })
        .collect();
    let missing = rules.iter().filter(|rule| !is_seen(rule, run, &errors));
    let unmatched: Vec<String> = missing
        .map(|rule| {
            let glob = rule.pattern.text();
            format!("[[expected_error]] `{glob}` {} matches nothing", rule.code)
        })
        .collect();
    // Of which codes the failures were found without their error line.
    let mut from_codes: Vec<&str> = Vec::new();
    for endpoint in &mut run.endpoints {
        let label = endpoint.label();
        let mut found = 0;
        for index in matching(&rules, &label) {
            let code = rules[index].code;
            let named = errors
                .iter()
                .filter(|(of, found, _)| *of == label && *found == Some(code));
            let mut count: u64 = named.map(|(_, _, count)| count).sum();
            if count == 0 {
                count = failed_with(&endpoint.stats, code);
                if count > 0 {
                    from_codes.push(code);
                }
            }
            rules[index].count += count;
            found += count;
        }
        total += set_apart(&mut endpoint.stats, found);
    }
    // What no endpoint is said for counts in the whole only.
    let mut nameless = 0;
    for index in matching(&rules, "") {
        let code = rules[index].code;
        if from_codes.contains(&code) {
            continue;
        }
        let named = errors
            .iter()
            .filter(|(of, found, _)| of.is_empty() && *found == Some(code));
        let mut count: u64 = named.map(|(_, _, count)| count).sum();
        if count == 0 && run.endpoints.is_empty() {
            count = failed_with(&run.overall, code);
        }
        rules[index].count += count;
        nameless += count;
    }
    set_apart(&mut run.overall, total + nameless);
    slices(run, &rules);
    for text in unmatched {
        note_once(run, text);
    }
    for rule in rules.iter().filter(|rule| rule.count > 0) {
        let why = rule
            .reason
            .map_or(String::new(), |reason| format!(": {reason}"));
        let text = format!(
            "{} with code {} at {} are expected and counted apart{why}",
            plural(rule.count, "failure"),
            rule.code,
            rule.pattern.text()
        );
        // A run that was written after this step carries the note already.
        if !run.notes.iter().any(|note| note.text == text) {
            run.note("expected-errors", text, rule.count);
        }
    }
}

/// Whether a run has anything that a rule speaks of, whichever other rule counts it.
fn is_seen(rule: &Rule, run: &Run, errors: &[(String, Option<&str>, u64)]) -> bool {
    let mut endpoints = run.endpoints.iter();
    let by_error = |(of, code, count): &(String, Option<&str>, u64)| {
        *count > 0 && *code == Some(rule.code) && rule.pattern.matches(of)
    };
    let whole = run.endpoints.is_empty() && rule.pattern.matches("");
    errors.iter().any(by_error)
        || endpoints.any(|endpoint| {
            failed_with(&endpoint.stats, rule.code) > 0 && rule.pattern.matches(&endpoint.label())
        })
        || (whole && failed_with(&run.overall, rule.code) > 0)
        // A run that was written after this step and a trim has lost its errors.
        || run.notes.iter().any(|note| {
            note.text.contains(&format!("with code {} at {} are expected", rule.code, rule.pattern.text()))
        })
}

/// The rules for a label, each code once.
fn matching(rules: &[Rule], label: &str) -> Vec<usize> {
    let mut found: Vec<usize> = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let is_new = !found
            .iter()
            .any(|earlier| rules[*earlier].code == rule.code);
        if is_new && rule.pattern.matches(label) {
            found.push(index);
        }
    }
    found
}

/// Answers with that status, where the status says that they failed.
fn failed_with(stats: &Stats, code: &str) -> u64 {
    let is_failure = code.parse::<u16>().is_ok_and(|status| status >= 400);
    let count = stats.codes.get(code).copied().unwrap_or(0);
    if is_failure { count } else { 0 }
}

/// Moves failures, no more than there are; says how many are apart now. Goodput stays: an expected failure is no
/// success, as it was none before.
fn set_apart(stats: &mut Stats, found: u64) -> u64 {
    let before = stats.expected_failures.unwrap_or(0);
    let Some(failures) = stats.failures else {
        return before;
    };
    let apart = found.clamp(before, before.saturating_add(failures));
    if apart == 0 {
        return 0;
    }
    stats.failures = Some(failures - (apart - before));
    stats.expected_failures = Some(apart);
    apart
}

/// Slices have codes and no errors: what they cannot tell apart stays a failure.
fn slices(run: &mut Run, rules: &[Rule]) {
    for slice in &mut run.timeline {
        let mut total = 0;
        for part in &mut slice.endpoints {
            let label = label(part.method.as_deref(), &part.name);
            let found = matching(rules, &label)
                .into_iter()
                .map(|index| failed_with(&part.stats, rules[index].code))
                .sum();
            total += set_apart(&mut part.stats, found);
        }
        if slice.endpoints.is_empty() {
            total = matching(rules, "")
                .into_iter()
                .map(|index| failed_with(&slice.stats, rules[index].code))
                .sum();
        }
        set_apart(&mut slice.stats, total);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Endpoint, EndpointSlice, ErrorCount, ErrorKind, Seconds, Slice};

    fn rule(endpoint: &str, code: &str, reason: Option<&str>) -> ExpectedError {
        ExpectedError {
            endpoint: endpoint.into(),
            code: code.into(),
            reason: reason.map(str::to_owned),
        }
    }

    fn stats(requests: u64, failures: u64, codes: &[(&str, u64)]) -> Stats {
        let mut stats = Stats {
            requests: Some(requests),
            failures: Some(failures),
            codes: codes
                .iter()
                .map(|(code, n)| ((*code).to_owned(), *n))
                .collect(),
            ..Stats::default()
        };
        stats.set_rates(Some(Seconds(10.0)));
        stats
    }

    fn endpoint(name: &str, stats: Stats) -> Endpoint {
        Endpoint {
            name: name.into(),
            method: Some("GET".into()),
            path: None,
            group: None,
            names_in: vec![],
            stats,
        }
    }

    fn error(endpoint: Option<&str>, code: &str, count: u64) -> ErrorCount {
        ErrorCount {
            endpoint: endpoint.map(str::to_owned),
            method: endpoint.map(|_| "GET".to_owned()),
            kind: ErrorKind::HttpStatus,
            code: Some(code.into()),
            message: None,
            count,
        }
    }

    fn run() -> Run {
        let mut run = Run::new("locust", "locust-csv");
        run.duration = Some(Seconds(10.0));
        run.overall = stats(100, 30, &[]);
        run.endpoints = vec![
            endpoint("/flaky", stats(60, 25, &[])),
            endpoint("/ok", stats(40, 5, &[])),
        ];
        run.errors = vec![
            error(Some("/flaky"), "503", 20),
            error(Some("/flaky"), "500", 5),
            error(Some("/ok"), "503", 5),
        ];
        run
    }

    fn split(stats: &Stats) -> (Option<u64>, Option<u64>) {
        (stats.failures, stats.expected_failures)
    }

    #[test]
    fn expected_failures_are_counted_apart_and_nothing_else_changes() {
        let before = run();
        let mut run = before.clone();
        expected(
            &mut run,
            &[rule("GET /flaky", "503", Some("the breaker opens"))],
        );
        assert_eq!(split(&run.endpoints[0].stats), (Some(5), Some(20)));
        assert_eq!(split(&run.endpoints[1].stats), (Some(5), None));
        assert_eq!(split(&run.overall), (Some(10), Some(20)));
        assert_eq!(run.overall.successes(), Some(70));
        assert_eq!(run.overall.error_share(), Some(0.125));
        assert_eq!(run.overall.goodput, before.overall.goodput);
        assert_eq!(run.errors, before.errors);
        assert_eq!(
            run.notes[0].text,
            "20 failures with code 503 at GET /flaky are expected and counted apart: the breaker opens"
        );
        assert_eq!(run.notes[0].count, 20);
    }

    #[test]
    fn two_rules_for_one_failure_count_it_once_and_a_second_pass_changes_nothing() {
        let rules = [rule("*", "503", None), rule("GET /flaky", "503", None)];
        let mut run = run();
        expected(&mut run, &rules);
        assert_eq!(split(&run.overall), (Some(5), Some(25)));
        let once = run.clone();
        expected(&mut run, &rules);
        assert_eq!(run, once);
    }

    #[test]
    fn status_codes_stand_in_for_errors_that_do_not_say_where() {
        let mut run = run();
        run.errors = vec![error(None, "404", 8)];
        run.endpoints[0].stats = stats(60, 8, &[("200", 52), ("404", 8)]);
        run.endpoints[1].stats = stats(40, 0, &[("200", 40)]);
        run.overall = stats(100, 8, &[("200", 92), ("404", 8)]);
        let mut by_star = run.clone();
        expected(&mut by_star, &[rule("*", "404", None)]);
        assert_eq!(split(&by_star.endpoints[0].stats), (Some(0), Some(8)));
        assert_eq!(split(&by_star.overall), (Some(0), Some(8)), "counted once");
        expected(&mut run, &[rule("GET /flaky", "200", None)]);
        assert_eq!(
            split(&run.overall),
            (Some(8), None),
            "a success is no failure"
        );
    }

    #[test]
    fn a_rule_for_everything_reaches_failures_without_an_endpoint() {
        let mut run = Run::new("x", "y");
        run.overall = stats(100, 8, &[("404", 6)]);
        run.errors = vec![error(None, "ETIMEDOUT", 2)];
        let mut narrow = run.clone();
        expected(&mut narrow, &[rule("GET /a", "ETIMEDOUT", None)]);
        assert_eq!(split(&narrow.overall), (Some(8), None));
        expected(
            &mut run,
            &[rule("*", "ETIMEDOUT", None), rule("*", "404", None)],
        );
        assert_eq!(split(&run.overall), (Some(0), Some(8)));
    }

    #[test]
    fn no_more_failures_are_expected_than_there_are() {
        let mut run = run();
        run.endpoints[0].stats.failures = Some(3);
        expected(&mut run, &[rule("GET /flaky", "503", None)]);
        assert_eq!(split(&run.endpoints[0].stats), (Some(0), Some(3)));
        run.endpoints[0].stats.failures = None;
        run.endpoints[0].stats.expected_failures = None;
        expected(&mut run, &[rule("GET /flaky", "503", None)]);
        assert_eq!(split(&run.endpoints[0].stats), (None, None));
    }

    #[test]
    fn slices_tell_them_apart_by_their_codes() {
        let mut run = run();
        let whole = stats(10, 3, &[("200", 7), ("503", 3)]);
        let part = EndpointSlice {
            name: "/flaky".into(),
            method: Some("GET".into()),
            stats: stats(4, 2, &[("503", 2)]),
        };
        run.timeline.push(Slice {
            latency_window: None,
            completed: None,
            start: Seconds(0.0),
            duration: Seconds(1.0),
            users: None,
            arrivals: None,
            stats: whole,
            endpoints: vec![part],
        });
        expected(&mut run, &[rule("GET /flaky", "503", None)]);
        assert_eq!(split(&run.timeline[0].stats), (Some(1), Some(2)));
        assert_eq!(
            split(&run.timeline[0].endpoints[0].stats),
            (Some(0), Some(2))
        );
    }
}
