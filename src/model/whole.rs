//! What makes a stored run whole beyond its types: edges and counts of one length, sums that can be had, no time backwards.
//!
//! `serde` cannot check that; whoever reads a run back asks here, so that no analysis meets a broken one.

use crate::model::latency::{Bounds, Histogram, Latency};
use crate::model::run::Run;
use crate::model::stats::Stats;
use crate::model::units::Millis;

/// What makes a run whole beyond its types. The text names the member.
pub fn check(run: &Run) -> Result<(), String> {
    if run.duration.is_some_and(|duration| duration.0 < 0.0) {
        return Err("`duration_s` is negative".to_owned());
    }
    check_stats(&run.overall, "overall")?;
    for (index, endpoint) in run.endpoints.iter().enumerate() {
        check_stats(&endpoint.stats, &format!("endpoints[{index}].stats"))?;
    }
    for (index, slice) in run.timeline.iter().enumerate() {
        let path = format!("timeline[{index}]");
        if slice.duration.0 < 0.0 {
            return Err(format!("`{path}.duration_s` is negative"));
        }
        check_stats(&slice.stats, &format!("{path}.stats"))?;
        for (inner, endpoint) in slice.endpoints.iter().enumerate() {
            check_stats(&endpoint.stats, &format!("{path}.endpoints[{inner}].stats"))?;
        }
    }
    let sessions = run.sessions.as_ref().and_then(|s| s.duration.as_ref());
    check_latency(sessions, "sessions.duration_ms")?;
    for (index, custom) in run.custom.iter().enumerate() {
        check_latency(custom.latency.as_ref(), &format!("custom[{index}].latency"))?;
    }
    Ok(())
}

fn check_stats(stats: &Stats, path: &str) -> Result<(), String> {
    let failed = stats.failures.unwrap_or(0);
    if failed
        .checked_add(stats.expected_failures.unwrap_or(0))
        .is_none()
    {
        return Err(format!("`{path}.failures` is too large"));
    }
    check_latency(stats.latency.as_ref(), &format!("{path}.latency_ms"))?;
    check_latency(stats.latency_ok.as_ref(), &format!("{path}.latency_ok_ms"))?;
    let failed = stats.latency_failed.as_ref();
    check_latency(failed, &format!("{path}.latency_failed_ms"))
}

fn check_latency(latency: Option<&Latency>, path: &str) -> Result<(), String> {
    let Some(latency) = latency else {
        return Ok(());
    };
    let crossed = |bounds: &Bounds| bounds.lower > bounds.upper;
    if let Some((percentile, _)) = latency.bounds.iter().find(|(_, found)| crossed(found)) {
        return Err(format!(
            "`{path}.percentile_bounds.{percentile}`: the lower bound lies above the upper one"
        ));
    }
    match &latency.histogram {
        Some(histogram) => check_histogram(histogram, latency.count)
            .map_err(|what| format!("`{path}.histogram`: {what}")),
        None => Ok(()),
    }
}

fn check_histogram(histogram: &Histogram, samples: u64) -> Result<(), String> {
    let (lower, upper) = (&histogram.lower, &histogram.upper);
    let lengths = (lower.len(), upper.len(), histogram.count.len());
    if lengths.0 != lengths.1 || lengths.1 != lengths.2 {
        return Err(format!(
            "`lower_ms`, `upper_ms` and `count` hold {}, {} and {} buckets",
            lengths.0, lengths.1, lengths.2
        ));
    }
    if lower.iter().zip(upper).any(|(low, high)| low > high) {
        return Err("a bucket ends before it starts".to_owned());
    }
    let rises = |edges: &[Millis]| edges.iter().zip(edges.iter().skip(1)).all(|(a, b)| a <= b);
    if !rises(lower) || !rises(upper) {
        return Err("the buckets are not in rising order".to_owned());
    }
    let mut counts = histogram.count.iter();
    let total = counts.try_fold(0u64, |all, count| all.checked_add(*count));
    if total != Some(samples) {
        let total = total.map_or("too many".to_owned(), |total| total.to_string());
        return Err(format!(
            "it holds {total} samples and the latency {samples}"
        ));
    }
    Ok(())
}
