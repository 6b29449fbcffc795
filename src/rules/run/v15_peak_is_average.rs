//! V15: a "peak" that is the average, or that no series stands behind.

use crate::model::{MetricId, PerSecond, Unit};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::{Asks, Fired, Rule, RunContext};
use crate::text::number;

/// How close a peak may come to the average.
const SAME: f64 = 0.01;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V15,
    effects: "note",
    limit: None,
    text: "\
Asks where a peak rate comes from.
Fires when the input names a peak without a timeline, when that peak is requests divided by duration (within 1 %),
or when a target asks for `peak_rate` of a run that has no timeline.
Example: \"71.45 peak\" beside 12,800 requests is 12,800 / 179 s: the average of the whole run.
A peak is the highest rate over a stated window, and knee takes it from a timeline over 10 s.
Parked: no real run has made it fire, so it is asked only where `[rules] severity` gives it an effect, such as { V15 = \"warn\" }.
What to do: give a file with a series, such as a history of the run by seconds or windows.",
    asks: Asks::Run(ask),
};

fn ask(context: &RunContext) -> Vec<Fired> {
    let run = context.run;
    let mut fired = Vec::new();
    let no_series = run.timeline.is_empty();
    if let Some(peak) = run.overall.as_reported.get("peak_rate").copied() {
        let average = run
            .overall
            .requests
            .and_then(|requests| PerSecond::of(requests, run.duration?))
            .filter(|rate| rate.0 > 0.0);
        let evidence = Evidence::new().with("reported_peak", peak, Unit::PerSecond);
        let same = average.filter(|average| (peak / average.0 - 1.0).abs() <= SAME);
        if let Some(average) = same {
            let message = format!(
                "The peak of {} that the input names is requests divided by duration, {}: it is the average.",
                number::rate(peak),
                number::rate(average.0),
            );
            fired.push(Fired::new(
                Effect::Note,
                message,
                evidence.with("rate", average.0, Unit::PerSecond),
            ));
        } else if no_series {
            let message = format!(
                "The input names a peak of {} and has no series to take it from; over which time it was taken is not known.",
                number::rate(peak),
            );
            fired.push(Fired::new(Effect::Note, message, evidence));
        }
    }
    let peak_rate = MetricId::Plain("peak_rate");
    let asked = context
        .results
        .iter()
        .filter(|result| result.metric.as_deref() == Some("peak_rate"))
        .count() as u64;
    if no_series && asked > 0 {
        let message = format!(
            "{} for a peak rate, and the input has no timeline to take a peak from.",
            if asked == 1 {
                "A target asks".to_owned()
            } else {
                format!("{} ask", number::plural(asked, "target"))
            },
        );
        let evidence = Evidence::new().count("targets", asked);
        fired.push(Fired::new(Effect::Note, message, evidence));
    }
    let hint = "Give a file with a series, such as a history of the run by seconds or windows.";
    fired
        .into_iter()
        .map(|fired| fired.on(peak_rate.clone()).hint(hint))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Run;
    use crate::report::TargetState;
    use crate::rules::testing::{ask, ask_with, counts, result, run, sliced};

    fn with_peak(mut run: Run, peak: f64) -> Run {
        run.overall.as_reported.insert("peak_rate".into(), peak);
        run
    }

    #[test]
    fn the_average_is_no_peak() {
        let stress = with_peak(run(counts(12_800, 12_800), 179.15), 71.45);
        let fired = ask(&RULE, &stress);
        assert_eq!(
            fired[0].message,
            "The peak of 71.5/s that the input names is requests divided by duration, 71.4/s: it is the average."
        );
    }

    #[test]
    fn a_peak_needs_a_series() {
        let fired = ask(&RULE, &with_peak(run(counts(1000, 0), 60.0), 30.0));
        assert!(fired[0].message.contains("no series"));
        assert!(ask(&RULE, &with_peak(sliced(&[20.0; 6]), 30.0)).is_empty());
        assert!(ask(&RULE, &run(counts(1000, 0), 60.0)).is_empty());
    }

    #[test]
    fn a_target_on_a_peak_without_a_series_is_noted() {
        let mut target = result(TargetState::NotMeasured, None, 0.0);
        target.metric = Some("peak_rate".into());
        let given = run(counts(1000, 0), 60.0);
        let fired = ask_with(&RULE, &given, &[], std::slice::from_ref(&target));
        assert_eq!(
            fired[0].message,
            "A target asks for a peak rate, and the input has no timeline to take a peak from."
        );
        assert!(ask_with(&RULE, &sliced(&[20.0; 6]), &[], &[target]).is_empty());
    }
}
