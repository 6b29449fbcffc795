//! Percentiles of merged parts in words: between which bounds they lie.

use crate::model::latency::Bounds;
use crate::model::{Latency, Percentile};
use crate::text::number;
use crate::text::phrase::listed;

/// `p50 lies between 10 and 20 ms, p95 between 180 and 410 ms`; `None` when no percentile is bounded. Those that are not
/// shown are left out, unless that leaves none.
pub(crate) fn said(latency: &Latency, shown: &[Percentile]) -> Option<String> {
    let parts: Vec<String> = of_shown(latency, shown)
        .into_iter()
        .enumerate()
        .map(|(place, (percentile, bounds))| {
            let lies = if place == 0 { " lies" } else { "" };
            format!(
                "{percentile}{lies} between {} and {}",
                number::millis_bare(bounds.lower.0),
                number::millis(bounds.upper.0)
            )
        })
        .collect();
    (!parts.is_empty()).then(|| listed(&parts))
}

pub(crate) fn of_shown(latency: &Latency, shown: &[Percentile]) -> Vec<(Percentile, Bounds)> {
    let all = latency
        .bounds
        .iter()
        .map(|(percentile, bounds)| (*percentile, *bounds));
    let asked: Vec<(Percentile, Bounds)> = all
        .clone()
        .filter(|(percentile, _)| shown.contains(percentile))
        .collect();
    if asked.is_empty() {
        all.collect()
    } else {
        asked
    }
}
