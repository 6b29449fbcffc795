//! T01: an expectation is not kept. What T02 says of near ones is made here too, so both read alike.

use crate::model::Unit;
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::report::{TargetResult, TargetState};
use crate::rules::{Asks, Fired, Rule, RunContext};
use crate::text::number;

/// Endpoints of one target that get a finding of their own.
const SINGLE: usize = 10;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::T01,
    effects: "fail",
    limit: None,
    text: "\
Says which target is broken: the value, the limit as it was written, the margin and the samples behind it.
Fires for every result in the state `fail`. The value alone decides, and strictness is kept: 3 ms is not below 3 ms.
A target over many endpoints has one finding for each of the worst 10 and one for the rest.
Example: \"p95 < 200ms\" measured as 210.4 ms is missed by 10.4 ms, however close that looks.
What to do: mend what became slow, or change the target in `knee.toml` on purpose and say why.",
    asks: Asks::Run(ask),
};

fn ask(context: &RunContext) -> Vec<Fired> {
    let broken = |result: &TargetResult| result.missed();
    one_each(context, TargetState::Fail, Effect::Fail, "broken", broken)
}

/// A finding for each result in that state, worst first, and one for those beyond the first ten of a target.
pub(super) fn one_each(
    context: &RunContext,
    state: TargetState,
    effect: Effect,
    called: &str,
    how: impl Fn(&TargetResult) -> String,
) -> Vec<Fired> {
    let mut targets: Vec<Vec<&TargetResult>> = Vec::new();
    for result in context.results.iter().filter(|r| r.state == state) {
        let same = |other: &&TargetResult| {
            (&other.name, &other.expect, &other.origin)
                == (&result.name, &result.expect, &result.origin)
        };
        match targets.iter_mut().find(|of| of.first().is_some_and(same)) {
            Some(target) => target.push(result),
            None => targets.push(vec![result]),
        }
    }
    let mut fired = Vec::new();
    for mut target in targets {
        target.sort_by(|a, b| {
            let margin = |result: &TargetResult| result.margin.unwrap_or(0.0);
            margin(a).total_cmp(&margin(b))
        });
        let (single, rest) = target.split_at(target.len().min(SINGLE));
        fired.extend(single.iter().map(|result| {
            let message = format!(
                "{}, {}{}.",
                result.measured(),
                how(result),
                result.samples()
            );
            about(result, effect, message)
        }));
        if let Some(worst) = rest.first() {
            let message = format!(
                "{} is {called} at {}, by less than at those named; the next is: {}, {}{}.",
                worst.called(),
                number::plural(rest.len() as u64, "more endpoint"),
                worst.measured(),
                how(worst),
                worst.samples(),
            );
            let mut folded = about(worst, effect, message);
            folded.endpoint = None;
            folded.evidence = folded.evidence.count("more_endpoints", rest.len() as u64);
            fired.push(folded);
        }
    }
    fired
}

fn about(result: &TargetResult, effect: Effect, message: String) -> Fired {
    let unit = result.unit.unwrap_or(Unit::AsGiven);
    let mut evidence = Evidence::new();
    if let Some(value) = result.value {
        evidence = evidence.with("value", value, unit);
    }
    if let Some(margin) = result.margin {
        evidence = evidence.with("margin", margin, unit);
    }
    if let Some(n) = result.n {
        evidence = evidence.count("n", n);
    }
    let mut fired = Fired::new(effect, message, evidence);
    fired.endpoint.clone_from(&result.endpoint);
    fired.metric = result.metric.as_deref().and_then(|id| id.parse().ok());
    fired
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{ask_with, result, search};

    fn told(results: &[TargetResult]) -> Vec<Fired> {
        ask_with(&RULE, &search(), &[], results)
    }

    #[test]
    fn a_broken_target_is_told_with_value_limit_margin_and_samples() {
        let mut broken = result(TargetState::Fail, Some("GET /x"), 210.4);
        let fired = told(std::slice::from_ref(&broken));
        assert_eq!(fired.len(), 1);
        assert_eq!(fired[0].effect, Effect::Fail);
        assert_eq!(fired[0].endpoint.as_deref(), Some("GET /x"));
        assert_eq!(
            fired[0].message,
            "p95 of \"GET /x\" is 210.4 ms where p95 < 200ms is demanded, missed by 10.4 ms (n = 1,475)."
        );
        broken.name = "checkout".into();
        broken.endpoint = None;
        broken.value = Some(200.0);
        broken.margin = Some(0.0);
        assert_eq!(
            told(&[broken])[0].message,
            "p95 is 200 ms where \"checkout\" (p95 < 200ms) is demanded, missed: the limit itself is not allowed: < is strict (n = 1,475)."
        );
    }

    #[test]
    fn shares_miss_by_points() {
        let mut broken = result(TargetState::Fail, None, 0.3019);
        broken.metric = Some("error_rate".into());
        broken.expect = "error_rate < 1%".into();
        broken.name.clone_from(&broken.expect);
        broken.unit = Some(Unit::Ratio);
        broken.margin = Some(-0.2919);
        assert_eq!(
            told(&[broken])[0].message,
            "error_rate is 30.19 % where error_rate < 1% is demanded, missed by 29.19 points (n = 1,475)."
        );
    }

    #[test]
    fn other_states_are_silent() {
        for state in [
            TargetState::Pass,
            TargetState::Warn,
            TargetState::NotMeasured,
            TargetState::NotApplicable,
        ] {
            assert!(told(&[result(state, None, 190.0)]).is_empty());
        }
    }

    #[test]
    fn many_endpoints_are_ten_findings_and_one_for_the_rest() {
        let names: Vec<String> = (0..400).map(|n| format!("GET /{n:03}")).collect();
        let results: Vec<TargetResult> = names
            .iter()
            .zip(0_u32..)
            .map(|(name, n)| result(TargetState::Fail, Some(name), 201.0 + f64::from(n)))
            .collect();
        let fired = told(&results);
        assert_eq!(fired.len(), 11);
        assert_eq!(fired[0].endpoint.as_deref(), Some("GET /399"));
        assert_eq!(fired[10].endpoint, None);
        assert_eq!(
            fired[10].message,
            "p95 < 200ms is broken at 390 more endpoints, by less than at those named; the next is: \
             p95 of \"GET /389\" is 590 ms where p95 < 200ms is demanded, missed by 390 ms (n = 1,475)."
        );
    }
}
