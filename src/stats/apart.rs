//! Whether a quantile of one set of samples lies more than so many times above that of another, when samples are few and only a
//! few quantiles of each are known.
//!
//! Were no sample of the new set slower than `factor` times what the base is, about as many of both would lie beyond a threshold `t`
//! of the base and `factor t` of the new set. How many do is known from the edges of the samples (`stats::union`), whoever gains from
//! what is not known: all that may lie below is taken to. Fisher's exact test says how likely such counts are. Thresholds are the
//! samples of the base at its quantile and further out, up to the largest; the least chance counts as often as there are thresholds
//! (C. E. Bonferroni 1936).
//!
//! Limits: samples are taken as independent, which requests of one bad minute are not; `factor` has to cover what runs differ by.

use crate::stats::proportion::fisher;
use crate::stats::student::Reference;
use crate::stats::union::Edges;

/// How much of what lies above the quantile is left above the thresholds.
const LEFT: [f64; 4] = [1.0, 0.5, 0.2, 0.0];

/// The chance of sets as far apart as these where the new one is not `factor` times as slow; `None` where the quantile at `share` is
/// not shown to be, or nothing is known.
///
/// ```
/// use knee::stats::apart::quantiles;
/// use knee::stats::union::Edges;
/// // Eleven samples from 150 to 400, fifteen from 4,000 to 9,000: nothing else is known of them.
/// let base = Edges::of_quantiles(11, 150.0, 400.0, &[]).unwrap();
/// let new = Edges::of_quantiles(15, 4_000.0, 9_000.0, &[]).unwrap();
/// // Four thresholds, of 26! / 11! / 15! = 7,726,160 ways.
/// assert!((quantiles((11, &base), (15, &new), 0.5, 2.0).unwrap() - 4.0 / 7_726_160.0).abs() < 1e-12);
/// assert_eq!(quantiles((11, &base), (15, &new), 0.5, 10.0), None);
/// ```
pub fn quantiles(
    (of_base, base): (u64, &Edges),
    (of_new, new): (u64, &Edges),
    share: f64,
    factor: f64,
) -> Option<f64> {
    let chances = LEFT.into_iter().filter_map(|left| {
        let at = rank(1.0 - (1.0 - share) * left, of_base);
        let (_, threshold) = base.at(at)?;
        let (before, _) = base.up_to(threshold);
        let (_, below) = new.up_to(factor * threshold);
        // The new quantile itself has to lie above.
        if !threshold.is_finite() || below >= rank(share, of_new) {
            return None;
        }
        fisher((of_base - before, of_base), (of_new - below, of_new))
    });
    let least = chances.reduce(f64::min)?;
    Some((least * LEFT.len() as f64).min(1.0))
}

/// Which of so many samples in order is at a share of them.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 1 and the count"
)]
fn rank(share: f64, count: u64) -> u64 {
    ((share * count as f64).ceil() as u64).clamp(1, count.max(1))
}

/// A mean with the deviation of its samples and their count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// Standard deviation of the samples.
    pub deviation: f64,
    /// Samples.
    pub count: u64,
}

