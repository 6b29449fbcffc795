//! V35: a decision about production, and an environment that is none.

use std::collections::BTreeMap;

use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::{Asks, Fired, PlanContext, Rule};
use crate::text::phrase::{first_of, quoted};

/// Words of a title, a scenario or a target that speak of a decision about production.
const DECISIONS: [&str; 12] = [
    "production",
    "prod",
    "deployment",
    "deploy",
    "release",
    "readiness",
    "launch",
    "golive",
    "approval",
    "approved",
    "acceptance",
    "signoff",
];

/// Words of a value that mark an environment as unfit, whatever its key is.
const MARKS: [&str; 9] = [
    "development",
    "dev",
    "inmemory",
    "locmem",
    "locmemcache",
    "dummycache",
    "runserver",
    "debugger",
    "devserver",
];

/// Words that mark it only under a key that names the place.
const PLACES: [&str; 3] = ["local", "localhost", "laptop"];

/// Keys that name the place.
const PLACE_KEYS: [&str; 8] = [
    "environment",
    "env",
    "stage",
    "tier",
    "mode",
    "deployment",
    "place",
    "name",
];

/// Keys of people: a team called "Development" is no environment.
const PEOPLE_KEYS: [&str; 5] = ["team", "owner", "contact", "author", "tester"];

/// Keys of a build, where "debug" as a value is a mark.
const DEBUG_KEYS: [&str; 4] = ["build", "profile", "mode", "configuration"];

/// Facts that a message names.
const NAMED: usize = 5;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V35,
    effects: "note",
    limit: None,
    text: "\
Asks whether a page that decides about production was measured on something like it. Names and words are the evidence.
Fires when the title, a scenario or a target says production, prod, deploy(ment), release, readiness, launch, go-live,
approval, acceptance or sign-off, and the environment has debug = true, a build or mode `debug`,
a value with development, dev, in-memory, :memory:, locmem, dummycache or runserver, or a stage `local` or `laptop`.
Example: \"approved for deployment\" with debug = true, an in-memory database and a local-memory cache.
Parked: no real run has made it fire, so it is asked only where `[rules] severity` gives it an effect, such as { V35 = \"warn\" }.
What to do: measure on an environment like production, or say in the title which one the page speaks of.",
    asks: Asks::Plan(ask),
};

fn ask(context: &PlanContext) -> Vec<Fired> {
    let marks = marks(context);
    let decisions = decisions(context);
    if marks.is_empty() || decisions.is_empty() {
        return Vec::new();
    }
    let message = format!(
        "A decision about production ({}) rests on an environment with {}.",
        first_of(&decisions, NAMED),
        first_of(&marks, NAMED),
    );
    let evidence = Evidence::new()
        .count("marks", marks.len() as u64)
        .count("decisions", decisions.len() as u64);
    let fired = Fired::new(Effect::Note, message, evidence).hint(
        "Measure on an environment like production, or say in the title which one the page speaks of.",
    );
    vec![fired]
}

