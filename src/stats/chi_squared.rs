//! Whether counts fit declared shares, or two rows of counts one another: Pearson's chi-squared tests.
//!
//! X2 = sum (observed - expected)^2 / expected over k cells is near chi-squared with k - 1 degrees of freedom when the
//! counts are independent draws (Pearson 1900); a usual limit of use is an expected count of 5 in every cell
//! (Cochran 1954). Of two rows the expected counts are row total times column total over the whole, with columns - 1
//! degrees of freedom.
//!
//! Limits: with many requests the smallest difference is "significant"; callers ask for an effect beside it.

use statrs::distribution::{ChiSquared, ContinuousCDF};

/// Fewest expected events of a cell.
const EXPECTED: f64 = 5.0;

/// The answer of a test.
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

/// Whether two rows of counts have the same shares; `None` with rows of different lengths, an empty row, or fewer than
/// two columns. The rarest columns are put together until at least 5 events are expected in each of their cells.
///
/// ```
/// use knee::stats::chi_squared::homogeneity;
/// // A table of two by two has X2 = n (ad - bc)^2 / (product of its margins).
/// let found = homogeneity(&[20, 30], &[40, 10]).unwrap();
/// let by_hand = 100.0 * (20.0 * 10.0 - 30.0 * 40.0_f64).powi(2) / (50.0 * 50.0 * 60.0 * 40.0);
/// assert!((found.statistic - by_hand).abs() < 1e-12);
/// ```
pub fn homogeneity(first: &[u64], second: &[u64]) -> Option<GoodnessOfFit> {
    let total = |row: &[u64]| {
        row.iter()
            .try_fold(0_u64, |sum, count| sum.checked_add(*count))
    };
    let (of_first, of_second) = (total(first)?, total(second)?);
    let n = of_first.checked_add(of_second)?;
    if first.len() != second.len() || of_first == 0 || of_second == 0 {
        return None;
    }
    let rarer = of_first.min(of_second) as f64 / n as f64;
    let mut columns: Vec<(u64, u64)> = first.iter().copied().zip(second.iter().copied()).collect();
    columns.sort_by_key(|(a, b)| a + b);
    // From the most frequent down, so that a rest that stays too rare goes to the column before it.
    let mut joined: Vec<(u64, u64)> = Vec::with_capacity(columns.len());
    let mut rest = (0, 0);
    for (a, b) in columns.into_iter().rev() {
        rest = (rest.0 + a, rest.1 + b);
        if (rest.0 + rest.1) as f64 * rarer >= EXPECTED {
            joined.push(rest);
            rest = (0, 0);
        }
    }
    if let Some(last) = joined.last_mut() {
        *last = (last.0 + rest.0, last.1 + rest.1);
    }
    let share = of_first as f64 / n as f64;
    let mut statistic = 0.0;
    for (a, b) in &joined {
        let expected = (a + b) as f64 * share;
        let other = (a + b) as f64 - expected;
        statistic += (*a as f64 - expected).powi(2) / expected;
        statistic += (*b as f64 - other).powi(2) / other;
    }
    let freedom = joined.len().checked_sub(1).filter(|freedom| *freedom > 0)? as f64;
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

    #[test]
    fn two_rows_are_those_of_scipy() {
        // scipy 1.17.1, chi2_contingency(rows, correction=False).
        let found = homogeneity(&[90, 60, 104, 95], &[30, 50, 51, 20]).unwrap();
        assert!(
            (found.statistic - 23.170168115752993).abs() < 1e-9,
            "{found:?}"
        );
        assert!(
            (found.p_value - 3.721555949741595e-05).abs() < 1e-12,
            "{found:?}"
        );
        assert_eq!((found.n, found.freedom), (500, 3.0));
        let same = homogeneity(&[500, 300, 200], &[50, 30, 20]).unwrap();
        assert!(same.statistic < 1e-12 && same.p_value > 0.999, "{same:?}");
    }

    #[test]
    fn rare_columns_of_two_rows_are_put_together() {
        let rare = homogeneity(&[90, 1, 2, 60, 2], &[80, 2, 0, 70, 3]).unwrap();
        let joined = homogeneity(&[90, 5, 60], &[80, 5, 70]).unwrap();
        assert_eq!(rare, joined);
        assert_eq!(rare.freedom, 2.0);
        assert_eq!(homogeneity(&[3, 1], &[2, 2]), None);
        assert_eq!(homogeneity(&[30], &[20]), None);
        assert_eq!(homogeneity(&[30, 20], &[0, 0]), None);
        assert_eq!(homogeneity(&[u64::MAX, 1], &[1, 1]), None);
    }
}
