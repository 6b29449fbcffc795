//! Student's distribution, with the normal one as its limit: the chance beyond a score, the score beyond which a chance lies.
//!
//! P(T > t) = I(x; nu / 2, 1 / 2) / 2 with x = nu / (nu + t^2), t >= 0, by `statrs` 0.19; without degrees of freedom
//! P(Z > z) = erfc(z / sqrt 2) / 2. "Student" (W. S. Gosset), "The probable error of a mean", Biometrika 6 (1908).
//!
//! Limits: ten digits, down to 10^-300. Degrees above 10^4 are taken as 10^4, where the quantiles of `statrs` begin to lose
//! digits; that score is larger than the true one by less than two in ten thousand.

use std::f64::consts::SQRT_2;

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// Beyond these the quantile of `statrs` is wrong in the sixth digit, at 10^7 in the first.
const MOST: f64 = 1e4;

/// By which distribution a score is judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reference {
    /// The normal one: the spread is known.
    Normal,
    /// Student's, with its degrees of freedom: the spread was estimated.
    Student(f64),
}

impl Reference {
    /// The chance of a score above `score`.
    ///
    /// ```
    /// use knee::stats::student::Reference;
    /// assert!((Reference::Normal.tail(2.326_347_874_040_841) - 0.01).abs() < 1e-12);
    /// assert!((Reference::Student(4.0).tail(3.746_947_387_979_197) - 0.01).abs() < 1e-12);
    /// ```
    pub fn tail(self, score: f64) -> f64 {
        let chance = match self.students() {
            Some(students) => students.cdf(-score),
            None => 0.5 * statrs::function::erf::erfc(score / SQRT_2),
        };
        chance.clamp(0.0, 1.0)
    }

    /// The score that is exceeded with this chance; infinite at 0 and 1, not a number outside.
    ///
    /// ```
    /// use knee::stats::student::Reference;
    /// assert!((Reference::Normal.beyond(0.025) - 1.959_963_984_540_054).abs() < 1e-12);
    /// assert!((Reference::Student(4.0).beyond(0.01) - 3.746_947_387_979_197).abs() < 1e-9);
    /// ```
    pub fn beyond(self, chance: f64) -> f64 {
        if !(0.0..=1.0).contains(&chance) {
            return f64::NAN;
        }
        match self.students() {
            Some(students) => -students.inverse_cdf(chance),
            None => -Normal::standard().inverse_cdf(chance),
        }
    }

    /// `None` for the normal distribution, and for degrees that are no positive number.
    fn students(self) -> Option<StudentsT> {
        match self {
            Reference::Normal => None,
            Reference::Student(degrees) => StudentsT::new(0.0, 1.0, degrees.min(MOST)).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) -> bool {
        (found - expected).abs() <= 1e-9 * expected.abs()
    }

    /// scipy 1.17.1, `t.sf` and `norm.sf`: degrees (0 = normal), score, chance.
    const TAILS: &[(f64, f64, f64)] = &[
        (1.0, 0.5, 0.352_416_382_349_566_74),
        (1.0, 30.0, 0.010_606_402_405_535_426),
        (2.0, 2.3, 0.074_074_074_074_074_08),
        (4.0, 1.0, 0.186_950_483_150_029_43),
        (4.0, 10.0, 2.810_018_113_579_955e-4),
        (8.0, 5.0, 5.264_128_966_832_699e-4),
        (30.0, 30.0, 3.125_895_815_304_445e-24),
        (100.0, 2.3, 0.011_763_097_964_801_716),
        (1000.0, 30.0, 7.687_343_722_021_547e-142),
        (1e4, 5.0, 2.915_163_306_831_329_5e-7),
        (0.0, 1.0, 0.158_655_253_931_457_07),
        (0.0, 5.0, 2.866_515_718_791_933e-7),
        (0.0, 10.0, 7.619_853_024_160_47e-24),
        (0.0, 20.0, 2.753_624_118_606_155_6e-89),
        (0.0, 37.0, 5.725_571_222_523_927e-300),
    ];

    fn reference(degrees: f64) -> Reference {
        if degrees > 0.0 {
            Reference::Student(degrees)
        } else {
            Reference::Normal
        }
    }

    #[test]
    fn tails_are_those_of_scipy_on_both_sides() {
        for (degrees, score, chance) in TAILS {
            let found = reference(*degrees).tail(*score);
            assert!(near(found, *chance), "{degrees} {score}: {found:e}");
            let below = reference(*degrees).tail(-score);
            assert!((below - (1.0 - chance)).abs() < 1e-10, "{degrees} {score}");
        }
    }

    #[test]
    fn scores_are_those_of_scipy() {
        // `t.isf` at 0.05, 0.01 and 1e-6.
        let scores = [
            (
                1.0,
                6.313_751_514_675_044,
                31.820_515_953_773_96,
                318_309.886_182_743_5,
            ),
            (
                2.0,
                2.919_985_580_353_726,
                6.964_556_734_283_274,
                707.105_720_525_933_9,
            ),
            (
                8.0,
                1.859_548_037_530_898,
                2.896_459_447_709_622,
                12.109_834_665_556_214,
            ),
            (
                1000.0,
                1.646_378_817_285_465,
                2.330_082_674_755_513,
                4.781_608_620_458_351,
            ),
            (
                1e4,
                1.645_006_018_069_243,
                2.326_720_838_669_476,
                4.756_229_685_056_78,
            ),
        ];
        for (degrees, twentieth, hundredth, millionth) in scores {
            let t = Reference::Student(degrees);
            assert!(near(t.beyond(0.05), twentieth), "{degrees}");
            assert!(near(t.beyond(0.01), hundredth), "{degrees}");
            assert!(near(t.beyond(1e-6), millionth), "{degrees}");
        }
    }

    #[test]
    fn very_many_degrees_are_nearly_normal() {
        for degrees in [1e5, 1e7, 1e12, f64::INFINITY] {
            let found = Reference::Student(degrees).beyond(0.01);
            let normal = Reference::Normal.beyond(0.01);
            assert!(
                found > normal && found < normal * 1.0002,
                "{degrees}: {found}"
            );
        }
    }

    #[test]
    fn a_chance_outside_nought_and_one_has_no_score() {
        assert!(Reference::Normal.beyond(-0.1).is_nan());
        assert!(Reference::Student(4.0).beyond(f64::NAN).is_nan());
    }
}
