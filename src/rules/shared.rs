//! What several rules need: naming endpoints in a sentence, medians over slices, figures beyond the resolution.
//!
//! Decides nothing; limits and words about them stay in the rules.

use crate::figures::side::half_width;
use crate::model::{Latency, LoadModel, Millis, Percentile, Run};
use crate::text::number;

/// A chance as it follows on "p": `= 0.0032`, `< 0.0001`.
pub(super) fn chance(p: f64) -> String {
    if p < 0.000_1 {
        return format!("< {}", number::significant(0.000_1, 1));
    }
    format!("= {}", number::significant(p, 2))
}

/// `1 of 16 endpoints`.
pub(super) fn of_endpoints(some: usize, all: usize) -> String {
    format!(
        "{} of {}",
        number::count(some as u64),
        number::plural(all as u64, "endpoint")
    )
}

/// A share as per cent, with as many digits as set it apart from a limit that it exceeds.
pub(super) fn percent_beside(share: f64, limit: f64) -> String {
    let text = number::percent(share);
    let limit = number::percent(limit);
    let finer = (3..10).map(|decimals| format!("{} %", number::decimal(share * 100.0, decimals)));
    if text == limit {
        finer
            .into_iter()
            .find(|finer| *finer != limit)
            .unwrap_or(text)
    } else {
        text
    }
}

/// `high / low` as small as the resolution allows; `None` when the low figure may be nothing.
pub(super) fn least_ratio(latency: &Latency, high: Millis, low: Millis) -> Option<f64> {
    let low_end = low.0 + half_width(latency, low);
    (low_end > 0.0).then(|| (high.0 - half_width(latency, high)) / low_end)
}

/// The middle of the values, or of the two in the middle.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (half, odd) = (values.len() / 2, values.len() % 2 == 1);
    let upper = *values.get(half)?;
    if odd {
        return Some(upper);
    }
    Some(f64::midpoint(*values.get(half.checked_sub(1)?)?, upper))
}

/// How many times the smaller of two figures the larger one is, less 1: the same whichever comes first.
pub(super) fn apart(a: f64, b: f64) -> f64 {
    let (low, high) = (a.min(b), a.max(b));
    if high <= low {
        0.0
    } else if low > 0.0 {
        high / low - 1.0
    } else {
        f64::INFINITY
    }
}

/// A stretch of the run with enough samples to have a median.
pub(super) struct Stretch<'a> {
    /// Seconds from the start of the run.
    pub(super) start: f64,
    /// Seconds from the start of the run.
    pub(super) end: f64,
    /// The latency of the population that is judged.
    pub(super) latency: &'a Latency,
    /// Its median.
    pub(super) p50: f64,
    /// Arrivals of users per second where the run has them, else users; of a closed load users first.
    pub(super) load: Option<f64>,
}

impl Stretch<'_> {
    /// Its middle.
    pub(super) fn middle(&self) -> f64 {
        f64::midpoint(self.start, self.end)
    }
}

/// Fewest samples of a slice that is looked at.
pub(super) const SLICE_SAMPLES: u64 = 20;

