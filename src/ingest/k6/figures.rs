//! Metrics of k6 to the figures of requests: of the whole run, of an endpoint.
//!
//! `http_req_failed` is true for a failure, so its `passes` are the failed requests. `http_req_duration` is sending, waiting and
//! receiving, without connecting and TLS, of every request: one without an answer stands in it with 0 ms. Percentiles are
//! interpolated between samples (k6: `TrendSink.P`). Writes no run.

use crate::ingest::IngestError;
use crate::ingest::error::Place;
use crate::ingest::json::Number;
use crate::ingest::k6::metric::Metric;
use crate::model::{
    ClockStart, ClockStop, Latency, Millis, Population, QuantileMethod, Resolution, ResolutionKind,
    Seconds, Stats,
};

/// Times are taken in nanoseconds and written with all their digits.
const EXACT: Resolution = Resolution {
    kind: ResolutionKind::Exact,
    relative: None,
    absolute: None,
};

/// A metric and its full name.
#[derive(Debug)]
pub(super) struct Named {
    /// As the file has it.
    pub name: String,
    /// Its figures.
    pub metric: Metric,
}

impl Named {
    /// A member that has to be a count.
    pub(super) fn count(
        &self,
        member: &str,
        number: Option<Number>,
        file: &str,
    ) -> Result<Option<u64>, IngestError> {
        number.unwrap_or_default().count().map_err(|error| {
            let path = format!("metrics.{}.{member}", self.name);
            IngestError::content(file, Place::Field(path), error.to_string())
        })
    }

    /// Samples of a counter or a trend.
    pub(super) fn samples(&self, file: &str) -> Result<Option<u64>, IngestError> {
        self.count("count", self.metric.count, file)
    }

    /// How often a rate was true and false.
    pub(super) fn sides(&self, file: &str) -> Result<(Option<u64>, Option<u64>), IngestError> {
        Ok((
            self.count("passes", self.metric.passes, file)?,
            self.count("fails", self.metric.fails, file)?,
        ))
    }
}

/// What k6 says of one set of requests.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// `http_reqs`
    pub requests: Option<Named>,
    /// `http_req_failed`
    pub failed: Option<Named>,
    /// `http_req_duration`
    pub all: Option<Named>,
    /// `http_req_duration{expected_response:true}`
    pub ok: Option<Named>,
    /// `http_req_duration{expected_response:false}`
    pub bad: Option<Named>,
}

/// Figures of requests, and what has to be said of them.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The figures, without rates.
    pub stats: Stats,
    /// Id and text.
    pub notes: Vec<(&'static str, String)>,
}

impl Parts {
    /// Where the metric belongs, if it is one of these.
    pub(super) fn slot(&mut self, base: &str, outcome: Option<bool>) -> Option<&mut Option<Named>> {
        match (base, outcome) {
            ("http_reqs", None) => Some(&mut self.requests),
            ("http_req_failed", None) => Some(&mut self.failed),
            ("http_req_duration", None) => Some(&mut self.all),
            ("http_req_duration", Some(true)) => Some(&mut self.ok),
            ("http_req_duration", Some(false)) => Some(&mut self.bad),
            _ => None,
        }
    }

    /// The figures of these requests.
    pub(super) fn found(
        &self,
        file: &str,
        duration: Option<Seconds>,
    ) -> Result<Found, IngestError> {
        let mut found = Found::default();
        let samples = |part: &Option<Named>| match part {
            Some(part) => part.samples(file),
            None => Ok(None),
        };
        let (failed, good) = match &self.failed {
            Some(rate) => rate.sides(file)?,
            None => (None, None),
        };
        let judged = failed
            .zip(good)
            .map(|(failed, good)| failed.saturating_add(good));
        let requests = samples(&self.requests)?.or(judged).or(samples(&self.all)?);
        let mut failures = failed;
        if let (None, Some(requests), Some(rate)) = (failed, requests, &self.failed) {
            failures = rate.metric.share().and_then(|share| whole(share, requests));
            if failures.is_some() {
                let text = "the number of failures is the share of `http_req_failed` x requests";
                found.notes.push(("failures-derived", text.to_owned()));
            }
        }
        if let (Some(judged), Some(requests)) = (judged, requests)
            && judged != requests
        {
            let text = format!(
                "`http_req_failed` was measured for {judged} of {requests} requests; the others count as successes"
            );
            found.notes.push(("failures-of-some", text));
        }
        let successes = requests
            .zip(failures)
            .map(|(all, bad)| all.saturating_sub(bad));
        let stats = &mut found.stats;
        stats.requests = requests;
        stats.failures = failures;
        for (part, population, counted, slot) in [
            (&self.all, Population::All, requests, &mut stats.latency),
            (&self.ok, Population::Ok, successes, &mut stats.latency_ok),
            (
                &self.bad,
                Population::Failed,
                failures,
                &mut stats.latency_failed,
            ),
        ] {
            let Some(part) = part else { continue };
            let count = part.samples(file)?.or(counted);
            if part.metric.is_all_zero() || count == Some(0) {
                // Of nothing, or of requests without an answer only.
                let what = if count == Some(0) {
                    "holds no request"
                } else {
                    "has 0 for every figure, so it holds no request that got an answer and is left out"
                };
                let text = format!("`{}` {what}; a threshold on it says nothing", part.name);
                found.notes.push(("no-samples", text));
            } else {
                *slot = Some(request_latency(&part.metric, population, count));
            }
        }
        let least = stats.latency.as_ref().and_then(|latency| latency.min);
        if failures.is_some_and(|failures| failures > 0) && least == Some(Millis(0.0)) {
            let text = "requests without an answer, such as refused connections, stand in `http_req_duration` with 0 ms";
            found.notes.push(("zero-latencies", text.to_owned()));
        }
        if let Some(rate) = self.requests.as_ref().and_then(|part| part.metric.rate) {
            stats.as_reported.insert("rate_per_s".to_owned(), rate);
        }
        stats.set_rates(duration);
        Ok(found)
    }
}

/// A share of requests where it makes a whole number of them.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to lie between 0 and the requests"
)]
fn whole(share: f64, requests: u64) -> Option<u64> {
    let exact = share * requests as f64;
    let near = exact.round();
    let fits = (0.0..=1.0).contains(&share) && (exact - near).abs() <= 1e-6 * near.max(1.0);
    fits.then_some(near as u64)
}

/// A distribution of times that the input says nothing else of. Without a number of samples the count is 0.
pub(super) fn distribution(metric: &Metric, population: Population, count: Option<u64>) -> Latency {
    Latency {
        min: metric.min.map(Millis),
        mean: metric.avg.map(Millis),
        max: metric.max.map(Millis),
        percentiles: metric.percentiles.clone(),
        quantile_method: QuantileMethod::Interpolated,
        ..Latency::of(population, count.unwrap_or(0))
    }
}

fn request_latency(metric: &Metric, population: Population, count: Option<u64>) -> Latency {
    Latency {
        from: ClockStart::Send,
        to: ClockStop::LastByte,
        resolution: EXACT,
        ..distribution(metric, population, count)
    }
}
