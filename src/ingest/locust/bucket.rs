//! Locust's rounded response times: the edges of a bucket, how fine the grid is.
//!
//! Locust rounds a response time before it counts it: below 100 ms to 1, below 1 000 to 10, below 10 000 to 100, else to
//! 1 000. Newer releases let the user replace that; the file does not say so, only its keys do. Keys that all lie on the
//! known grid are taken to come from it. Otherwise the step of each decade is the greatest step that all its keys are
//! multiples of, never coarser than the known one: with many keys that is the true step, with few it is too coarse
//! rather than too fine. A user's function is taken to round to the nearest; one that rounds down is off by half a step.
//!
//! Locust's own percentiles are one sample higher where the share divides the count; here they are taken by nearest rank, as
//! from every distribution. The tables of Locust keep their own.
//!
//! References: locust/stats.py, `bucket_response_time` and `calculate_response_time_percentile`.

use crate::model::{Histogram, Millis, Resolution, ResolutionKind};

/// The percentiles that Locust's tables show.
pub(super) const SHOWN: [f64; 10] = [50.0, 66.0, 75.0, 80.0, 90.0, 95.0, 98.0, 99.0, 99.9, 99.99];

/// Where the grid gets coarser, and its steps.
const FROM: [f64; 4] = [0.0, 100.0, 1000.0, 10_000.0];
const STEP: [f64; 4] = [1.0, 10.0, 100.0, 1000.0];

/// Samples by rounded response time, in rising order, each number once.
///
/// The keys are the bits of numbers that are not negative: these order as the numbers do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Buckets {
    pairs: Vec<(u64, u64)>,
    total: u64,
}

/// Samples that are being gathered, in any order.
///
/// Pairs are appended and joined now and then: the files have their keys in order already, and where they have not, one
/// sorting of many is far cheaper than a search for each.
#[derive(Debug, Default)]
pub(super) struct Pile {
    pairs: Vec<(u64, u64)>,
    /// How many pairs at the front are in order, each key once.
    joined: usize,
    total: u64,
    /// Keys that were there already.
    twice: u64,
}

/// Pairs that are appended before they are joined, at least.
const LOOSE: usize = 1024;

impl From<Buckets> for Pile {
    fn from(buckets: Buckets) -> Pile {
        Pile {
            joined: buckets.pairs.len(),
            pairs: buckets.pairs,
            total: buckets.total,
            twice: 0,
        }
    }
}

impl Pile {
    /// Adds samples. `None` when the number is negative or not finite, or the sum does not fit.
    pub(super) fn add(&mut self, key: f64, count: u64) -> Option<()> {
        if !key.is_finite() || key < 0.0 {
            return None;
        }
        self.total = self.total.checked_add(count)?;
        if self.pairs.len() == self.pairs.capacity() {
            // Nearly every map has dozens of keys.
            self.pairs.reserve(self.pairs.len().max(64));
        }
        // -0.0 passes the comparison and would sort last.
        self.pairs.push((key.abs().to_bits(), count));
        self.join_many();
        Some(())
    }

    /// Adds all samples of another.
    pub(super) fn merge(&mut self, other: &Pile) -> Option<()> {
        self.total = self.total.checked_add(other.total)?;
        self.pairs.extend_from_slice(&other.pairs);
        self.join_many();
        Some(())
    }

    /// Keeps what is appended in proportion to what is joined, so that the work stays that of one sorting.
    fn join_many(&mut self) {
        if self.pairs.len() - self.joined > self.joined.max(LOOSE) {
            self.join();
        }
    }

    fn join(&mut self) {
        let before = self.pairs.len();
        if !self.pairs.is_sorted_by(|a, b| a.0 < b.0) {
            self.pairs.sort_by_key(|pair| pair.0);
            self.pairs.dedup_by(|next, kept| {
                let same = next.0 == kept.0;
                if same {
                    // No more than the total, which fits.
                    kept.1 += next.1;
                }
                same
            });
        }
        self.joined = self.pairs.len();
        self.twice += (before - self.joined) as u64;
    }

