//! A summary to a run: which metric goes where, and what has to be said of it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::ingest::IngestError;
use crate::ingest::error::Place;
use crate::ingest::k6::figures::{Named, Parts, distribution};
use crate::ingest::k6::groups::{self, Group};
use crate::ingest::k6::metric::{Kind, Metric};
use crate::ingest::k6::parse::Summary;
use crate::ingest::k6::tags::{self, Tags};
use crate::model::{
    Check, CheckKind, Custom, CustomKind, Endpoint, Latency, Millis, Note, Population, Run,
    Seconds, Sessions, Stats, THRESHOLD,
};

/// Checks, and metrics of the script, that a run keeps: names may hold ids.
const MOST: usize = 1000;

/// The metrics of a summary, each where it belongs.
#[derive(Default)]
struct Sorted {
    overall: Parts,
    endpoints: BTreeMap<Tags, Parts>,
    /// Without tags and known to k6.
    known: BTreeMap<&'static str, Named>,
    /// Requests by tags, for distributions that do not say their samples.
    requests: BTreeMap<Tags, u64>,
    others: Vec<Named>,
}

/// What a run has a place for, besides requests.
const KNOWN: [&str; 7] = [
    "checks",
    "data_received",
    "data_sent",
    "dropped_iterations",
    "iteration_duration",
    "iterations",
    "vus_max",
];

/// The run of a summary; `found` says what the file holds, for the case that it is none.
pub(super) fn make(mut summary: Summary, file: &str, found: &str) -> Result<Run, IngestError> {
    let refuse = |problem: String, hint: &str| {
        Err(IngestError::content(file, Place::File, problem).with_hint(hint))
    };
    if summary.machine_readable
        && let Some(schema) = summary.schema.as_ref().filter(|s| !s.starts_with("1."))
    {
        let problem = format!("the summary is of schema {schema:?}, and this version reads 1.x");
        return refuse(problem, "run k6 without --new-machine-readable-summary");
    }
    let metrics = summary.metrics.take().unwrap_or_default();
    if metrics.values().all(Metric::is_empty) {
        return refuse(
            format!("expected a summary of k6, with figures below `metrics`, and found {found}"),
            "give the file of `k6 run --summary-export=FILE`, or `JSON.stringify(data)` of handleSummary",
        );
    }
    let mut run = Run::new("k6", "k6-summary");
    run.source.tool_version = summary.version.take();
    let mut thresholds = Vec::new();
    let sorted = sort(metrics, &mut thresholds, &mut run, file)?;
    set_duration(&mut run, summary.duration, &sorted, file)?;

    let found = sorted.overall.found(file, run.duration)?;
    run.overall = found.stats;
    for (id, text) in found.notes {
        run.note(id, text, 1);
    }
    leave_out_unused(&mut run, &sorted);
    // k6 writes these two always: nothing of a protocol that was not used is not measured.
    let used = |count: &u64| *count > 0 || run.overall.requests.is_some_and(|n| n > 0);
    let (received, sent) = (
        sorted.counted("data_received", file)?.filter(used),
        sorted.counted("data_sent", file)?.filter(used),
    );
    (run.overall.bytes_received, run.overall.bytes_sent) = (received, sent);
    run.load.dropped = sorted.counted("dropped_iterations", file)?;
    set_users(&mut run, &sorted);
    set_sessions(&mut run, &sorted, file)?;
    set_endpoints(&mut run, &sorted, file)?;
    set_checks(&mut run, &summary, &sorted, thresholds, file)?;
    set_custom(&mut run, sorted, file)?;
    Ok(run)
}

impl Sorted {
    fn counted(&self, name: &str, file: &str) -> Result<Option<u64>, IngestError> {
        match self.known.get(name) {
            Some(named) => named.samples(file),
            None => Ok(None),
        }
    }
}

/// A threshold on `http_reqs` makes k6 write 0 for it, although all requests are those of the browser module.
fn leave_out_unused(run: &mut Run, sorted: &Sorted) {
    let made = |name: &str| sorted.others.iter().any(|named| named.name == name);
    if !made("browser_http_req_duration") && !made("browser_http_req_failed") {
        return;
    }
    if run.overall.requests.is_none_or(|requests| requests == 0) {
        run.overall = Stats::default();
        let text = "the requests are those of the browser module, which k6 counts apart (`browser_http_req_failed`): requests and response times are not measured";
        run.note("browser-only", text, 1);
    }
}

