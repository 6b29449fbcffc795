//! Two shares at one mix: the difference that is left when every stratum keeps its weight.
//!
//! A whole that is made of parts with shares of their own moves when only the parts' weights move. With k of n in stratum i of
//! base and new, N their sum and `w = n_b n_c / N`,
//!
//! ```text
//! D   = sum (k_c n_b - k_b n_c) / N  /  sum w                                    Mantel and Haenszel's risk difference
//! var = (D sum P + sum Q) / (sum w)^2
//! P   = (n_c^2 k_b - n_b^2 k_c + n_b n_c (n_b - n_c) / 2) / N^2
//! Q   = (k_c (n_b - k_b) + k_b (n_c - k_c)) / (2 N)
//! ```
//!
//! T. Sato, "On the variance estimator for the Mantel-Haenszel risk difference", Biometrics 45 (1989): consistent both for few
//! large strata and for many small ones. The variance is widened as that of [`compare_shares`](super::compare_shares) is: by phi,
//! and by what two jobs may differ.
//!
//! Limits: no interval of exact level for few failures; it answers whether a difference that is proven without strata may be one of
//! the weights alone.

use crate::stats::proportion::compare::{Overdispersion, of_jobs};
use crate::stats::student::Reference;

/// (failures, requests) of base and new in one stratum.
pub type Stratum = [(u64, u64); 2];

/// The difference new minus base and its interval at the two-sided `level`; `jobs` as of
/// [`compare_shares`](super::compare_shares). `None` where no stratum has requests on both sides.
///
/// ```
/// use knee::stats::proportion::stratified;
/// // Both parts fail as often as before, 1 % and 40 %; the second one is asked for more often.
/// let (difference, interval) = stratified(&[[(90, 9000), (80, 8000)], [(400, 1000), (800, 2000)]], None, 0.0, 0.98).unwrap();
/// assert!(difference.abs() < 1e-12 && interval.0 < 0.0 && interval.1 > 0.0);
/// // Both fail five points more often.
/// let (difference, _) = stratified(&[[(90, 9000), (480, 8000)], [(400, 1000), (900, 2000)]], None, 0.0, 0.98).unwrap();
/// assert!((difference - 0.05).abs() < 1e-12);
/// ```
pub fn stratified(
    strata: &[Stratum],
    spread: Option<Overdispersion>,
    jobs: f64,
    level: f64,
) -> Option<(f64, (f64, f64))> {
    let (mut above, mut weight, mut of_p, mut of_q) = (0.0, 0.0, 0.0, 0.0);
    let mut sums = [(0.0, 0.0); 2];
    for [base, new] in strata {
        let ((kb, nb), (kc, nc)) = ((base.0 as f64, base.1 as f64), (new.0 as f64, new.1 as f64));
        let all = nb + nc;
        if base.1.min(new.1) == 0 || kb > nb || kc > nc {
            continue;
        }
        above += (kc * nb - kb * nc) / all;
        weight += nb * nc / all;
        of_p += (nc * nc * kb - nb * nb * kc + nb * nc * (nb - nc) / 2.0) / (all * all);
        of_q += (kc * (nb - kb) + kb * (nc - kc)) / (2.0 * all);
        for (sum, (k, n)) in sums.iter_mut().zip([(kb, nb), (kc, nc)]) {
            *sum = (sum.0 + k, sum.1 + n);
        }
    }
    if weight <= 0.0 {
        return None;
    }
    let difference = above / weight;
    let phi = spread.map_or(1.0, |spread| spread.phi);
    let reference = spread.map_or(Reference::Normal, Overdispersion::reference);
    let of_jobs: f64 = sums.iter().map(|(k, n)| of_jobs(k / n, jobs)).sum();
    let variance = phi * (difference * of_p + of_q).max(0.0) / (weight * weight) + of_jobs;
    let reach = reference.beyond((1.0 - level) / 2.0) * variance.sqrt();
    Some((difference, (difference - reach, difference + reach)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_stratum_is_the_plain_difference() {
        // By long arithmetic: 30/1000 - 10/1000 = 0.02; P = 10 - 30 over 4, Q = (30 * 990 + 10 * 970) / 4000.
        let (difference, (lo, hi)) =
            stratified(&[[(10, 1000), (30, 1000)]], None, 0.0, 0.95).unwrap();
        let variance = (0.02 * -5.0 + 9.85) / 250_000.0;
        assert!((difference - 0.02).abs() < 1e-12);
        assert!(((hi - lo) / 2.0 - 1.959_964 * f64::sqrt(variance)).abs() < 1e-8);
    }

    #[test]
    fn strata_of_one_side_and_of_nothing_say_nothing() {
        assert_eq!(stratified(&[[(0, 0), (3, 10)]], None, 0.0, 0.98), None);
        assert_eq!(stratified(&[], None, 0.0, 0.98), None);
        let one = stratified(&[[(1, 100), (5, 100)]], None, 0.0, 0.98);
        let two = stratified(&[[(1, 100), (5, 100)], [(0, 0), (9, 9)]], None, 0.0, 0.98);
        assert_eq!(one, two);
    }

    #[test]
    fn bursts_and_jobs_widen_it() {
        let strata = [[(100, 1000), (150, 1000)]];
        let width = |spread, jobs| {
            let (_, (lo, hi)) = stratified(&strata, spread, jobs, 0.98).unwrap();
            hi - lo
        };
        let bursts = Overdispersion {
            phi: 4.0,
            degrees: 1_000_000,
        };
        assert!((width(Some(bursts), 0.0) / width(None, 0.0) - 2.0).abs() < 1e-2);
        assert!(width(None, 0.1) > 1.2 * width(None, 0.0));
    }
}
