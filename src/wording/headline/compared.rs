//! The first sentences of a comparison: what is proven, what is only suspected, what could have been seen.

use std::collections::BTreeSet;

use crate::report::Cause;
use crate::report::Effect;
use crate::report::comparison::{
    ChangeUnit, ComparedMetric, Comparison, ComparisonVerdict, MetricState,
};
use crate::report::{Report, TargetResult, TargetState};
use crate::text::number::{change, change_of_share, percent, plural, quantity};
use crate::text::phrase::{first_sentence, shown};
use crate::wording::headline::{age, judged, of_results};
use crate::wording::reason;

/// How many metrics a sentence names.
const NAMED: usize = 3;

/// The sentences over all comparisons of a report.
pub(super) fn of_comparisons(report: &Report) -> Vec<String> {
    let mut sentences = Vec::new();
    for comparison in &report.comparisons {
        let before = if report.comparisons.len() > 1 {
            format!("{}: ", shown(&comparison.scenario))
        } else {
            String::new()
        };
        for sentence in of_one(report, comparison) {
            sentences.push(format!("{before}{sentence}"));
        }
    }
    sentences.extend(of_targets(report));
    for run in &report.runs {
        let invalid = report
            .findings_of(&run.id)
            .find(|finding| finding.effect == Effect::Invalid);
        if let Some(finding) = invalid {
            sentences.push(format!(
                "{} cannot be believed ({}): {}",
                shown(&run.name),
                finding.rule,
                first_sentence(&finding.message)
            ));
        }
    }
    sentences
}

/// The targets of the runs that are judged, where one is not simply met.
fn of_targets(report: &Report) -> Option<String> {
    let results: Vec<&TargetResult> = report
        .targets
        .iter()
        .filter(|result| result.state != TargetState::NotApplicable)
        .collect();
    let runs: BTreeSet<&str> = results.iter().map(|result| result.run.as_str()).collect();
    let name = |result: &TargetResult| {
        let run = report.runs.iter().find(|run| run.id == result.run);
        match run.filter(|_| runs.len() > 1) {
            Some(run) => format!(" in {}", shown(&run.name)),
            None => String::new(),
        }
    };
    (!results.is_empty()).then(|| of_results(&results, &name))
}

fn of_one(report: &Report, comparison: &Comparison) -> Vec<String> {
    let name = |side: &crate::report::comparison::ComparedSide| {
        side.name
            .as_deref()
            .map_or("the other runs".to_owned(), shown)
    };
    let base = name(&comparison.base);
    if comparison.reasons.contains(&Cause::NothingJudged.into()) {
        return vec![format!(
            "Nothing can be judged against {base}: no metric has enough requests on both sides."
        )];
    }
    if comparison.reasons.contains(&Cause::NoRequests.into()) {
        return vec![format!(
            "Not comparable with {base}: a run made no request at all, and the others cannot speak for it."
        )];
    }
    let of = |state: MetricState| -> Vec<&ComparedMetric> {
        let mut found: Vec<&ComparedMetric> = comparison
            .metrics
            .iter()
            .filter(|metric| metric.state == state)
            .collect();
        found.sort_by(|a, b| size(b).total_cmp(&size(a)));
        found
    };
    let mut sentences = Vec::new();
    if !comparison.reasons.is_empty() {
        sentences.push(format!(
            "Not comparable with {base} ({}): {}.",
            reason::listed(&comparison.reasons),
            judged::in_spite(comparison)
        ));
        let why = report.findings.iter().filter(|finding| {
            finding.effect == Effect::Uncomparable
                && comparison.reasons.contains(&finding.rule.into())
        });
        sentences.extend(
            why.take(NAMED)
                .map(|finding| first_sentence(&finding.message)),
        );
    }
    let regressed = of(MetricState::Regressed);
    let proven = |found: &[&ComparedMetric], word: &str| {
        (!found.is_empty()).then(|| {
            format!(
                "{} {word} against {base}: {}.",
                plural(found.len() as u64, "metric"),
                listed(found)
            )
        })
    };
    sentences.splice(0..0, proven(&regressed, "regressed"));
    sentences.extend(judged::coverage(comparison));
    if comparison.verdict == ComparisonVerdict::Improved
        || comparison.verdict == ComparisonVerdict::NoRegressionShown
    {
        sentences.push(format!("No regression against {base} is shown."));
    }
    let suspects = of(MetricState::Suspect);
    if !suspects.is_empty() {
        sentences.push(format!("Suspect, not proven: {}.", listed(&suspects)));
    }
    sentences.extend(proven(&of(MetricState::Improved), "improved"));
    if comparison.base.repeats.min(comparison.new.repeats) < 2
        && regressed.is_empty()
        && comparison.verdict != ComparisonVerdict::NotComparable
    {
        sentences.push(
            "One run on a side proves nothing, however many requests it has: a bad minute of the machine looks the same."
                .to_owned(),
        );
    }
    sentences.extend(age::sentences(report, comparison));
    if comparison.verdict != ComparisonVerdict::NotComparable {
        sentences.extend(detectable(comparison));
        sentences.extend(blind(comparison));
    }
    sentences
}

