//! From the files of a set to one run: which total counts, where the timeline comes from, what is missing.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::ingest::error::{IngestError, Place};
use crate::ingest::input::Input;
use crate::ingest::locust::counts::PerSecond;
use crate::ingest::locust::failures::{self, Failures};
use crate::ingest::locust::history::{self, History, MOST_ENDPOINTS};
use crate::ingest::locust::html::{self, Html};
use crate::ingest::locust::prefer::{self, Sources};
use crate::ingest::locust::slices::{Key, MOST_SLICES};
use crate::ingest::locust::totals::{LAST_SECOND, Totals};
use crate::model::{Endpoint, EndpointSlice, LoadModel, Run, Seconds, Slice, Stats};

/// The files of a set by what they hold.
#[derive(Default)]
pub(super) struct Members<'a> {
    pub(super) stats: Option<&'a Input>,
    pub(super) history: Option<&'a Input>,
    pub(super) failures: Option<&'a Input>,
    pub(super) exceptions: Option<&'a Input>,
    pub(super) json: Option<&'a Input>,
    pub(super) html: Option<&'a Input>,
}

impl Members<'_> {
    /// Whether a file may say how many requests there were.
    pub(super) fn has_totals(&self) -> bool {
        let all = [self.stats, self.history, self.json, self.html];
        all.iter().any(Option::is_some)
    }
}

/// Reads every file and joins what they say.
pub(super) fn run(members: &Members) -> Result<Run, IngestError> {
    let mut run = Run::new("locust", "locust-csv");
    let Sources { table, json, html } = prefer::take(members, &mut run)?;
    let mut html = html;
    let mut of_report = false;
    let (mut totals, per_second) = match (json, table) {
        (Some(json), _) => {
            "locust-json".clone_into(&mut run.source.format);
            (Some(json.totals), Some(json.per_second))
        }
        (None, Some(table)) => {
            let fuller = prefer::fuller(&table, html.as_mut(), members, &mut run);
            of_report = fuller.is_some();
            if of_report {
                "locust-html".clone_into(&mut run.source.format);
            }
            (Some(fuller.unwrap_or(table)), None)
        }
        (None, None) => {
            let totals = html.as_mut().map(|html| std::mem::take(&mut html.totals));
            if totals.is_some() {
                "locust-html".clone_into(&mut run.source.format);
            }
            (totals, None)
        }
    };
    let known = totals.as_ref().map(busiest);
    let mut history = match members.history {
        Some(input) => {
            let (history, file) = history::read(input, known.as_deref())?;
            run.source.files.push(file);
            Some(history)
        }
        None => None,
    };
    if totals.is_none() {
        totals = history
            .as_mut()
            .and_then(|history| from_history(history, &mut run));
    }
    let Some(mut totals) = totals else {
        return nothing(members, run);
    };
    if let Some(html) = &html {
        prefer::take_start(&mut totals, html);
    }
    if let Some(history) = &history {
        take_time(&mut totals, history);
    }
    let mut failures = Failures::default();
    if let Some(input) = members.failures {
        run.source.files.push(failures::read(input, &mut failures)?);
    }
    if let Some(input) = members.exceptions {
        run.source
            .files
            .push(failures::read_exceptions(input, &mut failures)?);
    }
    if let Some(html) = &mut html {
        // Whose totals they are counts all failures, too.
        if of_report {
            failures = Failures::default();
        }
        let (no_failures, no_exceptions) = (
            of_report || members.failures.is_none(),
            of_report || members.exceptions.is_none(),
        );
        failures.fill(
            std::mem::take(&mut html.failures),
            no_failures,
            no_exceptions,
        );
    }
    failures::settle(&mut failures);
    give_codes(&mut totals, &mut failures);
    run.errors = failures.errors;
    run.exceptions = failures.exceptions;

    run.load.model = Some(LoadModel::Closed);
    run.duration = totals.duration;
    run.started_at = moment(totals.started, members)?;
    run.ended_at = moment(totals.ended, members)?;
    let mut unsliced = 0;
    if let Some(history) = history {
        let all = totals.overall.requests.unwrap_or(0);
        unsliced = all.saturating_sub(history.requests);
        // A history that was cut before the first user says nothing about users.
        let users = history.users_max.filter(|users| *users > 0 || all == 0);
        run.load.users_max = users.map(|users| users as f64);
        take_history(&mut run, &totals, &history);
        run.notes.extend(history.notes);
    }
    if let Some(html) = &html {
        run.load.users_max = run
            .load
            .users_max
            .or(html.users_max.map(|users| users as f64));
    }
    if let Some(per_second) = per_second.filter(|_| run.timeline.is_empty()) {
        run.timeline = timeline(per_second, &totals);
        if let Some(html) = &html {
            let later = totals.started.zip(html.started).map_or(0.0, |(a, b)| a - b);
            html::give_users(&html.points, later, &mut run.timeline);
        }
    } else if let Some(html) = html.filter(|_| run.timeline.is_empty()) {
        take_points(&mut run, &html);
    } else if unsliced > 0 {
        run.note(
            "history-short",
            "requests after the last row of the history are in no slice",
            unsliced,
        );
    }
    if totals.endpoints.len() > MOST_ENDPOINTS
        && run.timeline.iter().any(|s| !s.endpoints.is_empty())
    {
        let rest = totals.endpoints.len() - MOST_ENDPOINTS;
        run.note(
            "timeline-endpoints",
            format!(
                "the timeline holds only the {MOST_ENDPOINTS} endpoints with the most requests"
            ),
            rest as u64,
        );
    }
    if totals.overall.requests == Some(0) {
        run.note("no-requests", "the run made no request", 1);
    }
    leave_out_bytes(&mut totals);
    run.notes.extend(totals.notes);
    run.notes.extend(failures.notes);
    run.overall = totals.overall;
    run.endpoints = totals.endpoints;
    run.source.files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(run)
}

