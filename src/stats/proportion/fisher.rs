//! Fisher's exact test of two shares, one-sided.
//!
//! Where the failures fell on both sides by chance, those of the new side are drawn from all: of N requests with K failures,
//! n belong to the new side, P(X = x) = C(K, x) C(N - K, n - x) / C(N, n). R. A. Fisher, "Statistical Methods for Research
//! Workers", 1934. One term is computed from three binomial ones (Loader 2000), the rest of the tail from the ratio of
//! neighbours; it is right to ten digits at 10^7 requests, and costs in the order of sqrt(K) multiplications.
//!
//! Limits: the failures are taken as independent. Exact means never below the true chance of a false alarm, so with few
//! failures it is well above: three failures against none of as many requests come to 1/8.
//! Note: the hypergeometric distribution of `statrs` 0.19 is not used. At 10^6 requests a side, 2 failures and 18, its
//! `1 - cdf` is wrong in the fifth digit; its `sf` keeps eight there and seven at 10^7.

use crate::stats::binomial::probability;

/// The chance of so many or more failures on the new side, given all failures. Each side is (failures, requests).
///
/// For fewer failures, ask with the sides exchanged. `None` without requests on a side, or with more failures than requests.
///
/// ```
/// use knee::stats::proportion::fisher;
/// assert!((fisher((0, 50), (3, 50)).unwrap() - 0.121_212_121_212).abs() < 1e-12);
/// assert_eq!(fisher((3, 50), (0, 50)), Some(1.0));
/// ```
pub fn fisher(base: (u64, u64), new: (u64, u64)) -> Option<f64> {
    let usable = |(failures, requests): (u64, u64)| requests > 0 && failures <= requests;
    if !usable(base) || !usable(new) {
        return None;
    }
    let requests = base.1.checked_add(new.1)?;
    let draw = Draw {
        failures: base.0 + new.0,
        successes: requests - base.0 - new.0,
        drawn: new.1,
    };
    let fewest = draw.drawn.saturating_sub(draw.successes);
    if new.0 <= fewest {
        return Some(1.0);
    }
    let expected = new.1 as f64 * (draw.failures as f64 / requests as f64);
    let chance = if new.0 as f64 > expected {
        draw.upwards(new.0)
    } else {
        1.0 - draw.downwards(new.0 - 1)
    };
    Some(chance.clamp(0.0, 1.0))
}

/// Requests drawn from failures and successes.
struct Draw {
    failures: u64,
    successes: u64,
    drawn: u64,
}

impl Draw {
    /// P(X = x).
    fn term(&self, x: u64) -> f64 {
        let all = self.failures + self.successes;
        let p = self.drawn as f64 / all as f64;
        let q = (all - self.drawn) as f64 / all as f64;
        probability(self.failures, x, p, q) * probability(self.successes, self.drawn - x, p, q)
            / probability(all, self.drawn, p, q)
    }

    /// P(X >= x), for x above what is expected.
    fn upwards(&self, x: u64) -> f64 {
        let mut term = self.term(x);
        let mut sum = term;
        let most = self.failures.min(self.drawn);
        for at in x..most {
            let up = (self.failures - at) as f64 * (self.drawn - at) as f64;
            let down = (at + 1) as f64 * (self.successes + at + 1 - self.drawn) as f64;
            term *= up / down;
            sum += term;
            if term < 1e-17 * sum {
                break;
            }
        }
        sum
    }

