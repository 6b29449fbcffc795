//! Percentiles of a distribution by nearest rank: the one rule for all that is read from a histogram.
//!
//! Refuses to guess between two figures of an input. The first and the last sample are known better than by their bucket,
//! except where the tool rounds: its tables show the round figure there, too.

use crate::model::latency::{Histogram, Latency, Percentile, Resolution, ResolutionKind};
use crate::model::units::Millis;

impl Resolution {
    /// The figure that stands for the samples between two edges: the middle, and of figures that were rounded the round one.
    /// A rounding that gets coarser at a power of ten has that power inside a bucket, and not in the middle of it.
    ///
    /// ```
    /// use knee::model::{Millis, Resolution, ResolutionKind};
    /// let rounded = Resolution { kind: ResolutionKind::Rounded, relative: Some(0.05), absolute: Some(Millis(1.0)) };
    /// assert_eq!(rounded.figure_in(Millis(105.0), Millis(115.0)), Millis(110.0));
    /// assert_eq!(rounded.figure_in(Millis(99.5), Millis(105.0)), Millis(100.0));
    /// ```
    pub fn figure_in(&self, lower: Millis, upper: Millis) -> Millis {
        if lower == upper {
            return lower;
        }
        if self.kind == ResolutionKind::Rounded && upper.0 > 0.0 {
            let power = 10_f64.powf(upper.0.log10().floor());
            if lower.0 < power && power < upper.0 {
                return Millis(power);
            }
        }
        // In whole nanoseconds, as logs have them.
        let nanos = f64::midpoint((lower.0 * 1e6).round(), (upper.0 * 1e6).round()).floor();
        Millis(if nanos.is_finite() {
            nanos / 1e6
        } else {
            f64::midpoint(lower.0, upper.0)
        })
    }
}

impl Latency {
    /// Adds the percentiles that are not there yet, from the histogram.
    pub fn read_percentiles(&mut self, asked: impl IntoIterator<Item = Percentile>) {
        let Some(histogram) = &self.histogram else {
            return;
        };
        let total = histogram.total();
        if total == 0 {
            return;
        }
        // A tool that rounds gives the round figure for the ends as well, and it may lie beside the exact ones.
        let rounded = self.resolution.kind == ResolutionKind::Rounded;
        let (min, max) = if rounded {
            (None, None)
        } else {
            (self.min, self.max)
        };
        for percentile in asked {
            let rank = percentile.rank(total);
            let end = if rank == total {
                max
            } else if rank == 1 {
                min
            } else {
                None
            };
            let in_bucket = || {
                let (lower, upper) = bucket(histogram, rank)?;
                Some(self.resolution.figure_in(lower, upper))
            };
            let Some(Millis(value)) = end.or_else(in_bucket) else {
                continue;
            };
            let value = min.map_or(value, |min| value.max(min.0));
            let value = max.map_or(value, |max| value.min(max.0));
            self.percentiles.entry(percentile).or_insert(Millis(value));
        }
    }
}

/// The edges of the bucket that holds the sample of that rank.
fn bucket(histogram: &Histogram, rank: u64) -> Option<(Millis, Millis)> {
    let mut below = 0_u64;
    histogram.buckets().find_map(|(lower, upper, count)| {
        below = below.saturating_add(count);
        (below >= rank).then_some((lower, upper))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::latency::Population;

    #[test]
    fn a_share_that_divides_the_count_is_the_lower_sample() {
        let mut latency = Latency::of(Population::All, 20);
        let mut histogram = Histogram::default();
        histogram.push(Millis(9.5), Millis(10.5), 18);
        histogram.push(Millis(63.5), Millis(64.5), 1);
        histogram.push(Millis(86.5), Millis(87.5), 1);
        latency.histogram = Some(histogram);
        latency.max = Some(Millis(87.2));
        latency.resolution.kind = ResolutionKind::Rounded;
        latency.read_percentiles([Percentile::P50, Percentile::P95, Percentile::P99]);
        let found: Vec<f64> = latency.percentiles.values().map(|value| value.0).collect();
        assert_eq!(found, [10.0, 64.0, 87.0]);
    }
}