/// The chance of a mean as far above `factor` times that of the base where it is not, by Welch's test with the degrees of the
/// smaller set. `None` with fewer than two samples a set, or where they have no scatter.
pub fn means(base: Mean, new: Mean, factor: f64) -> Option<f64> {
    let variance = |of: Mean| of.deviation * of.deviation / of.count as f64;
    let fewest = base.count.min(new.count);
    let error = (variance(new) + factor * factor * variance(base)).sqrt();
    if fewest < 2 || !error.is_finite() || error <= 0.0 {
        return None;
    }
    let score = (new.mean - factor * base.mean) / error;
    Some(Reference::Student((fewest - 1) as f64).tail(score))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::union::Known;

    fn sorted(values: &[f64]) -> Edges {
        Edges::of_buckets(values.iter().map(|value| (*value, *value, 1)))
    }

    #[test]
    fn complete_separation_has_the_chance_of_one_order() {
        let base = sorted(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        let new = sorted(&[11.0, 12.0, 13.0, 14.0, 15.0]);
        // 1 of 10! / 5! / 5! = 252 orders, four thresholds.
        let found = quantiles((5, &base), (5, &new), 0.5, 2.0).unwrap();
        assert!((found - 4.0 / 252.0).abs() < 1e-12, "{found}");
        assert_eq!(quantiles((5, &base), (5, &new), 0.5, 5.0), None);
        assert_eq!(quantiles((5, &new), (5, &base), 0.5, 2.0), None);
    }

    #[test]
    fn what_is_not_known_speaks_against_a_difference() {
        // Of the base nothing but its median of 10, of the new set its median of 100.
        let median = |value| Known {
            first: 20,
            last: 20,
            lower: value,
            upper: value,
        };
        let of = |value| Edges::of_quantiles(40, 0.0, f64::INFINITY, &[median(value)]).unwrap();
        let (base, new) = (of(10.0), of(100.0));
        // 20 of 40 are above 10, and 21 of 40 are above 20 at least.
        let found = quantiles((40, &base), (40, &new), 0.5, 2.0).unwrap();
        assert!(found > 0.5, "{found}");
        // With the p95 of the base: 2 are above 30.
        let tail = Known {
            first: 38,
            last: 38,
            lower: 30.0,
            upper: 30.0,
        };
        let base = Edges::of_quantiles(40, 0.0, f64::INFINITY, &[median(10.0), tail]).unwrap();
        let found = quantiles((40, &base), (40, &new), 0.5, 2.0).unwrap();
        // Four thresholds; hypergeometric tail of 80, 23, 40 from 21 on, summed exactly: 1.56672e-06.
        assert!((found - 4.0 * 1.566_72e-6).abs() < 1e-10, "{found}");
    }

    #[test]
    fn a_mean_that_one_sample_makes_is_no_difference() {
        let of = |mean, deviation, count| Mean {
            mean,
            deviation,
            count,
        };
        // Eleven samples of 100 ms, one of 30 s among them.
        let base = of(100.0, 10.0, 11);
        assert!(means(base, of(2_818.0, 9_015.0, 11), 2.0).unwrap() > 0.1);
        // (5,500 - 360) / sqrt(1,000^2 / 15 + 4 * 60^2 / 11) = 19.7 with 10 degrees.
        let found = means(of(180.0, 60.0, 11), of(5_500.0, 1_000.0, 15), 2.0).unwrap();
        assert!(found > 0.0 && found < 1e-8, "{found}");
        assert_eq!(means(of(180.0, 60.0, 1), base, 2.0), None);
        assert_eq!(means(of(180.0, 0.0, 9), of(100.0, 0.0, 9), 2.0), None);
    }

    /// The same draws on every machine (splitmix64).
    struct Draws(u64);

    impl Draws {
        fn uniform(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = self.0;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
        }

        fn normal(&mut self) -> f64 {
            let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
            radius * (std::f64::consts::TAU * self.uniform()).cos()
        }

        /// Latencies with a long tail (a logarithm of deviation 1, one of thirty ten times as slow), of one run.
        fn run(&mut self, count: usize, spread: f64) -> Vec<f64> {
            let level = 100.0 * (spread * self.normal()).exp();
            let one = |draws: &mut Draws| {
                let slow = if draws.uniform() < 1.0 / 30.0 {
                    10.0
                } else {
                    1.0
                };
                level * slow * draws.normal().exp()
            };
            (0..count).map(|_| one(self)).collect()
        }
    }

    fn moments(values: &[f64]) -> Mean {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Mean {
            mean,
            deviation: (squares / (count - 1.0)).sqrt(),
            count: values.len() as u64,
        }
    }

    #[test]
    fn unchanged_endpoints_of_few_requests_are_hardly_ever_apart() {
        // Reports of 41 endpoints with 5 to 85 requests a side, each by p50, p95, p99 and mean; runs spread three times as far as
        // is assumed of p50. At most 1 of 100 reports may have a false alarm.
        let (reports, endpoints) = (400, 41);
        let mut draws = Draws(26);
        let (mut alarms, mut seen) = (0, 0);
        for report in 0..reports {
            let mut least = 1.0_f64;
            let mut found = 1.0_f64;
            for endpoint in 0..endpoints {
                let (of_base, of_new) = (5 + endpoint * 2, 7 + (endpoint * 13 + report) % 41 * 2);
                let (base, new) = (draws.run(of_base, 0.15), draws.run(of_new, 0.15));
                let look = |new: &[f64]| {
                    let sides =
                        [base.as_slice(), new].map(|side| (side.len() as u64, sorted(side)));
                    let [(n, base_edges), (m, new_edges)] = &sides;
                    let of =
                        |share, factor| quantiles((*n, base_edges), (*m, new_edges), share, factor);
                    let means = means(moments(&base), moments(new), 2.0);
                    let all = [of(0.5, 2.0), of(0.95, 3.0), of(0.99, 3.0), means];
                    all.into_iter().flatten().fold(1.0, f64::min)
                };
                least = least.min(look(&new));
                if endpoint == 20 {
                    // One endpoint that is thirty times as slow.
                    let slow: Vec<f64> = new.iter().map(|value| value * 30.0).collect();
                    found = look(&slow);
                }
            }
            let limit = 0.01 / (4 * endpoints) as f64;
            alarms += usize::from(least < limit);
            seen += usize::from(found < limit);
        }
        assert!(alarms * 100 <= reports, "{alarms} of {reports} reports");
        assert!(seen * 100 >= 95 * reports, "{seen} of {reports} seen");
    }
}
