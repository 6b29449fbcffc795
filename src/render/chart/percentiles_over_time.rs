//! Latency percentiles over the time of a run, above its load and its failures: steady, drifting, or broken, and when.
//!
//! A percentile of a slice is drawn where the slice holds enough requests for it to be more than the slice's largest
//! value: 1/(1-q) of them. Missing slices break the line. Panels share the axis of time; no panel has two axes of y.

use crate::model::{Latency, PerSecond, Percentile, Population, Run, Seconds, Slice};
use crate::render::block::{Align, Figure, Table, text};
use crate::render::chart::panel::{EndLabel, Panel};
use crate::render::chart::scale::{self, Axis};
use crate::render::chart::svg::{self, Canvas, Pen};
use crate::render::chart::theme::{Dash, Tone};
use crate::render::chart::thin;
use crate::report::Report;
use crate::text::number;

/// The percentiles that are drawn, and how.
const DRAWN: [(Percentile, Pen); 3] = [
    (Percentile::P50, Pen::new(Tone::First, Dash::Solid)),
    (Percentile::P95, Pen::new(Tone::Second, Dash::Long)),
    (Percentile::P99, Pen::new(Tone::Third, Dash::Short)),
];

/// Fewer slices are no course over time.
const LEAST: usize = 3;

/// From this ratio of the largest tail to the median on, the axis of latency is logarithmic.
const LOG_FROM: f64 = 5.0;

/// Room right of the plots.
const RIGHT: i32 = 84;

/// One value over time, slice by slice.
type Course = Vec<Option<f64>>;

/// What the chart shows, read once.
struct View<'a> {
    slices: Vec<&'a Slice>,
    spans: Vec<(f64, f64)>,
    end: f64,
    whose: Population,
    lines: Vec<(Percentile, Pen, Course)>,
    remarks: Vec<String>,
    load: Option<(Load, Course)>,
    failures: Option<Course>,
}

/// What stands for the load: the first of these that the slices have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Load {
    Users,
    Arrivals,
    Requests,
}

/// Draws the chart.
pub(super) fn draw(run: &Run, _report: &Report, id: &str) -> Option<Figure> {
    let view = View::of(run)?;
    let named = (id, "Latency over time", run.name.as_str());
    let (alt, data) = (view.sentence(), view.table());
    Some(svg::figure(named, alt, data, view.height(), |canvas| {
        view.draw(canvas);
    }))
}

impl<'a> View<'a> {
    fn of(run: &'a Run) -> Option<View<'a>> {
        let mut slices: Vec<&Slice> = run
            .timeline
            .iter()
            .filter(|slice| {
                let (start, length) = (slice.start.0, slice.duration.0);
                start.is_finite() && length.is_finite() && length > 0.0 && start + length > 0.0
            })
            .collect();
        slices.sort_by(|one, other| one.start.0.total_cmp(&other.start.0));
        // Per slice, `Stats::primary` would fall back to another population where a slice has no success.
        let separated = slices.iter().any(|slice| slice.stats.latency_ok.is_some());
        let latencies: Vec<Option<&Latency>> = slices
            .iter()
            .map(|slice| {
                if separated {
                    slice.stats.latency_ok.as_ref()
                } else {
                    slice.stats.latency.as_ref()
                }
            })
            .collect();
        let whose = latencies.iter().flatten().next()?.population;
        let (lines, remarks) = lines(&latencies);
        let most = lines.iter().map(|line| line.2.iter().flatten().count());
        if most.max()? < LEAST {
            return None;
        }
        let spans = spans(&slices, run.duration);
        let end = spans.iter().map(|span| span.1).fold(0.0, f64::max);
        Some(View {
            load: load(&slices, &spans),
            failures: failures(&slices, &spans),
            slices,
            spans,
            end,
            whose,
            lines,
            remarks,
        })
    }

    fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.lines
            .iter()
            .flat_map(|line| line.2.iter().flatten().copied())
    }

