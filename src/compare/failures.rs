//! The share of failures of two sides.

use crate::compare::apart;
use crate::compare::draft::{
    ALPHA, COLLAPSE, Doubt, Draft, FEWEST_OF_SHARES, FEWEST_SUSPECT, Few, JOBS_OF_SHARES, Setting,
};
use crate::figures::spread::Measure;
use crate::model::{Better, MetricId, Unit};
use crate::report::comparison::{ChangeUnit, Method, MetricState};
use crate::report::{Cause, Interval};
use crate::stats::proportion::{self, ShareMethod, SharesCompared};

/// A share of failures, over all repeats of each side.
pub(super) fn failures(
    base: &[(u64, u64)],
    new: &[(u64, u64)],
    measure: Measure,
    setting: &Setting,
) -> Draft {
    let metric = MetricId::Plain("error_rate");
    let mut draft = Draft::blank(&metric, Unit::Ratio, Better::Lower, measure, setting);
    let found = &mut draft.metric;
    let total = |side: &[(u64, u64)]| {
        side.iter().fold((0_u64, 0_u64), |(failed, of), (k, n)| {
            (failed.saturating_add(*k), of.saturating_add(*n))
        })
    };
    let (of_base, of_new) = (total(base), total(new));
    let share = |(failed, of): (u64, u64)| (of > 0).then(|| failed as f64 / of as f64);
    found.base = share(of_base);
    found.new = share(of_new);
    (found.runs_base, found.runs_new) = (counted(base) as u64, counted(new) as u64);
    found.n_base = Some(of_base.1);
    found.n_new = Some(of_new.1);
    draft.doubt = (found.runs_base.min(found.runs_new) < 2).then_some(Doubt::FewRuns);
    // Without a single failure no test could ever find a difference.
    draft.testable = of_base.0.saturating_add(of_new.0) > 0;
    let (Some(before), Some(after)) = (draft.metric.base, draft.metric.new) else {
        return draft;
    };
    draft.metric.state = MetricState::Undecided;
    draft.metric.change = Some(after - before);
    draft.metric.change_unit = Some(ChangeUnit::Points);
    draft.beyond_floor = (after - before).abs() >= measure.floor.max(measure.least);
    if of_base.1.min(of_new.1) < FEWEST_SUSPECT {
        draft.metric.reasons.push(Cause::TooFewRequests.into());
        return draft;
    }
    let jobs = if setting.interleaved {
        0.0
    } else {
        JOBS_OF_SHARES
    };
    let Some(compared) = proportion::compare_shares(base, new, jobs, 1.0 - 2.0 * ALPHA) else {
        return draft;
    };
    if of_base.1.min(of_new.1) < FEWEST_OF_SHARES {
        draft.metric.reasons.push(Cause::TooFewRequests.into());
        let collapses = compared.interval.0 >= COLLAPSE;
        draft.few_requests = Some(Few {
            chance: if collapses { compared.p_up } else { 1.0 },
            method: method(&compared),
            interval: Some(interval(&compared)),
        });
        return draft;
    }
    draft.runs_apart = apart::shares(base, new, COLLAPSE);
    put(&mut draft, &compared);
    draft
}

/// Repeats that have requests.
fn counted(side: &[(u64, u64)]) -> usize {
    side.iter().filter(|(_, requests)| *requests > 0).count()
}

fn put(draft: &mut Draft, compared: &SharesCompared) {
    let metric = &mut draft.metric;
    metric.method = Some(method(compared));
    metric.interval = Some(interval(compared));
    metric.p_value = Some(compared.p_up);
    let floor = draft.measure.floor.max(draft.measure.least);
    metric.smallest_detectable = compared.detectable.map(|found| found.max(floor));
    draft.p_better = Some(compared.p_down);
    draft.worst = Some(compared.interval.1);
}

fn method(compared: &SharesCompared) -> Method {
    match compared.method {
        ShareMethod::Fisher => Method::Fisher,
        ShareMethod::Newcombe => Method::Newcombe,
    }
}

