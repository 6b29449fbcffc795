//! Shares: the interval of one, Wilson's score interval, and of the difference of two, Newcombe's.
//!
//! With k of n and z the normal quantile of (1 + level) / 2:
//! centre (k + z^2/2) / (n + z^2), half width z / (n + z^2) * sqrt(k (n - k) / n + z^2 / 4).
//! E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927; Newcombe 1998, method 3.
//!
//! A difference d of two shares, new minus base, whose Wilson intervals reach down and up by so much:
//! d - sqrt(down(new)^2 + up(base)^2) to d + sqrt(up(new)^2 + down(base)^2).
//! R. G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine 17
//! (1998), method 10.
//!
//! Limits: the trials are taken as independent. Failures of a load test come in bursts, so the interval is the
//! narrowest that can be true of the system under test; [`compare_shares`] measures how bursty the repeats are.

mod compare;
mod fisher;
mod weights;

pub use compare::{
    Overdispersion, ShareMethod, ShareSide, SharesCompared, compare_shares, overdispersion,
    smallest_rise,
};
pub use fisher::fisher;
pub use weights::{Part, by_weights};

use crate::stats::binomial::normal_score;

/// Lower and upper end; `None` without trials, with more hits than trials, or with a level outside (0, 1).
///
/// ```
/// use knee::stats::proportion::wilson;
/// let (lo, hi) = wilson(1, 100, 0.95).unwrap();
/// assert!((lo - 0.001_767_4).abs() < 1e-7 && (hi - 0.054_486_2).abs() < 1e-7);
/// assert_eq!(wilson(0, 0, 0.95), None);
/// ```
pub fn wilson(hits: u64, trials: u64, level: f64) -> Option<(f64, f64)> {
    let usable = trials > 0 && hits <= trials && level > 0.0 && level < 1.0;
    if !usable {
        return None;
    }
    let n = trials as f64;
    let z = normal_score(f64::midpoint(1.0, level));
    let share = hits as f64 / n;
    let reach = Reach::of(share, n, z);
    Some((share - reach.down, share + reach.up))
}

/// Lower and upper end of the difference new minus base, each a pair of hits and trials; `None` as with [`wilson`].
///
/// ```
/// use knee::stats::proportion::newcombe;
/// let (lo, hi) = newcombe((48, 80), (56, 70), 0.95).unwrap();
/// assert!((lo - 0.052_431_5).abs() < 1e-7 && (hi - 0.333_872_7).abs() < 1e-7);
/// ```
pub fn newcombe(base: (u64, u64), new: (u64, u64), level: f64) -> Option<(f64, f64)> {
    let usable = |(hits, trials): (u64, u64)| trials > 0 && hits <= trials;
    let is_level = level > 0.0 && level < 1.0;
    if !is_level || !usable(base) || !usable(new) {
        return None;
    }
    let share = |(hits, trials): (u64, u64)| (hits as f64 / trials as f64, trials as f64);
    let z = normal_score(f64::midpoint(1.0, level));
    Some(between(share(base), share(new), z))
}

/// Newcombe's interval of the difference of two (share, trials) at the score `z`.
fn between(base: (f64, f64), new: (f64, f64), z: f64) -> (f64, f64) {
    let of_base = Reach::of(base.0, base.1, z);
    let of_new = Reach::of(new.0, new.1, z);
    let difference = new.0 - base.0;
    (
        difference - of_new.down.hypot(of_base.up),
        difference + of_new.up.hypot(of_base.down),
    )
}

/// How far the ends of Wilson's interval lie from the share.
struct Reach {
    down: f64,
    up: f64,
}

