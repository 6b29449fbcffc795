//! New runs one by one: those that lie far beyond every run of the base. Where only some of the runs are bad the mean of all shows
//! nothing, for their own spread hides it.

use crate::compare::draft::{ALPHA, FEWEST_SUSPECT};
use crate::model::{Better, MetricId, Statistic};
use crate::stats::binomial::normal_score;
use crate::stats::proportion::newcombe;
use crate::stats::repeats::Value;

/// How many times as slow, or as little, a run has to be: minutes of a shared machine differ by three times.
const MIDDLE: f64 = 4.0;
/// Tails differ more.
const TAIL: f64 = 6.0;

/// The factor of a metric.
pub(super) fn factor(metric: &MetricId) -> f64 {
    match metric {
        MetricId::Latency(_, Statistic::Quantile(percentile)) if percentile.share() > 0.75 => TAIL,
        _ => MIDDLE,
    }
}

/// How many new runs are worse than every run of the base by the factor, whatever the error within the runs, and by the least
/// difference worth talking about.
pub(super) fn runs(
    base: &[Value],
    new: &[Value],
    (factor, least): (f64, f64),
    better: Better,
) -> u64 {
    let sure = normal_score(1.0 - ALPHA);
    let is_beyond = |new: &Value, base: &Value| {
        let rise = new.log - base.log;
        let worse = if better == Better::Higher {
            -rise
        } else {
            rise
        };
        let far = (new.log.exp() - base.log.exp()).abs() >= least;
        far && worse - sure * new.error.hypot(base.error) >= factor.ln()
    };
    count(base, new, is_beyond)
}

/// How many new runs fail more often than every run of the base by so much, as a share; runs of few requests say nothing.
pub(super) fn shares(base: &[(u64, u64)], new: &[(u64, u64)], rise: f64) -> u64 {
    let enough = |side: &[(u64, u64)]| -> Vec<(u64, u64)> {
        let asked = side
            .iter()
            .filter(|(_, requests)| *requests >= FEWEST_SUSPECT);
        asked.copied().collect()
    };
    let far = |new: &(u64, u64), base: &(u64, u64)| {
        let found = newcombe(*base, *new, 1.0 - 2.0 * ALPHA);
        found.is_some_and(|(least, _)| least >= rise)
    };
    count(&enough(base), &enough(new), far)
}

/// One run a side is judged by itself.
fn count<T>(base: &[T], new: &[T], is_beyond: impl Fn(&T, &T) -> bool) -> u64 {
    if base.is_empty() || new.len() < 2 {
        return 0;
    }
    let far = new
        .iter()
        .filter(|new| base.iter().all(|base| is_beyond(new, base)));
    far.count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_apart_when_it_is_beyond_all_of_the_base() {
        let logs = |values: &[f64]| -> Vec<Value> {
            let value = |value: &f64| Value {
                log: value.ln(),
                error: 0.01,
            };
            values.iter().map(value).collect()
        };
        let base = logs(&[100.0, 110.0, 95.0]);
        let slower = |new: &[f64]| runs(&base, &logs(new), (MIDDLE, 0.0), Better::Lower);
        assert_eq!(slower(&[100.0, 1_000.0, 105.0]), 1);
        assert_eq!(slower(&[100.0, 430.0, 1_000.0]), 1);
        assert_eq!(slower(&[1_000.0]), 0);
        assert_eq!(slower(&[10.0, 10.0]), 0);
        assert_eq!(
            runs(&base, &logs(&[10.0, 90.0]), (MIDDLE, 0.0), Better::Higher),
            1
        );
        // A tenth of a millisecond is nothing.
        let tiny = |values: &[f64]| {
            logs(values)
                .iter()
                .map(|value| Value {
                    log: value.log - 1e3_f64.ln(),
                    ..*value
                })
                .collect::<Vec<_>>()
        };
        let found = runs(
            &tiny(&[100.0, 110.0]),
            &tiny(&[100.0, 900.0]),
            (MIDDLE, 1.0),
            Better::Lower,
        );
        assert_eq!(found, 0);
        // One bad run of the base is as bad: nothing lies beyond it.
        let bad = logs(&[100.0, 900.0]);
        assert_eq!(
            runs(&bad, &logs(&[100.0, 1_000.0]), (MIDDLE, 0.0), Better::Lower),
            0
        );
    }

    #[test]
    fn a_share_is_apart_when_its_interval_is() {
        let base = [(2, 1_000), (0, 1_000), (4, 1_000)];
        assert_eq!(
            shares(&base, &[(430, 1_000), (3, 1_000), (430, 1_000)], 0.1),
            2
        );
        assert_eq!(shares(&base, &[(110, 1_000), (3, 1_000)], 0.1), 0);
        assert_eq!(shares(&base, &[(20, 20), (3, 1_000)], 0.1), 1);
        assert_eq!(shares(&base, &[(7, 7), (3, 1_000)], 0.1), 0);
        // A base run of few requests stands in nobody's way.
        assert_eq!(
            shares(&[(0, 5), (2, 1_000)], &[(20, 20), (3, 1_000)], 0.1),
            1
        );
    }
}
