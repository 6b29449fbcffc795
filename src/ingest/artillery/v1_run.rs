//! The reports of 1.x to a run: totals from the aggregate, response times from the windows, phases as the file declares them.
//!
//! A window of 1.x is named by the instant of its end and lasts until then from the end of the one before; the first one ten
//! seconds, or from the first request on. The run starts with its first request, which follows from `rps`. In the legacy shape a window is named by
//! its start, there are no samples, and `rps` counts answers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::de::{MapAccess, SeqAccess};

use crate::ingest::IngestError;
use crate::ingest::artillery::document::Parts;
use crate::ingest::artillery::names::is_failure;
use crate::ingest::artillery::phases::placed;
use crate::ingest::artillery::run::{count_exceptions, request_error, status_error};
use crate::ingest::artillery::v1_parse::Report;
use crate::ingest::artillery::v1_stats::{Course, SLICE_LENGTH, Times, quote};
use crate::ingest::artillery::v1_totals::Totals;
use crate::ingest::artillery::{levels, tally};
use crate::ingest::error::Place;
use crate::ingest::json::Filling;
use crate::model::{
    Custom, CustomKind, IdentitySource, Latency, LoadModel, Millis, PerSecond, Population,
    QuantileMethod, Resolution, Run, Seconds, Sessions, Stats,
};

/// Collects the parts of a document.
#[derive(Debug, Default)]
pub(super) struct Builder<'de> {
    aggregate: Option<Report<'de>>,
    course: Course,
    duplicates: u64,
    /// The first figure that should be a count and is none.
    problem: Option<(String, String)>,
}

impl<'de> Parts<'de> for Builder<'de> {
    fn aggregate<A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<(), A::Error> {
        let mut report = Report::default();
        map.next_value_seed(Filling(&mut report))?;
        self.duplicates += report.duplicates();
        self.aggregate = Some(report);
        Ok(())
    }

    fn windows<A: SeqAccess<'de>>(&mut self, mut windows: A) -> Result<(), A::Error> {
        loop {
            let mut report = Report::default();
            if windows.next_element_seed(Filling(&mut report))?.is_none() {
                return Ok(());
            }
            self.duplicates += report.duplicates();
            let index = self.course.seen();
            if let Err((member, problem)) = self.course.add(&report)
                && self.problem.is_none()
            {
                self.problem = Some((format!("intermediate[{index}].{member}"), problem));
            }
        }
    }
}

impl Builder<'_> {
    /// The run.
    pub(super) fn finish(self, file: &str) -> Result<Run, IngestError> {
        let at = |member: String, problem: String| {
            IngestError::content(file, Place::Field(member), problem)
        };
        if let Some((member, problem)) = self.problem {
            return Err(at(member, problem));
        }
        let Some(aggregate) = self.aggregate else {
            let problem = "the member `aggregate` is missing";
            return Err(IngestError::content(file, Place::File, problem)
                .with_hint("Artillery writes it at the end of a run"));
        };
        let summed = aggregate
            .latency
            .is_some_and(|latency| latency.count.is_some());
        let legacy = summed || !aggregate.is_genuine() && !self.course.is_genuine();
        let totals = Totals::of(&aggregate, legacy)
            .map_err(|(member, problem)| at(format!("aggregate.{member}"), problem))?;
        if aggregate.latency.is_none() && totals.created.is_none() {
            let problem = "`aggregate` holds neither `latency` nor `scenariosCreated`";
            return Err(IngestError::content(file, Place::File, problem).with_hint(
                "`knee formats` lists what is read; without --from the content decides",
            ));
        }
        let mut run = Run::new("artillery", "artillery-v1");
        let times = set_times(&mut run, &aggregate, &self.course, &totals, legacy);
        set_overall(&mut run, &aggregate, &self.course, &totals, legacy);
        set_sessions(&mut run, &aggregate, &totals, legacy);
        set_errors(&mut run, &totals);
        set_custom(&mut run, &aggregate, &totals);
        let (phases, unresolved) = placed(
            aggregate.phases.as_deref().unwrap_or_default(),
            times.phases,
        );
        run.load.phases = phases;
        if unresolved > 0 {
            let text = "figures of declared phases that are templates or missing are unknown";
            run.note("phases-unresolved", text, unresolved);
        }
        add_notes(&mut run, &totals, &self.course, self.duplicates, legacy);
        self.course.compare(
            &totals.codes,
            totals.requests,
            totals.responses,
            totals.created,
            legacy,
            &mut run,
        );
        let how = (totals.is_http(), totals.outcome(), totals.balance);
        self.course.place(times, how, legacy, &mut run);
        if run.load.phases.is_empty() {
            levels::recover(&mut run);
        }
        Ok(run)
    }
}

