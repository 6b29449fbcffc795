//! Where throughput stops following the load, or a latency blows up.
//!
//! ```text
//! u     = sum goodput / sum asked over the lowest loads, as long as the next one is like them (1.5 standard errors, and 15 %)
//! y_i   = goodput_i / asked_i / u                   what is achieved of what is offered; of users, what a user still gets
//! P     = max goodput / u                           where the line of light load meets the plateau
//! ```
//!
//! Two criteria, in this order:
//!
//! 1. **Saturation**: the first load from which on every one has y below 0.95 by more than three standard errors, or has fewer
//!    than 95 % of its requests answered inside it. Of users, y sinks long before the end, because each waits for the others (at 0.7
//!    of the knee of a single server it is 0.9): there the limit is 0.85, and goodput has to level off (exponent below 0.7 at the
//!    top, or below 0.85 where latency doubles at least and loads well beyond P have 80 % of the highest goodput). The knee is P.
//!
//!    Where goodput falls behind P and requests fail (clients give up), or collapses at once, the plateau is never seen: then the knee
//!    is the load at which 1 / mean latency would reach zero by a straight line through the good loads (of M/M/1, 1 / R = mu - lambda),
//!    or through the last two of them if that is lower (even service times bend the line), kept inside the bracket. The interval
//!    is the bracket, and as far as the known errors of the plateau go.
//! 2. **Blow-up**: the first load whose tail is a proven blow-up (see `step`, but at 99 %) against some lower load, at least 2.5
//!    times as long by its 99 % interval, and stays: 2.5 times those of all loads up to the lower one, and no higher load back below
//!    0.75 of it. Where there are more than two tails they share the chance. The knee is known to lie between this load and the one
//!    below; the figure is that of the straight line above where it points there, or the geometric middle.
//!
//! Where a tail blows up below the first load that is not served, the interval begins below the blow-up, and ends where a queue of so
//! long a tail has no capacity left.
//!
//! Of sessions of several requests those that complete are served, where they are counted: a server that cannot follow goes on
//! answering the first requests of every session. A load is not served either where fewer than 95 % complete, by three standard errors.
//! P is then at most the sessions that complete, where all are awaited; in a stretch of a run, whose last sessions meet the next load,
//! it lies between these and what the requests would make: the geometric middle.
//!
//! A load that moved counts with its peak where a bracket is drawn, and blows up where it does so by means and by peaks.
//!
//! Limits: `benches/knee.rs` counts how often it is right, on simulated queues of known capacity. Latencies of a queue grow more
//! than the load long before its capacity (an M/M/1 from 0.6 to 0.8 of it: twice for 1.33 times): `step` calls that a blow-up, and it is
//! no knee here until the tail is 2.5 times as long.
//! Kleinrock's power (goodput over latency), two lines and Kneedle are no criteria: the first has its maximum at half of the
//! capacity of an M/M/1, the last depends on the range that was tested.

mod blow_up;
mod flow;

use crate::stats::line::Line;
use crate::stats::student::Reference;

/// What is achieved of what is offered, below which a load is not served.
const SERVED: f64 = 0.95;
/// What a user gets of what it gets alone, below which users wait for one another.
const SHARED: f64 = 0.85;
/// Standard errors within which a load gets as much per unit as those below it.
const ALIKE: f64 = 1.5;
/// But not so far off, whatever the errors, on the logarithm.
const FAR_OFF: f64 = 0.7;
/// Standard errors below this are taken for it.
const LEAST_ERROR: f64 = 1e-6;
/// Standard errors by which a load has to be less than served.
const ERRORS: f64 = 3.0;
/// Chance beyond either end of the interval of a knee.
const OUTSIDE: f64 = 0.025;
/// Exponent of goodput against users above which it still grows, and
const GROWING: f64 = 0.7;
/// how far below the highest load the lower one is taken.
const FAR: f64 = 0.75;
/// The same exponent where it hardly grows: then latency has to, by this factor over all loads,
const HARDLY: f64 = 0.85;
const WAITS: f64 = 2.0;
/// and at loads this far beyond the knee goodput has to be this part of its maximum.
const PAST: f64 = 1.25;
const LEVEL: f64 = 0.8;
/// Waiting in service times at r / (1 - r) = 1, of service times with a coefficient of variation of 2.
const QUEUE: f64 = 2.5;
/// Share of the capacity that may be left where such a bound is any.
const SLACK: f64 = 0.5;
/// Where between a load that is served and one that is dead, on the logarithm, a line that points beyond both has its end.
const NEAR: f64 = 0.75;
/// Goodput that falls below this part of its maximum was not held.
const HELD: f64 = 0.9;
/// Failures from which goodput falls because clients give up.
const GIVEN_UP: f64 = 0.05;

