//! Counters and summaries of one period, sorted by what they mean, and the figures that follow from them.
//!
//! Percentiles are taken over as they are: a sketch's p99 may lie above the maximum. Sketches of two populations cannot be
//! merged, so the latency of the successes stands only where one summary holds exactly them.

use std::collections::BTreeMap;

use crate::ingest::artillery::balance::Balance;
use crate::ingest::artillery::names::{
    Counter, Namespaces, Stage, failed_answers, is_lost, stage, sum,
};
use crate::ingest::artillery::parse::{Period, Summary};
use crate::ingest::artillery::windows::Plan;
use crate::ingest::json::NotACount;
use crate::model::{
    ClockStart, ClockStop, Latency, Millis, Percentile, Population, QuantileMethod, Resolution,
    ResolutionKind, Seconds, Stats,
};

/// A counter that should hold a count and does not.
#[derive(Debug)]
pub(super) struct BadCounter {
    /// Its name.
    pub(super) name: String,
    /// What it holds.
    pub(super) problem: NotACount,
}

/// What one period counts.
#[derive(Debug, Default)]
pub(super) struct Tally<'p> {
    pub(super) requests: Option<u64>,
    pub(super) responses: Option<u64>,
    pub(super) bytes_received: Option<u64>,
    pub(super) codes: BTreeMap<String, u64>,
    pub(super) created: Option<u64>,
    pub(super) created_by_name: Vec<(&'p str, u64)>,
    pub(super) completed: Option<u64>,
    pub(super) failed: Option<u64>,
    pub(super) skipped: Option<u64>,
    pub(super) errors: BTreeMap<&'p str, u64>,
    pub(super) checks: BTreeMap<&'p str, (u64, u64)>,
    /// Sums over all checks: passed, failed.
    pub(super) all_checks: (u64, u64),
    pub(super) endpoints: BTreeMap<&'p str, EndpointTally<'p>>,
    /// Counters that mean something to the user only.
    pub(super) other: Vec<(&'p str, f64)>,
}

/// What one period counts of one endpoint.
#[derive(Debug, Default)]
pub(super) struct EndpointTally<'p> {
    pub(super) codes: BTreeMap<String, u64>,
    pub(super) errors: BTreeMap<&'p str, u64>,
    pub(super) summary: Option<Summary>,
}

