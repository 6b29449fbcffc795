//! What is summed and shared out over a run: groups of endpoints, classes of latency.

use std::collections::BTreeMap;

use crate::model::Run;
use crate::report::{Class, Group};

/// Sums over the endpoints of each group of a run.
pub(super) fn groups_of(run: &Run) -> Vec<Group> {
    let mut groups: BTreeMap<&str, Group> = BTreeMap::new();
    for endpoint in &run.endpoints {
        let Some(name) = endpoint.group.as_deref() else {
            continue;
        };
        let group = groups.entry(name).or_insert_with(|| Group {
            name: name.to_owned(),
            run: run.id.clone(),
            endpoints: Vec::new(),
            figures: BTreeMap::new(),
        });
        group.endpoints.push(endpoint.label());
        let stats = &endpoint.stats;
        let sums = [
            ("requests", stats.requests.map(|n| n as f64)),
            ("failures", stats.failures.map(|n| n as f64)),
            ("rate", stats.rate.map(|r| r.0)),
            ("goodput", stats.goodput.map(|r| r.0)),
        ];
        for (metric, value) in sums {
            if let Some(value) = value {
                *group.figures.entry(metric.to_owned()).or_insert(0.0) += value;
            }
        }
    }
    groups.into_values().collect()
}

/// Shares by latency, from the histogram of the primary latency; a bucket counts where its middle lies.
pub(super) fn classes_of(run: &Run, classes: &[(String, Option<f64>)]) -> Vec<Class> {
    let Some(histogram) = run
        .overall
        .primary()
        .and_then(|latency| latency.histogram.as_ref())
    else {
        return Vec::new();
    };
    let total = histogram.total();
    if total == 0 || classes.is_empty() {
        return Vec::new();
    }
    let mut counts = vec![0_u64; classes.len()];
    for (lower, upper, count) in histogram.buckets() {
        let middle = f64::midpoint(lower.0, upper.0);
        let place = classes
            .iter()
            .position(|(_, upto)| upto.is_none_or(|upto| middle <= upto));
        if let Some(slot) = place.and_then(|place| counts.get_mut(place)) {
            *slot += count;
        }
    }
    let rows = classes.iter().zip(counts);
    rows.map(|((name, upto_ms), count)| Class {
        name: name.clone(),
        run: run.id.clone(),
        upto_ms: *upto_ms,
        count,
        share: count as f64 / total as f64,
    })
    .collect()
}
