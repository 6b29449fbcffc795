//! The windows of 1.x: their samples as distributions, their place in the run, and whether they add up to the aggregate.
//!
//! A window keeps its distribution while the run keeps few buckets over all; beyond that it keeps the percentiles alone.

use std::collections::BTreeMap;

use crate::ingest::artillery::balance::{Balance, Errors};
use crate::ingest::artillery::names::{failed_answers, sum};
use crate::ingest::artillery::parse::Summary;
use crate::ingest::artillery::tally;
use crate::ingest::artillery::v1_parse::{Report, Samples};
use crate::ingest::artillery::v1_run::METHOD;
use crate::ingest::artillery::windows::{
    MOST_WINDOWS, WINDOWS_OVERLAP, note_difference, set_rates,
};
use crate::ingest::json::Number;
use crate::ingest::recorder;
use crate::model::{
    ClockStart, ClockStop, Latency, Millis, Percentile, Population, ResolutionKind, Run, Seconds,
    Slice, Stats,
};
use crate::stats::histogram::Distribution;

/// The length of a window in every release.
pub(super) const SLICE_LENGTH: i64 = 10_000;

/// Buckets that all slices together keep.
const MOST_BUCKETS: usize = 500_000;

/// A count, or the member that should hold one and what is wrong with it.
pub(super) type Count<T> = Result<T, (String, String)>;

/// A member as a count.
pub(super) fn count_of(name: impl Fn() -> String, number: Number) -> Count<Option<u64>> {
    number
        .count()
        .map_err(|problem| (name(), problem.to_string()))
}

/// When the run was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// First request and end, where both are known. Milliseconds since 1970.
    pub(super) ends: Option<(i64, i64)>,
    /// The zero of slices.
    pub(super) origin: i64,
    /// Where the declared phases begin.
    pub(super) phases: Seconds,
}

/// Percentiles as the tool gives them, of so many samples.
pub(super) fn quote(summary: &Summary, population: Population, count: u64) -> Option<Latency> {
    let known = summary.min.or(summary.max).is_some();
    let [p50, _, _, p95, p99, _] = summary.quantiles;
    let quantiles = [
        (Percentile::P50, p50),
        (Percentile::P95, p95),
        (Percentile::P99, p99),
    ];
    (known && count > 0).then(|| Latency {
        min: summary.min.map(Millis),
        max: summary.max.map(Millis),
        percentiles: quantiles
            .into_iter()
            .filter_map(|(percentile, value)| Some((percentile, Millis(value?))))
            .collect(),
        quantile_method: METHOD.0,
        resolution: METHOD.1,
        ..Latency::of(population, count)
    })
}

/// All samples, those of the successes, those of the failures.
type Latencies = (Option<Latency>, Option<Latency>, Option<Latency>);

/// Samples in the words of the model. Whole milliseconds are those up to the first byte, as the HTTP client of 1.7 counts
/// them; the clock of the older releases is not known.
fn latencies(samples: &Samples, outcome: Option<bool>, of_run: bool) -> Latencies {
    let say = |distribution: &Distribution, population| {
        if distribution.totals().count == 0 {
            return None;
        }
        let table = distribution.table();
        let mut latency = if of_run {
            recorder::latency(&table, population)
        } else {
            recorder::latency_of_slice(&table, population)
        };
        if latency.resolution.kind == ResolutionKind::Exact {
            latency.from = ClockStart::Send;
            latency.to = ClockStop::FirstByte;
        }
        Some(latency)
    };
    let mut all = samples.plain.clone();
    all.merge(&samples.ok);
    all.merge(&samples.failed);
    let whole = say(&all, Population::Answered);
    let (mut ok, mut failed) = (&samples.ok, &samples.failed);
    let coded = samples.plain.totals().count == 0;
    match outcome {
        Some(true) => ok = &all,
        Some(false) => failed = &all,
        // Some samples have a status and others none: no part is whole.
        None if !coded => return (whole, None, None),
        None => {}
    }
    let parts = (say(ok, Population::Ok), say(failed, Population::Failed));
    (whole, parts.0, parts.1)
}

/// What a window is until the whole document is read.
#[derive(Debug)]
struct Window {
    time: Option<i64>,
    created: u64,
    completed: Option<u64>,
    requests: Option<u64>,
    responses: u64,
    codes: BTreeMap<String, u64>,
    /// Errors by where they came up.
    errors: Errors,
    users: Option<f64>,
    /// As if undecided, as if all were successes.
    latencies: Latencies,
    /// Whether the samples have no status.
    plain: bool,
    summary: Option<Summary>,
}

