//! V10: a target needs a percentile that rests on too few requests (statistics 2a).
//!
//! Without a target it is no finding: the mark stands at the figure.

use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::report::TargetResult;
use crate::rules::{Asks, Fired, Rule, RunContext};
use crate::text::number;
use crate::text::phrase::first_of;

/// Targets that a message names.
const NAMED: usize = 3;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V10,
    effects: "unjudged",
    limit: None,
    text: "\
Asks whether a target needs a percentile that rests on too few requests to be judged.
A percentile without a 95 % interval is as good as the maximum: it is shown with a mark and never judged.
p95 needs 72 requests for an interval and 400 to be an estimate, p99 368 and 2,000, p99.9 3,688 and 20,000.
Without a target the mark at the figure is all: few requests are no fault of a run.
Example: p99 < 500ms over 150 requests: one slow request more or less decides it.
What to do: run longer, set the target on a lower percentile, or make it `optional = true`.",
    asks: Asks::Run(ask),
};

fn ask(context: &RunContext) -> Vec<Fired> {
    let open: Vec<&TargetResult> = context
        .results
        .iter()
        .filter(|result| result.is_too_few() && !result.optional)
        .collect();
    let Some(first) = open.first() else {
        return Vec::new();
    };
    let named: Vec<String> = open.iter().map(|result| result.called_at()).collect();
    let reason = first.reason.as_deref().unwrap_or_default();
    let message = format!(
        "{} not judged: {}. {} {reason}.",
        match open.len() {
            1 => "A target is".to_owned(),
            many => format!("{} are", number::plural(many as u64, "target")),
        },
        first_of(&named, NAMED),
        if open.len() == 1 {
            "It has"
        } else {
            "The first has"
        },
    );
    let mut evidence = Evidence::new().count("targets", open.len() as u64);
    if let Some(n) = first.n {
        evidence = evidence.count("samples", n);
    }
    let fired = Fired::new(Effect::Unjudged, message, evidence)
        .hint("Run longer, set the target on a lower percentile, or make it `optional = true`.");
    let metric = first.metric.as_ref().and_then(|metric| metric.parse().ok());
    vec![match metric {
        Some(metric) => fired.on(metric),
        None => fired,
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::Options;
    use crate::model::{Bound, Decide, Expectation, Operator, Origin, Population, Run, Target};
    use crate::rules::testing::{ask, ask_with, counts, hardwork_1, latency, run};
    use crate::targets::judge;

    fn of(count: u64) -> Run {
        let mut stats = counts(count, 0);
        let figures = [("p50", 5.0), ("p99", 12.0)];
        stats.latency = Some(latency(Population::All, count, &figures));
        run(stats, 60.0)
    }

    fn asked(given: &Run, metric: &str, optional: bool) -> Vec<Fired> {
        let bound = Bound::Limit(Operator::Less, 50.0);
        let target = Target {
            name: None,
            scenario: None,
            endpoint: None,
            group: None,
            phase: None,
            expect: Expectation::Figure {
                metric: metric.parse().unwrap(),
                sum: false,
                at: None,
                bound,
                up_to: None,
                loads: None,
            },
            expect_text: format!("{metric} < 50ms"),
            warn: None,
            warn_text: None,
            optional,
            decide: Decide::Value,
            origin: Origin::Flag,
        };
        let results = judge(given, &[target], &Options::default());
        ask_with(&RULE, given, &[], &results)
    }

    #[test]
    fn few_requests_without_a_target_are_no_finding() {
        assert!(ask(&RULE, &hardwork_1()).is_empty());
        assert!(ask(&RULE, &of(5)).is_empty());
    }

    #[test]
    fn a_target_on_a_percentile_of_too_few_requests_is_not_judged() {
        // 368 is the least with 1 - 0.99^n >= 0.975: ln 0.025 / ln 0.99 = 367.04.
        let fired = asked(&of(367), "p99", false);
        assert_eq!(fired.len(), 1);
        assert_eq!(fired[0].effect, Effect::Unjudged);
        assert_eq!(
            fired[0].message,
            "A target is not judged: p99 < 50ms. It has too few requests to judge: p99 needs 368, there are 367."
        );
        assert!(asked(&of(368), "p99", false).is_empty());
        assert!(asked(&of(367), "p50", false).is_empty());
        assert!(asked(&of(367), "p99", true).is_empty(), "optional");
        // Not in the input at all is V08's.
        assert!(asked(&of(5), "p99.9", false).is_empty());
    }
}