impl<'p> Tally<'p> {
    /// Sorts the counters of a period. `keeps` says which endpoints are wanted.
    pub(super) fn of(
        period: &'p Period,
        spaces: &Namespaces,
        keeps: impl Fn(&str) -> bool,
    ) -> Result<Tally<'p>, BadCounter> {
        let mut tally = Tally::default();
        for (name, number) in &period.counters {
            let name: &'p str = name;
            let counter = spaces.counter(name);
            if counter == Counter::Other {
                if let Some(value) = number.value() {
                    tally.other.push((name, value));
                }
                continue;
            }
            let Some(count) = number.count().map_err(|problem| BadCounter {
                name: name.to_owned(),
                problem,
            })?
            else {
                continue;
            };
            match counter {
                Counter::Requests => tally.requests = Some(count),
                Counter::Responses => tally.responses = Some(count),
                Counter::BytesReceived => tally.bytes_received = Some(count),
                Counter::Code(code) => add(&mut tally.codes, code, count),
                Counter::Created => tally.created = Some(count),
                Counter::CreatedByName(scenario) => tally.created_by_name.push((scenario, count)),
                Counter::Completed => tally.completed = Some(count),
                Counter::Failed => tally.failed = Some(count),
                Counter::Skipped => tally.skipped = Some(count),
                Counter::Error(error) => {
                    tally.errors.insert(error, count);
                }
                Counter::CheckPassed(Some(check)) => {
                    tally.checks.entry(check).or_default().0 = count;
                }
                Counter::CheckFailed(Some(check)) => {
                    tally.checks.entry(check).or_default().1 = count;
                }
                Counter::CheckPassed(None) => tally.all_checks.0 = count,
                Counter::CheckFailed(None) => tally.all_checks.1 = count,
                Counter::EndpointCode(endpoint, code) => {
                    if keeps(endpoint) {
                        let endpoint = tally.endpoints.entry(endpoint).or_default();
                        add(&mut endpoint.codes, code, count);
                    }
                }
                Counter::EndpointError(endpoint, error) => {
                    if keeps(endpoint) {
                        let endpoint = tally.endpoints.entry(endpoint).or_default();
                        endpoint.errors.insert(error, count);
                    }
                }
                Counter::Other => {}
            }
        }
        for (name, summary) in &period.summaries {
            if let Some(endpoint) = spaces.endpoint_of_summary(name)
                && keeps(endpoint)
            {
                tally.endpoints.entry(endpoint).or_default().summary = Some(*summary);
            }
        }
        Ok(tally)
    }

    /// Whether any counter of the HTTP engine is there.
    pub(super) fn has_http(&self) -> bool {
        self.requests.is_some() || self.responses.is_some() || !self.codes.is_empty()
    }

    /// Requests without an answer. Holds for the whole run only: at the end of a window some are still on their way.
    pub(super) fn unanswered(&self) -> u64 {
        let requests = self.requests.unwrap_or(0);
        requests.saturating_sub(self.responses.unwrap_or(0))
    }

    /// What the errors of the whole run say about its requests.
    pub(super) fn balance(&self) -> Balance {
        let counts = (
            self.requests.unwrap_or(0),
            self.responses.unwrap_or(0),
            self.created,
        );
        Balance::of(counts, self.errors.iter().map(|(error, n)| (*error, *n)))
    }

    /// The sum of the errors that are wanted.
    fn errors(&self, wanted: impl Fn(&str) -> bool) -> u64 {
        sum(self.errors.iter().filter(|(error, _)| wanted(error)))
    }

    /// The figures of a window. A request may leave in one and fail in the next, so failures are counted where they are
    /// seen, and successes are answers.
    pub(super) fn window_stats(&self, period: &Period, plan: &Plan) -> Stats {
        let mut stats = self.stats(period, plan.http, None, Balance::default());
        let lost = self.errors(|error| is_lost(error, plan.balance.scripts_lost));
        let failures = failed_answers(&self.codes).saturating_add(lost);
        stats.failures = stats.failures.map(|_| failures);
        stats
    }

    /// Errors of the client, which may have come up before the request was counted.
    pub(super) fn client_errors(&self) -> u64 {
        self.errors(|error| stage(error) == Stage::Client)
    }

    /// The figures of all HTTP requests; nothing where the run makes none.
    pub(super) fn stats(
        &self,
        period: &Period,
        http: bool,
        duration: Option<Seconds>,
        balance: Balance,
    ) -> Stats {
        if !http {
            return Stats::default();
        }
        let failed_answers = failed_answers(&self.codes);
        let whole = period.summary("http.response_time");
        let requests = self.requests.unwrap_or(0).saturating_add(balance.before);
        let failures = failed_answers
            .saturating_add(self.unanswered())
            .saturating_add(balance.before)
            .saturating_add(balance.after);
        let mut stats = Stats {
            requests: Some(requests),
            responses: Some(self.responses.unwrap_or(0)),
            failures: Some(failures.min(requests.max(failed_answers))),
            bytes_received: self.bytes_received,
            codes: self.codes.clone(),
            latency: whole.and_then(|summary| latency(summary, Population::Answered)),
            ..Stats::default()
        };
        let of_class = |first: char| {
            let codes = self.codes.iter();
            sum(codes.filter(|(code, _)| class_of(code) == Some(first)))
        };
        let counts = ['2', '3', '4', '5'].map(of_class);
        let all_coded = sum(self.codes.iter()) >= self.responses.unwrap_or(0)
            && counts.iter().fold(0u64, |a, b| a.saturating_add(*b)) == sum(self.codes.iter());
        // An answer that failed all the same stands among the successes of every summary.
        if all_coded && balance.after == 0 {
            let class = |name| period.summary(name);
            let [n2, n3, n4, n5] = counts;
            // Exactly one summary holds exactly the wanted answers, or there is none.
            let ok = match (n2 > 0, n3 > 0, failed_answers > 0) {
                (true, _, false) | (_, true, false) => whole,
                (true, false, true) => class("http.response_time.2xx"),
                (false, true, true) => class("http.response_time.3xx"),
                _ => None,
            };
            let failed = match (n4 > 0, n5 > 0, n2 > 0 || n3 > 0) {
                (true, _, false) | (_, true, false) => whole,
                (true, false, true) => class("http.response_time.4xx"),
                (false, true, true) => class("http.response_time.5xx"),
                _ => None,
            };
            stats.latency_ok = ok.and_then(|summary| latency(summary, Population::Ok));
            stats.latency_failed = failed.and_then(|summary| latency(summary, Population::Failed));
        }
        stats.set_rates(duration);
        stats
    }
}

