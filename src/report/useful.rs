//! What a comparison can say that is of use: beyond a doubling, or ten points, figures of what it could have seen only confuse.

use crate::model::Better;
use crate::report::comparison::{ChangeUnit, ComparedMetric, MetricState};
use crate::report::{Cause, Interval};

/// A change for the worse that everybody would see, as a share of the base: a doubling.
const DOUBLED: f64 = 1.0;
/// The same downwards: a half is left.
const HALVED: f64 = 0.5;
/// The same of error rates.
const POINTS: f64 = 0.1;

impl ComparedMetric {
    /// Whether these runs cannot show a regression of a useful size, and have shown none.
    pub fn is_blind(&self) -> bool {
        let most = match (self.change_unit, self.better) {
            (Some(ChangeUnit::Points), _) => POINTS,
            (_, Better::Higher) => HALVED,
            _ => DOUBLED,
        };
        let is_proven = matches!(self.state, MetricState::Regressed | MetricState::Improved);
        !is_proven && self.smallest_detectable.is_some_and(|least| least > most)
    }

    /// Whether it is in its state for this cause.
    pub fn is_because(&self, cause: Cause) -> bool {
        self.reasons.contains(&cause.into())
    }

    /// Whether it is undecided, but a change for the worse beyond the margin is ruled out.
    pub fn is_not_worse(&self) -> bool {
        self.state == MetricState::Undecided && self.is_because(Cause::NotWorse)
    }

    /// Whether the interval rules nothing useful out, in either direction.
    pub fn is_open(&self) -> bool {
        let (least, most) = match self.change_unit {
            Some(ChangeUnit::Points) => (-POINTS, POINTS),
            _ => (-HALVED, DOUBLED),
        };
        let ends = |interval: Interval| interval.lo.zip(interval.hi);
        let ends = self.interval.and_then(ends);
        ends.is_some_and(|(lo, hi)| lo < least && hi > most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::compared;

    #[test]
    fn beyond_a_doubling_or_ten_points_nothing_is_of_use() {
        let with = |metric: &str, unit, least, state| ComparedMetric {
            change_unit: Some(unit),
            better: if metric == "goodput" {
                Better::Higher
            } else {
                Better::Lower
            },
            smallest_detectable: Some(least),
            ..compared(metric, None, state)
        };
        let (relative, points) = (ChangeUnit::Relative, ChangeUnit::Points);
        for (metric, unit, least, blind) in [
            ("p50", relative, 0.99, false),
            ("p50", relative, 1.01, true),
            ("goodput", relative, 0.49, false),
            ("goodput", relative, 0.51, true),
            ("error_rate", points, 0.09, false),
            ("error_rate", points, 0.79, true),
        ] {
            let found = with(metric, unit, least, MetricState::Undecided);
            assert_eq!(found.is_blind(), blind, "{metric} {least}");
            // What is proven needs no excuse.
            let proven = with(metric, unit, least, MetricState::Regressed);
            assert!(!proven.is_blind());
        }
    }

    #[test]
    fn an_interval_is_open_when_neither_end_says_anything() {
        let with = |unit, lo, hi| ComparedMetric {
            change_unit: Some(unit),
            interval: Some(Interval {
                lo: Some(lo),
                hi: Some(hi),
                level: 0.98,
            }),
            ..compared("p50", None, MetricState::Undecided)
        };
        for (unit, lo, hi, open) in [
            (ChangeUnit::Points, -0.47, 0.57, true),
            (ChangeUnit::Points, -0.02, 0.57, false),
            (ChangeUnit::Relative, -0.6, 1.5, true),
            (ChangeUnit::Relative, 0.22, 7.5, false),
            (ChangeUnit::Relative, -0.6, 0.3, false),
        ] {
            assert_eq!(with(unit, lo, hi).is_open(), open, "{lo} {hi}");
        }
    }
}
