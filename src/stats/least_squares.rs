//! The curve through points by least squares, for few parameters that may have lower bounds.
//!
//! Levenberg-Marquardt (Marquardt 1963): with residuals `r = y - f(b)` and Jacobian `J` of `f`, each step solves
//!
//! ```text
//! min |J d - r|^2 + mu |D d|^2        D: the largest norm that each column of J has had (Moré 1978)
//! ```
//!
//! by orthogonal columns (modified Gram-Schmidt of J on top of root(mu) D), which keeps the digits that J'J would lose. mu follows
//! the gain, the fall of the sum of squares over the fall that the line promised (Nielsen 1999). A parameter that a step would carry
//! past its bound goes to the bound, and the others are solved for beside that; one on its bound that the data pull outwards stays.
//!
//! `s^2 = RSS / (n - P)`, `covariance = s^2 (J'J)^-1` over the parameters off their bounds.
//!
//! Limits: a local minimum is found, not always the lowest one. Standard errors are those of the tangent at the minimum; they hold
//! where the curve is nearly straight over their reach. A parameter on its bound has none.

/// One observation under given parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point<const P: usize> {
    /// Observed minus expected.
    pub residual: f64,
    /// Change of the expected value per parameter.
    pub gradient: [f64; P],
}

/// Parameters that make the sum of squares least.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit<const P: usize> {
    /// Observations.
    pub n: usize,
    /// The parameters.
    pub estimates: [f64; P],
    /// Which of them lie on their bound and are held there by the data.
    pub bound: [bool; P],
    /// Residual sum of squares.
    pub squares: f64,
    /// Observations minus parameters.
    pub freedom: f64,
    /// Covariance of the parameters; 0 for those on their bound.
    pub covariance: [[f64; P]; P],
    /// Steps that were tried.
    pub steps: u32,
}

impl<const P: usize> Fit<P> {
    /// Standard error of each parameter; `None` on its bound.
    pub fn errors(&self) -> [Option<f64>; P] {
        std::array::from_fn(|k| (!self.bound[k]).then(|| self.covariance[k][k].sqrt()))
    }

    /// Residual standard deviation.
    pub fn deviation(&self) -> f64 {
        (self.squares / self.freedom).sqrt()
    }
}

/// Why there is no curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No more observations than parameters.
    TooFew,
    /// A start, an observation or the answer is not finite.
    NotFinite,
    /// The observations do not tell the parameters apart.
    Singular,
    /// No minimum within the steps allowed.
    NotConverged,
}

/// Steps after which the search gives up.
const STEPS: u32 = 2000;
/// Promised fall of the sum of squares, in parts of it, that counts as none.
const FLAT: f64 = 1e-16;
/// Promised fall that rounding may hide.
const ROUNDING: f64 = 1e-12;
/// Step, in parts of each parameter, that counts as none.
const STILL: f64 = 1e-14;
/// Damping that changes no digit of a step that matters.
const UNDAMPED: f64 = 1e-12;
/// How often a short step is looked at again.
const LOOKS: u32 = 10;
/// Length that a column of unit length must keep beside the others.
const ALONE: f64 = 1e-11;

