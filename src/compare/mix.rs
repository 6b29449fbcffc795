//! What the shares of the endpoints alone do to the whole run: where a slow endpoint, or one that fails, is asked for more often,
//! nothing has become worse; and where it is asked for less, what has become worse does not show.
//!
//! The change that the shares explain is that of the base with the shares of the new side. Of failures it is that of
//! `stats::proportion::by_weights`. Of a latency the quantiles of all requests of the base and of the same endpoints
//! weighed anew are compared; an endpoint that only the new side has counts as it is. Of a goodput it is what the failures, and in a
//! closed load the mean latency, take from it. What is left of the interval when this is taken off is what is believed.

use std::collections::BTreeMap;

use crate::compare::Sided;
use crate::compare::draft::{ALPHA, ByMix, Draft};
use crate::compare::values::{edges, primaries};
use crate::figures::side::{by_endpoint, failed, whole};
use crate::model::{Latency, LoadModel, MetricId, Run, Statistic, Stats};
use crate::report::comparison::ChangeUnit;
use crate::stats::binomial::normal_score;
use crate::stats::proportion::{self, by_weights};

/// The endpoints of a side by label, each with the runs that have it.
type ByLabel<'a> = BTreeMap<String, Vec<Sided<'a>>>;

/// Failures and requests of an endpoint on both sides.
type Both = [(u64, u64); 2];

/// Points that stand for the latency of an endpoint.
const POINTS: u32 = 400;
/// Requests of the whole base that stand beside what it asked of no endpoint of the new side.
const PRIOR: f64 = 30.0;
/// How far the endpoints may be from counting what the runs do, as a share.
const UNCOUNTED: f64 = 0.01;

/// Looks at the metrics of the whole run that are judged.
pub(super) fn look(
    drafts: &mut [Draft],
    (base, new): (&[&Run], &[&Run]),
    before: &ByLabel,
    after: &ByLabel,
) {
    let parts = parts((base, new), before, after);
    let by_weights = failing(base, new).and_then(|parts| by_weights(&parts));
    let failing = by_weights.map_or(0.0, |(explained, _)| explained);
    for draft in drafts
        .iter_mut()
        .filter(|draft| draft.metric.endpoint.is_none())
    {
        let Some(interval) = draft
            .metric
            .interval
            .filter(|_| draft.metric.p_value.is_some())
        else {
            continue;
        };
        let Some((least, most)) = interval.lo.zip(interval.hi) else {
            continue;
        };
        draft.by_mix = if is_of_failures(draft) {
            let Some((explained, error)) = by_weights else {
                continue;
            };
            // How sure it is what the weights explain widens what is left.
            let error = normal_score(1.0 - ALPHA) * error;
            let change = draft.metric.change.unwrap_or_default();
            let left = change - explained;
            let (least, most) = (
                left - (change - least).hypot(error),
                left + (most - change).hypot(error),
            );
            ByMix {
                worse: explained > 0.0 && least <= 0.0,
                better: explained < 0.0 && most >= 0.0,
                hidden: explained < 0.0
                    && least > 0.0
                    && left >= draft.measure.floor.max(draft.measure.least),
                at_one_mix: Some((least, most)),
            }
        } else {
            let explained = match draft.metric.metric.parse() {
                Ok(MetricId::Latency(_, Statistic::Quantile(percentile))) => parts
                    .as_ref()
                    .and_then(|parts| Some((parts.quantile(percentile.share())?).ln())),
                Ok(MetricId::Plain("goodput")) => {
                    let is_closed = base
                        .iter()
                        .chain(new)
                        .all(|run| run.load.model == Some(LoadModel::Closed));
                    let before = by_weights.and(whole_share(base));
                    let served =
                        before.map_or(0.0, |share| ((1.0 - share - failing) / (1.0 - share)).ln());
                    let waited = parts.as_ref().filter(|_| is_closed).and_then(Parts::mean);
                    Some(served - waited.map_or(0.0, f64::ln))
                        .filter(|explained| explained.is_finite())
                }
                _ => None,
            };
            let Some(explained) = explained else { continue };
            let (least, most) = (least.ln_1p() - explained, most.ln_1p() - explained);
            let left = draft.metric.change.unwrap_or_default().ln_1p() - explained;
            let (grows, falls) = (
                explained > 0.0 && least <= 0.0,
                explained < 0.0 && most >= 0.0,
            );
            let is_latency = draft.metric.metric != "goodput";
            ByMix {
                worse: if is_latency { grows } else { falls },
                better: if is_latency { falls } else { grows },
                hidden: is_latency
                    && explained < 0.0
                    && least > 0.0
                    && left >= draft.measure.floor.ln_1p(),
                at_one_mix: None,
            }
        };
    }
}

