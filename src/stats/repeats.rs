//! Two groups of runs: does the new one differ, and what could have been seen?
//!
//! The unit is a run, one logarithm each, never a request: requests of one run share machine and minute. With `k_b` and `k_c` runs,
//! `d = k_b + k_c - 2`, prior spread `tau` between runs, prior degrees of freedom `d0 = 4`, sampling errors `e_i`:
//!
//! ```text
//! w    = tau^2 + mean(e_i^2)                                      of each side; residuals are counted in units of its root
//! mad  = 1.4826 median |y - median of its side| / root of w       (both sides; the zeros that medians of odd sides leave are taken out)
//! y*   = y clipped to median -/+ 2.5 root(w (d0 + d mad^2) / (d0 + d))       on sides of three or more
//! s^2  = (d0 + 1.1 SS(y*) / w) / (d0 + d),   nu = d0 + d          moderated variance (Smyth 2004)
//! se^2 = s^2 (w_b / k_b + w_c / k_c) + 2 t_S^2                    t_S: spread between jobs; none when run in turn in one job
//! ```
//!
//! A spread that was learned from other series of the same runs (`stats::pooled`) counts for fewer degrees in nu than d0.
//!
//! Guard: where the runs contradict the assumed prior, `SS(y) / w / d > 2`, nothing is clipped and they stand for themselves:
//! `s^2 = SS(y) / w / d`, `nu = d`. Sides that were run in turn could have changed places, so that one bad run need not hide a
//! change there: where the clipped figures show it, and no more than half of alpha of all ways to deal the runs out lie as far apart
//! by them (`stats::permutation`; half, because it is a second chance), that is the chance, and the interval is the one that
//! belongs to it (O. S. Miettinen 1976). One run a side: `s^2 = 1`, `nu = 4`. Sides of their own w, because a side of few requests is less
//! certain: with one for both, a short run against five long ones was called worse in 5 to 14 of 100 unchanged pairs.
//!
//! Limits: assumed spreads are assumptions; with them the false alarms hold as far as the machine is like them, or with the
//! guard. One run a side proves nothing whatever p is: a bad minute looks exactly like a regression.

use crate::stats::permutation;
use crate::stats::student::Reference;

/// One run: the logarithm of its figure and the standard error of that within the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Value {
    /// The logarithm.
    pub log: f64,
    /// Its standard error; 0 when the figure has no sampling error of its own.
    pub error: f64,
}

/// What is assumed or known of the spread of runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Standard deviation of the logarithm between runs of one job.
    pub runs: f64,
    /// Between jobs.
    pub jobs: f64,
    /// Degrees of freedom that this is worth where a chance is looked up.
    pub freedom: f64,
}

impl Spread {
    /// What is assumed of runs and jobs.
    pub fn assumed(runs: f64, jobs: f64) -> Spread {
        Spread {
            runs,
            jobs,
            freedom: PRIOR,
        }
    }
}

/// Limits of a comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Chance of a false alarm, one-sided.
    pub alpha: f64,
    /// Chance that a change as large as [`Change::detectable`] is shown.
    pub power: f64,
    /// Whether base and new were run in turn, in one job.
    pub interleaved: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            alpha: 0.01,
            power: 0.95,
            interleaved: false,
        }
    }
}

/// A run whose value was drawn in before the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clipped {
    /// Of the base, by its place.
    Base(usize),
    /// Of the new side.
    New(usize),
}