/// The slices with at least [`SLICE_SAMPLES`] samples of the population that is judged.
///
/// Windows without a success have no latency of successes: falling back to what they do have would mix populations.
/// Of sliding windows only those that share no request are taken.
pub(super) fn stretches(run: &Run) -> Vec<Stretch<'_>> {
    let of_successes = run.overall.latency_ok.is_some();
    // Users inside an open system pile up when it slows down: they are no load that was asked for.
    let is_closed = run.load.model == Some(LoadModel::Closed);
    let has_users = run.timeline.iter().any(|slice| slice.users.is_some());
    let has_arrivals = run.timeline.iter().any(|slice| slice.arrivals.is_some());
    let by_users = if is_closed { has_users } else { !has_arrivals };
    let mut covered = f64::NEG_INFINITY;
    run.timeline
        .iter()
        .filter_map(|slice| {
            let latency = if of_successes {
                slice.stats.latency_ok.as_ref()
            } else {
                slice.stats.latency.as_ref()
            }?;
            if latency.count < SLICE_SAMPLES {
                return None;
            }
            let end = slice.start.0 + slice.duration.0;
            if let Some(window) = slice.latency_window {
                if end - window.0 < covered {
                    return None;
                }
                covered = end;
            }
            let arrivals = slice.arrivals.filter(|_| slice.duration.0 > 0.0);
            let arriving = arrivals.map(|arrivals| arrivals as f64 / slice.duration.0);
            let p50 = latency.percentile(Percentile::P50).map(|p50| p50.0);
            Some(Stretch {
                start: slice.start.0,
                end: slice.start.0 + slice.duration.0,
                latency,
                p50: p50.or_else(|| weighted_median(samples(latency)?))?,
                load: if by_users { slice.users } else { arriving },
            })
        })
        .collect()
}

fn samples(latency: &Latency) -> Option<Vec<(f64, u64)>> {
    let histogram = latency.histogram.as_ref()?;
    let middles = histogram
        .buckets()
        .map(|(lower, upper, count)| (f64::midpoint(lower.0, upper.0), count));
    Some(middles.collect())
}

/// The median over several stretches: of the merged histograms where all have one, else of their medians, weighted by samples.
pub(super) fn median_of(stretches: &[&Stretch]) -> Option<f64> {
    let merged: Option<Vec<_>> = stretches.iter().map(|s| samples(s.latency)).collect();
    let pairs = match merged {
        Some(merged) => merged.concat(),
        None => stretches.iter().map(|s| (s.p50, s.latency.count)).collect(),
    };
    weighted_median(pairs)
}

/// Smallest value that half of the weight does not exceed.
fn weighted_median(mut pairs: Vec<(f64, u64)>) -> Option<f64> {
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: u64 = pairs.iter().map(|(_, weight)| weight).sum();
    let mut below = 0;
    pairs.iter().find_map(|(value, weight)| {
        below += weight;
        (total > 0 && below >= total.div_ceil(2)).then_some(*value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_just_above_a_limit_does_not_read_as_the_limit() {
        assert_eq!(percent_beside(6.0 / 599.0, 0.01), "1.002 %");
        assert_eq!(percent_beside(0.02, 0.01), "2 %");
    }

    #[test]
    fn sliding_windows_that_share_requests_are_counted_once() {
        let mut run = crate::rules::testing::sliced(&[10.0; 30]);
        for (slice, second) in run.timeline.iter_mut().zip(0_u32..) {
            slice.start = crate::model::Seconds(f64::from(second));
            slice.duration = crate::model::Seconds(1.0);
        }
        assert_eq!(stretches(&run).len(), 30);
        for slice in &mut run.timeline {
            slice.latency_window = Some(crate::model::Seconds(10.0));
        }
        let ends: Vec<f64> = stretches(&run).iter().map(|stretch| stretch.end).collect();
        assert_eq!(ends, [1.0, 11.0, 21.0]);
    }

    #[test]
    fn a_median_and_a_distance_are_the_same_either_way() {
        assert_eq!(median(vec![9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![9.0, 1.0, 2.0, 4.0]), Some(3.0));
        assert_eq!(median(vec![]), None);
        for there_and_back in [apart(2.0, 3.0), apart(3.0, 2.0)] {
            assert!((there_and_back - 0.5).abs() < 1e-12);
        }
        assert!(apart(0.0, 0.0).abs() < 1e-12);
        assert!(apart(0.0, 1.0).is_infinite());
    }

    #[test]
    fn a_median_is_weighted_by_samples() {
        assert_eq!(weighted_median(vec![(30.0, 10), (10.0, 25)]), Some(10.0));
        assert_eq!(weighted_median(vec![(30.0, 26), (10.0, 25)]), Some(30.0));
        assert_eq!(weighted_median(vec![]), None);
    }
}
