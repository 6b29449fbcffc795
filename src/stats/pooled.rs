//! How far unchanged runs lie apart, learned from several series of the same runs.
//!
//! Of each series, such as the p50 of one endpoint, the variance between runs beyond sampling: `(1.4826 median |y - median of its
//! side|)^2 - mean(e^2)`, which one bad run does not raise. The middle m of the other series moderates what was assumed (as in
//! Smyth 2004, with twice the d of a series, because others are several), and only upwards, from [`SLACK`] times tau on:
//!
//! ```text
//! learned^2 = (d0 tau^2 + 2 d m) / (d0 + 2 d),     d = k_b + k_c - 2,  d0 = 4
//! ```
//!
//! Limits: series of one run share its minute. What is learned can be as wrong as that minute was odd, and is no further proof: it
//! counts for fewer degrees of freedom the further it is from what was assumed, and for jobs as well, which are taken to lie
//! further apart in proportion to what is beyond [`SLACK`].

use crate::stats::repeats::{MAD, PRIOR, Spread, Value, median};

/// As many times the assumed spread are met by chance.
pub const SLACK: f64 = 1.25;

/// Variance between the runs of two sides beyond their sampling errors; below zero where they lie closer than these explain.
/// `None` with fewer than three runs on a side.
///
/// ```
/// use knee::stats::{pooled::excess, repeats::Value};
/// let runs = |logs: [f64; 3]| logs.map(|log| Value { log, error: 0.1 });
/// let found = excess(&runs([0.0, 0.2, -0.1]), &runs([1.0, 1.3, 0.8])).unwrap();
/// // Residuals 0.1, 0.2 and 0.2, 0.3 beside the two medians; 0.2 in the middle.
/// assert!((found - ((1.4826_f64 * 0.2).powi(2) - 0.01)).abs() < 1e-12);
/// ```
pub fn excess(base: &[Value], new: &[Value]) -> Option<f64> {
    if base.len().min(new.len()) < 3 {
        return None;
    }
    let mut residuals = Vec::with_capacity(base.len() + new.len());
    for side in [base, new] {
        let logs: Vec<f64> = side.iter().map(|value| value.log).collect();
        let middle = median(&logs);
        let mut of_side: Vec<f64> = logs.iter().map(|log| (log - middle).abs()).collect();
        if side.len() % 2 == 1 {
            // The median of an odd side is a value of it: its residual says nothing.
            of_side.sort_by(f64::total_cmp);
            of_side.remove(0);
        }
        residuals.extend(of_side);
    }
    let all = base.iter().chain(new);
    let sampling = all.map(|value| value.error * value.error).sum::<f64>();
    let found = (MAD * median(&residuals)).powi(2) - sampling / (base.len() + new.len()) as f64;
    found.is_finite().then_some(found)
}

/// What is to be reckoned with, when other series have `others` in the middle of their [`excess`] and two sides together `degrees`
/// of freedom.
///
/// ```
/// use knee::stats::{pooled::learned, repeats::Spread};
/// let assumed = Spread::assumed(0.05, 0.03);
/// assert_eq!(learned(assumed, 0.04 * 0.04, 8.0), assumed);
/// let found = learned(assumed, 0.1 * 0.1, 8.0);
/// assert!((found.runs - 0.0922).abs() < 1e-4 && found.jobs > 0.04 && found.freedom < 4.0);
/// ```
pub fn learned(assumed: Spread, others: f64, degrees: f64) -> Spread {
    let least = assumed.runs * assumed.runs;
    let weight = 2.0 * degrees;
    let runs = ((PRIOR * least + weight * others) / (PRIOR + weight)).sqrt();
    let times = runs / assumed.runs;
    // What is not a number is not learned.
    if !(times.is_finite() && times >= SLACK) {
        return assumed;
    }
    Spread {
        runs,
        jobs: assumed.jobs * times / SLACK,
        freedom: assumed.freedom / times,
    }
}
