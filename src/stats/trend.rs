//! Whether a series rises or falls: Mann-Kendall, and how steeply: Theil-Sen.
//!
//! S = pairs of values whose later one is larger, minus pairs whose later one is smaller. Without a trend its variance is
//! (n (n - 1) (2n + 5) - sum t (t - 1) (2t + 5)) / 18 over groups of t equal values, and z = (S - sign S) / sqrt(var)
//! is near normal (Mann 1945; Kendall, "Rank Correlation Methods", 1975). Up to ten values without ties the p value is
//! exact, from the number of permutations with each count of inversions.
//! The slope is the median of the slopes of all pairs (Theil 1950; Sen 1968).
//!
//! Limits: the values are taken as independent. Neighbouring slices of a run are not quite, so a p value near its
//! limit proves little; callers ask for an effect beside it.

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrendError {
    /// Fewer points than the statistic needs.
    TooFew {
        /// How many it needs.
        needed: usize,
    },
    /// More points than the slopes of all pairs are computed for.
    TooMany {
        /// How many are accepted.
        limit: usize,
    },
    /// A value is not a finite number, or all points share their place.
    Unusable,
}

/// How the p value was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PMethod {
    /// From the distribution of S itself.
    Exact,
    /// From the normal approximation with the correction for continuity.
    Normal,
}

/// The answer of the Mann-Kendall test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MannKendall {
    /// Values, those left out not counted.
    pub n: usize,
    /// Rising minus falling pairs.
    pub s: i64,
    /// Variance of S without a trend.
    pub variance: f64,
    /// Standard score, with the correction for continuity.
    pub z: f64,
    /// Two-sided.
    pub p_value: f64,
    /// How p was found.
    pub method: PMethod,
}

const EXACT_UP_TO: usize = 10;
/// All pairs of so many points are eight million slopes, 64 MiB.
const SLOPES_UP_TO: usize = 4096;

/// The Mann-Kendall test of values in order of time. Values that are not finite are left out; fewer than two show nothing.
///
/// ```
/// use knee::stats::trend::mann_kendall;
/// let rising = mann_kendall(&[1.0, 2.0, 3.0, 4.0, 5.0]);
/// assert_eq!(rising.s, 10);
/// assert!((rising.p_value - 2.0 / 120.0).abs() < 1e-12);
/// ```
pub fn mann_kendall(values: &[f64]) -> MannKendall {
    let finite = values.iter().copied().filter(|value| value.is_finite());
    let mut sorted: Vec<f64> = finite.collect();
    let n = sorted.len();
    let falling = inversions(&mut sorted);
    let size = n as f64;
    let mut variance = size * (size - 1.0) * (2.0 * size + 5.0);
    let mut tied: u64 = 0;
    for group in sorted.chunk_by(|a, b| a >= b) {
        let equal = group.len() as u64;
        tied += equal * (equal - 1) / 2;
        let t = equal as f64;
        variance -= t * (t - 1.0) * (2.0 * t + 5.0);
    }
    variance /= 18.0;
    let pairs = n as u64 * (n as u64).saturating_sub(1) / 2;
    let rising = pairs - tied - falling;
    let s = rising.cast_signed() - falling.cast_signed();
    let z = if s == 0 || variance <= 0.0 {
        0.0
    } else {
        (s as f64 - s.signum() as f64) / variance.sqrt()
    };
    let (p_value, method) = if n <= EXACT_UP_TO && tied == 0 {
        (exact_p(n, rising.min(falling)), PMethod::Exact)
    } else {
        // erfc(|z| / sqrt 2) is twice the upper tail.
        let p = statrs::function::erf::erfc(z.abs() / std::f64::consts::SQRT_2);
        (p.min(1.0), PMethod::Normal)
    };
    MannKendall {
        n,
        s,
        variance,
        z,
        p_value,
        method,
    }
}