    fn is_log(&self) -> bool {
        let most = self.values().fold(0.0, f64::max);
        let Some(lowest) = self.lines.first() else {
            return false;
        };
        let mut middle: Vec<f64> = lowest.2.iter().flatten().copied().collect();
        middle.sort_by(f64::total_cmp);
        let median = middle.get(middle.len() / 2).copied().unwrap_or(0.0);
        let positive = self.values().filter(|value| *value > 0.0);
        let least = positive.fold(f64::INFINITY, f64::min);
        most / median.max(least) > LOG_FROM
    }

    fn height(&self) -> i32 {
        let load = if self.load.is_some() { 104 } else { 0 };
        let failures = if self.failures.is_some() { 92 } else { 0 };
        330 + load + failures
    }

    fn draw(&self, canvas: &Canvas<'_>) {
        let x = scale::time(self.end);
        let log = self.is_log();
        let y = scale::latency(self.values(), log);
        let mut last = Panel::new(canvas, [RIGHT, 40, 280], x.clone(), y);
        let mut remark: Vec<&str> = self.remarks.iter().map(String::as_str).collect();
        if log {
            remark.insert(0, "log scale");
        }
        last.heading(
            &format!("Latency of {} over time", people(self.whose)),
            &remark.join("; "),
        );
        let mut ends = Vec::new();
        for (percentile, pen, course) in &self.lines {
            let paths = self.paths(course);
            // Dashes of lines that fill every pixel are noise; their order and labels tell them apart.
            let pen = if self.slices.len() > thin::POINTS {
                Pen::new(pen.tone, Dash::Solid).wide(3)
            } else {
                *pen
            };
            for path in &paths {
                last.line(path, pen);
            }
            if let Some(end) = paths.last().and_then(|path| path.last()) {
                ends.push(EndLabel {
                    at: *end,
                    text: percentile.to_string(),
                    pen,
                });
            }
        }
        last.end_labels(&ends);
        let mut top = 280 + 44;
        if let Some((load, course)) = &self.load {
            let pen = Pen::new(Tone::Neutral, Dash::Solid).wide(5);
            let place = [RIGHT, top, top + 60];
            last = self.lower(canvas, place, &x, (course, pen, Tone::Wash));
            last.heading(load.heading(), "");
            top += 104;
        }
        if let Some(course) = &self.failures {
            let pen = Pen::new(Tone::Alarm, Dash::Solid).wide(5);
            let place = [RIGHT, top, top + 48];
            last = self.lower(canvas, place, &x, (course, pen, Tone::AlarmWash));
            last.heading("Failures per second", "");
        }
        last.x_labels("time since the start of the run");
    }

    fn lower<'c, 'b>(
        &self,
        canvas: &'c Canvas<'b>,
        place: [i32; 3],
        x: &Axis,
        (course, pen, wash): (&Course, Pen, Tone),
    ) -> Panel<'c, 'b> {
        let most = course.iter().flatten().copied().fold(0.0, f64::max);
        let panel = Panel::new(
            canvas,
            place,
            x.clone(),
            scale::linear(most, 3, scale::bare),
        );
        for path in self.paths(course) {
            panel.area(&path, pen, wash);
        }
        panel
    }

    /// Step lines, one per stretch without a gap.
    fn paths(&self, course: &Course) -> Vec<Vec<(f64, f64)>> {
        let mut lengths: Vec<f64> = self.spans.iter().map(|span| span.1 - span.0).collect();
        lengths.sort_by(f64::total_cmp);
        let hole = lengths.get(lengths.len() / 2).copied().unwrap_or(0.0) / 2.0;
        let mut paths: Vec<Vec<(f64, f64)>> = Vec::new();
        let mut until = f64::NEG_INFINITY;
        for ((from, to), value) in self.spans.iter().zip(course) {
            let Some(value) = value else {
                until = f64::NEG_INFINITY;
                continue;
            };
            if from - until > hole {
                paths.push(Vec::new());
            }
            if let Some(path) = paths.last_mut() {
                path.push((*from, *value));
                path.push((*to, *value));
            }
            until = *to;
        }
        paths
    }

