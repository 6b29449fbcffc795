//! V28: task weights that do not add up, or that the run did not keep.

use crate::load::plan::Scenario;
use crate::load::tasks::observed_mix;
use crate::model::{MetricId, Run, Unit};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::{Asks, Fired, PlanContext, Rule};
use crate::stats::chi_squared::goodness_of_fit;
use crate::text::number;
use crate::text::phrase::{first_of, listed, quoted};

/// Rounded percentages may miss 100 by so much per task.
const ROUNDING: f64 = 0.5;

/// Chance below which a difference is no accident.
const CHANCE: f64 = 0.01;

/// Tasks that a message names.
const NAMED: usize = 4;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V28,
    effects: "warn",
    limit: Some((0.05, "points by which a task's share of the requests may be off, as a share")),
    text: "\
Asks whether the weights of `load.tasks` are whole, and whether the run kept them.
Weights that sum to 50 to 150, or fractions that sum to 0.5 to 1.5, look like percentages or shares: fires unless the sum
is 100 or 1, rounding apart. Other sums are a ratio such as 3:1, which is always whole.
On a run it fires when a task's share is more than 5 points off and chi-squared gives p < 0.01. Asked only when every
task names an endpoint or a group that no other task names; a task is taken to make one request.
Example: tasks of 30 %, 30 % and 20 % are 80 %: either a task is missing or the real mix is 37.5, 37.5 and 25 %.
What to do: correct the weights or add the missing task; write a ratio in small numbers, 3:3:2.",
    asks: Asks::Plan(ask),
};

fn ask(context: &PlanContext) -> Vec<Fired> {
    let scenarios = context.plan.scenarios.iter();
    let mut fired: Vec<Fired> = scenarios.filter_map(not_whole).collect();
    fired.extend(context.runs.iter().filter_map(|run| {
        let scenario = context.plan.of(run)?;
        other_mix(run, scenario, context.limit)
    }));
    fired
}

fn not_whole(scenario: &Scenario) -> Option<Fired> {
    let tasks = &scenario.load.tasks;
    let sum: f64 = tasks.values().sum();
    let fractions = tasks.values().all(|weight| *weight < 1.0);
    let (whole, unit) = match sum {
        sum if tasks.len() < 2 || !sum.is_finite() => return None,
        sum if fractions && (0.5..=1.5).contains(&sum) => (1.0, ""),
        sum if (50.0..=150.0).contains(&sum) => (100.0, " %"),
        _ => return None,
    };
    let slack = ROUNDING * tasks.len() as f64 * whole / 100.0;
    if (sum - whole).abs() <= slack + 1e-9 {
        return None;
    }
    let said: Vec<String> = tasks
        .iter()
        .map(|(name, weight)| format!("{} {}{unit}", quoted(name), number::decimal(*weight, 3)))
        .collect();
    let read: Vec<String> = tasks
        .values()
        .map(|weight| number::percent(weight / sum))
        .collect();
    let message = format!(
        "The task weights of the scenario {} ({}) add up to {}{unit}, not {whole}{unit}: {}. Taken as a ratio they are {}.",
        quoted(&scenario.name),
        scenario.origin,
        number::decimal(sum, 3),
        first_of(&said, 2 * NAMED),
        first_of(&read, 2 * NAMED),
    );
    let evidence = Evidence::new()
        .with("sum", sum, Unit::AsGiven)
        .with("whole", whole, Unit::AsGiven)
        .count("tasks", tasks.len() as u64);
    Some(
        Fired::new(Effect::Warn, message, evidence)
            .hint("Correct the weights or add the missing task; write a ratio in small numbers, such as 3:3:2."),
    )
}