fn interval(compared: &SharesCompared) -> Interval {
    Interval {
        lo: Some(compared.interval.0),
        hi: Some(compared.interval.1),
        level: 1.0 - 2.0 * ALPHA,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::compare::decide::decide;
    use crate::compare::few;
    use crate::figures::spread::measure_of;
    use crate::report::Reason;
    use crate::report::comparison::ComparedMetric;

    fn decided(base: &[(u64, u64)], new: &[(u64, u64)], interleaved: bool) -> ComparedMetric {
        let setting = Setting {
            endpoint: None,
            interleaved,
        };
        let measure = measure_of(&MetricId::Plain("error_rate"), &BTreeMap::new());
        let mut drafts = vec![failures(base, new, measure, &setting)];
        decide(&mut drafts);
        few::decide(&mut drafts);
        drafts.remove(0).metric
    }

    #[test]
    fn failures_are_compared_over_all_repeats() {
        let of = |base: u64, new: u64| {
            let (base, new) = ([(base, 1_000); 3], [(new, 1_000); 3]);
            decided(&base, &new, true)
        };
        let worse = of(2, 60);
        assert_eq!(worse.state, MetricState::Regressed);
        assert!((worse.change.unwrap() - 0.058).abs() < 1e-9);
        assert_eq!((worse.n_base, worse.n_new), (Some(3_000), Some(3_000)));
        assert_eq!(of(60, 2).state, MetricState::Improved);
        let none = of(0, 0);
        assert_eq!((none.state, none.q_value), (MetricState::Unchanged, None));
        // 0.4 points more are below the floor of half a point.
        assert_eq!(of(1, 5).state, MetricState::Unchanged);
    }

    #[test]
    fn an_endpoint_that_dies_is_a_regression_whatever_jobs_differ_by() {
        let dead = decided(&[(0, 500); 3], &[(500, 500); 3], false);
        assert_eq!(dead.state, MetricState::Regressed, "{dead:?}");
        assert!(dead.interval.unwrap().lo.unwrap() > 0.95);
        let alone = decided(&[(0, 40)], &[(40, 40)], false);
        assert_eq!(alone.state, MetricState::Regressed, "{alone:?}");
    }

    #[test]
    fn few_requests_that_all_fail_are_suspect() {
        let of = |base, new| decided(&[base], &[new], false);
        let dead = of((0, 27), (27, 27));
        assert_eq!(dead.state, MetricState::Suspect);
        assert_eq!(dead.reasons, [Reason::Other(Cause::BeyondScatter)]);
        assert!(dead.interval.is_some() && dead.p_value.unwrap() < 1e-9);
        for (base, new) in [((1, 10), (5, 10)), ((0, 7), (7, 7)), ((9, 20), (12, 20))] {
            let found = of(base, new);
            assert_eq!(found.state, MetricState::Undecided, "{base:?} {new:?}");
            assert_eq!(found.reasons, [Reason::Other(Cause::TooFewRequests)]);
            assert_eq!(found.p_value, None);
        }
    }

    #[test]
    fn runs_that_collapse_are_not_hidden_by_those_that_do_not() {
        let base = [(1, 1_000); 5];
        let new = |bad: usize| -> Vec<(u64, u64)> {
            (0..5)
                .map(|run| (if run < bad { 430 } else { 1 }, 1_000))
                .collect()
        };
        let of = |bad| decided(&base, &new(bad), true);
        for (bad, state) in [
            (0, MetricState::Unchanged),
            (1, MetricState::Suspect),
            (2, MetricState::Suspect),
            (3, MetricState::Regressed),
        ] {
            assert_eq!(of(bad).state, state, "{bad}: {:?}", of(bad));
        }
        let one = of(1);
        assert_eq!(
            (one.reasons, one.runs_apart),
            (vec![Reason::Other(Cause::SomeRuns)], 1)
        );
        // Two of three: bad runs that could fall on either side do so in one of five cases.
        let two = decided(&base[..3], &new(2)[..3], true);
        assert!(two.interval.unwrap().lo.unwrap() < 0.0, "{two:?}");
        assert_eq!((two.state, two.runs_apart), (MetricState::Suspect, 2));
        // Every run, as unevenly as the interval holds 0.
        let every = [(150, 1_000), (900, 1_000), (150, 1_000)];
        let every = decided(&base[..3], &every, true);
        assert!(every.interval.unwrap().lo.unwrap() < 0.0, "{every:?}");
        assert_eq!(every.state, MetricState::Regressed);
        assert_eq!(every.reasons, [Reason::Other(Cause::EveryRun)]);
        // A base that has such runs too explains them.
        let flaky = [(1, 1_000), (1, 1_000), (450, 1_000), (1, 1_000), (1, 1_000)];
        assert_eq!(decided(&flaky, &new(1), true).state, MetricState::Undecided);
    }
}
