//! One figure against another of the same runs: how far do two groups lie apart beyond what the other figure explains?
//!
//! Analysis of covariance with one slope for both groups (R. A. Fisher, "Statistical Methods for Research Workers", 4th edition
//! 1932, section 49.1). Of each run a value y and a companion x that met the same machine and minute:
//!
//! ```text
//! b    = sum (x - mean)(y - mean) / sum (x - mean)^2         within the groups
//! D    = (mean y_new - mean y_base) - b (mean x_new - mean x_base)
//! s^2  = (SS(y) - b SP(x, y)) / (n - 3), at least the sampling error of y
//! se^2 = s^2 (1 / n_base + 1 / n_new + (mean x_new - mean x_base)^2 / SS(x)),   nu = n - 3
//! ```
//!
//! A bad minute slows everything in it: in repeats of one build on a shared machine the p50 of different endpoints go up and down
//! together with a correlation of 0.9 to 1.0, and what is left of their spread is a half to a sixth.
//!
//! Limits: D is relative. It cannot tell a value that rose from companions that fell, nor see a change that all share. Where the
//! companions of the groups do not overlap, b is carried beyond what was seen; the last term of se grows with that.

use crate::stats::student::Reference;

/// One run: logarithms of the value and of its companion, and the standard error of the value within the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The value.
    pub y: f64,
    /// Its companion.
    pub x: f64,
    /// Standard error of the value.
    pub error: f64,
}

/// How far two groups lie apart beyond what the companion explains, as a difference of logarithms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adjusted {
    /// The difference.
    pub difference: f64,
    /// Its standard error.
    pub error: f64,
    /// Degrees of freedom.
    pub freedom: f64,
    /// By how much the value follows its companion.
    pub slope: f64,
    /// How far the companions lie apart.
    pub companions: f64,
    /// Chance of a difference this far up where there is none.
    pub p_up: f64,
    /// The same downwards.
    pub p_down: f64,
    /// Interval of the difference, level 1 - 2 alpha.
    pub interval: (f64, f64),
}

/// Compares two groups of two or more runs; `extra` is variance of the difference that the runs do not show, such as that of jobs.
/// `None` with fewer, with values that are not finite, or where nothing is left that could tell how uncertain the difference is.
///
/// ```
/// use knee::stats::covariate::{Pair, adjusted};
/// // The value follows its companion, whatever the runs met; the new side lies 0.2 higher.
/// let runs = |x: [f64; 4], up: f64| x.map(|x| Pair { y: 4.0 + x + up, x, error: 0.01 });
/// let found = adjusted(&runs([0.0, 0.3, 0.1, 0.5], 0.0), &runs([0.4, 0.1, 0.6, 0.2], 0.2), 0.0, 0.01).unwrap();
/// assert!((found.difference - 0.2).abs() < 1e-12 && (found.slope - 1.0).abs() < 1e-12);
/// assert!(found.p_up < 1e-6);
/// ```
pub fn adjusted(base: &[Pair], new: &[Pair], extra: f64, alpha: f64) -> Option<Adjusted> {
    let all = || base.iter().chain(new);
    let usable = |pair: &Pair| [pair.y, pair.x, pair.error].iter().all(|of| of.is_finite());
    if base.len().min(new.len()) < 2 || !all().all(usable) {
        return None;
    }
    let sums = [base, new].map(Sums::of);
    let of = |sum: fn(&Sums) -> f64| sum(&sums[0]) + sum(&sums[1]);
    let (xx, xy, yy) = (of(|s| s.xx), of(|s| s.xy), of(|s| s.yy));
    // Companions that all stand still explain nothing.
    let slope = if xx > 0.0 { xy / xx } else { 0.0 };
    let freedom = (base.len() + new.len()) as f64 - 3.0;
    let sampling = all().map(|pair| pair.error * pair.error).sum::<f64>() / all().count() as f64;
    let left = ((yy - slope * xy) / freedom).max(sampling);
    let companions = sums[1].x - sums[0].x;
    let carried = match (xx > 0.0, companions.abs() > 0.0) {
        (true, _) => companions * companions / xx,
        (false, false) => 0.0,
        // They differ between the sides and never within: nothing tells how much of that the value follows.
        (false, true) => return None,
    };
    let each = 1.0 / base.len() as f64 + 1.0 / new.len() as f64 + carried;
    let error = (left * each + extra).sqrt();
    if error.is_nan() || error <= 0.0 {
        return None;
    }
    let difference = sums[1].y - sums[0].y - slope * companions;
    let t = Reference::Student(freedom);
    let reach = t.beyond(alpha) * error;
    Some(Adjusted {
        difference,
        error,
        freedom,
        slope,
        companions,
        p_up: t.tail(difference / error),
        p_down: t.tail(-difference / error),
        interval: (difference - reach, difference + reach),
    })
}

