//! From the files of a set to one run: which total counts, where the timeline comes from, what is missing.

use std::cmp::Reverse;

use jiff::Timestamp;

use crate::ingest::error::{IngestError, Place};
use crate::ingest::input::Input;
use crate::ingest::locust::csv;
use crate::ingest::locust::failures::{self, Failures};
use crate::ingest::locust::history::{self, History, MOST_ENDPOINTS};
use crate::ingest::locust::json::{self, Json};
use crate::ingest::locust::slices::{Key, MOST_SLICES};
use crate::ingest::locust::totals::{LAST_SECOND, Totals};
use crate::model::{EndpointSlice, LoadModel, Run, Seconds, Slice, Stats};

/// The files of a set by what they hold.
#[derive(Default)]
pub(super) struct Members<'a> {
    pub(super) stats: Option<&'a Input>,
    pub(super) history: Option<&'a Input>,
    pub(super) failures: Option<&'a Input>,
    pub(super) exceptions: Option<&'a Input>,
    pub(super) json: Option<&'a Input>,
}

/// How far the totals of one run may lie apart: the CSV lacks about the last second.
fn is_close(json: u64, csv: u64) -> bool {
    let apart = json.abs_diff(csv);
    apart <= 10 || apart as f64 <= 0.1 * json.max(csv) as f64
}

/// Reads every file and joins what they say.
pub(super) fn run(members: &Members) -> Result<Run, IngestError> {
    let mut run = Run::new("locust", "locust-csv");
    let mut table = None;
    if let Some(input) = members.stats {
        let (read, file) = csv::read(input)?;
        run.source.files.push(file);
        if read.is_none() {
            run.note(
                "no-rows",
                format!(
                    "{}: a header and no row; was the run killed at once?",
                    input.name
                ),
                1,
            );
        }
        table = read;
    }
    let json = take_json(members, table.as_ref(), &mut run)?;
    if let (Some(json), Some(table)) = (&json, &table) {
        tell_preference(members, &json.totals, table, &mut run);
    }
    let (mut totals, per_second) = match (json, table) {
        (Some(json), _) => {
            "locust-json".clone_into(&mut run.source.format);
            (Some(json.totals), Some((json.names, json.per_second)))
        }
        (None, table) => (table, None),
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
    failures::settle(&mut failures);
    give_codes(&mut totals, &mut failures);
    run.errors = failures.errors;

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
    if let Some((names, per_second)) = per_second.filter(|_| run.timeline.is_empty()) {
        run.timeline = timeline(&names, &per_second, &totals);
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
    run.notes.extend(totals.notes);
    run.notes.extend(failures.notes);
    run.overall = totals.overall;
    run.endpoints = totals.endpoints;
    run.source.files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(run)
}

/// Says whose figures they are where the files of one run count differently.
fn tell_preference(members: &Members, json: &Totals, table: &Totals, run: &mut Run) {
    let (Some(json_file), Some(csv_file)) = (members.json, members.stats) else {
        return;
    };
    let of_json = json.overall.requests.unwrap_or(0);
    let of_csv = table.overall.requests.unwrap_or(0);
    if of_json != of_csv {
        let text = format!(
            "counts and latencies are those of {}: {of_json} requests; {}, written up to a second earlier, has {of_csv}",
            json_file.name, csv_file.name
        );
        run.note("json-preferred", text, 1);
    }
}

/// The JSON, when it is of the same run as the table.
fn take_json(
    members: &Members,
    table: Option<&Totals>,
    run: &mut Run,
) -> Result<Option<Json>, IngestError> {
    let Some(input) = members.json else {
        return Ok(None);
    };
    let (json, file) = match json::read(input) {
        Ok(read) => read,
        // The rest of the set says what there is to say: a killed run leaves half a JSON beside whole tables.
        Err(error @ IngestError::Content { .. }) if table.is_some() => {
            run.note(
                "json-unreadable",
                format!("{error}; its figures were taken from the CSV set instead"),
                1,
            );
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let of_json = json.totals.overall.requests.unwrap_or(0);
    if let Some(of_csv) = table.and_then(|table| table.overall.requests)
        && !is_close(of_json, of_csv)
    {
        run.note(
            "json-of-another-run",
            format!(
                "{} has {of_json} requests and the CSV set of the same name {of_csv}: not the same run, so the JSON was left out; it is read when it is given without the set, such as through standard input",
                input.name
            ),
            1,
        );
        return Ok(None);
    }
    if json.is_empty && members.stats.is_none() && members.history.is_none() {
        return Err(IngestError::content(
            &input.name,
            Place::File,
            "an empty array: nothing was measured",
        )
        .with_hint("`locust --json` writes this when the run made no request"));
    }
    run.source.files.push(file);
    Ok(Some(json))
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
            let file = members.json.or(members.history);
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

/// Slices from the counts per second of a JSON; seconds without a request are slices too.
fn timeline(names: &[Key], per_second: &json::PerSecond, totals: &Totals) -> Vec<Slice> {
    let (Some((first, _)), Some((last, _))) =
        (per_second.first_key_value(), per_second.last_key_value())
    else {
        return Vec::new();
    };
    let zero = totals.started.unwrap_or(*first as f64);
    let kept = busiest(totals);
    let step = (last - first + 1).div_ceil(MOST_SLICES as u64).max(1);
    let length = Seconds(step as f64);
    let mut slices = Vec::new();
    let mut start = *first;
    while start <= *last {
        let end = start.saturating_add(step);
        let mut all = (0_u64, 0_u64);
        let mut parts = vec![(0_u64, 0_u64); names.len()];
        for (place, requests, failures) in per_second.range(start..end).flat_map(|(_, row)| row) {
            all.0 = all.0.saturating_add(*requests);
            all.1 = all.1.saturating_add(*failures);
            if let Some(part) = parts.get_mut(*place) {
                part.0 = part.0.saturating_add(*requests);
                part.1 = part.1.saturating_add(*failures);
            }
        }
        let stats = |(requests, failures): (u64, u64)| {
            let mut stats = Stats {
                requests: Some(requests),
                failures: Some(failures),
                ..Stats::default()
            };
            stats.set_rates(Some(length));
            stats
        };
        let mut endpoints: Vec<EndpointSlice> = names
            .iter()
            .zip(parts)
            .filter(|(key, _)| kept.contains(key))
            .map(|((method, name), counts)| EndpointSlice {
                name: name.clone(),
                method: method.clone(),
                stats: stats(counts),
            })
            .collect();
        endpoints.sort_by(|a, b| (&a.name, &a.method).cmp(&(&b.name, &b.method)));
        slices.push(Slice {
            latency_window: None,
            start: Seconds(start as f64 - zero),
            duration: length,
            users: None,
            arrivals: None,
            stats: stats(all),
            endpoints,
        });
        start = end;
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
