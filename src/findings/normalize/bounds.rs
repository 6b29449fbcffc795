//! Between what a percentile of parts together lies when not every part has its samples.
//!
//! Joins what the model says of a latency with `stats::union`. Gives nothing where the parts contradict themselves, and
//! nothing that the smallest and the largest sample would not say as well.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Bounds, Latency, Millis, Percentile, QuantileMethod, Resolution, ResolutionKind,
};
use crate::stats::union::{Edges, Known};

/// The bounds of the percentiles that are asked for, over parts that measure one thing and are not empty.
pub(super) fn bounds(
    parts: &[&Latency],
    asked: &BTreeSet<Percentile>,
) -> BTreeMap<Percentile, Bounds> {
    let mut all = Edges::default();
    for part in parts {
        let Some(edges) = edges_of(part) else {
            return BTreeMap::new();
        };
        all.add(&edges);
    }
    let count = parts
        .iter()
        .fold(0_u64, |all, part| all.saturating_add(part.count));
    let (Some((floor, _)), Some((_, ceiling))) = (all.at(1), all.at(count)) else {
        return BTreeMap::new();
    };
    let of = |percentile: &Percentile| {
        let (lower, upper) = all.at(percentile.rank(count))?;
        let says_something = upper.is_finite() && (lower > floor || upper < ceiling);
        let bounds = Bounds {
            lower: Millis(lower),
            upper: Millis(upper),
        };
        says_something.then_some((*percentile, bounds))
    };
    asked.iter().filter_map(of).collect()
}

fn edges_of(part: &Latency) -> Option<Edges> {
    if let Some(histogram) = &part.histogram
        && histogram.total() == part.count
    {
        let buckets = histogram.buckets();
        return Some(Edges::of_buckets(
            buckets.map(|(lower, upper, count)| (lower.0, upper.0, count)),
        ));
    }
    let given = part.percentiles.iter().map(|(percentile, value)| {
        let rank = percentile.rank(part.count);
        let (lower, upper) = sample_behind(*value, part.resolution);
        let whole = u64::from(percentile.divides(part.count));
        // Which samples the value may be, or lie between.
        let (before, after) = match part.quantile_method {
            QuantileMethod::NearestRank => (0, 0),
            // The sample of rank floor(q (n - 1)) + 1.
            QuantileMethod::Sketch => (1, 0),
            // That of rank floor(q n) + 1, or the nearest one.
            QuantileMethod::Bucketed => (0, whole),
            QuantileMethod::Interpolated | QuantileMethod::Unknown => (1, 1),
        };
        Known {
            first: rank.saturating_sub(before),
            last: rank.saturating_add(after),
            lower,
            upper,
        }
    });
    let bounded = part.bounds.iter().map(|(percentile, bounds)| {
        let rank = percentile.rank(part.count);
        Known {
            first: rank,
            last: rank,
            lower: bounds.lower.0,
            upper: bounds.upper.0,
        }
    });
    let step = match part.resolution.kind {
        ResolutionKind::Rounded => part.resolution.absolute.map_or(0.0, |step| step.0 / 2.0),
        _ => 0.0,
    };
    let floor = part.min.map_or(0.0, |min| (min.0 - step).max(0.0));
    let ceiling = part.max.map_or(f64::INFINITY, |max| max.0 + step);
    // The extremes are samples themselves.
    let end = |rank: u64, value: Millis| Known {
        first: rank,
        last: rank,
        lower: value.0 - step,
        upper: value.0 + step,
    };
    let ends = [
        part.min.map(|min| end(1, min)),
        part.max.map(|max| end(part.count, max)),
    ];
    let known: Vec<Known> = given
        .chain(bounded)
        .chain(ends.into_iter().flatten())
        .collect();
    Edges::of_quantiles(part.count, floor, ceiling, &known)
}