fn sort(
    metrics: BTreeMap<String, Metric>,
    thresholds: &mut Vec<Check>,
    run: &mut Run,
    file: &str,
) -> Result<Sorted, IngestError> {
    let mut sorted = Sorted::default();
    for (name, mut metric) in metrics {
        for (expression, held) in std::mem::take(&mut metric.thresholds) {
            thresholds.push(Check {
                name: format!("{THRESHOLD}{name} {expression}"),
                passed: u64::from(held),
                failed: u64::from(!held),
                source: None,
                kind: CheckKind::Threshold,
            });
        }
        if metric.is_empty() {
            let text = "metrics without a figure are left out";
            run.note("metric-left-out", text, 1);
            continue;
        }
        let known = KNOWN.iter().find(|known| **known == name);
        let (base, mut tags) = tags::split(&name);
        let base = base.to_owned();
        let outcome = tags.take_outcome();
        let named = Named { name, metric };
        if let Some(known) = known {
            sorted.known.insert(known, named);
            continue;
        }
        if base == "http_reqs"
            && outcome.is_none()
            && let Some(count) = named.samples(file)?
        {
            sorted.requests.insert(tags.clone(), count);
        }
        let is_request = Parts::default().slot(&base, outcome).is_some();
        if !is_request || !(tags.is_empty() || tags.name_a_request()) {
            sorted.others.push(named);
            continue;
        }
        let parts = if tags.is_empty() {
            &mut sorted.overall
        } else {
            sorted.endpoints.entry(tags).or_default()
        };
        if let Some(slot) = parts.slot(&base, outcome) {
            *slot = Some(named);
        }
    }
    Ok(sorted)
}

/// The length of the run as the file says it, else from a count and its rate: k6 divides by the length of the run.
fn set_duration(
    run: &mut Run,
    said: Option<f64>,
    sorted: &Sorted,
    file: &str,
) -> Result<(), IngestError> {
    run.duration = said.map(Seconds);
    if run.duration.is_some() {
        return Ok(());
    }
    let known = ["iterations", "data_received", "data_sent"];
    let known = known.iter().filter_map(|name| sorted.known.get(name));
    for named in sorted.overall.requests.iter().chain(known) {
        let Some(rate) = named.metric.rate.filter(|rate| *rate > 0.0) else {
            continue;
        };
        let count = named.samples(file)?.unwrap_or(0);
        let seconds = count as f64 / rate;
        if count > 0 && seconds.is_finite() {
            run.duration = Some(Seconds(seconds));
            let text = format!(
                "the duration is count / rate of `{}`; the file holds no times",
                named.name
            );
            run.note("duration-derived", text, 1);
            return Ok(());
        }
    }
    let text = "the file holds neither a duration nor a count with its rate, so there are no rates";
    run.note("no-times", text, 1);
    Ok(())
}

fn set_users(run: &mut Run, sorted: &Sorted) {
    let ready = sorted.known.get("vus_max").map(|named| &named.metric);
    let ready = ready.and_then(|metric| metric.max.or(metric.value));
    let ready = ready.filter(|users| *users >= 0.0);
    // The last value of `vus` is that of the end of the run, not the largest.
    let seen = sorted.others.iter().find(|named| named.name == "vus");
    let seen = seen.and_then(|named| named.metric.max);
    let seen = seen.filter(|users| *users > 0.0);
    run.load.users_max = seen.or(ready);
    let text = match (seen, ready) {
        (Some(seen), Some(ready)) if seen < ready => format!(
            "{ready} users were made ready (`vus_max`); at most {seen} of them were seen at work (`vus`, looked at once a second), and those count"
        ),
        (None, Some(ready)) => format!(
            "the {ready} users are those that k6 made ready (`vus_max`); the file does not say how many were at work"
        ),
        _ => return,
    };
    run.note("users-made-ready", text, 1);
}

