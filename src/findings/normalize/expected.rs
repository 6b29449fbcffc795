//! `[[expected_error]]`: failures that are meant to happen are counted apart. Codes, errors and latencies stay.
//!
//! Which failures they are is read from the errors of an endpoint, or from its status codes where the errors do not
//! name it. A run that went through here before and was written to a file is not changed twice.

use crate::findings::normalize::ExpectedError;
use crate::findings::normalize::pattern::Pattern;
use crate::findings::normalize::rename::label_of_error;
use crate::model::run::label;
use crate::model::{Run, Stats};
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
