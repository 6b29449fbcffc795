//! Windows to slices: where they lie in the run, what they count, and whether they add up to the aggregate.
//!
//! Windows are aligned to the clock, so the first and the last one reach beyond the run. They are clipped to it: otherwise
//! two seconds of load would be divided by ten.

use rustc_hash::FxHashSet;

use crate::ingest::artillery::balance::Balance;
use crate::ingest::artillery::names::{Names, Namespaces, failed_answers, released, sum};
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

/// What is said of windows that cover one another.
pub(super) const WINDOWS_OVERLAP: &str =
    "windows of the same ten seconds stand in the file, as of several workers; they are added up";

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
    /// What the errors of the run say about its requests.
    pub(super) balance: Balance,
    /// Whether the run counts virtual users, so that a window without any has started none.
    pub(super) sessions: bool,
}

impl Plan {
    /// Whether a summary of a window is of use; those that are not need not be read.
    pub(super) fn wants(&self, summary: &str) -> bool {
        let name = match self.names {
            Names::Preview => released(summary).unwrap_or(summary),
            Names::Released => summary,
        };
        let endpoint = self.spaces.endpoint_of_summary(name);
        name.starts_with("http.response_time")
            || endpoint.is_some_and(|endpoint| self.kept.contains(endpoint))
    }

    /// What one window holds, wherever it stands among the others.
    pub(super) fn measure(&self, period: &mut Period) -> Result<Measured, BadCounter> {
        if self.names == Names::Preview {
            period.rename(released);
        }
        let period = &*period;
        let tally = Tally::of(period, &self.spaces, |endpoint| {
            self.kept.contains(endpoint)
        })?;
        let sums = [
            tally.requests.unwrap_or(0),
            tally.responses.unwrap_or(0),
            tally.created.unwrap_or(0),
            tally.completed.unwrap_or(0),
            tally.failed.unwrap_or(0),
            sum(tally.errors.iter()),
        ];
        let aligned = || period.first.map(|first| first - first.rem_euclid(WINDOW));
        let window = period.start.or_else(aligned).map(|start| Window {
            start,
            first: period.first,
            last: period.last,
            client_errors: tally.client_errors(),
            slice: Slice {
                latency_window: None,
                completed: self.sessions.then(|| tally.completed.unwrap_or(0)),
                start: Seconds(0.0),
                duration: Seconds(0.0),
                users: None,
                arrivals: self.sessions.then(|| tally.created.unwrap_or(0)),
                stats: tally.window_stats(period, self),
                endpoints: tally
                    .endpoints
                    .iter()
                    .map(|(name, endpoint)| EndpointSlice {
                        name: (*name).to_owned(),
                        method: None,
                        stats: endpoint.stats(None, self.balance),
                    })
                    .collect(),
            },
        });
        Ok(Measured {
            duplicates: period.duplicates,
            sums,
            window,
        })
    }
}

/// What one window holds.
#[derive(Debug)]
pub(super) struct Measured {
    /// Members that stood twice in one map.
    pub(super) duplicates: u64,
    sums: [u64; SUMS.len()],
    /// `None` when nobody knows when it was.
    window: Option<Window>,
}

/// A window whose place in the run is not known yet.
#[derive(Debug)]
pub(super) struct Window {
    start: i64,
    first: Option<i64>,
    last: Option<i64>,
    client_errors: u64,
    slice: Slice,
}

/// Counters whose sums over all windows are compared with the aggregate.
const SUMS: [&str; 6] = [
    "http.requests",
    "http.responses",
    "vusers.created",
    "vusers.completed",
    "vusers.failed",
    "errors",
];

/// All windows of a document.
#[derive(Debug, Default)]
pub(super) struct Windows {
    list: Vec<Window>,
    sums: [u64; SUMS.len()],
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
    pub(super) fn add(&mut self, measured: Measured, plan: &Plan) {
        self.seen += 1;
        for (sum, more) in self.sums.iter_mut().zip(measured.sums) {
            *sum = sum.saturating_add(more);
        }
        let Some(mut window) = measured.window else {
            self.timeless += 1;
            return;
        };
        if self.list.len() >= MOST_WINDOWS {
            self.capped += 1;
            return;
        }
        // There may be more windows than the span of the aggregate makes one think.
        if 2 * MOST_CELLS > self.cells {
            self.cells += window.slice.endpoints.len();
        } else {
            window.slice.endpoints = Vec::new();
            self.bare += 1;
        }
        if self.list.is_empty() {
            self.list.reserve(plan.windows);
        }
        self.list.push(window);
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

    /// The slices in order of time, inside a run of these ends. `before`: how many requests failed before they were counted.
    pub(super) fn place(mut self, ends: Option<(i64, i64)>, mut before: u64, run: &mut Run) {
        let (first, last) = self.reach();
        self.list.sort_by_key(|window| window.start);
        let length = self.length();
        let all = self.list.len();
        let mut list: Vec<Window> = Vec::with_capacity(all);
        for window in self.list {
            match list.last_mut().filter(|last| last.start == window.start) {
                Some(last) => {
                    last.slice.join(window.slice);
                    last.client_errors = last.client_errors.saturating_add(window.client_errors);
                }
                None => list.push(window),
            }
        }
        if list.len() < all {
            run.note(
                "windows-overlap",
                WINDOWS_OVERLAP,
                (all - list.len()) as u64,
            );
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
        let origin = match (ends, list.first()) {
            (Some((start, _)), _) => start,
            (None, Some(window)) => window.start,
            (None, None) => return,
        };
        for mut window in list {
            let uncounted = window.client_errors.min(before);
            before -= uncounted;
            let requests = &mut window.slice.stats.requests;
            *requests = requests.map(|n| n.saturating_add(uncounted));
            let whole = (window.start, window.start.saturating_add(length));
            // The aggregate may contradict the windows; then both say how long the run was.
            let clipped = ends.map_or(whole, |(start, end)| {
                let start = first.map_or(start, |first| first.min(start));
                let end = last.map_or(end, |last| last.max(end));
                (whole.0.max(start), whole.1.min(end))
            });
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
        let whole = [
            aggregate.requests,
            aggregate.responses,
            aggregate.created,
            aggregate.completed,
            aggregate.failed,
            Some(sum(aggregate.errors.iter())),
        ];
        for ((name, windows), whole) in SUMS.iter().zip(self.sums).zip(whole) {
            note_difference(name, whole.unwrap_or(0), windows, run);
        }
    }
}

/// Says where the windows add up to something else than the aggregate.
pub(super) fn note_difference(name: &str, whole: u64, windows: u64, run: &mut Run) {
    if windows != whole {
        let text = format!(
            "`{name}` is {whole} in the aggregate and {windows} over all windows; totals are the aggregate's"
        );
        run.note("windows-differ", text, 1);
    }
}

/// Rates of a window. What succeeded in it are answers: failures may be of requests that left earlier.
pub(super) fn set_rates(stats: &mut Stats, duration: Option<Seconds>) {
    stats.set_rates(duration);
    let failed = failed_answers(&stats.codes);
    let answered = stats.responses.map(|all| all.saturating_sub(failed));
    stats.goodput = answered.and_then(|count| PerSecond::of(count, duration?));
}