/// How far two groups lie apart, as differences of logarithms: new minus base.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The mean of the base, with runs far out drawn in where [`Change::clipped`] names them.
    pub base: f64,
    /// The same of the new side.
    pub new: f64,
    /// The difference of the two.
    pub difference: f64,
    /// Its standard error.
    pub error: f64,
    /// Degrees of freedom.
    pub freedom: f64,
    /// Chance of a difference this far up where there is none.
    pub p_up: f64,
    /// The same downwards.
    pub p_down: f64,
    /// Interval of the difference, level 1 - 2 alpha.
    pub interval: (f64, f64),
    /// The smallest difference that is shown with the wanted power.
    pub detectable: f64,
    /// Standard deviation between runs that was used.
    pub spread: f64,
    /// Runs that were drawn in.
    pub clipped: Vec<Clipped>,
    /// Whether the runs contradict the assumed spread, so that they stand for themselves.
    pub guarded: bool,
    /// Whether the chance is the share of ways to deal the runs out.
    pub dealt: bool,
}

/// Degrees of freedom that a prior spread is worth.
pub(super) const PRIOR: f64 = 4.0;
/// Standard deviations from the median at which runs are drawn in.
const CLIP: f64 = 2.5;
/// What clipping takes from the sum of squares of clean runs.
const REPAIR: f64 = 1.1;
/// Runs whose variance is so many times the assumed one contradict it.
const GUARD: f64 = 2.0;
/// Sides whose runs are so many times as uncertain as the others' could not have changed places.
const ALIKE: f64 = 2.0;
/// Median absolute deviation to standard deviation, for a normal distribution.
pub(super) const MAD: f64 = 1.4826;

/// Compares two groups of one or more runs. `None` without a run on a side, with a value or spread that is not finite, or
/// where nothing is known of any spread.
///
/// ```
/// use knee::stats::repeats::{Options, Spread, Value, compare};
/// let runs = |ms: [f64; 5]| ms.map(|ms| Value { log: ms.ln(), error: 0.0 });
/// let spread = Spread::assumed(0.05, 0.03);
/// let options = Options { interleaved: true, ..Options::default() };
/// let base = runs([100.0, 103.0, 98.0, 101.0, 99.0]);
/// let slower = compare(&base, &runs([121.0, 119.0, 124.0, 118.0, 120.0]), spread, options).unwrap();
/// assert!((slower.difference.exp() - 1.202).abs() < 0.001 && slower.p_up < 0.001);
/// assert!(compare(&base, &base, spread, options).unwrap().p_up > 0.4);
/// ```
pub fn compare(base: &[Value], new: &[Value], spread: Spread, options: Options) -> Option<Change> {
    let all = || base.iter().chain(new);
    let usable = |value: &Value| value.log.is_finite() && value.error.is_finite();
    if base.is_empty() || new.is_empty() || !all().all(usable) {
        return None;
    }
    let known = [spread.runs, spread.jobs, spread.freedom];
    if !known.iter().all(|of| of.is_finite() && *of >= 0.0) {
        return None;
    }
    // How far one run of a side is from its true value, before anything is seen.
    let weights = [base, new].map(|side| {
        let sampling = side.iter().map(|value| value.error * value.error);
        spread.runs * spread.runs + sampling.sum::<f64>() / side.len() as f64
    });
    if weights.iter().any(|weight| *weight <= 0.0) {
        return None;
    }
    let sides = [logs(base), logs(new)];
    let d = (base.len() + new.len() - 2) as f64;
    let raw = in_units(&sides, weights);
    let guarded = d > 0.0 && raw / d > GUARD;
    let with_prior = moderated(&sides, weights, spread);
    let standing = Fit {
        variance: raw / d,
        freedom: d,
        base: mean(&sides[0]),
        new: mean(&sides[1]),
        clipped: Vec::new(),
    };
    let each = weights[0] / base.len() as f64 + weights[1] / new.len() as f64;
    let error = |fit: &Fit| (fit.variance * each + between(spread, options)).sqrt();
    let seen = |fit: &Fit| Seen::new(fit.difference(), error(fit), fit.freedom);
    let fit = if guarded { &standing } else { &with_prior };
    let of_fit = seen(fit);
    let detectable = of_fit.critical(options.alpha) + of_fit.critical(1.0 - options.power);
    let by_dealing = guarded
        .then(|| dealt(&sides, weights, spread, &seen(&with_prior), options))
        .flatten()
        // Drawing in must not turn the direction: many bad runs are no outliers.
        .filter(|dealt| dealt.difference * of_fit.difference > 0.0)
        .filter(|dealt| dealt.p_least() < of_fit.p_least());
    let is_dealt = by_dealing.is_some();
    let used = if is_dealt { &with_prior } else { fit };
    let shown = by_dealing.unwrap_or(of_fit);
    let reach = shown.critical(options.alpha);
    Some(Change {
        base: used.base,
        new: used.new,
        difference: shown.difference,
        error: shown.error,
        freedom: shown.freedom,
        p_up: shown.p_up,
        p_down: shown.p_down,
        interval: (shown.difference - reach, shown.difference + reach),
        detectable,
        spread: (fit.variance * f64::midpoint(weights[0], weights[1])).sqrt(),
        clipped: used.clipped.clone(),
        guarded: guarded && !is_dealt,
        dealt: is_dealt,
    })
}

