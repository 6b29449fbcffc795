//! Endpoints with too few requests for a latency to be judged: what their scatter cannot explain is suspect all the same, and their
//! means are compared.
//!
//! Nothing is proven this way. The requests of all runs of a side count together, so the change has to be so many times larger than
//! what runs differ by, and the medians over the runs have to lie as far apart.

use crate::compare::draft::{ALPHA, Draft, Few};
use crate::compare::values::{Reading, edges, logarithm, primaries, stats_of};
use crate::model::{Endpoint, Latency, LoadModel, MetricId, Run, Statistic};
use crate::normalize::merge;
use crate::report::Cause;
use crate::report::comparison::{ChangeUnit, MetricState};
use crate::report::comparison::{ComparedMetric, Method};
use crate::stats::apart::{self, Mean};
use crate::stats::repeats::Value;

/// How many times as slow middles have to be, and
const MIDDLE: f64 = 2.0;
/// tails, which differ more between runs.
const TAIL: f64 = 3.0;
/// What users call once when they start is called within a second or two, and a bad one makes all of it slow: of unchanged runs
/// 77 ms and 420 ms (`POST /login` of samples/repeats/locust).
const AT_START: f64 = 8.0;

/// The mean of what is judged.
pub(super) const MEAN: MetricId = MetricId::Latency(None, Statistic::Mean);

/// A run, and one of its endpoints or the whole.
type Sided<'a> = (&'a Run, Option<&'a Endpoint>);

/// The mean of each run, with its error by the deviation of its requests.
pub(super) fn means(side: &[Sided]) -> Vec<Reading> {
    let readings = side.iter().filter_map(|(run, at)| {
        let latency = stats_of(run, *at).primary()?;
        let value = latency.mean?.0;
        let error = deviation(latency).map(|deviation| {
            let of_mean = deviation / (latency.count as f64).sqrt();
            of_mean / value
        });
        let half = latency.resolution.half_width(crate::model::Millis(value));
        Some(Reading {
            run: run.id.clone(),
            value,
            log: error
                .and_then(|error| logarithm(value, error))
                .filter(is_usable),
            n: Some(latency.count),
            resolution: half.map_or(0.0, |half| 2.0 * half.0),
        })
    });
    readings.collect()
}

fn is_usable(value: &Value) -> bool {
    value.error.is_finite()
}

/// The deviation of the samples; where it is not given the largest that smallest, largest and mean allow (R. Bhatia and C. Davis,
/// "A better bound on the variance", The American Mathematical Monthly 107, 2000).
fn deviation(latency: &Latency) -> Option<f64> {
    if let Some(given) = latency.stddev {
        return Some(given.0);
    }
    let (min, mean, max) = (latency.min?.0, latency.mean?.0, latency.max?.0);
    let most = (max - mean) * (mean - min);
    (most >= 0.0).then(|| most.sqrt())
}

/// Looks at a latency that nothing else judges; one that is no slower counts among what was asked.
pub(super) fn look(metric: &MetricId, draft: &Draft, base: &[Sided], new: &[Sided]) -> Option<Few> {
    let MetricId::Latency(_, statistic) = *metric else {
        return None;
    };
    if draft.metric.p_value.is_some() || draft.metric.state == MetricState::NotMeasured {
        return None;
    }
    let (factor, method) = match statistic {
        Statistic::Quantile(percentile) if percentile.share() > 0.75 => (TAIL, Method::Counts),
        Statistic::Quantile(_) => (MIDDLE, Method::Counts),
        _ => (MIDDLE, Method::Welch),
    };
    let factor = if base.iter().chain(new).any(is_called_at_start) {
        AT_START
    } else {
        factor
    };
    let (base, new) = (primaries(base)?, primaries(new)?);
    let chance = || {
        draft
            .metric
            .change
            .filter(|change| *change >= factor - 1.0)?;
        let Statistic::Quantile(percentile) = statistic else {
            return apart::means(mean(&base)?, mean(&new)?, factor);
        };
        let ((of_base, base), (of_new, new)) = (edges(&base)?, edges(&new)?);
        apart::quantiles((of_base, &base), (of_new, &new), percentile.share(), factor)
    };
    let chance = chance().filter(|_| draft.beyond_floor).unwrap_or(1.0);
    Some(Few {
        chance,
        method,
        interval: None,
    })
}

/// Whether no user of a closed load may have called it more than once.
pub(super) fn is_called_at_start((run, at): &Sided) -> bool {
    let requests = stats_of(run, *at).requests;
    match (run.load.model, run.load.users_max.zip(requests)) {
        (Some(LoadModel::Open), _) => false,
        (_, Some((users, requests))) => requests as f64 <= users,
        // How many users there are is not known.
        (model, None) => model == Some(LoadModel::Closed),
    }
}

fn mean(side: &[&Latency]) -> Option<Mean> {
    let (all, _) = merge::latency(side);
    Some(Mean {
        mean: all.mean?.0,
        deviation: deviation(&all)?,
        count: all.count,
    })
}

/// Makes suspect what is left undecided: each of them by its share of the false alarms that one metric may have.
pub(super) fn decide(drafts: &mut [Draft]) {
    let is_share = |draft: &Draft| draft.metric.change_unit == Some(ChangeUnit::Points);
    let asked = |of_shares: bool| {
        let asked = drafts.iter().filter(|draft| draft.few_requests.is_some());
        asked.filter(|draft| is_share(draft) == of_shares).count()
    };
    let asked = [asked(false), asked(true)];
    for draft in drafts {
        let Some(few) = draft.few_requests else {
            continue;
        };
        let [of_latencies, of_shares] = asked;
        let asked = if is_share(draft) {
            of_shares
        } else {
            of_latencies
        };
        let corrected = (few.chance * asked as f64).min(1.0);
        if corrected < ALPHA && draft.metric.state == MetricState::Undecided {
            let metric: &mut ComparedMetric = &mut draft.metric;
            metric.state = MetricState::Suspect;
            metric.reasons = vec![Cause::BeyondScatter.into()];
            metric.method = Some(few.method);
            metric.interval = metric.interval.or(few.interval);
            (metric.p_value, metric.q_value) = (Some(few.chance), Some(corrected));
        }
    }
}
