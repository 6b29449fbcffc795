//! S02: a latency grows more than the load, short of a blow-up.

use crate::report::RuleId;
use crate::report::scaling::StepClass;
use crate::rules::series::of_series::worst_step;
use crate::rules::{Asks, Fired, Rule, SeriesContext};

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::S02,
    effects: "warn",
    limit: None,
    text: "\
Asks of neighbouring load levels whether a latency grows more than in proportion to the load.
Fires above an exponent of 1.25 where its 95 % interval lies above 1, short of what S01 calls a blow-up.
Example: p95 80 ms -> 200 ms from 20/s to 40/s: exponent 1.32, 1.25 times what growth in proportion would be.
A latency in proportion to an open load is queueing already; beyond that it is the way to the knee.
What to do: test levels above this one before anybody relies on them.",
    asks: Asks::Series(ask),
};

const HINT: &str = "Test levels above this one: the way from here to the knee is often short.";

fn ask(context: &SeriesContext) -> Vec<Fired> {
    let worst = worst_step(context.scaling, StepClass::SuperLinear, HINT);
    worst.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::ask_series;
    use crate::scale::testing::{calm, saturated};

    #[test]
    fn a_step_above_proportion_fires_with_its_excess() {
        let mut scaling = calm();
        let step = &mut scaling.steps[0];
        step.class = StepClass::SuperLinear;
        step.excess_over_linear = Some(1.25);
        let found = ask_series(&RULE, &scaling);
        assert_eq!(found.len(), 1);
        assert!(
            found[0]
                .message
                .ends_with("That is 1.25x what growth in proportion to the load would be."),
            "{}",
            found[0].message
        );
    }

    #[test]
    fn blow_ups_and_calm_levels_are_silent_here() {
        assert!(ask_series(&RULE, &calm()).is_empty());
        assert!(ask_series(&RULE, &saturated()).is_empty());
    }
}
