//! V12: figures that no set of requests can have.

use std::fmt;

use crate::model::{Latency, Millis, PerSecond, Percentile, QuantileMethod, Run, Seconds, Stats};
use crate::normalize::trim::is_trimmed;
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::rules::{Asks, Fired, Rule, RunContext};
use crate::text::number;
use crate::text::phrase::quoted;

/// Contradictions that a message tells.
const TOLD: usize = 3;

/// Share of a count that a rate may miss it by: figures of a file are rounded.
const OFF: f64 = 0.01;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V12,
    effects: "invalid",
    limit: None,
    text: "\
Asks whether the figures can belong to one set of requests at all.
Fires when min lies above a percentile, percentiles fall, one lies above max, or the mean is outside min and max;
when a figure is negative or not a number; when figures stand beside a count of 0; when failures, responses or measured times outnumber requests;
when a rate misses its own counts over the duration of the run by more than 1 %, or sessions end that never started.
Twice the input's resolution is allowed: a sketch may print a p99 of 6,064.7 ms beside a max of 6,043 ms.
Example: \"p95 2 s, p99 300 ms\" is a mixed-up unit or column, and every sentence built on it would be wrong.
What to do: check how the file was made, or the mapping of its columns and units. The run is invalid until then.",
    asks: Asks::Run(ask),
};

fn ask(context: &RunContext) -> Vec<Fired> {
    let run = context.run;
    // Answers are measured when they arrive: inside borders that were cut later there may be more of them than requests.
    let trimmed = is_trimmed(run);
    let mut told = of_stats(&run.overall, run.duration, trimmed);
    if run.duration.is_some_and(|d| !d.0.is_finite() || d.0 < 0.0) {
        told.push("the duration is negative or not a number".to_owned());
    }
    told.extend(of_sessions(run).filter(|_| !trimmed));
    told.extend(of_windows(run));
    let overall = told.len();
    for endpoint in &run.endpoints {
        let of_endpoint = of_stats(&endpoint.stats, run.duration, trimmed);
        if !of_endpoint.is_empty() {
            let place = quoted(&endpoint.label());
            let named = of_endpoint.into_iter();
            told.extend(named.map(|what| format!("{place}: {what}")));
        }
    }
    if told.is_empty() {
        return Vec::new();
    }
    let all = told.len();
    told.truncate(TOLD);
    let more = match all - told.len() {
        0 => String::new(),
        more => format!("; and {} more", number::count(more as u64)),
    };
    let message = format!(
        "The figures contradict one another: {}{more}.",
        told.join("; ")
    );
    let evidence = Evidence::new()
        .count("contradictions", all as u64)
        .count("contradictions_overall", overall as u64);
    let hint = if has_negative_latency(run) {
        "A time that runs backwards is the likely cause: the clock of the load generator stepped back while requests were under way. \
         Run again with its clock left alone (time synchronisation slews, or is off), or with a tool that takes a monotonic clock."
    } else {
        "Check how the file was made and, where columns are mapped, their names and units."
    };
    vec![Fired::new(Effect::Invalid, message, evidence).hint(hint)]
}

fn has_negative_latency(run: &Run) -> bool {
    let stats = run.endpoints.iter().map(|endpoint| &endpoint.stats);
    let mut latencies = stats
        .chain([&run.overall])
        .flat_map(|stats| [&stats.latency, &stats.latency_ok, &stats.latency_failed]);
    latencies.any(|latency| {
        let least = latency.as_ref().and_then(|latency| latency.min);
        least.is_some_and(|least| least.0 < 0.0)
    })
}

/// More ends than starts.
fn of_sessions(run: &Run) -> Option<String> {
    let sessions = run.sessions.as_ref()?;
    let started = sessions.started?;
    let ended = sessions
        .completed
        .unwrap_or(0)
        .saturating_add(sessions.failed.unwrap_or(0));
    (ended > started).then(|| {
        format!(
            "{} ended of {} started",
            number::plural(ended, "session"),
            number::count(started),
        )
    })
}