/// What a way to look at the runs makes of them.
struct Fit {
    variance: f64,
    freedom: f64,
    base: f64,
    new: f64,
    clipped: Vec<Clipped>,
}

impl Fit {
    fn difference(&self) -> f64 {
        self.new - self.base
    }
}

/// With runs far out drawn in and the spread moderated by what is expected of it; of one run a side, by that alone.
fn moderated(sides: &[Vec<f64>; 2], weights: [f64; 2], spread: Spread) -> Fit {
    let mut clipped = Vec::new();
    let d = (sides[0].len() + sides[1].len() - 2) as f64;
    let used = if d > 0.0 {
        let mad = spread_of_residuals(sides, weights);
        let reach = CLIP * ((PRIOR + d * mad * mad) / (PRIOR + d)).sqrt();
        let [base, new] = weights.map(|weight| reach * weight.sqrt());
        [
            clip(&sides[0], base, Clipped::Base, &mut clipped),
            clip(&sides[1], new, Clipped::New, &mut clipped),
        ]
    } else {
        sides.clone()
    };
    Fit {
        variance: (PRIOR + REPAIR * in_units(&used, weights)) / (PRIOR + d),
        freedom: spread.freedom + d,
        base: mean(&used[0]),
        new: mean(&used[1]),
        clipped,
    }
}

/// A difference with its chances.
struct Seen {
    difference: f64,
    error: f64,
    freedom: f64,
    p_up: f64,
    p_down: f64,
}

impl Seen {
    fn new(difference: f64, error: f64, freedom: f64) -> Seen {
        let t = Reference::Student(freedom);
        Seen {
            difference,
            error,
            freedom,
            p_up: t.tail(difference / error),
            p_down: t.tail(-difference / error),
        }
    }

    fn p_least(&self) -> f64 {
        self.p_up.min(self.p_down)
    }

    /// How far from the difference its interval ends, with such a chance beyond the end.
    fn critical(&self, alpha: f64) -> f64 {
        Reference::Student(self.freedom).beyond(alpha) * self.error
    }
}

/// The difference of the clipped runs with the chance that dealing them out gives it; `None` where that shows nothing, or where
/// the sides could not have changed places.
fn dealt(
    sides: &[Vec<f64>; 2],
    weights: [f64; 2],
    spread: Spread,
    clipped: &Seen,
    options: Options,
) -> Option<Seen> {
    let is_alike = weights[0].max(weights[1]) <= ALIKE * weights[0].min(weights[1]);
    if !options.interleaved || !is_alike || clipped.p_least() >= options.alpha {
        return None;
    }
    let weights = [f64::midpoint(weights[0], weights[1]); 2];
    let statistic = |base: &[f64], new: &[f64]| {
        let fit = moderated(&[base.to_vec(), new.to_vec()], weights, spread);
        fit.difference() / fit.variance.sqrt()
    };
    let found = permutation::deal(&sides[0], &sides[1], options.alpha / 2.0, statistic)?;
    let share = if clipped.p_up < clipped.p_down {
        found.p_up
    } else {
        found.p_down
    };
    let p = clipped.p_least().max(2.0 * share);
    if p >= options.alpha {
        return None;
    }
    let t = Reference::Student(clipped.freedom);
    let error = clipped.difference.abs() / t.beyond(p);
    Some(Seen::new(clipped.difference, error, clipped.freedom))
}

