//! The spread between runs, as the other endpoints of the same runs show it: where all of them lie further apart than assumed, no
//! endpoint is judged by what was assumed (`stats::pooled`).

use std::collections::BTreeMap;

use crate::findings::comparison::judge::{Draft, JOBS, REPEATS};
use crate::findings::comparison::others::{FEWEST, median_without};
use crate::stats::pooled::{excess, learned};
use crate::stats::repeats::Spread;

/// Tests the latencies of one pair of sides again that other endpoints know more of.
pub(super) fn look(drafts: &mut [Draft], runs: (usize, usize)) {
    if runs.0.min(runs.1) < REPEATS {
        return;
    }
    let degrees = (runs.0 + runs.1 - 2) as f64;
    let mut metrics: BTreeMap<String, Vec<(usize, f64)>> = BTreeMap::new();
    for (place, draft) in drafts.iter().enumerate() {
        let is_whole = draft.logs.len() == runs.0 + runs.1;
        if draft.metric.endpoint.is_some() && draft.metric.p_value.is_some() && is_whole {
            let found = draft.logs.split_at_checked(runs.0);
            let found = found.and_then(|(base, new)| excess(base, new));
            let of = metrics.entry(draft.metric.metric.clone()).or_default();
            of.extend(found.map(|found| (place, found)));
        }
    }
    for (place, draft) in drafts.iter_mut().enumerate() {
        let Some(of) = metrics.get(&draft.metric.metric) else {
            continue;
        };
        let own = of.iter().find(|(other, _)| *other == place);
        let own = own.map(|(_, found)| *found);
        if draft.metric.p_value.is_none() || of.len() < FEWEST + usize::from(own.is_some()) {
            continue;
        }
        let mut sorted: Vec<f64> = of.iter().map(|(_, found)| *found).collect();
        sorted.sort_by(f64::total_cmp);
        let middle = own.map_or_else(|| median(&sorted), |own| median_without(&sorted, own));
        let assumed = Spread::assumed(draft.measure.spread, JOBS);
        let spread = learned(assumed, middle, degrees);
        if spread != assumed {
            draft.test(spread);
        }
    }
}

fn median(sorted: &[f64]) -> f64 {
    // One more above all others leaves the middle of the others.
    let mut with = sorted.to_vec();
    with.push(f64::INFINITY);
    median_without(&with, f64::INFINITY)
}
