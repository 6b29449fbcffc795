//! An endpoint against the other endpoints of the same runs: what a bad minute did to all of them is no change of one.
//!
//! The companion of an endpoint in a run is the median of the others, each about its own mean over all runs. What is shown this
//! way is relative, because others that became faster look the same; so it makes a metric suspect and never fails a build.

use std::collections::BTreeMap;

use crate::compare::draft::{ALPHA, Draft, JOBS, REPEATS};
use crate::report::Interval;
use crate::report::comparison::AgainstOthers;
use crate::stats::covariate::{self, Pair};
use crate::stats::repeats::Value;

/// Other endpoints that it takes: with fewer, one that changed for itself decides what all did.
pub(super) const FEWEST: usize = 3;

/// Looks at the latencies of all endpoints of one pair of sides.
pub(super) fn look(drafts: &mut [Draft], runs: (usize, usize), interleaved: bool) {
    if runs.0.min(runs.1) < REPEATS {
        return;
    }
    let mut metrics: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, draft) in drafts.iter().enumerate() {
        let is_whole = draft.logs.len() == runs.0 + runs.1;
        if draft.metric.endpoint.is_some() && draft.metric.p_value.is_some() && is_whole {
            let places = metrics.entry(draft.metric.metric.clone()).or_default();
            places.push(place);
        }
    }
    let extra = if interleaved { 0.0 } else { 2.0 * JOBS * JOBS };
    for places in metrics.into_values().filter(|of| of.len() > FEWEST) {
        let logs: Vec<&[Value]> = places
            .iter()
            .filter_map(|place| drafts.get(*place))
            .map(|draft| draft.logs.as_slice())
            .collect();
        let companions = companions(&logs);
        let found: Vec<Option<AgainstOthers>> = logs
            .iter()
            .zip(companions)
            .map(|(logs, companions)| {
                let pairs: Vec<Pair> = logs
                    .iter()
                    .zip(companions)
                    .map(|(value, x)| Pair {
                        y: value.log,
                        x,
                        error: value.error,
                    })
                    .collect();
                let (base, new) = pairs.split_at_checked(runs.0)?;
                let found = covariate::adjusted(base, new, extra, ALPHA)?;
                let relative = |log: f64| log.exp() - 1.0;
                Some(AgainstOthers {
                    change: relative(found.difference),
                    interval: Interval {
                        lo: Some(relative(found.interval.0)),
                        hi: Some(relative(found.interval.1)),
                        level: 1.0 - 2.0 * ALPHA,
                    },
                    p_value: found.p_up,
                    endpoints: (places.len() - 1) as u64,
                    change_of_others: relative(found.companions),
                })
            })
            .collect();
        for (place, found) in places.into_iter().zip(found) {
            if let Some(draft) = drafts.get_mut(place) {
                draft.metric.against_others = found;
            }
        }
    }
}

/// Of each endpoint and run the median of the other endpoints, about their means.
fn companions(logs: &[&[Value]]) -> Vec<Vec<f64>> {
    let centred: Vec<Vec<f64>> = logs
        .iter()
        .map(|of| {
            let mean = of.iter().map(|value| value.log).sum::<f64>() / of.len() as f64;
            of.iter().map(|value| value.log - mean).collect()
        })
        .collect();
    let runs = centred.first().map_or(0, Vec::len);
    let mut companions = vec![Vec::with_capacity(runs); centred.len()];
    for run in 0..runs {
        let of_run: Vec<f64> = centred
            .iter()
            .filter_map(|of| of.get(run))
            .copied()
            .collect();
        let mut sorted = of_run.clone();
        sorted.sort_by(f64::total_cmp);
        for (value, companions) in of_run.iter().zip(&mut companions) {
            companions.push(median_without(&sorted, *value));
        }
    }
    companions
}

/// The median of sorted values without one of them.
pub(super) fn median_without(sorted: &[f64], value: f64) -> f64 {
    let own = sorted.partition_point(|other| other.total_cmp(&value).is_lt());
    let rest = sorted.len() - 1;
    let at = |place: usize| {
        let place = if place < own { place } else { place + 1 };
        sorted.get(place).copied().unwrap_or(value)
    };
    if rest % 2 == 1 {
        at(rest / 2)
    } else {
        f64::midpoint(at((rest / 2).saturating_sub(1)), at(rest / 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_leaves_the_own_value_out() {
        let of = |sorted: &[f64]| -> Vec<String> {
            let medians = sorted.iter().map(|value| median_without(sorted, *value));
            medians.map(|median| median.to_string()).collect()
        };
        assert_eq!(of(&[1.0, 2.0, 3.0, 4.0]), ["3", "3", "2", "2"]);
        assert_eq!(of(&[1.0, 2.0, 2.0, 4.0, 9.0]), ["3", "3", "3", "2", "2"]);
    }

    #[test]
    fn companions_are_about_their_own_means() {
        let of = |values: &[f64]| -> Vec<Value> {
            let value = |log: &f64| Value {
                log: *log,
                error: 0.0,
            };
            values.iter().map(value).collect()
        };
        // Levels far apart, and the same minutes.
        let (a, b, c) = (of(&[1.0, 1.5]), of(&[6.0, 6.3]), of(&[9.0, 8.9]));
        let found = companions(&[&a, &b, &c]);
        let close = |found: f64, wanted: f64| (found - wanted).abs() < 1e-12;
        assert!(close(found[0][1], (0.15 - 0.05) / 2.0));
        assert!(close(found[1][1], (0.25 - 0.05) / 2.0));
        assert!(close(found[2][0], (-0.25 - 0.15) / 2.0));
    }
}
