//! The interval of a share: Wilson's score interval.
//!
//! With k of n and z the normal quantile of (1 + level) / 2:
//! centre (k + z^2/2) / (n + z^2), half width z / (n + z^2) * sqrt(k (n - k) / n + z^2 / 4).
//! E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927; Newcombe 1998, method 3.
//!
//! Limits: the trials are taken as independent. Failures of a load test come in bursts, so the interval is the
//! narrowest that can be true of the system under test.

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
    let (k, n) = (hits as f64, trials as f64);
    let z = normal_score(f64::midpoint(1.0, level));
    let weight = n + z * z;
    let centre = (k + z * z / 2.0) / weight;
    let half = z / weight * (k * ((trials - hits) as f64) / n + z * z / 4.0).sqrt();
    // The ends are exact at no and at only hits; rounding must not move them off.
    let lo = if hits == 0 { 0.0 } else { centre - half };
    let hi = if hits == trials { 1.0 } else { centre + half };
    Some((lo, hi))
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
    fn what_is_no_share_has_no_interval() {
        assert_eq!(wilson(2, 1, 0.95), None);
        assert_eq!(wilson(1, 2, 1.0), None);
        assert_eq!(wilson(1, 2, f64::NAN), None);
    }
}
