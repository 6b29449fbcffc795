//! The knee: latency against goodput, one point a level, and goodput and what is offered against the level.
//!
//! Lines join neighbouring levels and end where the tested range ends; a level that lacks a figure breaks the line.

use crate::render::block::{Align, Figure, Table, text};
use crate::render::chart::panel::{EndLabel, LEFT, Panel};
use crate::render::chart::scale::{self, Axis, Scale};
use crate::render::chart::svg::{self, Canvas, Pen};
use crate::render::chart::theme::{Dash, SMALL, Tone, WIDTH, text_width};
use crate::report::Support;
use crate::report::scaling::{Knee, Level, Scaling};
use crate::text::number;
use crate::wording::series as words;

/// Fewer levels are no line.
const LEAST: usize = 2;

/// Pixels kept for the labels of the lines.
const RIGHT: i32 = 100;

/// Top and bottom of the panels.
const UPPER: [i32; 2] = [42, 300];
const LOWER: [i32; 2] = [394, 610];
const HEIGHT: i32 = 660;

/// The latencies that are drawn, the highest last.
const LATENCIES: [(&str, Tone, Dash); 3] = [
    ("p50", Tone::First, Dash::Solid),
    ("p95", Tone::Second, Dash::Long),
    ("p99", Tone::Third, Dash::Short),
];

/// Draws the chart.
pub(super) fn draw(scaling: &Scaling, id: &str) -> Option<Figure> {
    let levels = &scaling.levels;
    let drawn = |metric: &str| {
        let points = levels.iter().filter(|level| point(level, metric).is_some());
        points.count() >= LEAST
    };
    let has_latency = LATENCIES.iter().any(|(metric, ..)| drawn(metric));
    if !has_latency || levels.iter().any(|level| !is_sound(level.value)) {
        return None;
    }
    Some(svg::figure(
        (id, "Knee curve", &scaling.scenario),
        said(scaling),
        table(scaling),
        HEIGHT,
        |canvas| {
            latencies(canvas, scaling);
            rates(canvas, scaling);
        },
    ))
}

fn is_sound(value: f64) -> bool {
    value.is_finite() && value >= 0.0
}

fn offered(level: &Level) -> Option<f64> {
    level.offered_per_s.filter(|rate| is_sound(*rate))
}

fn goodput(level: &Level) -> Option<f64> {
    level.goodput_per_s.filter(|rate| is_sound(*rate))
}

/// Goodput and latency.
fn point(level: &Level, metric: &str) -> Option<(f64, f64)> {
    let latency = level.figures.get(metric).copied();
    goodput(level).zip(latency.filter(|latency| is_sound(*latency)))
}

/// Neighbours that all have a point; a gap ends a stretch.
fn stretches(
    levels: &[Level],
    point: impl Fn(&Level) -> Option<(f64, f64)>,
) -> Vec<Vec<(f64, f64)>> {
    let mut found: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
    for level in levels {
        match (point(level), found.last_mut()) {
            (Some(point), Some(stretch)) => stretch.push(point),
            _ => found.push(Vec::new()),
        }
    }
    found.retain(|stretch| !stretch.is_empty());
    found
}

/// Whether its latency is as good as the maximum.
fn is_few(level: &Level, metric: &str) -> bool {
    level.support.get(metric) == Some(&Support::None)
}

