//! The point at which a curve stops paying, by its shape alone.
//!
//! Kneedle (V. Satopää, J. Albrecht, D. Irwin, B. Raghavan, "Finding a 'Kneedle' in a Haystack", 2011) with sensitivity S = 1:
//!
//! ```text
//! x, y to [0, 1], turned so that the curve rises and bends down;  d = y - x
//! a local maximum of d is a knee when d falls below  d_max - S mean(x_(i+1) - x_i)  before the next local maximum;
//! behind a local minimum it would have to fall below 0
//! ```
//!
//! The first knee in the direction of the turned curve is returned. Nothing is smoothed.
//!
//! Limits: there is no error and no chance, and the answer depends on the range of loads that was tested, because that is what x is
//! scaled by. A second opinion beside `bend` and `step`, never the only one.

/// Fewest points.
const POINTS: usize = 6;
/// Sensitivity.
const S: f64 = 1.0;

/// What the curve looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Rises ever less: rate against load.
    ConcaveIncreasing,
    /// Rises ever more: latency against load.
    ConvexIncreasing,
    /// Falls ever less.
    ConvexDecreasing,
    /// Falls ever more.
    ConcaveDecreasing,
}

/// A knee.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Knee {
    /// Points that were looked at.
    pub n: usize,
    /// Where.
    pub x: f64,
    /// The value there.
    pub y: f64,
    /// How far the scaled curve stands off its chord there, of 1.
    pub distance: f64,
}

/// The knee of six or more points `(x, y)` in any order; `None` without one, with fewer points, with two at one x, or with figures
/// that are not finite.
///
/// ```
/// use knee::stats::kneedle::{Shape, kneedle};
/// let latency = [1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 15.0, 20.0, 40.0, 100.0];
/// let points: Vec<(f64, f64)> = (0..).map(f64::from).zip(latency).collect();
/// assert!((kneedle(&points, Shape::ConvexIncreasing).unwrap().x - 7.0).abs() < 1e-12);
/// ```
pub fn kneedle(points: &[(f64, f64)], shape: Shape) -> Option<Knee> {
    let is_finite = points.iter().all(|(x, y)| x.is_finite() && y.is_finite());
    if points.len() < POINTS || !is_finite {
        return None;
    }
    let mut sorted = points.to_vec();
    sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
    let xs = scaled(sorted.iter().map(|point| point.0))?;
    let ys = scaled(sorted.iter().map(|point| point.1))?;
    if xs
        .iter()
        .zip(xs.iter().skip(1))
        .any(|(one, next)| next <= one)
    {
        return None;
    }
    // A knee of the mirrored curve is one of this curve; d of all four in terms of the one that rises and bends down.
    let distance = |(x, y): (&f64, &f64)| match shape {
        Shape::ConcaveIncreasing => y - x,
        Shape::ConvexIncreasing => x - y,
        Shape::ConvexDecreasing => 1.0 - y - x,
        Shape::ConcaveDecreasing => x + y - 1.0,
    };
    let mut distances: Vec<f64> = xs.iter().zip(&ys).map(distance).collect();
    let is_mirrored = matches!(shape, Shape::ConvexIncreasing | Shape::ConcaveDecreasing);
    if is_mirrored {
        distances.reverse();
        sorted.reverse();
    }
    let (place, distance) = first_knee(&distances)?;
    let (x, y) = *sorted.get(place)?;
    Some(Knee {
        n: points.len(),
        x,
        y,
        distance,
    })
}

/// The first maximum that is left by more than the mean step, and how high it stands.
fn first_knee(distances: &[f64]) -> Option<(usize, f64)> {
    let step = S / (distances.len() as f64 - 1.0);
    let mut waiting: Option<(usize, f64, f64)> = None;
    for (place, three) in distances.windows(3).enumerate() {
        let [before, here, after] = three else {
            return None;
        };
        if here >= before && here >= after && (here > before || here > after) {
            waiting = Some((place + 1, *here, here - step));
        } else if let Some((_, _, threshold)) = waiting.as_mut()
            && here <= before
            && here <= after
            && (here < before || here < after)
        {
            *threshold = 0.0;
        }
        if let Some((knee, height, threshold)) = waiting
            && *after < threshold
        {
            return Some((knee, height));
        }
    }
    None
}

