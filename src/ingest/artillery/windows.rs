//! Windows to slices: where they lie in the run, what they count, and whether they add up to the aggregate.
//!
//! Windows are aligned to the clock, so the first and the last one reach beyond the run. They are clipped to it: otherwise
//! two seconds of load would be divided by ten.

use rustc_hash::FxHashSet;

use crate::ingest::artillery::names::{Names, Namespaces, is_failure};
use crate::ingest::artillery::parse::Period;
use crate::ingest::artillery::tally::{BadCounter, Tally};
use crate::model::{EndpointSlice, PerSecond, Run, Seconds, Slice, Stats};

/// How many endpoints a slice keeps at most: those with the most requests in the run.
const MOST_ENDPOINTS: usize = 32;

/// Figures of endpoints that all slices together keep: those of 32 endpoints in 300 slices, as of a log.
const MOST_CELLS: usize = 9_600;

/// How many endpoints the slices of a run of that span keep.
pub(super) fn kept_endpoints(windows: usize) -> usize {
    (MOST_CELLS / windows.max(1)).clamp(1, MOST_ENDPOINTS)
}

/// How many windows a run of that span may have; what the file says of its span need not be true.
pub(super) fn windows_of(span: Option<(i64, i64)>) -> usize {
    let windows = span.map_or(0, |(first, last)| last.saturating_sub(first) / WINDOW);
    let windows = usize::try_from(windows).unwrap_or(0).saturating_add(2);
    windows.min(MOST_WINDOWS)
}

/// Windows that the timeline takes: eleven days of them.
pub(super) const MOST_WINDOWS: usize = 100_000;

/// The length of a window in every release so far.
const WINDOW: i64 = 10_000;

/// What the aggregate says that the windows need.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) names: Names,
    /// How many windows the run may have.
    pub(super) windows: usize,
    pub(super) spaces: Namespaces,
    /// The endpoints that slices keep.
    pub(super) kept: FxHashSet<String>,
    /// Whether the run makes HTTP requests, so that a window without any has made none.
    pub(super) http: bool,
    /// Whether errors of no known kind took the place of an answer. They did not where there are more errors than requests
    /// without an answer: then scripts wrote some of them.
    pub(super) others_lost: bool,
    /// The same for virtual users.
    pub(super) sessions: bool,
}

/// A window whose place in the run is not known yet.
#[derive(Debug)]
pub(super) struct Window {
    start: i64,
    first: Option<i64>,
    last: Option<i64>,
    slice: Slice,
}

/// Sums over all windows, to be compared with the aggregate.
#[derive(Debug, Default)]
pub(super) struct Sums {
    requests: u64,
    responses: u64,
    created: u64,
    completed: u64,
    failed: u64,
    errors: u64,
}

/// All windows of a document.
#[derive(Debug, Default)]
pub(super) struct Windows {
    list: Vec<Window>,
    sums: Sums,
    seen: usize,
    timeless: u64,
    /// Figures of endpoints so far.
    cells: usize,
    /// Windows without endpoints, and windows that are left out.
    bare: u64,
    capped: u64,
}

impl Windows {
    /// How many were read so far.
    pub(super) fn seen(&self) -> usize {
        self.seen
    }

    /// First and last event of all windows.
    pub(super) fn reach(&self) -> (Option<i64>, Option<i64>) {
        let first = self.list.iter().filter_map(|window| window.first).min();
        let last = self.list.iter().filter_map(|window| window.last).max();
        (first, last)
    }

    /// Takes one in.
    pub(super) fn add(&mut self, period: &Period, plan: &Plan) -> Result<(), BadCounter> {
        self.seen += 1;
        let tally = Tally::of(period, &plan.spaces, |endpoint| {
            plan.kept.contains(endpoint)
        })?;
        let count = |sum: &mut u64, n: Option<u64>| *sum = sum.saturating_add(n.unwrap_or(0));
        count(&mut self.sums.requests, tally.requests);
        count(&mut self.sums.responses, tally.responses);
        count(&mut self.sums.created, tally.created);
        count(&mut self.sums.completed, tally.completed);
        count(&mut self.sums.failed, tally.failed);
        for errors in tally.errors.values() {
            count(&mut self.sums.errors, Some(*errors));
        }
        let aligned = || period.first.map(|first| first - first.rem_euclid(WINDOW));
        let Some(start) = period.start.or_else(aligned) else {
            self.timeless += 1;
            return Ok(());
        };
        if self.list.len() >= MOST_WINDOWS {
            self.capped += 1;
            return Ok(());
        }
        // There may be more windows than the span of the aggregate makes one think.
        let room = 2 * MOST_CELLS > self.cells;
        let endpoints = tally.endpoints.iter().filter(|_| room);
        self.cells += tally.endpoints.len();
        self.bare += u64::from(!room);
        let slice = Slice {
            latency_window: None,
            start: Seconds(0.0),
            duration: Seconds(0.0),
            users: None,
            arrivals: plan.sessions.then(|| tally.created.unwrap_or(0)),
            stats: tally.window_stats(period, plan),
            endpoints: endpoints
                .map(|(name, endpoint)| EndpointSlice {
                    name: (*name).to_owned(),
                    method: None,
                    stats: endpoint.stats(None),
                })
                .collect(),
        };
        if self.list.is_empty() {
            self.list.reserve(plan.windows);
        }
        self.list.push(Window {
            start,
            first: period.first,
            last: period.last,
            slice,
        });
        Ok(())
    }