    /// The finding: the range of the highest percentile that judges a run, and what the load did.
    fn sentence(&self) -> String {
        let told = self.lines.iter().find(|line| line.0 == Percentile::P95);
        let mut parts = Vec::new();
        if let Some((percentile, _, course)) = told.or(self.lines.last()) {
            let known = || {
                let starts = self.spans.iter().map(|span| span.0);
                starts.zip(course).filter_map(|(at, v)| Some((at, (*v)?)))
            };
            let by_value = |one: &(f64, f64), other: &(f64, f64)| one.1.total_cmp(&other.1);
            // The first of several equal ones.
            let most = known().reduce(|most, next| if next.1 > most.1 { next } else { most });
            if let (Some(least), Some(most)) = (known().min_by(by_value), most) {
                let slices = number::plural(known().count() as u64, "slice");
                let (low, high) = (number::millis(least.1), number::millis(most.1));
                parts.push(if low == high {
                    format!("{percentile} {low} in {slices}")
                } else {
                    let at = number::seconds(most.0);
                    format!(
                        "{percentile} between {low} and {high} in {slices}, highest {at} after the start"
                    )
                });
            }
        }
        if let Some((load, course)) = &self.load {
            let most = course.iter().flatten().copied().fold(0.0, f64::max);
            parts.push(load.up_to(most));
        }
        if let Some(course) = &self.failures {
            let most = course.iter().flatten().copied().fold(0.0, f64::max);
            parts.push(format!("failures up to {}", number::rate(most)));
        }
        parts.extend(self.remarks.iter().cloned());
        format!("{}.", parts.join("; "))
    }

    fn table(&self) -> Table {
        let rows = self.slices.len();
        let start = format!("Start{}", thin::said(rows, "slice"));
        let mut columns = vec![(start, Align::Right), ("Requests".to_owned(), Align::Right)];
        for (percentile, _, _) in &self.lines {
            columns.push((format!("{percentile} (ms)"), Align::Right));
        }
        if let Some((load, _)) = &self.load {
            columns.push((load.heading().to_owned(), Align::Right));
        }
        if self.failures.is_some() {
            columns.push(("Failures per second".to_owned(), Align::Right));
        }
        let mut table = Table {
            columns,
            rows: Vec::new(),
        };
        let absent = || number::ABSENT.to_owned();
        let at = |course: &Course, row: usize| course.get(row).copied().flatten();
        let numbered = self.slices.iter().zip(&self.spans).enumerate();
        for (row, (slice, span)) in numbered.step_by(thin::every(rows)) {
            let mut cells = vec![
                number::seconds(span.0),
                slice.stats.requests.map_or_else(absent, number::count),
            ];
            for (_, _, course) in &self.lines {
                cells.push(at(course, row).map_or_else(absent, number::millis_bare));
            }
            for course in self.load.iter().map(|load| &load.1).chain(&self.failures) {
                let shown = at(course, row).map(|value| number::significant(value, 3));
                cells.push(shown.unwrap_or_else(absent));
            }
            table.row(cells.into_iter().map(|cell| vec![text(cell)]).collect());
        }
        table
    }
}

/// The percentiles worth drawing, and what is to be said about those that are not.
fn lines(latencies: &[Option<&Latency>]) -> (Vec<(Percentile, Pen, Course)>, Vec<String>) {
    let course = |percentile: Percentile, least: f64| -> Course {
        let latencies = latencies.iter();
        latencies
            .map(|latency| {
                let latency = (*latency)?;
                let value = latency.percentile(percentile)?.0;
                let fits = value.is_finite() && value >= 0.0 && latency.count as f64 >= least;
                fits.then_some(value)
            })
            .collect()
    };
    let known = |course: &Course| course.iter().flatten().count();
    let (mut lines, mut thin, mut from) = (Vec::new(), Vec::new(), Vec::new());
    for (percentile, pen) in DRAWN {
        let least = least(percentile);
        let (all, carried) = (course(percentile, 0.0), course(percentile, least));
        if known(&all) == 0 {
            continue;
        }
        if known(&carried) == 0 {
            thin.push((percentile, pen, all));
            continue;
        }
        if known(&carried) < known(&all) {
            from.push(format!("{percentile} from {}", number::decimal(least, 0)));
        }
        lines.push((percentile, pen, carried));
    }
    let mut remarks = Vec::new();
    if !from.is_empty() {
        remarks.push(format!("{} requests a slice", from.join(", ")));
    }
    let names: Vec<String> = thin.iter().map(|line| line.0.to_string()).collect();
    let names = names.join(" and ");
    if lines.iter().any(|line| line.0 > Percentile::P50) {
        if let Some((percentile, _, _)) = thin.first() {
            let least = number::decimal(least(*percentile), 0);
            remarks.push(format!("{names} left out, no slice has {least} requests"));
        }
    } else if !thin.is_empty() {
        let counts = latencies.iter().flatten().map(|latency| latency.count);
        let most = number::plural(counts.max().unwrap_or(0), "request");
        remarks.push(format!(
            "{names} near the maximum, slices have at most {most}"
        ));
        lines.append(&mut thin);
    }
    (lines, remarks)
}

