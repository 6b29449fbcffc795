//! The aggregate to a run: identity, load, endpoints, errors, sessions, checks, and what the user made up.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::de::{MapAccess, SeqAccess};

use crate::ingest::IngestError;
use crate::ingest::artillery::balance::Balance;
use crate::ingest::artillery::document::Parts;
use crate::ingest::artillery::levels;
use crate::ingest::artillery::names::{
    Names, Namespaces, Stage, error_kind, failed_answers, is_error_code, is_failure, is_preview,
    released, stage,
};
use crate::ingest::artillery::parse::{Period, PeriodSeed};
use crate::ingest::artillery::tally::{BadCounter, Tally, distribution};
use crate::ingest::artillery::windows::{Measured, Plan, Windows, kept_endpoints, windows_of};
use crate::ingest::error::Place;
use crate::ingest::json::Filling;
use crate::model::{
    Check, CheckKind, Custom, CustomKind, Endpoint, ErrorCount, ErrorKind, IdentitySource, Latency,
    LoadModel, Millis, PerSecond, Population, Run, Seconds, Sessions,
};

/// Collects the parts of a document.
#[derive(Debug, Default)]
pub(super) struct Builder<'de> {
    aggregate: Option<(Period<'de>, Plan)>,
    windows: Windows,
    skipped: bool,
    duplicates: u64,
    /// The first counter that is none, with the member that holds it.
    problem: Option<(String, BadCounter)>,
}

impl<'de> Parts<'de> for Builder<'de> {
    fn aggregate<A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<(), A::Error> {
        let mut period = Period::default();
        map.next_value_seed(Filling(PeriodSeed(&mut period, None)))?;
        self.take_aggregate(period);
        Ok(())
    }

    fn windows<A: SeqAccess<'de>>(&mut self, mut windows: A) -> Result<(), A::Error> {
        let mut period = Period::default();
        while windows
            .next_element_seed(Filling(PeriodSeed(&mut period, self.plan())))?
            .is_some()
        {
            if let Some(plan) = self.plan() {
                let measured = plan.measure(&mut period);
                self.take(measured);
            }
            period.clear();
        }
        Ok(())
    }

    fn skips_windows(&mut self) -> bool {
        self.skipped = self.plan().is_none();
        self.skipped
    }
}

impl<'de> Builder<'de> {
    /// Takes in the sums of the run; only the first ones count.
    pub(super) fn take_aggregate(&mut self, mut period: Period<'de>) {
        if self.aggregate.is_some() {
            return;
        }
        let mut names = Names::Released;
        if is_preview(&period) {
            names = Names::Preview;
            period.rename(released);
        }
        self.duplicates += period.duplicates;
        match plan(&period) {
            Ok(plan) => self.aggregate = Some((period, Plan { names, ..plan })),
            Err(problem) => {
                self.aggregate = Some((period, Plan::default()));
                self.problem = Some(("aggregate".to_owned(), problem));
            }
        }
    }
}

impl Builder<'_> {
    /// What the aggregate says that the windows need.
    pub(super) fn plan(&self) -> Option<&Plan> {
        self.aggregate.as_ref().map(|(_, plan)| plan)
    }

    /// Takes in what the next window holds.
    pub(super) fn take(&mut self, measured: Result<Measured, BadCounter>) {
        let Some((_, plan)) = &self.aggregate else {
            return;
        };
        match measured {
            Ok(measured) => {
                self.duplicates += measured.duplicates;
                self.windows.add(measured, plan);
            }
            Err(problem) => {
                let index = self.windows.seen();
                let place = format!("intermediate[{index}]");
                self.problem.get_or_insert((place, problem));
            }
        }
    }
}

/// What the windows need to know of the aggregate.
fn plan(aggregate: &Period) -> Result<Plan, BadCounter> {
    let spaces = Namespaces::of(aggregate);
    let tally = Tally::of(aggregate, &spaces, |_| true)?;
    let balance = tally.balance();
    let mut endpoints: Vec<(u64, &str)> = tally
        .endpoints
        .iter()
        .map(|(name, endpoint)| (endpoint.requests(balance), *name))
        .collect();
    endpoints.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    let windows = windows_of(aggregate.first.zip(aggregate.last));
    let kept = endpoints.iter().take(kept_endpoints(windows));
    let kept = kept.map(|(_, name)| (*name).to_owned()).collect();
    let (http, sessions) = (tally.has_http(), tally.created.is_some());
    drop(tally);
    Ok(Plan {
        names: Names::Released,
        windows,
        spaces,
        kept,
        http,
        balance,
        sessions,
    })
}