    /// All of it in order, and how many keys were there already when they were added.
    pub(super) fn settle(mut self) -> (Buckets, u64) {
        self.join();
        self.pairs.shrink_to_fit();
        let buckets = Buckets {
            pairs: self.pairs,
            total: self.total,
        };
        (buckets, self.twice)
    }
}

impl Buckets {
    /// All samples.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// How many keys there are, with those of empty buckets.
    pub(super) fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Key and samples in rising order, without empty buckets.
    pub(super) fn iter(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        self.pairs
            .iter()
            .map(|(key, count)| (f64::from_bits(*key), *count))
            .filter(|(_, count)| *count > 0)
    }

    /// The distribution, with the edges that the rounding leaves.
    pub(super) fn histogram(&self, grid: &Grid) -> Histogram {
        let most = self.pairs.len();
        let mut histogram = Histogram {
            lower: Vec::with_capacity(most),
            upper: Vec::with_capacity(most),
            count: Vec::with_capacity(most),
        };
        for (key, count) in self.iter() {
            let (lower, upper) = grid.edges(key);
            histogram.push(Millis(lower), Millis(upper), count);
        }
        histogram
    }
}

/// The grid that response times were rounded to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Grid {
    steps: [f64; 4],
    /// Which decades hold a key.
    used: [bool; 4],
    /// Whether it is Locust's own.
    pub(super) own: bool,
}

