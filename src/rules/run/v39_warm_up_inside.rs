//! V39: a ramp or a warm-up is part of the figures.

use crate::figures::side::half_width;
use crate::load::steady::steadiness;
use crate::model::{MetricId, Millis, Percentile, Run, Unit};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::shared::{SLICE_SAMPLES, Stretch, median_of, stretches};
use crate::rules::{Asks, Fired, Rule, RunContext};
use crate::stats::quantile::{Support, support};
use crate::text::number;

/// The part of the time that counts as the start.
const START: f64 = 0.1;

/// Fewest slices that a start can be told from the rest by.
const SLICES: usize = 5;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V39,
    effects: "warn / note",
    limit: Some((1.2, "median of the start divided by that of the rest")),
    text: "\
Asks whether the figures include a warm-up or a ramp.
Fires when the median of the first tenth of the time is more than 1.2 times that of the rest, beyond the resolution
(5 slices with 20 samples or more, 40 at the start), or when the plan declares phases in which the load rises or falls.
Only a note of a run of several loads, stepped or ramped throughout: there the load series says so.
Example: \"ramp-up to 50 users\" over 60 of 78 s: the figures are of no load level at all.
What to do: cut it off with --trim-start where the input holds samples; else leave it out of the test that is reported.",
    asks: Asks::Run(ask),
};

/// What to do with a run of several loads.
pub(super) const LEVELS_HINT: &str =
    "The run holds several load levels: look at each by itself, no single p50 describes them.";

fn ask(context: &RunContext) -> Vec<Fired> {
    let run = context.run;
    let slow_start = slow_start(run, context.limit);
    let ramps = ramps(run);
    if slow_start.is_none() && ramps.is_none() {
        return Vec::new();
    }
    let mut evidence = Evidence::new();
    let mut sentences = Vec::new();
    if let Some(start) = &slow_start {
        evidence = evidence
            .with("start", start.until, Unit::Seconds)
            .with("start_p50", start.p50, Unit::Millis)
            .with("rest_p50", start.rest, Unit::Millis)
            .with("ratio", start.p50 / start.rest, Unit::Factor);
        sentences.push(format!(
            "The first {} are slower: p50 {} against {} in the rest, {}.",
            number::seconds(start.until),
            number::millis(start.p50),
            number::millis(start.rest),
            number::times(start.p50 / start.rest),
        ));
    }
    if let Some((seconds, until)) = ramps {
        evidence = evidence.with("ramps", seconds, Unit::Seconds);
        let of = run.duration.map_or(String::new(), |duration| {
            format!(" of {}", number::seconds(duration.0))
        });
        let says = if run.load.phases_recovered {
            "The arrivals show"
        } else {
            "The plan declares"
        };
        sentences.push(format!(
            "{says} {}{of} in which the load rises or falls, and they are part of the figures.",
            number::seconds(seconds),
        ));
        if let Some(until) = until {
            evidence = evidence.with("ramp_until", until, Unit::Seconds);
        }
    }
    let from_ramps = ramps.and_then(|(_, until)| until);
    let until = slow_start.map(|start| start.until);
    let until = until.into_iter().chain(from_ramps).reduce(f64::max);
    let hint = match until.filter(|_| holds_samples(run)) {
        Some(until) => format!("Run again with --trim-start {}s.", until.ceil()),
        None if holds_samples(run) => {
            "Cut the ramps off with --trim-start and --trim-end.".to_owned()
        }
        None => "The input holds no samples by time, so percentiles cannot be recomputed after a trim: leave ramp and warm-up out of the run that is reported.".to_owned(),
    };
    let stepped = steadiness(run).is_of_several_loads();
    let (effect, hint) = if stepped {
        (Effect::Note, LEVELS_HINT.to_owned())
    } else {
        (Effect::Warn, hint)
    };
    vec![
        Fired::new(effect, sentences.join(" "), evidence)
            .on(MetricId::quantile(Percentile::P50))
            .hint(hint),
    ]
}

/// A start that is slower than the rest.
struct SlowStart {
    until: f64,
    p50: f64,
    rest: f64,
}

fn slow_start(run: &Run, limit: f64) -> Option<SlowStart> {
    let all = stretches(run);
    if all.len() < SLICES {
        return None;
    }
    let (first, last) = (all.first()?, all.last()?);
    let edge = first.start + START * (last.end - first.start);
    // Slices are often longer than a tenth: then the first one is the start.
    let started = |slice: &Stretch| slice.middle() < edge;
    let begin = all.iter().take_while(|s| started(s)).count().max(1);
    let (head, rest): (Vec<&Stretch>, Vec<&Stretch>) = (
        all.iter().take(begin).collect(),
        all.iter().skip(begin).collect(),
    );
    let samples: u64 = head.iter().map(|slice| slice.latency.count).sum();
    if support(samples, 0.5) != Support::Ok {
        return None;
    }
    let (p50, rest) = (median_of(&head)?, median_of(&rest)?);
    let error = half_width(first.latency, Millis(p50)) + half_width(last.latency, Millis(rest));
    (rest > 0.0 && p50 / rest > limit && p50 - rest > error).then_some(SlowStart {
        until: head.last()?.end,
        p50,
        rest,
    })
}

