//! Quantiles, how many samples carry them, and their intervals.
//!
//! The quantile is type 1 (Hyndman and Fan 1996): the sample of rank ceil(n p). Its interval is the one of order
//! statistics (David and Nagaraja, "Order Statistics", 2003, section 7.1), free of any distribution: with
//! K ~ Binomial(n, p),
//!
//! ```text
//! lo = largest l with P(K <= l - 1) <= alpha/2      hi = smallest h with P(K >= h) <= alpha/2
//! interval = [x_(lo), x_(hi)], 1-based; a rank outside 1..=n leaves that side open
//! ```
//!
//! From buckets the ends are the outer edges of the buckets of these ranks. From a summary the quantile function is
//! rebuilt: linear between (normal score of the level, ln value), minimum at 1/(n+1), maximum at n/(n+1), read at
//! lo/(n+1) and hi/(n+1). Where the upper rank falls between the last percentile and the maximum, the upper side is
//! widened by 1.25 in the logarithm. On the heavy-tailed latencies of the tests the nominal 95 % interval of a summary
//! holds the true p50 and p95 in 97 % of runs, p99 of 3 000 samples in 96 %, but p99 of 10 000 and more in 92 to 93 %
//! (91 % without the widening); from buckets it is 94 to 97 % throughout.
//!
//! Limits: samples are taken as independent. Requests of one run are not quite, and runs differ far more than the
//! requests inside one: these intervals say how well one run measured itself, not what the next run will show.

use crate::stats::binomial::{normal_score, rank_below};

/// How many requests beyond a quantile make it an estimate.
const BEYOND: f64 = 20.0;
/// How much the upper side is widened between the last percentile and the maximum, in the logarithm.
const WIDER: f64 = 1.25;

/// The two sides of an interval; `None` = that side is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sides<T> {
    /// Lower side.
    pub lo: Option<T>,
    /// Upper side.
    pub hi: Option<T>,
}

impl<T> Sides<T> {
    /// Nothing is known on either side.
    pub const OPEN: Sides<T> = Sides { lo: None, hi: None };
}

/// Between which edges a sample lies; equal where it is known exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edges {
    /// Lower edge.
    pub lower: f64,
    /// Upper edge.
    pub upper: f64,
}

impl Edges {
    /// Halfway between the edges.
    pub fn mid(self) -> f64 {
        f64::midpoint(self.lower, self.upper)
    }
}

/// The ranks whose samples enclose the quantile `p` of `n` samples at this confidence level.
///
/// ```
/// use knee::stats::quantile::{Sides, ranks};
/// assert_eq!(ranks(1000, 0.95, 0.95), Sides { lo: Some(936), hi: Some(964) });
/// assert_eq!(ranks(367, 0.99, 0.95).hi, None);
/// assert_eq!(ranks(368, 0.99, 0.95).hi, Some(368));
/// ```
pub fn ranks(n: u64, p: f64, level: f64) -> Sides<u64> {
    let tail = (1.0 - level) / 2.0;
    let q = 1.0 - p;
    let lo = rank_below(n, p, q, tail);
    // The upper side is the lower side of the samples counted from the top.
    let from_top = rank_below(n, q, p, tail);
    Sides {
        lo: (lo > 0).then_some(lo),
        hi: (from_top > 0).then(|| n + 1 - from_top),
    }
}

/// How well `n` samples carry a quantile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Support {
    /// No interval exists: the value is as good as the maximum (or the minimum).
    None,
    /// An interval exists, but fewer than 20 samples lie beyond.
    Weak,
    /// Carried.
    Ok,
}

/// The smallest numbers of samples for [`Support::Weak`] and [`Support::Ok`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needed {
    /// From here on an interval exists on both sides.
    pub interval: u64,
    /// From here on 20 samples lie beyond.
    pub estimate: u64,
}

/// What the quantile `p` needs, for 95 % intervals: n >= ln(0.025) / ln(max(p, 1 - p)) and n min(p, 1 - p) >= 20.
///
/// `None` when `p` is outside (0, 1).
///
/// ```
/// use knee::stats::quantile::{Needed, needed};
/// assert_eq!(needed(0.99), Some(Needed { interval: 368, estimate: 2000 }));
/// ```
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positive; a float beyond u64 saturates, which is as many as never"
)]
pub fn needed(p: f64) -> Option<Needed> {
    if !(p > 0.0 && p < 1.0) {
        return None;
    }
    let far = p.max(1.0 - p);
    let near = p.min(1.0 - p);
    // 20 / (1 - 0.9) is 200.00000000000003: whole numbers must not become the next one.
    let whole = |samples: f64| (samples * (1.0 - 1e-12)).ceil() as u64;
    Some(Needed {
        interval: whole(0.025_f64.ln() / far.ln()),
        estimate: whole(BEYOND / near),
    })
}