fn decade(key: f64) -> usize {
    FROM.iter().rposition(|from| key >= *from).unwrap_or(0)
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

impl Grid {
    /// The grid that all these keys may lie on.
    pub(super) fn of(keys: impl Iterator<Item = f64>) -> Grid {
        let mut divisors = [0_u64; 4];
        let mut used = [false; 4];
        let mut own = true;
        for key in keys {
            let at = decade(key);
            if let (Some(divisor), Some(used), Some(step)) =
                (divisors.get_mut(at), used.get_mut(at), STEP.get(at))
            {
                *used = true;
                own &= key % step == 0.0;
                *divisor = greatest_common_divisor(*divisor, thousandths(key));
            }
        }
        let mut steps = STEP;
        if !own {
            for (step, divisor) in steps.iter_mut().zip(divisors) {
                if divisor > 0 {
                    *step = step.min(divisor as f64 / 1000.0);
                }
            }
        }
        Grid { steps, used, own }
    }

    fn step(&self, at: usize) -> f64 {
        self.steps.get(at).copied().unwrap_or(1.0)
    }

    /// The response times that are rounded to this key. Just below a decade the finer step rounds up to it.
    fn edges(&self, key: f64) -> (f64, f64) {
        let at = decade(key);
        let first = FROM.get(at).is_some_and(|from| (key - from).abs() < 1e-9);
        let below = if first { at.saturating_sub(1) } else { at };
        let lower = key - self.step(below) / 2.0;
        (lower.max(0.0), key + self.step(at) / 2.0)
    }

    /// How fine a percentile is.
    pub(super) fn resolution(&self) -> Resolution {
        let relative = (1..4)
            .filter(|at| self.own || self.used.get(*at).copied().unwrap_or(false))
            .filter_map(|at| Some(self.step(at) / 2.0 / FROM.get(at)?))
            .fold(None, |most: Option<f64>, share| {
                Some(most.map_or(share, |most| most.max(share)))
            });
        Resolution {
            kind: ResolutionKind::Rounded,
            relative,
            absolute: Some(Millis(self.step(0))),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "keys are not negative and a cast of a large one saturates"
)]
fn thousandths(key: f64) -> u64 {
    (key * 1000.0).round() as u64
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn pile(pairs: &[(f64, u64)]) -> Pile {
        let mut pile = Pile::default();
        for (key, count) in pairs {
            pile.add(*key, *count).unwrap();
        }
        pile
    }

    #[test]
    fn keys_in_any_order_and_many_times_are_those_of_a_map() {
        // More than what is joined at a time, with empty buckets and both zeros.
        let keys = (0..5000_u64).map(|at| (at * 7919) % 1013);
        let pairs: Vec<(f64, u64)> = keys.map(|key| (key as f64 / 4.0, key % 3)).collect();
        let mut pile = pile(&pairs);
        pile.add(-0.0, 4).unwrap();
        let mut wanted: BTreeMap<u64, u64> = BTreeMap::new();
        for (key, count) in pairs {
            *wanted.entry(key.to_bits()).or_default() += count;
        }
        *wanted.entry(0).or_default() += 4;
        let other = {
            let mut other = Pile::default();
            other.add(1.0, 2).unwrap();
            other.add(9999.0, 3).unwrap();
            other.settle().0
        };
        let (alone, twice) = pile.settle();
        assert_eq!(twice, 5001 - wanted.len() as u64);
        let full = |wanted: &BTreeMap<u64, u64>| -> Vec<(f64, u64)> {
            let full = wanted.iter().filter(|(_, count)| **count > 0);
            full.map(|(key, count)| (f64::from_bits(*key), *count))
                .collect()
        };
        assert_eq!(alone.iter().collect::<Vec<_>>(), full(&wanted));
        assert_eq!(alone.total(), wanted.values().sum::<u64>());
        let mut both = Pile::from(alone);
        both.merge(&Pile::from(other)).unwrap();
        *wanted.entry(1.0_f64.to_bits()).or_default() += 2;
        wanted.insert(9999.0_f64.to_bits(), 3);
        let (both, _) = both.settle();
        assert_eq!(both.iter().collect::<Vec<_>>(), full(&wanted));
        assert_eq!(both.total(), wanted.values().sum::<u64>());
    }

    #[test]
    fn edges_touch_and_do_not_overlap() {
        let grid = Grid::of([99.0, 100.0, 110.0, 990.0, 1000.0, 9900.0, 10_000.0].into_iter());
        assert!(grid.own);
        assert_eq!(grid.edges(0.0), (0.0, 0.5));
        assert_eq!(grid.edges(99.0), (98.5, 99.5));
        assert_eq!(grid.edges(100.0), (99.5, 105.0));
        assert_eq!(grid.edges(110.0), (105.0, 115.0));
        assert_eq!(grid.edges(990.0), (985.0, 995.0));
        assert_eq!(grid.edges(1000.0), (995.0, 1050.0));
        assert_eq!(grid.edges(10_000.0), (9950.0, 10_500.0));
        let resolution = grid.resolution();
        assert_eq!(resolution.half_width(Millis(50.0)), Some(Millis(2.5)));
        assert_eq!(resolution.half_width(Millis(2.0)), Some(Millis(0.5)));
    }

    #[test]
    fn a_finer_grid_shows_in_its_keys() {
        // Three significant digits, as the Locust manual proposes.
        let grid = Grid::of([12.3, 45.6, 45.7, 123.0, 124.0, 1230.0, 1240.0].into_iter());
        assert!(!grid.own);
        let (lower, upper) = grid.edges(1230.0);
        assert!((lower - 1225.0).abs() < 1e-9 && (upper - 1235.0).abs() < 1e-9);
        let (lower, upper) = grid.edges(123.0);
        assert!((lower - 122.5).abs() < 1e-9 && (upper - 123.5).abs() < 1e-9);
        let (lower, upper) = grid.edges(45.6);
        assert!((lower - 45.55).abs() < 1e-9 && (upper - 45.65).abs() < 1e-9);
        assert_eq!(grid.resolution().relative, Some(0.005));
    }

    #[test]
    fn one_odd_key_does_not_make_the_grid_coarser_than_locusts_own() {
        let grid = Grid::of([7.0, 1535.0].into_iter());
        assert_eq!(grid.edges(1535.0), (1485.0, 1585.0));
        assert_eq!(grid.edges(7.0), (6.5, 7.5));
    }

    #[test]
    fn numbers_that_are_no_time_are_refused() {
        let mut pile = Pile::default();
        for key in [-1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(pile.add(key, 1), None);
        }
        pile.add(1.0, u64::MAX).unwrap();
        assert_eq!(pile.add(2.0, 1), None);
        let (full, _) = pile.settle();
        let mut one = Pile::default();
        one.add(1.0, 1).unwrap();
        assert_eq!(one.merge(&Pile::from(full)), None);
    }
}
