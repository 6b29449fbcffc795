//! The shape of the tail: latency against the share of requests that were at least as fast, as `HdrHistogram` plots it.
//!
//! The axis is 1/(1-q) on a logarithmic scale, so every further nine has the same width. Where fewer than ten requests
//! lie beyond a point, it is drawn hollow and no line runs to it: such points say what happened once, not what to
//! expect. See <https://hdrhistogram.github.io/HdrHistogram/plotFiles.html>.

use crate::model::{Histogram, Latency, Millis, Percentile, Population, Run};
use crate::render::block::{Align, Figure, Table, text};
use crate::render::chart::panel::{EndLabel, LEFT, Panel};
use crate::render::chart::percentiles_over_time::people;
use crate::render::chart::scale::{self, Axis, Scale};
use crate::render::chart::svg::{self, Canvas, Pen};
use crate::render::chart::theme::{Dash, SMALL, Tone, WIDTH, text_width};
use crate::render::chart::thin;
use crate::report::Report;
use crate::text::number;

/// Fewer points are no shape.
const LEAST: usize = 3;

/// Requests that lie beyond a point that is to be relied on.
const BEYOND: f64 = 10.0;

/// Failures below this number are not drawn apart.
const FAILED: u64 = 20;

/// From this ratio of the largest to the smallest latency on, the axis of latency is logarithmic.
pub(super) const LOG_FROM: f64 = 10.0;

/// Buckets wider than this share of their middle show their edges.
const WIDE: f64 = 0.03;

/// One population.
struct Curve<'a> {
    latency: &'a Latency,
    tone: Tone,
    /// Samples behind the points.
    n: f64,
    points: Vec<Point>,
    /// Whether the points are all ranks, so that the line between them is measured.
    whole: bool,
}

/// A latency, and from where to where it is the percentile, in 1/(1-q).
#[derive(Clone, Copy, Debug, PartialEq)]
struct Point {
    from: f64,
    /// Infinite for the largest.
    until: f64,
    /// The edges of its bucket, equal for an exact value.
    lower: f64,
    upper: f64,
}

impl Point {
    fn exact(from: f64, value: f64) -> Point {
        Point {
            from,
            until: from,
            lower: value,
            upper: value,
        }
    }

    fn y(&self) -> f64 {
        f64::midpoint(self.lower, self.upper)
    }

    fn is_wide(&self) -> bool {
        self.upper - self.lower > WIDE * self.y()
    }
}

/// Draws the chart.
pub(super) fn draw(run: &Run, _report: &Report, id: &str) -> Option<Figure> {
    let mut curves = vec![Curve::of(run.overall.primary()?, Tone::First)?];
    let failed = run.overall.latency_failed.as_ref();
    let failed = failed.filter(|latency| latency.count >= FAILED);
    curves.extend(failed.and_then(|latency| Curve::of(latency, Tone::Alarm)));
    let named = (id, "Latency by percentile", run.name.as_str());
    let sentences: Vec<String> = curves.iter().map(Curve::sentence).collect();
    let data = table(&curves);
    Some(svg::figure(
        named,
        sentences.join(" "),
        data,
        374,
        |canvas| {
            picture(canvas, &curves);
        },
    ))
}

fn picture(canvas: &Canvas<'_>, curves: &[Curve<'_>]) {
    let several = curves.len() > 1;
    let (y, log) = latency_axis(curves);
    let right = if several { 156 } else { 40 };
    let points = curves.iter().flat_map(|curve| &curve.points);
    let last = points.map(|point| point.from).fold(10.0, f64::max);
    let panel = Panel::new(canvas, [right, 40, 322], share_axis(last, right), y);
    let first = curves.first();
    let heading = match first.filter(|_| !several) {
        Some(curve) => format!(
            "Latency of {} by percentile",
            people(curve.latency.population)
        ),
        None => "Latency by percentile".to_owned(),
    };
    let mut remark = Vec::new();
    if log {
        remark.push("log scale");
    }
    if curves.iter().any(|curve| curve.hollow().next().is_some()) {
        remark.push("hollow: fewer than 10 requests beyond");
    }
    panel.heading(&heading, &remark.join("; "));
    for curve in curves {
        curve.draw(&panel);
    }
    if several {
        let ends: Vec<EndLabel> = curves.iter().filter_map(Curve::end).collect();
        panel.end_labels(&ends);
    }
    if let Some(first) = first {
        panel.point_labels(&first.labels());
    }
    panel.x_labels("share of requests that were at least as fast");
}

