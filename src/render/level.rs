//! The confidence of intervals in a table: in the heading where all share one, in the cells where they do not.

use crate::report::Interval;
use crate::text::number;

/// The level that intervals have in common.
pub(super) struct Level(Option<f64>);

impl Level {
    /// Of the intervals that a table shows.
    pub(super) fn of(intervals: impl IntoIterator<Item = Interval>) -> Level {
        let mut levels = intervals.into_iter().map(|interval| interval.level);
        let first = levels.next();
        // Levels are written, not computed: those of one meaning are equal to the last bit.
        let shared = levels.all(|level| Some(level) == first);
        Level(first.filter(|_| shared))
    }

    /// `98 % interval`.
    pub(super) fn heading(&self) -> String {
        let level = self
            .0
            .map(|level| format!("{} interval", number::percent(level)));
        level.unwrap_or_else(|| "Interval".to_owned())
    }

    /// The ends of an interval, and its level where the heading does not say it.
    pub(super) fn cell(&self, interval: Interval, ends: String) -> String {
        match self.0 {
            Some(_) => ends,
            None => format!("{ends} ({})", number::percent(interval.level)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(level: f64) -> Interval {
        Interval {
            lo: None,
            hi: Some(1.0),
            level,
        }
    }

    #[test]
    fn one_level_stands_in_the_heading_and_several_in_the_cells() {
        let shared = Level::of([at(0.98), at(0.98)]);
        assert_eq!(shared.heading(), "98 % interval");
        assert_eq!(shared.cell(at(0.98), "1 to 2".to_owned()), "1 to 2");
        let mixed = Level::of([at(0.98), at(0.95)]);
        assert_eq!(mixed.heading(), "Interval");
        assert_eq!(mixed.cell(at(0.95), "1 to 2".to_owned()), "1 to 2 (95 %)");
        assert_eq!(Level::of([]).heading(), "Interval");
        assert_eq!(Level::of([at(0.999)]).heading(), "99.9 % interval");
    }
}
