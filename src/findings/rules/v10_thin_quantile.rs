//! V10: too few samples for a percentile that is shown (statistics 2a).

use crate::findings::evidence::Evidence;
use crate::findings::rules::shared::{listed, of_endpoints, quoted};
use crate::findings::rules::{Asks, Fired, Rule, RunContext};
use crate::findings::verdict::Effect;
use crate::model::{Latency, Percentile, Population, Unit};
use crate::stats::quantile::{Support, support};
use crate::text::number;

/// Samples beyond a percentile that make it an estimate.
const BEYOND: f64 = 20.0;

pub(super) const RULE: Rule = Rule {
    id: "V10",
    name: "thin-quantile",
    effects: "note",
    limit: None,
    text: "\
Asks how many samples lie beyond each percentile that is shown.
Support is weak with fewer than 20 beyond it, and none where not even a 95 % interval exists:
p95 needs 72 samples for an interval and 400 to be an estimate, p99 368 and 2,000, p99.9 3,688 and 20,000.
Example: of 480 requests 4.8 lie beyond p99; one slow request more or less moves it.
A percentile without support is as good as the maximum: it is shown and never judged.
What to do: run longer, or set targets on a lower percentile.",
    asks: Asks::Run(ask),
};

/// Percentiles that are shown, that the input gives, and that the samples do not carry.
fn thin(latency: &Latency, shown: &[Percentile]) -> Vec<(Percentile, Support)> {
    shown
        .iter()
        .filter(|shown| latency.percentile(**shown).is_some() || latency.histogram.is_some())
        .map(|shown| (*shown, support(latency.count, shown.share())))
        .filter(|(_, support)| latency.count > 0 && *support != Support::Ok)
        .collect()
}

/// Samples that lie beyond a percentile, on average; rounded down to one decimal, for 19.96 beyond are not 20.
///
/// The sentence and its evidence say the same number.
fn beyond(count: u64, percentile: Percentile) -> f64 {
    let beyond = count as f64 * (1.0 - percentile.share());
    (beyond * 10.0 + 1e-6).floor() / 10.0
}

/// `p90 and p95 weakly (14.4 and 7.2 beyond)`.
fn carried(
    count: u64,
    found: &[(Percentile, Support)],
    support: Support,
    how: &str,
) -> Option<String> {
    let of = found.iter().filter(|(_, found)| *found == support);
    let (names, beyond): (Vec<String>, Vec<String>) = of
        .map(|(percentile, _)| {
            let beyond = beyond(count, *percentile);
            let text = if beyond > 0.0 {
                number::decimal(beyond, 1)
            } else {
                "<0.1".to_owned()
            };
            (percentile.to_string(), text)
        })
        .unzip();
    (!names.is_empty()).then(|| format!("{} {how} ({} beyond)", listed(&names), listed(&beyond)))
}

/// `480 answered requests`: what the latency was measured of.
fn counted(count: u64, population: Population) -> String {
    let noun = match population {
        Population::All => "request",
        Population::Answered => "answered request",
        Population::Ok => "successful request",
        Population::Failed => "failed request",
        Population::Unknown => "sample",
    };
    number::plural(count, noun)
}

fn ask(context: &RunContext) -> Vec<Fired> {
    question(context).into_iter().collect()
}

