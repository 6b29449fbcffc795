//! V30: targets that cannot hold together, or that say the same twice.

mod claim;

use crate::load::little;
use crate::load::plan::Scenario;
use crate::model::{MetricId, Statistic, Target, Unit};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::{Asks, Fired, PlanContext, Rule};
use crate::text::number;
use crate::text::phrase::quoted;
use claim::{Claim, Order};

/// Above this share of failures V03 calls a run invalid.
const INVALID: f64 = 0.5;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V30,
    effects: "note / warn",
    limit: None,
    text: "\
Asks whether the targets fit one another. Warns when two on one thing cannot both hold (p95 < 200ms, p95 > 300ms; p50
above 200 ms and p95 below), when one is implied by another of the same or a wider scope (p99 < 200ms implies
p95 < 200ms; success_rate > 95% implies error_rate < 10%), when one stands twice, or a warn level can never warn.
Notes a success or error target that passes what V03 warns of, and a rate that Little's law derives from a mean latency.
Example: \"below 95 % success the system is overloaded\" beside a target of 90 %: a run at 92 % passes one, fails the other.
What to do: keep one of the two; give each its own scenario or endpoint where both are meant.",
    asks: Asks::Plan(ask),
};

fn ask(context: &PlanContext) -> Vec<Fired> {
    let claims: Vec<Claim> = context.targets.iter().filter_map(Claim::of).collect();
    let mut fired = Vec::new();
    for (place, later) in claims.iter().enumerate() {
        let before = claims.iter().take(place);
        let disagrees = before.clone().find(|earlier| {
            claim::contradict(earlier, later)
                && claim::overlap(context.plan, earlier.target, later.target)
        });
        if let Some(earlier) = disagrees {
            fired.push(both(earlier, later));
        }
        // Whoever is implied is told once, by the first that implies it; of two equal ones the later one is.
        let others = claims
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != place);
        let redundant = others
            .filter(|(_, other)| {
                claim::implies(other, later) && claim::covers(other.target, later.target)
            })
            .find(|(at, other)| {
                let back =
                    claim::implies(later, other) && claim::covers(later.target, other.target);
                *at < place || !back
            });
        if let Some((_, other)) = redundant {
            fired.push(implied(other, later));
        }
        fired.extend(never_warns(later));
        fired.extend(laxer_than_rule(context, later));
    }
    for scenario in &context.plan.scenarios {
        fired.extend(by_little(scenario, &claims));
    }
    fired
}

/// `"p95 < 200ms" (knee.toml:3)`.
fn named(target: &Target) -> String {
    format!("{} ({})", quoted(&target.expect_text), target.origin)
}

fn why(lower: &MetricId, higher: &MetricId) -> String {
    if lower == higher {
        String::new()
    } else {
        format!(", as {lower} is never above {higher}")
    }
}

fn both(earlier: &Claim, later: &Claim) -> Fired {
    let because = match claim::order(&earlier.metric, &later.metric) {
        Some(Order::Below) => why(&earlier.metric, &later.metric),
        Some(Order::Above) => why(&later.metric, &earlier.metric),
        _ => String::new(),
    };
    let message = format!(
        "{} and {} cannot both hold{because}.",
        named(earlier.target),
        named(later.target)
    );
    Fired::new(Effect::Warn, message, ends(earlier, later))
        .on(later.metric.clone())
        .hint("Keep one of them, or give each its own scenario or endpoint.")
}

fn implied(by: &Claim, claim: &Claim) -> Fired {
    let same = by.metric == claim.metric && by.low == claim.low && by.high == claim.high;
    let message = if same {
        format!(
            "{} says the same as {}.",
            named(claim.target),
            named(by.target)
        )
    } else {
        let because = match claim::order(&by.metric, &claim.metric) {
            Some(Order::Below) => why(&by.metric, &claim.metric),
            Some(Order::Above) => why(&claim.metric, &by.metric),
            _ => String::new(),
        };
        format!(
            "{} says nothing new: {} implies it{because}.",
            named(claim.target),
            named(by.target)
        )
    };
    let hint = if by.target.scenario.is_none() && claim.target.scenario.is_some() {
        "Remove it; an exception for one scenario takes a general target that leaves the scenario out."
    } else {
        "Remove one of them."
    };
    Fired::new(Effect::Warn, message, ends(by, claim))
        .on(claim.metric.clone())
        .hint(hint)
}

