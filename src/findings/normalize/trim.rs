//! `--trim-start` and `--trim-end`: the slices of the timeline inside, and everything computed from them again.
//!
//! Percentiles stay only where every slice has its histogram. A run without a timeline is left as it is, and says so:
//! nothing in it says when anything happened.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::findings::normalize::merge::{self, Merged};
use crate::model::run::label;
use crate::model::{Latency, PerSecond, Phase, Resource, Run, Seconds, Slice, Stats};
use crate::text::number::{plural, seconds};

/// Slices are aligned to clocks that are read in milliseconds.
const TOLERANCE: f64 = 0.001;

const NOTE: &str = "trim";

/// Leaves the requested seconds out at the start and the end.
pub(crate) fn trim(run: &mut Run, start: Option<Seconds>, end: Option<Seconds>) {
    let start = start.filter(|start| start.0 > 0.0);
    let end = end.filter(|end| end.0 > 0.0);
    if start.is_none() && end.is_none() {
        return;
    }
    let Some(length) = length(run) else {
        run.note(
            NOTE,
            "nothing is trimmed: trimming needs a timeline, and the input has none",
            1,
        );
        return;
    };
    let from = start.map(|start| start.0);
    let to = end.map(|end| length - end.0);
    let is_inside = |slice: &Slice| {
        from.is_none_or(|from| slice.start.0 >= from - TOLERANCE)
            && to.is_none_or(|to| slice.start.0 + slice.duration.0 <= to + TOLERANCE)
    };
    let (inside, outside): (Vec<Slice>, Vec<Slice>) = std::mem::take(&mut run.timeline)
        .into_iter()
        .partition(is_inside);
    let (Some(first), Some(last)) = (inside.first(), inside.last()) else {
        let text = format!(
            "nothing is trimmed: no slice of the timeline of {} lies inside",
            seconds(length)
        );
        run.timeline = outside;
        run.note(NOTE, text, 1);
        return;
    };
    if outside.is_empty() {
        run.timeline = inside;
        run.note(
            NOTE,
            "nothing is trimmed: every slice of the timeline lies inside",
            1,
        );
        return;
    }
    // A slice of a clock may begin before the run and end behind it.
    let begin = first.start.0.max(0.0);
    let finish = (last.start.0 + last.duration.0).min(length);
    note_borders(run, (begin, finish), (from, to), length, outside.len());
    run.timeline = inside;
    move_clock(run, begin, Seconds(finish - begin));
    let declared = run.overall.expected_failures.unwrap_or(0);
    let exact = recompute(run);
    if declared > 0 && run.overall.expected_failures.is_none() {
        let text =
            "the slices do not tell expected failures apart: after trimming they count as failures";
        run.note(NOTE, text, 1);
    }
    leave_out(run);
    if !exact {
        let text = "percentiles are not known after trimming: the input has no samples and no histogram per slice";
        run.note(NOTE, text, 1);
    }
}

/// Of the run, or of its timeline where the input has no times for the whole; `None` without a timeline.
fn length(run: &Run) -> Option<f64> {
    let last = run.timeline.last()?;
    let end = last.start.0 + last.duration.0;
    Some(run.duration.map_or(end, |duration| duration.0))
}

fn note_borders(
    run: &mut Run,
    is: (f64, f64),
    asked: (Option<f64>, Option<f64>),
    length: f64,
    slices: usize,
) {
    let asked = (asked.0.unwrap_or(0.0), asked.1.unwrap_or(length));
    let mut text = format!(
        "{} of {} are kept: {} of the timeline left out",
        seconds(is.1 - is.0),
        seconds(length),
        plural(slices as u64, "slice")
    );
    let off = (is.0 - asked.0).abs() > TOLERANCE || (is.1 - asked.1).abs() > TOLERANCE;
    if off {
        text.push_str(&format!(
            "; a slice is kept or left out whole, so the borders are {} and {} instead of {} and {}",
            seconds(is.0),
            seconds(is.1),
            seconds(asked.0),
            seconds(asked.1)
        ));
    }
    run.note(NOTE, text, slices as u64);
}

