//! V22: two sides that were not run alike.

mod load;
mod mix;

use std::collections::BTreeSet;

use crate::figures::side::{Allow, Apart, ERRORS, by_endpoint, whole};
use crate::model::{IdentitySource, MetricId, Run, Unit};
use crate::report::Effect;
use crate::report::Evidence;
use crate::report::RuleId;
use crate::report::comparison::Unlike;
use crate::rules::{Asks, Fired, Options, PairContext, Rule};
use crate::text::number;
use crate::text::phrase::{first_of, listed, quoted};

/// Names in a message.
const NAMED: usize = 3;

pub(in crate::rules) const RULE: Rule = Rule {
    id: RuleId::V22,
    effects: "uncomparable / warn",
    limit: Some((0.05, "share by which the offered load of the sides may differ")),
    text: "\
Asks whether both sides are runs of one test. Uncomparable when scenario, tool, load model, environment or phases differ
where both sides give them, the offered rate or users by > 5 %, or the mix: one endpoint > 5 points off and chi-squared
p < 0.01, < 95 % of a side's requests at endpoints that both have (these are judged, the whole run is not), or none in
common. Another length (> 20 %) warns where both sides have rates. Error rates are always judged: unlike sides show a rise
as suspect, from 10 points on as a regression; where the mix alone differs, slower endpoints are suspect too. Where failures stand inside the latency and rates lie > 1 point apart (from
5 failures) it is not judged. `--allow environment` makes that difference a warning; `--allow error_rate` judges all the same.
Example: \"10x faster\" than a p95 of 20 ms, by a run of which 88.5 % were rejected within a millisecond.
What to do: run the same scenario at the same load on the same machine; compare what changed in the system alone.",
    asks: Asks::Pair(ask),
};

/// What the sides differ in so that they are not comparable; and whether both were asked for as many requests a second.
pub(crate) fn unlikeness(
    base: &[&Run],
    new: &[&Run],
    (allow, accepted): (Allow, bool),
    options: &Options,
) -> (Vec<Unlike>, bool) {
    let limit = options.limit_of(RULE.id).unwrap_or_default();
    let context = PairContext {
        scenario: "",
        base,
        new,
        allow,
        accepted,
        limit,
    };
    let found = differences(&context).into_iter();
    let stops = found.filter(|(_, fired)| fired.effect == Effect::Uncomparable);
    let kinds = stops.map(|(unlike, _)| unlike).collect();
    (kinds, load::is_offered_alike(base, new, limit))
}

fn ask(context: &PairContext) -> Vec<Fired> {
    let found = differences(context).into_iter().map(|(_, fired)| fired);
    found.chain(errors(context)).collect()
}

fn differences(context: &PairContext) -> Vec<(Unlike, Fired)> {
    let (base, new) = (context.base, context.new);
    if base.is_empty() || new.is_empty() {
        let alone = alone(context).map(|found| (Unlike::Test, found));
        return alone.into_iter().collect();
    }
    let mut fired = Vec::new();
    fired.extend(words(
        context,
        "the scenario",
        scenario,
        Effect::Uncomparable,
        "Compare runs of one scenario; `--label scenario=NAME` says which one a run is of.",
    ));
    fired.extend(words(
        context,
        "the tool",
        |run| Some(run.source.tool.clone()),
        Effect::Uncomparable,
        "Tools measure a request differently: run both sides with the same one.",
    ));
    let models = words(
        context,
        "the load model",
        |run| Some(run.load.model?.to_string()),
        Effect::Uncomparable,
        "An open load goes on when the system slows down, a closed one waits: run both sides with the same one.",
    );
    let same_model = models.is_none();
    fired.extend(models);
    let (effect, hint) = if context.allow.environment {
        (
            Effect::Warn,
            "The difference is allowed; what is found may be of the environment and not of the change.",
        )
    } else {
        (
            Effect::Uncomparable,
            "Run both sides in one environment, or pass `--allow environment`.",
        )
    };
    let environment = |run: &Run| run.identity.environment.clone();
    fired.extend(words(context, "the environment", environment, effect, hint));
    fired.extend(load::duration(base, new));
    if same_model {
        fired.extend(load::offered(base, new, context.limit));
    }
    fired.extend(load::phases(base, new, context.limit));
    let mut fired: Vec<(Unlike, Fired)> = fired
        .into_iter()
        .map(|found| (Unlike::Test, found))
        .collect();
    fired.extend(mix::differs(base, new));
    fired
}