fn between(spread: Spread, options: Options) -> f64 {
    if options.interleaved {
        0.0
    } else {
        2.0 * spread.jobs * spread.jobs
    }
}

/// The sum of squares about the means of the sides, in units of what was expected of one run.
fn in_units(of: &[Vec<f64>; 2], weights: [f64; 2]) -> f64 {
    squares(&of[0]) / weights[0] + squares(&of[1]) / weights[1]
}

/// Repeats a side that would show a difference with the wanted power, when runs spread as they did; at least two. `None` where
/// no number up to a thousand would: then jobs spread too far, and running the sides in turn is what helps.
///
/// ```
/// use knee::stats::repeats::{Options, Spread, repeats_needed};
/// let spread = Spread::assumed(0.05, 0.0);
/// assert_eq!(repeats_needed(0.05, 1.2_f64.ln(), spread, Options::default()), Some(4));
/// ```
pub fn repeats_needed(
    between_runs: f64,
    difference: f64,
    spread: Spread,
    options: Options,
) -> Option<u64> {
    let between = between(spread, options);
    // The quantiles of Student lie beyond those of the normal one, which are the same for every k: where not even these would
    // do there is no need for the others, which take long.
    let above_half = [options.alpha, 1.0 - options.power];
    let least = if above_half.iter().all(|chance| *chance < 0.5) {
        let normal = above_half.map(|chance| Reference::Normal.beyond(chance));
        normal.iter().sum::<f64>() * (1.0 - 1e-6)
    } else {
        f64::NEG_INFINITY
    };
    let enough = |k: u32| {
        let k = f64::from(k);
        let error = (between_runs * between_runs * 2.0 / k + between).sqrt();
        if least * error > difference {
            return false;
        }
        let t = Reference::Student(spread.freedom + 2.0 * k - 2.0);
        (t.beyond(options.alpha) + t.beyond(1.0 - options.power)) * error <= difference
    };
    (2..=1000).find(|k| enough(*k)).map(u64::from)
}

fn logs(values: &[Value]) -> Vec<f64> {
    values.iter().map(|value| value.log).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn squares(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum()
}

pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.get(middle), sorted.len() % 2) {
        (Some(high), 0) => {
            let low = sorted.get(middle.wrapping_sub(1)).unwrap_or(high);
            f64::midpoint(*low, *high)
        }
        (Some(value), _) => *value,
        (None, _) => 0.0,
    }
}

/// The pooled spread of residuals about the medians of their sides, in units of what was expected.
fn spread_of_residuals(sides: &[Vec<f64>; 2], weights: [f64; 2]) -> f64 {
    let mut residuals = Vec::new();
    for (side, weight) in sides.iter().zip(weights) {
        let middle = median(side);
        let mut of_side: Vec<f64> = side.iter().map(|value| (value - middle).abs()).collect();
        if side.len() % 2 == 1 {
            // The median of an odd side is a value of it: its residual says nothing.
            of_side.sort_by(f64::total_cmp);
            of_side.remove(0);
        }
        residuals.extend(of_side.into_iter().map(|residual| residual / weight.sqrt()));
    }
    MAD * median(&residuals)
}

