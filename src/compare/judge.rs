//! One metric of two sides: what the figures are, how far they lie apart, and the chances of that (statistics 2.0 to 2d).

use crate::compare::apart::{self, factor};
use crate::compare::draft::{ALPHA, Doubt, Draft, FEWEST, JOBS, REPEATS, Setting};
use crate::compare::values::Reading;
use crate::figures::side::{middle, within};
use crate::figures::spread::{LEAST_MS, Measure};
use crate::model::{Better, MetricId, Statistic};
use crate::report::comparison::{ChangeUnit, ComparedMetric, Method, MetricState};
use crate::report::{Cause, Interval, Reason, RuleId};
use crate::stats::rank_test::mann_whitney;
use crate::stats::repeats::{self, Clipped, Spread, Value};

/// Requests of a side that must lie beyond a quantile for it to be judged.
const BEYOND: f64 = 20.0;
/// The change whose proof `repeats_needed` speaks of.
const WANTED: f64 = 0.2;

fn sum(mut counts: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    counts.try_fold(0_u64, |all, n| Some(all.saturating_add(n?)))
}

/// A latency or a rate.
pub(super) fn ratio(
    metric: &MetricId,
    base: &[Reading],
    new: &[Reading],
    measure: Measure,
    setting: &Setting,
) -> Draft {
    let better = metric.spec().better;
    let mut draft = Draft::blank(metric, metric.unit(), better, measure, setting);
    draft.doubt = (base.len().min(new.len()) < REPEATS).then_some(Doubt::FewRuns);
    draft.sides = [base.to_vec(), new.to_vec()];
    draft.least = least_of(metric, base, new, measure);
    let found = &mut draft.metric;
    found.base = middle(&figures(base));
    found.new = middle(&figures(new));
    (found.runs_base, found.runs_new) = (base.len() as u64, new.len() as u64);
    found.n_base = sum(base.iter().map(|reading| reading.n));
    found.n_new = sum(new.iter().map(|reading| reading.n));
    let (Some(before), Some(after)) = (draft.metric.base, draft.metric.new) else {
        return draft;
    };
    draft.metric.state = MetricState::Undecided;
    if before > 0.0 {
        draft.metric.change = Some(after / before - 1.0);
        draft.metric.change_unit = Some(ChangeUnit::Relative);
    }
    draft.weigh();
    if let Some(reason) = too_few(metric, &draft.metric) {
        draft.metric.reasons.push(reason);
        return draft;
    }
    let logs = |side: &[Reading]| {
        side.iter()
            .map(|reading| reading.log)
            .collect::<Option<Vec<Value>>>()
    };
    let (Some(logs_base), Some(logs_new)) = (logs(base), logs(new)) else {
        draft.metric.reasons.push(Cause::NoInterval.into());
        return draft;
    };
    draft.runs_apart = apart::runs(&logs_base, &logs_new, (factor(metric), draft.least), better);
    draft.logs = [logs_base, logs_new].concat();
    draft.test(Spread::assumed(measure.spread, JOBS));
    draft
}

fn figures(side: &[Reading]) -> Vec<f64> {
    side.iter().map(|reading| reading.value).collect()
}

/// The least difference worth talking about, in the metric's unit.
fn least_of(metric: &MetricId, base: &[Reading], new: &[Reading], measure: Measure) -> f64 {
    if !matches!(metric, MetricId::Latency(..)) {
        return measure.least;
    }
    let resolution = base.iter().chain(new).map(|reading| reading.resolution);
    resolution.fold(LEAST_MS.max(measure.least), f64::max)
}

/// The chance of ranks as bad, by themselves: a second opinion that assumes nothing of any spread.
fn ranks(base: &[Value], new: &[Value], better: Better) -> Option<f64> {
    if base.len().min(new.len()) < REPEATS {
        return None;
    }
    let of = |side: &[Value]| -> Vec<f64> { side.iter().map(|value| value.log).collect() };
    let found = mann_whitney(&of(base), &of(new))?;
    Some(if better == Better::Higher {
        found.p_down
    } else {
        found.p_up
    })
}