/// Who decides when the next request comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrivals {
    /// A rate: requests come whether or not earlier ones are answered.
    Open,
    /// Users, each of whom waits for its answer.
    Closed,
}

/// A tail of the latencies at a load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tail {
    /// Logarithm of the latency.
    pub log: f64,
    /// Its standard error.
    pub error: f64,
}

/// Sessions of several requests that completed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flow {
    /// Per second.
    pub rate: f64,
    /// Standard error of its logarithm.
    pub error: f64,
    /// Whether those that started before were through in the first half of the time.
    pub is_early: bool,
    /// Whether that is all that the server could do: it had nothing else to do until those of this load were through.
    pub is_all: bool,
}

/// What was seen at a load.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// The load, on average.
    pub load: f64,
    /// Its peak; the same where it stood still.
    pub peak: f64,
    /// The load in the very time in which goodput was counted; the mean load where it is not counted apart.
    pub asked: f64,
    /// Successes per second.
    pub goodput: f64,
    /// Standard error of its logarithm; 1 where there are none.
    pub error: f64,
    /// What runs at one load differ by beyond that, as a standard error of the same logarithm: machines have days.
    pub between: f64,
    /// Answers as a share of the requests of the same time, where both are counted.
    pub answered: Option<f64>,
    /// Failures as a share of the requests.
    pub failures: f64,
    /// Whether that share is more than 5 points above that of the lowest load, beyond chance.
    pub fails: bool,
    /// Sessions that completed, where the load is one of sessions; `None` = not counted.
    pub flow: Option<Flow>,
    /// Mean latency.
    pub mean: Option<f64>,
    /// Tails, the same ones at the same place at every level; `None` = not known, or not well enough.
    pub tails: Vec<Option<Tail>>,
}

/// What fired.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Criterion {
    /// Goodput stops following the load.
    Saturation {
        /// y at the first load that is not served.
        achieved: f64,
        /// Goodput at the plateau.
        plateau: f64,
    },
    /// A tail grows far more than the load.
    BlowUp {
        /// Its place in `tails`.
        tail: usize,
        /// Place of the lower load.
        from: usize,
        /// The tail there and here.
        ratio: f64,
        /// Exponent by the means.
        exponent: f64,
        /// Exponent by the peaks.
        exponent_peak: f64,
    },
}

/// How the figure was had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Where the line of light load meets the plateau.
    Plateau,
    /// Where the line through the reciprocals of the mean latencies meets zero.
    Margin,
    /// The geometric middle of the sessions that completed and of those that the answered requests would make.
    Between,
    /// The geometric middle of the bracket, or nearer to its upper end: no figure, only a place in it.
    Middle,
}

/// A knee.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Knee {
    /// The load.
    pub load: f64,
    /// Between what it lies; the lower end is open where the lowest load is beyond it already.
    pub interval: (Option<f64>, f64),
    /// How the figure was had.
    pub method: Method,
    /// Place of the first load beyond it.
    pub broken: usize,
    /// Place of the highest load below the first one that is not served or blows up.
    pub good: Option<usize>,
    /// What fired.
    pub criterion: Criterion,
}

