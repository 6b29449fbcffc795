//! V08: something was declared, and no run has data for it.

use std::collections::BTreeSet;

use crate::load::plan::Scenario;
use crate::model::Target;
use crate::normalize::Pattern;
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::report::{TargetResult, TargetState};
use crate::rules::{Asks, Fired, PlanContext, Rule};
use crate::text::number;
use crate::text::phrase::{first_of, quoted};

/// Scenarios or targets that a message names.
const NAMED: usize = 5;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V08,
    effects: "unjudged / note",
    limit: None,
    text: "\
Asks whether all that `knee.toml` declares was measured, so that nothing that was promised disappears.
Fires when no given run is of a declared scenario, and when a target that is not optional has no answer in any run: its
scenario was not run, or the inputs do not give the figure. Then the verdict is at least \"not judged\".
Without any run it only notes targets for a scenario that is not declared: most often a slip of the pen.
Example: 8 targets declared and 5 in the table of results; the other 3 were never measured.
What to do: give the missing runs, and `runs = [globs]` for the scenario or --label scenario=NAME. A target may be
`optional = true`. Where scenarios are checked one at a time: `[rules] severity = { V08 = \"note\" }`.",
    asks: Asks::Plan(ask),
};

fn ask(context: &PlanContext) -> Vec<Fired> {
    if context.runs.is_empty() {
        return of_no_scenario(context).into_iter().collect();
    }
    let missing: Vec<&Scenario> = context
        .plan
        .scenarios
        .iter()
        .filter(|scenario| {
            let mut runs = context.runs.iter();
            !runs.any(|run| run.identity.scenario == scenario.name)
        })
        .collect();
    let scenarios = not_run(context, &missing);
    let targets = without_data(context, &missing);
    scenarios.into_iter().chain(targets).collect()
}

/// Only a slip can be seen before there are runs.
fn of_no_scenario(context: &PlanContext) -> Option<Fired> {
    if context.plan.scenarios.is_empty() {
        return None;
    }
    let is_lost = |target: &&Target| {
        target.scenario.as_deref().is_some_and(|glob| {
            let glob = Pattern::new(glob);
            let mut all = context.plan.scenarios.iter();
            !all.any(|scenario| glob.matches(&scenario.name))
        })
    };
    let lost: Vec<&Target> = context.targets.iter().filter(is_lost).collect();
    let named: Vec<String> = lost
        .iter()
        .map(|target| {
            let scenario = quoted(target.scenario.as_deref().unwrap_or_default());
            let text = quoted(&target.expect_text);
            format!("{text} ({}) for {scenario}", target.origin)
        })
        .collect();
    if lost.is_empty() {
        return None;
    }
    let message = format!(
        "{} for a scenario that is not declared: {}. Only runs that are labelled so would be judged by them.",
        are(lost.len(), "target"),
        first_of(&named, NAMED),
    );
    let evidence = Evidence::new().count("targets", lost.len() as u64);
    Some(
        Fired::new(Effect::Note, message, evidence)
            .hint("Correct the name, or declare the scenario."),
    )
}

fn not_run(context: &PlanContext, missing: &[&Scenario]) -> Option<Fired> {
    if missing.is_empty() {
        return None;
    }
    let named: Vec<String> = missing
        .iter()
        .map(|scenario| format!("{} ({})", quoted(&scenario.name), scenario.origin))
        .collect();
    let all = context.plan.scenarios.len();
    let message = format!(
        "{} no run among those given: {}.",
        have(missing.len(), all as u64, "declared scenario"),
        first_of(&named, NAMED),
    );
    let evidence = Evidence::new()
        .count("scenarios", all as u64)
        .count("scenarios_without_run", missing.len() as u64);
    Some(
        Fired::new(Effect::Unjudged, message, evidence)
            .hint("Give their runs too, with `runs = [globs]` in the scenario or --label scenario=NAME; or set the severity of V08 where scenarios are judged one at a time."),
    )
}

/// Targets that have no value in any run; those of scenarios that are missing are missing with them.
fn without_data(context: &PlanContext, missing: &[&Scenario]) -> Option<Fired> {
    let told = |target: &Target| {
        target.scenario.as_deref().is_some_and(|glob| {
            let glob = Pattern::new(glob);
            missing.iter().any(|scenario| glob.matches(&scenario.name))
        })
    };
    let mut seen = BTreeSet::new();
    let mut reasons = Vec::new();
    let mut declared = 0_u64;
    for target in context.targets {
        if !seen.insert((target.origin.to_string(), &target.expect_text)) {
            continue;
        }
        declared += 1;
        let is_of = |result: &&TargetResult| {
            result.origin == target.origin.to_string() && result.expect == target.expect_text
        };
        let results: Vec<&TargetResult> = context.results.iter().filter(is_of).collect();
        let has_none = results.iter().all(|result| {
            matches!(
                result.state,
                TargetState::NotMeasured | TargetState::NotApplicable
            )
        });
        let Some(first) = results.first().filter(|_| has_none) else {
            continue;
        };
        // V10 tells of too few requests for a percentile.
        let too_few = results.iter().any(|result| result.is_too_few());
        if target.optional || too_few || (told(target) && only_for_others(&results)) {
            continue;
        }
        let open = results.iter().find(|r| r.state == TargetState::NotMeasured);
        let reason = open.unwrap_or(first).reason.as_deref();
        let reason = reason.map_or(String::new(), |reason| format!(": {reason}"));
        reasons.push(format!(
            "{} ({}{reason})",
            quoted(&target.expect_text),
            target.origin
        ));
    }
    if reasons.is_empty() {
        return None;
    }
    let message = format!(
        "{} no answer in any run: {}.",
        have(reasons.len(), declared, "declared target"),
        first_of(&reasons, NAMED),
    );
    let evidence = Evidence::new()
        .count("targets", declared)
        .count("targets_without_value", reasons.len() as u64);
    Some(
        Fired::new(Effect::Unjudged, message, evidence).hint(
            "Give runs whose inputs have these figures, or make the targets `optional = true`.",
        ),
    )
}