/// Fits `of`, which looks at one observation under given parameters, from a start; parameters never leave `lower`, which may be
/// minus infinity.
///
/// ```
/// use knee::stats::least_squares::{Point, fit};
/// // y = a (1 - exp(-b x)) with a = 3, b = 0.5, exactly.
/// let seen = [1.0, 2.0, 4.0, 8.0].map(|x: f64| (x, 3.0 * (1.0 - (-0.5 * x).exp())));
/// let of = |(x, y): &(f64, f64), [a, b]: &[f64; 2]| {
///     let rest = (-b * x).exp();
///     Point { residual: y - a * (1.0 - rest), gradient: [1.0 - rest, a * x * rest] }
/// };
/// let found = fit(&seen, of, [1.0, 1.0], [0.0, 0.0]).unwrap();
/// assert!((found.estimates[0] - 3.0).abs() < 1e-9 && (found.estimates[1] - 0.5).abs() < 1e-9);
/// ```
pub fn fit<T, const P: usize>(
    observations: &[T],
    of: impl Fn(&T, &[f64; P]) -> Point<P>,
    start: [f64; P],
    lower: [f64; P],
) -> Result<Fit<P>, Refusal> {
    if observations.len() <= P {
        return Err(Refusal::TooFew);
    }
    let is_bound = |bound: &f64| bound.is_finite() || *bound == f64::NEG_INFINITY;
    if !start.iter().all(|of| of.is_finite()) || !lower.iter().all(is_bound) {
        return Err(Refusal::NotFinite);
    }
    let look = |at: [f64; P]| Place::new(observations, &of, at);
    let mut place = look(projected(start, lower)).ok_or(Refusal::NotFinite)?;
    let mut scale = [0.0_f64; P];
    let (mut mu, mut growth, mut looks) = (1e-3, 2.0, 0);
    for step in 1..=STEPS {
        for (scale, column) in scale.iter_mut().zip(&place.columns) {
            *scale = scale.max(norm(column));
        }
        let next = place.next(lower, scale, mu).ok_or(Refusal::NotFinite)?;
        let taken: [f64; P] = std::array::from_fn(|k| next[k] - place.at[k]);
        let promised = place.promised(taken);
        let is_still = (0..P).all(|k| taken[k].abs() <= STILL * next[k].abs());
        let seen = look(next);
        let is_lower = seen
            .as_ref()
            .is_some_and(|seen| seen.squares < place.squares);
        let is_flat = promised.abs() <= FLAT * place.squares
            || (promised.abs() <= ROUNDING * place.squares && !is_lower);
        if is_still || is_flat {
            if let Some(seen) = seen.filter(|_| is_lower) {
                place = seen;
            }
            if mu <= UNDAMPED || looks == LOOKS {
                return place.finish(lower, step);
            }
            // A damped step is short for another reason than being at the minimum: look again with less.
            looks += 1;
            (mu, growth) = (mu * 1e-3, 2.0);
            continue;
        }
        let gain = seen.as_ref().map(|seen| {
            let fall = place.squares - seen.squares;
            if promised > 0.0 {
                fall / promised
            } else {
                -1.0
            }
        });
        match (seen, gain) {
            (Some(seen), Some(gain)) if gain > 1e-4 => {
                place = seen;
                mu = (mu * (1.0 - (2.0 * gain - 1.0).powi(3)).max(1.0 / 3.0)).max(1e-15);
                growth = 2.0;
            }
            _ => {
                mu *= growth;
                growth *= 2.0;
            }
        }
        if !mu.is_finite() {
            break;
        }
    }
    Err(Refusal::NotConverged)
}

/// What the observations say at one set of parameters.
struct Place<const P: usize> {
    at: [f64; P],
    residuals: Vec<f64>,
    columns: [Vec<f64>; P],
    squares: f64,
}

impl<const P: usize> Place<P> {
    /// `None` where anything is not finite.
    fn new<T>(
        observations: &[T],
        of: &impl Fn(&T, &[f64; P]) -> Point<P>,
        at: [f64; P],
    ) -> Option<Place<P>> {
        let points: Vec<Point<P>> = observations.iter().map(|one| of(one, &at)).collect();
        let residuals: Vec<f64> = points.iter().map(|point| point.residual).collect();
        let columns: [Vec<f64>; P] =
            std::array::from_fn(|k| points.iter().map(|point| point.gradient[k]).collect());
        let squares = dot(&residuals, &residuals);
        let is_finite = squares.is_finite()
            && columns.iter().all(|column| norm(column).is_finite())
            && at.iter().all(|of| of.is_finite());
        is_finite.then_some(Place {
            at,
            residuals,
            columns,
            squares,
        })
    }

    /// Where the step for this damping leads; `None` where it is not finite. A parameter that it would carry past its bound goes to
    /// the bound, and the others take their best step beside that.
    fn next(&self, lower: [f64; P], scale: [f64; P], mu: f64) -> Option<[f64; P]> {
        // On its bound, and the data pull outwards.
        let mut fixed: [Option<f64>; P] = std::array::from_fn(|k| {
            let is_held = self.at[k] <= lower[k] && dot(&self.columns[k], &self.residuals) <= 0.0;
            is_held.then_some(0.0)
        });
        loop {
            let step = self.step(fixed, scale, mu)?;
            let next: [f64; P] = std::array::from_fn(|k| self.at[k] + step[k]);
            let past: [bool; P] = std::array::from_fn(|k| fixed[k].is_none() && next[k] < lower[k]);
            if !past.contains(&true) {
                return Some(projected(next, lower));
            }
            for k in (0..P).filter(|k| past[*k]) {
                fixed[k] = Some(lower[k] - self.at[k]);
            }
        }
    }

    /// The step for this damping, some of it given; `None` where it is not finite.
    fn step(&self, fixed: [Option<f64>; P], scale: [f64; P], mu: f64) -> Option<[f64; P]> {
        let scale = scale.map(|scale| if scale > 0.0 { scale } else { 1.0 });
        let columns = std::array::from_fn(|k| {
            let own = (0..P).map(|j| if j == k { mu.sqrt() } else { 0.0 });
            let column = self.columns[k].iter().map(|value| value / scale[k]);
            column.chain(own).collect()
        });
        let mut right = self.residuals.clone();
        for (column, given) in self.columns.iter().zip(fixed) {
            for (residual, value) in right.iter_mut().zip(column) {
                *residual -= value * given.unwrap_or(0.0);
            }
        }
        right.resize(right.len() + P, 0.0);
        let free = fixed.map(|given| given.is_none());
        let (triangle, right) = orthogonal(columns, right, free, 0.0)?;
        let step = backwards(&triangle, right);
        let step = std::array::from_fn(|k| fixed[k].unwrap_or(step[k] / scale[k]));
        step.iter().all(|of| of.is_finite()).then_some(step)
    }

