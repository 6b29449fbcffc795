//! S04: the levels do not reach the knee.

use crate::model::Unit;
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::{Asks, Fired, Rule, SeriesContext};
use crate::wording::series as words;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::S04,
    effects: "note",
    limit: None,
    text: "\
Asks of a series of load levels whether it reached the knee.
Fires where goodput follows the load at every level and no tail grows to 2.5 times beyond chance and stays there: then the
highest level is no capacity, only the highest that was tried. A single step may still be a blow-up (S01).
Example: no knee from 1/s to 16/s. That 17/s is served as well follows from nothing.
What to do: nothing, if more load is not wanted; else add levels, each about 1.5 times the last.",
    asks: Asks::Series(ask),
};

fn ask(context: &SeriesContext) -> Vec<Fired> {
    let scaling = context.scaling;
    let Some(knee) = scaling.knee.as_ref().filter(|knee| !knee.found) else {
        return Vec::new();
    };
    let mut evidence = knee.evidence.clone();
    for (name, level) in [
        ("lowest", scaling.levels.first()),
        ("highest", scaling.levels.last()),
    ] {
        if let Some(level) = level {
            evidence = evidence.with(name, level.value, Unit::AsGiven);
        }
    }
    vec![
        Fired::new(Effect::Note, words::answer(scaling), Evidence(evidence.0))
            .hint("To find the knee add levels, each about 1.5 times the last."),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::ask_series;
    use crate::scale::testing::{calm, saturated, single};

    #[test]
    fn no_knee_is_said_with_its_range() {
        let found = ask_series(&RULE, &calm());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].effect, Effect::Note);
        assert!(found[0].message.contains("1/s to 16/s"));
        let of = |name| found[0].evidence.get(name);
        assert_eq!((of("lowest"), of("highest")), (Some(1.0), Some(16.0)));
    }

    #[test]
    fn a_knee_and_a_single_level_are_silent() {
        assert!(ask_series(&RULE, &saturated()).is_empty());
        assert!(ask_series(&RULE, &single()).is_empty());
    }
}
