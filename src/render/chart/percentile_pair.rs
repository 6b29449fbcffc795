//! The shape of the tail on both sides: percentiles of the whole run, base against new, as the table of the comparison gives them.
//!
//! Only percentiles that every run of both sides gives are drawn, so that both lines rest on the same ones. The axis is
//! that of the percentile plot of a run.

use crate::figures::side::middle;
use crate::model::{MetricId, Percentile};
use crate::render::block::{Align, Figure, Table, text};
use crate::render::chart::panel::{EndLabel, Panel};
use crate::render::chart::percentile_plot::{LOG_FROM, share_axis};
use crate::render::chart::scale;
use crate::render::chart::svg::{self, Canvas, Pen};
use crate::render::chart::theme::{Dash, Tone};
use crate::report::Report;
use crate::report::comparison::{ComparedMetric, ComparedSide, Comparison, ComparisonVerdict};
use crate::report::{Figure as Named, Support};
use crate::text::number;

/// Fewer points are no shape.
const LEAST: usize = 3;

/// Pixels kept for the labels of the lines.
const RIGHT: i32 = 84;

/// The percentiles that may be drawn.
const PERCENTILES: [Percentile; 6] = [
    Percentile::P50,
    Percentile::P75,
    Percentile::P90,
    Percentile::P95,
    Percentile::P99,
    Percentile::P99_9,
];

/// A percentile on both sides.
struct Point {
    percentile: Percentile,
    base: Value,
    new: Value,
}

/// The figure of a side, and from where to where its runs, or the interval of its only run, reach.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Value {
    middle: f64,
    reach: Option<(f64, f64)>,
}

/// Its name, its pen, whether its whiskers stand left (-1) or right (1) of the points, and its values.
type Side = (&'static str, Pen, f64, fn(&Point) -> Value);

impl Point {
    fn x(&self) -> f64 {
        1.0 / (1.0 - self.percentile.share())
    }
}

/// Draws the chart.
pub(super) fn draw(comparison: &Comparison, report: &Report, id: &str) -> Option<Figure> {
    if comparison.verdict == ComparisonVerdict::NotComparable {
        return None;
    }
    let point = |percentile| {
        Some(Point {
            percentile,
            base: value(
                comparison,
                report,
                percentile,
                (&comparison.base, |of| of.base),
            )?,
            new: value(
                comparison,
                report,
                percentile,
                (&comparison.new, |of| of.new),
            )?,
        })
    };
    let points: Vec<Point> = PERCENTILES.into_iter().filter_map(point).collect();
    if points.len() < LEAST {
        return None;
    }
    let shows = "Latency by percentile, base and new";
    Some(svg::figure(
        (id, shows, &comparison.scenario),
        said(comparison, &points),
        table(&points),
        374,
        |canvas| picture(canvas, comparison, &points),
    ))
}

/// A side, and its figure in a row of the table.
type Shown<'a> = (&'a ComparedSide, fn(&ComparedMetric) -> Option<f64>);

/// `None` if a run of the side does not give it, or has too few requests for it.
fn value(
    comparison: &Comparison,
    report: &Report,
    percentile: Percentile,
    (side, shown): Shown<'_>,
) -> Option<Value> {
    let metric = MetricId::quantile(percentile).to_string();
    let figure = |run: &String| report.figures.get(run, None, &metric);
    let carried = |found: &&Named| found.support != Support::None;
    let figures: Option<Vec<&Named>> = side
        .runs
        .iter()
        .map(|run| figure(run).filter(carried))
        .collect();
    let figures = figures?;
    let sound = |found: &f64| found.is_finite() && *found >= 0.0;
    let values: Option<Vec<f64>> = figures.iter().map(|f| f.value.filter(sound)).collect();
    let values = values?;
    let reach = if let [only] = figures.as_slice() {
        only.interval.and_then(|found| found.lo.zip(found.hi))
    } else {
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(0.0, f64::max);
        Some((least, most))
    };
    let mut rows = comparison.metrics.iter();
    let row = rows.find(|of| of.endpoint.is_none() && of.metric == metric);
    Some(Value {
        middle: row.and_then(shown).or_else(|| middle(&values))?,
        reach,
    })
}

