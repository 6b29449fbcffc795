//! V26: Little's law leaves no room for a demanded rate, or does not hold for a run.

use crate::load::little;
use crate::load::little::Closed;
use crate::load::plan::Scenario;
use crate::model::{Bound, Expectation, MetricId, Operator, Run, Statistic, Target, Unit};
use crate::normalize::Pattern;
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::{Asks, Fired, PlanContext, Rule};
use crate::text::number;
use crate::text::phrase::{first_of, quoted};

/// What no stretch of time can have more of than the average rate that users can make.
const RATES: [&str; 3] = ["rate", "goodput", "sustained_rate"];

/// Two rates closer than this are the same.
const SAME: f64 = 1e-9;

/// Scenarios that a message names.
const NAMED: usize = 4;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V26,
    effects: "warn",
    limit: Some((0.1, "share by which the users of a run may be off Little's law")),
    text: "\
Asks whether the declared users can make the demanded rate: at most N / (R + Z), users by mean latency plus think time.
Fires when a target on rate, goodput or sustained_rate lies above N / Z, which even answers in no time cannot beat, above
N / (R + Z) at the latency that a given run measured, or when no declared scenario can reach it. Open loads have no bound.
On a closed run with known think time it fires when X (R + Z) is more than 10 % off N; without think time V27 asks that.
Example: 50 users who pause 2 to 5 s make at most 14.3/s; a target of 15 to 20/s fails however fast the system is.
What to do: more users, a shorter think time, or a lower target. A think time is taken as a pause after every request.",
    asks: Asks::Plan(ask),
};

fn ask(context: &PlanContext) -> Vec<Fired> {
    let targets = context.targets.iter();
    let mut fired: Vec<Fired> = targets
        .filter_map(|target| of_target(context, target))
        .collect();
    fired.extend(context.runs.iter().filter_map(|run| of_run(context, run)));
    fired
}

/// The rates that a target asks for.
#[derive(Clone, Copy)]
struct Demand {
    low: f64,
    strict: bool,
    high: f64,
}

fn demand(target: &Target) -> Option<Demand> {
    let Expectation::Figure { metric, bound, .. } = &target.expect else {
        return None;
    };
    if target.expect.needs_levels() || !matches!(metric, MetricId::Plain(id) if RATES.contains(id))
    {
        return None;
    }
    let (low, strict, high) = match *bound {
        Bound::Limit(Operator::Greater, limit) => (limit, true, limit),
        Bound::Limit(Operator::AtLeast, limit) => (limit, false, limit),
        Bound::Limit(..) => return None,
        Bound::Range(low, high) => (low, false, high),
    };
    (low > 0.0).then_some(Demand { low, strict, high })
}

/// What the bound leaves of a demand.
#[derive(Clone, Copy, PartialEq)]
enum Reach {
    Nothing,
    OnlyAtOnce,
    Part,
    All,
}

fn reach(demand: Demand, bound: f64) -> Reach {
    let gap = (demand.low - bound) / bound;
    if gap > SAME || (gap > -SAME && demand.strict) {
        Reach::Nothing
    } else if gap > -SAME {
        Reach::OnlyAtOnce
    } else if demand.high > bound * (1.0 + SAME) {
        Reach::Part
    } else {
        Reach::All
    }
}

/// A declared scenario that a target is for, with its bound where it has one.
struct Candidate<'a> {
    scenario: &'a Scenario,
    load: Option<Closed>,
    bound: Option<f64>,
}

impl Candidate<'_> {
    /// `50 users with a mean think time of 2 s`.
    fn users(&self) -> String {
        let users = self.load.map_or(0.0, |load| load.users);
        let think = match self.load.and_then(|load| load.think) {
            Some(think) if think > 0.0 => {
                format!("with a mean think time of {}", number::seconds(think))
            }
            _ => "without think time".to_owned(),
        };
        format!("{} users {think}", number::decimal(users, 1))
    }
}

