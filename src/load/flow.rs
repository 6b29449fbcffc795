//! Sessions that completed: what is served of a load of sessions with several requests each.
//!
//! A server that cannot follow goes on answering the first requests of every session, and those of sessions that will never end:
//! then requests per second, over those of a session, are more than the sessions that it can serve.
//!
//! A session completes some time after it started. What completes at a load is counted from when those that had started before are
//! through. Where nothing else was offered afterwards and nearly all completed, until those of the load are through: in that time
//! the server had work, so that it is what the server can do. In a stretch of a run the next load takes its share: then what
//! completes while a load is offered is the least that the server can do, for part of its work went into sessions that it did not
//! end.

use crate::model::{Run, Slice};
use crate::stats::knee::Flow;

/// Part of the sessions of a load whose end is awaited: the last ones may hang.
const MOST: f64 = 0.95;
/// Part of the time of a load after which those before have to be through, or nothing is said of it.
const EARLY: f64 = 0.5;

/// Counts over time, from one end of a slice to the next.
struct Course<'a> {
    slices: &'a [Slice],
}

impl Course<'_> {
    fn sum(&self, count: fn(&Slice) -> Option<u64>, until: f64) -> f64 {
        let part = |slice: &Slice| {
            let (start, length) = (slice.start.0, slice.duration.0);
            let share = if length > 0.0 {
                ((until - start) / length).clamp(0.0, 1.0)
            } else {
                f64::from(u8::from(until >= start))
            };
            share * count(slice).unwrap_or(0) as f64
        };
        self.slices.iter().map(part).sum()
    }

    fn started(&self, until: f64) -> f64 {
        self.sum(|slice| slice.arrivals, until)
    }

    fn completed(&self, until: f64) -> f64 {
        self.sum(|slice| slice.completed, until)
    }

    /// When so many have completed.
    fn time_of(&self, count: f64) -> Option<f64> {
        let mut sum = 0.0;
        for slice in self.slices {
            let own = slice.completed? as f64;
            if own > 0.0 && sum + own >= count {
                let share = ((count - sum) / own).max(0.0);
                return Some(slice.start.0 + share * slice.duration.0);
            }
            sum += own;
        }
        None
    }
}

/// Sessions that completed per second of a load that was offered from `from` to `to`; `None` where they are not counted, or where
/// they last so long that counts say nothing of the load.
pub(crate) fn flow(run: &Run, (from, to): (f64, f64), is_whole: bool) -> Option<Flow> {
    let slices = run.timeline.as_slice();
    let is_counted = |slice: &Slice| slice.arrivals.is_some() && slice.completed.is_some();
    if slices.is_empty() || !slices.iter().all(is_counted) {
        return None;
    }
    let course = Course { slices };
    let (before, all) = (course.started(from), course.started(to));
    let begin = course.time_of(before)?.max(from);
    let is_early = begin - from <= EARLY * (to - from);
    let through = course
        .time_of(before + MOST * (all - before))
        .filter(|through| is_whole && *through > begin);
    let (begin, end) = match through {
        Some(through) => (begin, through),
        None if is_early => (begin, to),
        None => (from, to),
    };
    let count = course.completed(end) - course.completed(begin);
    let seconds = end - begin;
    (seconds > 0.0).then(|| Flow {
        rate: count / seconds,
        error: 1.0 / count.max(1.0).sqrt(),
        is_early,
        is_all: through.is_some(),
    })
}
