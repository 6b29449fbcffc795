//! Throughput against load by the Universal Scalability Law (N. J. Gunther, "Guerrilla Capacity Planning", 2007).
//!
//! ```text
//! X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1))       lambda, sigma, kappa >= 0
//! peak  N* = root((1 - sigma) / kappa),  X* = X(N*)             limit without kappa: lambda / sigma
//! ```
//!
//! lambda is the rate of one unit of load, sigma the share that has to wait for others, kappa the cost of agreeing with each other.
//! Least squares of X by `least_squares`, begun where least squares of N / X ends. Intervals are those of Student with n - 3 degrees
//! of freedom, that of the peak by its logarithm with the errors of sigma and kappa and what they have in common.
//!
//! Four different loads are needed for a fit, six for intervals and a peak. There is no peak where kappa is 0 or its interval holds
//! 0: then the loads do not show that more load would ever lower the rate.
//!
//! Limits: the law is for one system under loads that it settled at; points of a ramp, of a generator at its own limit or of
//! changed instances are not of one curve. The unit of the load must be such that 1 means one (user, worker, request per second).
//! The intervals take the law as true: a peak far beyond the loads is a belief in it and is marked.

use crate::stats::least_squares::{self, Fit, Point, Refusal};
use crate::stats::student::Reference;

/// Different loads for a fit.
const TO_FIT: usize = 4;
/// For intervals and a peak.
const TO_JUDGE: usize = 6;
/// A peak beyond so many times the largest load is not in the data.
const FAR: f64 = 2.0;
/// Chance beyond each end of an interval.
const BEYOND: f64 = 0.025;

/// A rate that was reached under a load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// The load.
    pub load: f64,
    /// The rate.
    pub rate: f64,
}

/// Which misses count alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weights {
    /// Those of the same number of requests per second.
    #[default]
    Equal,
    /// Those of the same share of the rate: weights 1 / X^2.
    Relative,
}

/// A parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Its value.
    pub value: f64,
    /// Its standard error; `None` on its bound.
    pub error: Option<f64>,
    /// Its 95 % interval; `None` on its bound and with fewer than six loads.
    pub interval: Option<(f64, f64)>,
}

/// Where more load begins to lower the rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak {
    /// The load.
    pub load: f64,
    /// Its 95 % interval.
    pub interval: (f64, f64),
    /// The rate there.
    pub rate: f64,
    /// Whether it lies beyond twice the largest load, or below the smallest.
    pub extrapolated: bool,
}

/// Why there is no peak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPeak {
    /// Fewer than six different loads.
    FewLoads,
    /// kappa is 0.
    KappaOnBound,
    /// The interval of kappa holds 0.
    KappaMayBeZero,
    /// sigma is 1 or more, where any load beyond the first lowers the rate, or so near to it that no figure comes of it.
    NoGain,
}

/// The curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usl {
    /// Points.
    pub n: usize,
    /// Different loads.
    pub loads: usize,
    /// Rate of one unit of load.
    pub lambda: Estimate,
    /// Contention.
    pub sigma: Estimate,
    /// Coherency.
    pub kappa: Estimate,
    /// Residual standard deviation, in units of the rate or as a share of it, as the weights have it.
    pub deviation: f64,
    /// Points minus three.
    pub freedom: f64,
    /// The peak.
    pub peak: Result<Peak, NoPeak>,
    /// The rate that contention alone would allow; `None` without contention.
    pub limit: Option<f64>,
}

/// Why there is no curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoFit {
    /// A load or rate that is not above zero or not finite.
    NotPositive,
    /// Fewer than four different loads.
    FewLoads,
    /// The larger lambda, the better: the rates fall, or their rise was not among the loads.
    Unbounded,
    /// The search found none.
    Search(Refusal),
}

impl Usl {
    /// The rate under a load; `None` where the law has none.
    ///
    /// ```
    /// use knee::stats::usl::{Level, Weights, fit};
    /// // lambda 10, sigma 0.1, kappa 0.01.
    /// let levels = [1.0, 2.0, 4.0, 6.0, 8.0, 12.0]
    ///     .map(|load: f64| Level { load, rate: 10.0 * load / (1.0 + 0.1 * (load - 1.0) + 0.01 * load * (load - 1.0)) });
    /// let found = fit(&levels, Weights::Equal).unwrap();
    /// assert!((found.rate(3.0).unwrap() - 30.0 / 1.26).abs() < 1e-6);
    /// ```
    pub fn rate(&self, load: f64) -> Option<f64> {
        let rate = law(
            load,
            &[self.lambda.value, self.sigma.value, self.kappa.value],
        )?;
        (load > 0.0 && rate.is_finite()).then_some(rate)
    }
}

