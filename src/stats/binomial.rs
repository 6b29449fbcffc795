//! The tail of the binomial distribution, as ranks: the base of every order-statistic interval.
//!
//! With K ~ Binomial(n, p), `rank_below(n, p, 1 - p, tail)` is the largest l with P(K <= l - 1) <= tail.
//!
//! The probability of one count is computed by Loader's saddle-point form ("Fast and accurate computation of
//! binomial probabilities", 2000): no difference of large logarithms, so it keeps twelve digits up to n = 10^9.
//! The tail is the sum of these terms, all positive, from one start near the answer (Cornish-Fisher), corrected
//! rank by rank. Cost: in the order of sqrt(n p q) multiplications.
//!
//! Note: the incomplete beta function of `statrs` 0.19 stops its continued fraction after 140 terms without a word.
//! Near the median its binomial answers 0.4992 for 0.5004 at n = 10^6 and -0.54 for 0.50 at n = 10^8, and a search
//! over it ends at wrong ranks from n = 4 * 10^7 on. Only its normal quantile is used here.

use std::f64::consts::TAU;

use statrs::distribution::{ContinuousCDF, Normal};

/// The largest `l` in 0..=n with P(K <= l - 1) <= `tail`; 0 = there is none.
///
/// `q` is 1 - `p`, given apart because the difference costs digits where `p` is close to 1.
/// Out of range (`p`, `q` or `tail` outside (0, 1)): 0.
///
/// ```
/// use knee::stats::binomial::rank_below;
/// assert_eq!(rank_below(1000, 0.95, 0.05, 0.025), 936);
/// assert_eq!(rank_below(5, 0.5, 0.5, 0.025), 0);
/// ```
pub fn rank_below(n: u64, p: f64, q: f64, tail: f64) -> u64 {
    let inside = |share: f64| share > 0.0 && share < 1.0;
    if n == 0 || !inside(p) || !inside(q) || !inside(tail) {
        return 0;
    }
    let mut below = start_near(n as f64, p, q, tail);
    let mut term = probability(n, below, p, q);
    let mut sum = term * tail_in_terms(n, below, p, q);
    if sum > tail {
        // Down to the first count whose tail fits.
        loop {
            sum -= term;
            if below == 0 {
                return 0;
            }
            term *= below as f64 * q / ((n - below + 1) as f64 * p);
            below -= 1;
            if sum <= tail {
                return below + 1;
            }
        }
    }
    loop {
        if below + 1 >= n {
            return n;
        }
        term *= (n - below) as f64 * p / ((below + 1) as f64 * q);
        if sum + term > tail {
            return below + 1;
        }
        sum += term;
        below += 1;
    }
}

/// A count near the one sought, by the first terms of Cornish and Fisher.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0..trials before the cast"
)]
fn start_near(trials: f64, p: f64, q: f64, tail: f64) -> u64 {
    let z = normal_score(tail);
    let start = trials * p + z * (trials * p * q).sqrt() + (z * z - 1.0) * (q - p) / 6.0;
    start.round().clamp(0.0, trials - 1.0) as u64
}

/// The standard normal quantile of a level in (0, 1).
///
/// ```
/// assert!((knee::stats::binomial::normal_score(0.975) - 1.959_963_984_540_054).abs() < 1e-12);
/// ```
pub fn normal_score(level: f64) -> f64 {
    Normal::standard().inverse_cdf(level)
}

/// P(K = k), for k up to n.
pub(in crate::stats) fn probability(n: u64, k: u64, p: f64, q: f64) -> f64 {
    let (trials, hits, misses) = (n as f64, k as f64, (n - k) as f64);
    if k == 0 {
        return (trials * ln_of(q, p)).exp();
    }
    if k == n {
        return (trials * ln_of(p, q)).exp();
    }
    let log = stirling_error(trials)
        - stirling_error(hits)
        - stirling_error(misses)
        - deviance(hits, trials * p)
        - deviance(misses, trials * q);
    log.exp() * (trials / (TAU * hits * misses)).sqrt()
}

