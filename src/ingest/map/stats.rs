//! The figures of one record in the words of the model, and what can be said of several together.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::ingest::map::target::Target;
use crate::ingest::map::value::{Value, whole};
use crate::model::{
    Latency, Millis, PerSecond, Population, PopulationName, Seconds, Statistic, Stats,
};

/// What a record says, by field.
pub(super) type Values = BTreeMap<Target, Value>;

fn count(values: &Values, name: &'static str) -> Option<u64> {
    match values.get(&Target::Plain(name)) {
        Some(Value::Count(count)) => Some(*count),
        _ => None,
    }
}

fn number(values: &Values, name: &'static str) -> Option<f64> {
    match values.get(&Target::Plain(name)) {
        Some(Value::Number(number)) => Some(*number),
        _ => None,
    }
}

/// How long it took, where the record says it.
pub(super) fn duration(values: &Values) -> Option<Seconds> {
    number(values, "duration").map(|millis| Millis(millis).to_seconds())
}

/// Figures of a record, and what has to be said of them.
pub(super) struct Found {
    /// The figures.
    pub(super) stats: Stats,
    /// Id and text.
    pub(super) notes: Vec<(&'static str, String)>,
}

/// The number of failures, where the record has a share of failures or of successes and no such number.
fn failures_by_share(
    values: &Values,
    requests: Option<u64>,
    notes: &mut Vec<(&'static str, String)>,
) -> Option<u64> {
    let failed = number(values, "error_rate").map(|share| (share, "`error_rate`"));
    let good = number(values, "success_rate");
    let good = good.map(|share| (1.0 - share, "(1 - `success_rate`)"));
    let (share, what) = failed.or(good)?;
    let failures = requests.and_then(|requests| share_of(share, requests));
    if failures.is_some() {
        let text = format!("the number of failures is {what} x requests, rounded");
        notes.push(("failures-derived", text));
    } else {
        let why = match requests {
            Some(_) => "the share is not from 0 to 1",
            None => "there is no number of requests",
        };
        let text = format!("{what} makes no number of failures: {why}");
        notes.push(("failures-unknown", text));
    }
    failures
}

/// A share of requests as a number of them. A share above 0 is of one at least: the input may have rounded it.
fn share_of(share: f64, requests: u64) -> Option<u64> {
    // A share in percent is not exactly a double.
    let exact = share * requests as f64;
    let least = if exact > 1e-6 { 1.0 } else { 0.0 };
    let fits = (-1e-9..=1.0 + 1e-9).contains(&share);
    let count = whole(exact.round().max(least)).filter(|_| fits)?;
    Some(count.min(requests))
}

/// Counts and latencies of a record.
pub(super) fn of(values: &Values, duration: Option<Seconds>) -> Found {
    let mut notes = Vec::new();
    let (ok, failed) = (count(values, "successes"), count(values, "failures"));
    let counted = count(values, "requests").or_else(|| ok?.checked_add(failed?));
    let rate = number(values, "rate");
    let made = |rate: f64, duration: Seconds| whole((rate * duration.0).round()).filter(|n| *n > 0);
    let derived = rate
        .zip(duration)
        .and_then(|(rate, duration)| made(rate, duration));
    let derived = derived.filter(|_| counted.is_none());
    if derived.is_some() {
        let text =
            "the number of requests is derived: rate x duration, rounded; the file holds no count";
        notes.push(("requests-derived", text.to_owned()));
    }
    let requests = counted.or(derived);
    let mut failures = failed.or_else(|| requests?.checked_sub(ok?));
    if failures.is_none() && ok.is_none() {
        failures = failures_by_share(values, requests, &mut notes);
    }
    let mut bytes = |name| {
        let amount = number(values, name)?;
        let held = whole(amount.round());
        if held.is_none() {
            let text = format!("amounts of `{name}` of 2^64 bytes or more are left out");
            notes.push(("bytes-left-out", text));
        }
        held
    };
    let (bytes_received, bytes_sent) = (bytes("bytes_received"), bytes("bytes_sent"));
    let mut stats = Stats {
        requests,
        failures,
        bytes_received,
        bytes_sent,
        ..Stats::default()
    };
    for (target, value) in values {
        if let (Target::Code(code), Value::Count(count @ 1..)) = (target, value) {
            stats.codes.insert(code.clone(), *count);
        }
    }
    let successes = stats.successes();
    // Whether failures are timed is not said; the smaller number of samples promises less.
    let answered = successes.or(requests).unwrap_or(0);
    stats.latency = latency(values, None, Population::Unknown, answered);
    let all = Some(PopulationName::All);
    let of_all = latency(values, all, Population::All, requests.unwrap_or(0));
    stats.latency = of_all.or(stats.latency);
    stats.latency_ok = latency(values, Some(PopulationName::Ok), Population::Ok, answered);
    stats.latency_failed = latency(
        values,
        Some(PopulationName::Failed),
        Population::Failed,
        failures.unwrap_or(0),
    );
    if failures == Some(0) && stats.latency_ok.is_none() {
        // Every request is a success, so every sample is one.
        stats.latency_ok = stats.latency.clone().map(|latency| Latency {
            population: Population::Ok,
            ..latency
        });
    }
    for (name, field) in [
        ("rate_per_s", "rate"),
        ("error_rate", "error_rate"),
        ("success_rate", "success_rate"),
    ] {
        if let Some(value) = number(values, field) {
            stats.as_reported.insert(name.to_owned(), value);
        }
    }
    stats.set_rates(duration);
    if let Some(rate) = rate.filter(|_| counted.is_none()) {
        given_rates(&mut stats, rate);
    }
    Found { stats, notes }
}

/// Where nothing is counted the rate is what the input gives, and that of successes follows from it and the share of failures.
fn given_rates(stats: &mut Stats, rate: f64) {
    let failed = stats.error_share();
    stats.rate = Some(PerSecond(rate));
    stats.goodput = failed.map(|failed| PerSecond(rate * (1.0 - failed)));
}

fn latency(
    values: &Values,
    name: Option<PopulationName>,
    population: Population,
    count: u64,
) -> Option<Latency> {
    let mut latency = Latency::of(population, count);
    let mut any = false;
    for (target, value) in values {
        let (Target::Latency(of, statistic), Value::Number(millis)) = (target, value) else {
            continue;
        };
        if *of != name {
            continue;
        }
        any = true;
        let millis = Millis(*millis);
        match statistic {
            Statistic::Min => latency.min = Some(millis),
            Statistic::Mean => latency.mean = Some(millis),
            Statistic::Stddev => latency.stddev = Some(millis),
            Statistic::Max => latency.max = Some(millis),
            Statistic::Quantile(percentile) => {
                latency.percentiles.insert(*percentile, millis);
            }
        }
    }
    any.then_some(latency)
}

/// When a run was.
#[derive(Debug, Default)]
pub(super) struct Span {
    pub(super) started: Option<Timestamp>,
    pub(super) ended: Option<Timestamp>,
    pub(super) duration: Option<Seconds>,
}

fn started(values: &Values) -> Option<i64> {
    match values.get(&Target::Plain("started")) {
        Some(Value::Instant(time)) => Some(*time),
        _ => None,
    }
}

/// From what the records and the document around them say: a duration that all agree on, or the time from the first start
/// to the last end where every record has both.
pub(super) fn span<'v>(records: impl Iterator<Item = &'v Values>, document: &Values) -> Span {
    let all: Vec<(Option<i64>, Option<Seconds>)> = records
        .map(|values| (started(values), duration(values)))
        .collect();
    let first = started(document).or_else(|| all.iter().filter_map(|(start, _)| *start).min());
    let durations: Vec<Seconds> = all.iter().filter_map(|(_, duration)| *duration).collect();
    let agreed = durations
        .first()
        .filter(|one| durations.iter().all(|other| other == *one))
        .copied();
    let spanned = || {
        let end = |(start, duration): &(Option<i64>, Option<Seconds>)| {
            Some((*start)? as f64 / 1e9 + (*duration)?.0)
        };
        let ends: Option<Vec<f64>> = all.iter().map(end).collect();
        let last = ends?.into_iter().reduce(f64::max)?;
        Some(Seconds(last - first? as f64 / 1e9))
    };
    let starts_differ = all
        .iter()
        .any(|(start, _)| start.is_some() && *start != first);
    let duration = duration(document).or_else(|| match agreed {
        Some(agreed) if !starts_differ => Some(agreed),
        _ => spanned(),
    });
    let stamp = |nanos: i128| Timestamp::from_nanosecond(nanos).ok();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a duration beyond what a time can hold gives no time"
    )]
    let end = |start: i64, duration: Seconds| i128::from(start) + (duration.0 * 1e9) as i128;
    Span {
        started: first.and_then(|first| stamp(i128::from(first))),
        ended: first
            .zip(duration)
            .and_then(|(first, duration)| stamp(end(first, duration))),
        duration,
    }
}

/// Counts, and of the latency what can be said: least, largest and weighted mean, each only where every part has it.
pub(super) fn together(parts: &[&Stats], duration: Option<Seconds>) -> Stats {
    let mut whole = Stats::sum(parts);
    let merged = |population, of: fn(&Stats) -> Option<&Latency>| {
        let parts: Option<Vec<&Latency>> = parts.iter().map(|stats| of(stats)).collect();
        Latency::together(&parts?, population)
    };
    whole.latency = merged(Population::Unknown, |stats| stats.latency.as_ref());
    whole.latency_ok = merged(Population::Ok, |stats| stats.latency_ok.as_ref());
    whole.set_rates(duration);
    whole
}