/// The median slope over all pairs of (x, y) points; points that share their x make no pair. At least two, at most 4 096.
///
/// ```
/// use knee::stats::trend::theil_sen;
/// assert_eq!(theil_sen(&[(0.0, 1.0), (1.0, 3.0), (2.0, 50.0), (3.0, 7.0)]), Ok(2.0));
/// ```
pub fn theil_sen(points: &[(f64, f64)]) -> Result<f64, TrendError> {
    if points.len() < 2 {
        return Err(TrendError::TooFew { needed: 2 });
    }
    if points.len() > SLOPES_UP_TO {
        return Err(TrendError::TooMany {
            limit: SLOPES_UP_TO,
        });
    }
    let mut slopes = Vec::with_capacity(points.len() * (points.len() - 1) / 2);
    for (place, (x, y)) in points.iter().enumerate() {
        for (later_x, later_y) in points.iter().skip(place + 1) {
            let slope = (later_y - y) / (later_x - x);
            if later_x.total_cmp(x).is_ne() {
                slopes.push(slope);
            }
        }
    }
    if slopes.is_empty() || slopes.iter().any(|slope| !slope.is_finite()) {
        return Err(TrendError::Unusable);
    }
    let middle = slopes.len() / 2;
    let even = slopes.len().is_multiple_of(2);
    let (below, upper, _) = slopes.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *upper;
    if !even {
        return Ok(upper);
    }
    let lower = below.iter().copied().max_by(f64::total_cmp);
    Ok(f64::midpoint(lower.unwrap_or(upper), upper))
}

/// Sorts the values and counts the pairs that stood in falling order.
fn inversions(values: &mut [f64]) -> u64 {
    let mut spare = values.to_vec();
    count_and_merge(values, &mut spare)
}

fn count_and_merge(values: &mut [f64], spare: &mut [f64]) -> u64 {
    let n = values.len();
    if n < 2 {
        return 0;
    }
    let half = n / 2;
    let (left, right) = values.split_at_mut(half);
    let (spare_left, spare_right) = spare.split_at_mut(half);
    let mut count = count_and_merge(left, spare_left) + count_and_merge(right, spare_right);
    let (mut i, mut j) = (0, 0);
    for place in spare.iter_mut() {
        // Equal values keep their order: a tie is no inversion.
        let take_left = j >= right.len() || (i < left.len() && left[i] <= right[j]);
        if take_left {
            *place = left[i];
            i += 1;
        } else {
            count += (left.len() - i) as u64;
            *place = right[j];
            j += 1;
        }
    }
    values.copy_from_slice(spare);
    count
}