/// The knee of two or more rising loads; `None` where nothing speaks for one, or the figures are not positive and finite.
///
/// ```
/// use knee::stats::knee::{Arrivals, Level, knee};
/// let at = |load: f64, goodput: f64| Level {
///     load, peak: load, asked: load, goodput, error: 0.01, between: 0.0, answered: None, failures: 0.0, fails: false, flow: None, mean: None, tails: vec![],
/// };
/// // Seven requests a session; no more than 44 a second.
/// let levels = [at(1.0, 7.0), at(2.0, 14.0), at(4.0, 28.0), at(8.0, 44.0)];
/// let found = knee(&levels, Arrivals::Open).unwrap();
/// assert!((found.load - 44.0 / 7.0).abs() < 1e-9);
/// assert_eq!((found.good, found.broken), (Some(2), 3));
/// assert_eq!(knee(&levels[..3], Arrivals::Open), None);
/// ```
pub fn knee(levels: &[Level], arrivals: Arrivals) -> Option<Knee> {
    let is_positive = |of: f64| of.is_finite() && of > 0.0;
    let is_usable = |level: &Level| {
        is_positive(level.load)
            && is_positive(level.asked)
            && level.peak.is_finite()
            && level.peak >= level.load
            && level.goodput.is_finite()
            && level.goodput >= 0.0
            && level.error.is_finite()
            && level.error >= 0.0
            && level.between.is_finite()
            && level.between >= 0.0
    };
    let rises = |pair: &[Level]| matches!(pair, [low, high] if low.load < high.load && low.peak < high.peak);
    if levels.len() < 2 || !levels.iter().all(is_usable) || !levels.windows(2).all(rises) {
        return None;
    }
    let series = Series { levels, arrivals };
    let blow_up = series.blow_up();
    series.saturation(blow_up).or_else(|| {
        let (broken, _, criterion) = blow_up?;
        let below = levels.get(broken.checked_sub(1)?)?;
        let (low, high) = (below.peak, levels.get(broken)?.peak);
        // Nothing is saturated: a line that points beyond this load says no more than that.
        let (load, method) = match series.inside(broken, low, high) {
            (load, Method::Margin) if load >= high || load <= low => {
                ((low * high).sqrt(), Method::Middle)
            }
            found => found,
        };
        Some(Knee {
            load,
            interval: (Some(low), high),
            method,
            broken,
            good: broken.checked_sub(1),
            criterion,
        })
    })
}

/// Goodput of one unit of load while nothing waits; `None` where nothing succeeds at the lowest load.
///
/// ```
/// use knee::stats::knee::{Level, unit};
/// let at = |load: f64, goodput: f64| Level {
///     load, peak: load, asked: load, goodput, error: 0.05, between: 0.0, answered: None, failures: 0.0, fails: false, flow: None, mean: None, tails: vec![],
/// };
/// assert!((unit(&[at(1.0, 7.2), at(2.0, 13.8), at(4.0, 20.0)]).unwrap() - 7.05).abs() < 0.01);
/// ```
pub fn unit(levels: &[Level]) -> Option<f64> {
    let arrivals = Arrivals::Open;
    let (unit, _) = Series { levels, arrivals }.unit()?;
    Some(unit)
}

struct Series<'a> {
    levels: &'a [Level],
    arrivals: Arrivals,
}