/// To 0 at the smallest and 1 at the largest; `None` where all are one.
fn scaled(values: impl Iterator<Item = f64> + Clone) -> Option<Vec<f64>> {
    let least = values.clone().fold(f64::INFINITY, f64::min);
    let range = values.clone().fold(f64::NEG_INFINITY, f64::max) - least;
    let is_range = range.is_finite() && range > 0.0;
    is_range.then(|| values.map(|value| (value - least) / range).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Shape; 4] = [
        Shape::ConcaveIncreasing,
        Shape::ConvexIncreasing,
        Shape::ConvexDecreasing,
        Shape::ConcaveDecreasing,
    ];

    fn at(ys: &[f64], shape: Shape) -> Option<f64> {
        let points: Vec<(f64, f64)> = (0_u32..).map(f64::from).zip(ys.iter().copied()).collect();
        kneedle(&points, shape).map(|knee| knee.x)
    }

    fn is(found: Option<f64>, wanted: f64) {
        assert!(
            found.is_some_and(|found| (found - wanted).abs() < 1e-12),
            "{found:?} {wanted}"
        );
    }

    #[test]
    fn figure_2_of_the_paper_has_its_knee_at_two_ninths() {
        // The paper prints 0.22.
        let x = (0..10).map(|k| f64::from(k) / 9.0);
        let points: Vec<(f64, f64)> = x.map(|x| (x, 5.0 - 1.0 / (x + 0.1))).collect();
        let found = kneedle(&points, Shape::ConcaveIncreasing).unwrap();
        is(Some(found.x), 2.0 / 9.0);
        assert_eq!(found.n, 10);
        let turned: Vec<(f64, f64)> = points.into_iter().rev().collect();
        assert_eq!(kneedle(&turned, Shape::ConcaveIncreasing), Some(found));
    }

    #[test]
    fn each_shape_has_the_knee_that_kneed_finds() {
        // Tests of the Python package kneed 0.9.0 (BSD-3-Clause).
        let concave = [0.0, 60.0, 80.0, 85.0, 90.0, 95.0, 96.0, 97.0, 98.0, 99.0];
        let convex = [1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 15.0, 20.0, 40.0, 100.0];
        is(at(&concave, Shape::ConcaveIncreasing), 2.0);
        is(at(&convex, Shape::ConvexIncreasing), 7.0);
        is(
            at(
                &[100.0, 40.0, 20.0, 15.0, 10.0, 5.0, 4.0, 3.0, 2.0, 1.0],
                Shape::ConvexDecreasing,
            ),
            2.0,
        );
        is(
            at(
                &[99.0, 98.0, 97.0, 96.0, 95.0, 90.0, 85.0, 80.0, 60.0, 0.0],
                Shape::ConcaveDecreasing,
            ),
            7.0,
        );
    }

    #[test]
    fn loads_at_uneven_steps_are_mirrored_with_their_steps() {
        // d = x - y is 0, 0.1, 0.2, 0.3, 0.7, 0 at these loads; from the right 0.7 is left at once, for a threshold of 0.5.
        let points = [
            (0.0, 0.0),
            (1.0, 0.0),
            (2.0, 0.0),
            (3.0, 0.0),
            (8.0, 1.0),
            (10.0, 10.0),
        ];
        let found = kneedle(&points, Shape::ConvexIncreasing).unwrap();
        is(Some(found.x), 8.0);
        is(Some(found.distance), 0.7);
    }

    #[test]
    fn what_has_no_knee_gives_none() {
        let straight = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
        for shape in ALL {
            assert_eq!(at(&straight, shape), None, "{shape:?}");
            assert_eq!(at(&[5.0; 8], shape), None, "{shape:?}");
            // The three loads of the seed, and one point fewer than needed.
            assert_eq!(at(&[407.5, 854.2, 8024.5], shape), None, "{shape:?}");
            assert_eq!(at(&[0.0, 60.0, 80.0, 85.0, 90.0], shape), None, "{shape:?}");
        }
        assert_eq!(kneedle(&[(1.0, 2.0); 8], Shape::ConcaveIncreasing), None);
        let twice = [
            (0.0, 0.0),
            (1.0, 60.0),
            (1.0, 70.0),
            (2.0, 80.0),
            (3.0, 85.0),
            (4.0, 90.0),
        ];
        assert_eq!(kneedle(&twice, Shape::ConcaveIncreasing), None);
        for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(at(&[0.0, 60.0, 80.0, odd, 90.0, 95.0, 96.0], ALL[0]), None);
        }
    }

    #[test]
    fn behind_a_minimum_the_threshold_is_nought() {
        // 0.05 less a mean step of 0.1 is never passed, nought is.
        let mut distances = [0.0, 0.05, -0.04, -0.02, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        assert_eq!(first_knee(&distances).map(|knee| knee.0), Some(1));
        distances[2] = 0.04;
        distances[3] = 0.045;
        distances[4] = 0.06;
        assert_eq!(first_knee(&distances).map(|knee| knee.0), None);
    }

    fn any() -> impl Strategy<Value = f64> {
        prop_oneof![
            prop::num::f64::ANY,
            0.0..10.0,
            (0_u8..4).prop_map(f64::from)
        ]
    }

    proptest! {
        #[test]
        fn a_knee_is_one_of_the_points(points in prop::collection::vec((any(), any()), 0..12)) {
            for shape in ALL {
                if let Some(knee) = kneedle(&points, shape) {
                    assert!(points.contains(&(knee.x, knee.y)) && knee.distance.is_finite());
                }
            }
        }
    }
}