/// The new start is second zero.
fn move_clock(run: &mut Run, begin: f64, duration: Seconds) {
    for slice in &mut run.timeline {
        slice.start.0 -= begin;
    }
    run.duration = Some(duration);
    run.started_at = run.started_at.and_then(|start| later(start, begin));
    let ended = run.started_at.and_then(|start| later(start, duration.0));
    run.ended_at = run.ended_at.and(ended);
    let phases = std::mem::take(&mut run.load.phases).into_iter();
    run.load.phases = phases
        .filter_map(|phase| clip(phase, begin, begin + duration.0))
        .collect();
    for resource in &mut run.resources {
        clip_resource(resource, begin, duration.0);
    }
}

fn later(time: Timestamp, by: f64) -> Option<Timestamp> {
    let by = SignedDuration::try_from_secs_f64(by).ok()?;
    time.checked_add(by).ok()
}

/// The part of a phase inside, at the load that it has there.
fn clip(phase: Phase, from: f64, to: f64) -> Option<Phase> {
    let (start, length) = (phase.start.0, phase.duration.0);
    let begin = start.max(from);
    let end = (start + length).min(to);
    if end - begin <= TOLERANCE || length <= 0.0 {
        return None;
    }
    let at = |time: f64, a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => Some(a + (b - a) * (time - start) / length),
        _ => None,
    };
    let rates = (
        phase.rate_from.map(|rate| rate.0),
        phase.rate_to.map(|rate| rate.0),
    );
    let is_whole = (begin - start).abs() < TOLERANCE && (end - begin - length).abs() < TOLERANCE;
    if is_whole {
        return Some(Phase {
            start: Seconds(begin - from),
            ..phase
        });
    }
    Some(Phase {
        start: Seconds(begin - from),
        duration: Seconds(end - begin),
        users_from: at(begin, phase.users_from, phase.users_to).or(phase.users_from),
        users_to: at(end, phase.users_from, phase.users_to).or(phase.users_to),
        rate_from: at(begin, rates.0, rates.1)
            .map(PerSecond)
            .or(phase.rate_from),
        rate_to: at(end, rates.0, rates.1).map(PerSecond).or(phase.rate_to),
        name: phase.name,
    })
}

/// A resource of which the samples are known keeps those inside; the slope is computed again by least squares.
fn clip_resource(resource: &mut Resource, begin: f64, duration: f64) {
    if resource.series.is_empty() {
        return;
    }
    resource
        .series
        .retain(|(time, _)| *time >= begin - TOLERANCE && *time <= begin + duration + TOLERANCE);
    for (time, _) in &mut resource.series {
        *time -= begin;
    }
    let values = || resource.series.iter().map(|(_, value)| *value);
    let n = resource.series.len() as f64;
    let mean = (n > 0.0).then(|| values().sum::<f64>() / n);
    resource.samples = resource.series.len() as u64;
    resource.min = values().reduce(f64::min);
    resource.max = values().reduce(f64::max);
    resource.first = values().next();
    resource.last = values().next_back();
    let middle = resource.series.iter().map(|(time, _)| *time).sum::<f64>() / n;
    let spread: f64 = resource
        .series
        .iter()
        .map(|(time, _)| (time - middle).powi(2))
        .sum();
    let products = mean.map(|mean| {
        let product = |(time, value): &(f64, f64)| (time - middle) * (value - mean);
        resource.series.iter().map(product).sum::<f64>()
    });
    resource.slope_per_s = products
        .filter(|_| spread > 0.0)
        .map(|products| products / spread);
    resource.mean = mean;
}