fn of_target(context: &PlanContext, target: &Target) -> Option<Fired> {
    let demand = demand(target)?;
    let is_for = |scenario: &&Scenario| {
        let glob = target.scenario.as_deref().map(Pattern::new);
        glob.is_none_or(|glob| glob.matches(&scenario.name))
    };
    let candidates: Vec<Candidate> = context
        .plan
        .scenarios
        .iter()
        .filter(is_for)
        .map(|scenario| {
            let load = little::closed(&scenario.load);
            let bound = load.and_then(|load| load.highest_rate(0.0));
            Candidate {
                scenario,
                load,
                bound,
            }
        })
        .collect();
    let fired = match candidates.as_slice() {
        [] => None,
        [only] => in_one(context, target, demand, only),
        all => in_many(context, target, demand, all),
    };
    let Expectation::Figure { metric, .. } = &target.expect else {
        return fired;
    };
    fired.map(|fired| fired.on(metric.clone()))
}

fn in_one(
    context: &PlanContext,
    target: &Target,
    demand: Demand,
    only: &Candidate,
) -> Option<Fired> {
    let load = only.load?;
    let measured = measured(context, only.scenario);
    let at_measured = measured.and_then(|(_, latency)| load.highest_rate(latency));
    let reached = only.bound.map_or(Reach::All, |bound| reach(demand, bound));
    let at_run = at_measured.map_or(Reach::All, |bound| reach(demand, bound));
    let name = quoted(&only.scenario.name);
    let place = format!("{} ({})", quoted(&target.expect_text), target.origin);
    let mut evidence = Evidence::new().with("users", load.users, Unit::Count).with(
        "demanded",
        demand.low,
        Unit::PerSecond,
    );
    if let Some(think) = load.think {
        evidence = evidence.with("think_time", think, Unit::Seconds);
    }
    let mut message = match (reached, only.bound) {
        (Reach::All, _) => {
            if !matches!(at_run, Reach::Nothing | Reach::OnlyAtOnce) {
                return None;
            }
            format!(
                "{place} cannot be reached in the scenario {name} at the latency that was measured, by Little's law."
            )
        }
        (how, Some(bound)) => {
            evidence = evidence.with("highest", bound, Unit::PerSecond);
            let most = format!("{} make at most {}", only.users(), number::rate(bound));
            match how {
                Reach::OnlyAtOnce => format!(
                    "{place} is reached in the scenario {name} only if answers take no time: {most} (Little's law)."
                ),
                Reach::Part => format!(
                    "{place} is out of reach above {} in the scenario {name}: {most} even if answers take no time (Little's law). Its lower end leaves {} for a mean answer.",
                    number::rate(bound),
                    number::millis(1000.0 * load.room(demand.low)),
                ),
                _ => format!(
                    "{place} cannot be reached in the scenario {name}: {most} even if answers take no time (Little's law)."
                ),
            }
        }
        (_, None) => return None,
    };
    let from = if let (Some((run, latency)), Some(rate)) = (measured, at_measured) {
        evidence = evidence.with("mean", latency * 1000.0, Unit::Millis);
        let latency = number::millis(latency * 1000.0);
        Some((latency, format!("measured in {}", quoted(&run.name)), rate))
    } else {
        allowed(context, only.scenario).and_then(|(latency, text)| {
            let rate = load.highest_rate(latency)?;
            let latency = number::millis(latency * 1000.0);
            Some((latency, format!("that {} allows", quoted(text)), rate))
        })
    };
    if let Some((latency, whose, rate)) = from {
        evidence = evidence.with("highest_at_latency", rate, Unit::PerSecond);
        message = format!(
            "{message} At the {latency} {whose} it is {}.",
            number::rate(rate)
        );
    }
    let latency = measured.map_or(0.0, |(_, latency)| latency);
    let hint = way_out(load, demand, latency);
    Some(Fired::new(Effect::Warn, message, evidence).hint(hint))
}

/// What it would take for the whole demand at that latency.
fn way_out(load: Closed, demand: Demand, latency: f64) -> String {
    let users = demand.high * (load.think.unwrap_or(0.0) + latency);
    let think = load.users / demand.high - latency;
    let shorter = if load.think.is_some() && think > 0.0 {
        format!(", or a mean think time below {}", number::seconds(think))
    } else {
        String::new()
    };
    format!(
        "{} takes more than {} users{shorter}; else lower the target.",
        number::rate(demand.high),
        number::decimal(users, 1),
    )
}