/// Latency against goodput.
fn latencies(canvas: &Canvas<'_>, scaling: &Scaling) {
    let levels = &scaling.levels;
    let all = LATENCIES.iter().flat_map(|(metric, ..)| {
        let points = levels.iter().filter_map(|level| point(level, metric));
        points.map(|(_, latency)| latency)
    });
    // Room for a name above the highest point.
    let all: Vec<f64> = all.collect();
    let highest = all.iter().copied().fold(0.0, f64::max);
    let y = scale::latency(all.into_iter().chain([highest * 1.6]), true);
    let most = levels.iter().filter_map(goodput).fold(0.0, f64::max);
    let x = scale::linear(most * 1.02, 8, scale::bare);
    let edges = (y.scale.lo(), y.scale.hi());
    let [top, bottom] = UPPER;
    let panel = Panel::new(canvas, [RIGHT, top, bottom], x, y);
    let knee = band(scaling);
    let ends = knee.and_then(|(lo, hi)| goodput_at(scaling, lo).zip(goodput_at(scaling, hi)));
    if let Some((lo, hi)) = ends {
        shade(&panel, (lo.min(hi), lo.max(hi)), edges);
    }
    let mut remark = "log scale".to_owned();
    let few = |(metric, ..): &(&str, Tone, Dash)| levels.iter().any(|level| is_few(level, metric));
    if LATENCIES.iter().any(few) {
        remark.push_str("; hollow: too few requests");
    }
    panel.heading(
        &format!("Latency against goodput: {}", found(scaling)),
        &remark,
    );
    let mut labels = Vec::new();
    let mut lines: Vec<Vec<(f64, f64)>> = Vec::new();
    for (metric, tone, dash) in LATENCIES {
        let pen = Pen::new(tone, dash);
        let found = stretches(levels, |level| point(level, metric));
        for stretch in &found {
            panel.line(stretch, pen);
        }
        for level in levels {
            if let Some(at) = point(level, metric) {
                panel.mark(at, tone, is_few(level, metric));
            }
        }
        labels.extend(
            found
                .last()
                .and_then(|stretch| stretch.last())
                .map(|at| EndLabel {
                    at: *at,
                    text: metric.to_owned(),
                    pen,
                }),
        );
        lines.extend(found);
    }
    panel.end_labels(&labels);
    panel.labels_among(&names(scaling, knee), &lines);
    panel.x_labels("goodput per second");
}

/// The answer in a few words.
fn found(scaling: &Scaling) -> String {
    match &scaling.knee {
        Some(knee) if knee.found => {
            let place = words::place(scaling, knee);
            // The point stands below, as a line.
            let interval = place.split(", ").next().unwrap_or_default();
            format!("knee {interval}")
        }
        Some(_) => "no knee in the tested range".to_owned(),
        None => words::range(scaling),
    }
}

/// Goodput at a load: that of its level, or what lies between those of its neighbours.
fn goodput_at(scaling: &Scaling, load: f64) -> Option<f64> {
    if let Some(level) = words::level_at(scaling, load) {
        return goodput(level);
    }
    let pairs = scaling.levels.windows(2).filter_map(|pair| match pair {
        [low, high] if (low.value..=high.value).contains(&load) => Some((low, high)),
        _ => None,
    });
    let (low, high) = pairs.into_iter().next()?;
    let share = (load - low.value) / (high.value - low.value);
    let (from, to) = goodput(low).zip(goodput(high))?;
    Some(from + share * (to - from)).filter(|rate| rate.is_finite())
}

/// The levels by name at their highest latency: those around the knee first, then the ends, then the others.
fn names(scaling: &Scaling, knee: Option<(f64, f64)>) -> Vec<((f64, f64), String)> {
    let levels = &scaling.levels;
    let top = |level: &Level| {
        let mut points = LATENCIES.iter().rev();
        points.find_map(|(metric, ..)| point(level, metric))
    };
    let of = |level: &Level| Some((top(level)?, words::of_level(scaling, level)));
    let rank = |level: &Level| {
        let is = |other: Option<&Level>| other == Some(level);
        let around = knee.is_some_and(|(lo, hi)| {
            is(words::level_at(scaling, lo)) || is(words::level_at(scaling, hi))
        });
        if around {
            0
        } else if is(levels.last()) || is(levels.first()) {
            1
        } else {
            2
        }
    };
    let mut order: Vec<&Level> = levels.iter().collect();
    order.sort_by_key(|level| rank(level));
    order.into_iter().filter_map(of).collect()
}

/// Both ends of the knee's interval.
fn band(scaling: &Scaling) -> Option<(f64, f64)> {
    let found = scaling.knee.as_ref().filter(|knee| knee.found)?;
    let interval = found.interval?;
    let ends = interval.lo.zip(interval.hi);
    ends.filter(|(lo, hi)| is_sound(*lo) && is_sound(*hi))
}

