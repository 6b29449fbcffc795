//! Mann-Kendall test for a monotone trend, normal approximation with ties and continuity correction.

use statrs::function::erf::erfc;

/// What the test found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MannKendall {
    /// Rising pairs minus falling pairs.
    pub s: i64,
    /// Two-sided.
    pub p_value: f64,
}

/// Tests a series for a monotone trend.
pub fn mann_kendall(series: &[f64]) -> MannKendall {
    let mut s = 0_i64;
    for (place, early) in series.iter().enumerate() {
        for late in series.iter().skip(place + 1) {
            s += i64::from(late > early) - i64::from(late < early);
        }
    }
    let term = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    let mut sorted = series.to_vec();
    sorted.sort_by(f64::total_cmp);
    let ties: f64 = sorted
        .chunk_by(|a, b| a.total_cmp(b).is_eq())
        .map(|tied| term(tied.len() as f64))
        .sum();
    let variance = (term(series.len() as f64) - ties) / 18.0;
    let p_value = if variance > 0.0 {
        let z = (s.unsigned_abs().saturating_sub(1)) as f64 / variance.sqrt();
        erfc(z / std::f64::consts::SQRT_2)
    } else {
        1.0
    };
    MannKendall { s, p_value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_rising_values_are_a_trend_and_six_equal_ones_are_not() {
        let rising = mann_kendall(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(rising.s, 15);
        // z = 14 / sqrt(6 * 5 * 17 / 18)
        assert!((rising.p_value - 0.008_535).abs() < 1e-5, "{rising:?}");
        let flat = mann_kendall(&[1.0; 6]);
        assert_eq!((flat.s, flat.p_value), (0, 1.0));
    }
}