fn in_many(
    context: &PlanContext,
    target: &Target,
    demand: Demand,
    all: &[Candidate],
) -> Option<Fired> {
    let mut out: Vec<(&Candidate, f64)> = all
        .iter()
        .filter_map(|candidate| Some((candidate, candidate.bound?)))
        .filter(|(_, bound)| reach(demand, *bound) == Reach::Nothing)
        .collect();
    out.sort_by(|a, b| b.1.total_cmp(&a.1));
    let (best, bound) = out.first()?;
    let place = format!("{} ({})", quoted(&target.expect_text), target.origin);
    let evidence = Evidence::new()
        .with("demanded", demand.low, Unit::PerSecond)
        .with("highest", *bound, Unit::PerSecond)
        .count("scenarios", all.len() as u64)
        .count("scenarios_below", out.len() as u64);
    let (message, hint) = if out.len() == all.len() {
        let of = if all.len() == context.plan.scenarios.len() {
            "declared scenarios"
        } else {
            "scenarios that it is for"
        };
        let message = format!(
            "{place} cannot be tested: none of the {} {of} can offer it. The most is {}, in {}: {}, even if answers take no time (Little's law).",
            all.len(),
            number::rate(*bound),
            quoted(&best.scenario.name),
            best.users(),
        );
        let hint = "Declare a scenario that can offer it, give the target the scenario it is for, or lower it.";
        (message, hint)
    } else {
        let named: Vec<String> = out
            .iter()
            .map(|(candidate, bound)| {
                let name = quoted(&candidate.scenario.name);
                format!("{name} (at most {})", number::rate(*bound))
            })
            .collect();
        let message = format!(
            "{place} cannot be reached in {} of the {} scenarios that it is for, even if answers take no time (Little's law): {}.",
            out.len(),
            all.len(),
            first_of(&named, NAMED),
        );
        (message, "Give the target the scenario that it is for.")
    };
    Some(Fired::new(Effect::Warn, message, evidence).hint(hint))
}

/// The lowest mean latency among the runs of a scenario, in seconds.
fn measured<'a>(context: &PlanContext<'a>, scenario: &Scenario) -> Option<(&'a Run, f64)> {
    let of = |run: &&&Run| run.identity.scenario == scenario.name;
    let latencies = context.runs.iter().filter(of).filter_map(|run| {
        let found = little::measured(run)?;
        Some((*run, found.latency))
    });
    latencies.min_by(|a, b| a.1.total_cmp(&b.1))
}

/// The lowest limit, in seconds, that a target sets to the latency of a whole run of the scenario.
fn allowed<'a>(context: &PlanContext<'a>, scenario: &Scenario) -> Option<(f64, &'a str)> {
    let limits = context.targets.iter().filter_map(|target| {
        let Expectation::Figure { metric, bound, .. } = &target.expect else {
            return None;
        };
        let is_latency = matches!(
            metric,
            MetricId::Latency(_, Statistic::Mean | Statistic::Max | Statistic::Quantile(_))
        );
        let scoped = target.endpoint.is_some() || target.group.is_some();
        let glob = target.scenario.as_deref().map(Pattern::new);
        let is_for = glob.is_none_or(|glob| glob.matches(&scenario.name));
        if !is_latency || scoped || !is_for || target.expect.needs_levels() {
            return None;
        }
        let limit = match *bound {
            Bound::Limit(operator, limit) if operator.wants_less() => limit,
            Bound::Limit(..) => return None,
            Bound::Range(_, high) => high,
        };
        Some((limit / 1000.0, target.expect_text.as_str()))
    });
    limits.min_by(|a, b| a.0.total_cmp(&b.0))
}

