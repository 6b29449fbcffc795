//! How a latency grows from one load to the next: its exponent, and the class of that step.
//!
//! ```text
//! e     = ln(q2 / q1) / ln(N2 / N1)                the elasticity: 1 = in proportion to the load
//! se(e) = root(s1^2 + s2^2) / ln(N2 / N1)          s_i^2 = (spread between runs^2 + sampling error^2) / runs
//! ```
//!
//! with its normal 95 % interval `[e-, e+]`. The classes, the first that holds:
//!
//! ```text
//! flat         e < 0.15
//! sub-linear   0.15 <= e < 0.85
//! blow-up      e > 1.5 and e- > 1.25; or e > 2 of too few requests or runs: by size, not proven
//! linear       0.85 <= e <= 1.25; or e <= 1.5 and the interval holds 1
//! super-linear e > 1.25 and e- > 1
//! undecided    anything else; and up to linear where the interval reaches more than 1 to each side
//! ```
//!
//! A load that moved during the run (a ramp) is known as an interval, from its mean to its peak. The ratio of two loads that stand
//! at the same share of their intervals lies between the ratio of the means and that of the peaks, and so does the exponent: a class
//! holds where it holds at both ends. A blow-up is super-linear too, so that one end of each makes a step super-linear.
//!
//! Limits: s is mostly an assumption, and the class is as good as that. A latency in proportion to the load is queueing already; in
//! an open system below saturation e is near 0.

use crate::stats::student::Reference;

/// Below: the latency does not move with the load.
const FLAT: f64 = 0.15;
/// From here to [`LINEAR_TO`]: in proportion.
const LINEAR_FROM: f64 = 0.85;
const LINEAR_TO: f64 = 1.25;
/// Exponent up to which an interval that holds 1 is taken for linear, and beyond which a step may be a blow-up.
pub const BLOW_UP: f64 = 1.5;
/// Beyond: a blow-up by size, where there is too little to prove one.
const BY_SIZE: f64 = 2.0;
/// Half a width of the interval beyond which it holds several classes.
const WIDE: f64 = 1.0;
/// Chance beyond each end of the interval.
const BEYOND: f64 = 0.025;

/// A latency at one load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// The load, on average over the run.
    pub mean: f64,
    /// Its peak; the mean where the load stood still.
    pub peak: f64,
    /// The latency.
    pub latency: f64,
    /// Standard error of its logarithm, see [`error`].
    pub error: f64,
    /// Whether there are enough requests for this latency to be an estimate.
    pub enough: bool,
}

/// How a latency follows the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It does not.
    Flat,
    /// Less than in proportion.
    SubLinear,
    /// In proportion.
    Linear,
    /// More than in proportion.
    SuperLinear,
    /// Far more.
    BlowUp {
        /// Whether the interval says so, or only the size of a latency of too few requests.
        proven: bool,
    },
    /// The figures do not say which.
    Undecided,
}

/// A step as one reading of the loads has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct End {
    /// N2 / N1.
    pub load_ratio: f64,
    /// The exponent.
    pub exponent: f64,
    /// Its standard error.
    pub error: f64,
    /// Its 95 % interval.
    pub interval: (f64, f64),
    /// What the second latency is of the one in proportion to the load.
    pub excess: f64,
    /// The class.
    pub class: Class,
}

/// A step between two loads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// q2 / q1.
    pub ratio: f64,
    /// By the mean loads.
    pub by_mean: End,
    /// By the peak loads.
    pub by_peak: End,
    /// What holds at both.
    pub class: Class,
}

/// Standard error of the logarithm of a latency: `spread` between runs, `sampling` error within one, over `runs` repeats; `None`
/// without a run, or of what is negative or not finite.
///
/// ```
/// use knee::stats::step::error;
/// assert!((error(0.06, 0.08, 4).unwrap() - 0.05).abs() < 1e-12);
/// ```
pub fn error(spread: f64, sampling: f64, runs: u64) -> Option<f64> {
    let is_known = spread >= 0.0 && sampling >= 0.0 && runs > 0;
    let error = spread.hypot(sampling) / (runs as f64).sqrt();
    (is_known && error.is_finite()).then_some(error)
}