/// Events of other protocols must say a length, and most say 0: nothing of them is not measured.
fn leave_out_bytes(totals: &mut Totals) {
    const HTTP: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    let is_http = |endpoint: &Endpoint| {
        let method = endpoint.method.as_deref();
        method.is_some_and(|method| HTTP.contains(&method))
    };
    let has_requests = totals.overall.requests.is_some_and(|n| n > 0);
    if has_requests
        && totals.overall.bytes_received == Some(0)
        && !totals.endpoints.is_empty()
        && !totals.endpoints.iter().any(is_http)
    {
        totals.overall.bytes_received = None;
        for endpoint in &mut totals.endpoints {
            endpoint.stats.bytes_received = None;
        }
    }
}

/// The endpoints that get slices of their own.
fn busiest(totals: &Totals) -> Vec<Key> {
    let mut all: Vec<_> = totals
        .endpoints
        .iter()
        .map(|e| (Reverse(e.stats.requests), &e.name, &e.method))
        .collect();
    all.sort();
    all.into_iter()
        .take(MOST_ENDPOINTS)
        .map(|(_, name, method)| (method.clone(), name.clone()))
        .collect()
}

/// Totals from the last rows of a history that stands alone.
fn from_history(history: &mut History, run: &mut Run) -> Option<Totals> {
    history.totals.overall.requests?;
    let mut totals = std::mem::take(&mut history.totals);
    if let (Some(first), Some(last)) = (history.started, history.ended) {
        totals.duration = (last > first).then(|| Seconds((last - first) as f64));
    }
    totals.finish();
    run.note(
        "totals-of-history",
        "there is no table of totals: the figures are those of the last rows of the history, the duration is that of its rows in whole seconds, and there are no percentiles",
        1,
    );
    Some(totals)
}

/// Start and end, where the totals have none.
fn take_time(totals: &mut Totals, history: &History) {
    if totals.started.is_none() && totals.overall.requests.is_some_and(|n| n > 0) {
        totals.started = history.started.map(|second| second as f64);
        totals.ended = totals
            .started
            .zip(totals.duration)
            .map(|(started, duration)| started + duration.0)
            .filter(|ended| *ended <= LAST_SECOND as f64);
        totals.note(
            "start-of-history",
            "the start is the second before the first activity in the history; it is right to a second",
            u64::from(totals.started.is_some()),
        );
    }
}