    /// The length of a window: ten seconds unless the windows themselves say otherwise.
    fn length(&self) -> i64 {
        let pairs = self.list.iter().zip(self.list.iter().skip(1));
        let spacing = pairs
            .map(|(a, b)| b.start - a.start)
            .filter(|gap| *gap > 0)
            .min();
        let reach = self
            .list
            .iter()
            .filter_map(|window| Some(window.last? - window.start))
            .max();
        match (spacing, reach) {
            (Some(spacing), _) if spacing < WINDOW => spacing,
            (Some(spacing), Some(reach)) if reach >= WINDOW => spacing,
            (None, Some(reach)) if reach >= WINDOW => reach,
            _ => WINDOW,
        }
    }

    /// The slices in order of time, inside a run of these ends.
    pub(super) fn place(mut self, ends: Option<(i64, i64)>, run: &mut Run) {
        self.list.sort_by_key(|window| window.start);
        let length = self.length();
        let doubles = self.list.iter().zip(self.list.iter().skip(1));
        let doubles = doubles.filter(|(a, b)| a.start == b.start).count();
        if doubles > 0 {
            let text = "windows of the same instant stand in the file; each is a slice of its own";
            run.note("windows-overlap", text, doubles as u64);
        }
        if self.capped > 0 {
            let text =
                format!("windows beyond the first {MOST_WINDOWS} are left out of the timeline");
            run.note("windows-capped", text, self.capped);
        }
        if self.bare > 0 {
            let text =
                "windows whose endpoints are left out of the timeline, because there are too many";
            run.note("windows-without-endpoints", text, self.bare);
        }
        if self.timeless > 0 {
            let text = "windows without `period` and `firstMetricAt` are left out of the timeline";
            run.note("windows-without-time", text, self.timeless);
        }
        let origin = match (ends, self.list.first()) {
            (Some((start, _)), _) => start,
            (None, Some(window)) => window.start,
            (None, None) => return,
        };
        for mut window in self.list {
            let whole = (window.start, window.start.saturating_add(length));
            let clipped = ends.map_or(whole, |(start, end)| (whole.0.max(start), whole.1.min(end)));
            // A window that lies outside the run altogether says that the ends are wrong, not the window.
            let (from, to) = if clipped.0 <= clipped.1 {
                clipped
            } else {
                whole
            };
            let seconds = |millis: i64| Seconds(millis as f64 / 1000.0);
            window.slice.start = seconds(from - origin);
            window.slice.duration = seconds(to - from);
            let duration = Some(window.slice.duration);
            set_rates(&mut window.slice.stats, duration);
            for endpoint in &mut window.slice.endpoints {
                set_rates(&mut endpoint.stats, duration);
            }
            run.timeline.push(window.slice);
        }
    }

    /// Totals come from the aggregate; where the windows say something else, both are told (artillery #1874).
    pub(super) fn compare(&self, aggregate: &Tally, run: &mut Run) {
        if self.seen == 0 {
            return;
        }
        let errors = aggregate.errors.values();
        let errors = errors.fold(0u64, |all, count| all.saturating_add(*count));
        let sums = &self.sums;
        for (name, windows, whole) in [
            ("http.requests", sums.requests, aggregate.requests),
            ("http.responses", sums.responses, aggregate.responses),
            ("vusers.created", sums.created, aggregate.created),
            ("vusers.completed", sums.completed, aggregate.completed),
            ("vusers.failed", sums.failed, aggregate.failed),
            ("errors", sums.errors, Some(errors)),
        ] {
            let whole = whole.unwrap_or(0);
            if windows != whole {
                let text = format!(
                    "`{name}` is {whole} in the aggregate and {windows} over all windows; totals are the aggregate's"
                );
                run.note("windows-differ", text, 1);
            }
        }
    }
}

/// Rates of a window. What succeeded in it are answers: failures may be of requests that left earlier.
pub(super) fn set_rates(stats: &mut Stats, duration: Option<Seconds>) {
    stats.set_rates(duration);
    let failed = stats.codes.iter().filter(|(code, _)| is_failure(code));
    let failed = failed.fold(0u64, |all, (_, count)| all.saturating_add(*count));
    let answered = stats.responses.map(|all| all.saturating_sub(failed));
    stats.goodput = answered.and_then(|count| PerSecond::of(count, duration?));
}
