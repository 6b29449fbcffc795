//! V01: the tool's rate times the duration misses the total.

use crate::model::{MetricId, PerSecond, Run, Unit};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::{Asks, Fired, Rule, RunContext};
use crate::text::number;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V01,
    effects: "note",
    limit: Some((0.1, "share of the total that rate times duration may miss")),
    text: "\
Asks whether the rate that the tool prints, times the duration, gives the number of requests.
Fires when it misses the total by more than 10 %, and by more than the rounding of a rate printed without decimals; runs under a second have no rate to compare.
Silent where the mean of the rates of the windows, the short first and last ones included, is the printed rate: some tools average so.
Example: \"4/sec\" over 60 s is 240 requests, but 480 were counted: the rate was 8/s.
knee shows requests divided by duration and keeps the tool's own figure in `as_reported`.
What to do: quote the computed rate, or check that the duration is that of the load.",
    asks: Asks::Run(ask),
};

fn ask(context: &RunContext) -> Vec<Fired> {
    question(context).into_iter().collect()
}

fn question(context: &RunContext) -> Option<Fired> {
    let stats = &context.run.overall;
    let reported = *stats.as_reported.get("rate_per_s")?;
    let requests = stats.requests.filter(|requests| *requests > 0)?;
    let duration = context.run.duration.filter(|duration| duration.0 >= 1.0)?;
    let computed = PerSecond::of(requests, duration)?.0;
    let product = reported * duration.0;
    let missed = (product - requests as f64).abs() / requests as f64;
    let rounding = if reported.fract() == 0.0 { 0.5 } else { 0.0 };
    if !reported.is_finite() || missed <= context.limit || (reported - computed).abs() <= rounding {
        return None;
    }
    if mean_of_windows(context.run).is_some_and(|mean| (reported - mean).abs() <= 2.0 * rounding) {
        return None;
    }
    let message = format!(
        "The tool reports {}, which over {} makes {}, but {} were counted: {} apart. The rate shown is the counted one, {}.",
        number::rate(reported),
        number::seconds(duration.0),
        number::decimal(product, 0),
        number::plural(requests, "request"),
        number::percent(missed),
        number::rate(computed),
    );
    let evidence = Evidence::new()
        .with("reported_rate", reported, Unit::PerSecond)
        .with("rate", computed, Unit::PerSecond)
        .with("duration", duration.0, Unit::Seconds)
        .with("rate_times_duration", product, Unit::Count)
        .count("requests", requests)
        .with("missed", missed, Unit::Ratio);
    Some(
        Fired::new(Effect::Note, message, evidence)
            .on(MetricId::Plain("rate"))
            .hint("Quote the counted rate; the tool's own stands in `as_reported`."),
    )
}

/// The mean of the rates of the windows, each over a second at least; `None` where they do not hold every request.
fn mean_of_windows(run: &Run) -> Option<f64> {
    let requests = run.timeline.iter().map(|slice| slice.stats.requests);
    let requests: Vec<u64> = requests.collect::<Option<_>>()?;
    let total = requests.iter().copied().reduce(u64::saturating_add)?;
    let lengths = run.timeline.iter().map(|slice| slice.duration.0.max(1.0));
    let rates = requests.iter().zip(lengths);
    let sum: f64 = rates
        .map(|(requests, length)| *requests as f64 / length)
        .sum();
    (Some(total) == run.overall.requests).then(|| sum / requests.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Seconds, Slice};
    use crate::rules::testing::{ask, counts, hardwork_1, run, search};

    #[test]
    fn a_mean_of_the_rates_of_windows_is_no_finding_and_another_rate_is() {
        // search-rate-16.json: windows of 10, 32, 32 and 32/s, of which the file says 27/s.
        let mut given = run(counts(960, 0), 30.0);
        let windows = [
            (0.0, 0.348, 10),
            (0.348, 10.0, 318),
            (10.348, 10.0, 323),
            (20.348, 9.609, 309),
        ];
        given.timeline = windows
            .into_iter()
            .map(|(start, duration, requests)| Slice {
                start: Seconds(start),
                duration: Seconds(duration),
                latency_window: None,
                users: None,
                arrivals: None,
                completed: None,
                stats: counts(requests, 0),
                endpoints: Vec::new(),
            })
            .collect();
        let reported = |given: &mut Run, rate| {
            given.overall.as_reported.insert("rate_per_s".into(), rate);
            ask(&RULE, given).len()
        };
        assert_eq!(reported(&mut given, 27.0), 0);
        assert_eq!(reported(&mut given, 24.0), 1);
        given.timeline.pop();
        assert_eq!(reported(&mut given, 27.0), 1, "a window is missing");
    }

    #[test]
    fn four_a_second_for_a_minute_are_not_480_requests() {
        let fired = ask(&RULE, &hardwork_1());
        assert_eq!(fired.len(), 1);
        assert_eq!(fired[0].effect, Effect::Note);
        assert_eq!(
            fired[0].message,
            "The tool reports 4/s, which over 60 s makes 240, but 480 requests were counted: 50 % apart. The rate shown is the counted one, 8/s."
        );
        assert_eq!(fired[0].evidence.get("rate_times_duration"), Some(240.0));
        assert_eq!(ask(&RULE, &search()).len(), 1);
    }

    #[test]
    fn a_rate_that_agrees_or_is_only_rounded_is_silent() {
        let mut given = run(counts(480, 0), 60.0);
        assert!(ask(&RULE, &given).is_empty(), "no rate reported");
        let mut reported = |rate| {
            let name = "rate_per_s".to_owned();
            given.overall.as_reported.insert(name, rate);
            ask(&RULE, &given).len()
        };
        assert_eq!(reported(7.3), 0);
        assert_eq!(reported(7.1), 1);
        let mut slow = run(counts(84, 0), 60.0);
        slow.overall.as_reported.insert("rate_per_s".into(), 1.0);
        assert!(ask(&RULE, &slow).is_empty(), "1.4/s rounded to 1/s");
        let mut short = run(counts(2, 0), 0.308);
        short.overall.as_reported.insert("rate_per_s".into(), 2.0);
        assert!(
            ask(&RULE, &short).is_empty(),
            "tools count a second at least"
        );
    }
}