fn give_codes(totals: &mut Totals, failures: &mut Failures) {
    totals.overall.codes = std::mem::take(&mut failures.codes.overall);
    for endpoint in &mut totals.endpoints {
        let method = endpoint.method.clone().unwrap_or_default();
        let key = (method, endpoint.name.clone());
        if let Some(codes) = failures.codes.endpoints.remove(&key) {
            endpoint.stats.codes = codes;
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a cast of a large number saturates and is out of the range of timestamps"
)]
fn moment(seconds: Option<f64>, members: &Members) -> Result<Option<Timestamp>, IngestError> {
    let Some(seconds) = seconds else {
        return Ok(None);
    };
    Timestamp::from_microsecond((seconds * 1e6).round() as i64)
        .map(Some)
        .map_err(|error| {
            let file = members.json.or(members.history).or(members.html);
            IngestError::content(
                file.map_or("", |input| &input.name),
                Place::File,
                format!("expected times in seconds since 1970, found {seconds}: {error}"),
            )
        })
}

fn take_history(run: &mut Run, totals: &Totals, history: &History) {
    let zero = totals
        .started
        .or(history.started.map(|second| second as f64));
    run.timeline = history.timeline(zero.unwrap_or(0.0));
    if history.is_windowed() {
        run.note(
            "sliding-window",
            "the percentiles of a slice are those of the ten seconds before its end, as Locust writes them, so neighbouring slices share requests",
            1,
        );
    } else if history.has_percentiles() {
        run.note(
            "percentiles-since-start",
            "the history's percentiles cannot be told from those since the start of the run and are left out of the timeline",
            1,
        );
    }
}

/// The timeline of a report.
fn take_points(run: &mut Run, html: &Html) {
    run.timeline = html::timeline(&html.points);
    if !run.timeline.is_empty() {
        run.note(
            "history-of-report",
            "the slices are those of the report's charts: users at the end of a slice, rates as reported and percentiles of the ten seconds before, no counts; how many requests these ten seconds held is the reported rate times ten",
            1,
        );
    }
}

/// Slices from the counts per second of a JSON; seconds without a request are slices too.
fn timeline(mut all: Vec<(Key, PerSecond)>, totals: &Totals) -> Vec<Slice> {
    let seconds = || all.iter().flat_map(|(_, of)| of).map(|of| of.second);
    let (Some(first), Some(last)) = (seconds().min(), seconds().max()) else {
        return Vec::new();
    };
    let zero = totals.started.unwrap_or(first as f64);
    let step = (last - first + 1).div_ceil(MOST_SLICES as u64).max(1);
    let number = (last - first) / step + 1;
    let length = Seconds(step as f64);
    let mut slices: Vec<Slice> = (0..number)
        .map(|slice| Slice {
            latency_window: None,
            completed: None,
            start: Seconds((first + slice * step) as f64 - zero),
            duration: length,
            users: None,
            arrivals: None,
            stats: Stats::default(),
            endpoints: Vec::new(),
        })
        .collect();
    // Requests and failures by slice, of all endpoints and of one after another.
    let mut whole = vec![(0_u64, 0_u64); slices.len()];
    let stats = |(requests, failures): (u64, u64)| {
        let mut stats = Stats {
            requests: Some(requests),
            failures: Some(failures),
            ..Stats::default()
        };
        stats.set_rates(Some(length));
        stats
    };
    let kept: BTreeSet<Key> = busiest(totals).into_iter().collect();
    all.sort_by(|((method_a, a), _), ((method_b, b), _)| (a, method_a).cmp(&(b, method_b)));
    for (key, seconds) in &all {
        let is_kept = kept.contains(key);
        let mut part = vec![(0_u64, 0_u64); if is_kept { slices.len() } else { 0 }];
        for of in seconds {
            let at = usize::try_from((of.second - first) / step).unwrap_or(usize::MAX);
            for counts in [whole.get_mut(at), part.get_mut(at)].into_iter().flatten() {
                counts.0 = counts.0.saturating_add(of.requests);
                counts.1 = counts.1.saturating_add(of.failures);
            }
        }
        let (method, name) = key;
        for (slice, counts) in slices.iter_mut().zip(part) {
            slice.endpoints.push(EndpointSlice {
                name: name.clone(),
                method: method.clone(),
                stats: stats(counts),
            });
        }
    }
    for (slice, counts) in slices.iter_mut().zip(whole) {
        slice.stats = stats(counts);
    }
    slices
}

/// No file says how many requests there were.
fn nothing(members: &Members, mut run: Run) -> Result<Run, IngestError> {
    // A header without rows is a run that was killed at once; it says nothing, and that is what the report says.
    let killed = members.stats.or(members.history);
    if killed.is_some() {
        run.load.model = Some(LoadModel::Closed);
        if members.stats.is_none() {
            run.note("no-rows", "a history without a row of totals", 1);
        }
        return Ok(run);
    }
    let file = members.failures.or(members.exceptions);
    Err(IngestError::content(
        file.map_or("", |input| &input.name),
        Place::File,
        "failures or exceptions alone do not say how many requests there were; the `_stats.csv` of the same prefix is missing",
    )
    .with_hint("give it with the other files of the run, as PREFIX_stats.csv beside it or joined with +"))
}