/// How far a change reaches, in either direction.
fn size(metric: &ComparedMetric) -> f64 {
    match (metric.change, metric.change_unit) {
        (Some(change), Some(ChangeUnit::Relative)) => (1.0 + change).ln().abs(),
        // A percentage point of failures weighs as much as a tenth of latency.
        (Some(change), _) => change.abs() * 10.0,
        (None, _) => 0.0,
    }
}

fn listed(metrics: &[&ComparedMetric]) -> String {
    let mut parts: Vec<String> = metrics
        .iter()
        .take(NAMED)
        .map(|metric| one(metric))
        .collect();
    if metrics.len() > NAMED {
        parts.push(format!("{} more", metrics.len() - NAMED));
    }
    parts.join("; ")
}

fn one(metric: &ComparedMetric) -> String {
    let place = metric
        .endpoint
        .as_deref()
        .map_or("all requests ".to_owned(), |label| {
            format!("{} ", shown(label))
        });
    let unit = metric.unit.id();
    let value =
        |value: Option<f64>| value.map_or_else(|| "?".to_owned(), |value| quantity(value, unit));
    let how_far = match (metric.change, metric.change_unit) {
        (Some(far), Some(ChangeUnit::Relative)) => format!(" ({})", change(far)),
        (Some(far), Some(ChangeUnit::Points)) => format!(" ({})", change_of_share(far)),
        _ => String::new(),
    };
    let others = metric
        .against_others
        .as_ref()
        .filter(|_| metric.is_because(Cause::AgainstOthers))
        .map_or_else(String::new, |others| {
            format!(
                ", {} against the other endpoints of the same runs",
                change(others.change)
            )
        });
    let runs = match metric.runs_apart {
        0 => String::new(),
        apart => format!(
            ", {apart} of {} far beyond every run of the base",
            plural(metric.runs_new, "new run")
        ),
    };
    let mix = if metric.is_because(Cause::Mix) {
        ", which the shares of the endpoints alone may explain"
    } else if metric.is_because(Cause::AtOneMix) {
        ", and worse with the endpoints at the same shares"
    } else {
        ""
    };
    format!(
        "{place}{} {} to {}{how_far}{others}{runs}{mix}",
        metric.metric,
        value(metric.base),
        value(metric.new)
    )
}

/// More repeats than this are no advice.
const REPEATS: u64 = 30;