fn only_for_others(results: &[&TargetResult]) -> bool {
    results
        .iter()
        .all(|result| result.state == TargetState::NotApplicable)
}

/// `1 of 3 declared targets has`.
fn have(some: usize, all: u64, noun: &str) -> String {
    format!(
        "{} of {} {}",
        number::count(some as u64),
        number::plural(all, noun),
        if some == 1 { "has" } else { "have" }
    )
}

fn are(number: usize, noun: &str) -> String {
    let what = number::plural(number as u64, noun);
    format!("{what} {}", if number == 1 { "is" } else { "are" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures;
    use crate::load::plan::Plan;
    use crate::model::{Bound, Operator, Run};
    use crate::rules::testing::{ask_plan, counts, run, scenario, target};
    use crate::targets;

    fn plan(names: &[&str]) -> Plan {
        let lines = (1..).map(|line| 10 * line);
        let all = names.iter().zip(lines);
        Plan {
            scenarios: all.map(|(name, line)| scenario(name, line)).collect(),
            ..Plan::default()
        }
    }

    fn of(scenario: &str) -> Run {
        let mut given = run(counts(6000, 0), 60.0);
        given.identity.scenario = scenario.to_owned();
        given
    }

    fn more_than(metric: &str, scenario: Option<&str>, line: usize) -> Target {
        let bound = Bound::Limit(Operator::Greater, 10.0);
        target(&format!("{metric} > 10"), metric, bound, scenario, line)
    }

    fn ask(plan: &Plan, wanted: &[Target], runs: &[&Run]) -> Vec<Fired> {
        let options = figures::Options::default();
        let results: Vec<TargetResult> = runs
            .iter()
            .flat_map(|run| targets::judge(run, wanted, &options))
            .collect();
        ask_plan(&RULE, plan, wanted, &results, runs)
    }

    #[test]
    fn scenarios_without_a_run_are_one_finding() {
        let declared = plan(&["audit", "content", "mixed"]);
        let wanted = [more_than("rate", Some("content"), 21)];
        let fired = ask(&declared, &wanted, &[&of("audit")]);
        assert_eq!(fired.len(), 1, "{fired:?}");
        assert_eq!(fired[0].effect, Effect::Unjudged);
        assert_eq!(
            fired[0].message,
            "2 of 3 declared scenarios have no run among those given: \"content\" (knee.toml:20) and \"mixed\" (knee.toml:30)."
        );
    }

    #[test]
    fn a_target_that_no_run_gives_fires_with_its_reason() {
        let wanted = [
            more_than("rate", None, 3),
            more_than("peak_rate", None, 4),
            more_than("goodput", Some("another"), 5),
        ];
        let fired = ask(&Plan::default(), &wanted, &[&of("audit"), &of("audit")]);
        assert_eq!(fired.len(), 1);
        assert_eq!(
            fired[0].message,
            "2 of 3 declared targets have no answer in any run: \"peak_rate > 10\" (knee.toml:4: peak_rate is not measured; \
             it takes a timeline of at least 20 s, and a window of 10 s that is not below the average) and \
             \"goodput > 10\" (knee.toml:5: it is for the scenario another; this run is of audit)."
        );
    }

    #[test]
    fn measured_and_optional_things_are_silent() {
        let declared = plan(&["audit", "content"]);
        let mut optional = more_than("peak_rate", None, 4);
        optional.optional = true;
        let wanted = [more_than("rate", Some("content"), 3), optional];
        let fired = ask(&declared, &wanted, &[&of("audit"), &of("content")]);
        assert!(fired.is_empty(), "{fired:?}");
    }

    #[test]
    fn without_runs_only_a_slip_is_noted() {
        let declared = plan(&["audit", "content"]);
        let known = [
            more_than("rate", Some("aud*"), 3),
            more_than("rate", None, 4),
        ];
        assert!(ask(&declared, &known, &[]).is_empty());
        let slip = [more_than("rate", Some("audti"), 3)];
        assert!(ask(&Plan::default(), &slip, &[]).is_empty());
        let fired = ask(&declared, &slip, &[]);
        assert_eq!(fired[0].effect, Effect::Note);
        assert_eq!(
            fired[0].message,
            "1 target is for a scenario that is not declared: \"rate > 10\" (knee.toml:3) for \"audti\". \
             Only runs that are labelled so would be judged by them."
        );
    }
}
