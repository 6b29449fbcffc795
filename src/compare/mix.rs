//! What the shares of the endpoints alone do to the whole run: where a slow endpoint is asked for more often, or one that fails,
//! nothing has become worse.
//!
//! Failures are compared at one mix (`stats::proportion::stratified`). A latency of the whole is believed where an endpoint moves the
//! same way, or where it moved further than any shift of the shares explains: with the shares off by d in all, the quantile q of
//! unchanged endpoints lies between the quantiles q - d and q + d of the base.

use std::collections::BTreeMap;

use crate::compare::draft::{ALPHA, ByMix, Draft, JOBS_OF_SHARES};
use crate::compare::values::edges;
use crate::figures::side::{by_endpoint, failed, whole};
use crate::load::mix::{Shared, moved};
use crate::model::{MetricId, Run, Statistic};
use crate::report::comparison::ChangeUnit;
use crate::stats::proportion::{Stratum, overdispersion, stratified};

/// Looks at the metrics of the whole run that are judged.
pub(super) fn look(drafts: &mut [Draft], base: &[&Run], new: &[&Run]) {
    let found: Vec<(usize, ByMix)> = drafts
        .iter()
        .enumerate()
        .filter(|(_, draft)| draft.metric.endpoint.is_none() && draft.metric.p_value.is_some())
        .filter_map(|(place, draft)| {
            let found = if draft.metric.change_unit == Some(ChangeUnit::Points) {
                of_failures(draft, base, new)
            } else {
                of_latency(draft, drafts, base, new)
            };
            Some((place, found?))
        })
        .collect();
    for (place, found) in found {
        if let Some(draft) = drafts.get_mut(place) {
            draft.by_mix = found;
        }
    }
}

fn of_failures(draft: &Draft, base: &[&Run], new: &[&Run]) -> Option<ByMix> {
    let strata = strata(base, new)?;
    let runs = |side: &[&Run]| -> Vec<(u64, u64)> {
        side.iter()
            .filter_map(|run| failed(&[&run.overall]))
            .collect()
    };
    let spread = overdispersion(&[&runs(base), &runs(new)]);
    let jobs = if draft.interleaved {
        0.0
    } else {
        JOBS_OF_SHARES
    };
    let (_, (least, most)) = stratified(&strata, spread, jobs, 1.0 - 2.0 * ALPHA)?;
    Some(ByMix {
        worse: least <= 0.0,
        better: most >= 0.0,
        at_one_mix: Some((least, most)),
    })
}

/// Every endpoint of both sides, and what only one side has together; `None` where endpoints are not told, or overlap.
fn strata(base: &[&Run], new: &[&Run]) -> Option<Vec<Stratum>> {
    let sides = [base, new].map(|side| (failed(&whole(side)), by_endpoint(side)));
    let [(Some(all_base), of_base), (Some(all_new), of_new)] = sides else {
        return None;
    };
    let counts =
        |of: &BTreeMap<String, Vec<&crate::model::Stats>>| -> BTreeMap<String, (u64, u64)> {
            let counted = of
                .iter()
                .filter_map(|(label, stats)| Some((label.clone(), failed(stats)?)));
            counted.collect()
        };
    let (of_base, of_new) = (counts(&of_base), counts(&of_new));
    let mut strata: Vec<Stratum> = of_base
        .iter()
        .filter_map(|(label, before)| Some([*before, *of_new.get(label)?]))
        .collect();
    if strata.is_empty() {
        return None;
    }
    let rest = |all: (u64, u64), side: usize| {
        strata.iter().try_fold(all, |rest, of| {
            let (failed, requests) = of.get(side)?;
            Some((rest.0.checked_sub(*failed)?, rest.1.checked_sub(*requests)?))
        })
    };
    // An endpoint under another name, or of one side alone, is compared with such of the other side, else with all of it.
    let rests = match (rest(all_base, 0)?, rest(all_new, 1)?) {
        (before, after) if before.1 > 0 && after.1 > 0 => Some([before, after]),
        (_, after) if after.1 > 0 => Some([all_base, after]),
        (before, _) if before.1 > 0 => Some([before, all_new]),
        _ => None,
    };
    strata.extend(rests);
    Some(strata)
}

fn of_latency(draft: &Draft, all: &[Draft], base: &[&Run], new: &[&Run]) -> Option<ByMix> {
    let MetricId::Latency(_, Statistic::Quantile(percentile)) = draft.metric.metric.parse().ok()?
    else {
        return None;
    };
    let shared = Shared::of(base, new)?;
    // What only the new side has is in no quantile of the base.
    let is_all_known = shared.new.labels.is_empty();
    let (before, after) = shared.counts?;
    let moved = moved(&before, &after)?;
    let moves = |chance: fn(&Draft) -> Option<f64>| {
        let mut endpoints = all
            .iter()
            .filter(|of| of.metric.endpoint.is_some() && of.metric.metric == draft.metric.metric);
        endpoints.any(|of| chance(of).is_some_and(|p| p < ALPHA))
    };
    let latencies: Option<Vec<_>> = base.iter().map(|run| run.overall.primary()).collect();
    let (count, edges) = edges(&latencies?)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and the count"
    )]
    let at = |share: f64| {
        let rank = (share * count as f64).ceil().clamp(1.0, count as f64);
        edges.at(rank as u64)
    };
    let (base, change) = (draft.metric.base?, draft.metric.interval?);
    let share = percentile.share();
    let beyond = |end: Option<f64>, limit: Option<f64>, is_up: bool| {
        let Some((end, limit)) = end.zip(limit) else {
            return false;
        };
        let reached = base * (1.0 + end);
        if is_up {
            reached > limit
        } else {
            reached < limit
        }
    };
    let slower = beyond(change.lo, at(share + moved).map(|ends| ends.1), true);
    let faster = beyond(change.hi, at(share - moved).map(|ends| ends.0), false);
    Some(ByMix {
        worse: !(slower && is_all_known || moves(|of| of.metric.p_value)),
        better: !(faster || moves(|of| of.p_better)),
        at_one_mix: None,
    })
}