/// What this comparison could have seen of the whole run.
fn detectable(comparison: &Comparison) -> Option<String> {
    let whole = comparison
        .metrics
        .iter()
        .filter(|metric| metric.endpoint.is_none() && !metric.is_blind());
    let mut parts = Vec::new();
    for metric in whole {
        let Some((least, unit)) = metric.smallest_detectable.zip(metric.change_unit) else {
            continue;
        };
        let sign = if metric.metric == "goodput" { '-' } else { '+' };
        match unit {
            ChangeUnit::Relative => {
                parts.push(format!("{} {sign}{}", metric.metric, percent(least)));
            }
            ChangeUnit::Points => {
                parts.push(format!("{} {}", metric.metric, change_of_share(least)));
            }
        }
    }
    // Fewer than three runs a side prove no latency.
    let seen = if comparison.base.repeats.min(comparison.new.repeats) < 3 {
        "would have made suspect"
    } else {
        "would have shown"
    };
    (!parts.is_empty()).then(|| {
        format!(
            "The smallest change for the worse that these runs {seen}, in 95 of 100 cases, over all requests: {}.",
            parts.join(", ")
        )
    })
}

/// What it cannot see at all, and what helps.
fn blind(comparison: &Comparison) -> Option<String> {
    let whole = comparison.metrics.iter();
    let (blind, seeing): (Vec<&ComparedMetric>, Vec<&ComparedMetric>) = whole
        .filter(|metric| metric.endpoint.is_none() && metric.smallest_detectable.is_some())
        .partition(|metric| metric.is_blind());
    if blind.is_empty() {
        return None;
    }
    let names: Vec<&str> = blind.iter().map(|metric| metric.metric.as_str()).collect();
    let what = match names.as_slice() {
        _ if seeing.is_empty() => String::new(),
        [only] => format!(" in {only}"),
        [first @ .., last] => format!(" in {} and {last}", first.join(", ")),
        [] => String::new(),
    };
    let latencies = blind
        .iter()
        .filter(|metric| metric.change_unit == Some(ChangeUnit::Relative));
    let needed: Option<Vec<u64>> = latencies.map(|metric| metric.repeats_needed).collect();
    let needed = needed.and_then(|needed| needed.into_iter().max());
    let advice = match needed {
        Some(count) if count <= REPEATS => {
            format!("add repeats ({} a side show 20 %)", plural(count, "run"))
        }
        _ => "add repeats, or use a steadier machine".to_owned(),
    };
    Some(format!(
        "These runs cannot show a regression of any useful size{what}: {advice}."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Better;
    use crate::rules::testing::{compared, comparison};

    fn whole(metric: &str, least: f64, needed: Option<u64>) -> ComparedMetric {
        let is_share = metric == "error_rate";
        ComparedMetric {
            better: if metric == "goodput" {
                Better::Higher
            } else {
                Better::Lower
            },
            change_unit: Some(if is_share {
                ChangeUnit::Points
            } else {
                ChangeUnit::Relative
            }),
            smallest_detectable: Some(least),
            repeats_needed: needed,
            ..compared(metric, None, MetricState::Undecided)
        }
    }

    #[test]
    fn what_is_past_any_use_is_said_once_with_what_helps() {
        let error_rate = whole("error_rate", 0.79, None);
        let p50 = whole("p50", 4.2, Some(12));
        let p95 = whole("p95", 0.6, Some(40));
        let of = |metrics: Vec<ComparedMetric>| {
            let found = comparison(metrics);
            (detectable(&found), blind(&found))
        };
        let (seen, unseen) = of(vec![error_rate.clone(), p50.clone(), p95.clone()]);
        assert!(seen.unwrap().ends_with("over all requests: p95 +60 %."));
        assert_eq!(
            unseen.as_deref(),
            Some(
                "These runs cannot show a regression of any useful size in error_rate and p50: add repeats (12 runs a side show \
                 20 %)."
            )
        );
        let (seen, unseen) = of(vec![error_rate, whole("p50", 4.2, Some(268))]);
        assert_eq!(seen, None);
        assert_eq!(
            unseen.as_deref(),
            Some(
                "These runs cannot show a regression of any useful size: add repeats, or use a steadier machine."
            )
        );
        assert_eq!(of(vec![p95]).1, None);
    }
}
