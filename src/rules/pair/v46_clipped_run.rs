//! V46: a run lies far from the others of its side.

use std::collections::BTreeMap;

use crate::model::Run;
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::report::comparison::ComparedMetric;
use crate::rules::pair::changed::called;
use crate::rules::{Asks, ComparedContext, Fired, Rule};
use crate::text::number;
use crate::text::phrase::{first_of, quoted};

/// Names in a message.
const NAMED: usize = 5;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V46,
    effects: "note / warn",
    limit: None,
    text: "\
Asks whether a repeat lies so far from the others of its side that its value was drawn in.
Notes the runs, on sides of three or more; more than one run of a side, over all metrics, warns. The value counts, but
only as far out as 2.5 standard deviations of the spread that is expected: one bad minute decides nothing.
Notes too where the runs spread further than was assumed: there nothing is drawn in, and the runs stand for themselves.
Example: medians of 20, 21, 20, 19 and 48 ms: the fifth run met a neighbour, or the change is slow one time in five.
What to do: look at that run by itself with `knee report`; repeat it if a neighbour is to blame, and keep it if not.",
    asks: Asks::Compared(ask),
};

fn ask(context: &ComparedContext) -> Vec<Fired> {
    let mut fired = Vec::new();
    for (side, runs) in [("base", context.base), ("new side", context.new)] {
        fired.extend(clipped(context, side, runs));
    }
    fired.extend(guarded(&context.comparison.metrics));
    fired
}

fn clipped(context: &ComparedContext, side: &str, runs: &[&Run]) -> Option<Fired> {
    let mut metrics: BTreeMap<&str, u64> = BTreeMap::new();
    for id in context
        .comparison
        .metrics
        .iter()
        .flat_map(|metric| &metric.clipped)
    {
        *metrics.entry(id).or_default() += 1;
    }
    let found: Vec<(&Run, u64)> = runs
        .iter()
        .filter_map(|run| Some((*run, *metrics.get(run.id.as_str())?)))
        .collect();
    let (first, most) = *found.first()?;
    let named: Vec<String> = found
        .iter()
        .map(|(run, metrics)| {
            format!(
                "{} in {}",
                quoted(&run.name),
                number::plural(*metrics, "metric")
            )
        })
        .collect();
    let message = format!(
        "{} of {} of the {side} {} far from the others, and {} drawn in: {}.",
        number::count(found.len() as u64),
        number::plural(runs.len() as u64, "run"),
        if found.len() == 1 { "lies" } else { "lie" },
        if found.len() == 1 {
            "its values are"
        } else {
            "their values are"
        },
        first_of(&named, NAMED),
    );
    let most = found
        .iter()
        .map(|(_, metrics)| *metrics)
        .fold(most, u64::max);
    let evidence = Evidence::new()
        .count("clipped_runs", found.len() as u64)
        .count("runs", runs.len() as u64)
        .count("most_metrics", most);
    let effect = if found.len() > 1 {
        Effect::Warn
    } else {
        Effect::Note
    };
    let fired = Fired::new(effect, message, evidence)
        .hint("Look at what these runs met; repeat them if it was a neighbour, and keep them if it was the change.");
    Some(if found.len() == 1 {
        fired.of(first)
    } else {
        fired
    })
}

fn guarded(metrics: &[ComparedMetric]) -> Option<Fired> {
    let wide: Vec<&ComparedMetric> = metrics.iter().filter(|metric| metric.guarded).collect();
    let named: Vec<String> = wide.iter().map(|metric| called(metric)).collect();
    let judged = metrics.iter().filter(|metric| metric.method.is_some());
    let judged = judged.count() as u64;
    if wide.is_empty() {
        return None;
    }
    let message = format!(
        "The runs spread further than was assumed in {} of {}, so they stand for themselves and none is drawn in: {}.",
        number::count(wide.len() as u64),
        number::plural(judged.max(wide.len() as u64), "metric"),
        first_of(&named, NAMED),
    );
    let evidence = Evidence::new()
        .count("guarded_metrics", wide.len() as u64)
        .count("metrics", judged);
    Some(Fired::new(Effect::Note, message, evidence).hint(
        "On a machine that spreads like this it takes more repeats, run in turn, to see a change.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::comparison::MetricState;
    use crate::rules::testing::{ask_compared, compared, comparison, search};

    fn called_run(id: &str) -> Run {
        let mut run = search();
        run.id = id.to_owned();
        run.name = format!("{id}.json");
        run
    }

    fn fired(clipped: &[(&str, &[&str])]) -> Vec<Fired> {
        let metrics = clipped.iter().map(|(metric, ids)| {
            let mut row = compared(metric, None, MetricState::Undecided);
            row.clipped = ids.iter().map(|id| (*id).to_owned()).collect();
            row
        });
        let given = comparison(metrics.collect());
        let runs = ["a1", "a2", "a3", "b1", "b2", "b3"].map(called_run);
        let [a1, a2, a3, b1, b2, b3] = runs.each_ref();
        ask_compared(&RULE, &given, &[a1, a2, a3], &[b1, b2, b3])
    }

    #[test]
    fn one_run_far_out_is_noted_by_its_name() {
        let found = fired(&[("p50", &["b2"]), ("p95", &["b2"]), ("p99", &[])]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].effect, Effect::Note);
        assert_eq!(
            found[0].message,
            "1 of 3 runs of the new side lies far from the others, and its values are drawn in: \"b2.json\" in 2 metrics."
        );
        assert_eq!(found[0].run.as_deref(), Some("b2"));
    }

    #[test]
    fn two_runs_of_one_side_warn_and_one_of_each_side_do_not() {
        let found = fired(&[("p50", &["a1"]), ("p95", &["a3"])]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].effect, Effect::Warn);
        assert_eq!(
            found[0].message,
            "2 of 3 runs of the base lie far from the others, and their values are drawn in: \"a1.json\" in 1 metric and \
             \"a3.json\" in 1 metric."
        );
        let found = fired(&[("p50", &["a1", "b1"])]);
        let effects: Vec<Effect> = found.iter().map(|found| found.effect).collect();
        assert_eq!(effects, [Effect::Note, Effect::Note]);
    }

    #[test]
    fn a_spread_that_was_not_assumed_is_said() {
        let mut wide = compared("p95", Some("GET /a"), MetricState::Undecided);
        wide.guarded = true;
        let given = comparison(vec![compared("p50", None, MetricState::Unchanged), wide]);
        let run = called_run("a1");
        let found = ask_compared(&RULE, &given, &[&run; 3], &[&run; 3]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].effect, Effect::Note);
        assert_eq!(
            found[0].message,
            "The runs spread further than was assumed in 1 of 2 metrics, so they stand for themselves and none is drawn in: \
             p95 of \"GET /a\"."
        );
    }

    #[test]
    fn runs_that_lie_together_are_silent() {
        assert!(fired(&[("p50", &[]), ("p95", &[])]).is_empty());
    }
}
