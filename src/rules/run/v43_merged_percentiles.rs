//! V43: percentiles of parts would have to be averaged, so they are not known.

use crate::model::Note;
use crate::model::Unit;
use crate::normalize::bounded::{of_shown, said};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::{Asks, Fired, Rule, RunContext};

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V43,
    effects: "note",
    limit: None,
    text: "\
Asks whether a percentile would have to be made from those of parts: of generators that `knee merge` puts together, of
endpoints that a [[rename]] makes one, of the slices that a trim keeps. Fires where a part has no histogram. Percentiles
cannot be averaged: the mean of two p95 is the p95 of nothing. They are left out, and a target for one is not measured;
counts, smallest, largest and mean are those of the whole. Percentiles, extremes and sample counts of the parts bound the
unknown ones, and the bounds are said: to the precision of the parts they lie within the parts' own, give or take a sample.
Example: 9,000 requests with p95 = 90 ms and 1,000 with 800 ms: the mean is 445 ms, the p95 of all may be 90 ms or 800.
What to do: merge results with samples or histograms, such as logs of requests; and all parts at once, not in steps.",
    asks: Asks::Run(ask),
};

fn ask(context: &RunContext) -> Vec<Fired> {
    let run = context.run;
    let shown = &context.figures.percentiles;
    let mut fired = Vec::new();
    let stats = run
        .endpoints
        .iter()
        .map(|endpoint| (Some(endpoint.label()), &endpoint.stats));
    for (label, stats) in [(None, &run.overall)].into_iter().chain(stats) {
        let Some(latency) = stats.primary() else {
            continue;
        };
        let Some(said) = said(latency, shown) else {
            continue;
        };
        let mut evidence = Evidence::new().count("requests", latency.count);
        for (percentile, bounds) in of_shown(latency, shown) {
            evidence = evidence
                .with(
                    &format!("{percentile}_at_least"),
                    bounds.lower.0,
                    Unit::Millis,
                )
                .with(
                    &format!("{percentile}_at_most"),
                    bounds.upper.0,
                    Unit::Millis,
                );
        }
        let message = format!(
            "Percentiles of parts cannot be averaged, and not every part has a histogram: {said}."
        );
        let found = Fired::new(Effect::Note, message, evidence);
        fired.push(match label {
            Some(label) => found.at(label),
            None => found,
        });
    }
    let noted = run
        .notes
        .iter()
        .filter(|note| note.id == Note::MERGED_PERCENTILES)
        .count();
    if fired.is_empty() && noted > 0 {
        let message = "Percentiles that would have to be averaged over parts are not given, and nothing bounds them; \
                       the notes of the reader say which.";
        let evidence = Evidence::new().count("notes", noted as u64);
        fired.push(Fired::new(Effect::Note, message.to_owned(), evidence));
    }
    fired
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Bounds, Percentile};
    use crate::model::{Millis, Run};
    use crate::rules::testing::{ask, search};

    fn bounded(run: &mut Run, percentile: Percentile, lower: f64, upper: f64) {
        let latency = run.overall.latency.as_mut().unwrap();
        latency.percentiles.clear();
        let bounds = Bounds {
            lower: Millis(lower),
            upper: Millis(upper),
        };
        latency.bounds.insert(percentile, bounds);
    }

    #[test]
    fn bounds_are_said_with_their_figures() {
        let mut run = search();
        run.overall.latency_ok = None;
        bounded(&mut run, Percentile::P50, 10.0, 12.0);
        bounded(&mut run, Percentile::P95, 180.0, 410.0);
        bounded(&mut run, Percentile::P75, 20.0, 30.0);
        let fired = ask(&RULE, &run);
        assert_eq!(fired.len(), 1);
        assert_eq!(fired[0].effect, Effect::Note);
        assert_eq!(
            fired[0].message,
            "Percentiles of parts cannot be averaged, and not every part has a histogram: p50 lies between 10 and 12 ms \
             and p95 between 180 and 410 ms."
        );
        assert_eq!(fired[0].evidence.get("p95_at_most"), Some(410.0));
        assert_eq!(fired[0].evidence.get("p75_at_most"), None);
    }

    #[test]
    fn percentiles_that_nothing_bounds_are_told_by_their_note() {
        let mut run = search();
        run.note(
            Note::MERGED_PERCENTILES,
            "percentiles of GET /a are not known",
            1,
        );
        let fired = ask(&RULE, &run);
        assert_eq!(fired.len(), 1);
        assert!(fired[0].message.contains("nothing bounds them"));
    }

    #[test]
    fn known_percentiles_are_silent() {
        assert!(ask(&RULE, &search()).is_empty());
    }
}
