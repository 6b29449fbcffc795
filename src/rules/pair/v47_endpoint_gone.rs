//! V47: an endpoint stands on one side only.

use std::collections::BTreeMap;

use crate::figures::side::{by_endpoint, whole};
use crate::model::{MetricId, Run, Stats, Unit};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::shared::of_endpoints;
use crate::rules::{Asks, Fired, PairContext, Rule};
use crate::text::number;
use crate::text::phrase::{first_of, quoted};

/// Endpoints that a message names.
const NAMED: usize = 5;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V47,
    effects: "warn",
    limit: None,
    text: "\
Asks whether every endpoint of one side stands on the other too.
Fires when an endpoint, by method and name, is in no run of the other side: once for those that the base alone has, once
for those that the new side alone has, the ones with most requests named first. Such an endpoint is not compared.
Example: `GET /search` is renamed to `GET /v2/search`: both are left out, and what was slow may have been renamed away.
A name that holds an id or a query makes a new endpoint of every request, and then hardly any is common to both sides.
What to do: give both sides one name with `[[rename]]` in `knee.toml`, or say in the change that the endpoint is gone.",
    asks: Asks::Pair(ask),
};

fn ask(context: &PairContext) -> Vec<Fired> {
    if context.base.is_empty() || context.new.is_empty() {
        return Vec::new();
    }
    let (base, new) = (by_endpoint(context.base), by_endpoint(context.new));
    let gone = lone(&base, &new, context.base, ("base", "new side"));
    let added = lone(&new, &base, context.new, ("new side", "base"));
    // Where no endpoint is common, V22 names them all.
    let has_common = base.keys().any(|label| new.contains_key(label));
    let is_told = !(has_common || base.is_empty() || new.is_empty());
    gone.into_iter()
        .filter(|_| !is_told)
        .chain(added.filter(|_| !is_told))
        .chain(one_sided(context, &base, &new))
        .collect()
}

/// A latency that only one side gives, of the whole run or of endpoints that stand on both.
fn one_sided(context: &PairContext, base: &Endpoints, new: &Endpoints) -> Option<Fired> {
    let has = |stats: &[&Stats]| stats.iter().any(|stats| stats.primary().is_some());
    let mut of_base = Vec::new();
    let mut of_new = Vec::new();
    let mut look = |name: String, base: &[&Stats], new: &[&Stats]| match (has(base), has(new)) {
        (true, false) => of_base.push(name),
        (false, true) => of_new.push(name),
        _ => {}
    };
    look(
        "the whole run".to_owned(),
        &whole(context.base),
        &whole(context.new),
    );
    for (label, base) in base {
        if let Some(new) = new.get(label) {
            look(quoted(label), base, new);
        }
    }
    let (side, other, names) = match (of_base.len(), of_new.len()) {
        (0, 0) => return None,
        (base, new) if base >= new => ("base", "new side", of_base),
        _ => ("new side", "base", of_new),
    };
    let message = format!(
        "The {side} gives a latency that the {other} does not, of {}: it is not compared there.",
        first_of(&names, NAMED)
    );
    let evidence = Evidence::new().count("latencies", names.len() as u64);
    Some(
        Fired::new(Effect::Warn, message, evidence)
            .hint("Look at why the requests of one side have no response time; run both with the same outputs."),
    )
}

type Endpoints<'a> = BTreeMap<String, Vec<&'a Stats>>;

/// Requests over all figures that count them.
fn requests(stats: &[&Stats]) -> u64 {
    let counts = stats.iter().filter_map(|stats| stats.requests);
    counts.fold(0, u64::saturating_add)
}