/// Takes the figures of a change over.
fn put(draft: &mut Draft, change: &repeats::Change) {
    let relative = |log: f64| log.exp() - 1.0;
    let (lo, hi) = change.interval;
    let metric = &mut draft.metric;
    let better = metric.better;
    metric.interval = Some(Interval {
        lo: Some(relative(lo)),
        hi: Some(relative(hi)),
        level: 1.0 - 2.0 * ALPHA,
    });
    let (worse, better_p, worst, detectable) = if better == Better::Higher {
        let seen = 1.0 - (-change.detectable).exp();
        (change.p_down, change.p_up, -relative(lo), seen)
    } else {
        (
            change.p_up,
            change.p_down,
            relative(hi),
            relative(change.detectable),
        )
    };
    metric.p_value = Some(worse);
    metric.smallest_detectable = Some(detectable);
    draft.p_better = Some(better_p);
    draft.worst = Some(worst);
}

/// Why a metric cannot be judged: too few requests.
fn too_few(metric: &MetricId, found: &ComparedMetric) -> Option<Reason> {
    let Some((base, new)) = found.n_base.zip(found.n_new) else {
        return Some(Cause::Uncounted.into());
    };
    // Of a service that dies few successes are left, and that is what there is to judge.
    let is_count = found.better == Better::Higher;
    let fewest = if is_count {
        base.max(new)
    } else {
        base.min(new)
    };
    if fewest < FEWEST {
        return Some(Cause::TooFewRequests.into());
    }
    if let MetricId::Latency(_, Statistic::Quantile(percentile)) = metric
        && fewest as f64 * (1.0 - percentile.share()) < BEYOND
    {
        return Some(RuleId::V10.into());
    }
    None
}