    /// P(X <= x), for x below what is expected.
    fn downwards(&self, x: u64) -> f64 {
        let mut term = self.term(x);
        let mut sum = term;
        let fewest = self.drawn.saturating_sub(self.successes);
        for at in (fewest + 1..=x).rev() {
            let down = at as f64 * (self.successes + at - self.drawn) as f64;
            let up = (self.failures - at + 1) as f64 * (self.drawn - at + 1) as f64;
            term *= down / up;
            sum += term;
            if term < 1e-17 * sum {
                break;
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// mpmath with 60 digits: base, new, chance; the first two also scipy 1.16.3 `fisher_exact`.
    type Reference = ((u64, u64), (u64, u64), f64);
    const REFERENCE: &[Reference] = &[
        ((5, 1000), (15, 1000), 0.020_197_102_702_403_574),
        ((0, 50), (3, 50), 0.121_212_121_212_121_22),
        ((3, 1_000_000), (18, 1_000_000), 0.000_744_779_687_597_026),
        ((0, 10_000_000), (4, 10_000_000), 0.062_499_981_249_999_53),
        ((4, 10_000_000), (40, 10_000_000), 8.525_446_945_667_075e-9),
        (
            (2, 10_000_000),
            (5, 1_000_000),
            0.000_111_405_696_787_918_82,
        ),
        (
            (4, 10_000_000),
            (400, 10_000_000),
            2.663_003_496_999_010_7e-113,
        ),
        ((4, 1000), (9, 10_000_000), 1.0),
        (
            (9700, 10_000_000),
            (10_300, 10_000_000),
            1.127_659_502_936_351_8e-5,
        ),
        ((4, 10_000_000), (1, 10_000_000), 0.968_750_015_624_999_6),
        ((15, 1000), (5, 1000), 0.994_292_756_280_761_7),
        ((1, 3), (9_999_999, 10_000_000), 1.799_998_980_000_414e-13),
        (
            (2_000_000, 10_000_000),
            (2_004_000, 10_000_000),
            0.012_719_460_977_134_011,
        ),
        ((4, 3000), (4, 3000), 0.636_809_979_469_856),
        (
            (10_300, 10_000_000),
            (9700, 10_000_000),
            0.999_989_413_141_133,
        ),
    ];

    #[test]
    fn chances_are_those_of_long_arithmetic() {
        for (base, new, chance) in REFERENCE {
            let found = fisher(*base, *new).unwrap();
            let near = (found - chance).abs() <= 1e-10 * chance;
            assert!(near, "{base:?} {new:?}: {found:e} for {chance:e}");
        }
    }

    #[test]
    fn every_small_table_agrees_with_counting() {
        let ways = |n: u64, k: u64| (0..k).fold(1.0, |c, i| c * (n - i) as f64 / (i + 1) as f64);
        for n_base in 1..=7_u64 {
            for n_new in 1..=7_u64 {
                for k_base in 0..=n_base {
                    for k_new in 0..=n_new {
                        let k = k_base + k_new;
                        let rest = n_base + n_new - k;
                        let all = ways(n_base + n_new, n_new);
                        let worse = (k_new..=k.min(n_new)).filter(|x| n_new - x <= rest);
                        let expected: f64 = worse
                            .map(|x| ways(k, x) * ways(rest, n_new - x) / all)
                            .sum();
                        let found = fisher((k_base, n_base), (k_new, n_new)).unwrap();
                        assert!(
                            (found - expected).abs() < 1e-12,
                            "{k_base}/{n_base} {k_new}/{n_new}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_no_share_has_no_chance() {
        assert_eq!(fisher((0, 0), (1, 2)), None);
        assert_eq!(fisher((1, 2), (3, 2)), None);
        assert_eq!(fisher((0, u64::MAX), (0, u64::MAX)), None);
    }

    fn side() -> impl Strategy<Value = (u64, u64)> {
        (1..=1_000_000_u64).prop_flat_map(|n| (prop_oneof![0..=n.min(12), 0..=n], Just(n)))
    }

    proptest! {
        #[test]
        fn more_failures_are_less_likely_and_the_mirrored_test_covers_the_rest(
            base in side(),
            new in side(),
        ) {
            let up = fisher(base, new).unwrap();
            let down = fisher(new, base).unwrap();
            assert!((0.0..=1.0).contains(&up));
            // Both hold the outcome itself.
            assert!(up + down >= 1.0 - 1e-9);
            if new.0 < new.1 {
                let more = fisher(base, (new.0 + 1, new.1)).unwrap();
                assert!(more <= up * (1.0 + 1e-9), "{up:e} {more:e}");
                // Without the outcome itself the two are everything: P(X >= x + 1) + P(X <= x) = 1, all failures kept.
                if base.0 > 0 {
                    let moved = fisher((base.0 - 1, base.1), (new.0 + 1, new.1)).unwrap();
                    assert!((moved + down - 1.0).abs() < 1e-9, "{moved} {down}");
                }
            }
        }
    }
}