fn picture(canvas: &Canvas<'_>, comparison: &Comparison, points: &[Point]) {
    let values = || points.iter().flat_map(|point| [point.base, point.new]);
    let edges = || {
        values().flat_map(|value| {
            let (lo, hi) = value.reach.unwrap_or((value.middle, value.middle));
            [value.middle, lo, hi]
        })
    };
    let most = edges().fold(0.0, f64::max);
    let least = edges().filter(|v| *v > 0.0).fold(f64::INFINITY, f64::min);
    let log = most / least > LOG_FROM;
    let last = points.iter().map(Point::x).fold(10.0, f64::max);
    let y = scale::latency(edges(), log);
    let panel = Panel::new(canvas, [RIGHT, 40, 322], share_axis(last, RIGHT), y);
    let mut remark = whiskers(comparison).to_owned();
    if log {
        remark.push_str("; log scale");
    }
    panel.heading("Latency by percentile, base and new", &remark);
    let base: Side = ("base", Pen::new(Tone::Neutral, Dash::Long), -1.0, |p| {
        p.base
    });
    let new: Side = ("new", Pen::new(Tone::First, Dash::Solid), 1.0, |p| p.new);
    let mut ends = Vec::new();
    for (name, pen, aside, of) in [base, new] {
        let path: Vec<(f64, f64)> = points.iter().map(|p| (p.x(), of(p).middle)).collect();
        // Beside each other, so that those of one side do not hide those of the other.
        let shift = last.powf(aside * 0.004);
        for point in points {
            if let Some((lo, hi)) = of(point).reach {
                let thin = Pen::new(pen.tone, Dash::Solid).wide(4);
                let x = point.x() * shift;
                panel.line(&[(x, lo), (x, hi)], thin);
            }
        }
        panel.line(&path, pen);
        for at in &path {
            panel.mark(*at, pen.tone, false);
        }
        ends.extend(path.last().map(|at| EndLabel {
            at: *at,
            text: name.to_owned(),
            pen,
        }));
    }
    panel.end_labels(&ends);
    panel.x_labels("share of requests that were at least as fast");
}

/// What the whiskers are.
fn whiskers(comparison: &Comparison) -> &'static str {
    match (comparison.base.runs.len(), comparison.new.runs.len()) {
        (1, 1) => "whiskers: interval within the run",
        (1, _) | (_, 1) => "whiskers: lowest to highest run, of one run its interval",
        _ => "geometric means; whiskers: lowest to highest run",
    }
}

/// The finding in figures.
fn said(comparison: &Comparison, points: &[Point]) -> String {
    let side = |side: &ComparedSide| {
        let runs = number::plural(side.runs.len() as u64, "run");
        match &side.name {
            Some(name) => format!("{} ({runs})", svg::plain(name, 60)),
            None => runs,
        }
    };
    let parts: Vec<String> = points
        .iter()
        .map(|point| {
            let (base, new) = (point.base.middle, point.new.middle);
            let (base, new) = (number::millis(base), number::millis(new));
            format!("{} {base} to {new}", point.percentile)
        })
        .collect();
    format!(
        "All requests, from {} to {}: {}.",
        side(&comparison.base),
        side(&comparison.new),
        parts.join(", ")
    )
}