/// All windows.
#[derive(Debug, Default)]
pub(super) struct Course {
    list: Vec<Window>,
    whole: Samples,
    seen: usize,
    buckets: usize,
    bare: u64,
    capped: u64,
    genuine: bool,
    sums: Sums,
}

/// Sums over all windows.
#[derive(Debug, Default)]
struct Sums {
    requests: u64,
    responses: u64,
    created: u64,
    codes: u64,
}

impl Course {
    /// How many were read so far.
    pub(super) fn seen(&self) -> usize {
        self.seen
    }

    /// Whether any has a member that legacy reporting does not write.
    pub(super) fn is_genuine(&self) -> bool {
        self.genuine
    }

    /// How many samples all windows hold.
    pub(super) fn samples(&self) -> u64 {
        [&self.whole.plain, &self.whole.ok, &self.whole.failed]
            .iter()
            .fold(0, |all, part| all + part.totals().count)
    }

    /// Samples that are null, and those that are nothing.
    pub(super) fn bad(&self) -> (u64, u64) {
        (self.whole.nulls, self.whole.bad)
    }

    /// All samples of the run.
    pub(super) fn latencies(&self, outcome: Option<bool>) -> Latencies {
        latencies(&self.whole, outcome, true)
    }

    /// The names of the first and the last window.
    pub(super) fn ends(&self) -> (Option<i64>, Option<i64>) {
        let times = self.list.iter().filter_map(|window| window.time);
        (times.clone().min(), times.max())
    }

    /// Takes one in.
    pub(super) fn add(&mut self, report: &Report) -> Count<()> {
        self.seen += 1;
        self.genuine |= report.is_genuine();
        let count = |name: &str, number| count_of(|| name.to_owned(), number);
        let mut codes = BTreeMap::new();
        for (code, number) in &report.codes.all {
            if let Some(n) = count_of(|| format!("codes.{code}"), *number)? {
                codes.insert(code.clone().into_owned(), n);
            }
        }
        let mut errors = Errors::default();
        for (error, number) in &report.errors.all {
            let n = count_of(|| format!("errors.{error}"), *number)?.unwrap_or(0);
            errors.add(error, n);
        }
        let requests = count("rps.count", report.rps.sent)?;
        let responses = count("requestsCompleted", report.responses)?.unwrap_or(0);
        let created = count("scenariosCreated", report.created)?.unwrap_or(0);
        let completed = count("scenariosCompleted", report.completed)?;
        self.sums.requests = self.sums.requests.saturating_add(requests.unwrap_or(0));
        self.sums.responses = self.sums.responses.saturating_add(responses);
        self.sums.created = self.sums.created.saturating_add(created);
        self.sums.codes = self.sums.codes.saturating_add(sum(codes.iter()));
        self.whole.nulls += report.samples.nulls;
        self.whole.bad += report.samples.bad;
        self.whole.plain.merge(&report.samples.plain);
        self.whole.ok.merge(&report.samples.ok);
        self.whole.failed.merge(&report.samples.failed);
        if self.list.len() >= MOST_WINDOWS {
            self.capped += 1;
            return Ok(());
        }
        let mut latencies = latencies(&report.samples, None, false);
        for latency in [&mut latencies.0, &mut latencies.1, &mut latencies.2] {
            let buckets = latency.as_ref().and_then(|l| l.histogram.as_ref());
            let Some(buckets) = buckets.map(|histogram| histogram.count.len()) else {
                continue;
            };
            if self.buckets + buckets > MOST_BUCKETS {
                if let Some(latency) = latency {
                    latency.histogram = None;
                }
                self.bare += 1;
            } else {
                self.buckets += buckets;
            }
        }
        self.list.push(Window {
            time: report.time,
            created,
            completed,
            requests,
            responses,
            codes,
            errors,
            users: report
                .concurrency
                .and_then(Number::value)
                .filter(|users| *users >= 0.0),
            latencies,
            plain: report.samples.plain.totals().count > 0,
            summary: report.latency,
        });
        Ok(())
    }

    /// Totals come from the aggregate; where the windows say something else, both are told.
    pub(super) fn compare(
        &self,
        codes: &BTreeMap<String, u64>,
        requests: u64,
        responses: u64,
        created: Option<u64>,
        legacy: bool,
        run: &mut Run,
    ) {
        if self.seen == 0 {
            return;
        }
        for (name, windows, whole) in [
            ("rps.count", self.sums.requests, requests),
            ("requestsCompleted", self.sums.responses, responses),
            ("scenariosCreated", self.sums.created, created.unwrap_or(0)),
            ("codes", self.sums.codes, sum(codes.iter())),
        ] {
            if !(legacy && name == "rps.count") {
                note_difference(name, whole, windows, run);
            }
        }
    }