fn lone(
    here: &Endpoints,
    there: &Endpoints,
    runs: &[&Run],
    (side, other): (&str, &str),
) -> Option<Fired> {
    let all = requests(&whole(runs));
    let share = |requests: u64| {
        (all > 0).then(|| {
            let share = requests as f64 / all as f64;
            share.min(1.0)
        })
    };
    let mut lone: Vec<(&str, u64)> = here
        .iter()
        .filter(|(label, _)| !there.contains_key(*label))
        .map(|(label, stats)| (label.as_str(), requests(stats)))
        .collect();
    if lone.is_empty() {
        return None;
    }
    lone.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let named: Vec<String> = lone
        .iter()
        .map(|(label, requests)| match share(*requests) {
            Some(share) if *requests > 0 => {
                format!(
                    "{} ({} of its requests)",
                    quoted(label),
                    number::percent(share)
                )
            }
            _ => quoted(label),
        })
        .collect();
    let verb = if lone.len() == 1 { "stands" } else { "stand" };
    let end = if there.is_empty() {
        ", which names no endpoint: only the whole runs are compared".to_owned()
    } else {
        let they = if lone.len() == 1 { "It is" } else { "They are" };
        format!(": {}. {they} not compared", first_of(&named, NAMED))
    };
    let message = format!(
        "{} of the {side} {verb} in no run of the {other}{end}.",
        of_endpoints(lone.len(), here.len()),
    );
    let behind = lone
        .iter()
        .map(|(_, n)| n)
        .fold(0_u64, |sum, n| sum.saturating_add(*n));
    let mut evidence = Evidence::new()
        .count("endpoints", lone.len() as u64)
        .count("of", here.len() as u64)
        .count("requests", behind);
    if let Some(share) = share(behind) {
        evidence = evidence.with("share", share, Unit::Ratio);
    }
    let fired = Fired::new(Effect::Warn, message, evidence)
        .on(MetricId::Plain("requests"))
        .hint("Give both sides one name with `[[rename]]` in `knee.toml`, or run the endpoint on both sides.");
    Some(match lone.as_slice() {
        [(label, _)] => fired.at((*label).to_owned()),
        _ => fired,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{ask_pair, counts, endpoint, run, search};

    fn of(endpoints: &[(&str, u64)]) -> Run {
        let mut given = run(counts(1000, 0), 60.0);
        for (name, requests) in endpoints {
            given
                .endpoints
                .push(endpoint("GET", name, counts(*requests, 0)));
        }
        given
    }

    fn fired(base: &Run, new: &Run) -> Vec<Fired> {
        ask_pair(&RULE, &[base], &[new])
    }

    #[test]
    fn a_renamed_endpoint_is_said_of_both_sides() {
        let found = fired(
            &of(&[("/a", 900), ("/b", 100)]),
            &of(&[("/a", 800), ("/v2/b", 200)]),
        );
        assert_eq!(found.len(), 2);
        assert_eq!(
            found[0].message,
            "1 of 2 endpoints of the base stands in no run of the new side: \"GET /b\" (10 % of its requests). It is not \
             compared."
        );
        assert_eq!(found[0].endpoint.as_deref(), Some("GET /b"));
        assert_eq!(found[0].evidence.get("share"), Some(0.1));
        assert!(
            found[1]
                .message
                .contains("of the new side stands in no run of the base: \"GET /v2/b\" (20 %")
        );
    }

    #[test]
    fn many_are_counted_and_five_named_those_with_most_requests_first() {
        let names: Vec<String> = (1..=8).map(|n| format!("/{n}")).collect();
        let parts: Vec<(&str, u64)> = names
            .iter()
            .map(String::as_str)
            .zip((10..).step_by(10))
            .collect();
        let found = fired(&of(&parts), &of(&[("/8", 80)]));
        assert_eq!(found.len(), 1);
        assert!(
            found[0].message.starts_with(
                "7 of 8 endpoints of the base stand in no run of the new side: \"GET /7\" (7 %"
            ),
            "{}",
            found[0].message
        );
        assert!(
            found[0]
                .message
                .contains("\"GET /3\" (3 % of its requests) and 2 more. They")
        );
        assert_eq!(found[0].evidence.get("requests"), Some(280.0));
        assert_eq!(found[0].endpoint, None);
    }

    #[test]
    fn the_share_is_of_all_runs_of_the_side() {
        let (a, b) = (of(&[("/a", 100), ("/b", 300)]), of(&[("/a", 100)]));
        let found = ask_pair(&RULE, &[&a, &b], &[&of(&[("/a", 100)])]);
        assert_eq!(found[0].evidence.get("share"), Some(0.15));
    }

    #[test]
    fn a_side_without_endpoints_is_said_to_have_none() {
        let found = fired(&of(&[("/a", 1000)]), &of(&[]));
        assert_eq!(
            found[0].message,
            "1 of 1 endpoint of the base stands in no run of the new side, which names no endpoint: only the whole runs are \
             compared."
        );
    }

    #[test]
    fn the_same_endpoints_are_silent() {
        assert!(fired(&of(&[("/a", 1), ("/b", 2)]), &of(&[("/b", 9), ("/a", 5)])).is_empty());
        assert!(fired(&of(&[]), &of(&[])).is_empty());
        let (a, b) = (of(&[("/a", 1)]), of(&[("/b", 1)]));
        assert!(ask_pair(&RULE, &[&a, &b], &[&b, &a]).is_empty());
    }

    #[test]
    fn a_latency_on_one_side_only_is_told() {
        let (with, mut without) = (search(), search());
        assert!(ask_pair(&RULE, &[&with], &[&with]).is_empty());
        without.overall.latency_ok = None;
        without.overall.latency = None;
        let fired = ask_pair(&RULE, &[&with], &[&without]);
        assert_eq!(fired.len(), 1);
        assert_eq!(fired[0].effect, Effect::Warn);
        assert!(
            fired[0].message.starts_with(
                "The base gives a latency that the new side does not, of the whole run:"
            ),
            "{}",
            fired[0].message
        );
    }
}
