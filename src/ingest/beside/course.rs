//! One series in the making: its figures point by point, its course in a bounded number of points.
//!
//! Memory does not grow with the samples: neighbouring points are joined into buckets that keep their lowest and highest
//! point as they were measured, and first and last stay. Nothing is averaged; the figures are those of all samples.

use crate::model::{Resource, ResourcePhase};
use crate::stats::line::Line;

/// Buckets that are kept at most.
const BUCKETS: usize = 500;

type Point = (f64, f64);

/// The figures of a series, and its course where there are times.
#[derive(Clone, Debug, Default)]
pub(super) struct Course {
    samples: u64,
    min: f64,
    max: f64,
    mean: f64,
    first: Point,
    last: Point,
    timed: bool,
    line: Line,
    /// Lowest and highest of so many samples each.
    buckets: Vec<(Point, Point)>,
    /// Samples of a bucket; doubles whenever they are too many.
    each: u64,
    /// Samples of the last bucket.
    filled: u64,
}

impl Course {
    /// Adds a sample, with its seconds from the start where they are known. Both are finite.
    pub(super) fn push(&mut self, time: Option<f64>, value: f64) {
        let point = (time.unwrap_or(0.0), value);
        self.timed = time.is_some();
        if self.samples == 0 {
            (self.min, self.max) = (value, value);
            (self.first, self.last) = (point, point);
        }
        self.samples += 1;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.mean += (value - self.mean) / self.samples as f64;
        if point.0 < self.first.0 {
            self.first = point;
        }
        // Without times all points share one, and the later line of the file is the later sample.
        if point.0 >= self.last.0 {
            self.last = point;
        }
        if self.timed {
            self.line.push(point.0, value);
            self.keep(point);
        }
    }

    fn keep(&mut self, point: Point) {
        self.each = self.each.max(1);
        if self.filled < self.each
            && self.filled > 0
            && let Some((low, high)) = self.buckets.last_mut()
        {
            self.filled += 1;
            if point.1 < low.1 {
                *low = point;
            }
            if point.1 > high.1 {
                *high = point;
            }
            return;
        }
        if self.buckets.len() == BUCKETS {
            self.buckets = self.buckets.chunks(2).filter_map(joined).collect();
            self.each = self.each.saturating_mul(2);
        }
        self.buckets.push((point, point));
        self.filled = 1;
    }

    /// Adds what another series without times holds, as samples after its own.
    pub(super) fn absorb(&mut self, later: &Course) {
        if later.samples == 0 {
            return;
        }
        if self.samples == 0 {
            *self = later.clone();
            return;
        }
        self.min = self.min.min(later.min);
        self.max = self.max.max(later.max);
        self.last = later.last;
        self.samples += later.samples;
        let share = later.samples as f64 / self.samples as f64;
        self.mean += (later.mean - self.mean) * share;
    }

    /// The entry of the run; `None` without samples.
    pub(super) fn resource(
        &self,
        component: &str,
        name: &str,
        unit: Option<&str>,
        phase: Option<ResourcePhase>,
    ) -> Option<Resource> {
        if self.samples == 0 {
            return None;
        }
        // What grew under load lies between the idle samples before it and those behind it: it is no slope of theirs.
        let is_split =
            phase == Some(ResourcePhase::Idle) && self.first.0 < 0.0 && self.last.0 > 0.0;
        Some(Resource {
            component: component.to_owned(),
            name: name.to_owned(),
            unit: unit.map(str::to_owned),
            phase,
            samples: self.samples,
            min: Some(self.min),
            // Rounding may carry the mean of equal samples past them.
            mean: Some(self.mean.clamp(self.min, self.max)).filter(|mean| mean.is_finite()),
            max: Some(self.max),
            first: Some(self.first.1),
            last: Some(self.last.1),
            slope_per_s: self.line.slope().filter(|_| self.timed && !is_split),
            series: self.series(),
        })
    }

    fn series(&self) -> Vec<Point> {
        if !self.timed {
            return Vec::new();
        }
        let mut points = Vec::with_capacity(2 * self.buckets.len() + 2);
        for (low, high) in &self.buckets {
            points.push(*low);
            if low != high {
                points.push(*high);
            }
        }
        let same = |one: &Point, other: &Point| one.0.total_cmp(&other.0).is_eq();
        for end in [self.first, self.last] {
            if !points.contains(&end) {
                points.push(end);
            }
        }
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        points.dedup_by(|one, other| one == other && same(one, other) && self.each > 1);
        points
    }
}

fn joined(pair: &[(Point, Point)]) -> Option<(Point, Point)> {
    let lower = |one: Point, other: Point| if other.1 < one.1 { other } else { one };
    let higher = |one: Point, other: Point| if other.1 > one.1 { other } else { one };
    pair.iter()
        .copied()
        .reduce(|one, other| (lower(one.0, other.0), higher(one.1, other.1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points that a series has at most: two per bucket, the first and the last.
    const POINTS: usize = 2 * BUCKETS + 2;

    fn course(points: impl Iterator<Item = Point>) -> Resource {
        let mut course = Course::default();
        for (time, value) in points {
            course.push(Some(time), value);
        }
        course.resource("api", "cpu", Some("%"), None).unwrap()
    }

    #[test]
    fn a_spike_among_a_million_samples_is_kept_and_the_figures_are_of_all() {
        let value = |i: u32| {
            if i == 777_777 {
                900.0
            } else {
                f64::from(i % 10)
            }
        };
        let found = course((0..1_000_000).map(|i| (f64::from(i), value(i))));
        assert_eq!(found.samples, 1_000_000);
        assert!(found.series.len() <= POINTS, "{}", found.series.len());
        assert!(found.series.len() > BUCKETS / 2);
        assert!(found.series.contains(&(777_777.0, 900.0)));
        assert_eq!(found.max, Some(900.0));
        // 0..=9 have the mean 4.5; one 7 became 900.
        assert!((found.mean.unwrap() - 4.500_893).abs() < 1e-9);
        assert_eq!(found.series.first(), Some(&(0.0, 0.0)));
        assert_eq!(found.series.last(), Some(&(999_999.0, 9.0)));
        assert!(found.series.windows(2).all(|pair| pair[0].0 <= pair[1].0));
    }

    #[test]
    fn few_samples_stay_as_they_are_whatever_their_order() {
        let found = course([(2.0, 5.0), (0.0, 1.0), (1.0, 3.0)].into_iter());
        assert_eq!(found.series, [(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]);
        assert_eq!((found.first, found.last), (Some(1.0), Some(5.0)));
        assert_eq!(found.slope_per_s, Some(2.0));
    }

    #[test]
    fn samples_without_times_have_no_slope_and_no_course() {
        let mut course = Course::default();
        for value in [3.0, 9.0, 6.0] {
            course.push(None, value);
        }
        let found = course.resource("api", "cpu", None, None).unwrap();
        assert_eq!((found.first, found.last), (Some(3.0), Some(6.0)));
        assert_eq!(
            (found.min, found.mean, found.max),
            (Some(3.0), Some(6.0), Some(9.0))
        );
        assert_eq!(found.slope_per_s, None);
        assert!(found.series.is_empty());
    }
}
