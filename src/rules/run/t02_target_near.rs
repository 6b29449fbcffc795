//! T02: an expectation is kept, and its warn level or its interval is not.

use crate::model::{Expectation, Target};
use crate::report::Effect;
use crate::report::RuleId;
use crate::report::{TargetResult, TargetState};
use crate::rules::run::t01_target_broken::one_each;
use crate::rules::{Asks, Fired, Rule, RunContext};
use crate::text::number;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::T02,
    effects: "warn",
    limit: None,
    text: "\
Says which target is kept, but only just.
Fires for every result in the state `warn`: the stricter level that the target sets with `warn` is not kept,
or, with `decide = \"interval\"`, the limit lies inside the interval of the value.
Example: p95 190 ms keeps \"p95 < 200ms\" and not its warn level \"p95 < 180ms\".
What to do: nothing is broken yet; look at what grew, or run longer for a narrower interval.",
    asks: Asks::Run(ask),
};

fn ask(context: &RunContext) -> Vec<Fired> {
    let near = |result: &TargetResult| how(context.targets, result);
    one_each(context, TargetState::Warn, Effect::Warn, "near", near)
}

fn how(targets: &[Target], result: &TargetResult) -> String {
    let kept = result.kept();
    if let Some(level) = warn_level(targets, result) {
        return format!("{kept}, but its warn level {level} is not");
    }
    let end = |end: Option<f64>| end.map_or("open".to_owned(), |end| result.amount(end));
    match result.interval {
        Some(interval) => format!(
            "{kept}, but the limit lies inside the {} interval from {} to {}",
            number::percent(interval.level),
            end(interval.lo),
            end(interval.hi),
        ),
        None => match &result.reason {
            Some(reason) => format!("{kept}, but {reason}"),
            None => format!("{kept}, but only just"),
        },
    }
}

/// The warn level of the target behind a result, where the value does not keep it.
fn warn_level<'a>(targets: &'a [Target], result: &TargetResult) -> Option<&'a str> {
    let target = targets.iter().find(|target| {
        target.expect_text == result.expect
            && target.name.as_ref().unwrap_or(&target.expect_text) == &result.name
            && target.origin.to_string() == result.origin
    })?;
    let Expectation::Figure { bound, .. } = target.warn.as_ref()? else {
        return None;
    };
    let broken = !bound.holds(result.value?);
    target.warn_text.as_deref().filter(|_| broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Bound, Decide, MetricId, Operator, Origin, Percentile};
    use crate::report::Interval;
    use crate::rules::testing::{ask_with, result, search};

    fn expect(limit: f64) -> Expectation {
        Expectation::Figure {
            metric: MetricId::quantile(Percentile::P95),
            sum: false,
            at: None,
            bound: Bound::Limit(Operator::Less, limit),
            up_to: None,
            loads: None,
        }
    }

    fn target() -> Target {
        Target {
            name: None,
            scenario: None,
            endpoint: None,
            group: None,
            phase: None,
            expect: expect(200.0),
            expect_text: "p95 < 200ms".into(),
            warn: Some(expect(180.0)),
            warn_text: Some("p95 < 180ms".into()),
            optional: false,
            decide: Decide::Value,
            origin: Origin::Flag,
        }
    }

    #[test]
    fn a_broken_warn_level_is_named() {
        let near = [result(TargetState::Warn, None, 190.0)];
        let fired = ask_with(&RULE, &search(), &[target()], &near);
        assert_eq!(fired.len(), 1);
        assert_eq!(fired[0].effect, Effect::Warn);
        assert_eq!(
            fired[0].message,
            "p95 is 190 ms where p95 < 200ms is demanded, kept by 10 ms, but its warn level p95 < 180ms is not (n = 1,475)."
        );
    }

    #[test]
    fn a_limit_inside_the_interval_is_told_with_it() {
        let mut near = result(TargetState::Warn, None, 170.0);
        near.interval = Some(Interval {
            lo: Some(150.0),
            hi: None,
            level: 0.95,
        });
        let fired = ask_with(&RULE, &search(), &[target()], &[near]);
        assert!(
            fired[0].message.contains(
                "kept by 30 ms, but the limit lies inside the 95 % interval from 150 ms to open"
            ),
            "{}",
            fired[0].message
        );
    }

    #[test]
    fn broken_and_met_targets_are_not_near() {
        for state in [TargetState::Pass, TargetState::Fail] {
            assert!(
                ask_with(&RULE, &search(), &[target()], &[result(state, None, 190.0)]).is_empty()
            );
        }
    }
}