/// Requests below which the percentile of a slice is its largest value.
fn least(percentile: Percentile) -> f64 {
    (1.0 / (1.0 - percentile.share())).round()
}

/// Start and end per slice: clipped to the run, because windows of the clock begin before it and end after it, and
/// where windows overlap, to the one before.
fn spans(slices: &[&Slice], duration: Option<Seconds>) -> Vec<(f64, f64)> {
    let last = slices.last().map_or(0.0, |slice| slice.start.0);
    let finish = duration.map(|length| length.0).filter(|at| *at > last);
    let finish = finish.unwrap_or(f64::INFINITY);
    let mut until = 0.0_f64;
    slices
        .iter()
        .map(|slice| {
            let end = (slice.start.0 + slice.duration.0).min(finish);
            let start = slice.start.0.max(until).min(end);
            until = until.max(end);
            (start, end)
        })
        .collect()
}

fn load(slices: &[&Slice], spans: &[(f64, f64)]) -> Option<(Load, Course)> {
    for load in [Load::Users, Load::Arrivals, Load::Requests] {
        let course: Course = slices
            .iter()
            .zip(spans)
            .map(|(slice, span)| match load {
                Load::Users => slice.users.filter(|v| v.is_finite() && *v >= 0.0),
                Load::Arrivals => per_second(slice.arrivals?, slice, *span),
                Load::Requests => per_second(slice.stats.requests?, slice, *span),
            })
            .collect();
        if course.iter().flatten().count() >= LEAST {
            return Some((load, course));
        }
    }
    None
}

fn failures(slices: &[&Slice], spans: &[(f64, f64)]) -> Option<Course> {
    let course: Course = slices
        .iter()
        .zip(spans)
        .map(|(slice, span)| per_second(slice.stats.failures?, slice, *span))
        .collect();
    let failed = course.iter().flatten().any(|value| *value > 0.0);
    failed.then_some(course)
}

/// A count over the part of its slice that lies in the run, and over no less than a second of a longer slice.
fn per_second(count: u64, slice: &Slice, span: (f64, f64)) -> Option<f64> {
    let length = (span.1 - span.0).max(1.0).min(slice.duration.0);
    let rate = PerSecond::of(count, Seconds(length))?.0;
    rate.is_finite().then_some(rate)
}

/// Whose latency it is, in words.
pub(super) fn people(population: Population) -> &'static str {
    match population {
        Population::All => "all requests",
        Population::Answered => "answered requests",
        Population::Ok => "successes",
        Population::Failed => "failures",
        Population::Unknown => "requests",
    }
}

impl Load {
    fn heading(self) -> &'static str {
        match self {
            Load::Users => "Users",
            Load::Arrivals => "Arrivals per second",
            Load::Requests => "Requests per second",
        }
    }

    fn up_to(self, most: f64) -> String {
        match self {
            Load::Users => format!("users up to {}", number::decimal(most, 1)),
            Load::Arrivals => format!("arrivals up to {}", number::rate(most)),
            Load::Requests => format!("requests up to {}", number::rate(most)),
        }
    }
}
