//! R04: a metric is proven better than that of the base.

use crate::report::Effect;
use crate::report::RuleId;
use crate::report::comparison::MetricState;
use crate::rules::pair::changed::{Change, findings};
use crate::rules::{Asks, ComparedContext, Fired, Rule};

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::R04,
    effects: "note",
    limit: None,
    text: "\
Asks whether a metric is proven better than that of the base, by the same test as for the worse.
Fires for latencies, error rates and throughput alike, beyond the same floors; it changes no verdict.
A median that falls while failures rise is V49, and no improvement.
Example: p50 of GET /list 40 ms -> 30 ms, -25 % (98 % interval -31 % to -18 %), five repeats a side.
What to do: take the new side as the base of the next comparison, or a step back to where it was is not seen.",
    asks: Asks::Compared(ask),
};

const CHANGE: Change = Change {
    state: MetricState::Improved,
    verb: "improved",
    effect: Effect::Note,
    hint: "Take the new side as the base of the next comparison, so that a step back is seen.",
};

fn ask(context: &ComparedContext) -> Vec<Fired> {
    findings(context, &CHANGE, |_| true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Interval;
    use crate::report::comparison::{ChangeUnit, ComparedMetric, Method};
    use crate::rules::testing::{ask_compared, compared, comparison, search};

    fn faster(metric: &str, method: Method, state: MetricState) -> Vec<Fired> {
        let given = ComparedMetric {
            base: Some(40.0),
            new: Some(30.0),
            change: Some(-0.25),
            change_unit: Some(ChangeUnit::Relative),
            interval: Some(Interval {
                lo: Some(-0.31),
                hi: Some(-0.18),
                level: 0.98,
            }),
            method: Some(method),
            p_value: Some(0.998),
            ..compared(metric, Some("GET /list"), state)
        };
        let run = search();
        ask_compared(&RULE, &comparison(vec![given]), &[&run; 5], &[&run; 5])
    }

    #[test]
    fn a_proven_gain_is_a_note_that_names_its_base() {
        let found = faster("p50", Method::Repeats, MetricState::Improved);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].effect, Effect::Note);
        assert_eq!(
            found[0].message,
            "p50 of \"GET /list\" improved against the base \"main\": 40 ms -> 30 ms, -25 % (98 % interval -31 % to \
             -18 %, p = 0.002, 5 repeats a side)."
        );
    }

    #[test]
    fn the_chance_of_a_gain_in_shares_is_not_made_up() {
        for metric in ["error_rate", "goodput"] {
            let found = faster(metric, Method::Fisher, MetricState::Improved);
            assert!(!found[0].message.contains("p ="), "{}", found[0].message);
        }
    }

    #[test]
    fn other_states_are_silent() {
        for state in [
            MetricState::Regressed,
            MetricState::Unchanged,
            MetricState::Undecided,
            MetricState::Suspect,
            MetricState::NotMeasured,
        ] {
            assert!(faster("p50", Method::Repeats, state).is_empty());
        }
    }
}