    /// By how much the tangent says that the sum of squares falls with this step.
    fn promised(&self, step: [f64; P]) -> f64 {
        let mut fall = 0.0;
        for (row, residual) in self.residuals.iter().enumerate() {
            let columns = self.columns.iter().zip(step);
            let moved: f64 = columns
                .filter_map(|(column, step)| column.get(row).map(|value| value * step))
                .sum();
            fall += moved * (2.0 * residual - moved);
        }
        fall
    }

    /// The answer at the minimum.
    fn finish(self, lower: [f64; P], steps: u32) -> Result<Fit<P>, Refusal> {
        let n = self.residuals.len();
        let freedom = (n - P) as f64;
        let on_bound: [bool; P] = std::array::from_fn(|k| self.at[k] <= lower[k]);
        let free = on_bound.map(|on_bound| !on_bound);
        let norms: [f64; P] = std::array::from_fn(|k| norm(&self.columns[k]));
        if (0..P).any(|k| free[k] && norms[k] <= 0.0) {
            return Err(Refusal::Singular);
        }
        let unit = std::array::from_fn(|k| {
            let column = self.columns[k].iter();
            column.map(|value| value / norms[k]).collect()
        });
        let (triangle, _) =
            orthogonal(unit, self.residuals.clone(), free, ALONE).ok_or(Refusal::Singular)?;
        // The rows of the inverse of the triangle; (J'J)^-1 is that times its own transpose.
        let columns: [[f64; P]; P] = std::array::from_fn(|j| {
            backwards(
                &triangle,
                std::array::from_fn(|k| f64::from(u8::from(k == j))),
            )
        });
        let variance = self.squares / freedom;
        let covariance = std::array::from_fn(|a| {
            std::array::from_fn(|b| {
                let product: f64 = columns.iter().map(|column| column[a] * column[b]).sum();
                if free[a] && free[b] {
                    variance * (product / norms[a] / norms[b])
                } else {
                    0.0
                }
            })
        });
        let found = Fit {
            n,
            estimates: self.at,
            bound: on_bound,
            squares: self.squares,
            freedom,
            covariance,
            steps,
        };
        let is_finite = found.covariance.iter().flatten().all(|of| of.is_finite());
        if is_finite {
            Ok(found)
        } else {
            Err(Refusal::NotFinite)
        }
    }
}

/// The triangle R of columns = Q R and Q' right, columns that are not free left out; `None` where a column keeps no more than
/// `least` of itself beside those before it.
fn orthogonal<const P: usize>(
    mut columns: [Vec<f64>; P],
    mut right: Vec<f64>,
    free: [bool; P],
    least: f64,
) -> Option<([[f64; P]; P], [f64; P])> {
    let mut triangle = [[0.0; P]; P];
    let mut turned = [0.0; P];
    for k in 0..P {
        if !free[k] {
            triangle[k][k] = 1.0;
            continue;
        }
        let length = norm(&columns[k]);
        if length.is_nan() || length <= least {
            return None;
        }
        triangle[k][k] = length;
        let unit: Vec<f64> = columns[k].iter().map(|value| value / length).collect();
        for j in (k + 1..P).filter(|j| free[*j]) {
            triangle[k][j] = take_out(&unit, &mut columns[j]);
        }
        turned[k] = take_out(&unit, &mut right);
    }
    Some((triangle, turned))
}

/// Makes a column orthogonal to a unit one; the part that was taken out.
fn take_out(unit: &[f64], column: &mut [f64]) -> f64 {
    let part = dot(unit, column);
    for (value, unit) in column.iter_mut().zip(unit) {
        *value -= part * unit;
    }
    part
}

/// Solves triangle x = right.
fn backwards<const P: usize>(triangle: &[[f64; P]; P], right: [f64; P]) -> [f64; P] {
    let mut x = right;
    for k in (0..P).rev() {
        let known: f64 = (k + 1..P).map(|j| triangle[k][j] * x[j]).sum();
        x[k] = (right[k] - known) / triangle[k][k];
    }
    x
}

fn projected<const P: usize>(at: [f64; P], lower: [f64; P]) -> [f64; P] {
    std::array::from_fn(|k| at[k].max(lower[k]))
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

fn norm(of: &[f64]) -> f64 {
    dot(of, of).sqrt()
}

#[cfg(test)]
mod tests;