/// Windows whose rate is not that of their requests, or that hold more successes than the run.
fn of_windows(run: &Run) -> Option<String> {
    let all = run.overall.successes();
    let wrong = run.timeline.iter().filter(|slice| {
        let stats = &slice.stats;
        let rate = contradicts("rate", stats.rate, stats.requests, Some(slice.duration));
        let goodput = stats.goodput.map_or(0.0, |rate| rate.0 * slice.duration.0);
        rate.is_some() || all.is_some_and(|all| goodput > all as f64 * (1.0 + OFF) + 0.5)
    });
    let count = wrong.count() as u64;
    (count > 0).then(|| {
        format!(
            "the rate of {} is not that of its requests",
            number::plural(count, "window")
        )
    })
}

/// A rate that is not its count over the time; `None` where one of them is not known.
fn contradicts(
    name: &str,
    rate: Option<PerSecond>,
    count: Option<u64>,
    time: Option<Seconds>,
) -> Option<String> {
    let (rate, count, time) = (rate?.0, count?, time.filter(|time| time.0 > 0.0)?.0);
    let off = (rate * time - count as f64).abs();
    (off > OFF * count as f64 + 0.5).then(|| {
        format!(
            "a {name} of {} over {}, and {} counted",
            number::rate(rate),
            number::seconds(time),
            number::count(count),
        )
    })
}

fn of_stats(stats: &Stats, duration: Option<Seconds>, trimmed: bool) -> Vec<String> {
    let mut told = Vec::new();
    if let Some(requests) = stats.requests {
        let failed = stats
            .failures
            .map(|failures| failures + stats.expected_failures.unwrap_or(0));
        for (name, part) in [("failures", failed), ("responses", stats.responses)] {
            if let Some(part) = part.filter(|part| *part > requests) {
                told.push(format!(
                    "{} {name} of {}",
                    number::count(part),
                    number::plural(requests, "request"),
                ));
            }
        }
    }
    told.extend(contradicts("rate", stats.rate, stats.requests, duration));
    told.extend(contradicts(
        "goodput",
        stats.goodput,
        stats.successes(),
        duration,
    ));
    if let (Some(rate), Some(goodput)) = (stats.rate, stats.goodput)
        && goodput.0 > rate.0 * (1.0 + OFF)
        && told.is_empty()
    {
        told.push(format!(
            "{} succeeded of {}",
            number::rate(goodput.0),
            number::rate(rate.0)
        ));
    }
    for rate in [stats.rate, stats.goodput].into_iter().flatten() {
        if !rate.0.is_finite() || rate.0 < 0.0 {
            told.push("a rate is negative or not a number".to_owned());
        }
    }
    for (name, latency) in [
        ("", &stats.latency),
        (" of successes", &stats.latency_ok),
        (" of failures", &stats.latency_failed),
    ] {
        if let Some(latency) = latency {
            // Fewer are no contradiction: a request without an answer has no time.
            if let Some(requests) = stats.requests.filter(|all| latency.count > *all)
                && !trimmed
            {
                told.push(format!(
                    "{} measured{name} of {}",
                    number::plural(latency.count, "time"),
                    number::plural(requests, "request"),
                ));
            }
            let found = of_latency(latency, stats.requests.is_some());
            told.extend(found.into_iter().map(|what| format!("{what}{name}")));
        }
    }
    told
}

/// What a figure is called; written only where it is told.
enum Name {
    Word(&'static str),
    At(Percentile),
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Name::Word(word) => f.write_str(word),
            Name::At(percentile) => percentile.fmt(f),
        }
    }
}

