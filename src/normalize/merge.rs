//! Figures of several sets of requests as those of one set.
//!
//! Counts add up; latencies are exact where every part has its histogram. Percentiles of parts are never averaged
//! (rule V43): without histograms they are dropped, and bounds, smallest, largest and mean remain.

use std::collections::BTreeSet;

use crate::model::{
    ClockStart, ClockStop, Histogram, Latency, Millis, Percentile, Population, QuantileMethod,
    Resolution, ResolutionKind, Stats,
};
use crate::normalize::bounds::bounds;

/// Whether the percentiles of a merged latency are those of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Merged {
    /// They are.
    Exact,
    /// They had to be dropped.
    WithoutPercentiles,
}

impl Merged {
    fn and(self, other: Merged) -> Merged {
        if self == Merged::Exact { other } else { self }
    }
}

/// The sum, when every part is known.
pub(crate) fn sum(mut parts: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    parts.try_fold(0_u64, |total, part| Some(total.saturating_add(part?)))
}

/// Everything of all parts together. The tool's own figures speak of the parts and are left out.
pub(crate) fn stats(parts: &[&Stats]) -> (Stats, Merged) {
    let mut all = Stats::sum(parts);
    let add = |read: fn(&Stats) -> Option<f64>| {
        parts
            .iter()
            .try_fold(0.0, |total, part| Some(total + read(part)?))
    };
    all.rate = add(|part| part.rate.map(|rate| rate.0)).map(crate::model::PerSecond);
    all.goodput = add(|part| part.goodput.map(|rate| rate.0)).map(crate::model::PerSecond);
    let mut merged = Merged::Exact;
    let mut join = |read: fn(&Stats) -> Option<&Latency>, of: fn(&Stats) -> Option<u64>| {
        let (latency, how) = latency_of(parts, read, of);
        merged = merged.and(how);
        latency
    };
    all.latency = join(|part| part.latency.as_ref(), |part| part.requests);
    all.latency_ok = join(|part| part.latency_ok.as_ref(), Stats::successes);
    all.latency_failed = join(|part| part.latency_failed.as_ref(), |part| part.failures);
    (all, merged)
}

/// One latency of all parts. A part without it is nothing to miss when it has nobody to measure.
pub(crate) fn latency_of(
    parts: &[&Stats],
    read: fn(&Stats) -> Option<&Latency>,
    of: fn(&Stats) -> Option<u64>,
) -> (Option<Latency>, Merged) {
    let known: Vec<&Latency> = parts.iter().filter_map(|part| read(part)).collect();
    if known.is_empty() {
        return (None, Merged::Exact);
    }
    let missing = parts
        .iter()
        .any(|part| read(part).is_none() && of(part) != Some(0));
    let (latency, merged) = latency(&known);
    if missing {
        // The rest of the requests may be slower or faster than all that is known.
        (
            Some(Latency::of(latency.population, latency.count)),
            Merged::WithoutPercentiles,
        )
    } else {
        (Some(latency), merged)
    }
}

/// The same when all are equal, else `other`.
fn common<T: PartialEq + Copy>(parts: &[&Latency], read: fn(&Latency) -> T, other: T) -> T {
    let mut all = parts.iter().map(|part| read(part));
    let first = all.next().unwrap_or(other);
    if all.all(|value| value == first) {
        first
    } else {
        other
    }
}

/// Whose latency it is when several are put together; `None` when they are of different requests. Where one part has an
/// answer to every request and another has not, the whole is of those that were answered.
fn population(parts: &[&Latency]) -> Option<Population> {
    let rank = |population: Population| match population {
        Population::All => Some(0),
        Population::Answered => Some(1),
        Population::Unknown => Some(2),
        Population::Ok | Population::Failed => None,
    };
    let mut all = parts.iter().map(|part| part.population);
    let first = all.next()?;
    all.try_fold(first, |whole, next| {
        if whole == next {
            Some(whole)
        } else if rank(next)? > rank(whole)? {
            Some(next)
        } else {
            Some(whole)
        }
    })
}

/// Whether parts that hold samples measure the same, by the same clock, of requests that can be put together.
pub(crate) fn is_one_thing(parts: &[&Latency]) -> bool {
    let filled: Vec<&Latency> = parts
        .iter()
        .copied()
        .filter(|part| part.count > 0)
        .collect();
    let one_clock = filled
        .iter()
        .zip(filled.iter().skip(1))
        .all(|(a, b)| (a.from, a.to) == (b.from, b.to));
    one_clock && (filled.is_empty() || population(&filled).is_some())
}