    /// The slices in order of time. `how`: whether there are HTTP requests, how samples without a status ended, and what the
    /// errors say about the requests.
    pub(super) fn place(
        mut self,
        times: Times,
        how: (bool, Option<bool>, Balance),
        legacy: bool,
        run: &mut Run,
    ) {
        let timeless = self.list.iter().filter(|w| w.time.is_none()).count();
        if timeless > 0 {
            let text = "windows without `timestamp` are left out of the timeline";
            run.note("windows-without-time", text, timeless as u64);
        }
        if self.bare > 0 {
            let text = "distributions of slices are left out beyond a number of buckets; their percentiles are kept";
            run.note("slice-histograms-capped", text, self.bare);
        }
        if self.capped > 0 {
            let text =
                format!("windows beyond the first {MOST_WINDOWS} are left out of the timeline");
            run.note("windows-capped", text, self.capped);
        }
        self.list.retain(|window| window.time.is_some());
        self.list.sort_by_key(|window| window.time);
        let mut before: Option<i64> = None;
        let mut overlap = 0;
        let mut uncounted = if legacy { 0 } else { how.2.before };
        for window in self.list {
            let Some(time) = window.time else { continue };
            let mut stats = window.stats(how, legacy);
            let added = window.errors.client.min(uncounted);
            uncounted -= added;
            stats.requests = stats.requests.map(|n| n.saturating_add(added));
            if before == Some(time)
                && let Some(last) = run.timeline.last_mut()
            {
                let length = Some(last.duration);
                last.join(Slice {
                    latency_window: None,
                    start: last.start,
                    duration: last.duration,
                    users: window.users,
                    arrivals: Some(window.created),
                    completed: window.completed,
                    stats,
                    endpoints: Vec::new(),
                });
                set_rates(&mut last.stats, length);
                overlap += 1;
                continue;
            }
            let (mut from, mut to) = if legacy {
                (time, time.saturating_add(SLICE_LENGTH))
            } else {
                // After a gap, a window still covers ten seconds at most.
                let most = time.saturating_sub(SLICE_LENGTH);
                let follows = before.filter(|before| time - before < SLICE_LENGTH * 3 / 2);
                (follows.unwrap_or(most), time)
            };
            before = Some(time);
            if let Some((start, end)) = times.ends {
                let clipped = (from.max(start), to.min(end));
                if clipped.0 <= clipped.1 {
                    (from, to) = clipped;
                }
            }
            let seconds = |millis: i64| Seconds(millis as f64 / 1000.0);
            let duration = seconds(to - from);
            set_rates(&mut stats, Some(duration));
            run.timeline.push(Slice {
                latency_window: None,
                completed: window.completed,
                start: seconds(from - times.origin),
                duration,
                users: window.users,
                arrivals: Some(window.created),
                stats,
                endpoints: Vec::new(),
            });
        }
        if overlap > 0 {
            run.note("windows-overlap", WINDOWS_OVERLAP, overlap);
        }
    }
}

impl Window {
    fn stats(
        &self,
        (http, outcome, balance): (bool, Option<bool>, Balance),
        legacy: bool,
    ) -> Stats {
        if !http {
            return Stats::default();
        }
        let failed = failed_answers(&self.codes);
        let mut lost = self.errors.sent.saturating_add(self.errors.client);
        if balance.scripts_lost {
            lost = lost.saturating_add(self.errors.script);
        }
        let requests = if legacy {
            Some(self.responses.saturating_add(lost))
        } else {
            self.requests
        };
        let (mut all, mut ok, mut failures) = self.latencies.clone();
        if all.is_none()
            && let Some(summary) = &self.summary
        {
            all = if legacy {
                tally::latency(summary, Population::Answered)
            } else {
                quote(summary, Population::Answered, self.responses)
            };
        }
        // The distribution stands once: with the successes where they are known, else with all.
        if self.plain || ok.is_none() && failures.is_none() {
            let mut part = |population| {
                let part = all.clone().map(|latency| Latency {
                    population,
                    ..latency
                });
                if let Some(all) = &mut all {
                    all.histogram = None;
                }
                part
            };
            match outcome {
                Some(true) => ok = part(Population::Ok),
                Some(false) => failures = part(Population::Failed),
                None => {}
            }
        }
        Stats {
            requests,
            responses: Some(self.responses),
            failures: Some(failed.saturating_add(lost)),
            codes: self.codes.clone(),
            latency: all,
            latency_ok: ok,
            latency_failed: failures,
            ..Stats::default()
        }
    }
}