/// Means of a group, and sums of squares and products about them.
struct Sums {
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
    yy: f64,
}

impl Sums {
    fn of(group: &[Pair]) -> Sums {
        let n = group.len() as f64;
        let x = group.iter().map(|pair| pair.x).sum::<f64>() / n;
        let y = group.iter().map(|pair| pair.y).sum::<f64>() / n;
        let sum =
            |of: fn(f64, f64) -> f64| group.iter().map(|pair| of(pair.x - x, pair.y - y)).sum();
        Sums {
            x,
            y,
            xx: sum(|x, _| x * x),
            xy: sum(|x, y| x * y),
            yy: sum(|_, y| y * y),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(y: &[f64], x: &[f64]) -> Vec<Pair> {
        let both = y.iter().zip(x);
        both.map(|(y, x)| Pair {
            y: *y,
            x: *x,
            error: 0.0,
        })
        .collect()
    }

    #[test]
    fn the_figures_are_those_of_a_regression_with_two_groups() {
        // numpy 2.4 linalg.lstsq on the columns 1, side, x, and scipy 1.17.1 stats.t: side, its error, slope, chance.
        let wanted = [
            0.202_414_113_277_623_04,
            0.023_154_206_892_799_102,
            0.932_287_905_361_256_4,
            6.199_579_822_282_602e-5,
        ];
        let base = pairs(&[4.02, 4.31, 3.95, 4.12, 4.2], &[3.0, 3.22, 2.9, 3.05, 3.2]);
        let new = pairs(&[4.35, 4.2, 4.51, 4.28], &[3.1, 2.95, 3.3, 3.0]);
        let found = adjusted(&base, &new, 0.0, 0.01).unwrap();
        let figures = [found.difference, found.error, found.slope, found.p_up];
        for (figure, wanted) in figures.iter().zip(wanted) {
            assert!((figure - wanted).abs() < 1e-9, "{figure} {wanted}");
        }
        assert!((found.freedom - 6.0).abs() < 1e-12);
        let turned = adjusted(&new, &base, 0.0, 0.01).unwrap();
        assert!((turned.difference + found.difference).abs() < 1e-12);
        assert!((turned.p_down - found.p_up).abs() < 1e-12);
    }

    #[test]
    fn what_is_left_is_never_below_the_sampling_error() {
        let exact = |up: f64, error: f64| -> Vec<Pair> {
            // Binary fractions, so that nothing at all is left.
            let x = [0.0, 0.125, 0.25];
            x.map(|x| Pair {
                y: x + up,
                x,
                error,
            })
            .to_vec()
        };
        assert_eq!(
            adjusted(&exact(0.0, 0.0), &exact(0.5, 0.0), 0.0, 0.01),
            None
        );
        let found = adjusted(&exact(0.0, 0.05), &exact(0.5, 0.05), 0.0, 0.01).unwrap();
        assert!((found.error - 0.05 * (2.0_f64 / 3.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn companions_that_only_differ_between_the_sides_tell_nothing() {
        let base = pairs(&[1.0, 1.1, 0.9], &[2.0; 3]);
        assert_eq!(
            adjusted(&base, &pairs(&[1.4, 1.5, 1.3], &[2.3; 3]), 0.0, 0.01),
            None
        );
        let still = adjusted(&base, &pairs(&[1.4, 1.5, 1.3], &[2.0; 3]), 0.0, 0.01).unwrap();
        assert!((still.difference - 0.4).abs() < 1e-12 && still.slope.abs() < 1e-12);
        assert_eq!(adjusted(&base[..1], &base, 0.0, 0.01), None);
        let odd = pairs(&[f64::NAN; 3], &[1.0; 3]);
        assert_eq!(adjusted(&base, &odd, 0.0, 0.01), None);
    }
}
