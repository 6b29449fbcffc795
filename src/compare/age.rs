//! When the runs of both sides were made, by their own times: no clock is read.

use jiff::Timestamp;

use crate::compare::Pair;
use crate::model::Run;

/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// The first and the last start of the runs of a side that say when they were made.
pub(super) fn starts(runs: &[&Run]) -> Option<(Timestamp, Timestamp)> {
    let starts = || runs.iter().filter_map(|run| run.started_at);
    starts().min().zip(starts().max())
}

/// Days from the last start of the base to the first one of the new side: below zero where the base is the later one, zero
/// where they overlap.
pub(super) fn days(pair: &Pair) -> Option<f64> {
    let (base, new) = starts(&pair.base).zip(starts(&pair.new))?;
    let days = |from: Timestamp, to: Timestamp| to.duration_since(from).as_secs_f64() / DAY;
    let (after, before) = (days(base.1, new.0), days(new.1, base.0));
    Some(if after > 0.0 {
        after
    } else if before > 0.0 {
        -before
    } else {
        0.0
    })
}