fn is_of_failures(draft: &Draft) -> bool {
    draft.metric.endpoint.is_none() && draft.metric.change_unit == Some(ChangeUnit::Points)
}

fn whole_share(side: &[&Run]) -> Option<f64> {
    let (failures, requests) = failed(&whole(side))?;
    Some(failures as f64 / requests as f64).filter(|share| *share < 1.0)
}

/// Every endpoint of both sides, and what only one side has together; `None` where endpoints are not told, or do not add up.
fn failing(base: &[&Run], new: &[&Run]) -> Option<Vec<proportion::Part>> {
    let (all_base, all_new) = (failed(&whole(base))?, failed(&whole(new))?);
    let counts = |of: BTreeMap<String, Vec<&Stats>>| -> BTreeMap<String, (u64, u64)> {
        let counted = of.into_iter();
        counted
            .filter_map(|(label, stats)| Some((label, failed(&stats)?)))
            .collect()
    };
    let (of_base, of_new) = (counts(by_endpoint(base)), counts(by_endpoint(new)));
    let common: Vec<Both> = of_base
        .iter()
        .filter_map(|(label, before)| Some([*before, *of_new.get(label)?]))
        .collect();
    let rest = |all: (u64, u64), of: fn(&Both) -> (u64, u64)| {
        let rest = common.iter().map(of).try_fold(all, |rest, of| {
            Some((rest.0.checked_sub(of.0)?, rest.1.checked_sub(of.1)?))
        });
        // Failures that no endpoint has.
        rest.filter(|(failed, requests)| failed <= requests)
    };
    let (before, after) = (rest(all_base, |of| of[0])?, rest(all_new, |of| of[1])?);
    let mut parts: Vec<proportion::Part> = common
        .iter()
        .map(|[before, after]| proportion::Part {
            before: before.1,
            after: after.1,
            failures: before.0 as f64,
            of: before.1 as f64,
        })
        .collect();
    if parts.is_empty() {
        return None;
    }
    // It may be the same under other names; of little of it the whole of the base says more.
    let share = all_base.0 as f64 / all_base.1 as f64;
    parts.push(proportion::Part {
        before: before.1,
        after: after.1,
        failures: before.0 as f64 + PRIOR * share,
        of: before.1 as f64 + PRIOR,
    });
    Some(parts)
}

/// One endpoint: responses of base and new, and points of equal weight that stand for its latency before.
struct Part {
    base: f64,
    new: f64,
    points: Vec<f64>,
}

/// The endpoints of a pair, which make up its runs: their points in order, with the weights of base and new.
struct Parts(Vec<(f64, [f64; 2])>);

