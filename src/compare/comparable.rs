//! What of two sides that were not run alike is judged all the same.
//!
//! A side that is no load test of the other's kind still says how many of its requests failed, so the error rate is always judged.
//! Another scenario, load or mix may explain some points of it, and no collapse: less than that is suspect. Goodput is judged
//! where the same requests a second were asked of both sides, and latencies where the endpoint and its share are the same.

use std::collections::BTreeMap;

use crate::compare::judge::{Doubt, Draft, FEWEST};
use crate::compare::{Pair, Questions};
use crate::figures::side::{by_endpoint, failed};
use crate::model::{Run, Stats};
use crate::report::Effect;
use crate::report::comparison::NO_REQUESTS;
use crate::report::comparison::{ChangeUnit, ComparedMetric};
use crate::report::comparison::{UNLIKE, Unlike};
use crate::report::{Finding, Report};
use crate::stats::proportion::wilson;

/// A rise of the error rate, as a share, that neither a bad minute nor another load, mix or place explains.
const COLLAPSE: f64 = 0.1;

/// How sure it is what an endpoint failed in the base.
const LEVEL: f64 = 0.98;

/// What stops two sides from being compared.
pub(super) struct Comparable {
    /// Ids of the rules that made it not comparable.
    pub(super) reasons: Vec<String>,
    /// Those of them by which nothing is judged.
    all: Vec<String>,
    /// In what the sides differ.
    unlike: Vec<Unlike>,
    /// Whether both were asked for as many requests a second.
    is_offered_alike: bool,
    /// Points of the error rate of the whole runs that follow from the mix alone.
    by_mix: f64,
}

impl Comparable {
    pub(super) fn of(
        pair: &Pair,
        asked: &[Finding],
        report: &Report,
        questions: &dyn Questions,
    ) -> Comparable {
        let mut found = Comparable {
            reasons: Vec::new(),
            all: Vec::new(),
            unlike: Vec::new(),
            is_offered_alike: false,
            by_mix: 0.0,
        };
        let is_alone = pair.base.is_empty() || pair.new.is_empty();
        for finding in asked {
            if matches!(finding.effect, Effect::Uncomparable | Effect::Refuse) {
                found.stop(&finding.rule, finding.rule != UNLIKE || is_alone);
            }
        }
        if is_alone {
            found.stop(UNLIKE, true);
        }
        let all = || pair.base.iter().chain(&pair.new);
        if all().any(|run| run.overall.requests == Some(0)) {
            found.stop(NO_REQUESTS, true);
        }
        for finding in &report.findings {
            let of_pair = all().any(|run| finding.run.as_ref() == Some(&run.id));
            // A run that cannot be believed is no base, and nothing to compare with one.
            if of_pair && finding.effect == Effect::Invalid {
                found.stop(&finding.rule, true);
            }
        }
        if found.reasons.iter().any(|reason| reason == UNLIKE) {
            (found.unlike, found.is_offered_alike) = questions.unlikeness(&pair.base, &pair.new);
            found.by_mix = by_mix(&pair.base, &pair.new);
        }
        found
    }

    fn stop(&mut self, reason: &str, all: bool) {
        for (to, wanted) in [(&mut self.reasons, true), (&mut self.all, all)] {
            if wanted && !to.iter().any(|known| known == reason) {
                to.push(reason.to_owned());
            }
        }
    }

    /// Takes back what cannot be said of one metric.
    pub(super) fn restrict(&self, draft: &mut Draft) {
        for reason in &self.all {
            draft.unjudged(reason);
        }
        let has = |unlike: Unlike| self.unlike.contains(&unlike);
        let is_whole = draft.metric.endpoint.is_none();
        let not_one_test = has(Unlike::Test) || is_whole && !self.unlike.is_empty();
        if draft.metric.change_unit == Some(ChangeUnit::Points) {
            if not_one_test {
                let by_mix = if is_whole { self.by_mix } else { 0.0 };
                draft.doubt = Some(Doubt::Unlike { by_mix });
            }
        } else {
            let served = draft.metric.metric == "goodput" && self.is_offered_alike;
            let stops = has(Unlike::Test) || !served && (not_one_test || has(Unlike::Mix));
            if stops {
                draft.unjudged(UNLIKE);
            }
        }
    }
}

/// The rise of the error rate, as a share, if every endpoint that both sides have failed as often as in the base and only the
/// shares moved: its lower end, because it takes a collapse away.
fn by_mix(base: &[&Run], new: &[&Run]) -> f64 {
    let (before, after) = (by_endpoint(base), by_endpoint(new));
    let all = |side: &BTreeMap<String, Vec<&Stats>>| -> f64 {
        let counts = side.values().filter_map(|stats| Some(failed(stats)?.1));
        counts.map(|requests| requests as f64).sum()
    };
    let (all_before, all_after) = (all(&before), all(&after));
    let moved = before.iter().filter_map(|(label, stats)| {
        let (failures, requests) = failed(stats)?;
        let there = failed(after.get(label)?)?.1;
        let (least, most) = wilson(failures, requests, LEVEL)?;
        let moved = there as f64 / all_after - requests as f64 / all_before;
        Some(moved * if moved > 0.0 { least } else { most })
    });
    moved.sum::<f64>().max(0.0)
}

/// Whether so many more requests fail that a single run shows it, and no mix.
pub(super) fn is_collapse(metric: &ComparedMetric, doubt: Option<Doubt>) -> bool {
    let by_mix = match doubt {
        Some(Doubt::Unlike { by_mix }) => by_mix,
        _ => 0.0,
    };
    let lower = metric.interval.and_then(|interval| interval.lo);
    let lower = lower.map(|lower| lower - by_mix);
    let enough = |n: Option<u64>| n.is_some_and(|n| n >= FEWEST);
    metric.change_unit == Some(ChangeUnit::Points)
        && lower.is_some_and(|lower| lower >= COLLAPSE)
        && enough(metric.n_base)
        && enough(metric.n_new)
}
