//! When the runs were on the clock, and which of them a moment belongs to.
//!
//! A moment inside the load of runs belongs to all of them; any other to the nearest run alone, of two equally near
//! ones to the earlier.

use crate::model::Run;

/// The load of a run in nanoseconds since the epoch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    /// Which run, counted from 0.
    pub(super) run: usize,
    /// Its first request.
    pub(super) start: i64,
    /// Its last answer.
    pub(super) end: i64,
}

/// Samples farther from a run than this, and than the run is long, are of another time.
const NEAR_NANOS: i64 = 600 * 1_000_000_000;

impl Window {
    /// Whether a moment outside is too far away to be the idle time of the run.
    pub(super) fn is_far_from(&self, at: i64) -> bool {
        let near = NEAR_NANOS.max(self.end.saturating_sub(self.start));
        at < self.start.saturating_sub(near) || at > self.end.saturating_add(near)
    }

    fn of(run: &Run, number: usize) -> Option<Window> {
        let nanos = |time: jiff::Timestamp| i64::try_from(time.as_nanosecond()).ok();
        let start = nanos(run.started_at?)?;
        let end = run.ended_at.and_then(nanos).or_else(|| {
            let length = run.duration?.0 * 1e9;
            #[expect(clippy::cast_possible_truncation, reason = "a cast saturates")]
            Some(start.saturating_add(length as i64))
        })?;
        let run = number;
        (end >= start).then_some(Window { run, start, end })
    }
}

/// A window, and of it and those before the one that ends last.
type Row = (Window, Window);

/// The windows of all runs.
#[derive(Debug)]
pub(super) struct Windows {
    known: Vec<bool>,
    /// By start.
    order: Vec<Row>,
}

impl Windows {
    pub(super) fn of(runs: &[Run]) -> Windows {
        let found: Vec<Option<Window>> = runs
            .iter()
            .enumerate()
            .map(|(number, run)| Window::of(run, number))
            .collect();
        let known = found.iter().map(Option::is_some).collect();
        let mut sorted: Vec<Window> = found.into_iter().flatten().collect();
        sorted.sort_by_key(|window| (window.start, window.run));
        let mut latest: Option<Window> = None;
        let order = sorted.into_iter().map(|window| {
            let last = latest
                .filter(|latest| latest.end >= window.end)
                .unwrap_or(window);
            latest = Some(last);
            (window, last)
        });
        Windows {
            order: order.collect(),
            known,
        }
    }

    /// How many runs there are, with a window or without.
    pub(super) fn runs(&self) -> usize {
        self.known.len()
    }

    /// Whether no run says when it was.
    pub(super) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// When a run was.
    pub(super) fn of_run(&self, run: usize) -> Option<Window> {
        let mut all = self.order.iter().map(|(window, _)| *window);
        all.find(|window| window.run == run)
    }

    /// For each run whether it says when it was.
    pub(super) fn known(&self) -> &[bool] {
        &self.known
    }

    /// The windows that hold a moment.
    pub(super) fn around(&self, at: i64, found: &mut Vec<Window>) {
        found.clear();
        let (begun, _) = self.split(at);
        let open = begun.iter().rev().take_while(|(_, last)| last.end >= at);
        let holding = open.filter(|(window, _)| window.end >= at);
        found.extend(holding.map(|(window, _)| *window));
    }

    /// The window nearest to a moment that none holds.
    pub(super) fn nearest(&self, at: i64) -> Option<Window> {
        let (begun, later) = self.split(at);
        let before = begun.last().map(|(_, last)| *last);
        let after = later.first().map(|(window, _)| *window);
        match (before, after) {
            (Some(before), Some(after)) => {
                let is_after = after.start.abs_diff(at) < at.abs_diff(before.end);
                Some(if is_after { after } else { before })
            }
            (before, after) => before.or(after),
        }
    }

    /// Those that began by then, and the others.
    fn split(&self, at: i64) -> (&[Row], &[Row]) {
        let count = self.order.partition_point(|(window, _)| window.start <= at);
        self.order
            .split_at_checked(count)
            .unwrap_or((&self.order, &[]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::beside::testing::{START, run};

    #[test]
    fn a_moment_belongs_to_all_runs_around_it_or_to_the_nearest_alone() {
        let mut long = run(0);
        long.ended_at = run(880).ended_at;
        let mut bare = run(0);
        bare.started_at = None;
        // 2: from 0 to 1000; 0: from 300 to 420; 3: from 1100 to 1220.
        let windows = Windows::of(&[run(300), bare, long, run(1100)]);
        assert_eq!(windows.known(), [true, false, true, true]);
        let mut found = Vec::new();
        let mut at = |after: i64| {
            let at = (START + after) * 1_000_000_000;
            windows.around(at, &mut found);
            if found.is_empty() {
                let near = windows.nearest(at).map(|window| window.run);
                return (Vec::new(), near);
            }
            let mut runs: Vec<usize> = found.iter().map(|window| window.run).collect();
            runs.sort_unstable();
            (runs, None)
        };
        for (after, inside, near) in [
            (-5, vec![], Some(2)),
            (0, vec![2], None),
            (350, vec![0, 2], None),
            (420, vec![0, 2], None),
            (421, vec![2], None),
            (1000, vec![2], None),
            (1001, vec![], Some(2)),
            (1050, vec![], Some(2)),
            (1051, vec![], Some(3)),
            (1220, vec![3], None),
            (9000, vec![], Some(3)),
        ] {
            assert_eq!(at(after), (inside, near), "{after}");
        }
        assert!(Windows::of(&[]).nearest(0).is_none());
    }
}
