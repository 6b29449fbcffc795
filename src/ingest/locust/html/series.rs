//! The history of a report: a point every five seconds, with users, rates of the last ten seconds and percentiles.
//!
//! There are no counts. A slice goes from the point before to this point; the rates stay what the tool reports, as they
//! are means over the ten seconds that ended about two seconds before the point. The size of the window that the
//! percentiles describe is that rate times ten, which is right to a few requests and is said.

use jiff::civil::{DateTime, Time};

use crate::ingest::locust::html::row::{Cell, Row};
use crate::ingest::locust::html::{Page, moment, percentile_of, tell};
use crate::ingest::locust::slices::{self, MOST_SLICES, WINDOW, Window};
use crate::model::{Percentile, Seconds, Slice, Stats};

/// One point.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::ingest::locust) struct Point {
    /// Seconds after the start of the run; before it when a clock was set back.
    pub(super) at: f64,
    pub(super) users: Option<u64>,
    rate: Option<f64>,
    failure_rate: Option<f64>,
    percentiles: Vec<(Percentile, f64)>,
}

const DAY: f64 = 86_400.0;

/// A first point this long after the start is of another zone's clock: the history is emptied when a test starts.
const LATE: f64 = 1_800.0;

/// Where the first point lies when no clock says it: the history has a point every five seconds.
const INTERVAL: f64 = 5.0;

/// When a point is, with what the points before say of the day.
struct Clock {
    start: Option<DateTime>,
    /// What is taken off a time of day, once a point was seen.
    zero: Option<f64>,
    last: f64,
    /// Whether start and points are of different zones.
    foreign: bool,
}

impl Clock {
    fn new(start: Option<DateTime>) -> Clock {
        Clock {
            start,
            zero: None,
            last: 0.0,
            foreign: false,
        }
    }

    /// Seconds after the start.
    fn at(&mut self, text: &str) -> Option<f64> {
        let at = match moment(text) {
            Some(moment) => {
                let start = *self.start.get_or_insert(moment);
                start.duration_until(moment).as_secs_f64()
            }
            None => self.time_of_day(text.trim().parse().ok()?),
        };
        self.last = at;
        Some(at)
    }

    fn time_of_day(&mut self, time: Time) -> f64 {
        let seconds = Time::midnight().duration_until(time).as_secs_f64();
        let zero = *self.zero.get_or_insert_with(|| {
            let start = self
                .start
                .map(|start| Time::midnight().duration_until(start.time()));
            let after = start.map(|start| (seconds - start.as_secs_f64()).rem_euclid(DAY));
            match after {
                // The clocks of the two are read one after the other and cut to seconds.
                Some(after) if after > DAY - 60.0 => seconds - (after - DAY),
                Some(after) if after <= LATE => seconds - after,
                other => {
                    self.foreign = other.is_some();
                    seconds - INTERVAL
                }
            }
        });
        let at = seconds - zero;
        let days = ((self.last - DAY / 2.0 - at) / DAY).ceil().max(0.0);
        at + days * DAY
    }
}

/// Takes the points of `history`: pairs of time and value since 2.32, plain values and times of day before.
pub(super) fn of_args(history: &[Row], file: &str, page: &mut Page) {
    let mut clock = Clock::new(page.started);
    let mut odd = 0;
    for row in history {
        let quantity = |key: &str| row.quantity(key).ok().flatten();
        let Some(at) = clock.at(&row.text("time")) else {
            odd += 1;
            continue;
        };
        let shares = row.0.iter().filter_map(|(key, _)| {
            let share = key.strip_prefix("response_time_percentile_")?;
            let percentile = percentile_of(share.contains('.').then_some(share)?)?;
            Some((percentile, quantity(key)?))
        });
        page.points.push(Point {
            at,
            users: whole(quantity("user_count")),
            rate: quantity("current_rps"),
            failure_rate: quantity("current_fail_per_sec"),
            percentiles: shares.collect(),
        });
    }
    finish(&clock, odd, file, page);
}

