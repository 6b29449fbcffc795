//! Where the logarithm of a latency bends against the load: two straight lines that meet.
//!
//! ```text
//! ln q = a + b N + c max(N - N*, 0)        N* from the second load to the last but one, by least squares
//! F    = ((RSS_1 - RSS_2) / 2) / (RSS_2 / (n - 4)),   P(F > f) = (RSS_2 / RSS_1)^((n - 4) / 2)
//! ```
//!
//! with the residual sums of squares of one line and of two. Between neighbouring loads the best N* is where the lines of both sides cross, or else at
//! one of these loads (D. J. Hudson, "Fitting segmented curves whose join points have to be estimated", 1966), so that no grid is
//! searched. The chance is that of F with 2 and n - 4 degrees of freedom, which for 2 has the closed form above. The 95 % interval of
//! N* runs from the first to the last break whose sum of squares is at most `RSS_2 (1 + t^2 / (n - 4))`, t of Student with n - 4
//! degrees of freedom, one-sided 0.025; a side that reaches the last break that was looked at is open.
//!
//! Limits: without a bend N* is no parameter at all, so that F is not quite its distribution: where it says 1 in 100, a straight
//! line with normal noise is called bent in 0.5 to 1.5 of 100 simulated sweeps of five to twenty loads. Where the bend is at least
//! three times the noise per load, the interval held it in 93 to 95 of 100 sweeps of eight loads. Below five loads nothing is said;
//! at five, one degree of freedom is left, and only a near-perfect bend is seen. One far point is a bend to it.

use crate::stats::quantile::Sides;
use crate::stats::student::Reference;

/// Fewest different loads.
const LOADS: usize = 5;
/// Chance beyond each end of the interval of the break.
const BEYOND: f64 = 0.025;
/// Sum of squares of a hinge, in units of the range of the loads, below which its two lines are not told apart.
const HINGE: f64 = 1e-20;

/// A latency under a load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The load.
    pub load: f64,
    /// Logarithm of the latency.
    pub log: f64,
}

/// Two lines that meet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bend {
    /// Points.
    pub n: usize,
    /// Different loads.
    pub loads: usize,
    /// The load at which the lines meet.
    pub at: f64,
    /// Its 95 % interval.
    pub interval: Sides<f64>,
    /// Change of the logarithm per unit of load before the bend.
    pub before: f64,
    /// The same behind it.
    pub after: f64,
    /// Residual sum of squares of one line.
    pub of_line: f64,
    /// Of two.
    pub of_bend: f64,
    /// Points minus four.
    pub freedom: f64,
    /// Chance of so much less of it where there is no bend; see the limits above.
    pub p_value: f64,
}

/// The best bend in points of five or more different loads; `None` with fewer, or with figures that are not finite.
///
/// ```
/// use knee::stats::bend::{Point, bend};
/// let logs = [3.0, 3.01, 3.0, 3.01, 3.4, 3.81, 4.2, 4.6];
/// let points: Vec<Point> = (1..).zip(logs).map(|(load, log)| Point { load: f64::from(load), log }).collect();
/// let found = bend(&points).unwrap();
/// assert!((found.at - 4.0).abs() < 0.05 && found.p_value < 1e-4);
/// assert!((found.after - 0.4).abs() < 0.01);
/// ```
pub fn bend(points: &[Point]) -> Option<Bend> {
    let sweep = Sweep::new(points)?;
    let breaks = sweep.loads.get(1..sweep.loads.len() - 1)?;
    let crossings = breaks.iter().zip(breaks.iter().skip(1));
    let crossings = crossings.filter_map(|(lo, hi)| sweep.parts(*lo, *hi)?.crossing());
    let hinges = breaks.iter().copied().chain(crossings);
    let best = hinges
        .filter_map(|at| sweep.hinge(at))
        .min_by(|one, other| one.squares.total_cmp(&other.squares))?;
    let n = points.len();
    let freedom = n as f64 - 4.0;
    let t = Reference::Student(freedom).beyond(BEYOND);
    let most = best.squares * (1.0 + t * t / freedom);
    let found = Bend {
        n,
        loads: sweep.loads.len(),
        at: sweep.load(best.at),
        interval: sweep.interval(breaks, &best, most),
        before: best.before / sweep.range,
        after: best.after / sweep.range,
        of_line: sweep.squares,
        of_bend: best.squares,
        freedom,
        p_value: (best.squares / sweep.squares).min(1.0).powf(freedom / 2.0),
    };
    let figures = [found.at, found.before, found.after, found.p_value, most];
    figures.iter().all(|of| of.is_finite()).then_some(found)
}