/// The step from one load to a higher one; `None` where the second load is not above the first by mean and by peak, a peak is below
/// its mean, a load or latency is not above zero, or an error is negative or not finite.
///
/// ```
/// use knee::stats::step::{Class, Level, step};
/// let at = |load, latency| Level { mean: load, peak: load, latency, error: 0.05, enough: true };
/// let found = step(&at(10.0, 100.0), &at(20.0, 400.0)).unwrap();
/// assert!((found.by_peak.exponent - 2.0).abs() < 1e-12 && (found.by_peak.excess - 2.0).abs() < 1e-12);
/// assert_eq!(found.class, Class::BlowUp { proven: true });
/// ```
pub fn step(from: &Level, to: &Level) -> Option<Step> {
    let is_usable = |level: &Level| {
        let figures = [level.mean, level.peak, level.latency];
        figures.iter().all(|of| of.is_finite() && *of > 0.0)
            && level.peak >= level.mean
            && level.error.is_finite()
            && level.error >= 0.0
    };
    if !is_usable(from) || !is_usable(to) {
        return None;
    }
    // Differences of logarithms, because a ratio of finite numbers may not be finite.
    let latencies = to.latency.ln() - from.latency.ln();
    let error = from.error.hypot(to.error);
    let enough = from.enough && to.enough;
    let end = |loads: f64| End::new(latencies, loads, error, enough);
    let by_mean = end(to.mean.ln() - from.mean.ln())?;
    let by_peak = end(to.peak.ln() - from.peak.ln())?;
    let ratio = latencies.exp();
    ratio.is_finite().then_some(Step {
        ratio,
        by_mean,
        by_peak,
        class: common(by_mean.class, by_peak.class),
    })
}

impl End {
    /// From the logarithms of both ratios; `None` where the load did not rise.
    fn new(latencies: f64, loads: f64, error: f64, enough: bool) -> Option<End> {
        if loads.is_nan() || loads <= 0.0 {
            return None;
        }
        let exponent = latencies / loads;
        let error = error / loads;
        let reach = Reference::Normal.beyond(BEYOND) * error;
        let interval = (exponent - reach, exponent + reach);
        let found = End {
            load_ratio: loads.exp(),
            exponent,
            error,
            interval,
            excess: (latencies - loads).exp(),
            class: class(exponent, interval, enough),
        };
        let figures = [found.load_ratio, interval.0, interval.1, found.excess];
        figures.iter().all(|of| of.is_finite()).then_some(found)
    }
}

fn class(exponent: f64, (lo, hi): (f64, f64), enough: bool) -> Class {
    let holds_one = lo <= 1.0 && hi >= 1.0;
    if exponent <= BLOW_UP && hi - exponent > WIDE {
        // From falling to blowing up it could be anything.
        Class::Undecided
    } else if exponent < FLAT {
        Class::Flat
    } else if exponent < LINEAR_FROM {
        Class::SubLinear
    } else if exponent > BLOW_UP && lo > LINEAR_TO {
        Class::BlowUp { proven: true }
    } else if exponent > BY_SIZE && !enough {
        Class::BlowUp { proven: false }
    } else if exponent <= LINEAR_TO || (holds_one && exponent <= BLOW_UP) {
        Class::Linear
    } else if lo > 1.0 {
        Class::SuperLinear
    } else {
        Class::Undecided
    }
}