impl<'a> Curve<'a> {
    /// All ranks where the input has them, else the percentiles that it gives. `None` if there are too few.
    fn of(latency: &'a Latency, tone: Tone) -> Option<Curve<'a>> {
        let ranks = latency.histogram.as_ref().map(ranks).unwrap_or_default();
        let whole = ranks.1.len() >= LEAST;
        let (n, points) = if whole { ranks } else { given(latency) };
        (points.len() >= LEAST).then_some(Curve {
            latency,
            tone,
            n: n as f64,
            points,
            whole,
        })
    }

    /// Up to where ten requests lie beyond.
    fn limit(&self) -> f64 {
        // A hair more, because 1/(1-q) of a decimal fraction is not exact.
        self.n / BEYOND * (1.0 + 1e-9)
    }

    fn hollow(&self) -> impl Iterator<Item = &Point> {
        let limit = self.limit();
        self.points.iter().filter(move |point| point.from > limit)
    }

    /// The line as far as it is to be relied on, through one edge or the middle of every bucket.
    fn path(&self, height: fn(&Point) -> f64) -> Vec<(f64, f64)> {
        let limit = self.limit();
        let carried = self.points.iter().filter(|point| point.from <= limit);
        let ends = |point: &Point| {
            let y = height(point);
            [(point.from, y), (point.until.min(limit), y)]
        };
        let mut path: Vec<(f64, f64)> = carried.flat_map(ends).collect();
        path.dedup();
        path
    }

    fn pen(&self) -> Pen {
        match (self.whole, self.tone) {
            (false, tone) => Pen::new(tone, Dash::Short).wide(4),
            (true, Tone::Alarm) => Pen::new(Tone::Alarm, Dash::Long),
            (true, tone) => Pen::new(tone, Dash::Solid),
        }
    }

    fn draw(&self, panel: &Panel<'_, '_>) {
        let path = self.path(Point::y);
        if self.whole && self.points.iter().any(Point::is_wide) {
            let lower = self.path(|point| point.lower);
            panel.band(&lower, &self.path(|point| point.upper), Tone::Band);
        }
        panel.line(&path, self.pen());
        if !self.whole {
            for (x, y) in path {
                panel.mark((x, y), self.tone, false);
            }
        }
        for point in self.hollow() {
            panel.mark((point.from, point.y()), self.tone, true);
        }
    }

    fn end(&self) -> Option<EndLabel> {
        let (path, last) = (self.path(Point::y), self.points.last());
        let end = path.last().copied();
        Some(EndLabel {
            at: end.or(last.map(|point| (point.from, point.y())))?,
            text: people(self.latency.population).to_owned(),
            pen: self.pen(),
        })
    }

    /// What is written beside the curve: the largest value and the percentiles that people ask for.
    fn labels(&self) -> Vec<((f64, f64), String)> {
        let mut labels = Vec::new();
        if let Some(last) = self.points.last().filter(|last| last.from > self.limit()) {
            let max = number::millis(self.latency.max.map_or(last.upper, |max| max.0));
            labels.push(((last.from, last.y()), format!("max {max}")));
        }
        let named = [Percentile::P99, Percentile::P50, Percentile::P95];
        for percentile in named.into_iter().chain([Percentile::P99_9]) {
            let x = 1.0 / (1.0 - percentile.share());
            if let Some(value) = sound(self.latency.percentile(percentile))
                && x <= self.limit()
            {
                labels.push((
                    (x, value),
                    format!("{percentile} {}", number::millis(value)),
                ));
            }
        }
        labels
    }

    /// The finding in figures.
    fn sentence(&self) -> String {
        let mut parts = Vec::new();
        for percentile in [Percentile::P50, Percentile::P95, Percentile::P99] {
            if let Some(value) = sound(self.latency.percentile(percentile)) {
                parts.push(format!("{percentile} {}", number::millis(value)));
            }
        }
        if let Some(last) = self.points.last() {
            let max = sound(self.latency.max).unwrap_or(last.upper);
            parts.push(format!("largest {}", number::millis(max)));
        }
        let count = number::count(self.latency.count);
        let people = match self.latency.population {
            Population::All => "requests",
            other => people(other),
        };
        format!("{count} {people}: {}.", parts.join(", "))
    }
}

fn sound(value: Option<Millis>) -> Option<f64> {
    let value = value?.0;
    (value.is_finite() && value >= 0.0).then_some(value)
}

/// Every bucket as a step over the ranks that it holds.
fn ranks(histogram: &Histogram) -> (u64, Vec<Point>) {
    let sound = |edge: Millis| sound(Some(edge));
    // An open edge is drawn at the other one.
    let buckets: Vec<(f64, f64, u64)> = histogram
        .buckets()
        .filter(|bucket| bucket.2 > 0)
        .filter_map(|(lower, upper, count)| {
            let lower_edge = sound(lower).or(sound(upper))?;
            Some((lower_edge, sound(upper).unwrap_or(lower_edge), count))
        })
        .collect();
    let total: u64 = buckets
        .iter()
        .fold(0, |sum, bucket| sum.saturating_add(bucket.2));
    let at = |below: u64| total as f64 / total.saturating_sub(below) as f64;
    let mut below = 0_u64;
    let points = buckets.into_iter().map(|(lower, upper, count)| {
        let from = at(below);
        below = below.saturating_add(count);
        Point {
            from,
            until: at(below),
            lower,
            upper,
        }
    });
    let points = points.collect();
    (total, points)
}

/// The percentiles that the input gives, its smallest and its largest value.
fn given(latency: &Latency) -> (u64, Vec<Point>) {
    let n = latency.count as f64;
    let mut points = Vec::new();
    if latency.count == 0 {
        return (0, points);
    }
    points.extend(sound(latency.min).map(|min| Point::exact(1.0, min)));
    for (percentile, value) in &latency.percentiles {
        let x = 1.0 / (1.0 - percentile.share());
        // With less than one request beyond, a percentile is the largest value under another name.
        if let Some(value) = sound(Some(*value)).filter(|_| x < n * (1.0 - 1e-9)) {
            points.push(Point::exact(x, value));
        }
    }
    points.extend(sound(latency.max).map(|max| Point::exact(n.max(1.0), max)));
    (latency.count, points)
}

fn latency_axis(curves: &[Curve<'_>]) -> (Axis, bool) {
    let edges = || {
        let points = curves.iter().flat_map(|curve| &curve.points);
        points.flat_map(|point| [point.lower, point.upper])
    };
    let most = edges().fold(0.0, f64::max);
    let least = edges().filter(|v| *v > 0.0).fold(f64::INFINITY, f64::min);
    let log = most / least > LOG_FROM;
    (scale::latency(edges(), log), log)
}

/// From 0 % in nines up to `last`, in 1/(1-q); more labels where there is room for them.
pub(super) fn share_axis(last: f64, right: i32) -> Axis {
    let scale = Scale::log(1.0, last * 1.15);
    let mut wanted = vec![(1.0, "0 %".to_owned())];
    let mut beyond = 10.0;
    let mut nines = 1;
    while beyond <= last * 1.15 && nines < 20 {
        let label = match nines {
            1 => "90 %".to_owned(),
            2 => "99 %".to_owned(),
            more => format!("99.{} %", "9".repeat(more - 2)),
        };
        wanted.push((beyond, label));
        beyond *= 10.0;
        nines += 1;
    }
    wanted.extend([(2.0, "50 %"), (20.0, "95 %"), (4.0, "75 %")].map(|(x, l)| (x, l.to_owned())));
    let width = f64::from(WIDTH - LEFT - right);
    let mut ticks: Vec<(f64, String)> = Vec::new();
    for (x, label) in wanted {
        let room = |other: &(f64, String)| {
            let apart = (scale.share(x) - scale.share(other.0)).abs() * width;
            let half = |text: &str| f64::from(text_width(text, SMALL)) / 2.0;
            apart >= half(&label) + half(&other.1) + 12.0
        };
        if x <= scale.hi() && ticks.iter().all(room) {
            ticks.push((x, label));
        }
    }
    ticks.sort_by(|one, other| one.0.total_cmp(&other.0));
    Axis { scale, ticks }
}

fn table(curves: &[Curve<'_>]) -> Table {
    let rows = curves.iter().map(|curve| curve.points.len()).sum();
    let first = format!("Requests at least as fast{}", thin::said(rows, "point"));
    let mut table = Table {
        columns: vec![
            (first, Align::Right),
            ("Requests from here on".to_owned(), Align::Right),
            ("Latency (ms)".to_owned(), Align::Right),
            ("Of".to_owned(), Align::Left),
        ],
        rows: Vec::new(),
    };
    let points = curves
        .iter()
        .flat_map(|curve| curve.points.iter().map(move |point| (curve, point)));
    for (curve, point) in points.step_by(thin::every(rows)) {
        let latency = if point.lower < point.upper {
            let (lower, upper) = (
                number::millis_bare(point.lower),
                number::millis_bare(point.upper),
            );
            format!("{lower} to {upper}")
        } else {
            number::millis_bare(point.upper)
        };
        let cells = [
            number::percent(1.0 - 1.0 / point.from),
            number::decimal(curve.n / point.from, 0),
            latency,
            people(curve.latency.population).to_owned(),
        ];
        table.row(cells.into_iter().map(|cell| vec![text(cell)]).collect());
    }
    table
}