fn other_mix(run: &Run, scenario: &Scenario, limit: f64) -> Option<Fired> {
    let mix = observed_mix(run, &scenario.load.tasks)?;
    let weights: Vec<f64> = mix.iter().map(|task| task.weight).collect();
    let counts: Vec<u64> = mix.iter().map(|task| task.requests).collect();
    let fit = goodness_of_fit(&counts, &weights)?;
    let whole: f64 = weights.iter().sum();
    let shares = mix.iter().map(|task| {
        (
            task,
            task.weight / whole,
            task.requests as f64 / fit.n as f64,
        )
    });
    let mut off: Vec<_> = shares
        .filter(|(_, declared, observed)| (observed - declared).abs() > limit)
        .collect();
    if fit.p_value >= CHANCE || off.is_empty() {
        return None;
    }
    off.sort_by(|a, b| (b.2 - b.1).abs().total_cmp(&(a.2 - a.1).abs()));
    let named: Vec<String> = off
        .iter()
        .map(|(task, declared, observed)| {
            format!(
                "{} {} instead of {}",
                quoted(&task.name),
                number::percent(*observed),
                number::percent(*declared)
            )
        })
        .collect();
    let message = format!(
        "The mix of {} is not the declared one of the scenario {} ({}): {}.",
        number::plural(fit.n, "request"),
        quoted(&scenario.name),
        scenario.origin,
        if named.len() > NAMED {
            first_of(&named, NAMED)
        } else {
            listed(&named)
        },
    );
    let most = off.first().map_or(0.0, |(_, a, b)| (b - a).abs());
    let evidence = Evidence::new()
        .count("requests", fit.n)
        .with("most_points_off", most, Unit::Ratio)
        .with("chi_squared", fit.statistic, Unit::AsGiven)
        .with("p_value", fit.p_value, Unit::AsGiven);
    Some(
        Fired::new(Effect::Warn, message, evidence)
            .of(run)
            .on(MetricId::Plain("requests"))
            .hint("Compare the weights with the script; a task that makes several requests, or users that fail at the first one, shift the mix."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::plan::Plan;
    use crate::rules::testing::{ask_plan, counts, endpoint, run, scenario};

    fn plan(tasks: &[(&str, f64)]) -> Plan {
        let mut declared = scenario("audit", 12);
        let tasks = tasks
            .iter()
            .map(|(name, weight)| ((*name).to_owned(), *weight));
        declared.load.tasks = tasks.collect();
        Plan {
            scenarios: vec![declared],
            ..Plan::default()
        }
    }

    fn ask(plan: &Plan, runs: &[&Run]) -> Vec<Fired> {
        ask_plan(&RULE, plan, &[], &[], runs)
    }

    #[test]
    fn document_003_declares_80_of_100() {
        let declared = plan(&[
            ("Get SABnzbd config", 30.0),
            ("Get Sonarr config", 30.0),
            ("Run audit", 20.0),
        ]);
        let fired = ask(&declared, &[]);
        assert_eq!(
            fired[0].message,
            "The task weights of the scenario \"audit\" (knee.toml:12) add up to 80 %, not 100 %: \"Get SABnzbd config\" 30 %, \
             \"Get Sonarr config\" 30 % and \"Run audit\" 20 %. Taken as a ratio they are 37.5 %, 37.5 % and 25 %."
        );
        let fired = ask(&plan(&[("a", 0.5), ("b", 0.3)]), &[]);
        assert!(
            fired[0]
                .message
                .contains("add up to 0.8, not 1: \"a\" 0.5 and \"b\" 0.3.")
        );
    }

    #[test]
    fn whole_weights_and_ratios_are_silent() {
        for tasks in [
            &[("a", 40.0), ("b", 40.0), ("c", 20.0)][..],
            &[("a", 33.3), ("b", 33.3), ("c", 33.3)],
            &[("a", 3.0), ("b", 1.0)],
            &[("a", 1.0), ("b", 1.0)],
            &[("a", 0.7), ("b", 0.3)],
            &[("a", 10.0), ("b", 5.0), ("c", 1.0)],
            &[("a", 600.0), ("b", 300.0)],
            &[("a", 80.0)],
            &[],
        ] {
            assert!(ask(&plan(tasks), &[]).is_empty(), "{tasks:?}");
        }
    }

    fn made(counted: &[(&str, u64)]) -> Run {
        let all = counted.iter().map(|(_, n)| n).sum();
        let mut given = run(counts(all, 0), 60.0);
        given.identity.scenario = "audit".to_owned();
        for (name, n) in counted {
            given.endpoints.push(endpoint("GET", name, counts(*n, 0)));
        }
        given
    }

    #[test]
    fn another_mix_fires_of_the_run() {
        let declared = plan(&[("GET /list", 3.0), ("/detail", 1.0)]);
        let given = made(&[("/list", 500), ("/detail", 500), ("/login", 80)]);
        let fired = ask(&declared, &[&given]);
        assert_eq!(
            fired[0].message,
            "The mix of 1,000 requests is not the declared one of the scenario \"audit\" (knee.toml:12): \
             \"/detail\" 50 % instead of 25 % and \"GET /list\" 50 % instead of 75 %."
        );
        assert_eq!(fired[0].run.as_deref(), Some("run"));
        // X2 = (500 - 250)^2 / 250 + (500 - 750)^2 / 750 = 333.3.
        let statistic = fired[0].evidence.get("chi_squared").unwrap();
        assert!((statistic - 1000.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_small_difference_of_many_and_a_great_one_of_few_are_silent() {
        let declared = plan(&[("/list", 3.0), ("/detail", 1.0)]);
        let silent = |counted: &[(&str, u64)]| {
            let found = ask(&declared, &[&made(counted)]);
            assert!(found.is_empty(), "{found:?}");
        };
        silent(&[("/list", 751_000), ("/detail", 249_000)]);
        silent(&[("/list", 13), ("/detail", 8)]);
        silent(&[("/list", 500)]);
        let mut of_another = made(&[("/list", 500), ("/detail", 500)]);
        of_another.identity.scenario = "other".to_owned();
        assert!(ask(&declared, &[&of_another]).is_empty());
    }
}