/// How well `n` samples carry the quantile `p`.
///
/// ```
/// use knee::stats::quantile::{Support, support};
/// assert_eq!(support(367, 0.99), Support::None);
/// assert_eq!(support(368, 0.99), Support::Weak);
/// assert_eq!(support(2000, 0.99), Support::Ok);
/// ```
pub fn support(n: u64, p: f64) -> Support {
    match needed(p) {
        Some(needed) if n >= needed.interval.max(needed.estimate) => Support::Ok,
        Some(needed) if n >= needed.interval => Support::Weak,
        _ => Support::None,
    }
}

/// The rank of the quantile `p` among `n` samples: ceil(n p), at least 1. `None` without samples or outside (0, 1).
///
/// ```
/// use knee::stats::quantile::nearest_rank;
/// assert_eq!(nearest_rank(10, 0.25), Some(3));
/// assert_eq!(nearest_rank(100, 0.07), Some(7));
/// assert_eq!(nearest_rank(0, 0.5), None);
/// ```
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 1 and n"
)]
pub fn nearest_rank(n: u64, p: f64) -> Option<u64> {
    if n == 0 || !(p > 0.0 && p < 1.0) {
        return None;
    }
    // 100 * 0.07 is 7.000000000000001: a whole product must not become the next rank.
    let rank = (n as f64 * p * (1.0 - 1e-15)).ceil() as u64;
    Some(rank.clamp(1, n))
}

/// Counts in rising buckets, ready to be asked by rank.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cumulative {
    edges: Vec<Edges>,
    upto: Vec<u64>,
}

impl Cumulative {
    /// From buckets in rising order: lower edge, upper edge, samples.
    ///
    /// ```
    /// use knee::stats::quantile::{Cumulative, Edges};
    /// let counts = Cumulative::new([(1.0, 2.0, 90), (2.0, 4.0, 10)]);
    /// assert_eq!(counts.total(), 100);
    /// assert_eq!(counts.quantile(0.95), Some(Edges { lower: 2.0, upper: 4.0 }));
    /// ```
    pub fn new(buckets: impl IntoIterator<Item = (f64, f64, u64)>) -> Cumulative {
        let buckets = buckets.into_iter();
        let (least, _) = buckets.size_hint();
        let mut made = Cumulative {
            edges: Vec::with_capacity(least),
            upto: Vec::with_capacity(least),
        };
        let mut total: u64 = 0;
        for (lower, upper, count) in buckets {
            if count > 0 {
                total = total.saturating_add(count);
                made.edges.push(Edges { lower, upper });
                made.upto.push(total);
            }
        }
        made
    }

    /// All samples.
    pub fn total(&self) -> u64 {
        self.upto.last().copied().unwrap_or(0)
    }

    /// The bucket of the sample of that rank, counted from 1.
    pub fn at_rank(&self, rank: u64) -> Option<Edges> {
        if rank == 0 {
            return None;
        }
        let place = self.upto.partition_point(|upto| *upto < rank);
        self.edges.get(place).copied()
    }

    /// The bucket of the quantile `p` by nearest rank.
    pub fn quantile(&self, p: f64) -> Option<Edges> {
        self.at_rank(nearest_rank(self.total(), p)?)
    }

    /// The buckets that enclose the quantile `p`: the interval runs from the lower edge of the lower one to the upper
    /// edge of the upper one.
    ///
    /// ```
    /// use knee::stats::quantile::{Cumulative, Edges, Sides};
    /// let whole = Cumulative::new((1..=1000).map(|ms| (f64::from(ms), f64::from(ms), 1)));
    /// let sides = whole.interval(0.95, 0.95);
    /// assert_eq!((sides.lo.unwrap().lower, sides.hi.unwrap().upper), (936.0, 964.0));
    /// ```
    pub fn interval(&self, p: f64, level: f64) -> Sides<Edges> {
        let ranks = ranks(self.total(), p, level);
        Sides {
            lo: ranks.lo.and_then(|rank| self.at_rank(rank)),
            hi: ranks.hi.and_then(|rank| self.at_rank(rank)),
        }
    }
}

/// A quantile function rebuilt from minimum, percentiles and maximum.
///
/// Sketches may report a percentile above the maximum or below the minimum; the knots are made to rise by keeping the
/// largest value so far. Where a knot is 0, half the smallest positive knot is added to all before the logarithm and
/// taken off again: the curve is then nearly linear close to 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    n: u64,
    /// Normal score of the level, ln(value + shift); both rising.
    knots: Vec<(f64, f64)>,
    shift: f64,
    /// Whether the last knot is the maximum.
    has_max: bool,
}