impl Builder<'_> {
    /// Whether windows stood before the aggregate, so that the document has to be read again.
    pub(super) fn skipped_windows(&self) -> bool {
        self.skipped
    }

    /// The run.
    pub(super) fn finish(self, file: &str) -> Result<Run, IngestError> {
        let refuse = |problem: &str, hint: &str| {
            Err(IngestError::content(file, Place::File, problem).with_hint(hint))
        };
        let Some((aggregate, plan)) = &self.aggregate else {
            return refuse(
                "the member `aggregate` is missing",
                "Artillery writes it at the end of a run",
            );
        };
        if aggregate.old_shape && !aggregate.has_summaries {
            return refuse(
                "a file in the shape of Artillery 1.x, not in that of 2.x",
                "--from artillery-v1 reads it",
            );
        }
        let bad = |(member, bad): (String, BadCounter)| {
            let path = format!("{member}.counters.{}", bad.name);
            IngestError::content(file, Place::Field(path), bad.problem.to_string())
        };
        if let Some(problem) = self.problem {
            return Err(bad(problem));
        }
        let tally = Tally::of(aggregate, &plan.spaces, |_| true)
            .map_err(|problem| bad(("aggregate".to_owned(), problem)))?;
        if aggregate.counters.is_empty() && aggregate.summaries.is_empty() {
            return refuse(
                "`aggregate` holds neither counters nor summaries",
                "a run that did nothing leaves such a file",
            );
        }

        let mut run = Run::new("artillery", "artillery");
        let reach = self.windows.reach();
        let ends = aggregate.first.or(reach.0).zip(aggregate.last.or(reach.1));
        let ends = set_times(&mut run, ends);
        let duration = run.duration;
        run.overall = tally.stats(aggregate, plan.http, duration, plan.balance);
        let rate = |name: &str| {
            let found = aggregate.rates.iter().find(|(key, _)| key == name)?;
            found.1.value()
        };
        if let Some(rate) = rate("http.request_rate") {
            run.overall
                .as_reported
                .insert("rate_per_s".to_owned(), rate);
        }
        set_sessions(&mut run, &tally, aggregate);
        set_endpoints(&mut run, &tally, duration, plan.balance);
        set_errors(&mut run, &tally, plan);
        set_checks(&mut run, &tally);
        set_custom(&mut run, &tally, aggregate, plan);
        self.windows.compare(&tally, &mut run);
        self.windows.place(ends, plan.balance.before, &mut run);
        if plan.names == Names::Preview {
            let text = "an Artillery 2.0.0 preview: its counters are read by the names that the release gave them";
            run.note("preview-names", text, 1);
        }
        add_notes(&mut run, &tally, plan, self.duplicates);
        levels::recover(&mut run);
        Ok(run)
    }
}

/// Start, end and duration from the first and the last event. Gives the ends back when they make sense.
fn set_times(run: &mut Run, ends: Option<(i64, i64)>) -> Option<(i64, i64)> {
    let Some((first, last)) = ends else {
        let text = "`firstMetricAt` and `lastMetricAt` are missing, so there are no rates";
        run.note("no-times", text, 1);
        return None;
    };
    if last < first {
        let text = "`lastMetricAt` lies before `firstMetricAt`, so there are no rates";
        run.note("no-times", text, 1);
        return None;
    }
    run.started_at = Timestamp::from_millisecond(first).ok();
    run.ended_at = Timestamp::from_millisecond(last).ok();
    run.duration = Some(Seconds((last - first) as f64 / 1000.0));
    Some((first, last))
}