impl Series<'_> {
    /// Goodput of one unit of load while nothing waits, and the standard error of its logarithm.
    fn unit(&self) -> Option<(f64, f64)> {
        let yields = |level: &Level| (level.goodput / level.asked).ln();
        let weigh = |level: &Level| level.error.max(LEAST_ERROR).powi(-2);
        let first = self.levels.first()?;
        let (mut log, mut weight) = (yields(first), weigh(first));
        for level in self.levels.iter().skip(1) {
            let off = yields(level) - log;
            let error = level.error.hypot(weight.powf(-0.5));
            // A rate that breaks down is uneven, and its error is no excuse.
            if off.is_nan() || off.abs() > (ALIKE * error).min(FAR_OFF) {
                break;
            }
            let own = weigh(level);
            log = (weight * log + own * yields(level)) / (weight + own);
            weight += own;
        }
        log.is_finite().then(|| (log.exp(), weight.powf(-0.5)))
    }

    fn saturation(&self, blow_up: Option<(usize, f64, Criterion)>) -> Option<Knee> {
        let (unit, base) = self.unit()?;
        let limit = match self.arrivals {
            Arrivals::Open => SERVED,
            Arrivals::Closed => SHARED,
        };
        let yields = |level: &Level| level.goodput / level.asked / unit;
        let flow = self.flow();
        let is_behind = |(place, level): (usize, &Level)| {
            let found = yields(level);
            let error = level.error.hypot(base);
            let lags = self.arrivals == Arrivals::Open
                && level.answered.is_some_and(|share| share < SERVED);
            // On the logarithm: of few requests an error is wider than what is left above nothing.
            let falls = found < limit && found.ln() + ERRORS * error < 0.0;
            let waits = flow.as_ref().is_some_and(|flow| flow.is_behind(place));
            lags || place > 0 && (falls || level.fails || waits)
        };
        // A load that is not served while a higher one is had a bad moment.
        let served = |(place, level): (usize, &Level)| !is_behind((place, level));
        let last_served = self.levels.iter().enumerate().rposition(served);
        let broken = last_served.map_or(0, |place| place + 1);
        let behind = self.levels.get(broken..)?;
        let first = behind.first()?;
        if self.arrivals == Arrivals::Closed && !self.levels_off(unit) {
            return None;
        }
        let completes = flow
            .as_ref()
            .map_or(f64::INFINITY, |flow| flow.yields(broken));
        let achieved = yields(first)
            .min(first.answered.unwrap_or(f64::INFINITY))
            .min(completes);
        let from = broken.saturating_sub(1);
        let held = self.levels.get(from..)?;
        let most = held.iter().max_by(|a, b| a.goodput.total_cmp(&b.goodput))?;
        let plateau = most.goodput / unit;
        let error = most.error.hypot(base).hypot(most.between);
        let reach = Reference::Normal.beyond(OUTSIDE) * error;
        let good = match blow_up {
            Some((at, ..)) => at.min(broken),
            None => broken,
        };
        // Where the most is had at a load that is still served, goodput collapses: there is no plateau to be seen.
        let best_behind = behind.iter().map(|level| level.goodput).fold(0.0, f64::max);
        let is_served = best_behind < most.goodput;
        let falls = behind.iter().any(|level| {
            level.goodput < HELD * most.goodput && (is_served || level.failures > GIVEN_UP)
        });
        let top = |place: Option<usize>| self.levels.get(place?).map(|level| level.peak);
        let below = top(broken.checked_sub(1));
        // Between the last load of which nothing is said and the first that is not served.
        let low = top(good.checked_sub(1)).filter(|_| below.is_some());
        let mut found = Knee {
            load: plateau,
            interval: (low, first.peak),
            method: Method::Plateau,
            broken,
            good: good.checked_sub(1),
            criterion: Criterion::Saturation {
                achieved,
                plateau: most.goodput,
            },
        };
        match (self.arrivals, below) {
            // It is beyond it from the first load on.
            (_, None) => found.load = (first.load * achieved).min(first.load),
            (Arrivals::Open, Some(below)) if falls => {
                let (load, method) = self.inside(broken, below, first.peak);
                // Where the line points beyond what is broken it says no more than: nearer to that end.
                let near = below.powf(1.0 - NEAR) * first.peak.powf(NEAR);
                let (load, method) = if load < first.peak {
                    (load, method)
                } else {
                    (near, Method::Middle)
                };
                found.load = load.max(plateau.min(first.peak));
                found.method = method;
            }
            (Arrivals::Open, Some(_)) => {
                found.interval.1 = first.peak.max(plateau).min(self.capacity_at_most(blow_up));
            }
            // Users are too many gradually: the bracket is about the plateau, not about the limit.
            (Arrivals::Closed, Some(_)) => {
                let loads = || self.levels.iter().map(|level| level.peak);
                let below = loads().filter(|load| *load <= plateau).reduce(f64::max);
                let above = loads().filter(|load| *load >= plateau).reduce(f64::min);
                let highest = loads().reduce(f64::max).unwrap_or(plateau);
                if let Some(first) = loads().position(|load| load > plateau) {
                    found.broken = first.min(broken);
                    found.good = found.good.min(first.checked_sub(1));
                }
                let low = match (below, low) {
                    (Some(below), Some(low)) => Some(below.min(low)),
                    (one, other) => one.or(other),
                };
                found.interval = (low, above.unwrap_or(highest));
            }
        }
        if let Some(flow) = flow
            && found.method == Method::Plateau
            && below.is_some()
        {
            flow.place(from, &mut found);
        }
        // A load just beyond it may be served, and one just below it not, by a machine with a good or a bad day; not one far beyond it.
        let (low, high) = (found.load * (-reach).exp(), found.load * reach.exp());
        found.interval.0 = found.interval.0.map(|below| below.min(low));
        if found.method == Method::Plateau || achieved > SHARED {
            found.interval.1 = found.interval.1.max(high);
        }
        let lowest = self.levels.first()?.load;
        if found.load <= lowest {
            found.interval.0 = None;
            found.good = None;
        }
        // What lies above the knee is not good.
        let below = self
            .levels
            .iter()
            .rposition(|level| level.load <= found.load);
        found.good = found.good.and_then(|good| Some(good.min(below?)));
        Some(found)
    }

    /// What no capacity is above where a tail has grown so much: at a share r of it a queue whose service times have a coefficient
    /// of variation up to 2 answers in 1 + 2.5 r / (1 - r) service times (Pollaczek-Khinchine), so that 1 - r is below 2.5 / growth.
    fn capacity_at_most(&self, blow_up: Option<(usize, f64, Criterion)>) -> f64 {
        let most = blow_up.and_then(|(place, least, _)| {
            let left = QUEUE / least.exp();
            Some(self.levels.get(place)?.peak / (1.0 - left)).filter(|_| left < SLACK)
        });
        most.unwrap_or(f64::INFINITY)
    }

    /// Whether goodput of users no longer grows with them at the highest loads, or hardly, and latency instead.
    fn levels_off(&self, unit: f64) -> bool {
        let Some((last, lower)) = self.levels.split_last() else {
            return false;
        };
        let far = |level: &&Level| level.load <= FAR * last.load;
        let before = lower.iter().rev().find(far).or(lower.first());
        before.is_some_and(|before| {
            let growth = (last.goodput / before.goodput).ln() / (last.load / before.load).ln();
            growth < GROWING || (growth < HARDLY && self.is_plateau(unit))
        })
    }

    /// Whether users beyond the highest goodput get no less of it together, and wait.
    fn is_plateau(&self, unit: f64) -> bool {
        let goodput = self.levels.iter().map(|level| level.goodput);
        let most = goodput.fold(0.0, f64::max);
        let mut beyond = self
            .levels
            .iter()
            .filter(|level| level.load > PAST * most / unit);
        let mean = |level: Option<&Level>| level.and_then(|level| level.mean);
        let ends = mean(self.levels.first()).zip(mean(self.levels.last()));
        beyond.all(|level| level.goodput >= LEVEL * most)
            && ends.is_some_and(|(first, last)| last >= WAITS * first)
    }

    /// A load between two by the mean latencies below, else the geometric middle.
    fn inside(&self, broken: usize, low: f64, high: f64) -> (f64, Method) {
        let good = self.levels.get(..broken).unwrap_or_default();
        let still = good.iter().all(|level| level.peak <= level.load);
        let points = good.iter().filter_map(|level| {
            let mean = level.mean.filter(|mean| mean.is_finite() && *mean > 0.0)?;
            Some((level.load, 1.0 / mean))
        });
        let points: Vec<(f64, f64)> = points.collect();
        let root = |points: &[(f64, f64)]| {
            let line: Line = points.iter().copied().collect();
            let falls = line.slope().is_some_and(|slope| slope < 0.0);
            line.root().filter(|_| falls)
        };
        let last = points.get(points.len().saturating_sub(2)..);
        match root(&points) {
            Some(all) if self.arrivals == Arrivals::Open && still => {
                // Service times that hardly differ bend the line down towards its end, and then the end is nearer to it.
                let end = last.and_then(root).unwrap_or(all);
                (all.min(end).clamp(low, high), Method::Margin)
            }
            _ => ((low * high).sqrt(), Method::Middle),
        }
    }
}

#[cfg(test)]
mod tests;
