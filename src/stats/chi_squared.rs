//! Whether counts fit declared shares: Pearson's chi-squared test of goodness of fit.
//!
//! X2 = sum (observed - expected)^2 / expected over k cells is near chi-squared with k - 1 degrees of freedom when the
//! counts are independent draws (Pearson 1900); a usual limit of use is an expected count of 5 in every cell
//! (Cochran 1954).
//!
//! Limits: with many requests the smallest difference is "significant"; callers ask for an effect beside it.

use statrs::distribution::{ChiSquared, ContinuousCDF};

/// Fewest expected events of a cell.
const EXPECTED: f64 = 5.0;

/// The answer of the test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GoodnessOfFit {
    /// Events over all cells.
    pub n: u64,
    /// Pearson's X2.
    pub statistic: f64,
    /// Cells minus one.
    pub freedom: f64,
    /// Chance of at least this X2 when the shares hold.
    pub p_value: f64,
}

/// Counts against shares, which are scaled to sum to 1; `None` with fewer than two cells, a share that is not above
/// zero, or fewer than 5 expected events in a cell.
///
/// ```
/// use knee::stats::chi_squared::goodness_of_fit;
/// // 60 throws of a die: X2 = 13.4 with 5 degrees of freedom, p = 0.0199.
/// let die = goodness_of_fit(&[5, 8, 9, 8, 10, 20], &[1.0; 6]).unwrap();
/// assert!((die.statistic - 13.4).abs() < 1e-12);
/// assert!((die.p_value - 0.0199).abs() < 5e-5);
/// ```
pub fn goodness_of_fit(observed: &[u64], shares: &[f64]) -> Option<GoodnessOfFit> {
    let whole: f64 = shares.iter().sum();
    if observed.len() != shares.len() || observed.len() < 2 || !whole.is_finite() {
        return None;
    }
    let n = observed
        .iter()
        .try_fold(0_u64, |sum, count| sum.checked_add(*count))?;
    let mut statistic = 0.0;
    for (count, share) in observed.iter().zip(shares) {
        let expected = n as f64 * share / whole;
        if *share <= 0.0 || expected < EXPECTED {
            return None;
        }
        statistic += (*count as f64 - expected).powi(2) / expected;
    }
    let freedom = (observed.len() - 1) as f64;
    let distribution = ChiSquared::new(freedom).ok()?;
    Some(GoodnessOfFit {
        n,
        statistic,
        freedom,
        p_value: distribution.sf(statistic),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_table_is_reproduced() {
        // Mendel's peas (1866): 315, 108, 101, 32 against 9:3:3:1, X2 = 0.470, 3 degrees of freedom, p = 0.925.
        let peas = goodness_of_fit(&[315, 108, 101, 32], &[9.0, 3.0, 3.0, 1.0]).unwrap();
        assert!((peas.statistic - 0.470).abs() < 5e-4, "{peas:?}");
        assert!((peas.p_value - 0.925).abs() < 5e-4, "{peas:?}");
        // The 0.01 point of chi-squared with 2 degrees of freedom is 9.210 (-2 ln 0.01).
        let edge = ChiSquared::new(2.0).unwrap().sf(-2.0 * 0.01_f64.ln());
        assert!((edge - 0.01).abs() < 1e-9, "{edge}");
    }

    #[test]
    fn what_cannot_be_tested_has_no_answer() {
        assert_eq!(goodness_of_fit(&[10], &[1.0]), None);
        assert_eq!(goodness_of_fit(&[10, 10], &[1.0, 0.0]), None);
        assert_eq!(goodness_of_fit(&[10, 10], &[1.0, f64::NAN]), None);
        assert_eq!(goodness_of_fit(&[4, 5], &[1.0, 1.0]), None, "4.5 expected");
        assert_eq!(goodness_of_fit(&[1, 2, 3], &[1.0, 1.0]), None);
        assert_eq!(goodness_of_fit(&[u64::MAX, 1], &[1.0, 1.0]), None);
    }

    #[test]
    fn a_great_statistic_is_no_chance() {
        let far = goodness_of_fit(&[1_000_000, 10], &[1.0, 1.0]).unwrap();
        assert!(far.p_value < 1e-12 && far.p_value >= 0.0, "{far:?}");
    }
}
