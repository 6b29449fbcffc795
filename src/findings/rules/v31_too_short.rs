//! V31: too short, or too few requests, to claim stability or capacity.

use crate::findings::evidence::Evidence;
use crate::findings::rules::{Asks, Fired, Rule, RunContext};
use crate::findings::steady::{Level, Steadiness, steadiness};
use crate::findings::verdict::Effect;
use crate::model::{MetricId, Unit};
use crate::text::number;

/// Fewest requests of a run that says anything about stability.
const REQUESTS: u64 = 1000;

pub(super) const RULE: Rule = Rule {
    id: "V31",
    name: "too-short",
    effects: "warn",
    limit: Some((30.0, "shortest steady phase in seconds")),
    text: "\
Asks whether the run is long enough to speak about stability or capacity.
Fires when the steady phase is shorter than 30 s, or when there are fewer than 1,000 requests.
Of a run with several load levels the longest one is asked; where no steady phase is found, the whole run is taken for
it; 1 % less than 30 s is tolerated.
Example: 5 sequential requests, or 100 requests at 50/s: over in two seconds, before a pool is full or a collector runs.
What to do: run for minutes at the level that is claimed; take such a run as a smoke test.",
    asks: Asks::Run(ask),
};

fn ask(context: &RunContext) -> Vec<Fired> {
    question(context).into_iter().collect()
}

fn question(context: &RunContext) -> Option<Fired> {
    let run = context.run;
    let whole = run.duration.map(|duration| duration.0);
    let found = steadiness(run);
    let length = match &found {
        Steadiness::Phase(start, end) => Some(end - start),
        Steadiness::Levels(levels) => levels.iter().map(Level::length).reduce(f64::max),
        _ => whole,
    };
    let requests = run.overall.requests;
    // A run planned for 30 s has its last event a little earlier.
    let is_short = length.is_some_and(|length| length < 0.99 * context.limit);
    let are_few = requests.is_some_and(|requests| requests < REQUESTS);
    if !is_short && !are_few {
        return None;
    }
    let is_part = length
        .zip(whole)
        .is_some_and(|(length, whole)| length < whole - 0.05);
    let mut evidence = Evidence::new();
    let mut fact = String::new();
    if let Some(length) = length {
        let (what, id) = match &found {
            Steadiness::Levels(levels) => (
                format!(
                    "The longest of {}",
                    number::plural(levels.len() as u64, "load level")
                ),
                "longest_level",
            ),
            _ if is_part => ("The steady phase".to_owned(), "steady_phase"),
            _ => ("The run".to_owned(), "duration"),
        };
        evidence = evidence.with(id, length, Unit::Seconds);
        fact = format!("{what} lasts {}", number::seconds(length));
    }
    if let Some(requests) = requests {
        evidence = evidence.count("requests", requests);
        let joined = if is_part {
            ", and the run has"
        } else if fact.is_empty() {
            "The run has"
        } else {
            " and has"
        };
        let requests = number::plural(requests, "request");
        fact = format!("{fact}{joined} {requests}");
    }
    let message = format!(
        "{fact}; a claim of stability or capacity takes at least {} and {}.",
        number::seconds(context.limit),
        number::plural(REQUESTS, "request"),
    );
    Some(
        Fired::new(Effect::Warn, message, evidence)
            .on(MetricId::Plain("duration"))
            .hint("Run longer at the same load; take this run as a smoke test."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::rules::testing::{ask, counts, hardwork_1, ramp, run};
    use crate::model::{Run, Stats};

    #[test]
    fn a_minute_of_480_requests_is_too_few() {
        let fired = ask(&RULE, &hardwork_1());
        assert_eq!(fired.len(), 1);
        assert_eq!(
            fired[0].message,
            "The run lasts 60 s and has 480 requests; a claim of stability or capacity takes at least 30 s and 1,000 requests."
        );
    }

    #[test]
    fn only_the_steady_phase_counts() {
        let mut given = run(counts(5000, 0), 60.0);
        assert!(ask(&RULE, &given).is_empty());
        assert!(ask(&RULE, &run(counts(5000, 0), 29.9)).is_empty());
        assert_eq!(ask(&RULE, &run(counts(5000, 0), 29.6)).len(), 1);
        given.load.phases.push(ramp(0.0, 40.0));
        let fired = ask(&RULE, &given);
        assert!(
            fired[0]
                .message
                .starts_with("The steady phase lasts 20 s, and the run has 5,000 requests;"),
            "{}",
            fired[0].message
        );
    }

    #[test]
    fn what_is_not_known_is_not_short() {
        let mut given: Run = run(Stats::default(), 60.0);
        given.duration = None;
        assert!(ask(&RULE, &given).is_empty());
        given.overall.requests = Some(100);
        assert!(
            ask(&RULE, &given)[0]
                .message
                .starts_with("The run has 100 requests;")
        );
    }
}