fn set_sessions(run: &mut Run, sorted: &Sorted, file: &str) -> Result<(), IngestError> {
    let completed = sorted.counted("iterations", file)?;
    let duration = match sorted.known.get("iteration_duration") {
        Some(named) => {
            let count = named.samples(file)?.or(completed);
            let latency = distribution(&named.metric, Population::All, count);
            (count != Some(0) && !named.metric.is_all_zero()).then_some(latency)
        }
        None => None,
    };
    if completed.is_some() || duration.is_some() {
        run.sessions = Some(Sessions {
            started: None,
            completed,
            failed: None,
            duration,
        });
    }
    Ok(())
}

/// The names that endpoints have so far, each with its method.
#[derive(Default)]
struct Names {
    taken: BTreeSet<(String, Option<String>)>,
    /// How often a name with its keys was wanted again.
    again: BTreeMap<String, u64>,
}

impl Names {
    /// A name of its own: a name and a URL may read the same, so the keys stand behind the second and a number behind others.
    fn give(&mut self, tags: &Tags, method: Option<&str>) -> String {
        let method = method.map(str::to_owned);
        let label = tags.label();
        if self.taken.insert((label.clone(), method.clone())) {
            return label;
        }
        let with_keys = format!("{label} {{{}}}", tags.keys().join(","));
        if self.taken.insert((with_keys.clone(), method.clone())) {
            return with_keys;
        }
        let number = self.again.entry(with_keys.clone()).or_insert(1);
        loop {
            *number += 1;
            let name = format!("{with_keys} #{number}");
            if self.taken.insert((name.clone(), method.clone())) {
                return name;
            }
        }
    }
}

fn set_endpoints(run: &mut Run, sorted: &Sorted, file: &str) -> Result<(), IngestError> {
    let mut names = Names::default();
    for (tags, parts) in &sorted.endpoints {
        let found = parts.found(file, run.duration)?;
        for (id, text) in found.notes {
            run.note(id, text, 1);
        }
        if found.stats == Stats::default() {
            continue;
        }
        let method = tags.method().map(str::to_owned);
        let name = names.give(tags, method.as_deref());
        if found.stats.requests.is_none() && found.stats.latency.is_some() {
            let text = "endpoints without a number of requests: put `count` among summaryTrendStats, or a threshold on `http_reqs` with the same tags";
            run.note("count-unknown", text, 1);
        }
        run.endpoints.push(Endpoint {
            name,
            method,
            path: None,
            group: None,
            names_in: Vec::new(),
            stats: found.stats,
        });
    }
    run.endpoints
        .sort_by(|a, b| (&a.name, &a.method).cmp(&(&b.name, &b.method)));
    let shapes: BTreeSet<Vec<&str>> = sorted.endpoints.keys().map(Tags::keys).collect();
    let sum = run.endpoints.iter().try_fold(0_u64, |sum, endpoint| {
        sum.checked_add(endpoint.stats.requests?)
    });
    let whole = shapes.len() == 1 && sum.is_some() && sum == run.overall.requests;
    if !run.endpoints.is_empty() && !whole {
        let text = "k6 has figures of an endpoint where a threshold names its tags: the endpoints are a part of the run and may overlap";
        run.note(Note::SOME_ENDPOINTS, text, 1);
    }
    Ok(())
}

fn set_checks(
    run: &mut Run,
    summary: &Summary,
    sorted: &Sorted,
    thresholds: Vec<Check>,
    file: &str,
) -> Result<(), IngestError> {
    let mut checks = Vec::new();
    let mut lacking = 0;
    flatten(&summary.root, "", &mut checks, &mut lacking);
    keep(&summary.flat_checks, "", &mut checks, &mut lacking);
    if lacking > 0 {
        let text = "checks without both counts are left out";
        run.note("check-left-out", text, lacking);
    }
    if let Some(all) = sorted.known.get("checks")
        && checks.is_empty()
        && let (Some(passed), Some(failed)) = all.sides(file)?
    {
        checks.push(Check {
            name: "checks".to_owned(),
            passed,
            failed,
            source: None,
            kind: CheckKind::Check,
        });
    }
    run.checks = capped(run, checks, "(other checks)");
    let thresholds = capped(run, thresholds, "(other thresholds)");
    run.checks.extend(thresholds);
    Ok(())
}

