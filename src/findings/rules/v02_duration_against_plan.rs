//! V02: the run lasted longer or shorter than planned.

use crate::findings::evidence::Evidence;
use crate::findings::rules::shared::{is_trimmed, quoted};
use crate::findings::rules::{Asks, Fired, Rule, RunContext};
use crate::findings::verdict::Effect;
use crate::model::{MetricId, Run, Unit};
use crate::text::number;

/// The first and the last answer are never quite at the ends.
const SECONDS: f64 = 5.0;

pub(super) const RULE: Rule = Rule {
    id: "V02",
    name: "duration-against-plan",
    effects: "warn",
    limit: Some((0.05, "share of the planned time by which the run may be off")),
    text: "\
Asks whether the run lasted as long as it was meant to.
Fires when the first and the last event lie more than 5 % and more than 5 s further apart, or closer together, than the
declared `duration` of the scenario in `knee.toml`, else than the phases of the input. Trimmed runs are not asked.
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
    // Phases that were taken from the arrivals are no plan.
    let declared = !run.load.phases_recovered;
    let ends = run.load.phases.iter().filter(|_| declared);
    ends.map(|phase| phase.start.0 + phase.duration.0)
        .reduce(f64::max)
}

fn ask(context: &RunContext) -> Vec<Fired> {
    question(context).into_iter().collect()
}

fn question(context: &RunContext) -> Option<Fired> {
    let run = context.run;
    if is_trimmed(run) {
        return None;
    }
    let (planned, says) = planned(context)?;
    let by_phases = context
        .scenario
        .is_none_or(|scenario| scenario.load.duration.is_none());
    // Phases say when users arrive, and sessions go on after the last one arrived.
    let arrivals = run
        .timeline
        .iter()
        .rev()
        .find(|slice| slice.arrivals > Some(0));
    let last_arrival = arrivals.map(|slice| slice.start.0 + slice.duration.0);
    let lasted = last_arrival
        .filter(|_| by_phases)
        .unwrap_or(run.duration?.0);
    let off = (lasted - planned).abs();
    if planned <= 0.0 || off <= SECONDS || off <= context.limit * planned {
        return None;
    }
    let direction = if lasted > planned {
        "longer"
    } else {
        "shorter"
    };
    let what = if last_arrival.is_some() && by_phases {
        "Users arrived for"
    } else {
        "The run lasted"
    };
    let message = format!(
        "{what} {}, and {says} {}: {} ({}) {direction}.",
        number::seconds(lasted),
        number::seconds(planned),
        number::seconds(off),
        number::percent(off / planned),
    );
    let evidence = Evidence::new()
        .with("duration", lasted, Unit::Seconds)
        .with("planned", planned, Unit::Seconds);
    Some(
        Fired::new(Effect::Warn, message, evidence)
            .on(MetricId::Plain("duration"))
            .hint("Look why the run ended when it did; correct the plan if it was as meant."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::rules::testing::{ask, ask_of, counts, ramp, run, scenario};
    use crate::model::Seconds;

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
