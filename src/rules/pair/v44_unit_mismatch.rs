//! V44: one side's latencies are a thousand times those of the other.

use std::ops::RangeInclusive;

use crate::figures::side::{by_endpoint, whole};
use crate::model::{Latency, MetricId, Percentile, Stats, Unit};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::shared::median;
use crate::rules::{Asks, Fired, PairContext, Rule};
use crate::text::number;
use crate::text::phrase::listed;

/// What a wrong unit makes of a latency, and some change beside it.
const FACTOR: RangeInclusive<f64> = 900.0..=1100.0;

/// Rates that are as far apart as this are those of one test.
const RATES: f64 = 2.0;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V44,
    effects: "refuse",
    limit: None,
    text: "\
Asks whether one side was read in another unit: seconds for milliseconds, or milliseconds for microseconds.
Fires when mean, p50 and max, those that both sides give and at least two, lie 900 to 1,100 times apart in one direction
for the whole run and for every common endpoint, while the rates are within a factor of 2.
Example: a p50 of 42 ms beside one of 0.042 ms at 100 requests per second on both sides.
A system does not become a thousand times faster everywhere at once, so nothing is compared.
What to do: give the unit in the `[[map]]` of `knee.toml`, or mend the file that was written in another one.",
    asks: Asks::Pair(ask),
};

/// Base and new of one figure.
type Both = (f64, f64);

