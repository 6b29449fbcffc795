//! Why a compared metric is in its state, or two sides are not comparable, in words.

use crate::report::{Cause, Reason};

/// All reasons, for a sentence; a rule is called by its id, for `knee explain` tells it.
pub fn listed(reasons: &[Reason]) -> String {
    let words: Vec<&str> = reasons.iter().map(|reason| words(*reason)).collect();
    words.join(", ")
}

fn words(reason: Reason) -> &'static str {
    match reason {
        Reason::Rule(rule) => rule.as_str(),
        Reason::Other(cause) => match cause {
            Cause::TooFewRequests => "too few requests",
            Cause::Uncounted => "requests that are not counted",
            Cause::NoInterval => "no interval on a side",
            Cause::BelowFloor => "too small to matter",
            Cause::OneOfMany => "one of many metrics may be off by this much",
            Cause::NotWorse => "a change for the worse is ruled out",
            Cause::AgainstOthers => "it stands out of the other endpoints of the same runs",
            Cause::BeyondScatter => "few requests, and worse than their scatter explains",
            Cause::Mix => "the shares of the endpoints alone may explain it",
            Cause::AtOneMix => "worse with the endpoints at the same shares",
            Cause::EveryRun => "every new run fails far more often than every run of the base",
            Cause::SomeRuns => "some new runs lie far beyond every run of the base",
            Cause::Stragglers => "without the last responses, which one run waited for",
            Cause::NothingJudged => "no metric has enough requests on both sides",
            Cause::NoRequests => "a run made no request",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::RuleId;

    #[test]
    fn every_cause_has_words_of_its_own() {
        let mut all: Vec<&str> = Cause::ALL
            .iter()
            .map(|cause| words((*cause).into()))
            .collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        let both = [RuleId::V22.into(), Cause::NoRequests.into()];
        assert_eq!(listed(&both), "V22, a run made no request");
    }
}
