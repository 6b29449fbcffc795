//! How much of what both sides asked for a comparison is about, and of how much of it a latency was judged.

use std::collections::BTreeSet;

use crate::load::mix::{Counts, Shared};
use crate::model::{MetricId, Run};
use crate::report::comparison::Comparison;

/// Fills in the shares, when the metrics are known.
pub(super) fn fill(comparison: &mut Comparison, base: &[&Run], new: &[&Run]) {
    let is_judged = |metric: &str| {
        let metric = metric.parse();
        metric.is_ok_and(|metric| matches!(metric, MetricId::Latency(..)))
    };
    let labels = |only_judged: bool| -> BTreeSet<String> {
        let metrics = comparison.metrics.iter();
        metrics
            .filter(|metric| !only_judged || metric.p_value.is_some() && is_judged(&metric.metric))
            .filter_map(|metric| metric.endpoint.clone())
            .collect()
    };
    let (compared, judged) = (labels(false), labels(true));
    comparison.endpoints_compared = compared.len() as u64;
    comparison.endpoints_judged = judged.len() as u64;
    let shared = Shared::of(base, new);
    comparison.compared_share = shared.as_ref().and_then(Shared::share);
    let counts = shared.and_then(|shared| shared.counts);
    comparison.judged_share = counts.and_then(|(before, after)| {
        let (before, after) = (share(&before, &judged)?, share(&after, &judged)?);
        Some(f64::min(before, after))
    });
}

fn share(counts: &Counts, of: &BTreeSet<String>) -> Option<f64> {
    let sum = |only: bool| -> f64 {
        let counts = counts
            .iter()
            .filter(|(label, _)| !only || of.contains(*label));
        counts.map(|(_, n)| *n as f64).sum()
    };
    let all = sum(false);
    (all > 0.0).then(|| sum(true) / all)
}