fn question(context: &RunContext) -> Option<Fired> {
    let run = context.run;
    let shown = &context.figures.percentiles;
    let overall = run.overall.primary();
    let found = overall.map_or_else(Vec::new, |latency| thin(latency, shown));
    let mut endpoints: Vec<(u64, String, Population)> = run
        .endpoints
        .iter()
        .filter_map(|endpoint| {
            let latency = endpoint.stats.primary()?;
            (!thin(latency, shown).is_empty())
                .then(|| (latency.count, endpoint.label(), latency.population))
        })
        .collect();
    endpoints.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));

    let mut sentences = Vec::new();
    let mut evidence = Evidence::new();
    if let Some(latency) = overall.filter(|_| !found.is_empty()) {
        evidence = evidence.count("samples", latency.count);
        for (percentile, _) in &found {
            let beyond = beyond(latency.count, *percentile);
            evidence = evidence.with(&format!("beyond_{percentile}"), beyond, Unit::Count);
        }
        let how = [
            (Support::Weak, "weakly"),
            (Support::None, "no further than the maximum"),
        ];
        let words: Vec<String> = how
            .into_iter()
            .filter_map(|(support, how)| carried(latency.count, &found, support, how))
            .collect();
        sentences.push(format!(
            "{} of the whole run carry {}; an estimate needs {} beyond it.",
            counted(latency.count, latency.population),
            listed(&words),
            number::decimal(BEYOND, 0),
        ));
    }
    if let Some((fewest, label, population)) = endpoints.first() {
        evidence = evidence
            .count("thin_endpoints", endpoints.len() as u64)
            .count("fewest_samples", *fewest);
        sentences.push(format!(
            "By endpoint, a percentile that is shown is thin at {}; the fewest are the {} of {}.",
            of_endpoints(endpoints.len(), run.endpoints.len()),
            counted(*fewest, *population),
            quoted(label),
        ));
    }
    if sentences.is_empty() {
        return None;
    }
    let fired = Fired::new(Effect::Note, sentences.join(" "), evidence);
    Some(match found.last() {
        Some((furthest, _)) => fired.hint(format!(
            "{furthest} needs {} samples: run longer, or judge a lower percentile.",
            number::decimal((BEYOND / (1.0 - furthest.share()) - 1e-6).ceil(), 0),
        )),
        None => fired.hint("Run longer, or judge these endpoints by a lower percentile."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::rules::testing::{
        ask, counts, endpoint, hardwork_1, hardwork_4, latency, run,
    };

    #[test]
    fn document_000_report_2_has_five_samples_beyond_p99() {
        let fired = ask(&RULE, &hardwork_1());
        assert_eq!(fired.len(), 1);
        assert_eq!(
            fired[0].message,
            "480 answered requests of the whole run carry p99 weakly (4.8 beyond); an estimate needs 20 beyond it."
        );
        assert!((fired[0].evidence.get("beyond_p99").unwrap() - 4.8).abs() < 1e-9);
        assert_eq!(
            fired[0].hint.as_deref(),
            Some("p99 needs 2,000 samples: run longer, or judge a lower percentile.")
        );
        let report_4 = ask(&RULE, &hardwork_4());
        assert!(report_4[0].message.contains("(12 beyond)"));
    }

    #[test]
    fn enough_samples_are_silent_and_thin_endpoints_are_counted() {
        let figures = [("p50", 5.0), ("p95", 9.0), ("p99", 12.0)];
        let of = |count| {
            let mut stats = counts(count, 0);
            stats.latency = Some(latency(Population::All, count, &figures));
            stats
        };
        let mut given = run(of(2000), 60.0);
        assert!(ask(&RULE, &given).is_empty());
        given.endpoints.push(endpoint("GET", "/a", of(1966)));
        given.endpoints.push(endpoint("GET", "/b", of(34)));
        let fired = ask(&RULE, &given);
        assert_eq!(
            fired[0].message,
            "By endpoint, a percentile that is shown is thin at 2 of 2 endpoints; the fewest are the 34 requests of \"GET /b\"."
        );
    }

    #[test]
    fn every_number_of_samples_says_what_it_counts() {
        let of = |count| {
            let mut stats = counts(count + 100, 0);
            stats.latency = Some(latency(Population::Answered, count, &[("p99", 12.0)]));
            stats
        };
        let mut given = run(of(500), 60.0);
        given.endpoints.push(endpoint("GET", "/a", of(200)));
        let message = &ask(&RULE, &given)[0].message;
        assert!(
            message.starts_with("500 answered requests of the whole run carry p99"),
            "{message}"
        );
        assert!(
            message.ends_with("the fewest are the 200 answered requests of \"GET /a\"."),
            "{message}"
        );
    }

    #[test]
    fn far_percentiles_of_few_samples_are_the_maximum() {
        let mut stats = counts(300, 0);
        stats.latency = Some(latency(
            Population::All,
            300,
            &[("p99", 12.0), ("p99.9", 15.0)],
        ));
        let fired = ask(&RULE, &run(stats, 60.0));
        assert!(
            fired[0]
                .message
                .contains("p99 and p99.9 no further than the maximum (3 and 0.3 beyond)"),
            "{}",
            fired[0].message
        );
        assert!(fired[0].hint.as_deref().unwrap().contains("20,000"));
    }

    #[test]
    fn the_evidence_says_what_the_sentence_says() {
        let mut stats = counts(345, 0);
        let figures = [("p99", 12.0), ("p99.99", 15.0)];
        stats.latency = Some(latency(Population::All, 345, &figures));
        let fired = ask(&RULE, &run(stats, 60.0));
        assert!(
            fired[0].message.contains("(3.4 beyond)"),
            "{}",
            fired[0].message
        );
        assert_eq!(fired[0].evidence.get("beyond_p99"), Some(3.4));
        assert_eq!(
            beyond(345, "p99.99".parse().unwrap()).to_bits(),
            0.0_f64.to_bits()
        );
    }

    #[test]
    fn nineteen_and_a_half_are_not_rounded_to_twenty() {
        let mut stats = counts(1999, 0);
        let figures = [("p99", 12.0), ("p99.9", 15.0)];
        stats.latency = Some(latency(Population::All, 1999, &figures));
        assert_eq!(
            ask(&RULE, &run(stats, 60.0))[0].message,
            "1,999 requests of the whole run carry p99 weakly (19.9 beyond) and p99.9 no further than the maximum (1.9 beyond); an estimate needs 20 beyond it."
        );
    }
}
