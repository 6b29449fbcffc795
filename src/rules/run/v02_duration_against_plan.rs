//! V02: the run lasted longer or shorter than planned.

use crate::model::{MetricId, PerSecond, Phase, Run, Unit};
use crate::normalize::trim::is_trimmed;
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::{Asks, Fired, Rule, RunContext};
use crate::text::number;
use crate::text::phrase::quoted;

/// The first and the last answer are never quite at the ends.
const SECONDS: f64 = 5.0;

const LONGER: &str = "longer";
const SHORTER: &str = "shorter";

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V02,
    effects: "warn",
    limit: Some((0.05, "share of the planned time by which the run may be off")),
    text: "\
Asks whether the run lasted as long as it was meant to.
Fires when the first and the last event lie more than 5 % and more than 5 s further apart, or closer together, than the
declared `duration` of the scenario in `knee.toml`, else than the phases of the input. Trimmed runs are not asked.
Phases say when users arrive, and a window of the timeline how many did, not when: it fires when the last arrival is off
wherever in its window it came.
Example: a plan of 60 s and a run of 120 s: half of the time nothing was offered, and every rate over it is too low.
What to do: look why the run was stopped or did not end; correct the plan when the run was as meant.",
    asks: Asks::Run(ask),
};

/// Planned seconds, and who says so.
fn planned(context: &RunContext) -> Option<(f64, String)> {
    if let Some(scenario) = context.scenario
        && let Some(duration) = scenario.load.duration
    {
        let name = quoted(&scenario.name);
        return Some((
            duration.0,
            format!("the scenario {name} ({}) declares", scenario.origin),
        ));
    }
    let end = phases_end(context.run)?;
    Some((end, "the phases end after".to_owned()))
}

fn phases_end(run: &Run) -> Option<f64> {
    declared(run)
        .map(|phase| phase.start.0 + phase.duration.0)
        .reduce(f64::max)
}

/// Phases that were taken from the arrivals are no plan.
fn declared(run: &Run) -> impl Iterator<Item = &Phase> {
    let is_plan = !run.load.phases_recovered;
    run.load.phases.iter().filter(move |_| is_plan)
}

fn ask(context: &RunContext) -> Vec<Fired> {
    question(context).into_iter().collect()
}

fn question(context: &RunContext) -> Option<Fired> {
    let run = context.run;
    if is_trimmed(run) {
        return None;
    }
    let by_phases = context
        .scenario
        .is_none_or(|scenario| scenario.load.duration.is_none());
    // Phases say when users arrive, and sessions go on after the last one arrived.
    if by_phases && let Some((from, to)) = last_arrival(run) {
        return arrivals(context, from, to);
    }
    let (planned, says) = planned(context)?;
    let lasted = run.duration?.0;
    let off = (lasted - planned).abs();
    if !is_off(context, off, planned) {
        return None;
    }
    let message = format!(
        "The run lasted {}, and {says} {}: {} ({}) {}.",
        number::seconds(lasted),
        number::seconds(planned),
        number::seconds(off),
        number::percent(off / planned),
        if lasted > planned { LONGER } else { SHORTER },
    );
    let evidence = Evidence::new()
        .with("duration", lasted, Unit::Seconds)
        .with("planned", planned, Unit::Seconds);
    Some(fired(message, evidence))
}

/// The window that holds the last arrival; where in it, nobody knows.
fn last_arrival(run: &Run) -> Option<(f64, f64)> {
    let end_of_run = run.duration.map_or(f64::INFINITY, |duration| duration.0);
    let window = run
        .timeline
        .iter()
        .rev()
        .find(|slice| slice.arrivals > Some(0))?;
    let from = window.start.0.max(0.0);
    let to = (window.start.0 + window.duration.0).min(end_of_run);
    (to >= from).then_some((from, to))
}