fn table(points: &[Point]) -> Table {
    let mut table = Table::new(&[
        ("Percentile", Align::Left),
        ("Base (ms)", Align::Right),
        ("Whisker", Align::Right),
        ("New (ms)", Align::Right),
        ("Whisker", Align::Right),
    ]);
    for point in points {
        let reach = |value: Value| match value.reach {
            None => "-".to_owned(),
            Some((lo, hi)) => format!("{} to {}", number::millis_bare(lo), number::millis_bare(hi)),
        };
        let cells = [
            point.percentile.to_string(),
            number::millis_bare(point.base.middle),
            reach(point.base),
            number::millis_bare(point.new.middle),
            reach(point.new),
        ];
        table.row(cells.into_iter().map(|cell| vec![text(cell)]).collect());
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Unit;
    use crate::render::chart::{of_comparison, tests::elements};
    use crate::render::testing::{comparison, report};
    use crate::report::Interval;
    use crate::report::comparison::MetricState;

    /// p50, p95 and p99 of runs of both sides.
    fn compared(base: &[[f64; 3]], new: &[[f64; 3]]) -> Report {
        let mut report = report();
        let mut pair = comparison(Vec::new());
        for (side, name, runs) in [(&mut pair.base, "base", base), (&mut pair.new, "new", new)] {
            side.runs.clear();
            for (number, values) in runs.iter().enumerate() {
                let run = format!("{name}-{number}");
                for (metric, value) in ["p50", "p95", "p99"].into_iter().zip(values) {
                    report.figures.push(Named {
                        run: run.clone(),
                        endpoint: None,
                        metric: metric.to_owned(),
                        value: Some(*value),
                        unit: Unit::Millis,
                        n: Some(1000),
                        interval: Some(Interval {
                            lo: Some(value * 0.9),
                            hi: Some(value * 1.1),
                            level: 0.95,
                        }),
                        support: Support::Ok,
                    });
                }
                side.runs.push(run);
            }
        }
        report.comparisons = vec![pair];
        report
    }

    fn drawn(report: &Report) -> Option<Figure> {
        of_comparison(&report.comparisons[0], report).pop()
    }

    /// Heights of the ends of lines of that class and width, left to right.
    fn heights(svg: &str, class: &str, width: u32) -> Vec<Vec<i32>> {
        let (class, width) = (
            format!("\"s-{class}\""),
            format!("stroke-width=\"{width}\""),
        );
        svg.lines()
            .filter(|line| line.starts_with("<polyline") && line.contains(&class))
            .filter(|line| line.contains(&width))
            .map(|line| {
                let points = line.split("points=\"").nth(1).unwrap();
                let points = points.split('"').next().unwrap().split_whitespace();
                points
                    .map(|pair| pair.split_once(',').unwrap().1.parse().unwrap())
                    .collect()
            })
            .collect()
    }

    /// Linear axis to 200 ms between 40 and 322 pixels.
    #[expect(clippy::cast_possible_truncation, reason = "a pixel")]
    fn at(ms: f64) -> i32 {
        ((322.0 - ms * 282.0 / 200.0) * 4.0).round() as i32
    }

    #[test]
    fn lines_stand_at_the_geometric_means_and_whiskers_reach_to_the_furthest_runs() {
        let base = [
            [50.0, 80.0, 100.0],
            [40.0, 100.0, 125.0],
            [62.5, 64.0, 80.0],
        ];
        let new = [
            [64.0, 120.0, 160.0],
            [80.0, 150.0, 200.0],
            [100.0, 96.0, 128.0],
        ];
        // What the row of the table says counts: there a run far out was drawn in.
        let mut report = compared(&base, &new);
        let row = ComparedMetric {
            base: Some(82.0),
            new: Some(118.0),
            ..crate::render::testing::compared(None, MetricState::Undecided)
        };
        report.comparisons[0].metrics = vec![row];
        let figure = drawn(&report).unwrap();
        elements(&figure.svg);
        assert_eq!(
            heights(&figure.svg, "neutral", 7)[0],
            [50.0, 82.0, 100.0].map(at)
        );
        assert_eq!(
            heights(&figure.svg, "first", 7)[0],
            [80.0, 118.0, 160.0].map(at)
        );
        let whiskers = heights(&figure.svg, "first", 4);
        let wanted = [[64.0, 100.0], [96.0, 150.0], [128.0, 200.0]];
        // What follows is the link to the label.
        assert_eq!(whiskers[..3], wanted.map(|ends| ends.map(at).to_vec()));
        assert_eq!(
            figure.alt,
            "All requests, from main (3 runs) to new.json (3 runs): p50 50 ms to 80 ms, p95 82 ms to 118 ms, p99 100 ms to 160 ms."
        );
        let dashed = figure
            .svg
            .lines()
            .filter(|line| line.contains("\"s-neutral\""));
        assert!(
            dashed
                .filter(|line| line.contains("stroke-dasharray=\"28 12\""))
                .count()
                >= 1
        );
    }

    #[test]
    fn a_single_run_shows_its_interval() {
        let figure = drawn(&compared(&[[50.0, 80.0, 100.0]], &[[60.0, 90.0, 180.0]])).unwrap();
        let whiskers = heights(&figure.svg, "first", 4);
        assert_eq!(whiskers[0], [at(54.0), at(66.0)]);
        assert!(figure.svg.contains("interval within the run"));
    }

    #[test]
    fn what_a_run_of_either_side_does_not_carry_is_not_drawn() {
        let values = [[50.0, 80.0, 100.0], [50.0, 80.0, 100.0]];
        let whole = compared(&values, &values);
        assert!(drawn(&whole).is_some());
        let with = |change: fn(&mut Named)| {
            let mut report = whole.clone();
            report.figures = crate::report::Figures::default();
            for figure in whole.figures.iter() {
                let mut figure = figure.clone();
                if figure.run == "new-1" && figure.metric == "p99" {
                    change(&mut figure);
                }
                report.figures.push(figure);
            }
            drawn(&report)
        };
        assert!(with(|_| {}).is_some());
        assert!(with(|figure| figure.value = None).is_none());
        assert!(with(|figure| figure.support = Support::None).is_none());
        assert!(with(|figure| figure.value = Some(f64::NAN)).is_none());
        let mut unlike = whole.clone();
        unlike.comparisons[0].verdict = ComparisonVerdict::NotComparable;
        assert!(drawn(&unlike).is_none());
        let mut hostile = whole.clone();
        hostile.comparisons[0].scenario = "\" onload=\"<script>".to_owned();
        hostile.comparisons[0].new.name = Some("]]><script>x".to_owned());
        let names = elements(&drawn(&hostile).unwrap().svg);
        assert!(!names.iter().any(|name| name == "script"));
    }
}