/// Without a number of requests, 0 samples are not counted ones.
fn of_latency(latency: &Latency, counted: bool) -> Vec<String> {
    let figure = |name, value: Option<Millis>| value.map(|v| (Name::Word(name), v.0));
    // Tools that keep buckets print a percentile of 0 where requests have no latency at all.
    let buckets = matches!(
        latency.quantile_method,
        QuantileMethod::Sketch | QuantileMethod::Bucketed
    );
    let percentiles: Vec<(Name, f64)> = latency
        .percentiles
        .iter()
        .filter(|(_, value)| !(buckets && value.0 == 0.0))
        .map(|(percentile, value)| (Name::At(*percentile), value.0))
        .collect();
    let (min, mean) = (figure("min", latency.min), figure("mean", latency.mean));
    let (max, stddev) = (figure("max", latency.max), figure("stddev", latency.stddev));

    let mut told = Vec::new();
    let singles = [&min, &mean, &max, &stddev].into_iter().flatten();
    for (name, value) in singles.chain(&percentiles) {
        if !value.is_finite() {
            told.push(format!("{name} is not a number"));
        } else if *value < 0.0 {
            told.push(format!("{name} is {}", number::millis(*value)));
        } else if counted && latency.count == 0 && *value > 0.0 {
            told.push(format!("{name} is {} of 0 samples", number::millis(*value)));
        }
    }
    if !told.is_empty() {
        return told;
    }
    let mut above = |low: Option<&(Name, f64)>, high: Option<&(Name, f64)>| {
        if let (Some((low_name, low)), Some((high_name, high))) = (low, high)
            && *low > high + latency.resolution.slack(Millis(low.max(*high)))
        {
            told.push(format!(
                "{low_name} {} lies above {high_name} {}",
                number::millis(*low),
                number::millis(*high),
            ));
        }
    };
    above(min.as_ref(), max.as_ref());
    above(min.as_ref(), mean.as_ref());
    above(mean.as_ref(), max.as_ref());
    above(min.as_ref(), percentiles.first());
    above(percentiles.last(), max.as_ref());
    for pair in percentiles.windows(2) {
        above(pair.first(), pair.last());
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Population, Resolution, ResolutionKind};
    use crate::rules::testing::{
        SKETCH, TWO_DIGITS, ask, counts, day_17, endpoint, hardwork_1, hardwork_2, hardwork_4,
        latency, run, search,
    };

    fn of(count: u64, resolution: Resolution, figures: &[(&str, f64)]) -> Run {
        let mut stats = counts(count, 0);
        let mut all = latency(Population::All, count, figures);
        all.resolution = resolution;
        stats.latency = Some(all);
        run(stats, 60.0)
    }

    fn message(run: &Run) -> String {
        let fired = ask(&RULE, run);
        assert_eq!(fired.len(), 1);
        assert_eq!(fired[0].effect, Effect::Invalid);
        fired[0].message.clone()
    }

    #[test]
    fn falling_percentiles_and_a_mean_outside_are_impossible() {
        let exact = Resolution {
            kind: ResolutionKind::Exact,
            ..Resolution::UNKNOWN
        };
        assert_eq!(
            message(&of(100, exact, &[("p95", 2000.0), ("p99", 300.0)])),
            "The figures contradict one another: p95 2,000 ms lies above p99 300 ms."
        );
        for wrong in [
            [("min", 10.0), ("p50", 9.0)],
            [("min", 10.0), ("mean", 9.0)],
            [("mean", 12.0), ("max", 11.0)],
            [("p50", 20.0), ("p95", 19.9)],
            [("p99", 12.0), ("max", 11.0)],
            [("min", -1.0), ("max", 3.0)],
            [("stddev", -1.0), ("max", 3.0)],
            [("mean", f64::NAN), ("max", 3.0)],
        ] {
            message(&of(100, exact, &wrong));
        }
        let mut given = of(0, exact, &[("p50", 3.0)]);
        assert!(message(&given).contains("p50 is 3 ms of 0 samples"));
        given.overall.requests = None;
        assert!(ask(&RULE, &given).is_empty(), "how many is not known");
    }

    #[test]
    fn more_failures_or_answers_than_requests_are_impossible() {
        let mut answers = counts(100, 0);
        answers.responses = Some(101);
        let mut given = run(answers, 60.0);
        given.endpoints.push(endpoint("GET", "/a", counts(10, 11)));
        assert_eq!(
            message(&given),
            "The figures contradict one another: 101 responses of 100 requests; \"GET /a\": 11 failures of 10 requests."
        );
    }

    #[test]
    fn what_real_tools_print_is_possible() {
        for given in [search(), hardwork_1(), hardwork_2(), hardwork_4(), day_17()] {
            assert!(ask(&RULE, &given).is_empty());
        }
        // An Artillery file with p99 above max and p50 above what min says.
        let figures = [
            ("min", 30.0),
            ("p50", 30.3),
            ("p99", 6064.7),
            ("max", 6043.0),
        ];
        assert!(ask(&RULE, &of(100, SKETCH, &figures)).is_empty());
        // A Locust file: buckets above 100 ms are 10 ms wide, so p99 may exceed max by half of one.
        let figures = [("min", 3.5), ("p50", 110.0), ("p99", 150.0), ("max", 145.2)];
        assert!(ask(&RULE, &of(100, TWO_DIGITS, &figures)).is_empty());
        // A Locust file with requests that have no response time.
        let mut none = of(
            172,
            TWO_DIGITS,
            &[("min", 3.56), ("p50", 0.0), ("p95", 9.0)],
        );
        none.overall.latency.as_mut().unwrap().quantile_method = QuantileMethod::Bucketed;
        assert!(ask(&RULE, &none).is_empty());
        assert!(ask(&RULE, &of(0, TWO_DIGITS, &[("min", 0.0)])).is_empty());
    }

    #[test]
    fn more_times_than_requests_are_impossible_and_fewer_are_not() {
        let times = |count| Some(latency(Population::All, count, &[("p50", 5.0)]));
        let mut given = run(counts(100, 10), 60.0);
        given.overall.latency = times(101);
        given.overall.latency_ok = times(90);
        given.overall.latency_failed = times(1000);
        let mut stats = counts(1, 0);
        stats.latency_ok = times(2);
        given.endpoints.push(endpoint("GET", "/a", stats));
        let fired = ask(&RULE, &given);
        assert_eq!(
            fired[0].message,
            "The figures contradict one another: 101 times measured of 100 requests; \
             1,000 times measured of failures of 100 requests; \
             \"GET /a\": 2 times measured of successes of 1 request."
        );
        given.endpoints.clear();
        given.overall.latency = times(99);
        given.overall.latency_failed = None;
        assert!(ask(&RULE, &given).is_empty());
        given.overall.latency = times(101);
        given.note("trim", "40 s of 60 s are kept", 1);
        assert!(ask(&RULE, &given).is_empty());
    }

    #[test]
    fn a_rate_that_its_own_counts_do_not_make_is_impossible() {
        let of = |rate: f64, goodput: f64| {
            let mut given = run(counts(770, 10), 30.0);
            given.overall.set_rates(given.duration);
            assert!(ask(&RULE, &given).is_empty());
            given.overall.rate = Some(PerSecond(rate));
            given.overall.goodput = Some(PerSecond(goodput));
            given
        };
        assert_eq!(
            message(&of(25.667, 1e9)),
            "The figures contradict one another: a goodput of 1,000,000,000/s over 30 s, and 760 counted."
        );
        message(&of(26.0, 25.3));
        assert!(ask(&RULE, &of(25.7, 25.3)).is_empty(), "rounded");
        // Without a time a success is still a request.
        let mut given = of(25.0, 26.0);
        given.duration = None;
        assert_eq!(
            message(&given),
            "The figures contradict one another: 26/s succeeded of 25/s."
        );
        given.overall = Stats::default();
        given.overall.goodput = Some(PerSecond(26.0));
        assert!(ask(&RULE, &given).is_empty(), "no count beside it");
        let mut given = run(counts(770, 10), 30.0);
        given.sessions = Some(crate::model::Sessions {
            started: Some(100),
            completed: Some(90),
            failed: Some(11),
            duration: None,
        });
        assert!(message(&given).contains("101 sessions ended of 100 started"));
    }

    #[test]
    fn a_window_is_asked_too() {
        let mut given = crate::rules::testing::sliced(&[10.0; 6]);
        assert!(ask(&RULE, &given).is_empty());
        let slice = &mut given.timeline[2];
        slice.stats.requests = Some(100);
        slice.stats.rate = Some(PerSecond(1e6));
        assert!(message(&given).contains("the rate of 1 window is not that of its requests"));
    }

    #[test]
    fn a_negative_latency_hints_at_the_clock() {
        let hint = |min: f64| {
            let of = of(
                900,
                SKETCH,
                &[("min", min), ("p50", 5.0), ("mean", 900.0), ("max", 20.0)],
            );
            ask(&RULE, &of)[0].hint.clone().unwrap()
        };
        assert!(hint(-725.0).contains("clock of the load generator stepped back"));
        assert!(hint(2.0).contains("names and units"));
    }
}
