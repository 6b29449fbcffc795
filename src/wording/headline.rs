//! The first sentences of a report, each made from figures in it. None praises; none names a cause.

mod age;
mod broke;
mod checks;
mod compared;
mod judged;
mod series;
mod told;
mod without_requests;

use std::fmt::Write;

use crate::model::Note;
use crate::model::{Percentile, Run};
use crate::normalize::bounded;
use crate::report::{Effect, Verdict};
use crate::report::{Figure, Support};
use crate::report::{Finding, Report, TargetResult, TargetState};
use crate::text::number::{count, percent, plural, quantity, rate, seconds, significant};
use crate::text::phrase::{first_sentence, lower_first, shown};
use crate::verdict;

/// The percentiles that a sentence names.
const SPOKEN_OF: [Percentile; 3] = [Percentile::P50, Percentile::P95, Percentile::P99];

/// The command whose news is the load series.
pub const SCALE: &str = "scale";

/// Three to five sentences over one run, or one per run when there are several.
pub fn of_report(report: &Report) -> Vec<String> {
    let mut sentences = news(report);
    sentences.extend(of_reading(report));
    sentences
}

/// What the reader noted that a figure on the page must be read by.
fn of_reading(report: &Report) -> Vec<String> {
    let mut sentences = Vec::new();
    for note in report.runs.iter().flat_map(|run| &run.notes) {
        let sentence = format!("{}.", note.text);
        if note.is_news() && !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    sentences
}

fn news(report: &Report) -> Vec<String> {
    if !report.comparisons.is_empty() {
        return compared::of_comparisons(report);
    }
    let of_series = report.scalings.iter().flat_map(series::of_series);
    if report.command == SCALE {
        // The series is what was asked for; what is said of its runs stands behind it.
        let of_runs = series::of_runs(report);
        return of_series.chain(of_runs).collect();
    }
    let mut sentences = match report.runs.as_slice() {
        [] => vec!["No run was given.".to_owned()],
        [run] => of_run(report, run),
        runs => of_many(report, runs),
    };
    sentences.extend(of_series);
    sentences
}

/// What can be said without a run: how many scenarios and targets are declared, and what speaks against them.
pub fn of_plan(report: &Report, scenarios: usize, targets: usize) -> Vec<String> {
    if (scenarios, targets) == (0, 0) {
        return vec!["No run was given, and neither scenario nor target is declared.".to_owned()];
    }
    let mut rules: Vec<&str> = Vec::new();
    for finding in &report.findings {
        if !rules.contains(&finding.rule.as_str()) {
            rules.push(finding.rule.as_str());
        }
    }
    let fired = match report.findings.len() as u64 {
        0 => "no rule fired".to_owned(),
        number => format!("{} ({})", plural(number, "finding"), rules.join(", ")),
    };
    let mut sentences = vec![
        format!(
            "Plan: {} and {}; {fired}.",
            plural(scenarios as u64, "scenario"),
            plural(targets as u64, "target")
        ),
        "No run was given: nothing was measured, and only the plan is judged.".to_owned(),
    ];
    if let Some(first) = report.findings.first() {
        let message = first_sentence(&first.message);
        sentences.push(format!("{}: {message}", first.rule));
    }
    sentences
}

fn of_many(report: &Report, runs: &[Run]) -> Vec<String> {
    let verdicts: Vec<Verdict> = runs
        .iter()
        .map(|run| verdict::of(report, Some(&run.id)))
        .collect();
    let order = [
        Verdict::Invalid,
        Verdict::Fail,
        Verdict::Unjudged,
        Verdict::Warn,
        Verdict::Pass,
    ];
    let parts: Vec<String> = order
        .iter()
        .map(|wanted| {
            (
                verdicts.iter().filter(|verdict| *verdict == wanted).count(),
                *wanted,
            )
        })
        .filter(|(number, _)| *number > 0)
        .map(|(number, verdict)| format!("{number} {}", words(verdict)))
        .collect();
    let mut sentences = vec![format!(
        "{}: {}.",
        plural(runs.len() as u64, "run"),
        parts.join(", ")
    )];
    for (run, verdict) in runs.iter().zip(&verdicts) {
        if sentences.len() < 5 {
            let what = what_happened(report, run);
            sentences.push(format!(
                "{} ({}): {}",
                shown(&run.name),
                words(*verdict),
                lower_first(&what)
            ));
        }
    }
    if runs.len() + 1 > sentences.len() {
        let rest = (runs.len() + 1 - sentences.len()) as u64;
        sentences.push(format!("{} more below.", plural(rest, "run")));
    }
    let of_plan: Vec<&Finding> = report.findings_of_plan().collect();
    if let Some(sentence) = told::of_these(&of_plan, None) {
        sentences.push(format!("About the plan: {sentence}"));
    }
    sentences
}

/// Three to five sentences over one run.
pub fn of_run(report: &Report, run: &Run) -> Vec<String> {
    let mut sentences = Vec::new();
    let invalid = report
        .findings_of(&run.id)
        .find(|finding| finding.effect == Effect::Invalid);
    if let Some(finding) = invalid {
        sentences.push(format!(
            "This run cannot be believed ({}): {}",
            finding.rule,
            first_sentence(&finding.message)
        ));
    }
    let requests = value(report, run, "requests");
    let counts_requests = requests.is_some();
    if invalid.is_some() && requests == Some(0.0) {
        // The finding says it, and why.
        sentences.push(of_targets(report, run));
        sentences.extend(checks::of_checks(run));
        return sentences;
    }
    sentences.push(what_happened(report, run));
    let has_latency = !percentiles(report, run).is_empty();
    if counts_requests || has_latency {
        sentences.push(how_long(report, run));
    }
    // A load series is no judgement: that nothing was demanded is not its news.
    if report.command != SCALE || has_targets(report, run) {
        sentences.push(of_targets(report, run));
    }
    sentences.extend(checks::of_checks(run));
    if let Some(sentence) = told::of_findings(report, run, invalid) {
        sentences.push(sentence);
    }
    if !counts_requests {
        sentences.push(without_requests::what_was_not(has_latency));
    }
    sentences
}

fn value(report: &Report, run: &Run, metric: &str) -> Option<f64> {
    report
        .figure(&run.id, None, metric)
        .and_then(|figure| figure.value)
}

fn what_happened(report: &Report, run: &Run) -> String {
    let Some(requests) = value(report, run, "requests") else {
        return without_requests::what_was_measured(report, run);
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count from the input"
    )]
    let mut text = plural(requests as u64, "request");
    if let Some(duration) = value(report, run, "duration") {
        let _ = write!(text, " in {}", seconds(duration));
    }
    if let Some(sent) = value(report, run, "rate") {
        let _ = write!(text, " ({})", rate(sent));
    }
    if requests < 0.5 {
        return nothing_made(run);
    }
    let expected = run.overall.expected_failures.unwrap_or(0);
    match (run.overall.failures, value(report, run, "error_rate")) {
        (Some(0), _) if expected == 0 => text.push_str("; none failed"),
        (Some(failures), share) => {
            let share = share
                .map(|share| format!(" ({})", percent(share)))
                .unwrap_or_default();
            if expected > 0 {
                let counted = run.overall.requests.unwrap_or(0).saturating_sub(expected);
                let aside = plural(expected, "expected failure");
                let _ = write!(
                    text,
                    "; {aside} set aside, {} of the other {} failed{share}",
                    count(failures),
                    count(counted)
                );
            } else {
                let _ = write!(text, "; {} failed{share}", count(failures));
            }
            if let Some(goodput) = value(report, run, "goodput") {
                let _ = write!(text, ", {} succeeded", rate(goodput));
            }
        }
        (None, _) => text.push_str("; failures are not measured"),
    }
    text.push('.');
    if let Some(said) = broke::beside_requests(run) {
        let _ = write!(text, " {said}.");
    }
    text
}

