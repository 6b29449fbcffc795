//! A run cut to some slices of its timeline, and everything computed from them again.
//!
//! Percentiles stay only where every slice has its histogram. What is lost is told, and not noted: those who cut know
//! what for.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::model::run::label;
use crate::model::{
    Check, Latency, PerSecond, Phase, Resource, ResourcePhase, Run, Seconds, Slice, Stats,
};
use crate::normalize::merge;
use crate::normalize::merge::Merged;
use crate::stats::line::Line;

/// Slices are aligned to clocks that are read in milliseconds.
pub(super) const TOLERANCE: f64 = 0.001;

/// Answers, and failures that are known by them, arrive later than their requests are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    /// More of them than requests are unknown: some belong to requests before the cut.
    OfTheirRequests,
    /// They stay as the slices count them, whosever they are.
    AsCounted,
}

/// What a cut run could not keep.
pub(crate) struct Lost {
    /// Percentiles of the whole or of an endpoint.
    pub(crate) percentiles: bool,
    /// Which failures were declared as expected.
    pub(crate) expected: bool,
    /// Mean and slope of so many resources.
    pub(crate) resources: u64,
    /// What has no times in the input.
    pub(crate) timeless: Vec<&'static str>,
}

/// The run from `begin` to `finish`, made of these slices, which lie there.
pub(crate) fn cut(
    run: &mut Run,
    slices: Vec<Slice>,
    (begin, finish): (f64, f64),
    answers: Answers,
) -> Lost {
    run.timeline = slices;
    let resources = move_clock(run, begin, Seconds(finish - begin));
    let declared = run.overall.expected_failures.unwrap_or(0);
    let is_exact = recompute(run, answers);
    Lost {
        percentiles: !is_exact,
        expected: declared > 0 && run.overall.expected_failures.is_none(),
        resources,
        timeless: leave_out(run),
    }
}

