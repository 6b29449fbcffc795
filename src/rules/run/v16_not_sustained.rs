//! V16: a rate that was not held over every half minute of the steady phase.

use crate::load::steady::{steady_rate, sustained_rate};
use crate::model::{Bound, Expectation, MetricId, Target, Unit};
use crate::normalize::Pattern;
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::{Asks, Fired, Rule, RunContext};
use crate::text::number;

/// Standard deviations of a count that chance is given: the lowest of many windows is low.
const CHANCE: f64 = 4.0;

/// Seconds of a window.
const WINDOW: f64 = 30.0;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V16,
    effects: "note",
    limit: Some((0.1, "share by which the lowest 30 s may miss the rate")),
    text: "\
Asks whether the rate of the run was held.
Fires when the lowest 30 s window of the steady phase misses its average, or the rate that a target demands, by
more than 10 % and by more than chance (4 standard deviations of its count). Targets on sustained_rate speak for themselves.
Example: \"88-104 requests/s sustained\" beside an average of 88.8/s: most of the time it was below.
A target on `rate` is met by an average; `sustained_rate` asks for every half minute.
Parked: no real run has made it fire, so it is asked only where `[rules] severity` gives it an effect, such as { V16 = \"warn\" }.
What to do: look at the timeline for the low stretch; state the lowest window, or demand `sustained_rate`.",
    asks: Asks::Run(ask),
};

/// A rate that should have been held, and who says so.
struct Wanted {
    rate: f64,
    who: String,
}

fn ask(context: &RunContext) -> Vec<Fired> {
    let run = context.run;
    let Some(lowest) = sustained_rate(run) else {
        return Vec::new();
    };
    let average = steady_rate(run).map(|steady| Wanted {
        rate: steady.rate,
        who: format!("the average of that phase, {}", number::rate(steady.rate)),
    });
    // A demand on the rate of the whole run says nothing of one level among several.
    let several = run.load.phases.len() > 1;
    let demanded = context
        .targets
        .iter()
        .filter(|target| !several && applies(target, &run.identity.scenario))
        .filter_map(demanded)
        .max_by(|a, b| a.rate.total_cmp(&b.rate));
    let missed = |wanted: &Wanted| {
        let expected = wanted.rate * WINDOW;
        let lacking = expected - lowest.rate * WINDOW;
        lacking > context.limit * expected && lacking > CHANCE * expected.sqrt()
    };
    let Some(wanted) = demanded.into_iter().chain(average).find(missed) else {
        return Vec::new();
    };
    let message = format!(
        "The lowest 30 s of the steady phase saw {}, {} below {}.",
        number::rate(lowest.rate),
        number::percent(1.0 - lowest.rate / wanted.rate),
        wanted.who,
    );
    let evidence = Evidence::new()
        .with("sustained_rate", lowest.rate, Unit::PerSecond)
        .count("requests", lowest.requests)
        .with("wanted", wanted.rate, Unit::PerSecond);
    vec![
        Fired::new(Effect::Note, message, evidence)
            .on(MetricId::Plain("sustained_rate"))
            .hint("Look at the timeline for the low stretch; a target on `sustained_rate` judges every half minute."),
    ]
}

fn applies(target: &Target, scenario: &str) -> bool {
    let whole = target.endpoint.is_none() && target.group.is_none();
    let mine = target
        .scenario
        .as_deref()
        .is_none_or(|glob| Pattern::new(glob).matches(scenario));
    whole && mine && target.phase.is_none()
}

/// The least rate that a target asks of the average.
fn demanded(target: &Target) -> Option<Wanted> {
    let Expectation::Figure {
        metric: MetricId::Plain("rate"),
        sum: false,
        at: None,
        up_to: None,
        loads: None,
        bound,
    } = &target.expect
    else {
        return None;
    };
    let rate = match *bound {
        Bound::Limit(operator, limit) if !operator.wants_less() => limit,
        Bound::Range(low, _) => low,
        Bound::Limit(..) => return None,
    };
    Some(Wanted {
        rate,
        who: format!("the demand {} ({})", target.expect_text, target.origin),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Decide, Operator, Origin, Run};
    use crate::rules::testing::{ask, ask_with, counts, run, slice};

    /// Slices of 10 s with these requests.
    fn counted(requests: &[u64]) -> Run {
        let mut run = run(
            counts(requests.iter().sum(), 0),
            10.0 * requests.len() as f64,
        );
        run.timeline = requests
            .iter()
            .enumerate()
            .map(|(place, requests)| slice(10.0 * place as f64, 10.0, *requests, 20.0))
            .collect();
        run
    }

    fn rate_above(limit: f64) -> Target {
        Target {
            name: None,
            scenario: None,
            endpoint: None,
            group: None,
            phase: None,
            expect: Expectation::Figure {
                metric: MetricId::Plain("rate"),
                sum: false,
                at: None,
                bound: Bound::Limit(Operator::Greater, limit),
                up_to: None,
                loads: None,
            },
            expect_text: format!("rate > {limit}/s"),
            warn: None,
            warn_text: None,
            optional: false,
            decide: Decide::Value,
            origin: Origin::Flag,
        }
    }

    #[test]
    fn a_low_half_minute_inside_a_steady_phase_fires() {
        // 12 windows: 9 of 1,000 and 3 of 800 are 950 on average, 95/s; the low ones hold 80/s.
        let mut requests = [1000; 12];
        requests[5..8].fill(800);
        let fired = ask(&RULE, &counted(&requests));
        assert_eq!(
            fired[0].message,
            "The lowest 30 s of the steady phase saw 80/s, 15.79 % below the average of that phase, 95/s."
        );
    }

    #[test]
    fn an_even_rate_and_a_few_requests_are_silent() {
        assert!(ask(&RULE, &counted(&[1000; 12])).is_empty());
        // 30 requests in 30 s are 26 or fewer every fifth time.
        assert!(ask(&RULE, &counted(&[10, 10, 10, 8, 9, 8, 10, 10, 10, 10])).is_empty());
    }

    #[test]
    fn a_demand_that_the_average_meets_and_a_half_minute_does_not() {
        let mut requests = [1000; 12];
        requests[5..8].fill(890);
        let given = counted(&requests);
        assert!(ask(&RULE, &given).is_empty());
        let fired = ask_with(&RULE, &given, &[rate_above(99.0)], &[]);
        assert_eq!(
            fired[0].message,
            "The lowest 30 s of the steady phase saw 89/s, 10.1 % below the demand rate > 99/s (--target)."
        );
    }
}