/// An array without an entry looks alike from every tool: then its reader says so.
fn nothing_made(run: &Run) -> String {
    match run.noted(Note::EMPTY_ARRAY) {
        Some(note) => format!("There is nothing to measure: {}.", note.text),
        None => "0 requests were made: there is nothing to measure.".to_owned(),
    }
}

/// p50, p95 and p99 of the whole run, where they were measured.
fn percentiles<'a>(report: &'a Report, run: &Run) -> Vec<&'a Figure> {
    SPOKEN_OF
        .iter()
        .filter_map(|percentile| report.figure(&run.id, None, &percentile.to_string()))
        .filter(|figure| figure.value.is_some())
        .collect()
}

fn how_long(report: &Report, run: &Run) -> String {
    let figures = percentiles(report, run);
    if figures.is_empty() {
        let void = report
            .findings_of(&run.id)
            .find(|f| f.effect == Effect::Void && f.endpoint.is_none());
        return match void {
            Some(finding) => format!(
                "Latency is not measured ({}): {}",
                finding.rule,
                lower_first(&first_sentence(&finding.message))
            ),
            None => without_percentiles(report, run),
        };
    }
    let parts: Vec<String> = figures
        .iter()
        .map(|figure| {
            let mark = match figure.support {
                Support::Ok => "",
                Support::Weak => " (thin)",
                Support::None if figure.n.is_none() => " (count not measured)",
                Support::None => " (too few requests to judge)",
            };
            format!(
                "{} {}{mark}",
                figure.metric,
                quantity(figure.value.unwrap_or_default(), figure.unit.id())
            )
        })
        .collect();
    let whose = match run.overall.primary().map(|latency| latency.population) {
        Some(crate::model::Population::Ok) if run.overall.failures != Some(0) => " of successes",
        Some(crate::model::Population::Answered) if run.overall.failures != Some(0) => {
            " of answered requests"
        }
        Some(crate::model::Population::All) if run.overall.failures.is_some_and(|n| n > 0) => {
            " of all requests, failed ones included"
        }
        _ => "",
    };
    format!(
        "Latency{whose}: {}.{}",
        parts.join(", "),
        unanswered(run).unwrap_or_default()
    )
}