/// Points by load, from 0 at the smallest to 1 at the largest, and the one line through them.
struct Sweep {
    from: f64,
    range: f64,
    points: Vec<(f64, f64)>,
    loads: Vec<f64>,
    slope: f64,
    residuals: Vec<f64>,
    squares: f64,
    /// What rounding alone leaves of a sum of squares.
    least: f64,
}

impl Sweep {
    fn new(points: &[Point]) -> Option<Sweep> {
        let is_finite = |point: &Point| point.load.is_finite() && point.log.is_finite();
        if points.len() < LOADS || !points.iter().all(is_finite) {
            return None;
        }
        let loads = || points.iter().map(|point| point.load);
        let from = loads().fold(f64::INFINITY, f64::min);
        let range = loads().fold(f64::NEG_INFINITY, f64::max) - from;
        if !range.is_finite() || range <= 0.0 {
            return None;
        }
        let mut points: Vec<(f64, f64)> = points
            .iter()
            .map(|point| ((point.load - from) / range, point.log))
            .collect();
        points.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1)));
        let mut loads: Vec<f64> = points.iter().map(|point| point.0).collect();
        loads.dedup();
        let line = Straight::through(&points)?;
        let residuals: Vec<f64> = points.iter().map(|(x, y)| y - line.at(*x)).collect();
        let largest = points
            .iter()
            .fold(1.0, |most: f64, point| most.max(point.1.abs()));
        let least = points.len() as f64 * (4.0 * f64::EPSILON * largest).powi(2);
        let squares = sum_of_squares(&residuals).max(least);
        (loads.len() >= LOADS && squares.is_finite()).then_some(Sweep {
            from,
            range,
            points,
            loads,
            slope: line.slope,
            residuals,
            squares,
            least,
        })
    }

    fn load(&self, at: f64) -> f64 {
        self.from + at * self.range
    }

    /// Two lines that meet here: what is left of the hinge beside the one line explains what it can of what that left over.
    fn hinge(&self, at: f64) -> Option<Hinge> {
        let hinge: Vec<(f64, f64)> = self
            .points
            .iter()
            .map(|(x, _)| (*x, (x - at).max(0.0)))
            .collect();
        let line = Straight::through(&hinge)?;
        let own: Vec<f64> = hinge.iter().map(|(x, y)| y - line.at(*x)).collect();
        let of_own = sum_of_squares(&own);
        let both = own.iter().zip(&self.residuals);
        let change = both.map(|(own, residual)| own * residual).sum::<f64>() / of_own;
        let rest = own.iter().zip(&self.residuals);
        let rest: Vec<f64> = rest
            .map(|(own, residual)| residual - change * own)
            .collect();
        let before = self.slope - change * line.slope;
        (of_own > HINGE && change.is_finite()).then_some(Hinge {
            at,
            before,
            after: before + change,
            squares: sum_of_squares(&rest).max(self.least),
        })
    }

    /// The lines of the points up to one load and from the next.
    fn parts(&self, lo: f64, hi: f64) -> Option<Parts> {
        let (left, right): (Vec<_>, Vec<_>) = self.points.iter().partition(|point| point.0 <= lo);
        let (left, right) = (Straight::through(&left)?, Straight::through(&right)?);
        Some(Parts {
            lo,
            hi,
            left,
            right,
        })
    }

    /// The first and the last break with at most so large a sum of squares.
    fn interval(&self, breaks: &[f64], best: &Hinge, most: f64) -> Sides<f64> {
        let ends = breaks.iter().zip(breaks.iter().skip(1));
        let ends = ends.filter_map(|(lo, hi)| self.parts(*lo, *hi));
        let ends = ends.flat_map(|parts| parts.reaching(most));
        // A root is as exact as its sum of squares.
        let holds = |at: f64| {
            self.hinge(at)
                .is_some_and(|hinge| hinge.squares <= most * (1.0 + 1e-9))
        };
        let (mut first, mut last) = (best.at, best.at);
        for at in breaks.iter().copied().chain(ends).filter(|at| holds(*at)) {
            first = first.min(at);
            last = last.max(at);
        }
        let is_open =
            |edge: Option<&f64>, at: f64| edge.is_none_or(|edge| (edge - at).abs() <= 0.0);
        Sides {
            lo: (!is_open(breaks.first(), first)).then(|| self.load(first)),
            hi: (!is_open(breaks.last(), last)).then(|| self.load(last)),
        }
    }
}

