//! The requests of a run by its windows, where they contradict the totals: two counts of one run, and nobody knows which is right.
//!
//! Refuses to choose. What happened outside every window, and after a file was written, is no contradiction.

use crate::model::Run;
use crate::normalize::trim::is_trimmed;

/// Files of one run are written at different instants: that many seconds of requests may be missing.
const LAG: f64 = 2.0;

/// So few apart is a file that was written while requests were in flight.
const FEW: u64 = 5;

/// The share of the total that is a contradiction.
const SHARE: f64 = 0.005;

/// What the windows count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ByWindows {
    pub(crate) windows: u64,
    pub(crate) requests: u64,
    /// Requests without those that failed, where both are counted.
    pub(crate) successes: Option<u64>,
    pub(crate) seconds: f64,
}

impl ByWindows {
    /// Requests per second.
    pub(crate) fn rate(&self) -> Option<f64> {
        (self.seconds > 0.0).then(|| self.requests as f64 / self.seconds)
    }

    /// A metric of the whole run as the windows have it.
    pub(crate) fn value(&self, metric: &str) -> Option<f64> {
        match metric {
            "requests" => Some(self.requests as f64),
            "rate" => self.rate(),
            "goodput" => {
                Some(self.successes? as f64 / self.seconds).filter(|rate| rate.is_finite())
            }
            _ => None,
        }
    }
}

/// The count of the windows, where it contradicts that of the run.
pub(crate) fn contradicting(run: &Run) -> Option<ByWindows> {
    let total = run.overall.requests?;
    // A trim recomputes counts from slices.
    if is_trimmed(run) || run.timeline.is_empty() {
        return None;
    }
    let counts = run.timeline.iter().map(|slice| slice.stats.requests);
    let sum = counts.sum::<Option<u64>>()?;
    let apart = sum.abs_diff(total);
    if apart <= FEW
        || apart as f64 <= SHARE * total as f64
        || apart as f64 <= outside(run, sum < total)
    {
        return None;
    }
    let successes = run.timeline.iter().map(|slice| slice.stats.successes());
    let seconds = run.timeline.iter().map(|slice| slice.duration.0);
    Some(ByWindows {
        windows: run.timeline.len() as u64,
        requests: sum,
        successes: successes.sum(),
        seconds: seconds.sum(),
    })
}

/// How many requests may have been made while no window counted, or, where the windows count more, after the totals were taken.
fn outside(run: &Run, is_short: bool) -> f64 {
    let lag = if run.source.files.len() > 1 { LAG } else { 0.0 };
    let rates = run.timeline.iter().filter_map(|slice| slice.stats.rate);
    let highest = rates.map(|rate| rate.0).fold(0.0, f64::max);
    let covered: f64 = run.timeline.iter().map(|slice| slice.duration.0).sum();
    let end = run
        .timeline
        .last()
        .map_or(0.0, |last| last.start.0 + last.duration.0);
    let Some(duration) = run.duration.map(|duration| duration.0) else {
        return f64::INFINITY;
    };
    let seconds = if is_short {
        (duration - covered).max(duration - end)
    } else if lag > 0.0 {
        end - duration
    } else {
        0.0
    };
    highest * (seconds.max(0.0) + lag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FileRef, Run};
    use crate::rules::testing::{counts, run, slice};

    /// Six windows of ten seconds with so many requests each.
    fn windows(total: u64, each: u64) -> Run {
        let mut given = run(counts(total, 0), 60.0);
        for at in 0..6_u32 {
            let mut part = slice(f64::from(at) * 10.0, 10.0, each, 20.0);
            part.stats.requests = Some(each);
            part.stats.set_rates(Some(part.duration));
            given.timeline.push(part);
        }
        given
    }

    #[test]
    fn windows_that_cover_the_run_and_count_otherwise_contradict() {
        let found = contradicting(&windows(300, 43)).unwrap();
        assert_eq!((found.windows, found.requests), (6, 258));
        assert_eq!(found.rate(), Some(4.3));
        assert!(contradicting(&windows(300, 50)).is_none());
        assert!(
            contradicting(&windows(303, 50)).is_none(),
            "a few in flight"
        );
        assert!(
            contradicting(&windows(240, 50)).is_some(),
            "more in the windows"
        );
    }

    #[test]
    fn what_no_window_covers_is_no_contradiction() {
        let mut given = windows(345, 50);
        given.timeline.remove(2);
        given.overall.requests = Some(300);
        assert!(contradicting(&given).is_none(), "a gap");
        let mut given = windows(360, 50);
        let file = |name: &str| FileRef {
            name: name.to_owned(),
            sha256: String::new(),
            bytes: 0,
        };
        given.source.files = vec![file("x.json"), file("x_stats_history.csv")];
        given.duration = Some(crate::model::Seconds(70.0));
        assert!(contradicting(&given).is_none(), "a history that ends early");
        given.overall.requests = Some(400);
        assert!(contradicting(&given).is_some());
    }
}
