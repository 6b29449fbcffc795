//! V48: one run is counted as two.

use std::collections::BTreeMap;

use crate::model::Run;
use crate::normalize::same::same_figures;
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::{Asks, Fired, PairContext, Rule};
use crate::text::number;
use crate::text::phrase::{first_of, quoted};

/// Runs that a message names.
const NAMED: usize = 3;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V48,
    effects: "refuse / uncomparable",
    limit: None,
    text: "\
Asks whether a run stands on both sides, or twice among the repeats of one.
Fires when two runs have the same id, which is made from the bytes of their files, or when they agree in every count and
latency of the whole run, of every endpoint and of every slice, and in length (asked where there is more than counts).
Example: `knee compare result.json result-copy.json` finds no difference, and `--new r1.json r1.json r2.json` counts one
run twice and takes the spread between runs for smaller than it is.
A run of the accepted baseline itself is no slip: it is not compared, targets decide, and without a broken one it is exit 3.
What to do: give each run once, and look whether the second one overwrote the result of the first.",
    asks: Asks::Pair(ask),
};

fn ask(context: &PairContext) -> Vec<Fired> {
    let sides = [("the base", context.base), ("the new side", context.new)];
    let all: Vec<(&str, &Run)> = sides
        .into_iter()
        .flat_map(|(side, runs)| runs.iter().map(move |run| (side, *run)))
        .filter(|(_, run)| run.overall.requests.is_some_and(|requests| requests > 0))
        .collect();
    let mut by_id: BTreeMap<&str, Vec<(&str, &Run)>> = BTreeMap::new();
    for (side, run) in &all {
        by_id.entry(&run.id).or_default().push((side, run));
    }
    let mut fired = Vec::new();
    if context.accepted {
        let base = sides[0].0;
        let is_on_both = |same: &[(&str, &Run)]| {
            let of_base = same.iter().filter(|(side, _)| *side == base).count();
            of_base > 0 && of_base < same.len()
        };
        let within = by_id.values().filter(|same| is_on_both(same));
        let within: Vec<&Run> = within
            .filter_map(|same| same.last().map(|(_, run)| *run))
            .collect();
        fired.extend(accepted(&within));
        by_id.retain(|_, same| !is_on_both(same));
    }
    fired.extend(twice(&by_id));
    // One of each id, so that a run given twice is not said to be a copy of itself.
    let single: Vec<(&str, &Run)> = by_id
        .values()
        .filter_map(|same| same.first().copied())
        .collect();
    fired.extend(alike(&single, context.accepted));
    fired
}

/// The user gave what was accepted before: no slip, and nothing to compare.
fn accepted(within: &[&Run]) -> Option<Fired> {
    let first = within.first()?;
    let named: Vec<String> = within.iter().map(|run| quoted(&run.name)).collect();
    let (verb, what) = if within.len() == 1 {
        ("is a run", "it")
    } else {
        ("are runs", "them")
    };
    let message = format!(
        "{} {verb} of the baseline itself: nothing follows from comparing {what} with it.",
        first_of(&named, NAMED)
    );
    let evidence = Evidence::new().count("runs", within.len() as u64);
    let fired = Fired::new(Effect::Uncomparable, message, evidence).of(first);
    Some(fired.hint("Check runs that were made after the baseline was accepted."))
}

fn twice(by_id: &BTreeMap<&str, Vec<(&str, &Run)>>) -> Option<Fired> {
    let same: Vec<&Vec<(&str, &Run)>> = by_id.values().filter(|same| same.len() > 1).collect();
    let (_, first) = same.first()?.first()?;
    let named: Vec<String> = same
        .iter()
        .filter_map(|same| {
            let (side, run) = same.first()?;
            let only = same.iter().all(|(other, _)| other == side);
            let place = if only {
                format!("{} times in {side}", number::count(same.len() as u64))
            } else {
                "on both sides".to_owned()
            };
            Some(format!("{} {place}", quoted(&run.name)))
        })
        .collect();
    let message = format!(
        "One run stands twice, by its id: {}. Nothing follows from comparing it with itself.",
        first_of(&named, NAMED),
    );
    let evidence = Evidence::new().count("runs", same.len() as u64);
    Some(
        Fired::new(Effect::Refuse, message, evidence)
            .of(first)
            .hint("Give each run once, on one side."),
    )
}