/// Requests that never got an answer are in no latency: whoever reads a percentile has to know how many.
fn unanswered(run: &Run) -> Option<String> {
    let (requests, responses) = (run.overall.requests?, run.overall.responses?);
    let missing = requests.checked_sub(responses).filter(|n| *n > 0)?;
    Some(format!(
        " {} of {} got no answer ({}) and are not in it.",
        count(missing),
        plural(requests, "request"),
        percent(missing as f64 / requests as f64)
    ))
}

/// What is left to say of the latency when none of the usual percentiles is there.
fn without_percentiles(report: &Report, run: &Run) -> String {
    if value(report, run, "requests").is_some_and(|requests| requests < 0.5) {
        return "Latency is not measured: there was no request.".to_owned();
    }
    if let Some(note) = run
        .notes
        .iter()
        .find(|note| note.id == Note::TRIM && note.text.contains("percentiles"))
    {
        return format!("Latency: {}.", note.text);
    }
    let bounded = run.overall.primary();
    if let Some(bounds) = bounded.and_then(|latency| bounded::said(latency, &SPOKEN_OF)) {
        return format!("Latency: {bounds} (V43).");
    }
    let others = ["min", "mean", "max", "p90", "p99.9"].into_iter();
    let others =
        others.filter_map(|id| Some(format!("{id} {}", quantity(value(report, run, id)?, "ms"))));
    let others: Vec<String> = others.collect();
    if others.is_empty() {
        return "Latency is not measured: the input gives none for the whole run.".to_owned();
    }
    format!(
        "Latency: {}; the input gives neither p50 nor p95 nor p99 of the whole run.",
        others.join(", ")
    )
}

/// The targets that speak of a run.
fn results_of<'a>(report: &'a Report, run: &Run) -> Vec<&'a TargetResult> {
    report
        .targets
        .iter()
        .filter(|result| result.run == run.id && result.state != TargetState::NotApplicable)
        .collect()
}

fn has_targets(report: &Report, run: &Run) -> bool {
    !results_of(report, run).is_empty()
}

fn of_targets(report: &Report, run: &Run) -> String {
    let results = results_of(report, run);
    if results.is_empty() {
        return "No target was given, so nothing is judged; `--target 'p95 < 200ms'` or `knee.toml` sets one.".to_owned();
    }
    of_results(&results, &|_| String::new())
}

/// How many targets are met, and which are broken, with what stands behind a name of a run.
fn of_results(results: &[&TargetResult], at_run: &dyn Fn(&TargetResult) -> String) -> String {
    let number = |state: TargetState| {
        results
            .iter()
            .filter(|result| result.state == state)
            .count()
    };
    let met = number(TargetState::Pass) + number(TargetState::Warn);
    let mut text = format!("{met} of {} met", plural(results.len() as u64, "target"));
    let broken: Vec<String> = results
        .iter()
        .filter(|result| result.state == TargetState::Fail)
        .map(|result| {
            let at = result
                .endpoint
                .as_deref()
                .map(|label| format!(" at {}", shown(label)))
                .unwrap_or_default();
            let level = result.level.filter(|_| result.metric.is_some());
            let level = level.map(|level| format!(" at {}", significant(level, 3)));
            let at = format!("{at}{}", level.unwrap_or_default());
            // Of "no blow-up" the value is but how many there are.
            let value = result.value.filter(|_| result.metric.is_some());
            let value = value.map(|value| format!(" is {}", result.amount(value)));
            let value = value.unwrap_or_default();
            format!("{}{at}{value}{}", result.expect, at_run(result))
        })
        .collect();
    if !broken.is_empty() {
        let more = if broken.len() > 2 {
            format!(" and {} more", broken.len() - 2)
        } else {
            String::new()
        };
        let first = broken
            .iter()
            .take(2)
            .cloned()
            .collect::<Vec<_>>()
            .join("; ");
        let _ = write!(text, ", {} broken: {first}{more}", broken.len());
    }
    let open = number(TargetState::NotMeasured);
    if open > 0 {
        let _ = write!(text, ", {open} not measured");
    }
    text.push('.');
    text
}

/// The verdict in words, for people.
pub fn words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Warn => "warn",
        Verdict::Unjudged => "not judged",
        Verdict::Fail => "fail",
        Verdict::Invalid => "invalid",
    }
}
