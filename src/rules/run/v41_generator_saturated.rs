//! V41: the generator did not offer the load that it was told to.

use crate::load::offering::least_seconds;
use crate::model::{MetricId, Run, Unit};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::{Asks, Fired, Rule, RunContext};
use crate::text::number;

/// Standard deviations of a count that chance is given.
const CHANCE: f64 = 4.0;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V41,
    effects: "warn",
    limit: Some((0.95, "achieved load divided by offered")),
    text: "\
Asks whether the load generator kept up with its plan.
Fires when it dropped iterations or skipped users, or when fewer than 95 % of the offered requests, or of the arrivals
that the phases declare, were made (beyond 4 standard deviations of the count). Requests are offered until the last one is sent:
the time in which the last answers are awaited is none of it, and where a run does not tell it, nothing is said.
Example: 1,500 users were to arrive, 1,021 did, 479 were skipped: the run says nothing about the rate of the plan.
Latency of such a run leaves out the moments in which the load was not offered; it is no level of a load series.
What to do: raise the generator's limit of users, give it more machines, or lower the rate.",
    asks: Asks::Run(ask),
};

fn ask(context: &RunContext) -> Vec<Fired> {
    let run = context.run;
    let mut sentences = Vec::new();
    let mut evidence = Evidence::new();
    let dropped = run.load.dropped.filter(|dropped| *dropped > 0);
    if let Some(dropped) = dropped {
        evidence = evidence.count("dropped", dropped);
        sentences.push(of_dropped(run, dropped));
    }
    if let Some((made, wanted)) = arrivals(run).filter(|pair| falls_short(*pair, context.limit)) {
        evidence = evidence.with("arrivals", made, Unit::Count).with(
            "declared_arrivals",
            wanted,
            Unit::Count,
        );
        sentences.push(format!(
            "{} of the {} arrivals that the phases declare were made ({}).",
            number::quantity(made, Unit::Count.id()),
            number::quantity(wanted, Unit::Count.id()),
            number::percent(made / wanted),
        ));
    }
    if let Some((made, wanted)) = requests(run).filter(|pair| falls_short(*pair, context.limit)) {
        evidence =
            evidence
                .with("achieved", made, Unit::Count)
                .with("offered", wanted, Unit::Count);
        sentences.push(format!(
            "{} of {} offered requests were made ({}).",
            number::quantity(made, Unit::Count.id()),
            number::quantity(wanted.round(), Unit::Count.id()),
            number::percent(made / wanted),
        ));
    }
    if sentences.is_empty() {
        return Vec::new();
    }
    sentences.push("The run was made at a lower load than planned.".to_owned());
    vec![
        Fired::new(Effect::Warn, sentences.join(" "), evidence)
            .on(MetricId::Plain("rate"))
            .hint(
                "Raise the generator's limit of users, give it more machines, or lower the rate.",
            ),
    ]
}

fn of_dropped(run: &Run, dropped: u64) -> String {
    let started = run.sessions.as_ref().and_then(|sessions| sessions.started);
    match started {
        Some(started) => format!(
            "The generator skipped {} of {} users or iterations ({}).",
            number::count(dropped),
            number::count(dropped.saturating_add(started)),
            number::percent(dropped as f64 / (dropped as f64 + started as f64)),
        ),
        None => format!(
            "The generator skipped {} users or iterations.",
            number::count(dropped)
        ),
    }
}

/// Users that arrived, and those that the phases declare; `None` unless every phase declares a rate.
fn arrivals(run: &Run) -> Option<(f64, f64)> {
    let made = run.sessions.as_ref()?.started? as f64;
    if run.load.phases_recovered {
        return None;
    }
    let mut wanted = 0.0;
    for phase in &run.load.phases {
        let (from, to) = (phase.rate_from?, phase.rate_to.or(phase.rate_from)?);
        wanted += f64::midpoint(from.0, to.0) * phase.duration.0;
    }
    (wanted > 0.0).then_some((made, wanted))
}

