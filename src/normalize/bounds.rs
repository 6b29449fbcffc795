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

/// The edges of the samples of one part; `None` where what is said of it contradicts itself.
pub(crate) fn edges_of(part: &Latency) -> Option<Edges> {
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
        // Which samples the value may be, or lie between.
        let (first, last) = match part.quantile_method {
            QuantileMethod::NearestRank => (rank, rank),
            // The sample of rank floor(q (n - 1)) + 1.
            QuantileMethod::Sketch => (rank.saturating_sub(1), rank),
            // That of rank floor(q n) + 1, or the nearest one.
            QuantileMethod::Bucketed => {
                let beside = u64::from(percentile.divides(part.count));
                (rank, rank.saturating_add(beside))
            }
            // Between those around the place q (n - 1), counted from 0 (type 7, as nearly every tool does it).
            QuantileMethod::Interpolated if part.count > 1 => {
                let gaps = part.count - 1;
                let last = percentile.rank(gaps).saturating_add(1);
                (last - u64::from(!percentile.divides(gaps)), last)
            }
            QuantileMethod::Interpolated | QuantileMethod::Unknown => {
                (rank.saturating_sub(1), rank.saturating_add(1))
            }
        };
        Known {
            first,
            last,
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

/// A few of the last binary digits, as a share.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

/// Where the sample lies that is written as this value.
fn sample_behind(value: Millis, resolution: Resolution) -> (f64, f64) {
    if resolution.kind == ResolutionKind::Exact {
        return (value.0, value.0);
    }
    let step = resolution.absolute.map_or(0.0, |step| step.0 / 2.0);
    let share = resolution.relative.unwrap_or(0.0).clamp(0.0, 0.9);
    let (lower, upper) = (value.0 / (1.0 + share), value.0 / (1.0 - share));
    if resolution.kind == ResolutionKind::Relative {
        // A sketch may be off by all of its share before the value is written to so many digits; the quotient is rounded too.
        return (
            (lower * (1.0 - ROUNDING) - step).max(0.0),
            upper * (1.0 + ROUNDING) + step,
        );
    }
    let lower = lower.min(value.0 - step).max(0.0);
    (lower, upper.max(value.0 + step))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalize::merge;
    use crate::normalize::merge::Merged;
    use crate::normalize::merge::tests::exact;
    use proptest::prelude::*;

    #[test]
    fn the_edges_of_a_sketch_hold_the_sample_in_its_last_digit() {
        for (sample, share) in (1..2_000).flat_map(|of| [(of, 0.01), (of, 0.005), (of, 0.03)]) {
            let sample = f64::from(sample);
            let resolution = Resolution {
                kind: ResolutionKind::Relative,
                relative: Some(share),
                absolute: None,
            };
            for value in [sample * (1.0 + share), sample * (1.0 - share)] {
                let (lower, upper) = sample_behind(Millis(value), resolution);
                assert!(
                    lower <= sample && sample <= upper,
                    "{lower} {sample} {upper}"
                );
            }
        }
    }

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

    /// The same with the value between two samples (type 7).
    fn interpolated(samples: &[u32]) -> Latency {
        let mut sorted = samples.to_vec();
        sorted.sort_unstable();
        let mut latency = summary(samples);
        for (percentile, value) in &mut latency.percentiles {
            let place = percentile.share() * (sorted.len() - 1) as f64;
            let at = |wanted: f64| {
                let found = (0..sorted.len()).find(|place| *place as f64 >= wanted - 1e-9);
                f64::from(sorted[found.unwrap()])
            };
            let (low, high) = (at((place + 1e-9).floor()), at(place));
            value.0 = low + (place - (place + 1e-9).floor()).max(0.0) * (high - low);
        }
        latency.quantile_method = QuantileMethod::Interpolated;
        latency
    }

    /// What Locust says: the sample of rank floor(q n) + 1.
    fn bucketed(samples: &[u32]) -> Latency {
        let mut sorted = samples.to_vec();
        sorted.sort_unstable();
        let mut latency = summary(samples);
        for (percentile, value) in &mut latency.percentiles {
            let n = sorted.len() as u64;
            let rank = percentile.rank(n) + u64::from(percentile.divides(n));
            value.0 = f64::from(sorted[usize::try_from(rank.min(n)).unwrap() - 1]);
        }
        latency.quantile_method = QuantileMethod::Bucketed;
        latency
    }

    proptest! {
        #[test]
        fn bounds_hold_the_percentile_of_the_samples_together(
            parts in prop::collection::vec((0..5_u8, prop::collection::vec(1..500_u32, 1..80)), 2..5)
        ) {
            let together: Vec<u32> = parts.iter().flat_map(|(_, part)| part.clone()).collect();
            let whole = exact(&together);
            let parts: Vec<Latency> = parts
                .iter()
                .map(|(kind, part)| match kind {
                    0 => exact(part),
                    1 => summary(part),
                    2 => interpolated(part),
                    3 => bucketed(part),
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