impl EndpointTally<'_> {
    /// Answers.
    fn responses(&self) -> u64 {
        sum(self.codes.iter())
    }

    /// Requests without an answer. A capture that failed is the session's failure: its request was answered.
    pub(super) fn unanswered(&self, balance: Balance) -> u64 {
        let errors = self.errors.iter();
        sum(errors.filter(|(error, _)| balance.counts(error)))
    }

    /// Requests: answers plus errors.
    pub(super) fn requests(&self, balance: Balance) -> u64 {
        self.responses().saturating_add(self.unanswered(balance))
    }

    /// Answers that failed all the same.
    fn broken(&self, balance: Balance) -> u64 {
        let is_broken = |error: &str| stage(error) == Stage::Client && !balance.counts(error);
        sum(self.errors.iter().filter(|(error, _)| is_broken(error)))
    }

    /// The figures of the endpoint.
    pub(super) fn stats(&self, duration: Option<Seconds>, balance: Balance) -> Stats {
        let failed_answers = failed_answers(&self.codes);
        let responses = self.responses();
        let counted = !self.codes.is_empty() || !self.errors.is_empty();
        let population = |of| {
            self.summary
                .as_ref()
                .and_then(|summary| latency(summary, of))
        };
        let (lost, broken) = (self.unanswered(balance), self.broken(balance));
        let failures = failed_answers.saturating_add(broken).min(responses);
        let mut stats = Stats {
            requests: counted.then(|| self.requests(balance)),
            responses: counted.then_some(responses),
            failures: counted.then(|| failures.saturating_add(lost)),
            codes: self.codes.clone(),
            latency: population(Population::Answered),
            ..Stats::default()
        };
        if responses > 0 && failures == 0 {
            stats.latency_ok = population(Population::Ok);
        } else if responses > 0 && failures == responses {
            stats.latency_failed = population(Population::Failed);
        }
        stats.set_rates(duration);
        stats
    }
}

fn class_of(code: &str) -> Option<char> {
    let first = code.chars().next()?;
    (code.len() == 3 && ('2'..='5').contains(&first)).then_some(first)
}

fn add(codes: &mut BTreeMap<String, u64>, code: &str, count: u64) {
    if let Some(sum) = codes.get_mut(code) {
        *sum = sum.saturating_add(count);
    } else {
        codes.insert(code.to_owned(), count);
    }
}

const PERCENTILES: [Percentile; 6] = [
    Percentile::P50,
    Percentile::P75,
    Percentile::P90,
    Percentile::P95,
    Percentile::P99,
    Percentile::P99_9,
];

/// A summary as a distribution; `None` without samples.
pub(super) fn distribution(summary: &Summary, population: Population) -> Option<Latency> {
    let count = summary.count.filter(|count| *count > 0)?;
    let quantiles = PERCENTILES.into_iter().zip(summary.quantiles);
    Some(Latency {
        min: summary.min.map(Millis),
        mean: summary.mean.map(Millis),
        max: summary.max.map(Millis),
        percentiles: quantiles
            .filter_map(|(percentile, value)| Some((percentile, Millis(value?))))
            .collect(),
        quantile_method: QuantileMethod::Sketch,
        resolution: Resolution {
            kind: ResolutionKind::Relative,
            relative: Some(0.01),
            absolute: None,
        },
        ..Latency::of(population, count)
    })
}