/// Start, end and duration, and where slices and phases begin.
fn set_times(
    run: &mut Run,
    aggregate: &Report,
    course: &Course,
    totals: &Totals,
    legacy: bool,
) -> Times {
    let (first, last) = course.ends();
    let end = match (legacy, aggregate.time, last) {
        // The windows are ten seconds long and named by their start.
        (true, of_run, last) => last.max(of_run).map(|start| start + SLICE_LENGTH),
        (false, of_run, last) => of_run.or(last),
    };
    let rate = aggregate.rps.rate.value().filter(|rate| *rate > 0.0);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a span of some days in milliseconds"
    )]
    let span = rate.map(|rate| (totals.requests as f64 / rate * 1000.0).round().min(1e12) as i64);
    let start = if legacy {
        first.or(aggregate.time)
    } else {
        end.zip(span).map(|(end, span)| end.saturating_sub(span))
    };
    let ends = start.zip(end).filter(|(start, end)| end >= start);
    let origin = start.or(first.map(|first| first.saturating_sub(SLICE_LENGTH)));
    let mut times = Times {
        ends,
        origin: origin.unwrap_or(0),
        phases: Seconds(0.0),
    };
    if let Some((start, end)) = ends {
        run.started_at = Timestamp::from_millisecond(start).ok();
        run.ended_at = Timestamp::from_millisecond(end).ok();
        run.duration = Some(Seconds((end - start) as f64 / 1000.0));
        let text = if legacy {
            "the file holds the starts of its windows: the run is taken to last from the first window to the end of the last one"
        } else {
            "the file holds no start: it follows from the end of the run and the requests per second since the first one"
        };
        run.note("start-derived", text, 1);
        // Phases begin with the windows, and the first request follows later.
        if !legacy && course.seen() > 1 {
            let begin = first.map_or(start, |first| first.saturating_sub(SLICE_LENGTH));
            times.phases = Seconds((begin.min(start) - start) as f64 / 1000.0);
        }
    } else {
        run.ended_at = end.and_then(|end| Timestamp::from_millisecond(end).ok());
        let text = "the file does not say when the run began, so there are no rates";
        run.note("no-times", text, 1);
    }
    times
}

fn set_overall(run: &mut Run, aggregate: &Report, course: &Course, totals: &Totals, legacy: bool) {
    let summary = aggregate.latency.unwrap_or_default();
    let mut reported = BTreeMap::new();
    let [p50, _, _, p95, p99, _] = summary.quantiles;
    for (name, value) in [
        ("min", summary.min),
        ("max", summary.max),
        ("p50", p50),
        ("p95", p95),
        ("p99", p99),
        ("rate_per_s", aggregate.rps.rate.value()),
    ] {
        if let Some(value) = value {
            reported.insert(name.to_owned(), value);
        }
    }
    if !totals.is_http() {
        return;
    }
    let (balance, failed_answers) = (totals.balance, totals.failed_answers());
    let requests = totals.requests.saturating_add(balance.before);
    let failures = failed_answers
        .saturating_add(totals.requests.saturating_sub(totals.responses))
        .saturating_add(balance.before)
        .saturating_add(balance.after);
    let mut stats = Stats {
        requests: Some(requests),
        responses: Some(totals.responses),
        failures: Some(failures.min(requests.max(failed_answers))),
        codes: totals.codes.clone(),
        as_reported: reported,
        ..Stats::default()
    };
    let outcome = totals.outcome();
    if course.samples() > 0 {
        let latencies = course.latencies(outcome);
        (stats.latency, stats.latency_ok, stats.latency_failed) = latencies;
    } else if legacy {
        stats.latency = tally::latency(&summary, Population::Answered);
        split(&mut stats, outcome);
    } else if totals.responses > 0 {
        stats.latency = quote(&summary, Population::Answered, totals.responses);
        split(&mut stats, outcome);
    }
    stats.set_rates(run.duration);
    run.overall = stats;
}

