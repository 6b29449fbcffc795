//! V27: users that should be waiting for answers were not.

use crate::load::little;
use crate::model::{LoadModel, MetricId, Unit};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::{Asks, Fired, Rule, RunContext};
use crate::text::number;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V27,
    effects: "note",
    limit: Some((0.7, "share of the users that wait for an answer, on average")),
    text: "\
Asks whether the users of a closed load without think time were busy. By Little's law X R of them wait for an answer.
Fires below 70 % of the users, all averaged over the whole run. Asked only where the load is known to be closed, users,
rate and the mean latency of all requests are known, and the input or the plan says that the think time is 0.
Example: 10 users, 125.43/s and a mean of 45.32 ms: 5.7 of 10 wait, and 220.7/s were possible at that latency.
Parked: no real run has made it fire, so it is asked only where `[rules] severity` gives it an effect, such as { V27 = \"warn\" }.
What to do: look at the generator (CPU, pacing, connection limits); declare the think time where there is one.",
    asks: Asks::Run(ask),
};

fn ask(context: &RunContext) -> Vec<Fired> {
    question(context).into_iter().collect()
}

fn question(context: &RunContext) -> Option<Fired> {
    let run = context.run;
    let load = context.scenario.map(|scenario| &scenario.load);
    let declared = load.and_then(|load| load.model);
    if run.load.model.or(declared) != Some(LoadModel::Closed) {
        return None;
    }
    // A think time that nobody names is not known to be none.
    let think = little::think_time(run, load)?;
    if think.to.0 > 0.0 {
        return None;
    }
    let found = little::measured(run)?;
    let share = found.waiting() / found.users;
    if share >= context.limit {
        return None;
    }
    let users = number::decimal(found.users, 1);
    let message = format!(
        "On average {} of {users} users waited for an answer ({} x {}), {}. Without think time all of them should: at this latency they can make {}.",
        number::decimal(found.waiting(), 1),
        number::rate(found.rate),
        number::millis(found.latency * 1000.0),
        number::percent(share),
        number::rate(found.users / found.latency),
    );
    let evidence = Evidence::new()
        .with("users", found.users, Unit::Count)
        .with("waiting", found.waiting(), Unit::Count)
        .with("rate", found.rate, Unit::PerSecond)
        .with("mean", found.latency * 1000.0, Unit::Millis)
        .with("share", share, Unit::Ratio);
    Some(
        Fired::new(Effect::Note, message, evidence)
            .on(MetricId::Plain("rate"))
            .hint("Look at the generator: its CPU, pacing and connection limits; declare a think time where there is one."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Population, Run, Seconds, ThinkTime};
    use crate::rules::testing::{ask, ask_of, counts, latency, run, scenario};

    /// Document 001: 10 users, 125.43 requests a second, mean 45.32 ms.
    fn upload() -> Run {
        let mut given = run(counts(12_543, 0), 100.0);
        let mean = latency(Population::All, 12_543, &[("mean", 45.32)]);
        given.overall.latency = Some(mean);
        given.load.users_max = Some(10.0);
        given.load.model = Some(LoadModel::Closed);
        given
    }

    fn no_think() -> ThinkTime {
        ThinkTime {
            from: Seconds(0.0),
            to: Seconds(0.0),
        }
    }

    #[test]
    fn document_001_leaves_four_of_ten_users_idle() {
        let mut given = upload();
        given.load.think_time = Some(no_think());
        let fired = ask(&RULE, &given);
        assert_eq!(
            fired[0].message,
            "On average 5.7 of 10 users waited for an answer (125/s x 45.3 ms), 56.84 %. \
             Without think time all of them should: at this latency they can make 221/s."
        );
        assert_eq!(fired[0].effect, Effect::Note);
    }

    #[test]
    fn the_plan_can_say_what_the_input_does_not() {
        let mut given = upload();
        given.load.model = None;
        let mut declared = scenario("upload", 3);
        assert!(ask_of(&RULE, &given, &declared).is_empty());
        declared.load.think_time = Some(no_think());
        assert!(ask_of(&RULE, &given, &declared).is_empty());
        declared.load.model = Some(LoadModel::Closed);
        assert_eq!(ask_of(&RULE, &given, &declared).len(), 1);
    }

    #[test]
    fn busy_open_unknown_and_thinking_users_are_silent() {
        assert!(
            ask(&RULE, &upload()).is_empty(),
            "the think time is unknown"
        );
        let mut given = upload();
        given.load.think_time = Some(no_think());
        given.load.users_max = Some(8.0);
        assert!(ask(&RULE, &given).is_empty(), "5.7 of 8 are 71 %");
        given.load.users_max = None;
        assert!(ask(&RULE, &given).is_empty());
        given = upload();
        given.load.think_time = Some(no_think());
        given.load.model = Some(LoadModel::Open);
        assert!(ask(&RULE, &given).is_empty());
        given = upload();
        given.load.think_time = Some(ThinkTime {
            from: Seconds(0.0),
            to: Seconds(0.1),
        });
        assert!(ask(&RULE, &given).is_empty());
        given.load.think_time = Some(no_think());
        given.overall.latency = None;
        assert!(ask(&RULE, &given).is_empty());
    }
}