/// Two-sided: twice the share of permutations of `n` values with at most so many inversions.
fn exact_p(n: usize, inversions: u64) -> f64 {
    // ways[k] = permutations with k inversions; the next value adds 0 to m - 1 of them.
    let mut ways = vec![1.0_f64];
    for m in 2..=n {
        let mut next = vec![0.0; ways.len() + m - 1];
        for (k, count) in ways.iter().enumerate() {
            for place in next.iter_mut().skip(k).take(m) {
                *place += count;
            }
        }
        ways = next;
    }
    let all: f64 = ways.iter().sum();
    let limit = usize::try_from(inversions).unwrap_or(usize::MAX);
    let few: f64 = ways.iter().take(limit.saturating_add(1)).sum();
    (2.0 * few / all).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indexed(values: &[f64]) -> Vec<(f64, f64)> {
        let places = (0..values.len()).map(|place| place as f64);
        places.zip(values.iter().copied()).collect()
    }

    fn near(found: f64, expected: f64) -> bool {
        (found - expected).abs() <= 1e-12 * expected.abs().max(1e-3)
    }

    /// Values, S, variance, z, p by the normal approximation, exact p, slope.
    type Reference = (&'static [f64], i64, f64, f64, f64, Option<f64>, f64);

    /// pymannkendall 1.4.3 `original_test`; exact p: scipy 1.17.1 `kendalltau(method="exact")`;
    /// slope: scipy `theilslopes`.
    const REFERENCE: &[Reference] = &[
        (
            &[12.1, 11.8, 12.6, 12.0, 13.1],
            4,
            16.666_666_666_666_668,
            0.734_846_922_834_953_3,
            0.462_432_726_450_476_4,
            Some(0.483_333_333_333_333_3),
            0.25,
        ),
        (
            &[12.1, 11.8, 12.6, 12.0, 13.1, 13.0, 13.9, 12.9, 14.2, 13.5],
            27,
            125.0,
            2.325_510_696_599_781_4,
            0.020_044_668_622_627_437,
            Some(0.016_666_115_520_282_188),
            0.25,
        ),
        (
            &[5.0, 3.0, 1.0, 2.0, 4.0, 6.0, 9.0, 7.0, 8.0],
            20,
            92.0,
            1.980_886_933_542_210_3,
            0.047_603_954_727_871_49,
            Some(0.044_615_299_823_633_16),
            0.875,
        ),
        (
            &[10.0, 8.0, 6.0, 7.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0],
            -43,
            125.0,
            -3.756_594_202_199_646_6,
            0.000_172_241_453_387_567_13,
            Some(5.511_463_844_797_178_5e-6),
            -1.0,
        ),
        (
            &[1.0, 2.0, 2.0, 3.0, 1.0, 4.0, 4.0, 4.0, 5.0, 3.0, 6.0, 5.0],
            43,
            205.0,
            2.933_407_242_232_228_4,
            0.003_352_638_169_253_685_5,
            None,
            0.4,
        ),
        (
            &[
                100.0, 102.0, 99.0, 101.0, 98.0, 100.0, 103.0, 97.0, 101.0, 99.0, 110.0, 112.0,
                109.0, 111.0,
            ],
            34,
            330.666_666_666_666_7,
            1.814_758_048_389_247_1,
            0.069_561_099_990_607_78,
            None,
            0.888_888_888_888_888_8,
        ),
    ];

    #[test]
    fn tests_and_slopes_are_those_of_two_other_programs() {
        for (values, s, variance, z, p, exact, slope) in REFERENCE {
            let found = mann_kendall(values);
            assert_eq!(found.s, *s);
            assert!(near(found.variance, *variance), "{found:?}");
            assert!(near(found.z, *z), "{found:?}");
            // The reference computes 2 (1 - cdf), which keeps fewer digits than the complement.
            let expected = exact.unwrap_or(*p);
            assert!((found.p_value - expected).abs() < 1e-10, "{found:?}");
            let method = match exact {
                Some(_) => PMethod::Exact,
                None => PMethod::Normal,
            };
            assert_eq!(found.method, method);
            assert!(near(theil_sen(&indexed(values)).unwrap(), *slope));
        }
    }

    #[test]
    fn the_exact_p_counts_every_permutation() {
        // All 120 orders of five values: how many have |S| at least as large.
        let mut orders = vec![vec![]];
        for value in 0..5_i32 {
            let mut longer = Vec::new();
            for order in &orders {
                for place in 0..=order.len() {
                    let mut next: Vec<i32> = order.clone();
                    next.insert(place, value);
                    longer.push(next);
                }
            }
            orders = longer;
        }
        let s = |order: &[i32]| -> i64 {
            let mut sum = 0;
            for (i, a) in order.iter().enumerate() {
                for b in &order[i + 1..] {
                    sum += i64::from((b - a).signum());
                }
            }
            sum
        };
        for order in &orders {
            let values: Vec<f64> = order.iter().map(|v| f64::from(*v)).collect();
            let found = mann_kendall(&values);
            assert_eq!(found.s, s(order));
            let extreme = orders.iter().filter(|o| s(o).abs() >= found.s.abs());
            let share = extreme.count() as f64 / 120.0;
            assert!((found.p_value - share).abs() < 1e-12, "{order:?}");
        }
    }

    #[test]
    fn a_flat_series_has_no_trend() {
        let flat = mann_kendall(&[5.0; 20]);
        assert_eq!((flat.s, flat.variance), (0, 0.0));
        assert_eq!((flat.z, flat.p_value), (0.0, 1.0));
        assert_eq!(theil_sen(&indexed(&[5.0; 20])), Ok(0.0));
    }

    #[test]
    fn a_long_series_takes_no_pairwise_time() {
        let values: Vec<f64> = (0..200_000).map(|i| f64::from(i % 1000)).collect();
        let found = mann_kendall(&values);
        // 200 rising blocks of 1000: pairs inside a block rise; across blocks rises and falls cancel.
        assert_eq!(found.s, 200 * 1000 * 999 / 2);
    }

    #[test]
    fn values_that_are_no_numbers_are_left_out() {
        let found = mann_kendall(&[1.0, f64::NAN, 2.0, f64::INFINITY, 3.0]);
        assert_eq!((found.n, found.s), (3, 3));
        for few in [&[] as &[f64], &[1.0], &[f64::NAN]] {
            let found = mann_kendall(few);
            assert_eq!((found.s, found.p_value), (0, 1.0));
        }
    }

    #[test]
    fn what_cannot_be_answered_says_why() {
        assert_eq!(theil_sen(&[]), Err(TrendError::TooFew { needed: 2 }));
        assert_eq!(
            theil_sen(&[(1.0, 2.0), (1.0, 3.0)]),
            Err(TrendError::Unusable)
        );
        assert_eq!(
            theil_sen(&vec![(0.0, 0.0); 5000]),
            Err(TrendError::TooMany { limit: 4096 })
        );
    }
}