impl Reach {
    /// Trials need not be whole: bursts make them fewer.
    fn of(share: f64, trials: f64, z: f64) -> Reach {
        let variance = share * (1.0 - share);
        let weight = trials + z * z;
        let half = z / weight * (trials * variance + z * z / 4.0).sqrt();
        // The centre lies between the share and 1/2.
        let shift = z * z * (0.5 - share) / weight;
        let far = half + shift.abs();
        // half - |shift|, without the difference: 0 at no and at only hits, and no digits lost near them.
        let near = if far > 0.0 {
            z * z * variance / weight / far
        } else {
            0.0
        };
        if share < 0.5 {
            Reach {
                down: near,
                up: far,
            }
        } else {
            Reach {
                down: far,
                up: near,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_the_one_of_scipy() {
        // scipy 1.16.3, binomtest(k, n).proportion_ci(method="wilson"), confidence 95 %.
        let reference = [
            (0, 100, 0.0, 0.036_993_498_206_985_68),
            (
                1,
                100,
                0.001_767_432_064_140_650_5,
                0.054_486_196_178_705_315,
            ),
            (
                5,
                1000,
                0.002_137_535_527_324_459_6,
                0.011_650_955_373_375_113,
            ),
            (885, 1000, 0.863_736_827_753_560_3, 0.903_316_568_212_562_2),
            (10, 10, 0.722_467_200_137_110_7, 1.0),
        ];
        for (k, n, lo, hi) in reference {
            let found = wilson(k, n, 0.95).unwrap();
            assert!((found.0 - lo).abs() < 1e-12, "{k}/{n}: {found:?}");
            assert!((found.1 - hi).abs() < 1e-12, "{k}/{n}: {found:?}");
        }
    }

    #[test]
    fn small_shares_of_many_trials_keep_their_digits() {
        // mpmath with 60 digits, confidence 95 %.
        let reference = [
            (
                1,
                10_000_000,
                (1.765_245_571_161_742_7e-8, 5.664_932_019_606_462e-7),
            ),
            (
                3,
                1_000_000,
                (1.020_271_240_968_122_7e-6, 8.821_149_774_312_436e-6),
            ),
            (
                9_999_999,
                10_000_000,
                (0.999_999_433_506_798, 0.999_999_982_347_544_3),
            ),
        ];
        for (k, n, (lo, hi)) in reference {
            let found: (f64, f64) = wilson(k, n, 0.95).unwrap();
            assert!((found.0 - lo).abs() <= 1e-12 * lo, "{k}/{n}: {found:?}");
            assert!((found.1 - hi).abs() <= 1e-12 * hi, "{k}/{n}: {found:?}");
        }
    }

    #[test]
    fn the_difference_is_the_one_of_scipy_and_of_long_arithmetic() {
        // scipy 1.16.3; for the large counts mpmath with 60 digits.
        let reference = [
            (
                (48, 80),
                (56, 70),
                0.052_431_472_402_364_98,
                0.333_872_654_036_906,
            ),
            (
                (3, 10),
                (9, 10),
                0.170_522_723_934_503_02,
                0.809_017_973_535_488_1,
            ),
            ((0, 20), (10, 10), 0.679_086_037_141_914_7, 1.0),
            (
                (5, 1000),
                (15, 1000),
                0.001_116_544_702_391_829_3,
                0.020_018_605_731_753_61,
            ),
            (
                (3, 1_000_000),
                (18, 1_000_000),
                6.189_459_039_285_612e-6,
                2.564_070_513_236_020_8e-5,
            ),
            (
                (4, 10_000_000),
                (9, 10_000_000),
                -2.596_218_211_493_991e-7,
                1.346_692_374_250_014e-6,
            ),
            (
                (0, 10_000_000),
                (0, 10_000_000),
                -3.841_457_345_014_105_7e-7,
                3.841_457_345_014_105_7e-7,
            ),
        ];
        for (base, new, lo, hi) in reference {
            let found: (f64, f64) = newcombe(base, new, 0.95).unwrap();
            assert!(
                (found.0 - lo).abs() < 1e-12 * hi,
                "{base:?} {new:?}: {found:?}"
            );
            assert!(
                (found.1 - hi).abs() < 1e-12 * hi,
                "{base:?} {new:?}: {found:?}"
            );
        }
    }

    #[test]
    fn what_is_no_share_has_no_interval() {
        assert_eq!(newcombe((0, 0), (1, 2), 0.95), None);
        assert_eq!(newcombe((1, 2), (3, 2), 0.95), None);
        assert_eq!(newcombe((1, 2), (1, 2), 0.0), None);
        assert_eq!(wilson(2, 1, 0.95), None);
        assert_eq!(wilson(1, 2, 1.0), None);
        assert_eq!(wilson(1, 2, f64::NAN), None);
    }
}
