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

/// Whether base and new were run in turn: it was said, or all runs are of one job, and their times do not contradict it.
pub(super) fn is_in_turn(pair: &Pair, said: bool) -> bool {
    !is_one_after_the_other(pair) && (said || of_one_job(pair))
}

/// Whether one side was run as a whole before the other, by the times that the runs give.
fn is_one_after_the_other(pair: &Pair) -> bool {
    let Some((base, new)) = starts(&pair.base).zip(starts(&pair.new)) else {
        return false;
    };
    let apart = base.1 < new.0 || new.1 < base.0;
    apart && pair.base.len().max(pair.new.len()) > 1
}

/// Whether all runs say that they are of one job.
fn of_one_job(pair: &Pair) -> bool {
    let mut jobs = pair
        .base
        .iter()
        .chain(&pair.new)
        .map(|run| &run.identity.job);
    match jobs.next() {
        Some(Some(first)) => jobs.all(|job| job.as_ref() == Some(first)),
        _ => false,
    }
}