/// Fits the law to four or more different loads.
///
/// ```
/// use knee::stats::usl::{Level, Weights, fit};
/// // The exact set of the R package usl: sigma = kappa = 0.02, lambda = 1.
/// let loads = [1.0, 2.0, 4.0, 6.0, 8.0, 10.0];
/// let rates = [1.0, 1.8868, 3.0769, 3.5294, 3.5398, 3.3557];
/// let levels: Vec<Level> = loads.into_iter().zip(rates).map(|(load, rate)| Level { load, rate }).collect();
/// let peak = fit(&levels, Weights::Equal).unwrap().peak.unwrap();
/// assert!((peak.load - 7.0).abs() < 0.01 && !peak.extrapolated);
/// ```
pub fn fit(levels: &[Level], weights: Weights) -> Result<Usl, NoFit> {
    let is_positive = |of: f64| of.is_finite() && of > 0.0;
    if !levels
        .iter()
        .all(|level| is_positive(level.load) && is_positive(level.rate))
    {
        return Err(NoFit::NotPositive);
    }
    let mut loads: Vec<f64> = levels.iter().map(|level| level.load).collect();
    loads.sort_by(f64::total_cmp);
    loads.dedup();
    if loads.len() < TO_FIT {
        return Err(NoFit::FewLoads);
    }
    let [a, b, c] = reciprocal(levels, weights)?;
    let of = |level: &Level, at: &[f64; 3]| point(*level, at, weights);
    least_squares::fit(levels, of, [1.0 / a, b / a, c / a], [0.0; 3])
        .map(|found| Usl::new(&found, &loads))
        .map_err(NoFit::Search)
}

impl Usl {
    fn new(found: &Fit<3>, loads: &[f64]) -> Usl {
        let is_judged = loads.len() >= TO_JUDGE;
        let reach = Reference::Student(found.freedom).beyond(BEYOND);
        let errors = found.errors();
        let of = |k: usize| Estimate {
            value: found.estimates[k],
            error: errors[k],
            interval: errors[k].filter(|_| is_judged).map(|error| {
                let value = found.estimates[k];
                (value - reach * error, value + reach * error)
            }),
        };
        let [lambda, sigma, kappa] = [of(0), of(1), of(2)];
        let limit = lambda.value / sigma.value;
        Usl {
            n: found.n,
            loads: loads.len(),
            lambda,
            sigma,
            kappa,
            deviation: found.deviation(),
            freedom: found.freedom,
            peak: peak(found, loads, kappa.interval, reach),
            limit: (sigma.value > 0.0 && limit.is_finite()).then_some(limit),
        }
    }
}

fn peak(
    found: &Fit<3>,
    loads: &[f64],
    kappa_interval: Option<(f64, f64)>,
    reach: f64,
) -> Result<Peak, NoPeak> {
    if loads.len() < TO_JUDGE {
        return Err(NoPeak::FewLoads);
    }
    let [_, sigma, kappa] = found.estimates;
    let (least, _) = kappa_interval.ok_or(NoPeak::KappaOnBound)?;
    if least <= 0.0 {
        return Err(NoPeak::KappaMayBeZero);
    }
    let left = 1.0 - sigma;
    let load = (left / kappa).sqrt();
    let rate = law(load, &found.estimates);
    // ln N* = (ln(1 - sigma) - ln kappa) / 2
    let [_, [_, of_sigma, both], [_, _, of_kappa]] = found.covariance;
    let variance =
        of_sigma / (left * left) + of_kappa / (kappa * kappa) + 2.0 * both / (left * kappa);
    let factor = (reach * 0.5 * variance.max(0.0).sqrt()).exp();
    let (Some(rate), Some(smallest), Some(largest)) = (rate, loads.first(), loads.last()) else {
        return Err(NoPeak::NoGain);
    };
    if left <= 0.0 || !load.is_finite() || !(load * factor).is_finite() {
        return Err(NoPeak::NoGain);
    }
    Ok(Peak {
        load,
        interval: (load / factor, load * factor),
        rate,
        extrapolated: load > FAR * largest || load < *smallest,
    })
}