fn alike(runs: &[(&str, &Run)], accepted: bool) -> Option<Fired> {
    let mut pairs = Vec::new();
    for (place, (side, run)) in runs.iter().enumerate() {
        let later = runs.iter().skip(place + 1);
        let same = later.filter(|(_, other)| same_figures(run, other));
        pairs.extend(same.map(|(other_side, other)| (*side, *run, *other_side, *other)));
    }
    let (_, first, _, _) = pairs.first()?;
    let requests = first.overall.requests?;
    let named: Vec<String> = pairs
        .iter()
        .map(|(side, run, other_side, other)| {
            format!(
                "{} of {side} and {} of {other_side}",
                quoted(&run.name),
                quoted(&other.name)
            )
        })
        .collect();
    let message = format!(
        "Two runs agree in every figure, {} and all of their latencies: {}. They are one run under two ids.",
        number::plural(requests, "request"),
        first_of(&named, NAMED),
    );
    let evidence = Evidence::new()
        .count("pairs", pairs.len() as u64)
        .count("requests", requests);
    if accepted && pairs.iter().any(|(side, _, other, _)| side != other) {
        // The user gave one run, and it was accepted before under another id.
        let fired = Fired::new(Effect::Uncomparable, message, evidence).of(first);
        return Some(fired.hint("Check runs that were made after the baseline was accepted."));
    }
    Some(
        Fired::new(Effect::Refuse, message, evidence)
            .of(first)
            .hint("Look whether one file is a copy of the other, or whether the second run overwrote the first."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::side::Allow;
    use crate::rules::testing::{ask_pair, counts, day_17, run, search, sliced};

    fn called(mut run: Run, id: &str) -> Run {
        run.id = id.to_owned();
        run.name = format!("{id}.json");
        run
    }

    #[test]
    fn one_id_on_both_sides_is_refused() {
        let given = called(search(), "a");
        let found = ask_pair(&RULE, &[&given], &[&given]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].effect, Effect::Refuse);
        assert_eq!(
            found[0].message,
            "One run stands twice, by its id: \"a.json\" on both sides. Nothing follows from comparing it with itself."
        );
        assert_eq!(found[0].run.as_deref(), Some("a"));
    }

    #[test]
    fn one_id_twice_among_repeats_is_refused() {
        let (a, b) = (called(search(), "a"), called(day_17(), "b"));
        let found = ask_pair(&RULE, &[&a], &[&b, &b]);
        assert!(
            found[0]
                .message
                .contains("\"b.json\" 2 times in the new side."),
            "{}",
            found[0].message
        );
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_copy_under_another_id_is_refused() {
        let found = ask_pair(&RULE, &[&called(search(), "a")], &[&called(search(), "b")]);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "Two runs agree in every figure, 1,475 requests and all of their latencies: \"a.json\" of the base and \"b.json\" \
             of the new side. They are one run under two ids."
        );
    }

    #[test]
    fn a_copy_of_an_accepted_run_is_not_comparable_and_no_slip_of_the_user() {
        let (a, b) = (called(search(), "a"), called(search(), "b"));
        let Asks::Pair(question) = RULE.asks else {
            unreachable!()
        };
        let found = question(&PairContext {
            scenario: "default",
            base: &[&a],
            new: &[&b],
            allow: Allow::default(),
            accepted: true,
            limit: 0.0,
        });
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].effect, Effect::Uncomparable);
    }

    #[test]
    fn any_figure_apart_makes_two_runs_of_them() {
        let base = called(sliced(&[20.0; 12]), "a");
        let fired = |new: Run| ask_pair(&RULE, &[&base], &[&called(new, "b")]).len();
        assert_eq!(fired(base.clone()), 1);
        let mut other = base.clone();
        other.timeline[3].stats.requests = Some(101);
        assert_eq!(fired(other), 0);
        let mut other = base.clone();
        other.overall.latency.as_mut().unwrap().max = Some(crate::model::Millis(1.0));
        assert_eq!(fired(other), 0);
        let mut other = base.clone();
        other.duration = Some(crate::model::Seconds(119.0));
        assert_eq!(fired(other), 0);
        assert_eq!(fired(day_17()), 0);
    }

    #[test]
    fn few_figures_that_agree_and_runs_without_requests_are_silent() {
        let fired = |given: &Run| {
            let (a, b) = (called(given.clone(), "a"), called(given.clone(), "b"));
            ask_pair(&RULE, &[&a], &[&b]).len()
        };
        assert_eq!(fired(&run(counts(1000, 0), 60.0)), 0);
        let mut none = sliced(&[20.0; 12]);
        none.overall.requests = Some(0);
        assert_eq!(fired(&none), 0);
        assert_eq!(ask_pair(&RULE, &[&none], &[&none]).len(), 0);
    }
}