/// The same latency as that of the successes or failures when there is nothing else.
fn split(stats: &mut Stats, outcome: Option<bool>) {
    let part = |population| {
        let latency = stats.latency.clone();
        latency.map(|latency| Latency {
            population,
            ..latency
        })
    };
    match outcome {
        Some(true) => stats.latency_ok = part(Population::Ok),
        Some(false) => stats.latency_failed = part(Population::Failed),
        None => {}
    }
}

fn set_sessions(run: &mut Run, aggregate: &Report, totals: &Totals, legacy: bool) {
    let Some(created) = totals.created else {
        return;
    };
    let duration = match (&aggregate.session, totals.completed) {
        (Some(summary), _) if legacy => tally::distribution(summary, Population::Ok),
        (Some(summary), Some(count)) => quote(summary, Population::Ok, count),
        _ => None,
    };
    let duration = duration.map(|mut latency| {
        latency.resolution.absolute = Some(Millis(0.1));
        latency
    });
    run.sessions = Some(Sessions {
        started: Some(created),
        completed: totals.completed,
        failed: totals
            .completed
            .map(|completed| created.saturating_sub(completed)),
        duration,
    });
    run.load.model = Some(LoadModel::Open);
    run.load.dropped = totals.avoided;
    run.load.arrival_rate = run.duration.and_then(|time| PerSecond::of(created, time));
    match aggregate.scenarios.all.as_slice() {
        // A scenario without a name is called by its index.
        [(name, _)] if !name.is_empty() && !name.bytes().all(|b| b.is_ascii_digit()) => {
            run.identity.scenario = name.clone().into_owned();
            run.identity_from
                .insert("scenario".to_owned(), IdentitySource::File);
        }
        [] | [_] => {}
        several => {
            let counters = several.iter().map(|(name, count)| Custom {
                name: format!("scenarioCounts.{name}"),
                kind: CustomKind::Counter,
                value: count.value(),
                latency: None,
            });
            run.custom.extend(counters);
        }
    }
}

fn set_errors(run: &mut Run, totals: &Totals) {
    let apart = !totals.is_http() || !totals.balance.scripts_lost;
    let errors = totals.errors.iter();
    run.errors
        .extend(errors.map(|(error, count)| request_error(None, error, *count, apart)));
    if totals.is_http() {
        let failed = totals.codes.iter().filter(|(code, _)| is_failure(code));
        run.errors
            .extend(failed.map(|(code, count)| status_error(None, code, *count)));
    }
    run.errors.retain(|error| error.count > 0);
    run.errors.sort_by(|a, b| {
        let name = |error: &crate::model::ErrorCount| {
            (
                error.kind,
                error.code.clone().or_else(|| error.message.clone()),
            )
        };
        b.count.cmp(&a.count).then_with(|| name(a).cmp(&name(b)))
    });
    count_exceptions(run);
}