/// Whether the figures of a closed run fit one another.
fn of_run(context: &PlanContext, run: &Run) -> Option<Fired> {
    let load = context.plan.of(run).map(|scenario| &scenario.load);
    let think = little::think_time(run, load)?.mean().0;
    let is_closed = run.load.model == Some(crate::model::LoadModel::Closed)
        || load.is_some_and(|load| little::closed(load).is_some());
    let found = little::measured(run).filter(|_| is_closed)?;
    let users = found.rate * (found.latency + think);
    let off = users / found.users - 1.0;
    // Without think time, fewer than all of the users at work are V27's subject.
    if off.abs() <= context.limit || (off < 0.0 && think <= 0.0) {
        return None;
    }
    let reading = if off > 0.0 {
        "more users than there were. Units, think time or counts are not what they seem, or a user makes several requests between two pauses"
    } else {
        "fewer users than there were. Units, think time or counts are not what they seem, or users waited longer than declared"
    };
    let message = format!(
        "Little's law does not hold: {} x ({} + {} think time) is {} of {} users on average, {} {reading}.",
        number::rate(found.rate),
        number::millis(found.latency * 1000.0),
        number::seconds(think),
        number::decimal(users, 1),
        number::decimal(found.users, 1),
        number::percent(off.abs()),
    );
    let evidence = Evidence::new()
        .with("users", found.users, Unit::Count)
        .with("users_by_law", users, Unit::Count)
        .with("rate", found.rate, Unit::PerSecond)
        .with("mean", found.latency * 1000.0, Unit::Millis)
        .with("think_time", think, Unit::Seconds);
    Some(
        Fired::new(Effect::Warn, message, evidence)
            .of(run)
            .on(MetricId::Plain("users"))
            .hint("Compare users, think time and the number of requests per task with the script."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::plan::Plan;
    use crate::model::{LoadModel, Population, Seconds, ThinkTime};
    use crate::rules::testing::{ask_plan, closed, counts, latency, run, target};

    fn plan(scenarios: Vec<Scenario>) -> Plan {
        Plan {
            scenarios,
            ..Plan::default()
        }
    }

    /// The four scenarios of document 003.
    fn autoarr() -> Plan {
        plan(vec![
            closed("audit", 50.0, (1.0, 3.0)),
            closed("content", 50.0, (2.0, 5.0)),
            closed("monitoring", 50.0, (0.5, 2.0)),
            closed("mixed", 100.0, (1.0, 5.0)),
        ])
    }

    fn rate(low: f64, high: f64, scenario: &str) -> Target {
        let text = format!("rate in {low}..{high}/s");
        target(&text, "rate", Bound::Range(low, high), Some(scenario), 9)
    }

    fn more(limit: f64, scenario: Option<&str>) -> Target {
        let bound = Bound::Limit(Operator::Greater, limit);
        target(&format!("rate > {limit}/s"), "rate", bound, scenario, 9)
    }

    fn messages(plan: &Plan, targets: &[Target], runs: &[&Run]) -> Vec<String> {
        let fired = ask_plan(&RULE, plan, targets, &[], runs);
        fired.into_iter().map(|fired| fired.message).collect()
    }

    #[test]
    fn document_003_three_ranges_and_a_goal_are_out_of_reach() {
        let targets = [
            rate(20.0, 30.0, "audit"),
            rate(15.0, 20.0, "content"),
            rate(40.0, 60.0, "monitoring"),
            rate(50.0, 100.0, "mixed"),
            more(100.0, None),
        ];
        assert_eq!(
            messages(&autoarr(), &targets, &[]),
            [
                "\"rate in 20..30/s\" (knee.toml:9) is out of reach above 25/s in the scenario \"audit\": 50 users with a \
                 mean think time of 2 s make at most 25/s even if answers take no time (Little's law). \
                 Its lower end leaves 500 ms for a mean answer.",
                "\"rate in 15..20/s\" (knee.toml:9) cannot be reached in the scenario \"content\": 50 users with a \
                 mean think time of 3.5 s make at most 14.3/s even if answers take no time (Little's law).",
                "\"rate in 40..60/s\" (knee.toml:9) is reached in the scenario \"monitoring\" only if answers take no time: \
                 50 users with a mean think time of 1.25 s make at most 40/s (Little's law).",
                "\"rate in 50..100/s\" (knee.toml:9) cannot be reached in the scenario \"mixed\": 100 users with a \
                 mean think time of 3 s make at most 33.3/s even if answers take no time (Little's law).",
                "\"rate > 100/s\" (knee.toml:9) cannot be tested: none of the 4 declared scenarios can offer it. The most is \
                 40/s, in \"monitoring\": 50 users with a mean think time of 1.25 s, even if answers take no time (Little's law).",
            ]
        );
        let fired = ask_plan(&RULE, &autoarr(), &targets[1..2], &[], &[]);
        assert_eq!(
            fired[0].hint.as_deref(),
            Some(
                "20/s takes more than 70 users, or a mean think time below 2.5 s; else lower the target."
            )
        );
    }

    #[test]
    fn a_latency_target_and_a_measured_latency_lower_the_bound() {
        let quick = Bound::Limit(Operator::Less, 200.0);
        let quick = target("p95 < 200ms", "p95", quick, None, 4);
        let found = messages(&autoarr(), &[rate(20.0, 30.0, "audit"), quick], &[]);
        assert!(
            found[0].ends_with("At the 200 ms that \"p95 < 200ms\" allows it is 22.7/s."),
            "{}",
            found[0]
        );
        // 24/s needs a mean below 83 ms; 500 ms were measured.
        let mut slow = run(counts(1200, 0), 60.0);
        slow.name = "run-1".to_owned();
        slow.identity.scenario = "audit".to_owned();
        slow.load.users_max = Some(50.0);
        slow.overall.latency = Some(latency(Population::All, 1200, &[("mean", 500.0)]));
        let wanted = [more(24.0, Some("audit"))];
        assert!(messages(&autoarr(), &wanted, &[]).is_empty());
        assert_eq!(
            messages(&autoarr(), &wanted, &[&slow]),
            [
                "\"rate > 24/s\" (knee.toml:9) cannot be reached in the scenario \"audit\" at the latency that was measured, \
              by Little's law. At the 500 ms measured in \"run-1\" it is 20/s."
            ]
        );
    }

    #[test]
    fn a_target_for_all_names_those_that_cannot() {
        let found = messages(&autoarr(), &[more(30.0, None)], &[]);
        assert_eq!(
            found,
            [
                "\"rate > 30/s\" (knee.toml:9) cannot be reached in 2 of the 4 scenarios that it is for, even if answers take \
              no time (Little's law): \"audit\" (at most 25/s) and \"content\" (at most 14.3/s)."
            ]
        );
    }

    #[test]
    fn what_can_be_reached_or_is_not_known_is_silent() {
        let silent = |plan: &Plan, target: Target| {
            let found = messages(plan, &[target], &[]);
            assert!(found.is_empty(), "{found:?}");
        };
        silent(&autoarr(), more(24.9, Some("audit")));
        silent(&autoarr(), rate(20.0, 25.0, "audit"));
        silent(&autoarr(), more(100.0, Some("another")));
        let less = Bound::Limit(Operator::Less, 100.0);
        silent(&autoarr(), target("rate < 100/s", "rate", less, None, 1));
        let most = Bound::Limit(Operator::Greater, 100.0);
        silent(&autoarr(), target("p95 > 100ms", "p95", most, None, 1));
        let mut open = closed("open", 10.0, (1.0, 1.0));
        open.load.model = Some(LoadModel::Open);
        silent(&plan(vec![open]), more(100.0, None));
        let mut pauseless = closed("s", 10.0, (0.0, 0.0));
        silent(&plan(vec![pauseless.clone()]), more(1e6, None));
        pauseless.load.think_time = None;
        silent(&plan(vec![pauseless]), more(1e6, None));
        silent(&Plan::default(), more(100.0, None));
    }

    #[test]
    fn a_run_is_held_against_the_law() {
        let declared = plan(vec![closed("audit", 50.0, (1.0, 3.0))]);
        let mut given = run(counts(1440, 0), 60.0);
        given.identity.scenario = "audit".to_owned();
        given.load.users_max = Some(50.0);
        given.overall.latency = Some(latency(Population::All, 1440, &[("mean", 80.0)]));
        // 24/s x 2.08 s = 49.9 users.
        assert!(messages(&declared, &[], &[&given]).is_empty());
        given.load.users_max = Some(25.0);
        let fired = ask_plan(&RULE, &declared, &[], &[], &[&given]);
        assert_eq!(fired[0].run.as_deref(), Some("run"));
        assert!(
            fired[0].message.starts_with(
                "Little's law does not hold: 24/s x (80 ms + 2 s think time) is 49.9 of 25 users on average, 99.68 % more users"
            ),
            "{}",
            fired[0].message
        );
        given.load.users_max = Some(100.0);
        assert!(messages(&declared, &[], &[&given])[0].contains("50.08 % fewer users"));
        // Without think time idle users are the question of V27, and with an unknown one nothing is known.
        given.load.think_time = Some(ThinkTime {
            from: Seconds(0.0),
            to: Seconds(0.0),
        });
        assert!(messages(&declared, &[], &[&given]).is_empty());
        given.load.think_time = None;
        assert!(messages(&Plan::default(), &[], &[&given]).is_empty());
    }
}
