//! What the shares of the endpoints alone do to the whole run: where a slow endpoint, or one that fails, is asked for more often,
//! nothing has become worse; and where it is asked for less, what has become worse does not show.
//!
//! The change that the shares explain is that of the base with the shares of the new side. Of failures it is the difference less that
//! at one mix (`stats::proportion::stratified`). Of a latency the quantiles of all requests of the base and of the same endpoints
//! weighed anew are compared; an endpoint that only the new side has counts as it is. Of a goodput it is what the failures, and in a
//! closed load the mean latency, take from it. What is left of the interval when this is taken off is what is believed.

use std::collections::BTreeMap;

use crate::compare::Sided;
use crate::compare::draft::{ALPHA, ByMix, Draft, FEWEST_OF_SHARES, JOBS_OF_SHARES};
use crate::compare::values::{edges, primaries};
use crate::figures::side::{by_endpoint, failed, whole};
use crate::model::{Latency, LoadModel, MetricId, Run, Statistic, Stats};
use crate::report::comparison::ChangeUnit;
use crate::stats::proportion::{Stratum, overdispersion, stratified};

/// The endpoints of a side by label, each with the runs that have it.
type ByLabel<'a> = BTreeMap<String, Vec<Sided<'a>>>;

/// Points that stand for the latency of an endpoint.
const POINTS: u32 = 400;
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
    let at_one_mix = drafts
        .iter()
        .find(|draft| is_of_failures(draft))
        .and_then(|draft| Some((draft.metric.change?, of_failures(draft, base, new)?)));
    let failing = at_one_mix.map_or(0.0, |(change, at_one_mix)| change - at_one_mix.0);
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
            let Some((_, (_, known))) = at_one_mix else {
                continue;
            };
            let left = (least - failing, most - failing);
            let at_one_mix = (left.0.min(known.0), left.1.max(known.1));
            ByMix {
                worse: failing > 0.0 && left.0 <= 0.0,
                better: failing < 0.0 && left.1 >= 0.0,
                hidden: at_one_mix.0 >= draft.measure.floor.max(draft.measure.least),
                at_one_mix: Some(at_one_mix),
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
                    let before = at_one_mix.and(whole_share(base));
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
            let (grows, falls) = (
                explained > 0.0 && least <= 0.0,
                explained < 0.0 && most >= 0.0,
            );
            let is_latency = draft.metric.metric != "goodput";
            ByMix {
                worse: if is_latency { grows } else { falls },
                better: if is_latency { falls } else { grows },
                hidden: is_latency && least >= draft.measure.floor.ln_1p(),
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

/// The change at one mix, and its interval.
fn of_failures(draft: &Draft, base: &[&Run], new: &[&Run]) -> Option<(f64, (f64, f64))> {
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
    stratified(&strata, spread, jobs, 1.0 - 2.0 * ALPHA)
}

/// Every endpoint of both sides, and what only one side has together; `None` where endpoints are not told, or do not add up.
fn strata(base: &[&Run], new: &[&Run]) -> Option<Vec<Stratum>> {
    let (all_base, all_new) = (failed(&whole(base))?, failed(&whole(new))?);
    let counts = |of: BTreeMap<String, Vec<&Stats>>| -> BTreeMap<String, (u64, u64)> {
        let counted = of.into_iter();
        counted
            .filter_map(|(label, stats)| Some((label, failed(&stats)?)))
            .collect()
    };
    let (of_base, of_new) = (counts(by_endpoint(base)), counts(by_endpoint(new)));
    let mut strata: Vec<Stratum> = of_base
        .iter()
        .filter_map(|(label, before)| Some([*before, *of_new.get(label)?]))
        .collect();
    if strata.is_empty() {
        return None;
    }
    let rest = |all: (u64, u64), side: usize| {
        let rest = strata.iter().try_fold(all, |rest, of| {
            let (failed, requests) = of.get(side)?;
            Some((rest.0.checked_sub(*failed)?, rest.1.checked_sub(*requests)?))
        });
        // Failures that no endpoint has.
        rest.filter(|(failed, requests)| failed <= requests)
    };
    // What is under another name is about as much on both sides; what is of one side alone is compared with all of the other.
    let (before, after) = (rest(all_base, 0)?, rest(all_new, 1)?);
    let (less, more) = (before.1.min(after.1), before.1.max(after.1));
    if less >= FEWEST_OF_SHARES && 2 * less >= more {
        strata.push([before, after]);
    } else {
        strata.extend((after.1 > 0).then_some([all_base, after]));
        strata.extend((before.1 > 0).then_some([before, all_new]));
    }
    Some(strata)
}

/// One endpoint: responses of base and new, and points of equal weight that stand for its latency before.
struct Part {
    base: f64,
    new: f64,
    points: Vec<f64>,
}

/// The endpoints of a pair, which make up its runs.
struct Parts(Vec<Part>);

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
    (adds_up(base, |part| part.base) && adds_up(new, |part| part.new)).then_some(Parts(parts))
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
    /// The quantile with the shares of the new side over that of the base.
    fn quantile(&self, share: f64) -> Option<f64> {
        let at = |weight: fn(&Part) -> f64| {
            let mut all: Vec<(f64, f64)> = Vec::new();
            for part in &self.0 {
                all.extend(part.points.iter().map(|point| (*point, weight(part))));
            }
            all.sort_by(|(a, _), (b, _)| a.total_cmp(b));
            let wanted = share * all.iter().map(|(_, weight)| weight).sum::<f64>();
            let mut seen = 0.0;
            let found = all.into_iter().find(|(_, weight)| {
                seen += weight;
                seen >= wanted
            });
            found.map(|(point, _)| point).filter(|point| *point > 0.0)
        };
        Some(at(|part| part.new)? / at(|part| part.base)?)
    }

    /// The mean in the same way.
    fn mean(&self) -> Option<f64> {
        let at = |weight: fn(&Part) -> f64| {
            let sums = self.0.iter().fold((0.0, 0.0), |(sum, all), part| {
                let mean = part.points.iter().sum::<f64>() / f64::from(POINTS);
                (sum + weight(part) * mean, all + weight(part))
            });
            let mean = sums.0 / sums.1;
            (mean > 0.0).then_some(mean)
        };
        Some(at(|part| part.new)? / at(|part| part.base)?)
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
        let parts = Parts(vec![
            part(900.0, 800.0, even(10.0, 0.01)),
            part(100.0, 200.0, slow),
        ]);
        let found = parts.quantile(0.95).unwrap();
        assert!((found - 1_300.0 / 1_200.0).abs() < 1e-3, "{found}");
        // By hand: (900 * 12 + 100 * 1199.5) / 1000 and (800 * 12 + 200 * 1199.5) / 1000.
        let mean = parts.mean().unwrap();
        assert!((mean - 249.496 / 130.746).abs() < 1e-3, "{mean}");
        let same = Parts(vec![part(5.0, 500.0, even(10.0, 0.1))]);
        assert_eq!((same.quantile(0.5), same.mean()), (Some(1.0), Some(1.0)));
    }
}