/// Name of a figure, and how it is read.
type Figure = (&'static str, fn(&Latency) -> Option<f64>);

const FIGURES: [Figure; 3] = [
    ("mean", |latency| Some(latency.mean?.0)),
    ("p50", |latency| {
        Some(latency.percentile(Percentile::P50)?.0)
    }),
    ("max", |latency| Some(latency.max?.0)),
];

/// The figures that both sides give, by name.
fn figures(base: &[&Stats], new: &[&Stats]) -> Vec<(&'static str, Both)> {
    let of = |side: &[&Stats], read: fn(&Latency) -> Option<f64>| {
        let latencies = side.iter().filter_map(|stats| stats.primary());
        median(latencies.filter_map(read).collect())
    };
    let both = FIGURES
        .into_iter()
        .filter_map(|(name, read)| Some((name, (of(base, read)?, of(new, read)?))));
    both.collect()
}

/// Whether every figure is a thousand times the other side's, in that direction.
fn all_apart(figures: &[(&'static str, Both)], new_is_larger: bool) -> bool {
    figures.iter().all(|(_, (base, new))| {
        let (low, high) = if new_is_larger {
            (*base, *new)
        } else {
            (*new, *base)
        };
        low > 0.0 && FACTOR.contains(&(high / low))
    })
}

fn ask(context: &PairContext) -> Vec<Fired> {
    question(context).into_iter().collect()
}

fn question(context: &PairContext) -> Option<Fired> {
    let (of_base, of_new) = (whole(context.base), whole(context.new));
    let rate = |side: &[&Stats]| median(side.iter().filter_map(|s| Some(s.rate?.0)).collect());
    let (rate_base, rate_new) = (rate(&of_base)?, rate(&of_new)?);
    if rate_base.max(rate_new) > RATES * rate_base.min(rate_new) {
        return None;
    }
    let (before, after) = (by_endpoint(context.base), by_endpoint(context.new));
    let common = before
        .iter()
        .filter_map(|(label, base)| Some(figures(base, after.get(label)?)));
    let endpoints: Vec<_> = common.filter(|figures| figures.len() >= 2).collect();
    let overall = figures(&of_base, &of_new);
    let shown = if overall.len() >= 2 {
        &overall
    } else {
        endpoints.first()?
    };
    let new_is_larger = shown.iter().all(|(_, (base, new))| new > base);
    let parts = endpoints.iter().chain([&overall]);
    if !parts
        .into_iter()
        .all(|figures| all_apart(figures, new_is_larger))
    {
        return None;
    }
    let said: Vec<String> = shown
        .iter()
        .map(|(name, (base, new))| {
            format!(
                "{name} {} and {}",
                number::millis(*base),
                number::millis(*new)
            )
        })
        .collect();
    let everywhere = match endpoints.len() as u64 {
        0 => String::new(),
        1 => ", at the common endpoint too".to_owned(),
        all => format!(", at all {} too", number::plural(all, "common endpoint")),
    };
    let message = format!(
        "The latencies of the sides lie about a thousand times apart, {}{everywhere}, at {} and {}: one side is in another \
         unit, and nothing is compared.",
        listed(&said),
        number::rate(rate_base),
        number::rate(rate_new),
    );
    let mut evidence = Evidence::new()
        .with("base_rate", rate_base, Unit::PerSecond)
        .with("new_rate", rate_new, Unit::PerSecond)
        .count("endpoints", endpoints.len() as u64);
    for (name, (base, new)) in shown {
        evidence = evidence
            .with(&format!("base_{name}"), *base, Unit::Millis)
            .with(&format!("new_{name}"), *new, Unit::Millis);
    }
    Some(
        Fired::new(Effect::Refuse, message, evidence)
            .on(MetricId::quantile(Percentile::P50))
            .hint("Give the unit in the `[[map]]` of `knee.toml`, or mend the file that was written in another one."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Population, Run};
    use crate::rules::testing::{ask_pair, counts, endpoint, latency, run};

    /// A run of 6,000 requests whose figures are so many times 50, 42 and 900 ms.
    fn times(factor: f64, at_endpoint: f64) -> Run {
        let of = |factor: f64| {
            let mut stats = counts(6000, 0);
            let figures = [
                ("mean", 50.0 * factor),
                ("p50", 42.0 * factor),
                ("max", 900.0 * factor),
            ];
            stats.latency = Some(latency(Population::All, 6000, &figures));
            stats
        };
        let mut given = run(of(factor), 60.0);
        given.endpoints.push(endpoint("GET", "/a", of(at_endpoint)));
        given
    }

    fn fired(base: &Run, new: &Run) -> Vec<Fired> {
        ask_pair(&RULE, &[base], &[new])
    }

    #[test]
    fn seconds_read_as_milliseconds_are_refused_either_way() {
        let (base, new) = (times(1.0, 1.0), times(0.001, 0.001));
        let found = fired(&base, &new);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].effect, Effect::Refuse);
        assert_eq!(
            found[0].message,
            "The latencies of the sides lie about a thousand times apart, mean 50 ms and 0.05 ms, p50 42 ms and 0.042 ms and \
             max 900 ms and 0.9 ms, at the common endpoint too, at 100/s and 100/s: one side is in another unit, and nothing \
             is compared."
        );
        assert_eq!(found[0].evidence.get("new_p50"), Some(0.042));
        assert_eq!(fired(&new, &base).len(), 1);
        assert_eq!(fired(&times(1.0, 1.0), &times(1099.0, 901.0)).len(), 1);
    }

    #[test]
    fn a_great_change_that_is_no_unit_is_compared() {
        let base = times(1.0, 1.0);
        for new in [
            times(1.0, 1.0),
            times(100.0, 100.0),
            times(1000.0, 1.0),
            times(1000.0, 0.001),
            times(1101.0, 1101.0),
            times(899.0, 899.0),
        ] {
            assert!(fired(&base, &new).is_empty());
        }
        let mut slower = times(1000.0, 1000.0);
        slower.overall.rate = Some(crate::model::PerSecond(49.0));
        assert!(fired(&base, &slower).is_empty());
        slower.overall.rate = None;
        assert!(fired(&base, &slower).is_empty());
        let mut other = times(1000.0, 1000.0);
        other.overall.latency.as_mut().unwrap().max = Some(crate::model::Millis(5000.0));
        assert!(fired(&base, &other).is_empty());
    }
}