/// Words in lower case; `go-live`, `sign-off` and `in-memory` count as one.
fn words(text: &str) -> Vec<String> {
    let mut text = text.to_lowercase();
    for joined in ["go-live", "go live", "sign-off", "sign off"] {
        text = text.replace(joined, &joined.replace(['-', ' '], ""));
    }
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What speaks of production: `the title "Release 4"`.
fn decisions(context: &PlanContext) -> Vec<String> {
    let speaks = |text: &str| {
        let words = words(text);
        words.iter().any(|word| DECISIONS.contains(&word.as_str()))
    };
    let mut found = Vec::new();
    if let Some(title) = context.plan.title.as_deref().filter(|title| speaks(title)) {
        found.push(format!("the title {}", quoted(title)));
    }
    for scenario in &context.plan.scenarios {
        if speaks(&scenario.name) || scenario.description.as_deref().is_some_and(speaks) {
            let name = quoted(&scenario.name);
            found.push(format!("the scenario {name} ({})", scenario.origin));
        }
    }
    for target in context.targets {
        if let Some(name) = target.name.as_deref().filter(|name| speaks(name)) {
            found.push(format!("the target {} ({})", quoted(name), target.origin));
        }
    }
    found
}

/// The facts that do not fit: `debug = true`.
fn marks(context: &PlanContext) -> Vec<String> {
    let mut facts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (key, value) in &context.plan.environment {
        facts.entry(key).or_default().push(value);
    }
    for run in context.runs {
        if let Some(environment) = run.identity.environment.as_deref() {
            let known = facts.entry("environment").or_default();
            if !known.contains(&environment) {
                known.push(environment);
            }
        }
    }
    let all = facts
        .iter()
        .flat_map(|(key, values)| values.iter().map(move |value| (*key, *value)));
    all.filter(|(key, value)| is_mark(key, value))
        .map(|(key, value)| format!("{} = {}", bare(key), bare(value)))
        .collect()
}

/// Without the quotes: a fact is shown as it is written, shortened.
fn bare(text: &str) -> String {
    quoted(text).trim_matches('"').to_owned()
}

fn is_mark(key: &str, value: &str) -> bool {
    let (keys, values) = (words(key), words(value));
    let has =
        |words: &[String], list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    if has(&keys, &PEOPLE_KEYS) {
        return false;
    }
    let is_on = values.len() == 1 && has(&values, &["true", "yes", "on", "1", "enabled"]);
    let is_debug = keys.iter().any(|word| word == "debug") && is_on;
    let is_build = has(&keys, &DEBUG_KEYS) && has(&values, &["debug"]);
    let is_place = has(&keys, &PLACE_KEYS) && has(&values, &PLACES);
    // `/dev/shm` is a path, and no place of development.
    let is_path = value.trim_start().starts_with(['/', '\\', '.', '~']);
    is_debug || is_build || is_place || (!is_path && has_mark(key, value))
}

/// `memory = "16 GB"` is a size; `database = "sqlite (in memory)"` is a mark.
fn has_mark(key: &str, value: &str) -> bool {
    let is_size = words(key)
        .iter()
        .any(|word| word == "memory" || word == "ram");
    let lower = value.trim().to_lowercase();
    let says = [
        ":memory:",
        "in memory",
        "in-memory",
        "local memory",
        "local-memory",
    ];
    let in_memory = lower == "memory" || says.iter().any(|said| lower.contains(said));
    let words = words(value);
    let is_marked = words.iter().any(|word| MARKS.contains(&word.as_str()));
    is_marked || (in_memory && !is_size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::plan::Plan;
    use crate::model::{Bound, Operator};
    use crate::rules::testing::{ask_plan, counts, run, scenario, target};

    fn plan(title: &str, environment: &[(&str, &str)]) -> Plan {
        let facts = environment.iter();
        Plan {
            title: Some(title.to_owned()),
            environment: facts
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            ..Plan::default()
        }
    }

    fn ask(plan: &Plan) -> Vec<Fired> {
        ask_plan(&RULE, plan, &[], &[], &[])
    }

    #[test]
    fn document_004_approves_a_development_machine() {
        let declared = plan(
            "Deployment readiness",
            &[
                ("stage", "Development"),
                ("database", "SQLite3 (In-Memory)"),
                ("debug", "true"),
                ("cache", "LocMemCache"),
                ("python", "3.13"),
            ],
        );
        assert_eq!(
            ask(&declared)[0].message,
            "A decision about production (the title \"Deployment readiness\") rests on an environment with \
             cache = LocMemCache, database = SQLite3 (In-Memory), debug = true and stage = Development."
        );
    }

    #[test]
    fn every_mark_is_found_and_its_neighbours_are_not() {
        for (key, value) in [
            ("DJANGO_DEBUG", "True"),
            ("debug", "1"),
            ("NODE_ENV", "development"),
            ("database", "sqlite :memory:"),
            ("cache", "local-memory"),
            ("server", "runserver"),
            ("build", "debug"),
            ("stage", "local"),
        ] {
            assert!(is_mark(key, value), "{key} = {value}");
        }
        for (key, value) in [
            ("debug", "false"),
            ("debug", "off"),
            ("memory", "16 GB"),
            ("instance", "16 GB memory"),
            ("stage", "production"),
            ("region", "local zone 1"),
            ("database", "sqlite3 on disk"),
            ("log", "debug"),
            ("owner", "Development team"),
            ("device", "nvme"),
            ("worker_tmp", "/dev/shm"),
            ("instance", "memory optimized"),
        ] {
            assert!(!is_mark(key, value), "{key} = {value}");
        }
    }

    #[test]
    fn scenarios_targets_and_labels_count_too() {
        let mut declared = plan("Nightly", &[]);
        assert!(ask(&declared).is_empty());
        let mut given = run(counts(1, 0), 1.0);
        given.identity.environment = Some("dev".to_owned());
        let ask_all = |plan: &Plan, targets: &[crate::model::Target]| {
            ask_plan(&RULE, plan, targets, &[], &[&given])
        };
        assert!(ask_all(&declared, &[]).is_empty());
        let mut gate = target(
            "p95 < 1s",
            "p95",
            Bound::Limit(Operator::Less, 1e3),
            None,
            7,
        );
        gate.name = Some("production gate".to_owned());
        assert_eq!(
            ask_all(&declared, &[gate])[0].message,
            "A decision about production (the target \"production gate\" (knee.toml:7)) rests on an environment with environment = dev."
        );
        declared.scenarios.push(scenario("go-live", 3));
        assert!(ask_all(&declared, &[])[0].message.starts_with(
            "A decision about production (the scenario \"go-live\" (knee.toml:3)) rests"
        ));
    }

    #[test]
    fn no_decision_or_a_fit_environment_is_silent() {
        assert!(ask(&plan("Nightly run", &[("debug", "true")])).is_empty());
        assert!(
            ask(&plan(
                "Release 4",
                &[("stage", "staging"), ("debug", "false")]
            ))
            .is_empty()
        );
        assert!(ask(&plan("Predeployed products", &[("debug", "true")])).is_empty());
    }
}
