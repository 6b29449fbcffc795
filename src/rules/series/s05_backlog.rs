//! S05: requests pile up inside a level.

use crate::model::Unit;
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::report::scaling::LevelOf;
use crate::rules::{Asks, Fired, Rule, SeriesContext};
use crate::text::number;
use crate::wording::series as words;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::S05,
    effects: "warn",
    limit: Some((0.05, "requests without an answer inside a level, as a share of those that came")),
    text: "\
Asks of every level of a rate whether requests were answered as fast as they came.
Fires where more than 5 % of the requests of a level were not answered within it: they wait in a queue that grows as long
as the level lasts, so that its latencies depend on how long it was run.
Example: 479 requests came in 10 s and 452 were answered: 27 are left over (5.6 %).
What to do: judge no latency of such a level; the level below is the highest that holds.",
    asks: Asks::Series(ask),
};

/// Fewer are under way at any time.
const LEAST: f64 = 10.0;

fn ask(context: &SeriesContext) -> Vec<Fired> {
    let scaling = context.scaling;
    if !matches!(scaling.level_of, LevelOf::Arrivals | LevelOf::Requests) {
        return Vec::new();
    }
    let levels = scaling.levels.iter().filter_map(|level| {
        let share = level.backlog.filter(|share| *share > context.limit)?;
        let came = level.n? as f64 / (1.0 - share).max(f64::MIN_POSITIVE);
        (share * came >= LEAST).then_some((level, share))
    });
    let fired = levels.map(|(level, share)| {
        let evidence = Evidence::new()
            .with("level", level.value, Unit::AsGiven)
            .with("backlog", share, Unit::Ratio);
        let message = format!(
            "At {} {} of the requests were not answered while they came: they pile up, and latencies there grow with the length of the test.",
            words::of_level(scaling, level),
            number::percent(share),
        );
        Fired::new(Effect::Warn, message, evidence)
            .hint("Judge no latency of this level; the level below is the highest that holds.")
    });
    fired.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::ask_series;
    use crate::scale::testing::{calm, instances};

    #[test]
    fn requests_that_pile_up_fire_beyond_a_twentieth_and_ten() {
        let mut scaling = calm();
        let level = scaling.levels.last_mut().unwrap();
        level.backlog = Some(0.056);
        level.n = Some(452);
        let found = ask_series(&RULE, &scaling);
        assert_eq!(found.len(), 1);
        assert!(
            found[0]
                .message
                .starts_with("At 16/s 5.6 % of the requests")
        );
        let level = scaling.levels.last_mut().unwrap();
        level.n = Some(100);
        assert!(
            ask_series(&RULE, &scaling).is_empty(),
            "six under way are no queue"
        );
    }

    #[test]
    fn a_level_that_is_answered_is_silent_and_so_are_instances() {
        let mut scaling = calm();
        scaling.levels[0].backlog = Some(0.04);
        scaling.levels[0].n = Some(100_000);
        assert!(ask_series(&RULE, &scaling).is_empty());
        let mut scaling = instances();
        scaling.levels[0].backlog = Some(0.5);
        scaling.levels[0].n = Some(100_000);
        assert!(ask_series(&RULE, &scaling).is_empty());
    }
}
