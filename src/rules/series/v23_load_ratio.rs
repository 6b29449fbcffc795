//! V23: by how much the load grows is not as it is said.

use crate::model::Unit;
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::report::scaling::{Level, Scaling};
use crate::rules::{Asks, Fired, Rule, SeriesContext};
use crate::text::number;
use crate::wording::series as words;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V23,
    effects: "note",
    limit: Some((0.1, "difference between the stated and the measured ratio of two loads")),
    text: "\
Asks of neighbouring load levels whether the load grew as it is stated: by label or knee.toml, or by the peak of a ramp.
Fires where the ratio of the stated loads and that of the measured ones, or the ratios of the means and of the peaks, differ by
more than 10 %.
Example: \"doubling the load\" from a constant 1/s to a ramp from 1/s to 2/s is 2 times by the peaks and 1.5 times by the means.
What to do: run constant rates; until then a class of growth holds only where it holds by both. Where another load arrived than
was stated, look for a limit of the generator.",
    asks: Asks::Series(ask),
};

fn ask(context: &SeriesContext) -> Vec<Fired> {
    let pairs = context.scaling.levels.windows(2);
    let fired = pairs.filter_map(|pair| match pair {
        [low, high] => of_pair(context.scaling, low, high, context.limit),
        _ => None,
    });
    fired.collect()
}

fn of_pair(scaling: &Scaling, low: &Level, high: &Level, limit: f64) -> Option<Fired> {
    let measured = high.value / low.value;
    let peaks = high.peak.unwrap_or(high.value) / low.peak.unwrap_or(low.value);
    let stated = high.stated.unwrap_or(high.value) / low.stated.unwrap_or(low.value);
    let differs = |other: f64| (other / measured - 1.0).abs() > limit;
    let mut evidence = Evidence::new()
        .with("from", low.value, Unit::AsGiven)
        .with("to", high.value, Unit::AsGiven)
        .with("load_ratio", measured, Unit::Factor);
    let mut others = Vec::new();
    if differs(peaks) {
        evidence = evidence.with("load_ratio_peak", peaks, Unit::Factor);
        others.push(format!("{} by the peaks", number::times(peaks)));
    }
    let is_told = low.stated.is_some() || high.stated.is_some();
    if is_told && differs(stated) && (stated / peaks - 1.0).abs() > limit {
        evidence = evidence.with("load_ratio_stated", stated, Unit::Factor);
        others.push(format!("{} as stated", number::times(stated)));
    }
    if others.is_empty() {
        return None;
    }
    let message = format!(
        "From {} to {} the load grows {} by its mean and {}.",
        words::of_level(scaling, low),
        words::of_level(scaling, high),
        number::times(measured),
        others.join(" and "),
    );
    Some(
        Fired::new(Effect::Note, message, evidence)
            .hint(if differs(peaks) {
                "Run constant rates: then there is one ratio."
            } else {
                "See why another load arrived than was stated (often the generator's own limit), or correct what is stated."
            }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::ask_series;
    use crate::scale::testing::{calm, document};

    #[test]
    fn doubling_the_load_of_document_000_is_only_the_peak() {
        let found = ask_series(&RULE, &document());
        let said: Vec<&str> = found.iter().map(|one| one.message.as_str()).collect();
        assert_eq!(
            said,
            [
                "From 1/s to 1.5/s (peak 2/s) the load grows 1.5x by its mean and 2x by the peaks.",
                "From 1.5/s (peak 2/s) to 2.5/s (peak 4/s) the load grows 1.67x by its mean and 2x by the peaks."
            ]
        );
    }

    #[test]
    fn a_stated_ratio_that_was_not_measured_fires() {
        let mut scaling = calm();
        scaling.levels[0].stated = Some(2.0 * scaling.levels[0].value);
        let found = ask_series(&RULE, &scaling);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].message.ends_with("as stated."),
            "{}",
            found[0].message
        );
    }

    #[test]
    fn constant_rates_are_silent() {
        assert!(ask_series(&RULE, &calm()).is_empty());
    }
}