/// P(K <= k) / P(K = k).
fn tail_in_terms(n: u64, k: u64, p: f64, q: f64) -> f64 {
    let odds = q / p;
    let (mut term, mut sum, mut at) = (1.0, 1.0, k);
    while at > 0 {
        term *= at as f64 / (n - at + 1) as f64 * odds;
        sum += term;
        if term < 1e-17 * sum {
            break;
        }
        at -= 1;
    }
    sum
}

/// ln(share), through its complement where that has more digits.
fn ln_of(share: f64, complement: f64) -> f64 {
    if complement < 0.5 {
        (-complement).ln_1p()
    } else {
        share.ln()
    }
}

/// ln x! minus Stirling's formula.
fn stirling_error(x: f64) -> f64 {
    if x < 16.0 {
        let mut factorial = 1.0;
        let mut at = 2.0;
        while at <= x {
            factorial *= at;
            at += 1.0;
        }
        return f64::ln(factorial) - (0.5 * (TAU * x).ln() + x * x.ln() - x);
    }
    let y = 1.0 / (x * x);
    let series = 1.0 / 12.0
        - y * (1.0 / 360.0 - y * (1.0 / 1260.0 - y * (1.0 / 1680.0 - y * (1.0 / 1188.0))));
    series / x
}

/// x ln(x / m) + m - x, without cancellation near x = m.
fn deviance(x: f64, m: f64) -> f64 {
    let distance = x - m;
    if distance.abs() >= 0.1 * (x + m) {
        return x * (x / m).ln() + m - x;
    }
    let v = distance / (x + m);
    let square = v * v;
    let mut sum = distance * v;
    let mut power = 2.0 * x * v;
    let mut odd = 1.0;
    loop {
        power *= square;
        odd += 2.0;
        let next = sum + power / odd;
        if next.to_bits() == sum.to_bits() || odd > 1000.0 {
            return next;
        }
        sum = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_tails_are_the_counted_ones() {
        // Binomial(5, 1/2): 1 5 10 10 5 1 of 32.
        let share = |k: u64| probability(5, k, 0.5, 0.5) * 32.0;
        for (k, ways) in [1.0, 5.0, 10.0, 10.0, 5.0, 1.0].into_iter().enumerate() {
            assert!((share(k as u64) - ways).abs() < 1e-12, "{k}");
        }
        assert_eq!(rank_below(5, 0.5, 0.5, 0.2), 2);
        assert_eq!(rank_below(5, 0.5, 0.5, 6.0 / 32.0 + 1e-9), 2);
        assert_eq!(rank_below(5, 0.5, 0.5, 6.0 / 32.0 - 1e-9), 1);
        assert_eq!(rank_below(5, 0.5, 0.5, 0.99), 5);
    }

    #[test]
    fn every_rank_up_to_sixty_agrees_with_plain_sums() {
        for n in 1..=60_u64 {
            for p in [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99] {
                for tail in [0.005, 0.025, 0.05, 0.4] {
                    let mut sum = 0.0;
                    let mut ways = 1.0;
                    let mut expected = 0;
                    for k in 0..n {
                        let power = |base: f64, times: u64| (0..times).fold(1.0, |x, _| x * base);
                        sum += ways * power(p, k) * power(1.0 - p, n - k);
                        ways *= (n - k) as f64 / (k + 1) as f64;
                        if sum <= tail {
                            expected = k + 1;
                        }
                    }
                    assert_eq!(rank_below(n, p, 1.0 - p, tail), expected, "{n} {p} {tail}");
                }
            }
        }
    }

    #[test]
    fn nonsense_has_no_rank() {
        for (p, q, tail) in [
            (0.0, 1.0, 0.025),
            (1.0, 0.0, 0.025),
            (0.5, 0.5, 0.0),
            (f64::NAN, 0.5, 0.025),
        ] {
            assert_eq!(rank_below(100, p, q, tail), 0);
        }
        assert_eq!(rank_below(0, 0.5, 0.5, 0.025), 0);
    }
}