/// The columns of `var stats_history`, each an array.
pub(super) struct Columns {
    pub(super) time: Vec<Cell>,
    pub(super) users: Vec<Cell>,
    pub(super) rate: Vec<Cell>,
    pub(super) failure_rate: Vec<Cell>,
    pub(super) percentiles: Vec<(Percentile, Vec<Cell>)>,
}

/// Takes the points of an old report.
pub(super) fn of_columns(columns: &Columns, file: &str, page: &mut Page) {
    let mut clock = Clock::new(page.started);
    let number = |cells: &[Cell], index: usize| match cells.get(index) {
        Some(Cell::Number(number)) => number.value().filter(|v| v.is_finite() && *v >= 0.0),
        _ => None,
    };
    let mut odd = 0;
    for (index, time) in columns.time.iter().enumerate() {
        let at = match time {
            Cell::Text(text) => clock.at(text),
            _ => None,
        };
        let Some(at) = at else {
            odd += 1;
            continue;
        };
        let percentiles = columns.percentiles.iter();
        page.points.push(Point {
            at,
            users: whole(number(&columns.users, index)),
            rate: number(&columns.rate, index),
            failure_rate: number(&columns.failure_rate, index),
            percentiles: percentiles
                .filter_map(|(percentile, cells)| Some((*percentile, number(cells, index)?)))
                .collect(),
        });
    }
    finish(&clock, odd, file, page);
}

fn whole(value: Option<f64>) -> Option<u64> {
    value.and_then(crate::ingest::locust::csv::whole)
}

fn finish(clock: &Clock, odd: u64, file: &str, page: &mut Page) {
    page.is_utc &= !clock.foreign;
    tell(
        page,
        "history-rows",
        format!("{file}: points of the history without a readable time were left out"),
        odd,
    );
    let mut back = 0;
    let mut last = f64::NEG_INFINITY;
    page.points.retain(|point| {
        let keep = point.at > last;
        if keep {
            last = point.at;
        }
        // The last point may repeat the time of the one before: it is written once more at the end.
        back += u64::from(point.at < last);
        keep
    });
    tell(
        page,
        "clock-back",
        format!("{file}: points whose time is before the point above were left out"),
        back,
    );
}

/// The slices between the points, with the run's start at 0.
pub(in crate::ingest::locust) fn timeline(points: &[Point]) -> Vec<Slice> {
    let step = points.len().div_ceil(MOST_SLICES).max(1);
    let mut before = 0.0_f64;
    let mut slices = Vec::new();
    for point in points.chunks(step).filter_map(|some| some.last()) {
        let start = before.min(point.at);
        before = point.at;
        if point.at <= start {
            continue;
        }
        let mut stats = Stats::default();
        for (id, value) in [
            ("rate_per_s", point.rate),
            ("failures_per_s", point.failure_rate),
        ] {
            stats
                .as_reported
                .extend(value.map(|value| (id.to_owned(), value)));
        }
        let count = whole(point.rate.map(|rate| rate * WINDOW as f64)).unwrap_or(0);
        let measured = point.percentiles.iter().any(|(_, value)| *value > 0.0);
        let window = (measured && count > 0).then(|| Window {
            count,
            percentiles: point.percentiles.clone(),
        });
        stats.latency = window.as_ref().map(slices::of_window);
        slices.push(Slice {
            start: Seconds(start),
            duration: Seconds(point.at - start),
            users: point.users.map(|users| users as f64),
            arrivals: None,
            completed: None,
            latency_window: Some(Seconds(WINDOW as f64)),
            stats,
            endpoints: Vec::new(),
        });
    }
    slices
}

/// Gives users to slices where a point lies inside one. The slices start `later` seconds after the points do.
pub(in crate::ingest::locust) fn give_users(points: &[Point], later: f64, slices: &mut [Slice]) {
    let mut points = points.iter().peekable();
    for slice in slices {
        let end = slice.start.0 + slice.duration.0;
        while let Some(point) = points.next_if(|point| point.at - later <= end) {
            if point.at - later > slice.start.0 {
                slice.users = point.users.map(|users| users as f64);
            }
        }
    }
}