fn clip(
    side: &[f64],
    reach: f64,
    name: fn(usize) -> Clipped,
    clipped: &mut Vec<Clipped>,
) -> Vec<f64> {
    if side.len() < 3 {
        return side.to_vec();
    }
    let middle = median(side);
    let places = side.iter().enumerate();
    places
        .map(|(place, value)| {
            let drawn = value.clamp(middle - reach, middle + reach);
            if drawn.to_bits() != value.to_bits() {
                clipped.push(name(place));
            }
            drawn
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASSUMED: Spread = Spread {
        runs: 0.05,
        jobs: 0.03,
        freedom: PRIOR,
    };

    fn values(logs: &[f64], errors: &[f64]) -> Vec<Value> {
        let pairs = logs.iter().zip(errors);
        pairs
            .map(|(log, error)| Value {
                log: *log,
                error: *error,
            })
            .collect()
    }

    /// Values without an error of their own.
    fn plain(logs: &[f64]) -> Vec<Value> {
        values(logs, &vec![0.0; logs.len()])
    }

    /// Base, new, their errors, spread between runs, in turn or not, [difference, error, freedom, p, detectable], clipped,
    /// guarded.
    type Case = (
        &'static [f64],
        &'static [f64],
        &'static [f64],
        &'static [f64],
        f64,
        bool,
        [f64; 5],
        usize,
        bool,
    );

    #[test]
    fn the_repeats_needed_are_those_of_a_plain_search() {
        for (alpha, power) in [(0.01, 0.8), (0.05, 0.5), (0.3, 0.9), (0.6, 0.3)] {
            for interleaved in [false, true] {
                let options = Options {
                    alpha,
                    power,
                    interleaved,
                };
                for step in 0..20_u32 {
                    let spread = f64::from(step) * 0.03;
                    let difference = 1.2_f64.ln();
                    let plain = (2..=1000_u32).find(|k| {
                        let k = f64::from(*k);
                        let error = (spread * spread * 2.0 / k + between(ASSUMED, options)).sqrt();
                        let t = Reference::Student(PRIOR + 2.0 * k - 2.0);
                        (t.beyond(alpha) + t.beyond(1.0 - power)) * error <= difference
                    });
                    let found = repeats_needed(spread, difference, ASSUMED, options);
                    assert_eq!(found, plain.map(u64::from), "{alpha} {power} {spread}");
                }
            }
        }
    }

    #[test]
    #[expect(
        clippy::unreadable_literal,
        reason = "figures as the other program prints them"
    )]
    fn the_rule_is_that_of_an_independent_program() {
        // Written from the formulas above with numpy 2 and scipy 1.17.1 (stats.t), random inputs.
        let cases: [Case; 7] = [
            (
                &[3.96],
                &[4.134],
                &[0.018],
                &[0.012],
                0.05,
                false,
                [
                    0.174,
                    0.0852525659437885,
                    4.0,
                    5.540915012961e-02,
                    0.501182288014969,
                ],
                0,
                false,
            ),
            (
                &[4.034, 4.003, 3.983],
                &[4.076, 4.122, 4.149],
                &[0.021, 0.011, 0.016],
                &[0.029, 0.027, 0.026],
                0.05,
                true,
                [
                    0.109,
                    0.0369658181209041,
                    8.0,
                    9.231597503688e-03,
                    0.175809707681059,
                ],
                0,
                false,
            ),
            (
                &[3.996, 3.942, 3.969, 3.976, 3.964],
                &[4.208, 4.177, 4.751, 4.2, 4.221],
                &[0.011, 0.027, 0.027, 0.005, 0.023],
                &[0.005, 0.018, 0.016, 0.01, 0.013],
                0.05,
                false,
                [
                    0.342000000000001,
                    0.120720494771025,
                    8.0,
                    1.102424920737e-02,
                    0.574147576752932,
                ],
                0,
                true,
            ),
            (
                &[3.782, 3.729, 4.045, 3.778, 4.234],
                &[4.443, 3.9, 4.354, 4.08, 4.307],
                &[0.018, 0.011, 0.005, 0.028, 0.007],
                &[0.026, 0.014, 0.029, 0.015, 0.028],
                0.05,
                true,
                [
                    0.303200000000001,
                    0.139188280026904,
                    8.0,
                    3.050986848302e-02,
                    0.661980501665708,
                ],
                0,
                true,
            ),
            (
                &[4.087, 4.034, 4.146, 4.039],
                &[3.951, 3.95],
                &[0.011, 0.021, 0.008, 0.022],
                &[0.021, 0.014],
                0.08,
                false,
                [
                    -0.125999999999999,
                    0.0718232809075761,
                    8.0,
                    9.412696753156e-01,
                    0.341592061610965,
                ],
                0,
                false,
            ),
            (
                &[4.024],
                &[4.185, 4.194, 4.21],
                &[0.015],
                &[0.023, 0.02, 0.029],
                0.05,
                false,
                [
                    0.172333333333333,
                    0.0661420758664867,
                    6.0,
                    2.018158600426e-02,
                    0.336388589489789,
                ],
                0,
                false,
            ),
            (
                &[3.88, 3.872, 4.097, 3.964, 3.903, 3.886],
                &[4.142, 3.995, 3.973, 4.161, 3.98, 4.068, 4.099],
                &[0.016, 0.021, 0.028, 0.028, 0.013, 0.03],
                &[0.01, 0.026, 0.009, 0.015, 0.007, 0.026, 0.026],
                0.15,
                true,
                [
                    0.12604761904762,
                    0.0598332818697755,
                    15.0,
                    2.619775443501e-02,
                    0.260605693116001,
                ],
                0,
                false,
            ),
        ];
        for (base, new, e_base, e_new, runs, interleaved, wanted, clipped, guarded) in cases {
            let spread = Spread { runs, ..ASSUMED };
            let options = Options {
                interleaved,
                ..Options::default()
            };
            let (base, new) = (values(base, e_base), values(new, e_new));
            let found = compare(&base, &new, spread, options).unwrap();
            let figures = [
                found.difference,
                found.error,
                found.freedom,
                found.p_up,
                found.detectable,
            ];
            for (figure, wanted) in figures.iter().zip(wanted) {
                let slack = 1e-9 * wanted.abs().max(1e-3);
                assert!((figure - wanted).abs() < slack, "{figure} {wanted}");
            }
            assert_eq!((found.clipped.len(), found.guarded), (clipped, guarded));
            // The other way round it is the same with the signs turned.
            let turned = compare(&new, &base, spread, options).unwrap();
            assert!((turned.difference + found.difference).abs() < 1e-12);
            assert!((turned.p_down - found.p_up).abs() < 1e-12);
            assert!((found.p_up + found.p_down - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn one_bad_run_is_drawn_in_and_named_where_it_does_not_contradict_the_spread() {
        let base = plain(&[4.0, 4.01, 3.99, 4.02, 3.98]);
        let new = plain(&[4.0, 4.01, 4.6, 4.0, 3.99]);
        let wide = Spread {
            runs: 0.15,
            ..ASSUMED
        };
        let found = compare(&base, &new, wide, Options::default()).unwrap();
        assert_eq!(found.clipped, [Clipped::New(2)]);
        assert!(found.p_up > 0.1, "{}", found.p_up);
        // Where it contradicts the assumed spread the runs stand for themselves.
        let found = compare(&base, &new, ASSUMED, Options::default()).unwrap();
        assert!(found.guarded && found.clipped.is_empty() && found.p_up > 0.05);
    }

    #[test]
    fn one_bad_run_of_sides_in_turn_does_not_hide_a_change() {
        let base = plain(&[4.0, 4.01, 3.99, 4.02, 3.98]);
        let new = plain(&[4.2, 4.21, 4.19, 4.75, 4.18]);
        let in_turn = Options {
            interleaved: true,
            ..Options::default()
        };
        let found = compare(&base, &new, ASSUMED, in_turn).unwrap();
        // No other of the 252 ways lies as far apart; twice, because it is a second chance.
        assert!((found.p_up - 2.0 / 252.0).abs() < 1e-12, "{}", found.p_up);
        assert!(found.dealt && !found.guarded);
        assert_eq!(found.clipped, [Clipped::New(3)]);
        assert!(found.interval.0 > 0.0 && found.interval.0 < 0.02);
        // Runs of two jobs could not have changed places, nor could a short run and a long one.
        let apart = compare(&base, &new, ASSUMED, Options::default()).unwrap();
        assert!(apart.guarded && !apart.dealt && apart.p_up > 0.01);
        let uncertain = values(&[4.2, 4.21, 4.19, 4.75, 4.18], &[0.06; 5]);
        let odd = compare(&base, &uncertain, ASSUMED, in_turn).unwrap();
        assert!(odd.guarded && !odd.dealt, "{odd:?}");
        // Three a side have too few ways.
        let few = compare(&base[..3], &new[1..4], ASSUMED, in_turn).unwrap();
        assert!(few.guarded && !few.dealt && few.p_up > 0.01);
    }

    #[test]
    fn runs_that_are_bad_in_numbers_are_no_outliers() {
        let base = plain(&[4.0, 4.01, 3.99, 4.02, 3.98, 4.0, 4.01, 3.99, 4.0, 4.0]);
        // Six runs a tenth faster, four twice as slow: on the whole slower.
        let new = plain(&[3.9, 3.91, 3.89, 3.9, 3.9, 3.9, 4.7, 4.69, 4.7, 4.7]);
        let in_turn = Options {
            interleaved: true,
            ..Options::default()
        };
        let found = compare(&base, &new, ASSUMED, in_turn).unwrap();
        assert!(found.difference > 0.2 && !found.dealt, "{found:?}");
        assert!(found.p_down > 0.9, "{found:?}");
    }

    #[test]
    fn jobs_apart_widen_the_interval_however_many_repeats() {
        let (base, new) = (plain(&[4.0; 50]), plain(&[4.08; 50]));
        let apart = compare(&base, &new, ASSUMED, Options::default()).unwrap();
        let options = Options {
            interleaved: true,
            ..Options::default()
        };
        let in_turn = compare(&base, &new, ASSUMED, options).unwrap();
        assert!(in_turn.p_up < 1e-9 && apart.p_up > 0.01);
        assert!(apart.error >= 0.03 * 2.0_f64.sqrt());
        assert_eq!(
            repeats_needed(0.05, 0.05, ASSUMED, Options::default()),
            None
        );
        assert!(repeats_needed(0.05, 0.05, ASSUMED, options).is_some());
    }

    #[test]
    fn what_cannot_be_compared_is_not() {
        let one = plain(&[4.0]);
        assert_eq!(compare(&[], &one, ASSUMED, Options::default()), None);
        assert_eq!(compare(&one, &[], ASSUMED, Options::default()), None);
        let odd = plain(&[f64::NEG_INFINITY]);
        assert_eq!(compare(&one, &odd, ASSUMED, Options::default()), None);
        let nothing = Spread::assumed(0.0, 0.0);
        assert_eq!(compare(&one, &one, nothing, Options::default()), None);
    }

    #[test]
    fn the_detectable_change_is_the_one_that_enough_repeats_can_see() {
        let options = Options {
            interleaved: true,
            ..Options::default()
        };
        let needed = repeats_needed(0.05, 1.2_f64.ln(), ASSUMED, options).unwrap();
        let runs = |k: u64| plain(&vec![4.0; usize::try_from(k).unwrap()]);
        let spread = Spread {
            runs: 0.05,
            ..ASSUMED
        };
        // Runs without any spread leave the prior's share of it, so they see a little more.
        let seen = |k| {
            compare(&runs(k), &runs(k), spread, options)
                .unwrap()
                .detectable
        };
        assert!(seen(needed) < 1.2_f64.ln());
    }
}
