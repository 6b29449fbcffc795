//! R01: a latency is proven worse than that of the base.

use crate::report::Effect;
use crate::report::RuleId;
use crate::report::comparison::MetricState;
use crate::rules::pair::changed::{Change, findings, is_latency};
use crate::rules::{Asks, ComparedContext, Fired, Rule};

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::R01,
    effects: "fail",
    limit: None,
    text: "\
Asks whether a latency is proven worse than that of the base, in each metric and endpoint that was judged.
Fires when chance alone makes such a change in less than 1 of 100 unchanged pairs, when it stays below 5 % after the same
metric of all endpoints is accounted for (Benjamini-Hochberg; p95 has a half and p99 0.3 of the false alarms of p50), and when it
is not too small to matter: 5 % (10 % from p99 up), 1 ms and the resolution.
What is tested are the repeats, one figure a run, and never pooled requests; shown is their geometric mean.
Example: p95 of GET /search 100 ms -> 130 ms, +30 % (98 % interval +20 % to +41 %), five repeats a side.
No finding, a suspicion: one run against one, what only stands out of the other endpoints, what the endpoints' shares explain.
What to do: look at what changed between the sides; repeat both in turn when the machine may be to blame.",
    asks: Asks::Compared(ask),
};

const CHANGE: Change = Change {
    state: MetricState::Regressed,
    verb: "regressed",
    effect: Effect::Fail,
    hint: "Look at what changed between the two sides, and at the first endpoint that got slower; `knee report` of a run shows when.",
};

fn ask(context: &ComparedContext) -> Vec<Fired> {
    findings(context, &CHANGE, is_latency)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MetricId, Percentile};
    use crate::report::Interval;
    use crate::report::comparison::{ChangeUnit, ComparedMetric};
    use crate::rules::testing::{ask_compared, compared, comparison, search};

    /// p95 that went from 100 to 130 ms.
    fn slower(endpoint: Option<&str>) -> ComparedMetric {
        ComparedMetric {
            base: Some(100.0),
            new: Some(130.0),
            change: Some(0.3),
            change_unit: Some(ChangeUnit::Relative),
            interval: Some(Interval {
                lo: Some(0.2),
                hi: Some(0.41),
                level: 0.98,
            }),
            p_value: Some(0.003_21),
            q_value: Some(0.02),
            ..compared("p95", endpoint, MetricState::Regressed)
        }
    }

    fn fired(metrics: Vec<ComparedMetric>) -> Vec<Fired> {
        let run = search();
        ask_compared(&RULE, &comparison(metrics), &[&run; 5], &[&run; 5])
    }

    #[test]
    fn a_proven_change_is_said_with_its_figures_and_its_base() {
        let found = fired(vec![slower(Some("GET /search"))]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].effect, Effect::Fail);
        assert_eq!(
            found[0].message,
            "p95 of \"GET /search\" regressed against the base \"main\": 100 ms -> 130 ms, +30 % (98 % interval +20 % to \
             +41 %, p = 0.0032, 5 repeats a side)."
        );
        assert_eq!(found[0].endpoint.as_deref(), Some("GET /search"));
        assert_eq!(found[0].metric, Some(MetricId::quantile(Percentile::P95)));
        assert_eq!(found[0].evidence.get("change"), Some(0.3));
        assert_eq!(found[0].evidence.get("change_hi"), Some(0.41));
        assert_eq!(found[0].evidence.get("q_value"), Some(0.02));
        assert!(
            fired(vec![slower(None)])[0]
                .message
                .starts_with("p95 of the whole run regressed against")
        );
    }

    #[test]
    fn a_base_without_a_name_is_called_by_its_runs() {
        let run = search();
        let mut given = comparison(vec![slower(None)]);
        given.base.name = None;
        given.base.runs = vec!["5d41".to_owned(), "7d79".to_owned()];
        given.metrics[0].runs_new = 3;
        given.metrics[0].interval = None;
        given.metrics[0].p_value = Some(0.000_01);
        let found = ask_compared(&RULE, &given, &[&run], &[&run]);
        assert_eq!(
            found[0].message,
            "p95 of the whole run regressed against the base of \"5d41\" and \"7d79\": 100 ms -> 130 ms, +30 % \
             (p < 0.0001, 5 repeats against 3)."
        );
    }

    #[test]
    fn twenty_are_shown_the_whole_run_and_the_greatest_first_and_the_rest_is_counted() {
        let mut metrics: Vec<ComparedMetric> = (0..25_u32)
            .map(|n| ComparedMetric {
                change: Some(0.3 + f64::from(n) / 100.0),
                ..slower(Some(&format!("/{n}")))
            })
            .collect();
        metrics.push(slower(None));
        let found = fired(metrics);
        assert_eq!(found.len(), 21);
        assert_eq!(found[0].endpoint, None);
        assert_eq!(found[1].endpoint.as_deref(), Some("/24"));
        assert_eq!(
            found[20].message,
            "6 more metrics regressed against the base \"main\" too: p95 of \"/5\", p95 of \"/4\", p95 of \"/3\", \
             p95 of \"/2\", p95 of \"/1\" and 1 more."
        );
        assert_eq!(found[20].effect, Effect::Fail);
        assert_eq!(found[20].evidence.get("metrics"), Some(6.0));
    }

    #[test]
    fn what_is_not_proven_and_what_is_no_latency_is_silent() {
        for state in [
            MetricState::Improved,
            MetricState::Unchanged,
            MetricState::Undecided,
            MetricState::Suspect,
            MetricState::NotMeasured,
        ] {
            let given = ComparedMetric {
                state,
                ..slower(None)
            };
            assert!(fired(vec![given]).is_empty(), "{state:?}");
        }
        for metric in ["error_rate", "goodput", "rate"] {
            assert!(fired(vec![compared(metric, None, MetricState::Regressed)]).is_empty());
        }
    }
}