fn shade(panel: &Panel<'_, '_>, (lo, hi): (f64, f64), (bottom, top): (f64, f64)) {
    panel.band(
        &[(lo, bottom), (hi, bottom)],
        &[(lo, top), (hi, top)],
        Tone::Band,
    );
}

/// Goodput and offered against the level.
fn rates(canvas: &Canvas<'_>, scaling: &Scaling) {
    let levels = &scaling.levels;
    let curve = curve(scaling);
    let all = levels
        .iter()
        .flat_map(|level| [goodput(level), offered(level)]);
    let most = all
        .flatten()
        .chain(curve.iter().map(|at| at.1))
        .fold(0.0, f64::max);
    let y = scale::linear(most * 1.02, 5, scale::bare);
    let edges = (y.scale.lo(), y.scale.hi());
    let [top, bottom] = LOWER;
    let panel = Panel::new(canvas, [RIGHT, top, bottom], axis(scaling, RIGHT), y);
    if let Some(ends) = band(scaling) {
        shade(&panel, ends, edges);
    }
    let at = point_of(scaling);
    if let Some(at) = at {
        let pen = Pen::new(Tone::Alarm, Dash::Solid).wide(5);
        panel.line(&[(at, edges.0), (at, edges.1)], pen);
    }
    panel.heading("Goodput per second by level", &remark(scaling, at));
    let mut labels = Vec::new();
    let mut series = |name: &str, pen: Pen, found: Vec<Vec<(f64, f64)>>| {
        for stretch in &found {
            panel.line(stretch, pen);
        }
        labels.extend(
            found
                .last()
                .and_then(|stretch| stretch.last())
                .map(|at| EndLabel {
                    at: *at,
                    text: name.to_owned(),
                    pen,
                }),
        );
    };
    let by =
        |of: fn(&Level) -> Option<f64>| stretches(levels, |level| Some((level.value, of(level)?)));
    let pen = Pen::new(Tone::Neutral, Dash::Long);
    let name = if words::is_offered(scaling) {
        "offered"
    } else {
        "ideal"
    };
    series(name, pen, by(offered));
    let pen = Pen::new(Tone::Second, Dash::Short);
    series(
        "USL",
        pen,
        if curve.is_empty() {
            Vec::new()
        } else {
            vec![curve]
        },
    );
    let pen = Pen::new(Tone::First, Dash::Solid);
    series("goodput", pen, by(goodput));
    for level in levels {
        if let Some(rate) = goodput(level) {
            let peak = level.peak.filter(|peak| is_sound(*peak));
            if let Some(peak) = peak {
                panel.line(&[(level.value, rate), (peak, rate)], pen.wide(4));
            }
            panel.mark((level.value, rate), Tone::First, false);
        }
    }
    panel.end_labels(&labels);
    panel.x_labels(&svg::plain(&scaling.level_name, 60));
}

/// The load at the knee.
fn point_of(scaling: &Scaling) -> Option<f64> {
    let found = scaling.knee.as_ref().filter(|knee| knee.found)?;
    found.level.filter(|load| is_sound(*load))
}

/// What is shaded and lined, in words.
fn remark(scaling: &Scaling, at: Option<f64>) -> String {
    let knee: Option<&Knee> = scaling.knee.as_ref().filter(|knee| knee.found);
    let mut parts = Vec::new();
    if let Some(knee) = knee {
        let shaded = band(scaling).map(|_| "shaded: knee".to_owned());
        let place = words::place(scaling, knee);
        let point = place.rsplit_once(", ").map(|(_, point)| point);
        let lined = at.and(point).map(|point| format!("line: {point}"));
        parts.extend(shaded.into_iter().chain(lined));
    }
    if scaling.levels.iter().any(|level| level.peak.is_some()) {
        parts.push("bars: to the peak of a ramp".to_owned());
    }
    parts.join("; ")
}