/// The limits of both, in the metric's unit.
fn ends(first: &Claim, second: &Claim) -> Evidence {
    let ends = [
        ("first_low", first, first.low),
        ("first_high", first, first.high),
        ("second_low", second, second.low),
        ("second_high", second, second.high),
    ];
    ends.into_iter()
        .filter_map(|(name, claim, end)| Some((name, claim, end?.at)))
        .fold(Evidence::new(), |evidence, (name, claim, at)| {
            evidence.with(name, at, claim.metric.unit())
        })
}

fn never_warns(claim: &Claim) -> Option<Fired> {
    let target = claim.target;
    let warn = Claim::of_warn(target)?;
    if warn.metric != claim.metric || !claim::implies(claim, &warn) {
        return None;
    }
    let message = format!(
        "The warn level {} of {} never warns: it holds whenever the target does.",
        quoted(target.warn_text.as_deref().unwrap_or_default()),
        named(target),
    );
    let fired = Fired::new(Effect::Warn, message, ends(claim, &warn))
        .on(claim.metric.clone())
        .hint("Make the warn level stricter than the target.");
    Some(fired)
}

/// A demand on failures that passes what V03 fires at.
fn laxer_than_rule(context: &PlanContext, claim: &Claim) -> Option<Fired> {
    let limit = context.options.limit_of(RuleId::V03)?;
    let target = claim.target;
    let is_whole = target.endpoint.is_none() && target.group.is_none();
    let allowed = claim.high?.at;
    if claim.metric != MetricId::Plain("error_rate") || !is_whole || allowed <= limit + 1e-9 {
        return None;
    }
    let invalid = limit.max(INVALID);
    let (effect, limit, does) = if allowed > invalid {
        (Effect::Warn, invalid, "calls it invalid")
    } else {
        (Effect::Note, limit, "warns")
    };
    let message = format!(
        "{} passes a run in which up to {} of the requests fail; the rule V03 {does} above {}.",
        named(target),
        number::percent(allowed),
        number::percent(limit),
    );
    let evidence =
        Evidence::new()
            .with("allowed", allowed, Unit::Ratio)
            .with("limit", limit, Unit::Ratio);
    Some(
        Fired::new(effect, message, evidence)
            .on(MetricId::Plain("error_rate"))
            .hint("Lower the target, or raise `[rules] limit = { V03 = .. }` to what is meant."),
    )
}