/// Where the sample lies that is written as this value.
fn sample_behind(value: Millis, resolution: Resolution) -> (f64, f64) {
    if resolution.kind == ResolutionKind::Exact {
        return (value.0, value.0);
    }
    let step = resolution.absolute.map_or(0.0, |step| step.0 / 2.0);
    let share = resolution.relative.unwrap_or(0.0).clamp(0.0, 0.9);
    let lower = (value.0 / (1.0 + share)).min(value.0 - step).max(0.0);
    (lower, (value.0 / (1.0 - share)).max(value.0 + step))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::normalize::merge::{self, Merged, tests::exact};
    use proptest::prelude::*;

    /// What a summary says of samples.
    fn summary(samples: &[u32]) -> Latency {
        Latency {
            histogram: None,
            ..exact(samples)
        }
    }

    /// The same from a sketch of that relative error.
    fn sketched(samples: &[u32], share: f64) -> Latency {
        let mut latency = summary(samples);
        for value in latency.percentiles.values_mut() {
            // As far off as such a sketch may be, to either side in turn.
            let off = if value.0 % 2.0 == 0.0 { share } else { -share };
            value.0 *= 1.0 + off;
        }
        latency.quantile_method = QuantileMethod::Sketch;
        latency.resolution = Resolution {
            kind: ResolutionKind::Relative,
            relative: Some(share),
            absolute: None,
        };
        latency
    }

    proptest! {
        #[test]
        fn bounds_hold_the_percentile_of_the_samples_together(
            parts in prop::collection::vec((0..3_u8, prop::collection::vec(1..500_u32, 1..80)), 2..5)
        ) {
            let together: Vec<u32> = parts.iter().flat_map(|(_, part)| part.clone()).collect();
            let whole = exact(&together);
            let parts: Vec<Latency> = parts
                .iter()
                .map(|(kind, part)| match kind {
                    0 => exact(part),
                    1 => summary(part),
                    _ => sketched(part, 0.01),
                })
                .collect();
            let (merged, _) = merge::latency(&parts.iter().collect::<Vec<_>>());
            let mut two: Vec<&Latency> = parts.iter().skip(2).collect();
            let (first_two, _) = merge::latency(&[&parts[0], &parts[1]]);
            two.push(&first_two);
            let (in_steps, _) = merge::latency(&two);
            for found in [merged, in_steps] {
                prop_assert_eq!(found.count, whole.count);
                for (percentile, truth) in &whole.percentiles {
                    if let Some(bounds) = found.bounds.get(percentile) {
                        let holds = bounds.lower <= *truth && *truth <= bounds.upper;
                        prop_assert!(holds, "{percentile}: {truth:?} {bounds:?}");
                    }
                    if let Some(value) = found.percentiles.get(percentile) {
                        prop_assert_eq!(value, truth);
                    }
                }
            }
        }
    }

    #[test]
    fn a_percentile_lies_between_those_of_the_parts_and_closer_where_others_say_so() {
        let fast = summary(&(1..=100).collect::<Vec<_>>());
        let slow = summary(&(301..=400).collect::<Vec<_>>());
        let (merged, how) = merge::latency(&[&fast, &slow]);
        assert_eq!(how, Merged::WithoutPercentiles);
        let at = |percentile| merged.bounds[&percentile];
        // The 190th of 200: 100 are up to 100, of the others the 50th is 350 and the 95th 395.
        assert_eq!(
            (at(Percentile::P95).lower, at(Percentile::P95).upper),
            (Millis(350.0), Millis(395.0))
        );
        // The 100th is the largest of the fast ones: all slow ones are above it, whoever they are.
        let mut known = merged.clone();
        merge::keep_known(&mut known);
        assert_eq!(known.percentiles[&Percentile::P50], Millis(100.0));
        assert_eq!(known.quantile_method, QuantileMethod::NearestRank);
        assert_eq!(known.bounds.get(&Percentile::P50), None);
        assert_eq!(known.bounds[&Percentile::P95], at(Percentile::P95));
    }

    #[test]
    fn what_only_the_extremes_say_is_no_bound() {
        let mut a = summary(&(1..=300).collect::<Vec<_>>());
        let b = summary(&[10, 20, 30]);
        a.percentiles.clear();
        let (merged, how) = merge::latency(&[&a, &b]);
        assert_eq!(how, Merged::WithoutPercentiles);
        // The last sample of all is the largest, and nothing else is known.
        let last = Bounds {
            lower: Millis(300.0),
            upper: Millis(300.0),
        };
        assert_eq!(merged.bounds, BTreeMap::from([(Percentile::P99_9, last)]));
    }

    #[test]
    fn nothing_is_said_upwards_of_a_part_without_its_largest_sample() {
        let mut a = summary(&[10, 20, 30]);
        let b = a.clone();
        a.percentiles.clear();
        a.max = None;
        let (merged, _) = merge::latency(&[&a, &b]);
        assert_eq!(
            merged.bounds.keys().copied().collect::<Vec<_>>(),
            [Percentile::P50]
        );
        let p50 = merged.bounds[&Percentile::P50];
        assert_eq!((p50.lower, p50.upper), (Millis(10.0), Millis(20.0)));
    }

    #[test]
    fn parts_that_contradict_themselves_bound_nothing() {
        let mut a = summary(&[10, 20, 30]);
        let b = a.clone();
        a.percentiles.insert(Percentile::P50, Millis(40.0));
        let (merged, how) = merge::latency(&[&a, &b]);
        assert_eq!(how, Merged::WithoutPercentiles);
        assert!(merged.bounds.is_empty() && merged.percentiles.is_empty());
    }
}
