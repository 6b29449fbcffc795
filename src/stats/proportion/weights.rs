//! What the weights of its parts alone do to a share.
//!
//! A whole that is made of parts with shares of their own moves when only their weights move. With `w_b` and `w_c` the weight of a
//! part before and after, k of n its failures before:
//!
//! ```text
//! explained = sum (w_c - w_b) k / n                         E. M. Kitagawa, "Components of a difference between two rates", 1955
//! error^2   = sum (w_c - w_b)^2 s (1 - s) / n,   s = (k + 1/2) / (n + 1)
//! ```
//!
//! The rest of the difference is what the parts do at the weights of the new side.
//!
//! Limits: the weights are taken as they are; a part without a share before has to be given one.

/// A part of a whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// Its requests before.
    pub before: u64,
    /// Its requests after.
    pub after: u64,
    /// Failures before, and
    pub failures: f64,
    /// of so many requests.
    pub of: f64,
}

/// The difference, after minus before, that the weights explain, and its standard error. `None` where a side has no requests, or a
/// part has no share.
///
/// ```
/// use knee::stats::proportion::{Part, by_weights};
/// // 1 % and 40 % fail, of 9,000 and 1,000 requests; then of 8,000 and 2,000: a tenth moves from one to the other.
/// let fine = Part { before: 9_000, after: 8_000, failures: 90.0, of: 9_000.0 };
/// let bad = Part { before: 1_000, after: 2_000, failures: 400.0, of: 1_000.0 };
/// let (explained, error) = by_weights(&[fine, bad]).unwrap();
/// assert!((explained - 0.039).abs() < 1e-12);
/// assert!((error - 0.001_552_8).abs() < 1e-7);
/// ```
pub fn by_weights(parts: &[Part]) -> Option<(f64, f64)> {
    let all = |of: fn(&Part) -> u64| parts.iter().map(of).sum::<u64>() as f64;
    let (before, after) = (all(|part| part.before), all(|part| part.after));
    let usable = before > 0.0 && after > 0.0 && parts.iter().all(|part| part.of > 0.0);
    let sums = parts.iter().fold((0.0, 0.0), |(explained, squares), part| {
        let moved = part.after as f64 / after - part.before as f64 / before;
        let share = (part.failures + 0.5) / (part.of + 1.0);
        let error = moved * moved * share * (1.0 - share).max(0.0) / part.of;
        (explained + moved * part.failures / part.of, squares + error)
    });
    usable.then(|| (sums.0, sums.1.sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_weights_do_not_explain_is_of_the_parts() {
        let part = |before, after, failures| Part {
            before,
            after,
            failures,
            of: before as f64,
        };
        let explained = |parts: &[Part]| by_weights(parts).unwrap().0;
        // The same weights explain nothing, whatever fails.
        assert!(explained(&[part(500, 250, 5.0), part(500, 250, 400.0)]).abs() < 1e-12);
        // Parts that fail alike: neither do others.
        assert!(explained(&[part(900, 100, 90.0), part(100, 900, 10.0)]).abs() < 1e-12);
        // A part that nobody asks any more takes its failures with it.
        let gone = explained(&[part(900, 1_000, 0.0), part(100, 0, 100.0)]);
        assert!((gone + 0.1).abs() < 1e-12);
    }

    #[test]
    fn nothing_on_a_side_says_nothing() {
        let none = Part {
            before: 0,
            after: 10,
            failures: 0.0,
            of: 5.0,
        };
        assert_eq!(by_weights(&[none]), None);
        assert_eq!(by_weights(&[]), None);
        assert_eq!(
            by_weights(&[Part {
                before: 10,
                of: 0.0,
                ..none
            }]),
            None
        );
    }
}