/// Latencies of several sets as that of one.
pub(crate) fn latency(parts: &[&Latency]) -> (Latency, Merged) {
    let filled: Vec<&Latency> = parts
        .iter()
        .copied()
        .filter(|part| part.count > 0)
        .collect();
    let parts = if filled.is_empty() { parts } else { &filled };
    if let [only] = parts {
        return ((*only).clone(), Merged::Exact);
    }
    let count = parts
        .iter()
        .fold(0_u64, |all, part| all.saturating_add(part.count));
    let people = population(parts);
    let population = people.unwrap_or(Population::Unknown);
    let mut all = Latency::of(population, count);
    all.from = common(parts, |part| part.from, ClockStart::Unknown);
    all.to = common(parts, |part| part.to, ClockStop::Unknown);
    all.resolution = resolution(parts);
    if count == 0 {
        return (all, Merged::Exact);
    }
    let least = |a: Millis, b: Millis| if b < a { b } else { a };
    let most = |a: Millis, b: Millis| if b > a { b } else { a };
    all.min = known(parts, |part| part.min).and_then(|all| all.into_iter().reduce(least));
    all.max = known(parts, |part| part.max).and_then(|all| all.into_iter().reduce(most));
    all.mean = mean(parts, count);
    all.stddev = all.mean.and_then(|mean| stddev(parts, mean, count));
    let histograms: Option<Vec<&Histogram>> = parts
        .iter()
        .map(|part| {
            part.histogram
                .as_ref()
                .filter(|histogram| histogram.total() == part.count)
        })
        .collect();
    let histogram = histograms
        .filter(|_| people.is_some())
        .and_then(|all| histogram(&all));
    let asked: BTreeSet<Percentile> = parts
        .iter()
        .flat_map(|part| part.percentiles.keys().chain(part.bounds.keys()))
        .copied()
        .collect();
    let Some(histogram) = histogram else {
        if is_one_thing(parts) {
            all.bounds = bounds(parts, &asked);
        }
        let merged = if asked.is_empty() {
            Merged::Exact
        } else {
            Merged::WithoutPercentiles
        };
        return (all, merged);
    };
    all.quantile_method = if histogram.lower == histogram.upper {
        QuantileMethod::NearestRank
    } else {
        common(parts, |part| part.quantile_method, QuantileMethod::Bucketed)
    };
    all.histogram = Some(histogram);
    all.read_percentiles(asked);
    (all, Merged::Exact)
}

/// A percentile whose bounds meet is known.
pub(crate) fn keep_known(latency: &mut Latency) {
    let percentiles = &mut latency.percentiles;
    latency.bounds.retain(|percentile, bounds| {
        let is_open = bounds.lower < bounds.upper;
        if !is_open {
            percentiles.insert(*percentile, bounds.lower);
        }
        is_open
    });
    if latency.quantile_method == QuantileMethod::Unknown && !percentiles.is_empty() {
        latency.quantile_method = QuantileMethod::NearestRank;
    }
}

fn known(parts: &[&Latency], read: fn(&Latency) -> Option<Millis>) -> Option<Vec<Millis>> {
    parts.iter().map(|part| read(part)).collect()
}

fn mean(parts: &[&Latency], count: u64) -> Option<Millis> {
    let total = parts.iter().try_fold(0.0, |total, part| {
        Some(total + part.mean?.0 * part.count as f64)
    })?;
    Some(Millis(total / count as f64))
}

/// The spread inside the parts and that between them (n - 1).
fn stddev(parts: &[&Latency], mean: Millis, count: u64) -> Option<Millis> {
    if count < 2 {
        return None;
    }
    let squares = parts.iter().try_fold(0.0, |total, part| {
        let n = part.count as f64;
        let inside = if part.count < 2 {
            0.0
        } else {
            part.stddev?.0.powi(2) * (n - 1.0)
        };
        Some(total + inside + n * (part.mean?.0 - mean.0).powi(2))
    })?;
    Some(Millis((squares / (count as f64 - 1.0)).sqrt()))
}