/// With users and think time known, a limit on the mean latency is a least rate.
fn by_little(scenario: &Scenario, claims: &[Claim]) -> Vec<Fired> {
    let Some(load) = little::closed(&scenario.load) else {
        return Vec::new();
    };
    let Some(think) = load.think else {
        return Vec::new();
    };
    let is_for = |claim: &&Claim| {
        let target = claim.target;
        target.endpoint.is_none() && target.group.is_none() && claim::is_for(target, scenario)
    };
    let limits = claims.iter().filter(is_for).filter_map(|claim| {
        let is_mean = matches!(
            claim.metric,
            MetricId::Latency(_, Statistic::Mean | Statistic::Max)
        );
        let high = claim.high.filter(|_| is_mean)?;
        Some((claim, high, load.highest_rate(high.at / 1000.0)?))
    });
    // The lowest limit derives the most.
    let Some((limit, high, least)) = limits.min_by(|a, b| a.1.at.total_cmp(&b.1.at)) else {
        return Vec::new();
    };
    let pause = if think > 0.0 {
        format!("a mean think time of {}", number::seconds(think))
    } else {
        "no think time".to_owned()
    };
    let derived = format!(
        "{} users with {pause} make at least {} at {} (Little's law)",
        number::decimal(load.users, 1),
        number::rate(least),
        number::millis(high.at),
    );
    let place = quoted(&scenario.name);
    let rates = claims.iter().filter(is_for);
    let rates = rates.filter(|claim| claim.metric == MetricId::Plain("rate"));
    rates
        .filter_map(|rate| {
            let (first, second) = (named(limit.target), named(rate.target));
            let (effect, message, hint) = if rate
                .high
                .is_some_and(|high| high.at < least * (1.0 - 1e-9))
            {
                (
                    Effect::Warn,
                    format!(
                        "{first} and {second} cannot both hold in the scenario {place}: {derived}."
                    ),
                    "Fewer users, a longer think time, or a higher range.",
                )
            } else if rate.high.is_none()
                && rate.low.is_some_and(|low| {
                    let gap = (least - low.at) / least;
                    gap > 1e-9 || (gap > -1e-9 && (high.strict || !low.strict))
                })
            {
                (
                    Effect::Note,
                    format!("{first} implies {second} in the scenario {place}: {derived}."),
                    "One of them is enough; a rate of its own takes an open load.",
                )
            } else {
                return None;
            };
            let evidence = Evidence::new()
                .with("users", load.users, Unit::Count)
                .with("think_time", think, Unit::Seconds)
                .with("mean_limit", high.at, Unit::Millis)
                .with("least_rate", least, Unit::PerSecond);
            let fired = Fired::new(effect, message, evidence).on(MetricId::Plain("rate"));
            Some(fired.hint(hint))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::plan::Plan;
    use crate::model::{Bound, Operator};
    use crate::rules::testing::{ask_plan, closed, scenario, target};

    /// Targets as `METRIC OP VALUE` in base units, in lines 1, 2, ...; `@name` in front gives a scenario.
    fn targets(texts: &[&str]) -> Vec<Target> {
        let made = texts.iter().zip(1..).map(|(text, line)| {
            let (place, text) = match text.strip_prefix('@').and_then(|t| t.split_once(' ')) {
                Some((place, text)) => (Some(place), text),
                None => (None, *text),
            };
            let parts: Vec<&str> = text.split(' ').collect();
            let value = |text: &str| text.parse::<f64>().unwrap();
            let bound = match parts[1] {
                "<" => Bound::Limit(Operator::Less, value(parts[2])),
                "<=" => Bound::Limit(Operator::AtMost, value(parts[2])),
                ">" => Bound::Limit(Operator::Greater, value(parts[2])),
                ">=" => Bound::Limit(Operator::AtLeast, value(parts[2])),
                _ => {
                    let (low, high) = parts[2].split_once("..").unwrap();
                    Bound::Range(value(low), value(high))
                }
            };
            target(text, parts[0], bound, place, line)
        });
        made.collect()
    }

    fn fired(texts: &[&str]) -> Vec<Fired> {
        let plan = Plan {
            scenarios: vec![scenario("a", 100), scenario("b", 110)],
            ..Plan::default()
        };
        ask_plan(&RULE, &plan, &targets(texts), &[], &[])
    }

    fn messages(texts: &[&str]) -> Vec<String> {
        fired(texts)
            .into_iter()
            .map(|fired| fired.message)
            .collect()
    }

    #[test]
    fn what_cannot_hold_together_names_both_places() {
        assert_eq!(
            messages(&["p95 < 200", "p95 > 300"]),
            ["\"p95 < 200\" (knee.toml:1) and \"p95 > 300\" (knee.toml:2) cannot both hold."]
        );
        assert_eq!(
            messages(&["p95 < 200", "p50 >= 200"]),
            [
                "\"p95 < 200\" (knee.toml:1) and \"p50 >= 200\" (knee.toml:2) cannot both hold, as p50 is never above p95."
            ]
        );
        for disagree in [
            ["p95 < 200", "p95 >= 200"],
            ["rate in 1..2", "rate in 3..4"],
            ["success_rate > 0.99", "error_rate > 0.01"],
            ["goodput > 100", "rate < 90"],
            ["p95 < 200", "@a p95 > 300"],
            ["mean > 300", "max < 200"],
        ] {
            let found = messages(&disagree);
            assert!(found[0].contains("cannot both hold"), "{found:?}");
        }
    }

    #[test]
    fn what_says_nothing_new_names_what_implies_it() {
        assert_eq!(
            messages(&["p95 < 500", "p95 < 200"]),
            [
                "\"p95 < 500\" (knee.toml:1) says nothing new: \"p95 < 200\" (knee.toml:2) implies it."
            ]
        );
        assert_eq!(
            messages(&["p99 < 200", "p95 < 200"]),
            [
                "\"p95 < 200\" (knee.toml:2) says nothing new: \"p99 < 200\" (knee.toml:1) implies it, as p95 is never above p99."
            ]
        );
        assert_eq!(
            messages(&["success_rate > 0.995", "error_rate < 0.01"]),
            [
                "\"error_rate < 0.01\" (knee.toml:2) says nothing new: \"success_rate > 0.995\" (knee.toml:1) implies it."
            ]
        );
        let twice = ["\"p95 < 200\" (knee.toml:2) says the same as \"p95 < 200\" (knee.toml:1)."];
        assert_eq!(messages(&["p95 < 200", "p95 < 200"]), twice);
        for redundant in [
            ["p95 < 200", "@a p95 < 500"],
            ["@* p95 < 200", "@b p95 < 200"],
            ["goodput > 100", "rate > 100"],
            ["max < 1000", "mean < 1000"],
            ["p95 < 200", "p95 <= 200"],
            ["rate in 20..30", "rate > 10"],
        ] {
            let found = messages(&redundant);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(
                found[0].starts_with(&format!(
                    "\"{}\"",
                    redundant[1]
                        .trim_start_matches("@a ")
                        .trim_start_matches("@b ")
                )),
                "{found:?}"
            );
        }
    }

    #[test]
    fn targets_that_add_something_are_silent() {
        for fitting in [
            &["p95 < 200", "p99 < 500"][..],
            &["p95 < 500", "@a p95 < 200"],
            &["@a p95 < 200", "@b p95 > 300"],
            &["@a p95 < 200", "@b p95 < 200"],
            &["ok.p95 < 200", "p95 < 500"],
            &["p95 < 200", "p50 > 20"],
            &["mean < 100", "p50 < 100"],
            &["rate > 100", "goodput > 90"],
            &["rate > 100", "sustained_rate > 100"],
            &["error_rate < 0.01"],
            &["success_rate > 0.99"],
            &["rate in 20..30", "rate in 25..40"],
        ] {
            let found = messages(fitting);
            assert!(found.is_empty(), "{found:?}");
        }
        let mut apart = targets(&["p95 < 200", "p95 > 300", "p95 < 200"]);
        apart[1].endpoint = Some("GET /slow".to_owned());
        apart[2].group = Some("api".to_owned());
        let found = ask_plan(&RULE, &Plan::default(), &apart, &[], &[]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn a_warn_level_that_cannot_warn_fires() {
        let mut with_warn = targets(&["p95 < 200"]);
        let level = |limit| targets(&[&format!("p95 < {limit}")]).remove(0);
        let ask = |targets: &[Target]| ask_plan(&RULE, &Plan::default(), targets, &[], &[]);
        with_warn[0].warn = Some(level(180).expect);
        assert!(ask(&with_warn).is_empty());
        with_warn[0].warn = Some(level(300).expect);
        with_warn[0].warn_text = Some("p95 < 300".to_owned());
        assert_eq!(
            ask(&with_warn)[0].message,
            "The warn level \"p95 < 300\" of \"p95 < 200\" (knee.toml:1) never warns: it holds whenever the target does."
        );
    }

    #[test]
    fn document_001_passes_what_its_own_rule_calls_overload() {
        let found = fired(&["success_rate > 0.9"]);
        assert_eq!(found[0].effect, Effect::Note);
        assert_eq!(
            found[0].message,
            "\"success_rate > 0.9\" (knee.toml:1) passes a run in which up to 10 % of the requests fail; the rule V03 warns above 1 %."
        );
        assert_eq!(fired(&["error_rate < 0.6"])[0].effect, Effect::Warn);
    }

    #[test]
    fn document_001_writes_one_target_twice() {
        let ask = |users, think, texts: &[&str]| {
            let plan = Plan {
                scenarios: vec![closed("upload", users, (think, think))],
                ..Plan::default()
            };
            ask_plan(&RULE, &plan, &targets(texts), &[], &[])
        };
        let found = ask(10.0, 0.0, &["mean < 200", "rate > 50"]);
        assert_eq!(
            found[0].message,
            "\"mean < 200\" (knee.toml:1) implies \"rate > 50\" (knee.toml:2) in the scenario \"upload\": \
             10 users with no think time make at least 50/s at 200 ms (Little's law)."
        );
        assert_eq!(found[0].effect, Effect::Note);
        assert_eq!(ask(50.0, 0.0, &["mean < 500", "rate > 100"]).len(), 1);
        assert!(ask(10.0, 0.0, &["mean < 200", "rate > 60"]).is_empty());
        assert!(ask(10.0, 0.0, &["p95 < 200", "rate > 50"]).is_empty());
        assert!(ask(10.0, 1.0, &["mean < 200", "rate > 50"]).is_empty());
        let found = ask(50.0, 1.0, &["mean < 200", "rate in 20..30"]);
        assert_eq!(found[0].effect, Effect::Warn);
        assert!(found[0].message.contains("make at least 41.7/s at 200 ms"));
    }
}