fn set_sessions(run: &mut Run, tally: &Tally, aggregate: &Period) {
    let duration = aggregate
        .summary("vusers.session_length")
        .and_then(|summary| distribution(summary, Population::Ok))
        .map(session_length);
    let counted = [tally.created, tally.completed, tally.failed, tally.skipped];
    if counted.iter().all(Option::is_none) && duration.is_none() {
        return;
    }
    // A name that never occurred is absent: that is 0.
    let count = |count: Option<u64>| Some(count.unwrap_or(0));
    run.sessions = Some(Sessions {
        started: count(tally.created),
        completed: count(tally.completed),
        failed: count(tally.failed),
        duration,
    });
    run.load.model = Some(LoadModel::Open);
    run.load.dropped = count(tally.skipped);
    let created = tally.created.unwrap_or(0);
    run.load.arrival_rate = run.duration.and_then(|time| PerSecond::of(created, time));
    match tally.created_by_name.as_slice() {
        // A scenario without a name is called by its index.
        [(name, _)] if !name.is_empty() && !name.bytes().all(|b| b.is_ascii_digit()) => {
            (*name).clone_into(&mut run.identity.scenario);
            run.identity_from
                .insert("scenario".to_owned(), IdentitySource::File);
        }
        [] | [_] => {}
        several => {
            let counters = several.iter().map(|(name, count)| Custom {
                name: format!("vusers.created_by_name.{name}"),
                kind: CustomKind::Counter,
                value: Some(*count as f64),
                latency: None,
            });
            run.custom.extend(counters);
        }
    }
}

/// Sessions that completed, think time included, to a tenth of a millisecond.
fn session_length(mut latency: Latency) -> Latency {
    latency.resolution.absolute = Some(Millis(0.1));
    latency
}

fn set_endpoints(run: &mut Run, tally: &Tally, duration: Option<Seconds>, balance: Balance) {
    for (name, endpoint) in &tally.endpoints {
        run.endpoints.push(Endpoint {
            name: (*name).to_owned(),
            method: None,
            path: None,
            group: None,
            names_in: Vec::new(),
            stats: endpoint.stats(duration, balance),
        });
    }
}

/// Errors by endpoint where the file says it, and the rest of each sum without one.
fn set_errors(run: &mut Run, tally: &Tally, plan: &Plan) {
    // Where scripts did not take the place of an answer, their errors are no requests.
    let apart = !plan.http || !plan.balance.scripts_lost;
    let mut errors = Vec::new();
    let mut rest: BTreeMap<&str, u64> = tally.errors.clone();
    let mut codes: BTreeMap<&str, u64> = tally
        .codes
        .iter()
        .map(|(code, count)| (code.as_str(), *count))
        .collect();
    for (name, endpoint) in &tally.endpoints {
        for (error, count) in &endpoint.errors {
            errors.push(request_error(Some(*name), error, *count, apart));
            let left = rest.entry(error).or_default();
            *left = left.saturating_sub(*count);
        }
        for (code, count) in &endpoint.codes {
            if is_failure(code) {
                errors.push(status_error(Some(*name), code, *count));
            }
            let left = codes.entry(code).or_default();
            *left = left.saturating_sub(*count);
        }
    }
    for (error, count) in rest {
        errors.push(request_error(None, error, count, apart));
    }
    for (code, count) in codes.into_iter().filter(|(code, _)| is_failure(code)) {
        errors.push(status_error(None, code, count));
    }
    errors.retain(|error| error.count > 0);
    errors.sort_by(|a, b| {
        let name = |error: &ErrorCount| {
            let code = error.code.clone().or_else(|| error.message.clone());
            (error.kind, code, error.endpoint.clone())
        };
        b.count.cmp(&a.count).then_with(|| name(a).cmp(&name(b)))
    });
    run.errors = errors;
    count_exceptions(run);
}

/// Artillery counts every error, so that none among them is none at all.
pub(super) fn count_exceptions(run: &mut Run) {
    let errors = run.errors.iter();
    let exceptions = errors.filter(|error| error.kind == ErrorKind::Exception);
    run.exceptions = Some(exceptions.fold(0, |all, one| all.saturating_add(one.count)));
}

/// An error by its text. `apart`: those of scripts are no requests.
pub(super) fn request_error(
    endpoint: Option<&str>,
    error: &str,
    count: u64,
    apart: bool,
) -> ErrorCount {
    let coded = is_error_code(error);
    let kind = if apart && stage(error) == Stage::Script {
        ErrorKind::Exception
    } else {
        error_kind(error)
    };
    ErrorCount {
        endpoint: endpoint.map(str::to_owned),
        method: None,
        kind,
        code: coded.then(|| error.to_owned()),
        message: (!coded).then(|| error.to_owned()),
        count,
    }
}