impl Summary {
    /// From the number of samples, the extremes where they are known, and (level, value) pairs in any order.
    ///
    /// `None` without samples or percentiles, and where a value is negative or not a number: no logarithm, no curve.
    ///
    /// ```
    /// use knee::stats::quantile::Summary;
    /// let levels = [(0.5, 100.0), (0.95, 200.0), (0.99, 400.0)];
    /// let summary = Summary::new(1000, Some(10.0), Some(900.0), levels).unwrap();
    /// let sides = summary.interval(0.95, 0.95);
    /// assert!(sides.lo.unwrap() < 200.0 && sides.hi.unwrap() > 200.0);
    /// assert_eq!(Summary::new(10, None, None, [(0.5, -1.0)]), None);
    /// ```
    pub fn new(
        n: u64,
        min: Option<f64>,
        max: Option<f64>,
        percentiles: impl IntoIterator<Item = (f64, f64)>,
    ) -> Option<Summary> {
        if n == 0 {
            return None;
        }
        let samples = n as f64 + 1.0;
        let (first, last) = (1.0 / samples, n as f64 / samples);
        // Beyond the level of a known extreme a percentile is that extreme.
        let mut points: Vec<(f64, f64)> = percentiles
            .into_iter()
            .filter(|(level, _)| *level > 0.0 && *level < 1.0)
            .filter(|(level, _)| min.is_none() || *level > first)
            .filter(|(level, _)| max.is_none() || *level < last)
            .collect();
        if points.is_empty() {
            return None;
        }
        points.extend(min.map(|value| (first, value)));
        points.extend(max.map(|value| (last, value)));
        if !points.iter().all(|(_, v)| v.is_finite() && *v >= 0.0) {
            return None;
        }
        points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        points.dedup_by(|later, kept| later.0.total_cmp(&kept.0).is_eq());
        let mut largest = 0.0_f64;
        for (_, value) in &mut points {
            largest = largest.max(*value);
            *value = largest;
        }
        let smallest = points.iter().map(|(_, v)| *v).find(|v| *v > 0.0);
        let shift = match (points.first(), smallest) {
            (Some((_, value)), Some(smallest)) if *value <= 0.0 => smallest / 2.0,
            (Some((_, value)), None) if *value <= 0.0 => 1.0,
            _ => 0.0,
        };
        let knots = points
            .into_iter()
            .map(|(level, value)| (normal_score(level), (value + shift).ln()))
            .collect();
        Some(Summary {
            n,
            knots,
            shift,
            has_max: max.is_some(),
        })
    }

    /// The interval of the quantile `p`; a side is open where its rank is, or where the summary does not reach.
    pub fn interval(&self, p: f64, level: f64) -> Sides<f64> {
        if !(p > 0.0 && p < 1.0) {
            return Sides::OPEN;
        }
        let ranks = ranks(self.n, p, level);
        let score = |rank: u64| normal_score(rank as f64 / (self.n as f64 + 1.0));
        let value = |log: f64| (log.exp() - self.shift).max(0.0);
        Sides {
            lo: ranks.lo.and_then(|rank| self.read(score(rank))).map(value),
            hi: ranks
                .hi
                .and_then(|rank| self.upper(p, score(rank)))
                .map(value),
        }
    }

    fn read(&self, score: f64) -> Option<f64> {
        let (first, last) = (self.knots.first()?, self.knots.last()?);
        // The level of an extreme is computed twice; rounding must not open its side.
        let slack = 1e-9;
        if score < first.0 - slack || score > last.0 + slack {
            return None;
        }
        let above = self.knots.partition_point(|knot| knot.0 < score - slack);
        let upper = self.knots.get(above).unwrap_or(last);
        let Some(lower) = above.checked_sub(1).and_then(|at| self.knots.get(at)) else {
            return Some(upper.1);
        };
        let share = ((score - lower.0) / (upper.0 - lower.0)).clamp(0.0, 1.0);
        Some(lower.1 + share * (upper.1 - lower.1))
    }

    /// The upper end, widened inside the stretch below the maximum but never beyond the maximum itself.
    fn upper(&self, p: f64, score: f64) -> Option<f64> {
        let end = self.read(score)?;
        let last = self.knots.last()?;
        let before = self.knots.get(self.knots.len().wrapping_sub(2));
        let in_last_stretch = self.has_max && before.is_some_and(|knot| score > knot.0 + 1e-9);
        let centre = self.read(normal_score(p));
        match centre {
            Some(centre) if in_last_stretch => {
                Some((centre + WIDER * (end - centre)).min(last.1).max(end))
            }
            _ => Some(end),
        }
    }
}

#[cfg(test)]
mod tests;