/// The new start is second zero; says how many resources lost figures by it.
fn move_clock(run: &mut Run, begin: f64, duration: Seconds) -> u64 {
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
    clip_resources(run, begin, duration.0)
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

/// Samples under load that lie in what is left out belong to no phase any more and go; those of idle stay, on the new
/// clock. What tells no times stays as it is. Says how many have lost their mean and slope.
fn clip_resources(run: &mut Run, begin: f64, duration: f64) -> u64 {
    let mut thinned = 0;
    for resource in &mut run.resources {
        if resource.phase == Some(ResourcePhase::Idle) {
            for (time, _) in &mut resource.series {
                *time -= begin;
            }
        } else if !resource.series.is_empty() {
            thinned += u64::from(clip_resource(resource, begin, duration));
        }
    }
    run.resources.retain(|resource| resource.samples > 0);
    thinned
}

/// Keeps the samples inside and computes their figures again; says whether the series held fewer than there were, so
/// that mean and slope cannot be computed.
fn clip_resource(resource: &mut Resource, begin: f64, duration: f64) -> bool {
    let is_thinned = resource.series.len() as u64 != resource.samples;
    let inside = begin - TOLERANCE..=begin + duration + TOLERANCE;
    resource.series.retain(|(time, _)| inside.contains(time));
    for (time, _) in &mut resource.series {
        *time -= begin;
    }
    let values = || resource.series.iter().map(|(_, value)| *value);
    let n = resource.series.len() as f64;
    resource.samples = resource.series.len() as u64;
    resource.min = values().reduce(f64::min);
    resource.max = values().reduce(f64::max);
    resource.first = values().next();
    resource.last = values().next_back();
    resource.mean = (n > 0.0 && !is_thinned).then(|| values().sum::<f64>() / n);
    let line: Line = resource.series.iter().copied().collect();
    resource.slope_per_s = line.slope().filter(|_| !is_thinned);
    is_thinned
}

/// The whole and the endpoints from the slices; says whether the percentiles could be kept.
fn recompute(run: &mut Run, answers: Answers) -> bool {
    let duration = run.duration;
    // Sliding windows share requests: their latencies add up to nothing.
    let sliding = run
        .timeline
        .iter()
        .any(|slice| slice.latency_window.is_some());
    let slices: Vec<&Stats> = run.timeline.iter().map(|slice| &slice.stats).collect();
    let (overall, mut exact) = from_slices(&run.overall, &slices, duration, sliding, answers);
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
    let slices = run.timeline.len();
    let mut parts: BTreeMap<String, Vec<Option<&Stats>>> = BTreeMap::new();
    for (place, slice) in run.timeline.iter().enumerate() {
        for part in &slice.endpoints {
            let of = label(part.method.as_deref(), &part.name);
            let all = parts.entry(of).or_insert_with(|| vec![None; slices]);
            all[place] = Some(&part.stats);
        }
    }
    let absent = if is_complete { &nothing } else { &unknown };
    for endpoint in &mut run.endpoints {
        let slices: Vec<&Stats> = match parts.get(&endpoint.label()) {
            Some(found) => found.iter().map(|part| part.unwrap_or(absent)).collect(),
            None => vec![absent; slices],
        };
        let (stats, kept) = from_slices(&endpoint.stats, &slices, duration, sliding, answers);
        endpoint.stats = stats;
        exact &= kept;
    }
    run.overall = overall;
    exact
}

/// Answers, and failures that are known by their answers, arrive later than their requests are sent: where the slices
/// hold more of them than requests, some belong to requests before the border, and nobody knows how many.
fn drop_answers_from_before(stats: &mut Stats) {
    let Some(requests) = stats.requests else {
        return;
    };
    stats.responses = stats.responses.filter(|answers| *answers <= requests);
    let expected = stats.expected_failures.unwrap_or(0);
    stats.failures = stats
        .failures
        .filter(|failures| failures.saturating_add(expected) <= requests);
}

/// The figures of the slices together, of the kinds that the whole had.
fn from_slices(
    whole: &Stats,
    slices: &[&Stats],
    duration: Option<Seconds>,
    sliding: bool,
    answers: Answers,
) -> (Stats, bool) {
    let mut stats = Stats::sum(slices);
    if whole.codes.is_empty() {
        stats.codes.clear();
    }
    if answers == Answers::OfTheirRequests {
        drop_answers_from_before(&mut stats);
    }
    stats.set_rates(duration);
    let mut exact = true;
    let mut join = |had: Option<&Latency>,
                    read: fn(&Stats) -> Option<&Latency>,
                    of: fn(&Stats) -> Option<u64>| {
        let had = had?;
        if sliding {
            exact &= had.percentiles.is_empty();
            return None;
        }
        let (found, merged) = merge::latency_of(slices, read, of);
        let total = merge::sum(slices.iter().map(|slice| of(slice)));
        let mut found = found.unwrap_or_else(|| Latency::of(had.population, total.unwrap_or(0)));
        let asked: BTreeSet<_> = had.percentiles.keys().copied().collect();
        let has_samples = merged == Merged::Exact && found.histogram.is_some();
        if has_samples {
            found.read_percentiles(asked);
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

/// What the input says of the whole run alone no longer speaks of this one; names it.
fn leave_out(run: &mut Run) -> Vec<&'static str> {
    let mut names = Vec::new();
    let mut gone = |name: &'static str, is_there: bool| {
        if is_there {
            names.push(name);
        }
    };
    gone("errors by message", !run.errors.is_empty());
    gone("sessions", run.sessions.is_some());
    // A test suite ran beside the run, not inside it.
    let is_own = |check: &Check| check.source.is_none();
    gone("checks", run.checks.iter().any(is_own));
    gone("custom metrics", !run.custom.is_empty());
    gone("dropped users", run.load.dropped.is_some());
    run.load.dropped = None;
    let users = run.timeline.iter().filter_map(|slice| slice.users);
    run.load.users_max = users.reduce(f64::max).or(run.load.users_max);
    run.errors.clear();
    run.exceptions = None;
    run.sessions = None;
    run.checks.retain(|check| !is_own(check));
    run.custom.clear();
    names
}
