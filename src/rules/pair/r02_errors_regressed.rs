//! R02: more requests fail than did of the base.

use crate::report::Effect;
use crate::report::RuleId;
use crate::report::comparison::MetricState;
use crate::rules::pair::changed::{Change, findings, is_errors};
use crate::rules::{Asks, ComparedContext, Fired, Rule};

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::R02,
    effects: "fail",
    limit: None,
    text: "\
Asks whether the share of failures is proven worse than that of the base.
Fires when the difference is at least 0.5 points, its interval (Newcombe) lies above zero, and chance is ruled out as for
latencies; with fewer than 5 failures on a side Fisher's exact test decides. Also when every new run fails 10 points more,
for certain, than every run of the base. A rise that the shares of the endpoints alone explain is a suspicion.
Failures of all repeats count together, widened where they come in bursts. Expected failures are left out on both sides.
Example: error_rate 0.2 % -> 1.9 %, +1.7 points, over 30,000 requests a side.
What to do: compare the failures of both sides by code and message; latency is judged only where failures are kept apart.",
    asks: Asks::Compared(ask),
};

const CHANGE: Change = Change {
    state: MetricState::Regressed,
    verb: "regressed",
    effect: Effect::Fail,
    hint: "Look at the failures by code and message of both sides, first at those that only the new side has.",
};

fn ask(context: &ComparedContext) -> Vec<Fired> {
    findings(context, &CHANGE, is_errors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Interval;
    use crate::report::comparison::{ChangeUnit, ComparedMetric, Method};
    use crate::rules::testing::{ask_compared, compared, comparison, search};

    fn fired(metric: &str, state: MetricState) -> Vec<Fired> {
        let given = ComparedMetric {
            base: Some(0.002),
            new: Some(0.019),
            change: Some(0.017),
            change_unit: Some(ChangeUnit::Points),
            interval: Some(Interval {
                lo: Some(0.015),
                hi: None,
                level: 0.98,
            }),
            method: Some(Method::Newcombe),
            p_value: Some(0.000_2),
            ..compared(metric, None, state)
        };
        let run = search();
        ask_compared(&RULE, &comparison(vec![given]), &[&run; 5], &[&run; 5])
    }

    #[test]
    fn a_share_that_rises_is_given_in_points() {
        let found = fired("error_rate", MetricState::Regressed);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].effect, Effect::Fail);
        assert_eq!(
            found[0].message,
            "error_rate of the whole run regressed against the base \"main\": 0.2 % -> 1.9 %, +1.7 points (98 % interval \
             +1.5 points or more, p = 0.0002, 5 repeats a side)."
        );
        assert_eq!(found[0].evidence.get("change_hi"), None);
    }

    #[test]
    fn the_share_of_successes_is_the_same_question() {
        assert_eq!(fired("success_rate", MetricState::Regressed).len(), 1);
    }

    #[test]
    fn other_states_and_metrics_are_silent() {
        assert!(fired("error_rate", MetricState::Undecided).is_empty());
        assert!(fired("error_rate", MetricState::Improved).is_empty());
        assert!(fired("goodput", MetricState::Regressed).is_empty());
        assert!(fired("p95", MetricState::Regressed).is_empty());
    }
}