/// As fine as the coarsest part.
fn resolution(parts: &[&Latency]) -> Resolution {
    let rank = |kind: ResolutionKind| match kind {
        ResolutionKind::Exact => 0,
        ResolutionKind::Rounded => 1,
        ResolutionKind::Relative => 2,
        ResolutionKind::Unknown => 3,
    };
    let all = parts.iter().map(|part| part.resolution);
    all.reduce(|a, b| {
        let kind = if rank(b.kind) > rank(a.kind) {
            b.kind
        } else {
            a.kind
        };
        if kind == ResolutionKind::Unknown {
            return Resolution::UNKNOWN;
        }
        let larger = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        };
        Resolution {
            kind,
            relative: larger(a.relative, b.relative),
            absolute: larger(a.absolute.map(|step| step.0), b.absolute.map(|step| step.0))
                .map(Millis),
        }
    })
    .unwrap_or(Resolution::UNKNOWN)
}

/// All buckets of all parts. A bucket inside another is added to the wider one; two that overlap otherwise come from
/// grids that do not fit, and there is no histogram.
pub(crate) fn histogram(parts: &[&Histogram]) -> Option<Histogram> {
    let mut buckets: Vec<(Millis, Millis, u64)> = parts
        .iter()
        .flat_map(|part| part.buckets())
        .filter(|(_, _, count)| *count > 0)
        .collect();
    buckets.sort_by(|a, b| a.0.0.total_cmp(&b.0.0).then(a.1.0.total_cmp(&b.1.0)));
    let mut merged: Vec<(Millis, Millis, u64)> = Vec::new();
    for (lower, upper, count) in buckets {
        match merged.last_mut() {
            Some(last)
                if (last.0, last.1) == (lower, upper) || (lower < last.1 && upper <= last.1) =>
            {
                last.2 = last.2.saturating_add(count);
            }
            Some(last) if lower < last.1 && lower == last.0 => {
                last.1 = upper;
                last.2 = last.2.saturating_add(count);
            }
            Some(last) if lower < last.1 => return None,
            _ => merged.push((lower, upper, count)),
        }
    }
    let mut all = Histogram::default();
    for (lower, upper, count) in merged {
        all.push(lower, upper, count);
    }
    Some(all)
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A latency of exact samples, as a log of whole milliseconds gives it.
    pub(crate) fn exact(samples: &[u32]) -> Latency {
        let mut sorted = samples.to_vec();
        sorted.sort_unstable();
        let mut histogram = Histogram::default();
        for sample in &sorted {
            let value = Millis(f64::from(*sample));
            if histogram.lower.last() == Some(&value) {
                *histogram.count.last_mut().unwrap() += 1;
            } else {
                histogram.push(value, value, 1);
            }
        }
        let n = sorted.len() as f64;
        let mean = sorted.iter().map(|s| f64::from(*s)).sum::<f64>() / n;
        let squares: f64 = sorted.iter().map(|s| (f64::from(*s) - mean).powi(2)).sum();
        let mut latency = Latency::of(Population::All, sorted.len() as u64);
        if let (Some(min), Some(max)) = (sorted.first(), sorted.last()) {
            latency.min = Some(Millis(f64::from(*min)));
            latency.max = Some(Millis(f64::from(*max)));
            latency.mean = Some(Millis(mean));
            latency.stddev = (sorted.len() > 1).then(|| Millis((squares / (n - 1.0)).sqrt()));
            for percentile in [Percentile::P50, Percentile::P95, Percentile::P99_9] {
                // The first sample that at least the share does not exceed, by its definition.
                let reaches = |place: usize| (place + 1) as f64 >= percentile.share() * n - 1e-9;
                let index = (0..sorted.len()).find(|place| reaches(*place)).unwrap();
                latency
                    .percentiles
                    .insert(percentile, Millis(f64::from(sorted[index])));
            }
        }
        latency.quantile_method = QuantileMethod::NearestRank;
        latency.resolution = Resolution {
            kind: ResolutionKind::Exact,
            relative: None,
            absolute: Some(Millis(1.0)),
        };
        latency.histogram = Some(histogram);
        latency
    }

    fn near(a: Option<Millis>, b: Option<Millis>) -> bool {
        match (a, b) {
            (Some(a), Some(b)) => (a.0 - b.0).abs() <= 1e-6 * b.0.abs().max(1.0),
            (a, b) => a == b,
        }
    }

    proptest! {
        #[test]
        fn exact_samples_in_parts_are_the_samples_together(
            parts in proptest::collection::vec(proptest::collection::vec(0..300_u32, 0..40), 1..6)
        ) {
            let together: Vec<u32> = parts.iter().flatten().copied().collect();
            prop_assume!(!together.is_empty());
            let whole = exact(&together);
            let parts: Vec<Latency> = parts.iter().map(|part| exact(part)).collect();
            let (merged, how) = latency(&parts.iter().collect::<Vec<_>>());
            prop_assert_eq!(how, Merged::Exact);
            prop_assert_eq!(merged.count, whole.count);
            prop_assert_eq!((merged.min, merged.max), (whole.min, whole.max));
            prop_assert!(near(merged.mean, whole.mean));
            prop_assert!(near(merged.stddev, whole.stddev), "{:?} {:?}", merged.stddev, whole.stddev);
            prop_assert_eq!(&merged.percentiles, &whole.percentiles);
            prop_assert_eq!(&merged.histogram, &whole.histogram);
        }
    }

    #[test]
    fn without_a_histogram_in_every_part_percentiles_are_dropped_and_the_mean_is_weighted() {
        let slow = exact(&[100, 100, 100]);
        let mut fast = exact(&[20]);
        fast.histogram = None;
        let (merged, how) = latency(&[&slow, &fast]);
        assert_eq!(how, Merged::WithoutPercentiles);
        assert!(merged.percentiles.is_empty());
        assert_eq!(merged.histogram, None);
        assert_eq!(merged.count, 4);
        assert_eq!(merged.mean, Some(Millis(80.0)));
        assert_eq!(
            (merged.min, merged.max),
            (Some(Millis(20.0)), Some(Millis(100.0)))
        );
        // The sample standard deviation of 100, 100, 100, 20 is 40.
        assert_eq!(merged.stddev, Some(Millis(40.0)));
    }

    #[test]
    fn a_histogram_that_misses_samples_is_none() {
        let mut part = exact(&[1, 2, 3]);
        part.count = 4;
        let (merged, how) = latency(&[&part, &exact(&[5])]);
        assert_eq!(how, Merged::WithoutPercentiles);
        assert_eq!(merged.count, 5);
    }

    fn buckets(edges: &[(f64, f64, u64)]) -> Histogram {
        let mut histogram = Histogram::default();
        for (lower, upper, count) in edges {
            histogram.push(Millis(*lower), Millis(*upper), *count);
        }
        histogram
    }

    #[test]
    fn buckets_of_one_grid_add_up_nested_ones_widen_and_crossing_ones_do_not_fit() {
        let a = buckets(&[(0.0, 1.0, 2), (1.0, 2.0, 1), (4.0, 8.0, 5)]);
        let same = buckets(&[(1.0, 2.0, 3)]);
        assert_eq!(
            histogram(&[&a, &same]),
            Some(buckets(&[(0.0, 1.0, 2), (1.0, 2.0, 4), (4.0, 8.0, 5)]))
        );
        let fine = buckets(&[(4.0, 5.0, 1), (5.0, 5.0, 2), (8.0, 8.0, 1)]);
        assert_eq!(
            histogram(&[&a, &fine]),
            Some(buckets(&[
                (0.0, 1.0, 2),
                (1.0, 2.0, 1),
                (4.0, 8.0, 8),
                (8.0, 8.0, 1)
            ]))
        );
        assert_eq!(histogram(&[&a, &buckets(&[(1.5, 3.0, 1)])]), None);
    }

    #[test]
    fn the_merged_resolution_is_that_of_the_coarsest_part() {
        let mut sketch = exact(&[10]);
        sketch.resolution = Resolution {
            kind: ResolutionKind::Relative,
            relative: Some(0.01),
            absolute: None,
        };
        let (merged, _) = latency(&[&exact(&[20]), &sketch]);
        assert_eq!(merged.resolution.kind, ResolutionKind::Relative);
        assert_eq!(merged.resolution.relative, Some(0.01));
        assert_eq!(merged.resolution.absolute, Some(Millis(1.0)));
        sketch.resolution = Resolution::UNKNOWN;
        assert_eq!(
            latency(&[&exact(&[20]), &sketch]).0.resolution,
            Resolution::UNKNOWN
        );
    }

    #[test]
    fn an_unknown_count_makes_the_sum_unknown_and_no_declared_failure_is_no_gap() {
        let known = Stats {
            requests: Some(5),
            failures: Some(1),
            expected_failures: Some(2),
            ..Stats::default()
        };
        let part = Stats {
            requests: Some(7),
            ..Stats::default()
        };
        let all = Stats::sum(&[&known, &part]);
        assert_eq!(
            (all.requests, all.failures, all.expected_failures),
            (Some(12), None, Some(2))
        );
        assert_eq!(sum([Some(u64::MAX), Some(1)].into_iter()), Some(u64::MAX));
    }
}