/// Requests made, and those offered: not while the last answers were awaited.
fn requests(run: &Run) -> Option<(f64, f64)> {
    let wanted = run.load.offered?.0 * least_seconds(run)?;
    (wanted > 0.0).then_some((run.overall.requests? as f64, wanted))
}

fn falls_short((made, wanted): (f64, f64), limit: f64) -> bool {
    made / wanted < limit && wanted - made > CHANCE * wanted.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Latency, Millis, PerSecond, Phase, Population, Seconds, Sessions};
    use crate::rules::testing::{ask, counts, run};

    fn with_sessions(started: u64) -> Run {
        let mut run = run(counts(started * 7, 0), 60.0);
        run.sessions = Some(Sessions {
            started: Some(started),
            ..Sessions::default()
        });
        run
    }

    fn phase(rate_from: f64, rate_to: f64) -> Phase {
        Phase {
            name: None,
            start: Seconds(0.0),
            duration: Seconds(60.0),
            users_from: None,
            users_to: None,
            rate_from: Some(PerSecond(rate_from)),
            rate_to: Some(PerSecond(rate_to)),
        }
    }

    #[test]
    fn skipped_users_are_counted_against_all() {
        let mut run = with_sessions(1021);
        run.load.dropped = Some(479);
        assert_eq!(
            ask(&RULE, &run)[0].message,
            "The generator skipped 479 of 1,500 users or iterations (31.93 %). The run was made at a lower load than planned."
        );
        run.load.dropped = Some(0);
        assert!(ask(&RULE, &run).is_empty());
    }

    #[test]
    fn declared_arrivals_are_the_area_under_the_phases() {
        let mut run = with_sessions(700);
        // A ramp from 10/s to 20/s over 60 s: 900 arrivals.
        run.load.phases = vec![phase(10.0, 20.0)];
        assert_eq!(
            ask(&RULE, &run)[0].message,
            "700 of the 900 arrivals that the phases declare were made (77.78 %). The run was made at a lower load than planned."
        );
        run.load.phases = vec![phase(12.0, 12.0)];
        assert!(ask(&RULE, &run).is_empty());
    }

    #[test]
    fn an_offered_rate_that_was_met_is_silent_and_a_missed_one_is_not() {
        let mut run = run(counts(5400, 0), 60.0);
        run.load.offered = Some(PerSecond(100.0));
        // Until when they were offered, nothing tells.
        assert!(ask(&RULE, &run).is_empty());
        run.load.phases = vec![phase(100.0, 100.0)];
        assert!(ask(&RULE, &run)[0].message.starts_with("5,400 of 6,000"));
        run.load.offered = Some(PerSecond(94.0));
        assert!(ask(&RULE, &run).is_empty());
    }

    #[test]
    fn the_time_of_the_last_answers_is_no_time_of_load() {
        // 49/s over 30 s, answered at 36/s until 40.7 s.
        let mut run = run(counts(1_470, 0), 40.7);
        run.load.offered = Some(PerSecond(49.0));
        let mut latency = Latency::of(Population::Ok, 1_470);
        latency.max = Some(Millis(10_690.0));
        run.overall.latency_ok = Some(latency);
        assert!(ask(&RULE, &run).is_empty());
        // Had all been answered in half a second, they would have been sent for 40 s.
        run.overall.latency_ok.as_mut().unwrap().max = Some(Millis(500.0));
        assert_eq!(
            ask(&RULE, &run)[0].message,
            "1,470 of 1,970 offered requests were made (74.63 %). The run was made at a lower load than planned."
        );
    }

    #[test]
    fn a_few_arrivals_less_may_be_chance() {
        let mut run = with_sessions(52);
        run.load.phases = vec![phase(1.0, 1.0)];
        assert!(ask(&RULE, &run).is_empty());
    }
}
