//! What of two sides that were not run alike is judged all the same.
//!
//! A side that is no load test of the other's kind still says how many of its requests failed, so the error rate is always judged.
//! Another scenario, load or mix may explain some points of it, and no collapse: less than that is suspect. Goodput is judged
//! where the same requests a second were asked of both sides, and latencies of endpoints that both have; where only the shares of
//! the endpoints differ, what became worse is suspect.

use crate::compare::draft::{Doubt, Draft};
use crate::compare::{Pair, Questions};
use crate::report::Effect;
use crate::report::comparison::ChangeUnit;
use crate::report::comparison::Unlike;
use crate::report::{Cause, Finding, Reason, Report, RuleId};

/// What stops two sides from being compared.
pub(super) struct Comparable {
    /// Ids of the rules that made it not comparable.
    pub(super) reasons: Vec<Reason>,
    /// Those of them by which nothing is judged.
    all: Vec<Reason>,
    /// In what the sides differ.
    unlike: Vec<Unlike>,
    /// Whether both were asked for as many requests a second.
    is_offered_alike: bool,
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
        };
        let is_alone = pair.base.is_empty() || pair.new.is_empty();
        for finding in asked {
            if matches!(finding.effect, Effect::Uncomparable | Effect::Refuse) {
                found.stop(finding.rule, finding.rule != RuleId::V22 || is_alone);
            }
        }
        if is_alone {
            found.stop(RuleId::V22, true);
        }
        let all = || pair.base.iter().chain(&pair.new);
        if all().any(|run| run.overall.requests == Some(0)) {
            found.stop(Cause::NoRequests, true);
        }
        for finding in &report.findings {
            let of_pair = all().any(|run| finding.run.as_ref() == Some(&run.id));
            // A run that cannot be believed is no base, and nothing to compare with one.
            if of_pair && finding.effect == Effect::Invalid {
                found.stop(finding.rule, true);
            }
        }
        if found.reasons.contains(&RuleId::V22.into()) {
            (found.unlike, found.is_offered_alike) = questions.unlikeness(&pair.base, &pair.new);
        }
        found
    }

    fn stop(&mut self, reason: impl Into<Reason>, all: bool) {
        let reason = reason.into();
        for (to, wanted) in [(&mut self.reasons, true), (&mut self.all, all)] {
            if wanted && !to.contains(&reason) {
                to.push(reason);
            }
        }
    }

    /// Takes back what cannot be said of one metric.
    pub(super) fn restrict(&self, draft: &mut Draft) {
        for reason in &self.all {
            draft.unjudged(*reason);
        }
        let has = |unlike: Unlike| self.unlike.contains(&unlike);
        let is_whole = draft.metric.endpoint.is_none();
        let is_goodput = draft.metric.metric == "goodput";
        let not_one_test = has(Unlike::Test) || is_whole && !self.unlike.is_empty();
        let only_mix = self.unlike == [Unlike::Mix];
        let served = is_goodput && self.is_offered_alike && !has(Unlike::Test);
        if draft.metric.change_unit == Some(ChangeUnit::Points) {
            if not_one_test {
                draft.doubt = Some(Doubt::Unlike);
            }
        } else if !served && not_one_test && !(is_goodput && only_mix) {
            draft.unjudged(RuleId::V22);
        } else if !served && has(Unlike::Mix) {
            // Asked for in another share: no proof, and no silence.
            draft.doubt = Some(Doubt::Unlike);
        }
    }
}
