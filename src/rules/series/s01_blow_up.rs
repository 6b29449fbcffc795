//! S01: a latency grows far more than the load.

use crate::report::RuleId;
use crate::report::scaling::StepClass;
use crate::rules::series::of_series::worst_step;
use crate::rules::{Asks, Fired, Rule, SeriesContext};

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::S01,
    effects: "warn",
    limit: None,
    text: "\
Asks of neighbouring load levels whether a latency grows far more than the load: exponent ln(ratio) / ln(load ratio).
Fires above 1.5 where its 95 % interval lies above 1.25; above 2 of too few requests it says \"by size, not proven\". Where
the load moved during a run (a ramp) that must hold by the mean loads and by the peaks.
Example: p99 854 ms -> 8,025 ms from 1.5/s (peak 2/s) to 2.5/s (peak 4/s): 9.4 times for at most twice the load.
What to do: run constant loads between the two levels; look at what saturates there.",
    asks: Asks::Series(ask),
};

const HINT: &str = "Run constant loads between the two levels to find where it breaks, and sample resources (`--resources FILE`): without them a cause is a guess.";

fn ask(context: &SeriesContext) -> Vec<Fired> {
    let worst = worst_step(context.scaling, StepClass::BlowUp, HINT);
    worst.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::scaling::StepReason;
    use crate::rules::testing::ask_series;
    use crate::scale::testing::{calm, document, saturated};

    #[test]
    fn the_p99_of_document_000_blows_up() {
        let found = ask_series(&RULE, &document());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            found[0].message,
            "From 1.5/s (peak 2/s) to 2.5/s (peak 4/s) p99 grows 9.4 times for at most twice the load. That is 4.7x what growth in proportion to the load would be."
        );
        assert!((found[0].evidence.get("ratio").unwrap() - 8024.5 / 854.2).abs() < 0.01);
    }

    #[test]
    fn many_endpoints_are_one_finding_that_names_the_worst() {
        let found = ask_series(&RULE, &saturated());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].endpoint, None);
        let (_, of_endpoints) = found[0]
            .message
            .split_once(" Of the endpoints most ")
            .unwrap();
        assert!(
            of_endpoints.starts_with("\"GET /work\": p"),
            "{of_endpoints}"
        );
        let mut many = saturated();
        let step = many.steps[3].clone();
        for place in 0..9 {
            let mut other = step.clone();
            other.endpoint = Some(format!("GET /{place}"));
            many.steps.push(other);
        }
        let found = ask_series(&RULE, &many);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].message.ends_with(", and 9 endpoints more do so."),
            "{}",
            found[0].message
        );
        assert_eq!(found[0].evidence.get("endpoints"), Some(10.0));
    }

    #[test]
    fn what_is_proven_is_named_before_what_is_not() {
        let mut scaling = saturated();
        let mut by_size = scaling.steps[3].clone();
        by_size.endpoint = Some("GET /rare".to_owned());
        by_size.reasons = vec![StepReason::BySize];
        by_size.excess_over_linear = Some(1000.0);
        scaling.steps.insert(0, by_size);
        let found = ask_series(&RULE, &scaling);
        assert!(
            found[0].message.contains("most \"GET /work\""),
            "{}",
            found[0].message
        );
    }

    #[test]
    fn levels_that_stay_calm_are_silent() {
        assert!(ask_series(&RULE, &calm()).is_empty());
    }
}