/// A scenario that only one side was run of.
fn alone(context: &PairContext) -> Option<Fired> {
    let (base, new) = (context.base.len() as u64, context.new.len() as u64);
    let (side, runs) = match (base, new) {
        (0, 0) => return None,
        (0, runs) => ("new side", runs),
        (runs, _) => ("base", runs),
    };
    let message = format!(
        "The scenario {} has {} in the {side} and none on the other: there is nothing to compare it with.",
        quoted(context.scenario),
        number::plural(runs, "run"),
    );
    let evidence = Evidence::new()
        .count("base_runs", base)
        .count("new_runs", new);
    Some(Fired::new(Effect::Uncomparable, message, evidence).hint(
        "Give runs of it on both sides; `--label scenario=NAME` says which scenario a run is of.",
    ))
}

/// The scenario's name, where somebody gave one.
fn scenario(run: &Run) -> Option<String> {
    let name = &run.identity.scenario;
    let given = match run.identity_from.get("scenario") {
        Some(source) => *source != IdentitySource::Default,
        None => name != "default",
    };
    given.then(|| name.clone())
}

/// A difference in what the runs say of themselves in words; what a side does not say differs from nothing.
fn words(
    context: &PairContext,
    what: &str,
    read: impl Fn(&Run) -> Option<String>,
    effect: Effect,
    hint: &str,
) -> Option<Fired> {
    let of = |runs: &[&Run]| -> BTreeSet<String> { runs.iter().filter_map(|r| read(r)).collect() };
    let (base, new) = (of(context.base), of(context.new));
    if base.is_empty() || new.is_empty() || base == new {
        return None;
    }
    let named = |all: &BTreeSet<String>| {
        let all: Vec<String> = all.iter().map(|name| quoted(name)).collect();
        first_of(&all, NAMED)
    };
    let end = match effect {
        Effect::Warn => "the difference is allowed",
        _ => "the sides are not comparable",
    };
    let message = format!(
        "{} of the base is {}, that of the new side {}: {end}.",
        capital(what),
        named(&base),
        named(&new),
    );
    let evidence = Evidence::new()
        .count("base_runs", context.base.len() as u64)
        .count("new_runs", context.new.len() as u64);
    Some(Fired::new(effect, message, evidence).hint(hint))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

fn errors(context: &PairContext) -> Option<Fired> {
    let whole = Apart::of(&whole(context.base), &whole(context.new));
    let (base, new) = (by_endpoint(context.base), by_endpoint(context.new));
    let mut parts: Vec<(String, Apart)> = base
        .into_iter()
        .filter_map(|(label, stats)| {
            let apart = Apart::of(&stats, new.get(&label)?)?;
            Some((label, apart))
        })
        .collect();
    let size = |apart: &Apart| (apart.new - apart.base).abs();
    parts.sort_by(|a, b| size(&b.1).total_cmp(&size(&a.1)));
    let most = whole.as_ref().or(parts.first().map(|(_, apart)| apart))?;
    let evidence = Evidence::new()
        .with("base_error_rate", most.base, Unit::Ratio)
        .with("new_error_rate", most.new, Unit::Ratio)
        .count("endpoints_apart", parts.len() as u64);
    let named: Vec<String> = parts
        .iter()
        .map(|(label, apart)| format!("{} ({})", quoted(label), apart.in_words()))
        .collect();
    let fact = match &whole {
        Some(apart) => format!(
            "The error rates lie {} apart: {}",
            number::points(size(apart)),
            apart.in_words()
        ),
        None => format!(
            "The error rates of {} lie more than {} apart: {}",
            number::plural(parts.len() as u64, "endpoint"),
            number::points(ERRORS),
            first_of(&named, NAMED)
        ),
    };
    let end = if context.allow.error_rate {
        "it is judged all the same, because the difference is allowed"
    } else {
        "it is not judged there, the error rate is"
    };
    let message = format!(
        "{fact}. The latency mixes failures and successes that the input does not separate; {end}."
    );
    let fired = Fired::new(Effect::Warn, message, evidence)
        .on(MetricId::Plain("error_rate"))
        .hint("Mend the failures, or use an output that keeps successes apart, such as a log of single requests.");
    let only = match (&whole, parts.as_slice()) {
        (None, [(label, _)]) => Some(label.clone()),
        _ => None,
    };
    Some(match only {
        Some(label) => fired.at(label),
        None => fired,
    })
}

/// A finding of figures that lie apart, with both of them as evidence.
fn unlike(message: String, base: f64, new: f64, unit: Unit) -> Fired {
    let evidence = Evidence::new()
        .with("base", base, unit)
        .with("new", new, unit);
    Fired::new(Effect::Uncomparable, message, evidence)
}

/// `5/s of the base, 10/s of the new side`.
fn both(base: f64, new: f64, write: fn(f64) -> String) -> String {
    listed(&[
        format!("{} of the base", write(base)),
        format!("{} of the new side", write(new)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::side::Allow;
    use crate::figures::side::mixes_failures;
    use crate::model::Population;
    use crate::model::{LoadModel, PerSecond, Phase, Seconds, Sessions};
    use crate::rules::testing::{
        ask_pair, ask_pair_allowing, counts, day_17, endpoint, hardwork_1, hardwork_4, latency,
        ramp, run, search, slice,
    };

    fn fired(base: &Run, new: &Run) -> Vec<Fired> {
        ask_pair(&RULE, &[base], &[new])
    }

    fn only(base: &Run, new: &Run) -> Fired {
        let mut fired = fired(base, new);
        assert_eq!(fired.len(), 1, "{fired:?}");
        fired.remove(0)
    }

    fn closed(users: f64, requests: u64, seconds: f64) -> Run {
        let mut given = run(counts(requests, 0), seconds);
        given.load.model = Some(LoadModel::Closed);
        given.load.users_max = Some(users);
        given
    }

    fn open(started: u64, seconds: f64) -> Run {
        let mut given = run(counts(1000, 0), seconds);
        given.load.model = Some(LoadModel::Open);
        given.load.arrival_rate = PerSecond::of(started, Seconds(seconds));
        given.sessions = Some(Sessions {
            started: Some(started),
            ..Sessions::default()
        });
        given
    }

    #[test]
    fn document_000_compares_two_scenarios() {
        let (mut base, mut new) = (search(), hardwork_1());
        assert!(fired(&base, &new).is_empty(), "nobody said the scenario");
        base.identity.scenario = "perf-shot-search".to_owned();
        assert!(fired(&base, &new).is_empty(), "one side says nothing");
        new.identity.scenario = "perf-shot-hardwork".to_owned();
        let found = only(&base, &new);
        assert_eq!(found.effect, Effect::Uncomparable);
        assert_eq!(
            found.message,
            "The scenario of the base is \"perf-shot-search\", that of the new side \"perf-shot-hardwork\": \
             the sides are not comparable."
        );
        let mut later = hardwork_4();
        later.identity.scenario = "perf-shot-hardwork".to_owned();
        assert!(fired(&new, &later).is_empty());
    }

    #[test]
    fn a_scenario_of_one_side_has_nothing_to_be_compared_with() {
        let mut given = search();
        given.identity.scenario = "search".to_owned();
        let found = ask_pair(&RULE, &[], &[&given, &given]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].effect, Effect::Uncomparable);
        assert_eq!(
            found[0].message,
            "The scenario \"search\" has 2 runs in the new side and none on the other: there is nothing to compare it with."
        );
        assert!(
            ask_pair(&RULE, &[&given], &[])[0]
                .message
                .contains("1 run in the base and")
        );
    }

    #[test]
    fn document_002_is_ten_times_faster_because_it_was_rejected() {
        // The baseline: 24.94 requests per second, p95 20 ms, p99 31 ms; here with no failures.
        let mut stats = counts(4489, 0);
        let figures = [("p95", 20.0), ("p99", 31.0)];
        stats.latency = Some(latency(Population::All, 4489, &figures));
        let mut base = run(stats, 180.0);
        let new = day_17();
        let found = only(&base, &new);
        assert_eq!(found.effect, Effect::Warn);
        assert_eq!(
            found.message,
            "The error rates lie 88.54 points apart: 0 % of the base, 88.54 % of the new side. The latency mixes failures \
             and successes that the input does not separate; it is not judged there, the error rate is."
        );
        assert_eq!(found.evidence.get("base_error_rate"), Some(0.0));
        let share = found.evidence.get("new_error_rate").unwrap();
        assert!((share - 14_090.0 / 15_914.0).abs() < 1e-12);

        let allow = Allow {
            error_rate: true,
            environment: false,
        };
        let allowed = ask_pair_allowing(&RULE, &[&base], &[&new], allow);
        assert_eq!(allowed[0].effect, Effect::Warn);
        assert!(allowed[0].message.contains("judged all the same"));

        base.overall.failures = Some(3950);
        assert!(fired(&base, &new).is_empty(), "87.99 % and 88.54 %");
    }

    #[test]
    fn error_rates_apart_are_no_matter_where_successes_are_separated() {
        let of = |failures, population| {
            let mut stats = counts(1000, failures);
            stats.latency = Some(latency(population, 1000, &[("p50", 5.0)]));
            run(stats, 60.0)
        };
        let base = of(0, Population::Ok);
        assert!(fired(&base, &of(300, Population::Ok)).is_empty());
        assert_eq!(fired(&base, &of(11, Population::All)).len(), 1);
        assert!(fired(&base, &of(10, Population::All)).is_empty());
        let mut unanswered = of(300, Population::Answered);
        unanswered.overall.responses = Some(700);
        assert!(fired(&base, &unanswered).is_empty());
        unanswered.overall.responses = Some(701);
        assert_eq!(fired(&base, &unanswered).len(), 1);
    }

    #[test]
    fn one_endpoint_alone_may_lie_apart() {
        let of = |failures| {
            let mut given = run(counts(100_000, failures), 60.0);
            let mut stats = counts(100, failures);
            stats.latency = Some(latency(Population::All, 100, &[("p50", 5.0)]));
            given.endpoints.push(endpoint("GET", "/a", stats));
            given
        };
        let found = only(&of(1), &of(9));
        assert_eq!(found.endpoint.as_deref(), Some("GET /a"));
        assert!(
            found.message.starts_with(
                "The error rates of 1 endpoint lie more than 1 point apart: \"GET /a\" (1 % of the base, 9 % of the new side)."
            ),
            "{}",
            found.message
        );
        assert!(
            fired(&of(0), &of(4)).is_empty(),
            "4 of 100 may be an accident"
        );
        assert_eq!(fired(&of(0), &of(5)).len(), 1);
    }

    #[test]
    fn what_the_comparison_asks_is_what_the_finding_says() {
        let (base, new) = (search(), day_17());
        assert!(mixes_failures(&[&base.overall], &[&new.overall]));
        assert!(!mixes_failures(&[&base.overall], &[&base.overall]));
    }

    #[test]
    fn tool_load_model_and_environment_are_compared_where_both_are_known() {
        let base = closed(50.0, 9000, 60.0);
        let mut new = base.clone();
        new.source.tool = "k6".to_owned();
        assert!(
            only(&base, &new)
                .message
                .starts_with("The tool of the base is \"test\", that of")
        );

        let mut new = base.clone();
        new.load.model = Some(LoadModel::Open);
        assert!(
            only(&base, &new)
                .message
                .starts_with("The load model of the base is \"closed\"")
        );
        new.load.model = None;
        assert!(fired(&base, &new).is_empty());

        let mut left = base.clone();
        let mut right = base.clone();
        left.identity.environment = Some("laptop".to_owned());
        assert!(fired(&left, &right).is_empty());
        right.identity.environment = Some("ci".to_owned());
        let found = only(&left, &right);
        assert_eq!(found.effect, Effect::Uncomparable);
        assert!(found.message.ends_with("the sides are not comparable."));
        let allow = Allow {
            error_rate: false,
            environment: true,
        };
        let allowed = ask_pair_allowing(&RULE, &[&left], &[&right], allow);
        assert_eq!(allowed[0].effect, Effect::Warn);
        assert!(allowed[0].message.ends_with("the difference is allowed."));
    }

    #[test]
    fn lengths_are_compared_by_the_medians_of_the_sides() {
        let of = |seconds: f64| run(counts(1000, 0), seconds);
        let sides = |base: [f64; 3], new: f64| {
            let base = base.map(of);
            ask_pair(&RULE, &base.each_ref(), &[&of(new)])
        };
        assert!(sides([60.0, 61.0, 600.0], 72.0).is_empty());
        let found = sides([60.0, 60.0, 600.0], 73.0);
        assert_eq!(
            found[0].message,
            "The runs last times that differ by more than 20 %, 60 s of the base and 73 s of the new side: what is compared are \
             rates and shares, and no counts."
        );
        assert_eq!(found[0].effect, Effect::Warn);
        assert_eq!(found[0].evidence.get("base"), Some(60.0));
        assert_eq!(found[0].evidence.get("new"), Some(73.0));
        assert_eq!(fired(&of(73.0), &of(60.0)).len(), 1);
        // Without a rate nothing can be said of runs of other lengths.
        let mut uncounted = of(73.0);
        (uncounted.overall.rate, uncounted.overall.goodput) = (None, None);
        assert_eq!(only(&of(60.0), &uncounted).effect, Effect::Uncomparable);
    }

    #[test]
    fn a_fixed_number_of_iterations_that_takes_longer_is_comparable() {
        let base = closed(10.0, 10_000, 60.0);
        assert!(fired(&base, &closed(10.0, 10_000, 90.0)).is_empty());
        assert_eq!(fired(&base, &closed(10.0, 15_000, 90.0)).len(), 1);
    }

    #[test]
    fn users_are_the_load_of_a_closed_run() {
        let base = closed(50.0, 9000, 60.0);
        assert!(fired(&base, &closed(52.0, 9000, 60.0)).is_empty());
        let found = only(&base, &closed(53.0, 9000, 60.0));
        assert_eq!(
            found.message,
            "The most users at one time differ by more than 5 %, 50 of the base and 53 of the new side: the sides are not \
             comparable."
        );
        assert_eq!(found.metric, Some(MetricId::Plain("users")));
    }

    #[test]
    fn arrivals_are_the_load_of_an_open_run() {
        let base = open(600, 60.0);
        let mut slow = base.clone();
        // Users pile up: that is an outcome.
        slow.load.users_max = Some(500.0);
        assert!(fired(&base, &slow).is_empty());
        // The last users waited ten seconds for an answer.
        assert!(fired(&base, &open(600, 70.0)).is_empty());
        let found = only(&base, &open(700, 60.0));
        assert!(
            found
                .message
                .contains("10/s of the base and 11.7/s of the new side"),
            "{}",
            found.message
        );
        let mut offered = base.clone();
        let mut more = open(700, 60.0);
        offered.load.offered = Some(PerSecond(100.0));
        more.load.offered = Some(PerSecond(104.0));
        assert!(fired(&offered, &more).is_empty());
        more.load.offered = Some(PerSecond(106.0));
        assert!(
            only(&offered, &more)
                .message
                .starts_with("The offered rates differ")
        );
    }

    #[test]
    fn an_open_run_that_waits_for_its_last_answers_is_comparable() {
        let of = |windows: u32, started, seconds| {
            let mut given = open(started, seconds);
            given.timeline = (0..windows)
                .map(|place| slice(10.0 * f64::from(place), 10.0, 100, 5.0))
                .collect();
            for slice in &mut given.timeline {
                slice.arrivals = Some(100);
            }
            given
        };
        let base = of(6, 600, 60.0);
        assert!(fired(&base, &of(6, 600, 90.0)).is_empty());
        // The clock cuts twenty seconds into two slices or into three.
        assert!(fired(&of(2, 200, 20.0), &of(3, 200, 35.0)).is_empty());
        // As many users, at half the rate.
        let found = only(&base, &of(12, 600, 120.0));
        assert!(
            found
                .message
                .contains("60 s of the base and 2 min of the new side"),
            "{}",
            found.message
        );
        // The same rate for longer.
        assert_eq!(fired(&of(2, 200, 20.0), &of(3, 300, 30.0)).len(), 1);
        // Nothing says when they arrived.
        assert_eq!(fired(&open(600, 60.0), &open(600, 90.0)).len(), 1);
    }

    #[test]
    fn phases_are_compared_where_both_declare_them() {
        let with = |phases: Vec<Phase>| {
            let mut given = run(counts(1000, 0), 60.0);
            given.load.phases = phases;
            given
        };
        let one = with(vec![ramp(0.0, 60.0)]);
        assert!(fired(&one, &one).is_empty());
        assert!(fired(&one, &with(Vec::new())).is_empty());
        let two = with(vec![ramp(0.0, 30.0), ramp(30.0, 30.0)]);
        assert!(
            only(&one, &two)
                .message
                .starts_with("The base declares 1 phase of load, the new side 2:")
        );
        let mut steeper = one.clone();
        steeper.load.phases[0].users_to = Some(60.0);
        assert!(
            only(&one, &steeper).message.starts_with(
                "The declared numbers of users of phase 1 differ by more than 5 %, 50 of the base and 60 of the new side"
            )
        );
        steeper.load.phases_recovered = true;
        assert!(fired(&one, &steeper).is_empty());
    }

    fn mixed(parts: &[(&str, u64)]) -> Run {
        let mut given = run(counts(parts.iter().map(|(_, n)| n).sum(), 0), 60.0);
        for (name, n) in parts {
            given.endpoints.push(endpoint("GET", name, counts(*n, 0)));
        }
        given
    }

    #[test]
    fn another_mix_of_endpoints_is_another_test() {
        let base = mixed(&[("/a", 500), ("/b", 500)]);
        let found = only(&base, &mixed(&[("/a", 600), ("/b", 400), ("/new", 20)]));
        // Shares of 1,020 requests: one that is not on both sides counts.
        assert_eq!(
            found.message,
            "The mix of requests differs, \"GET /b\" 50 % of the base and 39.22 % of the new side and \"GET /a\" 50 % of the \
             base and 58.82 % of the new side: the sides are not comparable."
        );
        let found = only(&base, &mixed(&[("/a", 600), ("/b", 400)]));
        // X2 of two by two: n (ad - bc)^2 over the product of the margins.
        let by_hand = 2000.0 * (500.0 * 400.0 - 500.0 * 600.0_f64).powi(2)
            / (1000.0 * 1000.0 * 1100.0 * 900.0);
        assert!((found.evidence.get("chi_squared").unwrap() - by_hand).abs() < 1e-9);
        assert_eq!(found.evidence.get("new"), Some(0.6));
    }

    fn kinds(base: &Run, new: &Run) -> Vec<Unlike> {
        let allowed = (Allow::default(), false);
        unlikeness(&[base], &[new], allowed, &Options::default()).0
    }

    #[test]
    fn what_only_one_side_asks_for_leaves_the_whole_incomparable() {
        let base = mixed(&[("/a", 500), ("/b", 500)]);
        let half = mixed(&[("/a", 500), ("/c", 500)]);
        let found = only(&base, &half);
        assert_eq!(found.effect, Effect::Uncomparable);
        assert_eq!(
            found.message,
            "Only 1 of 3 endpoints has requests on both sides, with 50 % of the requests of the base and 50 % of the new \
             side: all requests together are not comparable."
        );
        assert!(found.hint.unwrap().contains("[[rename]]"));
        assert_eq!(kinds(&base, &half), [Unlike::Endpoints]);
        // 5 % of one side are others, or a little more.
        let few = |others| mixed(&[("/a", 475), ("/b", 475), ("/c", others)]);
        assert!(fired(&base, &few(50)).is_empty());
        assert_eq!(kinds(&base, &few(51)), [Unlike::Endpoints]);
        assert_eq!(kinds(&few(51), &base), [Unlike::Endpoints]);
        // Many that are few each.
        let names: Vec<String> = (0..90).map(|n| format!("/c/{n}")).collect();
        let mut parts: Vec<(&str, u64)> = names.iter().map(|name| (name.as_str(), 1)).collect();
        parts.extend([("/a", 455), ("/b", 455)]);
        assert_eq!(kinds(&base, &mixed(&parts)), [Unlike::Endpoints]);
        // What is left in common may have other weights too.
        let both = mixed(&[("/a", 600), ("/b", 400), ("/c", 5_000)]);
        assert_eq!(kinds(&base, &both), [Unlike::Endpoints, Unlike::Mix]);
    }

    #[test]
    fn sides_without_a_common_endpoint_are_not_comparable() {
        let (base, mut new) = (mixed(&[("/x", 500)]), mixed(&[("/y", 500)]));
        let found = only(&base, &new);
        assert_eq!(
            found.message,
            "No endpoint has requests on both sides: the base has \"GET /x\", the new side \"GET /y\". The sides are not \
             comparable."
        );
        // An endpoint without requests is none.
        new.endpoints.extend(mixed(&[("/x", 0)]).endpoints);
        assert_eq!(kinds(&base, &new), [Unlike::Endpoints]);
        // Endpoints that are not counted have names all the same.
        new.endpoints.pop();
        new.endpoints[0].stats.requests = None;
        assert_eq!(kinds(&base, &new), [Unlike::Endpoints]);
        // A side that names no endpoint, or only some, has none that are missing.
        new.note(crate::model::Note::SOME_ENDPOINTS, "some", 1);
        assert!(fired(&base, &new).is_empty());
        let mut unnamed = run(counts(500, 0), 60.0);
        unnamed.endpoints.clear();
        assert!(fired(&base, &unnamed).is_empty() && fired(&unnamed, &base).is_empty());
    }

    #[test]
    fn a_small_difference_of_many_and_a_great_one_of_few_are_the_same_mix() {
        let base = mixed(&[("/a", 500_000), ("/b", 500_000)]);
        assert!(fired(&base, &mixed(&[("/a", 540_000), ("/b", 460_000)])).is_empty());
        let few = mixed(&[("/a", 20), ("/b", 20)]);
        assert!(fired(&few, &mixed(&[("/a", 24), ("/b", 16)])).is_empty());
        let mut some = mixed(&[("/a", 600), ("/b", 400)]);
        some.note(crate::model::Note::SOME_ENDPOINTS, "overlap", 1);
        assert!(fired(&base, &some).is_empty());
    }

    #[test]
    fn a_run_beside_itself_is_like_itself() {
        for given in [search(), day_17(), hardwork_4(), open(600, 60.0)] {
            assert!(fired(&given, &given).is_empty());
        }
    }
}