/// Two lines that meet at a load, in units of the range.
struct Hinge {
    at: f64,
    before: f64,
    after: f64,
    squares: f64,
}

/// Two lines, each through its own points, and the gap between neighbouring loads in which they may meet.
struct Parts {
    lo: f64,
    hi: f64,
    left: Straight,
    right: Straight,
}

impl Parts {
    /// Where they cross, within the gap.
    fn crossing(&self) -> Option<f64> {
        let [d0, d1] = self.apart();
        Some(-d0 / d1).filter(|at| self.holds(*at))
    }

    /// The breaks in the gap at which the sum of squares of two lines that meet is `most`: that of the separate lines and
    /// (distance at the break)^2 / (its variance).
    fn reaching(&self, most: f64) -> Vec<f64> {
        let spare = most - self.left.squares - self.right.squares;
        let [d0, d1] = self.apart();
        let [l0, l1, l2] = self.left.variance();
        let [r0, r1, r2] = self.right.variance();
        let a = d1 * d1 - spare * (l2 + r2);
        let b = 2.0 * d0 * d1 - spare * (l1 + r1);
        let c = d0 * d0 - spare * (l0 + r0);
        let root = (b * b - 4.0 * a * c).sqrt();
        let q = -0.5 * (b + root.copysign(b));
        [q / a, c / q]
            .into_iter()
            .filter(|at| self.holds(*at))
            .collect()
    }

    /// Left minus right, as a polynomial.
    fn apart(&self) -> [f64; 2] {
        let at_zero = self.left.at(0.0) - self.right.at(0.0);
        [at_zero, self.left.slope - self.right.slope]
    }

    fn holds(&self, at: f64) -> bool {
        at > self.lo && at < self.hi
    }
}

/// The line through points by least squares.
struct Straight {
    n: f64,
    x: f64,
    y: f64,
    xx: f64,
    slope: f64,
    squares: f64,
}

impl Straight {
    /// `None` with fewer than two different x.
    fn through(points: &[(f64, f64)]) -> Option<Straight> {
        let n = points.len() as f64;
        let x = points.iter().map(|point| point.0).sum::<f64>() / n;
        let y = points.iter().map(|point| point.1).sum::<f64>() / n;
        let xx: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
        let xy: f64 = points
            .iter()
            .map(|point| (point.0 - x) * (point.1 - y))
            .sum();
        let slope = xy / xx;
        let rest = points
            .iter()
            .map(|point| point.1 - y - slope * (point.0 - x));
        let squares = rest.map(|rest| rest * rest).sum();
        (xx > 0.0 && slope.is_finite()).then_some(Straight {
            n,
            x,
            y,
            xx,
            slope,
            squares,
        })
    }

    fn at(&self, x: f64) -> f64 {
        self.y + self.slope * (x - self.x)
    }

    /// Of its value, in units of that of one point, as a polynomial of x.
    fn variance(&self) -> [f64; 3] {
        let square = 1.0 / self.xx;
        [
            1.0 / self.n + self.x * self.x * square,
            -2.0 * self.x * square,
            square,
        ]
    }
}

fn sum_of_squares(of: &[f64]) -> f64 {
    of.iter().map(|value| value * value).sum()
}

#[cfg(test)]
mod tests;