/// What has no word in the schema. The file does not say of how many values the users' own distributions are.
fn set_custom(run: &mut Run, aggregate: &Report, totals: &Totals) {
    let mut add = |name: String, kind, value: Option<f64>| {
        if value.is_some() {
            run.custom.push(Custom {
                name,
                kind,
                value,
                latency: None,
            });
        }
    };
    for (name, number) in &aggregate.counters.all {
        add(
            name.clone().into_owned(),
            CustomKind::Counter,
            number.value(),
        );
    }
    let mut distribution = |name: &str, summary: &crate::ingest::artillery::parse::Summary| {
        let [p50, _, _, p95, p99, _] = summary.quantiles;
        for (part, value) in [
            ("min", summary.min),
            ("max", summary.max),
            ("median", p50),
            ("p95", p95),
            ("p99", p99),
        ] {
            add(format!("{name}.{part}"), CustomKind::Distribution, value);
        }
    };
    for (name, summary) in &aggregate.stats.all {
        distribution(name, summary);
    }
    if !totals.is_http() && totals.requests > 0 {
        if let Some(summary) = &aggregate.latency {
            distribution("latency", summary);
        }
        add(
            "rps.count".to_owned(),
            CustomKind::Counter,
            Some(totals.requests as f64),
        );
        add(
            "rps.mean".to_owned(),
            CustomKind::Rate,
            aggregate.rps.rate.value(),
        );
        add(
            "requestsCompleted".to_owned(),
            CustomKind::Counter,
            Some(totals.responses as f64),
        );
    }
    run.custom.sort_by(|a, b| a.name.cmp(&b.name));
}

fn add_notes(run: &mut Run, totals: &Totals, course: &Course, duplicates: u64, legacy: bool) {
    if !totals.is_http() {
        let text = if totals.requests > 0 {
            "the file counts messages of an engine without HTTP: its times are those of sending a message, and no response times"
        } else {
            "the file counts no HTTP requests: requests and response times are not measured"
        };
        run.note("no-http", text, 1);
    }
    if legacy {
        let text = "an Artillery 2.x file with legacy reporting: it counts answers, and the requests are taken to be answers plus errors";
        run.note("requests-derived", text, 1);
    }
    if totals.is_http() {
        totals.balance.note(run);
    }
    if totals.responses > totals.requests {
        let text =
            "the file counts more answers than requests, so requests without an answer are unknown";
        run.note("more-answers-than-requests", text, 1);
    }
    if let Some((created, completed)) = totals.created.zip(totals.completed)
        && created > completed
    {
        let text = "sessions that failed are those that were started and did not complete; the file does not count them apart";
        run.note("sessions-failed-derived", text, created - completed);
    }
    let bad = course.bad();
    if bad.0 > 0 {
        run.note("samples-null", "samples that are null are left out", bad.0);
    }
    if bad.1 > 0 {
        let text = "samples that are no response times are left out";
        run.note("samples-skipped", text, bad.1);
    }
    let samples = course.samples();
    if totals.is_http() && samples > 0 && samples + bad.0 + bad.1 != totals.responses {
        let text = format!(
            "the windows hold {samples} response times and the aggregate counts {} answers",
            totals.responses
        );
        run.note("samples-differ", text, 1);
    }
    if totals.is_http() && samples == 0 && totals.responses > 0 && !legacy {
        let text = "the file holds no samples, so the percentiles are the tool's own";
        run.note("no-samples", text, 1);
    }
    let separable = run.overall.latency_ok.is_some() || run.overall.latency.is_none();
    if !separable && totals.responses > totals.failed_answers() {
        let text =
            "response times of successes and failures stand in one list and cannot be separated";
        run.note("latency-not-separated", text, 1);
    }
    if duplicates > 0 {
        let text = "names that stand twice in one map; the last one counts";
        run.note("duplicate-names", text, duplicates);
    }
}

/// What 1.x says of percentiles: the median is interpolated, the others are one rank off the nearest.
pub(super) const METHOD: (QuantileMethod, Resolution) =
    (QuantileMethod::Unknown, Resolution::UNKNOWN);
