//! Fewer points, same picture; fewer rows, same range.

use crate::text::number;

/// Lines of at most this many points are drawn as they are.
pub(super) const POINTS: usize = 800;

/// Rows that the table beside a chart has at most.
const ROWS: usize = 40;

/// Keeps of every pixel column the first, lowest, highest and last point, in order. A spike of one point survives.
pub(super) fn by_column(points: &[(f64, f64)], column: impl Fn(f64) -> i32) -> Vec<(f64, f64)> {
    if points.len() <= POINTS {
        return points.to_vec();
    }
    points
        .chunk_by(|one, other| column(one.0) == column(other.0))
        .flat_map(|chunk| {
            let by_height = |place: &usize, other: &usize| {
                let height = |place: &usize| chunk.get(*place).map_or(0.0, |point| point.1);
                height(place).total_cmp(&height(other))
            };
            let lowest = (0..chunk.len()).min_by(by_height).unwrap_or(0);
            let highest = (0..chunk.len()).max_by(by_height).unwrap_or(0);
            let mut kept = vec![0, lowest, highest, chunk.len() - 1];
            kept.sort_unstable();
            kept.dedup();
            kept.into_iter()
                .filter_map(|place| chunk.get(place).copied())
        })
        .collect()
}

/// Every how many rows a table of that many shows one.
pub(super) fn every(rows: usize) -> usize {
    rows.div_ceil(ROWS).max(1)
}

/// What a table's first heading adds when it does not show every row: ` (every 90th of 3,600 slices)`.
pub(super) fn said(rows: usize, noun: &str) -> String {
    let every = every(rows);
    if every == 1 {
        return String::new();
    }
    let ending = match (every % 10, every % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    let rows = u64::try_from(rows).unwrap_or(u64::MAX);
    format!(" (every {every}{ending} of {})", number::plural(rows, noun))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spike_of_one_point_survives() {
        let points: Vec<(f64, f64)> = (0..10_000)
            .map(|i| (f64::from(i), if i == 5_003 { 900.0 } else { 1.0 }))
            .collect();
        #[expect(clippy::cast_possible_truncation, reason = "small")]
        let thin = by_column(&points, |x| (x / 100.0) as i32);
        assert!(thin.len() <= 400);
        assert!(thin.contains(&(5_003.0, 900.0)));
        assert_eq!(thin.first(), points.first());
        assert_eq!(thin.last(), points.last());
        assert!(thin.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn short_lines_and_tables_are_left_alone() {
        let points = vec![(1.0, 1.0); 800];
        assert_eq!(by_column(&points, |_| 0), points);
        assert_eq!(every(40), 1);
        assert_eq!(said(40, "slice"), "");
    }

    #[test]
    fn a_thinned_table_says_so() {
        assert_eq!(said(3600, "slice"), " (every 90th of 3,600 slices)");
        assert_eq!(said(41, "slice"), " (every 2nd of 41 slices)");
        assert_eq!(said(450, "slice"), " (every 12th of 450 slices)");
        assert!(3600_usize.div_ceil(every(3600)) <= 40);
    }
}
