//! V20: a claim about resources or health that rests on one sample.

use std::collections::BTreeSet;

use crate::model::{MetricId, ResourcePhase};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::{Asks, Fired, Rule, RunContext};
use crate::text::number;
use crate::text::phrase::{first_of, quoted};

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V20,
    effects: "warn",
    limit: Some((2.0, "fewest samples of a resource that speak for the run")),
    text: "\
Asks how many samples stand behind what is said of resources.
Fires for every target on a resource that is judged by one sample, and once for the components that have no more than one
sample under load.
Example: \"all six containers remained healthy throughout the test\", from one `docker stats --no-stream` taken at some
moment: minimum, mean and maximum of one sample are that sample, and a slope there is none.
What to do: sample while the load runs, at least once every few seconds:
`while :; do date; docker stats --no-stream; done > stats.txt`.",
    asks: Asks::Run(ask),
};

const HINT: &str =
    "Sample while the load runs: `while :; do date; docker stats --no-stream; done > stats.txt`.";

fn ask(context: &RunContext) -> Vec<Fired> {
    let few = |n: u64| n > 0 && (n as f64) < context.limit;
    let mut fired = Vec::new();
    for result in context.results {
        let metric: Option<MetricId> = result.metric.as_deref().and_then(|id| id.parse().ok());
        let Some(metric @ MetricId::Resource(..)) = metric else {
            continue;
        };
        let Some(n) = result.n.filter(|n| few(*n)) else {
            continue;
        };
        let message = format!(
            "The target {} is judged by {}: that is a snapshot, and says nothing of the rest of the run.",
            quoted(&result.name),
            number::plural(n, "sample"),
        );
        let evidence = Evidence::new().count("samples", n);
        fired.push(
            Fired::new(Effect::Warn, message, evidence)
                .on(metric)
                .hint(HINT),
        );
    }
    let under_load = || {
        let resources = context.run.resources.iter();
        resources.filter(|one| one.phase != Some(ResourcePhase::Idle))
    };
    let components: BTreeSet<&str> = under_load().map(|one| one.component.as_str()).collect();
    let mut single: BTreeSet<&str> = components.clone();
    for one in under_load().filter(|one| !few(one.samples)) {
        single.remove(one.component.as_str());
    }
    if !single.is_empty() {
        let names: Vec<String> = single.iter().map(|name| quoted(name)).collect();
        let message = format!(
            "{} of {} of the resources {} a snapshot, too few samples to speak for the run: {}.",
            number::count(single.len() as u64),
            number::plural(components.len() as u64, "component"),
            if single.len() == 1 { "is" } else { "are" },
            first_of(&names, 6),
        );
        let evidence = Evidence::new()
            .count("components", components.len() as u64)
            .count("snapshots", single.len() as u64);
        fired.push(Fired::new(Effect::Warn, message, evidence).hint(HINT));
    }
    fired
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::TargetState;
    use crate::rules::testing::{ask, ask_with, counts, resource, result, run};

    #[test]
    fn one_sample_a_component_is_a_snapshot() {
        let mut given = run(counts(100, 0), 60.0);
        for name in ["api", "redis"] {
            given
                .resources
                .push(resource(name, "cpu", Some("%"), &[0.07]));
        }
        given
            .resources
            .push(resource("db", "cpu", Some("%"), &[1.0, 2.0]));
        let fired = ask(&RULE, &given);
        assert_eq!(fired.len(), 1);
        assert_eq!(
            fired[0].message,
            "2 of 3 components of the resources are a snapshot, too few samples to speak for the run: \"api\" and \"redis\"."
        );
    }

    #[test]
    fn a_target_on_one_sample_is_named() {
        let given = run(counts(100, 0), 60.0);
        let mut target = result(TargetState::Pass, None, 1.0);
        target.metric = Some("resource:api.memory.max".into());
        target.name = "memory".into();
        target.n = Some(1);
        let fired = ask_with(&RULE, &given, &[], std::slice::from_ref(&target));
        assert_eq!(
            fired[0].message,
            "The target \"memory\" is judged by 1 sample: that is a snapshot, and says nothing of the rest of the run."
        );
        target.n = Some(60);
        assert!(ask_with(&RULE, &given, &[], &[target]).is_empty());
    }

    #[test]
    fn a_series_and_idle_samples_are_silent() {
        let mut given = run(counts(100, 0), 60.0);
        given
            .resources
            .push(resource("api", "cpu", Some("%"), &[1.0, 2.0, 3.0]));
        let mut idle = resource("api", "cpu", Some("%"), &[1.0]);
        idle.phase = Some(ResourcePhase::Idle);
        given.resources.push(idle);
        assert!(ask(&RULE, &given).is_empty());
        assert!(ask(&RULE, &run(counts(100, 0), 60.0)).is_empty());
    }
}
