//! Whether two runs are one run, given twice.

use crate::model::{Run, Stats};

/// Whether two runs agree in all that they measured, and measured enough for that to be no accident.
pub(crate) fn same_figures(a: &Run, b: &Run) -> bool {
    let telling = !a.timeline.is_empty()
        || a.overall.primary().is_some_and(|latency| {
            latency.mean.is_some() || latency.stddev.is_some() || latency.histogram.is_some()
        });
    let endpoints = || a.endpoints.iter().zip(&b.endpoints);
    telling
        && a.duration == b.duration
        && same_stats(&a.overall, &b.overall)
        && a.endpoints.len() == b.endpoints.len()
        && endpoints().all(|(a, b)| {
            (&a.name, &a.method) == (&b.name, &b.method) && same_stats(&a.stats, &b.stats)
        })
        && a.timeline == b.timeline
}

fn same_stats(a: &Stats, b: &Stats) -> bool {
    (a.requests, a.responses, a.failures) == (b.requests, b.responses, b.failures)
        && a.codes == b.codes
        && a.latency == b.latency
        && a.latency_ok == b.latency_ok
        && a.latency_failed == b.latency_failed
}