/// Seconds of declared ramps, and where the ones at the start end.
fn ramps(run: &Run) -> Option<(f64, Option<f64>)> {
    let phases = &run.load.phases;
    let ramps = phases.iter().filter(|phase| phase.is_ramp());
    let seconds: f64 = ramps.map(|phase| phase.duration.0).sum();
    let at_start = phases
        .iter()
        .take_while(|phase| phase.is_ramp())
        .map(|phase| phase.start.0 + phase.duration.0)
        .reduce(f64::max)
        .filter(|end| run.duration.is_none_or(|duration| *end < duration.0));
    (seconds > 0.0).then_some((seconds, at_start))
}

/// Whether a trim can recompute percentiles: every slice with enough requests has a histogram.
fn holds_samples(run: &Run) -> bool {
    let mut with_latency = run
        .timeline
        .iter()
        .filter_map(|slice| slice.stats.primary())
        .filter(|latency| latency.count >= SLICE_SAMPLES)
        .peekable();
    with_latency.peek().is_some() && with_latency.all(|latency| latency.histogram.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{TWO_DIGITS, ask, counts, histogram, ramp, run, sliced};

    #[test]
    fn a_slow_start_fires_with_both_medians() {
        let fired = ask(&RULE, &sliced(&[50.0, 20.0, 21.0, 20.0, 19.0, 20.0, 22.0]));
        assert_eq!(fired.len(), 1);
        assert_eq!(
            fired[0].message,
            "The first 10 s are slower: p50 50 ms against 20 ms in the rest, 2.5x."
        );
        assert!(
            fired[0]
                .hint
                .as_deref()
                .unwrap()
                .contains("holds no samples")
        );
    }

    #[test]
    fn samples_in_slices_can_be_trimmed() {
        let mut given = sliced(&[50.0, 20.0, 21.0, 20.0, 19.0, 20.0]);
        for slice in &mut given.timeline {
            let latency = slice.stats.latency.as_mut().unwrap();
            let p50 = latency.percentiles[&Percentile::P50].0;
            latency.histogram = Some(histogram(&[(p50, 100)]));
        }
        let fired = ask(&RULE, &given);
        assert_eq!(
            fired[0].hint.as_deref(),
            Some("Run again with --trim-start 10s.")
        );
        assert_eq!(fired[0].evidence.get("rest_p50"), Some(20.0));
    }

    #[test]
    fn steady_coarse_or_few_slices_are_silent() {
        assert!(ask(&RULE, &sliced(&[24.0, 20.0, 21.0, 20.0, 19.0, 20.0])).is_empty());
        assert!(ask(&RULE, &sliced(&[50.0, 20.0, 21.0, 20.0])).is_empty());
        let mut coarse = sliced(&[2.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
        for slice in &mut coarse.timeline {
            slice.stats.latency.as_mut().unwrap().resolution = TWO_DIGITS;
        }
        assert!(ask(&RULE, &coarse).is_empty());
        let mut thin = sliced(&[50.0, 20.0, 21.0, 20.0, 19.0, 20.0]);
        thin.timeline[0].stats.latency.as_mut().unwrap().count = 19;
        assert!(ask(&RULE, &thin).is_empty());
        thin.timeline[0].stats.latency.as_mut().unwrap().count = 39;
        assert!(ask(&RULE, &thin).is_empty());
        thin.timeline[0].stats.latency.as_mut().unwrap().count = 40;
        assert_eq!(ask(&RULE, &thin).len(), 1);
    }

    #[test]
    fn a_tenth_of_many_slices_is_the_start() {
        let mut medians = vec![20.0; 40];
        medians[..4].fill(30.0);
        let fired = ask(&RULE, &sliced(&medians));
        assert!(
            fired[0]
                .message
                .starts_with("The first 40 s are slower: p50 30 ms")
        );
    }

    #[test]
    fn declared_ramps_fire_without_a_timeline() {
        let mut given = run(counts(1475, 0), 77.6);
        assert!(ask(&RULE, &given).is_empty());
        given.load.phases.push(ramp(0.0, 60.0));
        assert_eq!(
            ask(&RULE, &given)[0].message,
            "The plan declares 60 s of 77.6 s in which the load rises or falls, and they are part of the figures."
        );
    }

    #[test]
    fn a_run_that_is_a_ramp_is_noted_and_a_ramp_before_the_load_warns() {
        let mut given = run(counts(1475, 0), 60.0);
        given.load.phases.push(ramp(0.0, 60.0));
        assert_eq!(ask(&RULE, &given)[0].effect, Effect::Note);
        let mut held = ramp(60.0, 120.0);
        (held.rate_from, held.users_from) = (held.rate_to, held.users_to);
        given.duration = Some(crate::model::Seconds(180.0));
        given.load.phases.push(held);
        assert_eq!(ask(&RULE, &given)[0].effect, Effect::Warn);
    }
}