/// `None` where they do not make them up, or one of them has no latency.
fn parts<'a>(
    (base, new): (&[&Run], &[&Run]),
    before: &ByLabel<'a>,
    after: &ByLabel<'a>,
) -> Option<Parts> {
    let count = |latencies: &[&Latency]| {
        latencies
            .iter()
            .map(|latency| latency.count as f64)
            .sum::<f64>()
    };
    let mut parts = Vec::new();
    let labels = before
        .keys()
        .chain(after.keys().filter(|label| !before.contains_key(*label)));
    for label in labels {
        let side =
            |of: Option<&Vec<Sided<'a>>>| of.map_or(Some(Vec::new()), |side| primaries(side));
        let (of_base, of_new) = (side(before.get(label))?, side(after.get(label))?);
        let (in_base, in_new) = (count(&of_base), count(&of_new));
        let shown = if in_base > 0.0 { &of_base } else { &of_new };
        if in_base + in_new > 0.0 {
            parts.push(Part {
                base: in_base,
                new: in_new,
                points: points(shown)?,
            });
        }
    }
    let adds_up = |side: &[&Run], of: fn(&Part) -> f64| {
        let all = side.iter().map(|run| run.overall.primary());
        let all: Option<Vec<&Latency>> = all.collect();
        let all = all.map_or(0.0, |all| count(&all));
        let sum: f64 = parts.iter().map(of).sum();
        all > 0.0 && (sum / all - 1.0).abs() <= UNCOUNTED
    };
    (adds_up(base, |part| part.base) && adds_up(new, |part| part.new)).then(|| Parts::of(&parts))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank lies between 1 and the count"
)]
fn points(latencies: &[&Latency]) -> Option<Vec<f64>> {
    let (count, edges) = edges(latencies)?;
    let at = |place: u32| {
        let share = (f64::from(place) + 0.5) / f64::from(POINTS);
        let rank = (share * count as f64).ceil().clamp(1.0, count as f64);
        let (lower, upper) = edges.at(rank as u64)?;
        // Between the two, as a ratio; what reaches down to nothing is of no size.
        Some(if lower > 0.0 {
            (lower * upper).sqrt()
        } else {
            upper
        })
    };
    let points: Option<Vec<f64>> = (0..POINTS).map(at).collect();
    points.filter(|points| points.iter().all(|point| point.is_finite()))
}

impl Parts {
    fn of(parts: &[Part]) -> Parts {
        let mut points: Vec<(f64, [f64; 2])> = Vec::new();
        for part in parts {
            let weights = [part.base, part.new];
            points.extend(part.points.iter().map(|point| (*point, weights)));
        }
        points.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        Parts(points)
    }

    fn weigh(&self, of: impl Fn(f64, f64) -> f64) -> [f64; 2] {
        self.0.iter().fold([0.0; 2], |sums, (point, weights)| {
            [
                sums[0] + of(*point, weights[0]),
                sums[1] + of(*point, weights[1]),
            ]
        })
    }

    /// The quantile with the shares of the new side over that of the base.
    fn quantile(&self, share: f64) -> Option<f64> {
        let all = self.weigh(|_, weight| weight);
        let at = |side: usize| {
            let wanted = share * all.get(side)?;
            let mut seen = 0.0;
            let found = self.0.iter().find(|(_, weights)| {
                seen += weights.get(side).copied().unwrap_or_default();
                seen >= wanted
            });
            found.map(|(point, _)| *point).filter(|point| *point > 0.0)
        };
        Some(at(1)? / at(0)?)
    }

    /// The mean in the same way.
    fn mean(&self) -> Option<f64> {
        let (all, sums) = (
            self.weigh(|_, weight| weight),
            self.weigh(|point, weight| point * weight),
        );
        let ratio = (sums[1] / all[1]) / (sums[0] / all[0]);
        (ratio > 0.0 && ratio.is_finite()).then_some(ratio)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_alone_move_the_quantile_of_the_whole() {
        let even = |from: f64, step: f64| {
            (0..POINTS)
                .map(|place| from + step * f64::from(place))
                .collect()
        };
        let part = |base, new, points| Part { base, new, points };
        // A tenth of the requests is slow: p95 is its middle. Then a fifth is, and p95 its third quarter.
        let slow: Vec<f64> = even(1_000.0, 1.0);
        let parts = Parts::of(&[
            part(900.0, 800.0, even(10.0, 0.01)),
            part(100.0, 200.0, slow),
        ]);
        let found = parts.quantile(0.95).unwrap();
        assert!((found - 1_300.0 / 1_200.0).abs() < 1e-3, "{found}");
        // By hand: (900 * 12 + 100 * 1199.5) / 1000 and (800 * 12 + 200 * 1199.5) / 1000.
        let mean = parts.mean().unwrap();
        assert!((mean - 249.496 / 130.746).abs() < 1e-3, "{mean}");
        let same = Parts::of(&[part(5.0, 500.0, even(10.0, 0.1))]);
        assert_eq!((same.quantile(0.5), same.mean()), (Some(1.0), Some(1.0)));
    }
}
