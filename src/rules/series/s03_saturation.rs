//! S03: goodput no longer follows the load.

use crate::model::MetricId;
use crate::report::Effect;
use crate::report::RuleId;
use crate::report::scaling::Criterion;
use crate::rules::{Asks, Fired, Rule, SeriesContext};
use crate::wording::series as words;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::S03,
    effects: "warn",
    limit: None,
    text: "\
Asks of a series of load levels whether goodput follows the load.
Fires where fewer than 95 % of what is offered is served, beyond chance (of users: where one gets less than 85 % of what it gets
at the lowest level). What is offered follows from the lowest levels: requests per user that arrives, times arrivals.
Example: 7 requests a session; 8 sessions/s ask for 56 requests/s, and 44/s are answered: 79 %.
The knee is where the line of light load meets the highest goodput: 44 / 7 = 6.3 sessions/s. Where sessions are counted over
time, those that complete are served: a server that cannot follow goes on answering the first requests of every session.
What to do: stay below. Above it requests that come at a rate of their own fail or pile up, and then their latency grows with
the length of the test; users wait longer for one another.",
    asks: Asks::Series(ask),
};

fn ask(context: &SeriesContext) -> Vec<Fired> {
    let scaling = context.scaling;
    let knee = scaling.knee.as_ref().filter(|knee| knee.found);
    let Some(knee) = knee.filter(|knee| knee.criterion == Some(Criterion::Saturation)) else {
        return Vec::new();
    };
    vec![
        Fired::new(Effect::Warn, words::answer(scaling), knee.evidence.clone())
            .on(MetricId::Plain("goodput"))
            .hint("Judge latencies at levels below the knee."),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::ask_series;
    use crate::scale::testing::{calm, document, saturated};

    #[test]
    fn what_is_offered_and_not_answered_fires() {
        let found = ask_series(&RULE, &saturated());
        assert_eq!(found.len(), 1);
        assert!(
            found[0]
                .message
                .contains("offered at 80/s and answered at 44.5/s"),
            "{}",
            found[0].message
        );
    }

    #[test]
    fn a_blow_up_and_a_calm_series_are_silent() {
        assert!(ask_series(&RULE, &document()).is_empty());
        assert!(ask_series(&RULE, &calm()).is_empty());
    }
}