/// The ones that failed most; what is beyond them is one of that name.
fn capped(run: &mut Run, mut checks: Vec<Check>, others: &str) -> Vec<Check> {
    let Some(kind) = checks.get(MOST).map(|check| check.kind) else {
        return checks;
    };
    checks.sort_by_key(|check| Reverse(check.failed));
    let rest = checks.split_off(MOST);
    let sum = |count: fn(&Check) -> u64| rest.iter().map(count).fold(0, u64::saturating_add);
    checks.push(Check {
        name: others.to_owned(),
        passed: sum(|check| check.passed),
        failed: sum(|check| check.failed),
        source: None,
        kind,
    });
    let text = format!("checks beyond the {MOST} that failed most are summed up");
    run.note("checks-capped", text, rest.len() as u64);
    checks
}

/// Checks by the path of their groups: `browse / results / status is 200`.
fn flatten(group: &Group, path: &str, checks: &mut Vec<Check>, lacking: &mut u64) {
    keep(&group.checks, path, checks, lacking);
    for inner in &group.groups {
        flatten(inner, &format!("{path}{} / ", inner.name), checks, lacking);
    }
}

fn keep(found: &[groups::Check], path: &str, checks: &mut Vec<Check>, lacking: &mut u64) {
    for check in found {
        match (check.passes, check.fails) {
            (Some(passed), Some(failed)) => checks.push(Check {
                name: format!("{path}{}", check.name),
                passed,
                failed,
                source: None,
                kind: CheckKind::Check,
            }),
            _ => *lacking += 1,
        }
    }
}

fn set_custom(run: &mut Run, sorted: Sorted, file: &str) -> Result<(), IngestError> {
    // No section shows the time of a session.
    let sessions = run.sessions.as_ref();
    if let Some(duration) = sessions.and_then(|sessions| sessions.duration.clone()) {
        run.custom.push(Custom {
            name: "iteration_duration".to_owned(),
            kind: CustomKind::Distribution,
            value: None,
            latency: Some(duration),
        });
    }
    let mut others = sorted.others;
    if others.len() > MOST {
        let rest = others.split_off(MOST);
        let text = format!("metrics of the script beyond the first {MOST} are left out");
        run.note("metrics-capped", text, rest.len() as u64);
    }
    for named in others {
        let metric = &named.metric;
        let (kind, value, latency) = match metric.kind() {
            Some(Kind::Counter) => {
                let count = metric.count.and_then(crate::ingest::json::Number::value);
                match (count, metric.rate) {
                    (None, Some(rate)) => (CustomKind::Rate, Some(rate), None),
                    (count, _) => (CustomKind::Counter, count, None),
                }
            }
            Some(Kind::Rate) => (CustomKind::Share, share_of(&named, file)?, None),
            Some(Kind::Gauge) => {
                // The model has no gauge: the last value beside the least and the largest.
                let latency = Latency {
                    min: metric.min.map(Millis),
                    max: metric.max.map(Millis),
                    ..Latency::of(Population::Unknown, 0)
                };
                (CustomKind::Distribution, metric.value, Some(latency))
            }
            Some(Kind::Trend) => {
                let (base, tags) = tags::split(&named.name);
                let requests = sorted
                    .requests
                    .get(&tags)
                    .filter(|_| base.starts_with("http_req_"));
                let count = named.samples(file)?.or(requests.copied());
                if count == Some(0) {
                    continue;
                }
                let latency = distribution(metric, Population::Unknown, count);
                (CustomKind::Distribution, None, Some(latency))
            }
            None => continue,
        };
        run.custom.push(Custom {
            name: named.name,
            kind,
            value,
            latency,
        });
    }
    Ok(())
}

/// The share of what was true.
fn share_of(named: &Named, file: &str) -> Result<Option<f64>, IngestError> {
    if let Some(share) = named.metric.share() {
        return Ok(Some(share));
    }
    let (yes, no) = named.sides(file)?;
    let all = yes.zip(no).map(|(yes, no)| yes as f64 + no as f64);
    Ok(yes
        .zip(all)
        .filter(|(_, all)| *all > 0.0)
        .map(|(yes, all)| yes as f64 / all))
}
