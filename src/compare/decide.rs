//! The state of every metric, when the chances of all are known.
//!
//! Worse or better when the chance of it is small enough, alone and among its family, and the change is beyond the floor;
//! unchanged when a change beyond the margin is ruled out; otherwise undecided. A single run a side shows no more than a suspicion,
//! but for errors that collapse; nor do the other endpoints of the same runs (statistics 2.0 to 2d).

use std::collections::BTreeMap;

use crate::compare::draft::{ALPHA, Doubt, Draft};
use crate::figures::spread::LEAST_MS;
use crate::report::comparison::ChangeUnit;
use crate::report::comparison::MetricState;
use crate::report::{Cause, Reason, RuleId};
use crate::stats::multiplicity::benjamini_hochberg;

/// Share of false alarms among all alarms of a report.
pub(super) const DISCOVERY: f64 = 0.05;

impl Draft {
    /// What the interval leaves open. A single run rules nothing out.
    fn ruled_out(&mut self) -> MetricState {
        let margin = self.measure.margin;
        let inside = self.metric.interval.is_some_and(|interval| {
            let ends = [interval.lo, interval.hi];
            ends.iter()
                .all(|end| end.is_some_and(|end| end.abs() < margin))
        });
        if self.doubt.is_some() {
            return MetricState::Undecided;
        }
        if inside {
            return MetricState::Unchanged;
        }
        if self.worst.is_some_and(|worst| worst < margin) {
            self.metric.reasons.push(Cause::NotWorse.into());
        }
        MetricState::Undecided
    }

    fn decide(&mut self, q: &Corrected) {
        let (q_worse, q_better) = (q.worse, q.better);
        self.metric.q_value = q_worse;
        let (worse, better) = (self.metric.p_value, self.p_better);
        let looks = |p: Option<f64>| p.is_some_and(|p| p < ALPHA);
        let can_prove = self.doubt.is_none();
        if self.metric.state == MetricState::NotMeasured || worse.is_none() {
            return;
        }
        self.metric.state = if (looks(worse) || looks(better)) && !self.beyond_floor {
            self.metric.reasons.push(Cause::BelowFloor.into());
            MetricState::Unchanged
        } else if shown(worse, q_worse) && (can_prove && !self.by_mix.worse || self.is_collapse()) {
            MetricState::Regressed
        } else if shown(better, q_better) && can_prove && !self.by_mix.better {
            MetricState::Improved
        } else if looks(worse) {
            let reason: Reason = match self.doubt {
                Some(Doubt::Unlike) => RuleId::V22.into(),
                Some(Doubt::FewRuns) => RuleId::V45.into(),
                None if self.by_mix.worse => Cause::Mix.into(),
                None => Cause::OneOfMany.into(),
            };
            self.metric.reasons.push(reason);
            MetricState::Suspect
        } else {
            self.ruled_out()
        };
        if self.metric.state == MetricState::Undecided && self.stands_out(q.against_others) {
            self.metric.state = MetricState::Suspect;
            self.metric.reasons = vec![Cause::AgainstOthers.into()];
        }
        if self.by_mix.hidden && self.is_open() {
            self.metric.state = MetricState::Suspect;
            self.metric.reasons = vec![Cause::AtOneMix.into()];
        }
        self.weigh_runs();
    }

    fn is_open(&self) -> bool {
        matches!(
            self.metric.state,
            MetricState::Undecided | MetricState::Unchanged
        )
    }

    /// Where new runs lie far beyond all of the base, the spread that this makes hides it. Failures of every new run are a
    /// collapse, as they are of one run a side; those of some runs, and slow runs, are suspect: they may have fallen on either side.
    fn weigh_runs(&mut self) {
        let apart = self.runs_apart;
        let is_share = self.metric.change_unit == Some(ChangeUnit::Points);
        let is_every = apart == self.metric.runs_new;
        let is_proof = is_every && is_share && self.doubt.is_none() && !self.by_mix.worse;
        let is_open = self.is_open() || is_proof && self.metric.state == MetricState::Suspect;
        if apart == 0 || !is_open {
            return;
        }
        let (state, cause) = if is_proof {
            (MetricState::Regressed, Cause::EveryRun)
        } else {
            (MetricState::Suspect, Cause::SomeRuns)
        };
        self.metric.state = state;
        self.metric.runs_apart = apart;
        self.metric.reasons = vec![cause.into()];
    }

    /// Whether it is worse by what the other endpoints of the same runs say.
    fn stands_out(&self, q: Option<f64>) -> bool {
        let Some((found, base)) = self.metric.against_others.as_ref().zip(self.metric.base) else {
            return false;
        };
        let least = LEAST_MS.max(self.measure.least);
        shown(Some(found.p_value), q)
            && found.change >= self.measure.floor
            && found.change * base >= least
    }
}

/// Whether a chance is small enough, alone and corrected.
fn shown(p: Option<f64>, q: Option<f64>) -> bool {
    p.is_some_and(|p| p < ALPHA) && q.is_some_and(|q| q < DISCOVERY)
}

/// The chances of a metric, corrected for those of its family.
struct Corrected {
    worse: Option<f64>,
    better: Option<f64>,
    against_others: Option<f64>,
}

/// Gives every metric of a report its state: all of a family correct one another's chances. The metrics of whole runs
/// are one family, and of endpoints the error rates and each percentile.
pub(super) fn decide(drafts: &mut [Draft]) {
    let mut families: BTreeMap<Option<String>, Vec<usize>> = BTreeMap::new();
    for (place, draft) in drafts.iter().enumerate() {
        let of_endpoint = draft.metric.endpoint.is_some();
        let family = of_endpoint.then(|| draft.metric.metric.clone());
        families.entry(family).or_default().push(place);
    }
    for places in families.into_values() {
        let of = |chance: fn(&Draft) -> Option<f64>| -> Vec<Option<f64>> {
            let drafts = places.iter().filter_map(|place| drafts.get(*place));
            let chances: Vec<Option<f64>> = drafts
                .clone()
                .map(|draft| chance(draft).filter(|_| draft.testable))
                .collect();
            let share = drafts.map(|draft| draft.measure.share);
            corrected(&chances, share)
        };
        let worse = of(|draft| draft.metric.p_value);
        let better = of(|draft| draft.p_better);
        let others = of(|draft| Some(draft.metric.against_others.as_ref()?.p_value));
        for (((place, worse), better), against_others) in
            places.into_iter().zip(worse).zip(better).zip(others)
        {
            if let Some(draft) = drafts.get_mut(place) {
                draft.decide(&Corrected {
                    worse,
                    better,
                    against_others,
                });
            }
        }
    }
}

/// After Benjamini and Hochberg, by the share of the report's false alarms that each metric may have (Genovese, Roeder and
/// Wasserman 2006, with one weight a family).
fn corrected(chances: &[Option<f64>], shares: impl Iterator<Item = f64>) -> Vec<Option<f64>> {
    let known: Vec<f64> = chances.iter().copied().flatten().collect();
    let mut adjusted = benjamini_hochberg(&known).unwrap_or_default().into_iter();
    chances
        .iter()
        .zip(shares)
        .map(|(chance, share)| chance.and_then(|_| Some((adjusted.next()? / share).min(1.0))))
        .collect()
}