/// Arrivals against the phases: off by what is certain, wherever in its window the last one came.
fn arrivals(context: &RunContext, from: f64, to: f64) -> Option<Fired> {
    let ends = phases_end(context.run)?;
    let (off, planned, says, direction) = if from > ends {
        (from - ends, ends, "the phases end after", LONGER)
    } else {
        let planned = last_planned(context.run)?;
        let says = "by the phases users come until";
        (planned - to, planned, says, SHORTER)
    };
    if !is_off(context, off, planned) {
        return None;
    }
    let message = format!(
        "The last users arrived between {} and {}, and {says} {}: at least {} ({}) {direction}.",
        number::seconds(from),
        number::seconds(to),
        number::seconds(planned),
        number::seconds(off),
        number::percent(off / planned),
    );
    let evidence = Evidence::new()
        .with("last_arrival_from", from, Unit::Seconds)
        .with("last_arrival_to", to, Unit::Seconds)
        .with("planned", planned, Unit::Seconds);
    Some(fired(message, evidence))
}

/// The moment after which one more user arrives by the phases; `None` where they do not tell.
///
/// With `a` arrivals per second at the start of a phase of `d` seconds and `b` at its end, the last `x` of them hold
/// `b x + (a - b) x^2 / 2d`; that is one for `x = 2 / (b + sqrt(b^2 + 2 (a - b) / d))`.
fn last_planned(run: &Run) -> Option<f64> {
    let is_load = |phase: &&Phase| {
        let none = |rate: Option<PerSecond>| rate == Some(PerSecond(0.0));
        phase.duration.0 > 0.0 && !(none(phase.rate_from) && none(phase.rate_to))
    };
    let phase = declared(run).filter(is_load).last()?;
    let length = phase.duration.0;
    let (from, to) = (phase.rate_from?.0, phase.rate_to?.0);
    let alone = 2.0 / (to + (to * to + 2.0 * (from - to) / length).sqrt());
    // A phase that holds less than one arrival has no such moment.
    (alone <= length).then_some(phase.start.0 + length - alone)
}

fn is_off(context: &RunContext, off: f64, planned: f64) -> bool {
    planned > 0.0 && off > SECONDS && off > context.limit * planned
}

