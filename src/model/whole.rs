//! What makes a stored run whole beyond its types: edges and counts of one length, sums that can be had, no time backwards,
//! ids that are hashes, no load or rate below zero.
//!
//! `serde` cannot check that; whoever reads a run back asks here, so that no analysis meets a broken one.

use crate::model::latency::{Bounds, Histogram, Latency};
use crate::model::load::Load;
use crate::model::run::{Resource, Run};
use crate::model::stats::Stats;
use crate::model::units::{Millis, PerSecond};

/// What makes a run whole beyond its types. The text names the member.
pub fn check(run: &Run) -> Result<(), String> {
    if run.duration.is_some_and(|duration| duration.0 < 0.0) {
        return Err("`duration_s` is negative".to_owned());
    }
    if !is_hash(&run.id) {
        return Err("`id` is no sha256 in hexadecimal".to_owned());
    }
    for (index, file) in run.source.files.iter().enumerate() {
        if !is_hash(&file.sha256) {
            return Err(format!(
                "`source.files[{index}].sha256` is no sha256 in hexadecimal"
            ));
        }
    }
    if let (Some(start), Some(end)) = (run.started_at, run.ended_at)
        && end < start
    {
        return Err("`ended_at` is before `started_at`".to_owned());
    }
    check_load(&run.load)?;
    check_stats(&run.overall, "overall")?;
    for (index, endpoint) in run.endpoints.iter().enumerate() {
        check_stats(&endpoint.stats, &format!("endpoints[{index}].stats"))?;
    }
    for (index, slice) in run.timeline.iter().enumerate() {
        let path = format!("timeline[{index}]");
        if slice.duration.0 < 0.0 {
            return Err(format!("`{path}.duration_s` is negative"));
        }
        not_negative(slice.users, || format!("{path}.users"))?;
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
    for (index, resource) in run.resources.iter().enumerate() {
        check_resource(resource).map_err(|what| format!("`resources[{index}]`: {what}"))?;
    }
    Ok(())
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn not_negative(value: Option<f64>, member: impl Fn() -> String) -> Result<(), String> {
    match value {
        Some(value) if value < 0.0 || value.is_nan() => Err(format!("`{}` is negative", member())),
        _ => Ok(()),
    }
}

fn check_load(load: &Load) -> Result<(), String> {
    let rate = |rate: Option<PerSecond>| rate.map(|rate| rate.0);
    for (name, value) in [
        ("users_max", load.users_max),
        ("arrival_rate_per_s", rate(load.arrival_rate)),
        ("offered_per_s", rate(load.offered)),
    ] {
        not_negative(value, || format!("load.{name}"))?;
    }
    for (index, phase) in load.phases.iter().enumerate() {
        for (name, value) in [
            ("duration_s", Some(phase.duration.0)),
            ("users_from", phase.users_from),
            ("users_to", phase.users_to),
            ("rate_from", rate(phase.rate_from)),
            ("rate_to", rate(phase.rate_to)),
        ] {
            not_negative(value, || format!("load.phases[{index}].{name}"))?;
        }
    }
    Ok(())
}

/// A mean is computed, so it may leave the range by a rounding.
fn check_resource(resource: &Resource) -> Result<(), String> {
    let order = [resource.min, resource.mean, resource.max];
    let order: Vec<f64> = order.into_iter().flatten().collect();
    let slack = 1e-9
        * order
            .iter()
            .fold(0.0_f64, |most, value| most.max(value.abs()));
    if order
        .windows(2)
        .any(|pair| matches!(pair, [low, high] if *low > high + slack))
    {
        return Err("its mean is outside of its least and largest value".to_owned());
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
    let rate = |rate: Option<PerSecond>| rate.map(|rate| rate.0);
    not_negative(rate(stats.rate), || format!("{path}.rate_per_s"))?;
    not_negative(rate(stats.goodput), || format!("{path}.goodput_per_s"))?;
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