/// A distribution of response times: whole milliseconds from the request to the first byte of its answer.
pub(super) fn latency(summary: &Summary, population: Population) -> Option<Latency> {
    let mut latency = distribution(summary, population)?;
    latency.from = ClockStart::Send;
    latency.to = ClockStop::FirstByte;
    latency.resolution.absolute = Some(Millis(1.0));
    Some(latency)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::ingest::json::Number;

    fn period<'a>(counters: &[(&'a str, u64)], summaries: &[(&'a str, u64)]) -> Period<'a> {
        let summary = |count| Summary {
            count: Some(count),
            ..Summary::default()
        };
        Period {
            counters: counters
                .iter()
                .map(|(name, n)| (Cow::Borrowed(*name), Number::Whole(*n)))
                .collect(),
            summaries: summaries
                .iter()
                .map(|(name, n)| (Cow::Borrowed(*name), summary(*n)))
                .collect(),
            ..Period::default()
        }
    }

    fn stats(counters: &[(&str, u64)], summaries: &[(&str, u64)]) -> Stats {
        let period = period(counters, summaries);
        let spaces = Namespaces::of(&period);
        let tally = Tally::of(&period, &spaces, |_| true).unwrap();
        tally.stats(
            &period,
            tally.has_http(),
            Some(Seconds(10.0)),
            tally.balance(),
        )
    }

    fn count(latency: Option<&Latency>) -> Option<u64> {
        latency.map(|latency| latency.count)
    }

    #[test]
    fn redirects_are_successes_but_their_sketch_cannot_join_another() {
        let requests = [("http.requests", 10), ("http.responses", 10)];
        let all = [
            ("http.response_time", 10),
            ("http.response_time.2xx", 6),
            ("http.response_time.3xx", 4),
        ];
        let clean = [
            &requests[..],
            &[("http.codes.200", 6), ("http.codes.302", 4)],
        ]
        .concat();
        let found = stats(&clean, &all);
        assert_eq!(count(found.latency_ok.as_ref()), Some(10));
        assert_eq!(found.failures, Some(0));
        let mixed = [&clean[..], &[("http.codes.500", 1)]].concat();
        let found = stats(&mixed, &all);
        assert_eq!(found.latency_ok, None);
        assert_eq!(found.failures, Some(1));
    }

    #[test]
    fn failed_answers_have_a_latency_when_one_summary_holds_exactly_them() {
        let counters = [
            ("http.requests", 10),
            ("http.responses", 9),
            ("http.codes.200", 6),
            ("http.codes.404", 3),
        ];
        let all = [
            ("http.response_time", 9),
            ("http.response_time.2xx", 6),
            ("http.response_time.4xx", 3),
        ];
        let found = stats(&counters, &all);
        assert_eq!(count(found.latency.as_ref()), Some(9));
        assert_eq!(count(found.latency_ok.as_ref()), Some(6));
        assert_eq!(count(found.latency_failed.as_ref()), Some(3));
        assert_eq!(found.failures, Some(4));
        assert_eq!(found.goodput.map(|rate| rate.0), Some(0.6));
        let only_failures = [
            ("http.requests", 5),
            ("http.responses", 5),
            ("http.codes.404", 3),
            ("http.codes.500", 2),
        ];
        let found = stats(&only_failures, &[("http.response_time", 5)]);
        assert_eq!(found.latency_ok, None);
        assert_eq!(count(found.latency_failed.as_ref()), Some(5));
    }

    #[test]
    fn without_summaries_by_class_a_run_with_failures_has_no_latency_of_successes() {
        let counters = [
            ("http.requests", 10),
            ("http.responses", 10),
            ("http.codes.200", 9),
            ("http.codes.500", 1),
        ];
        let found = stats(&counters, &[("http.response_time", 10)]);
        assert_eq!(found.latency_ok, None);
        assert_eq!(found.latency_failed, None);
        let found = stats(&counters[..3], &[("http.response_time", 9)]);
        assert_eq!(
            count(found.latency_ok.as_ref()),
            None,
            "one answer has no code, so nobody knows whether it is a success"
        );
    }

    #[test]
    fn counts_at_the_end_of_the_range_do_not_wrap() {
        let found = stats(
            &[
                ("http.requests", u64::MAX),
                ("http.codes.500", u64::MAX),
                ("http.codes.503", u64::MAX),
            ],
            &[],
        );
        assert_eq!(found.failures, Some(u64::MAX));
    }

    #[test]
    fn a_count_that_is_none_is_an_error_and_a_users_own_figure_is_not() {
        let mut bad = period(&[("http.requests", 1)], &[]);
        bad.counters[0].1 = Number::Float(-3.0);
        let error = Tally::of(&bad, &Namespaces::default(), |_| true).unwrap_err();
        assert_eq!(error.name, "http.requests");
        bad.counters[0].0 = "stock".into();
        let tally = Tally::of(&bad, &Namespaces::default(), |_| true).unwrap();
        assert_eq!(tally.other, [("stock", -3.0)]);
    }
}