/// The whole and the endpoints from the slices; says whether the percentiles could be kept.
fn recompute(run: &mut Run) -> bool {
    let duration = run.duration;
    let slices: Vec<&Stats> = run.timeline.iter().map(|slice| &slice.stats).collect();
    let (overall, mut exact) = from_slices(&run.overall, &slices, duration);
    // Where the endpoints of every slice make up all of it, an endpoint that is not there had no request.
    let is_complete = run.timeline.iter().all(|slice| {
        let parts = merge::sum(slice.endpoints.iter().map(|part| part.stats.requests));
        parts.is_some() && parts == slice.stats.requests
    });
    let nothing = Stats {
        requests: Some(0),
        responses: Some(0),
        failures: Some(0),
        ..Stats::default()
    };
    let unknown = Stats::default();
    for endpoint in &mut run.endpoints {
        let own = endpoint.label();
        let slices: Vec<&Stats> = run
            .timeline
            .iter()
            .map(|slice| {
                let part = slice
                    .endpoints
                    .iter()
                    .find(|part| label(part.method.as_deref(), &part.name) == own);
                let absent = if is_complete { &nothing } else { &unknown };
                part.map_or(absent, |part| &part.stats)
            })
            .collect();
        let (stats, kept) = from_slices(&endpoint.stats, &slices, duration);
        endpoint.stats = stats;
        exact &= kept;
    }
    run.overall = overall;
    exact
}

/// The figures of the slices together, of the kinds that the whole had.
fn from_slices(whole: &Stats, slices: &[&Stats], duration: Option<Seconds>) -> (Stats, bool) {
    let mut stats = merge::counts(slices);
    if whole.codes.is_empty() {
        stats.codes.clear();
    }
    stats.set_rates(duration);
    let mut exact = true;
    let mut join = |had: Option<&Latency>,
                    read: fn(&Stats) -> Option<&Latency>,
                    of: fn(&Stats) -> Option<u64>| {
        let had = had?;
        let (found, merged) = merge::latency_of(slices, read, of);
        let total = merge::sum(slices.iter().map(|slice| of(slice)));
        let mut found = found.unwrap_or_else(|| Latency::of(had.population, total.unwrap_or(0)));
        let asked: BTreeSet<_> = had.percentiles.keys().copied().collect();
        let has_samples = merged == Merged::Exact && found.histogram.is_some();
        if has_samples {
            merge::read_percentiles(&mut found, &asked);
        } else if found.count > 0 {
            // One slice may stand alone with percentiles of its own: they are the tool's, of that slice.
            if merged == Merged::WithoutPercentiles {
                found.percentiles.clear();
            }
            let mut asked = asked.iter();
            exact &= asked.all(|percentile| found.percentiles.contains_key(percentile));
        } else {
            exact &= total == Some(0) || asked.is_empty();
        }
        (found.count > 0).then_some(found)
    };
    stats.latency = join(
        whole.latency.as_ref(),
        |s| s.latency.as_ref(),
        |s| s.requests,
    );
    stats.latency_ok = join(
        whole.latency_ok.as_ref(),
        |s| s.latency_ok.as_ref(),
        Stats::successes,
    );
    stats.latency_failed = join(
        whole.latency_failed.as_ref(),
        |s| s.latency_failed.as_ref(),
        |s| s.failures,
    );
    (stats, exact)
}

/// What the input says of the whole run alone no longer speaks of this one.
fn leave_out(run: &mut Run) {
    let mut names = Vec::new();
    let mut gone = |name: &'static str, is_there: bool| {
        if is_there {
            names.push(name);
        }
    };
    gone("errors by message", !run.errors.is_empty());
    gone("sessions", run.sessions.is_some());
    gone("checks", !run.checks.is_empty());
    gone("custom metrics", !run.custom.is_empty());
    gone("dropped users", run.load.dropped.is_some());
    run.load.dropped = None;
    let users = run.timeline.iter().filter_map(|slice| slice.users);
    run.load.users_max = users.reduce(f64::max).or(run.load.users_max);
    run.errors.clear();
    run.sessions = None;
    run.checks.clear();
    run.custom.clear();
    if !names.is_empty() {
        let text = format!(
            "the input has no times for {}: left out after trimming",
            names.join(", ")
        );
        run.note(NOTE, text, 1);
    }
}
