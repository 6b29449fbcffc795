//! Efficiency against the level: how much of the ideal is left as users or instances are added.

use crate::render::block::{Align, Figure, Table, text};
use crate::render::chart::knee_curve::axis;
use crate::render::chart::panel::{EndLabel, Panel};
use crate::render::chart::scale;
use crate::render::chart::svg::{self, Canvas, Pen};
use crate::render::chart::theme::{Dash, Tone};
use crate::render::level::Level;
use crate::report::scaling::{Efficiency, LevelOf, Scaling};
use crate::text::number;
use crate::wording::series as words;

/// Fewer levels are no line.
const LEAST: usize = 2;

/// Pixels kept for the labels of the lines.
const RIGHT: i32 = 110;

/// An efficiency beyond is drawn at the edge.
const MOST: f64 = 4.0;

/// Draws the chart: of what serves, and of users.
pub(super) fn draw(scaling: &Scaling, id: &str) -> Option<Figure> {
    let of = matches!(scaling.level_of, LevelOf::Resources | LevelOf::Users);
    let sound = |row: &&Efficiency| row.value.is_finite() && row.value >= 0.0;
    let rows: Vec<&Efficiency> = scaling.efficiency.iter().filter(sound).collect();
    if !of || rows.len() < LEAST {
        return None;
    }
    Some(svg::figure(
        (id, "Efficiency by level", &scaling.scenario),
        said(scaling, &rows),
        table(scaling, &rows),
        330,
        |canvas| picture(canvas, scaling, &rows),
    ))
}

fn picture(canvas: &Canvas<'_>, scaling: &Scaling, rows: &[&Efficiency]) {
    let ends = |row: &Efficiency| row.interval.and_then(|ends| ends.lo.zip(ends.hi));
    let highs = rows
        .iter()
        .flat_map(|row| [Some(row.value), ends(row).map(|ends| ends.1)]);
    let most = highs
        .flatten()
        .filter(|high| high.is_finite())
        .fold(1.0, f64::max);
    let y = scale::linear(most.min(MOST) * 1.02, 6, number::percent);
    let x = axis(scaling, RIGHT);
    let (first, last) = (x.scale.lo(), x.scale.hi());
    let panel = Panel::new(canvas, [RIGHT, 42, 276], x, y);
    let level = Level::of(rows.iter().filter_map(|row| row.interval));
    let has_intervals = rows.iter().any(|row| ends(row).is_some());
    let remark = if has_intervals {
        format!("whiskers: {}", level.heading())
    } else {
        String::new()
    };
    panel.heading(
        "Efficiency: goodput per unit of level, over that of the lowest",
        &remark,
    );
    let ideal = Pen::new(Tone::Neutral, Dash::Long);
    panel.line(&[(first, 1.0), (last, 1.0)], ideal);
    let pen = Pen::new(Tone::First, Dash::Solid);
    for row in rows {
        if let Some((lo, hi)) = ends(row) {
            panel.line(&[(row.level, lo), (row.level, hi)], pen.wide(5));
        }
    }
    let path: Vec<(f64, f64)> = rows.iter().map(|row| (row.level, row.value)).collect();
    panel.line(&path, pen);
    for at in &path {
        panel.mark(*at, pen.tone, false);
    }
    let mut labels = vec![EndLabel {
        at: (last, 1.0),
        text: "ideal".to_owned(),
        pen: ideal,
    }];
    labels.extend(path.last().map(|at| EndLabel {
        at: *at,
        text: "efficiency".to_owned(),
        pen,
    }));
    panel.end_labels(&labels);
    panel.x_labels(&svg::plain(&scaling.level_name, 60));
}

/// The finding in figures.
fn said(scaling: &Scaling, rows: &[&Efficiency]) -> String {
    let parts: Vec<String> = rows
        .iter()
        .map(|row| {
            let times = row.speed_up.map_or_else(String::new, |speed_up| {
                format!(" (speed-up {})", number::times(speed_up))
            });
            let level = words::level(scaling, row.level);
            format!("{level} {}{times}", words::about(row.value))
        })
        .collect();
    format!("Efficiency: {}.", parts.join(", "))
}

fn table(scaling: &Scaling, rows: &[&Efficiency]) -> Table {
    let level = Level::of(rows.iter().filter_map(|row| row.interval));
    let mut table = Table::new(&[
        ("Level", Align::Left),
        ("Speed-up", Align::Right),
        ("Efficiency", Align::Right),
        (&level.heading(), Align::Right),
    ]);
    let absent = || number::ABSENT.to_owned();
    for row in rows {
        let interval = row.interval.map(|found| {
            let end = |end: Option<f64>| end.map_or_else(|| "open".to_owned(), words::about);
            level.cell(found, format!("{} to {}", end(found.lo), end(found.hi)))
        });
        let cells = [
            words::level(scaling, row.level),
            row.speed_up.map_or_else(absent, number::times),
            words::about(row.value),
            interval.unwrap_or_else(absent),
        ];
        table.row(cells.into_iter().map(|cell| vec![text(cell)]).collect());
    }
    table
}

#[cfg(test)]
mod tests;