impl Draft {
    /// Compares the runs, as far apart as they may be expected to lie.
    pub(super) fn test(&mut self, spread: Spread) {
        let [base, new] = &self.sides;
        let Some((logs_base, logs_new)) = self.logs.split_at_checked(base.len()) else {
            return;
        };
        let options = repeats::Options {
            alpha: ALPHA,
            interleaved: self.interleaved,
            ..repeats::Options::default()
        };
        let Some(change) = repeats::compare(logs_base, logs_new, spread, options) else {
            return;
        };
        let is_one = (base.len(), new.len()) == (1, 1);
        self.metric.method = Some(match (is_one, change.dealt) {
            (true, _) => Method::Single,
            (false, false) => Method::Repeats,
            (false, true) => Method::Permutation,
        });
        // What is tested is what is told: the means of the logarithms, with runs far out drawn in.
        let (before, after) = (
            within(change.base, &figures(base)),
            within(change.new, &figures(new)),
        );
        self.metric.base = Some(before);
        self.metric.new = Some(after);
        self.metric.change = (before > 0.0).then(|| after / before - 1.0);
        self.metric.rank_p_value = ranks(logs_base, logs_new, self.metric.better);
        let id = |clipped: &Clipped| match *clipped {
            Clipped::Base(place) => base.get(place),
            Clipped::New(place) => new.get(place),
        };
        let clipped = change.clipped.iter().filter_map(id);
        self.metric.clipped = clipped.map(|reading| reading.run.clone()).collect();
        self.metric.guarded = change.guarded;
        self.metric.repeats_needed =
            repeats::repeats_needed(change.spread, (1.0 + WANTED).ln(), spread, options)
                .map(|repeats| repeats.max(REPEATS as u64));
        self.metric.learned_spread = (spread.runs > self.measure.spread).then_some(spread.runs);
        put(self, &change);
        self.weigh();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::decide::{DISCOVERY, decide};
    use crate::figures::spread::measure_of;
    use crate::model::Percentile;
    use std::collections::BTreeMap;

    fn readings(values: &[f64]) -> Vec<Reading> {
        let reading = |(place, value): (usize, &f64)| Reading {
            run: place.to_string(),
            value: *value,
            log: Some(Value {
                log: value.ln(),
                error: 0.001,
            }),
            n: Some(10_000),
            resolution: 0.0,
        };
        values.iter().enumerate().map(reading).collect()
    }

    fn p50(base: &[f64], new: &[f64], interleaved: bool) -> Draft {
        let metric = MetricId::quantile(Percentile::P50);
        let setting = Setting {
            endpoint: None,
            interleaved,
        };
        let measure = measure_of(&metric, &BTreeMap::new());
        ratio(&metric, &readings(base), &readings(new), measure, &setting)
    }

    fn decided(mut drafts: Vec<Draft>) -> Vec<ComparedMetric> {
        decide(&mut drafts);
        drafts.into_iter().map(|draft| draft.metric).collect()
    }

    fn only(draft: Draft) -> ComparedMetric {
        decided(vec![draft]).remove(0)
    }

    const CALM: [f64; 5] = [100.0, 102.0, 98.0, 101.0, 99.0];

    fn times(factor: f64) -> Vec<f64> {
        CALM.iter().map(|value| value * factor).collect()
    }

    #[test]
    fn a_change_beyond_chance_and_floor_is_proven_in_either_direction() {
        let found = only(p50(&CALM, &times(1.3), true));
        assert_eq!(found.state, MetricState::Regressed);
        assert!((found.change.unwrap() - 0.3).abs() < 1e-9);
        let interval = found.interval.unwrap();
        assert!(interval.lo.unwrap() > 0.05 && interval.hi.unwrap() > 0.3);
        assert_eq!(
            only(p50(&CALM, &times(0.7), true)).state,
            MetricState::Improved
        );
    }

    #[test]
    fn what_is_ruled_out_in_both_directions_is_unchanged() {
        let runs: Vec<f64> = CALM.iter().cycle().take(20).copied().collect();
        let found = only(p50(&runs, &runs, true));
        assert_eq!(found.state, MetricState::Unchanged);
        // Better beyond the margin is not ruled out, worse is.
        let lower: Vec<f64> = [0.6, 0.95, 0.7, 1.0, 0.65]
            .map(|factor| 100.0 * factor)
            .to_vec();
        let found = only(p50(&CALM, &lower, true));
        assert_eq!(found.state, MetricState::Undecided, "{found:?}");
        assert_eq!(found.reasons, [Reason::Other(Cause::NotWorse)]);
        assert_eq!(only(p50(&CALM, &CALM, false)).state, MetricState::Undecided);
    }

    #[test]
    fn a_proven_change_below_the_floor_is_none() {
        let runs: Vec<f64> = CALM.iter().cycle().take(100).copied().collect();
        let above: Vec<f64> = runs.iter().map(|value| value * 1.04).collect();
        let found = only(p50(&runs, &above, true));
        assert!(found.p_value.unwrap() < 0.001);
        assert_eq!(
            (found.state, found.reasons.as_slice()),
            (
                MetricState::Unchanged,
                &[Reason::Other(Cause::BelowFloor)][..]
            )
        );
        // A latency below a millisecond apart is not worth talking about either.
        let fast: Vec<f64> = runs.iter().map(|value| value / 200.0).collect();
        let faster: Vec<f64> = fast.iter().map(|value| value * 1.3).collect();
        assert_eq!(
            only(p50(&fast, &faster, true)).state,
            MetricState::Unchanged
        );
    }

    #[test]
    fn single_runs_and_two_repeats_are_suspected_at_most() {
        for count in [1, 2] {
            let (base, new) = (&CALM[..count], &times(2.0)[..count]);
            let found = only(p50(base, new, true));
            assert_eq!(found.state, MetricState::Suspect, "{count}");
            assert_eq!(found.reasons, [Reason::Rule(RuleId::V45)]);
        }
    }

    #[test]
    fn one_chance_among_many_is_no_proof() {
        let slower = p50(&CALM, &times(1.07), true);
        let alone = only(slower.clone());
        let p = alone.p_value.unwrap();
        assert!(p < ALPHA && p > DISCOVERY / 20.0, "{p}");
        assert_eq!(alone.state, MetricState::Regressed);
        let mut all = vec![slower];
        all.extend((0..19).map(|_| p50(&CALM, &CALM, true)));
        let found = decided(all);
        assert_eq!(found[0].state, MetricState::Suspect);
        assert_eq!(found[0].reasons, [Reason::Other(Cause::OneOfMany)]);
    }

    #[test]
    fn figures_that_nobody_can_judge_say_why() {
        let metric = MetricId::quantile(Percentile::P99);
        let setting = Setting {
            endpoint: Some("GET /a"),
            interleaved: true,
        };
        let measure = measure_of(&metric, &BTreeMap::new());
        let with = |change: fn(&mut Reading)| {
            let mut base = readings(&CALM[..3]);
            base.iter_mut().for_each(change);
            let new = readings(&times(3.0)[..3]);
            only(ratio(&metric, &base, &new, measure, &setting))
        };
        for (found, reason) in [
            (
                with(|reading| reading.n = Some(50)),
                Reason::Other(Cause::TooFewRequests),
            ),
            (
                with(|reading| reading.n = Some(500)),
                Reason::Rule(RuleId::V10),
            ),
            (
                with(|reading| reading.n = None),
                Reason::Other(Cause::Uncounted),
            ),
            (
                with(|reading| reading.log = None),
                Reason::Other(Cause::NoInterval),
            ),
        ] {
            assert_eq!(found.state, MetricState::Undecided);
            assert_eq!(found.reasons, [reason]);
            assert_eq!(found.p_value, None);
            assert!(found.base.is_some() && found.change.is_some());
        }
        let nothing = only(ratio(&metric, &[], &readings(&CALM), measure, &setting));
        assert_eq!(nothing.state, MetricState::NotMeasured);
    }

    #[test]
    fn a_metric_is_corrected_for_its_own_kind_only() {
        let of = |factor: f64, endpoint: &str, percentile: Percentile| {
            let metric = MetricId::quantile(percentile);
            let setting = Setting {
                endpoint: Some(endpoint),
                interleaved: true,
            };
            let measure = measure_of(&metric, &BTreeMap::new());
            let (base, new) = (readings(&CALM), readings(&times(factor)));
            ratio(&metric, &base, &new, measure, &setting)
        };
        let drafts = || {
            let slow = of(1.1, "slow", Percentile::P50);
            let alone = only(slow.clone());
            let mut drafts = vec![slow];
            drafts.extend((0..40).map(|place| of(1.0, &place.to_string(), Percentile::P95)));
            (alone, drafts)
        };
        let (alone, among_others) = drafts();
        let found = decided(among_others);
        assert_eq!(found[0].q_value, alone.q_value);
        assert_eq!(found[0].state, MetricState::Regressed);
        // Forty of its own kind are forty chances of a false alarm.
        let (alone, _) = drafts();
        let mut same = vec![of(1.1, "slow", Percentile::P50)];
        same.extend((0..40).map(|place| of(1.0, &place.to_string(), Percentile::P50)));
        let found = decided(same);
        let ratio = found[0].q_value.unwrap() / alone.q_value.unwrap();
        assert!((ratio - 41.0).abs() < 1e-9, "{ratio}");
        // A tail may have less of the false alarms: half of them at p95.
        let tail = only(of(1.1, "slow", Percentile::P95));
        assert!((tail.q_value.unwrap() * 0.5 - tail.p_value.unwrap()).abs() < 1e-12);
    }

    /// Five endpoints on a machine whose minutes differ by up to three times; the first one is slower by a factor, all by another.
    fn on_a_bad_machine(first: f64, all: f64) -> Vec<ComparedMetric> {
        let metric = MetricId::quantile(Percentile::P50);
        let minutes = [1.0, 1.8, 0.9, 2.6, 1.2, 1.1, 2.1, 0.8, 1.6, 1.3];
        let own = [
            0.0, 0.02, -0.01, 0.015, -0.02, 0.01, -0.015, 0.02, 0.0, -0.01,
        ];
        let mut drafts: Vec<Draft> = ["a", "b", "c", "d", "e"]
            .into_iter()
            .enumerate()
            .map(|(place, endpoint)| {
                let value = |run: usize| {
                    let slower = if run < 5 { 1.0 } else { all };
                    let slower = if run >= 5 && place == 0 {
                        slower * first
                    } else {
                        slower
                    };
                    let own: f64 = own[(run * 3 + place * 7) % 10];
                    (20.0 + 10.0 * place as f64) * minutes[run] * slower * own.exp()
                };
                let side = |runs: std::ops::Range<usize>| -> Vec<Reading> {
                    readings(&runs.map(value).collect::<Vec<f64>>())
                };
                let setting = Setting {
                    endpoint: Some(endpoint),
                    interleaved: true,
                };
                let measure = measure_of(&metric, &BTreeMap::new());
                ratio(&metric, &side(0..5), &side(5..10), measure, &setting)
            })
            .collect();
        crate::compare::others::look(&mut drafts, (5, 5), true);
        decided(drafts)
    }

    #[test]
    fn an_endpoint_that_stands_out_of_its_runs_is_suspect() {
        let found = on_a_bad_machine(1.2, 1.0);
        let states: Vec<MetricState> = found.iter().map(|metric| metric.state).collect();
        assert_eq!(states[0], MetricState::Suspect, "{found:?}");
        assert_eq!(states[1..], [MetricState::Undecided; 4]);
        assert_eq!(found[0].reasons, [Reason::Other(Cause::AgainstOthers)]);
        let others = found[0].against_others.as_ref().unwrap();
        assert!((others.change - 0.2).abs() < 0.04 && others.endpoints == 4);
        // By itself it could be any minute of that machine.
        assert!(found[0].p_value.unwrap() > 0.1);
        // What all share is not seen this way, and nothing stands out where nothing changed.
        for all in [1.0, 1.2] {
            let same = on_a_bad_machine(1.0, all);
            assert!(
                same.iter()
                    .all(|metric| metric.state == MetricState::Undecided)
            );
        }
        // Faster than the others is no suspicion.
        assert_eq!(on_a_bad_machine(0.8, 1.0)[0].state, MetricState::Undecided);
    }

    #[test]
    fn base_new_and_change_are_of_the_figures_that_are_tested() {
        // Most new runs are a little faster, seven of twenty are twice as slow: their means say worse.
        let wobble = |place: usize| 1.0 + (place * 7 % 10) as f64 / 1_000.0;
        let base: Vec<f64> = (0..20).map(|place| 100.0 * wobble(place)).collect();
        let new: Vec<f64> = (0..20)
            .map(|place| wobble(place) * if place % 3 == 0 { 190.0 } else { 95.0 })
            .collect();
        let mean = |values: &[f64]| {
            let logs: f64 = values.iter().map(|value| value.ln()).sum();
            (logs / values.len() as f64).exp()
        };
        let found = only(p50(&base, &new, true));
        assert!(found.guarded && found.clipped.is_empty());
        assert!((found.base.unwrap() - mean(&base)).abs() < 1e-9);
        assert!((found.new.unwrap() - mean(&new)).abs() < 1e-9);
        assert_eq!(found.state, MetricState::Regressed);
        // A run that is drawn in counts with what it was drawn in to, on the page as in the test.
        let bad = [100.0, 102.0, 98.0, 101.0, 119.0];
        let found = only(p50(&CALM, &bad, true));
        assert_eq!(found.clipped, ["4"]);
        let shown = found.new.unwrap();
        assert!(shown > 100.5 && shown < mean(&bad) - 0.1, "{shown}");
        for found in [found, only(p50(&CALM, &times(1.3)[..3], false))] {
            let (base, new) = (found.base.unwrap(), found.new.unwrap());
            assert!((found.change.unwrap() - (new / base - 1.0)).abs() < 1e-12);
            let interval = found.interval.unwrap();
            let (lo, hi) = (1.0 + interval.lo.unwrap(), 1.0 + interval.hi.unwrap());
            assert!(((lo * hi).sqrt() - new / base).abs() < 1e-9);
        }
    }

    #[test]
    fn no_change_below_the_floor_is_said_to_be_visible() {
        let steady: Vec<f64> = (0..20)
            .map(|place| 100.0 + f64::from(place) / 1e3)
            .collect();
        let found = only(p50(&steady, &steady, true));
        assert_eq!(found.smallest_detectable, Some(0.05));
        // One millisecond is the least at all: 20 % of five.
        let quick: Vec<f64> = steady.iter().map(|value| value / 20.0).collect();
        let found = only(p50(&quick, &quick, true));
        assert!((found.smallest_detectable.unwrap() - 0.2).abs() < 0.01);
    }
}