/// The law; `None` where its denominator is not above zero.
fn law(load: f64, [lambda, sigma, kappa]: &[f64; 3]) -> Option<f64> {
    let below = below(load, *sigma, *kappa);
    let rate = lambda * load / below;
    (below > 0.0 && rate.is_finite()).then_some(rate)
}

fn below(load: f64, sigma: f64, kappa: f64) -> f64 {
    1.0 + sigma * (load - 1.0) + kappa * load * (load - 1.0)
}

fn point(level: Level, at: &[f64; 3], weights: Weights) -> Point<3> {
    let [_, sigma, kappa] = at;
    let Level { load, rate } = level;
    let scale = match weights {
        Weights::Equal => 1.0,
        Weights::Relative => rate,
    };
    let below = below(load, *sigma, *kappa);
    let expected = law(load, at).unwrap_or(f64::NAN);
    let by_sigma = -expected * (load - 1.0) / below;
    Point {
        residual: (rate - expected) / scale,
        gradient: [load / below, by_sigma, by_sigma * load].map(|of| of / scale),
    }
}

/// The minimum in `a = 1 / lambda, b = sigma / lambda, c = kappa / lambda`, which stay finite where lambda does not. Of these N / X is
/// a sum, so that the search begins at linear least squares of N / X, once with its misses as they are and once as shares, and at the
/// steepest rate alone.
fn reciprocal(levels: &[Level], weights: Weights) -> Result<[f64; 3], NoFit> {
    let terms = |load: f64| [1.0, load - 1.0, load * (load - 1.0)];
    let sum = |load: f64, at: &[f64; 3]| -> f64 {
        terms(load).iter().zip(at).map(|(term, at)| term * at).sum()
    };
    let linear = |is_share: bool| {
        let of = |level: &Level, at: &[f64; 3]| {
            let Level { load, rate } = *level;
            let scale = if is_share { load / rate } else { 1.0 };
            Point {
                residual: (load / rate - sum(load, at)) / scale,
                gradient: terms(load).map(|term| term / scale),
            }
        };
        least_squares::fit(levels, of, [0.0; 3], [0.0; 3]).ok()
    };
    let of = |level: &Level, at: &[f64; 3]| {
        let Level { load, rate } = *level;
        let scale = match weights {
            Weights::Equal => 1.0,
            Weights::Relative => rate,
        };
        let below = sum(load, at);
        let expected = if below > 0.0 { load / below } else { f64::NAN };
        Point {
            residual: (rate - expected) / scale,
            gradient: terms(load).map(|term| -expected * term / below / scale),
        }
    };
    let steepest = levels.iter().map(|level| level.load / level.rate);
    let starts = [false, true]
        .into_iter()
        .filter_map(linear)
        .map(|found| found.estimates);
    let starts = starts.chain([[steepest.fold(f64::INFINITY, f64::min), 0.0, 0.0]]);
    let mut best: Result<Fit<3>, Refusal> = Err(Refusal::NotConverged);
    for start in starts {
        let found = least_squares::fit(levels, of, start, [0.0; 3]);
        best = match (best, found) {
            (Ok(one), Ok(other)) => Ok(if other.squares < one.squares {
                other
            } else {
                one
            }),
            (Ok(one), Err(_)) => Ok(one),
            (Err(_), other) => other,
        };
    }
    let best = best.map_err(NoFit::Search)?;
    let [a, ..] = best.estimates;
    let start = best.estimates.map(|of| of / a);
    if !start.iter().all(|of| of.is_finite()) {
        return Err(NoFit::Unbounded);
    }
    Ok(best.estimates)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn levels(of: &[(f64, f64)]) -> Vec<Level> {
        let levels = of.iter().map(|(load, rate)| Level {
            load: *load,
            rate: *rate,
        });
        levels.collect()
    }

    fn near(found: f64, expected: f64, digits: f64) {
        let is_near = (found - expected).abs() <= digits * expected.abs();
        assert!(is_near, "found {found}, expected {expected}");
    }

    /// SPEC SDM91, as in the R package usl (BSD-2-Clause).
    const SPECSDM91: [(f64, f64); 7] = [
        (1.0, 64.9),
        (18.0, 995.9),
        (36.0, 1652.4),
        (72.0, 1853.2),
        (108.0, 1828.9),
        (144.0, 1775.0),
        (216.0, 1702.2),
    ];

    /// As in the R package usl (BSD-2-Clause).
    const RAYTRACER: [(f64, f64); 11] = [
        (1.0, 20.0),
        (4.0, 78.0),
        (8.0, 130.0),
        (12.0, 170.0),
        (16.0, 190.0),
        (20.0, 200.0),
        (24.0, 210.0),
        (28.0, 230.0),
        (32.0, 260.0),
        (48.0, 280.0),
        (64.0, 310.0),
    ];

    #[test]
    fn specsdm91_is_as_published() {
        // Tests of the R package usl.
        let found = fit(&levels(&SPECSDM91), Weights::Equal).unwrap();
        near(found.sigma.value, 0.027_728_42, 1e-4);
        near(found.kappa.value, 1.044e-4, 1e-3);
        near(found.kappa.value, 1.043_658e-4, 1e-4);
        near(found.lambda.value, 89.9952, 1e-6);
        near(found.sigma.error.unwrap(), 9.122e-3, 1e-4);
        near(found.kappa.error.unwrap(), 1.988e-5, 3e-4);
        near(found.lambda.error.unwrap(), 14.21, 4e-4);
        near(found.deviation, 82.85, 1e-4);
        // scipy 1.17.1, curve_fit with tolerances of 1e-15: the same minimum to more digits.
        near(found.sigma.value, 0.027_728_475_3, 1e-7);
        near(found.lambda.value, 89.995_232_5, 1e-8);
        let peak = found.peak.unwrap();
        near(peak.load, 96.519_56, 1e-6);
        near(peak.rate, 1884.0, 1e-4);
        near(found.limit.unwrap(), 3245.589, 1e-6);
        assert!(!peak.extrapolated && peak.interval.0 > 72.0 && peak.interval.1 < 144.0);
        // t(0.975, 4) = 2.776445
        let (lo, hi) = found.kappa.interval.unwrap();
        near(hi - lo, 2.0 * 2.776_445 * 1.988e-5, 3e-4);
        assert_eq!((found.n, found.loads), (7, 7));
    }

    #[test]
    fn raytracer_is_as_published_and_as_a_whole_has_no_peak() {
        let six = fit(&levels(&RAYTRACER[..6]), Weights::Equal).unwrap();
        near(six.sigma.value, 0.024_444_05, 1e-6);
        near(six.kappa.value, 0.001_626_809, 1e-6);
        near(six.lambda.value, 20.856_05, 1e-6);
        let errors = [six.sigma, six.kappa, six.lambda].map(|of| of.error.unwrap());
        for (found, expected) in errors
            .into_iter()
            .zip([0.008_390_67, 0.000_261_4, 0.788_507])
        {
            near(found, expected, 1e-4);
        }
        let whole = fit(&levels(&RAYTRACER), Weights::Equal).unwrap();
        near(whole.sigma.value, 0.057_770_78, 1e-6);
        near(whole.lambda.value, 21.848_84, 1e-6);
        near(whole.limit.unwrap(), 378.199, 1e-5);
        assert!(whole.kappa.value.abs() < 1e-300 && whole.kappa.error.is_none());
        assert_eq!(whole.peak, Err(NoPeak::KappaOnBound));
    }

    #[test]
    fn cisco_is_as_published() {
        // "Practical Scalability", repeated in the tests of usl4j (Apache-2.0).
        let rates = [
            955.16, 1878.91, 2688.01, 3548.68, 4315.54, 5130.43, 5931.37, 6531.08, 7219.8, 7867.61,
            8278.71, 8646.7, 9047.84, 9426.55, 9645.37, 9897.24, 10097.6, 10240.5, 10532.39,
            10798.52, 11151.43, 11518.63, 11806.0, 12089.37, 12075.41, 12177.29, 12211.41,
            12158.93, 12155.27, 12118.04, 12140.4, 12074.39,
        ];
        let points: Vec<(f64, f64)> = (1_u32..).map(f64::from).zip(rates).collect();
        let found = fit(&levels(&points), Weights::Equal).unwrap();
        near(found.sigma.value, 0.026_715_91, 2e-4);
        near(found.kappa.value, 7.690_945e-4, 2e-4);
        near(found.lambda.value, 995.6486, 2e-4);
        let errors = [found.sigma, found.kappa, found.lambda].map(|of| of.error.unwrap());
        for (found, expected) in errors
            .into_iter()
            .zip([0.004_493_844, 8.645_53e-5, 28.698_41])
        {
            near(found, expected, 1e-5);
        }
        let peak = found.peak.unwrap();
        near(peak.load.floor(), 35.0, 1e-9);
        near(peak.rate, 12341.0, 2e-4);
        near(found.rate(20.0).unwrap(), 11063.634, 2e-4);
        // Its own inverse at 955 requests a second.
        near(found.rate(0.958_10).unwrap(), 955.0, 2e-4);
    }

    #[test]
    fn the_exact_set_gives_back_what_made_it() {
        let points = [
            (1.0, 1.0),
            (2.0, 1.8868),
            (4.0, 3.0769),
            (6.0, 3.5294),
            (8.0, 3.5398),
            (10.0, 3.3557),
        ];
        for weights in [Weights::Equal, Weights::Relative] {
            let found = fit(&levels(&points), weights).unwrap();
            near(found.sigma.value, 0.02, 5e-3);
            near(found.kappa.value, 0.02, 1e-3);
            near(found.lambda.value, 1.0, 1e-4);
            near(found.peak.unwrap().load, 7.0, 1e-3);
        }
    }

    const RELATIVE: [(f64, f64); 3] = [
        (0.013_515_225_665, 0.003_966_324_517),
        (1.150_911_743_6e-4, 2.246_224_103_8e-5),
        (67.708_990_533_6, 4.323_225_099_0),
    ];
    const PEAK: (f64, f64) = (74.529_995_314, 124.996_997_779);

    #[test]
    fn relative_weights_are_those_of_an_independent_fit() {
        // scipy 1.17.1, curve_fit(X, N, x, sigma=x): sigma, kappa, lambda and their errors.
        let found = fit(&levels(&SPECSDM91), Weights::Relative).unwrap();
        let all = [found.sigma, found.kappa, found.lambda];
        for (found, (value, error)) in all.into_iter().zip(RELATIVE) {
            near(found.value, value, 1e-5);
            near(found.error.unwrap(), error, 1e-4);
        }
    }

    #[test]
    fn the_interval_of_the_peak_is_that_of_another_parameter() {
        // With N* itself as a parameter (kappa = (1 - sigma) / N*^2), scipy's error of ln N* times t(0.975, 4).
        let found = fit(&levels(&SPECSDM91), Weights::Equal).unwrap();
        let (lo, hi) = found.peak.unwrap().interval;
        near(lo, PEAK.0, 1e-4);
        near(hi, PEAK.1, 1e-4);
    }

    #[test]
    fn a_peak_is_given_only_where_the_loads_hold_one() {
        let few = fit(&levels(&SPECSDM91[..5]), Weights::Equal).unwrap();
        assert_eq!(few.peak, Err(NoPeak::FewLoads));
        assert!(few.kappa.error.is_some() && few.kappa.interval.is_none());
        // Rates that scatter about a curve without a peak: kappa above 0 by chance only.
        let loads = [1.0, 2.0, 4.0, 8.0, 12.0, 16.0];
        let scatter = [1.0, 1.03, 0.97, 1.03, 1.0, 0.97];
        let at = |kappa: f64, of: [f64; 6]| -> Vec<Level> {
            let points = loads.iter().zip(of).map(|(load, factor)| Level {
                load: *load,
                rate: factor * 50.0 * load / below(*load, 0.05, kappa),
            });
            points.collect()
        };
        let unsure = fit(&at(0.0, scatter), Weights::Equal).unwrap();
        assert!(unsure.kappa.value > 0.0, "{unsure:?}");
        assert_eq!(unsure.peak, Err(NoPeak::KappaMayBeZero));
        // N* = root(0.95 / 1e-4) = 97.5 out of loads up to 16, from rates without any scatter.
        let far = fit(&at(1e-4, [1.0; 6]), Weights::Equal)
            .unwrap()
            .peak
            .unwrap();
        near(far.load, 97.468, 1e-4);
        assert!(far.extrapolated);
    }

    #[test]
    fn straight_scaling_has_neither_limit_nor_peak() {
        let straight = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0].map(|load| (load, 7.0 * load));
        let found = fit(&levels(&straight), Weights::Equal).unwrap();
        near(found.lambda.value, 7.0, 1e-9);
        assert!(found.peak.is_err());
        assert!(found.limit.is_none_or(|limit| limit > 1e6), "{found:?}");
    }

    #[test]
    fn loads_over_three_orders_of_magnitude_are_fitted() {
        // scipy 1.17.1, least_squares of N / (a + b (N - 1) + c N (N - 1)), tolerances 3e-16: lambda, sigma, kappa.
        let loads = (0..11).map(|power| f64::from(1_u32 << power));
        let rates = [
            2.212_449_93e-3,
            3.468_784e-3,
            1.805_580_3e-3,
            2.093_858_52e-3,
            7.969_874_66e-4,
            6.881_507_34e-4,
            2.830_542_73e-4,
            1.519_095_52e-4,
            5.484_641_96e-5,
            4.882_632_77e-5,
            2.534_545_52e-5,
        ];
        let points: Vec<(f64, f64)> = loads.zip(rates).collect();
        let equal = [2.438_108_28e-3, 0.362_136_33, 0.149_940_56];
        let relative = [2.344_481_99e-3, 0.621_485_43, 0.122_090_41];
        for (weights, wanted) in [(Weights::Equal, equal), (Weights::Relative, relative)] {
            let found = fit(&levels(&points), weights).unwrap();
            let all = [found.lambda, found.sigma, found.kappa];
            for (found, wanted) in all.into_iter().zip(wanted) {
                near(found.value, wanted, 1e-6);
            }
        }
    }

    #[test]
    fn a_thousand_noisy_sweeps_all_come_to_an_end() {
        let mut state = 5_u64;
        let mut noise = move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        for sweep in 0..1000 {
            let (sigma, kappa, step) =
                (noise(), 0.1 * noise().powi(6), 1.0 + 60.0 * noise().powi(3));
            let points: Vec<(f64, f64)> = (0..4 + sweep % 9)
                .map(|k| 1.0 + step * f64::from(k))
                .map(|load| {
                    (
                        load,
                        load / below(load, sigma, kappa) * (1.0 + 0.3 * noise()),
                    )
                })
                .collect();
            for weights in [Weights::Equal, Weights::Relative] {
                let found = fit(&levels(&points), weights);
                let is_end = matches!(found, Ok(_) | Err(NoFit::Unbounded));
                assert!(is_end, "{found:?} {points:?}");
            }
        }
    }

    #[test]
    fn rates_that_only_fall_have_no_rate_of_one() {
        let falling = [(50.0, 13.88), (57.0, 14.26), (69.0, 9.34), (118.0, 5.9)];
        assert_eq!(
            fit(&levels(&falling), Weights::Equal).map(|_| ()),
            Err(NoFit::Unbounded)
        );
    }

    #[test]
    fn what_has_no_curve_is_refused() {
        let refused = |points: &[(f64, f64)]| fit(&levels(points), Weights::Equal).map(|_| ());
        assert_eq!(refused(&[]), Err(NoFit::FewLoads));
        assert_eq!(refused(&SPECSDM91[..3]), Err(NoFit::FewLoads));
        assert_eq!(refused(&[(5.0, 9.0); 9]), Err(NoFit::FewLoads));
        for odd in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let mut points = SPECSDM91;
            points[3].0 = odd;
            assert_eq!(refused(&points), Err(NoFit::NotPositive), "{odd}");
            points = SPECSDM91;
            points[3].1 = odd;
            assert_eq!(refused(&points), Err(NoFit::NotPositive), "{odd}");
        }
    }

    fn any() -> impl Strategy<Value = f64> {
        prop_oneof![
            prop::num::f64::POSITIVE,
            prop::num::f64::ANY,
            0.0..100.0,
            (0_u8..5).prop_map(f64::from),
        ]
    }

    proptest! {
        #[test]
        fn any_points_give_finite_figures_or_a_refusal(points in prop::collection::vec((any(), any()), 0..9)) {
            for weights in [Weights::Equal, Weights::Relative] {
                if let Ok(found) = fit(&levels(&points), weights) {
                    for of in [found.lambda, found.sigma, found.kappa] {
                        assert!(of.value.is_finite() && of.value >= 0.0);
                        assert!(of.error.is_none_or(f64::is_finite), "{found:?}");
                    }
                    assert!(found.deviation.is_finite());
                    if let Ok(peak) = found.peak {
                        assert!(peak.load.is_finite() && peak.rate.is_finite());
                        assert!(peak.interval.0 <= peak.load && peak.interval.1.is_finite());
                    }
                }
            }
        }
    }
}
