//! S06: more of what serves adds too little.

use crate::model::Unit;
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::report::scaling::LevelOf;
use crate::rules::{Asks, Fired, Rule, SeriesContext};
use crate::text::number;
use crate::wording::series as words;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::S06,
    effects: "warn",
    limit: Some((0.7, "goodput per instance, over that of the fewest instances")),
    text: "\
Asks of runs with more instances or cores (`--level instances`) what each of them still adds.
Fires where goodput per instance is below 70 % of that of the fewest instances, and names where goodput does not grow at all.
Example: 100/s with one instance, 220/s with four: 2.2 times, 55 % of the ideal.
What to do: look for what all instances share: a database, a lock, a disk, the load generator itself.",
    asks: Asks::Series(ask),
};

fn ask(context: &SeriesContext) -> Vec<Fired> {
    let scaling = context.scaling;
    if scaling.level_of != LevelOf::Resources {
        return Vec::new();
    }
    let Some(first) = scaling.efficiency.first() else {
        return Vec::new();
    };
    let poor = scaling
        .efficiency
        .iter()
        .filter(|of| of.value < context.limit);
    let fired = poor.filter_map(|of| {
        let speed_up = of.speed_up?;
        let evidence = Evidence::new()
            .with("level", of.level, Unit::AsGiven)
            .with("efficiency", of.value, Unit::Ratio)
            .with("speed_up", speed_up, Unit::Factor);
        let grows = if speed_up <= 1.0 {
            format!("goodput does not grow: it is {}", number::times(speed_up))
        } else {
            format!("goodput is {}", number::times(speed_up))
        };
        let message = format!(
            "At {} {grows} that at {}, {} of the ideal.",
            words::level(scaling, of.level),
            words::level(scaling, first.level),
            words::about(of.value),
        );
        Some(Fired::new(Effect::Warn, message, evidence).hint(
            "Look for what all of them share: a database, a lock, a disk, the load generator.",
        ))
    });
    fired.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::ask_series;
    use crate::scale::testing::{calm, instances};

    #[test]
    fn instances_that_add_little_fire() {
        let mut scaling = instances();
        let last = scaling.efficiency.last_mut().unwrap();
        last.value = 0.55;
        last.speed_up = Some(2.2);
        let found = ask_series(&RULE, &scaling);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "At 4 instances goodput is 2.2x that at 1 instance, 55 % of the ideal."
        );
        let last = scaling.efficiency.last_mut().unwrap();
        last.value = 0.24;
        last.speed_up = Some(0.96);
        let found = ask_series(&RULE, &scaling);
        assert!(
            found[0]
                .message
                .contains("goodput does not grow: it is 0.96x that")
        );
    }

    #[test]
    fn good_efficiency_and_loads_are_silent() {
        assert!(ask_series(&RULE, &instances()).is_empty());
        let mut scaling = calm();
        scaling.efficiency = instances().efficiency;
        scaling.efficiency[1].value = 0.1;
        assert!(ask_series(&RULE, &scaling).is_empty());
    }
}