fn fired(message: String, evidence: Evidence) -> Fired {
    Fired::new(Effect::Warn, message, evidence)
        .on(MetricId::Plain("duration"))
        .hint("Look why the run ended when it did; correct the plan if it was as meant.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Seconds, Slice};
    use crate::rules::testing::{ask, ask_of, counts, ramp, run, scenario};

    /// A run of windows of ten seconds with so many arrivals each, and phases that start with it: length, rate from, rate to.
    fn arriving(counts: &[u64], phases: &[(f64, f64, f64)]) -> Run {
        let mut run = run(counts_of(counts), 10.0 * counts.len() as f64);
        for (place, arrivals) in counts.iter().enumerate() {
            run.timeline.push(Slice {
                latency_window: None,
                completed: None,
                start: Seconds(10.0 * place as f64),
                duration: Seconds(10.0),
                users: None,
                arrivals: Some(*arrivals),
                stats: crate::model::Stats::default(),
                endpoints: Vec::new(),
            });
        }
        let mut start = 0.0;
        for (length, from, to) in phases {
            run.load.phases.push(Phase {
                users_from: None,
                users_to: None,
                rate_from: Some(PerSecond(*from)),
                rate_to: Some(PerSecond(*to)),
                ..ramp(start, *length)
            });
            start += length;
        }
        run
    }

    fn counts_of(arrivals: &[u64]) -> crate::model::Stats {
        counts(arrivals.iter().sum(), 0)
    }

    #[test]
    fn a_last_arrival_anywhere_in_its_window_is_no_delay() {
        // Artillery 1.7.9, samples/artillery/v1.7.9/hardwork-steps.json: 620 users planned and 620 came, the last 18 in the
        // window that begins with the end of the phases, and requests went on for 50 s.
        let windows = [9, 10, 19, 19, 38, 40, 76, 81, 150, 160, 18, 0, 0, 0, 0];
        let steps = [1.0, 2.0, 4.0, 8.0, 16.0].map(|rate| (20.0, rate, rate));
        assert!(ask(&RULE, &arriving(&windows, &steps)).is_empty());
        // The window begins 5 s after the end, which is let pass; 6 s are not.
        let level = |length| vec![(length, 1.0, 1.0)];
        assert!(ask(&RULE, &arriving(&[10, 10, 2], &level(15.0))).is_empty());
        let fired = ask(&RULE, &arriving(&[10, 10, 2], &level(14.0)));
        assert_eq!(
            fired[0].message,
            "The last users arrived between 20 s and 30 s, and the phases end after 14 s: at least 6 s (42.86 %) longer."
        );
    }

    #[test]
    fn arrivals_that_end_early_fire_by_the_end_of_their_window() {
        let early = |phases: &[_]| ask(&RULE, &arriving(&[10, 10, 10, 0, 0], phases));
        assert_eq!(
            early(&[(50.0, 1.0, 1.0)])[0].message,
            "The last users arrived between 20 s and 30 s, and by the phases users come until 49 s: at least 19 s (38.78 %) shorter."
        );
        // One in 20 s: the next one was to come after 30 s, and may have come late in the window.
        assert!(early(&[(50.0, 0.05, 0.05)]).is_empty());
        // A pause at the end has no arrivals, and a rate that falls to nothing has its last one early:
        // the last sqrt(2 * 20 / 0.1) = 20 s hold one.
        assert!(early(&[(30.0, 1.0, 1.0), (60.0, 0.0, 0.0)]).is_empty());
        assert!(early(&[(30.0, 1.0, 1.0), (20.0, 0.1, 0.0)]).is_empty());
        assert_eq!(early(&[(30.0, 1.0, 1.0), (20.0, 1.0, 0.0)]).len(), 1);
    }

    #[test]
    fn rates_that_are_not_known_plan_no_last_arrival() {
        let mut given = arriving(&[10, 0, 0], &[(60.0, 1.0, 1.0)]);
        assert_eq!(ask(&RULE, &given).len(), 1);
        given.load.phases[0].rate_to = None;
        assert!(ask(&RULE, &given).is_empty());
        given.load.phases_recovered = true;
        given.load.phases[0].rate_to = Some(PerSecond(1.0));
        assert!(ask(&RULE, &given).is_empty());
    }

    #[test]
    fn half_of_the_declared_time_fires() {
        let mut declared = scenario("search", 12);
        declared.load.duration = Some(Seconds(300.0));
        let fired = ask_of(&RULE, &run(counts(100, 0), 60.0), &declared);
        assert_eq!(
            fired[0].message,
            "The run lasted 60 s, and the scenario \"search\" (knee.toml:12) declares 5 min: 4 min (80 %) shorter."
        );
        assert_eq!(fired[0].effect, Effect::Warn);
    }

    #[test]
    fn phases_are_the_plan_where_none_is_declared() {
        let mut given = run(counts(480, 0), 120.0);
        given.load.phases = vec![ramp(0.0, 20.0), ramp(20.0, 40.0)];
        assert_eq!(
            ask(&RULE, &given)[0].message,
            "The run lasted 2 min, and the phases end after 60 s: 60 s (100 %) longer."
        );
        given.note("trim", "10 s are left out", 1);
        assert!(ask(&RULE, &given).is_empty());
    }

    #[test]
    fn a_few_seconds_or_per_cent_or_no_plan_are_silent() {
        let mut declared = scenario("search", 12);
        let given = |seconds| run(counts(100, 0), seconds);
        assert!(ask_of(&RULE, &given(60.0), &declared).is_empty());
        declared.load.duration = Some(Seconds(60.0));
        assert!(ask_of(&RULE, &given(64.9), &declared).is_empty());
        assert_eq!(ask_of(&RULE, &given(65.1), &declared).len(), 1);
        declared.load.duration = Some(Seconds(600.0));
        assert!(ask_of(&RULE, &given(571.0), &declared).is_empty());
        let mut unknown = given(60.0);
        unknown.duration = None;
        assert!(ask_of(&RULE, &unknown, &declared).is_empty());
    }
}