/// The strongest class that holds at both ends.
fn common(one: Class, other: Class) -> Class {
    match (one, other) {
        (one, other) if one == other => one,
        (Class::BlowUp { .. }, Class::BlowUp { .. }) => Class::BlowUp { proven: false },
        (Class::BlowUp { proven: true }, Class::SuperLinear)
        | (Class::SuperLinear, Class::BlowUp { proven: true }) => Class::SuperLinear,
        _ => Class::Undecided,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn level(mean: f64, peak: f64, latency: f64, error: f64) -> Level {
        Level {
            mean,
            peak,
            latency,
            error,
            enough: true,
        }
    }

    /// Reports 2 to 4 of the seed: 1/s, a ramp from 1 to 2/s, one from 1 to 4/s. Spread between runs as assumed for the percentile.
    fn seed(latencies: [f64; 3], spread: f64) -> [Step; 2] {
        let [one, two, four] = latencies;
        let one = level(1.0, 1.0, one, spread);
        let two = level(1.5, 2.0, two, spread);
        let four = level(2.5, 4.0, four, spread);
        [step(&one, &two).unwrap(), step(&two, &four).unwrap()]
    }

    const P50: ([f64; 3], f64) = ([15.0, 32.1, 70.1], 0.05);
    const P95: ([f64; 3], f64) = ([368.8, 772.9, 2893.5], 0.08);
    const P99: ([f64; 3], f64) = ([407.5, 854.2, 8024.5], 0.15);

    /// Whether these are the figures that were printed with two digits behind the point.
    fn print_as(found: [f64; 2], printed: [f64; 2]) {
        for (found, printed) in found.into_iter().zip(printed) {
            assert!((found - printed).abs() <= 0.005, "{found} {printed}");
        }
    }

    #[test]
    fn the_exponents_of_the_seed_are_those_worked_out_by_hand() {
        for ((latencies, spread), by_peak, by_mean) in [
            (P50, [1.10, 1.13], [1.88, 1.53]),
            (P95, [1.07, 1.90], [1.82, 2.58]),
            (P99, [1.07, 3.23], [1.83, 4.39]),
        ] {
            let steps = seed(latencies, spread);
            print_as(steps.map(|step| step.by_peak.exponent), by_peak);
            print_as(steps.map(|step| step.by_mean.exponent), by_mean);
            print_as(steps.map(|step| step.by_peak.load_ratio), [2.0, 2.0]);
            print_as(steps.map(|step| step.by_mean.load_ratio), [1.5, 1.67]);
        }
        let [_, p95] = seed(P95.0, P95.1);
        let [first, p99] = seed(P99.0, P99.1);
        print_as([p95, p99].map(|step| step.by_peak.excess), [1.87, 4.70]);
        print_as([first, p99].map(|step| step.ratio), [2.10, 9.39]);
        let reach = |step: Step| step.by_peak.interval.1 - step.by_peak.exponent;
        print_as([p95, p99].map(reach), [0.32, 0.60]);
    }

    #[test]
    fn the_first_step_of_the_seed_is_undecided_and_the_second_a_blow_up_in_the_tail() {
        let blow_up = Class::BlowUp { proven: true };
        let [first, second] = seed(P50.0, P50.1);
        assert_eq!(
            (first.class, second.class),
            (Class::Undecided, Class::Undecided)
        );
        assert_eq!(
            [first, second].map(|step| step.by_peak.class),
            [Class::Linear; 2]
        );
        assert_eq!([first, second].map(|step| step.by_mean.class), [blow_up; 2]);
        for (latencies, spread) in [P95, P99] {
            let [first, second] = seed(latencies, spread);
            assert_eq!((first.class, second.class), (Class::Undecided, blow_up));
            assert_eq!(first.by_peak.class, Class::Linear);
            assert_eq!(
                (second.by_peak.class, second.by_mean.class),
                (blow_up, blow_up)
            );
        }
        // By mean the p99 of the first step has an interval from 0.80 to 2.86: it could be anything from linear up.
        assert_eq!(seed(P99.0, P99.1)[0].by_mean.class, Class::Undecided);
    }

    #[test]
    fn each_class_begins_and_ends_where_the_table_has_it() {
        let blow_up = |proven| Class::BlowUp { proven };
        for (exponent, reach, enough, wanted) in [
            (-2.0, 3.0, true, Class::Undecided),
            (-2.0, 1.0, true, Class::Flat),
            (0.5, 1.01, true, Class::Undecided),
            (1.0, 1.01, true, Class::Undecided),
            (1.0, 0.99, true, Class::Linear),
            (0.149, 0.01, true, Class::Flat),
            (0.15, 0.01, true, Class::SubLinear),
            (0.849, 0.5, true, Class::SubLinear),
            (0.85, 0.01, true, Class::Linear),
            (1.25, 0.01, true, Class::Linear),
            (1.26, 0.27, true, Class::Linear),
            (1.26, 0.25, true, Class::SuperLinear),
            (1.5, 0.5, true, Class::Linear),
            (1.5, 0.4, true, Class::SuperLinear),
            (1.5, 0.1, true, Class::SuperLinear),
            (1.51, 0.6, true, Class::Undecided),
            (1.51, 0.4, true, Class::SuperLinear),
            (1.51, 0.25, true, blow_up(true)),
            (2.0, 1.5, false, Class::Undecided),
            (2.01, 1.5, false, blow_up(false)),
            (2.01, 1.5, true, Class::Undecided),
            (2.01, 0.9, true, Class::SuperLinear),
            (2.01, 0.9, false, blow_up(false)),
            (2.01, 0.5, false, blow_up(true)),
        ] {
            let interval = (exponent - reach, exponent + reach);
            assert_eq!(
                class(exponent, interval, enough),
                wanted,
                "{exponent} {reach}"
            );
        }
    }

    #[test]
    fn only_what_holds_at_both_ends_holds() {
        let blow_up = |proven| Class::BlowUp { proven };
        for (one, other, wanted) in [
            (Class::Linear, Class::Linear, Class::Linear),
            (Class::Linear, Class::SuperLinear, Class::Undecided),
            (Class::Flat, Class::SubLinear, Class::Undecided),
            (blow_up(true), Class::SuperLinear, Class::SuperLinear),
            (blow_up(false), Class::SuperLinear, Class::Undecided),
            (blow_up(true), blow_up(false), blow_up(false)),
            (blow_up(true), Class::Undecided, Class::Undecided),
        ] {
            assert_eq!(common(one, other), wanted);
            assert_eq!(common(other, one), wanted);
        }
    }

    #[test]
    fn what_is_no_step_has_no_exponent() {
        let low = level(1.0, 1.0, 10.0, 0.1);
        let high = level(2.0, 2.0, 20.0, 0.1);
        assert!(step(&low, &high).is_some());
        assert_eq!(step(&high, &low), None);
        assert_eq!(step(&low, &low), None);
        // Means that rise under peaks that do not.
        assert_eq!(step(&level(1.0, 2.0, 10.0, 0.1), &high), None);
        for odd in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(
                step(
                    &low,
                    &Level {
                        latency: odd,
                        ..high
                    }
                ),
                None,
                "{odd}"
            );
            assert_eq!(step(&low, &Level { mean: odd, ..high }), None, "{odd}");
            assert_eq!(step(&low, &Level { peak: odd, ..high }), None, "{odd}");
        }
        for odd in [-0.1, f64::NAN, f64::INFINITY] {
            assert_eq!(step(&low, &Level { error: odd, ..high }), None, "{odd}");
            assert_eq!(error(odd, 0.1, 1), None, "{odd}");
            assert_eq!(error(0.1, odd, 1), None, "{odd}");
        }
        assert_eq!(error(0.1, 0.1, 0), None);
    }

    fn any() -> impl Strategy<Value = f64> {
        prop_oneof![
            prop::num::f64::ANY,
            0.0..10.0,
            Just(0.0),
            Just(1.0),
            Just(f64::MAX),
            Just(f64::MIN_POSITIVE),
        ]
    }

    proptest! {
        #[test]
        fn any_figures_give_finite_ones_or_none(
            loads in prop::array::uniform4(any()),
            latencies in prop::array::uniform2(any()),
            errors in prop::array::uniform2(any()),
        ) {
            let from = level(loads[0], loads[1], latencies[0], errors[0]);
            let to = level(loads[2], loads[3], latencies[1], errors[1]);
            if let Some(found) = step(&from, &to) {
                for end in [found.by_mean, found.by_peak] {
                    assert!(end.exponent.is_finite() && end.excess.is_finite());
                    assert!(end.interval.0 <= end.exponent && end.exponent <= end.interval.1);
                }
                assert!(found.ratio.is_finite());
            }
        }
    }
}