/// The fitted law, as far as the tested range goes.
fn curve(scaling: &Scaling) -> Vec<(f64, f64)> {
    let ends = scaling.levels.first().zip(scaling.levels.last());
    let (Some((first, last)), Some(usl)) = (ends, &scaling.usl) else {
        return Vec::new();
    };
    let inside =
        |(load, rate): &&(f64, f64)| *load >= first.value && *load <= last.value && is_sound(*rate);
    usl.curve.iter().filter(inside).copied().collect()
}

/// An axis from zero to the highest load, with the levels as ticks as far as their labels fit; the highest stays.
pub(super) fn axis(scaling: &Scaling, right: i32) -> Axis {
    let highest = |level: &Level| level.peak.unwrap_or(level.value).max(level.value);
    let loads = scaling.levels.iter().map(highest);
    let most = loads.filter(|load| is_sound(*load)).fold(0.0, f64::max);
    let most = if most > 0.0 { most * 1.03 } else { 1.0 };
    let scale = Scale::linear(0.0, most);
    let wide = f64::from(WIDTH - right - LEFT);
    let ends = band(scaling).map(|(lo, hi)| [lo, hi]);
    let levels = scaling.levels.iter().rev().map(|level| level.value);
    // The ends of the knee's interval are levels as a rule, but not always.
    let loads = levels.chain(ends.into_iter().flatten());
    let mut taken: Vec<(f64, f64)> = Vec::new();
    let mut ticks: Vec<(f64, String)> = Vec::new();
    for load in loads.filter(|load| is_sound(*load)) {
        let label = words::bare(load);
        let half = f64::from(text_width(&label, SMALL)) / 2.0;
        let at = scale.share(load) * wide;
        let (from, to) = (at - half - 5.0, at + half + 5.0);
        if taken
            .iter()
            .all(|(left, right)| to <= *left || *right <= from)
        {
            taken.push((from, to));
            ticks.push((load, label));
        }
    }
    ticks.sort_by(|one, other| one.0.total_cmp(&other.0));
    Axis { scale, ticks }
}

/// The finding: where the knee lies, and from where to where goodput and latency went.
fn said(scaling: &Scaling) -> String {
    let mut parts = Vec::new();
    let ends = scaling.levels.first().zip(scaling.levels.last());
    if let Some((first, last)) = ends {
        let pair = |of: &dyn Fn(&Level) -> Option<f64>| of(first).zip(of(last));
        if let Some((from, to)) = pair(&goodput) {
            parts.push(format!(
                "goodput {} to {}",
                number::rate(from),
                number::rate(to)
            ));
        }
        for (metric, ..) in LATENCIES {
            if let Some((from, to)) = pair(&|level| level.figures.get(metric).copied()) {
                parts.push(format!(
                    "{metric} {} to {}",
                    number::millis(from),
                    number::millis(to)
                ));
            }
        }
    }
    let knee = match &scaling.knee {
        Some(knee) if knee.found => format!("Knee {}.", words::place(scaling, knee)),
        _ => words::answer(scaling),
    };
    if parts.is_empty() {
        return knee;
    }
    format!(
        "{knee} From the lowest to the highest level: {}.",
        parts.join(", ")
    )
}

fn table(scaling: &Scaling) -> Table {
    let offered = if words::is_offered(scaling) {
        "Offered/s"
    } else {
        "Ideal/s"
    };
    let mut table = Table::new(&[
        ("Level", Align::Left),
        (offered, Align::Right),
        ("Goodput/s", Align::Right),
        ("p50 (ms)", Align::Right),
        ("p95 (ms)", Align::Right),
        ("p99 (ms)", Align::Right),
    ]);
    let write = |value: Option<f64>, as_text: fn(f64) -> String| {
        value.map_or_else(|| number::ABSENT.to_owned(), as_text)
    };
    for level in &scaling.levels {
        let mut cells = vec![
            words::of_level(scaling, level),
            write(level.offered_per_s, words::bare),
            write(level.goodput_per_s, words::bare),
        ];
        for (metric, ..) in LATENCIES {
            cells.push(write(
                level.figures.get(metric).copied(),
                number::millis_bare,
            ));
        }
        table.row(cells.into_iter().map(|cell| vec![text(cell)]).collect());
    }
    table
}

#[cfg(test)]
mod tests;
