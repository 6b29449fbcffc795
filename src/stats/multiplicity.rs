//! Many comparisons at once: the p values of a family, adjusted after Benjamini and Hochberg.
//!
//! With m values in rising order, q_(i) = min over j >= i of min(1, m p_(j) / j): judging all by q <= 0.05 leaves at most 5 %
//! false ones among those found, on average. Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", Journal
//! of the Royal Statistical Society B 57 (1995).
//!
//! Limits: shown for independent values, and for such as rise together; the percentiles of one endpoint do. What is not
//! judged must not be among the values: it would make every other one weaker.

/// The adjusted values, each in the place of its own. `None` when one is no number of [0, 1].
///
/// ```
/// use knee::stats::multiplicity::benjamini_hochberg;
/// assert_eq!(benjamini_hochberg(&[0.04, 0.01, 0.5]), Some(vec![0.06, 0.03, 0.5]));
/// assert_eq!(benjamini_hochberg(&[0.04, f64::NAN]), None);
/// ```
pub fn benjamini_hochberg(p_values: &[f64]) -> Option<Vec<f64>> {
    if !p_values.iter().all(|p| (0.0..=1.0).contains(p)) {
        return None;
    }
    let family = p_values.len() as f64;
    let mut order: Vec<(usize, f64)> = p_values.iter().copied().enumerate().collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut adjusted = p_values.to_vec();
    let mut least = 1.0_f64;
    for (rank, (place, p)) in order.iter().enumerate().rev() {
        // The quotient first: it is 1 or more, so that rounding cannot take the product below p.
        least = least.min(p * (family / (rank as f64 + 1.0)));
        if let Some(of_place) = adjusted.get_mut(*place) {
            *of_place = least;
        }
    }
    Some(adjusted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_family_comes_out_in_any_order() {
        // The p values of 25 diets and their adjusted ones, scipy 1.16.3 `false_discovery_control`.
        let p = [
            0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216, 0.222, 0.251,
            0.269, 0.275, 0.34, 0.341, 0.384, 0.569, 0.594, 0.696, 0.762, 0.94, 0.942, 0.975,
            0.986,
        ];
        let level = 0.491_071_428_571_428_66;
        let expected = [
            0.025,
            0.1,
            0.21,
            0.21,
            0.21,
            0.25,
            0.264_285_714_285_714_3,
            level,
            level,
            level,
            level,
            level,
            level,
            level,
            0.532_812_5,
            0.532_812_5,
            0.564_705_882_352_941_3,
            0.781_578_947_368_421,
            0.781_578_947_368_421,
            0.87,
            0.907_142_857_142_857_1,
            0.986,
            0.986,
            0.986,
            0.986,
        ];
        // 7 and 25 share no factor: every place is met once.
        let shuffled: Vec<f64> = (0..25).map(|place| p[place * 7 % 25]).collect();
        let found = benjamini_hochberg(&shuffled).unwrap();
        for (place, q) in found.iter().enumerate() {
            let expected = expected[place * 7 % 25];
            assert!((q - expected).abs() < 1e-12, "{place}: {q} {expected}");
        }
    }

    #[test]
    fn equal_values_stay_equal() {
        // By hand: 3 / 3 and 4 / 4 of 0.02 and 0.5.
        let found = benjamini_hochberg(&[0.02, 0.5, 0.02, 0.02]).unwrap();
        let third = 0.02 * (4.0 / 3.0);
        assert_eq!(found, [third, 0.5, third, third]);
    }

    #[test]
    fn a_family_of_one_or_none_is_itself() {
        assert_eq!(benjamini_hochberg(&[0.3]), Some(vec![0.3]));
        assert_eq!(benjamini_hochberg(&[]), Some(vec![]));
    }

    #[test]
    fn what_is_no_chance_is_not_adjusted() {
        for p in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert_eq!(benjamini_hochberg(&[0.5, p]), None, "{p}");
        }
    }

    proptest::proptest! {
        #[test]
        fn adjusted_values_are_no_smaller_no_larger_than_one_and_in_the_same_order(
            p in proptest::collection::vec(0.0..=1.0_f64, 0..40),
        ) {
            let found = benjamini_hochberg(&p).unwrap();
            for (p_one, q_one) in p.iter().zip(&found) {
                assert!(q_one >= p_one && *q_one <= 1.0);
                for (p_two, q_two) in p.iter().zip(&found) {
                    assert!(p_one > p_two || q_one <= q_two);
                }
            }
            let smallest = p.iter().copied().fold(1.0, f64::min);
            let reached = found.iter().copied().fold(1.0, f64::min);
            assert!(reached <= smallest * p.len().max(1) as f64);
        }
    }
}
