//! R03: less gets done per second than did of the base.

use crate::report::Effect;
use crate::report::RuleId;
use crate::report::comparison::MetricState;
use crate::rules::pair::changed::{Change, findings, is_throughput};
use crate::rules::{Asks, ComparedContext, Fired, Rule};

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::R03,
    effects: "fail",
    limit: None,
    text: "\
Asks whether the successes (goodput) or requests (rate) per second are proven fewer than those of the base.
Fires when chance is ruled out as for latencies and the loss is 5 % or more.
Of a closed load rate and latency are one fact: N users finish N / (latency + think time) requests a second. Of an open
load the rate is the one that was offered until the system, or the generator, is full.
Example: goodput 120/s -> 96/s, -20 %, with as many users: each waits a quarter longer.
What to do: look at the latency beside it, and at failures, which are no throughput.",
    asks: Asks::Compared(ask),
};

const CHANGE: Change = Change {
    state: MetricState::Regressed,
    verb: "regressed",
    effect: Effect::Fail,
    hint: "Of a closed load throughput falls when latency rises: look at the latency first. Of an open one look at failures and at users that were left out.",
};

fn ask(context: &ComparedContext) -> Vec<Fired> {
    findings(context, &CHANGE, is_throughput)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::comparison::{ChangeUnit, ComparedMetric};
    use crate::rules::testing::{ask_compared, compared, comparison, search};

    fn fired(metric: &str, state: MetricState) -> Vec<Fired> {
        let given = ComparedMetric {
            base: Some(120.0),
            new: Some(96.0),
            change: Some(-0.2),
            change_unit: Some(ChangeUnit::Relative),
            p_value: Some(0.001),
            ..compared(metric, None, state)
        };
        let run = search();
        ask_compared(&RULE, &comparison(vec![given]), &[&run; 5], &[&run; 5])
    }

    #[test]
    fn fewer_successes_a_second_fail() {
        for metric in ["goodput", "rate"] {
            let found = fired(metric, MetricState::Regressed);
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].effect, Effect::Fail);
            assert_eq!(
                found[0].message,
                format!(
                    "{metric} of the whole run regressed against the base \"main\": 120/s -> 96/s, -20 % (p = 0.001, 5 repeats \
                     a side)."
                )
            );
        }
    }

    #[test]
    fn other_states_and_metrics_are_silent() {
        assert!(fired("goodput", MetricState::Improved).is_empty());
        assert!(fired("goodput", MetricState::Suspect).is_empty());
        assert!(fired("error_rate", MetricState::Regressed).is_empty());
        assert!(fired("p50", MetricState::Regressed).is_empty());
    }
}