pub(super) fn status_error(endpoint: Option<&str>, code: &str, count: u64) -> ErrorCount {
    ErrorCount {
        endpoint: endpoint.map(str::to_owned),
        method: None,
        kind: ErrorKind::HttpStatus,
        code: Some(code.to_owned()),
        message: None,
        count,
    }
}

fn set_checks(run: &mut Run, tally: &Tally) {
    let mut named = (0u64, 0u64);
    for (name, (passed, failed)) in &tally.checks {
        named.0 = named.0.saturating_add(*passed);
        named.1 = named.1.saturating_add(*failed);
        run.checks.push(Check {
            name: (*name).to_owned(),
            passed: *passed,
            failed: *failed,
            source: None,
            kind: CheckKind::Check,
        });
    }
    let unnamed = (
        tally.all_checks.0.saturating_sub(named.0),
        tally.all_checks.1.saturating_sub(named.1),
    );
    if unnamed != (0, 0) {
        run.checks.push(Check {
            name: "expect".to_owned(),
            passed: unnamed.0,
            failed: unnamed.1,
            source: None,
            kind: CheckKind::Check,
        });
    }
}

/// What has no word in the schema.
fn set_custom(run: &mut Run, tally: &Tally, aggregate: &Period, plan: &Plan) {
    for (name, value) in &tally.other {
        run.custom.push(Custom {
            name: (*name).to_owned(),
            kind: CustomKind::Counter,
            value: Some(*value),
            latency: None,
        });
    }
    for (name, rate) in &aggregate.rates {
        if name != "http.request_rate"
            && let Some(value) = rate.value()
        {
            run.custom.push(Custom {
                name: name.clone().into_owned(),
                kind: CustomKind::Rate,
                value: Some(value),
                latency: None,
            });
        }
    }
    for (name, summary) in &aggregate.summaries {
        let known = name == "http.response_time"
            || name.starts_with("http.response_time.")
            || name == "vusers.session_length"
            || plan.spaces.endpoint_of_summary(name).is_some();
        if !known && let Some(latency) = distribution(summary, Population::Unknown) {
            run.custom.push(Custom {
                name: name.clone().into_owned(),
                kind: CustomKind::Distribution,
                value: None,
                latency: Some(latency),
            });
        }
    }
    run.custom.sort_by(|a, b| a.name.cmp(&b.name));
}

fn add_notes(run: &mut Run, tally: &Tally, plan: &Plan, duplicates: u64) {
    let kept = plan.kept.len();
    if !tally.has_http() {
        let text = "the file counts no HTTP requests: requests and response times are not measured";
        run.note("no-http", text, 1);
    }
    if tally.responses > tally.requests {
        let text =
            "the file counts more answers than requests, so requests without an answer are unknown";
        run.note("more-answers-than-requests", text, 1);
    }
    if plan.http {
        plan.balance.note(run);
    }
    if tally.bytes_received.is_some() {
        let text =
            "bytes received are the sum of content lengths; bodies sent in chunks are not in it";
        run.note("bytes-without-chunks", text, 1);
    }
    if !tally.endpoints.is_empty() {
        let text = "the requests of an endpoint are its answers plus its errors; the file does not count them apart";
        run.note("endpoint-requests-derived", text, 1);
        let endpoints = tally.endpoints.values();
        let known = endpoints.fold(0u64, |all, endpoint| {
            all.saturating_add(endpoint.unanswered(plan.balance))
        });
        let unanswered = tally.unanswered().saturating_add(plan.balance.before);
        let unknown = unanswered.saturating_sub(known);
        if unknown > 0 {
            let text = "requests without an answer that the file counts for no endpoint";
            run.note("unanswered-without-endpoint", text, unknown);
        }
    }
    if tally.endpoints.len() > kept {
        let dropped = (tally.endpoints.len() - kept) as u64;
        let text = format!(
            "endpoints that are not in the timeline, which keeps the {kept} with the most requests"
        );
        run.note("timeline-endpoints", text, dropped);
    }
    let separable = run.overall.latency_ok.is_some() || run.overall.latency.is_none();
    let ok = run.overall.responses.unwrap_or(0) > failed_answers(&tally.codes);
    if !separable && ok {
        let text =
            "response times of successes and failures stand in one summary and cannot be separated";
        run.note("latency-not-separated", text, 1);
    }
    if duplicates > 0 {
        let text = "names that stand twice in one map; the last one counts";
        run.note("duplicate-names", text, duplicates);
    }
}
