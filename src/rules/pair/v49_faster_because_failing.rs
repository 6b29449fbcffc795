//! V49: the median falls while the failures rise.

use crate::figures::side::middle;
use crate::figures::side::mixes_failures;
use crate::figures::side::{by_endpoint, failed, half_width, whole};
use crate::model::{MetricId, Millis, Percentile, Stats, Unit};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::{Asks, Fired, PairContext, Rule};
use crate::text::number;

/// Failures at one endpoint that are more than an accident.
const FEW: u64 = 5;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V49,
    effects: "void",
    limit: Some((0.01, "points by which the error rate must have risen, as a share")),
    text: "\
Asks whether a side is faster because more of it fails.
Fires when the error rate over all runs of the new side is more than 1 point above that of the base and its p50
is lower, beyond the resolution: for the whole run, and (from 5 failures) for each endpoint. p50 is not judged there.
A rejection takes less time than an answer, and a request that was rejected leaves the machine to the others: p50 of
the successes falls too. Higher percentiles and the error rate are judged as ever.
Example: p50 from 20 to 1 ms, errors from 0 to 88.5 %: the system under test did less, not the same faster.
What to do: mend the failures and run again; only then does p50 say whether the change made it faster.",
    asks: Asks::Pair(ask),
};

fn ask(context: &PairContext) -> Vec<Fired> {
    let mut fired = Vec::new();
    fired.extend(faster(
        &whole(context.base),
        &whole(context.new),
        context.limit,
        1,
    ));
    let new = by_endpoint(context.new);
    for (label, base) in by_endpoint(context.base) {
        let Some(new) = new.get(&label) else { continue };
        // V22 voids all of such a latency, and says why.
        if !context.allow.error_rate && mixes_failures(&base, new) {
            continue;
        }
        let found = faster(&base, new, context.limit, FEW);
        fired.extend(found.map(|found| found.at(label)));
    }
    fired
}

/// The p50 of a side, as a comparison shows it, and how far it may be off.
fn p50(side: &[&Stats]) -> Option<(f64, f64)> {
    let latencies = || side.iter().filter_map(|stats| stats.primary());
    let each = latencies().filter_map(|latency| latency.percentile(Percentile::P50));
    let value = middle(&each.map(|p50| p50.0).collect::<Vec<f64>>())?;
    let error = latencies()
        .map(|latency| half_width(latency, Millis(value)))
        .fold(0.0, f64::max);
    Some((value, error))
}

fn faster(base: &[&Stats], new: &[&Stats], limit: f64, few: u64) -> Option<Fired> {
    let ((of_base, all_base), (of_new, all_new)) = (failed(base)?, failed(new)?);
    let before = of_base as f64 / all_base as f64;
    let after = of_new as f64 / all_new as f64;
    let ((slow, slack), (fast, other)) = (p50(base)?, p50(new)?);
    if of_new < few || after - before <= limit || slow - fast <= slack + other {
        return None;
    }
    let message = format!(
        "The error rate rises from {} of the base to {} of the new side while p50 falls from {} to {}: failing is not being \
         fast, and p50 is not judged.",
        number::percent(before),
        number::percent(after),
        number::millis(slow),
        number::millis(fast),
    );
    let evidence = Evidence::new()
        .with("base_error_rate", before, Unit::Ratio)
        .with("new_error_rate", after, Unit::Ratio)
        .with("base_p50", slow, Unit::Millis)
        .with("new_p50", fast, Unit::Millis)
        .count("new_failures", of_new);
    Some(
        Fired::new(Effect::Void, message, evidence)
            .on(MetricId::quantile(Percentile::P50))
            .hint("Mend the failures and run again."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Population, Run};
    use crate::rules::testing::{ask_pair, counts, endpoint, latency, run};

    fn stats(requests: u64, failures: u64, p50: f64) -> Stats {
        let mut stats = counts(requests, failures);
        stats.latency = Some(latency(Population::All, requests, &[("p50", p50)]));
        stats
    }

    fn of(failures: u64, p50: f64) -> Run {
        run(stats(1000, failures, p50), 60.0)
    }

    fn fired(base: &Run, new: &Run) -> Vec<Fired> {
        ask_pair(&RULE, &[base], &[new])
    }

    #[test]
    fn rejections_make_no_system_fast() {
        let found = fired(&of(0, 20.0), &of(885, 1.0));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].effect, Effect::Void);
        assert_eq!(found[0].metric, Some(MetricId::quantile(Percentile::P50)));
        assert_eq!(found[0].endpoint, None);
        assert_eq!(
            found[0].message,
            "The error rate rises from 0 % of the base to 88.5 % of the new side while p50 falls from 20 ms to 1 ms: failing is \
             not being fast, and p50 is not judged."
        );
    }

    #[test]
    fn an_endpoint_fires_by_itself() {
        let with = |failures, p50, population| {
            let mut given = of(0, 20.0);
            let mut stats = stats(50, failures, p50);
            stats.latency.as_mut().unwrap().population = population;
            given.endpoints.push(endpoint("GET", "/a", stats));
            given
        };
        let ok = Population::Ok;
        let found = fired(&with(0, 20.0, ok), &with(5, 10.0, ok));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].endpoint.as_deref(), Some("GET /a"));
        let few = fired(&with(0, 20.0, ok), &with(4, 10.0, ok));
        assert!(few.is_empty(), "4 are few");
        // Failures inside the latency: V22 voids all of it.
        let all = Population::All;
        assert!(fired(&with(0, 20.0, all), &with(5, 10.0, all)).is_empty());
    }

    #[test]
    fn failures_are_counted_over_all_runs_of_a_side() {
        let base = of(0, 20.0);
        let new = [of(30, 18.0), of(0, 10.0), of(0, 19.0)];
        assert!(
            ask_pair(&RULE, &[&base], &new.each_ref()).is_empty(),
            "1 point"
        );
        let new = [of(31, 18.0), of(0, 10.0), of(0, 19.0)];
        let found = ask_pair(&RULE, &[&base], &new.each_ref());
        // The third root of 18 * 10 * 19.
        let p50 = found[0].evidence.get("new_p50").unwrap();
        assert!((p50 - 15.066).abs() < 1e-3, "{p50}");
        assert_eq!(found[0].evidence.get("new_failures"), Some(31.0));
    }

    #[test]
    fn slower_while_failing_and_faster_while_not_are_silent() {
        let base = of(0, 20.0);
        assert!(fired(&base, &of(500, 20.0)).is_empty());
        assert!(fired(&base, &of(500, 30.0)).is_empty());
        assert!(fired(&base, &of(10, 10.0)).is_empty());
        assert!(fired(&of(885, 20.0), &of(0, 1.0)).is_empty());
        let mut rounded = of(500, 19.0);
        let resolution = &mut rounded.overall.latency.as_mut().unwrap().resolution;
        resolution.absolute = Some(Millis(2.0));
        assert!(fired(&base, &rounded).is_empty(), "within the resolution");
    }
}
